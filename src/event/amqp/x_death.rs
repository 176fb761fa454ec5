//! Why a message died: the broker's `x-death` header, read and told in words.
//!
//! Source: RabbitMQ's "Dead Letter Exchanges" guide.

use super::Properties;
use super::history::DeathHistory;
use super::value::timestamp_text;

/// The header in which the broker tells a message's place in its stream.
pub const OFFSET: &str = "x-stream-offset";

/// The header in which the broker writes down why a message died.
pub const DEATHS: &str = "x-death";

/// Why a queue gave a message away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeathReason {
    /// A consumer refused it and asked for no redelivery.
    Rejected,
    /// It lay longer than its time to live.
    Expired,
    /// The queue was full.
    MaxLen,
    /// It was handed out too often (quorum queues).
    DeliveryLimit,
    /// A reason this version does not know, as the broker wrote it.
    Other(String),
}

/// The words that RabbitMQ has.
pub const REASONS: [&str; 4] = ["rejected", "expired", "maxlen", "delivery_limit"];

impl DeathReason {
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "rejected" => Self::Rejected,
            "expired" => Self::Expired,
            "maxlen" => Self::MaxLen,
            "delivery_limit" => Self::DeliveryLimit,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The broker's own word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::MaxLen => "maxlen",
            Self::DeliveryLimit => "delivery_limit",
            Self::Other(text) => text,
        }
    }
}

/// One entry of the death history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    pub reason: DeathReason,
    /// The queue it died in.
    pub queue: String,
    /// The exchange it had been published to before it died there.
    pub exchange: String,
    /// The routing key and the CC keys of that publish, the routing key first.
    pub routing_keys: Vec<String>,
    /// How often it died in this queue for this reason.
    pub count: u64,
    /// Seconds since 1970 of the *first* of these deaths.
    pub first_time: Option<u64>,
    /// Its time to live in milliseconds before the broker removed it.
    pub original_expiration: Option<String>,
}

impl Death {
    /// The history of a message in the order of its header: by the last death of each entry, newest
    /// first; empty for one that never died. Where it came from says
    /// [`Provenance`](crate::rabbitmq::origin::Provenance).
    #[must_use]
    pub fn history(properties: &Properties) -> Vec<Self> {
        DeathHistory::read(properties).deaths
    }

    /// The key of the publish before the earliest death that the message tells of.
    #[must_use]
    pub fn first_key(properties: &Properties) -> Option<String> {
        let earliest = Self::history(properties).pop()?;
        earliest.routing_keys.into_iter().next()
    }

    /// The entry as a sentence: `Died because a consumer of queue orders rejected it 3 times, first
    /// 2026-01-31T12:03:11Z`.
    #[must_use]
    pub fn words(&self) -> String {
        let queue = &self.queue;
        let what = match &self.reason {
            DeathReason::Rejected => format!("a consumer of queue {queue} rejected it"),
            DeathReason::Expired => format!("it expired in queue {queue}"),
            DeathReason::MaxLen => format!("queue {queue} was full"),
            DeathReason::DeliveryLimit => format!("queue {queue} had delivered it too often"),
            DeathReason::Other(word) => format!("of {word} in queue {queue}"),
        };
        let times = match self.count {
            0 | 1 => String::new(),
            count => format!(" {count} times"),
        };
        let when = match (self.first_time, self.count) {
            (None, _) => String::new(),
            (Some(time), 0 | 1) => format!(", {}", timestamp_text(time)),
            (Some(time), _) => format!(", first {}", timestamp_text(time)),
        };
        format!("Died because {what}{times}{when}")
    }
}

/// True for a header that the broker wrote when it dead-lettered or redelivered the message. A
/// resend leaves these out: a broker up to 3.12 would go on counting from them, and one from 4.0 on
/// would ignore them.
#[must_use]
pub fn is_broker_header(name: &str) -> bool {
    name == DEATHS
        || name == "x-delivery-count"
        || name == "x-acquired-count"
        || name.starts_with("x-first-death-")
        || name.starts_with("x-last-death-")
        || name == OFFSET
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::event::amqp::FieldValue;
    use crate::testing::{death, died};

    #[test]
    fn the_history_is_told_in_words() {
        let history = Death::history(&died(vec![
            death("rejected", "orders", "shop", &["order.created"], 3),
            death("expired", "retry", "", &["orders"], 1),
            FieldValue::Text("not an entry".into()),
        ]));
        let words: Vec<_> = history.iter().map(Death::words).collect();
        assert_eq!(
            words,
            [
                "Died because a consumer of queue orders rejected it 3 times, first \
                 2023-11-14T22:13:20Z",
                "Died because it expired in queue retry, 2023-11-14T22:13:20Z",
            ]
        );
    }

    #[test]
    fn only_the_brokers_own_headers_are_taken_for_its_own() {
        for name in [
            "x-death",
            "x-first-death-queue",
            "x-last-death-reason",
            "x-delivery-count",
            "x-stream-offset",
        ] {
            assert!(is_broker_header(name), "{name}");
        }
        for name in ["x-deaths", "x-retry", "CC", "x-first-seen"] {
            assert!(!is_broker_header(name), "{name}");
        }
    }
}
