//! The first death of a message, and the first publish that it tells of.

use super::wait::is_wait;
use super::{DeathHistory, Evidence, FirstPublish, Form, Scene, named};
use crate::event::Event;
use crate::event::amqp::FieldValue;
use crate::event::amqp::x_death::Death;
use crate::rabbitmq::frameworks::counters;

/// Clocks of two nodes may differ by so many seconds before times count as a contradiction.
const SKEW: u64 = 2;

/// The entry of the first death, if one can be told, and in `evidence` how it is known.
pub(crate) fn first_death<'a>(
    history: &'a DeathHistory,
    scene: Scene<'_>,
    evidence: &mut Evidence,
) -> Option<&'a Death> {
    let deaths = &history.deaths;
    if deaths.is_empty() {
        return None;
    }
    match &history.first.queue {
        Some(_) => stated(history, evidence),
        None if deaths.len() == 1 => deaths.first(),
        None => by_time(deaths, scene, evidence),
    }
}

/// What `x-first-death-…` says, if nothing speaks against it.
fn stated<'a>(history: &'a DeathHistory, evidence: &mut Evidence) -> Option<&'a Death> {
    let stated = &history.first;
    let queue = stated.queue.as_deref().unwrap_or_default();
    let Some(first) = history.deaths.iter().find(|death| stated.is(death)) else {
        evidence.doubt(format!(
            "x-first-death-queue says that it died first in {queue}, but x-death has no such entry: \
             a client wrote a part of these headers back"
        ));
        return None;
    };
    if let Some(exchange) = stated
        .exchange
        .as_deref()
        .filter(|own| *own != first.exchange)
    {
        evidence.doubt(format!(
            "x-first-death-exchange says that it was first published to {}, x-death says to {}: it \
             was published again in between",
            named(exchange),
            named(&first.exchange)
        ));
        return None;
    }
    let before = |other: &&Death| {
        let times = other.first_time.zip(first.first_time);
        times.is_some_and(|(other, first)| other + SKEW < first)
    };
    if let Some(earlier) = history.deaths.iter().find(before) {
        evidence.doubt(format!(
            "x-first-death-queue says that it died first in {queue}, but by the times in x-death it \
             died in {} before",
            earlier.queue
        ));
        return None;
    }
    if history.deaths.len() > 1 {
        evidence.fact(format!("RabbitMQ wrote down that it died first in {queue}"));
    }
    Some(first)
}

/// The earliest entry. Times are in seconds, so several can be equal; then the dead-letter exchanges
/// tell which of them brought the message to which queue.
fn by_time<'a>(
    deaths: &'a [Death],
    scene: Scene<'_>,
    evidence: &mut Evidence,
) -> Option<&'a Death> {
    let earliest = deaths.iter().map(|death| death.first_time).min().flatten();
    let early: Vec<&Death> = deaths
        .iter()
        .filter(|death| earliest.is_none() || death.first_time == earliest)
        .collect();
    if let [first] = early.as_slice() {
        evidence.fact(format!(
            "By the times in x-death it died first in {}",
            first.queue
        ));
        return Some(first);
    }
    // Nothing was counted up, so nothing was moved within the list.
    if deaths.iter().all(|death| death.count <= 1) {
        return deaths.last();
    }
    let own: Vec<&&Death> = early
        .iter()
        .filter(|death| !early.iter().any(|other| is_brought_by(death, other, scene)))
        .collect();
    if let [first] = own.as_slice() {
        evidence.fact(format!(
            "By the dead-letter exchanges of its queues it died first in {}",
            first.queue
        ));
        return Some(first);
    }
    let names: Vec<&str> = early.iter().map(|death| death.queue.as_str()).collect();
    evidence.doubt(format!(
        "It died several times, and nothing says where first: in {}",
        names.join(" or in ")
    ));
    None
}

/// True if the publish before this death is the other's dead-lettering, by the topology.
fn is_brought_by(death: &Death, other: &Death, scene: Scene<'_>) -> bool {
    let queue = scene.queue_named(&other.queue);
    let Some(queue) = queue.filter(|_| other.queue != death.queue) else {
        return false;
    };
    let keys = match &queue.dead_letter_routing_key {
        Some(key) => std::slice::from_ref(key),
        None => &other.routing_keys,
    };
    queue.dead_letter_exchange.as_ref() == Some(&death.exchange) && keys == death.routing_keys
}

