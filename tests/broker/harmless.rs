//! The five dangers of listening: for each, that the application does not notice the tap, or that
//! the person is told before it starts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eventscope::drivers::Options;
use eventscope::event::watching::{Report, Weight};
use eventscope::protocol::TapState;
use eventscope::rabbitmq::tap::Limit;
use serde_json::json;

use crate::support::fake_management::management;
use crate::support::raw_amqp::{Life, int, none, text};
use crate::support::{App, Place, wait_for};

fn found(report: &Report, weight: Weight) -> String {
    let all = report.findings.iter().filter(|f| f.weight == weight);
    all.map(|f| f.words.as_str()).collect::<Vec<_>>().join("\n")
}

fn small(messages: u32) -> Options {
    Options {
        tap_limit: Limit {
            messages,
            bytes: 1 << 20,
        },
        ..Options::default()
    }
}

/// Fills a tap whose window reads nothing until it has lost messages.
fn overflow(app: &mut App, place: &Place) {
    let (tap, state) = app.tap("shop", &["#"]);
    let queue = state.expect("a tap");
    let mut raw = place.raw();
    // More than the window's channel and the deliveries under way can hold.
    raw.flood("shop", "k", b"x", 20_000);
    assert!(place.queues().contains(&queue), "the tap is still there");
    app.tap_state(tap, "the overflow to be told", |state| {
        matches!(state, TapState::Overflowing { .. }).then_some(())
    });
}

#[test]
fn danger_1_no_copy_reaches_the_applications_dead_letters() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("dlx", "fanout");
    raw.queue("dead", Life::Durable, &[]);
    raw.bind("dead", "dlx", "");
    place.policy(&json!({"dead-letter-exchange": "dlx", "message-ttl": 60_000}));
    // The policy does what it is meant to do to an ordinary queue …
    raw.queue("small", Life::Durable, &[("x-max-length", int(1))]);
    wait_for("the policy", || {
        raw.publish("", "small", &none(), b"overflow");
        (raw.depth("dead") > 0).then_some(())
    });
    let before = raw.drain("dead").len();
    assert!(before > 0);
    // … and nothing to a tap that nobody drains.
    let mut app = App::with(place.endpoint(), small(100));
    let report = app.preflight("shop", &["#"]);
    let infos = found(&report, Weight::Info);
    assert!(
        infos.contains("The policy all") && infos.contains("dead-letter-exchange is overruled"),
        "{infos}"
    );
    assert!(infos.contains("expire after 60000 ms"), "{infos}");
    overflow(&mut app, &place);
    assert_eq!(raw.depth("dead"), 0);
}

#[test]
fn danger_2_a_masked_alternate_exchange_is_warned_of_and_avoidable() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("spare", "fanout");
    raw.queue("unrouted", Life::Durable, &[]);
    raw.bind("unrouted", "spare", "");
    raw.exchange_with("shop", "topic", &[("alternate-exchange", text("spare"))]);
    raw.queue("orders", Life::Durable, &[]);
    raw.bind("orders", "shop", "order.#");
    let mut app = App::at(place.endpoint());
    let words = found(&app.preflight("shop", &["#"]), Weight::Warning);
    assert!(words.contains("order.# have a route today"), "{words}");
    assert!(
        words.contains("alternate exchange spare (by its arguments)"),
        "{words}"
    );
    // The keys of today change nothing, and are not warned of.
    let report = app.preflight("shop", &["order.*"]);
    assert_eq!(found(&report, Weight::Warning), "");
    let (tap, state) = app.tap("shop", &["order.*"]);
    state.expect("a tap");
    raw.publish("shop", "stray", &none(), b"1");
    assert_eq!(raw.depth("unrouted"), 1);
    // What was warned of is so.
    app.stop_tap(tap);
    app.tap("shop", &["#"]).1.expect("a tap");
    raw.publish("shop", "stray", &none(), b"2");
    assert_eq!(raw.depth("unrouted"), 1);
    // Our own tap does not count as a route of the application.
    let words = found(&app.preflight("shop", &["#"]), Weight::Warning);
    assert!(words.contains("spare"), "{words}");
}

#[test]
fn danger_2_an_alternate_exchange_by_policy_is_found_too() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    place.policy_for("exchanges", &json!({"alternate-exchange": "spare"}));
    let mut app = App::at(place.endpoint());
    let words = found(&app.preflight("shop", &["#"]), Weight::Warning);
    assert!(words.contains("spare (by the policy all)"), "{words}");
}

#[test]
fn danger_3_a_full_tap_never_refuses_what_the_application_publishes() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    place.policy(&json!({"overflow": "reject-publish", "max-length": 10}));
    // The policy makes an ordinary queue refuse …
    raw.queue("small", Life::Durable, &[]);
    wait_for("the policy", || {
        (!raw.try_publish("", "small", &none(), b"x")).then_some(())
    });
    // … and not a tap: the client panics over a refusal that it does not expect.
    let mut app = App::with(place.endpoint(), small(50));
    let infos = found(&app.preflight("shop", &["#"]), Weight::Info);
    assert!(infos.contains("its overflow is overruled"), "{infos}");
    let words = found(&app.preflight("shop", &["#"]), Weight::Warning);
    assert!(
        words.contains("limits the tap's queue to 10 messages"),
        "{words}"
    );
    overflow(&mut app, &place);
}

