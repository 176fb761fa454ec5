//! What an event says of itself: id, type, schema version and time, wherever the publisher put it.

use std::borrow::Cow;

use super::properties::Properties;
use super::value::FieldValue;

/// The facts that an event claims about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The event's own id.
    pub event_id: Option<Box<str>>,
    /// The kind of event, such as `order.created`.
    pub event_type: Option<Box<str>>,
    /// The schema version as written.
    pub version: Option<Box<str>>,
    /// The time at which it happened, as written.
    pub timestamp: Option<Box<str>>,
}

/// The members of a JSON body that carry the facts under their usual names.
#[derive(serde::Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Body<'a> {
    #[serde(borrow, default, alias = "event_id", alias = "eventID", alias = "id")]
    #[serde(rename = "eventId")]
    event_id: Scalar<'a>,
    #[serde(borrow, default, alias = "event_type", alias = "type")]
    #[serde(rename = "eventType")]
    event_type: Scalar<'a>,
    #[serde(borrow, default, alias = "schemaVersion", alias = "schema_version")]
    #[serde(alias = "eventVersion", alias = "event_version")]
    version: Scalar<'a>,
    #[serde(
        borrow,
        default,
        alias = "time",
        alias = "occurredAt",
        alias = "occurred_at"
    )]
    timestamp: Scalar<'a>,
    #[serde(borrow, default)]
    data: Option<&'a serde_json::value::RawValue>,
}

/// A string or number as text; anything else is passed over.
#[derive(Default)]
struct Scalar<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Option<Cow<'de, str>>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any JSON value")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(v.to_owned())))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(v.to_string())))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(v.to_string())))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(None)
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Self::Value, A::Error> {
                while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(None)
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                while map
                    .next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?
                    .is_some()
                {}
                Ok(None)
            }
        }
        deserializer.deserialize_any(Visitor).map(Scalar)
    }
}

/// Longest text taken over as a fact, in bytes; a longer one is no id or type.
const MAX_FACT: usize = 256;

impl Envelope {
    /// Reads the facts: the body's envelope first, then the message properties, then the usual
    /// headers (`ce-*` and `cloudEvents:*` of the `CloudEvents` AMQP binding, schema versions).
    ///
    /// The second value is the `data` member of a JSON envelope as written: what is left of the
    /// body when the facts are known.
    #[must_use]
    pub fn read<'a>(body: &'a [u8], properties: &Properties) -> (Self, Option<&'a str>) {
        let mut facts = Self::default();
        let mut data = None;
        let object = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        if object && let Ok(found) = serde_json::from_slice::<Body<'_>>(body) {
            facts.event_id = found.event_id.fact();
            facts.event_type = found.event_type.fact();
            facts.version = found.version.fact();
            facts.timestamp = found.timestamp.fact();
            data = found.data.map(serde_json::value::RawValue::get);
        }
        let header = |names: &[&str]| {
            let value = names.iter().find_map(|name| properties.header(name))?;
            match value {
                FieldValue::Text(text) => Some(text.as_str().into()),
                other => Some(other.as_integer()?.to_string().into()),
            }
        };
        if facts.event_id.is_none() {
            facts.event_id = properties
                .message_id
                .as_deref()
                .map(Into::into)
                .or_else(|| header(&["cloudEvents:id", "cloudEvents_id", "ce-id", "ce_id"]));
        }
        if facts.event_type.is_none() {
            facts.event_type = properties
                .message_type
                .as_deref()
                .map(Into::into)
                .or_else(|| {
                    header(&["cloudEvents:type", "cloudEvents_type", "ce-type", "ce_type"])
                });
        }
        if facts.version.is_none() {
            facts.version = header(&["x-schema-version", "schema-version", "x-event-version"]);
        }
        if facts.timestamp.is_none() {
            facts.timestamp = properties
                .timestamp
                .map(|seconds| super::value::timestamp_text(seconds).into());
        }
        (facts, data)
    }
}

impl Scalar<'_> {
    fn fact(self) -> Option<Box<str>> {
        self.0
            .filter(|text| !text.is_empty() && text.len() <= MAX_FACT)
            .map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_speaks_first() {
        let body = br#"{"eventId":"e-1","eventType":"order.created","version":2,
                        "timestamp":"2026-01-01T00:00:00Z","data":{"id":"not this"}}"#;
        let properties = Properties {
            message_id: Some("m-1".into()),
            ..Properties::default()
        };
        let (facts, data) = Envelope::read(body, &properties);
        assert_eq!(facts.event_id.as_deref(), Some("e-1"));
        assert_eq!(facts.event_type.as_deref(), Some("order.created"));
        assert_eq!(facts.version.as_deref(), Some("2"));
        assert_eq!(facts.timestamp.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(data, Some(r#"{"id":"not this"}"#));
    }

    #[test]
    fn properties_and_headers_speak_where_the_body_is_silent() {
        let properties = Properties {
            message_id: Some("m-1".into()),
            message_type: Some("order.paid".into()),
            timestamp: Some(0),
            headers: Some(vec![("x-schema-version".into(), FieldValue::I32(3))]),
            ..Properties::default()
        };
        let (facts, _) = Envelope::read(b"\x00\x01", &properties);
        assert_eq!(facts.event_id.as_deref(), Some("m-1"));
        assert_eq!(facts.event_type.as_deref(), Some("order.paid"));
        assert_eq!(facts.version.as_deref(), Some("3"));
        assert_eq!(facts.timestamp.as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn a_strange_envelope_is_passed_over() {
        let body = br#"{"eventId":{"a":1},"eventType":["x"],"version":null}"#;
        assert_eq!(
            Envelope::read(body, &Properties::default()),
            (Envelope::default(), None)
        );
    }
}
