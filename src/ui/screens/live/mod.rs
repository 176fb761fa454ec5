//! The live stream: the tap bar, the tree of keys, the table, and the inspector.

mod bookmarks;
mod columns;
mod filter_bar;
mod inspector_pane;
mod list_bar;
pub mod plot;
mod reading_place;
mod row_menu;
mod rows;
mod scrub;
mod table;
mod tap_bar;
mod tap_card;
mod tap_list;
mod tree;

use eframe::egui::{CentralPanel, Frame, Margin, Panel, Ui};

use self::columns::Worth;
use self::inspector_pane::PanePlace;
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::tap_card::TapAction;
use crate::state::live::taps::Phase;
use crate::ui::Cx;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, empty_state};

pub use inspector_pane::InspectorPane;
pub use reading_place::ReadingPlace;

/// Fewer entries that are not searched yet are not worth a word: it would only flicker, because
/// what has just come is searched in the next frame.
const MANY: u64 = 20_000;
/// The tree of keys is shown from this width on.
const WITH_TREE: f32 = 560.0;

/// Draws the screen.
pub fn live_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    let side = Frame::new()
        .fill(palette.panel)
        .inner_margin(Margin::symmetric(10, 8));
    inspector_pane::keys(ui, cx);
    let place = inspector_pane::place(cx, ui.available_size());
    // In a small window the event has the whole screen until it is closed.
    if place == Some(PanePlace::Over) {
        CentralPanel::default()
            .frame(side)
            .show(ui, |ui| inspector_pane::pane_ui(ui, cx));
        return inspector_pane::note_focus(ui, cx);
    }
    tap_bar::tap_bar_ui(ui, cx);
    scrub::scrub_ui(ui, cx);
    let room = ui.available_size();
    if room.x > WITH_TREE {
        Panel::left("keys")
            .default_size((room.x * 0.22).clamp(180.0, 320.0))
            .size_range(170.0..=(room.x * 0.34).max(180.0))
            .frame(side)
            .show(ui, |ui| {
                cx.memory.regions.panel(ui, 1);
                tree::tree_ui(ui, cx);
            });
    }
    match place {
        Some(PanePlace::Right) => {
            Panel::right("inspector")
                .default_size((room.x * 0.34).clamp(300.0, 560.0))
                .size_range(260.0..=room.x * 0.55)
                .frame(side)
                .show(ui, |ui| inspector_pane::pane_ui(ui, cx));
        }
        Some(PanePlace::Below) => {
            Panel::bottom("inspector_below")
                .default_size(room.y * 0.5)
                .size_range(160.0..=room.y * 0.7)
                .frame(side)
                .show(ui, |ui| inspector_pane::pane_ui(ui, cx));
        }
        Some(PanePlace::Over) | None => {}
    }
    plot_panel_ui(ui, cx, side);
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(8, 6));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        cx.memory.regions.panel(ui, 3);
        list_ui(ui, cx);
    });
    inspector_pane::note_focus(ui, cx);
}

fn plot_panel_ui(ui: &mut Ui, cx: &mut Cx<'_>, side: Frame) {
    let Some(series) = &cx.state.live.plot else {
        return;
    };
    let title = format!("{} of {}", series.path, series.key);
    let state = if series.unsearched(&cx.state.live.log) > MANY {
        "Looking through what is kept"
    } else {
        ""
    };
    Panel::bottom("plot").frame(side).show(ui, |ui| {
        if plot::plot_ui(ui, &title, series.points(), state) {
            cx.actions.push(Action::Live(LiveAction::ClosePlot));
        }
    });
}

/// The rows, and what stands above them.
fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let worth = Worth {
        width: ui.available_width(),
        conversation: live.view.criteria().correlation_id.is_some(),
        schemas: !live.judging.catalog().types.is_empty(),
        several_taps: cx.state.taps.are_several(),
        variety: &live.variety,
    };
    let columns = columns::shown(&live.setup, worth);
    cx.memory.inspector_pane.columns.clone_from(&columns);
    list_bar::list_bar_ui(ui, cx, &columns);
    if !live.view.is_empty(&live.log) {
        table::table_ui(ui, cx, &columns);
    } else if live.log.kept() > 0 {
        nothing_matches_ui(ui, cx);
    } else {
        let (title, words) = empty_words(cx);
        empty_state(ui, title, &words);
    }
}

/// Nothing is left of what is kept: the way back is one click.
fn nothing_matches_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    if live.view.is_changing(&live.log) {
        return empty_state(ui, "Searching", "No event matches so far");
    }
    if !live.view.is_narrowed() {
        let words = "Events that came since are held back by the pause";
        return empty_state(ui, "Paused", words);
    }
    let words = "The filter above, or what was chosen by a click, leaves nothing";
    empty_state(ui, "No event matches", words);
    ui.add_space(STEP * 2.0);
    ui.vertical_centered(|ui| {
        if button(ui, "Show all events", true).clicked() {
            for action in [
                LiveAction::SetFilter(String::new()),
                LiveAction::Branch(None),
                LiveAction::UnmuteAll,
                LiveAction::Conversation(None),
            ] {
                cx.act(Action::Live(action));
            }
            let hidden = cx.state.taps.list().iter().filter(|tap| !tap.shown);
            for tap in hidden.map(|tap| tap.id).collect::<Vec<_>>() {
                cx.act(Action::Tap(TapAction::Show(tap, true)));
            }
        }
    });
}

fn empty_words(cx: &Cx<'_>) -> (&'static str, String) {
    let taps = cx.state.taps.list();
    let on = |phase: &Phase| taps.iter().filter(|tap| tap.phase == *phase).count();
    if on(&Phase::Running) > 0 {
        let words = by_source::front_words(cx.state);
        let names: Vec<String> = taps
            .iter()
            .filter(|tap| tap.phase == Phase::Running)
            .map(|tap| match tap.keys() {
                keys if keys.is_empty() => tap.name().to_owned(),
                keys => format!(
                    "{} with {} {keys}",
                    tap.name(),
                    words.keys.unwrap_or_default().to_lowercase()
                ),
            })
            .collect();
        let words = format!(
            "Listening to {}. Events appear here as they are published",
            names.join("; ")
        );
        ("Waiting for events", words)
    } else if on(&Phase::Starting) > 0 {
        (
            "Starting the tap",
            "The broker has not answered yet".to_owned(),
        )
    } else {
        (
            "See what flows",
            by_source::front_words(cx.state).first_tap.to_owned(),
        )
    }
}