#[test]
fn danger_4_exchanges_that_share_messages_out_are_refused_with_the_way_around() {
    let place = Place::fresh();
    let mut raw = place.raw();
    for name in ["incoming", "spread"] {
        raw.exchange(name, "topic");
    }
    for kind in ["x-consistent-hash", "x-modulus-hash", "x-random"] {
        let mut endpoint = place.endpoint();
        endpoint.management_port = Some(management(&[("incoming", "topic"), ("spread", kind)]));
        let mut app = App::at(endpoint);
        let report = app.preflight("spread", &["#"]);
        assert!(!report.may_start() && report.firehose, "{report:?}");
        assert!(found(&report, Weight::Refused).contains(kind));
        assert!(found(&report, Weight::Info).contains("gets its messages from incoming"));
        // Nor does it start for somebody who did not ask before.
        let words = app.tap("spread", &["#"]).1.expect_err("a refusal");
        assert!(words.contains("away from the application"), "{words}");
        assert!(place.queues().is_empty());
    }
}

#[test]
fn danger_5_blind_spots_are_told_or_filled() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("plain", "direct");
    raw.exchange("by headers", "headers");
    raw.queue("q", Life::Durable, &[]);
    raw.bind("q", "plain", "known");
    let mut app = App::at(place.endpoint());
    let report = app.preflight("", &["#"]);
    assert!(!report.may_start() && report.firehose, "{report:?}");
    let report = app.preflight("nowhere", &["#"]);
    assert!(found(&report, Weight::Refused).contains("no exchange nowhere"));
    let words = found(&app.preflight("plain", &["known"]), Weight::Info);
    assert!(words.contains("exactly the key known"), "{words}");
    let words = found(&app.preflight("by headers", &["#"]), Weight::Info);
    assert!(words.contains("ignores the binding key"), "{words}");
    let (tap, state) = app.tap("by headers", &["#"]);
    state.expect("a tap");
    raw.publish("by headers", "whatever", &none(), b"1");
    assert_eq!(app.keys(tap, 1), ["whatever"]);
}

#[test]
fn what_the_card_says_will_be_declared_is_what_is_declared() {
    let place = Place::fresh();
    place.raw().exchange("shop", "topic");
    let mut app = App::with(place.endpoint(), small(77));
    let report = app.preflight("shop", &["#"]);
    let queue = app.tap("shop", &["#"]).1.expect("a tap");
    let found = wait_for("the queue", || {
        let found = place.queue(&queue);
        found["arguments"].is_object().then_some(found)
    });
    assert_eq!(found["exclusive"], true);
    assert_eq!(found["auto_delete"], true);
    assert_eq!(found["durable"], false);
    for (name, value) in found["arguments"].as_object().expect("arguments") {
        let line = format!("{name} = {value}");
        assert!(report.queue.contains(&line), "{line} in {report:?}");
    }
    assert!(report.queue.contains(&"x-max-length = 77".to_owned()));
}

#[test]
fn missing_rights_are_told_before_the_tap_starts() {
    let place = Place::fresh();
    place.raw().exchange("shop", "topic");
    let blind = place.user("blind preflight", "^$", ".*", "^amq\\.gen");
    // Only an administrator may read permissions; without that the card says that it could not.
    let words = found(
        &App::at(blind.clone()).preflight("shop", &["#"]),
        Weight::Info,
    );
    assert!(words.contains("tag administrator"), "{words}");
    place.tag("blind preflight", "administrator");
    let words = found(&App::at(blind).preflight("shop", &["#"]), Weight::Refused);
    assert!(words.contains("configure on queues"), "{words}");
    assert!(words.contains("read on the exchange shop"), "{words}");
}

#[test]
fn without_the_management_api_the_card_says_what_it_does_not_know() {
    let place = Place::fresh();
    place.raw().exchange("shop", "topic");
    let mut endpoint = place.endpoint();
    endpoint.management_port = Some(1);
    let mut app = App::at(endpoint);
    let report = app.preflight("shop", &["#"]);
    assert!(report.may_start(), "{report:?}");
    let words = found(&report, Weight::Warning);
    assert!(
        words.contains("type of this exchange could not be read"),
        "{words}"
    );
    // What AMQP itself can tell is known all the same.
    let report = app.preflight("nowhere", &["#"]);
    assert!(!report.may_start(), "{report:?}");
}

/// RabbitMQ 4.3 refuses what is on its way to a queue that dies with its connection, and publishers with
/// confirms hear of it.
#[test]
fn a_tap_that_is_stopped_costs_no_publisher_a_confirm() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("orders", Life::Durable, &[("x-max-length", int(1_000))]);
    raw.bind("orders", "shop", "#");
    let publishing = Arc::new(AtomicBool::new(true));
    let publisher = std::thread::Builder::new().name("publisher".to_owned());
    let publisher = publisher.spawn({
        let publishing = Arc::clone(&publishing);
        let mut raw = place.raw();
        move || {
            let mut windows = 0_u32;
            while publishing.load(Ordering::Relaxed) {
                // It panics at the first refusal.
                raw.flood("shop", "k", &[b'x'; 500], 200);
                windows += 1;
            }
            windows
        }
    });
    let publisher = publisher.expect("a thread");
    let mut app = App::at(place.endpoint());
    for _ in 0..12 {
        let (tap, state) = app.tap("shop", &["#", "k"]);
        state.expect("a tap");
        app.events(tap, 1_000);
        app.stop_tap(tap);
    }
    // A window that is closed while its tap runs.
    for _ in 0..4 {
        let mut app = App::at(place.endpoint());
        let (tap, state) = app.tap("shop", &["#"]);
        state.expect("a tap");
        app.events(tap, 1_000);
    }
    publishing.store(false, Ordering::Relaxed);
    let windows = publisher.join().expect("no event was refused");
    assert!(windows > 5, "it published all the while: {windows}");
}
