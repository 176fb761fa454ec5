//! The events, one a row, newest last. Only the visible rows are laid out.

use eframe::egui::{
    Align, FontId, Layout, Rangef, Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};
use egui_extras::{Column as Track, TableBuilder};

use super::columns::Column;
use super::row_menu::row_menu_ui;
use crate::log::{Entry, Kept};
use crate::state::live::{Live, LiveAction, clock};
use crate::state::{Action, State};
use crate::text::payload::size_text;
use crate::ui::parts::by_source::{self, StoreWords};
use crate::ui::parts::theme::{self, Palette, ROW};
use crate::ui::parts::widgets::cell;
use crate::ui::{Cx, TablePlace};

#[expect(
    clippy::too_many_lines,
    reason = "one table: its columns, its rows, its scrolling"
)]
pub(crate) fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, columns: &[Column]) {
    let live = &cx.state.live;
    let live_rows = live.view.len(&live.log);
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
    let target = if live.follow {
        live_rows
            .checked_sub(1)
            .map(|last| (last, Some(Align::BOTTOM)))
    } else if std::mem::take(&mut cx.memory.reveal) {
        let lead = live.selection.lead();
        let row = lead.and_then(|lead| live.view.row(&live.log, lead));
        row.map(|row| (row, None))
    } else {
        None
    };
    if cx.memory.live_table.columns != signature {
        table = table.vertical_scroll_offset(cx.memory.live_table.offset);
    }
    let output = table
        .header(ROW, |mut header| {
            let words = by_source::words(cx.state);
            for column in columns {
                header.col(|ui| {
                    if let Some(action) = header_ui(ui, live, *column, words) {
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
            };
            #[expect(clippy::cast_precision_loss, reason = "egui places everything by f32")]
            let place = |row: usize| {
                let y = top + row as f32 * ROW;
                Rect::from_x_y_ranges(wide, y..=y + ROW)
            };
            let all = place(0).union(place(live_rows.max(1) - 1));
            let seen = ui.clip_rect().y_range();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a row's number is small and not negative"
            )]
            let at = |y: f32| ((y - top) / ROW).max(0.0) as usize;
            for row in at(seen.min)..(at(seen.max) + 1).min(live_rows) {
                rows.show(ui, row, place(row), cx.actions);
            }
            if let Some((row, align)) = target {
                ui.scroll_to_rect(place(row), align);
            }
            ui.advance_cursor_after_rect(all);
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
fn header_ui(ui: &mut Ui, live: &Live, column: Column, words: StoreWords) -> Option<LiveAction> {
    let palette = Palette::of(ui);
    let by = column.sort();
    let order = live.view.order().filter(|order| Some(order.by) == by);
    let label = match order.map(|order| order.descending) {
        None => column.name(words).to_owned(),
        Some(false) => format!("{} ↑", column.name(words)),
        Some(true) => format!("{} ↓", column.name(words)),
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
    cell(ui, response.rect, &label, font, color, column.is_right());
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

/// Paints rows. A row is one thing to click and one node for assistive technology; its cells are
/// painted without widgets of their own, of which there would be hundreds.
struct TableRows<'a> {
    state: &'a State,
    columns: &'a [Column],
    tracks: &'a [Rangef],
    palette: &'a Palette,
}

impl TableRows<'_> {
    fn show(&self, ui: &mut Ui, row: usize, rect: Rect, actions: &mut Vec<Action>) {
        let live = &self.state.live;
        let Some(number) = live.view.number(&live.log, row) else {
            return;
        };
        let selected = live.selection.contains(number);
        let response = ui.interact(rect, ui.scope_id().with(("row", number)), Sense::click());
        if selected {
            ui.painter().rect_filled(rect, 0, self.palette.selected);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0, self.palette.hovered);
        }
        match live.log.get(number) {
            Some(Entry::Event(event)) => self.event(ui, &response, row, event, selected, number),
            Some(Entry::Gap { from, to }) => {
                return self.gap(ui, &response, &clock(from), &clock(to));
            }
            // A sorted picture can name events that were evicted since.
            None => return self.evicted(ui, &response),
        }
        if response.clicked() {
            let held = ui.input(|input| input.modifiers);
            let action = if held.shift {
                LiveAction::Extend(number)
            } else if held.command {
                LiveAction::Toggle(number)
            } else {
                LiveAction::Select(number)
            };
            actions.push(Action::Live(action));
        }
        if response.secondary_clicked() && !selected {
            actions.push(Action::Live(LiveAction::Select(number)));
        }
        response.context_menu(|ui| row_menu_ui(ui, self.state, number, actions));
    }

    fn cells(&self, rect: Rect) -> impl Iterator<Item = (Column, Rect)> + '_ {
        let columns = self.columns.iter().copied().zip(self.tracks);
        columns.map(move |(column, track)| (column, Rect::from_x_y_ranges(*track, rect.y_range())))
    }

    fn event(
        &self,
        ui: &Ui,
        response: &Response,
        row: usize,
        event: Kept<'_>,
        selected: bool,
        number: u64,
    ) {
        let palette = self.palette;
        let shape = event.shape();
        let id = event.event_id().unwrap_or_default();
        let summary = event.summary();
        let judged = self.state.live.judging.of(number);
        let new_shape = self.state.live.judging.new_shape(number);
        if new_shape.is_some() {
            let bar = Rect::from_min_size(response.rect.min, vec2(3.0, response.rect.height()));
            ui.painter().rect_filled(bar, 0, palette.accent);
        }
        for (column, rect) in self.cells(response.rect) {
            let right = column.is_right();
            let put = |text: &str, color| cell(ui, rect, text, theme::mono(), color, right);
            match column {
                Column::Time => put(&clock(event.received_at()), palette.weak),
                Column::Gap => put(&gap_text(&self.state.live, row, event), palette.weak),
                Column::Destination => put(&shape.destination, palette.text),
                Column::Key => put(event.key(), palette.key(event.key())),
                Column::Type => put(
                    shape.event_type.as_deref().unwrap_or_default(),
                    palette.text,
                ),
                Column::Version => put(shape.version.as_deref().unwrap_or_default(), palette.text),
                Column::Schema => {
                    if let Some(counted) = judged {
                        put(
                            &counted.label,
                            palette.judgement(&counted.standing.judgement),
                        );
                    }
                }
                Column::Id => put(&id, palette.weak),
                Column::Correlation => {
                    put(&event.correlation_id().unwrap_or_default(), palette.weak);
                }
                Column::Summary => put(&summary, palette.text),
                Column::Size => {
                    let size = size_text(event.body().len() as u64);
                    cell(ui, rect, &size, theme::words(), palette.weak, true);
                }
            }
        }
        response.widget_info(|| {
            let label = judged.map_or("", |counted| counted.label.as_str());
            let new =
                new_shape.map_or(String::new(), |shape| format!("New shape: {}", shape.words));
            let words = [event.key(), &*id, label, &*new, &*summary];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            WidgetInfo::selected(Role::Row, true, selected, words.join(" "))
        });
    }

    fn gap(&self, ui: &Ui, response: &Response, from: &str, to: &str) {
        let words = format!("Connection lost: nothing was seen until {to}");
        // In the column that has place for a sentence.
        let place = self.columns.iter().find(|column| column.width().is_none());
        let place = place.or(self.columns.last()).copied();
        let color = self.palette.warn;
        for (column, rect) in self.cells(response.rect) {
            if Some(column) == place {
                cell(ui, rect, &words, theme::words(), color, false);
            } else if column == Column::Time {
                cell(ui, rect, from, theme::mono(), color, false);
            }
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("Gap {words}")));
    }

    fn evicted(&self, ui: &Ui, response: &Response) {
        let color = self.palette.weak;
        cell(ui, response.rect, "Evicted", theme::words(), color, false);
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, "Evicted"));
    }
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
