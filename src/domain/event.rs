//! One message as it was delivered: complete, immutable, classified once.

use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::envelope::{Claims, Envelope};
use super::payload::{self, PayloadKind};
use super::properties::Properties;

/// A delivered message together with what was found out about it on arrival.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it reached Eventscope.
    pub received_at: DateTime<Utc>,
    /// The exchange it was published to.
    pub exchange: String,
    /// The routing key it was published with.
    pub routing_key: String,
    /// The broker delivered it before.
    pub redelivered: bool,
    /// All properties and typed headers.
    pub properties: Properties,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What the body is.
    pub kind: PayloadKind,
    /// What it says of itself.
    pub envelope: Envelope,
    /// Where the `data` of a JSON envelope lies in the body: the event without its envelope.
    pub data: Option<Range<usize>>,
    /// What the broker's own trace tells of it; only events seen by the firehose have one.
    pub trace: Option<Box<Trace>>,
}

/// What RabbitMQ's firehose tells of a message beyond the message itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trace {
    /// The login that published it, or to which it was delivered.
    pub user: String,
    /// The connection, such as `127.0.0.1:40000 -> 127.0.0.1:5672`.
    pub connection: String,
    /// What happened to it.
    pub fate: Fate,
}

impl Trace {
    fn cost(&self) -> usize {
        let fate = match &self.fate {
            Fate::Published(queues) => queues.iter().map(|q| size_of::<String>() + q.len()).sum(),
            Fate::Delivered(queue) => queue.len(),
        };
        size_of::<Self>() + self.user.len() + self.connection.len() + fate
    }
}

/// What happened to a traced message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was published, and these queues took it; none means that it was lost.
    Published(Vec<String>),
    /// It was delivered from this queue.
    Delivered(String),
}

impl Event {
    /// Classifies and summarises a delivery.
    #[must_use]
    pub fn new(
        received_at: DateTime<Utc>,
        exchange: String,
        routing_key: String,
        redelivered: bool,
        properties: Properties,
        body: Vec<u8>,
    ) -> Self {
        let mut claims = Claims::default();
        let kind = PayloadKind::of(&body, |text| {
            let found = Claims::read(text);
            let is_json = found.is_some();
            claims = found.unwrap_or_default();
            is_json
        });
        let data = claims.data.map(|data| {
            let start = data.as_ptr() as usize - body.as_ptr() as usize;
            start..start + data.len()
        });
        let envelope = Envelope::of(claims, &properties);
        Self {
            received_at,
            exchange,
            routing_key,
            redelivered,
            properties,
            body,
            kind,
            envelope,
            data,
            trace: None,
        }
    }

    /// The body without its envelope, where it has one; else the whole body.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        let data = self.data.as_ref().and_then(|at| self.body.get(at.clone()));
        data.unwrap_or(&self.body)
    }

    /// One line of the body. The envelope stands in columns of its own; the line is for what
    /// differs.
    #[must_use]
    pub fn summary(&self) -> String {
        payload::summary(self.kind, self.data())
    }

    /// Bytes that keeping this event costs, near enough to bound memory by.
    #[must_use]
    pub fn cost(&self) -> usize {
        let headers = self.properties.headers.as_ref().map_or(0, |h| h.len() * 96);
        let trace = self.trace.as_ref().map_or(0, |trace| trace.cost());
        size_of::<Self>()
            + trace
            + self.body.capacity()
            + self.exchange.len()
            + self.routing_key.len()
            + headers
            + 256
    }

    /// The identity of a message while it lies in a queue. See [`Fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(
            &self.exchange,
            &self.routing_key,
            &self.properties,
            &self.body,
        )
    }

    /// Puts the words of a text search to the event: everything a person can read in its row,
    /// its body and its string headers, without regard to case.
    #[must_use]
    pub fn contains(&self, needle_lowercase: &str) -> bool {
        let found = |text: &str| contains_ignoring_case(text.as_bytes(), needle_lowercase);
        found(&self.routing_key)
            || found(&self.exchange)
            || contains_ignoring_case(&self.body, needle_lowercase)
            || [
                &self.properties.message_id,
                &self.properties.correlation_id,
                &self.properties.message_type,
                &self.properties.app_id,
            ]
            .into_iter()
            .flatten()
            .any(|text| found(text))
            || self
                .properties
                .headers
                .iter()
                .flatten()
                .any(|(name, value)| found(name) || value.as_text().is_some_and(found))
    }
}

