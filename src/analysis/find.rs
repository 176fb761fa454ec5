//! Which events of a segment are wanted.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::merging::MessageCopy;
use crate::event::Transport;
use crate::event::amqp::Properties;
use crate::event::key_pattern;
use crate::event::reading::Reading;
use crate::event::tap_id::TapId;
use crate::log::{Entry, Kept, Segment, Shape};
use crate::query::{MOST_READ, Matcher, Needle, Subject};
use crate::schema::Catalog;
use crate::schema::stream::body::{LARGEST, read};
use crate::schema::stream::claim::{Facts, judge_facts};
use crate::text::payload::PayloadKind;

/// What is narrowed by a click: branches of the key tree and taps. Looked at once for each
/// distinct key and shape, not for each event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only keys that begin with these words.
    pub branch: Option<String>,
    /// No keys that begin with these words.
    pub muted: BTreeSet<String>,
    /// No events of these taps.
    pub hidden_taps: BTreeSet<TapId>,
    /// A message that several taps brought is shown once.
    pub merged: bool,
}

impl Scope {
    /// True if it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.branch.is_none()
            && self.muted.is_empty()
            && self.hidden_taps.is_empty()
            && !self.merged
    }

    fn takes_key(&self, key: &str) -> bool {
        let within = |branch: &String| key_pattern::is_within(key, branch);
        self.branch.as_ref().is_none_or(within) && !self.muted.iter().any(within)
    }

    fn takes_shape(&self, shape: &Shape) -> bool {
        !self.hidden_taps.contains(&shape.tap)
    }
}

/// What is wanted of the log.
#[derive(Debug)]
pub struct Wanted {
    /// What was narrowed by a click.
    pub scope: Scope,
    /// Only this conversation.
    pub correlation_id: Option<String>,
    /// The filter line; `None` if it is empty.
    pub matcher: Option<Matcher>,
    /// The schemas that events are judged by, if the filter asks for that.
    pub schemas: Option<Arc<Catalog>>,
    /// The time that ages are measured from, in milliseconds since 1970.
    pub now_ms: i64,
}

/// What was found out about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The entry of this number is wanted.
    Row(u64),
    /// The event is wanted, unless another copy of its message is shown.
    Copy(MessageCopy),
    /// The body of the entry of this number was not looked into to its end: it would cost too much,
    /// or it is broken.
    NotRead(u64),
}

/// Most bytes of one segment that are decoded for a filter. What is usual is some tens of its 4 MB;
/// what is more was made to be.
const MOST_DECODED: usize = 96 << 20;

/// What may still be decoded.
struct SearchBudget {
    left: Cell<usize>,
    /// The body of the event that was asked last was not looked into to its end.
    missed: Cell<bool>,
}

impl SearchBudget {
    fn new() -> Self {
        Self {
            left: Cell::new(MOST_DECODED),
            missed: Cell::new(false),
        }
    }

    fn read<'a>(&self, event: Kept<'a>) -> Option<Reading<'a>> {
        if event.shape().is_plain {
            return None;
        }
        if self.left.get() == 0 {
            self.missed.set(true);
            return Some(Reading {
                kind: event.kind(),
                is_document: false,
                bytes: Cow::Borrowed(event.body()),
                data: None,
                is_whole: false,
                cost: 0,
            });
        }
        let reading = event.reading(MOST_READ)?;
        self.left.set(self.left.get().saturating_sub(reading.cost));
        self.missed.set(!reading.is_whole);
        Some(reading)
    }
}

impl Wanted {
    /// The wanted entries of a segment, from this index on. Gaps are always wanted: they are true
    /// for every filter.
    #[must_use]
    pub fn find(&self, segment: &Segment, from: usize) -> Vec<Found> {
        let keys: Vec<bool> = segment.keys().map(|k| self.scope.takes_key(k)).collect();
        let shapes = segment.shapes().iter();
        let shapes: Vec<bool> = shapes.map(|s| self.scope.takes_shape(s)).collect();
        let budget = SearchBudget::new();
        let in_scope = |event: &Kept<'_>| {
            keys[event.key_number()]
                && shapes[event.shape_number()]
                && self
                    .correlation_id
                    .as_ref()
                    .is_none_or(|id| event.correlation_id().as_deref() == Some(id))
        };
        let matches = |event: Kept<'_>| match (&self.matcher, &self.schemas) {
            (None, _) => true,
            (Some(matcher), Some(schemas)) => {
                let subject = AskedSearch {
                    event,
                    budget: &budget,
                };
                matcher.matches(&Judged(subject, schemas), self.now_ms)
            }
            (Some(matcher), None) => {
                let subject = AskedSearch {
                    event,
                    budget: &budget,
                };
                matcher.matches(&subject, self.now_ms)
            }
        };
        let take = |row: usize, sure: bool| {
            let number = segment.first() + row as u64;
            let Entry::Event(event) = segment.entry(row)? else {
                return Some(Found::Row(number));
            };
            if !in_scope(&event) {
                return None;
            }
            budget.missed.set(false);
            if sure || matches(event) {
                Some(if self.scope.merged {
                    Found::Copy(MessageCopy::of(number, event))
                } else {
                    Found::Row(number)
                })
            } else {
                budget.missed.get().then_some(Found::NotRead(number))
            }
        };
        let needle = self.matcher.as_ref().and_then(|matcher| {
            let needle = matcher.needle()?;
            // UUIDs are kept as numbers: a part of one is found only event by event.
            (!needle.may_be_in_uuid()).then(|| (needle, matcher.is_needle_only()))
        });
        match needle {
            Some((needle, only)) => candidates(segment, from, needle)
                .into_iter()
                .filter_map(|(row, sure)| take(row, sure && only))
                .collect(),
            None => (from..segment.len())
                .filter_map(|row| take(row, false))
                .collect(),
        }
    }
}

