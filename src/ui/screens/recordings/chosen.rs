//! The recording that is looked at: what it says of itself, and what can be done with it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use eframe::egui::{Grid, Label, RichText, ScrollArea, Ui};

use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::state::recordings::exporting::ExportAction;
use crate::state::recordings::replaying::ReplayAction;
use crate::text::numbers::count_of;
use crate::text::payload::size_text;
use crate::ui::Cx;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{banner, button, primary_button, weak};

/// Draws it.
pub(super) fn chosen_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.memory.regions.panel(ui, 2);
    let Some(entry) = cx.state.recordings.entry() else {
        return;
    };
    let palette = Palette::of(ui);
    let path = entry.file.path.clone();
    let is_written = cx.state.recordings.is_written(&path);
    ScrollArea::vertical()
        .id_salt("recording")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = STEP * 2.0;
            ui.add(Label::new(RichText::new(entry.name()).heading()).wrap());
            let about = match &entry.about {
                Ok(about) => about,
                Err(why) => {
                    banner(ui, palette.bad, why);
                    weak(ui, path.display().to_string());
                    delete_ui(ui, cx, path, false);
                    return;
                }
            };
            if let Some(at) = about.broke_off(Utc::now()) {
                let at = cx.state.live.setup.times.with_date(at);
                let words = format!(
                    "It broke off at {at}: Eventscope was ended, or the machine was. What came in the \
                     last second before may be missing too"
                );
                banner(ui, palette.warn, &words);
            }
            ui.horizontal_wrapped(|ui| {
                if primary_button(ui, "Open", true)
                    .on_hover_text("Look at its events in Live, without a broker")
                    .clicked()
                {
                    cx.act(Action::Recording(RecordingAction::Open(path.clone())));
                }
                if button(ui, "Export…", true)
                    .on_hover_text("Write its events into a file, masked where you want it")
                    .clicked()
                {
                    cx.act(Action::Export(ExportAction::Ask(Some(path.clone()))));
                }
                if button(ui, "Replay…", true)
                    .on_hover_text("Send its events to a broker once more")
                    .clicked()
                {
                    cx.act(Action::Replay(ReplayAction::Ask(path.clone())));
                }
                delete_ui(ui, cx, path.clone(), is_written);
            });
            let time = |at: DateTime<Utc>| cx.state.live.setup.times.in_full(at);
            let ended = match about.ended_at {
                Some(at) => time(at),
                None => format!("{} (not closed)", time(about.seen_until)),
            };
            let facts = [
                ("From", entry.places.join(", ")),
                ("Begun", time(about.begun_at)),
                ("Ended", ended),
                ("Events", count_of(about.events, "event")),
                ("Payloads", size_text(about.bytes)),
                ("File", size_text(entry.file.bytes)),
                ("Made by", about.made_by.clone()),
                ("Path", entry.file.path.display().to_string()),
            ];
            Grid::new("recording facts")
                .num_columns(2)
                .spacing([STEP * 4.0, STEP])
                .show(ui, |ui| {
                    for (name, value) in facts {
                        weak(ui, name);
                        ui.add(Label::new(value).wrap());
                        ui.end_row();
                    }
                });
        });
}

fn delete_ui(ui: &mut Ui, cx: &mut Cx<'_>, path: PathBuf, is_written: bool) {
    let words = if is_written {
        "It is being written: stop the recording first"
    } else {
        "Remove the file; asks first"
    };
    if button(ui, "Delete…", !is_written)
        .on_hover_text(words)
        .on_disabled_hover_text(words)
        .clicked()
    {
        cx.act(Action::Recording(RecordingAction::AskDelete(path)));
    }
}
