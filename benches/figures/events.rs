//! Events as a shop publishes them: 500 bytes of JSON in an envelope, ids, a few headers.

use chrono::{DateTime, Utc};
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::{Event, Transport};

/// Bytes of every body.
pub(crate) const BODY: usize = 500;

/// The word that the text search looks for; in one event of 1,000.
pub(crate) const RARE: &str = "wunderkammer";

/// The body of event number `n`. `total` is above 100 in one event of 100.
pub(crate) fn body(n: u64) -> Vec<u8> {
    let id = uuid::Uuid::from_u128(u128::from(n) << 64 | 0x5eed);
    let total = if n.is_multiple_of(100) { 250 } else { n % 100 };
    let note = if n.is_multiple_of(1_000) {
        RARE
    } else {
        "ordinary"
    };
    let mut text = format!(
        r#"{{"eventId":"{id}","eventType":"order.created","version":{},"timestamp":"2026-01-01T12:00:00Z","data":{{"orderId":"order-{n}","customer":{{"id":"c-{}","name":"Ada Lovelace"}},"items":[{{"sku":"ABC-{}","quantity":2,"price":12.50}},{{"sku":"XYZ-1","quantity":1,"price":3.00}}],"total":{total},"currency":"EUR","note":"{note}","padding":""#,
        n % 3 + 1,
        n % 977,
        n % 89,
    );
    while text.len() < BODY - 3 {
        text.push(char::from(
            b'a' + u8::try_from(text.len() % 26).expect("a letter"),
        ));
    }
    text.push_str("\"}}");
    text.into_bytes()
}

/// The routing key of event number `n`, one of 50.
pub(crate) fn key(n: u64) -> String {
    format!("order.region{}.created", n % 50)
}

/// The properties of event number `n`.
pub(crate) fn properties(n: u64) -> Properties {
    let id = |salt: u128| uuid::Uuid::from_u128(u128::from(n) << 64 | salt).to_string();
    Properties {
        content_type: Some("application/json".into()),
        delivery_mode: Some(2),
        message_id: Some(id(0x5eed)),
        correlation_id: Some(id(0xc0de)),
        timestamp: Some(1_767_268_800 + n / 1_000),
        message_type: Some("order.created".into()),
        app_id: Some("web".into()),
        headers: Some(vec![
            ("x-schema-version".into(), FieldValue::I32(2)),
            ("x-tenant".into(), FieldValue::Text(format!("t{}", n % 7))),
        ]),
        ..Properties::default()
    }
}

/// Event number `n` as it is received.
pub(crate) fn event(n: u64) -> Event {
    let at = 1_767_268_800_000 + i64::try_from(n / 20).expect("a time");
    Event::new(
        DateTime::<Utc>::from_timestamp_millis(at).expect("a time"),
        "shop".into(),
        key(n),
        Transport::amqp(false),
        properties(n),
        body(n),
    )
}

/// A folder with a schema for each version of the events.
pub(crate) fn write_schemas(folder: &std::path::Path) {
    let text = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "eventId": {"type": "string", "format": "uuid"},
            "eventType": {"const": "order.created"},
            "version": {"type": "integer"},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "properties": {
                    "orderId": {"type": "string", "pattern": "^order-[0-9]+$"},
                    "customer": {
                        "type": "object",
                        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
                        "required": ["id", "name"]
                    },
                    "items": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "properties": {
                                "sku": {"type": "string"},
                                "quantity": {"type": "integer", "minimum": 1},
                                "price": {"type": "number", "minimum": 0}
                            },
                            "required": ["sku", "quantity", "price"]
                        }
                    },
                    "total": {"type": "number", "minimum": 0},
                    "currency": {"enum": ["EUR", "GBP", "CHF"]}
                },
                "required": ["orderId", "customer", "items", "total", "currency"]
            }
        },
        "required": ["eventId", "eventType", "version", "timestamp", "data"]
    });
    let own = folder.join("order.created");
    std::fs::create_dir_all(&own).expect("a folder");
    for version in 1..=3 {
        let file = own.join(format!("{version}.schema.json"));
        std::fs::write(file, text.to_string()).expect("a schema");
    }
}
