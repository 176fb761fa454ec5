//! The sample shop's story, whatever store it is told on: what happens when, what each event says, and how
//! the services judge what they get. Pure.

pub(crate) mod catalogue;
pub(crate) mod conversation;
pub(crate) mod judging;
pub(crate) mod story;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use conversation::ShopEvent;

/// The body: what every service of the shop agrees on, with the event's own data inside.
pub(crate) fn body(event: &ShopEvent, sent_at: DateTime<Utc>) -> Vec<u8> {
    json!({
        "eventId": event.event_id.to_string(),
        "eventType": event.event_type,
        "timestamp": sent_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "version": event.version,
        "data": event.data,
    })
    .to_string()
    .into_bytes()
}