/// Where it was first published, as its first death tells.
pub(crate) fn first_publish(
    event: &Event,
    history: &DeathHistory,
    first: Option<&Death>,
    scene: Scene<'_>,
    evidence: &mut Evidence,
) -> FirstPublish {
    let Some(first) = first else {
        if !history.deaths.is_empty() {
            return FirstPublish::Contradictory;
        }
        if let Some(exchange) = &history.first.exchange {
            evidence.doubt(format!(
                "x-first-death-exchange says that it was first published to {}. The key is written \
                 nowhere",
                named(exchange)
            ));
        } else if history.form == Form::Absent {
            evidence.doubt(format!(
                "It carries no death history: a client published it to {} with the key {}",
                named(&event.destination),
                event.key
            ));
        }
        return FirstPublish::NotKnown;
    };
    if let Some(words) = later_publish(event, history, first, scene) {
        evidence.doubt(words);
        return FirstPublish::NotKnown;
    }
    let Some((routing_key, cc)) = first.routing_keys.split_first() else {
        evidence.doubt(format!(
            "It was first published to {}; the key is not in its history",
            named(&first.exchange)
        ));
        return FirstPublish::NotKnown;
    };
    let is_straight = first.exchange.is_empty() && *routing_key == first.queue;
    if is_straight
        && scene
            .ground
            .is_some_and(|ground| ground.ways().is_bound(&first.queue))
    {
        evidence.doubt(format!(
            "It was published straight to the queue {}, which is bound to an exchange: it may have \
             been moved there. From 4.0 on RabbitMQ begins the history of a message again then",
            first.queue
        ));
    }
    FirstPublish::Known {
        exchange: first.exchange.clone(),
        routing_key: routing_key.clone(),
        cc: cc.to_vec(),
    }
}

/// Why the publish before the first death is known not to be the first one, if it is.
fn later_publish(
    event: &Event,
    history: &DeathHistory,
    first: &Death,
    scene: Scene<'_>,
) -> Option<String> {
    if is_shovelled_to(event, first) {
        return Some(format!(
            "A shovel published it to {} before it died in {} (header x-shovelled). Where it was \
             first published is written nowhere",
            named(&first.exchange),
            first.queue
        ));
    }
    if !is_wait(first, history, scene) {
        return None;
    }
    let queue = &first.queue;
    if let Some(counter) = counters(&event.properties, &event.body).first() {
        return Some(format!(
            "A client published it into the waiting queue {queue} to try it again ({} counts {}). \
             Where it was first published is written nowhere",
            counter.name(),
            counter.value
        ));
    }
    let ways = scene
        .ground
        .filter(|ground| ground.topology.is_complete())?
        .ways();
    let leads = |other: &Death| {
        let own = ways.queue(&other.queue);
        own.is_some_and(|own| ways.of_the_dead(own).contains(queue))
    };
    let is_brought = history.deaths.iter().any(leads);
    (first.count > 1 && !is_brought).then(|| {
        format!(
            "It waited in {queue} {} times, and no queue where it died leads there: a client \
             published it there each time. Where it was first published is written nowhere",
            first.count
        )
    })
}

/// True if a shovel that writes down what it does published the message to where it died first.
fn is_shovelled_to(event: &Event, first: &Death) -> bool {
    let Some(FieldValue::Array(moves)) = event.properties.header("x-shovelled") else {
        return false;
    };
    moves.iter().any(|one| {
        let FieldValue::Table(fields) = one else {
            return false;
        };
        let text = |name: &str| {
            let field = fields.iter().find(|(own, _)| own == name);
            field.and_then(|(_, value)| value.as_text())
        };
        let to_queue = text("dest-queue").is_some_and(|queue| {
            first.exchange.is_empty() && first.routing_keys.first().is_some_and(|key| key == queue)
        });
        to_queue || text("dest-exchange").is_some_and(|exchange| exchange == first.exchange)
    })
}
