//! An event as it lies in a segment: reads what is asked for, and only that.

use std::borrow::Cow;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::bytes::{Id, put_bytes, put_number, take_number, take_text, take_value};
use super::segment::{EventRow, Segment, put_headers, put_id, put_range};
use super::shape::Shape;
use crate::event::amqp::{Properties, Trace};
use crate::event::reading::Reading;
use crate::event::tap_id::TapId;
use crate::event::{Event, Transport, names};
use crate::text::payload::{self, PayloadKind};

/// An event in the log.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    segment: &'a Segment,
    row: usize,
}

impl std::fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_event().fmt(f)
    }
}

/// Which facts an event has, as bits.
mod has {
    pub(super) const MESSAGE_ID: u8 = 1;
    pub(super) const CORRELATION_ID: u8 = 2;
    pub(super) const TIMESTAMP: u8 = 4;
    pub(super) const DATA: u8 = 8;
    /// The event id stands in the body, which is not kept twice.
    pub(super) const ID_IN_BODY: u8 = 16;
    /// The event id is the message id.
    pub(super) const ID_OF_MESSAGE: u8 = 32;
    /// The event id stands here.
    pub(super) const ID: u8 = 64;
    /// The line of a body that is not plain stands here.
    pub(super) const LINE: u8 = 128;
}

/// How much of a body is looked through for the place of its id.
const ID_WITHIN: usize = 4_096;

/// Appends what differs from event to event, except the body.
pub(super) fn put_facts(out: &mut Vec<u8>, event: &Event) {
    let properties = &event.properties;
    let message_id = properties.message_id.as_deref();
    let correlation_id = properties.correlation_id.as_deref();
    let event_id = event.envelope.event_id.as_deref();
    let mut flags = 0;
    let mut set = |flag: u8, present: bool| flags |= if present { flag } else { 0 };
    set(has::MESSAGE_ID, message_id.is_some());
    set(has::CORRELATION_ID, correlation_id.is_some());
    set(has::TIMESTAMP, properties.timestamp.is_some());
    set(has::DATA, event.data.is_some());
    set(has::LINE, event.line.is_some());
    let mut in_body = None;
    if let Some(id) = event_id {
        if message_id == Some(id) {
            set(has::ID_OF_MESSAGE, true);
        } else {
            let head = &event.body[..event.body.len().min(ID_WITHIN)];
            in_body = memchr::memmem::find(head, id.as_bytes()).map(|at| (at, id.len()));
            set(has::ID_IN_BODY, in_body.is_some());
            set(has::ID, in_body.is_none());
        }
    }
    if let Some(position) = event.transport.position() {
        put_number(out, position);
    }
    out.push(flags);
    put_id(out, message_id);
    put_id(out, correlation_id);
    if let Some(seconds) = properties.timestamp {
        put_number(out, seconds);
    }
    if let Some(data) = &event.data {
        put_range(out, data.start, data.len());
    }
    if let Some((at, length)) = in_body {
        put_range(out, at, length);
    }
    if flags & has::ID != 0 {
        put_id(out, event_id);
    }
    if let Some(line) = &event.line {
        put_bytes(out, line.as_bytes());
    }
    put_headers(out, event);
}

/// What differs from event to event, except the body.
#[derive(Default)]
struct KeptFacts<'a> {
    message_id: Option<Id<'a>>,
    correlation_id: Option<Id<'a>>,
    timestamp: Option<u64>,
    data: Option<Range<usize>>,
    id_in_body: Option<Range<usize>>,
    id: Option<Id<'a>>,
    line: Option<&'a str>,
    position: Option<u64>,
    /// Values of the headers, still as bytes.
    headers: &'a [u8],
}

impl<'a> KeptFacts<'a> {
    /// `has_position` is what the shape says.
    fn read(mut from: &'a [u8], has_position: bool) -> Option<Self> {
        let from = &mut from;
        let position = if has_position {
            Some(take_number(from)?)
        } else {
            None
        };
        let flags = super::bytes::take(from, 1)?[0];
        let mut facts = Self {
            position,
            ..Self::default()
        };
        let range = |from: &mut &[u8]| {
            let start = usize::try_from(take_number(from)?).ok()?;
            let length = usize::try_from(take_number(from)?).ok()?;
            Some(start..start.checked_add(length)?)
        };
        if flags & has::MESSAGE_ID != 0 {
            facts.message_id = Some(Id::take(from)?);
        }
        if flags & has::CORRELATION_ID != 0 {
            facts.correlation_id = Some(Id::take(from)?);
        }
        if flags & has::TIMESTAMP != 0 {
            facts.timestamp = Some(take_number(from)?);
        }
        if flags & has::DATA != 0 {
            facts.data = Some(range(from)?);
        }
        if flags & has::ID_IN_BODY != 0 {
            facts.id_in_body = Some(range(from)?);
        }
        if flags & has::ID != 0 {
            facts.id = Some(Id::take(from)?);
        } else if flags & has::ID_OF_MESSAGE != 0 {
            facts.id = facts.message_id;
        }
        if flags & has::LINE != 0 {
            facts.line = Some(take_text(from)?);
        }
        facts.headers = from;
        Some(facts)
    }
}

impl<'a> Kept<'a> {
    /// The row must be one of an event.
    pub(super) fn new(segment: &'a Segment, row: usize) -> Self {
        Self { segment, row }
    }

