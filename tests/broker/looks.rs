//! What a look says of queues that give it nothing, and of messages that it can hardly read.

use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, Link, MoveOutcome, PutBack, SourceCommand, SourceUpdate, TapState, Update,
};
use eventscope::rabbitmq::peek_rules::{Page, PeekVerdict, forecast};
use eventscope::rabbitmq::topology::{Queue, Topology};

use crate::support::raw_amqp::{Life, Raw, field, none, persistent, properties, table, text};
use crate::support::{App, Place, bodies, fresh, order, wait_for};

/// A header that just fits into a frame when it is published.
fn large_header() -> Vec<u8> {
    let mut values = [const { None }; 14];
    let trace = text(&"x".repeat(131_072 - 208));
    values[2] = Some(table(&[("x-exception-stacktrace", trace)]));
    properties(&values)
}

/// A queue with three dead letters, the second of which has more in its headers than fits into a
/// frame.
fn with_large_headers(place: &Place) -> Raw {
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    let work = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("work", Life::Durable, &work);
    raw.publish("", "dead", &persistent(), b"before");
    raw.publish("", "work", &large_header(), b"large");
    let message = wait_for("the message", || raw.get("work"));
    raw.reject(message.tag);
    wait_for("its death", || (raw.depth("dead") == 2).then_some(()));
    raw.publish("", "dead", &persistent(), b"after");
    raw
}

#[test]
fn a_message_with_very_large_headers_is_read_and_takes_nothing_down() {
    let place = Place::fresh();
    let mut raw = with_large_headers(&place);
    raw.exchange("shop", "topic");
    raw.queue("alive", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let (tap, started) = app.tap("shop", &["#"]);
    started.expect("a tap");
    let look = app.peek("dead", 10).expect("a peek");
    assert_eq!(bodies(&look), ["before", "large", "after"]);
    assert_eq!(
        (look.remark.as_str(), look.put_back),
        ("", PutBack::InOrder)
    );
    let after = vec![order(&look.messages[2], "", "alive")];
    assert_eq!(app.resend("dead", after).outcomes, [MoveOutcome::Resent]);
    assert_eq!(raw.bodies("alive"), ["after"]);
    // It can be discarded like any other.
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Discard {
            request,
            queue: "dead".into(),
            messages: vec![look.messages[1].fingerprint()],
        },
    ));
    assert_eq!(app.job_done(request).outcomes, [MoveOutcome::Discarded]);
    assert_eq!(raw.bodies("dead"), ["before"]);
    // The tap goes on, and reads what is as large.
    raw.publish("shop", "a", &large_header(), b"1");
    assert_eq!(app.keys(tap, 1), ["a"]);
    let lost = app.rest().into_iter().any(|update| {
        matches!(update, Update::Source(_, SourceUpdate::Link(Link::Lost { .. })))
            || matches!(update, Update::Source(_, SourceUpdate::Tap { state, .. }) if !matches!(state, TapState::Running { .. }))
    });
    assert!(!lost, "the connections stand");
}

#[test]
fn a_message_that_cannot_be_read_breaks_no_tap_and_is_named() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    raw.publish("", "dead", &persistent(), b"before");
    // A header whose name is no text, as some clients write.
    let mut values = [const { None }; 14];
    let name = [&[2, 0xFF, 0xFE], &field(b't', &[1])[..]].concat();
    let size = u32::try_from(name.len()).expect("a size").to_be_bytes();
    values[2] = Some([&size[..], &name[..]].concat());
    raw.publish("", "dead", &properties(&values), b"unreadable");
    raw.publish("", "dead", &persistent(), b"after");
    let mut app = App::at(place.endpoint());
    let (tap, started) = app.tap("shop", &["#"]);
    started.expect("a tap");
    match app.peek("dead", 10) {
        // The client may read it after all.
        Ok(look) => assert_eq!(look.messages.len(), 3),
        Err(words) => {
            assert!(words.contains("It is message 2 of dead"), "{words}");
            assert!(words.contains("shovel"), "{words}");
        }
    }
    raw.publish("shop", "a", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["a"]);
    wait_for("all to be there", || (raw.depth("dead") == 3).then_some(()));
}

/// The queue as the management API tells of it, once it tells what is wanted.
fn told(app: &mut App, wanted: impl Fn(&Queue) -> bool) -> Queue {
    wait_for("the figures", || {
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::RefreshTopology,
        ));
        let topology: Topology = app.expect("the topology", |update| match update {
            Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.clone()),
            _ => None,
        });
        topology.queue("q").filter(|queue| wanted(queue)).cloned()
    })
}

#[test]
fn a_single_active_consumer_is_named_before_and_nothing_is_called_empty() {
    for kind in ["classic", "quorum"] {
        let place = Place::fresh();
        let mut raw = place.raw();
        let single = [
            ("x-queue-type", text(kind)),
            ("x-single-active-consumer", field(b't', &[1])),
        ];
        raw.queue("q", Life::Durable, &single);
        for n in 0..5 {
            raw.publish("", "q", &persistent(), format!("{n}").as_bytes());
        }
        let mut app = App::at(place.endpoint());
        // Nobody is there, so a look is the one that is active.
        let look = app.peek("q", 10).expect("a peek");
        assert_eq!(bodies(&look), ["0", "1", "2", "3", "4"]);
        let mut worker = place.raw();
        worker.consume("q", "worker-1", 1);
        let words = app.peek("q", 10).unwrap_err();
        assert!(words.contains("single active consumer"), "{words}");
        assert!(words.contains("a peek gets nothing"), "{words}");
        let known = told(&mut app, |queue| {
            queue.single_active.as_deref() == Some("worker-1")
        });
        let card = forecast(Some(&known), Some(&place.version()), Page::head(9), None);
        assert!(card.words.contains("worker-1 is active"), "{card:?}");
        assert_eq!(card.verdict, PeekVerdict::Blocked);
        // Now its connection is known too.
        let words = wait_for("the connection", || {
            let words = app.peek("q", 10).unwrap_err();
            words.contains("connection").then_some(words)
        });
        let user = place.endpoint().user;
        let who = format!("consumer worker-1 of user {user} at 127.0.0.1:");
        assert!(words.contains(&who), "{words}");
        let named = "(connection an independent client) is active";
        assert!(words.contains(named), "{words}");
        drop(worker);
        wait_for("all to be there", || (raw.depth("q") == 5).then_some(()));
    }
}

#[test]
fn what_others_hold_is_not_called_gone_and_the_numbers_add_up() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    for n in 0..3 {
        raw.publish("", "q", &persistent(), format!("{n}").as_bytes());
    }
    let mut other = place.raw();
    while other.get("q").is_some() {}
    let mut app = App::at(place.endpoint());
    // The management API tells it some seconds later.
    let held = |look: &eventscope::protocol::PeekReport| look.nothing.contains("3 messages handed");
    let look = wait_for("the figures", || {
        Some(app.peek("q", 10).expect("a peek")).filter(held)
    });
    assert_eq!((look.borrowed, look.depth), (0, 0));
    drop(other);
    wait_for("all to come back", || (raw.depth("q") == 3).then_some(()));
    let look = app.peek("q", 2).expect("a peek");
    assert_eq!(
        (look.borrowed, look.depth, look.nothing.as_str()),
        (2, 3, "")
    );
    raw.drain("q");
    let look = wait_for("the figures", || {
        Some(app.peek("q", 10).expect("a peek")).filter(|look| look.nothing.is_empty())
    });
    assert_eq!((look.borrowed, look.depth), (0, 0));
}
