//! One message of a look, and what can be said of it beside its content.

use std::sync::Arc;

use crate::event::amqp::FieldValue;
use crate::event::{Event, Fingerprint};
use crate::rabbitmq::origin::{Provenance, Scene};
use crate::repair::cause::ParkedFailure;
use crate::repair::lineage::RESEND_COUNT;
use crate::text::json_path::quoted;

/// A message as it was peeked.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub event: Arc<Event>,
    /// Its identity in the queue.
    pub fingerprint: Fingerprint,
    /// Where it came from, and where it died.
    pub origin: Arc<Provenance>,
    /// What the last try to move it came to, if it stayed.
    pub remark: Option<String>,
    /// How often it was sent again and came back, as far as the journal and its headers tell.
    pub came_back: u32,
}

impl DeadLetter {
    /// A message that was just seen.
    pub(super) fn seen(event: Arc<Event>, scene: Scene<'_>) -> Self {
        Self {
            fingerprint: event.fingerprint(),
            origin: Arc::new(Provenance::of(&event, scene)),
            remark: None,
            came_back: resends(&event),
            event,
        }
    }

    /// The key of the first publish, which is the event's own; dead-lettering may have replaced the
    /// one that the message now carries.
    #[must_use]
    pub fn key(&self) -> &str {
        self.origin.key(&self.event)
    }

    /// What it was first published to; where that is not known, what the message now says.
    pub(super) fn first_destination(&self) -> &str {
        self.origin.destination(&self.event)
    }

    /// What the consumer failed of, as its framework wrote it down; empty if nothing did.
    #[must_use]
    pub fn exception(&self) -> String {
        let parked = self.origin.parked.as_ref();
        let failure = parked.and_then(|parked| parked.failure.as_ref());
        failure.map_or_else(String::new, ParkedFailure::words)
    }

    /// Why it left its queue: the broker's own word. Empty where only a framework's words tell.
    #[must_use]
    pub fn reason(&self) -> &str {
        let is_told = self.origin.deaths.is_empty() && !self.exception().is_empty();
        if is_told { "" } else { self.origin.reason() }
    }
}

/// The line of a filter that finds an event in the live stream by what names it, if anything does.
#[must_use]
pub fn in_stream(event: &Event) -> Option<String> {
    let named = |name: &str, value: &str| format!("{name}={}", quoted(value));
    let id = event.envelope.event_id.as_deref();
    let own = event.properties.message_id.as_deref();
    id.map(|id| named("id", id))
        .or_else(|| own.map(|id| named("message-id", id)))
}

/// How often a message came back, in words, if it did.
#[must_use]
pub fn came_back(times: u32) -> Option<String> {
    match times {
        0 => None,
        1 => Some("Came back once".to_owned()),
        times => Some(format!("Came back {times} times")),
    }
}

/// How often a message says that it was sent again, which it came back from each time.
fn resends(event: &Event) -> u32 {
    let count = event.properties.header(RESEND_COUNT);
    let count = count.and_then(FieldValue::as_integer).unwrap_or(0);
    u32::try_from(count).unwrap_or(0)
}
