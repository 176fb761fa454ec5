//! What is certain about all values of a schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::document::normal::{is_annotation, target};
use crate::schema::document::numbers;

/// References and nesting followed without going down into the value.
const DEEPEST: usize = 24;

/// A set of JSON types.
pub(crate) type Kinds = u8;
pub(crate) const INTEGER: Kinds = 4;
pub(crate) const NUMBER: Kinds = 12;
pub(crate) const STRING: Kinds = 16;
pub(crate) const ARRAY: Kinds = 32;
pub(crate) const OBJECT: Kinds = 64;
pub(crate) const ALL: Kinds = 127;

const NAMES: [(&str, Kinds); 7] = [
    ("null", 1),
    ("boolean", 2),
    ("number", NUMBER),
    ("integer", INTEGER),
    ("string", STRING),
    ("array", ARRAY),
    ("object", OBJECT),
];

/// The names of types that make up a set.
pub(crate) fn named(kinds: Kinds) -> Value {
    let names: Vec<&str> = NAMES
        .iter()
        .filter(|(name, kind)| match *name {
            "integer" => kinds & NUMBER == INTEGER,
            // Numbers that are not whole have no name of their own.
            "number" => kinds & 8 != 0,
            _ => kinds & kind != 0,
        })
        .map(|(name, _)| *name)
        .collect();
    json!(names)
}

fn kind_of(value: &Value) -> Kinds {
    match value {
        Value::Null => 1,
        Value::Bool(_) => 2,
        Value::Number(number) if numbers::whole(number).is_some() => INTEGER,
        // As good as any for a number too large to be told.
        Value::Number(_) => NUMBER,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}

/// One of the two versions.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub defs: &'a BTreeMap<String, Value>,
}

impl<'a> Side<'a> {
    /// What a reference means, or the schema itself.
    pub(crate) fn meant<'x>(self, schema: &'x Value) -> &'x Value
    where
        'a: 'x,
    {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            match target(schema).and_then(|name| self.defs.get(name)) {
                Some(body) => schema = body,
                None => break,
            }
        }
        schema
    }

    /// Schemas that every value matches; none where there is no value at all.
    pub(crate) fn facts<'x>(self, schema: &'x Value) -> Option<Vec<&'x Map<String, Value>>>
    where
        'a: 'x,
    {
        let mut out = Vec::new();
        let mut open = vec![(schema, 0)];
        while let Some((schema, depth)) = open.pop() {
            if depth > DEEPEST {
                continue;
            }
            match self.meant(schema) {
                Value::Bool(false) => return None,
                Value::Object(map) => {
                    for key in ["allOf", "anyOf", "oneOf"] {
                        if let Some(Value::Array(list)) = map.get(key)
                            && (key == "allOf" || list.len() == 1)
                        {
                            open.extend(list.iter().map(|one| (one, depth + 1)));
                        }
                    }
                    out.push(map);
                }
                _ => {}
            }
        }
        Some(out)
    }

    /// The branches of the first union, each with all that is asked beside it.
    pub(crate) fn branches(self, schema: &Value) -> Option<Vec<Value>> {
        let facts = self.facts(schema)?;
        for (at, map) in facts.iter().enumerate() {
            for key in ["anyOf", "oneOf"] {
                let Some(Value::Array(branches)) = map.get(key) else {
                    continue;
                };
                if branches.len() < 2 {
                    continue;
                }
                let mut rest: Vec<Value> = Vec::new();
                for (number, other) in facts.iter().enumerate() {
                    let mut other = (*other).clone();
                    // Its parts are facts of their own. What looks at what others evaluated
                    // would mean something else apart from them.
                    for gone in ["allOf", "unevaluatedProperties", "unevaluatedItems"] {
                        other.remove(gone);
                    }
                    if number == at {
                        other.remove(key);
                    }
                    if other.keys().any(|key| !is_annotation(key)) {
                        rest.push(Value::Object(other));
                    }
                }
                return Some(
                    branches
                        .iter()
                        .map(|branch| match rest.as_slice() {
                            [] => branch.clone(),
                            rest => {
                                let mut all = vec![branch.clone()];
                                all.extend_from_slice(rest);
                                json!({ "allOf": all })
                            }
                        })
                        .collect(),
                );
            }
        }
        None
    }

    /// One schema for each of its types, where it has a few.
    pub(crate) fn types_apart(self, schema: &Value) -> Option<Vec<Value>> {
        let Value::Array(names) = named(self.kinds(schema, 0)) else {
            return None;
        };
        let few = (2..NAMES.len() - 1).contains(&names.len());
        let apart = |name: &Value| json!({ "allOf": [schema, { "type": [name] }] });
        few.then(|| names.iter().map(apart).collect())
    }

    /// The types that a value may have.
    pub(crate) fn kinds(self, schema: &Value, depth: usize) -> Kinds {
        if depth > DEEPEST {
            return ALL;
        }
        let map = match self.meant(schema) {
            Value::Bool(false) => return 0,
            Value::Object(map) => map,
            _ => return ALL,
        };
        let mut out = ALL;
        if let Some(Value::Array(names)) = map.get("type") {
            out &= NAMES
                .iter()
                .filter(|(name, _)| names.iter().any(|one| one == name))
                .fold(0, |kinds, (_, kind)| kinds | kind);
        }
        if let Some(Value::Array(values)) = map.get("enum") {
            out &= values.iter().fold(0, |kinds, one| kinds | kind_of(one));
        }
        for (key, value) in map {
            let Value::Array(list) = value else { continue };
            match key.as_str() {
                "allOf" => {
                    for one in list {
                        out &= self.kinds(one, depth + 1);
                    }
                }
                "anyOf" | "oneOf" => {
                    out &= list
                        .iter()
                        .fold(0, |kinds, one| kinds | self.kinds(one, depth + 1));
                }
                _ => {}
            }
        }
        out
    }
}

/// The list of values that a schema allows, if it has one.
pub(crate) fn listed<'x>(facts: &[&'x Map<String, Value>]) -> Option<&'x Vec<Value>> {
    facts
        .iter()
        .filter_map(|map| map.get("enum")?.as_array())
        .min_by_key(|list| list.len())
}

/// Names that every object must have.
pub(crate) fn required<'x>(facts: &[&'x Map<String, Value>]) -> Vec<&'x str> {
    facts
        .iter()
        .filter_map(|map| map.get("required")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Both schemas at once.
pub(crate) fn together(all: &[&Value]) -> Value {
    let mut said: Vec<&Value> = Vec::new();
    for one in all {
        if **one != Value::Bool(true) && !said.contains(one) {
            said.push(one);
        }
    }
    match said.as_slice() {
        [] => Value::Bool(true),
        [one] => (*one).clone(),
        all => json!({ "allOf": all }),
    }
}
