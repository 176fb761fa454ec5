//! An event as one line of JSON, exactly: read again it is the same event. Made for other programs first:
//! a JSON body stands in it as JSON, and headers as plain values; what JSON cannot say stands beside
//! them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::amqp::AmqpDelivery;
use super::amqp::written::{WrittenTable, headers_text, read_table};
use super::line_properties::LineProperties;
use super::plain_headers::{is_told_by_json, plain_headers, table_of};
use super::written_transport::WrittenTransport;
use super::{Event, Transport};
use crate::text::{base64, json};

/// An event as one JSON object.
#[derive(Serialize, Deserialize)]
pub struct EventLine {
    /// RFC 3339, to the millisecond.
    received_at: String,
    /// The place of the store that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, alias = "exchange")]
    destination: String,
    #[serde(default, alias = "routing_key")]
    key: String,
    /// Those that are there, by the names of AMQP 0-9-1.
    #[serde(default)]
    properties: LineProperties,
    /// Names and values, as far as JSON can say them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<Map<String, Value>>,
    /// The same with their types, where `headers` does not say all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers_typed: Option<Box<RawValue>>,
    /// What brought it, if it is no plain delivery over AMQP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<WrittenTransport>,
    /// Its place in a store where places have numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// The body, if it is JSON.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "raw"
    )]
    payload: Option<Box<RawValue>>,
    /// The body, if it is other text, or JSON over several lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_text: Option<String>,
    /// The body, if it is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
}

/// A body that is `null` is there.
fn raw<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

/// What a line says.
#[derive(Debug)]
pub struct ReadLine {
    pub event: Event,
    /// The place of the store that it came from, if it says that.
    pub source: Option<String>,
}

impl EventLine {
    /// The whole event. A JSON body stands in it as written, other text as a string, and anything else
    /// as base64.
    #[must_use]
    pub fn of(event: &Event, source: Option<&str>) -> Self {
        let own = &event.properties;
        let text = std::str::from_utf8(&event.body).ok();
        // Half of a surrogate pair makes many readers refuse the whole line.
        let clean = text.filter(|text| !json::has_half(text.as_bytes()));
        let payload = clean.and_then(|text| {
            // Line breaks stand only between the tokens of a JSON document.
            let line = text.replace(['\n', '\r'], " ");
            serde_json::from_str::<Box<RawValue>>(&line).ok()
        });
        let is_exact = payload.as_deref().map(RawValue::get) == text;
        let headers = own.headers.as_ref();
        let typed = headers.filter(|table| !is_told_by_json(table));
        let is_usual = matches!(
            &event.transport,
            Transport::Amqp(AmqpDelivery {
                redelivered: false,
                trace: None
            })
        );
        Self {
            received_at: event
                .received_at
                .to_rfc3339_opts(SecondsFormat::Millis, true),
            source: source.map(str::to_owned),
            destination: event.destination.clone(),
            key: event.key.clone(),
            properties: LineProperties::of(own),
            headers: headers.map(plain_headers),
            headers_typed: typed
                .and_then(|table| RawValue::from_string(headers_text(table).ok()?).ok()),
            transport: (!is_usual).then(|| WrittenTransport::from(&event.transport)),
            position: event.transport.position(),
            payload_text: text.filter(|_| !is_exact).map(str::to_owned),
            payload_base64: text.is_none().then(|| base64::encode(&event.body)),
            payload,
        }
    }

