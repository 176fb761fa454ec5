//! The live stream: the tap bar, the tree of keys, the table, and the inspector.

pub mod plot;
mod table;
mod tap_bar;
mod tree;

use eframe::egui::{CentralPanel, Frame, Margin, Panel, RichText, Ui};

use super::theme::{Palette, STEP};
use super::widgets::{empty_state, small_label};
use super::{Cx, inspector};
use crate::state::Action;

/// Draws the screen.
pub fn live_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    tap_bar::tap_bar_ui(ui, cx);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(10, 8));
    let wide = ui.available_width();
    if wide > 640.0 {
        Panel::left("keys")
            .default_size((wide * 0.19).clamp(180.0, 280.0))
            .size_range(140.0..=420.0)
            .frame(side)
            .show(ui, |ui| tree::tree_ui(ui, cx));
    }
    if let Some(event) = cx.state.live.selected_event() {
        Panel::right("inspector")
            .default_size((wide * 0.34).clamp(300.0, 560.0))
            .size_range(260.0..=wide * 0.6)
            .frame(side)
            .show(ui, |ui| {
                let origin = inspector::Origin::Live { previous: None };
                let memory = &mut cx.memory.inspector;
                let actions = inspector::inspector_ui(ui, memory, event, origin);
                cx.actions.extend(actions);
            });
    }
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(8, 6));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        narrowing_ui(ui, cx);
        let live = &cx.state.live;
        if live.view.is_empty(&live.log) {
            let (title, words) = empty_words(cx);
            empty_state(ui, title, &words);
        } else {
            table::table_ui(ui, cx);
        }
    });
}

/// What the table is narrowed to, with a way back for each.
fn narrowing_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    use crate::state::live::LiveAction;
    let live = &cx.state.live;
    let criteria = live.view.criteria().clone();
    if criteria.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let (done, kept) = live.view.progress(&live.log);
        let shown = super::status_bar::thousands(live.view.len(&live.log) as u64);
        let of = super::status_bar::thousands(kept);
        let text = if done < kept {
            format!(
                "{shown} match so far, {} of {of} searched",
                super::status_bar::thousands(done)
            )
        } else {
            format!("{shown} of {of} match")
        };
        small_label(ui, &text);
        if let Some(branch) = criteria.branch {
            let label = format!("Key {branch} ×");
            if ui
                .small_button(RichText::new(label))
                .on_hover_text("Show all keys")
                .clicked()
            {
                cx.act(Action::Live(LiveAction::Branch(None)));
            }
        }
        if let Some(id) = criteria.correlation_id {
            let label = format!("Conversation {id} ×");
            if ui
                .small_button(label)
                .on_hover_text("Show all conversations")
                .clicked()
            {
                cx.act(Action::Live(LiveAction::Conversation(None)));
            }
        }
    });
    ui.add_space(STEP / 2.0);
}

fn empty_words(cx: &Cx<'_>) -> (&'static str, String) {
    let live = &cx.state.live;
    if live.log.kept() > 0 {
        return (
            "Nothing matches",
            "Change or clear the filter above".to_owned(),
        );
    }
    match &live.tap {
        Some(tap) if tap.queue.is_some() => (
            "Waiting for events",
            format!(
                "Listening to {} with binding key {}. Events appear here as they are published",
                tap.exchange, tap.binding
            ),
        ),
        Some(_) => ("Starting the tap", "The broker has not answered yet".to_owned()),
        None => (
            "See what flows",
            "Choose an exchange and a binding key above, then start a tap. It is a temporary queue \
             of your own: consumers and publishers do not notice it"
                .to_owned(),
        ),
    }
}
