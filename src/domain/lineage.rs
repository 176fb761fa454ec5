//! Knowing a message again after it was resent and died once more.

use std::hash::{Hash as _, Hasher};

use super::dead_letter::is_broker_header;
use super::properties::Properties;
use super::value::FieldValue;

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
/// each run.
#[must_use]
pub fn content(properties: &Properties, body: &[u8]) -> u64 {
    let mut hasher = Fnv::default();
    let texts = [
        &properties.content_type,
        &properties.content_encoding,
        &properties.correlation_id,
        &properties.message_id,
        &properties.message_type,
        &properties.app_id,
    ];
    texts.hash(&mut hasher);
    properties.timestamp.hash(&mut hasher);
    let own = properties.headers.iter().flatten().filter(|(name, _)| {
        let is_route = name == "CC" || name == "BCC";
        let is_mark = name == RESEND_ID || name == RESEND_COUNT;
        !is_route && !is_mark && !is_broker_header(name)
    });
    // Not copied: a death history is large.
    let mut headers: Vec<&(String, FieldValue)> = own.collect();
    // A broker does not promise to keep their order.
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    // Values hold floats, which have no hash of their own.
    format!("{headers:?}").hash(&mut hasher);
    body.hash(&mut hasher);
    hasher.finish()
}

/// FNV-1a with 64 bits (draft-eastlake-fnv): the standard library's own hash may change from
/// version to version, and these numbers are kept on the disk.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dead_letter::tests::{death, died};

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

    #[test]
    fn the_number_is_that_of_every_run() {
        let mut hasher = Fnv::default();
        hasher.write(b"foobar");
        assert_eq!(hasher.finish(), 0x8594_4171_f739_67e8);
    }
}
