//! Two brokers at once: each has a driver of its own, and neither waits for the other.

use std::time::Duration;

use eventscope::address::Address;
use eventscope::drivers::Options;
use eventscope::event::source_id::SourceId;
use eventscope::event::tap_id::TapId;
use eventscope::event::watching::{TapReading, TapRequest};
use eventscope::protocol::{
    Command, DeskCommand, Link, PublishOutcome, SourceCommand, SourceUpdate, TapState, Update,
};
use eventscope::rabbitmq::endpoint::Endpoint;

use crate::support::raw_amqp::none;
use crate::support::{App, OwnBroker, Place, fresh, outgoing};

const ONE: SourceId = SourceId(1);
const TWO: SourceId = SourceId(2);

fn connect(app: &mut App, source: SourceId, endpoint: Endpoint) {
    let command = SourceCommand::Connect(Address::RabbitMq(endpoint));
    app.send(Command::Source(source, command));
    link(app, source, "a connection", |link| {
        matches!(link, Link::Connected { .. })
    });
}

fn link(app: &mut App, source: SourceId, what: &str, is: impl Fn(&Link) -> bool) {
    app.expect(what, |update| match update {
        Update::Source(from, SourceUpdate::Link(link)) if *from == source && is(link) => Some(()),
        _ => None,
    });
}

fn tap(app: &mut App, source: SourceId) -> TapId {
    let tap = TapId::of(source, fresh().0);
    let request = TapRequest {
        tap,
        destination: "shop".into(),
        keys: vec!["#".into()],
        reading: TapReading::default(),
    };
    app.send(Command::Source(source, SourceCommand::StartTap(request)));
    running(app, tap, |state| matches!(state, TapState::Running { .. }));
    tap
}

fn running(app: &mut App, id: TapId, is: impl Fn(&TapState) -> bool) {
    app.expect("the tap", |update| match update {
        Update::Source(from, SourceUpdate::Tap { tap, state }) if *tap == id && is(state) => {
            assert_eq!(*from, id.source, "whose tap it is");
            Some(())
        }
        _ => None,
    });
}

fn publish(app: &mut App, source: SourceId, key: &str) -> PublishOutcome {
    let asked = fresh();
    let command = SourceCommand::Publish {
        request: asked,
        outgoing: outgoing("shop", key, "{}"),
    };
    app.send(Command::Source(source, command));
    app.expect("the verdict", |update| match update {
        Update::Source(from, SourceUpdate::Published { request, outcome }) if *request == asked => {
            assert_eq!(*from, source);
            Some(outcome.clone())
        }
        _ => None,
    })
}

#[test]
fn two_brokers_are_watched_at_once_and_one_goes_on_without_the_other() {
    let shared = Place::fresh();
    let mut broker = OwnBroker::start();
    let own = Place::on(broker.facts());
    for place in [&shared, &own] {
        place.raw().exchange("shop", "topic");
    }
    // It must survive the kill.
    broker.keeps_what_was_declared(&own);
    let mut app = App::start(Options::default());
    connect(&mut app, ONE, shared.endpoint());
    connect(&mut app, TWO, own.endpoint());
    let (first, second) = (tap(&mut app, ONE), tap(&mut app, TWO));
    // Each event is known by its tap to be of its broker, and only of it.
    shared.raw().publish("shop", "from.one", &none(), b"1");
    own.raw().publish("shop", "from.two", &none(), b"2");
    assert_eq!(app.keys(first, 1), ["from.one"]);
    assert_eq!(app.keys(second, 1), ["from.two"]);
    assert_eq!(
        publish(&mut app, TWO, "sent.to.two"),
        PublishOutcome::Routed
    );
    assert_eq!(app.keys(second, 1), ["sent.to.two"]);
    // One broker dies. The other one is watched and published to as before.
    broker.kill();
    link(&mut app, TWO, "the loss", |link| {
        matches!(link, Link::Lost { .. })
    });
    for number in 0..20 {
        let key = format!("meanwhile.{number}");
        assert_eq!(publish(&mut app, ONE, &key), PublishOutcome::Routed);
        assert_eq!(app.keys(first, 1), [key]);
    }
    assert!(matches!(
        publish(&mut app, TWO, "lost"),
        PublishOutcome::Refused(_)
    ));
    broker.start_again();
    app.send(Command::Source(TWO, SourceCommand::RetryNow));
    running(&mut app, second, |state| {
        matches!(state, TapState::Resumed { .. })
    });
    own.raw().publish("shop", "back", &none(), b"3");
    assert_eq!(app.keys(second, 1), ["back"]);
    // One is closed: its tap ends, the other one's does not.
    app.send(Command::Desk(DeskCommand::CloseSource(TWO)));
    running(&mut app, second, |state| *state == TapState::Stopped);
    assert_eq!(publish(&mut app, ONE, "after"), PublishOutcome::Routed);
    assert_eq!(app.keys(first, 1), ["after"]);
    let late = app.rest();
    let is_lost = |update: &Update| {
        matches!(
            update,
            Update::Source(ONE, SourceUpdate::Link(Link::Lost { .. }))
        )
    };
    assert!(!late.iter().any(is_lost), "{late:?}");
}

#[test]
fn a_broker_that_does_not_answer_holds_nobody_up() {
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let place = Place::fresh();
    place.raw().exchange("shop", "topic");
    let mut app = App::start(Options::default());
    let mute = Endpoint {
        port,
        ..place.endpoint()
    };
    let command = SourceCommand::Connect(Address::RabbitMq(mute));
    app.send(Command::Source(TWO, command));
    let start = std::time::Instant::now();
    connect(&mut app, ONE, place.endpoint());
    let tap = tap(&mut app, ONE);
    assert_eq!(publish(&mut app, ONE, "a"), PublishOutcome::Routed);
    assert_eq!(app.keys(tap, 1), ["a"]);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "a driver waits ten seconds for a silent broker"
    );
}
