//! A virtual host in the words of every store: exchanges are destinations, queues hold events, bindings
//! and dead-letter exchanges lead on.

use super::topology::Topology;
use crate::event::picture::{Destination, Edge, Flow, Holder, Picture, Vertex};

impl From<&Topology> for Picture {
    fn from(topology: &Topology) -> Self {
        let destinations = topology.exchanges.iter().map(|exchange| Destination {
            name: exchange.name.clone(),
            is_open: !exchange.internal,
            partitions: 0,
        });
        let holders = topology.queues.iter().map(|queue| Holder {
            name: queue.name.clone(),
            waiting: queue.ready,
            consumers: queue.consumers,
        });
        let bound = topology.bindings.iter().map(|binding| Edge {
            from: Vertex::Destination(binding.source.clone()),
            to: if binding.to_queue {
                Vertex::Holder(binding.destination.clone())
            } else {
                Vertex::Destination(binding.destination.clone())
            },
            flow: Flow::Events(binding.key.clone()),
        });
        let dead = topology.queues.iter().filter_map(|queue| {
            Some(Edge {
                from: Vertex::Holder(queue.name.clone()),
                to: Vertex::Destination(queue.dead_letter_exchange.clone()?),
                flow: Flow::DeadLetters(queue.dead_letter_routing_key.clone()),
            })
        });
        Self {
            destinations: destinations.collect(),
            holders: holders.collect(),
            edges: bound.chain(dead).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn a_virtual_host_has_its_destinations_queues_and_ways() {
        let shop = shop();
        let picture = Picture::from(&shop);
        assert_eq!(picture.destinations.len(), shop.exchanges.len());
        assert_eq!(picture.holders.len(), shop.queues.len());
        assert!(picture.open_destinations().contains(&"shop"));
        let dead = picture
            .edges
            .iter()
            .filter(|edge| matches!(edge.flow, Flow::DeadLetters(_)));
        let own = shop
            .queues
            .iter()
            .filter(|queue| queue.dead_letter_exchange.is_some());
        assert_eq!(dead.count(), own.count());
        let keys = picture.keys_of("shop");
        assert!(!keys.is_empty() && keys.is_sorted());
        assert!(picture.keys_of("nowhere").is_empty());
    }
}
