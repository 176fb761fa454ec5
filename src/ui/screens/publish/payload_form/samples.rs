//! The buttons that fill the form with a sample: a valid one, or one that breaks the schema.

use eframe::egui::{RichText, ScrollArea, Ui};

use crate::schema::place;
use crate::state::Action;
use crate::state::publish::schema_form::SampleAction;
use crate::ui::Cx;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{button, weak};

/// Draws them, or the sample without a schema where there is none.
pub fn samples_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut view = std::mem::take(&mut cx.memory.payload);
    let target = view.target(cx).cloned();
    cx.memory.payload = view;
    let (Some(target), Some(catalog)) = (target, &cx.state.schemas.catalog) else {
        if button(ui, "Fill a sample", true)
            .on_hover_text("A valid event with its own id and time")
            .clicked()
        {
            cx.act(Action::FillSample);
        }
        return;
    };
    if button(ui, "Valid sample", true)
        .on_hover_text("An event that this version allows, with its own id and time")
        .clicked()
    {
        cx.actions
            .push(Action::Sample(SampleAction::Valid(target.clone())));
    }
    let broken = cx.state.front.publish.broken.as_ref();
    let broken = broken.filter(|broken| broken.are_of(&target, catalog));
    let menu = ui.menu_button("Invalid sample…", |ui| {
        ui.set_max_width(420.0);
        let Some(broken) = broken else {
            let prepare = SampleAction::Prepare(target.clone());
            cx.actions.push(Action::Sample(prepare));
            weak(ui, "Looking for events that break the schema…");
            ui.ctx().request_repaint();
            return;
        };
        if broken.list.is_empty() {
            weak(ui, "No event was found that breaks this schema");
        }
        // Without the least height it would be as high as the words that stood here before.
        let area = ScrollArea::vertical()
            .min_scrolled_height(280.0)
            .max_height(280.0);
        area.show(ui, |ui| {
            for (at, one) in broken.list.iter().enumerate() {
                let why = one
                    .why
                    .iter()
                    .map(|why| format!("{}: {}", place(&why.at), why.words));
                let why: Vec<String> = why.collect();
                if ui
                    .button(&one.label)
                    .on_hover_text(why.join("\n"))
                    .clicked()
                {
                    cx.actions.push(Action::Sample(SampleAction::Broken(at)));
                    ui.close();
                }
            }
        });
    });
    menu.response.on_hover_text(
        RichText::new("An event that this version refuses, to test what consumers do with it")
            .color(Palette::of(ui).text),
    );
}