/// Rows in which the needle may be, in order; `true` where it surely is. The whole buffer is looked
/// through in one go, which is many times faster than event by event.
fn candidates(segment: &Segment, from: usize, needle: &Needle) -> Vec<(usize, bool)> {
    let has = |text: &str| needle.occurs(text.as_bytes());
    let keys: Vec<bool> = segment.keys().map(has).collect();
    let shapes: Vec<bool> = segment
        .shapes()
        .iter()
        .map(|s| shape_has(s, needle))
        .collect();
    // What is not plain is looked into event by event; its bytes as they came say nothing.
    let coded = |row: usize| {
        segment.entry(row).is_some_and(|entry| match entry {
            Entry::Event(event) => !event.shape().is_plain,
            Entry::Gap { .. } => false,
        })
    };
    let is_coded = segment.shapes().iter().any(|shape| !shape.is_plain);
    let everywhere =
        keys.contains(&true) || shapes.contains(&true) || segment.has_gaps() || is_coded;
    let mut hits = Vec::new();
    let mut row = from;
    while row < segment.len() {
        let start = segment.range(row).start;
        let Some(hit) = needle.find(&segment.buffer()[start..]) else {
            break;
        };
        let hit = start + hit.start..start + hit.end;
        row = segment.row_at(hit.start);
        // Only inside the body is it surely the event's own text, and not of two neighbours.
        let body = segment.body_range(row);
        let in_body = body.start <= hit.start && hit.end <= body.end;
        hits.push((row, in_body && !(is_coded && coded(row))));
        row += 1;
    }
    if !everywhere {
        return hits;
    }
    let mut hits = hits.into_iter().peekable();
    let rows = (from..segment.len()).filter_map(|row| {
        if let Some(hit) = hits.next_if(|hit| hit.0 == row) {
            return Some(hit);
        }
        let named = match segment.entry(row)? {
            Entry::Event(event) => {
                keys[event.key_number()] || shapes[event.shape_number()] || !event.shape().is_plain
            }
            Entry::Gap { .. } => true,
        };
        named.then_some((row, false))
    });
    rows.collect()
}

/// True if the needle is in a text that events of this shape share.
fn shape_has(shape: &Shape, needle: &Needle) -> bool {
    let has = |text: &str| needle.occurs(text.as_bytes());
    let properties = &shape.properties;
    let texts = [
        &properties.content_type,
        &properties.content_encoding,
        &properties.reply_to,
        &properties.expiration,
        &properties.message_type,
        &properties.user_id,
        &properties.app_id,
        &properties.cluster_id,
    ];
    let facts = [&shape.event_type, &shape.version];
    has(&shape.destination)
        || texts.into_iter().flatten().any(|text| has(text))
        || facts.into_iter().flatten().any(|text| has(text))
        || shape.header_names.iter().flatten().any(|name| has(name))
}

impl Subject for Kept<'_> {
    fn reading(&self) -> Option<Reading<'_>> {
        Kept::reading(*self, MOST_READ)
    }
    fn received_ms(&self) -> i64 {
        Kept::received_ms(*self)
    }
    fn destination(&self) -> &str {
        &self.shape().destination
    }
    fn key(&self) -> &str {
        Kept::key(*self)
    }
    fn transport(&self) -> &Transport {
        &self.shape().transport
    }
    fn kind(&self) -> PayloadKind {
        Kept::kind(*self)
    }
    fn event_type(&self) -> Option<&str> {
        self.shape().event_type.as_deref()
    }
    fn version(&self) -> Option<&str> {
        self.shape().version.as_deref()
    }
    fn event_id(&self) -> Option<Cow<'_, str>> {
        Kept::event_id(*self)
    }
    fn correlation_id(&self) -> Option<Cow<'_, str>> {
        Kept::correlation_id(*self)
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        Kept::message_id(*self)
    }
    fn properties(&self) -> Cow<'_, Properties> {
        Cow::Owned(Kept::properties(*self))
    }
    fn body(&self) -> &[u8] {
        Kept::body(*self)
    }
    fn data(&self) -> &[u8] {
        Kept::data(*self)
    }
}

