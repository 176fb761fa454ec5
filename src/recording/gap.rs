//! What is missing in a recording.

use chrono::{DateTime, Utc};

/// Something that was not seen, or not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenGap {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Where, if it concerns one source.
    pub place: Option<String>,
    /// How many events it was, if that is known.
    pub events: Option<u64>,
    /// In words.
    pub why: String,
}
