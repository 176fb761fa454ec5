//! How several messages are sent, and how far a job is.

use eframe::egui::style::StyleModifier;
use eframe::egui::{
    self, ComboBox, DragValue, Label, Popup, PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui,
};

use super::toolbar::{menu, race_words};
use super::{links, log};
use crate::protocol::JobStage;
use crate::rabbitmq::frameworks::RetryCounters;
use crate::rabbitmq::resend::Expiration;
use crate::state::Action;
use crate::state::dead_letters::job::JobOutcome;
use crate::state::dead_letters::{Bulk, DeadAction, TargetChoice};
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{banner, button, field_margin, weak};

/// The choice where messages are sent.
pub(crate) fn target_ui(ui: &mut Ui, cx: &mut Cx<'_>, choice: TargetChoice) {
    let name = weak(ui, "Send to");
    let combo = ComboBox::from_id_salt("target")
        .selected_text(choice.words())
        .width(170.0)
        .show_ui(ui, |ui| {
            for other in TargetChoice::for_many(cx.state.front.dead.log.is_on) {
                let other = *other;
                if ui
                    .selectable_label(other == choice, other.words())
                    .clicked()
                {
                    cx.actions.push(Action::Dead(DeadAction::Target(other)));
                    ui.close();
                }
            }
        });
    let response = combo.response.labelled_by(name.id);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(choice.words()));
    if choice == TargetChoice::Elsewhere {
        elsewhere_ui(ui, cx);
    }
}

/// One target for many messages.
fn elsewhere_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let words = by_source::front_words(cx.state);
    let (destination, key) = &mut cx.forms.elsewhere;
    let mut changed = false;
    let fields = [
        (
            format!("To {}", words.destination_within()),
            destination,
            "default",
            words.empty_destination,
        ),
        ("With key".to_owned(), key, "queue or key", words.about_key),
    ];
    let count = if cx.state.front.dead.log.is_on {
        1
    } else {
        fields.len()
    };
    for (label, text, hint, words) in fields.into_iter().take(count) {
        let name = weak(ui, label);
        let edit = TextEdit::singleline(text)
            .hint_text(hint)
            .desired_width(130.0)
            .margin(field_margin());
        let field = ui.add(edit).labelled_by(name.id).on_hover_text(words);
        changed |= field.changed();
    }
    if changed {
        cx.act(Action::Dead(DeadAction::Elsewhere));
    }
}

/// A menu of what sends messages, with where and how they are sent below it.
pub(crate) fn resend_menu_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    items: impl FnOnce(&mut Ui, &mut Cx<'_>),
) {
    let most = ui.ctx().content_rect().height() * 0.6;
    menu(ui, "Resend", "▾", "Resend menu", |ui| {
        ui.set_width(290.0);
        let queue = cx.state.front.dead.queue.as_deref().unwrap_or_default();
        if let Some(words) = race_words(cx.state, queue) {
            let color = Palette::of(ui).warn;
            ui.add(Label::new(RichText::new(words).color(color)).wrap());
        }
        items(ui, cx);
        ui.separator();
        ui.reset_style();
        ScrollArea::vertical().max_height(most).show(ui, |ui| {
            targets_ui(ui, cx);
            ui.collapsing("Options", |ui| fields_of_options_ui(ui, cx));
        });
    });
}

/// The same choice as [`target_ui`], each a line.
fn targets_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let choice = cx.state.front.dead.choice;
    weak(ui, "Send to");
    for other in TargetChoice::for_many(cx.state.front.dead.log.is_on) {
        let other = *other;
        if ui.radio(other == choice, other.words()).clicked() {
            cx.actions.push(Action::Dead(DeadAction::Target(other)));
        }
    }
    if choice == TargetChoice::Elsewhere {
        elsewhere_ui(ui, cx);
    }
}

/// A button that opens what else can be said of sending several messages.
pub(crate) fn options_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let response = button(ui, "Options", true).on_hover_text("How several messages are sent");
    Popup::menu(&response)
        .style(StyleModifier::default())
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.set_width(300.0);
            fields_of_options_ui(ui, cx);
        });
}

