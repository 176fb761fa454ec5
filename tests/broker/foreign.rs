//! Messages of two clients that are not ours die and are sent again: everything about them arrives
//! as it was, seen by the client that published it and, byte for byte, by one that looks at raw
//! frames.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;

use eventscope::event::amqp::FieldType;
use eventscope::event::draft::HeaderDraft;
use eventscope::event::source_id::SourceId;
use eventscope::event::{BodyDraft, Draft, Event};
use eventscope::protocol::{Command, MoveOrder, MoveOutcome, SourceCommand, Which};
use eventscope::rabbitmq::origin::Scene;
use eventscope::rabbitmq::resend::Manner;
use eventscope::repair::pace::Pace;
use serde_json::{Map, Value, json};

use crate::support::raw_amqp::{Life, Message, Raw, long, short, text, values};
use crate::support::{App, Place, fresh, wait_for};

/// A client that is not ours, in a language that is not ours.
struct Foreign<'a> {
    place: &'a Place,
    /// What runs its program.
    language: &'a str,
    program: &'a str,
}

/// What such a client saw of a message: names and values with their types.
type Seen = Map<String, Value>;

impl Foreign<'_> {
    fn publish(&self, exchange: &str) {
        self.run(&["publish", exchange]);
    }

    /// Takes all messages of a queue, and acknowledges or rejects them.
    fn read(&self, queue: &str, answer: &str) -> Vec<Seen> {
        let lines = self.run(&["read", queue, answer]);
        let lines = lines.lines().map(serde_json::from_str);
        lines.map(|seen| seen.expect("JSON")).collect()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let facts = &self.place.facts;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        let done = Process::new(self.language)
            .arg(folder.join(self.program))
            .arg(facts.amqp_port.to_string())
            .args([&facts.user, &facts.password, &self.place.vhost])
            .args(arguments)
            .output();
        let Ok(done) = done else {
            panic!("{} is missing. {TO_DO}", self.language);
        };
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {words}\n{TO_DO}", self.program);
        String::from_utf8(done.stdout).expect("text")
    }
}

/// What is told where a client does not run.
const TO_DO: &str = "If a client is missing: `make test` installs it, or on Debian \
                     `sudo apt-get install python3-pika php-cli php-amqplib`";

/// Where its messages go: they die in `orders` when they are rejected, in `short` when they expire.
/// A witness keeps a copy of all that is published.
fn declare(raw: &mut Raw) {
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    let to_dead = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    for (queue, key, arguments) in [
        ("orders", "order.*", &to_dead[..]),
        ("short", "expire.*", &to_dead),
        ("witness", "#", &[]),
    ] {
        raw.queue(queue, Life::Durable, arguments);
        raw.bind(queue, "shop", key);
    }
}

fn dead(app: &mut App, count: usize) -> Vec<Arc<Event>> {
    wait_for("the dead letters", || {
        let report = app.peek("dead", 10).expect("a peek");
        (report.messages.len() == count).then_some(report.messages)
    })
}

fn by_key(mut all: Vec<Seen>) -> Vec<Seen> {
    all.sort_by_key(|seen| seen["routing_key"].to_string());
    all
}

/// Dead-lettering takes the expiration away, so that a message does not expire again at once.
fn without_expiration(mut seen: Seen) -> Seen {
    match seen.get_mut("expiration") {
        // One client tells of properties that are not there.
        Some(expiration) if seen_by_pika(expiration) => *expiration = json!("NoneType None"),
        _ => drop(seen.remove("expiration")),
    }
    seen
}

/// A message without headers comes back with an empty table of them.
fn with_table(mut seen: Seen) -> Seen {
    if seen.get("headers").is_some_and(seen_by_pika) {
        seen["headers"] = json!({});
    } else if !seen.contains_key("headers") && !seen.contains_key("application_headers") {
        seen.insert("application_headers".to_owned(), json!([]));
    }
    seen
}

fn seen_by_pika(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.starts_with("str ") || text.starts_with("NoneType ")
}

fn arrive_as_they_were(language: &str, program: &str) {
    let place = Place::fresh();
    let user = place.facts.user.clone();
    let mut raw = place.raw();
    declare(&mut raw);
    let foreign = Foreign {
        place: &place,
        language,
        program,
    };
    foreign.publish("shop");
    let first = by_key(foreign.read("orders", "reject"));
    assert_eq!(first.len(), 5);

    let mut app = App::at(place.endpoint());
    let orders = dead(&mut app, 6);
    let orders = orders.iter().map(|event| MoveOrder {
        original: event.fingerprint(),
        outgoing: Manner::default()
            .plan(event, &user, Scene::default())
            .expect("a target")
            .outgoing,
    });
    // That nobody takes what expired is so, and here not the question.
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: "dead".into(),
            which: Which::These(orders.collect()),
            pace: Pace {
                insist: true,
                ..Pace::default()
            },
        },
    ));
    let done = app.job_done(request);
    assert_eq!(done.outcomes, vec![MoveOutcome::Resent; 6]);

    // As their own client sees them: those that were rejected, and the one that expired.
    let again = by_key(foreign.read("orders", "reject"));
    let first = first.into_iter().map(without_expiration).map(with_table);
    let first: Vec<Seen> = first.collect();
    let again = again.into_iter().map(without_expiration);
    assert_eq!(again.collect::<Vec<_>>(), first);
    let [expired] = <[Seen; 1]>::try_from(foreign.read("short", "ack")).expect("one");
    let mut full = first[2].clone();
    assert!(full["routing_key"].to_string().contains("order.full"));
    full["routing_key"] = expired["routing_key"].clone();
    assert_eq!(without_expiration(expired), full);
    // As they are on the wire.
    let mut copies = raw.drain("witness");
    let resent = by_its_key(copies.split_off(5));
    let copies = by_its_key(copies);
    assert_eq!((copies.len(), resent.len()), (5, 6));
    for (key, message) in &resent {
        // The one that expired did so here too.
        let original = copies.get(key).unwrap_or(&copies["order.full"]);
        assert_same(message, original);
    }
    edits_change_nothing_else(&foreign, &mut app, &copies, &first);
}

