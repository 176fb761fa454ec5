//! Events as text for the clipboard and for files.

use std::fmt::Write as _;

use super::base64;
use super::event::Event;
use super::value::FieldValue;
use serde_json::{Map, Value, json};

/// In which form events are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyAs {
    /// One JSON document: an object for one event, an array for several.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A command line for each that publishes it again over the management API.
    Curl,
}

/// The events in this form.
#[must_use]
pub fn export(form: CopyAs, events: &[Event], management: &str) -> String {
    let mut out = String::new();
    match form {
        CopyAs::Json => {
            let mut all: Vec<Value> = events.iter().map(document).collect();
            let value = if all.len() == 1 {
                all.remove(0)
            } else {
                Value::Array(all)
            };
            out = serde_json::to_string_pretty(&value).unwrap_or_default();
        }
        CopyAs::Ndjson => {
            for event in events {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{}", document(event));
            }
        }
        CopyAs::Curl => {
            for event in events {
                let _ = writeln!(out, "{}", curl(event, management));
            }
        }
    }
    out
}

/// The whole event as one JSON object. A JSON body stands in it as written, other text as a
/// string, and anything else as base64.
#[must_use]
pub fn document(event: &Event) -> Value {
    let mut all = Map::new();
    all.insert(
        "received_at".into(),
        event
            .received_at
            .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            .into(),
    );
    all.insert("exchange".into(), event.exchange.as_str().into());
    all.insert("routing_key".into(), event.routing_key.as_str().into());
    all.insert("properties".into(), properties(event));
    if let Some(headers) = &event.properties.headers {
        let pairs = headers.iter();
        let headers: Map<_, _> = pairs
            .map(|(name, value)| (name.clone(), header(value)))
            .collect();
        all.insert("headers".into(), Value::Object(headers));
    }
    let text = std::str::from_utf8(&event.body);
    let parsed = serde_json::from_slice::<Value>(&event.body);
    match (parsed, text) {
        // Numbers that would not read back as they were written are left as text.
        (Ok(value), Ok(text)) if same_numbers(&value, text) => all.insert("payload".into(), value),
        (_, Ok(text)) => all.insert("payload_text".into(), text.into()),
        _ => all.insert("payload_base64".into(), base64::encode(&event.body).into()),
    };
    Value::Object(all)
}

/// True if no digit was lost by reading the document.
fn same_numbers(value: &Value, text: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    digits(&value.to_string()) == digits(text)
}

fn properties(event: &Event) -> Value {
    let own = &event.properties;
    let mut all = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            all.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::String);
    put("content_type", text(&own.content_type));
    put("content_encoding", text(&own.content_encoding));
    put("delivery_mode", own.delivery_mode.map(Into::into));
    put("priority", own.priority.map(Into::into));
    put("correlation_id", text(&own.correlation_id));
    put("reply_to", text(&own.reply_to));
    put("expiration", text(&own.expiration));
    put("message_id", text(&own.message_id));
    put("timestamp", own.timestamp.map(Into::into));
    put("type", text(&own.message_type));
    put("user_id", text(&own.user_id));
    put("app_id", text(&own.app_id));
    put("cluster_id", text(&own.cluster_id));
    Value::Object(all)
}

fn header(value: &FieldValue) -> Value {
    match value {
        FieldValue::Bool(v) => (*v).into(),
        FieldValue::F32(v) => f64::from(*v).into(),
        FieldValue::F64(v) => (*v).into(),
        FieldValue::U32(v) => (*v).into(),
        FieldValue::Void => Value::Null,
        FieldValue::Array(items) => items.iter().map(header).collect(),
        FieldValue::Table(table) => {
            let pairs = table.iter();
            Value::Object(pairs.map(|(name, v)| (name.clone(), header(v))).collect())
        }
        other => other
            .as_integer()
            .filter(|_| !matches!(other, FieldValue::Timestamp(_)))
            .map_or_else(|| other.to_string().into(), Into::into),
    }
}

/// Header types beyond JSON's own do not survive this way, which is the management API's limit;
/// sending again from Eventscope keeps them.
fn curl(event: &Event, management: &str) -> String {
    let mut fields = properties(event);
    if let (Some(fields), Some(headers)) = (fields.as_object_mut(), &event.properties.headers) {
        let pairs = headers.iter();
        let headers = pairs.map(|(name, v)| (name.clone(), header(v)));
        fields.insert("headers".into(), Value::Object(headers.collect()));
    }
    let (payload, encoding) = match std::str::from_utf8(&event.body) {
        Ok(text) => (text.to_owned(), "string"),
        Err(_) => (base64::encode(&event.body), "base64"),
    };
    let body = json!({
        "properties": fields,
        "routing_key": event.routing_key,
        "payload": payload,
        "payload_encoding": encoding,
    });
    let exchange = match event.exchange.as_str() {
        "" => "amq.default",
        name => name,
    };
    let exchange: String = url::form_urlencoded::byte_serialize(exchange.as_bytes()).collect();
    let exchange = exchange.replace('+', "%20");
    format!(
        "curl -u USER -H 'content-type: application/json' -X POST {} -d {}",
        quoted(&format!("{management}/{exchange}/publish")),
        quoted(&body.to_string())
    )
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Properties;

    fn event(body: &[u8]) -> Event {
        let properties = Properties {
            message_id: Some("m-1".into()),
            headers: Some(vec![("x-try".into(), FieldValue::I32(2))]),
            ..Properties::default()
        };
        Event::new(
            chrono::DateTime::UNIX_EPOCH,
            "shop & co".into(),
            "order.created".into(),
            false,
            properties,
            body.to_vec(),
        )
    }

    #[test]
    fn a_json_body_stands_in_the_document_as_it_is() {
        let text = export(
            CopyAs::Ndjson,
            &[event(br#"{"n":1.50}"#), event(b"\xff")],
            "",
        );
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["headers"]["x-try"], 2);
        assert_eq!(lines[0]["properties"]["message_id"], "m-1");
        // 1.50 would come out as 1.5.
        assert_eq!(lines[0]["payload_text"], r#"{"n":1.50}"#);
        assert_eq!(lines[1]["payload_base64"], "/w==");
        assert_eq!(document(&event(br#"{"n":1}"#))["payload"]["n"], 1);
    }

    #[test]
    fn one_event_is_an_object_and_several_are_an_array() {
        let one = export(CopyAs::Json, &[event(b"x")], "");
        let two = export(CopyAs::Json, &[event(b"x"), event(b"y")], "");
        assert!(one.starts_with('{') && two.starts_with('['));
    }

    #[test]
    fn a_command_line_quotes_what_a_shell_would_read() {
        let text = export(
            CopyAs::Curl,
            &[event(b"it's")],
            "http://localhost:15672/api/exchanges/%2F",
        );
        assert!(text.contains("/shop%20%26%20co/publish'"), "{text}");
        assert!(text.contains(r"it'\''s"), "{text}");
    }
}
