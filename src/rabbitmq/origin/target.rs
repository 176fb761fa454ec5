//! Where a message is sent again unless the person chooses otherwise.

use super::wait::is_wait;
use super::{DeathHistory, FirstPublish, Provenance, Scene, named};
use crate::event::Event;
use crate::event::amqp::x_death::Death;
use crate::rabbitmq::ground::Ground;
use crate::text::numbers::millis;

/// Where a resend goes by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposal {
    To {
        /// Exchange; empty is the default exchange.
        exchange: String,
        routing_key: String,
        /// Why there, where it is not simply where the message was first published.
        why: Option<String>,
    },
    /// The person must say it; why, in words.
    Ask(String),
}

impl Default for Proposal {
    fn default() -> Self {
        Self::Ask(String::new())
    }
}

pub(crate) fn proposal(
    event: &Event,
    first: Option<&Death>,
    scene: Scene<'_>,
    found: &Provenance,
    reason: &str,
) -> Proposal {
    if let (FirstPublish::NotKnown | FirstPublish::Contradictory, Some(proposal)) =
        (&found.first, proposed(found))
    {
        return proposal;
    }
    match &found.first {
        FirstPublish::Known {
            exchange,
            routing_key,
            ..
        } => {
            let Some(waits) = only_waits(event, exchange, routing_key, first, scene) else {
                return Proposal::To {
                    exchange: exchange.clone(),
                    routing_key: routing_key.clone(),
                    why: None,
                };
            };
            let words = format!(
                "It was first published to {}, which leads only into {waits}: sent there again it \
                 would wait first",
                named(exchange)
            );
            match found.died_in() {
                "" => Proposal::Ask(format!("{words}. Choose where to send it")),
                queue => Proposal::To {
                    exchange: String::new(),
                    routing_key: queue.to_owned(),
                    why: Some(format!(
                        "{words}. So it goes to the queue that failed, {queue}"
                    )),
                },
            }
        }
        FirstPublish::NotKnown => Proposal::Ask(format!(
            "Where it was first published is not known. {reason}. Choose where to send it"
        )),
        FirstPublish::Contradictory => Proposal::Ask(format!(
            "What it tells of its origin contradicts itself. {reason}. Choose where to send it"
        )),
    }
}

/// Where its framework would send it.
fn proposed(found: &Provenance) -> Option<Proposal> {
    let parked = found.parked.as_ref()?;
    let target = parked.target.as_ref()?;
    Some(Proposal::To {
        exchange: target.exchange.clone(),
        routing_key: target.routing_key.clone(),
        why: Some(format!(
            "{} names where it came from ({})",
            parked.framework, target.says
        )),
    })
}

/// The waiting queues, in words, if the first publish leads nowhere else.
fn only_waits(
    event: &Event,
    exchange: &str,
    routing_key: &str,
    first: Option<&Death>,
    scene: Scene<'_>,
) -> Option<String> {
    let ways = scene.ground.map(Ground::ways);
    let way = ways.and_then(|ways| ways.of_message(exchange, routing_key, &event.properties));
    if let (Some(way), Some(roles)) = (way, scene.roles()) {
        let waits: Option<Vec<_>> = way.queues.iter().map(|queue| roles.wait(queue)).collect();
        let waits = waits.filter(|waits| !waits.is_empty())?;
        let told = waits.iter().map(|wait| {
            let name = &wait.queue.name;
            match wait.queue.message_ttl {
                Some(ms) => format!("the waiting queue {name} ({})", millis(ms)),
                None => format!("the waiting queue {name}"),
            }
        });
        return Some(told.collect::<Vec<_>>().join(" and "));
    }
    // Without bindings the history still says that it only waited where it died first.
    let first = first.filter(|first| {
        let history = DeathHistory::read(&event.properties);
        is_wait(first, &history, scene)
    })?;
    Some(format!("the waiting queue {}", first.queue))
}
