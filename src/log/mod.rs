//! The events that are kept, oldest first, bounded in bytes. Each has a number that never changes,
//! so a selection survives while older events are evicted.
//!
//! Events lie in segments of about 4 MB. What repeats (keys, destinations, types, names of
//! headers, constant properties) stands in a segment once. A sealed segment never changes: other
//! threads search it, and it is evicted as a whole.

mod batch;
mod bytes;
mod kept;
mod names;
mod segment;
mod shape;
mod spare;

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::event::tap_id::TapId;

pub use batch::Batch;
pub use kept::Kept;
pub use segment::{Entry, SEGMENT_BYTES, Segment};
pub use shape::Shape;

/// Memory for events, in bytes, unless told otherwise.
pub const DEFAULT_MAX_BYTES: usize = 512 * 1024 * 1024;

/// Least number of segments that a full log has, so that evicting one never takes much away.
const MIN_SEGMENTS: usize = 32;

/// A segment with what it costs and holds, which is not counted again.
#[derive(Debug)]
struct Sealed {
    segment: Arc<Segment>,
    cost: usize,
    events: u64,
}

/// The log.
#[derive(Debug)]
pub struct EventLog {
    sealed: VecDeque<Sealed>,
    sealed_bytes: usize,
    open: segment::OpenSegment,
    spare: spare::Spare,
    max_bytes: usize,
    received: u64,
    evicted: u64,
    /// What was cleared last and can still be taken back.
    aside: Aside,
}

/// Segments that were cleared, with their counters. They are the first to go when there is too much.
#[derive(Debug, Default)]
struct Aside {
    sealed: VecDeque<Sealed>,
    bytes: usize,
    received: u64,
    evicted: u64,
}

