//! Which queues a message would reach, by the bindings: its key, its CC keys, its headers, and the
//! exchanges that take what another one cannot route.
//!
//! Sources: AMQP 0-9-1 section 3.1.3, RabbitMQ's guides "Alternate Exchanges", "Sender-selected
//! Distribution" and, for `x-match`, "Headers Exchange".

mod forecast;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::topology::{Binding, ExchangeKind, Queue, Topology};
use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::event::key_pattern;

pub use forecast::forecast;

/// Where a message goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The queues that it reaches.
    pub queues: BTreeSet<String>,
    /// Exchanges that had no binding for it, each with the one that it was passed on to.
    pub passed_on: Vec<(String, String)>,
}

/// Where in the topology is what, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BindingIndex {
    exchanges: HashMap<String, usize>,
    queues: HashMap<String, usize>,
    bindings: HashMap<String, Vec<usize>>,
    /// Queues that are bound to some exchange.
    bound: BTreeSet<String>,
}

impl BindingIndex {
    pub(crate) fn of(topology: &Topology) -> Self {
        let mut bindings: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, binding) in topology.bindings.iter().enumerate() {
            match bindings.get_mut(&binding.source) {
                Some(places) => places.push(place),
                None => drop(bindings.insert(binding.source.clone(), vec![place])),
            }
        }
        let exchanges = topology.exchanges.iter().enumerate();
        let queues = topology.queues.iter().enumerate();
        Self {
            exchanges: exchanges.map(|(n, x)| (x.name.clone(), n)).collect(),
            queues: queues.map(|(n, q)| (q.name.clone(), n)).collect(),
            bindings,
            bound: topology
                .bindings
                .iter()
                .filter(|binding| binding.to_queue)
                .map(|binding| binding.destination.clone())
                .collect(),
        }
    }
}

/// The ways through a topology.
pub(crate) struct Ways<'a> {
    topology: &'a Topology,
    index: Cow<'a, BindingIndex>,
}

/// By what a message is routed.
struct Addressed<'a> {
    keys: Vec<&'a str>,
    /// `None` where they are not known.
    headers: Option<&'a FieldTable>,
}

impl<'a> Ways<'a> {
    pub(crate) fn new(topology: &'a Topology) -> Self {
        Self {
            topology,
            index: Cow::Owned(BindingIndex::of(topology)),
        }
    }

    pub(crate) fn by(topology: &'a Topology, index: &'a BindingIndex) -> Self {
        Self {
            topology,
            index: Cow::Borrowed(index),
        }
    }

    fn bindings(&self, exchange: &str) -> impl Iterator<Item = &'a Binding> {
        let places = self.index.bindings.get(exchange);
        let places = places.map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.topology.bindings[*place])
    }

    /// The queue of this name.
    pub(crate) fn queue(&self, name: &str) -> Option<&'a Queue> {
        Some(&self.topology.queues[*self.index.queues.get(name)?])
    }

    /// True if the queue is bound to an exchange, beside the default one.
    pub(crate) fn is_bound(&self, queue: &str) -> bool {
        self.index.bound.contains(queue)
    }

    fn kind(&self, exchange: &str) -> Option<&'a ExchangeKind> {
        Some(&self.topology.exchanges[*self.index.exchanges.get(exchange)?].kind)
    }

    /// Where this message would go; `None` where that cannot be told.
    pub(crate) fn of_message(
        &self,
        exchange: &str,
        key: &str,
        properties: &Properties,
    ) -> Option<Way> {
        let nothing = FieldTable::new();
        let mut keys = vec![key];
        keys.extend(further_keys(properties));
        let address = Addressed {
            keys,
            headers: Some(properties.headers.as_ref().unwrap_or(&nothing)),
        };
        self.way(exchange, &address)
    }

    fn way(&self, exchange: &str, address: &Addressed<'_>) -> Option<Way> {
        if !self.topology.is_complete() {
            return None;
        }
        let mut way = Way::default();
        let mut seen = BTreeSet::new();
        let mut open = vec![exchange];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            if name.is_empty() {
                let named = address.keys.iter().filter(|key| self.queue(key).is_some());
                way.queues.extend(named.map(|key| (*key).to_owned()));
                continue;
            }
            let kind = self.kind(name)?;
            let mut is_routed = false;
            for binding in self.bindings(name) {
                if !takes(kind, binding, address)? {
                    continue;
                }
                is_routed = true;
                if binding.to_queue {
                    way.queues.insert(binding.destination.clone());
                } else {
                    open.push(&binding.destination);
                }
            }
            if is_routed {
                continue;
            }
            if let Some(other) = self.topology.alternates.get(name) {
                way.passed_on.push((name.to_owned(), other.clone()));
                open.push(other);
            } else if self.topology.unsure.contains(name) {
                return None;
            }
        }
        Some(way)
    }

    /// Queues that a message with this key reaches; `None` where the bindings cannot tell.
    pub(crate) fn reached(&self, exchange: &str, key: &str) -> Option<BTreeSet<String>> {
        let address = Addressed {
            keys: vec![key],
            headers: None,
        };
        Some(self.way(exchange, &address)?.queues)
    }

    /// Queues that are bound to an exchange, whatever the key, exchange-to-exchange bindings
    /// followed; and those of its alternate, if that is asked for.
    pub(crate) fn bound(&self, exchange: &str, with_alternates: bool) -> BTreeSet<String> {
        let mut queues = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![exchange];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            for binding in self.bindings(name) {
                if binding.to_queue {
                    queues.insert(binding.destination.clone());
                } else {
                    open.push(&binding.destination);
                }
            }
            if with_alternates {
                // A key that fits no binding goes there.
                open.extend(self.topology.alternates.get(name).map(String::as_str));
            }
        }
        queues
    }

    /// Queues that the dead letters of a queue get into: with the key that it gives them, or, where
    /// they keep their own, whatever the key.
    pub(crate) fn of_the_dead(&self, queue: &Queue) -> BTreeSet<String> {
        let Some(exchange) = queue.dead_letter_exchange.as_deref() else {
            return BTreeSet::new();
        };
        let known = queue
            .dead_letter_routing_key
            .as_deref()
            .and_then(|key| self.reached(exchange, key));
        known.unwrap_or_else(|| self.bound(exchange, true))
    }
}

