//! What an event says of itself: id, type, schema version and time, wherever the publisher put it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::amqp::{FieldValue, Properties};
use super::cloud_event::{self, CloudEvent};
use super::names;
use crate::text::json;

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
enum EnvelopeMember {
    /// One of the four facts; where two names stand for one, the lower rank says it more exactly:
    /// `id` can be anything's id, `eventId` cannot.
    Fact(usize, u8),
    /// The event without its envelope.
    Data,
    /// One by which a framework is known.
    Framework(names::FrameworkMember),
    Other,
}

impl EnvelopeMember {
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
            name => names::FrameworkMember::of(name).map_or(Self::Other, Self::Framework),
        }
    }
}

impl<'de> serde::Deserialize<'de> for EnvelopeMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = EnvelopeMember;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E>(self, name: &str) -> Result<EnvelopeMember, E> {
                Ok(EnvelopeMember::of(name))
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

/// What a JSON body claims under the usual names, found in one pass.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    facts: [Option<(Option<Box<str>>, u8)>; FACTS],
    /// Type and id as a framework's envelope says them.
    framework: [Option<Box<str>>; 2],
    /// Where the `data` member stands in the body: what is left of it when the facts are known.
    pub(crate) data: Option<Range<usize>>,
}

impl Claims {
    /// Reads a whole body; `None` if it is not JSON.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let inside = json::trim(body);
        let first = inside.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return json::is_document(inside).then(Self::default);
        }
        // serde_json skips what is ignored without recursion, so depth is no danger here.
        let text = json::mended(inside);
        let members: EnvelopeMembers<'_> = serde_json::from_slice(&text).ok()?;
        let said = members.framework.said();
        let wrapped = said.as_ref().and_then(|said| said.inside);
        let data = members.data.or(wrapped).map(|data| {
            // No place moves where a text is mended; only a mark in front was taken off.
            let before = inside.as_ptr() as usize - body.as_ptr() as usize;
            let start = before + data.as_ptr() as usize - text.as_ptr() as usize;
            start..start + data.len()
        });
        let framework = match said {
            Some(said) => [said.id, Some(said.message_type)],
            None => [None, None],
        };
        Some(Self {
            facts: members.facts,
            framework,
            data,
        })
    }

    fn fact(&mut self, fact: usize) -> Option<Box<str>> {
        self.facts.get_mut(fact)?.take()?.0
    }

    /// The same, if it stands under a name that means nothing else.
    fn exact(&mut self, fact: usize) -> Option<Box<str>> {
        let is_exact = self.facts.get(fact)?.as_ref()?.1 == 0;
        is_exact.then(|| self.fact(fact)).flatten()
    }
}

