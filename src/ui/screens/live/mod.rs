//! The live stream: the tap bar, the tree of keys, the table, and the inspector.

mod columns;
mod filter_bar;
pub mod plot;
mod row_menu;
mod table;
mod tap_bar;
mod tap_card;
mod tap_list;
mod tree;

use eframe::egui::{CentralPanel, Frame, Label, Margin, Panel, RichText, Ui};

use crate::state::live::LiveAction;
use crate::state::live::taps::Phase;
use crate::state::{Action, State};
use crate::text::numbers::count_of;
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source;
use crate::ui::parts::inspector;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, empty_state, small_label, weak};

pub use columns::Columns;

/// Fewer entries that are not searched yet are not worth a word: it would only flicker, because
/// what has just come is searched in the next frame.
const MANY: u64 = 20_000;
/// New shapes that are listed, the newest ones.
const MOST_SHAPES: usize = 20;

/// Whose event is shown, once there are several sources.
fn source_ui(ui: &mut Ui, state: &State) {
    let live = &state.live;
    let event = live.selection.lead().and_then(|lead| live.log.event(lead));
    let name = event.and_then(|event| by_source::name_beside_others(state, event.tap().source));
    if let Some(name) = name {
        weak(ui, format!("From {name}"));
    }
}

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
            .default_size((wide * 0.22).clamp(190.0, 300.0))
            .size_range(140.0..=420.0)
            .frame(side)
            .show(ui, |ui| tree::tree_ui(ui, cx));
    }
    if let Some(event) = cx.state.live.selection.event() {
        Panel::right("inspector")
            .default_size((wide * 0.34).clamp(300.0, 560.0))
            .size_range(260.0..=wide * 0.6)
            .frame(side)
            .show(ui, |ui| {
                let previous = cx.state.live.selection.previous();
                source_ui(ui, cx.state);
                let origin = inspector::Origin::Live { previous };
                new_shape_ui(ui, cx.state);
                let memory = &mut cx.memory.inspector;
                let actions = inspector::inspector_ui(ui, memory, event, origin);
                cx.actions.extend(actions);
            });
    }
    if let Some(series) = &cx.state.live.plot {
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
    let frame = Frame::new()
        .fill(palette.base)
        .inner_margin(Margin::symmetric(8, 6));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let conversation = cx.state.live.view.criteria().correlation_id.is_some();
        let width = ui.available_width();
        let schemas = !cx.state.live.judging.catalog().types.is_empty();
        let columns = cx.memory.columns.shown(width, conversation, schemas);
        reading_ui(ui, cx, &columns);
        let live = &cx.state.live;
        if live.view.is_empty(&live.log) {
            let (title, words) = empty_words(cx);
            empty_state(ui, title, &words);
        } else {
            table::table_ui(ui, cx, &columns);
        }
    });
}

/// What is shown of what is kept, and what can be done with it.
fn reading_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[columns::Column]) {
    ui.horizontal_wrapped(|ui| {
        matches_ui(ui, cx);
        chips_ui(ui, cx);
        let selected = cx.state.live.selection.numbers().len();
        let copy = match selected {
            0 | 1 => "Copy".to_owned(),
            count => format!("Copy {count}"),
        };
        ui.add_enabled_ui(selected > 0, |ui| {
            ui.menu_button(copy, |ui| row_menu::copy_menu_ui(ui, cx.state));
        });
        let words = by_source::words(cx.state);
        cx.memory.columns.menu_ui(ui, columns, words);
        new_shapes_ui(ui, cx);
    });
    ui.add_space(STEP / 2.0);
}

/// What is new about the event that is selected.
fn new_shape_ui(ui: &mut Ui, state: &State) {
    let lead = state.live.selection.lead();
    let Some(shape) = lead.and_then(|lead| state.live.judging.new_shape(lead)) else {
        return;
    };
    let from = match shape.publisher.as_str() {
        "" => String::new(),
        publisher => format!(" from {publisher}"),
    };
    let words = format!(
        "New shape on {}{from}: {}",
        shorten(&shape.key, 60),
        shape.words
    );
    let color = Palette::of(ui).accent;
    ui.add(Label::new(RichText::new(words).color(color)).wrap());
}

