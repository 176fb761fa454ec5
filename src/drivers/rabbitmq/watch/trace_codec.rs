//! A message of the broker's trace as the event that it is about. The trace carries the original
//! body; its headers hold the rest: exchange, keys, properties, who and where.

use chrono::{DateTime, Utc};
use lapin::message::Delivery;

use crate::drivers::rabbitmq::connection::codec;
use crate::event::amqp::{AmqpDelivery, FieldTable, FieldValue, Properties, Trace, Traced};
use crate::event::{Event, Transport};

/// Most queue names that are kept of one message.
const QUEUES: usize = 1_000;
/// Longest text that is taken over; AMQP allows 255 bytes for names and keys.
const TEXT: usize = 1_024;

/// The original message with its trace. `None` for what we ourselves caused by listening:
/// deliveries from the queues of our own taps. Those do not count as reached either.
pub(crate) fn event(
    received_at: DateTime<Utc>,
    delivery: Delivery,
    is_own: impl Fn(&str) -> bool,
) -> Option<Event> {
    let headers = codec::properties(&delivery.properties)
        .headers
        .unwrap_or_default();
    let key = delivery.routing_key.as_str();
    let delivered = key.strip_prefix("deliver.");
    if delivered.is_some_and(&is_own) {
        return None;
    }
    let fate = if let Some(queue) = delivered {
        Traced::Delivered(queue.to_owned())
    } else {
        let mut queues = texts(get(&headers, "routed_queues"), QUEUES);
        queues.retain(|queue| !is_own(queue));
        Traced::Published(queues)
    };
    let trace = Trace {
        user: text(get(&headers, "user")),
        connection: text(get(&headers, "connection")),
        fate,
    };
    let routing_key = texts(get(&headers, "routing_keys"), 1)
        .pop()
        .unwrap_or_default();
    let redelivered = match get(&headers, "redelivered") {
        Some(FieldValue::Bool(again)) => *again,
        other => other
            .and_then(FieldValue::as_integer)
            .is_some_and(|n| n != 0),
    };
    let exchange = text(get(&headers, "exchange_name"));
    let properties = match get(&headers, "properties") {
        Some(FieldValue::Table(table)) => properties(table),
        _ => Properties::default(),
    };
    Some(Event::new(
        received_at,
        exchange,
        routing_key,
        Transport::Amqp(AmqpDelivery {
            redelivered,
            trace: Some(Box::new(trace)),
        }),
        properties,
        delivery.data,
    ))
}

fn get<'a>(table: &'a FieldTable, name: &str) -> Option<&'a FieldValue> {
    Some(&table.iter().find(|(key, _)| key == name)?.1)
}

fn text(value: Option<&FieldValue>) -> String {
    let bytes = match value {
        Some(FieldValue::Text(text)) => text.as_bytes(),
        Some(FieldValue::RawText(bytes) | FieldValue::Bytes(bytes)) => bytes,
        _ => return String::new(),
    };
    String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT)]).into_owned()
}

fn texts(value: Option<&FieldValue>, most: usize) -> Vec<String> {
    match value {
        Some(FieldValue::Array(items)) => items
            .iter()
            .take(most)
            .map(|item| text(Some(item)))
            .collect(),
        _ => Vec::new(),
    }
}

