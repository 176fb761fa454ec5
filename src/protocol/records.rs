//! What is asked of a log whose records stay where they are: pages of it, records by their places, and
//! copies of dead letters that are sent again.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Event, Outgoing};
use crate::kafka::resend::{CopyTime, RecordManner};
use crate::repair::pace::Pace;

/// Where a page of a log begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPage {
    /// The newest records, merged by time.
    Newest,
    /// The oldest ones.
    Oldest,
    /// From this offset of each partition on.
    Offset(u64),
    /// From the first record of this time or later on.
    Time(DateTime<Utc>),
    /// From these offsets of partitions on: the `to` of the page before.
    From(Vec<(u32, u64)>),
    /// The newest before these offsets of partitions: the `from` of the page behind.
    Before(Vec<(u32, u64)>),
}

/// Which dead letters of a place are sent again.
#[derive(Clone, Debug)]
pub enum WhichRecords {
    /// These, each with what is sent for it.
    These(Vec<RecordOrder>),
    /// All that lie there when the job begins, but those that the journal calls sent or discarded.
    Whole(Box<RecordManner>),
}

/// One dead letter to be sent again.
#[derive(Clone, Debug)]
pub struct RecordOrder {
    /// The dead letter as it lies there.
    pub letter: Arc<Event>,
    /// What is sent for it.
    pub outgoing: Outgoing,
}

/// What the person read and agreed to. Without it such records are kept back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordsAgreed {
    /// An older state may be written over a newer one of its key, where the target is compacted.
    pub over_newer: bool,
    /// What lies at the place of the original may be sent for a dead letter that holds nothing itself,
    /// though nothing can be compared.
    pub unproven: bool,
    /// What was sent before, or may have been, may be sent once more.
    pub again: bool,
}

/// A resend from a log.
#[derive(Clone, Debug)]
pub struct RecordsOrder {
    /// The topic that they lie in.
    pub place: String,
    pub which: WhichRecords,
    /// What becomes of a time that the target would refuse or delete at once.
    pub time: CopyTime,
    pub agreed: RecordsAgreed,
    /// How fast and how carefully.
    pub pace: Pace,
}

/// How copies are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendingWay {
    /// Each batch is a transaction: after any break it is known whether it was sent.
    Transactions,
    /// Without transactions: after a break it may not be known.
    NoTransactions,
}

/// What a resend would do, found out without sending anything.
#[derive(Clone, Debug, PartialEq)]
pub struct ResendCheck {
    /// Dead letters that it is about.
    pub records: u64,
    /// How many would be sent, by target.
    pub targets: Vec<(String, u64)>,
    pub way: SendingWay,
    /// What is to be known before, each as a sentence.
    pub notes: Vec<String>,
    /// What would be kept back.
    pub kept: Vec<KeptBack>,
}

/// Why some dead letters would not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBack {
    /// As a sentence.
    pub words: String,
    /// How many; of some the places stand in `examples`.
    pub count: u64,
    /// At most ten: partition and offset.
    pub examples: Vec<(u32, u64)>,
    /// What the person would have to agree to, if that is all it takes.
    pub needs: Option<Agreement>,
}

/// What a person can agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agreement {
    /// [`RecordsAgreed::over_newer`].
    OverNewer,
    /// [`RecordsAgreed::unproven`].
    Unproven,
    /// [`RecordsAgreed::again`].
    Again,
}
