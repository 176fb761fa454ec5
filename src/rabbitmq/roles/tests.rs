//! Which queues are for dead letters, and which only hold messages for a while.

use super::*;
use crate::rabbitmq::topology::{ExchangeKind, TopologySource};
use crate::testing::{binding, dying, exchange, shop};

/// A virtual host of these queues, each exchange a topic exchange.
pub(crate) fn host(queues: impl Into<Vec<Queue>>, bindings: &[(&str, &str, &str)]) -> Topology {
    let queues = queues.into();
    let mut exchanges: BTreeSet<&str> = bindings.iter().map(|(source, ..)| *source).collect();
    exchanges.extend(
        queues
            .iter()
            .filter_map(|queue| queue.dead_letter_exchange.as_deref()),
    );
    exchanges.remove("");
    Topology {
        source: TopologySource::Management,
        exchanges: exchanges
            .iter()
            .map(|name| exchange(name, ExchangeKind::Topic))
            .collect(),
        bindings: bindings
            .iter()
            .map(|(source, queue, key)| binding(source, queue, key))
            .collect(),
        queues,
        ..Topology::default()
    }
}

/// The queue with a time to live, in milliseconds.
pub(crate) fn expiring(mut queue: Queue, ms: u64) -> Queue {
    queue.drops = vec![Dropping::Expired];
    queue.message_ttl = Some(ms);
    queue
}

pub(crate) fn consumed(mut queue: Queue, by: u64) -> Queue {
    queue.consumers = Some(by);
    queue
}

/// `pay.work` rejects into `pay.wait`, which gives back to it after ten hours.
pub(crate) fn retry_loop() -> Topology {
    host(
        vec![
            consumed(Queue::named("pay.ledger"), 0),
            consumed(
                expiring(dying("pay.wait", "", Some("pay.work")), 36_000_000),
                0,
            ),
            consumed(dying("pay.work", "pay.retry", None), 0),
        ],
        &[
            ("pay", "pay.work", "payment.*"),
            ("pay", "pay.ledger", "#"),
            ("pay.retry", "pay.wait", "#"),
        ],
    )
}

fn told(topology: &Topology) -> (Vec<String>, Vec<String>) {
    let roles = Roles::of(topology);
    let name = |queue: &Queue| queue.name.clone();
    (
        roles.dead.iter().map(|dead| name(&dead.queue)).collect(),
        roles.waits.iter().map(|wait| name(&wait.queue)).collect(),
    )
}

fn named(dead: &[&str], waits: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (owned(dead), owned(waits))
}

#[test]
fn dead_letter_queues_are_found_with_their_origins() {
    let found: Vec<_> = shop()
        .dead_letter_queues()
        .into_iter()
        .map(|dead| (dead.queue.name, dead.origins))
        .collect();
    assert_eq!(
        found,
        [
            ("labels.dead".to_owned(), vec!["labels".to_owned()]),
            ("orders.dead".to_owned(), vec!["orders".to_owned()]),
        ]
    );
}

#[test]
fn dead_letters_that_keep_their_key_may_reach_every_bound_queue() {
    let mut shop = shop();
    shop.queues[0].dead_letter_routing_key = None;
    assert_eq!(
        told(&shop),
        named(&["archive", "labels.dead", "orders.dead"], &[])
    );
}

#[test]
fn nothing_is_dead_in_a_retry_loop() {
    assert_eq!(told(&retry_loop()), named(&[], &["pay.wait"]));
    let wait = Roles::of(&retry_loop()).waits.remove(0);
    assert!(wait.is_loop);
    let roles = Roles::of(&retry_loop());
    assert!(
        retry_loop().queues[1..]
            .iter()
            .all(|queue| roles.is_alive(queue))
    );
    let of_shop = Roles::of(&shop());
    assert!(!of_shop.is_alive(&shop().queues[2]), "orders.dead");
    assert_eq!(wait.words(), "waits 10 h, then back to pay.work");
    assert_eq!(
        (wait.from, wait.to),
        (vec!["pay.work".to_owned()], vec!["pay.work".to_owned()])
    );
}

