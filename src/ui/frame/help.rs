//! The help window: what the keyboard does, and the language of the filter line.

use eframe::egui::{self, Label, RichText, Ui};

use super::shortcuts;
use crate::ui::Memory;
use crate::ui::parts::theme;
use crate::ui::parts::widgets::{section, weak};

/// What can be written into a filter line.
const FILTER: &[(&str, &str)] = &[
    (
        "coffee \"two words\"",
        "Events with these words anywhere: key, type, properties, headers, payload",
    ),
    (
        "key:order.* type:order.created",
        "By a field of its own; * and ? are wildcards, in a key * is one word and # any number",
    ),
    (
        "data.amount>100",
        "By a field of the payload without its envelope; > >= < <= = != compare, : is like",
    ),
    ("data.items[].sku:ABC*", "By a field of any item of a list"),
    (
        "eventId:e-17",
        "A field of the payload, beside the data or in it, as long as its name is none of ours",
    ),
    ("header.x-retry>=3", "By a header"),
    (
        "has:correlation is:json size>10kb age<5m",
        "By presence, kind, size, age",
    ),
    (
        "schema:fails version>=2",
        "By what its schema says, by the version that it claims",
    ),
    (
        "reason:rejected queue:orders",
        "Above dead letters: why they died, and the queue that failed",
    ),
    (
        "/time(out)?/ not test (a or b)",
        "By an expression; combined. Clauses beside each other must all hold",
    ),
];

/// Draws it, until it is closed.
pub(super) fn help_ui(ui: &mut Ui, memory: &mut Memory) {
    let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(20));
    let screen = ui.ctx().content_rect().size();
    let modal = egui::Modal::new(egui::Id::unique("help"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((screen.x - 120.0).clamp(300.0, 640.0));
            ui.heading("Help");
            weak(ui, format!("Eventscope {}", env!("CARGO_PKG_VERSION")));
            ui.add_space(8.0);
            // In a low window the list scrolls and the button below it stays in sight.
            let most = (screen.y - 200.0).max(100.0);
            egui::ScrollArea::vertical()
                .max_height(most)
                .show(ui, |ui| {
                    section(ui, "Keyboard shortcuts");
                    table_ui(ui, shortcuts::ALL);
                    ui.add_space(12.0);
                    section(ui, "Filter line");
                    table_ui(ui, FILTER);
                });
            ui.add_space(8.0);
            ui.button("Close").clicked()
        });
    if modal.inner || modal.should_close() || ui.input(|input| input.key_pressed(egui::Key::Escape))
    {
        memory.help = false;
    }
}

/// What is written on the left, what it means on the right.
fn table_ui(ui: &mut Ui, all: &[(&str, &str)]) {
    ui.add_space(4.0);
    let left = (ui.available_width() * 0.42).min(250.0);
    for (written, what) in all {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            let column = |ui: &mut Ui, width: f32, text: RichText| {
                ui.allocate_ui(egui::vec2(width, 0.0), |ui| {
                    ui.set_width(width);
                    ui.add(Label::new(text).wrap());
                });
            };
            column(ui, left, RichText::new(*written).font(theme::mono()));
            let rest = ui.available_width();
            column(ui, rest, RichText::new(*what));
        });
    }
}
