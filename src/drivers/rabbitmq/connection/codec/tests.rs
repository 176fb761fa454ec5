//! Everything that can be written is read back equal.

use lapin::types::AMQPValue;
use proptest::prelude::*;

use super::*;

fn any_value() -> impl Strategy<Value = FieldValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(FieldValue::Bool),
        any::<i8>().prop_map(FieldValue::I8),
        any::<u8>().prop_map(FieldValue::U8),
        any::<i16>().prop_map(FieldValue::I16),
        any::<u16>().prop_map(FieldValue::U16),
        any::<i32>().prop_map(FieldValue::I32),
        any::<u32>().prop_map(FieldValue::U32),
        any::<i64>().prop_map(FieldValue::I64),
        any::<f32>()
            .prop_filter("RabbitMQ has no others", |v| v.is_finite())
            .prop_map(FieldValue::F32),
        any::<f64>()
            .prop_filter("RabbitMQ has no others", |v| v.is_finite())
            .prop_map(FieldValue::F64),
        (any::<u8>(), any::<u32>()).prop_map(|(scale, value)| FieldValue::Decimal { scale, value }),
        ".{0,12}".prop_map(FieldValue::Text),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(text_of),
        any::<u64>().prop_map(FieldValue::Timestamp),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(FieldValue::Bytes),
        Just(FieldValue::Void),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(FieldValue::Array),
            // Sorted and without doubles, as lapin's tables are.
            prop::collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|table| FieldValue::Table(table.into_iter().collect())),
        ]
    })
}

/// A long string as it is read: text if it is UTF-8.
fn text_of(bytes: Vec<u8>) -> FieldValue {
    match String::from_utf8(bytes) {
        Ok(text) => FieldValue::Text(text),
        Err(error) => FieldValue::RawText(error.into_bytes()),
    }
}

fn any_properties() -> impl Strategy<Value = Properties> {
    let text = || prop::option::of(".{0,20}");
    let headers = prop::option::of(
        prop::collection::btree_map(".{0,12}", any_value(), 0..6)
            .prop_map(|table| table.into_iter().collect()),
    );
    let first = (
        text(),
        text(),
        headers,
        any::<Option<u8>>(),
        any::<Option<u8>>(),
        text(),
        text(),
    );
    let second = (
        text(),
        text(),
        any::<Option<u64>>(),
        text(),
        text(),
        text(),
        text(),
    );
    (first, second).prop_map(|(a, b)| Properties {
        content_type: a.0,
        content_encoding: a.1,
        headers: a.2,
        delivery_mode: a.3,
        priority: a.4,
        correlation_id: a.5,
        reply_to: a.6,
        expiration: b.0,
        message_id: b.1,
        timestamp: b.2,
        message_type: b.3,
        user_id: b.4,
        app_id: b.5,
        cluster_id: b.6,
    })
}

proptest! {
    #[test]
    fn all_properties_and_headers_survive_the_way_out_and_back(own in any_properties()) {
        let wire = wire_properties(&own).unwrap();
        prop_assert_eq!(properties(&wire), own);
    }
}

#[test]
fn a_name_that_is_too_long_is_an_error_not_a_panic() {
    let own = Properties {
        headers: Some(vec![("n".repeat(256), FieldValue::Void)]),
        ..Properties::default()
    };
    assert_eq!(
        wire_properties(&own).unwrap_err().to_string(),
        "The name of a header is 256 bytes long; AMQP allows 255"
    );
    let own = Properties {
        message_id: Some("é".repeat(128)),
        ..Properties::default()
    };
    assert_eq!(
        wire_properties(&own).unwrap_err().to_string(),
        "The message-id is 256 bytes long; AMQP allows 255"
    );
}

#[test]
fn a_long_string_that_is_not_utf8_keeps_its_bytes() {
    let bytes = vec![0x66, 0xff, 0x00];
    let read = value(&AMQPValue::LongString(bytes.clone().into()));
    assert_eq!(read, FieldValue::RawText(bytes.clone()));
    assert_eq!(wire_value(&read), Ok(AMQPValue::LongString(bytes.into())));
}
