//! Where a message failed, and where it only waited.

use super::{DeathHistory, Evidence, Failed, Scene};
use crate::event::amqp::x_death::{Death, DeathReason};
use crate::rabbitmq::roles::{sounds_dead, sounds_waiting};

/// True if this death is the end of a wait and no failure: in a queue that gives messages back to
/// be worked on, or, where the topology does not say so, because the message was worked on
/// elsewhere after it.
pub(crate) fn is_wait(death: &Death, history: &DeathHistory, scene: Scene<'_>) -> bool {
    if death.reason != DeathReason::Expired {
        return false;
    }
    if scene
        .roles()
        .is_some_and(|roles| roles.wait(&death.queue).is_some())
    {
        return true;
    }
    match scene.queue_named(&death.queue) {
        Some(queue) if queue.consumers.is_some_and(|count| count > 0) => return false,
        None if sounds_waiting(&death.queue) => return true,
        Some(_) | None => {}
    }
    let is_worked_on = |other: &Death| {
        other.queue != death.queue
            && matches!(
                other.reason,
                DeathReason::Rejected | DeathReason::DeliveryLimit
            )
            && !is_for_dead(&other.queue, scene)
    };
    let mut after = history.deaths.iter().take_while(|other| *other != death);
    after.any(is_worked_on) || (death.count > 1 && history.deaths.iter().any(is_worked_on))
}

/// True if dead letters end in this queue: one that died there had died before.
fn is_for_dead(queue: &str, scene: Scene<'_>) -> bool {
    match scene.roles() {
        Some(roles) if scene.queue_named(queue).is_some() => roles.is_dead(queue),
        _ => sounds_dead(queue),
    }
}

/// The last death that was no wait and no end in a queue for the dead.
pub(crate) fn failed(
    history: &DeathHistory,
    scene: Scene<'_>,
    evidence: &mut Evidence,
) -> Option<Failed> {
    let mut deaths: Vec<&Death> = history.deaths.iter().collect();
    // RabbitMQ says which was the last; else the list is ordered by it.
    deaths.sort_by_key(|death| !history.last.is(death));
    let (waits, failures): (Vec<&Death>, Vec<&Death>) = deaths
        .into_iter()
        .partition(|death| is_wait(death, history, scene));
    let last = failures
        .iter()
        .find(|death| !is_for_dead(&death.queue, scene));
    if let Some(death) = last.or(failures.first()) {
        if let Some(wait) = waits.first() {
            evidence.fact(format!("In {} it only waited", wait.queue));
        }
        return Some(Failed {
            queue: Some(death.queue.clone()),
            reason: death.reason.word().to_owned(),
            words: death.words(),
            at: death.first_time,
            count: death.count,
            in_all: failures
                .iter()
                .fold(0, |all, death| all.saturating_add(death.count.max(1))),
        });
    }
    match waits.first() {
        Some(wait) => Some(given_up(wait, scene)),
        None => stated(history),
    }
}

/// It came out of a waiting queue and lies elsewhere: who gave it up is told by nobody but where it
/// was to go.
fn given_up(wait: &Death, scene: Scene<'_>) -> Failed {
    let to = scene
        .roles()
        .and_then(|roles| roles.wait(&wait.queue))
        .map(|wait| wait.to.as_slice())
        .unwrap_or_default();
    let is_there = scene
        .queue
        .is_some_and(|queue| to.iter().any(|name| name == queue));
    let queue = match to {
        [one] if !is_there => Some(one.clone()),
        _ => None,
    };
    let times = match wait.count {
        0 | 1 => String::new(),
        count => format!(" {count} times"),
    };
    let from = &wait.queue;
    let (reason, words) = match &queue {
        _ if is_there => (
            "waited",
            format!("It waited in {from}{times} and came back here"),
        ),
        Some(queue) => (
            "given up",
            format!(
                "It waited in {from}{times} and came back to {queue}, from where a client moved it \
                 on"
            ),
        ),
        None => (
            "given up",
            format!("It waited in {from}{times}; where a client gave it up is not known"),
        ),
    };
    Failed {
        queue,
        reason: reason.to_owned(),
        words,
        at: None,
        count: wait.count,
        in_all: wait.count,
    }
}

/// What is left where the entries were lost on the way: the texts beside them.
fn stated(history: &DeathHistory) -> Option<Failed> {
    let last = match history.last.queue {
        Some(_) => &history.last,
        None => &history.first,
    };
    let queue = last.queue.clone()?;
    let death = Death {
        reason: DeathReason::read(last.reason.as_deref().unwrap_or("unknown")),
        queue: queue.clone(),
        exchange: last.exchange.clone().unwrap_or_default(),
        routing_keys: Vec::new(),
        count: 1,
        first_time: None,
        original_expiration: None,
    };
    Some(Failed {
        queue: Some(queue),
        reason: death.reason.word().to_owned(),
        words: death.words(),
        at: None,
        count: 1,
        in_all: 1,
    })
}
