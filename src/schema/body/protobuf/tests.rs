//! Bodies of protobuf's own library, of our own, and of nobody.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::schema::body::ReadBody;
use crate::text::json::rows;

const LIMIT: usize = 100_000;

const ORDER: &str = r#"
    syntax = "proto3"; package shop;
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    message Order {
      int64 id = 1; string name = 2; repeated int32 sizes = 3; map<string, Line> lines = 4;
      State state = 5; google.protobuf.Timestamp at = 6; google.protobuf.Duration took = 7;
      oneof paid { string card = 8; bool cash = 9; }
      sint32 delta = 10; fixed64 hash = 11; float share = 12; double total = 13; bytes raw = 14;
      repeated Line more = 15; map<int32, bool> seen = 16; sfixed32 place = 17; uint64 big = 18;
      repeated State states = 19; repeated string tags = 20; Order next = 21;
    }
    message Line { string sku = 1; message Inner { int32 a = 1; } Inner inner = 2; }
    enum State { NEW = 0; PAID = 1; }
"#;

fn order() -> Protobuf {
    Protobuf::new(ORDER, &BTreeMap::new()).unwrap()
}

fn text(body: &ReadBody) -> &str {
    std::str::from_utf8(&body.json).unwrap()
}

/// What protobuf 7 for Python wrote with [`ORDER`].
const BYTES: &str = "0881808080808080101202c3a91a0d01feffffffffffffffff01ac02220c0a016112070a01411202080722050a016212002801320b08d09ca4d806108094ef3a3a1608ffffffffffffffffff011080b6ca91feffffffff014800500559ffffffffffffffff65cdcccc3d699a9999999999b93f720200ff7a030a01427a00820104080510018d01ffffffff9001ffffffffffffffffff019a01020107a2010178a20100aa01020801";

#[test]
fn what_another_library_wrote_is_read_and_written_back() {
    let schema = order();
    let body = crate::text::hex::bytes(BYTES).unwrap();
    let found = read(&schema, "shop.Order", &body, LIMIT);
    let expected = r#"{"id":9007199254740993,"name":"é","sizes":[1,-2,300],"lines":{"a":{"sku":"A","inner":{"a":7}},"b":{}},"state":"PAID","at":"2026-11-27T05:00:00.123456Z","took":"-1.500s","cash":false,"delta":-3,"hash":18446744073709551615,"share":0.1,"total":0.1,"raw":"hex:00ff","more":[{"sku":"B"},{}],"seen":{"5":true},"place":-1,"big":18446744073709551615,"states":["PAID",7],"tags":["x",""],"next":{"id":1}}"#.replace("1.500s", "1.5s");
    assert_eq!(text(&found), expected);
    assert!(
        found.is_whole(body.len()) && found.is_exact && found.unknown == 0,
        "{found:?}"
    );
    assert_eq!(write(&schema, "shop.Order", text(&found)).unwrap(), body);
    let edited = expected
        .replace("9007199254740993", "-1")
        .replace("\"cash\":false", "\"card\":\"4\"");
    let again = write(&schema, "shop.Order", &edited).unwrap();
    assert_eq!(text(&read(&schema, "shop.Order", &again, LIMIT)), edited);
}

