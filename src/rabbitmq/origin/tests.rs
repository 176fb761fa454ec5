//! Retry histories as RabbitMQ and its clients leave them, and what is to be said of each.

use chrono::DateTime;

use super::*;
use crate::event::Transport;
use crate::event::amqp::x_death::DEATHS;
use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::roles::tests::{consumed, expiring, host, retry_loop};
use crate::rabbitmq::topology::{ExchangeKind, Queue, Topology};
use crate::testing::{binding, dying, exchange};

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

/// An entry as RabbitMQ writes it: queue, reason, count, second, exchange, key.
fn entry(
    (queue, reason, count): (&str, &str, i64),
    time: u64,
    (exchange, key): (&str, &str),
) -> FieldValue {
    FieldValue::Table(vec![
        ("count".into(), FieldValue::I64(count)),
        ("reason".into(), text(reason)),
        ("queue".into(), text(queue)),
        ("time".into(), FieldValue::Timestamp(time)),
        ("exchange".into(), text(exchange)),
        ("routing-keys".into(), FieldValue::Array(vec![text(key)])),
    ])
}

fn first(queue: &str, reason: &str, exchange: &str) -> FieldTable {
    vec![
        ("x-first-death-queue".into(), text(queue)),
        ("x-first-death-reason".into(), text(reason)),
        ("x-first-death-exchange".into(), text(exchange)),
    ]
}

fn message(
    (exchange, key): (&str, &str),
    entries: Vec<FieldValue>,
    mut headers: FieldTable,
) -> Event {
    if !entries.is_empty() {
        headers.push((DEATHS.to_owned(), FieldValue::Array(entries)));
    }
    let properties = Properties {
        headers: Some(headers),
        ..Properties::default()
    };
    let at = DateTime::UNIX_EPOCH;
    Event::new(
        at,
        exchange.into(),
        key.into(),
        Transport::amqp(true),
        properties,
        vec![],
    )
}

fn known(exchange: &str, routing_key: &str) -> FirstPublish {
    FirstPublish::Known {
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        cc: Vec::new(),
    }
}

fn to(exchange: &str, routing_key: &str) -> (String, String) {
    (exchange.into(), routing_key.into())
}

/// Where it goes by default, or nothing if the person is asked.
fn target(found: &Provenance) -> Option<(String, String)> {
    match &found.target {
        Proposal::To {
            exchange,
            routing_key,
            ..
        } => Some((exchange.clone(), routing_key.clone())),
        Proposal::Ask(words) => {
            assert!(words.ends_with("Choose where to send it"), "{words}");
            None
        }
    }
}

fn says(found: &Provenance, part: &str) {
    let told = found.evidence.words().collect::<Vec<_>>().join("\n");
    assert!(told.contains(part), "{part}: {told}");
}

/// Rejected, waited, rejected again: RabbitMQ has moved the entry of the work queue to the front.
fn looped(headers: FieldTable) -> Event {
    let entries = vec![
        entry(("pay.work", "rejected", 2), 100, ("pay", "payment.due")),
        entry(
            ("pay.wait", "expired", 1),
            100,
            ("pay.retry", "payment.due"),
        ),
    ];
    message(("", "pay.dead"), entries, headers)
}

#[test]
fn a_retry_loop_is_told_by_what_the_broker_writes_beside_it() {
    let event = looped(first("pay.work", "rejected", "pay"));
    let ground = Ground::of(retry_loop());
    for scene in [Scene::default(), ground.scene(Some("pay.dead"))] {
        let found = Provenance::of(&event, scene);
        assert_eq!(found.first, known("pay", "payment.due"));
        assert_eq!(found.first_queue.as_deref(), Some("pay.work"));
        assert_eq!((found.reason(), found.died_in()), ("rejected", "pay.work"));
        assert_eq!(target(&found), Some(to("pay", "payment.due")));
        says(&found, "In pay.wait it only waited");
    }
}

