//! What stands above the rows: how many there are and why not more, each with a way out, and what can
//! be done with them.

use eframe::egui::{Checkbox, Frame, Margin, RichText, Stroke, Ui};

use super::bookmarks::bookmarks_ui;
use super::columns;
use super::{MANY, row_menu};
use crate::state::Action;
use crate::state::live::LiveAction;
use crate::state::live::setup::{Column, ListSetup, Times};
use crate::text::numbers::{count_of, thousands};
use crate::text::payload::shorten;
use crate::ui::Cx;
use crate::ui::parts::export_dialog;
use crate::ui::parts::theme::{Palette, STEP};
use crate::ui::parts::widgets::{button, small_label};

/// New shapes that are listed, the newest ones.
const MOST_SHAPES: usize = 20;

pub(crate) fn list_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[Column]) {
    paused_ui(ui, cx);
    ui.horizontal_wrapped(|ui| {
        matches_ui(ui, cx);
        chips_ui(ui, cx);
        undo_ui(ui, cx);
        selected_ui(ui, cx);
        columns::menu_ui(ui, cx, columns);
        view_menu_ui(ui, cx);
        bookmarks_ui(ui, cx);
        let has_events = cx.state.live.log.kept() > 0;
        export_dialog::button_ui(ui, cx, has_events);
        new_shapes_ui(ui, cx);
    });
    ui.add_space(STEP / 2.0);
}

/// While paused: that it is, how much is held back, and the way on.
fn paused_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    if !live.view.is_frozen() {
        return;
    }
    let held = live.view.held_back(&live.log) as u64;
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.warn.gamma_multiply(0.14))
        .stroke(Stroke::new(1.0, palette.warn.gamma_multiply(0.5)))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(10, 3))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(RichText::new(format!("Paused · {} new", thousands(held))).strong());
                if button(ui, "Resume", true)
                    .on_hover_text("Show what came meanwhile, and go on (Space)")
                    .clicked()
                {
                    cx.act(Action::Live(LiveAction::Resume));
                }
            });
        });
    ui.add_space(STEP / 2.0);
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
    small_label(ui, &format!("{shown} of {kept} events"));
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

/// For a while after a clear.
fn undo_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let cleared = cx.state.live.cleared();
    if cleared == 0 {
        return;
    }
    small_label(ui, &format!("{} cleared", count_of(cleared, "event")));
    if button(ui, "Undo clear", true)
        .on_hover_text("Possible for a minute, and until their memory is needed")
        .clicked()
    {
        cx.act(Action::Live(LiveAction::UndoClear));
    }
}

/// What can be done with the selected rows.
fn selected_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let selection = &cx.state.live.selection;
    let selected = selection.numbers().len();
    let copy = match selected {
        0 | 1 => "Copy".to_owned(),
        count => format!("Copy {count}"),
    };
    ui.add_enabled_ui(selected > 0, |ui| {
        ui.menu_button(copy, |ui| row_menu::copy_menu_ui(ui, cx.state));
    });
    if selection.two().is_some()
        && button(ui, "Compare 2", true)
            .on_hover_text("Show what differs between the two selected events")
            .clicked()
    {
        cx.memory.inspector.compare();
        cx.act(Action::Live(LiveAction::Inspect(true)));
    }
}

/// How the rows are written.
fn view_menu_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let setup = &cx.state.live.setup;
    let overlap = cx.state.taps.are_several() || cx.state.live.variety.traced;
    let mut wanted = None;
    ui.menu_button("View", |ui| {
        small_label(ui, "Times in the list");
        for times in Times::ALL {
            if ui.radio(setup.times == times, times.name()).clicked() {
                let setup = setup.clone();
                wanted = Some(ListSetup { times, ..setup });
                ui.close();
            }
        }
        ui.separator();
        let mut merged = setup.merged;
        let may = overlap || merged;
        let check = Checkbox::new(&mut merged, "Merge copies of a message");
        let check = ui
            .add_enabled(may, check)
            .on_hover_text("Show a message that came by several taps or by the firehose once")
            .on_disabled_hover_text("There is only one tap, so nothing comes twice");
        if check.changed() {
            let setup = setup.clone();
            wanted = Some(ListSetup { merged, ..setup });
            ui.close();
        }
    });
    if let Some(setup) = wanted {
        cx.act(Action::Live(LiveAction::SetUp(setup)));
    }
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
