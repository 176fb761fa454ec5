//! Which entries of the log are shown: all of them, or those that a filter lets through. Matching
//! goes on in bounded steps, so a frame's work does not grow with the number of events kept.

use std::collections::VecDeque;

use crate::domain::Event;

use super::log::{Entry, EventLog};

/// What the table is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Text that must occur somewhere in the event; without regard to ASCII case.
    pub text: String,
    /// The routing key must begin with these words.
    pub branch: Option<String>,
    /// The correlation id must be this.
    pub correlation_id: Option<String>,
}

impl Criteria {
    /// True if everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    fn accepts(&self, event: &Event, needle: &str) -> bool {
        let branch = self.branch.as_ref().is_none_or(|branch| {
            event
                .routing_key
                .strip_prefix(branch.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let conversation = self
            .correlation_id
            .as_ref()
            .is_none_or(|id| event.properties.correlation_id.as_ref() == Some(id));
        branch && conversation && (needle.is_empty() || event.contains(needle))
    }
}

/// Bytes of events that one step looks at: about a millisecond of searching.
const STEP_BYTES: usize = 1_000_000;

/// The rows of the table.
#[derive(Debug, Default)]
pub struct View {
    criteria: Criteria,
    needle: String,
    matches: VecDeque<u64>,
    scanned: u64,
    /// While paused: the first number that is not shown.
    frozen: Option<u64>,
}

impl View {
    /// Shows what these criteria let through, from the beginning of the log.
    pub fn set(&mut self, criteria: Criteria) {
        if criteria != self.criteria {
            self.needle = criteria.text.trim().to_lowercase();
            self.criteria = criteria;
            self.matches.clear();
            self.scanned = 0;
        }
    }

    /// What is shown.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// Stops or lets new entries appear. Receiving goes on.
    pub fn freeze(&mut self, at: Option<u64>) {
        self.frozen = at;
    }

    /// True while new entries are held back.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Goes on matching for one step; true if there is more to do.
    pub fn advance(&mut self, log: &EventLog) -> bool {
        while self
            .matches
            .front()
            .is_some_and(|number| *number < log.first())
        {
            self.matches.pop_front();
        }
        if self.criteria.is_empty() {
            return false;
        }
        self.scanned = self.scanned.max(log.first());
        let mut bytes = 0;
        while bytes < STEP_BYTES {
            let Some(entry) = log.get(self.scanned) else {
                return false;
            };
            let shown = match entry {
                Entry::Event(event) => {
                    // Events without a body cost something too.
                    bytes += event.body.len() + 64;
                    self.criteria.accepts(event, &self.needle)
                }
                // A gap is true for every filter.
                Entry::Gap { .. } => true,
            };
            if shown {
                self.matches.push_back(self.scanned);
            }
            self.scanned += 1;
        }
        true
    }

    /// How much of the log was searched, as (entries searched, entries kept).
    #[must_use]
    pub fn progress(&self, log: &EventLog) -> (u64, u64) {
        let kept = log.end() - log.first();
        if self.criteria.is_empty() {
            return (kept, kept);
        }
        (self.scanned.max(log.first()) - log.first(), kept)
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self, log: &EventLog) -> usize {
        let end = self.frozen.unwrap_or(u64::MAX);
        let count = if self.criteria.is_empty() {
            log.end().min(end).saturating_sub(log.first())
        } else {
            return self.matches.partition_point(|number| *number < end);
        };
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// True if there is no row.
    #[must_use]
    pub fn is_empty(&self, log: &EventLog) -> bool {
        self.len(log) == 0
    }

    /// The number of the entry on this row.
    #[must_use]
    pub fn number(&self, log: &EventLog, row: usize) -> Option<u64> {
        if self.criteria.is_empty() {
            Some(log.first() + row as u64)
        } else {
            self.matches.get(row).copied()
        }
    }

    /// The row of the entry with this number, if it is shown.
    #[must_use]
    pub fn row(&self, log: &EventLog, number: u64) -> Option<usize> {
        if self.criteria.is_empty() {
            let row = usize::try_from(number.checked_sub(log.first())?).ok()?;
            (row < self.len(log)).then_some(row)
        } else {
            self.matches.binary_search(&number).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::event;
    use super::*;

    fn log(keys: &[&str]) -> EventLog {
        let mut log = EventLog::new(usize::MAX);
        for key in keys {
            log.push(Entry::Event(event(key, "{}")));
        }
        log
    }

    fn shown(view: &View, log: &EventLog) -> Vec<u64> {
        (0..view.len(log))
            .filter_map(|row| view.number(log, row))
            .collect()
    }

    #[test]
    fn without_criteria_every_entry_is_a_row() {
        let log = log(&["a", "b"]);
        let mut view = View::default();
        assert!(!view.advance(&log));
        assert_eq!(shown(&view, &log), [0, 1]);
        assert_eq!(view.row(&log, 1), Some(1));
    }

    #[test]
    fn a_branch_is_whole_words() {
        let log = log(&["order.created", "orders.x", "order", "payment.order"]);
        let mut view = View::default();
        view.set(Criteria {
            branch: Some("order".into()),
            ..Criteria::default()
        });
        assert!(!view.advance(&log));
        assert_eq!(shown(&view, &log), [0, 2]);
        assert_eq!((view.row(&log, 2), view.row(&log, 1)), (Some(1), None));
    }

    #[test]
    fn a_step_is_bounded_and_the_search_goes_on() {
        let mut log = EventLog::new(usize::MAX);
        let large = "x".repeat(STEP_BYTES);
        for _ in 0..3 {
            log.push(Entry::Event(event("a", &large)));
        }
        let mut view = View::default();
        view.set(Criteria {
            text: "XXX".into(),
            ..Criteria::default()
        });
        assert!(view.advance(&log));
        assert_eq!((view.len(&log), view.progress(&log)), (1, (1, 3)));
        while view.advance(&log) {}
        assert_eq!(view.len(&log), 3);
    }

    #[test]
    fn pausing_holds_new_rows_back_and_loses_none() {
        let mut log = log(&["a"]);
        let mut view = View::default();
        view.freeze(Some(log.end()));
        log.push(Entry::Event(event("b", "{}")));
        assert_eq!(shown(&view, &log), [0]);
        view.freeze(None);
        assert_eq!(shown(&view, &log), [0, 1]);
    }

    #[test]
    fn evicted_rows_leave_the_matches() {
        let one = event("a", "{}").cost();
        let mut log = EventLog::new(one * 2);
        let mut view = View::default();
        view.set(Criteria {
            text: "a".into(),
            ..Criteria::default()
        });
        for _ in 0..4 {
            log.push(Entry::Event(event("a", "{}")));
            view.advance(&log);
        }
        view.advance(&log);
        assert_eq!(shown(&view, &log), [2, 3]);
    }
}
