//! A tap: a temporary queue of our own that gets a copy of what an exchange routes, and the rules
//! that keep it from changing the system it watches.

use super::topology::{ExchangeKind, Topology};
use crate::event::key_pattern;
use crate::event::tap_id::TapId;
use crate::event::watching::{Finding, Weight};

/// The firehose as a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirehoseRequest {
    /// Its id, chosen by the asker.
    pub tap: TapId,
    /// Show deliveries to consumers too, not only what is published.
    pub deliveries: bool,
}

/// What waits at most in the broker's tap queue; beyond it the oldest are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub messages: u32,
    /// Bytes of their bodies.
    pub bytes: u32,
}

/// The limit of a tap's queue.
pub const LIMIT: Limit = Limit {
    messages: 20_000,
    bytes: 64 * 1024 * 1024,
};

/// The dead-letter exchange of the tap queue. It does not exist, so what overflows is dropped and
/// not sent anywhere, even where a policy gives every queue a dead-letter exchange: arguments
/// overrule policies.
pub const VOID_EXCHANGE: &str = "eventscope.void";

/// Where what overflows a tap's queue goes to vanish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// To [`VOID_EXCHANGE`].
    Exchange,
    /// Through the default exchange to a queue of that name, which does not exist either: for
    /// logins that may not write to the exchange's name.
    Queue,
}

/// The value of a queue argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    Text(&'static str),
    Number(u32),
}

/// The arguments that a tap's queue is declared with.
#[must_use]
pub fn arguments(limit: Limit, void: Void) -> Vec<(&'static str, Argument)> {
    let mut arguments = vec![
        ("x-queue-type", Argument::Text("classic")),
        ("x-max-length", Argument::Number(limit.messages)),
        ("x-max-length-bytes", Argument::Number(limit.bytes)),
        // Any other rule would make a full tap refuse what the application publishes.
        ("x-overflow", Argument::Text("drop-head")),
    ];
    match void {
        Void::Exchange => {
            arguments.push(("x-dead-letter-exchange", Argument::Text(VOID_EXCHANGE)));
        }
        Void::Queue => arguments.extend([
            ("x-dead-letter-exchange", Argument::Text("")),
            ("x-dead-letter-routing-key", Argument::Text(VOID_EXCHANGE)),
        ]),
    }
    arguments
}

/// The keys to bind for what was typed: several are separated by commas. For a direct exchange a
/// pattern means every known key that it matches, because such an exchange compares letter by
/// letter; none, if none is known.
#[must_use]
pub fn binding_keys(typed: &str, exchange: &str, topology: &Topology) -> Vec<String> {
    let kind = topology.exchange(exchange).map(|found| &found.kind);
    let mut keys = Vec::new();
    for part in typed.split(',').map(str::trim) {
        if kind == Some(&ExchangeKind::Direct) && part.contains(['#', '*']) {
            let known = topology.bindings.iter().filter(|b| b.source == exchange);
            let fitting = known.filter(|binding| key_pattern::matches(part, &binding.key));
            keys.extend(fitting.map(|binding| binding.key.clone()));
        } else {
            keys.push(part.to_owned());
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

/// Why a tap on this exchange of a virtual host is refused; see [`refusal`].
#[must_use]
pub fn refused_there(exchange: &str, topology: &Topology) -> Option<String> {
    let found = topology.exchange(exchange);
    refusal(
        exchange,
        found.map_or(&ExchangeKind::Unknown, |found| &found.kind),
    )
}

/// What the firehose costs and shows, told before it is switched on.
#[must_use]
pub fn about_firehose(vhost: &str) -> Vec<Finding> {
    let finding = |weight, words: &str| Finding {
        weight,
        words: words.to_owned(),
    };
    let cost = format!(
        "RabbitMQ copies every message of the virtual host {vhost}, with its publisher and the queues \
         it reached. That slows the broker down for everybody as long as it is on: use it for \
         minutes, not for days"
    );
    vec![
        finding(Weight::Warning, &cost),
        finding(
            Weight::Info,
            "It shows what no tap can: the default exchange, hash exchanges, and messages that no \
             queue took",
        ),
        finding(
            Weight::Info,
            "Eventscope switches it off when you stop it, disconnect or quit, and after a crash when \
             it connects here the next time. If somebody else had it on before, it stays on",
        ),
        finding(
            Weight::Info,
            "Only an administrator of the broker may switch it, over the management API",
        ),
    ]
}

/// Why a tap on this exchange is refused, in words with the alternative; `None` if it is harmless.
#[must_use]
pub fn refusal(exchange: &str, kind: &ExchangeKind) -> Option<String> {
    if exchange.is_empty() {
        return Some(
            "The default exchange cannot be tapped: RabbitMQ allows no binding to it. The firehose \
             shows what is published to it"
                .to_owned(),
        );
    }
    let ExchangeKind::Other(name) = kind else {
        return None;
    };
    match name.as_str() {
        "x-consistent-hash" | "x-modulus-hash" | "x-random" | "x-local-random" => Some(format!(
            "{exchange} is of type {name}: it gives each message to one of its queues, so a tap \
             would take messages away from the application. Tap an exchange before it instead, or \
             use the firehose"
        )),
        "x-delayed-message" => Some(format!(
            "{exchange} is of type {name}, and how it routes to a tap depends on its arguments. \
             Tap an exchange before it instead, or use the firehose"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_that_share_messages_out_are_refused() {
        for name in [
            "x-consistent-hash",
            "x-modulus-hash",
            "x-random",
            "x-local-random",
        ] {
            let kind = ExchangeKind::read(name);
            assert!(refusal("spread", &kind).is_some_and(|words| words.contains(name)));
        }
        for name in ["direct", "fanout", "topic", "headers", "x-recent-history"] {
            assert_eq!(refusal("shop", &ExchangeKind::read(name)), None, "{name}");
        }
        assert!(refusal("", &ExchangeKind::Direct).is_some());
    }

    #[test]
    fn keys_are_typed_with_commas_and_spread_out_on_a_direct_exchange() {
        let shop = crate::testing::shop();
        assert_eq!(binding_keys("#", "shop", &shop), ["#"]);
        assert_eq!(binding_keys("b.*, a, b.*", "shop", &shop), ["a", "b.*"]);
        assert_eq!(binding_keys("#", "dead", &shop), ["orders", "other"]);
        assert_eq!(binding_keys("x.#", "dead", &shop), [""; 0]);
        assert_eq!(binding_keys("", "nowhere", &shop), [""]);
    }
}
