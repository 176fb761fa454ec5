//! Which entries of the log are shown, and in which order: all of them, or those that a filter
//! lets through. Other threads do the looking; a frame only takes what they found.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::analysis::{Found, Merging, Order, Scan, Scope, SortBy, Wanted};
use crate::event::tap_id::TapId;
use crate::log::EventLog;
use crate::query::{Filter, ParseError};
use crate::schema::Catalog;
use crate::state::Soon;

/// What the table is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// The filter line.
    pub text: String,
    /// What was narrowed by clicks.
    pub scope: Scope,
    /// The correlation id must be this.
    pub correlation_id: Option<String>,
}

impl Criteria {
    /// True if everything is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.scope.is_empty() && self.correlation_id.is_none()
    }
}

/// The rows of the table.
#[derive(Debug, Default)]
pub struct View {
    criteria: Criteria,
    /// What is wrong with the filter line; the one before it goes on being used.
    problem: Option<ParseError>,
    /// What stands at the end of the line and is not finished.
    unfinished: Option<String>,
    /// The filter that is used: the last one without a fault.
    filter: Option<Filter>,
    /// The schemas that events are judged by.
    schemas: Arc<Catalog>,
    /// None while everything is shown.
    scan: Option<Scan<Found>>,
    matches: VecDeque<u64>,
    /// Which copies of messages were shown, where they are merged.
    merging: Merging,
    /// Entries whose bodies were not looked into to their end.
    not_read: VecDeque<u64>,
    /// Entries that a stopped search did not look at: from the first number to the second.
    unsearched: Option<(u64, u64)>,
    /// Other than by arrival.
    order: Option<Order>,
    /// While paused: the first number that is not shown.
    frozen: Option<u64>,
    /// While too much comes: the first number that is not shown yet.
    held: Option<u64>,
    /// What was shown in the last frame, up to this number.
    shown_to: u64,
    /// When that last changed, in milliseconds since 1970.
    moved_ms: i64,
    /// Counts up whenever other rows are shown or in another order, not when new ones come.
    revision: u64,
}

/// More new entries than this at once pass faster than anybody reads: the rows then change only
/// every [`PACE_MS`], so that they can be read and clicked, and cost less.
const TOO_MANY: u64 = 50;

/// See [`TOO_MANY`].
const PACE_MS: i64 = 100;

impl View {
    /// Shows what these criteria let through, from the beginning of the log. A filter line with a
    /// fault changes nothing but [`Self::problem`].
    pub fn set(&mut self, criteria: Criteria, now_ms: i64) {
        if criteria == self.criteria {
            return;
        }
        if criteria.text != self.criteria.text {
            let before = self.filter.clone();
            match Filter::parse_typed(&criteria.text) {
                Ok((filter, unfinished)) => {
                    self.problem = None;
                    self.unfinished = unfinished.map(|at| criteria.text[at].to_owned());
                    self.filter = (filter != Filter::default()).then_some(filter);
                }
                Err(problem) => {
                    self.unfinished = None;
                    self.problem = Some(problem);
                }
            }
            // The same rows as before: nothing is looked through again.
            if self.filter == before
                && criteria.scope == self.criteria.scope
                && criteria.correlation_id == self.criteria.correlation_id
            {
                self.criteria = criteria;
                return;
            }
        }
        self.criteria = criteria;
        self.restart(now_ms);
    }

    /// Looks through the log once more, as after it was cleared.
    pub fn restart(&mut self, now_ms: i64) {
        self.matches.clear();
        self.merging = Merging::default();
        self.not_read.clear();
        self.unsearched = None;
        self.order = None;
        self.revision += 1;
        let wanted = Wanted {
            scope: self.criteria.scope.clone(),
            correlation_id: self.criteria.correlation_id.clone(),
            matcher: self.filter.as_ref().map(Filter::matcher),
            schemas: (self.filter.as_ref())
                .filter(|filter| filter.asks_for_schemas())
                .map(|_| Arc::clone(&self.schemas)),
            now_ms,
        };
        let all =
            wanted.scope.is_empty() && wanted.correlation_id.is_none() && wanted.matcher.is_none();
        self.scan = (!all).then(|| Scan::new(0, move |segment, from| wanted.find(segment, from)));
    }

    /// Judges by these schemas from now on.
    pub fn set_schemas(&mut self, schemas: Arc<Catalog>, now_ms: i64) {
        self.schemas = schemas;
        if self.filter.as_ref().is_some_and(Filter::asks_for_schemas) {
            self.restart(now_ms);
        }
    }

