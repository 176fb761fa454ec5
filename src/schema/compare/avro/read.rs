//! Reads an Avro schema and refuses what the specification does (Avro 1.12, "Schema Declaration"
//! and "Names"), with the place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::logical::Logical;
use super::{AvroField, AvroNamed, AvroShape, PLAIN, Type};
use crate::schema::Unusable;
use crate::schema::document::normal::short;

/// Schemas nested deeper are not read.
const DEEPEST: usize = 120;

/// Reads a document: its root, its named types, and remarks about what readers will ignore.
pub(crate) struct AvroReader {
    pub(crate) named: BTreeMap<String, AvroNamed>,
    /// Defaults of fields, with their places: their types may be defined after them.
    pub(crate) defaults: Vec<(String, Type, Value)>,
    /// Names that are used, with the places.
    used: Vec<(String, String)>,
    /// Place and words of logical types that say nothing where they stand.
    pub(crate) ignored: Vec<(String, String)>,
}

type Read<T> = Result<T, Unusable>;

fn wrong<T>(at: &str, words: impl AsRef<str>) -> Read<T> {
    let at = if at.is_empty() { "the schema" } else { at };
    Err(Unusable::new(format!(
        "It is not valid Avro. At {at}: {}",
        words.as_ref()
    )))
}

impl AvroReader {
    pub(crate) fn document(schema: &Value) -> Read<(Self, Type)> {
        let mut reader = Self {
            named: BTreeMap::new(),
            defaults: Vec::new(),
            used: Vec::new(),
            ignored: Vec::new(),
        };
        let root = reader.schema(schema, "", "#", 0)?;
        for (at, name) in &reader.used {
            if !reader.named.contains_key(name) {
                return wrong(at, format!("the type {name:?} is not defined."));
            }
        }
        Ok((reader, root))
    }

    fn schema(&mut self, schema: &Value, space: &str, at: &str, depth: usize) -> Read<Type> {
        if depth > DEEPEST {
            return wrong(at, format!("it is nested deeper than {DEEPEST} levels."));
        }
        match schema {
            Value::String(name) => self.reference(name, space, at),
            Value::Array(branches) => self.union(branches, space, at, depth),
            Value::Object(map) => self.table(map, schema, space, at, depth),
            other => wrong(at, format!("{} is not an Avro schema.", short(other))),
        }
    }

    fn reference(&mut self, name: &str, space: &str, at: &str) -> Read<Type> {
        if PLAIN.contains(&name) {
            return Ok(Type::Plain {
                name: name.to_owned(),
                logical: None,
            });
        }
        check_full_name(name, at)?;
        let mut full = full(name, space);
        // A plain name may also mean a type of the null namespace.
        if !self.named.contains_key(&full) && self.named.contains_key(name) {
            name.clone_into(&mut full);
        }
        self.used.push((at.to_owned(), full.clone()));
        Ok(Type::Named(full))
    }

    fn union(&mut self, branches: &[Value], space: &str, at: &str, depth: usize) -> Read<Type> {
        let mut out: Vec<Type> = Vec::new();
        let mut kinds = BTreeSet::new();
        for (number, branch) in branches.iter().enumerate() {
            let at = format!("{at}/{number}");
            let branch = self.schema(branch, space, &at, depth + 1)?;
            let kind = match &branch {
                Type::Union(_) => return wrong(&at, "a union must not hold another union."),
                Type::Plain { name, .. } | Type::Named(name) => name.clone(),
                Type::Array(_) => "array".to_owned(),
                Type::Map(_) => "map".to_owned(),
            };
            if !kinds.insert(kind.clone()) {
                return wrong(&at, format!("the union has {kind} twice."));
            }
            out.push(branch);
        }
        Ok(Type::Union(out))
    }

