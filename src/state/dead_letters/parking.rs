//! Queues that count as dead-letter queues though the broker leads no dead letters there: frameworks
//! and people publish into them what failed.

use std::collections::{BTreeMap, BTreeSet};

use super::Peeked;
use crate::rabbitmq::frameworks::parking_queue;
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::topology::DeadLetterQueue;

/// Most queues that are remembered for what was found in them.
const MOST: usize = 1_000;

/// What is known of such queues.
#[derive(Debug, Default)]
pub struct Parking {
    /// Names with `*` for any text, which the person said are such queues.
    pub rules: Vec<String>,
    /// Queues in which messages were found that a framework had parked, with what showed it.
    seen: BTreeMap<String, String>,
    /// What says of each listed queue that it is one.
    says: BTreeMap<String, String>,
}

impl Parking {
    /// The same for another broker: only what the person said stays.
    #[must_use]
    pub(super) fn renewed(&mut self) -> Self {
        Self {
            rules: std::mem::take(&mut self.rules),
            ..Self::default()
        }
    }

    /// Takes over the rules as they were typed: names, separated by commas.
    pub(super) fn rule(&mut self, typed: &str) {
        let names = typed.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        self.rules = names.map(str::to_owned).collect();
    }

    /// Looks whether a framework had parked what was peeked. What the broker moved into the queue as
    /// well says nothing of it.
    pub(super) fn note(&mut self, peeked: &Peeked) {
        let mut origins = peeked.messages.iter().map(|message| &message.origin);
        let found = origins.find_map(|origin| {
            let parked = origin.parked.as_ref()?;
            (!parked.by_broker && origin.deaths.is_empty())
                .then(|| format!("{}: {}", parked.framework, parked.says))
        });
        if let Some(says) = found
            && self.seen.len() < MOST
        {
            self.seen.insert(peeked.queue.clone(), says);
        }
    }

    /// Such queues, but for those whose use the topology tells.
    pub(super) fn queues(&mut self, ground: &Ground) -> Vec<DeadLetterQueue> {
        let roles = &ground.roles;
        let waits = roles.waits.iter().map(|wait| wait.queue.name.as_str());
        let told = [&roles.dead, &roles.unrouted].into_iter().flatten();
        let told: BTreeSet<&str> = told
            .map(|dead| dead.queue.name.as_str())
            .chain(waits)
            .collect();
        let names: BTreeSet<&str> = ground
            .topology
            .queues
            .iter()
            .map(|queue| queue.name.as_str())
            .collect();
        self.says.clear();
        let mut found = Vec::new();
        for queue in &ground.topology.queues {
            if told.contains(queue.name.as_str()) {
                continue;
            }
            let by_name = parking_queue(queue, &self.rules);
            let origin = by_name.as_ref().and_then(|found| found.origin.clone());
            let says = match (by_name, self.seen.get(&queue.name)) {
                (Some(found), _) => match found.framework {
                    Some(framework) => format!("{framework}: {}", found.says),
                    None => found.says,
                },
                (None, Some(seen)) => seen.clone(),
                (None, None) => continue,
            };
            self.says.insert(queue.name.clone(), says);
            found.push(DeadLetterQueue {
                queue: queue.clone(),
                // The name is only believed where there is such a queue.
                origins: origin
                    .filter(|origin| names.contains(origin.as_str()))
                    .into_iter()
                    .collect(),
            });
        }
        found
    }

    /// What says that this queue is one; `None` for a queue that the topology tells of.
    #[must_use]
    pub fn says(&self, queue: &str) -> Option<&str> {
        self.says.get(queue).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rabbitmq::topology::{Queue, Topology, TopologySource};

    #[test]
    fn queues_of_frameworks_are_listed_with_what_says_so() {
        let mut topology = Topology {
            source: TopologySource::Management,
            ..Topology::default()
        };
        for name in [
            "orders",
            "orders_error",
            "billing_skipped",
            "odd.7",
            "reports",
        ] {
            topology.queues.push(Queue::named(name));
        }
        let ground = Ground::of(topology);
        let mut parking = Parking::default();
        parking.rule(" odd.*, ,");
        let found = parking.queues(&ground);
        let found: Vec<(&str, &[String])> = found
            .iter()
            .map(|dead| (dead.queue.name.as_str(), dead.origins.as_slice()))
            .collect();
        let orders = ["orders".to_owned()];
        assert_eq!(
            found,
            [
                ("orders_error", &orders[..]),
                ("billing_skipped", &[]),
                ("odd.7", &[]),
            ]
        );
        assert_eq!(
            parking.says("orders_error"),
            Some("MassTransit: its name ends in _error")
        );
        assert_eq!(parking.says("odd.7"), Some("your rule odd.*"));
        assert_eq!(parking.says("reports"), None);
        let other = parking.renewed();
        assert_eq!((other.rules.len(), other.says("odd.7")), (1, None));
    }
}
