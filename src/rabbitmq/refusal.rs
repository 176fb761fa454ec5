//! Why a message would not arrive, as far as that is known before it is sent.

use super::policy::permits;
use super::server_version::ServerVersion;
use super::topology::{ExchangeKind, Topology, TopologySource};
use crate::event::Outgoing;
use crate::rabbitmq::header_frame::too_large;
use crate::text::payload::size_text;

/// What is known of the broker.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Exchanges, queues and bindings.
    pub topology: &'a Topology,
    /// Which broker it is.
    pub version: Option<&'a ServerVersion>,
    /// To which exchanges the login may publish, as a pattern.
    pub write: Option<&'a str>,
    /// The largest frames that it takes, in bytes; 0 for any, `None` if that is not known.
    pub frame: Option<u32>,
    pub login: &'a str,
}

/// Why this one would not arrive, in words; `None` if nothing speaks against it.
#[must_use]
pub fn refusal(outgoing: &Outgoing, known: &Known<'_>) -> Option<String> {
    let Outgoing {
        destination: exchange,
        key: routing_key,
        ..
    } = outgoing;
    let (size, most) = (outgoing.body.len() as u64, largest(known.version));
    if size > most {
        return Some(format!(
            "Its payload of {} is larger than this RabbitMQ takes by default ({})",
            size_text(size),
            size_text(most)
        ));
    }
    if let Some(frame) = known.frame
        && let Some(words) = too_large(&outgoing.properties, frame)
    {
        return Some(words);
    }
    if known.topology.source == TopologySource::Management && !exchange.is_empty() {
        match known.topology.exchange(exchange) {
            None => {
                return Some(format!(
                    "There is no exchange {exchange} in this virtual host"
                ));
            }
            Some(found) if found.internal => {
                return Some(format!(
                    "{exchange} is an internal exchange: nobody can publish to it"
                ));
            }
            Some(_) => {}
        }
    }
    let name = match exchange.as_str() {
        "" => "the default exchange",
        name => name,
    };
    if known.write.and_then(|pattern| permits(pattern, exchange)) == Some(false) {
        return Some(format!(
            "{} may not publish to {name}: an administrator can grant the write permission",
            known.login
        ));
    }
    let reached = known
        .topology
        .route(exchange, routing_key, &outgoing.properties)?;
    let by = match known.topology.exchange(exchange).map(|found| &found.kind) {
        Some(ExchangeKind::Headers) => "its headers".to_owned(),
        _ => format!("the key {routing_key}"),
    };
    reached
        .is_empty()
        .then(|| format!("No queue is bound to {name} for {by}, so it would not be routed"))
}

/// The largest body that RabbitMQ takes unless it is told otherwise, in bytes (`max_message_size`):
/// 128 MiB, from 4.0 on 16 MiB.
fn largest(version: Option<&ServerVersion>) -> u64 {
    match version {
        Some(version) if version.at_least(4, 0) => 16 << 20,
        _ => 128 << 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::Properties;
    use crate::testing::shop;

    fn told(exchange: &str, key: &str, size: usize, known: &Known<'_>) -> Option<String> {
        let outgoing = Outgoing {
            record: None,
            destination: exchange.into(),
            key: key.into(),
            properties: Properties::default(),
            body: vec![0; size],
        };
        refusal(&outgoing, known)
    }

    #[test]
    fn what_would_not_arrive_is_known_beforehand() {
        let mut shop = shop();
        shop.exchanges[0].internal = false;
        let (new, old) = ["4.0.1", "3.13.7"].map(ServerVersion::rabbitmq).into();
        let mut known = Known {
            topology: &shop,
            version: Some(&new),
            write: None,
            frame: None,
            login: "ada",
        };
        let says = |told: Option<String>, part: &str| {
            let words = told.expect("a reason");
            assert!(words.contains(part), "{words}");
        };
        assert_eq!(told("shop", "order.created", 9, &known), None);
        assert_eq!(told("", "orders", 9, &known), None);
        says(told("nowhere", "k", 9, &known), "There is no exchange");
        says(told("shop", "nobody.wants", 9, &known), "No queue is bound");
        says(told("", "no.such.queue", 9, &known), "No queue is bound");
        says(
            told("shop", "order.created", (16 << 20) + 1, &known),
            "larger",
        );
        known.version = Some(&old);
        assert_eq!(told("shop", "order.created", (16 << 20) + 1, &known), None);
        known.write = Some("^other$");
        says(
            told("shop", "order.created", 9, &known),
            "ada may not publish to shop",
        );
        known.write = Some("^amq\\.default$");
        assert_eq!(told("", "orders", 9, &known), None);
        let nothing = Topology::default();
        known = Known {
            topology: &nothing,
            version: None,
            write: None,
            frame: None,
            login: "ada",
        };
        assert_eq!(told("anywhere", "k", 9, &known), None);
    }
}
