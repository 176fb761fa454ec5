//! What is different since the release: two streams of events counted, and compared. Which destinations and
//! keys, types and versions, shapes and verdicts of schemas are new or gone, and which keys come faster or
//! slower. Pure, and bounded in memory whatever the number of events.

mod difference;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::event::Event;
use crate::schema::Catalog;
use crate::schema::stream::claim::{self, Judgement};

pub use difference::{CensusDifference, DifferenceKind, DifferenceLine};

/// Different things that are counted of each sort, at most; what comes beyond is said.
const MOST: usize = 20_000;
/// Events of each key whose shape is looked at: the first, and then fewer and fewer.
const SHAPED: u64 = 2_000;

/// How often something came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenCount {
    pub events: u64,
    /// When it came first and last, in milliseconds since 1970.
    pub first_ms: i64,
    pub last_ms: i64,
}

impl SeenCount {
    fn add(&mut self, at_ms: i64) {
        if self.events == 0 {
            (self.first_ms, self.last_ms) = (at_ms, at_ms);
        }
        self.events += 1;
        self.first_ms = self.first_ms.min(at_ms);
        self.last_ms = self.last_ms.max(at_ms);
    }
}

/// Events of one side, counted.
#[derive(Clone, Debug, Default)]
pub struct StreamCensus {
    pub all: SeenCount,
    /// By destination and key.
    keys: BTreeMap<String, SeenCount>,
    /// By type and version.
    types: BTreeMap<String, SeenCount>,
    /// Fields of payloads with their kinds, by key.
    shapes: BTreeMap<String, SeenCount>,
    /// Verdicts of schemas, by type.
    verdicts: BTreeMap<String, SeenCount>,
    schemas: Option<Arc<Catalog>>,
    /// Something was not counted apart, because there were too many.
    is_cut: bool,
}

impl StreamCensus {
    /// Counts nothing yet. Verdicts are counted where there are schemas.
    #[must_use]
    pub fn new(schemas: Option<Arc<Catalog>>) -> Self {
        Self {
            schemas: schemas.filter(|catalog| !catalog.types.is_empty()),
            ..Self::default()
        }
    }

    /// Counts an event.
    pub fn add(&mut self, event: &Event) {
        let at_ms = event.received_at.timestamp_millis();
        self.all.add(at_ms);
        let key = format!("{} {}", event.destination, event.key);
        let seen = count(&mut self.keys, &mut self.is_cut, key.clone(), at_ms);
        let envelope = &event.envelope;
        let event_type = envelope.event_type.as_deref().unwrap_or_default();
        if !event_type.is_empty() {
            let version = envelope.version.as_deref();
            let name = version.map_or_else(
                || event_type.to_owned(),
                |version| format!("{event_type} version {version}"),
            );
            count(&mut self.types, &mut self.is_cut, name, at_ms);
        }
        // A shape is not known better from more.
        if seen <= SHAPED || seen.is_power_of_two() {
            for field in shape::fields(event) {
                let name = format!("{key}: {field}");
                count(&mut self.shapes, &mut self.is_cut, name, at_ms);
            }
        }
        if let Some(schemas) = &self.schemas {
            let judged = claim::judge(event, schemas);
            if judged != Judgement::NoSchema {
                let of = if event_type.is_empty() {
                    &event.key
                } else {
                    event_type
                };
                let name = format!("{of}: {}", judged.name());
                count(&mut self.verdicts, &mut self.is_cut, name, at_ms);
            }
        }
    }

    /// True if there were too many different things to count each.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Seconds from the first event to the last; at least one.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a time for a rate")]
        let ms = (self.all.last_ms - self.all.first_ms) as f64;
        (ms / 1_000.0).max(1.0)
    }
}

fn count(
    counts: &mut BTreeMap<String, SeenCount>,
    is_cut: &mut bool,
    name: String,
    at_ms: i64,
) -> u64 {
    if let Some(tally) = counts.get_mut(&name) {
        tally.add(at_ms);
        return tally.events;
    }
    if counts.len() >= MOST {
        *is_cut = true;
        return u64::MAX;
    }
    let tally = counts.entry(name).or_default();
    tally.add(at_ms);
    tally.events
}

/// The names that one side has and the other has not.
fn only<'a>(
    own: &'a BTreeMap<String, SeenCount>,
    other: &BTreeMap<String, SeenCount>,
) -> BTreeSet<&'a str> {
    let names = own.keys().filter(|name| !other.contains_key(*name));
    names.map(String::as_str).collect()
}

#[cfg(test)]
mod tests;
