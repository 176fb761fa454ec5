//! A recording from afar: how fast events came over its time, and what stands beside them. Read by a few
//! thousand looks, whatever the size of the file.

use chrono::{DateTime, Utc};

use super::error::RecordingError;
use super::gap::WrittenGap;
use super::reader::{RecordedNote, Recording};

/// Events of which the time is looked at, at most; what lies between two of them came evenly.
const KNOTS: u64 = 2_000;

/// A recording, or a part of it, from afar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Numbers and times (milliseconds since 1970) of some events, in their order; no time is before
    /// the one before it.
    pub knots: Vec<(u64, i64)>,
    /// Gaps with the numbers of the events that they stand behind, no more than a thousand.
    pub gaps: Vec<(u64, WrittenGap)>,
    /// Notes, no more than a thousand.
    pub notes: Vec<RecordedNote>,
    /// The number of the last event of the whole recording.
    pub last: u64,
}

impl Outline {
    /// From when to when; nothing without events.
    #[must_use]
    pub fn times(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (first, last) = (self.knots.first()?, self.knots.last()?);
        Some((
            DateTime::from_timestamp_millis(first.1)?,
            DateTime::from_timestamp_millis(last.1)?,
        ))
    }

    /// The number of about the first event that came at this time or later.
    #[must_use]
    pub fn event_at(&self, ms: i64) -> u64 {
        let behind = self.knots.partition_point(|(_, at)| *at < ms);
        let Some(next) = self.knots.get(behind) else {
            return self.last;
        };
        let Some(before) = behind.checked_sub(1).and_then(|at| self.knots.get(at)) else {
            return next.0;
        };
        let (span, part) = (next.1 - before.1, ms - before.1);
        let events = next.0 - before.0;
        let share = u128::from(events) * u128::from(part.unsigned_abs());
        let share = share.checked_div(u128::from(span.unsigned_abs()));
        before.0 + u64::try_from(share.unwrap_or_default()).unwrap_or_default()
    }

    /// About when the event of this number came.
    #[must_use]
    pub fn time_of(&self, event: u64) -> Option<DateTime<Utc>> {
        let behind = self.knots.partition_point(|(number, _)| *number < event);
        let next = self.knots.get(behind).or(self.knots.last())?;
        DateTime::from_timestamp_millis(next.1)
    }

    /// Events a second in so many equal spans between two times.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "heights of a picture"
    )]
    pub fn rates(&self, (from_ms, to_ms): (i64, i64), spans: usize) -> Vec<f32> {
        let mut rates = vec![0.0; spans];
        if spans == 0 || to_ms <= from_ms {
            return rates;
        }
        let width = (to_ms - from_ms) as f64 / spans as f64;
        let mut add = |from: f64, to: f64, events: f64| {
            let [first, last] = [from, to].map(|at| (at.max(0.0) as usize).min(spans - 1));
            if to < 0.0 || from >= spans as f64 {
                return;
            }
            let length = (to - from).max(f64::EPSILON);
            for (place, rate) in rates.iter_mut().enumerate().take(last + 1).skip(first) {
                let covered = if first == last {
                    1.0
                } else {
                    let (begin, end) = (place as f64, place as f64 + 1.0);
                    (end.min(to) - begin.max(from)).max(0.0) / length
                };
                *rate += (events * covered) as f32;
            }
        };
        let at = |ms: i64| (ms - from_ms) as f64 / width;
        if let Some(first) = self.knots.first() {
            add(at(first.1), at(first.1), 1.0);
        }
        for pair in self.knots.windows(2) {
            let events = (pair[1].0 - pair[0].0) as f64;
            // One event came at its time; of many only the first and the last are known.
            let from = if events > 1.0 { pair[0].1 } else { pair[1].1 };
            add(at(from), at(pair[1].1), events);
        }
        let seconds = (width / 1_000.0) as f32;
        for rate in &mut rates {
            *rate /= seconds.max(f32::MIN_POSITIVE);
        }
        rates
    }
}

impl Recording {
    /// What it looks like from afar, between the events of these numbers, both included.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn outline(&self, events: (u64, u64)) -> Result<Outline, RecordingError> {
        let last = self.last()?;
        let (from, to) = (events.0.max(1), events.1.min(last));
        let mut knots: Vec<(u64, i64)> = Vec::new();
        let step = (to.saturating_sub(from) / KNOTS).max(1);
        let mut next = from;
        while next <= to {
            let Some((number, at)) = self.time_from(next)? else {
                break;
            };
            if number > to {
                break;
            }
            // A clock that was set back does not turn the picture round.
            let ms = at.timestamp_millis();
            let ms = knots.last().map_or(ms, |before| before.1.max(ms));
            knots.push((number, ms));
            next = match number {
                number if number == to => break,
                number => number.saturating_add(step).min(to),
            };
        }
        Ok(Outline {
            knots,
            gaps: self.all_gaps()?,
            notes: self.notes()?,
            last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(knots: Vec<(u64, i64)>) -> Outline {
        Outline {
            last: knots.last().map_or(0, |knot| knot.0),
            knots,
            gaps: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn every_event_is_in_one_span() {
        // One at each of three moments, then a hundred evenly over ten seconds.
        let outline = outline(vec![(1, 0), (2, 1_000), (3, 1_000), (103, 11_000)]);
        for spans in [1, 11, 12, 37] {
            let rates = outline.rates((0, 12_000), spans);
            let seconds = 12.0 / f32::from(u8::try_from(spans).unwrap());
            let all: f32 = rates.iter().map(|rate| rate * seconds).sum();
            assert!((all - 103.0).abs() < 0.01, "{spans}: {all}");
        }
        let rates = outline.rates((0, 12_000), 12);
        assert!(
            (rates[0] - 1.0).abs() < 0.01 && (rates[5] - 10.0).abs() < 0.01,
            "{rates:?}"
        );
        assert!(outline.rates((5, 5), 4).iter().all(|rate| *rate == 0.0));
        // A part of it has only what lies in it.
        let part: f32 = outline
            .rates((6_000, 8_000), 4)
            .iter()
            .map(|rate| rate * 0.5)
            .sum();
        assert!((part - 20.0).abs() < 0.01, "{part}");
    }

    #[test]
    fn a_time_leads_to_an_event_and_back() {
        let outline = outline(vec![(1, 0), (101, 10_000), (102, 20_000)]);
        for (ms, event) in [
            (-5, 1),
            (0, 1),
            (5_000, 51),
            (10_000, 101),
            (15_000, 101),
            (99_000, 102),
        ] {
            assert_eq!(outline.event_at(ms), event, "{ms}");
        }
        assert_eq!(
            outline.time_of(101).map(|at| at.timestamp_millis()),
            Some(10_000)
        );
        assert_eq!(
            outline.time_of(900).map(|at| at.timestamp_millis()),
            Some(20_000)
        );
        assert_eq!(self::outline(Vec::new()).times(), None);
    }
}
