//! Queues whose rejected and expired messages are lost, because nothing takes them.

use std::collections::BTreeSet;

use super::ground::Ground;
use super::route::Ways;
use super::topology::{Queue, Topology, TopologySource};

/// A queue that gives messages away into nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Losing {
    /// Its name.
    pub queue: String,
    /// Why, as the end of a sentence that begins with its name.
    pub why: String,
    /// It has no dead-letter exchange, which may be meant so; else it has one that leads nowhere.
    pub has_none: bool,
}

/// All such queues: those with a broken dead-letter exchange first, then those that drop messages
/// by themselves. Empty where the topology is not
/// known. Queues of one connection, streams, and queues for dead letters themselves are left out.
#[must_use]
pub fn losing(ground: &Ground) -> Vec<Losing> {
    let (topology, roles) = (&ground.topology, &ground.roles);
    if topology.source != TopologySource::Management {
        return Vec::new();
    }
    let ways = ground.ways();
    let graves: BTreeSet<&str> = [&roles.dead, &roles.unrouted]
        .into_iter()
        .flatten()
        .map(|dead| dead.queue.name.as_str())
        .collect();
    let mut broken = Vec::new();
    let mut dropping = Vec::new();
    let mut without = Vec::new();
    for queue in &topology.queues {
        if queue.exclusive || queue.kind == "stream" || graves.contains(queue.name.as_str()) {
            continue;
        }
        let list = match queue.dead_letter_exchange {
            Some(_) => &mut broken,
            None if !queue.drops.is_empty() => &mut dropping,
            None => &mut without,
        };
        if let Some(why) = why(queue, topology, &ways) {
            list.push(Losing {
                queue: queue.name.clone(),
                why,
                has_none: queue.dead_letter_exchange.is_none(),
            });
        }
    }
    broken.append(&mut dropping);
    broken.append(&mut without);
    broken
}

fn why(queue: &Queue, topology: &Topology, ways: &Ways<'_>) -> Option<String> {
    let Some(exchange) = &queue.dead_letter_exchange else {
        let mut words = "has no dead-letter exchange".to_owned();
        for one in &queue.drops {
            words.push_str(&format!(", and {}", one.words()));
        }
        return Some(words);
    };
    if !exchange.is_empty() && topology.exchange(exchange).is_none() {
        return Some(format!(
            "dead-letters into the exchange {exchange}, which does not exist"
        ));
    }
    let leads_nowhere = match &queue.dead_letter_routing_key {
        Some(key) => ways.reached(exchange, key)?.is_empty(),
        // With the default exchange it depends on the keys of the messages.
        None => !exchange.is_empty() && ways.bound(exchange, true).is_empty(),
    };
    leads_nowhere.then(|| {
        let key = match &queue.dead_letter_routing_key {
            Some(key) => format!(" with the key {key}"),
            None => String::new(),
        };
        let exchange = match exchange.as_str() {
            "" => "the default exchange",
            name => name,
        };
        format!("dead-letters into {exchange}{key}, where no queue is bound")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rabbitmq::topology::Dropping;
    use crate::testing::shop;

    #[test]
    fn queues_whose_dead_letters_go_nowhere_are_found() {
        let mut shop = shop();
        let queue = |name: &str, exchange: Option<&str>, key: Option<&str>| Queue {
            dead_letter_exchange: exchange.map(str::to_owned),
            dead_letter_routing_key: key.map(str::to_owned),
            ..Queue::named(name)
        };
        shop.queues.extend([
            queue("missing", Some("absent"), None),
            queue("unbound", Some("dead"), Some("nobody")),
            queue("default", Some(""), Some("no.such.queue")),
            queue("by its own key", Some(""), None),
            Queue {
                drops: vec![Dropping::Expired],
                ..queue("forgetful", None, None)
            },
            Queue {
                exclusive: true,
                ..queue("a tap", None, None)
            },
        ]);
        let found: Vec<(String, String)> = losing(&Ground::of(shop.clone()))
            .into_iter()
            .map(|one| (one.queue, one.why))
            .collect();
        let own = |queue: &str, why: &str| (queue.to_owned(), why.to_owned());
        assert_eq!(
            found,
            [
                own(
                    "missing",
                    "dead-letters into the exchange absent, which does not exist"
                ),
                own(
                    "unbound",
                    "dead-letters into dead with the key nobody, where no queue is bound"
                ),
                own(
                    "default",
                    "dead-letters into the default exchange with the key no.such.queue, where no queue is bound"
                ),
                own(
                    "forgetful",
                    "has no dead-letter exchange, and lets messages expire"
                ),
                own("archive", "has no dead-letter exchange"),
            ]
        );
        shop.alternates.insert("dead".into(), "archive".into());
        let names: Vec<String> = losing(&Ground::of(shop.clone()))
            .into_iter()
            .map(|one| one.queue)
            .collect();
        assert!(
            !names.contains(&"unbound".to_owned()),
            "the alternate takes them"
        );
        shop.source = TopologySource::Amqp;
        assert!(losing(&Ground::of(shop.clone())).is_empty());
    }
}
