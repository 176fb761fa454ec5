//! Whether a group catches up, from what was read of it one time after the other.

use std::collections::VecDeque;

use super::ConsumerGroup;
use crate::text::numbers::{span, thousands};

/// Readings that are kept.
const KEPT: usize = 30;
/// Readings nearer to each other than this, in milliseconds, say nothing about a speed.
const NEAR_MS: i64 = 2_000;
/// Older ones, in milliseconds, say nothing about now.
const OLD_MS: i64 = 10 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LagReading {
    at_ms: i64,
    lag: u64,
    /// Sum of all committed offsets.
    committed: u64,
    /// Partitions that count.
    partitions: usize,
}

/// What was read of one group's lag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LagTrend(VecDeque<LagReading>);

impl LagTrend {
    /// Takes a reading of this time, in milliseconds since 1970.
    pub fn note(&mut self, group: &ConsumerGroup, at_ms: i64) {
        let known = group.places.iter().filter(|place| place.lag().is_some());
        let mut reading = LagReading {
            at_ms,
            lag: 0,
            committed: 0,
            partitions: 0,
        };
        for place in known {
            reading.lag = reading.lag.saturating_add(place.lag().unwrap_or(0));
            let committed = place.committed.unwrap_or(0);
            reading.committed = reading.committed.saturating_add(committed);
            reading.partitions += 1;
        }
        // Set back, or of other partitions: what was before says nothing about what comes.
        let fits = |last: &LagReading| {
            last.partitions == reading.partitions
                && last.committed <= reading.committed
                && last.at_ms < at_ms
        };
        if !self.0.back().is_none_or(fits) {
            self.0.clear();
        }
        self.0.push_back(reading);
        let is_old = |one: &LagReading| at_ms - one.at_ms > OLD_MS;
        while self.0.len() > KEPT || self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
    }

    /// What it does, in words; empty where nothing can be said.
    #[must_use]
    pub fn words(&self) -> String {
        let (Some(first), Some(last)) = (self.0.front(), self.0.back()) else {
            return String::new();
        };
        let ms = last.at_ms - first.at_ms;
        if ms < NEAR_MS || last.partitions == 0 {
            return String::new();
        }
        if last.lag == 0 && first.lag == 0 {
            return "keeps up".to_owned();
        }
        let stands = last.committed == first.committed && last.lag > 0;
        let a_minute = |count: u64| {
            let ms = u64::try_from(ms).unwrap_or(u64::MAX);
            count.saturating_mul(60_000) / ms
        };
        let speed = |count: u64| match a_minute(count) {
            0 => "by less than 1 a minute".to_owned(),
            count => format!("by {} a minute", thousands(count)),
        };
        if last.lag > first.lag {
            let grows = format!("grows {}", speed(last.lag - first.lag));
            return if stands {
                format!("stands still, {grows}")
            } else {
                grows
            };
        }
        if stands {
            return "stands still".to_owned();
        }
        let less = first.lag - last.lag;
        if less == 0 {
            return "stays as far behind".to_owned();
        }
        let ms = u64::try_from(ms).unwrap_or(u64::MAX);
        let rest = u128::from(last.lag) * u128::from(ms) / u128::from(less) / 1_000;
        let rest = match i64::try_from(rest) {
            Ok(seconds @ 1..) => format!(", done in about {}", span(seconds)),
            _ => String::new(),
        };
        format!("shrinks {}{rest}", speed(less))
    }
}

#[cfg(test)]
mod tests {
    use super::super::GroupPlace;
    use super::*;

    fn words(readings: &[(i64, u64, u64)]) -> String {
        let mut trend = LagTrend::default();
        for (at_ms, committed, end) in readings {
            let group = ConsumerGroup {
                places: vec![GroupPlace {
                    committed: Some(*committed),
                    within: Some((0, *end)),
                    ..GroupPlace::default()
                }],
                ..ConsumerGroup::default()
            };
            trend.note(&group, *at_ms);
        }
        trend.words()
    }

    #[test]
    fn a_trend_tells_catching_up_from_falling_behind() {
        for (readings, expected) in [
            (&[(0, 5, 10)][..], ""),
            (&[(0, 5, 10), (500, 6, 10)], ""),
            (&[(0, 10, 10), (60_000, 40, 40)], "keeps up"),
            (
                &[(0, 10, 10), (60_000, 10, 70)],
                "stands still, grows by 60 a minute",
            ),
            (&[(0, 5, 10), (60_000, 5, 10)], "stands still"),
            (&[(0, 5, 10), (60_000, 15, 50)], "grows by 30 a minute"),
            (&[(0, 5, 10), (60_000, 15, 20)], "stays as far behind"),
            (
                &[(0, 0, 300), (60_000, 100, 300)],
                "shrinks by 100 a minute, done in about 2 min",
            ),
            (
                &[(0, 0, 300), (60_000, 300, 300)],
                "shrinks by 300 a minute",
            ),
            // It was set back in between: only what came after counts.
            (&[(0, 300, 300), (60_000, 0, 300)], ""),
            (
                &[(0, 300, 300), (60_000, 0, 300), (120_000, 0, 300)],
                "stands still",
            ),
        ] {
            assert_eq!(words(readings), expected, "{readings:?}");
        }
    }

    #[test]
    fn a_group_of_which_nothing_is_known_has_no_trend() {
        let mut trend = LagTrend::default();
        for at_ms in [0, 60_000] {
            trend.note(&ConsumerGroup::default(), at_ms);
        }
        assert_eq!(trend.words(), "");
    }
}
