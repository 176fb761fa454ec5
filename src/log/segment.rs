//! A run of events in compact form: one buffer for everything that differs, one table for what
//! repeats. A sealed segment never changes and is shared.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::bytes::{Id, put_number, put_value};
use super::kept::{self, Kept};
use super::names::{NameIndex, Names};
use super::shape::Shape;
use crate::event::Event;
use crate::event::tap_id::TapId;

/// Bytes after which a segment is sealed.
pub const SEGMENT_BYTES: usize = 4 * 1024 * 1024;

/// The shape of a row that is no event but a gap.
const GAP: u16 = u16::MAX;

/// Most distinct keys, and most shapes, in a segment.
const MAX_NAMES: usize = GAP as usize - 1;

/// Where an event lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventRow {
    /// Milliseconds since the segment's beginning; a clock can be set back.
    pub(super) at: i32,
    /// Where its facts begin in the buffer. They end where its body begins.
    pub(super) start: u32,
    /// Where its body begins; it ends where the next row starts.
    pub(super) body: u32,
    pub(super) key: u16,
    pub(super) shape: u16,
}

/// A run of events.
#[derive(Clone, Debug)]
pub struct Segment {
    first: u64,
    /// Milliseconds since 1970.
    pub(super) began: i64,
    pub(super) buffer: Vec<u8>,
    pub(super) rows: Vec<EventRow>,
    pub(super) keys: Names,
    pub(super) shapes: Vec<Arc<Shape>>,
    gaps: u32,
}

/// What a number in the log stands for.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    Event(Kept<'a>),
    /// A time during which nothing could be seen, because the connection was lost.
    Gap {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    },
}

impl<'a> Entry<'a> {
    /// The event, if it is one.
    #[must_use]
    pub fn event(self) -> Option<Kept<'a>> {
        match self {
            Self::Event(event) => Some(event),
            Self::Gap { .. } => None,
        }
    }
}

impl Segment {
    fn new(first: u64, began: i64, capacity: usize) -> Self {
        Self {
            first,
            began,
            buffer: Vec::with_capacity(capacity),
            rows: Vec::new(),
            keys: Names::default(),
            shapes: Vec::new(),
            gaps: 0,
        }
    }

    /// Number of the first entry.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number after the last entry.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Entries that are events.
    pub(super) fn events(&self) -> u64 {
        self.rows.len() as u64 - u64::from(self.gaps)
    }

    /// True if some entries are gaps.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        self.gaps > 0
    }

    /// Everything that differs from event to event, end to end: for a search that looks at many
    /// events at once.
    #[must_use]
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The index of the entry that this place in the buffer belongs to.
    #[must_use]
    pub fn row_at(&self, place: usize) -> usize {
        let after = self.rows.partition_point(|row| row.start as usize <= place);
        after.saturating_sub(1)
    }

    /// Where this entry lies in the buffer.
    #[must_use]
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        let begins = |row: &EventRow| row.start as usize;
        let end = self.rows.get(row + 1).map_or(self.buffer.len(), begins);
        self.rows.get(row).map_or(end, begins).min(end)..end
    }

    /// Where the body of this entry lies in the buffer.
    #[must_use]
    pub fn body_range(&self, row: usize) -> std::ops::Range<usize> {
        let end = self.range(row).end;
        let body = self.rows.get(row).map_or(end, |row| row.body as usize);
        body.min(end)..end
    }

    /// The distinct keys, in the order of [`Kept::key_number`].
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter()
    }

    /// The distinct shapes, in the order of [`Kept::shape_number`].
    #[must_use]
    pub fn shapes(&self) -> &[Arc<Shape>] {
        &self.shapes
    }

    /// The entry of this index.
    #[must_use]
    pub fn entry(&self, row: usize) -> Option<Entry<'_>> {
        let place = self.rows.get(row)?;
        if place.shape == GAP {
            let facts = self
                .buffer
                .get(place.start as usize..place.start as usize + 16)?;
            let (from, to) = facts.split_at(8);
            let time = |bytes: &[u8]| {
                let ms = i64::from_le_bytes(bytes.try_into().ok()?);
                DateTime::from_timestamp_millis(ms)
            };
            return Some(Entry::Gap {
                from: time(from)?,
                to: time(to)?,
            });
        }
        Some(Entry::Event(Kept::new(self, row)))
    }

    /// The entries that are events, oldest first.
    pub fn all_events(&self) -> impl Iterator<Item = Kept<'_>> {
        (0..self.len()).filter_map(|row| self.entry(row)?.event())
    }

    /// Bytes of memory, near enough.
    pub(super) fn cost(&self, shapes: usize) -> usize {
        size_of::<Self>()
            + self.buffer.len()
            + self.rows.len() * size_of::<EventRow>()
            + self.keys.cost()
            + shapes
    }

    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// A copy of what lies from this index on.
    pub(super) fn tail(&self, row: usize) -> Self {
        let Some(start) = self.rows.get(row).map(|row| row.start) else {
            return Self::new(self.end(), self.began, 0);
        };
        let rows = self.rows[row..].iter().map(|row| EventRow {
            start: row.start - start,
            body: row.body - start,
            ..*row
        });
        Self {
            first: self.first + row as u64,
            began: self.began,
            buffer: self.buffer[start as usize..].to_vec(),
            rows: rows.collect(),
            keys: self.keys.clone(),
            shapes: self.shapes.clone(),
            gaps: self.gaps,
        }
    }
}

