//! Events that are hard to read or cannot be read: they cost nobody anything but the one that met
//! them, and that one comes back by itself.

use chrono::{DateTime, Utc};
use eventscope::event::Outgoing;
use eventscope::event::amqp::FieldValue;
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::protocol::{
    Command, Link, MoveOrder, MoveOutcome, PublishOutcome, SourceCommand, SourceUpdate, TapState,
    Update,
};
use eventscope::repair::journal_entry::Fate;
use eventscope::repair::journal_list::Records;
use serde_json::json;

use crate::support::raw_amqp::{Life, int, none, persistent, properties, text};
use crate::support::{App, Place, bodies, fresh, order, outgoing, wait_for};

/// Properties with a correlation id that is not text. RabbitMQ lets anything through.
fn poison() -> Vec<u8> {
    let mut values = [const { None }; 14];
    values[5] = Some(vec![2, 0xff, 0xfe]);
    properties(&values)
}

fn is_lost(update: &Update) -> bool {
    matches!(
        update,
        Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
    )
}

/// Waits until a tap listens again; gives when it saw nothing, and why.
fn resumed(app: &mut App, tap: TapId) -> (DateTime<Utc>, DateTime<Utc>, String) {
    app.tap_state(tap, "the tap to listen again", |state| match state {
        TapState::Resumed {
            from, to, because, ..
        } => Some((*from, *to, because.clone().unwrap_or_default())),
        _ => None,
    })
}

#[test]
fn an_event_that_cannot_be_read_costs_its_own_tap_a_moment_and_no_other_anything() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("other", "topic");
    raw.queue("q", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let (picky, state) = app.tap("shop", &["good.#"]);
    state.expect("a tap on the same exchange");
    let (other, state) = app.tap("other", &["#"]);
    state.expect("a tap on another exchange");
    let mut number = 0;
    let mut publish = |raw: &mut crate::support::raw_amqp::Raw, count: u32| {
        for _ in 0..count {
            number += 1;
            raw.publish_unconfirmed("other", &format!("{number:05}"), &none(), b"x");
        }
    };
    for round in 0..3 {
        let began = Utc::now();
        publish(&mut raw, 300);
        raw.publish_unconfirmed("shop", "good.before", &none(), b"1");
        raw.publish_unconfirmed("shop", "bad", &poison(), b"unreadable");
        publish(&mut raw, 300);
        raw.confirmed();
        assert_eq!(app.keys(tap, 1), ["good.before"], "round {round}");
        let (from, to, because) = resumed(&mut app, tap);
        assert!(began <= from && from <= to, "{began} {from} {to}");
        assert!(because.contains("shop"), "{because}");
        assert!(because.contains("cannot read"), "{because}");
        assert!(because.contains("not UTF-8"), "{because}");
        raw.publish("shop", "good.after", &none(), b"2");
        assert_eq!(app.keys(tap, 1), ["good.after"]);
        assert_eq!(app.keys(picky, 2), ["good.before", "good.after"]);
        let routed = app.publish(outgoing("", "q", "published"));
        assert_eq!(routed, PublishOutcome::Routed);
    }
    let expected: Vec<String> = (1..=1_800).map(|n| format!("{n:05}")).collect();
    assert_eq!(app.keys(other, 1_800), expected);
    let rest = app.rest();
    assert!(!rest.iter().any(is_lost), "{rest:?}");
    let disturbed = |update: &&Update| matches!(update, Update::Source(_, SourceUpdate::Tap { tap: of, state: TapState::Resumed { .. } }) if *of != tap);
    assert_eq!(rest.iter().find(disturbed).map(|u| format!("{u:?}")), None);
    // It leaves nothing behind.
    for tap in [tap, picky, other] {
        app.stop_tap(tap);
    }
    wait_for("the queues to go", || {
        (place.queues() == ["q"]).then_some(())
    });
}

#[test]
fn a_tap_shows_events_with_large_headers() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let trace = "x".repeat(300 * 1024);
    place.publish_large("shop", "large", &json!({ "trace": trace }), "1");
    raw.publish("shop", "after", &none(), b"2");
    let mut events = app.events(tap, 1);
    if events.len() < 2 {
        events.extend(app.events(tap, 1));
    }
    assert_eq!(events[0].key, "large");
    let shown = events[0].properties.header("trace");
    assert_eq!(shown, Some(&FieldValue::Text(trace)));
    assert_eq!(events[1].key, "after");
    // What is larger still cannot be read, and only that is missing.
    let huge = json!({ "trace": "x".repeat(1_200 * 1024) });
    place.publish_large("shop", "huge", &huge, "3");
    let (_, _, because) = resumed(&mut app, tap);
    assert!(because.contains("headers are larger"), "{because}");
    raw.publish("shop", "later", &none(), b"4");
    let keys = app.keys(tap, 1);
    assert_eq!(keys.last().map(String::as_str), Some("later"));
    assert!(!app.rest().iter().any(is_lost));
}

#[test]
fn the_firehose_comes_back_and_its_trace_stays_on() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let (firehose, state) = app.firehose(false);
    state.expect("the firehose");
    raw.publish("", "q", &poison(), b"unreadable");
    // RabbitMQ may put such a thing into the trace in a way that can be read.
    raw.publish("", "q", &none(), b"after");
    let mut keys = app.keys(firehose, 1);
    while keys.last().map(String::as_str) != Some("q") {
        keys = app.keys(firehose, 1);
    }
    assert!(place.is_traced());
    app.stop_tap(firehose);
    assert!(!place.is_traced());
}

