//! What queues are for: where dead letters end, where messages only wait before they are worked on,
//! and where an alternate exchange puts what no binding took.
//!
//! A queue with a dead-letter exchange gives its dead letters to other queues. Where those are
//! worked on, the first queue is a waiting room: messages are put into it to come out again later.
//! That is so in a retry loop (rejected, waits, comes back), and for a delay before the first
//! delivery. What such a queue leads to is alive, and nothing in it is dead.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::route::Ways;
use super::topology::{DeadLetterQueue, Dropping, Queue, Topology};
use crate::text::numbers::millis;

/// A queue in which messages wait to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingQueue {
    pub queue: Queue,
    /// Queues whose dead letters wait in it.
    pub from: Vec<String>,
    /// Where they go afterwards.
    pub to: Vec<String>,
    /// What waited comes back to a queue that it came from.
    pub is_loop: bool,
}

/// The queues that are not simply worked on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Queues for dead letters, by name.
    pub dead: Vec<DeadLetterQueue>,
    /// Queues in which messages wait, by name.
    pub waits: Vec<WaitingQueue>,
    /// Queues that get what no binding took, with the exchanges that could not route it.
    pub unrouted: Vec<DeadLetterQueue>,
}

impl WaitingQueue {
    /// What becomes of its messages, in a few words: `waits 10 h, then goes to pay.work`.
    #[must_use]
    pub fn words(&self) -> String {
        let verb = if self.is_loop { "back to" } else { "goes to" };
        let to = self.to.join(", ");
        match self.queue.message_ttl {
            Some(ms) => format!("waits {}, then {verb} {to}", millis(ms)),
            None => format!("{verb} {to} later"),
        }
    }
}

impl Roles {
    /// Works them out. A queue whose dead letters keep their own keys may reach any queue bound to
    /// the exchange, so all of those count.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        let ways = Ways::new(topology);
        let graph = Graph::new(topology, &ways);
        let waits = graph.waiting();
        let mut origins: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for source in (0..graph.queues.len()).filter(|source| !waits.contains(source)) {
            for target in graph.to(source) {
                if !waits.contains(&target) && !graph.is_taken_back(source, target) {
                    origins.entry(target).or_default().insert(source);
                }
            }
        }
        let dead: Vec<DeadLetterQueue> = origins
            .iter()
            .map(|(queue, from)| DeadLetterQueue {
                queue: graph.queues[*queue].clone(),
                origins: graph.names(from.iter().copied()),
            })
            .collect();
        let waits: Vec<WaitingQueue> = waits
            .iter()
            .map(|wait| {
                let from: Vec<usize> = (0..graph.queues.len())
                    .filter(|source| source != wait && graph.to[*source].contains(wait))
                    .collect();
                WaitingQueue {
                    queue: graph.queues[*wait].clone(),
                    is_loop: from.iter().any(|source| graph.leads(*wait, *source)),
                    from: graph.names(from.iter().copied()),
                    to: graph.names(graph.to(*wait)),
                }
            })
            .collect();
        let mut roles = Self {
            dead,
            waits,
            unrouted: Vec::new(),
        };
        let mut unrouted = unrouted(topology, &ways);
        unrouted.retain(|one| !roles.is_dead(&one.queue.name));
        roles.unrouted = unrouted;
        roles.dead.sort_by(|a, b| a.queue.name.cmp(&b.queue.name));
        roles.waits.sort_by(|a, b| a.queue.name.cmp(&b.queue.name));
        roles
    }

    /// The waiting room of this name.
    #[must_use]
    pub fn wait(&self, queue: &str) -> Option<&WaitingQueue> {
        self.waits.iter().find(|wait| wait.queue.name == queue)
    }

    /// True if what lies in this queue is worked on, or will be: it is a waiting room, gets what
    /// waited, or has a dead-letter exchange itself and is none for the dead.
    #[must_use]
    pub fn is_alive(&self, queue: &Queue) -> bool {
        let name = &queue.name;
        let waits = self.waits.iter();
        let is_known = waits
            .into_iter()
            .any(|wait| wait.queue.name == *name || wait.to.contains(name));
        !self.is_dead(name) && (is_known || queue.dead_letter_exchange.is_some())
    }

    /// True if dead letters end in this queue.
    #[must_use]
    pub fn is_dead(&self, queue: &str) -> bool {
        self.dead.iter().any(|dead| dead.queue.name == queue)
    }
}

