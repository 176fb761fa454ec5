//! What a dead letter tells of itself, in the same words whatever store it lies in. What is not told is
//! `None`, never guessed; what is told and may be wrong has a doubt beside it.

use chrono::{DateTime, Utc};

use super::record_place::RecordPlace;

/// All that a dead letter tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The convention that was recognised, by its name: `RabbitMQ`, `Spring Kafka`, `NServiceBus`.
    pub written_by: Option<String>,
    pub died: AccountDeath,
    /// Where it was published first.
    pub first: Option<AccountFirst>,
    /// How often it died, counted from below only.
    pub deaths_at_least: Option<u64>,
    /// Where a resend goes unless the person chooses otherwise.
    pub proposed_target: Option<AccountTarget>,
    /// Why no target is proposed, as a sentence.
    pub no_target: Option<String>,
    /// Where the record lies that this one is a copy of, if that is told to the offset.
    pub original_place: Option<RecordPlace>,
    /// The time of that record, in milliseconds since 1970.
    pub original_time_ms: Option<i64>,
    /// What lies at that place, as far as somebody looked.
    pub original: OriginalSeen,
    /// What else is told, each as a few words.
    pub facts: Vec<String>,
    /// What speaks against all this, each as a sentence.
    pub doubts: Vec<String>,
}

/// Where and why it died.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountDeath {
    /// The topic in which it died, or what it had been published to before it died.
    pub destination: Option<String>,
    pub partition: Option<u32>,
    /// Its number in that partition.
    pub offset: Option<u64>,
    /// The queue that gave it up.
    pub queue: Option<String>,
    /// The group of consumers that gave it up.
    pub group: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// Why, in the word or words of whoever wrote it down.
    pub reason: Option<String>,
    /// The exception's class with its package: the innermost cause that is told.
    pub exception_class: Option<String>,
    /// The first line of its message.
    pub exception_message: Option<String>,
    /// How often it was tried before it was given up.
    pub attempts: Option<u64>,
}

/// Where it was published first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFirst {
    /// What it is published to; empty for a destination without a name.
    pub destination: String,
    /// As a key stands in [`Event::key`](crate::event::Event::key): one that is no text is in hex.
    pub key: Option<String>,
    pub partition: Option<u32>,
    /// Its number in that partition.
    pub offset: Option<u64>,
}

/// Where it is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTarget {
    /// What it is published to; empty for a destination without a name.
    pub destination: String,
    /// As a key stands in [`Event::key`](crate::event::Event::key): one that is no text is in hex.
    pub key: Option<String>,
    /// The partition that it came from, which the topic may not have any more.
    pub partition: Option<u32>,
    /// Why there, where that is not plain, as a sentence.
    pub why: Option<String>,
}

/// What the record at the place of the original is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OriginalWord {
    /// All that can be compared is equal.
    Same,
    /// Another record lies there.
    Other,
    /// There is none any more.
    Gone,
    /// Nobody looked, the look failed, or nothing can be compared.
    #[default]
    Unknown,
}

impl OriginalWord {
    /// The word for scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// The same with what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginalSeen {
    pub word: OriginalWord,
    /// A sentence; empty while nobody looked.
    pub words: String,
}
