//! Avro: what changed between two schemas, and whether a reader with one can resolve what a writer
//! wrote with the other (Avro 1.12 specification, "Schema Resolution").

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Unusable;
use super::change::{Change, Effect, below};
use super::check::{Answer, Proof, Report, Verdict};
use super::normal::short;
use super::policy::Policy;

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
        Type::Plain { name, .. } => name.clone(),
        Type::Array(_) => "array".to_owned(),
        Type::Map(_) => "map".to_owned(),
        Type::Union(branches) => format!(
            "one of {}",
            branches.iter().map(name_of).collect::<Vec<_>>().join(", ")
        ),
        Type::Named(name) => name.clone(),
    }
}

/// Whether a reader can resolve what a writer wrote.
struct Resolver<'a> {
    writer: &'a Avro,
    reader: &'a Avro,
    open: BTreeSet<(String, String)>,
}

impl Resolver<'_> {
    fn problem(&mut self, writer: &Type, reader: &Type) -> Option<String> {
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
                let decimal = |logical: &Option<Value>| {
                    logical
                        .as_ref()
                        .filter(|one| one["logicalType"] == "decimal")
                        .cloned()
                };
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
                match (decimal(from), decimal(to)) {
                    (Some(from), Some(to)) if from != to => {
                        Some("the decimals differ in precision or scale".to_owned())
                    }
                    _ => None,
                }
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
            (Shape::Record(from), Shape::Record(to)) => {
                let key = (a.to_owned(), b.to_owned());
                if !self.open.insert(key) {
                    return None;
                }
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
                Shape::Enum { symbols: from, .. },
                Shape::Enum {
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
            (Shape::Fixed { size: from }, Shape::Fixed { size: to }) => {
                (from != to).then(|| format!("{from} bytes were written and {to} are read"))
            }
            _ => Some(format!("{a} was written and cannot be read as {b}")),
        }
    }
}

/// The field of the writer that a reader's field is read from.
fn written<'a>(field: &Field, from: &'a [Field]) -> Option<&'a Field> {
    from.iter()
        .find(|other| other.name == field.name)
        .or_else(|| {
            from.iter()
                .find(|other| field.aliases.contains(&other.name))
        })
}

/// The list of changes.
struct Walk<'a> {
    old: &'a Avro,
    new: &'a Avro,
    open: BTreeSet<(String, String)>,
}

