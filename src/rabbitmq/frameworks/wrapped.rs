//! Messages that lie in another one: what `EasyNetQ` and old versions of Sneakers publish in place of
//! what failed.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::look::{ParkedLook, instant};
use super::{Original, Parked, Proposed, cause};
use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::text::base64;
use crate::text::payload::PayloadKind;

/// Largest wrapper that is read, in bytes: RabbitMQ takes no larger message since 4.0.
const LARGEST: usize = 16 * 1024 * 1024;

/// `EasyNetQ`'s `Error` message. Its properties were written in capitals until `System.Text.Json` was
/// used with a naming policy.
#[derive(Deserialize)]
struct EasyNetQ {
    #[serde(alias = "RoutingKey", alias = "routingKey")]
    routing_key: String,
    #[serde(alias = "Exchange")]
    exchange: String,
    #[serde(alias = "Queue", default)]
    queue: Option<String>,
    #[serde(alias = "Exception", default)]
    exception: Option<String>,
    #[serde(alias = "Message")]
    message: String,
    #[serde(alias = "DateTime", alias = "dateTime", default)]
    date_time: Option<String>,
    #[serde(alias = "BasicProperties", alias = "basicProperties")]
    basic_properties: Map<String, Value>,
}

/// `EasyNetQ` publishes a wrapper of JSON into `EasyNetQ_Default_Error_Queue`. Its own tool Hosepipe
/// publishes what is in it.
pub(crate) fn easynetq(look: ParkedLook<'_>) -> Option<Parked> {
    let text = json(look, &["BasicProperties", "basicProperties"])?;
    let found: EasyNetQ = serde_json::from_str(text).ok()?;
    let mut parked = Parked::by("EasyNetQ", "Exchange, RoutingKey and Message in the body");
    parked.failure = cause::failure(None, None, found.exception.as_deref());
    parked.when = found.date_time.as_deref().and_then(instant);
    parked.failed_queue = found.queue.filter(|queue| !queue.is_empty());
    parked.target = Some(Proposed {
        exchange: found.exchange.clone(),
        routing_key: found.routing_key.clone(),
        says: "Exchange and RoutingKey in the body".to_owned(),
    });
    let mut doubts = Vec::new();
    let properties = properties(&found.basic_properties, &mut doubts);
    let body = body(found.message, &mut doubts);
    parked.original = Some(Box::new(Original {
        exchange: found.exchange,
        routing_key: found.routing_key,
        properties,
        body,
        doubts,
    }));
    Some(parked)
}

/// The wrapper holds the body as text: as it was, or as base64 where the application chose
/// `EasyNetQ`'s serialiser for that.
fn body(message: String, doubts: &mut Vec<String>) -> Vec<u8> {
    let is_json = |bytes: &[u8]| PayloadKind::detect(bytes) == PayloadKind::Json;
    if message.len() >= 4
        && !is_json(message.as_bytes())
        && let Some(decoded) = base64::decode(&message)
        && is_json(&decoded)
    {
        return decoded;
    }
    if message.contains('\u{fffd}') {
        doubts.push(
            "The body was not text, and EasyNetQ kept it as text: some of its bytes are lost"
                .to_owned(),
        );
    }
    message.into_bytes()
}

