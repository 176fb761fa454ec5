//! The events, one a row, newest last. Only the visible rows are laid out.

use eframe::egui::{self, Align, Layout, Sense, Ui, WidgetInfo, accesskit::Role};
use egui_extras::{Column, TableBuilder, TableRow};

use super::super::Cx;
use super::super::theme::{self, Palette, ROW};
use super::super::widgets::{cell, small_label};
use crate::domain::Event;
use crate::domain::payload::size_text;
use crate::state::Action;
use crate::state::live::{LiveAction, clock};
use crate::state::log::Entry;

const COLUMNS: [&str; 8] = [
    "Time",
    "Exchange",
    "Routing key",
    "Type",
    "Version",
    "Id",
    "Size",
    "Summary",
];

pub(super) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let live = &cx.state.live;
    let rows = live.view.len(&live.log);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt("events")
        .sense(Sense::click())
        .resizable(true)
        .auto_shrink([false, false])
        .cell_layout(Layout::left_to_right(Align::Center))
        .stick_to_bottom(live.follow)
        .animate_scrolling(false)
        .column(Column::initial(92.0).at_least(60.0).clip(true))
        .column(Column::initial(96.0).at_least(40.0).clip(true))
        .column(Column::initial(150.0).at_least(60.0).clip(true))
        .column(Column::initial(120.0).at_least(40.0).clip(true))
        .column(Column::initial(52.0).at_least(30.0).clip(true))
        .column(Column::initial(90.0).at_least(40.0).clip(true))
        .column(Column::initial(60.0).at_least(40.0).clip(true))
        .column(Column::remainder().at_least(80.0).clip(true));
    if live.follow && rows > 0 {
        table = table.scroll_to_row(rows - 1, Some(Align::BOTTOM));
    } else if std::mem::take(&mut cx.memory.reveal)
        && let Some(row) = live
            .selected
            .and_then(|number| live.view.row(&live.log, number))
    {
        table = table.scroll_to_row(row, None);
    }
    let output = table
        .header(ROW, |mut header| {
            for name in COLUMNS {
                header.col(|ui| {
                    small_label(ui, name);
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
                    Some(Entry::Event(event)) => event_row(&mut row, event, selected),
                    Some(Entry::Gap { from, to }) => gap_row(&mut row, &clock(*from), &clock(*to)),
                    None => return,
                }
                if row.response().clicked() {
                    cx.actions.push(Action::Live(LiveAction::Select(number)));
                }
            });
        });
    // Scrolling up means reading: the newest must not pull the rows away.
    let up = ui.input(|input| input.smooth_scroll_delta().y > 0.0);
    if live.follow && up && ui.rect_contains_pointer(output.inner_rect) {
        cx.act(Action::Live(LiveAction::Follow(false)));
    }
}

fn event_row(row: &mut TableRow<'_, '_>, event: &Event, selected: bool) {
    let facts = &event.envelope;
    let text = |fact: &Option<Box<str>>| fact.as_deref().unwrap_or_default().to_owned();
    let mut put =
        |text: &str, mono: bool, right: bool, color: fn(&Palette, &Event) -> egui::Color32| {
            row.col(|ui| {
                let font = if mono { theme::mono() } else { theme::words() };
                cell(ui, text, font, color(Palette::of(ui), event), right);
            });
        };
    put(&clock(event.received_at), true, false, |p, _| p.weak);
    put(&event.exchange, true, false, |p, _| p.text);
    put(&event.routing_key, true, false, |p, e| {
        p.key(&e.routing_key)
    });
    put(&text(&facts.event_type), true, false, |p, _| p.text);
    put(&text(&facts.version), true, true, |p, _| p.text);
    put(&text(&facts.event_id), true, false, |p, _| p.weak);
    put(&size_text(event.body.len() as u64), false, true, |p, _| {
        p.weak
    });
    put(&event.summary, true, false, |p, _| p.text);
    row.response().widget_info(|| {
        let name = format!(
            "{} {} {}",
            event.routing_key,
            text(&facts.event_id),
            event.summary
        );
        WidgetInfo::selected(Role::Row, true, selected, name)
    });
}

fn gap_row(row: &mut TableRow<'_, '_>, from: &str, to: &str) {
    let words = format!("Connection lost: nothing was seen until {to}");
    for column in 0..COLUMNS.len() {
        row.col(|ui| {
            let color = Palette::of(ui).warn;
            match column {
                0 => cell(ui, from, theme::mono(), color, false),
                7 => cell(ui, &words, theme::words(), color, false),
                _ => {}
            }
        });
    }
    row.response()
        .widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Gap {words}")));
}