fn by_its_key(all: Vec<Message>) -> BTreeMap<String, Message> {
    all.into_iter().map(|m| (m.key.clone(), m)).collect()
}

fn assert_same(a: &Message, b: &Message) {
    assert_eq!(properties(a), properties(b), "{}", a.key);
    // Not printed: it may be 15 MB.
    assert!(a.body == b.body, "{}: the body, byte for byte", a.key);
}

/// The same messages once more, some of them edited: only that differs.
fn edits_change_nothing_else(
    foreign: &Foreign<'_>,
    app: &mut App,
    copies: &BTreeMap<String, Message>,
    first: &[Seen],
) {
    let user = foreign.place.facts.user.clone();
    let orders = dead(app, 5).into_iter().map(|event| {
        let outgoing = Manner::default()
            .plan(&event, &user, Scene::default())
            .expect("a target");
        let mut draft = Draft::of(&outgoing.outgoing);
        match draft.key.as_str() {
            "order.bare" => draft.body = BodyDraft::Text("{}".into()),
            "order.full" => {
                let mut rows = draft.headers.iter_mut();
                let row = rows.find(|row| row.name == "text").expect("a header");
                row.value = HeaderDraft::Typed(FieldType::Text, "edited".into());
            }
            "order.gzip" => {
                let BodyDraft::Text(text) = &mut draft.body else {
                    panic!("what is compressed can be edited as text");
                };
                *text = text.replace("12.50", "13.50");
            }
            _ => {}
        }
        MoveOrder {
            original: event.fingerprint(),
            outgoing: draft.check().expect("a message"),
        }
    });
    let orders = orders.collect();
    let done = app.resend("dead", orders);
    assert_eq!(done.outcomes, vec![MoveOutcome::Resent; 5]);
    // As their own client sees them.
    let edited = by_key(foreign.read("orders", "ack"));
    for (before, after) in first.iter().zip(edited) {
        let after = without_expiration(after);
        let differ = before
            .iter()
            .filter(|(name, value)| after[*name] != **value);
        let differ: Vec<&str> = differ.map(|(name, _)| name.as_str()).collect();
        let key = before["routing_key"].to_string();
        match differ[..] {
            [] => assert!(key.contains("binary") || key.contains("large"), "{key}"),
            ["body"] => assert!(key.contains("bare") || key.contains("gzip"), "{key}"),
            ["headers" | "application_headers"] => assert!(key.contains("full"), "{key}"),
            _ => panic!("{key}: {differ:?}"),
        }
    }
    // As they are on the wire.
    let mut edited = by_its_key(foreign.place.raw().drain("witness"));
    let bare = edited.get_mut("order.bare").expect("a message");
    assert_eq!(std::mem::take(&mut bare.body), b"{}");
    let original = &copies["order.gzip"].body;
    let zipped = &mut edited.get_mut("order.gzip").expect("a message").body;
    let expected = unzip(original).replace("12.50", "13.50");
    assert_eq!(unzip(zipped), expected);
    zipped.clone_from(original);
    for (key, message) in &edited {
        if key == "order.full" {
            let (mut expected, got) = (properties(&copies[key]), properties(message));
            let headers = expected[2].as_ref().expect("headers");
            let (old, new) = (
                [short("text"), text("Grüße, 世界")],
                [short("text"), text("edited")],
            );
            expected[2] = Some(replaced(headers, &old.concat(), &new.concat()));
            assert_eq!(got, expected);
            assert_eq!(message.body, copies[key].body);
        } else {
            assert_same(message, &copies[key]);
        }
    }
}

/// Properties as they are on the wire, but for the expiration and whether an empty table is there.
fn properties(message: &Message) -> [Option<Vec<u8>>; 14] {
    let mut values = values(&message.properties);
    values[7] = None;
    // A death hides whether there was an empty table; the copy has one, because some consumers
    // cannot do without.
    values[2].get_or_insert_with(|| vec![0; 4]);
    values
}

/// A table with one of its fields replaced.
fn replaced(table: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let fields = &table[4..];
    let at = fields.windows(old.len()).position(|part| part == old);
    let (before, rest) = fields.split_at(at.expect("that field"));
    long(&[before, new, &rest[old.len()..]].concat())
}

fn unzip(zipped: &[u8]) -> String {
    let mut plain = String::new();
    let mut decoder = flate2::read::GzDecoder::new(zipped);
    decoder.read_to_string(&mut plain).expect("gzip");
    plain
}

#[test]
fn what_pika_published_arrives_again_as_it_was() {
    // Debian's own, which has the package, and not another one that comes first in the path.
    let debian = "/usr/bin/python3";
    let language = if Path::new(debian).exists() {
        debian
    } else {
        "python3"
    };
    arrive_as_they_were(language, "pika_client.py");
}

#[test]
fn what_php_amqplib_published_arrives_again_as_it_was() {
    arrive_as_they_were("php", "amqplib_client.php");
}
