//! Which messages of a look are listed, and in which order: all as they lie in the queue, or those that
//! a filter lets through, sorted by a column.

mod arrange;

use std::sync::Arc;
use std::task::Poll;

use super::letter::DeadLetter;
use crate::analysis::SearchTask;
use crate::query::{Filter, ParseError};
use crate::schema::Catalog;
use crate::state::Soon;
use arrange::Arrange;

/// A column by which messages are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterColumn {
    /// The broker's word.
    Reason,
    /// What the consumer failed of.
    Exception,
    /// The key of the first publish.
    Key,
    /// When it died.
    Died,
    /// The queue that failed.
    DiedIn,
    /// The first words of the payload.
    Summary,
}

/// So few messages, and so few bytes in all, are looked through within a frame.
const FEW: usize = 200;
/// See [`FEW`].
const FEW_BYTES: usize = 256 * 1024;
/// Milliseconds between two looks whether the work on another thread is done.
const LOOK_MS: i64 = 30;

/// The list of messages.
#[derive(Debug, Default)]
pub struct Listing {
    /// The line as it was typed.
    line: String,
    /// What is wrong with it; the one before it goes on being used.
    problem: Option<ParseError>,
    /// What stands at the end of the line and is not finished.
    unfinished: Option<String>,
    filter: Option<Filter>,
    order: Option<(LetterColumn, bool)>,
    /// Places in the order in which they are listed; none for all as they lie in the queue.
    shown: Option<Vec<usize>>,
    task: Option<SearchTask<Vec<usize>>>,
    is_stale: bool,
}

impl Listing {
    /// What is wrong with the line.
    #[must_use]
    pub fn problem(&self) -> Option<&ParseError> {
        self.problem.as_ref()
    }

    /// What is typed at the end of the line and asks nothing yet.
    #[must_use]
    pub fn unfinished(&self) -> Option<&str> {
        self.unfinished.as_deref()
    }

    /// The filter that is in force, if there is one.
    #[must_use]
    pub fn in_force(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// The column by which the list is sorted, and whether the largest comes first.
    #[must_use]
    pub fn order(&self) -> Option<(LetterColumn, bool)> {
        self.order
    }

    /// True if a filter leaves messages out.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    /// True while another thread looks.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_stale || self.task.is_some()
    }

    /// How many of `all` messages are listed.
    #[must_use]
    pub fn len(&self, all: usize) -> usize {
        self.shown.as_ref().map_or(all, Vec::len)
    }

