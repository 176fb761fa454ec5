//! An opened recording from afar: how fast events came, what stands beside them, which part of it is
//! looked at, and which part was read into the stream.

use chrono::{DateTime, Utc};

use crate::event::tap_id::TapId;
use crate::recording::Outline;
use crate::text::numbers::{count_of, thousands};

/// Bars of the picture.
pub const BARS: usize = 240;
/// Shortest part that is looked at, in milliseconds.
const SHORTEST_MS: i64 = 1_000;

/// What a mark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Something is missing here: the connection was lost, or a queue was full.
    Gap,
    Note,
    /// The first event of a new shape on its key.
    NewShape,
}

/// A moment worth looking at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    pub kind: MarkKind,
    pub words: String,
}

/// A recording from afar.
#[derive(Clone, Debug)]
pub struct Scrub {
    whole: Outline,
    /// From when to when it goes.
    times: (i64, i64),
    /// What is looked at.
    shown: (i64, i64),
    /// Events a second in equal spans of what is looked at.
    bars: Vec<f32>,
    marks: Vec<Mark>,
    /// Where the person is.
    position_ms: i64,
    /// The row of the stream that stands for the position, until another is selected.
    row: Option<u64>,
    /// The events that were read into the stream, by the tap that gave them.
    covered: Option<(TapId, u64, u64)>,
}

impl Scrub {
    /// None for a recording without events.
    pub(in crate::state) fn of(whole: Outline) -> Option<Self> {
        let (from, to) = whole.times()?;
        let from = from.timestamp_millis();
        let to = to.timestamp_millis().max(from + SHORTEST_MS);
        let mut marks: Vec<Mark> = Vec::new();
        for (_, gap) in &whole.gaps {
            let lost = gap.to.signed_duration_since(gap.from).num_milliseconds();
            let missing = gap
                .events
                .map(|events| format!(", {} missing", count_of(events, "event")));
            marks.push(Mark {
                at_ms: gap.from.timestamp_millis(),
                kind: MarkKind::Gap,
                words: format!(
                    "Gap of {lost} ms{}: {}",
                    missing.unwrap_or_default(),
                    gap.why
                ),
            });
        }
        for note in &whole.notes {
            let at = note.event.and_then(|event| whole.time_of(event));
            marks.push(Mark {
                at_ms: at.unwrap_or(note.written_at).timestamp_millis(),
                kind: MarkKind::Note,
                words: note.words.clone(),
            });
        }
        marks.sort_by_key(|mark| mark.at_ms);
        let mut scrub = Self {
            whole,
            times: (from, to),
            shown: (from, to),
            bars: Vec::new(),
            marks,
            position_ms: from,
            row: None,
            covered: None,
        };
        scrub.draw_from(None);
        Some(scrub)
    }

    fn draw_from(&mut self, part: Option<&Outline>) {
        let outline = part.unwrap_or(&self.whole);
        self.bars = outline.rates(self.shown, BARS);
    }

    /// The same recording was looked at again: what the person looks at stays.
    pub(in crate::state) fn again(&mut self, whole: Outline) {
        if let Some(new) = Self::of(whole) {
            let (shown, position_ms, covered) = (self.shown, self.position_ms, self.covered);
            let is_whole = shown == self.times;
            *self = new;
            (self.position_ms, self.covered) = (position_ms, covered);
            if !is_whole {
                self.shown = shown;
            }
            self.draw_from(None);
        }
    }

    /// A part of it was looked at more closely; one that is not looked at any more does not count.
    pub(in crate::state) fn closer(&mut self, events: (u64, u64), part: &Outline) {
        if self.events_shown() == events {
            self.draw_from(Some(part));
        }
    }

    /// From when to when it goes, in milliseconds since 1970.
    #[must_use]
    pub fn times(&self) -> (i64, i64) {
        self.times
    }

    /// From when to when it is looked at.
    #[must_use]
    pub fn shown(&self) -> (i64, i64) {
        self.shown
    }

