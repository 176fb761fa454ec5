//! Taps: what they see, and that nobody else sees them.

use eventscope::address::Address;
use eventscope::analysis::{Found, Scope, Wanted};
use eventscope::drivers::Options;
use eventscope::event::source_id::SourceId;
use eventscope::log::EventLog;
use eventscope::protocol::{Command, Link, SourceCommand, SourceUpdate, TapState, Update};
use eventscope::query::Filter;

use crate::support::raw_amqp::{Life, none, properties, short, text};
use crate::support::{App, Place, wait_for};

#[test]
fn a_tap_gets_what_its_keys_match_and_nothing_else() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("plain", "direct");
    let mut app = App::at(place.endpoint());
    let (topic, state) = app.tap("shop", &["order.*", "order.created"]);
    state.expect("a tap");
    let (direct, state) = app.tap("plain", &["a", "b"]);
    state.expect("a second tap");
    for key in [
        "order.created",
        "payment.settled",
        "order.paid.late",
        "order.paid",
    ] {
        raw.publish("shop", key, &none(), b"{}");
    }
    for key in ["a", "c", "b"] {
        raw.publish("plain", key, &none(), b"{}");
    }
    assert_eq!(app.keys(topic, 2), ["order.created", "order.paid"]);
    assert_eq!(app.keys(direct, 2), ["a", "b"]);
    let late = app.rest();
    assert!(
        !late
            .iter()
            .any(|u| matches!(u, Update::Source(_, SourceUpdate::Events(_)))),
        "{late:?}"
    );
}

#[test]
fn fanout_and_headers_exchanges_give_everything_whatever_the_key() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("all", "fanout");
    raw.exchange("by headers", "headers");
    let mut app = App::at(place.endpoint());
    for exchange in ["all", "by headers"] {
        let (tap, state) = app.tap(exchange, &[]);
        state.expect(exchange);
        raw.publish(exchange, "any.key", &none(), b"1");
        assert_eq!(app.keys(tap, 1), ["any.key"]);
    }
}

#[test]
fn a_filter_finds_what_is_compressed_on_the_wire() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("zip.in", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("zip.in", &["#"]);
    state.expect("a tap");
    let gzip = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, text.as_bytes()).expect("memory takes it");
        out.finish().expect("memory takes it")
    };
    let body = |number| format!(r#"{{"orderId":"needle-{number}"}}"#);
    let encoded = |encoding: &str| {
        let mut values = [const { None }; 14];
        values[1] = Some(short(encoding));
        properties(&values)
    };
    raw.publish("zip.in", "zip.one", &encoded("gzip"), &gzip(&body(0)));
    raw.publish("zip.in", "zip.one", &encoded("gzip:UTF-8"), &gzip(&body(1)));
    raw.publish("zip.in", "zip.one", &none(), &gzip(&body(2)));
    raw.publish("zip.in", "zip.one", &none(), body(3).as_bytes());
    raw.publish("zip.in", "zip.one", &none(), b"{}");
    let mut log = EventLog::new(1_000_000);
    for event in app.events(tap, 5) {
        log.push(tap, &event);
    }
    for (line, expected) in [
        ("needle", 4),
        ("is:json", 5),
        ("data.orderId:needle-*", 4),
        ("needle-2", 1),
    ] {
        let wanted = Wanted {
            scope: Scope::default(),
            correlation_id: None,
            matcher: Some(Filter::parse(line).expect(line).matcher()),
            schemas: None,
            now_ms: 0,
        };
        let pieces = log.pieces(0);
        let found: Vec<Found> = pieces.iter().flat_map(|p| wanted.find(p, 0)).collect();
        assert_eq!(found.len(), expected, "{line}: {found:?}");
    }
}

#[test]
fn a_stopped_tap_leaves_no_queue_behind() {
    let place = Place::fresh();
    place.raw().exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, queue) = app.tap("shop", &["#"]);
    assert_eq!(place.queues(), [queue.expect("a tap")]);
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::StopTap(tap),
    ));
    app.tap_state(tap, "the end of the tap", |state| {
        (*state == TapState::Stopped).then_some(())
    });
    wait_for("the queue to go", || {
        place.queues().is_empty().then_some(())
    });
    let (_, queue) = app.tap("shop", &["#"]);
    queue.expect("a tap again");
    drop(app);
    wait_for("the queue to go", || {
        place.queues().is_empty().then_some(())
    });
}