    /// The line, without its end.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(line: &str) -> Result<ReadLine, String> {
        let line: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let received_at = DateTime::parse_from_rfc3339(&line.received_at)
            .map_err(|_| {
                format!(
                    "\"{}\" is no time such as 2026-01-31T12:00:00.000Z",
                    line.received_at
                )
            })?
            .with_timezone(&Utc);
        let headers = match (line.headers_typed, line.headers) {
            (Some(typed), _) => Some(
                serde_json::from_str::<WrittenTable<'_>>(typed.get())
                    .map(read_table)
                    .map_err(|error| format!("headers_typed: {error}"))?,
            ),
            (None, Some(plain)) => Some(table_of(&plain)),
            (None, None) => None,
        };
        let body = match (line.payload_base64, line.payload_text, line.payload) {
            (Some(text), ..) => {
                base64::decode(&text).ok_or("payload_base64 is no base64 with padding")?
            }
            (None, Some(text), _) => text.into_bytes(),
            (None, None, Some(json)) => json.get().as_bytes().to_vec(),
            (None, None, None) => Vec::new(),
        };
        let transport = match line.transport {
            Some(written) => written.at(line.position),
            None => Transport::amqp(false),
        };
        let properties = line.properties.with(headers);
        let (destination, key) = (line.destination, line.key);
        Ok(ReadLine {
            event: Event::new(received_at, destination, key, transport, properties, body),
            source: line.source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::{FieldValue, Properties};

    fn event(properties: Properties, transport: Transport, body: &[u8]) -> Event {
        Event::new(
            DateTime::from_timestamp_millis(1_790_000_000_123).unwrap(),
            "shop & co".into(),
            "order.created".into(),
            transport,
            properties,
            body.to_vec(),
        )
    }

    fn with_headers(headers: Vec<(String, FieldValue)>) -> Properties {
        Properties {
            headers: Some(headers),
            ..Properties::default()
        }
    }

    /// The line of an event that reads back as the same one.
    fn line(event: &Event) -> String {
        let line = EventLine::of(event, Some("shop:5672")).text();
        assert!(!line.contains('\n'));
        let read = EventLine::read(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(format!("{:?}", read.event), format!("{event:?}"), "{line}");
        assert_eq!(
            EventLine::of(&read.event, read.source.as_deref()).text(),
            line
        );
        line
    }

    #[test]
    fn a_json_body_stands_in_the_line_as_it_is() {
        let of = |body: &[u8]| line(&event(Properties::default(), Transport::amqp(false), body));
        assert_eq!(
            of(b"{\"n\":1.50}"),
            r#"{"received_at":"2026-09-21T14:13:20.123Z","source":"shop:5672","destination":"shop & co","key":"order.created","properties":{},"payload":{"n":1.50}}"#
        );
        assert!(
            of(b"{\"n\":\n1.50}")
                .contains(r#""payload":{"n": 1.50},"payload_text":"{\"n\":\n1.50}""#)
        );
        assert!(of(b" 1").contains(r#""payload":1,"payload_text":" 1""#));
        assert!(of(b"null").contains(r#""payload":null"#));
        assert!(of(b"").contains(r#""payload_text":"""#));
        assert!(of(b"x").contains(r#""payload_text":"x""#));
        assert!(of(b"\xff").contains(r#""payload_base64":"/w==""#));
        assert!(of(b"\"\\ud800\"").contains(r#""payload_text":"\"\\ud800\"""#));
        of(format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)).as_bytes());
    }

    #[test]
    fn headers_are_plain_where_that_says_all() {
        let of = |headers| line(&event(with_headers(headers), Transport::amqp(false), b"1"));
        let text = |text: &str| FieldValue::Text(text.into());
        let told = of(vec![
            ("b".into(), FieldValue::I32(-1)),
            ("a".into(), FieldValue::I64(5_000_000_000)),
            (
                "t".into(),
                FieldValue::Table(vec![("x".into(), FieldValue::Void)]),
            ),
            (
                "l".into(),
                FieldValue::Array(vec![text("ü"), FieldValue::Bool(true)]),
            ),
        ]);
        assert!(
            told.contains(r#""headers":{"b":-1,"a":5000000000,"t":{"x":null},"l":["ü",true]},"#),
            "{told}"
        );
        assert!(!told.contains("headers_typed"));
        assert!(of(Vec::new()).contains(r#""headers":{},"#));
        for value in [
            FieldValue::I64(1),
            FieldValue::F64(f64::NAN),
            FieldValue::F64(0.1),
            FieldValue::F32(0.1),
            FieldValue::RawText(vec![0xff]),
            FieldValue::Bytes(vec![0, 1]),
            FieldValue::Timestamp(1),
            FieldValue::Decimal {
                scale: 1,
                value: 15,
            },
            FieldValue::Array(vec![FieldValue::U8(1)]),
            FieldValue::Table(vec![("a".into(), text("1")), ("a".into(), text("2"))]),
        ] {
            let told = of(vec![("h".into(), value.clone())]);
            assert!(
                told.contains(r#""headers_typed":[["h","#),
                "{value:?} {told}"
            );
        }
        of(vec![("a".into(), text("1")), ("a".into(), text("2"))]);
    }

    #[test]
    fn what_brought_it_and_its_properties_come_back() {
        let whole = Properties {
            content_type: Some("application/json".into()),
            content_encoding: Some(String::new()),
            headers: None,
            delivery_mode: Some(2),
            priority: Some(255),
            correlation_id: Some("c".into()),
            reply_to: Some("r".into()),
            expiration: Some("1".into()),
            message_id: Some("m".into()),
            timestamp: Some(u64::MAX),
            message_type: Some("t".into()),
            user_id: Some("u".into()),
            app_id: Some("a".into()),
            cluster_id: Some("k".into()),
        };
        assert!(
            line(&event(whole, Transport::Plain(7), b"1"))
                .contains(r#""transport":{"plain":{}},"position":7,"#)
        );
        line(&event(Properties::default(), Transport::amqp(true), b"1"));
    }

    #[test]
    fn a_line_of_another_program_may_leave_things_out() {
        let read = EventLine::read(
            r#"{"received_at":"2026-01-31T13:00:00+01:00","exchange":"e","routing_key":"k","payload":{"a":1},"more":2}"#,
        )
        .unwrap();
        let event = read.event;
        assert_eq!((event.destination.as_str(), event.key.as_str()), ("e", "k"));
        assert_eq!(event.received_at.to_rfc3339(), "2026-01-31T12:00:00+00:00");
        assert_eq!(event.body, br#"{"a":1}"#);
        for (line, told) in [
            ("{}", "received_at"),
            (r#"{"received_at":"now"}"#, "no time such as"),
            (
                r#"{"received_at":"2026-01-31T13:00:00Z","payload_base64":"?"}"#,
                "no base64",
            ),
            (
                r#"{"received_at":"2026-01-31T13:00:00Z","headers_typed":[["a",1]]}"#,
                "headers_typed",
            ),
            ("[", "EOF"),
        ] {
            let error = EventLine::read(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
    }
}
