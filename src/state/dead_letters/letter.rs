//! One message of a look, and what can be said of it beside its content.

use std::sync::Arc;

use crate::event::amqp::FieldValue;
use crate::event::{Event, Fingerprint};
use crate::kafka;
use crate::kafka::resend::RecordManner;
use crate::rabbitmq::death_line::death_line;
use crate::rabbitmq::origin::{Provenance, Scene};
use crate::rabbitmq::resend::Manner;
use crate::repair::account::Account;
use crate::repair::death_line::DeathLine;
use crate::repair::lineage::RESEND_COUNT;
use crate::repair::record_place::RecordMark;
use crate::text::json_path::quoted;

use super::as_event;

/// A message as it was peeked.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub event: Arc<Event>,
    /// Its identity in the queue.
    pub fingerprint: Fingerprint,
    /// What a list asks of it.
    pub line: Arc<DeathLine>,
    /// Where it came from and where it died, by the rules of queues; empty in a log.
    pub origin: Arc<Provenance>,
    /// What it tells, in a log.
    pub account: Option<Arc<Account>>,
    /// What the journal says was done with it, where it stays.
    pub mark: Option<RecordMark>,
    /// What the last try to move it came to, if it stayed.
    pub remark: Option<String>,
    /// How often it was sent again and came back, as far as the journal and its headers tell.
    pub came_back: u32,
}

impl DeadLetter {
    /// A message that was just seen.
    pub(super) fn seen(event: Arc<Event>, scene: Scene<'_>) -> Self {
        let account = kafka::account::account(&event, None);
        let origin = match account {
            Some(_) => Provenance::default(),
            None => Provenance::of(&event, scene),
        };
        let line = match &account {
            Some(account) => DeathLine::of(&event, account),
            None => death_line(&event, &origin),
        };
        Self {
            fingerprint: event.fingerprint(),
            line: Arc::new(line),
            origin: Arc::new(origin),
            account: account.map(Arc::new),
            mark: None,
            remark: None,
            came_back: resends(&event),
            event,
        }
    }

    /// More is known of the broker: works out again where it came from.
    pub(super) fn trace(&mut self, scene: Scene<'_>) {
        if self.account.is_none() {
            self.origin = Arc::new(Provenance::of(&self.event, scene));
            self.line = Arc::new(death_line(&self.event, &self.origin));
        }
    }

    /// The key of the first publish, which is the event's own; dead-lettering may have replaced the
    /// one that the message now carries.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.line.key
    }

    /// What it was first published to; where that is not known, what the message now says.
    pub(super) fn first_destination(&self) -> &str {
        &self.line.destination
    }

    /// What the consumer failed of, as its framework wrote it down; empty if nothing did.
    #[must_use]
    pub fn exception(&self) -> &str {
        &self.line.exception
    }

    /// Why it left its queue: the broker's own word. Empty where only a framework's words tell.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.line.reason
    }
}

/// A dead letter as it was first published, as far as it tells.
pub(super) fn as_published(event: &Event) -> Option<Event> {
    let outgoing = if event.transport.kafka().is_some() {
        let planned = RecordManner::default().plan(event, None, |_| None);
        planned.ok()?.outgoing
    } else {
        let planned = Manner::default().plan(event, "", Scene::default());
        planned.ok()?.outgoing
    };
    Some(as_event(&outgoing))
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