#[test]
fn where_the_broker_wrote_nothing_beside_it_the_times_and_the_topology_tell() {
    let ground = Ground::of(retry_loop());
    let found = Provenance::of(&looped(vec![]), ground.scene(Some("pay.dead")));
    assert_eq!(found.first, known("pay", "payment.due"));
    says(&found, "By the dead-letter exchanges of its queues");
    let entries = vec![
        entry(("work", "rejected", 3), 100, ("shop", "order.created")),
        entry(("retry", "expired", 2), 130, ("shop.dlx", "order.created")),
    ];
    let later = message(("shop.dead", "k"), entries, vec![]);
    let found = Provenance::of(&later, Scene::default());
    assert_eq!(found.first, known("shop", "order.created"));
    assert_eq!(found.died_in(), "work");
    says(&found, "By the times in x-death");
    // In one second, and nothing is known of the queues.
    let found = Provenance::of(&looped(vec![]), Scene::default());
    assert_eq!(found.first, FirstPublish::Contradictory);
    assert_eq!(target(&found), None);
}

#[test]
fn several_loops_in_turn() {
    // Two tries in the first stage, then handed to a second one with a wait of its own.
    let entries = vec![
        entry(("second", "rejected", 2), 140, ("stage.2", "job")),
        entry(("second.wait", "expired", 1), 150, ("second.x", "job")),
        entry(("first", "rejected", 2), 100, ("jobs", "job.new")),
        entry(("first.wait", "expired", 1), 101, ("first.x", "job.new")),
    ];
    let event = message(
        ("graves", "job"),
        entries,
        first("first", "rejected", "jobs"),
    );
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, known("jobs", "job.new"));
    assert_eq!((found.reason(), found.died_in()), ("rejected", "second"));
    assert_eq!(found.first_queue.as_deref(), Some("first"));
    assert_eq!(target(&found), Some(to("jobs", "job.new")));
}

/// A queue that holds messages for ten hours before they are worked on.
fn delayed() -> Topology {
    host(
        vec![
            consumed(expiring(dying("hold", "jobs", Some("job")), 36_000_000), 0),
            consumed(dying("work", "", Some("graves")), 0),
            Queue::named("graves"),
        ],
        &[("jobs.later", "hold", "#"), ("jobs", "work", "job")],
    )
}

fn after_delay(headers: FieldTable) -> Event {
    let entries = vec![
        entry(("work", "rejected", 1), 36_100, ("jobs", "job")),
        entry(("hold", "expired", 1), 100, ("jobs.later", "job.mail")),
    ];
    let mut all = first("hold", "expired", "jobs.later");
    all.extend(headers);
    message(("", "graves"), entries, all)
}

#[test]
fn a_delay_before_the_first_delivery_is_no_loop_and_no_death() {
    let ground = Ground::of(delayed());
    for scene in [Scene::default(), ground.scene(Some("graves"))] {
        let found = Provenance::of(&after_delay(vec![]), scene);
        assert_eq!(found.first, known("jobs.later", "job.mail"));
        assert_eq!(found.first_queue.as_deref(), Some("hold"));
        assert_eq!((found.reason(), found.died_in()), ("rejected", "work"));
        // Not into the waiting room again.
        assert_eq!(target(&found), Some(to("", "work")));
    }
    let found = Provenance::of(&after_delay(vec![]), ground.scene(Some("graves")));
    let Proposal::To { why: Some(why), .. } = found.target else {
        panic!("{found:?}");
    };
    assert!(why.contains("the waiting queue hold (10 h)"), "{why}");
}

