//! What must not be sent, looked at before the first message leaves.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::targets::{missing_exchanges, only_our_tap};
use crate::drivers::rabbitmq::connection::connections::{Connections, Knowledge, RunningTap};
use crate::drivers::rabbitmq::moves::window::Plan;
use crate::event::{Event, Outgoing};
use crate::rabbitmq::comes_back;
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::refusal::{Known, refusal};
use crate::rabbitmq::topology::Topology;

/// Knows reasons to refuse a message beforehand.
pub(crate) struct Guard {
    knowledge: Arc<Knowledge>,
    taps: Vec<RunningTap>,
    login: String,
    /// The largest frames that the broker takes.
    frame: u32,
    queue: String,
    ground: Arc<Ground>,
    insist: bool,
    /// Exchanges that were asked for, with what is wrong with them.
    exchanges: HashMap<String, Option<String>>,
    /// What speaks against an exchange, whatever is sent there; worked out once.
    against: HashMap<String, Option<String>>,
    /// Queues that an exchange and key lead to, worked out once; `None` where that is not known.
    routes: HashMap<(String, String), Option<BTreeSet<String>>>,
}

impl Guard {
    pub(crate) fn new(
        connections: &Connections,
        knowledge: &Arc<Knowledge>,
        ground: &Arc<Ground>,
        queue: &str,
        insist: bool,
    ) -> Self {
        Self {
            knowledge: Arc::clone(knowledge),
            taps: connections.with_taps(|taps| taps.values().cloned().collect()),
            login: connections.endpoint.user.clone(),
            frame: connections.publishing.configuration().frame_max(),
            queue: queue.to_owned(),
            ground: Arc::clone(ground),
            insist,
            exchanges: HashMap::new(),
            against: HashMap::new(),
            routes: HashMap::new(),
        }
    }

    /// Finds out about the exchanges that these are sent to.
    pub(crate) async fn learn(&mut self, connections: &Connections, plan: &[Plan]) {
        let named = plan.iter().map(|one| one.outgoing.destination.as_str());
        let new: BTreeSet<&str> = named
            .filter(|name| !self.exchanges.contains_key(*name))
            .collect();
        let mut missing = missing_exchanges(connections, new.clone()).await;
        for name in new {
            self.exchanges.insert(name.to_owned(), missing.remove(name));
        }
    }

    /// Why this one must not be sent, in words.
    pub(crate) fn refusal(&mut self, one: &Plan) -> Option<String> {
        let Plan {
            event, outgoing, ..
        } = one;
        let missing = self.exchanges.get(&outgoing.destination).cloned().flatten();
        missing
            .or_else(|| self.refused(outgoing))
            .or_else(|| only_our_tap(&self.knowledge, &self.taps, outgoing))
            .or_else(|| self.comes_back(event, outgoing))
    }

    /// What is known of the topology may be some seconds old: whether there is a route now, the
    /// broker itself says to each message.
    fn refused(&mut self, outgoing: &Outgoing) -> Option<String> {
        let nothing = Topology::default();
        let size_only = Known {
            topology: &nothing,
            version: self.knowledge.version.as_ref(),
            write: None,
            frame: Some(self.frame),
            login: &self.login,
        };
        if let Some(words) = refusal(outgoing, &size_only) {
            return Some(words);
        }
        if let Some(told) = self.against.get(&outgoing.destination) {
            return told.clone();
        }
        let known = Known {
            write: self.knowledge.write.as_deref(),
            ..size_only
        };
        let told = refusal(outgoing, &known);
        self.against
            .insert(outgoing.destination.clone(), told.clone());
        told
    }

    fn comes_back(&mut self, event: &Event, outgoing: &Outgoing) -> Option<String> {
        if self.insist {
            return None;
        }
        let Outgoing {
            destination: exchange,
            key: routing_key,
            properties,
            ..
        } = outgoing;
        let topology = &self.ground.topology;
        let target = (exchange.clone(), routing_key.clone());
        // By the key alone, which is the same for many messages, where that is enough.
        let known = self
            .routes
            .entry(target)
            .or_insert_with_key(|(exchange, key)| topology.reached(exchange, key));
        let has_keys = properties
            .header("CC")
            .or(properties.header("BCC"))
            .is_some();
        let own = match known {
            Some(_) if !has_keys => None,
            _ => topology.route(exchange, routing_key, properties),
        };
        let reached = own.as_ref().or(known.as_ref())?;
        let scene = self.ground.scene(Some(&self.queue));
        let why = comes_back::at_once(event, outgoing, reached, scene)?;
        Some(format!(
            "It would come back at once or only wait, so it was not sent: {why}"
        ))
    }
}