    /// True if all of it is looked at.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.shown == self.times
    }

    /// Events a second, in equal spans of what is looked at.
    #[must_use]
    pub fn bars(&self) -> &[f32] {
        &self.bars
    }

    /// Gaps and notes, in their order.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Where the person is, in milliseconds since 1970.
    #[must_use]
    pub fn position_ms(&self) -> i64 {
        self.position_ms
    }

    /// The same where this row is selected, whose event came then: it counts unless it is only the one
    /// that is next to where the person went.
    #[must_use]
    pub fn position_at(&self, row: u64, came_ms: i64) -> i64 {
        if self.row == Some(row) {
            self.position_ms
        } else {
            came_ms
        }
    }

    pub(in crate::state) fn stands_for(&mut self, row: u64) {
        self.row = Some(row);
    }

    /// The first and the last event that were read, as times.
    #[must_use]
    pub fn covered(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (_, from, to) = self.covered?;
        Some((self.whole.time_of(from)?, self.whole.time_of(to)?))
    }

    /// How much of it was read, in words; nothing if all of it was.
    #[must_use]
    pub fn unread_words(&self) -> Option<String> {
        let (_, from, to) = self.covered?;
        (from > 1 || to < self.whole.last).then(|| {
            format!(
                "Events {} to {} of {} are read",
                thousands(from),
                thousands(to),
                thousands(self.whole.last)
            )
        })
    }

    /// The event behind the last that was read, if there is one.
    pub(in crate::state) fn next_unread(&self) -> Option<u64> {
        let (_, _, to) = self.covered?;
        (to < self.whole.last).then_some(to + 1)
    }

    /// The tap that read last.
    pub(in crate::state) fn tap(&self) -> Option<TapId> {
        self.covered.map(|(tap, ..)| tap)
    }

    /// True if there is more behind what was read.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.next_unread().is_some()
    }

    pub(in crate::state) fn cover(&mut self, tap: TapId, from: u64, to: u64) {
        self.covered = Some(match self.covered {
            Some((own, first, last)) if own == tap => (tap, first.min(from), last.max(to)),
            _ => (tap, from, to),
        });
    }

    /// The numbers of the first and the last event that are looked at.
    pub(in crate::state) fn events_shown(&self) -> (u64, u64) {
        let from = self.whole.event_at(self.shown.0);
        (from, self.whole.event_at(self.shown.1))
    }

    pub(in crate::state) fn move_to(&mut self, ms: i64) {
        self.position_ms = ms.clamp(self.times.0, self.times.1);
        let (from, to) = self.shown;
        let span = to - from;
        // What is looked at follows.
        if self.position_ms < from {
            self.shown = (self.position_ms, self.position_ms + span);
        } else if self.position_ms > to {
            self.shown = (self.position_ms - span, self.position_ms);
        } else {
            return;
        }
        self.draw_from(None);
    }

    /// The number of about the event at the position.
    pub(in crate::state) fn event_there(&self) -> u64 {
        self.whole.event_at(self.position_ms)
    }

    /// True if that one was read into the stream.
    pub(in crate::state) fn is_read_there(&self) -> bool {
        let event = self.event_there();
        let read = self.covered;
        read.is_some_and(|(_, from, to)| (from..=to).contains(&event))
    }

    /// Looks at half as much, or twice as much, around the position; or at all of it.
    pub(in crate::state) fn zoom(&mut self, zoom: Zoom) {
        let (from, to) = self.shown;
        let span = match zoom {
            Zoom::In => ((to - from) / 2).max(SHORTEST_MS),
            Zoom::Out => (to - from).saturating_mul(2),
            Zoom::Whole => i64::MAX,
        };
        if span >= self.times.1 - self.times.0 {
            self.shown = self.times;
        } else {
            let middle = self.position_ms.clamp(from, to);
            let from = (middle - span / 2).clamp(self.times.0, self.times.1 - span);
            self.shown = (from, from + span);
        }
        self.draw_from(None);
    }
}

/// How what is looked at changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    In,
    Out,
    /// All of it.
    Whole,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::recording::WrittenGap;

    fn scrub() -> Scrub {
        let knots = (0..=100_u64).map(|n| (n + 1, i64::try_from(n).unwrap_or(0) * 1_000));
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let gap = WrittenGap {
            from: at(40),
            to: at(42),
            place: None,
            events: Some(2),
            why: "The connection was lost".into(),
        };
        let note = crate::recording::reader::RecordedNote {
            written_at: at(90),
            event: Some(11),
            words: "here".into(),
        };
        Scrub::of(Outline {
            knots: knots.collect(),
            gaps: vec![(41, gap)],
            notes: vec![note],
            last: 101,
        })
        .unwrap()
    }

    #[test]
    fn marks_stand_where_they_belong() {
        let marks: Vec<_> = scrub()
            .marks()
            .iter()
            .map(|mark| (mark.at_ms, mark.words.clone()))
            .collect();
        assert_eq!(marks[0], (10_000, "here".into()));
        assert_eq!(
            marks[1],
            (
                40_000,
                "Gap of 2000 ms, 2 events missing: The connection was lost".into()
            )
        );
    }

    #[test]
    fn zooming_stays_within_and_keeps_the_position_in_sight() {
        let mut scrub = scrub();
        scrub.move_to(90_000);
        scrub.stands_for(7);
        assert_eq!(scrub.position_at(7, 89_000), 90_000);
        assert_eq!(scrub.position_at(8, 91_000), 91_000);
        scrub.zoom(Zoom::In);
        assert_eq!(scrub.shown(), (50_000, 100_000));
        scrub.zoom(Zoom::In);
        assert_eq!(scrub.shown(), (75_000, 100_000));
        scrub.move_to(10_000);
        assert_eq!(scrub.shown(), (10_000, 35_000));
        scrub.zoom(Zoom::Out);
        assert_eq!(scrub.shown(), (0, 50_000));
        scrub.zoom(Zoom::Whole);
        assert!(scrub.is_whole());
        for _ in 0..40 {
            scrub.zoom(Zoom::In);
        }
        assert_eq!(scrub.shown().1 - scrub.shown().0, SHORTEST_MS);
        scrub.move_to(-5);
        assert_eq!(scrub.position_ms(), 0);
    }

    #[test]
    fn what_was_read_is_told_and_a_new_tap_begins_anew() {
        let mut scrub = scrub();
        assert!(scrub.unread_words().is_none() && !scrub.is_read_there());
        let tap = |number| TapId::of(SourceId::FIRST, number);
        scrub.cover(tap(1), 1, 50);
        scrub.cover(tap(1), 51, 60);
        assert_eq!(
            scrub.unread_words().as_deref(),
            Some("Events 1 to 60 of 101 are read")
        );
        assert!(scrub.is_read_there() && scrub.next_unread() == Some(61));
        scrub.move_to(80_000);
        assert!(!scrub.is_read_there());
        scrub.cover(tap(2), 81, 101);
        assert!(scrub.is_read_there() && !scrub.has_more());
        scrub.cover(tap(2), 1, 101);
        assert_eq!(scrub.unread_words(), None);
    }
}