#[test]
fn what_a_client_published_into_a_waiting_queue_itself_has_no_known_origin() {
    let ground = Ground::of(delayed());
    let scene = ground.scene(Some("graves"));
    // It counts its tries in a header of its own.
    for (header, value) in [
        ("retry-count", FieldValue::I32(2)),
        ("x-retries", text("3")),
        ("x-delivery-attempts", FieldValue::I64(1)),
    ] {
        let found = Provenance::of(&after_delay(vec![(header.into(), value)]), scene);
        assert_eq!(found.first, FirstPublish::NotKnown, "{header}");
        assert_eq!((found.reason(), found.died_in()), ("rejected", "work"));
        assert_eq!(target(&found), None, "{header}");
        says(&found, header);
    }
    // These count nothing, or not yet.
    for (header, value) in [
        ("retry-count", FieldValue::I32(0)),
        ("max-retries", FieldValue::I32(5)),
    ] {
        let found = Provenance::of(&after_delay(vec![(header.into(), value)]), scene);
        assert_eq!(found.first, known("jobs.later", "job.mail"), "{header}");
    }
    // It wrote the history back, so RabbitMQ went on counting: nothing leads there but a client.
    let entries = vec![entry(("hold", "expired", 3), 100, ("", "hold"))];
    let event = message(("", "graves"), entries, first("hold", "expired", ""));
    let found = Provenance::of(&event, scene);
    assert_eq!(found.first, FirstPublish::NotKnown);
    assert_eq!((found.reason(), found.died_in()), ("given up", "work"));
    says(&found, "3 times");
}

#[test]
fn a_history_that_contradicts_itself_is_told_and_the_target_asked_for() {
    // A client published it again without the list but with the texts beside it.
    let again = vec![entry(("work", "rejected", 1), 200, ("", "work"))];
    let event = message(("", "graves"), again, first("work", "rejected", "shop"));
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, FirstPublish::Contradictory);
    assert_eq!(target(&found), None);
    says(
        &found,
        "first published to shop, x-death says to the default exchange",
    );
    assert_eq!(found.died_in(), "work");

    let elsewhere = vec![entry(("work", "rejected", 1), 200, ("shop", "k"))];
    let event = message(
        ("", "graves"),
        elsewhere,
        first("other", "rejected", "shop"),
    );
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, FirstPublish::Contradictory);
    says(&found, "no such entry");

    let entries = vec![
        entry(("work", "rejected", 1), 200, ("shop", "k")),
        entry(("early", "rejected", 1), 100, ("front", "k")),
    ];
    let event = message(("", "graves"), entries, first("work", "rejected", "shop"));
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, FirstPublish::Contradictory);
    says(&found, "by the times in x-death it died in early before");
}

#[test]
fn what_a_shovel_published_is_not_taken_for_the_first_publish() {
    let shovelled = FieldValue::Array(vec![FieldValue::Table(vec![
        ("shovelled-by".into(), text("rabbit@a")),
        ("src-queue".into(), text("graves")),
        ("dest-queue".into(), text("work")),
    ])]);
    let mut headers = first("work", "rejected", "");
    headers.push(("x-shovelled".into(), shovelled.clone()));
    let again = vec![entry(("work", "rejected", 1), 200, ("", "work"))];
    let found = Provenance::of(&message(("", "graves"), again, headers), Scene::default());
    assert_eq!(found.first, FirstPublish::NotKnown);
    says(&found, "A shovel published it");
    // Moved only after it had died: the history is that of the application.
    let mut headers = first("work", "rejected", "shop");
    headers.push(("x-shovelled".into(), shovelled));
    let before = vec![entry(("work", "rejected", 1), 200, ("shop", "order"))];
    let found = Provenance::of(&message(("", "park"), before, headers), Scene::default());
    assert_eq!(found.first, known("shop", "order"));
}

#[test]
fn what_may_have_been_moved_is_said() {
    let again = vec![entry(("pay.work", "rejected", 1), 200, ("", "pay.work"))];
    let event = message(("", "graves"), again, first("pay.work", "rejected", ""));
    let ground = Ground::of(retry_loop());
    let found = Provenance::of(&event, ground.scene(Some("graves")));
    assert_eq!(found.first, known("", "pay.work"));
    says(&found, "it may have been moved there");
}

