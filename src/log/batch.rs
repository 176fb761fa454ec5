//! Events that came together, packed where they were received: the window's thread only copies
//! them into the log.

use super::kept::Kept;
use super::segment::{OpenSegment, Segment};
use crate::event::Event;
use crate::event::tap_id::TapId;

/// Events of one tap that came together.
#[derive(Debug)]
pub struct Batch {
    tap: TapId,
    open: OpenSegment,
}

impl Batch {
    /// An empty batch of this tap.
    #[must_use]
    pub fn new(tap: TapId) -> Self {
        Self {
            tap,
            open: OpenSegment::new(0, usize::MAX),
        }
    }

    /// A batch of these events.
    #[must_use]
    pub fn of<'a>(tap: TapId, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut batch = Self::new(tap);
        for event in events {
            batch.push(event);
        }
        batch
    }

    /// Appends an event. False if it has no place in this batch, because there are too many
    /// different ones or its clock is years away; an empty batch has place for any.
    pub fn push(&mut self, event: &Event) -> bool {
        self.open.push(self.tap, event)
    }

    /// The tap that received them.
    #[must_use]
    pub fn tap(&self) -> TapId {
        self.tap
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segment().len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segment().is_empty()
    }

    /// The events, oldest first.
    pub fn events(&self) -> impl Iterator<Item = Kept<'_>> {
        self.segment().all_events()
    }

    pub(super) fn open(&self) -> &OpenSegment {
        &self.open
    }

    /// What was received.
    #[must_use]
    pub fn segment(&self) -> &Segment {
        self.open.segment()
    }
}
