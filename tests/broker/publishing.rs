//! Publishing: that "routed" means routed, and that everything else says what it was.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use eventscope::address::Address;
use eventscope::drivers::Options;
use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::draft::series::EventSeries;
use eventscope::event::source_id::SourceId;
use eventscope::event::{BodyDraft, Draft};
use eventscope::protocol::{Command, Link, PublishOutcome, SourceCommand, SourceUpdate, Update};
use eventscope::rabbitmq::endpoint::{Endpoint, Password};

use crate::support::raw_amqp::Life;
use crate::support::{App, Place, fresh, outgoing};

fn refused(outcome: PublishOutcome) -> String {
    match outcome {
        PublishOutcome::Refused(words) => words,
        other => panic!("refused was expected, not {other:?}"),
    }
}

#[test]
fn a_message_is_routed_only_if_a_queue_took_it() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "order.*");
    let mut app = App::at(place.endpoint());
    let routed = app.publish(outgoing("shop", "order.created", "1"));
    assert_eq!(routed, PublishOutcome::Routed);
    // RabbitMQ acknowledges an unroutable message too, after it has returned it. lapin hands both
    // over as one: an acknowledgement that carries the message.
    match app.publish(outgoing("shop", "nobody.listens", "2")) {
        PublishOutcome::Unroutable(words) => assert!(words.contains("312 NO_ROUTE"), "{words}"),
        other => panic!("unroutable was expected, not {other:?}"),
    }
    let routed = app.publish(outgoing("", "orders", "3"));
    assert_eq!(routed, PublishOutcome::Routed);
    assert_eq!(raw.bodies("orders"), ["1", "3"]);
}

#[test]
fn a_missing_exchange_ends_one_publish_and_nothing_else() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    for _ in 0..3 {
        let words = refused(app.publish(outgoing("nowhere", "k", "1")));
        assert!(words.contains("no exchange nowhere"), "{words}");
    }
    assert_eq!(
        app.publish(outgoing("", "orders", "2")),
        PublishOutcome::Routed
    );
    assert_eq!(
        app.publish(outgoing("shop", "k", "3")),
        PublishOutcome::Routed
    );
    assert_eq!(app.keys(tap, 1), ["k"]);
    let rest = app.rest();
    let broken = |update: &Update| {
        matches!(
            update,
            Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
        )
    };
    assert!(!rest.iter().any(broken), "{rest:?}");
}

#[test]
fn what_the_broker_forbids_is_told_with_what_to_do() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.user("writer", "", "^amq\\.topic$", ".*"));
    let words = refused(app.publish(outgoing("shop", "k", "1")));
    assert!(words.contains("write permission"), "{words}");
    let forged = Properties {
        user_id: Some("somebody else".into()),
        ..Properties::default()
    };
    let mut message = outgoing("amq.topic", "k", "1");
    message.properties = forged;
    let words = refused(app.publish(message));
    assert!(words.contains("user-id"), "{words}");
    let mut message = outgoing("amq.topic", "k", "1");
    message.properties.expiration = Some("soon".into());
    let words = refused(app.publish(message));
    assert!(words.contains("milliseconds"), "{words}");
    let mut message = outgoing("amq.topic", &"k".repeat(256), "1");
    let words = refused(app.publish(message.clone()));
    assert!(words.contains("256 bytes"), "{words}");
    // RabbitMQ would end the whole connection over this one.
    let nan = FieldValue::F64(f64::NAN);
    message.key = "k".into();
    message.properties.headers = Some(vec![("nan".into(), nan)]);
    let words = refused(app.publish(message.clone()));
    assert!(words.contains("finite"), "{words}");
    // A header frame cannot be split; lapin would wait forever for room for this one.
    let large = FieldValue::Bytes(vec![0; 200_000]);
    message.properties.headers = Some(vec![("large".into(), large)]);
    let words = refused(app.publish(message));
    assert!(words.contains("this broker takes 131,072"), "{words}");
}

#[test]
fn large_and_broken_bodies_arrive_byte_for_byte() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let broken = vec![b'{', 0xff, 0xfe, 0, b'}'];
    for body in [&large, &broken, &Vec::new()] {
        let outcome = app.publish(outgoing("", "q", body.clone()));
        assert_eq!(outcome, PublishOutcome::Routed);
    }
    let seen = app.peek("q", 10).expect("a peek");
    let found: Vec<_> = raw.drain("q").into_iter().map(|m| m.body).collect();
    assert_eq!(found.len(), 3);
    for (body, expected) in found.iter().zip([&large, &broken, &Vec::new()]) {
        assert!(body == expected, "a body of {} bytes", expected.len());
    }
    for (event, expected) in seen.messages.iter().zip([&large, &broken, &Vec::new()]) {
        assert!(
            &event.body == expected,
            "a body of {} bytes",
            expected.len()
        );
    }
}