#[test]
fn what_a_client_wrote_back_as_text_is_used_and_doubted() {
    let java = "[{count=1, reason=rejected, queue=orders, exchange=shop, \
                routing-keys=[order.created]}]";
    let event = message(("", "odd.dead"), vec![], vec![(DEATHS.into(), text(java))]);
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, known("shop", "order.created"));
    assert_eq!((found.reason(), found.died_in()), ("rejected", "orders"));
    assert_eq!(target(&found), Some(to("shop", "order.created")));
    says(&found, "a client copied it");

    let lost = vec![(DEATHS.into(), text("System.Object[]"))];
    let found = Provenance::of(&message(("", "odd.dead"), vec![], lost), Scene::default());
    assert_eq!(found.first, FirstPublish::NotKnown);
    assert_eq!(target(&found), None);
    says(&found, "cannot be read");

    // Its library dropped the list and kept the texts.
    let rest = first("orders", "rejected", "shop");
    let found = Provenance::of(&message(("", "odd.dead"), vec![], rest), Scene::default());
    assert_eq!(found.first, FirstPublish::NotKnown);
    assert_eq!((found.reason(), found.died_in()), ("rejected", "orders"));
    says(
        &found,
        "first published to shop. The key is written nowhere",
    );
}

#[test]
fn what_expired_in_a_queue_for_the_dead_died_before_that() {
    let entries = vec![
        entry(("work.dead", "expired", 1), 700, ("", "work.dead")),
        entry(("work", "rejected", 1), 100, ("shop", "order")),
    ];
    let event = message(("", "archive"), entries, first("work", "rejected", "shop"));
    let found = Provenance::of(&event, Scene::default());
    assert_eq!((found.reason(), found.died_in()), ("rejected", "work"));
    assert_eq!(found.first, known("shop", "order"));
}

#[test]
fn what_expired_in_a_work_queue_died_there() {
    let entries = vec![entry(("work", "expired", 1), 100, ("shop", "order"))];
    let event = message(("", "graves"), entries, first("work", "expired", "shop"));
    let found = Provenance::of(&event, Scene::default());
    assert_eq!((found.reason(), found.died_in()), ("expired", "work"));
    assert_eq!(target(&found), Some(to("shop", "order")));
}

/// `sales` passes on to `unrouted` what it has no binding for.
fn with_alternate(kind: ExchangeKind) -> Topology {
    let mut topology = host(
        vec![Queue::named("eu"), Queue::named("unrouted.q")],
        &[("sales", "eu", "eu.*"), ("unrouted", "unrouted.q", "#")],
    );
    topology.exchanges.retain(|one| one.name != "sales");
    topology.exchanges.push(exchange("sales", kind));
    topology
        .alternates
        .insert("sales".into(), "unrouted".into());
    topology
}

#[test]
fn what_came_by_an_alternate_exchange_carries_its_own_origin() {
    let event = message(("sales", "us.new"), vec![], vec![]);
    let mut topology = with_alternate(ExchangeKind::Topic);
    let found = Provenance::of(
        &event,
        Ground::of(topology.clone()).scene(Some("unrouted.q")),
    );
    assert_eq!(found.first, known("sales", "us.new"));
    assert_eq!(found.reason(), "unroutable");
    assert_eq!(target(&found), Some(to("sales", "us.new")));
    says(
        &found,
        "sales had no binding for the key us.new; its alternate exchange unrouted passed it on",
    );
    topology.bindings.push(binding("sales", "eu", "us.*"));
    let found = Provenance::of(&event, Ground::of(topology).scene(Some("unrouted.q")));
    says(&found, "Today it has one");
    let by_headers = Ground::of(with_alternate(ExchangeKind::Headers));
    let mut event = event;
    event.properties.headers = Some(vec![("land".into(), text("us"))]);
    let found = Provenance::of(&event, by_headers.scene(Some("eu")));
    assert_eq!(found.first, FirstPublish::NotKnown, "it is bound there");
}

#[test]
fn what_never_died_is_not_given_an_origin() {
    let event = message(("", "stock.parked"), vec![], vec![]);
    let found = Provenance::of(&event, Scene::default());
    assert_eq!(found.first, FirstPublish::NotKnown);
    assert_eq!((found.reason(), found.died_in()), ("unknown", ""));
    assert_eq!(found.key(&event), "stock.parked");
    assert_eq!(target(&found), None);
}
