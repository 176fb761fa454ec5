//! What a look into a queue costs: quorum queues count each as a delivery, and give away or drop a
//! message that was delivered too often.

use super::wires::Knowledge;
use crate::domain::{Event, FieldValue};

/// The delivery limit of this queue, if a look counts against one.
pub(super) fn counted(knowledge: &Knowledge, queue: &str) -> Option<u64> {
    knowledge.terms(queue)?.limit
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

/// How many more looks are safe after these messages were given back, which is one delivery more
/// than the count that each came with. What was at the limit already was put into the queue anew.
pub(super) fn left<'a>(limit: u64, messages: impl Iterator<Item = &'a Event>) -> u64 {
    let counts = messages.map(deliveries);
    let most = counts.filter(|count| *count < limit).max();
    limit - most.map_or(0, |most| most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Properties;
    use chrono::DateTime;

    fn delivered(times: Option<i64>) -> Event {
        let headers = times.map(|n| vec![("x-delivery-count".to_owned(), FieldValue::I64(n))]);
        let properties = Properties {
            headers,
            ..Properties::default()
        };
        let (exchange, key) = (String::new(), "q".to_owned());
        Event::new(
            DateTime::UNIX_EPOCH,
            exchange,
            key,
            true,
            properties,
            Vec::new(),
        )
    }

    #[test]
    fn the_message_that_was_delivered_most_decides() {
        let left = |limit, counts: &[Option<i64>]| {
            let events: Vec<Event> = counts.iter().copied().map(delivered).collect();
            left(limit, events.iter())
        };
        assert_eq!(left(3, &[None]), 2);
        assert_eq!(left(3, &[None, Some(2), Some(1)]), 0);
        assert_eq!(left(20, &[Some(1)]), 18);
        assert_eq!(left(3, &[Some(3)]), 3, "it was put into the queue anew");
        assert_eq!(left(3, &[]), 3);
    }
}
