//! What to listen to, and how to read it: tap, pause, clear, follow.

use eframe::egui::{ComboBox, Frame, Margin, Panel, Ui};

use super::{tap_card, tap_list};
use crate::event::start_from::StartChoice;
use crate::state::Action;
use crate::state::forms::TapForm;
use crate::state::live::LiveAction;
use crate::state::live::tap_card::TapAction;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::Palette;
use crate::ui::parts::widgets::{button, inline_choice_field, primary_button, weak};

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
    let words = by_source::front_words(cx.state);
    let picture = &cx.state.front.picture;
    let form = &mut cx.forms.tap;
    let label = words.watched;
    inline_choice_field(ui, label, &mut form.destination, 150.0, || {
        picture.named_destinations()
    })
    .on_hover_text(words.about_watched);
    let destination = form.destination.clone();
    if let Some(label) = words.keys {
        inline_choice_field(ui, label, &mut form.binding_key, 130.0, || {
            let mut keys = picture.keys_of(&destination);
            keys.push("#");
            keys.sort_unstable();
            keys.dedup();
            keys
        })
        .on_hover_text("Separate several with commas");
    }
    if cx.state.front.is_read_from_a_place() {
        start_ui(ui, form);
    }
    let why_not = by_source::no_watching(cx.state);
    let may = cx.state.is_connected() && why_not.is_none();
    if primary_button(ui, "Start tap", may)
        .on_hover_text("Receive a copy of what is published there")
        .clicked()
    {
        cx.act(Action::Tap(TapAction::Start));
    }
    if let Some(words) = why_not {
        weak(ui, words);
    }
    let Some(about) = words.trace else {
        return;
    };
    let may = cx.state.is_connected() && !cx.state.taps.has_firehose(cx.state.front.id);
    if button(ui, "Firehose…", may).on_hover_text(about).clicked() {
        cx.act(Action::Tap(TapAction::AskFirehose));
    }
}

/// Where a store that keeps its past is read from.
fn start_ui(ui: &mut Ui, form: &mut TapForm) {
    let name = weak(ui, "Start from");
    let combo = ComboBox::from_id_salt("start_from")
        .selected_text(form.start.name())
        .show_ui(ui, |ui| {
            for kind in StartChoice::ALL {
                if ui
                    .selectable_value(&mut form.start, kind, kind.name())
                    .clicked()
                {
                    ui.close();
                }
            }
        });
    let response = combo.response.labelled_by(name.id);
    let chosen = form.start.name();
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(chosen));
    if let Some(label) = form.start.amount() {
        let about = match form.start {
            StartChoice::Time => "A date such as 2026-01-31T12:00:00Z, or a time ago: 15m, 2h, 3d",
            _ => "A number",
        };
        inline_choice_field(ui, label, &mut form.amount, 130.0, Vec::new).on_hover_text(about);
    }
    ui.checkbox(&mut form.committed_only, "Committed only")
        .on_hover_text(
            "Leave out what belongs to a transaction that is open or was given up (read_committed). \
             Without it all is shown, and what was given up cannot be told apart",
        );
}

fn reading_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    // While it is paused, the bar above the rows says so and leads on.
    if button(ui, "Pause", !live.view.is_frozen())
        .on_hover_text("Hold new rows back; receiving goes on (Space)")
        .clicked()
    {
        cx.act(Action::Live(LiveAction::Pause));
    }
    if button(ui, "Clear", true)
        .on_hover_text("Throw the kept events away. For a minute that can be undone")
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