/// The segment that is being written.
#[derive(Debug)]
pub(super) struct OpenSegment {
    segment: Segment,
    keys: NameIndex,
    shapes: NameIndex,
    shapes_cost: usize,
    limit: usize,
}

impl OpenSegment {
    pub(super) fn new(first: u64, limit: usize) -> Self {
        Self {
            segment: Segment::new(first, 0, 0),
            keys: NameIndex::default(),
            shapes: NameIndex::default(),
            shapes_cost: 0,
            limit,
        }
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.segment
    }

    pub(super) fn cost(&self) -> usize {
        self.segment.cost(self.shapes_cost)
    }

    /// Appends an event. False if this segment has no place for it and must be sealed first; an
    /// empty one has place for any.
    pub(super) fn push(&mut self, tap: TapId, event: &Event) -> bool {
        let Some(at) = self.place(event.received_at, event.body.len() + 64) else {
            return false;
        };
        let segment = &mut self.segment;
        let key = self.keys.name(&mut segment.keys, &event.key);
        let hash = (self.shapes).hash(|hasher| Shape::hash_of(tap, event, hasher));
        let shapes = Shapes {
            all: &mut segment.shapes,
            cost: &mut self.shapes_cost,
        };
        let shape = shapes.number(
            &mut self.shapes,
            hash,
            |shape| shape.fits(tap, event),
            || Arc::new(Shape::of(tap, event)),
        );
        let start = here(&segment.buffer);
        kept::put_facts(&mut segment.buffer, event);
        let body = here(&segment.buffer);
        segment.buffer.extend_from_slice(&event.body);
        segment.rows.push(EventRow {
            at,
            start,
            body,
            key: short(key),
            shape: short(shape),
        });
        true
    }

    /// Appends events that were packed elsewhere; false as in [`Self::push`]. Costs a copy of their
    /// bytes and a look at what is distinct among them.
    pub(super) fn append(&mut self, packed: &Self) -> bool {
        let other = &packed.segment;
        if self.segment.is_empty() {
            self.segment.began = other.began;
        } else if self.cost() + packed.cost() > self.limit
            || self.segment.keys.len() + other.keys.len() > MAX_NAMES
            || self.segment.shapes.len() + other.shapes.len() > MAX_NAMES
        {
            return false;
        }
        let Ok(later) = i32::try_from(other.began - self.segment.began) else {
            return false;
        };
        if !other
            .rows
            .iter()
            .all(|row| row.at.checked_add(later).is_some())
        {
            return false;
        }
        let segment = &mut self.segment;
        let keys: Vec<u16> = (other.keys.iter())
            .map(|key| short(self.keys.name(&mut segment.keys, key)))
            .collect();
        let shapes: Vec<u16> = (other.shapes.iter())
            .map(|shape| {
                let hash = self.shapes.hash(|hasher| shape.hash(hasher));
                let shapes = Shapes {
                    all: &mut segment.shapes,
                    cost: &mut self.shapes_cost,
                };
                short(shapes.number(
                    &mut self.shapes,
                    hash,
                    |own| own == &**shape,
                    || Arc::clone(shape),
                ))
            })
            .collect();
        if segment.buffer.is_empty() {
            // Growing step by step would copy everything again and again.
            segment.buffer.reserve_exact(self.limit);
        }
        let offset = here(&segment.buffer);
        segment.buffer.extend_from_slice(&other.buffer);
        segment.rows.extend(other.rows.iter().map(|row| EventRow {
            at: row.at + later,
            start: row.start + offset,
            body: row.body + offset,
            key: keys[usize::from(row.key)],
            shape: shapes[usize::from(row.shape)],
        }));
        true
    }

