//! Dead letters of Kafka on the same screen: topics, the original beside a message, a copy that is sent, and a
//! mark on what stays.

use chrono::Utc;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::kafka_record::{KafkaRecord, KeyForm, RecordClock};
use eventscope::event::picture::{Destination, Picture};
use eventscope::event::source_id::SourceId;
use eventscope::event::{Event, Transport};
use eventscope::protocol::{
    Abilities, Command, Link, MoveOutcome, PeekReport, PutBack, RequestId, Server, SourceCommand,
    SourceUpdate, Update, WhichRecords,
};
use eventscope::repair::dead_place::{DeadPlace, LogSpan};
use eventscope::repair::record_place::RecordFound;
use eventscope::state::{Action, Screen};
use std::sync::Arc;

use crate::Window;

const DEAD: &str = "orders-dlt";

fn tell(window: &mut Window, update: SourceUpdate) {
    window.tell(Update::Source(SourceId::FIRST, update));
}

fn record(topic: &str, offset: u64, headers: Vec<(String, FieldValue)>, body: &str) -> Arc<Event> {
    let properties = Properties {
        timestamp: Some(1_700_000_000_000),
        headers: Some(headers),
        ..Properties::default()
    };
    let transport = Transport::Kafka(KafkaRecord {
        partition: 1,
        offset,
        clock: RecordClock::Publisher,
        key: KeyForm::Text,
        is_tombstone: false,
    });
    Arc::new(Event::new(
        Utc::now(),
        topic.into(),
        "ORD-1".into(),
        transport,
        properties,
        body.into(),
    ))
}