/// Events of a shape that was not seen before on their key, to go to.
fn new_shapes_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let shapes = cx.state.live.judging.new_shapes();
    let label = match shapes.len() {
        0 => return,
        1 => "1 new shape".to_owned(),
        count => format!("{count} new shapes"),
    };
    let menu = ui.menu_button(label, |ui| {
        for shape in shapes.iter().rev().take(MOST_SHAPES) {
            let words = format!("{}: {}", shorten(&shape.key, 40), shorten(&shape.words, 80));
            if ui.button(words).clicked() {
                cx.actions
                    .push(Action::Live(LiveAction::Select(shape.number)));
                cx.memory.reveal = true;
                ui.close();
            }
        }
    });
    menu.response
        .on_hover_text("Events with a field that is new, missing or of another kind on their key");
}

fn matches_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let kept = thousands(live.counters.kept);
    // In a flood the rows may be a moment behind the count.
    let shown = if live.view.is_narrowed() || live.view.is_frozen() {
        thousands(live.view.len(&live.log) as u64)
    } else {
        kept.clone()
    };
    small_label(ui, &format!("matches {shown} of {kept}"));
    let not_read = live.view.not_read() as u64;
    if not_read > 0 {
        let words = format!("{} not looked into", count_of(not_read, "payload"));
        small_label(ui, &words).on_hover_text(
            "Compressed or packed payloads that are broken or very large when unpacked: they may \
             match, too",
        );
    }
    let unsearched = live.view.unsearched(&live.log);
    if unsearched == 0 {
        return;
    }
    let left = thousands(unsearched);
    if live.view.was_stopped() {
        small_label(ui, &format!("search stopped, {left} not searched"));
    } else if unsearched > MANY {
        small_label(ui, &format!("{left} to search"));
        if button(ui, "Stop search", true).clicked() {
            cx.act(Action::Live(LiveAction::StopSearch));
        }
    }
}

/// Everything that narrows or orders the rows, each with a way out.
fn chips_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let view = &cx.state.live.view;
    let criteria = view.criteria();
    let mut chips = Vec::new();
    if let Some(branch) = &criteria.scope.branch {
        let label = format!("Key {branch} ×");
        chips.push((label, "Show all keys", LiveAction::Branch(None)));
    }
    let muted = &criteria.scope.muted;
    if let Some(first) = muted.first() {
        let label = match muted.len() {
            1 => format!("Hidden {first} ×"),
            count => format!("Hidden {count} branches ×"),
        };
        chips.push((label, "Show them again", LiveAction::UnmuteAll));
    }
    if let Some(id) = &criteria.correlation_id {
        let label = format!("Conversation {} ×", shorten(id, 13));
        let action = LiveAction::Conversation(None);
        chips.push((label, "Show all conversations", action));
    }
    if view.order().is_some() {
        let words = "Rows that came after sorting are not among them";
        chips.push(("Sorted ×".to_owned(), words, LiveAction::Unsort));
    }
    for (label, words, action) in chips {
        if button(ui, &label, true).on_hover_text(words).clicked() {
            cx.act(Action::Live(action));
        }
    }
}

fn empty_words(cx: &Cx<'_>) -> (&'static str, String) {
    let live = &cx.state.live;
    if live.log.kept() > 0 {
        return (
            "Nothing matches",
            "Change or clear the filter above".to_owned(),
        );
    }
    let taps = cx.state.taps.list();
    let on = |phase: &Phase| taps.iter().filter(|tap| tap.phase == *phase).count();
    if on(&Phase::Running) > 0 {
        let words = by_source::front_words(cx.state);
        let names: Vec<String> = taps
            .iter()
            .filter(|tap| tap.phase == Phase::Running)
            .map(|tap| match tap.keys() {
                keys if keys.is_empty() => tap.name().to_owned(),
                keys => format!("{} with {} {keys}", tap.name(), words.keys.to_lowercase()),
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
