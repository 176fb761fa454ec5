//! A tap: a temporary queue of our own that gets a copy of what an exchange routes, and the rules
//! that keep it from changing the system it watches.

use super::topology::ExchangeKind;

/// Tells taps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TapId(pub u64);

/// What a tap listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapRequest {
    /// Its id, chosen by the asker.
    pub tap: TapId,
    /// The exchange to listen to.
    pub exchange: String,
    /// Binding keys: one pattern for a topic exchange, every known key for a direct one.
    pub binding_keys: Vec<String>,
}

/// Most messages that wait in the broker's tap queue; beyond it the oldest are dropped.
pub const MAX_LENGTH: u32 = 20_000;
/// Most bytes that wait in the broker's tap queue.
pub const MAX_BYTES: i64 = 64 * 1024 * 1024;
/// The dead-letter exchange of the tap queue. It does not exist, so what overflows is dropped and
/// not sent anywhere, even where a policy gives every queue a dead-letter exchange: arguments
/// overrule policies.
pub const VOID_EXCHANGE: &str = "eventscope.void";

/// Why a tap on this exchange is refused, in words with the alternative; `None` if it is harmless.
#[must_use]
pub fn refusal(exchange: &str, kind: &ExchangeKind) -> Option<String> {
    if exchange.is_empty() {
        return Some(
            "The default exchange cannot be tapped: RabbitMQ allows no binding to it. Tap the \
             exchange that the publisher uses, or peek the queue in Dead letters"
                .to_owned(),
        );
    }
    let ExchangeKind::Other(name) = kind else {
        return None;
    };
    match name.as_str() {
        "x-consistent-hash" | "x-modulus-hash" | "x-random" | "x-local-random" => Some(format!(
            "{exchange} is of type {name}: it gives each message to one of its queues, so a tap \
             would take messages away from the application. Tap an exchange before it instead"
        )),
        "x-delayed-message" => Some(format!(
            "{exchange} is of type {name}, and how it routes to a tap depends on its arguments. \
             Tap an exchange before it instead"
        )),
        _ => None,
    }
}

/// What to know before tapping this exchange with these keys, in words; empty if nothing.
#[must_use]
pub fn advice(kind: &ExchangeKind, binding_keys: &[String]) -> Option<String> {
    match kind {
        ExchangeKind::Direct if binding_keys.iter().any(|key| key.contains(['#', '*'])) => Some(
            "This is a direct exchange: it compares keys letter by letter, so # and * are no \
             wildcards here. The tap is bound to every key that is known"
                .to_owned(),
        ),
        ExchangeKind::Fanout => Some("A fanout exchange ignores the binding key".to_owned()),
        ExchangeKind::Headers => Some(
            "A headers exchange ignores the binding key: the tap gets every message".to_owned(),
        ),
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
    fn wildcards_on_a_direct_exchange_are_explained() {
        assert!(advice(&ExchangeKind::Direct, &["#".into()]).is_some());
        assert!(advice(&ExchangeKind::Direct, &["order.created".into()]).is_none());
        assert!(advice(&ExchangeKind::Topic, &["#".into()]).is_none());
    }
}
