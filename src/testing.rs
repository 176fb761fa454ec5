//! What the unit tests of several rooms begin with.

use chrono::DateTime;

use crate::event::amqp::{FieldValue, Properties};
use crate::event::{Event, Transport};
use crate::rabbitmq::topology::{Binding, Exchange, ExchangeKind, Queue, Topology, TopologySource};

/// An event of the exchange `shop`.
pub(crate) fn event(key: &str, body: &str) -> Event {
    Event::new(
        DateTime::UNIX_EPOCH,
        "shop".into(),
        key.into(),
        Transport::amqp(false),
        Properties::default(),
        body.into(),
    )
}

/// An entry of `x-death`.
pub(crate) fn death(
    reason: &str,
    queue: &str,
    exchange: &str,
    keys: &[&str],
    count: i64,
) -> FieldValue {
    let text = |t: &str| FieldValue::Text(t.to_owned());
    FieldValue::Table(vec![
        ("count".into(), FieldValue::I64(count)),
        ("reason".into(), text(reason)),
        ("queue".into(), text(queue)),
        ("time".into(), FieldValue::Timestamp(1_700_000_000)),
        ("exchange".into(), text(exchange)),
        (
            "routing-keys".into(),
            FieldValue::Array(keys.iter().map(|k| text(k)).collect()),
        ),
    ])
}

/// What a message has that died as these entries tell.
pub(crate) fn died(entries: Vec<FieldValue>) -> Properties {
    Properties {
        headers: Some(vec![("x-death".into(), FieldValue::Array(entries))]),
        ..Properties::default()
    }
}

pub(crate) fn binding(source: &str, destination: &str, key: &str) -> Binding {
    Binding {
        source: source.into(),
        destination: destination.into(),
        to_queue: true,
        key: key.into(),
        arguments: Vec::new(),
    }
}

pub(crate) fn exchange(name: &str, kind: ExchangeKind) -> Exchange {
    Exchange {
        name: name.into(),
        kind,
        internal: false,
    }
}

/// A queue that dead-letters into this exchange with this key.
pub(crate) fn dying(name: &str, exchange: &str, key: Option<&str>) -> Queue {
    Queue {
        dead_letter_exchange: Some(exchange.into()),
        dead_letter_routing_key: key.map(str::to_owned),
        ..Queue::named(name)
    }
}

pub(crate) fn shop() -> Topology {
    let archived = Binding {
        to_queue: false,
        ..binding("shop", "archive", "order.paid")
    };
    Topology {
        source: TopologySource::Management,
        exchanges: vec![
            exchange("shop", ExchangeKind::Topic),
            exchange("dead", ExchangeKind::Direct),
            exchange("archive", ExchangeKind::Fanout),
            exchange("spread", ExchangeKind::Other("x-consistent-hash".into())),
        ],
        queues: vec![
            dying("orders", "dead", Some("orders")),
            dying("labels", "", Some("labels.dead")),
            Queue::named("orders.dead"),
            Queue::named("labels.dead"),
            Queue::named("archive"),
        ],
        bindings: vec![
            binding("shop", "orders", "order.#"),
            archived,
            binding("archive", "archive", ""),
            binding("dead", "orders.dead", "orders"),
            binding("dead", "archive", "other"),
            binding("spread", "orders", "1"),
        ],
        ..Topology::default()
    }
}