/// `EasyNetQ`'s `MessageProperties`. Each may have a flag beside it that says whether it was there.
fn properties(from: &Map<String, Value>, doubts: &mut Vec<String>) -> Properties {
    let field = |name: &str| {
        let camel = name[..1].to_ascii_lowercase() + &name[1..];
        let get = |name: &str| from.get(name);
        let present = get(&format!("{name}Present")).or_else(|| get(&format!("{camel}Present")));
        if present == Some(&Value::Bool(false)) {
            return None;
        }
        get(name)
            .or_else(|| get(&camel))
            .filter(|value| !value.is_null())
    };
    let text = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
    let byte = |name: &str| {
        field(name)
            .and_then(Value::as_u64)
            .and_then(|n| u8::try_from(n).ok())
    };
    let headers = field("Headers").and_then(Value::as_object).map(|headers| {
        let mut table = FieldTable::new();
        for (name, value) in headers {
            table.push((name.clone(), header(value)));
        }
        table
    });
    if headers.as_ref().is_some_and(|headers| !headers.is_empty()) {
        doubts.push(
            "EasyNetQ kept the headers as text: what was a number or a date is text now".to_owned(),
        );
    }
    let expiration = text("Expiration").filter(|ms| ms.parse::<u64>().is_ok());
    if expiration.is_none() && text("Expiration").is_some_and(|ms| !ms.is_empty()) {
        doubts
            .push("Its time to live is not written in milliseconds, so it is left out".to_owned());
    }
    Properties {
        content_type: text("ContentType"),
        content_encoding: text("ContentEncoding"),
        headers: headers.filter(|headers| !headers.is_empty()),
        // 0 stands for one that was not sent.
        delivery_mode: byte("DeliveryMode").filter(|mode| *mode > 0),
        priority: byte("Priority"),
        correlation_id: text("CorrelationId"),
        reply_to: text("ReplyTo"),
        expiration,
        message_id: text("MessageId"),
        timestamp: field("Timestamp")
            .and_then(Value::as_u64)
            .filter(|seconds| *seconds > 0),
        message_type: text("Type"),
        user_id: text("UserId"),
        app_id: text("AppId"),
        cluster_id: text("ClusterId"),
    }
}

fn header(value: &Value) -> FieldValue {
    match value {
        Value::String(text) => FieldValue::Text(text.clone()),
        Value::Bool(value) => FieldValue::Bool(*value),
        Value::Null => FieldValue::Void,
        Value::Number(number) => number
            .as_i64()
            .map(FieldValue::I64)
            .or_else(|| number.as_f64().map(FieldValue::F64))
            .unwrap_or(FieldValue::Void),
        other => FieldValue::Text(other.to_string()),
    }
}

/// Sneakers before 2.5: the body and the properties as base64 in a JSON object.
#[derive(Deserialize)]
struct OldSneakers {
    error: Option<String>,
    num_attempts: u64,
    failed_at: Option<String>,
    payload: String,
    error_class: Option<String>,
    error_message: Option<String>,
}

pub(crate) fn old_sneakers(look: ParkedLook<'_>) -> Option<Parked> {
    let text = json(look, &["num_attempts"])?;
    let found: OldSneakers = serde_json::from_str(text).ok()?;
    // Ruby breaks base64 into lines.
    let base64_text: String = found.payload.split_ascii_whitespace().collect();
    let body = base64::decode(&base64_text)?;
    let mut parked = Parked::by("Sneakers", "payload and num_attempts in the body").back_to(
        look.queue_without("-error"),
        "the name of the queue without -error",
    );
    let words = found.error_message.or(found.error);
    parked.failure = cause::failure(found.error_class.as_deref(), words.as_deref(), None);
    parked.when = found.failed_at.as_deref().and_then(instant);
    parked.attempts = Some(found.num_attempts);
    let target = parked.target.clone()?;
    parked.original = Some(Box::new(Original {
        exchange: target.exchange,
        routing_key: target.routing_key,
        properties: Properties {
            delivery_mode: look.event.properties.delivery_mode,
            ..Properties::default()
        },
        body,
        doubts: vec![
            "Its properties and headers are not put back: Sneakers kept them in Ruby's own form"
                .to_owned(),
        ],
    }));
    Some(parked)
}

fn json<'a>(look: ParkedLook<'a>, words: &[&str]) -> Option<&'a str> {
    let event = look.event;
    if event.kind != PayloadKind::Json || event.body.len() > LARGEST {
        return None;
    }
    let text = std::str::from_utf8(&event.body).ok()?;
    words.iter().any(|word| text.contains(word)).then_some(text)
}
