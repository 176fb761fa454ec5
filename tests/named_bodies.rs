//! Bodies that name their schema, from arrival through list, inspector and filter to an edit. A process of
//! its own: who reads them is installed once.

#![expect(clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, OnceLock};

use chrono::DateTime;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::decode::{self, Format, decode, named};
use eventscope::event::reading::Reading;
use eventscope::event::wire::SchemaKey;
use eventscope::event::{BodyDraft, Draft, Event, Outgoing, Transport};
use eventscope::schema::body::{BodySchema, SchemaShelf, ShelfReader, WrittenSchema};

const AVRO: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"sku","type":"string"},
    {"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}"#;
const PROTO: &str = "syntax = \"proto3\"; message Order { string sku = 1; int64 count = 2; }";

fn schema(kind: &str, text: &str) -> Vec<BodySchema> {
    let written = WrittenSchema {
        kind: kind.to_owned(),
        text: text.to_owned(),
        parts: BTreeMap::new(),
    };
    vec![written.ready().expect("a schema")]
}

/// The shelf behind the reader of this process; one test at a time has it.
fn shelf() -> MutexGuard<'static, SchemaShelf> {
    static SHELF: OnceLock<Mutex<SchemaShelf>> = OnceLock::new();
    let shelf = SHELF.get_or_init(|| {
        let shelf = SchemaShelf::default();
        named::install(ShelfReader::new(shelf.clone(), || {}));
        Mutex::new(shelf)
    });
    shelf
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn event(properties: Properties, body: &[u8]) -> Event {
    Event::new(
        DateTime::UNIX_EPOCH,
        "orders".to_owned(),
        "k".to_owned(),
        Transport::Plain(0),
        properties,
        body.to_vec(),
    )
}

fn text(body: &[u8], properties: &Properties) -> String {
    let decoded = decode(body, properties, 100_000);
    decoded.text().unwrap_or_default().into_owned()
}

/// `{"sku":"abc","total":1.50}` behind the schema id 11.
const AVRO_BODY: &[u8] = b"\0\0\0\0\x0b\x06abc\x04\x00\x96";

#[test]
fn avro_is_read_listed_and_edited_once_its_schema_has_come() {
    let shelf = shelf();
    let none = Properties::default();
    let before = decode(AVRO_BODY, &none, 100_000);
    assert!(before.is_asked);
    let words = "Its schema is being asked for (Confluent's wire format, schema id 11)";
    assert_eq!(before.warnings, [words]);
    let answers = named::answers();
    shelf.put(SchemaKey::Id(11), Ok(schema("AVRO", AVRO)));
    assert!(named::answers() > answers);
    let decoded = decode(AVRO_BODY, &none, 100_000);
    assert_eq!(decoded.format, Format::Named { kind: "Avro" });
    assert_eq!(
        decoded.steps,
        ["Confluent's wire format, schema id 11", "Avro"]
    );
    assert_eq!((decoded.is_asked, &decoded.problem), (false, &None));
    let document = r#"{"sku":"abc","total":1.50}"#;
    assert_eq!(text(AVRO_BODY, &none), document);
    // The list, and what a filter looks into.
    let event = event(none.clone(), AVRO_BODY);
    assert_eq!(event.summary(), document);
    let reading = Reading::of(AVRO_BODY, &none, 100_000);
    assert!(reading.is_document && reading.is_whole);
    assert_eq!(&*reading.bytes, document.as_bytes());
    // An edit goes back into the frame, an unedited body stays as it was.
    let outgoing = Outgoing {
        destination: "orders".to_owned(),
        key: "k".to_owned(),
        properties: none,
        body: AVRO_BODY.to_vec(),
        record: None,
    };
    let mut draft = Draft::of(&outgoing);
    let BodyDraft::Text(shown) = &mut draft.body else {
        panic!("it cannot be edited");
    };
    assert_eq!(shown, document);
    *shown = document.replace("1.50", "-0.01");
    assert_eq!(
        draft.check().expect("a message").body,
        b"\0\0\0\0\x0b\x06abc\x02\xff"
    );
    assert_eq!(Draft::of(&outgoing).check().expect("a message"), outgoing);
    let BodyDraft::Text(shown) = &mut draft.body else {
        panic!("it cannot be edited");
    };
    *shown = document.replace("1.50", "\"much\"");
    let problems = draft.check().expect_err("it does not fit");
    assert!(problems[0].words.contains("/total"), "{problems:?}");
}

#[test]
fn a_body_that_a_header_names_is_no_text_though_it_looks_like_one() {
    let shelf = shelf();
    shelf.put(SchemaKey::ContentId(12), Ok(schema("AVRO", r#""string""#)));
    let properties = Properties {
        headers: Some(vec![(
            "apicurio.value.contentId".to_owned(),
            FieldValue::Bytes(12_u64.to_be_bytes().to_vec()),
        )]),
        ..Properties::default()
    };
    let event = event(properties.clone(), b"\x06abc");
    assert!(!event.is_plain);
    assert_eq!(event.summary(), "\"abc\"");
    let opened = decode::open(b"\x06abc", &properties, 1_000).expect("it can be edited");
    assert_eq!(opened.text, "\"abc\"");
    assert_eq!(opened.packing.close("\"x\"").expect("a body"), b"\x02x");
}

#[test]
fn protobuf_in_gzip_is_read_and_written_back() {
    let shelf = shelf();
    shelf.put(SchemaKey::Id(13), Ok(schema("PROTOBUF", PROTO)));
    let body = b"\0\0\0\0\x0d\0\x0a\x01x\x10\x80\x80\x80\x80\x80\x80\x80\x10";
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).expect("memory");
        encoder.finish().expect("memory")
    };
    let properties = Properties {
        content_encoding: Some("gzip".to_owned()),
        content_type: Some("application/x-protobuf".to_owned()),
        ..Properties::default()
    };
    let packed = gzip(body);
    let decoded = decode(&packed, &properties, 100_000);
    assert_eq!(
        decoded.steps[1..],
        [
            "Confluent's wire format, schema id 13, message Order",
            "Protobuf"
        ]
    );
    assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
    let document = r#"{"sku":"x","count":9007199254740992}"#;
    assert_eq!(text(&packed, &properties), document);
    let opened = decode::open(&packed, &properties, 1_000).expect("it can be edited");
    assert_eq!(opened.packing.close(document).expect("a body"), packed);
    let edited = opened.packing.close(r#"{"sku":"y"}"#).expect("a body");
    assert_eq!(text(&edited, &properties), r#"{"sku":"y"}"#);
    assert!(
        opened
            .packing
            .words()
            .expect("words")
            .contains("its schema says, then gzip")
    );
}

#[test]
fn what_only_looks_like_a_frame_is_what_its_bytes_are() {
    let shelf = shelf();
    shelf.put(SchemaKey::Id(14), Err("no such schema".to_owned()));
    let decoded = decode(b"\0\0\0\0\x0e\xff\xfe", &Properties::default(), 1_000);
    assert_eq!((decoded.format, decoded.is_asked), (Format::Binary, false));
    // JSON in a frame needs no schema.
    let framed = b"\0\0\0\0\x0f{\"a\":1}";
    assert_eq!(text(framed, &Properties::default()), r#"{"a":1}"#);
    let broken = [b"\0\0\0\0\x0b", &AVRO_BODY[5..8]].concat();
    shelf.put(SchemaKey::Id(11), Ok(schema("AVRO", AVRO)));
    assert_eq!(
        decode(&broken, &Properties::default(), 1_000).format,
        Format::Binary
    );
}
