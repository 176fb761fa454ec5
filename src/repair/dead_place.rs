//! A place in a log where dead letters lie, and why it is taken for one.

use chrono::{DateTime, Utc};

/// A place with dead letters, such as a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadPlace {
    /// Its name.
    pub name: String,
    /// Records in it, counted as offsets: marks of transactions and what was compacted away count too.
    /// Not known where it may not be read.
    pub records: Option<u64>,
    /// Of these, records that the journal of this machine calls sent or discarded.
    pub done: u64,
    /// Why it is taken for one, each as the end of a sentence that begins with its name: `its name ends
    /// in -dlt`, `headers of Spring Kafka`, `its configuration`.
    pub why: Vec<String>,
    /// The person named it.
    pub is_named: bool,
    /// What its dead letters belong to, as far as its name or their headers tell.
    pub origin: Option<String>,
    /// The convention that its newest records follow.
    pub written_by: Option<String>,
    /// The time of its newest record.
    pub newest: Option<DateTime<Utc>>,
    /// The time of its oldest record.
    pub oldest: Option<DateTime<Utc>>,
    pub partitions: Vec<LogSpan>,
    /// How long it keeps records, in milliseconds, where it deletes by time and that is known.
    pub retention_ms: Option<i64>,
    /// What the person should know of it, such as what retention takes soon, each as a sentence.
    pub warnings: Vec<String>,
}

/// What of a partition there is, and what of it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogSpan {
    pub partition: u32,
    /// The first offset that is kept.
    pub first: u64,
    /// The offset that the next record will have.
    pub end: u64,
    /// Where the page begins; the end if nothing was read.
    pub from: u64,
    /// Where what follows the page begins.
    pub to: u64,
}

impl LogSpan {
    /// There may be records before the page.
    #[must_use]
    pub fn has_before(&self) -> bool {
        self.from > self.first
    }

    /// There may be records behind the page.
    #[must_use]
    pub fn has_behind(&self) -> bool {
        self.to < self.end
    }
}
