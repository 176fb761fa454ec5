//! What brought an event, as it stands in recordings and in lines of NDJSON: JSON, so that a new kind of store is a new member
//! and no new table.

use serde::{Deserialize, Serialize};

use super::Transport;
use super::amqp::{AmqpDelivery, Trace, Traced};
use super::kafka_record::{KafkaRecord, KeyForm, RecordClock};

/// One member: the kind of store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WrittenTransport {
    Amqp(WrittenDelivery),
    /// A record of Kafka; its offset is the position.
    Kafka(WrittenKafkaRecord),
    /// A store that says nothing but the position, which stands in a column of its own.
    Plain {},
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct WrittenDelivery {
    #[serde(default, skip_serializing_if = "is_false")]
    redelivered: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<WrittenTrace>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WrittenKafkaRecord {
    partition: u32,
    /// The time was set by the broker.
    #[serde(default, skip_serializing_if = "is_false")]
    broker_time: bool,
    /// `null` or `hex`; not there for a key that is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    tombstone: bool,
}

#[derive(Serialize, Deserialize)]
struct WrittenTrace {
    user: String,
    connection: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published_to: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delivered_from: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl From<&Transport> for WrittenTransport {
    /// Without the position.
    fn from(transport: &Transport) -> Self {
        match transport {
            Transport::Amqp(AmqpDelivery { redelivered, trace }) => Self::Amqp(WrittenDelivery {
                redelivered: *redelivered,
                trace: trace.as_deref().map(|trace| {
                    let (published_to, delivered_from) = match &trace.fate {
                        Traced::Published(queues) => (Some(queues.clone()), None),
                        Traced::Delivered(queue) => (None, Some(queue.clone())),
                    };
                    WrittenTrace {
                        user: trace.user.clone(),
                        connection: trace.connection.clone(),
                        published_to,
                        delivered_from,
                    }
                }),
            }),
            Transport::Kafka(record) => Self::Kafka(WrittenKafkaRecord {
                partition: record.partition,
                broker_time: record.clock == RecordClock::Broker,
                key: match record.key {
                    KeyForm::Text => None,
                    KeyForm::Null => Some("null".to_owned()),
                    KeyForm::Hex => Some("hex".to_owned()),
                },
                tombstone: record.is_tombstone,
            }),
            Transport::Plain(_) => Self::Plain {},
        }
    }
}

impl WrittenTransport {
    /// What it says, at this position.
    pub(crate) fn at(self, position: Option<u64>) -> Transport {
        match self {
            Self::Kafka(record) => Transport::Kafka(KafkaRecord {
                partition: record.partition,
                offset: position.unwrap_or_default(),
                clock: if record.broker_time {
                    RecordClock::Broker
                } else {
                    RecordClock::Publisher
                },
                key: match record.key.as_deref() {
                    Some("null") => KeyForm::Null,
                    Some("hex") => KeyForm::Hex,
                    _ => KeyForm::Text,
                },
                is_tombstone: record.tombstone,
            }),
            Self::Plain {} => Transport::Plain(position.unwrap_or_default()),
            Self::Amqp(delivery) => Transport::Amqp(AmqpDelivery {
                redelivered: delivery.redelivered,
                trace: delivery.trace.map(|trace| {
                    Box::new(Trace {
                        user: trace.user,
                        connection: trace.connection,
                        fate: match trace.delivered_from {
                            Some(queue) => Traced::Delivered(queue),
                            None => Traced::Published(trace.published_to.unwrap_or_default()),
                        },
                    })
                }),
            }),
        }
    }
}

/// The text of a transport, without its position.
pub(crate) fn text_of(transport: &Transport) -> Result<String, serde_json::Error> {
    serde_json::to_string(&WrittenTransport::from(transport))
}

/// What such a text says, at this position.
pub(crate) fn transport_of(
    text: &str,
    position: Option<u64>,
) -> Result<Transport, serde_json::Error> {
    serde_json::from_str::<WrittenTransport>(text).map(|written| written.at(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_is_read_as_it_was_written() {
        let traced = |fate| {
            Transport::Amqp(AmqpDelivery {
                redelivered: false,
                trace: Some(Box::new(Trace {
                    user: "ada".into(),
                    connection: "a -> b".into(),
                    fate,
                })),
            })
        };
        let record = |clock, key, is_tombstone| {
            Transport::Kafka(KafkaRecord {
                partition: 3,
                offset: 8,
                clock,
                key,
                is_tombstone,
            })
        };
        for transport in [
            Transport::amqp(false),
            Transport::amqp(true),
            Transport::Plain(7),
            record(RecordClock::Broker, KeyForm::Null, true),
            record(RecordClock::Publisher, KeyForm::Hex, false),
            record(RecordClock::Publisher, KeyForm::Text, false),
            traced(Traced::Published(vec!["q".into()])),
            traced(Traced::Published(Vec::new())),
            traced(Traced::Delivered("q".into())),
        ] {
            let text = text_of(&transport).unwrap();
            assert_eq!(
                transport_of(&text, transport.position()).unwrap(),
                transport,
                "{text}"
            );
        }
        assert!(transport_of("{}", None).is_err() && transport_of("", None).is_err());
    }
}
