//! The events, one a row, newest last. Only the visible rows are laid out.

use eframe::egui::{Align, Layout, Sense, Ui, WidgetInfo, accesskit::Role};
use egui_extras::{Column, TableBuilder, TableRow};

use super::super::theme::{self, Palette, ROW};
use super::super::widgets::{cell, small_label};
use super::super::{Cx, TablePlace};
use crate::domain::Event;
use crate::domain::payload::size_text;
use crate::state::Action;
use crate::state::live::{LiveAction, clock};
use crate::state::log::Entry;

/// A column of the table.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Time,
    Exchange,
    Key,
    Type,
    Version,
    Id,
    Size,
    Summary,
}

impl Cell {
    fn name(self) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::Exchange => "Exchange",
            Self::Key => "Routing key",
            Self::Type => "Type",
            Self::Version => "Version",
            Self::Id => "Id",
            Self::Size => "Size",
            Self::Summary => "Summary",
        }
    }

    /// Width in points before the person changes it; the summary takes what is left.
    fn width(self) -> Option<f32> {
        Some(match self {
            Self::Time => 92.0,
            Self::Exchange => 96.0,
            Self::Key => 150.0,
            Self::Type => 120.0,
            Self::Version => 52.0,
            Self::Id => 90.0,
            Self::Size => 60.0,
            Self::Summary => return None,
        })
    }
}

/// The columns that leave room for the summary: what repeats on every row goes first.
fn columns(width: f32) -> &'static [Cell] {
    use Cell::{Exchange, Id, Key, Size, Summary, Time, Type, Version};
    if width > 860.0 {
        &[Time, Exchange, Key, Type, Version, Id, Size, Summary]
    } else if width > 640.0 {
        &[Time, Key, Version, Id, Size, Summary]
    } else {
        &[Time, Key, Version, Summary]
    }
}

pub(super) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let rows = live.view.len(&live.log);
    let cells = columns(ui.available_width());
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(("events", cells.len()))
        .sense(Sense::click())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .stick_to_bottom(live.follow)
        .animate_scrolling(false);
    for cell in cells {
        table = table.column(match cell.width() {
            Some(width) => Column::initial(width).at_least(30.0).clip(true),
            None => Column::remainder().at_least(80.0).clip(true),
        });
    }
    if live.follow && rows > 0 {
        table = table.scroll_to_row(rows - 1, Some(Align::BOTTOM));
    } else if std::mem::take(&mut cx.memory.reveal)
        && let Some(row) = live
            .selected
            .and_then(|number| live.view.row(&live.log, number))
    {
        table = table.scroll_to_row(row, None);
    }
    if cx.memory.live_table.columns != cells.len() {
        table = table.vertical_scroll_offset(cx.memory.live_table.offset);
    }
    let output = table
        .header(ROW, |mut header| {
            for cell in cells {
                header.col(|ui| {
                    small_label(ui, cell.name());
                });
            }
        })
        .body(|body| {
            body.rows(ROW, rows, |mut row| {
                let Some(number) = live.view.number(&live.log, row.index()) else {
                    return;
                };
                let selected = live.selected == Some(number);
                row.set_selected(selected);
                match live.log.get(number) {
                    Some(Entry::Event(event)) => event_row(&mut row, cells, event, selected),
                    Some(Entry::Gap { from, to }) => {
                        gap_row(&mut row, cells, &clock(*from), &clock(*to));
                    }
                    None => return,
                }
                if row.response().clicked() {
                    cx.actions.push(Action::Live(LiveAction::Select(number)));
                }
            });
        });
    cx.memory.live_table = TablePlace {
        columns: cells.len(),
        offset: output.state.unclamped_offset().y,
    };
    // Scrolling up means reading: the newest must not pull the rows away.
    let up = ui.input(|input| input.smooth_scroll_delta().y > 0.0);
    if live.follow && up && ui.rect_contains_pointer(output.inner_rect) {
        cx.act(Action::Live(LiveAction::Follow(false)));
    }
}

fn event_row(row: &mut TableRow<'_, '_>, cells: &[Cell], event: &Event, selected: bool) {
    let facts = &event.envelope;
    for which in cells {
        row.col(|ui| {
            let palette = Palette::of(ui);
            let mut put = |text: &str, color| cell(ui, text, theme::mono(), color, false);
            match which {
                Cell::Time => put(&clock(event.received_at), palette.weak),
                Cell::Exchange => put(&event.exchange, palette.text),
                Cell::Key => put(&event.routing_key, palette.key(&event.routing_key)),
                Cell::Type => put(
                    facts.event_type.as_deref().unwrap_or_default(),
                    palette.text,
                ),
                Cell::Id => put(facts.event_id.as_deref().unwrap_or_default(), palette.weak),
                Cell::Summary => put(&event.summary(), palette.text),
                Cell::Version => {
                    let version = facts.version.as_deref().unwrap_or_default();
                    cell(ui, version, theme::mono(), palette.text, true);
                }
                Cell::Size => {
                    let size = size_text(event.body.len() as u64);
                    cell(ui, &size, theme::words(), palette.weak, true);
                }
            }
        });
    }
    row.response().widget_info(|| {
        let id = facts.event_id.as_deref().unwrap_or_default();
        let name = format!("{} {id} {}", event.routing_key, event.summary());
        WidgetInfo::selected(Role::Row, true, selected, name)
    });
}

fn gap_row(row: &mut TableRow<'_, '_>, cells: &[Cell], from: &str, to: &str) {
    let words = format!("Connection lost: nothing was seen until {to}");
    for which in cells {
        row.col(|ui| {
            let color = Palette::of(ui).warn;
            match which {
                Cell::Time => cell(ui, from, theme::mono(), color, false),
                Cell::Summary => cell(ui, &words, theme::words(), color, false),
                _ => {}
            }
        });
    }
    row.response()
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Gap {words}")));
}
