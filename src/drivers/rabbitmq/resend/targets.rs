//! Where a resend goes, looked at beforehand: is the exchange there, and would anybody but our own
//! tap get the message?

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use lapin::ExchangeKind as WireKind;
use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable as WireTable;

use crate::drivers::rabbitmq::connection::codec;
use crate::drivers::rabbitmq::connection::connections::{
    Connections, Knowledge, RunningTap, close,
};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::management;
use crate::event::Outgoing;

/// What is known right now where a tap of ours makes that matter.
pub(crate) async fn fresh_knowledge(connections: &Connections) -> Arc<Knowledge> {
    if connections.with_taps(|taps| taps.is_empty()) {
        return connections.knowledge().await;
    }
    Arc::new(management::read(connections.endpoint.as_ref().clone()).await)
}

/// Why this message must not be sent while our own tap listens: the broker confirms it as routed
/// when nobody but the tap gets it, and the original would be gone.
pub(crate) fn only_our_tap(
    knowledge: &Knowledge,
    taps: &[RunningTap],
    outgoing: &Outgoing,
) -> Option<String> {
    if taps.is_empty() || outgoing.destination.is_empty() {
        return None;
    }
    match knowledge
        .topology
        .route(&outgoing.destination, &outgoing.key, &outgoing.properties)
    {
        Some(mut queues) => {
            queues.retain(|queue| !taps.iter().any(|tap| tap.queue == *queue));
            queues.is_empty().then(|| {
                "No queue but Eventscope's own tap would get it, so it was not sent".to_owned()
            })
        }
        None => taps
            .iter()
            .any(|tap| tap.exchange == outgoing.destination)
            .then(|| {
                format!(
                    "Eventscope's own tap listens to {}, so a confirm would not prove that an \
                     application's queue took it. Stop the tap, then send it again",
                    outgoing.destination
                )
            }),
    }
}

/// Asks which target exchanges are missing, in words for each. Without this every message would
/// find it out for itself, at the cost of a channel each.
pub(crate) async fn missing_exchanges(
    connections: &Connections,
    targets: BTreeSet<&str>,
) -> HashMap<String, String> {
    let mut missing = HashMap::new();
    for exchange in targets.into_iter().filter(|name| !name.is_empty()) {
        match check_exchange(connections, exchange).await {
            Err(trouble) if trouble.code == Some(404) => {
                let words = format!("There is no exchange {exchange} in this virtual host");
                missing.insert(exchange.to_owned(), words);
            }
            // Whatever else it is, the publish itself will tell.
            Ok(()) | Err(_) => {}
        }
    }
    missing
}

async fn check_exchange(connections: &Connections, exchange: &str) -> Result<(), BrokerError> {
    let name = codec::short("name of the exchange", exchange)?;
    let channel = connections.asking_channel().await?;
    let options = ExchangeDeclareOptions {
        passive: true,
        ..ExchangeDeclareOptions::default()
    };
    let asked = channel.exchange_declare(name, WireKind::Direct, options, WireTable::default());
    BrokerError::limit(asked).await?;
    close(&channel).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::Properties;
    use crate::rabbitmq::topology::{Binding, Exchange, ExchangeKind, Topology, TopologySource};

    fn to(exchange: &str, key: &str) -> Outgoing {
        Outgoing {
            record: None,
            destination: exchange.into(),
            key: key.into(),
            properties: Properties::default(),
            body: Vec::new(),
        }
    }

    #[test]
    fn our_own_tap_does_not_pass_for_a_queue() {
        let tap = RunningTap {
            exchange: "shop".into(),
            queue: "amq.gen-1".into(),
            blind_since: None,
        };
        let binding = |destination: &str, key: &str| Binding {
            source: "shop".into(),
            destination: destination.into(),
            to_queue: true,
            key: key.into(),
            arguments: Vec::new(),
        };
        let knowledge = Knowledge {
            topology: Topology {
                source: TopologySource::Management,
                exchanges: vec![Exchange {
                    name: "shop".into(),
                    kind: ExchangeKind::Topic,
                    internal: false,
                }],
                bindings: vec![binding("amq.gen-1", "#"), binding("orders", "order.*")],
                ..Topology::default()
            },
            ..Knowledge::default()
        };
        let refused = |taps: &[RunningTap], exchange, key| {
            only_our_tap(&knowledge, taps, &to(exchange, key)).is_some()
        };
        let taps = [tap];
        assert!(!refused(&taps, "shop", "order.created"));
        assert!(refused(&taps, "shop", "payment.settled"));
        assert!(!refused(&[], "shop", "payment.settled"));
        assert!(!refused(&taps, "", "orders"));
        let unknown = Knowledge::default();
        assert!(only_our_tap(&unknown, &taps, &to("shop", "x")).is_some());
        assert!(only_our_tap(&unknown, &taps, &to("other", "x")).is_none());
    }
}