#[test]
fn what_the_schema_does_not_know_stays() {
    let schema = order();
    // Field 99 as each way of writing, a text where a number is, and a packed list where none is.
    let body = b"\x08\x05\x98\x06\x07\x9d\x06\x01\0\0\0\x99\x06\x02\0\0\0\0\0\0\0\x9a\x06\x02hi\x50\x01\x10\x2a";
    let found = read(&schema, "shop.Order", body, LIMIT);
    let expected = r##"{"id":5,"#2":["varint 42"],"delta":-1,"#99":["varint 7","fixed32 1","fixed64 2","hex:6869"]}"##;
    assert_eq!((text(&found), found.unknown), (expected, 2));
    assert!(found.is_whole(body.len()) && found.is_exact);
    let back = write(&schema, "shop.Order", expected).unwrap();
    assert_eq!(text(&read(&schema, "shop.Order", &back, LIMIT)), expected);
    let group = b"\x9b\x06\x08\x01\x9c\x06";
    let found = read(&schema, "shop.Order", group, LIMIT);
    assert_eq!(
        (text(&found), found.is_exact),
        (r##"{"#99":["group hex:0801"]}"##, false)
    );
}

#[test]
fn lists_are_read_packed_and_not() {
    let schema = order();
    let found = read(
        &schema,
        "shop.Order",
        b"\x18\x01\x1a\x02\x02\x03\x18\x04",
        LIMIT,
    );
    assert_eq!(text(&found), r#"{"sizes":[1,2,3,4]}"#);
    let proto2 = "message A { repeated int32 a = 1; repeated int32 b = 2 [packed = true]; }";
    let proto2 = Protobuf::new(proto2, &BTreeMap::new()).unwrap();
    let body = write(&proto2, "A", r#"{"a":[1,2],"b":[1,2]}"#).unwrap();
    assert_eq!(body, b"\x08\x01\x08\x02\x12\x02\x01\x02");
    assert_eq!(
        write(&schema, "shop.Order", r#"{"sizes":[],"more":[]}"#).unwrap(),
        b""
    );
    let groups = "message A { repeated group B = 1 { optional int32 c = 1; } }";
    let groups = Protobuf::new(groups, &BTreeMap::new()).unwrap();
    let body = b"\x0b\x08\x01\x0c\x0b\x0c";
    let found = read(&groups, "A", body, LIMIT);
    assert_eq!(
        (text(&found), found.is_exact),
        (r#"{"b":[{"c":1},{}]}"#, true)
    );
    assert_eq!(write(&groups, "A", text(&found)).unwrap(), body);
}

#[test]
fn what_does_not_fit_the_schema_is_told_with_its_place() {
    let schema = order();
    for (json, place, part) in [
        (r"[]", "The document", "an object"),
        (r#"{"ids":1}"#, "The document", "no field ids"),
        (r#"{"id":"1"}"#, "/id", "a number"),
        (r#"{"id":1.5}"#, "/id", "fits into int64"),
        (r#"{"sizes":[1,2147483648]}"#, "/sizes", "fits into int32"),
        (r#"{"state":"LOST"}"#, "/state", "one of NEW, PAID"),
        (r#"{"at":"yesterday"}"#, "/at", "an object"),
        (r#"{"raw":"abc"}"#, "/raw", "hex: or base64:"),
        (r#"{"lines":[]}"#, "The document", "for lines an object"),
        (r#"{"lines":{"a":{"sku":1}}}"#, "/lines/a/sku", "text"),
        (r#"{"more":[{},{"x":1}]}"#, "/more/1", "no field x"),
        (r#"{"cash":1}"#, "/cash", "true or false"),
        (r##"{"#99":["what"]}"##, "The document", "does not know"),
        (r"{", "", "not valid JSON"),
    ] {
        let words = write(&schema, "shop.Order", json).expect_err(json);
        assert!(
            words.starts_with(place) && words.contains(part),
            "{json}: {words}"
        );
    }
}

#[test]
fn what_is_broken_is_told_and_shown_as_far_as_it_goes() {
    let schema = order();
    for (body, shown, part) in [
        (
            &b"\x08\x05\x12\x09ab"[..],
            r#"{"id":5}"#,
            "ends within a value",
        ),
        (b"\x08\x05\x08", r#"{"id":5}"#, "ends within a number"),
        (b"\x0f", "{}", "does not exist"),
        (b"\x00\x01", "{}", "no number that can be one"),
        (b"\x0c", "{}", "that did not begin"),
        (
            b"\x22\x03\x0a\x05a",
            r#"{"lines":{"":{}}}"#,
            "ends within a value",
        ),
    ] {
        let found = read(&schema, "shop.Order", body, LIMIT);
        assert_eq!(text(&found), shown);
        assert!(!found.is_whole(body.len()));
        let problem = found.problem.unwrap();
        assert!(problem.contains(part), "{problem}");
    }
    let cut = read(&schema, "shop.Order", &b"\x18\x01".repeat(1_000), 100);
    assert!(cut.cut && cut.json.len() < 500);
}

#[test]
fn deep_bodies_are_shown_as_far_as_json_goes() {
    let schema = order();
    let mut body = Vec::new();
    for _ in 0..2_000 {
        let mut outer = Vec::new();
        wire::write_tag(21, 2, &mut outer);
        wire::write_varint(body.len() as u64, &mut outer);
        outer.extend_from_slice(&body);
        body = outer;
    }
    let found = read(&schema, "shop.Order", &body, LIMIT);
    assert!(found.is_whole(body.len()) && found.is_exact);
    assert!(rows(&found.json).stopped.is_none());
    assert_eq!(write(&schema, "shop.Order", text(&found)).unwrap(), body);
    // A million groups in each other.
    let groups = read(&schema, "shop.Order", &b"\x0b".repeat(1_000_000), 2_000_000);
    assert!(groups.problem.is_some());
}

#[test]
fn the_message_that_a_frame_names_is_found() {
    let schema = order();
    for (pick, expected) in [
        (MessagePick::Indexes(vec![0]), Some("shop.Order")),
        (MessagePick::Indexes(vec![1, 0]), Some("shop.Line.Inner")),
        (MessagePick::Indexes(vec![2]), None),
        (MessagePick::Indexes(vec![0, 0]), None),
        (MessagePick::Name("Line".to_owned()), Some("shop.Line")),
        (
            MessagePick::Name("Inner".to_owned()),
            Some("shop.Line.Inner"),
        ),
        (
            MessagePick::Name("shop.Order".to_owned()),
            Some("shop.Order"),
        ),
        (MessagePick::Name("rder".to_owned()), None),
    ] {
        assert_eq!(
            message_named(&schema, &pick).as_deref(),
            expected,
            "{pick:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_what_is_whole_is_written_back(
        fields in prop::collection::vec((1_u8..24, 0_u8..6, prop::collection::vec(any::<u8>(), 0..12)), 0..12),
        tail in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let mut body = Vec::new();
        for (number, kind, value) in fields {
            wire::write_tag(i32::from(number), kind, &mut body);
            if kind == 2 {
                wire::write_varint(value.len() as u64, &mut body);
            }
            body.extend_from_slice(&value);
        }
        body.extend_from_slice(&tail);
        let schema = order();
        let found = read(&schema, "shop.Order", &body, 10_000);
        prop_assert!(rows(&found.json).stopped.is_none());
        if found.is_whole(body.len()) && found.is_exact {
            let back = write(&schema, "shop.Order", text(&found)).unwrap();
            prop_assert_eq!(read(&schema, "shop.Order", &back, 10_000).json, found.json);
        }
    }

    #[test]
    fn durations_and_times_keep_their_nanoseconds(seconds in -1_000_000_000_i64..4_000_000_000, nanoseconds in 0_u32..1_000_000_000) {
        let time = chrono::DateTime::from_timestamp(seconds, nanoseconds).unwrap();
        let written = time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let body = meaning::message("google.protobuf.Timestamp", &written).unwrap();
        prop_assert_eq!(meaning::text("google.protobuf.Timestamp", &body, 0, body.len()), Some(written));
        let written = format!("{seconds}.{nanoseconds:09}s");
        let body = meaning::message("google.protobuf.Duration", &written).unwrap();
        let text = meaning::text("google.protobuf.Duration", &body, 0, body.len()).unwrap();
        prop_assert_eq!(meaning::message("google.protobuf.Duration", &text).unwrap(), body);
    }
}
