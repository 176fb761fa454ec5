//! The rows of the live table. A row is one thing to click and one node for assistive technology; its
//! cells are painted without widgets of their own, of which there would be hundreds.

use chrono::{DateTime, Utc};
use eframe::egui::{
    Color32, Pos2, Rangef, Rect, Response, Sense, Shape, Stroke, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

use super::columns;
use super::reading_place::ReadingPlace;
use super::row_menu::row_menu_ui;
use crate::event::amqp::Traced;
use crate::event::kafka_record::KeyForm;
use crate::log::{Entry, Kept};
use crate::state::live::setup::{self, Column};
use crate::state::live::{Live, LiveAction, clock};
use crate::state::{Action, State};
use crate::text::payload::size_text;
use crate::ui::parts::by_source;
use crate::ui::parts::theme::{self, Palette};
use crate::ui::parts::widgets::cell;

/// Room for the dot in its tap's colour.
const DOT: f32 = 12.0;

/// When the store says that an event was written.
fn store_time(live: &Live, event: Kept<'_>) -> String {
    let ms = event.shape().transport.kafka().and(event.stamp());
    let time = ms.and_then(|ms| DateTime::from_timestamp_millis(i64::try_from(ms).ok()?));
    time.map_or_else(String::new, |time| live.setup.times.with_date(time))
}

/// The key; one that is missing is told apart from an empty one, and so is a deletion.
fn key_cell(put: &impl Fn(&str, Color32), palette: &Palette, event: Kept<'_>) {
    match event.shape().transport.kafka() {
        Some(record) if record.key == KeyForm::Null => put("(no key)", palette.weak),
        Some(_) if event.key().is_empty() => put("(empty key)", palette.weak),
        _ => put(event.key(), palette.key(event.key())),
    }
}

/// Paints rows.
pub(crate) struct TableRows<'a> {
    pub(crate) state: &'a State,
    pub(crate) columns: &'a [Column],
    pub(crate) tracks: &'a [Rangef],
    pub(crate) palette: &'a Palette,
    /// Rows of several taps are there: each has a dot in its tap's colour.
    pub(crate) dots: bool,
    pub(crate) now: DateTime<Utc>,
}

