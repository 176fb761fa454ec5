//! Bodies that mean harm, and random ones. The long run of the random tests:
//! `cargo test --release --lib decode -- --ignored`.

use proptest::prelude::*;

use super::tests::*;
use super::*;
use crate::text::json;

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
    let zeros = vec![0; 20_000_000];
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    std::io::Write::write_all(&mut bzip2, &zeros).unwrap();
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    std::io::Write::write_all(&mut xz, &zeros).unwrap();
    for bomb in [bzip2.finish().unwrap(), xz.finish().unwrap()] {
        let decoded = decode(&bomb, &Properties::default(), LIMIT);
        assert_eq!((decoded.bytes.len(), decoded.cut), (LIMIT, true));
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
fn an_xz_stream_that_wants_gigabytes_is_refused() {
    let mut options = lzma_rust2::XzOptions::with_preset(0);
    options.lzma_options.dict_size = 64 << 20;
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    std::io::Write::write_all(&mut xz, b"{}").unwrap();
    let body = xz.finish().unwrap();
    let decoded = decode(&body, &properties("", "xz"), LIMIT);
    assert!(decoded.problem.unwrap().contains("xz data is broken"));
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
    let written = matches!(
        decoded.format,
        Format::MessagePack | Format::Cbor | Format::Batch { .. }
    );
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
const ENCODINGS: [&str; 10] = [
    "",
    "gzip",
    "deflate",
    "zstd",
    "br",
    "gzip, br, zstd",
    "bzip2",
    "xz",
    "zip",
    "base64, utf-16",
];

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
            format!("base64:{}", crate::text::base64::encode(bytes)).into()
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
