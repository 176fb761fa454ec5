//! The questions before an event is sent that is broken by accident, that deletes, or that goes to production.

use eframe::egui::{RichText, Ui};

use crate::event::kafka_record::KeyForm;
use crate::state::Action;
use crate::state::publish::PublishAction;
use crate::ui::Cx;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{button, danger_button};

/// Draws it in the place of the buttons that it is about.
pub(super) fn question_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    production_words(ui, cx);
    let fit = cx.memory.payload.verdict().fit.clone();
    let fault = fit.fault_words().unwrap_or_default();
    let words = format!("Publish a broken event? {}. {fault}", fit.words);
    ui.label(RichText::new(words.trim_end_matches([' ', '.'])).color(Palette::of(ui).warn));
    ui.horizontal_wrapped(|ui| {
        if danger_button(ui, "Publish broken event", cx.state.is_connected())
            .on_hover_text(
                "To see what consumers do with it. You are not asked again about this one",
            )
            .clicked()
        {
            cx.act(Action::Publish(PublishAction::SendBroken));
        }
        if button(ui, "Back to the form", true).clicked() {
            cx.act(Action::Publish(PublishAction::DoNotSend));
            cx.memory.payload.show_fault();
        }
    });
}

/// The question before anything is sent to production.
pub(super) fn production_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    production_words(ui, cx);
    let draft = &cx.forms.draft;
    let to = [&*draft.destination, &*draft.key]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    ui.label(format!("Publish to {to}?"));
    ui.horizontal_wrapped(|ui| {
        if danger_button(ui, "Publish to production", cx.state.is_connected()).clicked() {
            cx.act(Action::Publish(PublishAction::SendToProduction));
        }
        if button(ui, "Back to the form", true).clicked() {
            cx.act(Action::Publish(PublishAction::DoNotSend));
        }
    });
}

/// Says that the connection is production, where it is.
fn production_words(ui: &mut Ui, cx: &Cx<'_>) {
    if cx.state.front.is_production {
        let words = format!("{} is production", cx.state.front.title());
        ui.label(RichText::new(words).color(Palette::of(ui).bad));
    }
}

/// The question before a record without a value is sent.
pub(super) fn tombstone_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    production_words(ui, cx);
    let draft = &cx.forms.draft;
    let has_key = draft
        .record
        .as_ref()
        .is_some_and(|record| record.key != KeyForm::Null);
    let topic = &draft.destination;
    let words = if has_key {
        format!(
            "Send a tombstone? It has the key {:?} and no value. If {topic} is compacted, it deletes what \
             stands under this key, for everybody who reads the topic",
            draft.key
        )
    } else {
        format!(
            "Send a record without key and value? A compacted topic refuses it; elsewhere consumers of \
             {topic} get an empty record"
        )
    };
    ui.label(RichText::new(words).color(Palette::of(ui).warn));
    ui.horizontal_wrapped(|ui| {
        if danger_button(ui, "Send tombstone", cx.state.is_connected()).clicked() {
            cx.act(Action::Publish(PublishAction::SendTombstone));
        }
        if button(ui, "Back to the form", true).clicked() {
            cx.act(Action::Publish(PublishAction::DoNotSend));
        }
    });
}
