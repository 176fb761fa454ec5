//! Random filters and events over a small world, so that they meet often.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::event::amqp::{AmqpDelivery, Trace, Traced};
use crate::event::amqp::{FieldValue, Properties};
use crate::event::{Event, Transport};
use crate::query::{Named, Op, PathStep, QueryField, QueryNode, Sort, TextPattern, Thing, Value};

const WORDS: [&str; 14] = [
    "order",
    "Order",
    "created",
    "paid",
    "a",
    "B",
    "3",
    "3.0",
    "true",
    "null",
    "2026-01-02",
    "é",
    "a b",
    "x\"\\y\n",
];

pub(super) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => "[a-z.é ]{0,4}",
    ]
}

fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select(&["", "order", "order.created", "order.paid.eu", "a.order"][..])
        .prop_map(str::to_owned)
}

fn any_name() -> impl Strategy<Value = String> {
    prop::sample::select(&["total", "items", "sku", "odd key", "a.b", "", "q\"é"][..])
        .prop_map(str::to_owned)
}

fn any_steps() -> impl Strategy<Value = Vec<PathStep>> {
    let step = prop_oneof![
        4 => any_name().prop_map(PathStep::Name),
        1 => (0..3_usize).prop_map(PathStep::Index),
        2 => Just(PathStep::Each),
    ];
    prop::collection::vec(step, 1..4)
}

fn any_field() -> impl Strategy<Value = QueryField> {
    prop_oneof![
        4 => prop::sample::select(Named::ALL).prop_map(QueryField::Named),
        2 => any_name().prop_map(QueryField::Header),
        4 => any_steps().prop_map(QueryField::Data),
        1 => any_steps().prop_map(QueryField::Body),
        1 => (prop::sample::select(&["total", "items", "sku"][..]), any_steps()).prop_map(|(name, mut steps)| {
            steps[0] = PathStep::Name(name.to_owned());
            QueryField::Payload(steps)
        }),
    ]
}

fn any_pattern() -> impl Strategy<Value = TextPattern> {
    let source = prop::sample::select(
        &[
            "order", "^a", "[0-9]", "é|B", "a/b", "\\.", "d$", "^$", "x\"\\\\",
        ][..],
    );
    (source, any::<bool>()).prop_map(|(source, fold)| TextPattern::new(source, fold).unwrap())
}

fn any_bare() -> impl Strategy<Value = String> {
    prop::sample::select(
        &[
            "order",
            "ORDER",
            "*",
            "o*",
            "*e?",
            "?",
            "*a*",
            "3",
            "3.0",
            "-1",
            "true",
            "null",
            "2026-01-02",
            "2026-01",
            "b",
            "é",
            "?*",
        ][..],
    )
    .prop_map(str::to_owned)
}

fn any_order() -> impl Strategy<Value = (Op, Value)> {
    let op = prop::sample::select(&[Op::Greater, Op::AtLeast, Op::Less, Op::AtMost][..]);
    let value = prop::sample::select(&["3", "-1", "2.5", "2026-01-02", "2026-01"][..]);
    (op, value).prop_map(|(op, value)| (op, Value::Bare(value.into())))
}

