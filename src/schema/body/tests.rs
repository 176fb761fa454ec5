//! Bodies in frames, with schemas that are there, that come later, and that never do.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::event::wire::{EventHalf, Frame, SchemaKey, WireFormat, find};

const LIMIT: usize = 10_000;

fn avro_order() -> BodySchema {
    written(
        "AVRO",
        r#"{"type":"record","name":"Order","fields":[{"name":"sku","type":"string"}]}"#,
    )
}

fn proto_order() -> BodySchema {
    written(
        "PROTOBUF",
        "syntax = \"proto3\"; message Line { int32 a = 1; } message Order { string sku = 1; Line line = 2; }",
    )
}

fn written(kind: &str, text: &str) -> BodySchema {
    let schema = WrittenSchema {
        kind: kind.to_owned(),
        text: text.to_owned(),
        parts: BTreeMap::new(),
    };
    schema.ready().unwrap()
}

fn read_with(
    body: &[u8],
    headers: &[(&str, &[u8])],
    known: &[(SchemaKey, Vec<BodySchema>)],
) -> FramedBody {
    let shelf = SchemaShelf::default();
    for (key, schemas) in known {
        shelf.put(*key, Ok(schemas.clone()));
    }
    let found = find(EventHalf::Value, body, |name| {
        headers
            .iter()
            .find(|(header, _)| *header == name)
            .map(|(_, value)| *value)
    });
    read_framed(&found, body, |key| shelf.get(key), LIMIT)
}

#[track_caller]
fn reading(
    body: &[u8],
    headers: &[(&str, &[u8])],
    known: &[(SchemaKey, Vec<BodySchema>)],
) -> FramedReading {
    match read_with(body, headers, known) {
        FramedBody::Read(reading) => *reading,
        other => panic!("{other:?}"),
    }
}

fn text(reading: &FramedReading) -> &str {
    std::str::from_utf8(&reading.body.json).unwrap()
}

