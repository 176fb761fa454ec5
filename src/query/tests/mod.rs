//! Tests of the filter language, one file for each thing that is promised of it.

mod agreement;
mod completing;
mod generate;
mod language;
mod matching;

use chrono::DateTime;

use crate::event::amqp::{FieldValue, Properties};
use crate::event::{Event, Transport};

/// An event of the sample shop with something in each field.
fn sample() -> Event {
    let text = |text: &str| Some(text.to_owned());
    let properties = Properties {
        content_type: text("application/json"),
        correlation_id: text("c-1"),
        message_id: text("m-1"),
        app_id: text("checkout"),
        user_id: text("guest"),
        reply_to: text("replies"),
        priority: Some(4),
        headers: Some(vec![
            ("x-tenant".into(), FieldValue::Text("Acme".into())),
            ("x-retry".into(), FieldValue::I32(3)),
            ("a b".into(), FieldValue::Bool(true)),
            ("cloudEvents:id".into(), FieldValue::I64(7)),
            ("at".into(), FieldValue::Timestamp(1_767_225_600)),
            (
                "x-death".into(),
                FieldValue::Array(vec![FieldValue::Table(vec![(
                    "queue".into(),
                    FieldValue::Text("orders.dlq".into()),
                )])]),
            ),
        ]),
        ..Properties::default()
    };
    let body = r#"{"eventId":"e-1","eventType":"order.created","version":2,"data":{
        "total":129.5,"count":9007199254740993,"paid":"12.50","flag":true,"coupon":null,
        "at":"2026-01-31T10:00:00Z","name":"Jane Doe","note":"caf\u00e9 \"x\"","path":"/a/b",
        "odd key":{"x":"1"},"to\u0074al2":5,"digits":"3","tags":["red","Blue"],
        "items":[{"sku":"ABC-1","n":1},{"sku":"XYZ-9","n":2,"lots":[[1],[2,3]]}]}}"#;
    Event::new(
        DateTime::from_timestamp_millis(1_000_000).unwrap(),
        "shop".into(),
        "order.created.eu".into(),
        Transport::amqp(false),
        properties,
        body.into(),
    )
}
