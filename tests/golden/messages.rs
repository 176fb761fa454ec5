//! Twenty messages: every type of header, every property, and texts that are hard to write down.

use eventscope::event::Outgoing;
use eventscope::event::amqp::{FieldTable, FieldValue, Properties};
use eventscope::repair::journal_entry::Held;

/// Where they lay.
pub(crate) const PLACE: &str = "golden.example:5672/shop";

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

/// Headers `h00`, `h01`, … with these values.
fn numbered(values: Vec<FieldValue>) -> Properties {
    let name = |(at, value)| (format!("h{at:02}"), value);
    with(values.into_iter().enumerate().map(name).collect())
}

fn with(headers: FieldTable) -> Properties {
    Properties {
        headers: Some(headers),
        ..Properties::default()
    }
}

fn pairs(pairs: &[(&str, FieldValue)]) -> FieldTable {
    let owned = |(name, value): &(&str, FieldValue)| ((*name).to_owned(), value.clone());
    pairs.iter().map(owned).collect()
}

fn all_fourteen() -> Properties {
    let some = |text: &str| Some(text.to_owned());
    Properties {
        content_type: some("application/json"),
        content_encoding: some("identity"),
        headers: Some(pairs(&[("x-tenant", text("a"))])),
        delivery_mode: Some(2),
        priority: Some(9),
        correlation_id: some("correlation-1"),
        reply_to: some("replies"),
        expiration: some("60000"),
        message_id: some("message-1"),
        timestamp: Some(1_700_000_000),
        message_type: some("order.placed"),
        user_id: some("guest"),
        app_id: some("shop"),
        cluster_id: some("cluster-1"),
    }
}

fn integers() -> Properties {
    numbered(vec![
        FieldValue::Bool(true),
        FieldValue::Bool(false),
        FieldValue::I8(i8::MIN),
        FieldValue::I8(7),
        FieldValue::U8(u8::MAX),
        FieldValue::I16(i16::MIN),
        FieldValue::U16(u16::MAX),
        FieldValue::I32(i32::MIN),
        FieldValue::U32(u32::MAX),
        FieldValue::I64(i64::MIN),
        FieldValue::I64(i64::MAX),
        FieldValue::I64(0),
    ])
}

fn floats() -> Properties {
    let all = [
        0.0,
        -0.0,
        0.1,
        1.0,
        1.5,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        f32::MAX,
        f32::MIN,
        1e15,
        1e16,
        1e-5,
        123_456.79,
        f32::NAN,
        f32::from_bits(0x7fc0_0001),
        f32::INFINITY,
        f32::NEG_INFINITY,
    ];
    numbered(all.into_iter().map(FieldValue::F32).collect())
}