    /// The place of the message in a row.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<usize> {
        match &self.shown {
            Some(shown) => shown.get(row).copied(),
            None => Some(row),
        }
    }

    /// The row in which a message is listed.
    #[must_use]
    pub fn row(&self, place: usize) -> Option<usize> {
        match &self.shown {
            Some(shown) => shown.iter().position(|one| *one == place),
            None => Some(place),
        }
    }

    /// True if a message is listed.
    #[must_use]
    pub fn shows(&self, place: usize) -> bool {
        self.row(place).is_some()
    }

    /// The places of all that are listed, of `all` messages.
    pub fn places(&self, all: usize) -> impl Iterator<Item = usize> {
        (0..self.len(all)).filter_map(|row| self.place(row))
    }

    /// The line was typed again.
    pub(super) fn set_line(&mut self, line: &str) {
        if self.line == line {
            return;
        }
        line.clone_into(&mut self.line);
        match Filter::parse_typed(line) {
            Err(problem) => {
                self.unfinished = None;
                self.problem = Some(problem);
            }
            Ok((filter, unfinished)) => {
                self.problem = None;
                self.unfinished = unfinished.map(|at| line[at].to_owned());
                let filter = (filter != Filter::default()).then_some(filter);
                if filter != self.filter {
                    self.filter = filter;
                    self.renew();
                }
            }
        }
    }

    /// Sorts by a column, the second time the other way round, the third time not at all.
    pub(super) fn sort(&mut self, by: LetterColumn) {
        self.order = match self.order {
            Some((same, false)) if same == by => Some((by, true)),
            Some((same, true)) if same == by => None,
            _ => Some((by, false)),
        };
        self.renew();
    }

    /// The messages are others now.
    pub(super) fn renew(&mut self) {
        self.task = None;
        self.is_stale = true;
    }

    /// Another queue is open: nothing is left out of it.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// A message has left. What is listed stays in its order.
    pub(super) fn left(&mut self, place: usize) {
        if self.task.is_some() {
            self.renew();
        }
        if let Some(shown) = &mut self.shown {
            shown.retain(|one| *one != place);
            for one in shown.iter_mut().filter(|one| **one > place) {
                *one -= 1;
            }
        }
    }

    /// The place of the message that is listed below this one, or above it if it is the last.
    pub(super) fn neighbour(&self, place: usize, all: usize) -> Option<usize> {
        let row = self.row(place)?;
        let row = if row + 1 < self.len(all) {
            row + 1
        } else {
            row.checked_sub(1)?
        };
        self.place(row)
    }

    /// A frame passes in which the list is shown.
    pub(super) fn tick(
        &mut self,
        messages: &[DeadLetter],
        seen_ms: i64,
        catalog: Option<&Arc<Catalog>>,
    ) -> Soon {
        if let Some(task) = &self.task
            && let Poll::Ready(done) = task.poll()
        {
            self.task = None;
            self.shown = Some(done.unwrap_or_default());
            return Soon::Now;
        }
        if std::mem::take(&mut self.is_stale) {
            if self.filter.is_none() && self.order.is_none() {
                self.shown = None;
                return Soon::Now;
            }
            let work = Arrange {
                messages: messages.to_vec(),
                filter: self.filter.clone(),
                order: self.order,
                seen_ms,
                catalog: catalog.cloned(),
            };
            let bytes: usize = messages.iter().take(FEW).map(|m| m.event.body.len()).sum();
            if messages.len() <= FEW && bytes <= FEW_BYTES {
                self.shown = Some(work.places());
                return Soon::Now;
            }
            // The places of before may be of other messages.
            self.shown = Some(Vec::new());
            self.task = Some(SearchTask::begin(move || work.places()));
        }
        match self.task {
            Some(_) => Soon::In(LOOK_MS),
            None => Soon::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Transport};
    use crate::rabbitmq::origin::Scene;
    use crate::testing::{death, died};
    use chrono::DateTime;

    /// A message that died of this reason in this queue, with this key and body.
    fn letter(reason: &str, key: &str, body: &str) -> DeadLetter {
        let event = Event::new(
            DateTime::UNIX_EPOCH,
            "dead".into(),
            "orders.dead".into(),
            Transport::amqp(true),
            died(vec![death(reason, "orders", "shop", &[key], 1)]),
            body.into(),
        );
        DeadLetter::seen(Arc::new(event), Scene::default())
    }

    fn letters() -> Vec<DeadLetter> {
        vec![
            letter("rejected", "order.paid", r#"{"total":30}"#),
            letter("expired", "order.created", r#"{"total":20}"#),
            letter("rejected", "order.created", r#"{"total":10}"#),
        ]
    }

    fn shown(listing: &mut Listing, messages: &[DeadLetter]) -> Vec<usize> {
        while listing.tick(messages, 0, None) != Soon::No {
            std::thread::yield_now();
        }
        listing.places(messages.len()).collect()
    }

    #[test]
    fn a_line_asks_for_the_first_publish_and_the_payload() {
        let (messages, mut listing) = (letters(), Listing::default());
        assert_eq!(shown(&mut listing, &messages), [0, 1, 2]);
        for (line, places) in [
            ("key:order.created", &[1, 2][..]),
            ("destination:shop", &[0, 1, 2]),
            ("data.total>15", &[0, 1]),
            ("rejected not key:order.paid", &[2]),
            ("reason:expired", &[1]),
            ("queue:orders reason:rejected", &[0, 2]),
            ("queue:elsewhere", &[]),
            ("has:schema", &[]),
            ("", &[0, 1, 2]),
        ] {
            listing.set_line(line);
            assert_eq!(shown(&mut listing, &messages), places, "{line}");
        }
    }

    #[test]
    fn a_line_with_a_fault_leaves_the_one_before_it_in_force() {
        let (messages, mut listing) = (letters(), Listing::default());
        listing.set_line("data.total>15");
        shown(&mut listing, &messages);
        listing.set_line("data.total>15 (");
        assert!(listing.problem().is_some());
        assert_eq!(shown(&mut listing, &messages), [0, 1]);
    }

    #[test]
    fn what_is_half_typed_leaves_nothing_out() {
        let (messages, mut listing) = (letters(), Listing::default());
        for (line, places, unfinished) in [
            ("data.total>15 key:", &[0, 1][..], Some("key:")),
            ("reason:", &[0, 1, 2], Some("reason:")),
            ("reason:expired", &[1], None),
        ] {
            listing.set_line(line);
            assert_eq!(shown(&mut listing, &messages), places, "{line}");
            assert_eq!(listing.unfinished(), unfinished);
            assert_eq!(listing.problem(), None);
        }
    }

    #[test]
    fn a_column_sorts_up_then_down_then_not() {
        let (messages, mut listing) = (letters(), Listing::default());
        for places in [[2, 1, 0], [0, 1, 2], [0, 1, 2]] {
            listing.sort(LetterColumn::Summary);
            assert_eq!(shown(&mut listing, &messages), places);
        }
        assert_eq!(listing.order(), None);
    }

    #[test]
    fn what_leaves_a_sorted_list_leaves_the_others_in_their_order() {
        let (mut messages, mut listing) = (letters(), Listing::default());
        listing.sort(LetterColumn::Summary);
        shown(&mut listing, &messages);
        assert_eq!(listing.neighbour(2, 3), Some(1));
        assert_eq!(
            listing.neighbour(0, 3),
            Some(1),
            "the last one has one above it"
        );
        messages.remove(1);
        listing.left(1);
        assert_eq!(shown(&mut listing, &messages), [1, 0]);
    }

    #[test]
    fn many_messages_are_looked_through_on_another_thread() {
        let messages: Vec<DeadLetter> = (0..=FEW)
            .map(|n| letter("rejected", "k", &format!(r#"{{"n":{n}}}"#)))
            .collect();
        let mut listing = Listing::default();
        listing.set_line("data.n<2");
        assert_ne!(listing.tick(&messages, 0, None), Soon::No);
        assert_eq!(shown(&mut listing, &messages), [0, 1]);
    }
}
