//! A valid event to start from: an envelope with its own id, type, time and schema version.

use chrono::{DateTime, SecondsFormat, Utc};

use super::draft::Field;
use super::{BodyDraft, Draft};

/// Fills a draft with a complete event. What the person already chose (destination, key,
/// event type) stays.
pub fn fill(draft: &mut Draft, event_id: &str, now: DateTime<Utc>) {
    if draft.key.is_empty() {
        "order.created".clone_into(&mut draft.key);
    }
    if draft.text(Field::Type).is_empty() {
        draft.set(Field::Type, draft.key.clone());
    }
    let event_type = draft.text(Field::Type).to_owned();
    let order = format!("ord-{}", event_id.get(..8).unwrap_or(event_id));
    let body = serde_json::json!({
        "eventId": event_id,
        "eventType": event_type,
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "version": 1,
        "data": {
            "orderId": order,
            "customer": {
                "id": "C-1001",
                "name": "Ada Lovelace",
                "email": "ada.lovelace@example.com"
            },
            "amount": 129.90,
            "currency": "EUR",
            "items": [{ "sku": "BOOK-42", "quantity": 1, "price": 129.90 }]
        }
    });
    draft.set(Field::ContentType, "application/json");
    draft.set(Field::MessageId, event_id);
    draft.set(Field::CorrelationId, order);
    draft.set(Field::AppId, "eventscope");
    draft.set(
        Field::Timestamp,
        now.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    draft.delivery_mode = Some(2);
    draft.body = BodyDraft::Text(format!("{body:#}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Transport};

    #[test]
    fn a_sample_is_a_complete_event() {
        let mut draft = Draft::default();
        fill(&mut draft, "0123456789abcdef", DateTime::UNIX_EPOCH);
        assert_eq!(draft.payload_words(), "Valid JSON");
        let message = draft.check().unwrap();
        let now = DateTime::UNIX_EPOCH;
        let event = Event::new(
            now,
            "x".into(),
            "k".into(),
            Transport::amqp(false),
            message.properties,
            message.body,
        );
        assert_eq!(event.envelope.event_id.as_deref(), Some("0123456789abcdef"));
        assert_eq!(event.envelope.event_type.as_deref(), Some("order.created"));
        assert_eq!(event.envelope.version.as_deref(), Some("1"));
    }

    #[test]
    fn what_was_chosen_stays() {
        let mut draft = Draft::default();
        draft.key = "payment.settled".into();
        fill(&mut draft, "abc", DateTime::UNIX_EPOCH);
        assert_eq!(draft.key, "payment.settled");
        assert_eq!(draft.text(Field::Type), "payment.settled");
    }
}
