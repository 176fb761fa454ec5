//! What many events have in common: everything but the key, the ids, the times, the values
//! of headers and the body. An event names its shape by a number.

use std::hash::{Hash as _, Hasher};

use crate::event::amqp::Properties;
use crate::event::tap_id::TapId;
use crate::event::{Event, Transport};
use crate::text::payload::PayloadKind;

/// What many events have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The tap that received it.
    pub tap: TapId,
    /// See [`Event::destination`].
    pub destination: Box<str>,
    /// See [`Event::kind`].
    pub kind: PayloadKind,
    /// See [`Event::is_plain`].
    pub is_plain: bool,
    /// The type that it claims.
    pub event_type: Option<Box<str>>,
    /// The version that it claims.
    pub version: Option<Box<str>>,
    /// See [`Event::transport`], without the position.
    pub transport: Transport,
    /// Names of the headers in their order; `None` if the message has no header table.
    pub header_names: Option<Box<[Box<str>]>>,
    /// The properties except ids, timestamp and headers, which differ from event to event.
    pub properties: Properties,
}

impl Shape {
    /// The shape of this event.
    pub(super) fn of(tap: TapId, event: &Event) -> Self {
        let all = &event.properties;
        let names = all.headers.as_ref().map(|headers| {
            let names = headers.iter().map(|(name, _)| name.as_str().into());
            names.collect()
        });
        Self {
            tap,
            destination: event.destination.as_str().into(),
            kind: event.kind,
            is_plain: event.is_plain,
            event_type: event.envelope.event_type.clone(),
            version: event.envelope.version.clone(),
            transport: event.transport.common(),
            header_names: names,
            properties: Properties {
                content_type: all.content_type.clone(),
                content_encoding: all.content_encoding.clone(),
                delivery_mode: all.delivery_mode,
                priority: all.priority,
                reply_to: all.reply_to.clone(),
                expiration: all.expiration.clone(),
                message_type: all.message_type.clone(),
                user_id: all.user_id.clone(),
                app_id: all.app_id.clone(),
                cluster_id: all.cluster_id.clone(),
                ..Properties::default()
            },
        }
    }

    /// True if the event has this shape; compares without making a shape.
    pub(super) fn fits(&self, tap: TapId, event: &Event) -> bool {
        let (own, all) = (&self.properties, &event.properties);
        let names = match (&self.header_names, &all.headers) {
            (None, None) => true,
            (Some(names), Some(headers)) => names
                .iter()
                .map(|name| &**name)
                .eq(headers.iter().map(|(name, _)| name.as_str())),
            _ => false,
        };
        names
            && self.tap == tap
            && *self.destination == *event.destination
            && (self.kind, self.is_plain) == (event.kind, event.is_plain)
            && self.event_type == event.envelope.event_type
            && self.version == event.envelope.version
            && self.transport.is_like(&event.transport)
            && own.delivery_mode == all.delivery_mode
            && own.priority == all.priority
            && texts(own) == texts(all)
    }

    /// Hashes the shape that this event has.
    pub(super) fn hash_of(tap: TapId, event: &Event, hasher: &mut impl Hasher) {
        let envelope = &event.envelope;
        Parts {
            tap,
            destination: &event.destination,
            kind: (event.kind, event.is_plain),
            claims: [envelope.event_type.as_deref(), envelope.version.as_deref()],
            transport: &event.transport,
            properties: &event.properties,
        }
        .hash(hasher);
        for (name, _) in event.properties.headers.iter().flatten() {
            name.hash(hasher);
        }
    }

    /// Hashes this shape.
    pub(super) fn hash(&self, hasher: &mut impl Hasher) {
        Parts {
            tap: self.tap,
            destination: &self.destination,
            kind: (self.kind, self.is_plain),
            claims: [self.event_type.as_deref(), self.version.as_deref()],
            transport: &self.transport,
            properties: &self.properties,
        }
        .hash(hasher);
        for name in self.header_names.iter().flatten() {
            name.hash(hasher);
        }
    }

    /// True if its events have a header of this name.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        let mut names = self.header_names.iter().flatten();
        names.any(|own| **own == *name)
    }

    /// Bytes of memory, near enough.
    pub(super) fn cost(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len() + 16);
        let names = self.header_names.iter().flatten();
        size_of::<Self>()
            + 64
            + self.destination.len()
            + text(&self.event_type)
            + text(&self.version)
            + self.transport.cost()
            + names.map(|name| name.len() + 32).sum::<usize>()
            + texts(&self.properties)
                .into_iter()
                .flatten()
                .map(|text| text.len() + 16)
                .sum::<usize>()
    }
}

/// What is hashed of a shape, except the names of headers.
struct Parts<'a> {
    tap: TapId,
    destination: &'a str,
    kind: (PayloadKind, bool),
    claims: [Option<&'a str>; 2],
    transport: &'a Transport,
    properties: &'a Properties,
}

impl Parts<'_> {
    fn hash(&self, hasher: &mut impl Hasher) {
        let (kind, is_plain) = self.kind;
        (self.tap, self.destination, kind as u8).hash(hasher);
        is_plain.hash(hasher);
        self.claims.hash(hasher);
        self.transport.hash_common(hasher);
        (self.properties.delivery_mode, self.properties.priority).hash(hasher);
        texts(self.properties).hash(hasher);
    }
}

/// The properties that are texts and part of a shape.
fn texts(all: &Properties) -> [Option<&String>; 8] {
    [
        all.content_type.as_ref(),
        all.content_encoding.as_ref(),
        all.reply_to.as_ref(),
        all.expiration.as_ref(),
        all.message_type.as_ref(),
        all.user_id.as_ref(),
        all.app_id.as_ref(),
        all.cluster_id.as_ref(),
    ]
}
