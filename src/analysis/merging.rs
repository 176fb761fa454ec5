//! A message that comes by several ways is shown once: by two taps that overlap, by a tap and the
//! broker's trace, as published and as delivered.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

use crate::event::amqp::Traced;
use crate::log::Kept;

/// Copies of one message come within this time, in milliseconds.
const WITHIN_MS: i64 = 10_000;
/// Most messages that are remembered.
const MOST: usize = 50_000;

/// An event as one of several copies of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageCopy {
    /// Its number in the log.
    pub number: u64,
    /// The same for all copies of a message.
    same: u64,
    /// By which way it came. Two by one way are two messages, however alike.
    way: u64,
    at_ms: i64,
}

impl MessageCopy {
    /// Costs a look at the whole body.
    pub(super) fn of(number: u64, event: Kept<'_>) -> Self {
        static KEYS: OnceLock<RandomState> = OnceLock::new();
        let keys = KEYS.get_or_init(RandomState::new);
        let delivered = event.trace().map(|trace| match &trace.fate {
            Traced::Published(_) => "",
            Traced::Delivered(queue) => queue,
        });
        let same = (
            event.tap().source,
            &*event.shape().destination,
            event.key(),
            event.message_id(),
            event.correlation_id(),
            event.body(),
        );
        Self {
            number,
            same: keys.hash_one(same),
            way: keys.hash_one((event.tap(), delivered)),
            at_ms: event.received_ms(),
        }
    }
}

/// How often a message came.
#[derive(Debug)]
struct Came {
    /// By each way.
    by: Vec<(u64, u32)>,
    /// Copies that were shown.
    shown: u32,
    at_ms: i64,
}

/// Remembers which messages were shown lately.
#[derive(Debug, Default)]
pub struct Merging {
    came: HashMap<u64, Came>,
    order: VecDeque<(u64, i64)>,
}

impl Merging {
    /// True if this copy is to be shown: more of this message came by its way than are shown. Copies
    /// are asked for in the order in which they came.
    pub fn shows(&mut self, copy: &MessageCopy) -> bool {
        self.forget(copy.at_ms);
        let came = self.came.entry(copy.same).or_insert_with(|| {
            self.order.push_back((copy.same, copy.at_ms));
            Came {
                by: Vec::new(),
                shown: 0,
                at_ms: copy.at_ms,
            }
        });
        let at = came.by.iter().position(|(way, _)| *way == copy.way);
        let at = at.unwrap_or_else(|| {
            came.by.push((copy.way, 0));
            came.by.len() - 1
        });
        came.by[at].1 += 1;
        let shows = came.by[at].1 > came.shown;
        came.shown += u32::from(shows);
        shows
    }

    fn forget(&mut self, now_ms: i64) {
        while let Some((same, at_ms)) = self.order.front().copied()
            && (self.order.len() > MOST || now_ms - at_ms > WITHIN_MS)
        {
            self.order.pop_front();
            // It may have been forgotten and have come again.
            if self.came.get(&same).is_some_and(|came| came.at_ms == at_ms) {
                self.came.remove(&same);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(same: u64, way: u64, at_ms: i64) -> MessageCopy {
        MessageCopy {
            number: 0,
            same,
            way,
            at_ms,
        }
    }

    #[test]
    fn each_message_is_shown_once_and_equal_ones_each() {
        let mut merging = Merging::default();
        let mut shows = |same, way, at| merging.shows(&copy(same, way, at));
        assert!(shows(1, 1, 0));
        assert!(!shows(1, 2, 1), "the same by another way");
        assert!(shows(1, 2, 2), "a second one alike");
        assert!(!shows(1, 1, 3));
        assert!(!shows(1, 3, 4) && !shows(1, 3, 5) && shows(1, 3, 6));
        assert!(shows(1, 2, 20_000), "much later it is another message");
        assert!(shows(2, 1, 20_000));
    }
}
