//! What bodies are read as, and what is said of them.

use std::io::Write as _;

use super::*;
use crate::event::amqp::FieldValue;
use crate::text::json;
use flate2::Compression;

pub(crate) const LIMIT: usize = 1 << 20;
pub(crate) const DOCUMENT: &str =
    r#"{"eventId":"e-1","data":{"amount":"1.10","items":[{"sku":"a","n":3}]}}"#;

pub(crate) fn properties(content_type: &str, encoding: &str) -> Properties {
    let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
    Properties {
        content_type: text(content_type),
        content_encoding: text(encoding),
        ..Properties::default()
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub(crate) fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// `{"a":12345}` compressed with brotli.
pub(crate) const BROTLI: &[u8] = b"\x0b\x05\x80{\"a\":12345}\x03";

pub(crate) fn message_pack(value: &rmpv::Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

pub(crate) fn cbor(value: &ciborium::Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

pub(crate) fn sample_message_pack() -> Vec<u8> {
    let text = |t: &str| rmpv::Value::from(t);
    message_pack(&rmpv::Value::Map(vec![
        (text("id"), u64::MAX.into()),
        (text("low"), i64::MIN.into()),
        (text("rate"), 0.5.into()),
        (text("small"), rmpv::Value::F32(0.1)),
        (1.into(), rmpv::Value::Nil),
        (text("raw"), rmpv::Value::Binary(vec![0xde, 0xad])),
        (text("ext"), rmpv::Value::Ext(5, vec![1, 2])),
        (text("at"), rmpv::Value::Ext(-1, vec![0, 0, 0, 1])),
        (
            text("list"),
            rmpv::Value::Array(vec![true.into(), text("ü")]),
        ),
    ]))
}

#[track_caller]
fn check(body: &[u8], content_type: &str, encoding: &str, steps: &str, text: &str) {
    let decoded = decode(body, &properties(content_type, encoding), LIMIT);
    assert_eq!(decoded.steps.join(" → "), steps);
    assert_eq!(decoded.text().unwrap_or_default(), text, "{decoded:?}");
    assert_eq!((decoded.problem, decoded.cut), (None, false));
}

#[test]
fn compression_is_taken_off_as_declared_and_as_detected() {
    let plain = DOCUMENT.as_bytes();
    check(plain, "application/json", "", "JSON", DOCUMENT);
    check(plain, "application/json", "utf-8", "JSON", DOCUMENT);
    check(&gzip(plain), "", "gzip", "gzip → JSON", DOCUMENT);
    let undeclared = "gzip (not declared) → JSON";
    check(&gzip(plain), "", "", undeclared, DOCUMENT);
    check(&zlib(plain), "", "deflate", "deflate → JSON", DOCUMENT);
    check(&bare(plain), "", "Deflate", "deflate → JSON", DOCUMENT);
    check(&zstd(plain), "", "zstd", "zstd → JSON", DOCUMENT);
    let undeclared = "zstd (not declared) → JSON";
    check(&zstd(plain), "", "identity", undeclared, DOCUMENT);
    check(BROTLI, "", "br", "br → JSON", r#"{"a":12345}"#);
    let listed = gzip(BROTLI);
    check(
        &listed,
        "",
        "br, gzip",
        "gzip → br → JSON",
        r#"{"a":12345}"#,
    );
    let twice = [gzip(b"[1,"), gzip(b"2]")].concat();
    check(&twice, "", "gzip", "gzip → JSON", "[1,2]");
    let frames = [
        zstd(b"[1,"),
        b"\x50\x2a\x4d\x18\x02\0\0\0xx".to_vec(),
        zstd(b"2]"),
    ];
    check(&frames.concat(), "", "zstd", "zstd → JSON", "[1,2]");
}

#[test]
fn message_pack_and_cbor_are_shown_as_json() {
    let expected = concat!(
        r#"{"id":18446744073709551615,"low":-9223372036854775808,"rate":0.5,"small":0.1,"#,
        r#""1":null,"raw":"hex:dead","ext":"ext 5, hex:0102","at":"1970-01-01T00:00:01Z","#,
        r#""list":[true,"ü"]}"#
    );
    let body = sample_message_pack();
    check(&body, "application/msgpack", "", "MessagePack", expected);
    check(&body, "", "", "MessagePack", expected);
    check(&gzip(&body), "", "gzip", "gzip → MessagePack", expected);
    let text = |t: &str| ciborium::Value::Text(t.into());
    let body = cbor(&ciborium::Value::Map(vec![
        (text("n"), ciborium::Value::Integer(u64::MAX.into())),
        (text("h"), ciborium::Value::Float(1.5)),
        (
            text("date"),
            ciborium::Value::Tag(0, Box::new(text("2026-01-01"))),
        ),
        (
            text("odd"),
            ciborium::Value::Tag(700, Box::new(true.into())),
        ),
        (
            ciborium::Value::Array(vec![1.into()]),
            ciborium::Value::Bytes(vec![0xff; 3]),
        ),
    ]));
    let expected = concat!(
        r#"{"n":18446744073709551615,"h":1.5,"date":"2026-01-01","odd":{"tag 700":true},"#,
        r#""(a name that is itself nested)":"hex:ffffff"}"#
    );
    check(&body, "application/cbor", "", "CBOR", expected);
    check(&body, "application/x+cbor", "", "CBOR", expected);
    check(&body, "", "", "CBOR", expected);
    let marked = [&cbor::MAGIC[..], &[0x83, 1, 0x20, 0xf7]].concat();
    check(&marked, "", "", "CBOR", r#"[1,-1,"undefined"]"#);
    // {_ "a": [_ 1], "b": (_ "x" "y"), "c": -18446744073709551616, "d": 2^64}
    let unknown_lengths = b"\xbfaa\x9f\x01\xffab\x7faxay\xffac\x3b\xff\xff\xff\xff\xff\xff\xff\xff\
        ad\xc2\x49\x01\0\0\0\0\0\0\0\0\xff";
    let expected = r#"{"a":[1],"b":"xy","c":-18446744073709551616,"d":18446744073709551616}"#;
    check(unknown_lengths, "application/cbor", "", "CBOR", expected);
}

#[test]
fn other_character_sets_become_utf8() {
    let latin = "text/plain; charset=ISO-8859-1";
    check(b"caf\xe9", latin, "", "Latin-1 → text", "café");
    let wide: Vec<u8> = "{\"ü\":1}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [&[0xff, 0xfe][..], &wide].concat();
    check(&marked, "", "", "UTF-16 → JSON", "{\"ü\":1}");
    let declared = "application/json; charset=\"utf-16le\"";
    check(&wide, declared, "", "UTF-16 → JSON", "{\"ü\":1}");
    check(b"\xef\xbb\xbf{}", "", "", "JSON", "{}");
}

#[test]
fn what_needs_a_schema_is_named() {
    let protobuf = b"\x08\x96\x01";
    check(protobuf, "application/x-protobuf", "", "Protobuf", "");
    check(protobuf, "avro/binary", "", "Avro", "");
    check(b"Obj\x01\x02\xff", "", "", "Avro container file", "");
    let perhaps = "Avro, perhaps behind the schema id 42 of Confluent's wire format";
    check(b"\0\0\0\0\x2a\x02\xff", "avro/binary", "", perhaps, "");
    check(b"\0\0\0\0\x2a\x02\xff", "", "", "binary data", "");
    check(b"\xff\xfe\0\xd8", "", "", "binary data", "");
    check(b"", "application/json", "", "no body", "");
}

#[test]
fn a_frame_is_claimed_only_where_the_whole_body_proves_it() {
    let behind = "Confluent's wire format, schema id 42 → JSON";
    check(
        b"\0\0\0\0\x2a{\"a\":1}",
        "application/json",
        "",
        behind,
        "{\"a\":1}",
    );
    check(b"\0\0\0\0\x2a{\"a\":1", "", "", "binary data", "");
    let one = b"\0\0\0\x07{\"a\":1}";
    let name = "one message behind its length";
    check(one, "application/json", "", name, "[{\"a\":1}]");
    let two = [&one[..], b"\0\0\0\x02[]"].concat();
    let name = "2 messages, each behind its length";
    check(&two, "", "", name, "[{\"a\":1},[]]");
    check(&two[..two.len() - 1], "", "", "binary data", "");
    let spring = Properties {
        headers: Some(vec![(
            "springBatchFormat".into(),
            FieldValue::Text("lengthHeader4".into()),
        )]),
        ..properties("application/json", "")
    };
    let mixed = b"\0\0\0\x02hi\0\0\0\x01\xff";
    let decoded = decode(mixed, &spring, LIMIT);
    assert_eq!(decoded.format, Format::Batch { messages: 2 });
    assert_eq!(decoded.text().unwrap(), r#"["hi","base64:/w=="]"#);
    let decoded = decode(b"\0\0\0\x05hi", &spring, LIMIT);
    assert!(decoded.warnings[0].contains("do not add up"));
    let class = "serialised Java object of the class org.example.Order";
    check(
        b"\xac\xed\0\x05sr\0\x11org.example.Order\0\0",
        "",
        "",
        class,
        "",
    );
    let class = "serialised Java object of the class (not told)";
    check(b"\xac\xed\0\x05sr\0\xff", "", "", class, "");
}

#[test]
fn compression_and_character_sets_are_found_where_clients_put_them() {
    let plain = DOCUMENT.as_bytes();
    let wide: Vec<u8> = DOCUMENT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(&gzip(plain), "", "gzip:UTF-8", "gzip → JSON", DOCUMENT);
    check(
        &zlib(plain),
        "",
        "deflate, UTF-8",
        "deflate → JSON",
        DOCUMENT,
    );
    let coded = crate::text::base64::encode(&gzip(plain)).into_bytes();
    check(&coded, "", "gzip, base64", "base64 → gzip → JSON", DOCUMENT);
    check(&coded, "", "base64, gzip", "base64 → gzip → JSON", DOCUMENT);
    check(
        &wide,
        "application/json",
        "utf-16",
        "UTF-16 → JSON",
        DOCUMENT,
    );
    let kombu = |name: &str, body: &[u8]| {
        let properties = Properties {
            headers: Some(vec![("compression".into(), FieldValue::Text(name.into()))]),
            ..properties("application/json", "utf-8")
        };
        assert!(!declares_nothing(&properties));
        let decoded = decode(body, &properties, LIMIT);
        assert_eq!(decoded.json(), Some(plain), "{decoded:?}");
        assert!(decoded.warnings.is_empty());
        decoded.steps[0].clone()
    };
    let step = "deflate (header compression)";
    assert_eq!(kombu("application/x-gzip", &zlib(plain)), step);
    let step = "gzip (header compression)";
    assert_eq!(kombu("application/x-gzip", &gzip(plain)), step);
    assert_eq!(
        kombu("application/zstd", &zstd(plain)),
        "zstd (header compression)"
    );
    check_warning(
        plain,
        "",
        "bzip2",
        "Declared bzip2, but it is not compressed with bzip2",
    );
    check_warning(
        b"{ }!",
        "",
        "base64",
        "Declared base64, but it is not written as base64",
    );
    for usual in ["", "utf-8", "UTF8", "binary", "identity"] {
        assert!(declares_nothing(&properties(
            "application/json; charset=\"UTF-8\"",
            usual
        )));
    }
    for other in ["gzip", "utf-16", "rot13", "gzip:UTF-8"] {
        assert!(!declares_nothing(&properties("application/json", other)));
    }
}

#[test]
fn what_json_leaves_open_is_said() {
    let decoded = decode(b"{}\0\0", &Properties::default(), LIMIT);
    assert!(decoded.warnings[0].contains("NUL"));
    let half = decode(br#"{"a":"\ud83d"}"#, &Properties::default(), LIMIT);
    assert_eq!(half.format, Format::Json);
    assert!(half.warnings[0].contains("half of a character"));
}

#[test]
fn cloud_events_are_recognised_in_each_mode() {
    let mode = |body: &str, properties: &Properties| {
        decode(body.as_bytes(), properties, LIMIT).cloud_event
    };
    let structured = properties("application/cloudevents+json; charset=utf-8", "");
    assert_eq!(mode("{}", &structured), Some(CloudEvent::Structured));
    let batch = properties("application/cloudevents-batch+json", "");
    assert_eq!(mode("[]", &batch), Some(CloudEvent::Batch));
    let plain = Properties::default();
    let member = r#"{"specversion":"1.0","type":"a"}"#;
    assert_eq!(mode(member, &plain), Some(CloudEvent::Structured));
    assert_eq!(mode(r#"{"a":{"specversion":1}}"#, &plain), None);
    for name in [
        "cloudEvents:specversion",
        "cloudEvents_specversion",
        "ce-specversion",
    ] {
        let binary = Properties {
            headers: Some(vec![(name.into(), FieldValue::Text("1.0".into()))]),
            ..Properties::default()
        };
        assert_eq!(mode("{}", &binary), Some(CloudEvent::Binary));
    }
}

#[track_caller]
fn check_warning(body: &[u8], content_type: &str, encoding: &str, words: &str) {
    let decoded = decode(body, &properties(content_type, encoding), LIMIT);
    assert_eq!(decoded.warnings, [words]);
}

#[test]
fn disagreement_is_said_in_words() {
    check_warning(
        &sample_message_pack(),
        "application/json; charset=utf-8",
        "",
        "Declared application/json, but it is MessagePack",
    );
    check_warning(
        b"{}",
        "application/msgpack",
        "",
        "Declared application/msgpack, but it is JSON",
    );
    check_warning(
        b"{\"a\":",
        "application/json",
        "",
        "Declared application/json, but it is not valid JSON: EOF while parsing a value at line 1 \
         column 5",
    );
    check_warning(
        b"{}",
        "",
        "gzip",
        "Declared gzip, but it is not compressed with gzip",
    );
    check_warning(
        b"{}",
        "",
        "rot13",
        "The content encoding rot13 is not known here",
    );
    let decoded = decode(b"{}", &properties("", "br"), LIMIT);
    assert!(decoded.warnings[0].starts_with("Declared br, but it cannot be read as br"));
    assert_eq!(decoded.json(), Some(&b"{}"[..]));
}

#[test]
fn a_broken_layer_shows_what_could_be_read() {
    let mut body = gzip("{\"a\":\"xyz\"}".repeat(2_000).as_bytes());
    body.truncate(body.len() - 12);
    let decoded = decode(&body, &properties("application/json", "gzip"), LIMIT);
    assert!(
        decoded
            .problem
            .unwrap()
            .starts_with("The gzip data is broken after")
    );
    assert!(decoded.bytes.starts_with(b"{\"a\":\"xyz\"}"));
    let mut body = sample_message_pack();
    body.truncate(30);
    let decoded = decode(&body, &properties("application/msgpack", ""), LIMIT);
    let words = decoded.problem.as_deref().unwrap();
    assert!(
        words.starts_with("The MessagePack ends too early"),
        "{words}"
    );
    let rows = json::rows(decoded.json().unwrap());
    assert_eq!(rows.stopped, None, "what could be read is whole");
    assert!(rows.rows.len() > 2);
}

#[test]
fn nothing_is_copied_where_nothing_changes() {
    let decoded = decode(DOCUMENT.as_bytes(), &Properties::default(), LIMIT);
    assert!(matches!(decoded.bytes, Cow::Borrowed(_)));
    assert_eq!(
        decoded.line(DOCUMENT.as_bytes()),
        "JSON · no type declared · 70 B"
    );
    let body = gzip(DOCUMENT.as_bytes());
    let line = decode(&body, &properties("application/json", "gzip"), LIMIT).line(&body);
    assert!(
        line.starts_with("gzip → JSON · declared application/json · "),
        "{line}"
    );
    assert!(line.ends_with(" → 70 B"), "{line}");
}

#[test]
fn a_part_of_a_document_keeps_its_format() {
    let text = format!("[{}1]", "\"ü\",".repeat(50_000));
    for body in [
        text.clone().into_bytes(),
        gzip(text.as_bytes()),
        zstd(text.as_bytes()),
    ] {
        let decoded = decode(&body, &properties("application/json", ""), 1_002);
        assert_eq!(decoded.format, Format::Json);
        assert_eq!((decoded.bytes.len(), decoded.cut), (1_002, true));
        assert_eq!((decoded.warnings.len(), decoded.problem), (0, None));
    }
    let items = vec![rmpv::Value::from("item"); 50_000];
    let body = message_pack(&rmpv::Value::Array(items));
    let decoded = decode(&body, &Properties::default(), 1_000);
    assert_eq!((decoded.format, decoded.cut), (Format::MessagePack, true));
    assert_eq!(decoded.problem, None);
    assert_eq!(json::rows(decoded.json().unwrap()).stopped, None);
}
