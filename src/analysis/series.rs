//! A number in the payload of the events on one key, over time.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::Scan;
use crate::log::{Entry, EventLog};
use crate::query::NumberAt;

/// A value and when it was received.
pub type Point = (DateTime<Utc>, f64);

/// Most points that are kept; the oldest go.
const MAX_POINTS: usize = 20_000;

/// The points of one field on one key.
#[derive(Debug)]
pub struct Series {
    pub key: String,
    /// The field as a filter has it, such as `data.total`.
    pub path: String,
    points: VecDeque<Point>,
    scan: Scan<Point>,
}

impl Series {
    /// Begins to collect; `None` if the path names no field.
    #[must_use]
    pub fn begin(key: String, path: String) -> Option<Self> {
        let field = NumberAt::parse(&path)?;
        let wanted = key.clone();
        let scan = Scan::new(0, move |segment, from| {
            let keys: Vec<bool> = segment.keys().map(|key| key == wanted).collect();
            let events = (from..segment.len()).filter_map(|row| match segment.entry(row)? {
                Entry::Event(event) if keys[event.key_number()] => {
                    Some((event.received_at(), field.of(&event)?))
                }
                _ => None,
            });
            events.collect()
        });
        Some(Self {
            key,
            path,
            points: VecDeque::new(),
            scan,
        })
    }

    /// Takes what was found; true while more is being looked for.
    pub fn advance(&mut self, log: &EventLog) -> bool {
        let points = &mut self.points;
        self.scan.advance(log, |point| {
            if points.len() == MAX_POINTS {
                points.pop_front();
            }
            points.push_back(point);
        });
        self.points.make_contiguous();
        self.scan.is_busy()
    }

    /// Entries of the log that were not looked at yet.
    #[must_use]
    pub fn unsearched(&self, log: &EventLog) -> u64 {
        log.end() - self.scan.done_to().clamp(log.first(), log.end())
    }

    /// What was found, oldest first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        self.points.as_slices().0
    }
}
