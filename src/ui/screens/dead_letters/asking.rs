//! What is asked before messages are thrown away, or more are sent than are shown.

use eframe::egui::{self, Frame, Margin, Modal, RichText, Ui};

use super::toolbar;
use crate::state::Action;
use crate::state::dead_letters::DeadAction;
use crate::text::numbers::{count_of, thousands};
use crate::ui::Cx;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, danger_button, primary_button};

/// Throwing messages away is said in words before it is done.
pub(crate) fn discard_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(messages) = &cx.state.front.dead.asking else {
        return;
    };
    let count = count_of(messages.len() as u64, "message");
    let queue = cx.state.front.dead.queue.clone().unwrap_or_default();
    let (subject, verb, stay) = if messages.len() == 1 {
        ("It", "leaves", "stays")
    } else {
        ("They", "leave", "stay")
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("discard")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(420.0);
        ui.heading(format!("Discard {count}?"));
        ui.add_space(STEP);
        ui.label(if cx.state.front.dead.log.is_on {
            format!(
                "{subject} {stay} in the topic {queue}: nothing is removed from a topic. The journal on this \
                 machine takes a copy of each and calls it discarded from then on."
            )
        } else {
            format!(
                "{subject} {verb} the queue {queue} for good. A complete copy of each is written to the \
                 journal on this machine first."
            )
        });
        let hidden = cx.state.front.dead.hidden_of(messages);
        if hidden > 0 {
            let words = format!("The filter hides {} of them", thousands(hidden as u64));
            let color = Palette::of(ui).warn;
            ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
        }
        if let Some(words) = toolbar::race_words(cx.state, &queue) {
            let color = Palette::of(ui).warn;
            ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
        }
        if let Some(path) = &cx.state.places.journal {
            ui.label(RichText::new(path.display().to_string()).monospace());
        }
        ui.add_space(STEP * 2.0);
        ui.horizontal(|ui| {
            if danger_button(ui, &format!("Discard {count}"), true).clicked() {
                cx.actions.push(Action::Dead(DeadAction::Discard));
            }
            if button(ui, "Cancel", true).clicked() {
                cx.actions.push(Action::Dead(DeadAction::CancelDiscard));
            }
        });
    });
    if modal.should_close() {
        cx.act(Action::Dead(DeadAction::CancelDiscard));
    }
}

/// Sending more than what is shown is asked for first.
pub(crate) fn whole_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let dead = &cx.state.front.dead;
    let (Some(peeked), Some(canary)) = (&dead.peeked, dead.asking_all) else {
        return;
    };
    let depth = thousands(peeked.depth_by_now());
    let edited = dead.edited_here(cx.forms);
    let yes = if canary {
        "Begin with a canary".to_owned()
    } else {
        format!("Resend {depth} messages")
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("whole"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(420.0);
            ui.heading(format!("Resend {depth} messages?"));
            ui.add_space(STEP);
            if cx.state.front.is_production {
                let words = format!("{} is production", cx.state.front.title());
                ui.label(RichText::new(words).color(Palette::of(ui).bad));
            }
            let what = if dead.log.is_on {
                "The dead letters stay in the topic, and the journal marks what was sent. What it calls \
                 sent or discarded is passed over"
            } else {
                "Each message leaves the queue only after the broker confirmed that its copy was routed"
            };
            ui.label(format!(
                "Everything in {} is sent, not only the {} listed. Target: {}. {what}",
                peeked.queue,
                thousands(dead.listed_count() as u64),
                dead.choice.words().to_lowercase(),
            ));
            let hidden = dead.hidden_count();
            if hidden > 0 {
                ui.add_space(STEP);
                let words = format!(
                    "The filter hides {}, which would be sent too. To send only what is listed, mark it",
                    count_of(hidden as u64, "message")
                );
                let color = Palette::of(ui).warn;
                ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
            }
            if edited > 0 {
                ui.add_space(STEP);
                let words = format!(
                    "You edited {} here. This sends them as they lie in the queue, without the \
                     edits: resend those first",
                    count_of(edited as u64, "message")
                );
                let color = Palette::of(ui).warn;
                ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
            }
            ui.add_space(STEP * 2.0);
            ui.horizontal(|ui| {
                if primary_button(ui, &yes, true).clicked() {
                    cx.actions.push(Action::Dead(DeadAction::YesAll));
                }
                if button(ui, "Cancel", true).clicked() {
                    cx.actions.push(Action::Dead(DeadAction::NotAll));
                }
            });
        });
    if modal.should_close() {
        cx.act(Action::Dead(DeadAction::NotAll));
    }
}