/// Which queue gives its dead letters to which.
struct Graph<'a> {
    queues: Vec<&'a Queue>,
    /// What the dead letters of each reach. Many queues share an exchange and a key.
    to: Vec<Rc<BTreeSet<usize>>>,
    /// Something dead-letters into it.
    is_fed_by_dead: Vec<bool>,
    /// It is bound to an exchange that takes no dead letters, so an application publishes to it.
    is_fed_by_app: Vec<bool>,
}

impl<'a> Graph<'a> {
    fn new(topology: &'a Topology, ways: &Ways<'a>) -> Self {
        let queues: Vec<&Queue> = topology.queues.iter().collect();
        let places: HashMap<&str, usize> = queues
            .iter()
            .enumerate()
            .map(|(place, queue)| (queue.name.as_str(), place))
            .collect();
        let for_dead: BTreeSet<&str> = queues
            .iter()
            .filter_map(|queue| queue.dead_letter_exchange.as_deref())
            .collect();
        let mut is_fed_by_app = vec![false; queues.len()];
        let bindings = topology.bindings.iter();
        for binding in bindings.filter(|b| b.to_queue && !for_dead.contains(b.source.as_str())) {
            if let Some(place) = places.get(binding.destination.as_str()) {
                is_fed_by_app[*place] = true;
            }
        }
        let mut is_fed_by_dead = vec![false; queues.len()];
        let mut to = Vec::with_capacity(queues.len());
        let mut known: HashMap<(&str, Option<&str>), Rc<BTreeSet<usize>>> = HashMap::new();
        for (place, queue) in queues.iter().enumerate() {
            let Some(exchange) = queue.dead_letter_exchange.as_deref() else {
                to.push(Rc::default());
                continue;
            };
            let way = (exchange, queue.dead_letter_routing_key.as_deref());
            let targets = known.entry(way).or_insert_with(|| {
                let names = ways.of_the_dead(queue);
                let found = names.iter().filter_map(|name| places.get(name.as_str()));
                Rc::new(found.copied().collect())
            });
            for target in targets.iter().filter(|target| **target != place) {
                is_fed_by_dead[*target] = true;
            }
            to.push(Rc::clone(targets));
        }
        Self {
            queues,
            to,
            is_fed_by_dead,
            is_fed_by_app,
        }
    }

    /// Other queues that the dead letters of this one reach.
    fn to(&self, queue: usize) -> impl Iterator<Item = usize> {
        let all = self.to[queue].iter().copied();
        all.filter(move |target| *target != queue)
    }

    fn names(&self, places: impl Iterator<Item = usize>) -> Vec<String> {
        places
            .map(|place| self.queues[place].name.clone())
            .collect()
    }

    /// True if dead letters of the one get to the other, through however many queues.
    fn leads(&self, from: usize, goal: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = self.to(from).collect();
        while let Some(place) = open.pop() {
            if place == goal {
                return true;
            }
            if seen.insert(place) {
                open.extend(self.to(place));
            }
        }
        false
    }

    /// The queues in which messages wait. Which queue is one can depend on the next being one, as
    /// in a ladder of delays.
    fn waiting(&self) -> BTreeSet<usize> {
        let mut waits = BTreeSet::new();
        loop {
            let more: Vec<usize> = (0..self.queues.len())
                .filter(|queue| !waits.contains(queue) && self.waits(*queue, &waits))
                .collect();
            if more.is_empty() {
                return waits;
            }
            waits.extend(more);
        }
    }

