//! Broken connections and broken brokers: nothing is lost, and the app comes back by itself.

use chrono::Utc;
use eventscope::broker::Options;
use eventscope::protocol::{Command, Link, MoveOutcome, PublishOutcome, TapState, Update};

use crate::support::raw_amqp::{Life, none};
use crate::support::{App, OwnBroker, Place, fresh, order, outgoing, wait_for};

/// Waits for the loss, gives when the next try is.
fn lost(app: &mut App) -> chrono::DateTime<Utc> {
    app.expect("the loss", |update| match update {
        Update::Link(Link::Lost {
            since, retry_at, ..
        }) => {
            assert!(since <= retry_at);
            Some(*retry_at)
        }
        _ => None,
    })
}

#[test]
fn a_killed_broker_is_waited_for_and_the_taps_resume_with_their_gap() {
    let mut broker = OwnBroker::start();
    let place = Place::on(broker.facts());
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("kept", Life::Durable, &[]);
    let persistent = crate::support::raw_amqp::persistent();
    raw.publish("", "kept", &persistent, b"before");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    raw.publish("shop", "before", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["before"]);

    let killed_at = Utc::now();
    broker.kill();
    lost(&mut app);
    // While it is away requests are answered, and further tries fail without an end.
    assert!(matches!(
        app.publish(outgoing("", "kept", "meanwhile")),
        PublishOutcome::Refused(words) if words == "Not connected"
    ));
    lost(&mut app);
    broker.start_again();
    app.send(Command::RetryNow);
    app.connected();
    let (from, to) = app.tap_state(tap, "the tap to resume", |state| match state {
        TapState::Resumed { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    assert!(killed_at <= from && from < to);
    let mut raw = place.raw();
    raw.publish("shop", "after", &none(), b"2");
    assert_eq!(app.keys(tap, 1), ["after"]);
    assert_eq!(
        app.publish(outgoing("", "kept", "after")),
        PublishOutcome::Routed
    );
    assert_eq!(raw.bodies("kept"), ["before", "after"]);
    // Ended by the person while it is lost again: at once, and for good.
    broker.kill();
    lost(&mut app);
    app.send(Command::Disconnect);
    app.tap_state(tap, "the end of the tap", |state| {
        (*state == TapState::Stopped).then_some(())
    });
    app.expect("the end", |update| {
        matches!(update, Update::Link(Link::Idle)).then_some(())
    });
}

#[test]
fn a_connection_that_an_administrator_closes_comes_back() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    let first = state.expect("a tap");
    place.close_connections();
    lost(&mut app);
    app.connected();
    let second = app.tap_state(tap, "the tap to resume", |state| match state {
        TapState::Resumed { queue, .. } => Some(queue.clone()),
        _ => None,
    });
    assert_ne!(first, second);
    raw.publish("shop", "after", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["after"]);
}

#[test]
fn a_break_in_the_middle_of_a_resend_loses_nothing() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names: Vec<String> = (0..300).map(|n| format!("{n:03}")).collect();
    for name in &names {
        raw.publish("", "dead", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 300).expect("a peek");
    let request = fresh();
    app.send(Command::Resend {
        request,
        queue: "dead".into(),
        orders: report
            .messages
            .iter()
            .map(|e| order(e, "", "alive"))
            .collect(),
    });
    app.expect("the first one", |update| {
        matches!(update, Update::Moved { .. }).then_some(())
    });
    place.close_connections();
    let done = app.job_done(request);
    // Too quick a resend would prove nothing.
    assert!(done.outcomes.len() < 299, "{}", done.outcomes.len());
    assert!(done.problem.is_some());
    app.connected();
    let twice = done
        .outcomes
        .iter()
        .filter(|outcome| !matches!(outcome, MoveOutcome::Resent | MoveOutcome::Kept(_)))
        .count();
    let (mut found, moved) = wait_for("the rest to return", || {
        let ready = raw.depth("dead") as usize + raw.depth("alive") as usize;
        (ready >= 300).then(|| (raw.bodies("dead"), raw.bodies("alive")))
    });
    assert!(moved.len() + found.len() <= 301 + twice);
    assert!(found.is_sorted(), "the rest is in its old order");
    found.extend(moved);
    found.sort();
    found.dedup();
    assert_eq!(found, names);
}

#[test]
fn the_app_may_go_while_messages_are_borrowed() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("dead", Life::Durable, &[]);
    raw.queue("alive", Life::Durable, &[]);
    let names: Vec<String> = (0..300).map(|n| format!("{n:03}")).collect();
    for name in &names {
        raw.publish("", "dead", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 300).expect("a peek");
    app.send(Command::Resend {
        request: fresh(),
        queue: "dead".into(),
        orders: report
            .messages
            .iter()
            .map(|e| order(e, "", "alive"))
            .collect(),
    });
    app.expect("the first one", |update| {
        matches!(update, Update::Moved { .. }).then_some(())
    });
    drop(app);
    let (left, moved) = wait_for("the rest to return", || {
        let ready = raw.depth("dead") as usize + raw.depth("alive") as usize;
        (ready == 300).then(|| (raw.bodies("dead"), raw.bodies("alive")))
    });
    assert!(!left.is_empty() && !moved.is_empty());
    assert_eq!([moved, left].concat(), names);
}

#[test]
fn the_handle_ends_in_good_time_whatever_goes_on() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    app.tap("shop", &["#"]).1.expect("a tap");
    // Nobody takes updates any more, and all queues on the way are full.
    raw.flood("shop", "k", &[0; 500], 20_000);
    let start = std::time::Instant::now();
    drop(app);
    assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
    wait_for("the queue to go", || {
        place.queues().is_empty().then_some(())
    });
    // Nor is it stopped by an address that swallows everything.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let app = App::start(Options::default());
    let mut endpoint = place.endpoint();
    endpoint.port = silent.local_addr().expect("its number").port();
    app.send(Command::Connect(endpoint));
    let (_open, _) = silent.accept().expect("a connection");
    let start = std::time::Instant::now();
    drop(app);
    assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
}
