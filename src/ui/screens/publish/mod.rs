//! Publish a test event by a form, see whether it was routed, and send it again.

mod history;
pub mod payload_form;
mod question;
mod series;

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, Rangef, RichText, ScrollArea, Ui};

use crate::event::draft::{History, RecordDraft};
use crate::event::source_id::SourceId;
use crate::event::{Draft, HeaderRow};
use crate::protocol::PublishOutcome;
use crate::state::publish::{PublishAction, SentEvent};
use crate::state::{Action, State};
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::draft_form;
use crate::ui::parts::share::Share;
use crate::ui::parts::steps::{self, WayBack};
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{banner, button, empty_state, primary_button, weak};

/// Where the message in the form would go, worked out when the target, the headers or the topology
/// change.
#[derive(Debug, Default)]
pub struct RoutePreview {
    source: Option<SourceId>,
    destination: String,
    key: String,
    headers: Vec<HeaderRow>,
    record: Option<RecordDraft>,
    own: Vec<String>,
    revision: u64,
    words: String,
}

impl RoutePreview {
    /// Where it would go, in words.
    pub fn words(&mut self, draft: &Draft, state: &State) -> &str {
        let own = state.taps.own_queues(state.front.id);
        let is_same = self.source == Some(state.front.id)
            && self.destination == draft.destination
            && self.key == draft.key
            && self.headers == draft.headers
            && self.record == draft.record
            && self.own == own
            && self.revision == state.front.topology_revision;
        if self.words.is_empty() || !is_same {
            *self = Self {
                words: by_source::forecast(draft, &own, state),
                source: Some(state.front.id),
                destination: draft.destination.clone(),
                key: draft.key.clone(),
                headers: draft.headers.clone(),
                record: draft.record.clone(),
                own: own.into_iter().map(str::to_owned).collect(),
                revision: state.front.topology_revision,
            };
        }
        &self.words
    }
}

/// Widest form, in points: beyond it the eye loses the line from a label to its field.
const WIDEST: f32 = 1_400.0;

/// With less room than this, in points, the history stands in the place of the form.
const NARROW: f32 = 720.0;

/// How much of the screen the history takes.
#[derive(Clone, Copy, Debug)]
pub struct HistoryShare(pub(crate) Share);

impl Default for HistoryShare {
    fn default() -> Self {
        Self(Share::new(0.38))
    }
}

/// Draws the screen.
pub fn publish_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 8));
    if let Some(words) = by_source::only_read(cx.state) {
        let frame = Frame::new().fill(palette.base);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            empty_state(ui, "Nothing is published here", &words);
        });
        return;
    }
    let room = ui.available_width();
    // The form keeps the greater part, also when the window becomes smaller.
    let mut share = cx.memory.history;
    let within = Rangef::new(220.0, (room * 0.45).clamp(240.0, 700.0));
    let panel = Panel::right("history").frame(side);
    let is_narrow = room < NARROW;
    if !is_narrow {
        let history = |ui: &mut Ui| history::history_ui(ui, cx);
        share.0.show_beside(ui, (panel, room, within), history);
        cx.memory.history = share;
    } else if cx.memory.history_open {
        CentralPanel::default().frame(side).show(ui, |ui| {
            if button(ui, "Back to the form", true).clicked() {
                cx.memory.history_open = false;
            }
            history::history_ui(ui, cx);
        });
        return;
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(16, 12));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        Panel::bottom("publish_actions")
            .frame(Frame::new().inner_margin(Margin {
                top: 8,
                ..Margin::ZERO
            }))
            .show(ui, |ui| actions_ui(ui, cx));
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(ui, |ui| {
                // The scroll bar has room of its own beside the fields.
                let bar = ui.spacing().scroll.bar_width + STEP * 2.0;
                ui.set_max_width((ui.available_width() - bar).min(WIDEST));
                form_ui(ui, cx, is_narrow);
            });
    });
}

fn form_ui(ui: &mut Ui, cx: &mut Cx<'_>, is_narrow: bool) {
    let state = cx.state;
    ui.spacing_mut().item_spacing.y = STEP * 2.0;
    ui.horizontal_wrapped(|ui| {
        ui.heading("Publish a test event");
        steps_ui(ui, cx);
        if is_narrow {
            let words = "What was published. It stands beside the form where there is room";
            if button(ui, "History", true).on_hover_text(words).clicked() {
                cx.memory.history_open = true;
            }
        }
    });
    let keys = state.live.tree.keys(200);
    let known = (&state.front.picture, by_source::front_words(state));
    let problems = state.front.publish.problems(&cx.forms.draft);
    draft_form::target_ui(ui, &mut cx.forms.draft, known, &keys, problems);
    let words = cx.memory.preview.words(&cx.forms.draft, state);
    weak(ui, words);
    readers_ui(ui, cx);
    payload_form::payload_ui(ui, cx);
    series::variables_ui(ui, cx);
    ui.separator();
    draft_form::details_ui(ui, &mut cx.forms.draft, problems, true);
    let may = state.is_connected() && by_source::no_publishing(state).is_none();
    series::series_ui(ui, cx, may);
    let now = ui.input(|input| input.time);
    let draft = &cx.forms.draft;
    let history = &mut cx.forms.draft_history;
    history
        .get_or_insert_with(|| History::new(draft.clone()))
        .note(draft, now);
}

