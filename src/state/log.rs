//! The events that are kept, oldest first, bounded in bytes. Each has a number that never changes,
//! so a selection survives while older events are evicted.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::Event;

/// Memory for events, in bytes, unless told otherwise.
pub const DEFAULT_MAX_BYTES: usize = 512 * 1024 * 1024;

/// One line of the log.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An event.
    Event(Arc<Event>),
    /// A time during which nothing could be seen, because the connection was lost.
    Gap {
        /// Its start.
        from: DateTime<Utc>,
        /// Its end.
        to: DateTime<Utc>,
    },
}

impl Entry {
    /// The event, if it is one.
    #[must_use]
    pub fn event(&self) -> Option<&Arc<Event>> {
        match self {
            Self::Event(event) => Some(event),
            Self::Gap { .. } => None,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Event(event) => event.cost(),
            Self::Gap { .. } => size_of::<Self>(),
        }
    }
}

/// The log.
#[derive(Debug)]
pub struct EventLog {
    entries: VecDeque<Entry>,
    first: u64,
    bytes: usize,
    max_bytes: usize,
    received: u64,
    evicted: u64,
}

impl EventLog {
    /// An empty log that keeps about this many bytes.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            first: 0,
            bytes: 0,
            max_bytes,
            received: 0,
            evicted: 0,
        }
    }

    /// Appends an entry and evicts the oldest while there is too much. The newest always stays,
    /// even one that is larger than the limit.
    pub fn push(&mut self, entry: Entry) {
        self.received += u64::from(entry.event().is_some());
        self.bytes += entry.cost();
        self.entries.push_back(entry);
        while self.bytes > self.max_bytes && self.entries.len() > 1 {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.cost();
            self.first += 1;
            self.evicted += u64::from(oldest.event().is_some());
        }
    }

    /// Removes everything and starts the counters anew. Numbers go on, so that an old number never
    /// names a new event.
    pub fn clear(&mut self) {
        self.first = self.end();
        self.entries.clear();
        self.bytes = 0;
        self.received = 0;
        self.evicted = 0;
    }

    /// The entry of this number, unless it was evicted or does not exist yet.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Entry> {
        let index = number.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// Number of the oldest entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number that the next entry will get.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Events that ever came, since the last clear.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Events that were evicted to stay within the memory limit, since the last clear.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Events that are kept.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.received - self.evicted
    }

    /// Bytes that they take, near enough.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::Properties;

    pub(crate) fn event(key: &str, body: &str) -> Arc<Event> {
        Arc::new(Event::new(
            DateTime::UNIX_EPOCH,
            "shop".into(),
            key.into(),
            false,
            Properties::default(),
            body.into(),
        ))
    }

    #[test]
    fn evicting_keeps_the_newest_and_counts() {
        let one = event("a", "x").cost();
        let mut log = EventLog::new(one * 3 + 1);
        for number in 0..10 {
            log.push(Entry::Event(event("a", &number.to_string())));
        }
        assert_eq!((log.received(), log.kept(), log.evicted()), (10, 3, 7));
        assert_eq!((log.first(), log.end()), (7, 10));
        assert!(log.get(6).is_none());
        assert_eq!(log.get(9).and_then(Entry::event).unwrap().body, b"9");
        assert!(log.bytes() <= one * 3 + 1);
    }

    #[test]
    fn an_event_larger_than_the_limit_is_still_seen() {
        let mut log = EventLog::new(10);
        log.push(Entry::Event(event("a", "large")));
        assert_eq!(log.kept(), 1);
    }

    #[test]
    fn a_number_never_names_two_events() {
        let mut log = EventLog::new(DEFAULT_MAX_BYTES);
        log.push(Entry::Event(event("a", "1")));
        log.clear();
        log.push(Entry::Event(event("b", "2")));
        assert!(log.get(0).is_none());
        assert_eq!(log.get(1).and_then(Entry::event).unwrap().routing_key, "b");
        assert_eq!((log.received(), log.evicted()), (1, 0));
    }
}
