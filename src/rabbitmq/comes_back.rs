//! Would a dead letter that is sent again be back, or lie waiting? Judged by what is there now.

use std::collections::BTreeSet;

use super::origin::Scene;
use super::topology::{Dropping, Queue};
use crate::event::amqp::x_death::{Death, DeathReason};
use crate::event::{Event, Outgoing};
use crate::text::numbers::millis;

/// Why it would not be worked on, in words, if it is sent to the queues that are `reached`; `None`
/// if nothing speaks against it.
#[must_use]
pub fn at_once(
    event: &Event,
    outgoing: &Outgoing,
    reached: &BTreeSet<String>,
    scene: Scene<'_>,
) -> Option<String> {
    if let Some(from) = scene.queue.filter(|from| reached.contains(*from)) {
        return Some(format!(
            "it would be routed into {from} again, where it lies now"
        ));
    }
    only_waits(reached, scene).or_else(|| dies_again(event, outgoing, reached, scene))
}

/// It would not be worked on before it has waited.
fn only_waits(reached: &BTreeSet<String>, scene: Scene<'_>) -> Option<String> {
    let roles = scene.roles()?;
    let waits: Option<Vec<_>> = reached.iter().map(|queue| roles.wait(queue)).collect();
    let wait = *waits?.first()?;
    let (name, to) = (&wait.queue.name, wait.to.join(", "));
    Some(match wait.queue.message_ttl {
        Some(ms) => format!(
            "it would only wait in {name} for {}, then go to {to}",
            millis(ms)
        ),
        None => {
            format!("it would only lie in the waiting queue {name}, from where it goes to {to}")
        }
    })
}

/// A queue that gave it away would do so again, as things are now.
fn dies_again(
    event: &Event,
    outgoing: &Outgoing,
    reached: &BTreeSet<String>,
    scene: Scene<'_>,
) -> Option<String> {
    Death::history(&event.properties).iter().find_map(|death| {
        let queue = scene.queue_named(&death.queue)?;
        if !reached.contains(&queue.name) || queue.consumers != Some(0) {
            return None;
        }
        match death.reason {
            DeathReason::Expired => expires(queue, outgoing),
            DeathReason::MaxLen => is_full(queue, outgoing),
            _ => None,
        }
    })
}

fn expires(queue: &Queue, outgoing: &Outgoing) -> Option<String> {
    let own = outgoing.properties.expiration.as_deref();
    let own = own.and_then(|ms| ms.parse::<u64>().ok());
    let ms = own.into_iter().chain(queue.message_ttl).min()?;
    Some(format!(
        "it expired in {}, nobody consumes from that queue, and it would expire there again after \
         {}",
        queue.name,
        millis(ms)
    ))
}

fn is_full(queue: &Queue, outgoing: &Outgoing) -> Option<String> {
    // A queue that refuses what it has no room for says so itself.
    if !queue.drops.contains(&Dropping::Full) {
        return None;
    }
    let ready = queue.ready.unwrap_or(0);
    let bytes = queue.ready_bytes.unwrap_or(0) + outgoing.body.len() as u64;
    let no_room = queue.max_length.is_some_and(|most| ready >= most);
    let too_much = queue.max_bytes.is_some_and(|most| bytes > most);
    (no_room || too_much).then(|| {
        format!(
            "{} is full, nobody consumes from it, and it would push out what lies there",
            queue.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::Properties;
    use crate::rabbitmq::ground::Ground;
    use crate::rabbitmq::roles::tests::retry_loop;
    use crate::testing::{death, died, shop};
    use chrono::DateTime;

    fn words(
        reason: &str,
        change: impl Fn(&mut Queue),
        exchange: &str,
        key: &str,
        expiration: Option<&str>,
    ) -> Option<String> {
        let mut shop = shop();
        for queue in &mut shop.queues {
            queue.consumers = Some(0);
            change(queue);
        }
        let properties = died(vec![death(reason, "orders", "shop", &["order.created"], 1)]);
        let ground = Ground::of(shop);
        told(
            &ground,
            properties,
            "orders.dead",
            (exchange, key, expiration),
        )
    }

    fn told(
        ground: &Ground,
        properties: Properties,
        lies_in: &str,
        (exchange, key, expiration): (&str, &str, Option<&str>),
    ) -> Option<String> {
        let at = DateTime::UNIX_EPOCH;
        let event = Event::new(
            at,
            "dead".into(),
            "orders".into(),
            Transport::amqp(true),
            properties,
            vec![],
        );
        let outgoing = Outgoing {
            record: None,
            destination: exchange.into(),
            key: key.into(),
            properties: Properties {
                expiration: expiration.map(str::to_owned),
                ..Properties::default()
            },
            body: vec![0; 100],
        };
        let reached = ground.topology.reached(exchange, key)?;
        at_once(&event, &outgoing, &reached, ground.scene(Some(lies_in)))
    }

    #[test]
    fn into_the_queue_where_it_lies() {
        let back = words("rejected", |_| {}, "dead", "orders", None).unwrap_or_default();
        assert!(back.contains("into orders.dead again"), "{back}");
    }

    #[test]
    fn what_expired_expires_again_only_where_something_makes_it_expire() {
        let with_ttl = |queue: &mut Queue| queue.message_ttl = Some(60_000);
        let to = ("shop", "order.created");
        let again = words("expired", with_ttl, to.0, to.1, None).unwrap_or_default();
        assert!(again.contains("again after 1 min"), "{again}");
        let own = words("expired", |_| {}, to.0, to.1, Some("500")).unwrap_or_default();
        assert!(own.contains("again after 500 ms"), "{own}");
        assert_eq!(words("expired", |_| {}, to.0, to.1, None), None);
        let consumed = |queue: &mut Queue| {
            queue.message_ttl = Some(60_000);
            queue.consumers = Some(1);
        };
        assert_eq!(words("expired", consumed, to.0, to.1, None), None);
        assert_eq!(words("rejected", with_ttl, to.0, to.1, None), None);
        assert_eq!(words("expired", with_ttl, "", "archive", None), None);
    }

    #[test]
    fn what_was_full_may_have_room_now() {
        let holding = |ready: u64| {
            move |queue: &mut Queue| {
                queue.drops = vec![Dropping::Full];
                queue.max_length = Some(3);
                queue.ready = Some(ready);
            }
        };
        assert!(words("maxlen", holding(3), "", "orders", None).is_some());
        assert_eq!(words("maxlen", holding(2), "", "orders", None), None);
        assert_eq!(words("maxlen", holding(0), "", "orders", None), None);
        let by_bytes = |queue: &mut Queue| {
            queue.drops = vec![Dropping::Full];
            queue.max_bytes = Some(1_000);
            queue.ready_bytes = Some(950);
        };
        assert!(words("maxlen", by_bytes, "", "orders", None).is_some());
    }

    #[test]
    fn a_waiting_room_is_told_before() {
        let ground = Ground::of(retry_loop());
        let properties = died(vec![death(
            "rejected",
            "pay.work",
            "pay",
            &["payment.due"],
            2,
        )]);
        let to = |exchange, key| {
            let properties = properties.clone();
            told(&ground, properties, "graves", (exchange, key, None))
        };
        let waits = to("pay.retry", "payment.due").unwrap_or_default();
        assert!(
            waits.contains("wait in pay.wait for 10 h, then go to pay.work"),
            "{waits}"
        );
        assert_eq!(to("pay", "payment.due"), None);
    }
}
