//! Broken connections and broken brokers: nothing is lost, and the app comes back by itself.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use chrono::Utc;
use eventscope::address::{Address, StoreKind};
use eventscope::drivers::Options;
use eventscope::event::source_id::SourceId;
use eventscope::protocol::{
    Command, DeskUpdate, Link, MoveOutcome, PublishOutcome, SandboxState, SourceCommand,
    SourceUpdate, TapState, Update, Which,
};
use eventscope::repair::pace::Pace;

use crate::support::fake::{self, Manner};
use crate::support::raw_amqp::{Life, none, properties};
use crate::support::{App, OwnBroker, Place, fresh, order, outgoing, wait_for};

/// Waits for the loss, gives when the next try is.
fn lost(app: &mut App) -> chrono::DateTime<Utc> {
    app.expect("the loss", |update| match update {
        Update::Source(
            _,
            SourceUpdate::Link(Link::Lost {
                since, retry_at, ..
            }),
        ) => {
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
    raw.queue("kept queue", Life::Durable, &[]);
    // The tap finds the exchange again.
    broker.keeps_what_was_declared(&place);
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    let (second, state) = app.tap("shop", &["after", "before"]);
    state.expect("a second tap on the same exchange");
    raw.publish("shop", "before", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["before"]);
    assert_eq!(app.keys(second, 1), ["before"]);

    let killed_at = Utc::now();
    broker.kill();
    lost(&mut app);
    // While it is away requests are answered, and further tries fail without an end.
    assert!(matches!(
        app.publish(outgoing("", "kept queue", "meanwhile")),
        PublishOutcome::Refused(words) if words == "Not connected"
    ));
    lost(&mut app);
    broker.start_again();
    app.send(Command::Source(SourceId::FIRST, SourceCommand::RetryNow));
    app.connected();
    for tap in [tap, second] {
        let (from, to) = app.tap_state(tap, "the tap to resume", |state| match state {
            TapState::Resumed { from, to, .. } => Some((*from, *to)),
            _ => None,
        });
        assert!(
            killed_at <= from && from < to,
            "killed {killed_at}, gap {from} to {to}"
        );
    }
    let mut raw = place.raw();
    raw.publish("shop", "after", &none(), b"2");
    assert_eq!(app.keys(tap, 1), ["after"]);
    assert_eq!(app.keys(second, 1), ["after"]);
    // What RabbitMQ itself keeps over a SIGKILL is its own matter; a fresh queue shows that
    // publishing goes on.
    raw.queue("fresh", Life::Durable, &[]);
    assert_eq!(
        app.publish(outgoing("", "fresh", "after")),
        PublishOutcome::Routed
    );
    assert_eq!(raw.bodies("fresh"), ["after"]);
    // Ended by the person while it is lost again: at once, and for good.
    broker.kill();
    lost(&mut app);
    app.send(Command::Source(SourceId::FIRST, SourceCommand::Disconnect));
    app.tap_state(tap, "the end of the tap", |state| {
        (*state == TapState::Stopped).then_some(())
    });
    app.expect("the end", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Link(Link::Idle))).then_some(())
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
    let names: Vec<String> = (0..3_000).map(|n| format!("{n:04}")).collect();
    for name in &names {
        raw.publish("", "dead", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 3_000).expect("a peek");
    let request = fresh();
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request,
            queue: "dead".into(),
            which: Which::These(
                report
                    .messages
                    .iter()
                    .map(|e| order(e, "", "alive"))
                    .collect(),
            ),
            // Slow enough to be cut off before its end.
            pace: Pace {
                per_second: NonZeroU32::new(400),
                ..Pace::default()
            },
        },
    ));
    app.expect("the first one", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Moved { .. })).then_some(())
    });
    place.close_connections();
    let done = app.job_done(request);
    // Too quick a resend would prove nothing.
    assert!(done.outcomes.len() < 2_999, "{}", done.outcomes.len());
    assert!(done.problem.is_some());
    app.connected();
    // What was under way may be there twice.
    let twice = done
        .outcomes
        .iter()
        .filter(|outcome| **outcome != MoveOutcome::Resent)
        .count();
    let (mut found, moved) = wait_for("the rest to return", || {
        let ready = raw.depth("dead") as usize + raw.depth("alive") as usize;
        (ready >= 3_000).then(|| (raw.bodies("dead"), raw.bodies("alive")))
    });
    assert!(moved.len() + found.len() <= 3_000 + twice);
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
    let names: Vec<String> = (0..3_000).map(|n| format!("{n:04}")).collect();
    for name in &names {
        raw.publish("", "dead", &none(), name.as_bytes());
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("dead", 3_000).expect("a peek");
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Resend {
            request: fresh(),
            queue: "dead".into(),
            which: Which::These(
                report
                    .messages
                    .iter()
                    .map(|e| order(e, "", "alive"))
                    .collect(),
            ),
            pace: Pace::default(),
        },
    ));
    app.expect("the first one", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Moved { .. })).then_some(())
    });
    drop(app);
    // What was under way may be there twice.
    let (left, mut moved) = wait_for("the rest to return", || {
        let ready = raw.depth("dead") as usize + raw.depth("alive") as usize;
        (ready >= 3_000).then(|| (raw.bodies("dead"), raw.bodies("alive")))
    });
    assert!(!left.is_empty() && !moved.is_empty());
    assert!(left.is_sorted(), "the rest is in its old order");
    moved.retain(|name| !left.contains(name));
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
    let start = Instant::now();
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
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Connect(Address::RabbitMq(endpoint)),
    ));
    let (_open, _) = silent.accept().expect("a connection");
    let start = Instant::now();
    drop(app);
    assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
}

