//! Dead letters that are edited by the same rule, compressed ones too, and what comes back of them.

use std::io::{Read as _, Write as _};

use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, MoveOrder, MoveOutcome, PeekReport, SourceCommand, SourceUpdate, Update,
};
use eventscope::rabbitmq::origin::Scene;
use eventscope::rabbitmq::resend::{Manner, Target};
use eventscope::repair::edit::{Convert, Edit, Pointer, Rule, RuleChange, edit};

use crate::support::raw_amqp::{Life, Raw, properties, short, text, values};
use crate::support::{App, Place};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).expect("it is memory");
    encoder.finish().expect("it is memory")
}

fn unzipped(body: &[u8]) -> String {
    let mut text = String::new();
    let read = flate2::read::GzDecoder::new(body).read_to_string(&mut text);
    read.expect("gzip");
    text
}

fn encoded(encoding: Option<&str>) -> Vec<u8> {
    let mut values = [const { None }; 14];
    values[0] = Some(short("application/json"));
    values[1] = encoding.map(short);
    values[3] = Some(vec![2]);
    properties(&values)
}

fn returns(app: &mut App, report: &PeekReport) -> Vec<u32> {
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::AskReturns(report.messages.clone()),
    ));
    let told = app.expect("what came back", |update| match update {
        Update::Source(_, SourceUpdate::CameBack(told)) => Some(told.clone()),
        _ => None,
    });
    let of = |one: &eventscope::event::Event| {
        let found = told.iter().find(|(name, _)| *name == one.fingerprint());
        found.map_or(0, |(_, times)| *times)
    };
    report.messages.iter().map(|one| of(one)).collect()
}

fn reject_all(raw: &mut Raw, queue: &str) {
    while let Some(message) = raw.get(queue) {
        raw.reject(message.tag);
    }
}

#[test]
fn a_rule_repairs_plain_and_compressed_messages_and_the_journal_has_both_texts() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let to_dead = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("orders", Life::Durable, &to_dead);
    raw.bind("orders", "shop", "order.*");
    raw.queue("dead", Life::Durable, &[]);
    let plain = r#"{"id": 1.0, "amount" : "129.90"}"#;
    let packed = gzip(br#"{"id": 2.0, "amount" : "5"}"#);
    let right = r#"{"id": 3.0, "amount" : 7}"#;
    raw.publish("shop", "order.created", &encoded(None), plain.as_bytes());
    raw.publish("shop", "order.created", &encoded(Some("gzip")), &packed);
    raw.publish("shop", "order.created", &encoded(None), right.as_bytes());
    reject_all(&mut raw, "orders");

    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 10).expect("a peek");
    assert_eq!(returns(&mut app, &report), [0, 0, 0]);
    let pointer = Pointer::parse("/amount").expect("a pointer");
    let rule = [Rule::Payload(
        pointer,
        RuleChange::Convert(Convert::TextToNumber),
    )];
    let manner = Manner::from(Target::Origin);
    let mut orders = Vec::new();
    for event in &report.messages {
        let planned = manner
            .plan(event, &place.facts.user, Scene::default())
            .expect("an origin");
        if let Edit::Changed { outgoing, .. } = edit(&planned.outgoing, &rule) {
            orders.push(MoveOrder {
                original: event.fingerprint(),
                outgoing,
            });
        }
    }
    assert_eq!(orders.len(), 2, "one needs no repair");
    let done = app.resend("dead", orders);
    assert_eq!(done.outcomes, [MoveOutcome::Resent, MoveOutcome::Resent]);
    assert_eq!(raw.depth("dead"), 1);
    let first = raw.get("orders").expect("the plain one");
    assert_eq!(first.body, br#"{"id": 1.0, "amount" : 129.90}"#);
    let second = raw.get("orders").expect("the compressed one");
    assert_eq!(unzipped(&second.body), r#"{"id": 2.0, "amount" : 5}"#);
    // Whether it had an empty table of headers before it died cannot be known; the copy has one.
    let mut expected = values(&encoded(Some("gzip")));
    expected[2] = Some(vec![0; 4]);
    assert_eq!(values(&second.properties), expected);
    let records = app.journal();
    let record = records
        .iter()
        .find(|record| record.message.body == plain.as_bytes())
        .expect("a record of the plain one");
    let sent = record.message.sent.as_ref().expect("what was sent");
    assert_eq!(sent.body, first.body);
    assert!(!record.came_back);

    // The consumer refuses one of them again.
    raw.ack(second.tag);
    raw.reject(first.tag);
    let report = app.peek("dead", 10).expect("a peek");
    let mut back = returns(&mut app, &report);
    back.sort_unstable();
    assert_eq!(back, [0, 1]);
    let records = app.journal();
    let came_back = records.iter().filter(|record| record.came_back);
    let bodies: Vec<&[u8]> = came_back.map(|record| &*record.message.body).collect();
    assert_eq!(bodies, [plain.as_bytes()]);
}

#[test]
fn who_may_not_publish_there_is_told_before_anything_is_sent() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "#");
    raw.queue("dead", Life::Durable, &[]);
    raw.publish("", "dead", &encoded(None), b"{}");
    let few = place.user("fewrights", ".*", "^other$", ".*");
    place.tag("fewrights", "administrator");
    let mut app = App::at(few);
    let report = app.peek("dead", 10).expect("a peek");
    let order = crate::support::order(&report.messages[0], "shop", "k");
    let done = app.resend("dead", vec![order]);
    let [MoveOutcome::Kept(words)] = &*done.outcomes else {
        panic!("{done:?}")
    };
    assert!(
        words.contains("fewrights may not publish to shop"),
        "{words}"
    );
    assert_eq!(raw.depth("dead"), 1);
}
