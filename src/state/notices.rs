//! Messages to the person, newest last, bounded.

use chrono::{DateTime, Utc};

use crate::protocol::Gravity;

/// Most notices that are kept; the oldest go first.
const MAX_NOTICES: usize = 50;

/// A message with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeEntry {
    /// Names it for [`Notices::dismiss`].
    pub number: u64,
    /// When it came.
    pub at: DateTime<Utc>,
    /// How grave it is.
    pub gravity: Gravity,
    pub words: String,
    /// How often it came in a row.
    pub times: u32,
}

/// The messages that were not put away yet.
#[derive(Debug, Default)]
pub struct Notices {
    entries: Vec<NoticeEntry>,
    next: u64,
}

impl Notices {
    /// Adds a message. The same words again only raise the count, so a fault that repeats does not
    /// push the others out.
    pub fn add(&mut self, at: DateTime<Utc>, gravity: Gravity, words: String) {
        if let Some(last) = self.entries.last_mut()
            && last.words == words
        {
            last.times += 1;
            last.at = at;
            return;
        }
        self.next += 1;
        self.entries.push(NoticeEntry {
            number: self.next,
            at,
            gravity,
            words,
            times: 1,
        });
        if self.entries.len() > MAX_NOTICES {
            self.entries.remove(0);
        }
    }

    /// Puts one away.
    pub fn dismiss(&mut self, number: u64) {
        self.entries.retain(|entry| entry.number != number);
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[NoticeEntry] {
        &self.entries
    }
}
