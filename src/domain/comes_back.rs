//! Would a dead letter that is sent again be back at once?

use std::collections::BTreeSet;

use super::dead_letter::{Death, DeathReason};
use super::event::Event;
use super::topology::Topology;

/// Why it would, in words, if it lies in the queue `from` and is sent to those that are `reached`;
/// `None` if nothing speaks for it.
#[must_use]
pub fn at_once(
    event: &Event,
    reached: &BTreeSet<String>,
    from: &str,
    topology: &Topology,
) -> Option<String> {
    if reached.contains(from) {
        return Some(format!(
            "it would be routed into {from} again, where it lies now"
        ));
    }
    let last = Death::history(&event.properties).into_iter().next()?;
    let queue = topology.queue(&last.queue)?;
    if !reached.contains(&queue.name) || queue.consumers != Some(0) {
        return None;
    }
    let name = &queue.name;
    match last.reason {
        DeathReason::Expired => Some(format!(
            "it expired in {name}, and still nobody consumes from that queue"
        )),
        DeathReason::MaxLen => Some(format!(
            "{name} was full, and still nobody consumes from that queue"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dead_letter::tests::{death, died};
    use crate::domain::topology::tests::shop;
    use chrono::DateTime;

    fn words(reason: &str, consumers: u64, exchange: &str, key: &str) -> Option<String> {
        let mut shop = shop();
        for queue in &mut shop.queues {
            queue.consumers = Some(consumers);
        }
        let properties = died(vec![death(reason, "orders", "shop", &["order.created"], 1)]);
        let at = DateTime::UNIX_EPOCH;
        let event = Event::new(at, "dead".into(), "orders".into(), true, properties, vec![]);
        let reached = shop.reached(exchange, key)?;
        at_once(&event, &reached, "orders.dead", &shop)
    }

    #[test]
    fn into_the_queue_where_it_lies() {
        let back = words("rejected", 1, "dead", "orders").unwrap_or_default();
        assert!(back.contains("into orders.dead again"), "{back}");
    }

    #[test]
    fn expired_or_pushed_out_and_nobody_consumes() {
        assert!(words("expired", 0, "shop", "order.created").is_some());
        assert!(words("maxlen", 0, "", "orders").is_some());
        assert_eq!(words("expired", 1, "shop", "order.created"), None);
        assert_eq!(words("rejected", 0, "shop", "order.created"), None);
        assert_eq!(words("expired", 0, "", "archive"), None);
    }
}