fn properties(table: &FieldTable) -> Properties {
    let words = |name: &str| get(table, name).map(|value| text(Some(value)));
    let number = |name: &str| get(table, name).and_then(FieldValue::as_integer);
    let byte = |name: &str| number(name).and_then(|n| u8::try_from(n).ok());
    Properties {
        content_type: words("content_type"),
        content_encoding: words("content_encoding"),
        headers: match get(table, "headers") {
            Some(FieldValue::Table(headers)) => Some(headers.clone()),
            _ => None,
        },
        delivery_mode: byte("delivery_mode"),
        priority: byte("priority"),
        correlation_id: words("correlation_id"),
        reply_to: words("reply_to"),
        expiration: words("expiration"),
        message_id: words("message_id"),
        timestamp: match get(table, "timestamp") {
            Some(FieldValue::Timestamp(seconds)) => Some(*seconds),
            _ => number("timestamp").and_then(|n| u64::try_from(n).ok()),
        },
        message_type: words("type"),
        user_id: words("user_id"),
        app_id: words("app_id"),
        cluster_id: words("cluster_id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::types::{AMQPValue, FieldArray, FieldTable as WireTable, LongString};

    fn long(text: &str) -> AMQPValue {
        AMQPValue::LongString(LongString::from(text))
    }

    fn table(fields: Vec<(&str, AMQPValue)>) -> WireTable {
        let mut table = WireTable::default();
        for (name, value) in fields {
            table.insert(name.into(), value);
        }
        table
    }

    fn array(items: &[&str]) -> AMQPValue {
        let mut array = FieldArray::default();
        for item in items {
            array.push(long(item));
        }
        AMQPValue::FieldArray(array)
    }

    fn traced(key: &str, headers: WireTable) -> Option<Event> {
        let mut delivery = Delivery::mock(
            1,
            "amq.rabbitmq.trace".into(),
            key.into(),
            false,
            b"{}".to_vec(),
        );
        delivery.properties = delivery.properties.with_headers(headers);
        event(DateTime::UNIX_EPOCH, delivery, |queue| queue == "own")
    }

    #[test]
    fn the_original_message_comes_back_with_who_and_where() {
        let inner = table(vec![
            ("content_type", long("text/plain")),
            ("delivery_mode", AMQPValue::LongInt(2)),
            ("timestamp", AMQPValue::Timestamp(5)),
            (
                "headers",
                AMQPValue::FieldTable(table(vec![("n", AMQPValue::ShortInt(7))])),
            ),
        ]);
        let headers = table(vec![
            ("exchange_name", long("shop")),
            ("routing_keys", array(&["order.created", "copy"])),
            ("properties", AMQPValue::FieldTable(inner)),
            ("user", long("ada")),
            ("connection", long("1.2.3.4:5 -> 6.7.8.9:10")),
            ("routed_queues", array(&["orders", "own"])),
        ]);
        let event = traced("publish.shop", headers).unwrap();
        assert_eq!(
            (event.destination.as_str(), event.key.as_str()),
            ("shop", "order.created")
        );
        assert_eq!(event.properties.content_type.as_deref(), Some("text/plain"));
        assert_eq!(
            (event.properties.delivery_mode, event.properties.timestamp),
            (Some(2), Some(5))
        );
        assert_eq!(event.properties.header("n"), Some(&FieldValue::I16(7)));
        let trace = event.transport.trace().unwrap();
        assert_eq!((trace.user.as_str(), trace.connection.len()), ("ada", 23));
        assert_eq!(trace.fate, Traced::Published(vec!["orders".into()]));
    }

    #[test]
    fn only_what_our_own_tap_took_was_lost_and_its_deliveries_are_no_news() {
        let headers = table(vec![("routed_queues", array(&["own"]))]);
        let event = traced("publish.", headers).unwrap();
        assert_eq!(
            event.transport.trace().unwrap().fate,
            Traced::Published(Vec::new())
        );
        assert!(traced("deliver.own", WireTable::default()).is_none());
        let event = traced("deliver.orders", WireTable::default()).unwrap();
        assert_eq!(
            event.transport.trace().unwrap().fate,
            Traced::Delivered("orders".into())
        );
    }

    #[test]
    fn a_trace_of_the_wrong_shape_is_an_event_that_says_little() {
        let headers = table(vec![
            ("exchange_name", AMQPValue::Void),
            ("routing_keys", long("not a list")),
            ("properties", array(&["no table"])),
            (
                "user",
                AMQPValue::LongString(LongString::from(vec![0xff; 100_000])),
            ),
            ("routed_queues", array(&vec!["q"; 5_000])),
            ("redelivered", long("perhaps")),
        ]);
        let event = traced("nonsense", headers).unwrap();
        assert_eq!(
            (event.destination.as_str(), event.properties),
            ("", Properties::default())
        );
        let trace = event.transport.trace().unwrap();
        assert!(trace.user.len() <= 3 * TEXT);
        assert!(matches!(&trace.fate, Traced::Published(queues) if queues.len() == QUEUES));
    }
}