impl Walk<'_> {
    fn effects(&self, old: &Type, new: &Type) -> (Effect, Effect) {
        let resolves = |writer: &Avro, reader: &Avro, from: &Type, to: &Type| {
            Resolver {
                writer,
                reader,
                open: BTreeSet::new(),
            }
            .problem(from, to)
            .is_none()
        };
        (
            Effect::breaks(!resolves(self.old, self.new, old, new)),
            Effect::breaks(!resolves(self.new, self.old, new, old)),
        )
    }

    fn types(&mut self, old: &Type, new: &Type) -> Vec<Change> {
        match (old, new) {
            (Type::Array(a), Type::Array(b)) => below("*", self.types(a, b)),
            (Type::Map(a), Type::Map(b)) => below("*", self.types(a, b)),
            (Type::Named(a), Type::Named(b)) => self.named(a, b),
            (Type::Union(a), Type::Union(b)) => self.branches(a, b),
            (Type::Union(a), b) => self.branches(a, std::slice::from_ref(b)),
            (a, Type::Union(b)) => self.branches(std::slice::from_ref(a), b),
            (a, b) if a == b => Vec::new(),
            (a, b) => {
                let (backward, forward) = self.effects(a, b);
                let change = if name_of(a) == name_of(b) {
                    Change::new("logical-type-changed", "What the value means changed.")
                } else {
                    Change::new(
                        "type-changed",
                        format!("The type was {} and is now {}.", name_of(a), name_of(b)),
                    )
                };
                vec![
                    change
                        .values(Some(&json!(name_of(a))), Some(&json!(name_of(b))))
                        .effects(backward, forward),
                ]
            }
        }
    }

    fn branches(&mut self, old: &[Type], new: &[Type]) -> Vec<Change> {
        let mut out = Vec::new();
        let same = |a: &Type, b: &Type| match (a, b) {
            (Type::Named(a), Type::Named(b)) => last(a) == last(b),
            (a, b) => name_of(a) == name_of(b),
        };
        let (was, is) = (Type::Union(old.to_vec()), Type::Union(new.to_vec()));
        for branch in old {
            match new.iter().find(|other| same(branch, other)) {
                Some(other) => out.extend(self.types(branch, other)),
                None => {
                    let (backward, _) = self.effects(branch, &is);
                    out.push(
                        Change::new(
                            "alternative-removed",
                            format!("{} is no longer one of the alternatives.", name_of(branch)),
                        )
                        .values(Some(&json!(name_of(branch))), None)
                        .effects(backward, Effect::Ok),
                    );
                }
            }
        }
        for branch in new
            .iter()
            .filter(|branch| !old.iter().any(|other| same(branch, other)))
        {
            let (_, forward) = self.effects(&was, branch);
            out.push(
                Change::new(
                    "alternative-added",
                    format!("{} is a new alternative.", name_of(branch)),
                )
                .values(None, Some(&json!(name_of(branch))))
                .effects(Effect::Ok, forward),
            );
        }
        out
    }

    fn named(&mut self, a: &str, b: &str) -> Vec<Change> {
        if !self.open.insert((a.to_owned(), b.to_owned())) {
            return Vec::new();
        }
        let (Some(from), Some(to)) = (
            self.old.named.get(a).cloned(),
            self.new.named.get(b).cloned(),
        ) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        if last(a) != last(b) {
            let known = |named: &Named, name: &str| {
                named
                    .aliases
                    .iter()
                    .any(|alias| alias == name || last(alias) == last(name))
            };
            out.push(
                Change::new("type-renamed", format!("The type {a} is called {b} now."))
                    .values(Some(&json!(a)), Some(&json!(b)))
                    .effects(
                        Effect::breaks(!known(&to, a)),
                        Effect::breaks(!known(&from, b)),
                    ),
            );
        }
        match (&from.shape, &to.shape) {
            (Shape::Record(old), Shape::Record(new)) => out.extend(self.fields(old, new)),
            (
                Shape::Enum {
                    symbols: old,
                    default: before,
                },
                Shape::Enum {
                    symbols: new,
                    default: after,
                },
            ) => {
                for symbol in old.iter().filter(|one| !new.contains(one)) {
                    out.push(
                        Change::new("symbol-removed", format!("The symbol {symbol} is gone."))
                            .values(Some(&json!(symbol)), None)
                            .effects(Effect::breaks(after.is_none()), Effect::Ok),
                    );
                }
                for symbol in new.iter().filter(|one| !old.contains(one)) {
                    out.push(
                        Change::new("symbol-added", format!("The symbol {symbol} is new: a reader without a default cannot read it."))
                            .values(None, Some(&json!(symbol)))
                            .effects(Effect::Ok, Effect::breaks(before.is_none())),
                    );
                }
            }
            (Shape::Fixed { size: old }, Shape::Fixed { size: new }) if old != new => out.push(
                Change::new("size-changed", format!("{old} bytes became {new}."))
                    .values(Some(&json!(old)), Some(&json!(new)))
                    .effects(Effect::Breaks, Effect::Breaks),
            ),
            (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => out.push(
                Change::new(
                    "type-changed",
                    format!(
                        "{} became another kind of type.",
                        to.aliases.first().map_or("It", String::as_str)
                    ),
                )
                .effects(Effect::Breaks, Effect::Breaks),
            ),
            _ => {}
        }
        out
    }

    fn fields(&mut self, old: &[Field], new: &[Field]) -> Vec<Change> {
        let mut out = Vec::new();
        let at = |field: &Field| format!("/{}", field.name);
        for field in new {
            match old.iter().find(|other| other.name == field.name) {
                Some(before) => {
                    out.extend(below(&field.name, self.types(&before.kind, &field.kind)));
                    if before.default != field.default {
                        out.push(
                            Change::new(
                                "default-changed",
                                "The default changed; what was written is read as before.",
                            )
                            .values(before.default.as_ref(), field.default.as_ref())
                            .at(at(field)),
                        );
                    }
                }
                None => match written(field, old) {
                    Some(before) => {
                        let back = before.aliases.contains(&field.name) || before.default.is_some();
                        out.push(
                            Change::new(
                                "field-renamed",
                                format!(
                                    "`{}` is called `{}` now, with an alias.",
                                    before.name, field.name
                                ),
                            )
                            .values(Some(&json!(before.name)), Some(&json!(field.name)))
                            .at(format!("/{}", before.name))
                            .effects(Effect::Ok, Effect::breaks(!back)),
                        );
                        out.extend(below(&field.name, self.types(&before.kind, &field.kind)));
                    }
                    None => {
                        let excused = field.default.is_some();
                        let reason = if excused {
                            format!("`{}` is new, with a default.", field.name)
                        } else {
                            format!(
                                "`{}` is new and has no default: what was written before cannot be read.",
                                field.name
                            )
                        };
                        out.push(
                            Change::new("field-added", reason)
                                .at(at(field))
                                .values(None, Some(&json!(name_of(&field.kind))))
                                .effects(Effect::breaks(!excused), Effect::Ok),
                        );
                    }
                },
            }
        }
        for field in old {
            let read_by_alias = new
                .iter()
                .any(|other| other.name == field.name || other.aliases.contains(&field.name));
            if !read_by_alias {
                let excused = field.default.is_some();
                out.push(
                    Change::new("field-removed", format!("`{}` is gone.", field.name))
                        .at(at(field))
                        .values(Some(&json!(name_of(&field.kind))), None)
                        .effects(Effect::Ok, Effect::breaks(!excused)),
                );
            }
        }
        out
    }
}
