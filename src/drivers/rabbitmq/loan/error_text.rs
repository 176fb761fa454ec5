//! Why a queue could not be looked into, in words.

use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::text::numbers::thousands;

/// A message that the client cannot read. The place is counted from the head.
pub(crate) fn unreadable_words(queue: &str, place: usize, trouble: &BrokerError) -> String {
    let place = thousands(place as u64);
    trouble.and(&format!(
        "It is message {place} of {queue}, counted from its head, so what lies behind it cannot be \
         reached. RabbitMQ has put all back. Let a consumer of the queue take this message, or move \
         the queue's messages elsewhere with a shovel"
    ))
}

/// What the broker refused, and what to do.
pub(crate) fn refusal_words(queue: &str, trouble: &BrokerError) -> String {
    match trouble.code {
        Some(404) => format!(
            "There is no queue {queue} in this virtual host. Check its name, or read the topology \
             again"
        ),
        Some(403) if trouble.words.contains("exclusive") => {
            format!("{queue} has an exclusive consumer. Stop it to peek")
        }
        Some(403) => trouble.and(&format!(
            "Looking into a queue needs the read permission on {queue}"
        )),
        Some(405) if trouble.words.contains("single active consumer") => format!(
            "{queue} gives its messages to a single active consumer, so a peek gets nothing without \
             the management API. Peek with the management API, when no consumer is active"
        ),
        Some(405) => format!(
            "The queue {queue} belongs to one connection alone, so nobody else can look into it"
        ),
        _ => trouble.words.clone(),
    }
}
