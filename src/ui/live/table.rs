//! The events, one a row, newest last. Only the visible rows are laid out.

use eframe::egui::{Align, FontId, Layout, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role};
use egui_extras::{Column as Track, TableBuilder, TableRow};

use super::super::theme::{self, Palette, ROW};
use super::super::widgets::cell;
use super::super::{Cx, TablePlace};
use super::columns::Column;
use super::row_menu::row_menu_ui;
use crate::domain::payload::size_text;
use crate::log::{Entry, Kept};
use crate::state::Action;
use crate::state::live::{Live, LiveAction, clock};

pub(super) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[Column]) {
    let live = &cx.state.live;
    let rows = live.view.len(&live.log);
    let mut signature = columns.len();
    for column in columns {
        signature = signature * 11 + *column as usize;
    }
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
        table = table.column(match column.width() {
            Some(width) => Track::initial(width).at_least(30.0).clip(true),
            None => Track::remainder().at_least(80.0).clip(true),
        });
    }
    if live.follow && rows > 0 {
        table = table.scroll_to_row(rows - 1, Some(Align::BOTTOM));
    } else if std::mem::take(&mut cx.memory.reveal)
        && let Some(row) = live
            .selection
            .lead()
            .and_then(|number| live.view.row(&live.log, number))
    {
        table = table.scroll_to_row(row, None);
    }
    if cx.memory.live_table.columns != signature {
        table = table.vertical_scroll_offset(cx.memory.live_table.offset);
    }
    let output = table
        .header(ROW, |mut header| {
            for column in columns {
                header.col(|ui| {
                    if let Some(action) = header_ui(ui, live, *column) {
                        cx.actions.push(Action::Live(action));
                    }
                });
            }
        })
        .body(|body| {
            body.rows(ROW, rows, |mut row| {
                let Some(number) = live.view.number(&live.log, row.index()) else {
                    return;
                };
                let selected = live.selection.contains(number);
                row.set_selected(selected);
                match live.log.get(number) {
                    Some(Entry::Event(event)) => {
                        event_row(&mut row, columns, live, event, selected);
                    }
                    Some(Entry::Gap { from, to }) => {
                        gap_row(&mut row, columns, &clock(from), &clock(to));
                        return;
                    }
                    None => {
                        evicted_row(&mut row, columns);
                        return;
                    }
                }
                let response = row.response();
                if response.clicked() {
                    let held = response.ctx.input(|input| input.modifiers);
                    let action = if held.shift {
                        LiveAction::Extend(number)
                    } else if held.command {
                        LiveAction::Toggle(number)
                    } else {
                        LiveAction::Select(number)
                    };
                    cx.actions.push(Action::Live(action));
                }
                if response.secondary_clicked() && !selected {
                    cx.actions.push(Action::Live(LiveAction::Select(number)));
                }
                response.context_menu(|ui| row_menu_ui(ui, live, number, cx.actions));
            });
        });
    cx.memory.live_table = TablePlace {
        columns: signature,
        offset: output.state.unclamped_offset().y,
    };
    // Scrolling up means reading: the newest must not pull the rows away.
    let up = ui.input(|input| input.smooth_scroll_delta().y > 0.0);
    if live.follow && up && ui.rect_contains_pointer(output.inner_rect) {
        cx.act(Action::Live(LiveAction::Follow(false)));
    }
}

/// A column's name; a click sorts by it.
fn header_ui(ui: &mut Ui, live: &Live, column: Column) -> Option<LiveAction> {
    let palette = Palette::of(ui);
    let by = column.sort();
    let order = live.view.order().filter(|order| Some(order.by) == by);
    let label = match order.map(|order| order.descending) {
        None => column.name().to_owned(),
        Some(false) => format!("{} ↑", column.name()),
        Some(true) => format!("{} ↓", column.name()),
    };
    let sense = if by.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.allocate_response(ui.available_size(), sense);
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
    let mut inside = ui.new_child(UiBuilder::new().max_rect(response.rect));
    cell(&mut inside, &label, font, color, column.is_right());
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &label));
    (response.clicked()).then_some(())?;
    by.map(LiveAction::Sort)
}

fn event_row(
    row: &mut TableRow<'_, '_>,
    columns: &[Column],
    live: &Live,
    event: Kept<'_>,
    selected: bool,
) {
    let shape = event.shape();
    let id = event.event_id().unwrap_or_default();
    let summary = event.summary();
    let index = row.index();
    for column in columns {
        row.col(|ui| {
            let palette = Palette::of(ui);
            let right = column.is_right();
            let mut put = |text: &str, color| cell(ui, text, theme::mono(), color, right);
            match column {
                Column::Time => put(&clock(event.received_at()), palette.weak),
                Column::Gap => put(&gap_text(live, index, event), palette.weak),
                Column::Exchange => put(&shape.exchange, palette.text),
                Column::Key => put(event.routing_key(), palette.key(event.routing_key())),
                Column::Type => put(
                    shape.event_type.as_deref().unwrap_or_default(),
                    palette.text,
                ),
                Column::Version => put(shape.version.as_deref().unwrap_or_default(), palette.text),
                Column::Id => put(&id, palette.weak),
                Column::Correlation => {
                    put(&event.correlation_id().unwrap_or_default(), palette.weak);
                }
                Column::Summary => put(&summary, palette.text),
                Column::Size => {
                    let size = size_text(event.body().len() as u64);
                    cell(ui, &size, theme::words(), palette.weak, true);
                }
            }
        });
    }
    row.response().widget_info(|| {
        let words = [event.routing_key(), &*id, &*summary];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        WidgetInfo::selected(Role::Row, true, selected, words.join(" "))
    });
}

/// Time since the event on the row above.
fn gap_text(live: &Live, row: usize, event: Kept<'_>) -> String {
    let above = row
        .checked_sub(1)
        .and_then(|row| live.view.number(&live.log, row))
        .and_then(|number| live.log.event(number));
    match above {
        Some(above) => format!("{:+} ms", event.received_ms() - above.received_ms()),
        None => String::new(),
    }
}

fn gap_row(row: &mut TableRow<'_, '_>, columns: &[Column], from: &str, to: &str) {
    let words = format!("Connection lost: nothing was seen until {to}");
    // In the column that has place for a sentence.
    let place = columns.iter().find(|column| column.width().is_none());
    let place = place.or(columns.last()).copied();
    for column in columns {
        row.col(|ui| {
            let color = Palette::of(ui).warn;
            if Some(*column) == place {
                cell(ui, &words, theme::words(), color, false);
            } else if *column == Column::Time {
                cell(ui, from, theme::mono(), color, false);
            }
        });
    }
    row.response()
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Gap {words}")));
}

/// A sorted picture can name events that were evicted since.
fn evicted_row(row: &mut TableRow<'_, '_>, columns: &[Column]) {
    for (place, _) in columns.iter().enumerate() {
        row.col(|ui| {
            if place == 0 {
                let color = Palette::of(ui).weak;
                cell(ui, "Evicted", theme::words(), color, false);
            }
        });
    }
    row.response()
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, "Evicted"));
}
