//! A message that no binding took lies where an alternate exchange put it. It carries its own
//! exchange and key.

use super::{Failed, FirstPublish, Provenance, Scene, named};
use crate::event::Event;

/// Looks whether the message came into its queue so.
pub(crate) fn look(event: &Event, scene: Scene<'_>, found: &mut Provenance) {
    let (Some(ground), Some(queue)) = (scene.ground, scene.queue) else {
        return;
    };
    let (topology, ways) = (&ground.topology, ground.ways());
    let exchange = event.destination.as_str();
    let is_bound = |with_alternates| ways.bound(exchange, with_alternates).contains(queue);
    if exchange.is_empty() || is_bound(false) || !is_bound(true) {
        return;
    }
    let key = &event.key;
    let way = ways.of_message(exchange, key, &event.properties);
    let passed = way.as_ref().map_or(&[][..], |way| way.passed_on.as_slice());
    let words = if passed.is_empty() {
        let other = topology.alternates.get(exchange);
        format!(
            "{exchange} had no binding for the key {key} when it was published, so its alternate \
             exchange {} passed it on. Today it has one",
            named(other.map_or("", String::as_str))
        )
    } else {
        let steps: Vec<String> = passed
            .iter()
            .map(|(from, to)| {
                format!(
                    "{from} had no binding for {}; its alternate exchange {} passed it on",
                    for_what(topology, from, key),
                    named(to)
                )
            })
            .collect();
        steps.join(". ")
    };
    found.evidence.clear();
    found.evidence.fact(format!(
        "{words}. It carries the exchange and key of its publish"
    ));
    found.first = FirstPublish::Known {
        exchange: exchange.to_owned(),
        routing_key: key.clone(),
        cc: Vec::new(),
    };
    found.failed = Some(Failed {
        queue: None,
        reason: "unroutable".to_owned(),
        words,
        at: None,
        count: 1,
        in_all: 1,
    });
}

fn for_what(topology: &crate::rabbitmq::topology::Topology, exchange: &str, key: &str) -> String {
    let kind = topology.exchange(exchange).map(|found| &found.kind);
    if kind == Some(&crate::rabbitmq::topology::ExchangeKind::Headers) {
        "these headers".to_owned()
    } else {
        format!("the key {key}")
    }
}
