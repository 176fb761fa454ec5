//! The events, one a row, newest last. Only the visible rows are laid out.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use eframe::egui::{
    Align, Button, FontId, Layout, Rangef, Rect, Response, RichText, ScrollArea, Sense, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};
use egui_extras::{Column as Track, TableBuilder};

use super::columns;
use super::rows::TableRows;
use crate::state::Action;
use crate::state::live::setup::{Column, ListSetup};
use crate::state::live::{Live, LiveAction};
use crate::ui::Cx;
use crate::ui::frame::status_bar::thousands;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, ROW, STEP};
use crate::ui::parts::widgets::cell;

/// Least width of the column that takes what is left.
const LEAST: f32 = 100.0;

pub(crate) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[Column]) {
    // Columns that the person chose may need more room than there is.
    ScrollArea::horizontal()
        .id_salt("events across")
        .auto_shrink([false, false])
        .show(ui, |ui| table_of_events_ui(ui, cx, columns));
    newer_ui(ui, cx);
}

/// Other columns make it another table, with widths of its own.
fn signature(setup: &ListSetup, columns: &[Column], tenths: u8) -> usize {
    let mut hasher = DefaultHasher::new();
    tenths.hash(&mut hasher);
    setup.times.name().hash(&mut hasher);
    for column in columns {
        column.written().hash(&mut hasher);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it only tells tables apart"
    )]
    let signature = hasher.finish() as usize;
    signature
}

#[expect(
    clippy::too_many_lines,
    reason = "one table: its columns, its rows, its scrolling"
)]
fn table_of_events_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[Column]) {
    let live = &cx.state.live;
    let place = &mut cx.memory.live_table;
    let row_count = place.rows(ui, live);
    let tenths = columns::tenths(columns, ui.available_width(), live.setup.times);
    let signature = signature(&live.setup, columns, tenths);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(("events", signature))
        .sense(Sense::click())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .stick_to_bottom(live.follow)
        .animate_scrolling(false);
    for column in columns {
        table = table.column(match columns::width(column, live.setup.times) {
            Some(width) if columns::shrinks(column) => {
                Track::initial(width * f32::from(tenths) / 10.0)
                    .at_least(30.0)
                    .clip(true)
            }
            Some(width) => Track::initial(width).at_least(30.0).clip(true),
            None => Track::remainder().at_least(LEAST).clip(true),
        });
    }
    let moved = place.moved(live);
    let target = if live.follow {
        row_count
            .checked_sub(1)
            .map(|last| (last, Some(Align::BOTTOM)))
    } else if std::mem::take(&mut cx.memory.reveal) {
        let lead = live.selection.lead();
        let row = lead.and_then(|lead| live.view.row(&live.log, lead));
        row.map(|row| (row, None))
    } else {
        moved.map(|row| (row, Some(Align::Center)))
    };
    if place.table.columns != signature {
        table = table.vertical_scroll_offset(place.table.offset);
    }
    let mut at_end = false;
    let output = table
        .header(ROW, |mut header| {
            let words = by_source::words(cx.state);
            for column in columns {
                header.col(|ui| {
                    if let Some(action) = header_ui(ui, live, column, words) {
                        cx.actions.push(Action::Live(action));
                    }
                });
            }
        })
        .body(|mut body| {
            let widths = body.widths().to_vec();
            let ui = body.ui_mut();
            let tracks = tracks(ui, &widths);
            let (top, wide) = (ui.max_rect().top(), ui.max_rect().x_range());
            let rows = TableRows {
                state: cx.state,
                columns,
                tracks: &tracks,
                palette: Palette::of(ui),
                dots: cx.state.taps.are_several(),
                now: chrono::Utc::now(),
            };
            #[expect(clippy::cast_precision_loss, reason = "egui places everything by f32")]
            let placed = |row: usize| {
                let y = top + row as f32 * ROW;
                Rect::from_x_y_ranges(wide, y..=y + ROW)
            };
            let all = placed(0).union(placed(row_count.max(1) - 1));
            let seen = ui.clip_rect().y_range();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a row's number is small and not negative"
            )]
            let at = |y: f32| ((y - top) / ROW).max(0.0) as usize;
            for row in at(seen.min)..(at(seen.max) + 1).min(row_count) {
                rows.show(ui, row, placed(row), place, cx.actions);
            }
            at_end = all.bottom() <= seen.max + ROW / 2.0;
            if let Some((row, align)) = target {
                ui.scroll_to_rect(placed(row), align);
            }
            ui.advance_cursor_after_rect(all);
        });
    place.table.columns = signature;
    place.table.offset = output.state.unclamped_offset().y;
    place.area = output.inner_rect;
    place.drawn(live, row_count, at_end || live.follow);
    // Scrolling up means reading: the newest must not pull the rows away.
    let scrolled = ui.input(|input| input.smooth_scroll_delta().y);
    if scrolled != 0.0 && ui.rect_contains_pointer(output.inner_rect) {
        place.scrolled();
        if live.follow && scrolled > 0.0 {
            cx.act(Action::Live(LiveAction::Follow(false)));
        }
    }
}

/// How many rows came below what is in sight, and the way to them.
fn newer_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let place = &cx.memory.live_table;
    let newer = live.view.newer(&live.log, place.seen_to);
    // While it is paused the bar above says what is new.
    if newer == 0 || live.view.order().is_some() || live.view.is_frozen() {
        return;
    }
    // The typeface for words has no arrows.
    let text = RichText::new(format!("{} new ↓", thousands(newer as u64)))
        .font(theme::mono())
        .color(Palette::of(ui).on_accent);
    let size = vec2(120.0, 24.0);
    let center = pos2(
        place.area.center().x,
        place.area.bottom() - size.y / 2.0 - STEP * 2.0,
    );
    let pill = Button::new(text)
        .fill(Palette::of(ui).accent)
        .corner_radius(12);
    let response = ui
        .put(Rect::from_center_size(center, size), pill)
        .on_hover_text("Go to the newest and follow (End)");
    if response.clicked() {
        cx.act(Action::Live(LiveAction::Follow(true)));
    }
}

/// A column's name; a click sorts by it.
fn header_ui(
    ui: &mut Ui,
    live: &Live,
    column: &Column,
    words: &'static StoreWords,
) -> Option<LiveAction> {
    let palette = Palette::of(ui);
    let by = columns::sort(column);
    let order = live.view.order().filter(|order| Some(order.by) == by);
    let name = columns::name(column, words);
    let label = match order.map(|order| order.descending) {
        None => name.to_owned(),
        Some(false) => format!("{name} ↑"),
        Some(true) => format!("{name} ↓"),
    };
    let sense = if by.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response: Response = ui.allocate_response(ui.available_size(), sense);
    let color = if order.is_some() || response.hovered() && by.is_some() {
        palette.text
    } else {
        palette.weak
    };
    // The typeface for words has no arrows.
    let font = match order {
        Some(_) => FontId::monospace(theme::SIZES[0]),
        None => FontId::proportional(theme::SIZES[0]),
    };
    let right = columns::is_right(column);
    cell(ui, response.rect, &label, font, color, right);
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &label));
    (response.clicked()).then_some(())?;
    by.map(LiveAction::Sort)
}

/// The place of each column from left to right.
fn tracks(ui: &Ui, widths: &[f32]) -> Vec<Rangef> {
    let spacing = ui.spacing().item_spacing.x;
    let mut left = ui.max_rect().left();
    let mut tracks = Vec::with_capacity(widths.len());
    for width in widths {
        tracks.push(Rangef::new(left, left + width));
        left += width + spacing;
    }
    tracks
}
