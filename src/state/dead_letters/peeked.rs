//! What a look into a queue showed, and how much of it is still true.

use chrono::{DateTime, TimeDelta, Utc};

use super::DeadLetter;
use crate::protocol::PutBack;
use crate::rabbitmq::delivery_limit::Left;
use crate::rabbitmq::topology::Topology;
use crate::text::numbers::{count_of, thousands};

/// The messages of a queue as they were peeked.
#[derive(Clone, Debug)]
pub struct Peeked {
    pub queue: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Messages before the first that is shown; not known in a stream.
    pub first: u32,
    /// How many were borrowed or ready at the end of the look, less those that left the queue since.
    pub depth: u32,
    /// How many were borrowed, with those before the page.
    pub borrowed: u32,
    /// How long they were borrowed, in milliseconds.
    pub borrowed_ms: u64,
    /// How they went back.
    pub put_back: PutBack,
    /// How often one can look again without harm, where that is limited.
    pub left: Option<Left>,
    /// What the broker side had to say.
    pub remark: String,
    /// Why nothing came, where the queue may all the same not be empty.
    pub nothing: String,
    /// In queue order.
    pub messages: Vec<DeadLetter>,
    /// When a message left last, or the look itself.
    pub changed: DateTime<Utc>,
    /// When the broker counted the queue since, and what it counted.
    pub counted: Option<(DateTime<Utc>, u64)>,
}

/// A broker counts its queues every few seconds, so what it tells may be that old. A count counts
/// only if it was told later than this after the last change that is known here.
const SETTLES: TimeDelta = TimeDelta::seconds(12);

impl Peeked {
    /// Nothing lies in the queue, so far as the broker says: nothing is ready, and nobody is known
    /// to hold anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.depth == 0 && self.nothing.is_empty() && self.put_back != PutBack::Untouched
    }

    /// Nothing lies in the queue beside these messages.
    #[must_use]
    pub fn shows_all(&self) -> bool {
        self.first == 0
            && usize::try_from(self.depth).is_ok_and(|depth| depth <= self.messages.len())
    }

    /// True if nothing else is known to have come, so far as that is known at all: the broker counted the
    /// queue since and found nothing more, or the look was a moment ago.
    #[must_use]
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        match self.counted {
            Some((_, ready)) => ready <= u64::from(self.depth),
            None => now - self.changed < SETTLES,
        }
    }

    /// Messages in the queue, as far as that is known: counted since, or seen by the look.
    #[must_use]
    pub fn depth_by_now(&self) -> u64 {
        self.counted.map_or(self.depth.into(), |(_, ready)| ready)
    }

    /// Messages have left: what was counted before is not of this moment.
    pub(super) fn note_change(&mut self, now: DateTime<Utc>) {
        self.changed = now;
        self.counted = None;
    }

    /// Takes down how many lie in the queue by now.
    pub(super) fn note_count(&mut self, topology: &Topology, now: DateTime<Utc>) {
        let is_stream = self.put_back == PutBack::Untouched;
        if is_stream || now - self.changed < SETTLES {
            return;
        }
        let ready = topology.queue(&self.queue).and_then(|queue| queue.ready);
        self.counted = ready.map(|ready| (now, ready));
    }

    /// How the queue differs by now from what was seen, in words; nothing if it does not, or if
    /// that is not known.
    #[must_use]
    pub fn since(&self) -> Option<String> {
        let (_, ready) = self.counted?;
        let depth = u64::from(self.depth);
        match ready.checked_sub(depth) {
            Some(0) => None,
            Some(newer) => Some(format!("{} newer", thousands(newer))),
            None => Some(format!("{} fewer by now", thousands(depth - ready))),
        }
    }

    /// What is shown, in words: `39 messages`, or `Messages 1–200 of 100,000`.
    #[must_use]
    pub fn what(&self) -> String {
        let count = self.messages.len() as u64;
        if self.shows_all() || count == 0 {
            return count_of(count, "message");
        }
        let first = u64::from(self.first);
        let [from, to, of] = [first + 1, first + count, u64::from(self.depth)].map(thousands);
        format!("Messages {from}–{to} of {of}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    fn peeked(depth: u32) -> Peeked {
        let at = DateTime::UNIX_EPOCH;
        Peeked {
            queue: "orders.dead".into(),
            at,
            first: 0,
            depth,
            borrowed: depth,
            borrowed_ms: 1,
            put_back: PutBack::InOrder,
            left: None,
            remark: String::new(),
            nothing: String::new(),
            messages: Vec::new(),
            changed: at,
            counted: None,
        }
    }

    #[test]
    fn what_came_since_is_told_once_the_count_is_of_a_later_moment() {
        let mut peeked = peeked(39);
        let mut after = |seconds: i64, ready: u64| {
            let mut shop = shop();
            for queue in &mut shop.queues {
                queue.ready = Some(ready);
            }
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
            peeked.note_count(&shop, now);
            peeked.since()
        };
        assert_eq!(
            after(5, 38),
            None,
            "the broker may have counted before the look"
        );
        assert_eq!(after(15, 45), Some("6 newer".to_owned()));
        assert_eq!(after(20, 39), None);
        assert_eq!(after(25, 30), Some("9 fewer by now".to_owned()));
        peeked.note_change(DateTime::UNIX_EPOCH + TimeDelta::seconds(26));
        assert_eq!(peeked.since(), None, "something left since");
    }
    #[test]
    fn all_is_shown_only_as_long_as_nothing_newer_is_known() {
        let mut peeked = peeked(2);
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        assert!(peeked.is_fresh(at(5)), "it was looked at a moment ago");
        assert!(!peeked.is_fresh(at(60)), "nobody has counted since");
        for (ready, is_fresh) in [(2, true), (1, true), (7, false)] {
            let mut shop = shop();
            for queue in &mut shop.queues {
                queue.ready = Some(ready);
            }
            peeked.note_count(&shop, at(60));
            assert_eq!(peeked.is_fresh(at(61)), is_fresh, "{ready}");
            assert_eq!(peeked.depth_by_now(), ready);
        }
    }
}
