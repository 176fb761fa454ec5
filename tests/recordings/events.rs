//! Events for recordings: every type and every property, and many ordinary ones.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use eventscope::event::amqp::{AmqpDelivery, FieldValue, Properties, Trace, Traced};
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::event::{Event, Transport};
use eventscope::log::{Batch, Segment};

pub(crate) fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_790_000_000_000).expect("a time")
        + TimeDelta::milliseconds(ms)
}

/// A value of each type, and nested ones.
pub(crate) fn every_value() -> Vec<(String, FieldValue)> {
    let values = [
        FieldValue::Bool(true),
        FieldValue::I8(-128),
        FieldValue::U8(255),
        FieldValue::I16(i16::MIN),
        FieldValue::U16(u16::MAX),
        FieldValue::I32(i32::MIN),
        FieldValue::U32(u32::MAX),
        FieldValue::I64(i64::MIN),
        FieldValue::F32(0.1),
        FieldValue::F64(f64::MIN_POSITIVE),
        FieldValue::F64(f64::INFINITY),
        FieldValue::Decimal {
            scale: 2,
            value: u32::MAX,
        },
        FieldValue::Text("a \"quoted\" text, 😀, \u{0}".to_owned()),
        FieldValue::RawText(vec![0xff, 0, 0x80]),
        FieldValue::Timestamp(u64::MAX),
        FieldValue::Bytes((0..=255).collect()),
        FieldValue::Void,
        FieldValue::Array(vec![FieldValue::U8(1), FieldValue::Array(Vec::new())]),
        FieldValue::Table(vec![
            ("b".to_owned(), FieldValue::I64(5)),
            ("a".to_owned(), FieldValue::Table(Vec::new())),
            ("b".to_owned(), FieldValue::I32(6)),
        ]),
    ];
    let named = values.into_iter().enumerate();
    named
        .map(|(number, value)| (format!("h{number}"), value))
        .collect()
}

/// Events that differ in everything that an event can have.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(crate) fn odd_events() -> Vec<Event> {
    let whole = Properties {
        content_type: Some("application/json".into()),
        content_encoding: Some(String::new()),
        headers: Some(every_value()),
        delivery_mode: Some(2),
        priority: Some(255),
        correlation_id: Some("c".into()),
        reply_to: Some("amq.rabbitmq.reply-to".into()),
        expiration: Some("60000".into()),
        message_id: Some("123e4567-e89b-12d3-a456-426614174000".into()),
        timestamp: Some(u64::MAX),
        message_type: Some("order.created".into()),
        user_id: Some("guest".into()),
        app_id: Some("shop".into()),
        cluster_id: Some("x".into()),
    };
    let empty_table = Properties {
        headers: Some(Vec::new()),
        ..Properties::default()
    };
    let traced = |fate| {
        Transport::Amqp(AmqpDelivery {
            redelivered: true,
            trace: Some(Box::new(Trace {
                user: "ada".into(),
                connection: "127.0.0.1:1 -> 127.0.0.1:2".into(),
                fate,
            })),
        })
    };
    let json = br#"{"eventId":"e-1","eventType":"order.created","version":2,"data":{"n":1.50}}"#;
    let pretty = b"{\r\n  \"n\": 1.50,\n  \"n\": 2\n}\n".to_vec();
    let plain = Properties::default;
    let rows = [
        (
            "shop",
            "order.created",
            Transport::amqp(false),
            whole.clone(),
            json.to_vec(),
        ),
        (
            "shop",
            "order.created",
            Transport::amqp(true),
            whole,
            pretty.clone(),
        ),
        ("", "", Transport::amqp(false), plain(), Vec::new()),
        (
            "shop",
            "a\tb\u{0}\u{7f}ü",
            Transport::amqp(false),
            empty_table,
            b"text".to_vec(),
        ),
        (
            "x",
            "k",
            Transport::Plain(0),
            plain(),
            vec![0xff, 0xfe, 0, 1],
        ),
        (
            "x",
            "k",
            Transport::Plain(u64::MAX),
            plain(),
            b" {\"a\": 1} ".to_vec(),
        ),
        (
            "amq.rabbitmq.trace",
            "k",
            traced(Traced::Published(vec!["q1".into(), "q2".into()])),
            plain(),
            b"\xef\xbb\xbf{}\0".to_vec(),
        ),
        (
            "t",
            "k",
            traced(Traced::Delivered("q".into())),
            plain(),
            b"[1,2".to_vec(),
        ),
        (
            "t",
            "k",
            Transport::amqp(false),
            plain(),
            b"\"\\ud800\"".to_vec(),
        ),
        ("t", "k", Transport::amqp(false), plain(), b"1e999".to_vec()),
    ];
    let rows = rows.into_iter().enumerate();
    rows.map(
        |(number, (destination, key, transport, properties, body))| {
            let at = at(i64::try_from(number).expect("few") * 7);
            Event::new(
                at,
                destination.into(),
                key.into(),
                transport,
                properties,
                body,
            )
        },
    )
    .collect()
}

/// An ordinary event of the sample shop.
pub(crate) fn ordinary(number: u64) -> Event {
    let properties = Properties {
        content_type: Some("application/json".into()),
        delivery_mode: Some(2),
        message_id: Some(format!("m-{number}")),
        message_type: Some("order.created".into()),
        headers: Some(vec![("x-try".into(), FieldValue::I32(1))]),
        ..Properties::default()
    };
    let body = format!(
        r#"{{"eventId":"m-{number}","eventType":"order.created","version":1,"data":{{"orderId":"ord-{number}","amount":{number}.90,"currency":"EUR"}}}}"#
    );
    Event::new(
        at(i64::try_from(number).expect("few")),
        "shop.events".into(),
        format!("order.created.{}", number % 5),
        Transport::amqp(false),
        properties,
        body.into_bytes(),
    )
}

pub(crate) fn tap() -> TapId {
    TapId::of(SourceId::FIRST, 1)
}

pub(crate) fn segment(events: &[Event]) -> Arc<Segment> {
    Arc::new(Batch::of(tap(), events).segment().clone())
}

/// What an event is, as text: a NaN is not equal to itself.
pub(crate) fn text(event: &Event) -> String {
    format!("{event:?}")
}
