//! Avro: what changed between two schemas, and whether a reader with one can resolve what a writer
//! wrote with the other (Avro 1.12 specification, "Schema Resolution").

mod resolve;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Unusable;
use super::check::{Answer, Proof, Report, Verdict};
use super::normal::short;
use super::policy::Policy;
use resolve::Resolver;
use walk::Walk;

/// An Avro schema, its named types by full name.
#[derive(Clone, Debug)]
pub struct Avro {
    root: Type,
    named: BTreeMap<String, Named>,
}

#[derive(Clone, Debug, PartialEq)]
enum Type {
    Plain {
        name: String,
        logical: Option<Value>,
    },
    Array(Box<Self>),
    Map(Box<Self>),
    Union(Vec<Self>),
    Named(String),
}

#[derive(Clone, Debug, PartialEq)]
struct Named {
    aliases: Vec<String>,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Record(Vec<Field>),
    Enum {
        symbols: Vec<String>,
        default: Option<String>,
    },
    Fixed {
        size: u64,
    },
}

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    aliases: Vec<String>,
    kind: Type,
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
    /// It is not an Avro schema.
    pub fn new(schema: &Value) -> Result<Self, Unusable> {
        let mut named = BTreeMap::new();
        let root = read(schema, "", &mut named, 0)?;
        let out = Self { root, named };
        out.check_names(&out.root)?;
        for one in out.named.values() {
            if let Shape::Record(fields) = &one.shape {
                for field in fields {
                    out.check_names(&field.kind)?;
                }
            }
        }
        Ok(out)
    }

    fn check_names(&self, kind: &Type) -> Result<(), Unusable> {
        match kind {
            Type::Named(name) if !self.named.contains_key(name) => {
                Err(Unusable::new(format!("The type {name:?} is not defined.")))
            }
            Type::Array(inner) | Type::Map(inner) => self.check_names(inner),
            Type::Union(branches) => branches
                .iter()
                .try_for_each(|branch| self.check_names(branch)),
            _ => Ok(()),
        }
    }
}

fn read(
    schema: &Value,
    space: &str,
    named: &mut BTreeMap<String, Named>,
    depth: usize,
) -> Result<Type, Unusable> {
    if depth > 120 {
        return Err(Unusable::new("It is nested too deeply."));
    }
    match schema {
        Value::String(name) if PLAIN.contains(&name.as_str()) => Ok(Type::Plain {
            name: name.clone(),
            logical: None,
        }),
        Value::String(name) => Ok(Type::Named(full(name, space))),
        Value::Array(branches) => branches
            .iter()
            .map(|branch| read(branch, space, named, depth + 1))
            .collect::<Result<_, _>>()
            .map(Type::Union),
        Value::Object(map) => {
            let kind = map
                .get("type")
                .ok_or_else(|| Unusable::new(format!("`type` is missing in {}.", short(schema))))?;
            let Value::String(kind) = kind else {
                return read(kind, space, named, depth + 1);
            };
            let inner = |key: &str| {
                map.get(key).ok_or_else(|| {
                    Unusable::new(format!("`{key}` is missing in {}.", short(schema)))
                })
            };
            match kind.as_str() {
                "array" => Ok(Type::Array(Box::new(read(
                    inner("items")?,
                    space,
                    named,
                    depth + 1,
                )?))),
                "map" => Ok(Type::Map(Box::new(read(
                    inner("values")?,
                    space,
                    named,
                    depth + 1,
                )?))),
                "record" | "error" | "enum" | "fixed" => {
                    definition(kind, map, schema, space, named, depth)
                }
                name if PLAIN.contains(&name) => Ok(Type::Plain {
                    name: name.to_owned(),
                    logical: logical(map),
                }),
                name => Ok(Type::Named(full(name, space))),
            }
        }
        other => Err(Unusable::new(format!(
            "{} is not an Avro schema.",
            short(other)
        ))),
    }
}

/// Only what resolution looks at: the digits of a decimal.
fn logical(map: &Map<String, Value>) -> Option<Value> {
    let name = map.get("logicalType")?;
    Some(if name == "decimal" {
        json!({ "logicalType": name, "precision": map.get("precision"), "scale": map.get("scale").cloned().unwrap_or(json!(0)) })
    } else {
        json!({ "logicalType": name })
    })
}

fn definition(
    kind: &str,
    map: &Map<String, Value>,
    schema: &Value,
    space: &str,
    named: &mut BTreeMap<String, Named>,
    depth: usize,
) -> Result<Type, Unusable> {
    let word = |key: &str| map.get(key).and_then(Value::as_str);
    let name = word("name")
        .ok_or_else(|| Unusable::new(format!("`name` is missing in {}.", short(schema))))?;
    let space = word("namespace").unwrap_or(space);
    let name = full(name, space);
    let space = name
        .rsplit_once('.')
        .map_or("", |(space, _)| space)
        .to_owned();
    let words = |value: Option<&Value>| -> Vec<String> {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect()
    };
    let shape = match kind {
        "enum" => Shape::Enum {
            symbols: words(map.get("symbols")),
            default: word("default").map(str::to_owned),
        },
        "fixed" => Shape::Fixed {
            size: map.get("size").and_then(Value::as_u64).ok_or_else(|| {
                Unusable::new(format!("`size` of {name} is not a number of bytes."))
            })?,
        },
        _ => {
            // Known before its fields are read: they may be of this type themselves.
            named.insert(
                name.clone(),
                Named {
                    aliases: Vec::new(),
                    shape: Shape::Record(Vec::new()),
                },
            );
            let fields = map
                .get("fields")
                .and_then(Value::as_array)
                .ok_or_else(|| Unusable::new(format!("`fields` of {name} is not a list.")))?;
            let mut out = Vec::new();
            for field in fields {
                let of = |key: &str| {
                    field
                        .get(key)
                        .ok_or_else(|| Unusable::new(format!("A field of {name} has no `{key}`.")))
                };
                out.push(Field {
                    name: of("name")?.as_str().unwrap_or_default().to_owned(),
                    aliases: words(field.get("aliases")),
                    kind: read(of("type")?, &space, named, depth + 1)?,
                    default: field.get("default").cloned(),
                });
            }
            Shape::Record(out)
        }
    };
    let aliases = words(map.get("aliases"))
        .iter()
        .map(|alias| full(alias, &space))
        .collect();
    named.insert(name.clone(), Named { aliases, shape });
    Ok(Type::Named(name))
}

fn full(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Compares two Avro schemas. Policies do not differ here: Avro has defaults, not open objects.
#[must_use]
pub fn compare_avro(old: &Avro, new: &Avro, policy: Policy) -> Report {
    let mut walk = Walk {
        old,
        new,
        open: BTreeSet::new(),
    };
    let mut changes = walk.types(&old.root, &new.root);
    for change in &mut changes {
        change.path.insert(0, '#');
    }
    changes.sort_by_key(|change| !change.breaks());
    let verdict = |writer: &Avro, reader: &Avro, to: &str, from: &str| {
        let mut resolver = Resolver {
            writer,
            reader,
            open: BTreeSet::new(),
        };
        match resolver.problem(&writer.root, &reader.root) {
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
        }
    };
    Report {
        policy,
        backward: verdict(old, new, "new", "old"),
        forward: verdict(new, old, "old", "new"),
        changes,
        complete: true,
    }
}

fn name_of(kind: &Type) -> String {
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
