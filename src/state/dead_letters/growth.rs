//! How fast queues grow, from what their depths were over the last minutes.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::rabbitmq::topology::Topology;
use crate::text::numbers::{span, thousands};

/// How far back one looks.
const BACK: TimeDelta = TimeDelta::minutes(5);
/// Less than this tells nothing.
const LEAST: TimeDelta = TimeDelta::seconds(15);

/// Depths of queues over the last minutes.
#[derive(Debug, Default)]
pub struct Growth(HashMap<String, VecDeque<(DateTime<Utc>, u64)>>);

impl Growth {
    /// Takes the depths of these queues down.
    pub fn note<'a>(
        &mut self,
        queues: impl Iterator<Item = &'a str>,
        topology: &Topology,
        now: DateTime<Utc>,
    ) {
        let mut old = std::mem::take(&mut self.0);
        for name in queues {
            let Some(ready) = topology.queue(name).and_then(|queue| queue.ready) else {
                continue;
            };
            let mut depths = old.remove(name).unwrap_or_default();
            depths.push_back((now, ready));
            while depths.front().is_some_and(|(at, _)| now - *at > BACK) {
                depths.pop_front();
            }
            self.0.insert(name.to_owned(), depths);
        }
    }

    /// How much a queue gained, or lost if negative, and over how many seconds; `None` while that is
    /// not known.
    #[must_use]
    fn gained(&self, queue: &str) -> Option<(i64, i64)> {
        let depths = self.0.get(queue)?;
        let (first, last) = (depths.front()?, depths.back()?);
        let took = last.0 - first.0;
        if took < LEAST {
            return None;
        }
        let gained = i64::try_from(last.1).ok()? - i64::try_from(first.1).ok()?;
        Some((gained, took.num_seconds()))
    }

    /// The same in words, if there is anything to tell: what was seen, and no more. What came at
    /// once is not made a rate that nobody saw.
    #[must_use]
    pub fn words(&self, queue: &str) -> Option<String> {
        let (gained, seconds) = self.gained(queue).filter(|(gained, _)| *gained != 0)?;
        let sign = if gained < 0 { '-' } else { '+' };
        let number = thousands(gained.unsigned_abs());
        Some(format!("{sign}{number} in {}", span(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    #[test]
    fn growth_is_told_after_some_seconds() {
        let mut growth = Growth::default();
        let mut at = |second: i64, ready: u64| {
            let mut shop = shop();
            for queue in &mut shop.queues {
                queue.ready = Some(ready);
            }
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
            growth.note(["orders.dead"].into_iter(), &shop, now);
            growth.words("orders.dead")
        };
        assert_eq!(at(0, 10), None);
        assert_eq!(at(10, 20), None);
        assert_eq!(at(30, 25).as_deref(), Some("+15 in 30 s"));
        assert_eq!(at(60, 0).as_deref(), Some("-10 in 1 min"));
        assert_eq!(at(400, 3), None, "what is older is forgotten");
    }
}