#[test]
fn a_stream_is_read_up_to_what_cannot_be_read() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("log", Life::Durable, &[("x-queue-type", text("stream"))]);
    raw.publish("", "log", &persistent(), b"before");
    raw.publish("", "log", &poison(), b"unreadable");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::ReadStream {
            request,
            queue: "log".into(),
            start: eventscope::rabbitmq::stream::Start::First,
            size: 10,
        },
    ));
    let read = app.peeked(request).expect("what can be read");
    // A later client may read it after all.
    if read.messages.len() < 2 {
        assert_eq!(bodies(&read), ["before"]);
        assert!(read.remark.contains("not UTF-8"), "{}", read.remark);
        assert!(read.remark.contains("at offset 1"), "{}", read.remark);
    }
    raw.publish("shop", "a", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["a"]);
    assert!(!app.rest().iter().any(is_lost));
}

/// A queue with a dead letter of 300 KiB of headers between two plain ones, and a target.
fn with_a_large_dead_letter(place: &Place) -> crate::support::raw_amqp::Raw {
    let mut raw = place.raw();
    raw.queue("alive", Life::Durable, &[]);
    raw.queue("dead", Life::Durable, &[]);
    let to_dead = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
        ("x-message-ttl", int(0)),
    ];
    raw.queue("work", Life::Durable, &to_dead);
    let headers = json!({ "trace": "x".repeat(300 * 1024), "order": "7" });
    for (body, large) in [("before", false), ("large", true), ("after", false)] {
        if large {
            place.publish_large("", "work", &headers, body);
        } else {
            raw.publish("", "work", &persistent(), body.as_bytes());
        }
    }
    wait_for("the deaths", || (raw.depth("dead") == 3).then_some(()));
    raw
}

#[test]
fn a_copy_whose_headers_no_frame_takes_is_refused_before_and_can_be_edited() {
    let place = Place::fresh();
    let mut raw = with_a_large_dead_letter(&place);
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let look = app.peek("dead", 10).expect("a peek");
    assert_eq!(look.messages.len(), 3);

    let all = look.messages.iter().map(|event| order(event, "", "alive"));
    let done = app.resend("dead", all.collect());
    // What is refused is told first.
    let [
        MoveOutcome::Kept(words),
        MoveOutcome::Resent,
        MoveOutcome::Resent,
    ] = &done.outcomes[..]
    else {
        panic!("{done:?}")
    };
    assert!(words.contains("headers"), "{words}");
    assert!(words.contains("131,072 bytes"), "{words}");
    assert!(words.contains("Leave a header out"), "{words}");
    assert_eq!(raw.bodies("alive"), ["before", "after"]);
    assert_eq!(raw.depth("dead"), 1);
    let routed = app.publish(outgoing("", "alive", "the connection stands"));
    assert_eq!(routed, PublishOutcome::Routed);

    let look = app.peek("dead", 10).expect("a peek again");
    let large = &look.messages[0];
    let MoveOrder { original, outgoing } = order(large, "", "alive");
    let mut edited: Outgoing = outgoing;
    let headers = edited.properties.headers.as_mut().expect("headers");
    headers.retain(|(name, _)| name != "trace");
    let orders = vec![MoveOrder {
        original,
        outgoing: edited,
    }];
    assert_eq!(app.resend("dead", orders).outcomes, [MoveOutcome::Resent]);
    assert_eq!(raw.bodies("alive"), ["the connection stands", "large"]);
    assert_eq!(raw.depth("dead"), 0);
    raw.publish("shop", "a", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["a"]);
    assert!(!app.rest().iter().any(is_lost));
}

#[test]
fn a_message_at_its_limit_that_cannot_be_put_again_is_kept_in_the_journal() {
    let place = Place::fresh();
    let mut raw = place.raw();
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", int(1)),
    ];
    raw.queue("q", Life::Durable, &limited);
    raw.publish("", "q", &persistent(), b"small");
    let headers = json!({ "trace": "x".repeat(300 * 1024) });
    place.publish_large("", "q", &headers, "large");
    while raw.get("q").is_some() {}
    drop(raw);
    let mut raw = place.raw();
    wait_for("all to come back", || (raw.depth("q") == 2).then_some(()));
    let mut app = App::at(place.endpoint());
    let look = app.peek("q", 10).expect("a peek");
    assert_eq!(look.messages.len(), 2);
    let records = app.journal();
    let kept = records
        .iter()
        .find(|record| record.message.body == b"large" && record.fate() == Fate::DuplicatePossible);
    let bodies = raw.bodies("q");
    assert!(bodies.contains(&"small".to_owned()), "{bodies:?}");
    let Some(kept) = kept else {
        // Looks do not count from 4.3 on.
        assert!(bodies.contains(&"large".to_owned()), "lost: {records:?}");
        return;
    };
    assert!(look.remark.contains("headers"), "{}", look.remark);
    assert!(look.remark.contains("journal"), "{}", look.remark);
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::PutBack {
            request,
            which: Records::These(vec![kept.id]),
        },
    ));
    let words = app.job_done(request).problem.expect("why not");
    assert!(words.contains("131,072 bytes"), "{words}");
    assert!(!app.rest().iter().any(is_lost));
}