fn any_condition() -> impl Strategy<Value = QueryNode> {
    let exact = prop::sample::select(&[Op::Equal, Op::NotEqual, Op::Like][..]);
    let exact_value = prop_oneof![
        any_bare().prop_map(Value::Bare),
        any_text().prop_map(Value::Quoted),
    ];
    let compared = prop_oneof![
        3 => (exact, exact_value),
        1 => any_order(),
        1 => any_pattern().prop_map(|pattern| (Op::Like, Value::Pattern(pattern))),
    ];
    prop_oneof![
        (any_field(), compared).prop_map(|(field, (op, value))| {
            // In a key the wildcards are whole words.
            let value = match value {
                Value::Bare(text) if text.len() > 1 && text.contains('*') => {
                    Value::Bare("order.#".into())
                }
                other => other,
            };
            QueryNode::Compare(field, op, value)
        }),
        (any::<bool>(), any_op(), 0..400_u32).prop_map(|(size, op, amount)| {
            if size {
                QueryNode::Compare(QueryField::Size, op, Value::Bare(format!("{amount}b")))
            } else {
                QueryNode::Compare(QueryField::Age, op, Value::Bare(format!("{amount}s")))
            }
        }),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    prop::sample::select(&Op::ALL[..])
}

pub(super) fn any_node() -> impl Strategy<Value = QueryNode> {
    let leaf = prop_oneof![
        2 => any_text().prop_filter("a word has letters", |text| !text.is_empty()).prop_map(QueryNode::Word),
        1 => any_pattern().prop_map(QueryNode::Pattern),
        8 => any_condition(),
        2 => any_field().prop_map(|field| QueryNode::Has(Thing::Field(field))),
        1 => Just(QueryNode::Has(Thing::Trace)),
        1 => prop::sample::select(Sort::ALL).prop_map(QueryNode::Is),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(QueryNode::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(QueryNode::Or),
            inner.prop_map(|part| QueryNode::Not(Box::new(part))),
        ]
    })
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-1..4_i64).prop_map(Json::from),
        prop::sample::select(&[2.5, 3.0, -0.5][..]).prop_map(Json::from),
        any_text().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((any_name(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let object = prop::collection::vec((any_name(), any_json()), 0..5)
        .prop_map(|members| Json::Object(members.into_iter().collect()));
    let document = prop_oneof![3 => object, 1 => any_json()];
    let dressed = (document, 0..4_u8, any_text()).prop_map(|(document, dress, kind)| match dress {
        0 => document.to_string(),
        1 => serde_json::to_string_pretty(&document).unwrap(),
        2 => json!({"type": kind, "version": "3", "id": "a", "data": document}).to_string(),
        // The same document with names and texts written by escapes.
        _ => document
            .to_string()
            .replace("total", "to\\u0074al")
            .replace('é', "\\u00e9"),
    });
    prop_oneof![
        8 => dressed.prop_map(String::into_bytes),
        1 => any_text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

fn any_header() -> impl Strategy<Value = FieldValue> {
    let leaf = prop_oneof![
        3 => any_text().prop_map(FieldValue::Text),
        1 => (-1..4_i8).prop_map(FieldValue::I8),
        1 => (0..4_u32).prop_map(FieldValue::U32),
        1 => prop::sample::select(&[2.5, 3.0, f64::NAN][..]).prop_map(FieldValue::F64),
        1 => Just(FieldValue::Decimal { scale: 1, value: 30 }),
        1 => any::<bool>().prop_map(FieldValue::Bool),
        1 => prop::sample::select(&[3, 1_767_312_000, u64::MAX][..]).prop_map(FieldValue::Timestamp),
        1 => Just(FieldValue::Void),
        1 => Just(FieldValue::Bytes(b"order".to_vec())),
        1 => Just(FieldValue::RawText(b"order\xff".to_vec())),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(FieldValue::Array),
            prop::collection::vec((any_name(), inner), 0..3).prop_map(FieldValue::Table),
        ]
    })
}

fn any_properties() -> impl Strategy<Value = Properties> {
    let text = || prop::option::of(any_text());
    let headers = prop::option::of(prop::collection::vec((any_name(), any_header()), 0..4));
    let texts = (text(), text(), text(), text(), text(), text(), text());
    (texts, headers, prop::option::of(0..5_u8)).prop_map(|(texts, headers, priority)| Properties {
        content_type: texts.0,
        correlation_id: texts.1,
        reply_to: texts.2,
        message_id: texts.3,
        message_type: texts.4,
        user_id: texts.5,
        app_id: texts.6,
        headers,
        priority,
        ..Properties::default()
    })
}

/// The same text as different clients send it.
fn packed(body: Vec<u8>, way: u8, properties: &mut Properties) -> Vec<u8> {
    let Some(text) = std::str::from_utf8(&body).ok().filter(|text| {
        !text.is_empty() && !text.starts_with('\u{feff}') && !text.contains(['\0', '\u{fffd}'])
    }) else {
        return body;
    };
    match way {
        0 | 1 => {
            properties.content_encoding = (way == 0).then(|| "gzip".to_owned());
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
            gzip.finish().unwrap()
        }
        2 => {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        3 => format!("\u{feff}{text}").into_bytes(),
        4 => format!("{text}\0").into_bytes(),
        _ => body,
    }
}

pub(super) fn any_event() -> impl Strategy<Value = Event> {
    let fate = prop_oneof![
        prop::collection::vec(any_text(), 0..3).prop_map(Traced::Published),
        any_text().prop_map(Traced::Delivered),
    ];
    let trace = prop::option::of((any_text(), fate).prop_map(|(user, fate)| {
        Box::new(Trace {
            user,
            connection: "order".into(),
            fate,
        })
    }));
    let ways = (
        any_text(),
        any_key(),
        any::<bool>(),
        -400..400_i64,
        0..12_u8,
    );
    (ways, any_properties(), any_body(), trace).prop_map(
        |((exchange, key, redelivered, second, way), mut properties, body, trace)| {
            let body = packed(body, way, &mut properties);
            let received = DateTime::from_timestamp(second, 0).unwrap();
            let transport = Transport::Amqp(AmqpDelivery { redelivered, trace });
            Event::new(received, exchange, key, transport, properties, body)
        },
    )
}
