//! The schemas that stand directly inside of a normal one. Members and definitions may be named as
//! keywords are, and `enum` may hold anything: what is no schema must not be read as one.

use serde_json::{Map, Value};

const ONE: [&str; 10] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "unevaluatedItems",
];
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const TABLE: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];

/// Calls `with` for each.
pub(crate) fn each_inside(map: &mut Map<String, Value>, mut with: impl FnMut(&mut Value)) {
    for (key, value) in map.iter_mut() {
        let key = key.as_str();
        match value {
            Value::Array(list) if LIST.contains(&key) => list.iter_mut().for_each(&mut with),
            Value::Object(table) if TABLE.contains(&key) => table.values_mut().for_each(&mut with),
            one if ONE.contains(&key) => with(one),
            _ => {}
        }
    }
}

/// Each with its keyword and its place there: its name, its number, or nothing.
pub(crate) fn inside(map: &Map<String, Value>) -> impl Iterator<Item = (&str, String, &Value)> {
    map.iter().flat_map(|(key, value)| {
        let key = key.as_str();
        let found: Vec<(String, &Value)> = match value {
            Value::Array(list) if LIST.contains(&key) => {
                let numbered = list.iter().enumerate();
                numbered.map(|(at, one)| (at.to_string(), one)).collect()
            }
            Value::Object(table) if TABLE.contains(&key) => table
                .iter()
                .map(|(name, one)| (name.clone(), one))
                .collect(),
            one if ONE.contains(&key) => vec![(String::new(), one)],
            _ => Vec::new(),
        };
        found.into_iter().map(move |(name, one)| (key, name, one))
    })
}