#[test]
fn taps_that_come_and_go_never_cost_the_connection() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    for round in 0..80 {
        let (tap, state) = app.tap("shop", &["#"]);
        state.expect("a tap");
        // Some are stopped while they ask for the depth of their queue, some amid deliveries.
        if round % 4 == 0 {
            raw.flood("shop", "k", b"x", 300);
            app.keys(tap, 1);
        }
        app.send(Command::Source(
            SourceId::FIRST,
            SourceCommand::StopTap(tap),
        ));
        app.tap_state(tap, "the end of the tap", |state| {
            (*state == TapState::Stopped).then_some(())
        });
        let lost = |update: &Update| {
            matches!(
                update,
                Update::Source(_, SourceUpdate::Link(Link::Lost { .. }))
            )
        };
        assert!(!app.rest().iter().any(lost), "round {round}");
    }
    wait_for("the queues to go", || {
        place.queues().is_empty().then_some(())
    });
}

#[test]
fn a_tap_that_could_harm_or_cannot_work_is_refused_in_words() {
    let place = Place::fresh();
    place.raw().exchange("plain", "direct");
    let mut app = App::at(place.endpoint());
    let mut words = |exchange: &str, keys: &[&str]| app.tap(exchange, keys).1.unwrap_err();
    assert!(words("", &["#"]).contains("default exchange"));
    assert!(words("nowhere", &["#"]).contains("no exchange nowhere"));
    assert!(words("plain", &[]).contains("Type in the keys"));
    // One refusal harms nothing else.
    app.tap("amq.topic", &["#"]).1.expect("a tap");
}

#[test]
fn a_login_with_few_rights_taps_or_learns_what_is_missing() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let generated = "^amq\\.gen";
    // May not write to the name of our dead-letter exchange, only to the default exchange.
    let fallback = place.user(
        "few",
        generated,
        "^(amq\\.gen.*|amq\\.default)$",
        "shop|amq.gen",
    );
    let mut app = App::at(fallback);
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap without the right to eventscope.void");
    raw.publish("shop", "seen", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["seen"]);

    let blind = place.user("blind", generated, generated, "^amq\\.gen");
    let words = App::at(blind).tap("shop", &["#"]).1.unwrap_err();
    assert!(words.contains("permission"), "{words}");
    let reader = place.user("reader", generated, ".*", "^amq\\.gen");
    let words = App::at(reader).tap("shop", &["#"]).1.unwrap_err();
    assert!(
        words.contains("read permission on the exchange shop"),
        "{words}"
    );
}

#[test]
fn the_topology_is_read_with_its_dead_letter_paths() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("dead", "direct");
    let to_dead = [
        ("x-dead-letter-exchange", text("dead")),
        ("x-dead-letter-routing-key", text("orders")),
    ];
    raw.queue("orders", Life::Durable, &to_dead);
    raw.queue("orders.dead", Life::Durable, &[]);
    raw.bind("orders.dead", "dead", "orders");
    let mut app = App::start(Options::default());
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Connect(Address::RabbitMq(place.endpoint())),
    ));
    assert_eq!(app.connected(), place.version());
    let found = app.expect("the topology", |update| match update {
        Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.dead_letter_queues()),
        _ => None,
    });
    assert_eq!(found[0].queue.name, "orders.dead");
    assert_eq!(found[0].origins, ["orders"]);
}

#[test]
fn without_the_management_api_the_app_says_what_is_missing_and_works_on() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut endpoint = place.endpoint();
    endpoint.management_port = Some(1);
    let mut app = App::start(Options::default());
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::Connect(Address::RabbitMq(endpoint)),
    ));
    assert_eq!(app.connected(), place.version(), "AMQP names it too");
    let missing = app.expect("the topology", |update| match update {
        Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.missing.clone()),
        _ => None,
    });
    assert!(missing.contains("No management API listens"), "{missing}");
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    raw.publish("shop", "k", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["k"]);
}
