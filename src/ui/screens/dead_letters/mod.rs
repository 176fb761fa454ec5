//! Dead letters: the queues, the messages in one, and the repair of a message.

mod bulk;
mod by_rule;
mod editor;
mod faithful;
mod groups;
mod journal;
mod messages;
mod peek;
mod queues;

use eframe::egui::{self, CentralPanel, Frame, Margin, Modal, Panel, RichText, Ui};

use crate::state::Action;
use crate::state::dead_letters::{DeadAction, DeadTab};
use crate::text::numbers::count_of;
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, danger_button, empty_state, primary_button, tabs};

/// Draws the screen.
pub fn dead_letters_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 8));
    let strip = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 4));
    Panel::top("dead_tabs")
        .frame(strip)
        .show(ui, |ui| tabs_ui(ui, cx));
    if let Some(words) = by_source::no_dead_letters(cx.state)
        && cx.state.front.dead.tab != DeadTab::Journal
    {
        CentralPanel::default()
            .frame(Frame::new().fill(palette.base))
            .show(ui, |ui| empty_state(ui, "No dead letters here", &words));
        return;
    }
    if let Some(rules) = &cx.state.front.dead.rules {
        by_rule::by_rule_ui(ui, cx, rules, side);
        return;
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(12, 8));
    match cx.state.front.dead.tab {
        DeadTab::Queues => queues_tab_ui(ui, cx, side),
        DeadTab::Groups => {
            CentralPanel::default()
                .frame(Frame::new().fill(palette.base))
                .show(ui, |ui| groups::groups_ui(ui, cx, side));
        }
        DeadTab::Journal => {
            CentralPanel::default()
                .frame(frame)
                .show(ui, |ui| journal::journal_ui(ui, cx, side));
        }
    }
}

fn queues_tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let palette = Palette::of(ui);
    let wide = ui.available_width();
    Panel::left("dead_queues")
        .default_size((wide * 0.205).clamp(190.0, 300.0))
        .size_range(180.0..=420.0)
        .frame(side)
        .show(ui, |ui| queues::queues_ui(ui, cx));
    if cx.state.front.dead.selected_message().is_some() {
        Panel::right("dead_editor")
            .default_size((wide * 0.36).clamp(320.0, 640.0))
            .size_range(300.0..=wide * 0.6)
            .frame(side)
            .show(ui, |ui| editor::editor_ui(ui, cx));
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(12, 8));
    CentralPanel::default()
        .frame(frame)
        .show(ui, |ui| messages::messages_ui(ui, cx));
    discard_ui(ui, cx);
    whole_ui(ui, cx);
}

fn tabs_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (tab, unfinished) = (cx.state.front.dead.tab, cx.state.journal.doubtful());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let all = [
            (DeadTab::Queues, "Queues"),
            (DeadTab::Groups, "Groups"),
            (DeadTab::Journal, "Journal"),
        ];
        if let Some(tab) = tabs(ui, tab, &all) {
            cx.act(Action::Dead(DeadAction::Tab(tab)));
        }
        if unfinished > 0 {
            let words = format!("{} to look at", thousands(unfinished));
            ui.label(RichText::new(words).color(Palette::of(ui).warn));
        }
    });
}

/// Throwing messages away is said in words before it is done.
fn discard_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(messages) = &cx.state.front.dead.asking else {
        return;
    };
    let count = match messages.len() {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let queue = cx.state.front.dead.queue.clone().unwrap_or_default();
    let (subject, verb) = if messages.len() == 1 {
        ("It", "leaves")
    } else {
        ("They", "leave")
    };
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(egui::Id::unique("discard")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(420.0);
        ui.heading(format!("Discard {count}?"));
        ui.add_space(STEP);
        ui.label(format!(
            "{subject} {verb} the queue {queue} for good. A complete copy of each is written to the \
             journal on this machine first."
        ));
        if let Some(path) = &cx.state.places.journal {
            ui.label(RichText::new(path.display().to_string()).monospace());
        }
        ui.add_space(STEP * 2.0);
        ui.horizontal(|ui| {
            if danger_button(ui, &format!("Discard {count}"), true).clicked() {
                cx.actions.push(Action::Dead(DeadAction::Discard));
            }
            if button(ui, "Keep them", true).clicked() {
                cx.actions.push(Action::Dead(DeadAction::CancelDiscard));
            }
        });
    });
    if modal.should_close() {
        cx.act(Action::Dead(DeadAction::CancelDiscard));
    }
}

/// Sending more than what is shown is asked for first.
fn whole_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let dead = &cx.state.front.dead;
    let (Some(peeked), Some(canary)) = (&dead.peeked, dead.asking_all) else {
        return;
    };
    let depth = thousands(u64::from(peeked.depth));
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
            ui.label(format!(
            "{} of them are shown. All that lie in {} are sent to: {}. Each leaves the queue only \
             after RabbitMQ confirmed that it was routed",
            thousands(peeked.messages.len() as u64),
            peeked.queue,
            dead.choice.words().to_lowercase(),
        ));
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
                if button(ui, "Not now", true).clicked() {
                    cx.actions.push(Action::Dead(DeadAction::NotAll));
                }
            });
        });
    if modal.should_close() {
        cx.act(Action::Dead(DeadAction::NotAll));
    }
}
