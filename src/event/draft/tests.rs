//! What is not edited is sent as it was, and what is wrong is named.

use super::*;
use proptest::prelude::*;

pub(crate) fn any_value() -> impl Strategy<Value = FieldValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(FieldValue::Bool),
        any::<i8>().prop_map(FieldValue::I8),
        any::<u8>().prop_map(FieldValue::U8),
        any::<i16>().prop_map(FieldValue::I16),
        any::<u16>().prop_map(FieldValue::U16),
        any::<i32>().prop_map(FieldValue::I32),
        any::<u32>().prop_map(FieldValue::U32),
        any::<i64>().prop_map(FieldValue::I64),
        (-1e30_f32..1e30).prop_map(FieldValue::F32),
        (-1e300_f64..1e300).prop_map(FieldValue::F64),
        (0_u8..9, any::<u32>()).prop_map(|(scale, value)| FieldValue::Decimal { scale, value }),
        ".*".prop_map(FieldValue::Text),
        prop::collection::vec(128_u8.., 1..9).prop_map(FieldValue::RawText),
        any::<u64>().prop_map(FieldValue::Timestamp),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(FieldValue::Bytes),
        Just(FieldValue::Void),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(FieldValue::Array),
            prop::collection::vec(("[a-z]{1,8}", inner), 0..4).prop_map(FieldValue::Table),
        ]
    })
}

fn any_message() -> impl Strategy<Value = Outgoing> {
    let text = || prop::option::of("[ -~é]{0,20}");
    let headers = prop::option::of(prop::collection::btree_map(
        "[a-z-]{1,12}",
        any_value(),
        0..5,
    ));
    (
        (
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
        ),
        (
            prop::option::of(0_u8..3),
            prop::option::of(any::<u8>()),
            prop::option::of(0_u32..),
        ),
        prop::option::of(any::<u64>()),
        headers,
        prop::collection::vec(any::<u8>(), 0..64),
    )
        .prop_map(
            |(texts, (mode, priority, ttl), timestamp, headers, body)| Outgoing {
                record: None,
                destination: "x".into(),
                key: "a.b".into(),
                properties: Properties {
                    content_type: texts.0,
                    content_encoding: texts.1,
                    headers: headers.map(|map| map.into_iter().collect()),
                    delivery_mode: mode,
                    priority,
                    correlation_id: texts.2,
                    reply_to: texts.3,
                    expiration: ttl.map(|ms| ms.to_string()),
                    message_id: texts.4,
                    timestamp,
                    message_type: texts.5,
                    user_id: texts.6,
                    app_id: texts.7,
                    cluster_id: texts.8,
                },
                body,
            },
        )
}

proptest! {
    #[test]
    fn a_message_that_is_not_edited_is_sent_as_it_was(message in any_message()) {
        prop_assert_eq!(Draft::of(&message).check(), Ok(message));
    }

    #[test]
    fn a_header_that_is_written_as_text_reads_back_as_the_same_value(value in any_value()) {
        if let HeaderDraft::Typed(kind, text) = HeaderRow::of("x", &value).value {
            prop_assert_eq!(kind.parse(&text), Ok(value));
        } else {
            let nested = format!("{value:?}");
            prop_assert!(nested.contains("RawText") || nested.len() > MAX_HEADER, "{}", nested);
        }
    }
}

#[test]
fn every_wrong_field_is_named() {
    let mut draft = Draft::default();
    draft.set(Field::Priority, "300");
    draft.set(Field::Expiration, "soon");
    draft.set(Field::Timestamp, "today");
    draft.key = "k".repeat(256);
    draft.headers = vec![
        HeaderRow {
            name: String::new(),
            value: HeaderDraft::Typed(FieldType::Text, "x".into()),
        },
        HeaderRow {
            name: "n".into(),
            value: HeaderDraft::Typed(FieldType::I8, "999".into()),
        },
    ];
    let fields: Vec<_> = draft
        .check()
        .unwrap_err()
        .into_iter()
        .map(|p| p.field)
        .collect();
    assert_eq!(
        fields,
        [
            "Key",
            "Timestamp",
            "Priority",
            "Expiration (ms)",
            "Header",
            "Header n"
        ]
    );
}

#[test]
fn each_field_has_a_place_of_its_own() {
    let mut draft = Draft::default();
    for field in Field::ALL {
        draft.set(field, field.label());
    }
    for field in Field::ALL {
        assert_eq!(draft.text(field), field.label());
    }
}

#[test]
fn the_payload_is_checked_while_it_is_typed() {
    let mut draft = Draft {
        body: BodyDraft::Text("{\"a\": }".into()),
        ..Draft::default()
    };
    let fault = draft.payload_fault().unwrap();
    assert_eq!((fault.line, fault.column), (1, 7));
    assert_eq!(draft.payload_words(), "Not valid JSON");
    draft.body = BodyDraft::Text("{\"a\": 1}".into());
    assert_eq!(draft.payload_fault(), None);
    assert_eq!(draft.payload_words(), "Valid JSON");
}

#[test]
fn a_header_line_without_anything_in_it_is_no_header() {
    let empty = |kind| HeaderRow {
        name: String::new(),
        value: HeaderDraft::Typed(kind, String::new()),
    };
    let draft = Draft {
        headers: vec![empty(FieldType::Text), empty(FieldType::I32)],
        ..Draft::default()
    };
    assert_eq!(draft.check().unwrap().properties.headers, None);
    assert_eq!(draft.routed_by().headers, Some(Vec::new()));
}

#[test]
fn a_compressed_payload_is_edited_as_text_and_sent_compressed() {
    use std::io::{Read as _, Write as _};
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"{\"a\": 1}").unwrap();
    let message = Outgoing {
        record: None,
        destination: "x".into(),
        key: "k".into(),
        properties: Properties {
            content_encoding: Some("gzip".into()),
            ..Properties::default()
        },
        body: encoder.finish().unwrap(),
    };
    let mut draft = Draft::of(&message);
    assert_eq!(draft.body, BodyDraft::Text("{\"a\": 1}".into()));
    assert_eq!(draft.check().as_ref(), Ok(&message));
    draft.body = BodyDraft::Text("{\"a\": 2}".into());
    let sent = draft.check().unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*sent.body)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "{\"a\": 2}");
}
