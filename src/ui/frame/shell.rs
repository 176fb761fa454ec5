//! The frame around the screens: bars, rail, and whichever screen is open.

use eframe::egui::{self, CentralPanel, Ui};

use super::regions::Region;
use super::{help, leaving, rail, shortcuts, status_bar, top_bar};
use crate::state::{Action, Forms, Screen, State};
use crate::ui::parts::theme::Palette;
use crate::ui::parts::{compare_dialog, export_dialog, open_recording, replay_dialog};
use crate::ui::screens::{connect, dead_letters, live, publish, recordings, schemas};
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
    open_recording::take(ui, cx);
    shortcuts::read(ui, cx);
    if !has_question(state, cx.memory) {
        cx.memory.regions.read(ui);
    }
    cx.memory.regions.begin(ui, Region::Top);
    top_bar::top_bar_ui(ui, cx);
    if state.has_session() {
        // Tab goes from the page to the bar below it, so that bar is drawn last.
        let bar = status_bar::reserve(ui);
        cx.memory.regions.begin(ui, Region::Rail);
        rail::rail_ui(ui, cx);
        status_bar::notices_ui(ui, cx);
        cx.memory.regions.begin(ui, Region::Page);
        cx.memory
            .regions
            .end(Region::Page, ui.available_rect_before_wrap());
        match state.screen {
            Screen::Live => live::live_ui(ui, cx),
            Screen::Publish => publish::publish_ui(ui, cx),
            Screen::DeadLetters => dead_letters::dead_letters_ui(ui, cx),
            Screen::Schemas => schemas::schemas_ui(ui, cx),
            Screen::Recordings => recordings::recordings_ui(ui, cx),
        }
        cx.memory.regions.begin(ui, Region::Status);
        status_bar::status_bar_ui(ui, bar, cx);
    } else {
        let frame = egui::Frame::new().fill(Palette::of(ui).base);
        cx.memory.regions.begin(ui, Region::Page);
        cx.memory
            .regions
            .end(Region::Page, ui.available_rect_before_wrap());
        CentralPanel::default()
            .frame(frame)
            .show(ui, |ui| connect::connect_ui(ui, cx));
    }
    compare_dialog::compare_ui(ui, cx);
    export_dialog::export_ui(ui, cx);
    replay_dialog::replay_ui(ui, cx);
    leaving::leaving_ui(ui, cx);
    if cx.memory.help {
        help::help_ui(ui, cx.memory);
    }
    actions
}

/// A question stands before everything else and keeps the keys.
fn has_question(state: &State, memory: &Memory) -> bool {
    state.leaving.is_some() || memory.help
}
