//! What a look into a queue has to reckon with: quorum queues give away or drop a message that was
//! delivered too often.

use super::wires::Knowledge;
use crate::rabbitmq::delivery_limit::Limit;

/// The delivery limit that has to be thought of in this queue. Where the queue's type is not known
/// it may have one.
pub(super) fn limit(knowledge: &Knowledge, queue: &str) -> Option<Limit> {
    match knowledge.terms(queue) {
        Some(terms) => terms.limit,
        None => Some(Limit::not_known()),
    }
}

/// The delivery limit of this queue, if each look counts against it.
pub(super) fn counted(knowledge: &Knowledge, queue: &str) -> Option<u64> {
    Some(knowledge.terms(queue)?.counted()?.most)
}