fn doubles() -> Properties {
    let all = [
        0.0,
        -0.0,
        0.1,
        1.0 / 3.0,
        1.0,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::MAX,
        1e15,
        1e16,
        1e-4,
        1e-5,
        1e300,
        123_456_789.123_456_79,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    numbered(all.into_iter().map(FieldValue::F64).collect())
}

fn quoted() -> Properties {
    let mut properties = numbered(
        [
            "",
            "plain",
            "\"quotes\", 'apostrophes' and \\ strokes",
            "tab\t line\n return\r nul\0 bell\u{7} escape\u{1b} delete\u{7f}",
            "{braces} and {0:?}",
        ]
        .map(text)
        .into(),
    );
    let odd = ("a \"name\"\nof its own, café".to_owned(), text("x"));
    properties.headers.get_or_insert_default().push(odd);
    properties
}

fn worldly() -> Properties {
    numbered(
        [
            "café",
            "cafe\u{301}",
            "\u{301} begins with a mark",
            "日本語 한국어 \u{1112}\u{1161}\u{11ab}",
            "नमस्ते ที่นี่ Ελλάδα Привет",
            "🦀 👩\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈",
            "a\u{200b}b\u{ad}c\u{feff}d\u{2028}e\u{2029}f\u{a0}g",
            "\u{202e}turned\u{202c}",
            "\u{e000}\u{378}\u{fffe}\u{10ffff}\u{80}\u{9f}",
        ]
        .map(text)
        .into(),
    )
}

fn arrays() -> Properties {
    numbered(vec![
        FieldValue::Array(vec![]),
        FieldValue::Array(vec![text("a"), FieldValue::I32(1), FieldValue::Void]),
        FieldValue::Array(vec![
            FieldValue::Array(vec![FieldValue::F64(f64::NAN)]),
            FieldValue::Table(pairs(&[("k", FieldValue::Bool(true))])),
        ]),
    ])
}

fn tables() -> Properties {
    let inner = pairs(&[
        ("z", FieldValue::Bytes(vec![1, 2])),
        ("a", FieldValue::F32(0.5)),
        ("empty", FieldValue::Table(vec![])),
    ]);
    let middle = pairs(&[
        ("inner", FieldValue::Table(inner)),
        (
            "d",
            FieldValue::Decimal {
                scale: 2,
                value: 1_250,
            },
        ),
    ]);
    numbered(vec![
        FieldValue::Table(vec![]),
        FieldValue::Table(pairs(&[("middle", FieldValue::Table(middle))])),
    ])
}

fn deep() -> Properties {
    let mut value = text("at the bottom");
    for level in 0..40 {
        value = if level % 2 == 0 {
            FieldValue::Array(vec![value])
        } else {
            FieldValue::Table(vec![("level".to_owned(), value)])
        };
    }
    numbered(vec![value])
}

/// What a broker and a resend add, which its content must not depend on.
fn died() -> Properties {
    let death = pairs(&[
        ("count", FieldValue::I64(3)),
        ("reason", text("rejected")),
        ("queue", text("orders")),
        ("time", FieldValue::Timestamp(1_700_000_000)),
        ("exchange", text("shop")),
        (
            "routing-keys",
            FieldValue::Array(vec![text("order.placed")]),
        ),
    ]);
    with(pairs(&[
        ("x-tenant", text("a")),
        ("x-death", FieldValue::Array(vec![FieldValue::Table(death)])),
        ("x-first-death-queue", text("orders")),
        ("x-last-death-reason", text("rejected")),
        ("x-delivery-count", FieldValue::I64(2)),
        ("CC", FieldValue::Array(vec![text("copy")])),
        ("BCC", FieldValue::Array(vec![text("hidden")])),
        ("eventscope-resend-id", text("resend-1")),
        ("eventscope-resend-count", FieldValue::I64(4)),
        ("x-deaths", FieldValue::I32(1)),
    ]))
}

fn in_disorder() -> Properties {
    with(pairs(&[
        ("b", FieldValue::I32(1)),
        ("a", text("first")),
        ("C", FieldValue::Void),
        ("a", text("second")),
        ("", text("no name")),
    ]))
}

fn empty_texts() -> Properties {
    Properties {
        content_type: Some(String::new()),
        message_id: Some(String::new()),
        app_id: Some(String::new()),
        timestamp: Some(0),
        ..Properties::default()
    }
}

fn a_task() -> Properties {
    Properties {
        content_type: Some("application/json".to_owned()),
        content_encoding: Some("utf-8".to_owned()),
        correlation_id: Some("0b7f6f43".to_owned()),
        delivery_mode: Some(2),
        headers: Some(pairs(&[
            ("lang", text("py")),
            ("task", text("shop.charge")),
            ("retries", FieldValue::I32(2)),
            ("eta", FieldValue::Void),
            (
                "timelimit",
                FieldValue::Array(vec![FieldValue::Void, FieldValue::Void]),
            ),
        ])),
        ..Properties::default()
    }
}

/// Each by what it shows: its properties and its body.
pub(crate) fn all() -> Vec<(&'static str, Properties, Vec<u8>)> {
    let long: Vec<u8> = (0..=250).cycle().take(70_000).collect();
    let every_byte: Vec<u8> = (0..=255).collect();
    let decimals = [(0, 12), (2, 1_250), (3, 7), (255, u32::MAX)]
        .map(|(scale, value)| FieldValue::Decimal { scale, value });
    let times = [0, 1_700_000_000, 1_700_000_000_123, u64::MAX].map(FieldValue::Timestamp);
    let bytes = vec![
        FieldValue::Bytes(vec![]),
        FieldValue::Bytes(every_byte.clone()),
        FieldValue::Void,
    ];
    let raw = [vec![], vec![0xff, 0], b"caf\xe9".to_vec()].map(FieldValue::RawText);
    vec![
        ("no properties", Properties::default(), b"{}".to_vec()),
        (
            "all fourteen properties",
            all_fourteen(),
            b"{\"id\": 1}".to_vec(),
        ),
        ("integers and booleans", integers(), b"1".to_vec()),
        ("floats", floats(), b"2".to_vec()),
        ("doubles", doubles(), b"3".to_vec()),
        ("decimals", numbered(decimals.into()), b"4".to_vec()),
        (
            "texts with quotes and control characters",
            quoted(),
            b"5".to_vec(),
        ),
        (
            "texts of many scripts",
            worldly(),
            "日本".as_bytes().to_vec(),
        ),
        (
            "long strings that are not UTF-8",
            numbered(raw.into()),
            b"\xff\xfe".to_vec(),
        ),
        ("byte arrays and void", numbered(bytes), vec![]),
        ("arrays", arrays(), b"[]".to_vec()),
        ("nested tables", tables(), b"null".to_vec()),
        ("timestamps", numbered(times.into()), b"6".to_vec()),
        ("a table without headers", with(vec![]), b"{}".to_vec()),
        (
            "headers in disorder and twice",
            in_disorder(),
            b"7".to_vec(),
        ),
        ("a message that died", died(), b"{\"order\": 7}".to_vec()),
        ("empty texts", empty_texts(), b"8".to_vec()),
        ("a long body", all_fourteen(), long),
        ("deep values", deep(), every_byte),
        ("a task of a framework", a_task(), b"[[1], {}, {}]".to_vec()),
    ]
}

/// The same as they lay in a queue, with what was sent: as it lay, with another body, with another
/// header, or nothing.
pub(crate) fn held() -> Vec<Held> {
    let held = |(at, (_, properties, body)): (usize, (_, Properties, Vec<u8>))| {
        let mut sent = Outgoing {
            record: None,
            destination: "shop".to_owned(),
            key: format!("order.{at}"),
            properties: properties.clone(),
            body: body.clone(),
        };
        match at % 5 {
            1 => sent.body = format!("{{\"edited\": {at}}}").into_bytes(),
            2 => {
                let headers = sent.properties.headers.get_or_insert_default();
                headers.push(("added".to_owned(), FieldValue::U16(1)));
            }
            _ => {}
        }
        Held {
            place: PLACE.to_owned(),
            queue: format!("orders.dead.{}", at / 10),
            destination: if at % 2 == 0 {
                "dlx".to_owned()
            } else {
                String::new()
            },
            key: format!("order.{at}"),
            properties,
            body,
            sent: (!is_discard(at)).then_some(sent),
            record: None,
        }
    };
    all().into_iter().enumerate().map(held).collect()
}

/// Every fourth was discarded.
pub(crate) fn is_discard(at: usize) -> bool {
    at % 4 == 3
}