    /// What is shown.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// What is wrong with the filter line.
    #[must_use]
    pub fn problem(&self) -> Option<&ParseError> {
        self.problem.as_ref()
    }

    /// What is typed at the end of the line and asks nothing yet.
    #[must_use]
    pub fn unfinished(&self) -> Option<&str> {
        self.unfinished.as_deref()
    }

    /// The filter that is in force while the line has a fault; none if nothing is filtered by it.
    #[must_use]
    pub fn in_force(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// See [`Self::sort`] and [`Self::restart`]: another number means that a row may stand elsewhere.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// True while rows that are there already may still be found or sorted.
    #[must_use]
    pub fn is_changing(&self, log: &EventLog) -> bool {
        self.order.as_ref().is_some_and(|order| !order.is_ready())
            || (self.scan.as_ref()).is_some_and(|scan| scan.done_to() < self.end().min(log.end()))
    }

    /// True if only a part of the log is shown.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.scan.is_some()
    }

    /// The taps whose events are not shown.
    #[must_use]
    pub fn hidden_taps(&self) -> &BTreeSet<TapId> {
        &self.criteria.scope.hidden_taps
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

    /// Sorts what is shown now, or goes back to the order of arrival.
    pub fn sort(&mut self, by: Option<(SortBy, bool)>, log: &EventLog) {
        if by.is_some() || self.order.is_some() {
            self.revision += 1;
        }
        self.order = by.map(|(by, descending)| {
            let rows = self.scan.is_some().then(|| {
                let shown = self.matches.iter().copied();
                let end = self.end();
                shown.filter(|number| *number < end).collect()
            });
            Order::begin(by, descending, log, rows)
        });
    }

    /// The order, if it is another one than that of arrival.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// Gives up what was not searched yet. Entries that come later are searched all the same.
    pub fn stop_search(&mut self, log: &EventLog) {
        if let Some(scan) = &mut self.scan
            && scan.is_busy()
        {
            self.unsearched = Some((scan.done_to(), log.end()));
            scan.skip_to(log.end());
        }
    }

    /// Takes what was found; says when there is more to take.
    pub fn advance(&mut self, log: &EventLog, now_ms: i64) -> Soon {
        let first = log.first();
        for numbers in [&mut self.matches, &mut self.not_read] {
            while numbers.front().is_some_and(|number| *number < first) {
                numbers.pop_front();
            }
        }
        let mut busy = false;
        if let Some(scan) = &mut self.scan {
            let (matches, not_read) = (&mut self.matches, &mut self.not_read);
            let merging = &mut self.merging;
            scan.advance(log, |found| match found {
                Found::Row(number) => matches.push_back(number),
                Found::Copy(copy) if merging.shows(&copy) => matches.push_back(copy.number),
                Found::Copy(_) => {}
                Found::NotRead(number) => not_read.push_back(number),
            });
            busy = scan.done_to() < log.end();
        }
        if let Some(order) = &mut self.order {
            busy |= order.advance();
        }
        let waited = now_ms.abs_diff(self.moved_ms) >= PACE_MS.unsigned_abs();
        if log.end().abs_diff(self.shown_to) <= TOO_MANY || waited {
            if self.shown_to != log.end() {
                self.moved_ms = now_ms;
            }
            self.shown_to = log.end();
            self.held = None;
        } else {
            self.held = Some(self.shown_to);
        }
        if busy {
            Soon::Now
        } else if self.held.is_some() {
            Soon::In(PACE_MS - (now_ms - self.moved_ms).clamp(0, PACE_MS))
        } else {
            Soon::No
        }
    }

    /// The first number that is not shown.
    fn end(&self) -> u64 {
        let held = self.held.unwrap_or(u64::MAX);
        self.frozen.unwrap_or(u64::MAX).min(held)
    }

    /// Entries that are kept but not searched yet, or never will be because it was stopped.
    #[must_use]
    pub fn unsearched(&self, log: &EventLog) -> u64 {
        let Some(scan) = &self.scan else { return 0 };
        let coming = log.end() - scan.done_to().clamp(log.first(), log.end());
        let stopped = self
            .unsearched
            .map_or(0, |(from, to)| to.saturating_sub(from.max(log.first())));
        coming + stopped
    }

    /// Events that are not shown although they may match: their bodies are compressed or in another
    /// format, and were not looked into to their end, because that would cost too much or because
    /// they are broken.
    #[must_use]
    pub fn not_read(&self) -> usize {
        self.not_read.len()
    }

    /// True if a search was stopped before it had seen everything.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.unsearched.is_some()
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self, log: &EventLog) -> usize {
        if let Some(order) = &self.order {
            return order.rows().len();
        }
        self.before(log, self.end())
    }

