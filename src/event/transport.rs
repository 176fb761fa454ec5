//! What brought an event. Each kind of store says something that others do not; whoever shows, filters or
//! exports an event asks here and need not know which store it was.

use std::hash::{Hash as _, Hasher};

use super::amqp::{AmqpDelivery, Trace};
use super::kafka_record::KafkaRecord;

/// What brought an event, with what only that kind of store says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// RabbitMQ, by AMQP 0-9-1.
    Amqp(AmqpDelivery),
    /// Kafka.
    Kafka(KafkaRecord),
    /// A store that says no more of an event than the event itself, and where it lies in the store:
    /// its number, from 0 on.
    Plain(u64),
}

impl Transport {
    /// By AMQP, without a trace.
    #[must_use]
    pub fn amqp(redelivered: bool) -> Self {
        Self::Amqp(AmqpDelivery {
            redelivered,
            trace: None,
        })
    }

    /// The store handed it out before.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        matches!(self, Self::Amqp(delivery) if delivery.redelivered)
    }

    /// What a trace of the broker tells of it.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        match self {
            Self::Amqp(delivery) => delivery.trace.as_deref(),
            Self::Kafka(_) | Self::Plain(_) => None,
        }
    }

    /// What Kafka says of it, if it came from there.
    #[must_use]
    pub fn kafka(&self) -> Option<&KafkaRecord> {
        match self {
            Self::Kafka(record) => Some(record),
            Self::Amqp(_) | Self::Plain(_) => None,
        }
    }

    /// Where it lies in its store; `None` where a place in it has no name.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self {
            Self::Amqp(_) => None,
            Self::Kafka(record) => Some(record.offset),
            Self::Plain(position) => Some(*position),
        }
    }

    /// What only this store says, in a few words each, in a fixed order. A trace is told apart.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        match self {
            Self::Amqp(delivery) if delivery.redelivered => vec!["redelivered".to_owned()],
            Self::Amqp(_) => Vec::new(),
            Self::Kafka(record) => record.remarks(),
            Self::Plain(position) => vec![format!("position {position}")],
        }
    }

    /// What many events of one store have in common: all but the position.
    #[must_use]
    pub(crate) fn common(&self) -> Self {
        match self {
            Self::Amqp(_) => self.clone(),
            Self::Kafka(record) => Self::Kafka(KafkaRecord {
                offset: 0,
                ..*record
            }),
            Self::Plain(_) => Self::Plain(0),
        }
    }

    /// True if they differ in nothing but the position.
    #[must_use]
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(_), Self::Plain(_)) => true,
            (Self::Kafka(_), Self::Kafka(_)) => self.common() == other.common(),
            (one, other) => one == other,
        }
    }

    /// Hashes all but the position.
    pub(crate) fn hash_common(&self, hasher: &mut impl Hasher) {
        match self {
            Self::Amqp(delivery) => (0_u8, delivery).hash(hasher),
            Self::Kafka(record) => (
                2_u8,
                KafkaRecord {
                    offset: 0,
                    ..*record
                },
            )
                .hash(hasher),
            Self::Plain(_) => 1_u8.hash(hasher),
        }
    }

    /// The same at this position, where it has one.
    #[must_use]
    pub(crate) fn at(self, position: Option<u64>) -> Self {
        match (self, position) {
            (Self::Plain(_), Some(position)) => Self::Plain(position),
            (Self::Kafka(record), Some(offset)) => Self::Kafka(KafkaRecord { offset, ..record }),
            (other, _) => other,
        }
    }

    /// Bytes that it needs beside its own size, near enough.
    pub(crate) fn cost(&self) -> usize {
        self.trace().map_or(0, Trace::cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::kafka_record::{KeyForm, RecordClock};

    fn record(partition: u32, offset: u64) -> Transport {
        Transport::Kafka(KafkaRecord {
            partition,
            offset,
            clock: RecordClock::Broker,
            key: KeyForm::Null,
            is_tombstone: true,
        })
    }

    #[test]
    fn what_events_have_in_common_and_their_positions_give_them_back() {
        for transport in [Transport::amqp(true), Transport::Plain(7), record(2, 7)] {
            let position = transport.position();
            assert_eq!(transport.common().at(position), transport);
        }
        assert_eq!(Transport::Plain(7).common(), Transport::Plain(9).common());
        assert!(Transport::Plain(7).is_like(&Transport::Plain(9)));
        assert!(!Transport::amqp(true).is_like(&Transport::amqp(false)));
        assert!(!Transport::amqp(true).is_like(&Transport::Plain(0)));
        assert!(record(1, 5).is_like(&record(1, 6)));
        assert!(!record(1, 5).is_like(&record(2, 5)));
    }

    #[test]
    fn a_store_says_what_it_knows() {
        assert_eq!(Transport::amqp(true).remarks(), ["redelivered"]);
        assert!(Transport::amqp(false).remarks().is_empty());
        assert_eq!(Transport::Plain(3).remarks(), ["position 3"]);
        assert_eq!(
            record(1, 5).remarks(),
            [
                "partition 1, offset 5",
                "time set by the broker",
                "no key",
                "tombstone: no value"
            ]
        );
    }
}
