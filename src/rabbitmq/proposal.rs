//! Which exchange a newcomer to a virtual host is shown first.

use super::topology::{ExchangeKind, Topology};

/// The first topic exchange that is the application's own, else `amq.topic`.
#[must_use]
pub fn worth_watching(topology: &Topology) -> &str {
    let own = topology.exchanges.iter().find(|exchange| {
        exchange.kind == ExchangeKind::Topic
            && !exchange.internal
            && !exchange.name.starts_with("amq.")
            && !exchange.name.contains("dead")
    });
    own.map_or("amq.topic", |exchange| exchange.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn the_applications_own_topic_exchange_is_proposed() {
        assert_eq!(worth_watching(&shop()), "shop");
        assert_eq!(worth_watching(&Topology::default()), "amq.topic");
    }
}