/// An event of a segment for which only so much is decoded.
struct AskedSearch<'a> {
    event: Kept<'a>,
    budget: &'a SearchBudget,
}

/// An event that is also judged by its schema.
struct Judged<'a>(AskedSearch<'a>, &'a Catalog);

/// What an event answers by itself, for a wrapper that answers the rest.
macro_rules! answers_of {
    ($($name:ident: $answer:ty),+ $(,)?) => {
        $(fn $name(&self) -> $answer {
            Subject::$name(self.event())
        })+
    };
    () => {
        answers_of! {
            received_ms: i64,
            destination: &str,
            key: &str,
            transport: &Transport,
            kind: PayloadKind,
            event_type: Option<&str>,
            version: Option<&str>,
            event_id: Option<Cow<'_, str>>,
            correlation_id: Option<Cow<'_, str>>,
            message_id: Option<Cow<'_, str>>,
            properties: Cow<'_, Properties>,
            body: &[u8],
            data: &[u8],
        }
    };
}

impl<'a> AskedSearch<'a> {
    fn event(&self) -> &Kept<'a> {
        &self.event
    }
}

impl Subject for AskedSearch<'_> {
    answers_of!();

    fn reading(&self) -> Option<Reading<'_>> {
        self.budget.read(self.event)
    }
}

impl<'a> Judged<'a> {
    fn event(&self) -> &Kept<'a> {
        &self.0.event
    }
}

impl Subject for Judged<'_> {
    answers_of!();

    fn reading(&self) -> Option<Reading<'_>> {
        self.0.reading()
    }

    fn schema(&self) -> Option<&'static str> {
        let event = *self.event();
        let properties = event.properties();
        let document = read(event.body(), &properties, LARGEST);
        let facts = Facts {
            properties: &properties,
            key: event.key(),
            event_type: event.shape().event_type.as_deref(),
            body: event.body(),
            document: document.as_ref(),
        };
        Some(judge_facts(&facts, self.1, 0).name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::event::{Event, Transport};
    use crate::log::EventLog;
    use crate::query::Filter;
    use crate::testing::event;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, bytes).unwrap();
        out.finish().unwrap()
    }

    fn packed(body: &[u8]) -> Event {
        let plain = event("k", "");
        Event::new(
            plain.received_at,
            plain.destination,
            plain.key,
            Transport::amqp(false),
            Properties::default(),
            gzip(body),
        )
    }

    fn find(events: &[Event], line: &str) -> Vec<Found> {
        let mut log = EventLog::new(100_000_000);
        for event in events {
            log.push(TapId::of(SourceId::FIRST, 1), event);
        }
        let wanted = Wanted {
            scope: Scope::default(),
            correlation_id: None,
            matcher: Some(Filter::parse(line).unwrap().matcher()),
            schemas: None,
            now_ms: 0,
        };
        let pieces = log.pieces(0);
        pieces
            .iter()
            .flat_map(|piece| wanted.find(piece, 0))
            .collect()
    }

    #[test]
    fn what_is_packed_is_found_beside_what_is_plain() {
        let events = [
            event("k", r#"{"a":"needle"}"#),
            packed(br#"{"a":"needle"}"#),
            packed(br#"{"a":"other"}"#),
            event("needle", "{}"),
        ];
        let rows = |rows: &[u64]| rows.iter().copied().map(Found::Row).collect::<Vec<_>>();
        assert_eq!(find(&events, "needle"), rows(&[0, 1, 3]));
        assert_eq!(find(&events, "a needle"), rows(&[0, 1]));
        assert_eq!(find(&events, "data.a=needle"), rows(&[0, 1]));
        assert_eq!(find(&events, "not needle"), rows(&[2]));
    }

    #[test]
    fn what_would_cost_too_much_is_counted_and_not_looked_into() {
        // One megabyte is looked into of each, and 96 of a segment.
        let bomb = packed(&vec![b' '; 2 << 20]);
        let mut events = vec![bomb; 120];
        events.push(packed(b"{\"a\":\"needle\"}"));
        events.push(event("k", "needle"));
        let found = find(&events, "needle");
        assert_eq!(found.len(), 122);
        let missed = |found: &&Found| matches!(found, Found::NotRead(_));
        assert_eq!(found.iter().filter(missed).count(), 121);
        assert_eq!(found.last(), Some(&Found::Row(121)));
        assert!(
            find(&events, "key:other").is_empty(),
            "nobody asked for the bodies"
        );
    }
}
