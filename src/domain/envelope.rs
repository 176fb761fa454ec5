//! What an event says of itself: id, type, schema version and time, wherever the publisher put it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

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

/// The four facts, in the order of [`Claims`].
const FACTS: usize = 4;

/// What a member of a JSON object may be.
enum Member {
    /// One of the four facts; where two names stand for one, the lower rank says it more exactly:
    /// `id` can be anything's id, `eventId` cannot.
    Fact(usize, u8),
    /// The event without its envelope.
    Data,
    Other,
}

impl Member {
    fn of(name: &str) -> Self {
        match name {
            "eventId" | "event_id" | "eventID" => Self::Fact(0, 0),
            "id" => Self::Fact(0, 1),
            "eventType" | "event_type" => Self::Fact(1, 0),
            "type" => Self::Fact(1, 1),
            "schemaVersion" | "schema_version" | "eventVersion" | "event_version" => {
                Self::Fact(2, 0)
            }
            "version" => Self::Fact(2, 1),
            "occurredAt" | "occurred_at" => Self::Fact(3, 0),
            "time" | "timestamp" => Self::Fact(3, 1),
            "data" => Self::Data,
            _ => Self::Other,
        }
    }
}

impl<'de> serde::Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Member;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(Member::of(name))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

/// What a JSON body claims under the usual names, found in one pass.
#[derive(Debug, Default)]
pub(super) struct Claims<'a> {
    facts: [Option<(Cow<'a, str>, u8)>; FACTS],
    /// The `data` member as written: what is left of the body when the facts are known.
    pub(super) data: Option<&'a str>,
}

impl<'a> Claims<'a> {
    /// Reads a whole body; `None` if it is not JSON.
    pub(super) fn read(body: &'a str) -> Option<Self> {
        // serde_json skips what is ignored without recursion, so depth is no danger here.
        if body.trim_ascii_start().starts_with('{') {
            return serde_json::from_str(body).ok();
        }
        let other = serde_json::from_str::<IgnoredAny>(body);
        other.ok().map(|_| Self::default())
    }

    fn fact(&mut self, fact: usize) -> Option<Box<str>> {
        let (text, _) = self.facts.get_mut(fact)?.take()?;
        Some(text.into())
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Claims<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Claims<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims<'de>, A::Error> {
                let mut claims = Claims::default();
                while let Some(member) = map.next_key()? {
                    match member {
                        Member::Fact(fact, rank) => {
                            let Scalar(found) = map.next_value()?;
                            let before = &mut claims.facts[fact];
                            if let Some(text) = found
                                && before.as_ref().is_none_or(|(_, other)| rank < *other)
                            {
                                *before = Some((text, rank));
                            }
                        }
                        Member::Data => {
                            let data: Option<&RawValue> = map.next_value()?;
                            claims.data = data.map(RawValue::get);
                        }
                        Member::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(claims)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A string or number as text; anything else, and a text that is too long for a fact, is passed
/// over.
struct Scalar<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Option<Cow<'de, str>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(is_fact(v).then_some(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(is_fact(v).then(|| Cow::Owned(v.to_owned())))
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
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(None)
            }
        }
        deserializer.deserialize_any(Any).map(Scalar)
    }
}

/// Longest text taken over as a fact, in bytes; a longer one is no id or type.
const MAX_FACT: usize = 256;

fn is_fact(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_FACT
}

impl Envelope {
    /// The facts: the body's claims first, then the message properties, then the usual headers
    /// (`ce-*` and `cloudEvents:*` of the `CloudEvents` AMQP binding, schema versions).
    #[must_use]
    pub(super) fn of(mut claims: Claims<'_>, properties: &Properties) -> Self {
        let header = |names: &[&str]| {
            let value = names.iter().find_map(|name| properties.header(name))?;
            match value {
                FieldValue::Text(text) => Some(text.as_str().into()),
                other => Some(other.as_integer()?.to_string().into()),
            }
        };
        let property = |text: &Option<String>| text.as_deref().map(Into::into);
        Self {
            event_id: claims
                .fact(0)
                .or_else(|| property(&properties.message_id))
                .or_else(|| header(&["cloudEvents:id", "cloudEvents_id", "ce-id", "ce_id"])),
            event_type: claims
                .fact(1)
                .or_else(|| property(&properties.message_type))
                .or_else(|| {
                    header(&["cloudEvents:type", "cloudEvents_type", "ce-type", "ce_type"])
                }),
            version: claims
                .fact(2)
                .or_else(|| header(&["x-schema-version", "schema-version", "x-event-version"])),
            timestamp: claims.fact(3).or_else(|| {
                let seconds = properties.timestamp?;
                Some(super::value::timestamp_text(seconds).into())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(body: &'a str, properties: &Properties) -> (Envelope, Option<&'a str>) {
        let claims = Claims::read(body).unwrap_or_default();
        let data = claims.data;
        (Envelope::of(claims, properties), data)
    }

    #[test]
    fn the_body_speaks_first() {
        let body = r#"{"eventId":"e-1","eventType":"order.created","version":2,
                        "timestamp":"2026-01-01T00:00:00Z","data":{"id":"not this"}}"#;
        let properties = Properties {
            message_id: Some("m-1".into()),
            ..Properties::default()
        };
        let (facts, data) = read(body, &properties);
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
        let (facts, _) = read("no JSON", &properties);
        assert_eq!(facts.event_id.as_deref(), Some("m-1"));
        assert_eq!(facts.event_type.as_deref(), Some("order.paid"));
        assert_eq!(facts.version.as_deref(), Some("3"));
        assert_eq!(facts.timestamp.as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn a_strange_envelope_is_passed_over() {
        let body = r#"{"eventId":{"a":1},"eventType":["x"],"version":null,"data":null}"#;
        let nothing = (Envelope::default(), None);
        assert_eq!(read(body, &Properties::default()), nothing);
        let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(MAX_FACT + 1));
        assert_eq!(read(&long, &Properties::default()), nothing);
    }

    #[test]
    fn of_two_names_for_a_fact_the_more_exact_one_counts() {
        let body = r#"{"id":7,"type":"order","version":17,"time":"t","eventId":"e-1",
                       "eventType":"order.created","schemaVersion":"2","occurredAt":"o","id":8}"#;
        let (facts, _) = read(body, &Properties::default());
        assert_eq!(facts.event_id.as_deref(), Some("e-1"));
        assert_eq!(facts.event_type.as_deref(), Some("order.created"));
        assert_eq!(facts.version.as_deref(), Some("2"));
        assert_eq!(facts.timestamp.as_deref(), Some("o"));
    }

    #[test]
    fn only_a_whole_document_is_read() {
        for body in ["", "{", r#"{"id":1"#, r#"{"id":1} x"#, "[1,", "tru"] {
            assert!(Claims::read(body).is_none(), "{body}");
        }
        for body in [" [1]", "7", "\"a\"", r#" {"\u0069d":1}"#] {
            assert!(Claims::read(body).is_some(), "{body}");
        }
        let deep = format!("{{\"id\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(Claims::read(&deep).is_some());
    }
}
