//! The records of several partitions that may stand on a page, and which of them comes next by its time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::event::Event;

/// The records of each partition, in their order.
pub(super) type Runs = BTreeMap<u32, VecDeque<Arc<Event>>>;

pub(super) fn number(partition: i32) -> u32 {
    u32::try_from(partition).unwrap_or_default()
}

pub(super) fn offset(event: &Event) -> i64 {
    let own = event.transport.position().unwrap_or_default();
    i64::try_from(own).unwrap_or(i64::MAX)
}

/// The partition whose first record is the oldest.
pub(super) fn earliest(runs: &Runs) -> Option<u32> {
    let heads = runs.iter().filter_map(|(partition, run)| {
        let head = run.front()?;
        Some((head.properties.timestamp, *partition))
    });
    heads.min().map(|(_, partition)| partition)
}

/// The partition whose last record is the newest.
pub(super) fn latest(runs: &Runs) -> Option<u32> {
    let tails = runs.iter().filter_map(|(partition, run)| {
        let tail = run.back()?;
        Some((tail.properties.timestamp, *partition))
    });
    tails.max().map(|(_, partition)| partition)
}
