//! Avro: what changed between two schemas, and whether a reader with one can resolve what a writer
//! wrote with the other (Avro 1.12 specification, "Schema Resolution").

mod default;
pub(crate) mod logical;
mod read;
mod resolve;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::Change;
use super::check::{Answer, CheckReport, Proof, Verdict};
use crate::schema::Unusable;
use crate::schema::document::policy::Policy;
use logical::Logical;
use read::AvroReader;
use resolve::Resolver;
use walk::AvroWalk;

/// An Avro schema, its named types by full name.
#[derive(Clone, Debug)]
pub struct Avro {
    pub(crate) root: Type,
    pub(crate) named: BTreeMap<String, AvroNamed>,
    /// Places of logical types that readers ignore, and why.
    ignored: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Plain {
        name: String,
        logical: Option<Logical>,
    },
    Array(Box<Self>),
    Map(Box<Self>),
    Union(Vec<Self>),
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AvroNamed {
    aliases: Vec<String>,
    pub(crate) shape: AvroShape,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AvroShape {
    Record(Vec<AvroField>),
    Enum {
        symbols: Vec<String>,
        default: Option<String>,
    },
    Fixed {
        size: u64,
        logical: Option<Logical>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AvroField {
    pub(crate) name: String,
    aliases: Vec<String>,
    pub(crate) kind: Type,
    default: Option<Value>,
}

const PLAIN: [&str; 8] = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string",
];

/// Whether a document can only be Avro, and not JSON Schema.
#[must_use]
pub fn is_avro(schema: &Value) -> bool {
    match schema {
        Value::String(_) | Value::Array(_) => true,
        Value::Object(map) if map.contains_key("$schema") => false,
        Value::Object(map) => match map.get("type") {
            Some(Value::String(kind)) => match kind.as_str() {
                "record" | "enum" | "fixed" | "map" | "int" | "long" | "float" | "double"
                | "bytes" | "error" => true,
                "array" => map.get("items").is_some_and(|items| match items {
                    // A tuple of JSON Schema is a list, too; its members are schemas.
                    Value::Array(list) => list.iter().any(|one| one.is_string() || is_avro(one)),
                    other => is_avro(other),
                }),
                _ => false,
            },
            Some(Value::Object(inner)) => inner.contains_key("type"),
            _ => false,
        },
        _ => false,
    }
}

impl Avro {
    /// Reads a schema.
    ///
    /// # Errors
    /// It is not an Avro schema; the words say where.
    pub fn new(schema: &Value) -> Result<Self, Unusable> {
        let (reader, root) = AvroReader::document(schema)?;
        let out = Self {
            root,
            named: reader.named,
            ignored: reader.ignored,
        };
        for (at, kind, default) in &reader.defaults {
            default::check(&out, at, kind, default)?;
        }
        Ok(out)
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Compares two Avro schemas. Policies do not differ here: Avro has defaults, not open objects.
#[must_use]
pub fn compare_avro(old: &Avro, new: &Avro, policy: Policy) -> CheckReport {
    let mut walk = AvroWalk {
        old,
        new,
        open: BTreeSet::new(),
    };
    let mut changes = walk.types(&old.root, &new.root);
    for change in &mut changes {
        change.path.insert(0, '#');
    }
    for (at, words) in &new.ignored {
        if !old.ignored.iter().any(|(_, known)| known == words) {
            changes.push(Change::new("logical-type-ignored", words.clone()).at(at.clone()));
        }
    }
    changes.sort_by_key(|change| !change.breaks());
    let verdict =
        |writer: &Avro, reader: &Avro, to: &str, from: &str| match Resolver::new(writer, reader)
            .problem(&writer.root, &reader.root)
        {
            None => Verdict {
                answer: Answer::Yes,
                proof: Proof::Proved,
                reason: format!(
                    "a reader with the {to} schema resolves all that the {from} one writes"
                ),
                example: None,
                failures: Vec::new(),
            },
            Some(reason) => Verdict {
                answer: Answer::No,
                proof: Proof::Policy,
                reason,
                example: None,
                failures: Vec::new(),
            },
        };
    CheckReport {
        policy,
        backward: verdict(old, new, "new", "old"),
        forward: verdict(new, old, "old", "new"),
        changes,
        complete: true,
    }
}

pub(crate) fn name_of(kind: &Type) -> String {
    match kind {
        Type::Plain { name, .. } | Type::Named(name) => name.clone(),
        Type::Array(_) => "array".to_owned(),
        Type::Map(_) => "map".to_owned(),
        Type::Union(branches) => format!(
            "one of {}",
            branches.iter().map(name_of).collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests;
