//! Frames as each serialiser writes them, byte for byte.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const GUID: [u8; 16] = [
    0x89, 0x79, 0x1d, 0x5a, 0x33, 0x0c, 0x4f, 0x0f, 0x8b, 0x9e, 0x42, 0x4b, 0x1d, 0x5c, 0x6a, 0x01,
];

fn found(body: &[u8], headers: &[(&str, &[u8])]) -> FoundFrames {
    let of = |half| {
        find(half, body, |name| {
            let value = headers.iter().rev().find(|(header, _)| *header == name);
            value.map(|(_, value)| *value)
        })
    };
    assert!(
        of(EventHalf::Key)
            .frames
            .iter()
            .all(|frame| !frame.is_told())
    );
    of(EventHalf::Value)
}

#[track_caller]
fn only(body: &[u8], headers: &[(&str, &[u8])]) -> Frame {
    let found = found(body, headers);
    assert_eq!(
        (found.frames.len(), &found.problem),
        (1, &None),
        "{found:?}"
    );
    found.frames.into_iter().next().unwrap()
}

#[test]
fn confluents_bytes_are_taken_off_and_put_on_again() {
    let body = b"\0\0\0\x01\x02{\"a\":1}";
    let frame = only(body, &[]);
    assert_eq!(frame.words(), "Confluent's wire format, schema id 258");
    assert!(!frame.is_told());
    assert_eq!(frame.open(body, 100).unwrap(), &b"{\"a\":1}"[..]);
    assert_eq!(frame.close(body, b"{\"a\":1}").unwrap(), body);
    assert_eq!(frame.close(body, b"[]").unwrap(), b"\0\0\0\x01\x02[]");
    for none in [
        &b""[..],
        b"\0\0\0\x01",
        b"\0\0\0\0\0abc",
        b"\0\xff\xff\xff\xffabc",
        b"{\"a\":1}",
    ] {
        assert_eq!(found(none, &[]), FoundFrames::default(), "{none:?}");
    }
}

#[test]
fn eight_bytes_are_not_taken_for_four() {
    let body = b"\0\0\0\0\0\0\0\0\x2a\x06abc";
    let frame = only(body, &[]);
    assert_eq!(
        (frame.format, frame.schema),
        (WireFormat::LongId, SchemaKey::GlobalId(42))
    );
    assert_eq!(frame.open(body, 100).unwrap(), &b"\x06abc"[..]);
    // No registry has given out so many.
    let frame = only(b"\0\0\0\0\x01\0\0\0\0abc", &[]);
    assert_eq!(frame.schema, SchemaKey::Id(1));
}

#[test]
fn confluents_header_has_a_guid_and_for_protobuf_a_place() {
    let value = [&[1][..], &GUID].concat();
    let frame = only(b"payload", &[("__value_schema_id", &value)]);
    assert_eq!(frame.schema, SchemaKey::Guid(Uuid::from_bytes(GUID)));
    assert_eq!((frame.is_told(), &frame.message), (true, &None));
    assert_eq!(frame.open(b"payload", 100).unwrap(), &b"payload"[..]);
    assert_eq!(frame.close(b"payload", b"other").unwrap(), b"other");
    for (behind, expected) in [
        (&[0][..], vec![0]),
        (&[2, 0], vec![0]),
        (&[4, 2, 0], vec![1, 0]),
        (&[2, 0x80, 0x02], vec![128]),
    ] {
        let value = [&value, behind].concat();
        let frame = only(b"", &[("__value_schema_id", &value)]);
        assert_eq!(frame.message, Some(MessagePick::Indexes(expected)));
    }
    for (wrong, part) in [
        (&b""[..], "it is empty"),
        (&value[..9], "its GUID is cut off"),
        (b"\x07abc", "it begins with 7"),
        (&[&value, &[1][..]].concat(), "no place of a message"),
        (&[&value, &[0, 0][..]].concat(), "more follows"),
    ] {
        let found = found(b"payload", &[("__value_schema_id", wrong)]);
        assert!(found.frames.is_empty());
        let problem = found.problem.unwrap();
        assert!(
            problem.contains(part) && problem.contains("__value_schema_id"),
            "{problem}"
        );
    }
}

