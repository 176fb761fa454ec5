//! What is recorded now, the button for it, and the settings of it.

use eframe::egui::{Key, Label, RichText, TextEdit, Ui};

use crate::address::Address;
use crate::state::Action;
use crate::state::recordings::RecordingAction;
use crate::state::recordings::comparing::CompareAction;
use crate::ui::Cx;
use crate::ui::parts::open_recording;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, field_margin, primary_button, weak};

/// Draws it.
pub(super) fn record_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let desk = &cx.state.recordings;
    ui.horizontal_wrapped(|ui| {
        open_recording::button_ui(ui, cx);
        if desk.is_on() {
            if button(ui, "Stop recording", !desk.is_changing).clicked() {
                cx.act(Action::Recording(RecordingAction::StopRecording));
            }
        } else if primary_button(ui, "Record", !desk.is_changing)
            .on_hover_text("Write what taps bring from now on into a new file")
            .clicked()
        {
            cx.act(Action::Recording(RecordingAction::Record));
        }
        let chosen = desk.chosen.clone();
        if button(ui, "Compare…", true)
            .on_hover_text("What is new, gone, faster or slower in one of two recordings")
            .clicked()
        {
            cx.act(Action::Compare(CompareAction::Ask(chosen)));
        }
        if button(ui, "Refresh", true)
            .on_hover_text("Read the folder again")
            .clicked()
        {
            cx.act(Action::Recording(RecordingAction::Refresh));
        }
    });
    if let Some(words) = desk.words() {
        let is_bad = desk.now.state.problem.is_some() || desk.now.state.missed > 0;
        let color = if is_bad { palette.bad } else { palette.text };
        ui.add(Label::new(RichText::new(words).color(color)).wrap());
    }
    if desk.is_on() {
        note_ui(ui, cx);
    }
    ui.collapsing("Settings of recordings", |ui| settings_ui(ui, cx));
    ui.add_space(STEP / 2.0);
}

/// A note beside what is recorded now.
fn note_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal_wrapped(|ui| {
        let name = weak(ui, "Note");
        let note = &mut cx.forms.recordings.note;
        let edit = TextEdit::singleline(note)
            .desired_width(320.0)
            .hint_text("Deployed 2.4, the second consumer was restarted, …")
            .margin(field_margin());
        let field = ui.add(edit).labelled_by(name.id);
        let is_typed = !note.trim().is_empty();
        let enter =
            field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && is_typed;
        if button(ui, "Add note", is_typed).clicked() || enter {
            cx.act(Action::Recording(RecordingAction::Note));
        }
    });
}

fn settings_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let mut from_start = cx.state.recordings.from_start;
    if ui
        .checkbox(&mut from_start, "Record from the first second")
        .on_hover_text("From the next start of Eventscope on, all that taps bring is recorded")
        .changed()
    {
        cx.act(Action::Recording(RecordingAction::FromStart(from_start)));
    }
    let form = &mut cx.forms.recordings;
    let mut is_changed = false;
    ui.horizontal_wrapped(|ui| {
        for (label, text, unit) in [
            ("Keep at most", &mut form.gigabytes, "GB"),
            ("Days", &mut form.days, "days; the oldest files go first"),
        ] {
            let name = weak(ui, label);
            let edit = TextEdit::singleline(text)
                .desired_width(56.0)
                .margin(field_margin());
            is_changed |= ui.add(edit).labelled_by(name.id).changed();
            weak(ui, unit);
        }
    });
    if let Err(words) = form.limits() {
        ui.label(RichText::new(words).color(palette.bad));
    }
    if is_changed {
        cx.act(Action::Recording(RecordingAction::Limit));
    }
    let front = &cx.state.front;
    let is_recording = matches!(front.address(), Some(Address::Recording(_)));
    if front.has_session() && !is_recording {
        let mut is_spared = front.is_spared;
        let label = format!("Do not record {}", front.title());
        if ui
            .checkbox(&mut is_spared, label)
            .on_hover_text("Nothing that this connection brings goes into a recording")
            .changed()
        {
            cx.act(Action::Recording(RecordingAction::Spare(is_spared)));
        }
    }
    if let Some(folder) = &cx.state.places.recordings {
        weak(ui, format!("They lie in {}", folder.display()));
    }
}
