//! Schemas of events: what changed between two versions, what breaks, and why.
//!
//! Three layers make one report. [`compare`] lists every difference word by word, asks a set engine
//! for a proof, and looks for an event that breaks, which both versions validate before it is
//! shown. A policy decides what a writer is taken to write and a reader to forgive.

mod avro;
pub mod body;
pub mod catalog;
mod change;
mod check;
pub mod claim;
mod cover;
mod diff;
mod draft;
pub mod drift;
mod example;
pub mod fill;
mod fit;
mod flat;
mod fold;
pub mod form;
mod generate;
pub mod import;
mod inclusion;
pub mod infer;
pub mod meta;
mod normal;
pub mod novelty;
mod numbers;
mod pattern;
mod policy;
mod prune;
mod reading;
mod refs;
mod report;
pub mod rules;
pub mod sets;
mod strings;
#[cfg(test)]
mod tests;
mod validate;
mod version;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use avro::{Avro, compare_avro, is_avro};
pub use catalog::{Catalog, Content, Entry, EventType, Ready, Sample, Source, ready};
pub use change::{Change, Effect, place};
pub use check::{Answer, Proof, Report, Verdict, compare};
pub use draft::Draft;
pub use fit::{Fit, fit, kind_of_fit};
pub use meta::Meta;
pub use policy::{Level, Policy};
pub use report::{json, markdown, sentence, text};
pub use rules::{Rule, Rules};
pub use validate::Validator;
pub use version::Version;

/// Why a schema cannot be used, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

impl Unusable {
    /// With its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A text without the byte order mark that some editors put in front, as RFC 8259 allows (8.1).
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What is wrong with an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// JSON pointer of the place in the event.
    pub at: String,
    /// In words.
    pub words: String,
    /// The same without the value, so that equal faults of two events read the same.
    pub kind: String,
}

/// Ends a comparison early.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
