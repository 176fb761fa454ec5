//! Records of a log: each has a place of its own there, by which it is found again, and nothing is removed
//! from it one by one. So what was done with one is a mark that the journal keeps.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::Event;

/// Where a record lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordPlace {
    /// Its topic.
    pub destination: String,
    pub partition: u32,
    /// Its number in that partition.
    pub offset: u64,
}

impl RecordPlace {
    /// Where this event lies; `None` if it came from no log.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let record = event.transport.kafka()?;
        Some(Self {
            destination: event.destination.clone(),
            partition: record.partition,
            offset: record.offset,
        })
    }

    /// `orders 2:17`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}:{}", self.destination, self.partition, self.offset)
    }
}

/// What a look at one place found.
#[derive(Clone, Debug)]
pub enum RecordFound {
    There(Arc<Event>),
    /// There is no record at that place: it was deleted, compacted away, or never was.
    Gone,
    /// Nobody could look; why, in words.
    NotRead(String),
}

/// What was done with a dead letter that stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordDeed {
    /// It was sent again, for certain.
    Sent,
    /// A person gave it up; its copy is in the journal.
    Discarded,
    /// It may have been sent again: that cannot be known any more.
    PerhapsSent,
    /// It is being sent.
    UnderWay,
}

impl RecordDeed {
    /// The mark on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "Sent",
            Self::Discarded => "Discarded",
            Self::PerhapsSent => "Possibly sent",
            Self::UnderWay => "Under way",
        }
    }
}

/// The journal's last word on a dead letter that stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMark {
    pub deed: RecordDeed,
    pub at: DateTime<Utc>,
    /// Where its copy was sent, if it was.
    pub sent_to: Option<String>,
}