    fn waits(&self, queue: usize, waits: &BTreeSet<usize>) -> bool {
        let own = self.queues[queue];
        // What is consumed does not wait.
        if own.consumers.is_some_and(|count| count > 0) || own.exclusive {
            return false;
        }
        let expires = own.drops.contains(&Dropping::Expired);
        let says_so = sounds_waiting(&own.name);
        self.to(queue).any(|target| {
            let next = self.queues[target];
            let is_consumed = next.consumers.is_some_and(|count| count > 0);
            if sounds_dead(&next.name) && !says_so {
                return false;
            }
            if !expires {
                // Its messages bring a time to live of their own, or it is no waiting room.
                let is_worked_on = is_consumed && self.goes_on(target, queue);
                let is_fed = self.is_fed_by_dead[queue] || self.is_fed_by_app[queue];
                return says_so || (is_worked_on && !is_fed);
            }
            let leads_back = self.leads(target, queue);
            let is_back = leads_back && !self.is_work_before(queue, target);
            let is_step = waits.contains(&target) && !leads_back;
            is_back || says_so || is_step || self.goes_on(target, queue)
        })
    }

    /// True if dead letters of this queue go on to a third one: it is worked on, and what comes
    /// before it in the way of the dead is a delay. A queue whose messages only expire is not.
    fn goes_on(&self, queue: usize, before: usize) -> bool {
        let own = self.queues[queue];
        let only_expires =
            own.drops.contains(&Dropping::Expired) && own.consumers.unwrap_or(0) == 0;
        let others = self.to(queue).any(|next| next != before);
        others && !only_expires
    }

    /// True if an application publishes to the one and only dead letters come to the other: the one
    /// is worked on, also while nobody consumes from it.
    fn is_work_before(&self, queue: usize, target: usize) -> bool {
        self.is_fed_by_app[queue] && !self.is_fed_by_app[target]
    }

    /// True if the second of two queues is worked on and the first is where its dead letters lie
    /// until somebody gives them back.
    fn is_taken_back(&self, from: usize, target: usize) -> bool {
        self.is_work_before(target, from) && self.leads(target, from)
    }
}

/// True if a queue's name says that it is for dead letters. A sign where nothing else tells.
pub(crate) fn sounds_dead(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "dead",
        "dlq",
        "dlx",
        "dlt",
        "error",
        "fail",
        "reject",
        "poison",
        "park",
        "expired",
        "lost",
        "invalid",
        "quarantine",
        "unrout",
        "undeliver",
    ];
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// True if a queue's name says that messages wait in it. A sign where the bindings leave it open.
pub(crate) fn sounds_waiting(name: &str) -> bool {
    const WORDS: [&str; 9] = [
        "delay", "wait", "retry", "retries", "later", "backoff", "schedule", "defer", "postpone",
    ];
    let lower = name.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) && !sounds_dead(name)
}

fn unrouted(topology: &Topology, ways: &Ways<'_>) -> Vec<DeadLetterQueue> {
    let mut from: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (exchange, other) in &topology.alternates {
        let own = ways.bound(exchange, false);
        for queue in ways.bound(other, true) {
            if !own.contains(&queue) {
                from.entry(queue).or_default().insert(exchange.clone());
            }
        }
    }
    from.into_iter()
        .filter_map(|(name, exchanges)| {
            Some(DeadLetterQueue {
                queue: ways.queue(&name)?.clone(),
                origins: exchanges.into_iter().collect(),
            })
        })
        .collect()
}

impl Topology {
    /// The dead-letter queues: every queue that some queue's dead-letter exchange leads to, but for
    /// those of a retry loop or behind a delay. See [`Roles`].
    #[must_use]
    pub fn dead_letter_queues(&self) -> Vec<DeadLetterQueue> {
        Roles::of(self).dead
    }
}

#[cfg(test)]
pub(crate) mod tests;
