//! Whether the record at the place that a dead letter names is the one that died. A topic may have been
//! made again, or cut, and a producer can write such headers too, so nothing is called the original
//! before time, key and value were compared.

use super::KafkaAccount;
use super::record::{DeadRecord, RecordTime};
use super::telling::KafkaWriter;

/// What a look at the place of the original found.
#[derive(Clone, Copy, Debug)]
pub enum OriginalLook<'a> {
    /// Nobody looked, or the look failed.
    NotLooked,
    /// There is no record at that place any more.
    Gone,
    /// This record is there.
    There {
        time: Option<RecordTime>,
        key: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
    },
}

/// What the record at the place of the original is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundOriginal {
    /// All that can be compared is equal.
    Same,
    /// Another record lies there; what differs, in words.
    Other(Vec<&'static str>),
    /// It is deleted or compacted away.
    Gone,
    /// It was not looked at, or nothing is left to compare.
    Unknown,
}

impl FoundOriginal {
    /// One word for scripts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other(_) => "other",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }

    /// A sentence for the person.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Same => "The original is still there: time, key and value are those of the dead \
                           letter, as far as it has them"
                .to_owned(),
            Self::Other(differs) => format!(
                "Another record lies at the place of the original: {}",
                differs.join(", ")
            ),
            Self::Gone => "The original is gone: deleted by retention or compacted away".to_owned(),
            Self::Unknown => "Whether the original is still there is not known".to_owned(),
        }
    }
}

/// Compares a dead letter with what lies at the place of its original.
#[must_use]
pub fn compare(
    record: &DeadRecord<'_>,
    account: &KafkaAccount,
    look: OriginalLook<'_>,
) -> FoundOriginal {
    let (time, key, value) = match look {
        OriginalLook::NotLooked => return FoundOriginal::Unknown,
        OriginalLook::Gone => return FoundOriginal::Gone,
        OriginalLook::There { time, key, value } => (time, key, value),
    };
    // A broker that does not copy writes null for both.
    let is_bare = account.written_by == Some(KafkaWriter::ShareGroup)
        && record.key.is_none()
        && record.value.is_none();
    let is_known = account.original.is_some() && !is_bare;
    if !is_known {
        return FoundOriginal::Unknown;
    }
    let mut differs = Vec::new();
    if let (Some(known), Some(time)) = (account.original_time_ms, time)
        && known != time.ms()
    {
        differs.push("its time is another one");
    }
    if key != record.key {
        differs.push("its key is another one");
    }
    if value != record.value {
        differs.push("its value is another one");
    }
    if differs.is_empty() {
        FoundOriginal::Same
    } else {
        FoundOriginal::Other(differs)
    }
}