/// As Spring writes it.
fn dead_letter(offset: u64) -> Arc<Event> {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let bytes = |bytes: &[u8]| FieldValue::Bytes(bytes.to_vec());
    let name = |name: &str| format!("kafka_dlt-{name}");
    let headers = vec![
        ("tenant".to_owned(), text("7")),
        (name("exception-fqcn"), text("x.ListenerFailed")),
        (name("exception-cause-fqcn"), text("x.AmountIsText")),
        (
            name("exception-message"),
            text("Listener failed; amount is text"),
        ),
        (name("original-topic"), text("orders")),
        (name("original-partition"), bytes(&1_i32.to_be_bytes())),
        (name("original-offset"), bytes(&41_i64.to_be_bytes())),
        (
            name("original-timestamp"),
            bytes(&1_700_000_000_000_i64.to_be_bytes()),
        ),
        (name("original-timestamp-type"), text("CreateTime")),
        (name("original-consumer-group"), text("billing")),
    ];
    record(DEAD, offset, headers, r#"{"amount":"1"}"#)
}

/// The request of the last command that `pick` likes.
fn asked(
    window: &mut Window,
    what: &str,
    pick: impl Fn(&SourceCommand) -> Option<RequestId>,
) -> RequestId {
    window.frames();
    let commands = window.commands.borrow();
    let found = commands.iter().rev().find_map(|command| match command {
        Command::Source(_, command) => pick(command),
        Command::Desk(_) => None,
    });
    found.unwrap_or_else(|| panic!("{what} was not asked for"))
}

fn place() -> DeadPlace {
    DeadPlace {
        name: DEAD.to_owned(),
        records: Some(2),
        why: vec!["its name ends in -dlt".to_owned()],
        written_by: Some("Spring Kafka".to_owned()),
        warnings: vec!["Retention takes the oldest within an hour".to_owned()],
        ..DeadPlace::default()
    }
}

/// A window on a Kafka with its dead letters listed.
fn on_kafka() -> Window {
    let mut window = Window::new();
    let link = Link::Connected {
        address: Address::from_text("kafka://localhost").expect("an address"),
        server: Server::Other("Kafka 4.4".to_owned()),
        abilities: Abilities {
            take_out: false,
            ..Abilities::ALL
        },
    };
    tell(&mut window, SourceUpdate::Link(link));
    let topic = |name: &str| Destination {
        name: name.to_owned(),
        is_open: true,
        partitions: 3,
    };
    let picture = Picture {
        destinations: vec![topic("orders"), topic(DEAD)],
        ..Picture::default()
    };
    tell(&mut window, SourceUpdate::Picture(picture));
    window
        .harness
        .state_mut()
        .act(Action::Open(Screen::DeadLetters));
    let request = asked(
        &mut window,
        "a look for dead letters",
        |command| match command {
            SourceCommand::FindDeadPlaces { request, .. } => Some(*request),
            _ => None,
        },
    );
    let result = Ok(vec![place()]);
    tell(&mut window, SourceUpdate::DeadPlaces { request, result });
    window
}

fn read(window: &mut Window) {
    let request = asked(window, "a page", |command| match command {
        SourceCommand::ReadLog { request, .. } => Some(*request),
        _ => None,
    });
    let report = PeekReport {
        queue: DEAD.to_owned(),
        messages: vec![dead_letter(0), dead_letter(1)],
        depth: 2,
        put_back: PutBack::Untouched,
        spans: vec![LogSpan {
            partition: 1,
            first: 0,
            end: 2,
            from: 0,
            to: 2,
        }],
        marks: vec![None, None],
        ..PeekReport::default()
    };
    let result = Ok(report);
    tell(window, SourceUpdate::Peeked { request, result });
}

fn opened() -> Window {
    let mut window = on_kafka();
    window.click(Role::ListBoxOption, "orders-dlt (2)");
    read(&mut window);
    window
}

fn first_row(window: &mut Window) {
    let row = window.rows().into_iter().find(|row| row.contains("ORD-1"));
    let row = row.expect("a row");
    let all = window.harness.query_all_by_role(Role::Row);
    let first = all
        .into_iter()
        .find(|node| node.accesskit_node().label().as_deref() == Some(&row));
    first.expect("the row").click();
    window.frames();
}

#[test]
fn topics_of_dead_letters_are_listed_and_say_why() {
    let mut window = opened();
    window.assert_sees("DEAD-LETTER TOPICS");
    window.assert_sees("Here because of: its name ends in -dlt");
    window.assert_sees("Retention takes the oldest within an hour");
    window.assert_sees("All 2 records of the topic");
    assert!(!window.sees("Also dead-letter queues"));
    window.tab("Groups");
    window.wait_for_text("AmountIsText");
}

#[test]
fn a_dead_letter_says_why_it_died_and_has_its_original_beside_it() {
    let mut window = opened();
    first_row(&mut window);
    window.assert_sees("in the group billing");
    let request = asked(&mut window, "the original", |command| match command {
        SourceCommand::ReadRecords { request, .. } => Some(*request),
        _ => None,
    });
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let headers = vec![("tenant".to_owned(), text("7"))];
    let original = record("orders", 41, headers, r#"{"amount":"1"}"#);
    let result = Ok(vec![RecordFound::There(original)]);
    tell(&mut window, SourceUpdate::Records { request, result });
    window.assert_sees("The original is still there");
    window.tab("Original");
    window.assert_sees("The original is still there");
    window.tab("What is sent");
    window.assert_sees("Header kafka_dlt-original-topic");
}

#[test]
fn what_is_sent_stays_with_a_mark() {
    let mut window = opened();
    first_row(&mut window);
    window.press("Resend");
    let Command::Source(_, SourceCommand::ResendRecords { request, order }) = window.take_last()
    else {
        panic!("nothing was sent")
    };
    assert_eq!(order.place, DEAD);
    let WhichRecords::These(orders) = &order.which else {
        panic!("all were sent")
    };
    let [one] = orders.as_slice() else {
        panic!("{} were sent", orders.len())
    };
    assert_eq!(one.outgoing.destination, "orders");
    assert_eq!(
        one.outgoing.record.and_then(|record| record.partition),
        Some(1)
    );
    let moved = vec![(one.letter.fingerprint(), MoveOutcome::Resent)];
    tell(&mut window, SourceUpdate::Moved { request, moved });
    let done = SourceUpdate::JobDone {
        request,
        problem: None,
        sum: None,
    };
    tell(&mut window, done);
    assert!(
        window.rows().iter().any(|row| row.contains("Sent · ")),
        "{:?}",
        window.rows()
    );
    let letters = window
        .rows()
        .into_iter()
        .filter(|row| row.contains("ORD-1"));
    assert_eq!(letters.count(), 2, "nothing leaves a topic");
    // It is looked for again, and the list says how many are left.
    let request = asked(
        &mut window,
        "a look for dead letters",
        |command| match command {
            SourceCommand::FindDeadPlaces { request, .. } => Some(*request),
            _ => None,
        },
    );
    let place = DeadPlace { done: 1, ..place() };
    let result = Ok(vec![place]);
    tell(&mut window, SourceUpdate::DeadPlaces { request, result });
    window.assert_sees("orders-dlt (1)");
}

#[test]
fn a_discard_says_that_it_stays() {
    let mut window = opened();
    first_row(&mut window);
    window.press("More");
    window.press("Discard");
    window.assert_sees("nothing is removed from a topic");
    window.press("Discard 1 message");
    assert!(window.last().contains("DiscardRecords"));
}
