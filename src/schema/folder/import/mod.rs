//! Schemas that come from elsewhere: what an AsyncAPI document or a registry holds, as versions of
//! types that can be written to a folder. Nothing here reads or writes anything.

pub mod asyncapi;
mod avro_parts;
mod bundle;
mod files;
pub mod registry;

use std::sync::Arc;

use serde_json::Value;

use super::meta::SchemaOrigin;
use crate::schema::{Dialect, Level};

/// What was found elsewhere, before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSchemas {
    /// Where: its kind and its address or path.
    pub origin: SchemaOrigin,
    /// What can be written.
    pub found: Vec<Incoming>,
    /// What cannot, and why.
    pub skipped: Vec<ImportLine>,
}

/// A version that can be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    pub event_type: String,
    /// Its name; without one it becomes the next, unless its content is there already.
    pub version: Option<String>,
    /// Avro, else JSON Schema.
    pub avro: bool,
    pub text: String,
    /// Example events: name and content.
    pub samples: Vec<(String, String)>,
    /// What the type is called where it came from.
    pub subject: Option<String>,
    /// The draft that it is written in without saying so.
    pub draft: Option<Dialect>,
    /// The level that is asked for there.
    pub level: Option<Level>,
    /// What its events are published to.
    pub destinations: Vec<String>,
    /// Patterns of their keys.
    pub keys: Vec<String>,
}

/// How it went with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// There is a version of that name with other content; it was left alone.
    Differs,
    /// It was not written; the words say why.
    Skipped,
    /// A file was written.
    Added,
    Unchanged,
}

impl Outcome {
    /// All, what needs attention first.
    pub const ALL: [Self; 4] = [Self::Differs, Self::Skipped, Self::Added, Self::Unchanged];

    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::Skipped => "skipped",
            Self::Added => "added",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A line of the report of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    /// Type and version, or what it is called elsewhere.
    pub name: String,
    pub outcome: Outcome,
    /// Why, or what else there is to say; may be empty.
    pub words: String,
}

impl ImportLine {
    /// Something that cannot be written.
    pub fn skipped(name: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            outcome: Outcome::Skipped,
            words: words.into(),
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The folder that was written to.
    pub folder: std::path::PathBuf,
    /// Version by version, what needs attention first.
    pub lines: Vec<ImportLine>,
}

impl Imported {
    /// How many there are of this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        let of = |line: &&ImportLine| line.outcome == outcome;
        self.lines.iter().filter(of).count()
    }
}

/// What an import would do, and what it would do it with: nothing was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportPlan {
    /// What would be told of it.
    pub told: Imported,
    pub found: Arc<FoundSchemas>,
}

/// A name that can be the name of a file: what a path would be made of becomes a dot.
#[must_use]
pub fn plain(name: &str) -> String {
    let plain: String = name
        .trim()
        .chars()
        .map(|c| if matches!(c, '/' | '\\') { '.' } else { c })
        .filter(|c| !c.is_control())
        .take(120)
        .collect();
    plain
        .trim_start_matches('.')
        .trim_end_matches('.')
        .to_owned()
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_never_leaves_its_folder() {
        assert_eq!(plain("user/signed\\up"), "user.signed.up");
        assert_eq!(plain("../../etc/passwd"), "etc.passwd");
        assert_eq!(plain("a\0b\n"), "ab");
        assert_eq!(plain(".."), "");
    }
}
