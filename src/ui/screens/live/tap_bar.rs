//! What to listen to, and how to read it: tap, pause, clear, follow.

use eframe::egui::{Frame, Margin, Panel, Ui};

use super::{tap_card, tap_list};
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::tap_card::TapAction;
use crate::ui::Cx;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{button, inline_choice_field, primary_button};

pub(crate) fn tap_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let frame = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(12, 7));
    Panel::top("tap_bar").frame(frame).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            tap_ui(ui, cx);
            ui.add_space(8.0);
            reading_ui(ui, cx);
        });
        tap_list::tap_list_ui(ui, cx);
        tap_card::tap_card_ui(ui, cx);
        super::filter_bar::filter_bar_ui(ui, cx);
    });
}

fn tap_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let topology = &cx.state.front.topology;
    let form = &mut cx.forms.tap;
    inline_choice_field(ui, "Exchange", &mut form.destination, 150.0, || {
        let named = topology
            .exchanges
            .iter()
            .filter(|exchange| !exchange.name.is_empty());
        named.map(|exchange| exchange.name.as_str()).collect()
    });
    let exchange = form.destination.clone();
    inline_choice_field(ui, "Binding key", &mut form.binding_key, 130.0, || {
        let bound = topology
            .bindings
            .iter()
            .filter(|binding| binding.source == exchange);
        let mut keys: Vec<&str> = bound.map(|binding| binding.key.as_str()).collect();
        keys.push("#");
        keys.sort_unstable();
        keys.dedup();
        keys
    })
    .on_hover_text("Several are parted by commas");
    if primary_button(ui, "Start tap", cx.state.is_connected())
        .on_hover_text("Receive a copy of what this exchange routes")
        .clicked()
    {
        cx.act(Action::Tap(TapAction::Start));
    }
    let may = cx.state.is_connected() && !cx.state.taps.has_firehose(cx.state.front.id);
    if button(ui, "Firehose…", may)
        .on_hover_text("See everything that is published in this virtual host")
        .clicked()
    {
        cx.act(Action::Tap(TapAction::AskFirehose));
    }
}

fn reading_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    if live.view.is_frozen() {
        if button(ui, "Resume", true).clicked() {
            cx.act(Action::Live(LiveAction::Resume));
        }
    } else if button(ui, "Pause", true)
        .on_hover_text("Hold new rows back; receiving goes on (Space)")
        .clicked()
    {
        cx.act(Action::Live(LiveAction::Pause));
    }
    if button(ui, "Clear", true)
        .on_hover_text("Throw the kept events away")
        .clicked()
    {
        cx.act(Action::Live(LiveAction::Clear));
    }
    let mut follow = live.follow;
    if ui
        .checkbox(&mut follow, "Follow")
        .on_hover_text("Keep the newest row in sight (End)")
        .changed()
    {
        cx.act(Action::Live(LiveAction::Follow(follow)));
    }
}
