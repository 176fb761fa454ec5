//! What a look into a queue has to reckon with: quorum queues give away or drop a message that was
//! delivered too often.

use crate::drivers::rabbitmq::connection::connections::Knowledge;
use crate::rabbitmq::delivery_limit::CountLimit;

/// The delivery limit that has to be thought of in this queue. Where the queue's type is not known
/// it may have one.
pub(crate) fn limit(knowledge: &Knowledge, queue: &str) -> Option<CountLimit> {
    match knowledge.terms(queue) {
        Some(terms) => terms.limit,
        None => Some(CountLimit::not_known()),
    }
}

/// The delivery limit of this queue, if each look counts against it.
pub(crate) fn counted(knowledge: &Knowledge, queue: &str) -> Option<u64> {
    Some(knowledge.terms(queue)?.counted()?.most)
}

/// Refuses kinds of queues that cannot be borrowed from.
///
/// # Errors
/// Why, in words.
pub(crate) fn refuse_kind(knowledge: &Knowledge, queue: &str) -> Result<(), String> {
    match knowledge.terms(queue) {
        Some(terms) if terms.is_stream => Err(format!(
            "{queue} is a stream, which keeps what is in it: nothing can be taken out. Read it, \
             and publish a copy elsewhere"
        )),
        _ => Ok(()),
    }
}
