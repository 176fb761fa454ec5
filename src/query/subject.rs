//! What a filter asks of an event.

use std::borrow::Cow;

use crate::event::amqp::{FieldValue, Properties};
use crate::event::reading::Reading;
use crate::event::{Event, Transport};
use crate::text::payload::PayloadKind;

/// Most bytes of a body that is not plain that are looked into, once they are decoded.
pub const MOST_READ: usize = 1 << 20;

/// An event as a filter sees it. A kept event answers from its compact form, and only what it is
/// asked for.
pub trait Subject {
    /// When it was received, in milliseconds since 1970.
    fn received_ms(&self) -> i64;
    /// See [`Event::destination`].
    fn destination(&self) -> &str;
    /// See [`Event::key`].
    fn key(&self) -> &str;
    /// What brought it.
    fn transport(&self) -> &Transport;
    /// What the body is once it is read.
    fn kind(&self) -> PayloadKind;
    /// What the event says it is.
    fn event_type(&self) -> Option<&str>;
    /// The schema version that it claims.
    fn version(&self) -> Option<&str>;
    /// Its own id.
    fn event_id(&self) -> Option<Cow<'_, str>>;
    /// The property `correlation-id`.
    fn correlation_id(&self) -> Option<Cow<'_, str>>;
    /// The property `message-id`.
    fn message_id(&self) -> Option<Cow<'_, str>>;
    /// All properties and headers. May be costly: asked for only when a rare field needs it.
    fn properties(&self) -> Cow<'_, Properties>;
    /// Whether it is what it claims to be, as one word; none where nobody judges.
    fn schema(&self) -> Option<&'static str> {
        None
    }
    /// Why a dead letter left its queue, as the broker says it; none for any other event.
    fn reason(&self) -> Option<&str> {
        None
    }
    /// The queue that a dead letter failed in.
    fn failed_in(&self) -> Option<&str> {
        None
    }
    /// The whole body, as it came.
    fn body(&self) -> &[u8];
    /// The body without its envelope, see [`Event::data`]. Only of a plain body.
    fn data(&self) -> &[u8];
    /// What can be read in a body that is not plain; none for a plain one. Costly: asked for once an
    /// event, and only if the body is looked into.
    fn reading(&self) -> Option<Reading<'_>>;

    /// Puts the texts of the properties, the names of the headers and their texts at any depth to
    /// `found` until it says true. Numbers and dates are no texts here.
    fn any_property_text(&self, found: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        property_texts(&self.properties(), found)
    }
}

impl Subject for Event {
    fn received_ms(&self) -> i64 {
        self.received_at.timestamp_millis()
    }

    fn destination(&self) -> &str {
        &self.destination
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn transport(&self) -> &Transport {
        &self.transport
    }

    fn kind(&self) -> PayloadKind {
        self.kind
    }

    fn event_type(&self) -> Option<&str> {
        self.envelope.event_type.as_deref()
    }

    fn version(&self) -> Option<&str> {
        self.envelope.version.as_deref()
    }

    fn event_id(&self) -> Option<Cow<'_, str>> {
        self.envelope.event_id.as_deref().map(Cow::Borrowed)
    }

    fn correlation_id(&self) -> Option<Cow<'_, str>> {
        self.properties.correlation_id.as_deref().map(Cow::Borrowed)
    }

    fn message_id(&self) -> Option<Cow<'_, str>> {
        self.properties.message_id.as_deref().map(Cow::Borrowed)
    }

    fn properties(&self) -> Cow<'_, Properties> {
        Cow::Borrowed(&self.properties)
    }

    fn body(&self) -> &[u8] {
        &self.body
    }

    fn data(&self) -> &[u8] {
        Event::data(self)
    }

    fn reading(&self) -> Option<Reading<'_>> {
        (!self.is_plain).then(|| Reading::of(&self.body, &self.properties, MOST_READ))
    }
}

/// The texts among properties and headers, put to `found` until it says true.
fn property_texts(properties: &Properties, found: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let own = [
        &properties.content_type,
        &properties.content_encoding,
        &properties.correlation_id,
        &properties.reply_to,
        &properties.expiration,
        &properties.message_id,
        &properties.message_type,
        &properties.user_id,
        &properties.app_id,
        &properties.cluster_id,
    ];
    if own.into_iter().flatten().any(|text| found(text.as_bytes())) {
        return true;
    }
    let mut open: Vec<&FieldValue> = Vec::new();
    let headers = properties.headers.iter().flatten();
    for (name, value) in headers {
        if found(name.as_bytes()) {
            return true;
        }
        open.push(value);
        // A list of what is still to be seen instead of recursion: tables nest as deep as a
        // publisher likes.
        while let Some(value) = open.pop() {
            let hit = match value {
                FieldValue::Text(text) => found(text.as_bytes()),
                FieldValue::RawText(bytes) => found(bytes),
                FieldValue::Array(items) => {
                    open.extend(items);
                    false
                }
                FieldValue::Table(table) => {
                    open.extend(table.iter().map(|(_, value)| value));
                    table.iter().any(|(name, _)| found(name.as_bytes()))
                }
                _ => false,
            };
            if hit {
                return true;
            }
        }
    }
    false
}
