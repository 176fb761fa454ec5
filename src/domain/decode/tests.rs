//! What bodies are read as, and that hostile ones do no harm. The long run of the random tests:
//! `cargo test --release --lib decode -- --ignored`.

use std::io::Write as _;

use flate2::Compression;
use proptest::prelude::*;

use super::*;
use crate::domain::FieldValue;
use crate::domain::json;

const LIMIT: usize = 1 << 20;
const DOCUMENT: &str = r#"{"eventId":"e-1","data":{"amount":"1.10","items":[{"sku":"a","n":3}]}}"#;

fn properties(content_type: &str, encoding: &str) -> Properties {
    let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
    Properties {
        content_type: text(content_type),
        content_encoding: text(encoding),
        ..Properties::default()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// `{"a":12345}` compressed with brotli.
const BROTLI: &[u8] = b"\x0b\x05\x80{\"a\":12345}\x03";

fn message_pack(value: &rmpv::Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

fn cbor(value: &ciborium::Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn sample_message_pack() -> Vec<u8> {
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
    let name = "Avro or Protobuf in Confluent's wire format, schema id 42";
    check(b"\0\0\0\0\x2a\x02\xff", "", "", name, "");
    check(b"\xff\xfe\0\xd8", "", "", "binary data", "");
    check(b"", "application/json", "", "no body", "");
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

#[test]
fn bombs_stop_at_the_limit() {
    // 10 GB of zeros, compressed twice: gzip members may follow each other.
    let member = gzip(&vec![0; 10_000_000]);
    let once = member.repeat(1_000);
    for bomb in [gzip(&once), gzip(&gzip(&gzip(&gzip(&gzip(&member))))), once] {
        let decoded = decode(&bomb, &Properties::default(), LIMIT);
        assert!(decoded.bytes.len() <= LIMIT);
        assert!(decoded.bytes.capacity_of_owned() <= 4 * LIMIT);
    }
    let bomb = zstd(&vec![0; 20_000_000]);
    let decoded = decode(&bomb, &properties("", "zstd"), LIMIT);
    assert_eq!((decoded.bytes.len(), decoded.cut), (LIMIT, true));
}

trait Capacity {
    fn capacity_of_owned(&self) -> usize;
}

impl Capacity for Cow<'_, [u8]> {
    fn capacity_of_owned(&self) -> usize {
        match self {
            Cow::Borrowed(_) => 0,
            Cow::Owned(bytes) => bytes.capacity(),
        }
    }
}

#[test]
fn a_zstd_frame_that_wants_gigabytes_is_refused() {
    // Magic, no flags, a window of 2 TB, and one empty last block.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00];
    let decoded = decode(&frame, &properties("", "zstd"), LIMIT);
    assert!(decoded.problem.unwrap().contains("zstd data is broken"));
}

#[test]
fn lying_lengths_and_depth_cost_nothing() {
    let deep_arrays = [0x91].repeat(1_000_000);
    let deep_tags = [0xd8, 0x2a].repeat(500_000);
    let deep_maps = [0xa1, 0x01].repeat(500_000);
    let liars: [&[u8]; 6] = [
        b"\xdd\xff\xff\xff\xff\x01",
        b"\xdf\xff\xff\xff\xff\x01",
        b"\xc6\xff\xff\xff\xff\x01",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ];
    for body in liars
        .into_iter()
        .chain([&*deep_arrays, &*deep_tags, &*deep_maps])
    {
        for content_type in ["application/msgpack", "application/cbor", ""] {
            holds(body, content_type, "", LIMIT);
        }
    }
    let ten_thousand = [vec![0x91; 10_000], vec![0x01]].concat();
    let decoded = decode(&ten_thousand, &Properties::default(), LIMIT);
    assert_eq!(decoded.format, Format::MessagePack);
    let rows = json::rows(decoded.json().unwrap());
    assert_eq!((rows.rows.len(), rows.stopped), (129, None));
    let last = rows.rows.last().unwrap();
    let words = json::RowValue::Text("(deeper parts are not shown)".into());
    assert_eq!(last.value, words);
}

/// What must hold for every body: bounded output, and JSON that is JSON.
#[track_caller]
fn holds(body: &[u8], content_type: &str, encoding: &str, limit: usize) {
    let decoded = decode(body, &properties(content_type, encoding), limit);
    let written = matches!(decoded.format, Format::MessagePack | Format::Cbor);
    // One last item may pass the limit, and its escapes take six bytes at most.
    let bound = if written {
        limit * 8 + 4_096
    } else {
        limit * 3
    };
    assert!(
        decoded.bytes.len() <= bound,
        "{} bytes",
        decoded.bytes.len()
    );
    if written {
        let json = decoded.json().unwrap();
        let valid = serde_json::from_slice::<serde::de::IgnoredAny>(json);
        assert!(valid.is_ok(), "{valid:?}: {:?}", decoded.text());
    }
    assert!(!decoded.line(body).is_empty());
}

const TYPES: [&str; 7] = [
    "",
    "application/json",
    "application/msgpack",
    "application/cbor",
    "application/x-protobuf",
    "text/plain; charset=utf-16",
    "application/cloudevents+json",
];
const ENCODINGS: [&str; 6] = ["", "gzip", "deflate", "zstd", "br", "gzip, br, zstd"];

fn valid_documents() -> Vec<Vec<u8>> {
    let long = DOCUMENT.repeat(40);
    let mixed: Vec<u8> = (0..3_000_u32)
        .flat_map(|n| (n * n % 251).to_le_bytes())
        .collect();
    let packed = sample_message_pack();
    let numbers = cbor(&ciborium::Value::Array(vec![
        ciborium::Value::Tag(
            9,
            Box::new(1.5.into())
        );
        20
    ]));
    let mut all = vec![packed.clone(), numbers, BROTLI.to_vec()];
    for plain in [DOCUMENT.as_bytes(), long.as_bytes(), &mixed, &packed] {
        all.push(plain.to_vec());
        all.extend([gzip(plain), zlib(plain), bare(plain), zstd(plain)]);
        all.push(gzip(&zstd(plain)));
    }
    // Made by the reference implementation: its tables and repeats are richer than ours.
    all.push(include_bytes!("sample.zst").to_vec());
    all
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let documents = valid_documents();
    let mutated = (
        0..documents.len(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        prop::option::of(any::<prop::sample::Index>()),
    );
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..400),
        3 => mutated.prop_map(move |(which, changes, cut)| {
            let mut body = documents[which].clone();
            for (place, byte) in changes {
                let place = place.index(body.len());
                body[place] = byte;
            }
            if let Some(cut) = cut {
                body.truncate(cut.index(body.len() + 1));
            }
            body
        }),
    ]
}

fn any_message_pack() -> impl Strategy<Value = rmpv::Value> {
    let leaf = prop_oneof![
        Just(rmpv::Value::Nil),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        ".*".prop_map(Into::into),
        prop::collection::vec(any::<u8>(), 0..90).prop_map(rmpv::Value::Binary),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(rmpv::Value::Array),
            prop::collection::vec((".*".prop_map(Into::into), inner), 0..5)
                .prop_map(rmpv::Value::Map),
        ]
    })
}

/// The same value as other implementations see it.
fn as_json(value: &rmpv::Value) -> serde_json::Value {
    match value {
        rmpv::Value::Array(items) => items.iter().map(as_json).collect(),
        rmpv::Value::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| (name.as_str().unwrap_or_default().to_owned(), as_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        rmpv::Value::Binary(bytes) if bytes.len() > 64 => {
            format!("base64:{}", crate::domain::base64::encode(bytes)).into()
        }
        rmpv::Value::Binary(bytes) => bytes
            .iter()
            .fold("hex:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
            .into(),
        rmpv::Value::Integer(number) => number
            .as_i64()
            .map(Into::into)
            .or_else(|| number.as_u64().map(Into::into))
            .unwrap_or_default(),
        other => other
            .as_str()
            .map(Into::into)
            .or_else(|| other.as_bool().map(Into::into))
            .unwrap_or_default(),
    }
}

fn run_random(cases: u32) {
    let config = ProptestConfig {
        cases,
        ..ProptestConfig::default()
    };
    let input = (any_body(), 0..TYPES.len(), 0..ENCODINGS.len());
    proptest::test_runner::TestRunner::new(config)
        .run(&input, |(body, kind, encoding)| {
            holds(&body, TYPES[kind], ENCODINGS[encoding], 20_000);
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_body_does_harm() {
    run_random(400);
}

#[test]
#[ignore = "minutes long: cargo test --release --lib decode -- --ignored"]
fn no_body_does_harm_in_a_long_run() {
    run_random(2_000_000);
}

proptest! {
    #[test]
    fn message_pack_means_what_others_say(value in any_message_pack()) {
        let body = message_pack(&value);
        let decoded = decode(&body, &properties("application/msgpack", ""), LIMIT);
        if decoded.format == Format::MessagePack {
            let read: serde_json::Value = serde_json::from_slice(decoded.json().unwrap()).unwrap();
            prop_assert_eq!(read, as_json(&value));
        }
    }

    #[test]
    fn compressing_and_decoding_changes_nothing(
        text in "\\PC{0,300}", layers in prop::collection::vec(0..3_usize, 0..4)
    ) {
        let mut body = text.clone().into_bytes();
        let mut names = Vec::new();
        for layer in layers {
            let (name, packed) = match layer {
                0 => ("gzip", gzip(&body)),
                1 => ("deflate", zlib(&body)),
                _ => ("zstd", zstd(&body)),
            };
            names.push(name);
            body = packed;
        }
        let decoded = decode(&body, &properties("text/plain", &names.join(", ")), LIMIT);
        prop_assert_eq!(decoded.text().unwrap_or_default(), text);
    }
}
