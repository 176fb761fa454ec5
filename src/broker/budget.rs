//! What a look into a queue costs: quorum queues count each as a delivery, and give away or drop a
//! message that was delivered too often.

use super::wires::Knowledge;
use crate::domain::{Event, FieldValue, Queue};

/// The limit that quorum queues have from RabbitMQ 4.0 on if nobody sets another.
const DEFAULT_LIMIT: u64 = 20;

/// The delivery limit of this queue, if a look counts against one.
pub(super) fn counted(knowledge: &Knowledge, queue: &str) -> Option<u64> {
    let known = knowledge.topology.queue(queue)?;
    // From 4.3 on giving back with a nack does not count.
    if known.kind != "quorum" || knowledge.is_at_least(4, 3) {
        return None;
    }
    delivery_limit(knowledge, known)
}

/// How often this queue delivers a message at most.
pub(super) fn delivery_limit(knowledge: &Knowledge, queue: &Queue) -> Option<u64> {
    let default = knowledge.is_at_least(4, 0).then_some(DEFAULT_LIMIT);
    queue.delivery_limit.or(default)
}

/// How often it had been delivered before this time.
pub(super) fn deliveries(event: &Event) -> u64 {
    event
        .properties
        .header("x-delivery-count")
        .and_then(FieldValue::as_integer)
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0)
}
