//! What brought an event, as it stands in recordings and in lines of NDJSON: JSON, so that a new kind of store is a new member
//! and no new table.

use serde::{Deserialize, Serialize};

use super::Transport;
use super::amqp::{AmqpDelivery, Trace, Traced};

/// One member: the kind of store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WrittenTransport {
    Amqp(WrittenDelivery),
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
            Transport::Plain(_) => Self::Plain {},
        }
    }
}

impl WrittenTransport {
    /// What it says, at this position.
    pub(crate) fn at(self, position: Option<u64>) -> Transport {
        match self {
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
        for transport in [
            Transport::amqp(false),
            Transport::amqp(true),
            Transport::Plain(7),
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
