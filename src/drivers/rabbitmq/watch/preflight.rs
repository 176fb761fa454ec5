//! Gathers what bears on a tap before it starts, and lets the rules judge it.

use lapin::options::ExchangeDeclareOptions;
use lapin::types::FieldTable as WireTable;

use crate::drivers::rabbitmq::connection::codec;
use crate::drivers::rabbitmq::connection::connections::{Connections, close};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::management::{self, Rules};
use crate::event::watching::Report;
use crate::rabbitmq::preflight::{self, TapFacts};
use crate::rabbitmq::topology::TopologySource;

/// Finds out what a tap would do here.
pub(crate) async fn run(
    connections: Connections,
    exchange: String,
    binding_keys: Vec<String>,
) -> Report {
    let knowledge = connections.knowledge().await;
    let mut topology = knowledge.topology.clone();
    let own: Vec<String> =
        connections.with_taps(|taps| taps.values().map(|tap| tap.queue.clone()).collect());
    topology
        .bindings
        .retain(|b| !(b.to_queue && own.contains(&b.destination)));
    let exists = match exists(&connections, &exchange).await {
        Ok(exists) => exists,
        Err(trouble) => return Report::impossible(trouble.words),
    };
    let rules = if topology.source == TopologySource::Management {
        management::rules(connections.endpoint.as_ref().clone(), exchange.clone()).await
    } else {
        Rules::unknown("the management API does not serve")
    };
    preflight::check(&TapFacts {
        user: connections.endpoint.user.clone(),
        exchange,
        binding_keys,
        exists,
        topology,
        alternate_argument: rules.alternate,
        policies: rules.policies,
        permissions: rules.permissions,
        limit: connections.tap_limit,
    })
}

/// Asks the broker itself: what the management API told may be seconds old. A name that cannot be
/// asked for is left to the tap.
async fn exists(connections: &Connections, exchange: &str) -> Result<bool, BrokerError> {
    let Ok(name) = codec::short("name of the exchange", exchange) else {
        return Ok(false);
    };
    if exchange.is_empty() {
        return Ok(true);
    }
    let channel = connections.asking_channel().await?;
    let options = ExchangeDeclareOptions {
        passive: true,
        ..ExchangeDeclareOptions::default()
    };
    let asked = channel.exchange_declare(
        name,
        lapin::ExchangeKind::Topic,
        options,
        WireTable::default(),
    );
    match BrokerError::limit(asked).await {
        Ok(()) => {
            close(&channel).await;
            Ok(true)
        }
        Err(trouble) if trouble.code == Some(404) => Ok(false),
        // Refused for another reason, such as a missing permission: it is there.
        Err(trouble) if trouble.code.is_some() => Ok(true),
        Err(trouble) => Err(trouble),
    }
}
