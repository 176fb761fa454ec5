//! What is selected in the table: one row that the inspector shows, and perhaps more to be copied.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::view::View;
use crate::event::Event;
use crate::log::EventLog;

/// Most rows that can be selected at once.
pub const MAX_SELECTED: usize = 10_000;

/// How far back the previous event on the same key is looked for, in entries.
const PREVIOUS_WITHIN: u64 = 200_000;

/// The selected rows.
#[derive(Debug, Default)]
pub struct Selection {
    /// The row that the inspector shows, and where the next range begins.
    lead: Option<u64>,
    numbers: BTreeSet<u64>,
    /// The event of the lead. It stays while it is read, even if it is evicted.
    event: Option<Arc<Event>>,
    previous: Option<Arc<Event>>,
    /// The other one where exactly two are selected.
    other: Option<(u64, Arc<Event>)>,
}

impl Selection {
    /// The row that the inspector shows.
    #[must_use]
    pub fn lead(&self) -> Option<u64> {
        self.lead
    }

    /// True if this row is selected.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.numbers.contains(&number)
    }

    /// Numbers of the selected rows, by arrival.
    pub fn numbers(&self) -> impl ExactSizeIterator<Item = u64> {
        self.numbers.iter().copied()
    }

    /// The event that the inspector shows.
    #[must_use]
    pub fn event(&self) -> Option<&Arc<Event>> {
        self.event.as_ref()
    }

    /// The event before it of the same source with the same key and destination, if one is kept.
    #[must_use]
    pub fn previous(&self) -> Option<&Arc<Event>> {
        self.previous.as_ref()
    }

    /// Where exactly two are selected: the one that the inspector does not show, if it came earlier,
    /// or else the one that it shows, and then the later one.
    #[must_use]
    pub fn two(&self) -> Option<[&Arc<Event>; 2]> {
        let (number, other) = self.other.as_ref()?;
        let event = self.event.as_ref()?;
        Some(if self.lead > Some(*number) {
            [other, event]
        } else {
            [event, other]
        })
    }

    /// Selects nothing.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Selects this row and no other.
    pub fn only(&mut self, number: u64, log: &EventLog) {
        self.numbers.clear();
        self.add(number, log);
        self.other = None;
    }

    /// Shows an event that may not be kept any more.
    pub fn show_kept(&mut self, number: u64, event: &Arc<Event>) {
        *self = Self {
            lead: Some(number),
            event: Some(Arc::clone(event)),
            ..Self::default()
        };
    }

    /// Takes the row in or out.
    pub fn toggle(&mut self, number: u64, log: &EventLog) {
        if !self.numbers.remove(&number) {
            self.add(number, log);
        } else if self.lead == Some(number) {
            let next = self.numbers.last().copied();
            self.show(next, log);
        }
        self.pair(log);
    }

    /// Finds the other one of two.
    fn pair(&mut self, log: &EventLog) {
        self.other = None;
        if self.numbers.len() == 2 {
            let number = self.numbers().find(|number| Some(*number) != self.lead);
            self.other = number.and_then(|number| {
                let event = log.event(number)?;
                Some((number, Arc::new(event.to_event())))
            });
        }
    }

    /// Selects every row between the lead and this one, as the table shows them.
    pub fn extend(&mut self, number: u64, view: &View, log: &EventLog) {
        let row = |number| view.row(log, number);
        let (Some(from), Some(to)) = (self.lead.and_then(row), row(number)) else {
            return self.only(number, log);
        };
        self.numbers.clear();
        let rows = (from.min(to)..=from.max(to)).take(MAX_SELECTED);
        let rows = rows.filter_map(|row| view.number(log, row));
        self.numbers
            .extend(rows.filter(|number| log.event(*number).is_some()));
        self.pair(log);
    }

    /// Selects the row this many rows further down, or up if negative; the last one if nothing is
    /// selected.
    pub fn go(&mut self, rows: isize, view: &View, log: &EventLog) {
        let Some(last) = view.len(log).checked_sub(1) else {
            return;
        };
        let row = self.lead.and_then(|number| view.row(log, number));
        let next = row.map_or(last, |row| row.saturating_add_signed(rows).min(last));
        if let Some(number) = view.number(log, next) {
            self.only(number, log);
        }
    }

    fn add(&mut self, number: u64, log: &EventLog) {
        if self.numbers.len() < MAX_SELECTED {
            self.numbers.insert(number);
            self.show(Some(number), log);
        }
    }

    fn show(&mut self, number: Option<u64>, log: &EventLog) {
        let event = |number| Some(Arc::new(log.event(number)?.to_event()));
        self.lead = number;
        self.event = number.and_then(event);
        self.previous = number
            .and_then(|number| log.previous_on_key(number, PREVIOUS_WITHIN))
            .and_then(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::testing::event;

    fn log() -> EventLog {
        let mut log = EventLog::new(1_000_000);
        for (key, body) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")] {
            log.push(TapId::of(SourceId::FIRST, 1), &event(key, body));
        }
        log
    }

    #[test]
    fn the_inspector_shows_the_last_one_and_what_came_before_it_on_its_key() {
        let (log, mut selection) = (log(), Selection::default());
        selection.only(2, &log);
        assert_eq!(selection.event().unwrap().body, b"3");
        assert_eq!(selection.previous().unwrap().body, b"1");
        assert!(selection.two().is_none());
        selection.toggle(0, &log);
        assert!(selection.previous().is_none());
        assert_eq!(selection.numbers().collect::<Vec<_>>(), [0, 2]);
        let bodies = selection.two().unwrap().map(|event| event.body.clone());
        assert_eq!(bodies, [b"1", b"3"], "the earlier one first");
        selection.toggle(0, &log);
        assert_eq!(selection.lead(), Some(2));
        selection.toggle(2, &log);
        assert!(selection.event().is_none());
    }

    #[test]
    fn a_range_is_what_the_table_shows_between() {
        let (log, mut selection, view) = (log(), Selection::default(), View::default());
        selection.go(1, &view, &log);
        assert_eq!(selection.lead(), Some(3));
        selection.go(-9, &view, &log);
        assert_eq!(selection.lead(), Some(0));
        selection.extend(2, &view, &log);
        assert_eq!(selection.numbers().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(selection.lead(), Some(0));
    }
}