/// True if this binding takes the message; `None` where that cannot be told.
fn takes(kind: &ExchangeKind, binding: &Binding, address: &Addressed<'_>) -> Option<bool> {
    let any = |fits: &dyn Fn(&str) -> bool| address.keys.iter().any(|key| fits(key));
    Some(match kind {
        ExchangeKind::Direct => any(&|key| binding.key == key),
        ExchangeKind::Fanout => true,
        ExchangeKind::Topic => any(&|key| key_pattern::matches(&binding.key, key)),
        ExchangeKind::Headers => return fits(&binding.arguments, address.headers?),
        ExchangeKind::Other(_) | ExchangeKind::Unknown => return None,
    })
}

/// True if these headers fit a binding of a headers exchange. Names that begin with `x-` count only
/// where `x-match` says so.
fn fits(arguments: &[(String, Value)], headers: &FieldTable) -> Option<bool> {
    let mode = arguments.iter().find(|(name, _)| name == "x-match");
    let mode = mode.and_then(|(_, value)| value.as_str()).unwrap_or("all");
    let (is_any, with_x) = (mode.starts_with("any"), mode.ends_with("-with-x"));
    let asked = arguments
        .iter()
        .filter(|(name, _)| name != "x-match" && (with_x || !name.starts_with("x-")));
    for (name, value) in asked {
        let own = headers.iter().find(|(own, _)| own == name);
        let is_met = match own {
            Some((_, own)) => is_equal(value, own)?,
            None => false,
        };
        if is_met == is_any {
            return Some(is_any);
        }
    }
    Some(!is_any)
}

/// RabbitMQ compares values and not their types, but text is never a number. `None` for what the
/// management API writes in a form of its own.
#[expect(
    clippy::cast_precision_loss,
    reason = "as the broker compares an integer with a float"
)]
fn is_equal(asked: &Value, own: &FieldValue) -> Option<bool> {
    Some(match (asked, own) {
        // No value: it is enough that the header is there.
        (Value::Null, _) => true,
        // The API of some versions writes it like this, and the text of these letters too.
        (Value::String(asked), own) if asked == "undefined" => {
            return (own.as_text() == Some(asked)).then_some(true);
        }
        (Value::Bool(asked), own) => *own == FieldValue::Bool(*asked),
        (Value::String(asked), FieldValue::RawText(own) | FieldValue::Bytes(own)) => {
            asked.as_bytes() == own
        }
        (Value::String(asked), own) => own.as_text() == Some(asked),
        (Value::Number(asked), FieldValue::F32(own)) => asked.as_f64() == Some(f64::from(*own)),
        (Value::Number(asked), FieldValue::F64(own)) => asked.as_f64() == Some(*own),
        (Value::Number(asked), FieldValue::Timestamp(own)) => asked.as_u64() == Some(*own),
        (Value::Number(asked), own) => match (asked.as_i64(), own.as_integer()) {
            (Some(asked), Some(own)) => asked == own,
            (None, Some(own)) => asked.as_f64() == Some(own as f64),
            (_, None) => false,
        },
        (Value::Array(_) | Value::Object(_), _) => return None,
    })
}

/// The keys beside the routing key with which a sender has a message routed.
fn further_keys(properties: &Properties) -> impl Iterator<Item = &str> {
    let lists = ["CC", "BCC"].into_iter();
    let lists = lists.filter_map(|name| properties.header(name));
    lists.flat_map(|list| match list {
        FieldValue::Array(keys) => keys.iter().filter_map(FieldValue::as_text).collect(),
        _ => Vec::new(),
    })
}

impl Topology {
    /// Queues that a message with this key would reach, exchange-to-exchange bindings and alternate
    /// exchanges followed. `None` where the bindings cannot tell: without the management API, for
    /// headers exchanges, and for a plugin's types. Where there is a message, ask [`Self::route`].
    #[must_use]
    pub fn reached(&self, exchange: &str, key: &str) -> Option<BTreeSet<String>> {
        Ways::new(self).reached(exchange, key)
    }

    /// Where this message would go: as [`Self::reached`], but headers exchanges are judged by its
    /// headers, and its CC keys count.
    #[must_use]
    pub fn way(&self, exchange: &str, key: &str, properties: &Properties) -> Option<Way> {
        Ways::new(self).of_message(exchange, key, properties)
    }

    /// Queues that this message would reach; see [`Self::way`].
    #[must_use]
    pub fn route(
        &self,
        exchange: &str,
        key: &str,
        properties: &Properties,
    ) -> Option<BTreeSet<String>> {
        Some(self.way(exchange, key, properties)?.queues)
    }

    /// Like [`Self::route`] without queues of our own: a tap that gets a copy is no sign that an
    /// application gets one.
    #[must_use]
    pub fn route_without(
        &self,
        exchange: &str,
        key: &str,
        properties: &Properties,
        own_queues: &[&str],
    ) -> Option<BTreeSet<String>> {
        let mut queues = self.route(exchange, key, properties)?;
        queues.retain(|queue| !own_queues.contains(&queue.as_str()));
        Some(queues)
    }
}

#[cfg(test)]
mod tests;
