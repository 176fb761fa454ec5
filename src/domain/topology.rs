//! Exchanges, queues and bindings of a virtual host, and which queues are dead-letter queues.

use std::collections::{BTreeMap, BTreeSet};

use super::routing_key;

/// An exchange type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// Routes by equal key.
    Direct,
    /// Routes to every binding.
    Fanout,
    /// Routes by pattern.
    Topic,
    /// Routes by header values.
    Headers,
    /// A plugin's type, by its name, such as `x-consistent-hash`.
    Other(String),
    /// Not known: without the management API an exchange's type cannot be read.
    Unknown,
}

impl ExchangeKind {
    /// Reads the broker's name of the type.
    #[must_use]
    pub fn read(name: &str) -> Self {
        match name {
            "direct" => Self::Direct,
            "fanout" => Self::Fanout,
            "topic" => Self::Topic,
            "headers" => Self::Headers,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The broker's name of the type.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Direct => "direct",
            Self::Fanout => "fanout",
            Self::Topic => "topic",
            Self::Headers => "headers",
            Self::Other(name) => name,
            Self::Unknown => "type not known",
        }
    }
}

/// An exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Its name; empty is the default exchange.
    pub name: String,
    /// Its type.
    pub kind: ExchangeKind,
    /// Applications cannot publish to it.
    pub internal: bool,
}

/// How a queue gives messages away that no consumer refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropping {
    /// After some time.
    Expired,
    /// When it is full.
    Full,
}

impl Dropping {
    /// What it does, as a part of a sentence that begins with the queue.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Expired => "lets messages expire",
            Self::Full => "drops the oldest when it is full",
        }
    }

    /// The messages that it gives away so.
    #[must_use]
    pub fn dead(self) -> &'static str {
        match self {
            Self::Expired => "what expires",
            Self::Full => "what it drops when it is full",
        }
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// `classic`, `quorum`, `stream`, …; empty if not known.
    pub kind: String,
    /// Messages ready for delivery, if known.
    pub ready: Option<u64>,
    /// Messages handed out and not yet acknowledged, if known.
    pub unacked: Option<u64>,
    /// Bytes of the messages that are ready, if known.
    pub ready_bytes: Option<u64>,
    /// The timestamp that the message at the head carries, in seconds since 1970, if the broker
    /// tells it.
    pub head_time: Option<u64>,
    /// Number of consumers, if known.
    pub consumers: Option<u64>,
    /// It gives its messages to a single one of its consumers: the tag of the one that is active,
    /// empty if none is or that is not known. `None` if it gives them to all.
    pub single_active: Option<String>,
    /// Where it sends its dead letters, from its arguments or the policy in force.
    pub dead_letter_exchange: Option<String>,
    /// The key it sends them with; `None` means that they keep their own.
    pub dead_letter_routing_key: Option<String>,
    /// It has a delivery limit in its arguments or policy.
    pub delivery_limit: Option<u64>,
    /// The limit that a quorum queue has by itself was taken away.
    pub delivers_for_ever: bool,
    /// What is given back is kept from consumers for a while.
    pub delays_returned: bool,
    /// How it gives messages away by itself, by its arguments or policy.
    pub drops: Vec<Dropping>,
    /// It belongs to one connection, such as a tap.
    pub exclusive: bool,
}

impl Queue {
    /// A queue of which only the name is known.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: String::new(),
            ready: None,
            unacked: None,
            ready_bytes: None,
            head_time: None,
            consumers: None,
            single_active: None,
            dead_letter_exchange: None,
            dead_letter_routing_key: None,
            delivery_limit: None,
            delivers_for_ever: false,
            delays_returned: false,
            drops: Vec::new(),
            exclusive: false,
        }
    }
}

/// A binding of a queue or of another exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Source exchange.
    pub source: String,
    /// Name of the bound queue or exchange.
    pub destination: String,
    /// It is a queue, not an exchange.
    pub to_queue: bool,
    /// Binding key.
    pub key: String,
}

/// How the topology was learnt, hence what it can miss.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum TopologySource {
    /// From the management HTTP API: complete for what the login may see.
    Management,
    /// From AMQP alone, with the reason why the management API did not serve: only what was seen
    /// in messages or typed in.
    #[default]
    Amqp,
}