#[test]
fn a_blocked_broker_is_told_of_and_a_publish_gives_up_in_time() {
    let options = Options {
        confirm_timeout: Duration::from_secs(1),
        ..Options::default()
    };
    let mut app = App::with(fake::broker(Manner::Blocked), options);
    let words = app.expect("the notice", |update| match update {
        Update::Desk(DeskUpdate::Notice(notice)) => Some(notice.words.clone()),
        _ => None,
    });
    assert!(words.contains("low on memory"), "{words}");
    let outcome = app.publish(outgoing("", "q", "1"));
    assert_eq!(outcome, PublishOutcome::NotConfirmed { seconds: 1 });
    let start = Instant::now();
    app.send(Command::Source(SourceId::FIRST, SourceCommand::Disconnect));
    app.expect("the end", |update| {
        matches!(update, Update::Source(_, SourceUpdate::Link(Link::Idle))).then_some(())
    });
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_confirm_that_never_comes_is_not_a_success() {
    let options = Options {
        confirm_timeout: Duration::from_secs(1),
        ..Options::default()
    };
    let mut app = App::with(fake::broker(Manner::NoConfirms), options);
    for _ in 0..2 {
        let outcome = app.publish(outgoing("", "q", "1"));
        assert_eq!(outcome, PublishOutcome::NotConfirmed { seconds: 1 });
    }
    // Cut off by the person while it waits: answered all the same, and honestly.
    let request = fresh();
    let message = outgoing("", "q", "2");
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Publish {
            request,
            outgoing: message,
        },
    ));
    app.send(Command::Source(SourceId::FIRST, SourceCommand::Disconnect));
    let outcome = app.expect("the answer", |update| match update {
        Update::Source(_, SourceUpdate::Published { outcome, .. }) => Some(outcome.clone()),
        _ => None,
    });
    assert!(
        matches!(&outcome, PublishOutcome::Refused(words) if words.contains("not known")),
        "{outcome:?}"
    );
}

#[test]
fn a_connection_that_breaks_within_a_frame_is_lost_not_stuck() {
    let mut app = App::at(fake::broker(Manner::CutOff));
    let outcome = app.publish(outgoing("", "q", "1"));
    assert!(matches!(outcome, PublishOutcome::Refused(_)), "{outcome:?}");
    lost(&mut app);
}

