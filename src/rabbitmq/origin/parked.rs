//! What a framework wrote down beside what RabbitMQ knows. RabbitMQ's own facts count more.

use super::{Failed, FirstPublish, Provenance, named};

/// Takes it into what is known so far.
pub(crate) fn take_in(found: &mut Provenance) {
    let Some(parked) = &found.parked else {
        return;
    };
    if let Some(words) = contradiction(found) {
        found.evidence.doubt(words);
    }
    match &mut found.failed {
        // The broker says that it was moved; the framework says why.
        Some(_) if !found.deaths.is_empty() => found.evidence.fact(parked.words()),
        failed => {
            let class = parked
                .failure
                .as_ref()
                .and_then(|failure| failure.class.as_deref());
            let class = class.map(|class| class.rsplit(['.', ':']).next().unwrap_or(class));
            *failed = Some(Failed {
                queue: parked.failed_queue.clone(),
                reason: class.unwrap_or("parked").to_owned(),
                words: parked.words(),
                at: parked.when,
                count: parked.attempts.unwrap_or(1),
                in_all: 1,
            });
            // That it has no history is no news where somebody else wrote one.
            if found.first == FirstPublish::NotKnown && found.deaths.is_empty() {
                found.evidence.clear();
            }
        }
    }
}

/// What the framework says of its origin, if RabbitMQ knows it better. That it names the queue that
/// failed, where RabbitMQ names the first publish, is none.
fn contradiction(found: &Provenance) -> Option<String> {
    let parked = found.parked.as_ref().filter(|parked| !parked.by_broker)?;
    let said = parked.target.as_ref()?;
    let FirstPublish::Known {
        exchange,
        routing_key,
        ..
    } = &found.first
    else {
        return None;
    };
    let is_same = (exchange, routing_key) == (&said.exchange, &said.routing_key);
    let is_queue = said.exchange.is_empty() && said.routing_key == found.died_in();
    (!is_same && !is_queue).then(|| {
        format!(
            "{} says that it came from {} with the key {}, which its death history does not bear \
             out",
            said.says,
            named(&said.exchange),
            said.routing_key
        )
    })
}