    /// Number of rows of entries before this number, in the order of arrival.
    fn before(&self, log: &EventLog, end: u64) -> usize {
        if self.scan.is_some() {
            return self.matches.partition_point(|number| *number < end);
        }
        let count = log.end().min(end).saturating_sub(log.first());
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// Number of rows, of which those from this number on are left out. Of sorted rows all count.
    #[must_use]
    pub fn len_to(&self, log: &EventLog, number: u64) -> usize {
        match &self.order {
            Some(order) => order.rows().len(),
            None => self.before(log, number.min(self.end())),
        }
    }

    /// Rows from this number on.
    #[must_use]
    pub fn newer(&self, log: &EventLog, number: u64) -> usize {
        self.len(log) - self.len_to(log, number)
    }

    /// Rows that are held back by the pause.
    #[must_use]
    pub fn held_back(&self, log: &EventLog) -> usize {
        let Some(frozen) = self.frozen else { return 0 };
        self.before(log, u64::MAX) - self.before(log, frozen)
    }

    /// True if there is no row.
    #[must_use]
    pub fn is_empty(&self, log: &EventLog) -> bool {
        self.len(log) == 0
    }

    /// The number of the entry on this row.
    #[must_use]
    pub fn number(&self, log: &EventLog, row: usize) -> Option<u64> {
        if let Some(order) = &self.order {
            order.rows().get(row).copied()
        } else if self.scan.is_some() {
            self.matches.get(row).copied()
        } else {
            Some(log.first() + row as u64)
        }
    }

    /// The row of the entry with this number, if it is shown. Looks at every row if they are
    /// sorted: not for every frame.
    #[must_use]
    pub fn row(&self, log: &EventLog, number: u64) -> Option<usize> {
        if let Some(order) = &self.order {
            order.rows().iter().position(|other| *other == number)
        } else if self.scan.is_some() {
            self.matches.binary_search(&number).ok()
        } else {
            let row = usize::try_from(number.checked_sub(log.first())?).ok()?;
            (row < self.len(log)).then_some(row)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::event::source_id::SourceId;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::testing::event;

    const TAP: TapId = TapId::of(SourceId::FIRST, 1);

    /// A clock that goes on far enough each time.
    static LATER: AtomicI64 = AtomicI64::new(PACE_MS);

    fn log(keys: &[&str]) -> EventLog {
        let mut log = EventLog::new(1_000_000);
        for key in keys {
            log.push(TAP, &event(key, "{}"));
        }
        log
    }

    fn settle(view: &mut View, log: &EventLog) {
        while view.advance(log, LATER.fetch_add(PACE_MS, Ordering::Relaxed)) == Soon::Now {
            std::thread::yield_now();
        }
    }

    fn shown(view: &View, log: &EventLog) -> Vec<u64> {
        (0..view.len(log))
            .filter_map(|row| view.number(log, row))
            .collect()
    }

    fn text(text: &str) -> Criteria {
        Criteria {
            text: text.into(),
            ..Criteria::default()
        }
    }

    fn scope(change: impl FnOnce(&mut Scope)) -> Criteria {
        let mut criteria = Criteria::default();
        change(&mut criteria.scope);
        criteria
    }

    #[test]
    fn without_criteria_every_entry_is_a_row() {
        let log = log(&["a", "b"]);
        let mut view = View::default();
        assert_eq!(view.advance(&log, 0), Soon::No);
        assert_eq!(shown(&view, &log), [0, 1]);
        assert_eq!(view.row(&log, 1), Some(1));
    }

    #[test]
    fn a_branch_is_whole_words_and_a_muted_one_is_hidden() {
        let mut log = log(&["order.created", "orders.x", "order", "payment.order"]);
        log.push(TapId::of(SourceId::FIRST, 2), &event("order.paid", "{}"));
        let mut view = View::default();
        view.set(scope(|scope| scope.branch = Some("order".into())), 0);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [0, 2, 4]);
        assert_eq!((view.row(&log, 2), view.row(&log, 1)), (Some(1), None));
        view.set(scope(|scope| scope.muted = ["order".into()].into()), 0);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [1, 3]);
        view.set(scope(|scope| scope.hidden_taps = [TAP].into()), 0);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [4]);
    }