#[test]
fn apicurios_headers_have_one_id() {
    let id = 7_u64.to_be_bytes();
    let frame = only(
        b"\x06abc",
        &[
            ("apicurio.value.contentId", &id),
            ("apicurio.value.encoding", b"BINARY"),
        ],
    );
    assert_eq!(frame.schema, SchemaKey::ContentId(7));
    assert_eq!(frame.encoding, Some(DeclaredEncoding::AvroBinary));
    let frame = only(
        b"{}",
        &[
            ("apicurio.value.globalId", &id),
            ("apicurio.value.encoding", b"JSON"),
        ],
    );
    assert_eq!(
        (frame.schema, frame.encoding),
        (SchemaKey::GlobalId(7), Some(DeclaredEncoding::AvroJson))
    );
    let frame = only(
        b"\x07\x0a\x05Order\x08\x01",
        &[
            ("apicurio.value.contentId", &id),
            ("apicurio.value.msgType", b"shop.Order"),
            ("apicurio.protobuf.type", b"Order"),
        ],
    );
    assert_eq!(frame.encoding, Some(DeclaredEncoding::Message));
    assert_eq!(frame.message, Some(MessagePick::Name("Order".to_owned())));
    let found = found(b"", &[("apicurio.value.contentId", b"\0\0\0\x07")]);
    assert!(
        found
            .problem
            .unwrap()
            .contains("4 bytes, and 8 were expected")
    );
}

#[test]
fn glues_frame_may_hold_a_zlib_stream() {
    let plain = [&[3, 0][..], &GUID, b"\x06abc"].concat();
    let frame = only(&plain, &[]);
    assert_eq!(frame.schema, SchemaKey::GlueVersion(Uuid::from_bytes(GUID)));
    assert_eq!(frame.open(&plain, 100).unwrap(), &b"\x06abc"[..]);
    let packed = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &[b'x'; 1_000]).unwrap();
        encoder.finish().unwrap()
    };
    let body = [&[3, 5][..], &GUID, &packed].concat();
    let frame = only(&body, &[]);
    let payload = frame.open(&body, 1_000).unwrap();
    assert_eq!(payload, vec![b'x'; 1_000]);
    assert_eq!(frame.close(&body, &payload).unwrap(), body);
    let edited = frame.close(&body, b"other").unwrap();
    assert_eq!(frame.open(&edited, 100).unwrap(), &b"other"[..]);
    assert!(
        frame
            .open(&body, 999)
            .unwrap_err()
            .contains("larger than 999 B")
    );
    assert!(
        frame
            .open(&body[..30], 1_000)
            .unwrap_err()
            .contains("broken")
    );
    let found = found(&body[..10], &[]);
    assert!(found.problem.unwrap().contains("ends within its 18 bytes"));
    assert_eq!(
        find(EventHalf::Value, &[3, 1, 2], |_| None),
        FoundFrames::default()
    );
}

#[test]
fn a_protobuf_payload_names_its_message_by_place_or_by_name() {
    let all = |payload: &[u8]| {
        let all = picked(payload).into_iter();
        all.map(|one| (one.message, one.length)).collect::<Vec<_>>()
    };
    let places = |places: &[i32]| MessagePick::Indexes(places.to_vec());
    assert_eq!(all(&[0, 0x08, 1]), [(places(&[0]), 1)]);
    assert_eq!(all(&[4, 2, 0, 0x08, 1]), [(places(&[1, 0]), 3)]);
    let name = |name: &str| MessagePick::Name(name.to_owned());
    assert_eq!(all(b"\x07\x0a\x05Order\x08\x01"), [(name("Order"), 8)]);
    // Both are possible.
    assert_eq!(
        all(b"\x04\x0a\x02bd"),
        [(name("bd"), 5), (places(&[5, 1]), 3)]
    );
    for none in [
        &b""[..],
        b"\x01",
        b"\x04\x02",
        b"\x80",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert_eq!(all(none), [], "{none:?}");
    }
    for place in [&[0][..], &[1], &[0, 3], &[5, 0, 200]] {
        let bytes = index_bytes(place);
        assert_eq!(all(&bytes), [(places(place), bytes.len())]);
    }
    assert_eq!(index_bytes(&[0]), [0]);
}

proptest! {
    #[test]
    fn any_bytes_and_headers_are_told_without_a_panic(
        body in prop::collection::vec(any::<u8>(), 0..64),
        first in 0_u8..6,
        value in prop::collection::vec(any::<u8>(), 0..24),
    ) {
        let body = [&[first][..], &body].concat();
        for header in ["__value_schema_id", "apicurio.value.contentId", "none"] {
            let found = find(EventHalf::Value, &body, |name| (name == header).then_some(&*value));
            for frame in found.frames {
                if let Ok(payload) = frame.open(&body, 10_000) {
                    prop_assert_eq!(frame.close(&body, &payload).unwrap(), body.clone());
                    let other = frame.close(&body, b"other").unwrap();
                    prop_assert_eq!(frame.open(&other, 100).unwrap(), &b"other"[..]);
                }
            }
        }
        prop_assert!(picked(&body).iter().all(|one| one.length <= body.len()));
    }
}
