//! What brought an event. Each kind of store says something that others do not; whoever shows, filters or
//! exports an event asks here and need not know which store it was.

use std::hash::{Hash as _, Hasher};

use super::amqp::{AmqpDelivery, Trace, Traced};

/// What brought an event, with what only that kind of store says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// RabbitMQ, by AMQP 0-9-1.
    Amqp(AmqpDelivery),
    /// A store that says no more of an event than the event itself, and where it lies in the store:
    /// its number, from 0 on.
    Plain(u64),
}

impl Transport {
    /// By AMQP, without a trace.
    #[must_use]
    pub fn amqp(redelivered: bool) -> Self {
        Self::Amqp(AmqpDelivery {
            redelivered,
            trace: None,
        })
    }

    /// The store handed it out before.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        matches!(self, Self::Amqp(delivery) if delivery.redelivered)
    }

    /// What a trace of the broker tells of it.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        match self {
            Self::Amqp(delivery) => delivery.trace.as_deref(),
            Self::Plain(_) => None,
        }
    }

    /// Where it lies in its store; `None` where a place in it has no name.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self {
            Self::Amqp(_) => None,
            Self::Plain(position) => Some(*position),
        }
    }

    /// What only this store says, as names and values for people, in a fixed order.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        match self {
            Self::Amqp(delivery) => {
                if delivery.redelivered {
                    all.push(("redelivered", "yes".to_owned()));
                }
                if let Some(trace) = &delivery.trace {
                    all.push(("user", trace.user.clone()));
                    all.push(("connection", trace.connection.clone()));
                    all.push(match &trace.fate {
                        Traced::Published(queues) => ("routed to", queues.join(", ")),
                        Traced::Delivered(queue) => ("delivered from", queue.clone()),
                    });
                }
            }
            Self::Plain(position) => all.push(("position", position.to_string())),
        }
        all
    }

    /// What many events of one store have in common: all but the position.
    #[must_use]
    pub(crate) fn common(&self) -> Self {
        match self {
            Self::Amqp(_) => self.clone(),
            Self::Plain(_) => Self::Plain(0),
        }
    }

    /// True if they differ in nothing but the position.
    #[must_use]
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(_), Self::Plain(_)) => true,
            (one, other) => one == other,
        }
    }

    /// Hashes all but the position.
    pub(crate) fn hash_common(&self, hasher: &mut impl Hasher) {
        match self {
            Self::Amqp(delivery) => (0_u8, delivery).hash(hasher),
            Self::Plain(_) => 1_u8.hash(hasher),
        }
    }

    /// The same at this position, where it has one.
    #[must_use]
    pub(crate) fn at(self, position: Option<u64>) -> Self {
        match (self, position) {
            (Self::Plain(_), Some(position)) => Self::Plain(position),
            (other, _) => other,
        }
    }

    /// Bytes that it needs beside its own size, near enough.
    pub(crate) fn cost(&self) -> usize {
        self.trace().map_or(0, Trace::cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_events_have_in_common_and_their_positions_give_them_back() {
        for transport in [Transport::amqp(true), Transport::Plain(7)] {
            let position = transport.position();
            assert_eq!(transport.common().at(position), transport);
        }
        assert_eq!(Transport::Plain(7).common(), Transport::Plain(9).common());
        assert!(Transport::Plain(7).is_like(&Transport::Plain(9)));
        assert!(!Transport::amqp(true).is_like(&Transport::amqp(false)));
        assert!(!Transport::amqp(true).is_like(&Transport::Plain(0)));
    }

    #[test]
    fn a_store_says_what_it_knows() {
        let trace = Trace {
            user: "guest".into(),
            connection: "c".into(),
            fate: Traced::Delivered("orders".into()),
        };
        let traced = Transport::Amqp(AmqpDelivery {
            redelivered: true,
            trace: Some(Box::new(trace)),
        });
        let names: Vec<_> = traced.attributes().into_iter().map(|pair| pair.0).collect();
        assert_eq!(
            names,
            ["redelivered", "user", "connection", "delivered from"]
        );
        assert!(Transport::amqp(false).attributes().is_empty());
        assert_eq!(
            Transport::Plain(3).attributes(),
            [("position", "3".to_owned())]
        );
    }
}
