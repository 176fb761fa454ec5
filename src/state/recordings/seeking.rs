//! Going to a moment of an opened recording: to its row if it was read, else it is read from there.

use chrono::{DateTime, Utc};

use super::Scrub;
use crate::address::Address;
use crate::event::start_from::StartFrom;
use crate::event::tap_id::TapId;
use crate::event::watching::{TapReading, TapRequest};
use crate::log::EventLog;
use crate::protocol::Command;
use crate::recording::{ALL_DESTINATIONS, Outline};
use crate::state::live::LiveAction;
use crate::state::source::Source;
use crate::state::{Forms, State};

/// Entries that are looked at around a place for one of the recording, where others stand between.
const AROUND: u64 = 4_096;

impl Source {
    /// The recording was looked at from afar.
    pub(in crate::state) fn outline(&mut self, events: Option<(u64, u64)>, outline: Outline) {
        match (events, &mut self.scrub) {
            (None, Some(scrub)) => scrub.again(outline),
            (None, None) => self.scrub = Scrub::of(outline),
            (Some(events), Some(scrub)) => scrub.closer(events, &outline),
            (Some(_), None) => {}
        }
    }
}

impl State {
    /// True if the source in front is a recording.
    #[must_use]
    pub fn is_recording_in_front(&self) -> bool {
        matches!(self.front.address(), Some(Address::Recording(_)))
    }

    /// How a recording is read from this event on: as much as the log keeps without losing its oldest.
    pub(in crate::state) fn reading_from(&self, event: u64) -> TapReading {
        TapReading {
            from: StartFrom::Offset(event),
            most_bytes: Some(self.live.log.max_bytes() as u64 / 4 * 3),
            ..TapReading::default()
        }
    }

    pub(super) fn seek(
        &mut self,
        to_ms: i64,
        is_moving: bool,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let Some(scrub) = &mut self.front.scrub else {
            return Vec::new();
        };
        scrub.move_to(to_ms);
        if scrub.is_read_there()
            && let Some(tap) = scrub.tap()
            && let Some(number) = nearest(&self.live.log, tap, scrub.position_ms())
        {
            scrub.stands_for(number);
            self.live.act(LiveAction::Select(number), forms, now);
            return Vec::new();
        }
        if is_moving {
            return Vec::new();
        }
        let event = scrub.event_there();
        self.read_from(event, forms, now)
    }

    /// Reads the recording in front from this event on. What was read before goes where nothing else is
    /// shown beside it.
    pub(super) fn read_from(
        &mut self,
        event: u64,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let own = self.front.id;
        let before: Vec<TapId> = self
            .taps
            .list()
            .iter()
            .map(|tap| tap.id)
            .filter(|tap| tap.source == own)
            .collect();
        let mut commands = Vec::new();
        for tap in before {
            let stop = self.taps.stop(tap);
            commands.extend(stop.map(|stop| self.to_front(stop)));
        }
        if !self.has_several() {
            self.clear_names();
            self.live.act(LiveAction::Clear, forms, now);
        }
        let request = TapRequest {
            tap: self.fresh_tap(),
            destination: ALL_DESTINATIONS.to_owned(),
            keys: vec!["#".to_owned()],
            reading: self.reading_from(event),
        };
        self.live.follow = false;
        let start = self.taps.start(request);
        commands.push(self.to_front(start));
        commands
    }
}

/// The entry of this tap that came last at this time or before it, else its first. Entries of a recording
/// stand in the order of their times; what others brought stands between them.
fn nearest(log: &EventLog, tap: TapId, ms: i64) -> Option<u64> {
    let own = |number: u64| {
        let event = log.event(number).filter(|event| event.tap() == tap)?;
        Some((number, event.received_ms()))
    };
    let around = |middle: u64, from: u64, to: u64| {
        let up = (middle..to.min(middle.saturating_add(AROUND))).find_map(own);
        up.or_else(|| {
            (from.max(middle.saturating_sub(AROUND))..middle)
                .rev()
                .find_map(own)
        })
    };
    let (mut from, mut to) = (log.first(), log.end());
    let (mut before, mut after) = (None, None);
    while from < to {
        let Some((number, at)) = around(from + (to - from) / 2, from, to) else {
            break;
        };
        if at <= ms {
            before = Some(number);
            from = number + 1;
        } else {
            after = Some(number);
            to = number;
        }
    }
    before.or(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::source_id::SourceId;
    use crate::testing::event;

    #[test]
    fn a_time_is_found_among_what_others_brought() {
        let (own, other) = (TapId::of(SourceId::FIRST, 1), TapId::of(SourceId(2), 1));
        let mut log = EventLog::new(1_000_000);
        for second in 0..50 {
            let mut one = event("k", "{}");
            one.received_at = DateTime::from_timestamp(second, 0).unwrap();
            log.push(own, &one);
            // Another clock.
            one.received_at = DateTime::from_timestamp(9_000 - second, 0).unwrap();
            log.push(other, &one);
            log.push(other, &one);
        }
        for (ms, number) in [
            (0, 0),
            (999, 0),
            (1_000, 3),
            (30_500, 90),
            (99_000, 147),
            (-5, 0),
        ] {
            assert_eq!(nearest(&log, own, ms), Some(number), "{ms}");
        }
        assert_eq!(nearest(&log, TapId::of(SourceId(3), 1), 0), None);
    }
}
