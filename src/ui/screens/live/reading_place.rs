//! Where a person reads in the live table, so that rows do not run from under the pointer and what is
//! selected stays in sight.

use std::collections::HashMap;

use eframe::egui::{Rect, Ui};

use crate::log::Kept;
use crate::state::live::Live;
use crate::state::live::setup::Column;
use crate::ui::TablePlace;

/// While the pointer moved over the rows within this time, in seconds, somebody aims at one.
const AIMING: f32 = 1.2;
/// Most rows whose own columns are remembered.
const MOST_REMEMBERED: usize = 4_000;

/// What the live table remembers from frame to frame.
#[derive(Debug)]
pub struct ReadingPlace {
    /// Where it stands.
    pub(crate) table: TablePlace,
    /// Where its rows were in the last frame.
    pub(crate) area: Rect,
    /// The rows are held: the first number that is not shown.
    held: Option<u64>,
    /// The first number that was not among the rows of the last frame.
    shown_to: Option<u64>,
    /// The first number that was never in sight at the end of the table.
    pub(crate) seen_to: u64,
    /// The view's revision in the last frame.
    revision: u64,
    /// The selected row is to be scrolled to as soon as it is found.
    revealing: bool,
    own: OwnColumns,
}

impl Default for ReadingPlace {
    fn default() -> Self {
        Self {
            table: TablePlace::default(),
            area: Rect::NOTHING,
            held: None,
            shown_to: None,
            seen_to: 0,
            revision: 0,
            revealing: false,
            own: OwnColumns::default(),
        }
    }
}

impl ReadingPlace {
    /// How many rows are shown: while they are followed and somebody aims at one or holds it, no more
    /// than there were.
    pub(crate) fn rows(&mut self, ui: &Ui, live: &Live) -> usize {
        let rows = live.view.len(&live.log);
        let wait = aimed_at(ui, self.area).filter(|_| live.follow);
        let Some(wait) = wait else {
            self.held = None;
            return rows;
        };
        ui.ctx()
            .request_repaint_after(std::time::Duration::from_secs_f32(wait));
        self.held = self.held.or(self.shown_to);
        self.held
            .map_or(rows, |to| live.view.len_to(&live.log, to).min(rows))
    }

    /// The row to scroll to because other rows are shown or in another order than in the last frame.
    pub(crate) fn moved(&mut self, live: &Live) -> Option<usize> {
        if self.revision != live.view.revision() {
            self.revision = live.view.revision();
            self.revealing = !live.follow;
        }
        // A sorted picture is looked through from its start: only once it is there.
        let is_sorting = live.view.order().is_some_and(|order| !order.is_ready());
        if !self.revealing || is_sorting {
            return None;
        }
        let row = (live.selection.lead()).and_then(|lead| live.view.row(&live.log, lead));
        self.revealing = row.is_none() && live.view.is_changing(&live.log);
        row
    }

    /// The person scrolls: nothing else does any more.
    pub(crate) fn scrolled(&mut self) {
        self.revealing = false;
    }

    /// Notes how many rows there were, and whether the last of them was in sight.
    pub(crate) fn drawn(&mut self, live: &Live, rows: usize, at_end: bool) {
        self.shown_to = None;
        if let Some(last) = rows.checked_sub(1)
            && live.view.order().is_none()
            && let Some(number) = live.view.number(&live.log, last)
        {
            self.shown_to = Some(number + 1);
            if at_end {
                self.seen_to = number + 1;
            }
        }
    }

    /// The values of a row in the columns of one's own.
    pub(crate) fn own(&mut self, columns: &[Column], number: u64, event: Kept<'_>) -> &[String] {
        self.own.of(columns, number, event)
    }
}

/// Seconds for which the rows are still to be held, if somebody aims at them.
fn aimed_at(ui: &Ui, area: Rect) -> Option<f32> {
    ui.input(|input| {
        let pointer = &input.pointer;
        let over = pointer.hover_pos().is_some_and(|at| area.contains(at));
        let rest = AIMING - pointer.time_since_last_movement();
        match over {
            true if pointer.any_down() => Some(AIMING),
            true if rest > 0.0 => Some(rest),
            _ => None,
        }
    })
}

/// Values of fields, read once for each row that was seen: a payload may be large, and a row is drawn
/// in every frame.
#[derive(Debug, Default)]
struct OwnColumns {
    columns: Vec<Column>,
    values: HashMap<u64, Vec<String>>,
}

impl OwnColumns {
    fn of(&mut self, columns: &[Column], number: u64, event: Kept<'_>) -> &[String] {
        if self.columns != columns || self.values.len() > MOST_REMEMBERED {
            self.columns = columns.to_vec();
            self.values.clear();
        }
        self.values.entry(number).or_insert_with(|| {
            let fields = columns.iter().filter_map(|column| match column {
                Column::Field(field) => Some(field.of(&event)),
                _ => None,
            });
            fields.collect()
        })
    }
}
