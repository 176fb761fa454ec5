//! Recordings: what is recorded now, the files of the app's folder, and what can be done with one.

mod chosen;
mod list;
mod record;

use eframe::egui::{CentralPanel, Frame, Id, Label, Margin, Modal, Panel, RichText, Ui};

use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::ui::Cx;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, danger_button, empty_state};

/// With less room than this, in points, the recording that is looked at stands below the list.
const WIDE: f32 = 820.0;

/// Draws the screen.
pub fn recordings_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 8));
    Panel::top("record")
        .frame(side)
        .show(ui, |ui| record::record_ui(ui, cx));
    let room = ui.available_size();
    if cx.state.recordings.entry().is_some() {
        if room.x >= WIDE {
            Panel::right("recording")
                .default_size((room.x * 0.4).clamp(320.0, 560.0))
                .size_range(280.0..=room.x * 0.6)
                .frame(side)
                .show(ui, |ui| chosen::chosen_ui(ui, cx));
        } else {
            Panel::bottom("recording_below")
                .default_size(room.y * 0.5)
                .size_range(140.0..=room.y * 0.7)
                .frame(side)
                .show(ui, |ui| chosen::chosen_ui(ui, cx));
        }
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(8, 6));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        cx.memory.regions.panel(ui, 1);
        match &cx.state.recordings.list {
            None => empty_state(ui, "Reading the folder", "One moment"),
            Some(Err(words)) => empty_state(ui, "The recordings cannot be listed", words),
            Some(Ok(list)) if list.is_empty() => {
                let words = "Press Record: what your taps bring is written into a file, until you stop. It can \
                             be opened again without a broker, searched, shared, and sent once more. Open \
                             recording… opens one that lies elsewhere";
                empty_state(ui, "Nothing was recorded yet", words);
            }
            Some(Ok(list)) => list::list_ui(ui, cx, list),
        }
    });
    deleting_ui(ui, cx);
}

/// The question before one is deleted.
fn deleting_ui(ui: &Ui, cx: &mut Cx<'_>) {
    let Some(path) = &cx.state.recordings.deleting else {
        return;
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("delete_recording"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading("Delete this recording?");
            ui.add_space(STEP);
            ui.add(Label::new(RichText::new(path.display().to_string()).monospace()).wrap());
            ui.add_space(STEP);
            ui.label("The file is removed from the disk, with all events in it");
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                let delete = danger_button(ui, "Delete recording", true).clicked();
                let keep = button(ui, "Keep it", true).clicked();
                (delete, keep)
            })
            .inner
        });
    match modal.inner {
        (true, _) => cx.act(Action::Recording(RecordingAction::Delete)),
        (_, true) => cx.act(Action::Recording(RecordingAction::KeepIt)),
        _ if modal.should_close() => cx.act(Action::Recording(RecordingAction::KeepIt)),
        _ => {}
    }
}