impl TableRows<'_> {
    pub(crate) fn show(
        &self,
        ui: &mut Ui,
        row: usize,
        rect: Rect,
        place: &mut ReadingPlace,
        actions: &mut Vec<Action>,
    ) {
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
            Some(Entry::Event(event)) => {
                let own = place.own(self.columns, number, event);
                self.event(ui, &response, row, event, number, own);
            }
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

    /// The place of each column in this row; the dot has its own before the first.
    fn cells(&self, rect: Rect) -> impl Iterator<Item = (&Column, Rect)> + '_ {
        let indent = if self.dots { DOT } else { 0.0 };
        let columns = self.columns.iter().zip(self.tracks).enumerate();
        columns.map(move |(place, (column, track))| {
            let mut cell = Rect::from_x_y_ranges(*track, rect.y_range());
            if place == 0 {
                cell.min.x = (cell.min.x + indent).min(cell.max.x);
            }
            (column, cell)
        })
    }

    fn event(
        &self,
        ui: &Ui,
        response: &Response,
        row: usize,
        event: Kept<'_>,
        number: u64,
        own: &[String],
    ) {
        let palette = self.palette;
        let live = &self.state.live;
        let shape = event.shape();
        let id = event.event_id().unwrap_or_default();
        let is_tombstone = shape.transport.kafka().is_some_and(|one| one.is_tombstone);
        let summary = if is_tombstone {
            "(tombstone: no value)".to_owned()
        } else {
            event.summary()
        };
        let judged = live.judging.of(number);
        let mut own = own.iter();
        for (column, rect) in self.cells(response.rect) {
            let right = columns::is_right(column);
            let put = |text: &str, color| cell(ui, rect, text, theme::mono(), color, right);
            match column {
                Column::Time => put(
                    &live.setup.times.written(event.received_at(), self.now),
                    palette.weak,
                ),
                Column::Gap => put(&gap_text(live, row, event), palette.weak),
                Column::SeenAs => put(&seen_as(self.state, event), palette.weak),
                Column::StoreTime => put(&store_time(live, event), palette.weak),
                Column::Position => put(&event.position_text().unwrap_or_default(), palette.weak),
                Column::Destination => put(&shape.destination, palette.text),
                Column::Key => key_cell(&put, palette, event),
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
                Column::Field(_) => put(own.next().map_or("", String::as_str), palette.text),
                Column::Summary => put(&summary, palette.text),
                Column::Size => {
                    let size = size_text(event.body().len() as u64);
                    cell(ui, rect, &size, theme::words(), palette.weak, true);
                }
            }
        }
        self.marks(ui, response.rect, event, number);
        response.widget_info(|| {
            let label = judged.map_or("", |counted| counted.label.as_str());
            let new = live.judging.new_shape(number);
            let new = new.map_or(String::new(), |shape| format!("New shape: {}", shape.words));
            let marked = live.bookmarks.get(number).map_or("", |_| "bookmarked");
            let seen = if self.dots {
                seen_as(self.state, event)
            } else {
                String::new()
            };
            let time = clock(event.received_at());
            let words = [
                event.key(),
                &*id,
                label,
                &*new,
                &*summary,
                marked,
                &*seen,
                &*time,
            ];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            let selected = live.selection.contains(number);
            WidgetInfo::selected(Role::Row, true, selected, words.join(" "))
        });
    }

    /// What is said of an event beside its columns: that its shape is new, which tap brought it, that
    /// it has a bookmark.
    fn marks(&self, ui: &Ui, rect: Rect, event: Kept<'_>, number: u64) {
        let live = &self.state.live;
        if live.judging.new_shape(number).is_some() {
            let bar = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            ui.painter().rect_filled(bar, 0, self.palette.accent);
        }
        if self.dots
            && let Some(tap) = self.state.taps.find(event.tap())
        {
            let center = pos2(rect.left() + DOT * 0.5 + 1.0, rect.center().y);
            let color = self.palette.tap(tap.colour);
            ui.painter().circle_filled(center, 3.5, color);
        }
        if live.bookmarks.get(number).is_some() {
            let right = ui.clip_rect().right().min(rect.right()) - 14.0;
            let ribbon = ribbon(pos2(right, rect.center().y));
            let fill = self.palette.warn;
            let shape = Shape::convex_polygon(ribbon[..4].to_vec(), fill, Stroke::NONE);
            ui.painter().add(shape);
            let notch = Shape::convex_polygon(ribbon[4..].to_vec(), fill, Stroke::NONE);
            ui.painter().add(notch);
        }
    }

    fn gap(&self, ui: &Ui, response: &Response, from: &str, to: &str) {
        let words = format!("Connection lost: nothing was seen until {to}");
        // In the column that has place for a sentence.
        let times = self.state.live.setup.times;
        let mut columns = self.columns.iter();
        let place = columns.find(|column| columns::width(column, times).is_none());
        let place = place.or(self.columns.last());
        let color = self.palette.warn;
        for (column, rect) in self.cells(response.rect) {
            if Some(column) == place {
                cell(ui, rect, &words, theme::words(), color, false);
            } else if *column == Column::Time {
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

/// A bookmark around this place: its upper part, then the point of its lower edge on both sides.
fn ribbon(at: Pos2) -> [Pos2; 7] {
    let (w, h) = (3.5, 6.0);
    let corner = |x: f32, y: f32| pos2(at.x + x, at.y + y);
    [
        corner(-w, -h),
        corner(w, -h),
        corner(w, h - 3.0),
        corner(-w, h - 3.0),
        corner(-w, h - 3.0),
        corner(w, h - 3.0),
        corner(-w, h),
    ]
}

/// By which tap it was seen; by a trace of the whole store, as what.
pub(crate) fn seen_as(state: &State, event: Kept<'_>) -> String {
    let tap = state.taps.find(event.tap());
    let seen = match event.trace().map(|trace| &trace.fate) {
        Some(Traced::Delivered(queue)) => format!("delivered to {queue}"),
        Some(Traced::Published(_)) => "published".to_owned(),
        None => tap.map_or(String::new(), |tap| {
            format!("{} {}", tap.name(), tap.keys())
        }),
    };
    match by_source::name_beside_others(state, event.tap().source) {
        Some(source) => format!("{source}: {seen}"),
        None => seen.trim_end().to_owned(),
    }
}

/// Time since the event on the row above.
fn gap_text(live: &Live, row: usize, event: Kept<'_>) -> String {
    let above = row
        .checked_sub(1)
        .and_then(|row| live.view.number(&live.log, row))
        .and_then(|number| live.log.event(number));
    above.map_or_else(String::new, |above| {
        setup::gap(event.received_ms() - above.received_ms())
    })
}
