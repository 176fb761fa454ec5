//! Watching events as they pass: what a tap is asked to listen to, and what it would do to the store it
//! watches, told before it starts.

use super::start_from::StartFrom;
use super::tap_id::TapId;

/// How a tap reads a store that keeps its past. A store that keeps none looks at none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapReading {
    /// Where it begins.
    pub from: StartFrom,
    /// What belongs to a transaction is read only once that is committed.
    pub committed_only: bool,
    /// Most bytes a second that it reads, on average.
    pub most_per_second: Option<u64>,
    /// Bytes after which it gives no more, for a store that can be read on from any place.
    pub most_bytes: Option<u64>,
}

/// What a tap listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapRequest {
    /// Its id, chosen by the asker.
    pub tap: TapId,
    /// What to listen to.
    pub destination: String,
    /// Patterns of the keys that it gets, as the store takes them.
    pub keys: Vec<String>,
    /// How it reads what is there already.
    pub reading: TapReading,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Info,
    /// The tap would be noticed, or see less than one expects.
    Warning,
    /// There will be no such tap.
    Refused,
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// A sentence or two.
    pub words: String,
}

/// What a tap would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What would be listened to.
    pub destination: String,
    /// The patterns of keys that the tap would get.
    pub keys: Vec<String>,
    /// How the tap would read what is there already.
    pub reading: TapReading,
    /// What the tap makes in the store, one a line, as it will be declared; empty if it makes
    /// nothing.
    pub queue: Vec<String>,
    /// What was found, gravest first.
    pub findings: Vec<Finding>,
    /// A trace of the whole store would show what this tap cannot.
    pub firehose: bool,
}

impl Report {
    /// A report that says why none could be made.
    #[must_use]
    pub fn impossible(words: String) -> Self {
        let mut report = Self::default();
        report.add(Weight::Refused, words);
        report
    }

    /// True if nothing forbids the tap.
    #[must_use]
    pub fn may_start(&self) -> bool {
        self.findings.iter().all(|f| f.weight != Weight::Refused)
    }

    /// Adds a finding.
    pub fn add(&mut self, weight: Weight, words: impl Into<String>) {
        let words = words.into();
        self.findings.push(Finding { weight, words });
    }
}