    /// Appends a gap; false as in [`Self::push`].
    pub(super) fn push_gap(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        let Some(at) = self.place(to, 16) else {
            return false;
        };
        let start = here(&self.segment.buffer);
        for time in [from, to] {
            let ms = time.timestamp_millis();
            self.segment.buffer.extend_from_slice(&ms.to_le_bytes());
        }
        self.segment.rows.push(EventRow {
            at,
            start,
            body: start + 16,
            key: 0,
            shape: GAP,
        });
        self.segment.gaps += 1;
        true
    }

    /// The time of an entry of so many bytes, relative to the segment's beginning.
    fn place(&mut self, time: DateTime<Utc>, bytes: usize) -> Option<i32> {
        let ms = time.timestamp_millis();
        if self.segment.is_empty() {
            self.segment.began = ms;
        } else if self.cost() + bytes > self.limit
            || self.segment.keys.len() >= MAX_NAMES
            || self.segment.shapes.len() >= MAX_NAMES
        {
            return None;
        }
        i32::try_from(ms - self.segment.began).ok()
    }

    /// Ends this segment and begins the next, in this buffer.
    pub(super) fn seal(&mut self, buffer: Vec<u8>) -> Segment {
        let mut next = Self::new(self.segment.end(), self.limit);
        next.segment.buffer = buffer;
        let mut sealed = std::mem::replace(self, next).segment;
        sealed.buffer.shrink_to_fit();
        sealed.rows.shrink_to_fit();
        sealed.keys.shrink();
        sealed.shapes.shrink_to_fit();
        sealed
    }

    pub(super) fn shapes_cost(&self) -> usize {
        self.shapes_cost
    }
}

/// A number of a name; [`MAX_NAMES`] sees to it that it fits.
fn short(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(GAP - 1)
}

/// The shapes of a segment while it is written to.
struct Shapes<'a> {
    all: &'a mut Vec<Arc<Shape>>,
    cost: &'a mut usize,
}

impl Shapes<'_> {
    /// The number of the shape with this hash that fits, or of a new one.
    fn number(
        self,
        index: &mut NameIndex,
        hash: u64,
        fits: impl Fn(&Shape) -> bool,
        make: impl FnOnce() -> Arc<Shape>,
    ) -> u32 {
        let all = std::cell::RefCell::new(self.all);
        index.find_or_add(
            hash,
            |number| fits(&all.borrow()[number as usize]),
            || {
                let mut all = all.borrow_mut();
                let shape = make();
                *self.cost += shape.cost();
                all.push(shape);
                u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
            },
        )
    }
}

/// A buffer stays below 4 GB: a segment is sealed long before, and no message is that large
/// (RabbitMQ's own limit is 512 MB).
fn here(buffer: &[u8]) -> u32 {
    u32::try_from(buffer.len()).unwrap_or(u32::MAX)
}

/// Appends header values; their names stand in the shape.
pub(super) fn put_headers(out: &mut Vec<u8>, event: &Event) {
    for (_, value) in event.properties.headers.iter().flatten() {
        put_value(out, value);
    }
}

/// Appends an id that may be missing.
pub(super) fn put_id(out: &mut Vec<u8>, id: Option<&str>) {
    if let Some(id) = id {
        Id::of(id).put(out);
    }
}

/// Appends a range.
pub(super) fn put_range(out: &mut Vec<u8>, start: usize, length: usize) {
    put_number(out, start as u64);
    put_number(out, length as u64);
}
