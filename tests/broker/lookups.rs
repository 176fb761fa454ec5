//! Schemas that bodies name: asked for at a registry, never waited for, kept on the disk. Needs no
//! broker; a real Apicurio is asked where `EVENTSCOPE_APICURIO` has the address of its Confluent API.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use eventscope::engine::schema_lookups::{RegistryAddress, SchemaLookups, find};
use eventscope::event::wire::{EventHalf, SchemaKey, find as frames};
use eventscope::rabbitmq::endpoint::Password;
use eventscope::schema::Cancel;
use eventscope::schema::body::{FramedBody, SchemaShelf, read_framed};
use eventscope::storage::written_schemas::WrittenSchemas;
use serde_json::{Value, json};

use crate::support::fake_registry::{other, registry};

const BUYER: &str =
    r#"{"type":"record","name":"Buyer","fields":[{"name":"name","type":"string"}]}"#;
const ORDER: &str =
    r#"{"type":"record","name":"Order","fields":[{"name":"buyer","type":"Buyer"}]}"#;

fn at(url: &str) -> RegistryAddress {
    RegistryAddress {
        url: url.to_owned(),
        user: String::new(),
        password: Password(String::new()),
    }
}

fn subjects() -> Vec<(&'static str, Vec<Value>)> {
    let references = json!([{"name": "Buyer", "subject": "buyer", "version": 1}]);
    vec![
        (
            "order-value",
            vec![json!({"schema": ORDER, "references": references})],
        ),
        ("buyer", vec![json!({"schema": BUYER})]),
    ]
}

/// A shelf with somebody who asks for what it wants, and a sign for each answer.
fn asked(url: &str, folder: &std::path::Path) -> (SchemaShelf, SchemaLookups, Receiver<()>) {
    let shelf = SchemaShelf::default();
    let (told, answers) = sync_channel(16);
    let wake = Arc::new(move || {
        told.try_send(()).ok();
    });
    let folder = Some(folder.to_owned());
    let lookups = SchemaLookups::start(at(url), folder, shelf.clone(), wake).expect("a thread");
    (shelf, lookups, answers)
}

fn read(shelf: &SchemaShelf, body: &[u8]) -> FramedBody {
    let found = frames(EventHalf::Value, body, |_| None);
    read_framed(&found, body, |key| shelf.get(key), 10_000)
}

/// Id 101 in Confluent's frame, and an order.
const BODY: &[u8] = b"\0\0\0\0\x65\x06Ada";

#[test]
fn a_body_is_read_once_its_schema_has_come_and_later_without_the_registry() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = registry(subjects(), None);
    let shown = |url: &str| {
        let (shelf, lookups, answers) = asked(url, folder.path());
        assert!(
            matches!(read(&shelf, BODY), FramedBody::Asked(_)),
            "nobody waits"
        );
        lookups.nudge();
        answers
            .recv_timeout(Duration::from_secs(20))
            .expect("an answer");
        match read(&shelf, BODY) {
            FramedBody::Read(reading) => String::from_utf8(reading.body.json).expect("text"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(shown(&url), r#"{"buyer":{"name":"Ada"}}"#);
    // Nobody is there any more, and what he said is kept.
    let gone = "http://127.0.0.1:9/";
    let kept = WrittenSchemas::of(folder.path(), &url).read(SchemaKey::Id(101));
    let kept = kept.expect("it is on the disk");
    let copy = WrittenSchemas::of(folder.path(), gone);
    copy.write(SchemaKey::Id(101), &kept).expect("a copy");
    assert_eq!(shown(gone), r#"{"buyer":{"name":"Ada"}}"#);
    // What failed is not kept.
    let (shelf, lookups, answers) = asked(gone, folder.path());
    let body = b"\0\0\0\0\x66\x06Ada";
    assert!(matches!(read(&shelf, body), FramedBody::Asked(_)));
    lookups.nudge();
    answers
        .recv_timeout(Duration::from_secs(20))
        .expect("an answer");
    assert!(
        matches!(read(&shelf, body), FramedBody::Bare),
        "it only looks so"
    );
    assert!(copy.read(SchemaKey::Id(102)).is_none());
}

#[test]
fn what_a_registry_does_not_know_is_told_in_words() {
    let url = registry(subjects(), None);
    let words = |url: &str, key| find(&at(url), key, &Cancel::default()).expect_err("no schema");
    assert!(words(&url, SchemaKey::Id(7)).contains("has no schema id 7"));
    assert!(words(&url, SchemaKey::GlobalId(7)).contains("has no global id 7"));
    let glue = SchemaKey::GlueVersion(uuid::Uuid::nil());
    assert!(words(&url, glue).contains("AWS Glue"));
    assert!(words("http://127.0.0.1:9", SchemaKey::Id(7)).contains("Nothing listens"));
    assert!(words(&other(200, "[]"), SchemaKey::Id(7)).contains("is no registered schema"));
    assert!(words(&other(401, "{}"), SchemaKey::Id(7)).contains("asks for a login"));
}

#[test]
fn a_real_apicurio_gives_schemas_by_each_id() {
    let Ok(url) = std::env::var("EVENTSCOPE_APICURIO") else {
        eprintln!("SKIPPED: no Apicurio registry (EVENTSCOPE_APICURIO is not set)");
        return;
    };
    let register = |subject: &str, schema: &Value| -> u64 {
        let mut answer = ureq::post(format!("{url}/subjects/{subject}/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .send(schema.to_string())
            .expect("a registered schema");
        let text = answer.body_mut().read_to_string().expect("text");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["id"].as_u64().expect("an id")
    };
    register("buyer", &json!({"schema": BUYER}));
    let references = json!([{"name": "Buyer", "subject": "buyer", "version": 1}]);
    let order = register(
        "order-value",
        &json!({"schema": ORDER, "references": references}),
    );
    let proto = "syntax = \"proto3\"; message Line { int32 a = 1; }";
    let proto = register(
        "line-value",
        &json!({"schemaType": "PROTOBUF", "schema": proto}),
    );
    let names = |key| {
        let found = find(&at(&url), key, &Cancel::default()).expect("schemas");
        let ready = found
            .iter()
            .map(|one| one.ready().expect("a schema").name());
        (ready.collect::<Vec<_>>(), found[0].parts.len())
    };
    let short = u32::try_from(order).expect("a small id");
    let (kinds, parts) = names(SchemaKey::Id(short));
    assert_eq!((kinds[0], parts), ("Avro", 1));
    let (kinds, parts) = names(SchemaKey::ContentId(order));
    assert_eq!((kinds[0], parts), ("Avro", 1));
    assert_eq!(names(SchemaKey::ContentId(proto)).0, ["Protobuf"]);
    assert!(find(&at(&url), SchemaKey::GlobalId(1 << 30), &Cancel::default()).is_err());
}