#[test]
fn a_message_that_cannot_be_read_stays_and_costs_only_the_look_its_connection() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.queue("q", Life::Durable, &[]);
    // A correlation id must be text, but RabbitMQ lets anything through. lapin does not: it ends
    // the connection.
    let mut values: [Option<Vec<u8>>; 14] = Default::default();
    values[5] = Some(vec![2, 0xff, 0xfe]);
    raw.publish("", "q", &properties(&values), b"kept");
    let mut app = App::at(place.endpoint());
    let words = app.peek("q", 1).unwrap_err();
    assert!(words.contains("not UTF-8"), "{words}");
    // Only the look's own connection ended.
    let routed = app.publish(outgoing("", "q", "after"));
    assert_eq!(routed, PublishOutcome::Routed);
    wait_for("the message to return", || {
        (raw.depth("q") == 2).then_some(())
    });
    assert_eq!(raw.bodies("q"), ["kept", "after"]);
}

#[test]
fn the_sandbox_runs_the_shop_and_ends_with_the_handle() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options {
        sandbox_dir: Some(dir.path().join("sandbox")),
        ..Options::default()
    };
    let mut app = App::start(options);
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StartSandbox(StoreKind::RabbitMq),
    ));
    app.expect("the sandbox", |update| match update {
        Update::Source(_, SourceUpdate::Sandbox(SandboxState::Running)) => Some(()),
        Update::Source(_, SourceUpdate::Sandbox(SandboxState::Failed(words))) => panic!("{words}"),
        _ => None,
    });
    let endpoint = app.expect("a connection", |update| match update {
        Update::Source(_, SourceUpdate::Link(Link::Connected { address, .. })) => {
            address.rabbitmq().cloned()
        }
        _ => None,
    });
    assert_eq!(endpoint.title(), "Sandbox");
    // The first topology has the shop in it already.
    let exchanges = app.expect("the topology", |update| match update {
        Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.exchanges.clone()),
        _ => None,
    });
    let shop = exchanges
        .iter()
        .find(|x| !x.name.is_empty() && !x.name.starts_with("amq."))
        .expect("an exchange of the shop");
    let own = shop.name.clone();
    app.tap(&own, &["#"]).1.expect("a tap");
    // A second click only connects again.
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StartSandbox(StoreKind::RabbitMq),
    ));
    assert!(app.connected().at_least(3, 0));
    drop(app);
    let address = (endpoint.host.as_str(), endpoint.port);
    wait_for("the broker to go", || {
        std::net::TcpStream::connect(address).err().map(|_| ())
    });
}

#[test]
fn data_with_which_no_broker_starts_are_set_aside_and_the_person_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let sandbox = dir.path().join("sandbox");
    let data = sandbox.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    std::fs::write(sandbox.join("console.log"), "").expect("the mark of a sandbox");
    // A file where the folder of its tables should be.
    std::fs::write(data.join("eventscope@localhost"), "broken").expect("a file");
    let mut app = App::start(Options {
        sandbox_dir: Some(sandbox.clone()),
        ..Options::default()
    });
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StartSandbox(StoreKind::RabbitMq),
    ));
    let told = app.expect("what happens", |update| match update {
        Update::Desk(DeskUpdate::Notice(notice)) => Some(notice.words.clone()),
        Update::Source(_, SourceUpdate::Sandbox(SandboxState::Failed(words))) => panic!("{words}"),
        _ => None,
    });
    let aside = sandbox.join("data-set-aside");
    assert!(told.contains("made again"), "{told}");
    assert!(told.contains(&aside.display().to_string()), "{told}");
    assert!(aside.join("eventscope@localhost").is_file());
    app.expect("the sandbox", |update| match update {
        Update::Source(_, SourceUpdate::Sandbox(SandboxState::Running)) => Some(()),
        _ => None,
    });
}
