//! How fast queues grow, from what their depths were over the last minutes.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::rabbitmq::topology::Topology;

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

    /// Messages a minute that a queue gained, or lost if negative; `None` while that is not known.
    #[must_use]
    pub fn per_minute(&self, queue: &str) -> Option<i64> {
        let depths = self.0.get(queue)?;
        let (first, last) = (depths.front()?, depths.back()?);
        let took = last.0 - first.0;
        if took < LEAST {
            return None;
        }
        let gained = i64::try_from(last.1).ok()? - i64::try_from(first.1).ok()?;
        Some((gained * 60_000).div_euclid(took.num_milliseconds()))
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
            growth.per_minute("orders.dead")
        };
        assert_eq!(at(0, 10), None);
        assert_eq!(at(10, 20), None);
        assert_eq!(at(30, 25), Some(30));
        assert_eq!(at(60, 0), Some(-10));
        assert_eq!(at(400, 3), None, "what is older is forgotten");
    }
}
