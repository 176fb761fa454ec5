//! Exchanges, queues and bindings of a virtual host. Where a message goes by them is in
//! [`super::route`], which queues are for what in [`super::roles`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

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
    /// How long a message may lie in it, in milliseconds, by its arguments or policy.
    pub message_ttl: Option<u64>,
    /// How many messages it holds at most, by its arguments or policy.
    pub max_length: Option<u64>,
    /// How many bytes of messages it holds at most, by its arguments or policy.
    pub max_bytes: Option<u64>,
    /// It belongs to one connection, such as a tap.
    pub exclusive: bool,
}

impl Queue {
    /// What dies in it goes somewhere.
    #[must_use]
    pub fn dead_letters_somewhere(&self) -> bool {
        self.dead_letter_exchange.is_some()
    }

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
            message_ttl: None,
            max_length: None,
            max_bytes: None,
            exclusive: false,
        }
    }
}

/// A binding of a queue or of another exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// Source exchange.
    pub source: String,
    /// Name of the bound queue or exchange.
    pub destination: String,
    /// It is a queue, not an exchange.
    pub to_queue: bool,
    /// Binding key.
    pub key: String,
    /// Its arguments, by which a headers exchange routes, as the management API writes them.
    pub arguments: Vec<(String, Value)>,
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
    /// Exchanges that pass what they cannot route on to another one, by their arguments or policy.
    pub alternates: BTreeMap<String, String>,
    /// Exchanges with a policy that cannot be read, so that they may have an alternate or not.
    pub unsure: BTreeSet<String>,
}

/// A dead-letter queue and where its messages come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterQueue {
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

    /// True if everything was listed, so that what is not here is not there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.source == TopologySource::Management
    }

    /// The queue of this name.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
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
mod tests {
    use super::*;
    use crate::testing::shop;

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
}