    #[test]
    fn a_filter_asks_how_events_are_judged() {
        let mut log = log(&["order", "payment"]);
        log.push(TAP, &event("order", r#"{"n":1}"#));
        let source = crate::schema::SchemaSource {
            event_type: "order".into(),
            version: "1".into(),
            file: "1.schema.json".into(),
            text: r#"{"required":["n"]}"#.into(),
        };
        let catalog = Catalog::new(std::path::PathBuf::new(), vec![source]);
        let mut view = View::default();
        view.set(text("schema:fails"), 0);
        settle(&mut view, &log);
        assert!(shown(&view, &log).is_empty());
        view.set_schemas(Arc::new(catalog), 0);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [0]);
        view.set(text("schema:no-* or not has:schema"), 0);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [1, 2]);
    }

    #[test]
    fn a_faulty_line_keeps_the_filter_before_it() {
        let log = log(&["order", "payment"]);
        let mut view = View::default();
        view.set(text("order"), 0);
        settle(&mut view, &log);
        view.set(text("order ("), 0);
        settle(&mut view, &log);
        assert!(view.problem().is_some());
        assert_eq!(
            view.in_force().map(ToString::to_string).as_deref(),
            Some("order")
        );
        assert_eq!(shown(&view, &log), [0]);
        view.set(text(""), 0);
        assert_eq!((view.problem(), view.len(&log)), (None, 2));
    }

    #[test]
    fn a_stopped_search_says_what_it_left_out_and_goes_on_with_what_comes() {
        let mut log = log(&["a", "a", "a"]);
        let mut view = View::default();
        view.set(text("a"), 0);
        view.advance(&log, LATER.fetch_add(PACE_MS, Ordering::Relaxed));
        view.stop_search(&log);
        let left = view.unsearched(&log);
        log.push(TAP, &event("a", "{}"));
        settle(&mut view, &log);
        assert_eq!(view.len(&log) as u64, 4 - left);
        assert_eq!(view.number(&log, view.len(&log) - 1), Some(3));
    }

    #[test]
    fn pausing_holds_new_rows_back_and_loses_none() {
        let mut log = log(&["a"]);
        let mut view = View::default();
        view.freeze(Some(log.end()));
        log.push(TAP, &event("b", "{}"));
        assert_eq!(shown(&view, &log), [0]);
        assert_eq!(view.held_back(&log), 1);
        view.freeze(None);
        assert_eq!(shown(&view, &log), [0, 1]);
        assert_eq!((view.held_back(&log), view.newer(&log, 1)), (0, 1));
    }

    #[test]
    fn evicted_rows_leave_the_matches() {
        let mut log = EventLog::new(20_000);
        let mut view = View::default();
        view.set(text("a"), 0);
        for _ in 0..400 {
            log.push(TAP, &event("a", "{}"));
            view.advance(&log, LATER.fetch_add(PACE_MS, Ordering::Relaxed));
        }
        settle(&mut view, &log);
        assert!(log.first() > 0);
        let kept: Vec<u64> = (log.first()..log.end()).collect();
        assert_eq!(shown(&view, &log), kept);
    }

    #[test]
    fn sorted_rows_are_those_that_were_shown() {
        let log = log(&["b", "a", "b"]);
        let mut view = View::default();
        view.set(text("b"), 0);
        settle(&mut view, &log);
        view.sort(Some((SortBy::Time, true)), &log);
        settle(&mut view, &log);
        assert_eq!(shown(&view, &log), [2, 0]);
        assert_eq!(view.row(&log, 0), Some(1));
        view.sort(None, &log);
        assert_eq!(shown(&view, &log), [0, 2]);
    }

    #[test]
    fn a_flood_moves_the_rows_only_now_and_then() {
        let mut log = log(&["a"]);
        let mut view = View::default();
        assert_eq!(view.advance(&log, 1_000), Soon::No);
        assert_eq!(view.len(&log), 1);
        for _ in 0..TOO_MANY {
            log.push(TAP, &event("b", "{}"));
        }
        assert_eq!(view.advance(&log, 1_010), Soon::No);
        assert_eq!(view.len(&log), 51, "few are shown at once");
        for _ in 0..=TOO_MANY {
            log.push(TAP, &event("c", "{}"));
        }
        assert_eq!(view.advance(&log, 1_050), Soon::In(60));
        assert_eq!(view.len(&log), 51);
        assert_eq!(view.advance(&log, 1_110), Soon::No);
        assert_eq!(view.len(&log), 102);
    }
}
