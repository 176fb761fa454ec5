//! What the journal knows of a message that was resent or discarded: how far it had come for
//! certain, and what that means for where it is now.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::held_record::HeldRecord;
use super::journal_list::JobId;
use crate::event::Outgoing;
use crate::event::amqp::Properties;
use crate::event::amqp::x_death::Death;

/// Names a record in the journal of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub i64);

/// What was done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It was sent again.
    Resend,
    /// It was thrown away.
    Discard,
}

/// Days that a record is kept after its message left the queue, unless told otherwise.
pub const KEEP_DAYS: u16 = 30;

/// How far it has come for certain. Each stage is on the disk before the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The copy is in the journal; nothing was done yet.
    Held,
    /// The resend may be under way: from here on a copy may have arrived.
    Sent,
    /// The broker confirmed the resend as routed, or the discard may remove the original.
    Confirmed,
    /// The original left its queue; in a log, where nothing is removed, it is done for certain.
    Removed,
    /// It is being published to its queue again.
    Returning,
    /// It lies in its queue again.
    PutBack,
    /// As [`Stage::Held`], but it had been handed out as often as its quorum queue allows: where it
    /// comes back without us, the broker drops or dead-letters it.
    AtLimit,
}

impl Stage {
    /// All stages.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Sent,
        Self::Confirmed,
        Self::Removed,
        Self::Returning,
        Self::PutBack,
        Self::AtLimit,
    ];
}

/// Where a message is, as far as the journal can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The work is under way now.
    UnderWay,
    /// It was never touched: it lies where it lay.
    Untouched,
    /// What was to be done is done.
    Certain,
    /// Cut off where it is not certain: it can be in two places, or, beyond a delivery limit, only
    /// here. To put it back may duplicate it.
    DuplicatePossible,
}

/// A message that was about to move, complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The broker, as far as its name goes, such as `rabbit.example:5672/shop`.
    pub place: String,
    /// The queue it lay in.
    pub queue: String,
    /// What it had been published to.
    pub destination: String,
    pub key: String,
    /// All properties and typed headers as they lay there.
    pub properties: Properties,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What was sent in its place; `None` for a discard.
    pub sent: Option<Outgoing>,
    /// Which record it is, where it lay in a log. It stays there, whatever was done.
    pub record: Option<HeldRecord>,
}

/// A record of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its name.
    pub id: RecordId,
    pub deed: Operation,
    /// The resend or discard that it belongs to.
    pub job: JobId,
    pub stage: Stage,
    /// When it was taken in.
    pub at: DateTime<Utc>,
    /// When it came so far.
    pub changed: DateTime<Utc>,
    /// The run of Eventscope that did it has ended.
    pub abandoned: bool,
    /// What the broker said last, if it was not a success.
    pub words: String,
    /// What was sent was seen in a queue of dead letters again.
    pub came_back: bool,
    pub message: Held,
}

impl Held {
    /// The key by which a person knows it: that of what was sent, else that of its first publish. The one
    /// that dead-lettering gave it may be the same for all of a queue.
    #[must_use]
    pub fn known_key(&self) -> Cow<'_, str> {
        if let Some(sent) = &self.sent {
            return Cow::Borrowed(&sent.key);
        }
        Death::first_key(&self.properties).map_or(Cow::Borrowed(&self.key), Cow::Owned)
    }

    /// It lay in a queue that counts how often it hands a message out.
    fn was_counted(&self) -> bool {
        self.properties.header("x-delivery-count").is_some()
    }
}

impl Record {
    /// A resend that was cut off here, for tests.
    #[cfg(test)]
    pub(crate) fn example(stage: Stage) -> Self {
        Self {
            id: RecordId(1),
            deed: Operation::Resend,
            job: JobId(1),
            stage,
            at: DateTime::UNIX_EPOCH,
            changed: DateTime::UNIX_EPOCH,
            abandoned: true,
            words: String::new(),
            came_back: false,
            message: Held {
                place: "localhost:5672/".into(),
                queue: "q".into(),
                destination: "shop".into(),
                key: "k".into(),
                properties: Properties::default(),
                body: b"{}".to_vec(),
                sent: None,
                record: None,
            },
        }
    }