/// ASCII letters match in either case; other characters match as they are.
fn contains_ignoring_case(haystack: &[u8], needle_lowercase: &str) -> bool {
    let needle = needle_lowercase.as_bytes();
    let Some(&first) = needle.first() else {
        return true;
    };
    haystack.len() >= needle.len()
        && haystack.windows(needle.len()).any(|window| {
            window[0].to_ascii_lowercase() == first && window.eq_ignore_ascii_case(needle)
        })
}

/// Tells messages in a queue apart when they are borrowed again. AMQP gives a message no identity
/// of its own, so it is the whole content: exchange, routing key, properties, headers and body.
/// Counters that the broker changes while a message lies in a queue (`x-delivery-count`,
/// `x-acquired-count`) do not take part. Two messages with equal content have equal fingerprints,
/// and either may stand for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

/// Headers that the broker counts up while a message lies in a queue.
const COUNTERS: [&str; 2] = ["x-delivery-count", "x-acquired-count"];

impl Fingerprint {
    /// The fingerprint of this content.
    #[must_use]
    pub fn of(exchange: &str, routing_key: &str, properties: &Properties, body: &[u8]) -> Self {
        // `DefaultHasher::new` has fixed keys: the same content gives the same number within one
        // run of the app, which is as long as a fingerprint is kept.
        let mut hasher = std::hash::DefaultHasher::new();
        exchange.hash(&mut hasher);
        routing_key.hash(&mut hasher);
        let Properties {
            content_type,
            content_encoding,
            headers,
            delivery_mode,
            priority,
            correlation_id,
            reply_to,
            expiration,
            message_id,
            timestamp,
            message_type,
            user_id,
            app_id,
            cluster_id,
        } = properties;
        let texts = [
            content_type,
            content_encoding,
            correlation_id,
            reply_to,
            expiration,
            message_id,
            message_type,
            user_id,
            app_id,
            cluster_id,
        ];
        texts.hash(&mut hasher);
        (delivery_mode, priority, timestamp).hash(&mut hasher);
        // No headers and an empty table are the same here: the first count gives headers to a
        // message that had none.
        for (name, value) in headers.iter().flatten() {
            if !COUNTERS.contains(&name.as_str()) {
                name.hash(&mut hasher);
                value.hash_into(&mut hasher);
            }
        }
        // Nothing before this can be taken for the end of the headers.
        u8::MAX.hash(&mut hasher);
        body.hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FieldValue;

    fn event(headers: Vec<(String, FieldValue)>, body: &str) -> Event {
        let properties = Properties {
            headers: Some(headers),
            ..Properties::default()
        };
        Event::new(
            DateTime::UNIX_EPOCH,
            "shop".into(),
            "order.created".into(),
            false,
            properties,
            body.into(),
        )
    }

    #[test]
    fn a_peek_does_not_change_the_fingerprint_of_a_message_without_headers() {
        let counted = event(vec![("x-delivery-count".into(), FieldValue::I64(1))], "x");
        let mut plain = counted.clone();
        plain.properties.headers = None;
        assert_eq!(plain.fingerprint(), counted.fingerprint());
    }

    #[test]
    fn a_peek_does_not_change_the_fingerprint_but_content_does() {
        let first = event(vec![("a".into(), FieldValue::I32(1))], "x");
        let counted = event(
            vec![
                ("a".into(), FieldValue::I32(1)),
                ("x-delivery-count".into(), FieldValue::I64(4)),
            ],
            "x",
        );
        let other_type = event(vec![("a".into(), FieldValue::I64(1))], "x");
        let other_body = event(vec![("a".into(), FieldValue::I32(1))], "y");
        assert_eq!(first.fingerprint(), counted.fingerprint());
        assert_ne!(first.fingerprint(), other_type.fingerprint());
        assert_ne!(first.fingerprint(), other_body.fingerprint());
    }

    #[test]
    fn text_search_looks_at_key_body_and_headers() {
        let event = event(
            vec![("x-tenant".into(), FieldValue::Text("Acme".into()))],
            "{\"sku\":\"ABC\"}",
        );
        for needle in ["", "order", "abc", "acme", "x-tenant", "shop"] {
            assert!(event.contains(needle), "{needle}");
        }
        assert!(!event.contains("paid"));
    }
}
