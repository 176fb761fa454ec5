//! One record: where its message is, what was sent, and the way back.

use eframe::egui::{Label, RichText, Ui};

use super::super::editor::close_ui;
use super::{act, stamp, why_not_ui};
use crate::event::source_id::SourceId;
use crate::repair::journal_entry::{Fate, Record};
use crate::state::Action;
use crate::state::dead_letters::journal::JournalAction;
use crate::state::dead_letters::{DeadAction, DeadTab};
use crate::state::source::Source;
use crate::state::sources::SourceAction;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::inspector::{self, Origin};
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, section};

/// Draws the record that is looked at.
pub(crate) fn record_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some((record, event)) = &cx.state.journal.selected else {
        return;
    };
    let mut close = false;
    ui.horizontal(|ui| {
        section(ui, "RECORD");
        close = close_ui(ui, "Close record");
    });
    if close {
        act(cx, JournalAction::CloseRecord);
    }
    fate_ui(ui, cx, record);
    ui.add_space(STEP);
    let memory = &mut cx.memory.inspector;
    let actions = inspector::inspector_ui(ui, memory, event, Origin::DeadLetter);
    cx.actions.extend(actions);
}

fn fate_ui(ui: &mut Ui, cx: &mut Cx<'_>, record: &Record) {
    let palette = Palette::of(ui);
    let color = match record.fate() {
        Fate::DuplicatePossible => palette.warn,
        _ => palette.text,
    };
    ui.add(Label::new(RichText::new(record.words()).color(color)).wrap());
    if !record.words.is_empty() {
        ui.add(Label::new(RichText::new(&record.words).color(palette.weak)).wrap());
    }
    let (queue, place) = (&record.message.queue, &record.message.place);
    let mut facts = format!("{queue} on {place}, {}", stamp(record.changed));
    if let Some(sent) = &record.message.sent {
        let destination = match &*sent.destination {
            "" => format!("the {}", by_source::front_words(cx.state).unnamed),
            name => name.to_owned(),
        };
        facts.push_str(&format!(" · sent to {destination} with key {}", sent.key));
        if sent.body != record.message.body {
            facts.push_str(" · edited");
        }
    }
    ui.add(Label::new(RichText::new(facts).color(palette.weak)).wrap());
    buttons_ui(ui, cx, record);
    why_not_ui(ui, cx.state.journal.why_not(record));
}

fn buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, record: &Record) {
    let state = cx.state;
    let place = state.address().map(crate::address::Address::place);
    let here = place.as_ref() == Some(&record.message.place);
    let idle = state.is_connected() && state.journal.putting.is_none();
    let why_not = record.not_put_back();
    let asks = record.second_copy(stamp).is_some();
    let words = match &why_not {
        Some(words) => words.clone(),
        None if !here && behind(cx, &record.message.place).is_some() => {
            "Bring the broker that it came from to the front first".to_owned()
        }
        None if !here => {
            "Connect to the broker that it came from first. Where that is gone, as the one of a \
                          sandbox is, copy the payload and publish it"
                .to_owned()
        }
        None if asks => "Publish this copy to the queue that it lay in; asks first".to_owned(),
        None => "Publish this copy to the queue that it lay in".to_owned(),
    };
    ui.horizontal(|ui| {
        let label = if asks { "Put back…" } else { "Put back" };
        if button(ui, label, here && idle && why_not.is_none())
            .on_hover_text(&words)
            .on_disabled_hover_text(&words)
            .clicked()
        {
            act(cx, JournalAction::PutBack(record.id));
        }
        front_ui(ui, cx, &record.message.place);
        if button(ui, "Remove from journal", record.fate() != Fate::UnderWay)
            .on_hover_text("Forget this record; the copy in it is gone then")
            .clicked()
        {
            act(cx, JournalAction::Forget(record.id));
        }
    });
}

/// The source of this place that is open, but not in front.
pub(super) fn behind(cx: &Cx<'_>, place: &str) -> Option<SourceId> {
    let sources = cx.state.sources();
    let at = |source: &&&Source| source.address().is_some_and(|own| own.place() == place);
    let source = sources.iter().find(at)?;
    (source.has_session() && source.id != cx.state.front.id).then_some(source.id)
}

/// The way to the source that records came from, if it is open: they are put back there.
pub(super) fn front_ui(ui: &mut Ui, cx: &mut Cx<'_>, place: &str) {
    let Some(source) = behind(cx, place) else {
        return;
    };
    let name = by_source::name_beside_others(cx.state, source);
    let label = format!("Bring {} to the front", name.as_deref().unwrap_or(place));
    if button(ui, &label, true)
        .on_hover_text("The journal stays open")
        .clicked()
    {
        cx.act(Action::Source(SourceAction::Choose(source)));
        cx.act(Action::Dead(DeadAction::Tab(DeadTab::Journal)));
    }
}