    fn table(
        &mut self,
        map: &Map<String, Value>,
        schema: &Value,
        space: &str,
        at: &str,
        depth: usize,
    ) -> Read<Type> {
        let kind = match map.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(inner) => return self.schema(inner, space, &format!("{at}/type"), depth + 1),
            None => return wrong(at, format!("`type` is missing in {}.", short(schema))),
        };
        match kind {
            "array" | "map" => {
                let key = if kind == "array" { "items" } else { "values" };
                let Some(inner) = map.get(key) else {
                    return wrong(at, format!("`{key}` is missing in {}.", short(schema)));
                };
                let inner = self.schema(inner, space, &format!("{at}/{key}"), depth + 1)?;
                let inner = Box::new(inner);
                Ok(if kind == "array" {
                    Type::Array(inner)
                } else {
                    Type::Map(inner)
                })
            }
            "record" | "error" | "enum" | "fixed" => {
                self.definition(kind, map, schema, space, at, depth)
            }
            name if PLAIN.contains(&name) => Ok(Type::Plain {
                name: name.to_owned(),
                logical: self.logical(map, name, None, at)?,
            }),
            name => self.reference(name, space, at),
        }
    }

    fn logical(
        &mut self,
        map: &Map<String, Value>,
        on: &str,
        size: Option<u64>,
        at: &str,
    ) -> Read<Option<Logical>> {
        match Logical::of(map, on, size) {
            Ok(Some(Err(words))) => {
                self.ignored.push((at.to_owned(), words));
                Ok(None)
            }
            Ok(Some(Ok(logical))) => Ok(Some(logical)),
            Ok(None) => Ok(None),
            Err(words) => wrong(at, words),
        }
    }

    fn definition(
        &mut self,
        kind: &str,
        map: &Map<String, Value>,
        schema: &Value,
        space: &str,
        at: &str,
        depth: usize,
    ) -> Read<Type> {
        let Some(name) = map.get("name").and_then(Value::as_str) else {
            return wrong(at, format!("`name` is missing in {}.", short(schema)));
        };
        check_full_name(name, &format!("{at}/name"))?;
        let space = match map.get("namespace") {
            None | Some(Value::Null) => space,
            Some(Value::String(own)) => {
                if !own.is_empty() {
                    check_full_name(own, &format!("{at}/namespace"))?;
                }
                own
            }
            Some(other) => {
                let words = format!("a namespace is a text, not {}.", short(other));
                return wrong(&format!("{at}/namespace"), words);
            }
        };
        let name = full(name, space);
        if PLAIN.contains(&super::last(&name)) {
            let words = format!("{name:?} is the name of a primitive type.");
            return wrong(&format!("{at}/name"), words);
        }
        if self.named.contains_key(&name) {
            let words = format!("the type {name:?} is defined twice.");
            return wrong(&format!("{at}/name"), words);
        }
        let space = name
            .rsplit_once('.')
            .map_or("", |(space, _)| space)
            .to_owned();
        let aliases = words(map.get("aliases"), &format!("{at}/aliases"))?;
        for alias in &aliases {
            check_full_name(alias, &format!("{at}/aliases"))?;
        }
        let aliases: Vec<String> = aliases.iter().map(|alias| full(alias, &space)).collect();
        // Known before its fields are read: they may be of this type themselves.
        self.named.insert(
            name.clone(),
            AvroNamed {
                aliases,
                shape: AvroShape::Record(Vec::new()),
            },
        );
        let shape = match kind {
            "enum" => enumeration(map, at)?,
            "fixed" => {
                let at_size = format!("{at}/size");
                let Some(size) = map.get("size").and_then(Value::as_u64) else {
                    let words = format!("`size` of {name} is not a number of bytes.");
                    return wrong(&at_size, words);
                };
                AvroShape::Fixed {
                    size,
                    logical: self.logical(map, "fixed", Some(size), at)?,
                }
            }
            _ => AvroShape::Record(self.fields(map, &name, &space, at, depth)?),
        };
        if let Some(known) = self.named.get_mut(&name) {
            known.shape = shape;
        }
        Ok(Type::Named(name))
    }

    fn fields(
        &mut self,
        map: &Map<String, Value>,
        record: &str,
        space: &str,
        at: &str,
        depth: usize,
    ) -> Read<Vec<AvroField>> {
        let at = format!("{at}/fields");
        let Some(fields) = map.get("fields").and_then(Value::as_array) else {
            return wrong(&at, format!("`fields` of {record} is not a list."));
        };
        let mut out: Vec<AvroField> = Vec::new();
        for (number, field) in fields.iter().enumerate() {
            let at = format!("{at}/{number}");
            let Some(name) = field.get("name").and_then(Value::as_str) else {
                return wrong(&at, format!("a field of {record} has no `name`."));
            };
            check_name(name, &format!("{at}/name"))?;
            if out.iter().any(|other| other.name == name) {
                let words = format!("{record} has two fields named {name:?}.");
                return wrong(&format!("{at}/name"), words);
            }
            let Some(kind) = field.get("type") else {
                return wrong(
                    &at,
                    format!("the field {name:?} of {record} has no `type`."),
                );
            };
            let aliases = words(field.get("aliases"), &format!("{at}/aliases"))?;
            for alias in &aliases {
                check_name(alias, &format!("{at}/aliases"))?;
            }
            if let Some(order) = field.get("order")
                && !["ascending", "descending", "ignore"]
                    .iter()
                    .any(|known| order == known)
            {
                let words = format!(
                    "`order` is ascending, descending or ignore, not {}.",
                    short(order)
                );
                return wrong(&format!("{at}/order"), words);
            }
            // The type of a field may stand in the field itself: {"name", "type": "array", "items"}
            // is a mistake of many, and no reader takes it.
            let kind = self.schema(kind, space, &format!("{at}/type"), depth + 1)?;
            let default = field.get("default").cloned();
            if let Some(default) = &default {
                let at = format!("{at}/default");
                self.defaults.push((at, kind.clone(), default.clone()));
            }
            out.push(AvroField {
                name: name.to_owned(),
                aliases,
                kind,
                default,
            });
        }
        Ok(out)
    }
}

