//! One message as it was delivered: complete, immutable, classified once.

use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::amqp::Properties;
use super::cloud_event::{self, CloudEvent};
use super::decode::is_plain;
use super::envelope::{Claims, Envelope};
use super::names;
use super::reading::Reading;
use super::transport::Transport;
use crate::text::payload::{self, PayloadKind};

/// Bytes of a body that is not plain that are looked at on arrival, once they are decoded, and of a
/// body as it came: less than a millisecond of work for all but the worst.
const ON_ARRIVAL: usize = 128 * 1024;

/// A delivered message together with what was found out about it on arrival.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it reached Eventscope.
    pub received_at: DateTime<Utc>,
    /// What it was published to: each kind of store has its own word for it.
    pub destination: String,
    /// What it was published with, to route or to order it.
    pub key: String,
    /// All properties and typed headers.
    pub properties: Properties,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What the body is once it is read: compressed JSON is JSON.
    pub kind: PayloadKind,
    /// It is read as it stands, and nothing has to be decoded.
    pub is_plain: bool,
    /// One line of a body that is not plain, worked out on arrival.
    pub line: Option<Box<str>>,
    /// What it says of itself.
    pub envelope: Envelope,
    /// Where the `data` of a JSON envelope lies in the body: the event without its envelope.
    pub data: Option<Range<usize>>,
    /// What brought it, with what only that kind of store says.
    pub transport: Transport,
}

impl Event {
    /// Classifies and summarises a delivery.
    #[must_use]
    pub fn new(
        received_at: DateTime<Utc>,
        destination: String,
        key: String,
        transport: Transport,
        properties: Properties,
        body: Vec<u8>,
    ) -> Self {
        let mut claims = Claims::default();
        let mut kind = PayloadKind::of(&body, |bytes| {
            let found = Claims::read(bytes);
            let is_json = found.is_some();
            claims = found.unwrap_or_default();
            is_json
        });
        let is_plain = is_plain(kind, &properties);
        let is_binary = cloud_event::declared(&properties) == Some(CloudEvent::Binary);
        let data = claims.data.clone().filter(|_| is_plain && !is_binary);
        let mut line = None;
        if !is_plain && body.len() <= ON_ARRIVAL {
            let (reading, found) = Reading::with_claims(&body, &properties, ON_ARRIVAL);
            kind = reading.kind;
            claims = found;
            let shown = match reading.kind {
                PayloadKind::Binary if reading.is_document => PayloadKind::Json,
                kind => kind,
            };
            line = (shown != PayloadKind::Binary)
                .then(|| payload::summary(shown, reading.data()).into());
        }
        let envelope = Envelope::of(claims, &properties);
        Self {
            received_at,
            destination,
            key,
            properties,
            body,
            kind,
            is_plain,
            line,
            envelope,
            data,
            transport,
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
        if let Some(line) = names::summary(&self.properties) {
            return line;
        }
        match &self.line {
            Some(line) => line.to_string(),
            None if self.is_plain => payload::summary(self.kind, self.data()),
            None => payload::summary(PayloadKind::Binary, &self.body),
        }
    }

    /// Bytes that keeping this event costs, near enough to bound memory by.
    #[must_use]
    pub fn cost(&self) -> usize {
        let headers = self.properties.headers.as_ref().map_or(0, |h| h.len() * 96);
        size_of::<Self>()
            + self.transport.cost()
            + self.body.capacity()
            + self.destination.len()
            + self.key.len()
            + headers
            + 256
    }

    /// The identity of a message where it lies. See [`Fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self.transport.kafka() {
            Some(record) => Fingerprint::at(&self.destination, record.partition, record.offset),
            None => Fingerprint::of(&self.destination, &self.key, &self.properties, &self.body),
        }
    }
}

/// Tells messages in a queue apart when they are borrowed again. AMQP gives a message no identity
/// of its own, so it is the whole content: destination, key, properties, headers and body.
/// Counters that the broker changes while a message lies in a queue (`x-delivery-count`,
/// `x-acquired-count`) do not take part. Two messages with equal content have equal fingerprints,
/// and either may stand for the other. Records of a log are told apart by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

/// Headers that the broker counts up while a message lies in a queue.
const COUNTERS: [&str; 2] = ["x-delivery-count", "x-acquired-count"];

impl Fingerprint {
    /// That of a record, which its place tells from all others.
    #[must_use]
    pub fn at(destination: &str, partition: u32, offset: u64) -> Self {
        let mut hasher = std::hash::DefaultHasher::new();
        (destination, partition, offset).hash(&mut hasher);
        Self(hasher.finish())
    }

    /// The fingerprint of this content.
    #[must_use]
    pub fn of(destination: &str, key: &str, properties: &Properties, body: &[u8]) -> Self {
        // `DefaultHasher::new` has fixed keys: the same content gives the same number within one
        // run of the app, which is as long as a fingerprint is kept.
        let mut hasher = std::hash::DefaultHasher::new();
        destination.hash(&mut hasher);
        key.hash(&mut hasher);
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
    use crate::event::amqp::FieldValue;

    fn event(headers: Vec<(String, FieldValue)>, body: &str) -> Event {
        let properties = Properties {
            headers: Some(headers),
            ..Properties::default()
        };
        Event::new(
            DateTime::UNIX_EPOCH,
            "shop".into(),
            "order.created".into(),
            Transport::amqp(false),
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
    fn a_compressed_event_claims_what_its_document_claims() {
        let body = br#"{"eventId":"e-1","eventType":"order.created","data":{"n":"needle"}}"#;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, body).unwrap();
        let event = Event::new(
            DateTime::UNIX_EPOCH,
            String::new(),
            "k".into(),
            Transport::amqp(false),
            Properties::default(),
            gzip.finish().unwrap(),
        );
        assert_eq!((event.kind, event.is_plain), (PayloadKind::Json, false));
        assert_eq!(event.envelope.event_id.as_deref(), Some("e-1"));
        assert_eq!(event.summary(), r#"{"n":"needle"}"#);
        assert_eq!(
            event.data(),
            event.body,
            "there is no place in the body for it"
        );
    }
}
