//! Knowing a message again after it was resent and died once more.

mod hashed;

use crate::event::amqp::x_death::is_broker_header;
use crate::event::amqp::{FieldValue, Properties};

/// Header that names one resend.
pub const RESEND_ID: &str = "eventscope-resend-id";
/// Header that counts how often a message was resent.
pub const RESEND_COUNT: &str = "eventscope-resend-count";

/// Marks what is about to be sent as a resend of its original. It may have been marked before, by
/// a round that then did not send it.
pub fn mark(properties: &mut Properties, original: &Properties, id: &str) {
    let before = original
        .header(RESEND_COUNT)
        .and_then(FieldValue::as_integer);
    let headers = properties.headers.get_or_insert_default();
    headers.retain(|(name, _)| name != RESEND_ID && name != RESEND_COUNT);
    let count = before.unwrap_or(0).saturating_add(1);
    headers.push((RESEND_ID.to_owned(), FieldValue::Text(id.to_owned())));
    headers.push((RESEND_COUNT.to_owned(), FieldValue::I64(count)));
}

/// What stays the same about a message while it is resent, delivered and dead-lettered: its body,
/// and what of its properties neither a broker nor a resend changes. The number is the same in
/// each run and in each version: the journal keeps it.
#[must_use]
pub fn content(properties: &Properties, body: &[u8]) -> u64 {
    let own = properties.headers.iter().flatten().filter(|(name, _)| {
        let is_route = name == "CC" || name == "BCC";
        let is_mark = name == RESEND_ID || name == RESEND_COUNT;
        !is_route && !is_mark && !is_broker_header(name)
    });
    // Not copied: a death history is large.
    let mut headers: Vec<&(String, FieldValue)> = own.collect();
    // A broker does not promise to keep their order.
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    hashed::hash(properties, &headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{death, died};

    #[test]
    fn a_message_that_died_again_is_known_again() {
        let text = |t: &str| FieldValue::Text(t.to_owned());
        let own = ("x-tenant".to_owned(), text("a"));
        let before = Properties {
            message_id: Some("1".into()),
            headers: Some(vec![own.clone()]),
            ..Properties::default()
        };
        let mut sent = before.clone();
        mark(&mut sent, &before, "first");
        // A round that was paused before it sent this does not count.
        mark(&mut sent, &before, "first");
        assert_eq!(sent.header(RESEND_COUNT), Some(&FieldValue::I64(1)));
        let mut dead = died(vec![death("rejected", "orders", "shop", &["k"], 1)]);
        dead.message_id = before.message_id.clone();
        dead.headers
            .get_or_insert_default()
            .extend(sent.headers.clone().unwrap_or_default());
        let all = [&before, &sent, &dead].map(|properties| content(properties, b"x"));
        assert_eq!(all, [all[0]; 3]);
        assert_ne!(content(&before, b"y"), all[0]);
        assert_ne!(content(&Properties::default(), b"x"), all[0]);
        let original = dead.clone();
        mark(&mut dead, &original, "second");
        assert_eq!(dead.header(RESEND_COUNT), Some(&FieldValue::I64(2)));
        assert_eq!(dead.header(RESEND_ID), Some(&text("second")));
    }
}