/// Who reads what is published, where the source can tell.
fn readers_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let front = &cx.state.front;
    let topic = cx.forms.draft.destination.trim();
    if !front.abilities().consumer_groups || front.picture.destination(topic).is_none() {
        return;
    }
    let words = match (&front.consumers.reading, &front.consumers.problem) {
        (_, Some(why)) => format!("Who reads it is not known: {why}"),
        (Some(reading), None) => reading.readers_of(topic),
        (None, None) => "Looking who reads it …".to_owned(),
    };
    let text = RichText::new(words).color(Palette::of(ui).weak);
    ui.add(egui::Label::new(text).wrap());
}

/// The way back through what was typed or loaded into the form.
fn steps_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let step = steps::steps_ui(ui, cx.forms.draft_history.as_ref());
    let Some(history) = &mut cx.forms.draft_history else {
        return;
    };
    let before = match step {
        Some(WayBack::Undo) => history.undo(),
        Some(WayBack::Redo) => history.redo(),
        None => None,
    };
    if let Some(before) = before {
        cx.forms.draft = before.clone();
    }
}

/// What can be done with the form; it stays in sight however long the form is.
fn actions_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let state = cx.state;
    let problems = state.front.publish.problems(&cx.forms.draft);
    draft_form::problems_ui(ui, problems, by_source::front_words(state));
    series::progress_ui(ui, cx);
    let why_not = by_source::no_publishing(state);
    if let Some(words) = &why_not {
        banner(ui, Palette::of(ui).warn, words);
    }
    same_id_ui(ui, cx);
    if state.front.publish.is_asking(&cx.forms.draft) {
        question::question_ui(ui, cx);
        return;
    }
    if state.front.publish.is_asking_production(&cx.forms.draft) {
        question::production_ui(ui, cx);
        return;
    }
    if state.front.publish.is_asking_tombstone(&cx.forms.draft) {
        question::tombstone_ui(ui, cx);
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let may = state.is_connected() && why_not.is_none();
        let words = by_source::front_words(state);
        if primary_button(ui, words.publish, may)
            .on_hover_text(words.about_publish)
            .clicked()
        {
            cx.act(Action::Publish(PublishAction::Send));
        }
        let is_record = cx.forms.draft.record.is_some();
        if is_record
            && button(ui, "Tombstone", may)
                .on_hover_text("A record with this key and without a value")
                .clicked()
        {
            cx.act(Action::Publish(PublishAction::Tombstone));
        }
        if let Some(name) = by_source::name_beside_others(state, state.front.id) {
            weak(ui, format!("to {name}"));
        }
        payload_form::samples_ui(ui, cx);
        if let Some(sent) = state.front.publish.history.first()
            && state.front.publish.problems(&cx.forms.draft).is_empty()
            && state.front.publish.published.as_ref() == Some(&cx.forms.draft)
        {
            outcome_ui(ui, sent);
        }
    });
}

/// An event with the id of the one in the form was sent before.
fn same_id_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(id) = cx.memory.payload.fixed_id() else {
        return;
    };
    // What was just sent is not meant to be sent again.
    if cx.state.front.publish.published.as_ref() == Some(&cx.forms.draft) {
        return;
    }
    if let Some(at) = cx.state.front.publish.last_with_id(id) {
        let words = format!(
            "An event with the id {} was sent at {}. Consumers may take this one for the same",
            shorten(id, 60),
            history::time_of(at)
        );
        let text = RichText::new(words).color(Palette::of(ui).warn);
        ui.add(egui::Label::new(text).wrap());
    }
}

fn outcome_ui(ui: &mut Ui, sent: &SentEvent) {
    let palette = Palette::of(ui);
    let (color, words) = outcome(sent, palette);
    ui.add(egui::Label::new(RichText::new(words).color(color).strong()).wrap());
}

/// The verdict in words and its colour.
pub(super) fn outcome(sent: &SentEvent, palette: &Palette) -> (egui::Color32, String) {
    if let Some(series) = &sent.series {
        let run = &series.run;
        let color = match (run.runs, run.is_good()) {
            (true, _) => palette.weak,
            (false, true) => palette.good,
            (false, false) => palette.warn,
        };
        return (color, run.words());
    }
    match &sent.outcome {
        None => (palette.weak, "Waiting for the broker's confirm…".to_owned()),
        Some(PublishOutcome::Routed) if sent.only_tap => (
            palette.warn,
            "Routed to Eventscope's own tap only: no queue of an application is known to get it"
                .to_owned(),
        ),
        Some(PublishOutcome::Routed) => (palette.good, "Routed".to_owned()),
        Some(PublishOutcome::Written { partition, offset }) => {
            let place = offset.map_or_else(String::new, |offset| format!(", offset {offset}"));
            (
                palette.good,
                format!("Written to partition {partition}{place}"),
            )
        }
        Some(PublishOutcome::Unroutable(reason)) => {
            (palette.warn, format!("Unroutable (returned: {reason})"))
        }
        Some(PublishOutcome::Refused(reason)) => (palette.bad, format!("Refused: {reason}")),
        Some(PublishOutcome::NotConfirmed { seconds }) => (
            palette.bad,
            format!("Not confirmed in {seconds} s: it may or may not have arrived"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn the_preview_follows_the_form() {
        let mut state = State::new();
        state.front.topology = shop();
        let (mut draft, mut preview) = (Draft::default(), RoutePreview::default());
        draft.destination = "shop".into();
        draft.key = "order.created".into();
        assert!(preview.words(&draft, &state).contains("orders"));
        draft.key = "x".into();
        assert!(preview.words(&draft, &state).starts_with("No queue"));
    }
}