fn fields_of_options_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut bulk = cx.state.front.dead.bulk;
    let mut expiration = cx.state.front.dead.expiration;
    let mut counters = cx.state.front.dead.counters;
    ui.spacing_mut().item_spacing.y = STEP;
    let is_log = cx.state.front.dead.log.is_on;
    fields_ui(ui, &mut bulk, is_log);
    if is_log {
        log::options_ui(ui, cx);
    } else {
        let title = "Time to live that RabbitMQ removed";
        choice_ui(
            ui,
            title,
            &mut expiration,
            Expiration::ALL,
            Expiration::words,
        );
        let title = "Retry counters in the message";
        choice_ui(
            ui,
            title,
            &mut counters,
            RetryCounters::ALL,
            RetryCounters::words,
        );
    }
    let name = ui.label("Headers that are not sent");
    let edit = TextEdit::singleline(&mut cx.forms.dropped)
        .hint_text("x-retry-count, x-exception")
        .desired_width(f32::INFINITY)
        .margin(field_margin());
    let field = ui.add(edit).labelled_by(name.id).on_hover_text(
        "Separate several names with commas. The broker's own death headers are never sent",
    );
    if field.changed() {
        cx.actions.push(Action::Dead(DeadAction::Dropped));
    }
    if bulk != cx.state.front.dead.bulk {
        cx.act(Action::Dead(DeadAction::Bulk(bulk)));
    }
    if counters != cx.state.front.dead.counters {
        cx.act(Action::Dead(DeadAction::Counters(counters)));
    }
    if expiration != cx.state.front.dead.expiration {
        cx.act(Action::Dead(DeadAction::Expiration(expiration)));
    }
}

/// One of a few, each a line.
fn choice_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    title: &str,
    chosen: &mut T,
    all: [T; 3],
    words: impl Fn(T) -> &'static str,
) {
    ui.label(title);
    for one in all {
        ui.radio_value(chosen, one, words(one));
    }
}

fn fields_ui(ui: &mut Ui, bulk: &mut Bulk, is_log: bool) {
    ui.horizontal(|ui| {
        let name = ui.label("Messages a second");
        let value = DragValue::new(&mut bulk.per_second)
            .range(0..=100_000)
            .custom_formatter(|value, _| match value {
                0.0 => "no limit".to_owned(),
                value => format!("{value:.0}"),
            });
        ui.add(value).labelled_by(name.id);
    });
    ui.horizontal(|ui| {
        let name = ui.label("Watch a canary, seconds");
        let value = DragValue::new(&mut bulk.watch).range(1..=600);
        ui.add(value).labelled_by(name.id);
    });
    // A log has no way back by itself, and its copies no headers of ours.
    if is_log {
        return;
    }
    ui.checkbox(&mut bulk.insist, "Send what would come back or only wait")
        .on_hover_text(
            "Without this, a message that would be routed into this queue again, expire again, or \
             only wait in a retry or delay queue stays where it is",
        );
    ui.checkbox(&mut bulk.mark, "Add headers that count resends")
        .on_hover_text(
            "eventscope-resend-id and eventscope-resend-count; otherwise a message is sent \
             unchanged but for the broker's own headers",
        );
}

/// How far the running job is, or what the last one came to.
pub(crate) fn job_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(job) = cx.state.front.dead.shown_job() else {
        return;
    };
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        if !job.ended {
            ui.add(egui::Spinner::new().size(14.0));
        }
        let color = match job.outcome() {
            JobOutcome::Running => palette.text,
            JobOutcome::AllDone => palette.good,
            JobOutcome::NotAll => palette.warn,
        };
        ui.label(RichText::new(job.words()).color(color).strong());
        if job.ended {
            links::result_ui(ui, cx, job);
            return;
        }
        if button(ui, "Stop", true)
            .on_hover_text("Stop after what is under way; the rest stays in the queue, in order")
            .clicked()
        {
            cx.actions.push(Action::Dead(DeadAction::Stop));
        }
        let paused = job.stage == JobStage::Paused;
        let name = if paused { "Go on" } else { "Pause" };
        if job.verb == "Resend" && button(ui, name, true).clicked() {
            cx.actions.push(Action::Dead(DeadAction::Pause(!paused)));
        }
    });
    if let Some(words) = &job.problem {
        banner(ui, palette.warn, words);
    }
}
