//! What the journal keeps of a dead letter that lies in a log, beside its content: which record it is, so
//! that it is known again, and how its copy was sent, so that after a break it can be found out whether it
//! was.

use crate::event::kafka_record::KafkaRecord;

/// A topic of one cluster. One that was made again under the same name is another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LogName {
    /// The cluster's own id, or its address where it tells none.
    pub cluster: String,
    pub topic: String,
    /// The topic's own id in hex; empty where the broker tells none.
    pub topic_id: String,
}

/// What only a log says of a message that lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRecord {
    /// Where it lies.
    pub log: LogName,
    pub own: KafkaRecord,
    /// The transaction that its copy was sent in; nothing without transactions.
    pub batch: Option<String>,
    /// The end of the partition that its copy went to, before it was sent; nothing where that is not
    /// known beforehand.
    pub end: Option<(u32, u64)>,
}

/// Copies that were being sent when a run of Eventscope ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOffBatch {
    /// The transaction; nothing without transactions.
    pub batch: Option<String>,
    pub ids: Vec<super::journal_entry::RecordId>,
    /// When the last of them was written down.
    pub at: chrono::DateTime<chrono::Utc>,
}
