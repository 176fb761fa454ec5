//! Events as text for the clipboard and for files.

use super::Event;
use super::line::EventLine;
use super::plain_headers::plain_headers;
use crate::text::base64;
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
    let document = |event| EventLine::of(event, None);
    match form {
        CopyAs::Json if events.len() == 1 => {
            out = serde_json::to_string_pretty(&document(&events[0])).unwrap_or_default();
        }
        CopyAs::Json => {
            let all: Vec<_> = events.iter().map(document).collect();
            out = serde_json::to_string_pretty(&all).unwrap_or_default();
        }
        CopyAs::Ndjson => {
            for event in events {
                out.push_str(&document(event).text());
                out.push('\n');
            }
        }
        CopyAs::Curl => {
            for event in events {
                out.push_str(&curl(event, management));
                out.push('\n');
            }
        }
    }
    out
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

/// Header types beyond JSON's own do not survive this way, which is the management API's limit;
/// sending again from Eventscope keeps them.
fn curl(event: &Event, management: &str) -> String {
    let mut fields = properties(event);
    if let (Some(fields), Some(table)) = (fields.as_object_mut(), &event.properties.headers) {
        fields.insert("headers".into(), Value::Object(plain_headers(table)));
    }
    let (payload, encoding) = match std::str::from_utf8(&event.body) {
        Ok(text) => (text.to_owned(), "string"),
        Err(_) => (base64::encode(&event.body), "base64"),
    };
    let body = json!({
        "properties": fields,
        "routing_key": event.key,
        "payload": payload,
        "payload_encoding": encoding,
    });
    let exchange = match event.destination.as_str() {
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
    use crate::event::Transport;
    use crate::event::amqp::{FieldValue, Properties};

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
            Transport::amqp(false),
            properties,
            body.to_vec(),
        )
    }

    #[test]
    fn a_json_body_stands_in_the_document_as_it_is() {
        let text = export(
            CopyAs::Ndjson,
            &[event(b"{\"n\":\n1.50}"), event(b"\xff")],
            "",
        );
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["headers"]["x-try"], 2);
        assert_eq!(lines[0]["properties"]["message_id"], "m-1");
        assert!(text.contains(r#""payload":{"n": 1.50}"#), "{text}");
        assert_eq!(lines[1]["payload_base64"], "/w==");
        assert_eq!(lines[0]["payload"]["n"], 1.5);
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
