//! The frame around the screens: bars, rail, and whichever screen is open.

use eframe::egui::{self, CentralPanel, Key, Ui};

use super::{leaving, rail, shortcuts, status_bar, top_bar};
use crate::state::{Action, Forms, Screen, State};
use crate::ui::parts::theme::Palette;
use crate::ui::screens::{connect, dead_letters, live, publish, schemas};
use crate::ui::{Cx, Memory};

/// Draws everything and returns what the person did.
pub fn show(ui: &mut Ui, state: &State, forms: &mut Forms, memory: &mut Memory) -> Vec<Action> {
    let mut actions = Vec::new();
    let cx = &mut Cx {
        state,
        forms,
        memory,
        actions: &mut actions,
    };
    cx.memory
        .inspector
        .catalog
        .clone_from(&state.schemas.catalog);
    cx.memory.saving.take(ui, cx.actions);
    cx.memory.inspector.saving.take(ui, cx.actions);
    shortcuts::read(ui, cx);
    top_bar::top_bar_ui(ui, cx);
    if state.has_session() {
        status_bar::status_bar_ui(ui, cx);
        status_bar::notices_ui(ui, cx);
        rail::rail_ui(ui, cx);
        match state.screen {
            Screen::Live => live::live_ui(ui, cx),
            Screen::Publish => publish::publish_ui(ui, cx),
            Screen::DeadLetters => dead_letters::dead_letters_ui(ui, cx),
            Screen::Schemas => schemas::schemas_ui(ui, cx),
        }
    } else {
        let frame = egui::Frame::new().fill(Palette::of(ui).base);
        CentralPanel::default()
            .frame(frame)
            .show(ui, |ui| connect::connect_ui(ui, cx));
    }
    leaving::leaving_ui(ui, cx);
    if cx.memory.help {
        help_ui(ui, cx.memory);
    }
    actions
}

fn help_ui(ui: &mut Ui, memory: &mut Memory) {
    let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(20));
    let modal = egui::Modal::new(egui::Id::unique("help"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading("Keyboard shortcuts");
            ui.add_space(8.0);
            egui::Grid::new("shortcuts")
                .num_columns(2)
                .spacing([24.0, 6.0])
                .show(ui, |ui| {
                    for (keys, what) in shortcuts::ALL {
                        ui.monospace(*keys);
                        ui.label(*what);
                        ui.end_row();
                    }
                });
            ui.add_space(8.0);
            ui.button("Close").clicked()
        });
    if modal.inner || modal.should_close() || ui.input(|input| input.key_pressed(Key::Escape)) {
        memory.help = false;
    }
}
