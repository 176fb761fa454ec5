//! A draft that is published many times, at a rate.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::variables::Values;
use super::{Draft, Outgoing, Problem};

/// Most events of one series.
pub const MOST: u32 = 100_000;
/// Events that are under way together.
const TOGETHER: u32 = 64;

/// What is published, how often and how fast.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSeries {
    /// The event as it is written.
    pub draft: Draft,
    /// Its variables are not replaced.
    pub as_written: bool,
    /// How many events.
    pub count: u32,
    /// Most events a second; `None` is as fast as they are confirmed.
    pub per_second: Option<NonZeroU32>,
    /// Another seed gives other ids and numbers.
    pub seed: u64,
}

impl EventSeries {
    /// The event of this number, from 1.
    ///
    /// # Errors
    /// What is wrong with its fields.
    pub fn event(&self, number: u32, now: DateTime<Utc>) -> Result<Outgoing, Vec<Problem>> {
        if self.as_written {
            return self.draft.check();
        }
        let values = Values::new(now, u64::from(number), self.seed);
        self.draft.expanded(values).check()
    }

    /// The next events, when so many were sent.
    ///
    /// # Errors
    /// What is wrong with the first field, in words.
    pub fn events(&self, sent: u32, due: u32, now: DateTime<Utc>) -> Result<Vec<Outgoing>, String> {
        let numbers = sent + 1..=sent + due;
        let events = numbers.map(|number| self.event(number, now));
        let events: Result<Vec<Outgoing>, _> = events.collect();
        events.map_err(|problems| {
            let first = problems.first();
            first.map_or_else(String::new, |first| first.sentence(&first.field))
        })
    }

    /// How many events are to be sent now, when so many were sent in this time.
    ///
    /// # Errors
    /// None for so long.
    pub fn due(&self, sent: u32, elapsed: Duration) -> Result<u32, Duration> {
        let left = self.count.saturating_sub(sent).min(TOGETHER);
        let Some(per_second) = self.per_second else {
            return Ok(left);
        };
        let each = Duration::from_secs(1) / per_second.get();
        // The first is due at once.
        let due = elapsed.as_nanos() / each.as_nanos().max(1) + 1;
        match u32::try_from(due).unwrap_or(u32::MAX).saturating_sub(sent) {
            0 => Err((each * sent).saturating_sub(elapsed)),
            // What was missed while the broker was slow is not sent in one go.
            due => Ok(due.min(left).min(per_second.get().div_ceil(4))),
        }
    }
}

/// What became of the events of a series so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesTally {
    /// Confirmed, and a queue has them.
    pub routed: u32,
    /// Not taken by any queue, or refused.
    pub not_routed: u32,
    /// Not known.
    pub unsure: u32,
    /// Why the first of those that are not routed for certain is not, in words.
    pub trouble: Option<String>,
}

impl SeriesTally {
    /// Events of which there is an answer.
    #[must_use]
    pub fn told(&self) -> u32 {
        self.routed + self.not_routed + self.unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(count: u32, per_second: u32) -> EventSeries {
        EventSeries {
            draft: Draft::default(),
            as_written: false,
            count,
            per_second: NonZeroU32::new(per_second),
            seed: 1,
        }
    }

    #[test]
    fn a_rate_is_kept_and_what_was_missed_is_not_sent_in_one_go() {
        let series = series(1_000, 10);
        let at = Duration::from_millis;
        assert_eq!(series.due(0, at(0)), Ok(1));
        assert_eq!(series.due(1, at(0)), Err(at(100)));
        assert_eq!(series.due(1, at(40)), Err(at(60)));
        assert_eq!(series.due(1, at(100)), Ok(1));
        assert_eq!(series.due(1, at(60_000)), Ok(3));
    }

    #[test]
    fn without_a_rate_as_many_as_may_be_under_way_are_due() {
        let series = series(70, 0);
        assert_eq!(series.due(0, Duration::ZERO), Ok(64));
        assert_eq!(series.due(64, Duration::ZERO), Ok(6));
    }

    #[test]
    fn each_event_has_its_number_unless_it_is_sent_as_written() {
        let mut series = series(2, 0);
        series.draft.key = "k.{{seq}}".into();
        let key = |series: &EventSeries, number| {
            let event = series.event(number, DateTime::UNIX_EPOCH).expect("right");
            event.key
        };
        assert_eq!(
            (key(&series, 1), key(&series, 2)),
            ("k.1".into(), "k.2".into())
        );
        series.as_written = true;
        assert_eq!(key(&series, 2), "k.{{seq}}");
    }
}
