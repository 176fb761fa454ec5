//! Where a message came from, where it died, and where it is sent again: worked out once for every
//! screen, from all that speaks of it.
//!
//! No single header is the answer. The list of deaths is not in the order of time; the first death
//! can be a delay and no failure; a client can have written the history back, moved the message on,
//! or published it into a waiting queue itself. So the entries, their times, what RabbitMQ writes
//! beside them and the topology are taken together. Where they contradict each other, that is said,
//! and the person is asked.

mod by_alternate;
mod evidence;
mod first;
mod parked;
mod target;
mod wait;

pub use crate::event::amqp::history::{DeathHistory, Form, Stated};
pub use evidence::Evidence;
pub use target::Proposal;

use super::frameworks::{Parked, recognise};
use super::ground::Ground;
use super::roles::Roles;
use super::topology::Queue;
use crate::event::Event;
use crate::event::amqp::x_death::Death;

/// What is known around a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scene<'a> {
    /// The queue it lies in.
    pub queue: Option<&'a str>,
    /// Exchanges, queues and bindings.
    pub ground: Option<&'a Ground>,
}

impl<'a> Scene<'a> {
    /// What the queues are for, where they could be listed.
    #[must_use]
    pub fn roles(self) -> Option<&'a Roles> {
        let ground = self.ground?;
        ground.topology.is_complete().then_some(&ground.roles)
    }

    /// The queue of this name.
    #[must_use]
    pub fn queue_named(self, name: &str) -> Option<&'a Queue> {
        self.ground?.ways().queue(name)
    }
}

/// Where a message was first published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FirstPublish {
    Known {
        /// Exchange; empty is the default exchange.
        exchange: String,
        routing_key: String,
        /// CC keys.
        cc: Vec<String>,
    },
    /// It is written nowhere.
    #[default]
    NotKnown,
    /// What is written contradicts itself.
    Contradictory,
}

/// Where a message failed at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The queue whose consumer or limits gave it up, if that is known.
    pub queue: Option<String>,
    /// Why, in a word or two.
    pub reason: String,
    /// The same as a sentence.
    pub words: String,
    /// Seconds since 1970 of the first time it failed so.
    pub at: Option<u64>,
    pub count: u64,
    /// How often it failed in all, in whichever queue.
    pub in_all: u64,
}

/// What is known of a message's way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance {
    /// Where it was first published.
    pub first: FirstPublish,
    /// The queue in which it died first, which may be one where it only waited.
    pub first_queue: Option<String>,
    /// Where it failed at last. What only waited there did not fail.
    pub failed: Option<Failed>,
    /// The entries of its history, in the order of the header.
    pub deaths: Vec<Death>,
    /// What the framework wrote down that gave it up.
    pub parked: Option<Parked>,
    /// Where a resend goes unless the person chooses otherwise.
    pub target: Proposal,
    /// How all this is known and what speaks against it, each as a sentence.
    pub evidence: Evidence,
}

impl Provenance {
    /// Takes all that speaks of a message together.
    #[must_use]
    pub fn of(event: &Event, scene: Scene<'_>) -> Self {
        let history = DeathHistory::read(&event.properties);
        let mut found = Self::default();
        found.form(history.form);
        let first = first::first_death(&history, scene, &mut found.evidence);
        found.first_queue = match first {
            Some(death) => Some(death.queue.clone()),
            None => history.first.queue.clone(),
        };
        found.first = first::first_publish(event, &history, first, scene, &mut found.evidence);
        let reason = found.evidence.last().to_owned();
        found.failed = wait::failed(&history, scene, &mut found.evidence);
        if history.form == Form::Absent && history.first == Stated::default() {
            by_alternate::look(event, scene, &mut found);
        }
        found.parked = recognise(event, scene.queue.unwrap_or_default());
        parked::take_in(&mut found);
        found.target = target::proposal(event, first, scene, &found, &reason);
        found.deaths = history.deaths;
        found
    }

    fn form(&mut self, form: Form) {
        match form {
            Form::Absent | Form::Broker => {}
            Form::Copied => self.evidence.doubt(
                "x-death is not as RabbitMQ writes it: a client copied it into another form, which \
                 is read here"
                    .to_owned(),
            ),
            Form::Unreadable => self.evidence.doubt(
                "There is a header x-death, but a client wrote it in a form that cannot be read"
                    .to_owned(),
            ),
        }
    }

    /// Why it died, in a word or two.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.failed
            .as_ref()
            .map_or("unknown", |failed| &failed.reason)
    }

    /// The queue that failed; empty if it is not known.
    #[must_use]
    pub fn died_in(&self) -> &str {
        let queue = self
            .failed
            .as_ref()
            .and_then(|failed| failed.queue.as_deref());
        queue.unwrap_or_default()
    }

    /// Seconds since 1970 at which it failed for the first time there.
    #[must_use]
    pub fn died_at(&self) -> Option<u64> {
        self.failed.as_ref()?.at
    }

    /// The exchange of the first publish; where it is not known, the one of the message as it lies.
    #[must_use]
    pub fn destination<'a>(&'a self, event: &'a Event) -> &'a str {
        match &self.first {
            FirstPublish::Known { exchange, .. } => exchange,
            _ => &event.destination,
        }
    }

    /// The routing key of the first publish, which is the event's own; where it is not known, the
    /// one that the message now carries.
    #[must_use]
    pub fn key<'a>(&'a self, event: &'a Event) -> &'a str {
        match &self.first {
            FirstPublish::Known { routing_key, .. } => routing_key,
            _ => &event.key,
        }
    }
}

/// An exchange as it is told.
fn named(exchange: &str) -> &str {
    match exchange {
        "" => "the default exchange",
        name => name,
    }
}

#[cfg(test)]
mod tests;
