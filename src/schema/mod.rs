//! Schemas of events: what changed between two versions, what breaks, and why.
//!
//! Three layers make one report. [`compare`] lists every difference word by word, asks a set engine
//! for a proof, and looks for an event that breaks, which both versions validate before it is
//! shown. A policy decides what a writer is taken to write and a reader to forgive.

pub mod body;
pub mod compare;
pub mod document;
pub mod folder;
pub mod form;
pub mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use compare::avro::{Avro, compare_avro, is_avro};
pub use compare::change::{Change, Effect, place};
pub use compare::check::{Answer, CheckReport, Proof, Verdict, compare};
pub use compare::protobuf::{Protobuf, compare_protobuf};
pub use compare::report::{json, markdown, sentence, text};
pub use document::draft::Dialect;
pub use document::fault::{about, fault, faults_by};
pub use document::policy::{Level, Policy};
pub use document::validate::Validator;
pub use document::version::Version;
pub use folder::catalog::{
    Catalog, CatalogEntry, Content, EventType, ReadySchemas, Sample, SchemaPart, SchemaSource,
    ready,
};
pub use folder::meta::Meta;
pub use folder::rules::{VersionRule, VersionRules};
pub use stream::fit::{Fit, fit, kind_of_fit};

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