impl EventLog {
    /// An empty log that keeps about this many bytes.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self {
            sealed: VecDeque::new(),
            sealed_bytes: 0,
            open: segment::OpenSegment::new(0, segment_limit(max_bytes)),
            spare: spare::Spare::default(),
            max_bytes,
            received: 0,
            evicted: 0,
            aside: Aside::default(),
        }
    }

    /// Appends events, and evicts the oldest segments while there is too much. The newest batch
    /// always stays, even one that is larger than the limit.
    pub fn append(&mut self, batch: &Batch) {
        if !self.open.append(batch.open()) {
            self.seal();
            self.open.append(batch.open());
        }
        self.received += batch.len() as u64;
        self.evict();
    }

    /// Appends one event: a batch of its own.
    pub fn push(&mut self, tap: TapId, event: &Event) {
        self.append(&Batch::of(tap, [event]));
    }

    /// Appends a gap.
    pub fn push_gap(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        if !self.open.push_gap(from, to) {
            self.seal();
            self.open.push_gap(from, to);
        }
    }

    fn seal(&mut self) {
        let shapes = self.open.shapes_cost();
        let segment = self.open.seal(self.spare.take());
        self.spare.order(segment_limit(self.max_bytes));
        let cost = segment.cost(shapes);
        self.sealed_bytes += cost;
        self.sealed.push_back(Sealed {
            cost,
            events: segment.events(),
            segment: Arc::new(segment),
        });
    }

    fn evict(&mut self) {
        while self.bytes() + self.aside.bytes > self.max_bytes {
            let oldest = if let Some(oldest) = self.aside.sealed.pop_front() {
                self.aside.bytes -= oldest.cost;
                self.aside.evicted += oldest.events;
                oldest
            } else if let Some(oldest) = self.sealed.pop_front() {
                self.sealed_bytes -= oldest.cost;
                self.evicted += oldest.events;
                oldest
            } else {
                break;
            };
            // Another thread may still be searching it.
            if let Some(segment) = Arc::into_inner(oldest.segment) {
                self.spare.give(segment.into_buffer());
            }
        }
    }

    /// Keeps about this many bytes from now on.
    pub fn set_max_bytes(&mut self, max_bytes: usize) {
        self.max_bytes = max_bytes;
        if !self.open.segment().is_empty() {
            self.seal();
        }
        self.open =
            segment::OpenSegment::new(self.open.segment().first(), segment_limit(max_bytes));
        self.evict();
    }

    /// The bytes that it keeps about.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Removes everything and starts the counters at zero. Numbers go on, so that an old number
    /// never names a new event. Until [`Self::forget_cleared`], or until its memory is needed, it can
    /// be taken back; what was cleared before this is gone.
    pub fn clear(&mut self) {
        if !self.open.segment().is_empty() {
            self.seal();
        }
        self.aside = Aside {
            sealed: std::mem::take(&mut self.sealed),
            bytes: std::mem::take(&mut self.sealed_bytes),
            received: std::mem::take(&mut self.received),
            evicted: std::mem::take(&mut self.evicted),
        };
    }

    /// Takes back what was cleared last, before what came since.
    pub fn undo_clear(&mut self) {
        let Aside {
            mut sealed,
            bytes,
            received,
            evicted,
        } = std::mem::take(&mut self.aside);
        sealed.append(&mut self.sealed);
        self.sealed = sealed;
        self.sealed_bytes += bytes;
        self.received += received;
        self.evicted += evicted;
    }

    /// Gives up what was cleared.
    pub fn forget_cleared(&mut self) {
        self.aside = Aside::default();
    }

    /// Bytes of what was cleared and can be taken back.
    #[must_use]
    pub fn cleared_bytes(&self) -> usize {
        self.aside.bytes
    }

    /// Events that were cleared and can be taken back.
    #[must_use]
    pub fn cleared(&self) -> u64 {
        self.aside.sealed.iter().map(|sealed| sealed.events).sum()
    }

    fn segment(&self, number: u64) -> Option<&Segment> {
        let open = self.open.segment();
        if number >= open.first() {
            return Some(open);
        }
        let after = self
            .sealed
            .partition_point(|sealed| sealed.segment.first() <= number);
        Some(&self.sealed.get(after.checked_sub(1)?)?.segment)
    }

    /// The entry of this number, unless it was evicted or does not exist yet.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Entry<'_>> {
        let segment = self.segment(number)?;
        let row = number.checked_sub(segment.first())?;
        segment.entry(usize::try_from(row).ok()?)
    }

    /// The event of this number.
    #[must_use]
    pub fn event(&self, number: u64) -> Option<Kept<'_>> {
        self.get(number)?.event()
    }

    /// The number of the last event before this one of the same source with the same key and destination.
    /// Looks at no more than the given number of entries.
    #[must_use]
    pub fn previous_on_key(&self, number: u64, within: u64) -> Option<u64> {
        let event = self.event(number)?;
        let (key, shape) = (event.key(), event.shape());
        let from = number.saturating_sub(within).max(self.first());
        (from..number).rev().find(|number| {
            self.event(*number).is_some_and(|other| {
                other.key() == key
                    && other.shape().destination == shape.destination
                    && other.tap().source == shape.tap.source
            })
        })
    }

    /// Everything from this number on, for another thread to read. Sealed segments are shared;
    /// of the open one, what lies in question is copied.
    #[must_use]
    pub fn pieces(&self, from: u64) -> Vec<Arc<Segment>> {
        self.some_pieces(from, usize::MAX)
    }

    /// The same, but no more than so many pieces.
    #[must_use]
    pub fn some_pieces(&self, from: u64, most: usize) -> Vec<Arc<Segment>> {
        let after = self
            .sealed
            .partition_point(|sealed| sealed.segment.end() <= from);
        let sealed = self.sealed.range(after..).take(most);
        let mut pieces: Vec<_> = sealed.map(|sealed| Arc::clone(&sealed.segment)).collect();
        if pieces.len() == most {
            return pieces;
        }
        let open = self.open.segment();
        let skip = usize::try_from(from.saturating_sub(open.first())).unwrap_or(usize::MAX);
        if skip < open.len() {
            pieces.push(Arc::new(open.tail(skip)));
        }
        pieces
    }

    /// Number of the oldest entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        let oldest = self.sealed.front().map(|sealed| &*sealed.segment);
        oldest.unwrap_or(self.open.segment()).first()
    }

    /// Number that the next entry will get.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.open.segment().end()
    }

    /// Events that ever came, since the last clear.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Events that were evicted to stay within the memory limit, since the last clear.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Events that are kept.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.received - self.evicted
    }

    /// Bytes that they take, near enough.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.sealed_bytes + self.open.cost()
    }
}

fn segment_limit(max_bytes: usize) -> usize {
    SEGMENT_BYTES.min(max_bytes / MIN_SEGMENTS)
}

#[cfg(test)]
pub(crate) mod tests;