/// The members of an object that say something.
#[derive(Default)]
struct EnvelopeMembers<'a> {
    facts: [Option<(Option<Box<str>>, u8)>; FACTS],
    data: Option<&'a str>,
    framework: names::InBody<'a>,
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for EnvelopeMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = EnvelopeMembers<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<EnvelopeMembers<'de>, A::Error> {
                let mut members = EnvelopeMembers::default();
                while let Some(member) = map.next_key()? {
                    match member {
                        EnvelopeMember::Fact(fact, rank) => {
                            let written: &RawValue = map.next_value()?;
                            let before = &mut members.facts[fact];
                            // Of two members with one name the last counts.
                            if before
                                .as_ref()
                                .is_none_or(|(known, other)| rank <= *other || known.is_none())
                            {
                                *before = Some((scalar(written.get()), rank));
                            }
                        }
                        EnvelopeMember::Data => {
                            let data: &RawValue = map.next_value()?;
                            members.data = Some(data.get()).filter(|data| *data != "null");
                        }
                        EnvelopeMember::Framework(member) => {
                            let written: &RawValue = map.next_value()?;
                            members.framework.put(member, written.get());
                        }
                        EnvelopeMember::Other => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The text of a string or of a number, as written; anything else, and a text that is too long for a
/// fact, is passed over.
fn scalar(written: &str) -> Option<Box<str>> {
    let text = match written.as_bytes().first()? {
        b'"' => json::string(written.as_bytes())?,
        b'-' | b'0'..=b'9' => Cow::Borrowed(written),
        _ => return None,
    };
    is_fact(&text).then(|| text.into())
}

/// Longest text taken over as a fact, in bytes; a longer one is no id or type.
const MAX_FACT: usize = 256;

fn is_fact(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_FACT
}

impl Envelope {
    /// The facts: the body's claims first, then the message properties, then the usual headers. A
    /// framework's own headers and envelope count more than a field of the body that may be about
    /// something else (`id`, `type`). A `CloudEvent` whose attributes stand in headers is what these
    /// say; its body claims nothing.
    #[must_use]
    pub(crate) fn of(claims: Claims, properties: &Properties) -> Self {
        let is_binary = cloud_event::declared(properties) == Some(CloudEvent::Binary);
        let mut claims = if is_binary { Claims::default() } else { claims };
        let told = names::names(properties);
        let [body_id, body_type] = std::mem::take(&mut claims.framework);
        let header = |names: &[&str]| -> Option<Box<str>> {
            let value = names.iter().find_map(|name| properties.header(name))?;
            match value {
                FieldValue::Text(text) => Some(text.as_str().into()),
                other => Some(other.as_integer()?.to_string().into()),
            }
        };
        let property = |text: &Option<String>| text.as_deref().map(Into::into);
        let attribute = |name: &str| -> Option<Box<str>> {
            cloud_event::attribute(properties, name).map(|text| Box::from(&*text))
        };
        let of_headers = |name: &str| is_binary.then(|| attribute(name)).flatten();
        let schema = of_headers("dataschema");
        let schema = schema.map(|address| cloud_event::version_of_address(&address).into());
        let versions = ["x-schema-version", "schema-version", "x-event-version"];
        Self {
            event_id: of_headers("id")
                .or_else(|| claims.exact(0))
                .or_else(|| told.id.map(Into::into))
                .or(body_id)
                .or_else(|| claims.fact(0))
                .or_else(|| property(&properties.message_id))
                .or_else(|| attribute("id")),
            event_type: of_headers("type")
                .or_else(|| claims.exact(1))
                .or_else(|| told.message_type.map(Into::into))
                .or(body_type)
                .or_else(|| claims.fact(1))
                .or_else(|| property(&properties.message_type))
                .or_else(|| attribute("type")),
            version: schema
                .or_else(|| claims.fact(2))
                .or_else(|| header(&versions)),
            timestamp: of_headers("time").or_else(|| claims.fact(3)).or_else(|| {
                let stamp = properties.timestamp?;
                Some(super::amqp::value::timestamp_text(stamp).into())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(body: &'a str, properties: &Properties) -> (Envelope, Option<&'a str>) {
        let claims = Claims::read(body.as_bytes()).unwrap_or_default();
        let data = claims.data.clone().map(|data| &body[data]);
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
    fn frameworks_say_type_and_id_in_their_own_places() {
        let text = |text: &str| FieldValue::Text(text.into());
        let properties = Properties {
            headers: Some(vec![
                ("task".into(), text("shop.pay")),
                ("id".into(), text("t-1")),
                ("__TypeId__".into(), text("ignored")),
            ]),
            ..Properties::default()
        };
        // What a field of the business is called says nothing of the message.
        for body in ["[[1],{},{}]", r#"{"id":7,"type":"express"}"#] {
            let (facts, _) = read(body, &properties);
            assert_eq!(facts.event_type.as_deref(), Some("shop.pay"));
            assert_eq!(facts.event_id.as_deref(), Some("t-1"));
        }
        let (facts, _) = read(r#"{"eventType":"paid","eventId":"e"}"#, &properties);
        assert_eq!(facts.event_type.as_deref(), Some("paid"));
        assert_eq!(facts.event_id.as_deref(), Some("e"));
        let envelope =
            r#"{"messageId":"m-1","messageType":["urn:message:Shop:Placed"],"message":{"id":7}}"#;
        let (facts, data) = read(envelope, &Properties::default());
        assert_eq!(facts.event_type.as_deref(), Some("Shop:Placed"));
        assert_eq!(facts.event_id.as_deref(), Some("m-1"));
        assert_eq!(data, Some(r#"{"id":7}"#));
        // A message of somebody else's making.
        let (facts, data) = read(
            r#"{"message":"hello","messageId":"m"}"#,
            &Properties::default(),
        );
        assert_eq!((facts, data), (Envelope::default(), None));
    }

    #[test]
    fn only_a_whole_document_is_read() {
        for body in ["", "{", r#"{"id":1"#, r#"{"id":1} x"#, "[1,", "tru"] {
            assert!(Claims::read(body.as_bytes()).is_none(), "{body}");
        }
        for body in [" [1]", "7", "\"a\"", r#" {"\u0069d":1}"#] {
            assert!(Claims::read(body.as_bytes()).is_some(), "{body}");
        }
        let deep = format!("{{\"id\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(Claims::read(deep.as_bytes()).is_some());
    }

    #[test]
    fn what_a_json_text_leaves_open_is_read_as_everywhere() {
        let body = "\u{feff}{\"id\":1e400,\"title\":\"\\ud83d\",\"\\udead\":1,\
                    \"type\":\"a\",\"type\":\"b\",\"version\":12345678901234567890123,\
                    \"data\":1,\"data\":{\"n\":\"\\ud83d\"}}\0";
        let (facts, data) = read(body, &Properties::default());
        assert_eq!(facts.event_id.as_deref(), Some("1e400"));
        assert_eq!(facts.event_type.as_deref(), Some("b"), "the last counts");
        assert_eq!(facts.version.as_deref(), Some("12345678901234567890123"));
        assert_eq!(data, Some(r#"{"n":"\ud83d"}"#));
    }

    #[test]
    fn the_body_of_a_binary_cloud_event_speaks_for_nothing() {
        let text = |text: &str| FieldValue::Text(text.into());
        let body = r#"{"id":"b","type":"b","version":9,"time":"b","data":{}}"#;
        for prefix in ["cloudEvents:", "cloudEvents_", "ce-", "ce_"] {
            let name = |name: &str| format!("{prefix}{name}");
            let mut properties = Properties {
                message_id: Some("m-1".into()),
                headers: Some(vec![
                    (name("specversion"), text("1.0")),
                    (name("type"), text("order.created")),
                    (name("id"), text("e-1")),
                    (name("time"), FieldValue::Timestamp(0)),
                    (name("dataschema"), text("https://example.org/order/2")),
                ]),
                ..Properties::default()
            };
            let (facts, _) = read(body, &properties);
            assert_eq!(facts.event_id.as_deref(), Some("e-1"));
            assert_eq!(facts.event_type.as_deref(), Some("order.created"));
            assert_eq!(facts.version.as_deref(), Some("2"));
            assert_eq!(facts.timestamp.as_deref(), Some("1970-01-01T00:00:00Z"));
            // What the headers leave out the message may say, and the body never.
            properties.headers.get_or_insert_default().truncate(1);
            let (facts, _) = read(body, &properties);
            assert_eq!(facts.event_id.as_deref(), Some("m-1"));
            assert_eq!((facts.event_type, facts.version), (None, None));
            // A structured one says all in its body.
            properties.content_type = Some("application/cloudevents+json".into());
            let (facts, _) = read(body, &properties);
            assert_eq!(facts.event_type.as_deref(), Some("b"));
        }
    }
}