#[test]
fn without_a_connection_every_request_is_answered() {
    let mut app = App::start(Options::default());
    let words = refused(app.publish(outgoing("", "q", "1")));
    assert_eq!(words, "Not connected");
    assert_eq!(app.peek("q", 1).unwrap_err(), "Not connected");
    let done = app.resend("q", Vec::new());
    assert_eq!(done.problem.as_deref(), Some("Not connected"));
    assert_eq!(app.tap("shop", &["#"]).1.unwrap_err(), "Not connected");
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Discard {
            request,
            queue: "q".into(),
            messages: Vec::new(),
        },
    ));
    assert_eq!(
        app.job_done(request).problem.as_deref(),
        Some("Not connected")
    );
}

#[test]
fn a_refused_connection_says_what_to_try() {
    let place = Place::fresh();
    let mut app = App::start(Options::default());
    let mut reason = |change: &dyn Fn(&mut Endpoint)| {
        let mut endpoint = place.endpoint();
        change(&mut endpoint);
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::Connect(Address::RabbitMq(endpoint)),
        ));
        app.expect("the failure", |update| match update {
            Update::Source(_, SourceUpdate::Link(Link::Failed { reason, .. })) => {
                Some(reason.clone())
            }
            Update::Source(_, SourceUpdate::Link(Link::Connected { .. })) => panic!("connected"),
            _ => None,
        })
    };
    let words = reason(&|e| e.password = Password("hunter2".into()));
    assert!(
        words.contains("Check the user name and the password"),
        "{words}"
    );
    assert!(!words.contains("hunter2"), "{words}");
    let words = reason(&|e| e.vhost = "no such host".into());
    assert!(words.contains("no virtual host no such host"), "{words}");
    let words = reason(&|e| e.vhost = "v".repeat(300));
    assert!(words.contains("255"), "{words}");
    let words = reason(&|e| e.port = 1);
    assert!(words.contains("connection refused"), "{words}");
    let words = reason(&|e| e.host = "no.such.host.invalid".into());
    assert!(words.contains("not known"), "{words}");
    let words = reason(&|e| e.port = e.management_port.unwrap_or_default());
    assert!(
        words.contains("AMQP") || words.contains("RabbitMQ"),
        "{words}"
    );
    // What TLS makes of a plain port depends on the CAs of the machine: see tls.rs.
    // Nothing is tried again by itself, and the next try works.
    app.connect(place.endpoint());
}

#[test]
fn a_series_is_confirmed_event_by_event_and_keeps_its_rate() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "order.*");
    let mut app = App::at(place.endpoint());
    let mut draft = Draft::default();
    draft.destination = "shop".into();
    draft.key = "order.created".into();
    draft.body = BodyDraft::Text("{{seq}}".into());
    let mut run = |draft: &Draft, count, per_second| {
        let request = fresh();
        let series = Box::new(EventSeries {
            draft: draft.clone(),
            as_written: false,
            count,
            per_second: NonZeroU32::new(per_second),
            seed: 1,
        });
        let command = SourceCommand::PublishSeries { request, series };
        app.send(Command::Source(SourceId::FIRST, command));
        app.expect("the end of the series", |update| match update {
            Update::Source(
                _,
                SourceUpdate::SeriesDone {
                    request: of,
                    tally,
                    problem,
                },
            ) if *of == request => Some((tally.clone().expect("a tally"), problem.clone())),
            _ => None,
        })
    };
    let (tally, problem) = run(&draft, 200, 0);
    assert_eq!((tally.routed, tally.told(), problem), (200, 200, None));
    let bodies = raw.bodies("orders");
    let expected: Vec<String> = (1..=200).map(|number: u32| number.to_string()).collect();
    assert_eq!(bodies, expected, "in order, each once");

    draft.key = "nobody.{{seq}}".into();
    let begun = Instant::now();
    let (tally, problem) = run(&draft, 5, 10);
    assert_eq!((tally.routed, tally.not_routed, problem), (0, 5, None));
    assert!(
        tally
            .trouble
            .is_some_and(|words| words.contains("NO_ROUTE"))
    );
    assert!(
        begun.elapsed() >= Duration::from_millis(390),
        "the rate was not kept"
    );
}
