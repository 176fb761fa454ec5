//! Whether a reader with one schema can resolve what a writer wrote with another.

use std::collections::{BTreeMap, BTreeSet};

use super::logical::Logical;
use super::{Avro, AvroField, AvroShape, Type, last, name_of};

/// Whether a reader can resolve what a writer wrote.
pub(crate) struct Resolver<'a> {
    writer: &'a Avro,
    reader: &'a Avro,
    /// Pairs of named types that are being compared: one that comes back adds nothing.
    open: BTreeSet<(String, String)>,
    /// Pairs that cannot be resolved, whatever else holds.
    failed: BTreeMap<(String, String), String>,
    /// Pairs that can, if those that were open then can; the newest last.
    good: Vec<(String, String)>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(writer: &'a Avro, reader: &'a Avro) -> Self {
        Self {
            writer,
            reader,
            open: BTreeSet::new(),
            failed: BTreeMap::new(),
            good: Vec::new(),
        }
    }

    pub(crate) fn problem(&mut self, writer: &Type, reader: &Type) -> Option<String> {
        match (writer, reader) {
            // Every branch that may have been written must be readable.
            (Type::Union(branches), reader) => branches
                .iter()
                .find_map(|branch| self.problem(branch, reader)),
            (writer, Type::Union(branches)) => {
                let readable = branches
                    .iter()
                    .any(|branch| self.problem(writer, branch).is_none());
                (!readable).then(|| {
                    format!(
                        "{} is none of the alternatives that the reader knows",
                        name_of(writer)
                    )
                })
            }
            (
                Type::Plain {
                    name: a,
                    logical: from,
                },
                Type::Plain {
                    name: b,
                    logical: to,
                },
            ) => {
                let mismatch = || format!("{a} was written and cannot be read as {b}");
                let promoted = a == b
                    || matches!(
                        (a.as_str(), b.as_str()),
                        ("int", "long" | "float" | "double")
                            | ("long", "float" | "double")
                            | ("float", "double")
                            | ("string", "bytes")
                            | ("bytes", "string")
                    );
                if !promoted {
                    return Some(mismatch());
                }
                decimals(from.as_ref(), to.as_ref())
            }
            (Type::Array(a), Type::Array(b)) | (Type::Map(a), Type::Map(b)) => self.problem(a, b),
            (Type::Named(a), Type::Named(b)) => self.named(a, b),
            (a, b) => Some(format!(
                "{} was written and cannot be read as {}",
                name_of(a),
                name_of(b)
            )),
        }
    }

    fn named(&mut self, a: &str, b: &str) -> Option<String> {
        let key = (a.to_owned(), b.to_owned());
        if let Some(reason) = self.failed.get(&key) {
            return Some(reason.clone());
        }
        if self.good.contains(&key) || !self.open.insert(key.clone()) {
            return None;
        }
        let before = self.good.len();
        let found = self.definitions(a, b);
        self.open.remove(&key);
        if let Some(reason) = &found {
            // What was good only if this is good must be asked again.
            self.good.truncate(before);
            self.failed.insert(key, reason.clone());
        } else {
            self.good.push(key);
        }
        found
    }

    fn definitions(&mut self, a: &str, b: &str) -> Option<String> {
        let (Some(from), Some(to)) = (
            self.writer.named.get(a).cloned(),
            self.reader.named.get(b).cloned(),
        ) else {
            return Some(format!("{a} or {b} is not defined"));
        };
        if last(a) != last(b)
            && !to
                .aliases
                .iter()
                .any(|alias| alias == a || last(alias) == last(a))
        {
            return Some(format!(
                "the type was called {a} and is called {b}, without an alias"
            ));
        }
        match (&from.shape, &to.shape) {
            (AvroShape::Record(from), AvroShape::Record(to)) => {
                to.iter().find_map(|field| match written(field, from) {
                    Some(other) => self
                        .problem(&other.kind, &field.kind)
                        .map(|reason| format!("`{}`: {reason}", field.name)),
                    None if field.default.is_some() => None,
                    None => Some(format!(
                        "`{}` was not written, and the reader has no default for it",
                        field.name
                    )),
                })
            }
            (
                AvroShape::Enum { symbols: from, .. },
                AvroShape::Enum {
                    symbols: to,
                    default,
                },
            ) => {
                let unknown: Vec<&str> = from
                    .iter()
                    .filter(|one| !to.contains(one))
                    .map(String::as_str)
                    .collect();
                (!unknown.is_empty() && default.is_none()).then(|| {
                    format!(
                        "the reader does not know the symbols {}",
                        unknown.join(", ")
                    )
                })
            }
            (
                AvroShape::Fixed {
                    size: from,
                    logical: meant,
                },
                AvroShape::Fixed {
                    size: to,
                    logical: read,
                },
            ) => {
                let other = || format!("{from} bytes were written and {to} are read");
                let size = (from != to).then(other);
                size.or_else(|| decimals(meant.as_ref(), read.as_ref()))
            }
            _ => Some(format!("{a} was written and cannot be read as {b}")),
        }
    }
}

/// Two decimals match if their digits do (Avro 1.12, "Logical Types", decimal).
fn decimals(from: Option<&Logical>, to: Option<&Logical>) -> Option<String> {
    let (from, to) = (from?, to?);
    let differ = from.digits.is_some() && to.digits.is_some() && from != to;
    differ.then(|| {
        format!(
            "{} was written and {} is read: the decimals differ in precision or scale",
            from.words(),
            to.words()
        )
    })
}

/// The field of the writer that a reader's field is read from.
pub(crate) fn written<'a>(field: &AvroField, from: &'a [AvroField]) -> Option<&'a AvroField> {
    from.iter()
        .find(|other| other.name == field.name)
        .or_else(|| {
            from.iter()
                .find(|other| field.aliases.contains(&other.name))
        })
}