#[test]
fn what_is_bound_to_the_exchange_that_a_wait_returns_to_is_alive() {
    let mut topology = retry_loop();
    topology.queues[1] = expiring(dying("pay.wait", "pay", None), 300);
    // Given up: a consumer publishes what failed too often.
    topology.queues.push(dying("pay.bill", "pay.dead", None));
    topology.queues.push(Queue::named("pay.graves"));
    topology
        .exchanges
        .push(exchange("pay.dead", ExchangeKind::Fanout));
    topology.bindings.push(binding("pay", "pay.bill", "#"));
    topology
        .bindings
        .push(binding("pay.dead", "pay.graves", ""));
    assert_eq!(told(&topology), named(&["pay.graves"], &["pay.wait"]));
}

#[test]
fn a_delay_before_the_first_delivery_makes_nothing_dead() {
    for (consumers, work) in [(2, "work"), (0, "work"), (0, "mails")] {
        let topology = host(
            vec![
                consumed(expiring(dying("hold", "jobs", Some("job")), 60_000), 0),
                consumed(dying(work, "", Some("graves")), consumers),
                Queue::named("graves"),
            ],
            &[("jobs", work, "job"), ("jobs.later", "hold", "#")],
        );
        assert_eq!(told(&topology), named(&["graves"], &["hold"]), "{work}");
    }
    // A ladder of delays, and a queue behind it that loses what it rejects: only the names say it.
    let ladder = host(
        vec![
            expiring(dying("delay.1", "", Some("delay.2")), 1_000),
            expiring(dying("delay.2", "", Some("mails")), 1_000),
            consumed(Queue::named("mails"), 1),
        ],
        &[],
    );
    assert_eq!(told(&ladder), named(&[], &["delay.1", "delay.2"]));
}

#[test]
fn a_waiting_room_whose_messages_bring_their_own_time_to_live() {
    let by_client = |wait: &str| {
        host(
            vec![
                consumed(dying(wait, "", Some("work")), 0),
                consumed(dying("work", "", Some("work.dead")), 3),
                Queue::named("work.dead"),
            ],
            &[],
        )
    };
    for wait in ["work.retry.5000", "stage.2"] {
        assert_eq!(told(&by_client(wait)), named(&["work.dead"], &[wait]));
    }
}

#[test]
fn a_work_queue_that_nobody_consumes_just_now_is_no_waiting_room() {
    let down = |dead: Queue| {
        host(
            vec![
                consumed(
                    expiring(dying("orders", "", Some(&dead.name)), 3_600_000),
                    0,
                ),
                dead,
                consumed(Queue::named("z.archive"), 1),
            ],
            &[("shop", "orders", "order.#")],
        )
    };
    let plain = consumed(Queue::named("orders.dead"), 1);
    assert_eq!(told(&down(plain)), named(&["orders.dead"], &[]));
    // Kept for a week, then put away: both are for the dead.
    let week = expiring(dying("orders.kept", "", Some("z.archive")), 604_800_000);
    assert_eq!(told(&down(week)), named(&["orders.kept", "z.archive"], &[]));
    // Taken back by hand: what lies there stays there until then.
    let by_hand = consumed(dying("orders.again", "", Some("orders")), 0);
    assert_eq!(told(&down(by_hand)), named(&["orders.again"], &[]));
    // Its own loop, while the application is down.
    let looped = consumed(expiring(dying("orders.later", "", Some("orders")), 500), 0);
    assert_eq!(told(&down(looped)), named(&[], &["orders.later"]));
}

#[test]
fn what_no_binding_took_is_told_apart() {
    let mut topology = host(
        vec![Queue::named("eu"), Queue::named("unrouted.q")],
        &[("sales", "eu", "eu.*"), ("unrouted", "unrouted.q", "#")],
    );
    topology
        .alternates
        .insert("sales".into(), "unrouted".into());
    let roles = Roles::of(&topology);
    assert!(roles.dead.is_empty());
    let found: Vec<_> = roles
        .unrouted
        .iter()
        .map(|one| (one.queue.name.as_str(), one.origins.join(", ")))
        .collect();
    assert_eq!(found, [("unrouted.q", "sales".to_owned())]);
}
