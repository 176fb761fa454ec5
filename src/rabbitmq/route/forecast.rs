//! Where a message that is being written would go, told before it is published.

use crate::event::Draft;
use crate::rabbitmq::topology::{ExchangeKind, Topology, TopologySource};

/// Where a message in a form would go, in words; queues of our own do not count.
#[must_use]
pub fn forecast(draft: &Draft, own_queues: &[&str], topology: &Topology) -> String {
    let (exchange, key) = (draft.destination.as_str(), draft.key.as_str());
    if topology.source == TopologySource::Management
        && !exchange.is_empty()
        && topology.exchange(exchange).is_none()
    {
        return format!("No exchange {exchange} is known in this virtual host");
    }
    match topology.route_without(exchange, key, &draft.routed_by(), own_queues) {
        None => "Which queues it reaches is not known: the bindings cannot be read".to_owned(),
        Some(queues) if queues.is_empty() => {
            match topology.exchange(exchange).map(|found| &found.kind) {
                Some(ExchangeKind::Headers) => {
                    "No queue would get it: no binding matches these headers".to_owned()
                }
                _ => "No queue would get it: no binding matches this routing key".to_owned(),
            }
        }
        Some(queues) => {
            let names: Vec<_> = queues.into_iter().collect();
            let shown = names
                .iter()
                .take(6)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            match names.len() {
                1 => format!("Reaches the queue {shown}"),
                count if count > 6 => format!("Reaches {count} queues: {shown}, …"),
                count => format!("Reaches {count} queues: {shown}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn it_says_where_a_message_goes() {
        let shop = shop();
        let words = |exchange: &str, key: &str, own: &[&str]| {
            let mut draft = Draft::default();
            (draft.destination, draft.key) = (exchange.into(), key.into());
            forecast(&draft, own, &shop)
        };
        assert_eq!(
            words("shop", "order.created", &[]),
            "Reaches the queue orders"
        );
        assert!(words("shop", "x", &[]).starts_with("No queue"));
        assert!(words("shop", "order.created", &["orders"]).starts_with("No queue"));
        assert!(words("spread", "x", &[]).contains("not known"));
        assert!(words("nowhere", "x", &[]).starts_with("No exchange nowhere"));
    }
}