/// What is known of a virtual host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// Where this comes from.
    pub source: TopologySource,
    /// Why the management API did not serve, in words; empty if it did.
    pub missing: String,
    /// Exchanges by name.
    pub exchanges: Vec<Exchange>,
    /// Queues by name.
    pub queues: Vec<Queue>,
    /// All bindings but those of the default exchange.
    pub bindings: Vec<Binding>,
    /// Exchanges that pass what they cannot route on to another one, by their arguments.
    pub alternates: BTreeMap<String, String>,
}

/// A dead-letter queue and where its messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterQueue {
    /// The queue.
    pub queue: Queue,
    /// Queues that dead-letter into it, by their arguments and policies.
    pub origins: Vec<String>,
}

impl Topology {
    /// The exchange of this name.
    #[must_use]
    pub fn exchange(&self, name: &str) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.name == name)
    }

    /// The queue of this name.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
    }

    /// Queues that a message with this key would reach, exchange-to-exchange bindings followed.
    /// `None` where the bindings cannot tell: without the management API, and for types that route
    /// by something other than the key.
    #[must_use]
    pub fn reached(&self, exchange: &str, key: &str) -> Option<BTreeSet<String>> {
        if self.source != TopologySource::Management {
            return None;
        }
        let mut queues = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![exchange];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            if name.is_empty() {
                if self.queue(key).is_some() {
                    queues.insert(key.to_owned());
                }
                continue;
            }
            let kind = &self.exchange(name)?.kind;
            let mut is_routed = false;
            for binding in self.bindings.iter().filter(|b| b.source == name) {
                let routed = match kind {
                    ExchangeKind::Direct => binding.key == key,
                    ExchangeKind::Fanout => true,
                    ExchangeKind::Topic => routing_key::matches(&binding.key, key),
                    _ => return None,
                };
                is_routed |= routed;
                if routed && binding.to_queue {
                    queues.insert(binding.destination.clone());
                } else if routed {
                    open.push(&binding.destination);
                }
            }
            if let Some(other) = self.alternates.get(name).filter(|_| !is_routed) {
                open.push(other);
            }
        }
        Some(queues)
    }

    /// Like [`Self::reached`] without queues of our own: a tap that gets a copy is no sign that an
    /// application gets one.
    #[must_use]
    pub fn reached_without(
        &self,
        exchange: &str,
        key: &str,
        own_queues: &[&str],
    ) -> Option<BTreeSet<String>> {
        let mut queues = self.reached(exchange, key)?;
        queues.retain(|queue| !own_queues.contains(&queue.as_str()));
        Some(queues)
    }

    /// The dead-letter queues: every queue that some queue's dead-letter exchange leads to.
    /// A queue whose dead letters keep their own keys may reach any queue bound to the exchange, so
    /// all of those count.
    #[must_use]
    pub fn dead_letter_queues(&self) -> Vec<DeadLetterQueue> {
        let mut origins: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for source in &self.queues {
            let Some(exchange) = &source.dead_letter_exchange else {
                continue;
            };
            let targets = match &source.dead_letter_routing_key {
                Some(key) => self.reached(exchange, key).unwrap_or_default(),
                None => self.bound_queues(exchange),
            };
            for target in targets {
                if target != source.name {
                    origins
                        .entry(target)
                        .or_default()
                        .insert(source.name.clone());
                }
            }
        }
        origins
            .into_iter()
            .filter_map(|(name, from)| {
                Some(DeadLetterQueue {
                    queue: self.queue(&name)?.clone(),
                    origins: from.into_iter().collect(),
                })
            })
            .collect()
    }

    /// Queues that are bound to an exchange, whatever the key, exchange-to-exchange bindings
    /// followed.
    pub(super) fn bound_queues(&self, exchange: &str) -> BTreeSet<String> {
        let mut queues = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![exchange];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            for binding in self.bindings.iter().filter(|b| b.source == name) {
                if binding.to_queue {
                    queues.insert(binding.destination.clone());
                } else {
                    open.push(&binding.destination);
                }
            }
            // A key that fits no binding goes there.
            open.extend(self.alternates.get(name).map(String::as_str));
        }
        queues
    }

    /// Which messages of `source` get into the dead-letter queues, and how.
    #[must_use]
    pub fn way_of_the_dead(&self, source: &str) -> Option<String> {
        let queue = self.queue(source)?;
        let exchange = match queue.dead_letter_exchange.as_deref()? {
            "" => "the default exchange",
            name => name,
        };
        let mut dead = vec!["what is rejected"];
        dead.extend(queue.drops.iter().map(|drop| drop.dead()));
        if queue.delivery_limit.is_some() {
            dead.push("what was delivered too often");
        }
        let dead = dead.join(", ");
        Some(match &queue.dead_letter_routing_key {
            Some(key) => format!("{dead}; by {exchange} with the key {key}"),
            None => format!("{dead}; by {exchange} with their own keys"),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn shop() -> Topology {
        let exchange = |name: &str, kind| Exchange {
            name: name.into(),
            kind,
            internal: false,
        };
        let binding = |source: &str, destination: &str, to_queue, key: &str| Binding {
            source: source.into(),
            destination: destination.into(),
            to_queue,
            key: key.into(),
        };
        let mut orders = Queue::named("orders");
        orders.dead_letter_exchange = Some("dead".into());
        orders.dead_letter_routing_key = Some("orders".into());
        let mut labels = Queue::named("labels");
        labels.dead_letter_exchange = Some(String::new());
        labels.dead_letter_routing_key = Some("labels.dead".into());
        Topology {
            source: TopologySource::Management,
            missing: String::new(),
            exchanges: vec![
                exchange("shop", ExchangeKind::Topic),
                exchange("dead", ExchangeKind::Direct),
                exchange("archive", ExchangeKind::Fanout),
                exchange("spread", ExchangeKind::Other("x-consistent-hash".into())),
            ],
            queues: vec![
                orders,
                labels,
                Queue::named("orders.dead"),
                Queue::named("labels.dead"),
                Queue::named("archive"),
            ],
            bindings: vec![
                binding("shop", "orders", true, "order.#"),
                binding("shop", "archive", false, "order.paid"),
                binding("archive", "archive", true, ""),
                binding("dead", "orders.dead", true, "orders"),
                binding("dead", "archive", true, "other"),
                binding("spread", "orders", true, "1"),
            ],
            alternates: BTreeMap::new(),
        }
    }

    #[test]
    fn a_key_is_followed_through_exchanges() {
        let reached = |x: &str, k: &str| {
            shop()
                .reached(x, k)
                .map(|set| set.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(
            reached("shop", "order.created"),
            Some(vec!["orders".into()])
        );
        assert_eq!(
            reached("shop", "order.paid"),
            Some(vec!["archive".into(), "orders".into()])
        );
        assert_eq!(reached("shop", "none"), Some(vec![]));
        assert_eq!(reached("", "orders"), Some(vec!["orders".into()]));
        assert_eq!(reached("spread", "x"), None);
        assert_eq!(reached("absent", "x"), None);
    }

    #[test]
    fn what_an_exchange_cannot_route_goes_to_its_alternate() {
        let mut shop = shop();
        shop.alternates.insert("dead".into(), "archive".into());
        let reached = |key: &str| shop.reached("dead", key).map(Vec::from_iter);
        assert_eq!(reached("orders"), Some(vec!["orders.dead".to_owned()]));
        assert_eq!(reached("nobody"), Some(vec!["archive".to_owned()]));
    }

    #[test]
    fn the_way_of_the_dead_is_told() {
        let mut shop = shop();
        shop.queues[0].drops = vec![Dropping::Expired];
        let way = |queue| shop.way_of_the_dead(queue);
        let orders = "what is rejected, what expires; by dead with the key orders";
        assert_eq!(way("orders").as_deref(), Some(orders));
        let labels = "what is rejected; by the default exchange with the key labels.dead";
        assert_eq!(way("labels").as_deref(), Some(labels));
        assert_eq!(way("archive"), None);
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
        let found: Vec<_> = shop
            .dead_letter_queues()
            .into_iter()
            .map(|dead| dead.queue.name)
            .collect();
        assert_eq!(found, ["archive", "labels.dead", "orders.dead"]);
    }
}
