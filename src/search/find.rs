//! Which events of a segment are wanted.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::tap::TapId;
use crate::domain::{PayloadKind, Properties, Trace, routing_key};
use crate::log::{Entry, Kept, Segment, Shape};
use crate::query::{Matcher, Needle, Subject};
use crate::schema::Catalog;
use crate::schema::body::read;
use crate::schema::claim::{Facts, judge_facts};

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
}

impl Scope {
    /// True if it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.branch.is_none() && self.muted.is_empty() && self.hidden_taps.is_empty()
    }

    fn takes_key(&self, key: &str) -> bool {
        let within = |branch: &String| routing_key::is_within(key, branch);
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

impl Wanted {
    /// Numbers of the wanted entries of a segment, from this index on. Gaps are always wanted:
    /// they are true for every filter.
    #[must_use]
    pub fn find(&self, segment: &Segment, from: usize) -> Vec<u64> {
        let keys: Vec<bool> = segment.keys().map(|k| self.scope.takes_key(k)).collect();
        let shapes = segment.shapes().iter();
        let shapes: Vec<bool> = shapes.map(|s| self.scope.takes_shape(s)).collect();
        let number = |row: usize| segment.first() + row as u64;
        let in_scope = |event: &Kept<'_>| {
            keys[event.key_number()]
                && shapes[event.shape_number()]
                && self
                    .correlation_id
                    .as_ref()
                    .is_none_or(|id| event.correlation_id().as_deref() == Some(id))
        };
        let take = |row: usize, sure: bool| match segment.entry(row)? {
            Entry::Gap { .. } => Some(number(row)),
            Entry::Event(event) => {
                let matched = || match &self.matcher {
                    Some(matcher) => match &self.schemas {
                        Some(schemas) => matcher.matches(&Judged(event, schemas), self.now_ms),
                        None => matcher.matches(&event, self.now_ms),
                    },
                    None => true,
                };
                (in_scope(&event) && (sure || matched())).then(|| number(row))
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
    let everywhere = keys.contains(&true) || shapes.contains(&true) || segment.has_gaps();
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
        hits.push((row, body.start <= hit.start && hit.end <= body.end));
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
            Entry::Event(event) => keys[event.key_number()] || shapes[event.shape_number()],
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
    has(&shape.exchange)
        || texts.into_iter().flatten().any(|text| has(text))
        || facts.into_iter().flatten().any(|text| has(text))
        || shape.header_names.iter().flatten().any(|name| has(name))
}

impl Subject for Kept<'_> {
    fn received_ms(&self) -> i64 {
        Kept::received_ms(*self)
    }
    fn exchange(&self) -> &str {
        &self.shape().exchange
    }
    fn routing_key(&self) -> &str {
        Kept::routing_key(*self)
    }
    fn redelivered(&self) -> bool {
        self.shape().redelivered
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
    fn trace(&self) -> Option<&Trace> {
        Kept::trace(*self)
    }
    fn body(&self) -> &[u8] {
        Kept::body(*self)
    }
    fn data(&self) -> &[u8] {
        Kept::data(*self)
    }
}

/// An event that is also judged by its schema.
struct Judged<'a>(Kept<'a>, &'a Catalog);

/// A larger body is not judged, in bytes.
const LARGEST: usize = 1_000_000;

impl Subject for Judged<'_> {
    fn schema(&self) -> Option<&'static str> {
        let properties = self.0.properties();
        let document = read(self.0.body(), &properties, LARGEST);
        let facts = Facts {
            properties: &properties,
            routing_key: self.0.routing_key(),
            event_type: self.0.shape().event_type.as_deref(),
            document: document.as_ref(),
        };
        Some(judge_facts(&facts, self.1, 0).name())
    }
    fn received_ms(&self) -> i64 {
        Subject::received_ms(&self.0)
    }
    fn exchange(&self) -> &str {
        Subject::exchange(&self.0)
    }
    fn routing_key(&self) -> &str {
        Subject::routing_key(&self.0)
    }
    fn redelivered(&self) -> bool {
        Subject::redelivered(&self.0)
    }
    fn kind(&self) -> PayloadKind {
        Subject::kind(&self.0)
    }
    fn event_type(&self) -> Option<&str> {
        Subject::event_type(&self.0)
    }
    fn version(&self) -> Option<&str> {
        Subject::version(&self.0)
    }
    fn event_id(&self) -> Option<Cow<'_, str>> {
        Subject::event_id(&self.0)
    }
    fn correlation_id(&self) -> Option<Cow<'_, str>> {
        Subject::correlation_id(&self.0)
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        Subject::message_id(&self.0)
    }
    fn properties(&self) -> Cow<'_, Properties> {
        Subject::properties(&self.0)
    }
    fn trace(&self) -> Option<&Trace> {
        Subject::trace(&self.0)
    }
    fn body(&self) -> &[u8] {
        Subject::body(&self.0)
    }
    fn data(&self) -> &[u8] {
        Subject::data(&self.0)
    }
}
