//! Events that a person marked to find them again, with what they noted. They outlive the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::Event;
use crate::log::EventLog;

/// Most bookmarks: each keeps its event.
const MOST: usize = 200;

/// A marked event.
#[derive(Clone, Debug)]
pub struct BookmarkedEvent {
    pub event: Arc<Event>,
    /// What the person noted; may be empty.
    pub note: String,
}

/// The marked events by their numbers in the log.
#[derive(Debug, Default)]
pub struct Bookmarks(BTreeMap<u64, BookmarkedEvent>);

impl Bookmarks {
    /// Puts a bookmark on an event that is kept, or takes it off. Nothing happens if there are too
    /// many.
    pub fn toggle(&mut self, number: u64, log: &EventLog) {
        if self.0.remove(&number).is_some() || self.is_full() {
            return;
        }
        if let Some(event) = log.event(number) {
            let event = Arc::new(event.to_event());
            let note = String::new();
            self.0.insert(number, BookmarkedEvent { event, note });
        }
    }

    /// Writes a note on a marked event.
    pub fn note(&mut self, number: u64, note: String) {
        if let Some(marked) = self.0.get_mut(&number) {
            marked.note = note;
        }
    }

    /// True if no more can be put.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// The bookmark on this event.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&BookmarkedEvent> {
        self.0.get(&number)
    }

    /// All of them, oldest event first.
    pub fn all(&self) -> impl ExactSizeIterator<Item = (u64, &BookmarkedEvent)> {
        self.0.iter().map(|(number, marked)| (*number, marked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::tap_id::TapId;
    use crate::testing::event;

    #[test]
    fn a_marked_event_outlives_the_log() {
        let (mut log, mut bookmarks) = (EventLog::new(1_000_000), Bookmarks::default());
        log.push(TapId::of(SourceId::FIRST, 1), &event("a", "1"));
        bookmarks.toggle(0, &log);
        bookmarks.toggle(7, &log);
        bookmarks.note(0, "odd".into());
        log.clear();
        let marked: Vec<_> = bookmarks.all().map(|(n, m)| (n, &*m.note)).collect();
        assert_eq!(marked, [(0, "odd")]);
        assert_eq!(bookmarks.get(0).unwrap().event.body, b"1");
        bookmarks.toggle(0, &log);
        assert_eq!(bookmarks.all().len(), 0);
    }
}
