//! What a person arranged at one connection, in plain words and numbers: its taps, and the publish form
//! with what was sent.

use std::sync::Arc;

/// A tap as it is started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedTap {
    /// What it listens to; none for the trace of the whole store.
    pub destination: Option<String>,
    /// The patterns of keys.
    pub keys: Vec<String>,
    /// The trace shows deliveries too.
    pub deliveries: bool,
    /// The number of its colour.
    pub colour: usize,
    /// Its rows are shown.
    pub shown: bool,
}

/// A header line, as it reads in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedHeader {
    pub name: String,
    /// The name of its type.
    pub kind: String,
    pub value: String,
}

/// The fields of a message whose payload is text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedDraft {
    pub destination: String,
    pub key: String,
    pub delivery_mode: Option<u8>,
    /// The other fields that are not empty, by their names in the protocol.
    pub fields: Vec<(String, String)>,
    /// There is a table of headers, though it may be empty.
    pub has_headers: bool,
    pub headers: Vec<SavedHeader>,
    pub body: String,
    /// For Kafka: what its key is, and the partition as typed.
    pub record: Option<(String, String)>,
}

/// The publish form, with how it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedForm {
    pub draft: SavedDraft,
    /// Variables are sent as they are written.
    pub as_written: bool,
    /// How often a series publishes it, as typed.
    pub count: String,
    /// How many a second, as typed.
    pub rate: String,
    /// Its payload is written as text.
    pub raw: bool,
    /// The event type and the version whose fields the payload has, if they were chosen by hand.
    pub chosen: Option<(String, String)>,
}

/// How a publish ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedOutcome {
    Routed,
    /// Written to a partition, at an offset where one was told.
    Written(u32, Option<u64>),
    /// No queue took it; the store's words.
    Unroutable(String),
    Refused(String),
    /// Whether it arrived is not known; there was no answer in so many seconds.
    NotConfirmed(u64),
}

/// A series that was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedSeries {
    /// How many events were asked for.
    pub count: u32,
    /// How many a second; none for as fast as possible.
    pub per_second: Option<u32>,
    pub as_written: bool,
    pub routed: u32,
    pub not_routed: u32,
    /// Whether they arrived is not known.
    pub unsure: u32,
    /// What went wrong, in words.
    pub problem: Option<String>,
}

/// An event that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSent {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub message: SavedDraft,
    /// Only our own tap was known to take it.
    pub only_tap: bool,
    /// How it ended, unless it is a series.
    pub outcome: Option<SavedOutcome>,
    pub series: Option<SavedSeries>,
}

/// What was arranged at one connection. Parts are shared, because they are compared in each frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedDesk {
    /// Where the connection leads.
    pub place: String,
    pub taps: Vec<SavedTap>,
    pub form: Option<Arc<SavedForm>>,
    /// Newest first.
    pub sent: Arc<Vec<SavedSent>>,
}
