//! The document that a schema is about: what a body holds once compression, binary formats and the
//! envelopes of known frameworks are taken off.

use std::borrow::Cow;

use serde_json::Value;

use crate::event::amqp::Properties;
use crate::event::cloud_event::{self, CloudEvent};
use crate::event::decode::{declares_nothing, decode};
use crate::text::json;

/// A larger body is not put to its schema, in bytes, unpacked or not. One limit for all who judge, so that
/// no two of them say different things.
pub const LARGEST: usize = 1_000_000;

/// Whether [`read`] gives nothing for the size of the body alone.
#[must_use]
pub fn is_too_large(body: &[u8], properties: &Properties, largest: usize) -> bool {
    body.len() > largest || (!declares_nothing(properties) && decode(body, properties, largest).cut)
}

/// Reads a body; none if it is no JSON document, larger than so many bytes, or nests more deeply
/// than 128 levels, which no schema speaks of.
#[must_use]
pub fn read(body: &[u8], properties: &Properties, largest: usize) -> Option<Value> {
    if body.len() > largest {
        return None;
    }
    let text = json::trim(body);
    let begins = text.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_plain = declares_nothing(properties) && matches!(begins, Some(b'{' | b'[' | b'"'));
    let written = if is_plain {
        Cow::Borrowed(body)
    } else {
        let decoded = decode(body, properties, largest);
        if decoded.cut || decoded.problem.is_some() {
            return None;
        }
        Cow::Owned(decoded.json()?.to_vec())
    };
    json::value(&written).ok()
}

/// What a schema is about: of the envelopes of CloudEvents and MassTransit what is inside, else the
/// whole document. The body of a CloudEvent whose attributes stand in headers is the data already.
#[must_use]
pub fn payload<'a>(document: &'a Value, properties: &Properties) -> &'a Value {
    if cloud_event::declared(properties) == Some(CloudEvent::Binary) {
        return document;
    }
    let inside = if document.get("specversion").is_some_and(Value::is_string) {
        "data"
    } else if document.get("messageType").is_some_and(Value::is_array) {
        "message"
    } else {
        return document;
    };
    document.get(inside).unwrap_or(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::Write;

    #[test]
    fn compressed_and_binary_bodies_are_read_and_envelopes_are_taken_off() {
        let of = |encoding: Option<&str>, kind: &str, body: &[u8]| {
            let properties = Properties {
                content_encoding: encoding.map(str::to_owned),
                content_type: Some(kind.to_owned()),
                ..Properties::default()
            };
            read(body, &properties, 10_000)
        };
        assert_eq!(
            of(None, "application/json", br#" {"a":1}"#),
            Some(json!({"a": 1}))
        );
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(br#"{"a":1}"#).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(
            of(Some("gzip"), "application/json", &gzip),
            Some(json!({"a": 1}))
        );
        assert_eq!(of(Some("gzip"), "application/json", &gzip[..10]), None);
        assert_eq!(
            of(None, "application/msgpack", b"\x81\xa1a\x01"),
            Some(json!({"a": 1}))
        );
        assert_eq!(of(None, "text/plain", b"hello"), None);
        assert_eq!(of(None, "application/json", &[b'['; 10_000]), None);
        assert_eq!(of(None, "application/json", &[b' '; 10_001]), None);

        let event = json!({"specversion": "1.0", "data": {"a": 1}});
        assert_eq!(payload(&event, &Properties::default()), &json!({"a": 1}));
        let event = json!({"messageType": ["urn:message:A:B"], "message": [1]});
        assert_eq!(payload(&event, &Properties::default()), &json!([1]));
        let event = json!({"data": {"a": 1}});
        assert_eq!(payload(&event, &Properties::default()), &event);
    }
}