#[test]
fn a_frame_counts_where_what_follows_decodes_to_its_end() {
    let known = [(SchemaKey::Id(7), vec![avro_order()])];
    let body = b"\0\0\0\0\x07\x06abc";
    let found = reading(body, &[], &known);
    assert_eq!(text(&found), r#"{"sku":"abc"}"#);
    assert_eq!(found.words(), "Confluent's wire format, schema id 7 → Avro");
    assert_eq!(found.write(body, text(&found)).unwrap(), body);
    assert_eq!(
        found.write(body, r#"{"sku":"x"}"#).unwrap(),
        b"\0\0\0\0\x07\x02x"
    );
    assert!(
        found
            .write(body, r#"{"sku":1}"#)
            .unwrap_err()
            .contains("/sku")
    );
    for other in [&b"\0\0\0\0\x07\x06abcd"[..], b"\0\0\0\0\x07\x06ab", b"abc"] {
        assert!(
            matches!(read_with(other, &[], &known), FramedBody::Bare),
            "{other:?}"
        );
    }
    // Apicurio's eight bytes are not taken for Confluent's four.
    let long = [(SchemaKey::GlobalId(7), vec![avro_order()])];
    let found = reading(b"\0\0\0\0\0\0\0\0\x07\x06abc", &[], &long);
    assert_eq!(
        (found.frame.format, text(&found)),
        (WireFormat::LongId, r#"{"sku":"abc"}"#)
    );
    // One number may be two ids of one registry.
    let two = [(SchemaKey::Id(7), vec![proto_order(), avro_order()])];
    assert_eq!(reading(body, &[], &two).schema.name(), "Avro");
}

#[test]
fn the_message_of_protobuf_is_found_by_place_and_by_name() {
    let known = [
        (SchemaKey::Id(7), vec![proto_order()]),
        (SchemaKey::ContentId(7), vec![proto_order()]),
    ];
    let framed = |payload: &[u8]| [b"\0\0\0\0\x07", payload].concat();
    let body = framed(b"\x02\x02\x0a\x01x");
    let found = reading(&body, &[], &known);
    assert_eq!(
        (found.message.as_deref(), text(&found)),
        (Some("Order"), r#"{"sku":"x"}"#)
    );
    assert_eq!(
        found.write(&body, r#"{"line":{"a":1}}"#).unwrap(),
        framed(b"\x02\x02\x12\x02\x08\x01")
    );
    let first = reading(&framed(b"\0\x08\x05"), &[], &known);
    assert_eq!(
        (first.message.as_deref(), text(&first)),
        (Some("Line"), r#"{"a":5}"#)
    );
    let named = reading(&framed(b"\x07\x0a\x05Order\x0a\x01x"), &[], &known);
    assert_eq!(
        (named.message.as_deref(), named.named_by),
        (Some("Order"), 0..8)
    );
    let id = 7_u64.to_be_bytes();
    let headers: [(&str, &[u8]); 2] = [
        ("apicurio.value.contentId", &id),
        ("apicurio.protobuf.type", b"Order"),
    ];
    for payload in [&b"\x07\x0a\x05Order\x0a\x01x"[..], b"\x0a\x01x"] {
        let found = reading(payload, &headers, &known);
        assert_eq!(
            (found.message.as_deref(), text(&found)),
            (Some("Order"), r#"{"sku":"x"}"#)
        );
    }
}

#[test]
fn what_a_header_tells_is_told_even_where_it_fails() {
    let id = 7_u64.to_be_bytes();
    let headers: [(&str, &[u8]); 1] = [("apicurio.value.contentId", &id)];
    let known = [(SchemaKey::ContentId(7), vec![avro_order()])];
    let broken = reading(b"\x06ab", &headers, &known);
    assert!(
        broken
            .body
            .problem
            .as_ref()
            .unwrap()
            .contains("ends too early")
    );
    assert!(
        broken
            .write(b"\x06ab", "{}")
            .unwrap_err()
            .contains("cannot be written back")
    );
    let in_json: [(&str, &[u8]); 2] = [headers[0], ("apicurio.value.encoding", b"JSON")];
    assert_eq!(
        text(&reading(br#"{"sku":"a"}"#, &in_json, &known)),
        r#"{"sku":"a"}"#
    );
    let wrong: [(&str, &[u8]); 1] = [("__value_schema_id", b"\x09")];
    let FramedBody::Failed(words) = read_with(b"{}", &wrong, &[]) else {
        panic!("it is not told");
    };
    assert!(words.contains("begins with 9"), "{words}");
}

#[test]
fn who_reads_never_waits_for_a_schema() {
    let shelf = SchemaShelf::default();
    let body = b"\0\0\0\0\x07\x06abc";
    let read = || {
        let found = find(EventHalf::Value, body, |_| None);
        read_framed(&found, body, |key| shelf.get(key), LIMIT)
    };
    assert!(matches!(
        read(),
        FramedBody::Asked(Frame {
            schema: SchemaKey::Id(7),
            ..
        })
    ));
    assert!(matches!(read(), FramedBody::Asked(_)));
    assert_eq!(shelf.wanted(), [SchemaKey::Id(7)], "once");
    assert!(shelf.wanted().is_empty());
    let before = shelf.answers();
    shelf.put(SchemaKey::Id(7), Err("nobody answers".to_owned()));
    assert!(shelf.answers() > before && matches!(read(), FramedBody::Bare));
    shelf.forget_missing();
    assert!(matches!(read(), FramedBody::Asked(_)));
    shelf.put(SchemaKey::Id(7), Ok(vec![avro_order()]));
    assert!(matches!(read(), FramedBody::Read(_)));
}

#[test]
fn random_ids_do_not_fill_the_memory() {
    let shelf = SchemaShelf::default();
    for id in 1..20_000 {
        assert!(matches!(shelf.get(SchemaKey::Id(id)), Shelved::Asked));
    }
    let wanted = shelf.wanted().len();
    assert!(wanted <= 256, "{wanted}");
    for id in 1..20_000 {
        shelf.put(SchemaKey::Id(id), Ok(vec![BodySchema::Json]));
    }
    assert!(
        matches!(shelf.get(SchemaKey::Id(1)), Shelved::Asked),
        "the oldest is gone"
    );
    assert!(matches!(
        shelf.get(SchemaKey::Id(19_999)),
        Shelved::Ready(_)
    ));
}

#[test]
fn the_topic_of_the_registry_has_all_its_schemas() {
    let mut topic = SchemasTopic::default();
    let key = |subject: &str, version: u64| {
        json!({"keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1}).to_string()
    };
    let mut put = |subject: &str, version: u64, rest: serde_json::Value| {
        let mut value = json!({"subject": subject, "version": version, "deleted": false});
        value
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        assert!(topic.take(
            key(subject, version).as_bytes(),
            Some(value.to_string().as_bytes())
        ));
    };
    put(
        "buyer",
        1,
        json!({"id": 1, "schema": r#"{"type":"record","name":"Buyer","fields":[]}"#}),
    );
    put(
        "order-value",
        1,
        json!({"id": 2, "schema":
        r#"{"type":"record","name":"Order","fields":[{"name":"buyer","type":"Buyer"}]}"#,
        "references": [{"name": "Buyer", "subject": "buyer", "version": 1}]}),
    );
    put(
        "lost",
        1,
        json!({"id": 3, "schema": "\"Nobody\"", "references": [{"name": "Nobody", "subject": "nobody", "version": 1}]}),
    );
    put(
        "proto",
        1,
        json!({"id": 4, "schemaType": "PROTOBUF", "schema": "message A {}"}),
    );
    for (key, value) in [
        (
            &br#"{"keytype":"CONFIG","subject":null,"magic":0}"#[..],
            Some(&br#"{"compatibilityLevel":"FULL"}"#[..]),
        ),
        (br#"{"keytype":"NOOP","magic":0}"#, None),
    ] {
        assert!(topic.take(key, value));
    }
    assert!(!topic.take(b"not JSON", None));
    assert!(!topic.take(key("a", 1).as_bytes(), Some(b"not JSON")));
    assert_eq!((topic.len(), topic.is_empty()), (4, false));
    let order = topic.schema(SchemaKey::Id(2)).unwrap();
    assert_eq!(order.parts.len(), 1);
    assert_eq!(order.ready().unwrap().name(), "Avro");
    assert_eq!(
        topic
            .schema(SchemaKey::Id(4))
            .unwrap()
            .ready()
            .unwrap()
            .name(),
        "Protobuf"
    );
    assert!(
        topic
            .schema(SchemaKey::Id(3))
            .unwrap_err()
            .contains("refers to nobody, version 1")
    );
    assert!(
        topic
            .schema(SchemaKey::Id(9))
            .unwrap_err()
            .contains("no schema id 9")
    );
    assert!(topic.schema(SchemaKey::GlobalId(2)).is_err());
    assert!(topic.take(key("proto", 1).as_bytes(), None));
    assert!(topic.schema(SchemaKey::Id(4)).is_err());
}

#[test]
fn the_kind_of_a_bare_text_is_seen() {
    for (text, kind) in [
        (r#"{"type":"record","name":"A","fields":[]}"#, "AVRO"),
        (r#"{"type":"object"}"#, "JSON"),
        ("syntax = \"proto3\"; message A {}", "PROTOBUF"),
    ] {
        assert_eq!(WrittenSchema::guessed(text.to_owned()).kind, kind);
    }
    let unknown = WrittenSchema {
        kind: "XSD".to_owned(),
        ..WrittenSchema::default()
    };
    assert!(unknown.ready().unwrap_err().contains("XSD"));
}
