//! Bookmarks: the list of them, and the note on one.

use eframe::egui::{TextEdit, Ui};

use crate::state::Action;
use crate::state::live::{LiveAction, clock};
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::parts::widgets::{button, field_margin, weak};

/// The marked events, to go to.
pub(crate) fn bookmarks_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let bookmarks = &cx.state.live.bookmarks;
    let label = match bookmarks.all().len() {
        0 => return,
        1 => "1 bookmark".to_owned(),
        count => format!("{count} bookmarks"),
    };
    ui.menu_button(label, |ui| {
        for (number, marked) in bookmarks.all() {
            let event = &marked.event;
            let mut words = format!("{} {}", clock(event.received_at), shorten(&event.key, 40));
            if !marked.note.is_empty() {
                words.push_str(" · ");
                words.push_str(&shorten(&marked.note, 60));
            }
            if cx.state.live.log.event(number).is_none() {
                words.push_str(" · not in the list any more");
            }
            if ui.button(words).clicked() {
                cx.actions
                    .push(Action::Live(LiveAction::ShowBookmark(number)));
                cx.memory.reveal = true;
                ui.close();
            }
        }
    });
}

/// The button that marks the selected event.
pub(crate) fn mark_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let Some(number) = live.selection.lead() else {
        return;
    };
    let marked = live.bookmarks.get(number);
    let (label, may) = match marked {
        Some(_) => ("Remove bookmark", true),
        None => ("Bookmark", !live.bookmarks.is_full()),
    };
    if button(ui, label, may)
        .on_hover_text(
            "A marked event stays until you quit, with its note, also after it is evicted",
        )
        .clicked()
    {
        cx.act(Action::Live(LiveAction::Bookmark(number)));
    }
}

/// The note on the selected event, if it is marked.
pub(crate) fn note_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let Some(number) = live.selection.lead() else {
        return;
    };
    let Some(marked) = live.bookmarks.get(number) else {
        return;
    };
    if live.log.event(number).is_none() {
        weak(
            ui,
            "Not in the list any more: it was evicted or cleared. The bookmark keeps it until you quit",
        );
    }
    let mut note = marked.note.clone();
    ui.horizontal(|ui| {
        let name = weak(ui, "Note");
        let edit = TextEdit::singleline(&mut note)
            .id_salt(("note", number))
            .desired_width(f32::INFINITY)
            .margin(field_margin());
        if ui.add(edit).labelled_by(name.id).changed() {
            cx.act(Action::Live(LiveAction::Note(number, note)));
        }
    });
}