    fn place(self) -> &'a EventRow {
        &self.segment.rows[self.row]
    }

    fn facts(self) -> KeptFacts<'a> {
        let place = self.place();
        let bytes = self
            .segment
            .buffer
            .get(place.start as usize..place.body as usize);
        let has_position = self.shape().transport.position().is_some();
        let facts = bytes.and_then(|bytes| KeptFacts::read(bytes, has_position));
        facts.unwrap_or_default()
    }

    /// Which of [`Segment::shapes`] it has.
    #[must_use]
    pub fn shape_number(self) -> usize {
        usize::from(self.place().shape)
    }

    /// Which of [`Segment::keys`] it has.
    #[must_use]
    pub fn key_number(self) -> usize {
        usize::from(self.place().key)
    }

    /// What it has in common with others.
    #[must_use]
    pub fn shape(self) -> &'a Shape {
        &self.segment.shapes[self.shape_number()]
    }

    /// The tap that received it.
    #[must_use]
    pub fn tap(self) -> TapId {
        self.shape().tap
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn received_ms(self) -> i64 {
        self.segment.began + i64::from(self.place().at)
    }

    /// See [`Event::received_at`]; to the millisecond.
    #[must_use]
    pub fn received_at(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.received_ms()).unwrap_or_default()
    }

    /// See [`Event::key`].
    #[must_use]
    pub fn key(self) -> &'a str {
        self.segment.keys.get(u32::from(self.place().key))
    }

    /// Where it lies in its store, in short.
    #[must_use]
    pub fn position_text(self) -> Option<String> {
        let offset = self.facts().position?;
        Some(match &self.shape().transport {
            Transport::Kafka(record) => format!("{}:{offset}", record.partition),
            _ => offset.to_string(),
        })
    }

    /// See [`Properties::timestamp`].
    #[must_use]
    pub fn stamp(self) -> Option<u64> {
        self.facts().timestamp
    }

    /// See [`Event::body`].
    #[must_use]
    pub fn body(self) -> &'a [u8] {
        let range = self.segment.body_range(self.row);
        self.segment.buffer.get(range).unwrap_or_default()
    }

    /// See [`Event::data`].
    #[must_use]
    pub fn data(self) -> &'a [u8] {
        let body = self.body();
        let data = self.facts().data;
        data.and_then(|at| body.get(at)).unwrap_or(body)
    }

    /// The id that it claims.
    #[must_use]
    pub fn event_id(self) -> Option<Cow<'a, str>> {
        let facts = self.facts();
        if let Some(at) = facts.id_in_body {
            return self.body().get(at).map(String::from_utf8_lossy);
        }
        facts.id.map(Id::text)
    }

    /// See [`Properties::message_id`].
    #[must_use]
    pub fn message_id(self) -> Option<Cow<'a, str>> {
        self.facts().message_id.map(Id::text)
    }

    /// See [`Properties::correlation_id`].
    #[must_use]
    pub fn correlation_id(self) -> Option<Cow<'a, str>> {
        self.facts().correlation_id.map(Id::text)
    }

    /// See [`Transport::position`](crate::event::Transport::position).
    #[must_use]
    pub fn position(self) -> Option<u64> {
        self.facts().position
    }

    /// See [`Event::summary`].
    #[must_use]
    pub fn summary(self) -> String {
        if self.shape().has_header(names::ARGUMENTS)
            && let Some(line) = names::summary(&self.properties())
        {
            return line;
        }
        let shape = self.shape();
        if shape.is_plain {
            return payload::summary(shape.kind, self.data());
        }
        match self.facts().line {
            Some(line) => line.to_owned(),
            None => payload::summary(PayloadKind::Binary, self.body()),
        }
    }

    /// All properties.
    #[must_use]
    pub fn properties(self) -> Properties {
        let shape = self.shape();
        let facts = self.facts();
        let mut values = facts.headers;
        let headers = shape.header_names.as_ref().map(|names| {
            let pairs = names.iter().map_while(|name| {
                let value = take_value(&mut values)?;
                Some((name.to_string(), value))
            });
            pairs.collect()
        });
        Properties {
            message_id: facts.message_id.map(|id| id.text().into_owned()),
            correlation_id: facts.correlation_id.map(|id| id.text().into_owned()),
            timestamp: facts.timestamp,
            headers,
            ..shape.properties.clone()
        }
    }

    /// The whole event, as it was received. Costs a copy and another look at the body.
    #[must_use]
    pub fn to_event(self) -> Event {
        let shape = self.shape();
        Event::new(
            self.received_at(),
            shape.destination.to_string(),
            self.key().to_owned(),
            shape.transport.clone().at(self.facts().position),
            self.properties(),
            self.body().to_vec(),
        )
    }

    /// What can be read in a body that is not plain, at most about `limit` bytes of it; none for a
    /// plain one, which is read as it stands.
    #[must_use]
    pub fn reading(self, limit: usize) -> Option<Reading<'a>> {
        let is_plain = self.shape().is_plain;
        (!is_plain).then(|| Reading::of(self.body(), &self.properties(), limit))
    }

    /// See [`Event::kind`].
    #[must_use]
    pub fn kind(self) -> PayloadKind {
        self.shape().kind
    }

    /// What a trace of the broker tells of it.
    #[must_use]
    pub fn trace(self) -> Option<&'a Trace> {
        self.shape().transport.trace()
    }
}