    /// Where the message is.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match (self.stage, self.deed) {
            (Stage::Removed | Stage::PutBack, _) => Fate::Certain,
            _ if !self.abandoned => Fate::UnderWay,
            (Stage::Held, _) => Fate::Untouched,
            (Stage::Sent | Stage::Confirmed | Stage::Returning | Stage::AtLimit, _) => {
                Fate::DuplicatePossible
            }
        }
    }

    /// The fate in a sentence, with what to do.
    #[must_use]
    pub fn words(&self) -> String {
        let queue = &self.message.queue;
        if self.message.record.is_some() {
            return self.words_of_log();
        }
        match (self.fate(), self.stage, self.deed) {
            (Fate::UnderWay, ..) => "Under way".to_owned(),
            (Fate::Untouched, ..) => format!("Not touched: it was left in {queue}"),
            (_, Stage::PutBack, _) => format!("Put back into {queue}"),
            (_, Stage::Returning, _) => format!(
                "Cut off while it was put back: it may lie in {queue} already. Look there before \
                 putting it back again"
            ),
            (_, Stage::Removed, Operation::Resend) if self.came_back => {
                format!("Resent and removed from {queue}, then it came back")
            }
            (_, Stage::AtLimit, _) => format!(
                "Cut off when it had been handed out as often as the delivery limit of {queue} \
                 allows: RabbitMQ may have dropped or dead-lettered it. Look there, and put it \
                 back if it is gone"
            ),
            (_, Stage::Removed, Operation::Resend) => format!("Resent and removed from {queue}"),
            (_, Stage::Removed, Operation::Discard) => format!("Discarded from {queue}"),
            (_, Stage::Sent, _) if self.message.was_counted() => format!(
                "Cut off while it was sent: the target may have it, and it lies in {queue} unless \
                 a delivery limit made RabbitMQ drop or dead-letter it. Look there"
            ),
            (_, Stage::Sent, _) => format!(
                "Cut off while it was sent: the target may have it, and it lies in {queue}. \
                 Consumers that are idempotent do not mind a second copy"
            ),
            (_, _, Operation::Resend) => format!(
                "The target has it for certain, but it may still lie in {queue} too: look there \
                 and discard it"
            ),
            (_, _, Operation::Discard) => {
                format!("Its copy is here, but it may still lie in {queue}: look there")
            }
        }
    }

    /// The same of a record, which stays in its topic.
    fn words_of_log(&self) -> String {
        let place = match &self.message.record {
            Some(record) => format!(
                "{} {}:{}",
                record.log.topic, record.own.partition, record.own.offset
            ),
            None => self.message.queue.clone(),
        };
        match (self.fate(), self.deed) {
            (Fate::UnderWay, _) => "Under way".to_owned(),
            (Fate::Untouched, _) => format!("Not sent: it lies at {place}"),
            (Fate::Certain, Operation::Resend) if self.came_back => {
                format!("Sent, then it died again. The dead letter lies at {place}")
            }
            (Fate::Certain, Operation::Resend) => {
                format!("Sent. The dead letter lies at {place} as before")
            }
            (_, Operation::Discard) => format!("Discarded. It lies at {place} as before"),
            (Fate::DuplicatePossible, Operation::Resend) => format!(
                "Cut off while it was sent: the target may have it, so a second copy is possible if it \
                 is sent again. It lies at {place}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_between_sending_and_removing_can_there_be_two() {
        let fate = |deed, stage| {
            let record = Record {
                deed,
                ..Record::example(stage)
            };
            assert!(!record.words().is_empty());
            let running = Record {
                abandoned: false,
                ..record.clone()
            };
            assert!(matches!(running.fate(), Fate::UnderWay | Fate::Certain));
            record.fate()
        };
        let expected = [
            Fate::Untouched,
            Fate::DuplicatePossible,
            Fate::DuplicatePossible,
            Fate::Certain,
            Fate::DuplicatePossible,
            Fate::Certain,
            Fate::DuplicatePossible,
        ];
        for (stage, expected) in Stage::ALL.into_iter().zip(expected) {
            assert_eq!(fate(Operation::Resend, stage), expected, "{stage:?}");
            assert_eq!(fate(Operation::Discard, stage), expected, "{stage:?}");
        }
    }
}