fn enumeration(map: &Map<String, Value>, at: &str) -> Read<AvroShape> {
    let at_symbols = format!("{at}/symbols");
    if !map.get("symbols").is_some_and(Value::is_array) {
        return wrong(&at_symbols, "`symbols` is not a list.");
    }
    let symbols = words(map.get("symbols"), &at_symbols)?;
    let mut seen = BTreeSet::new();
    for symbol in &symbols {
        check_name(symbol, &at_symbols)?;
        if !seen.insert(symbol) {
            return wrong(
                &at_symbols,
                format!("the symbol {symbol:?} is there twice."),
            );
        }
    }
    let default = match map.get("default") {
        None => None,
        Some(Value::String(default)) if symbols.contains(default) => Some(default.clone()),
        Some(other) => {
            let words = format!("the default {} is none of the symbols.", short(other));
            return wrong(&format!("{at}/default"), words);
        }
    };
    Ok(AvroShape::Enum { symbols, default })
}

/// A list of texts.
fn words(value: Option<&Value>, at: &str) -> Read<Vec<String>> {
    let list = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return wrong(at, format!("here stands {} and no list.", short(other))),
    };
    list.iter()
        .map(|one| match one {
            Value::String(text) => Ok(text.clone()),
            other => wrong(at, format!("{} is not a text.", short(other))),
        })
        .collect()
}

/// A letter or `_`, then letters, digits and `_`.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn check_name(name: &str, at: &str) -> Read<()> {
    if is_name(name) {
        return Ok(());
    }
    let words = format!(
        "{name:?} is not a name: it begins with a letter or `_`, and only letters, digits and `_` follow."
    );
    wrong(at, words)
}

/// Names with dots between them. A dot in front stands for the null namespace.
fn check_full_name(name: &str, at: &str) -> Read<()> {
    name.strip_prefix('.')
        .unwrap_or(name)
        .split('.')
        .try_for_each(|part| check_name(part, at))
}

fn full(name: &str, space: &str) -> String {
    if let Some(name) = name.strip_prefix('.') {
        name.to_owned()
    } else if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}
