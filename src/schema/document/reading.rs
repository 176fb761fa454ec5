//! What a policy takes a writer to write and a reader to refuse, as schemas: a policy is then not a
//! table of exceptions but a question of sets, asked about these instead of the schemas themselves.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::normal::{Normal, target};
use super::policy::Policy;

/// What events a writer of this version is taken to write: only properties it declares.
pub(crate) fn writer(schema: &Normal, policy: Policy) -> Normal {
    if !policy.tolerates_unknown() {
        return schema.clone();
    }
    let mut shared = BTreeSet::new();
    refs_beside_others(&schema.root, false, &mut shared);
    for body in schema.defs.values() {
        refs_beside_others(body, false, &mut shared);
    }
    let closer = Closer { schema, policy };
    let mut out = schema.clone();
    closer.close(&mut out.root, true);
    for (name, body) in &mut out.defs {
        closer.close(body, !shared.contains(name));
    }
    out
}

/// What a reader of this version is taken to accept: it fills in defaults and, where the policy
/// says so, ignores what it does not know.
pub(crate) fn reader(schema: &Normal, policy: Policy) -> Normal {
    let none = BTreeSet::new();
    let wider: BTreeSet<String> = schema
        .defs
        .iter()
        .filter(|(_, body)| open(&mut (*body).clone(), policy, &none))
        .map(|(name, _)| name.clone())
        .collect();
    let mut out = schema.clone();
    open(&mut out.root, policy, &wider);
    for body in out.defs.values_mut() {
        open(body, policy, &wider);
    }
    out
}

/// References that are one of several schemas for the same value.
fn refs_beside_others(schema: &Value, beside: bool, found: &mut BTreeSet<String>) {
    let Value::Object(map) = schema else { return };
    if beside && let Some(name) = target(schema) {
        found.insert(name.to_owned());
    }
    for (key, value) in map {
        let inside = beside_others(key, map);
        match (key.as_str(), value) {
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(list)) => {
                for one in list {
                    refs_beside_others(
                        one,
                        inside.unwrap_or(false) || beside && in_place(key),
                        found,
                    );
                }
            }
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(table)) => {
                for one in table.values() {
                    refs_beside_others(one, key == "dependentSchemas", found);
                }
            }
            ("enum" | "default" | "examples", _) => {}
            (_, value @ Value::Object(_)) => {
                refs_beside_others(
                    value,
                    inside.unwrap_or(false) || beside && in_place(key),
                    found,
                );
            }
            _ => {}
        }
    }
}

fn in_place(keyword: &str) -> bool {
    matches!(
        keyword,
        "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "dependentSchemas"
    )
}

/// Whether the schemas under this keyword share their value with others.
fn beside_others(keyword: &str, around: &Map<String, Value>) -> Option<bool> {
    if !in_place(keyword) {
        return None;
    }
    let alone = matches!(keyword, "anyOf" | "oneOf")
        && ![
            "properties",
            "patternProperties",
            "additionalProperties",
            "if",
            "not",
            "dependentSchemas",
        ]
        .iter()
        .any(|key| around.contains_key(*key))
        && ["anyOf", "oneOf", "allOf"]
            .iter()
            .filter(|key| around.contains_key(**key))
            .count()
            == 1;
    Some(!alone)
}

struct Closer<'a> {
    schema: &'a Normal,
    policy: Policy,
}

impl Closer<'_> {
    fn close(&self, schema: &mut Value, alone: bool) {
        let Value::Object(map) = schema else { return };
        let combined = ["allOf", "anyOf", "oneOf", "if", "dependentSchemas", "not"]
            .iter()
            .any(|key| beside_others(key, map) == Some(true) && map.contains_key(*key));
        if alone {
            if combined {
                self.close_together(map);
            } else if self.is_closable(map) {
                map.insert("additionalProperties".into(), Value::Bool(false));
            }
        }
        let around = map.clone();
        for (key, value) in map.iter_mut() {
            match (key.as_str(), value) {
                ("properties" | "patternProperties", Value::Object(table)) => {
                    table.values_mut().for_each(|one| self.close(one, true));
                }
                ("prefixItems", Value::Array(list)) => {
                    for one in list {
                        self.close(one, true);
                    }
                }
                ("items" | "additionalProperties", value) => self.close(value, true),
                ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                    let alone = alone && beside_others(key, &around) == Some(false);
                    for one in list {
                        self.close(one, alone);
                    }
                }
                _ => {}
            }
        }
    }

    fn is_closable(&self, map: &Map<String, Value>) -> bool {
        let declares = map.contains_key("properties");
        let is_object = map.get("type") == Some(&json!(["object"]));
        !map.contains_key("additionalProperties")
            && !map.contains_key("unevaluatedProperties")
            && (declares || self.policy.trusts_the_undeclared() && is_object)
    }

    /// Several schemas describe one object: what any of them declares is declared.
    fn close_together(&self, map: &mut Map<String, Value>) {
        let mut names = BTreeSet::new();
        let mut patterns = BTreeSet::new();
        let whole = Value::Object(map.clone());
        if !self.declared(&whole, &mut names, &mut patterns, 0)
            || names.is_empty()
            || map.contains_key("propertyNames")
        {
            return;
        }
        let names = json!({ "enum": names });
        let allowed = if patterns.is_empty() {
            names
        } else {
            let mut all = vec![names];
            all.extend(patterns.iter().map(|pattern| json!({ "pattern": pattern })));
            json!({ "anyOf": all })
        };
        map.insert("propertyNames".into(), allowed);
    }

    /// Collects what is declared about one value; false where that is not a plain list.
    fn declared(
        &self,
        schema: &Value,
        names: &mut BTreeSet<String>,
        patterns: &mut BTreeSet<String>,
        depth: usize,
    ) -> bool {
        if depth > 24 {
            return false;
        }
        let body = target(schema)
            .and_then(|name| self.schema.defs.get(name))
            .unwrap_or(schema);
        let Value::Object(map) = body else {
            return true;
        };
        if map.get("additionalProperties").is_some() || map.get("unevaluatedProperties").is_some() {
            return false;
        }
        if let Some(Value::Object(table)) = map.get("properties") {
            names.extend(table.keys().cloned());
        }
        if let Some(Value::Object(table)) = map.get("patternProperties") {
            patterns.extend(table.keys().cloned());
        }
        for (key, value) in map
            .iter()
            .filter(|(key, _)| in_place(key) || *key == "$ref")
        {
            let good = match value {
                Value::Array(list) => list
                    .iter()
                    .all(|one| self.declared(one, names, patterns, depth + 1)),
                Value::Object(table) if key == "dependentSchemas" => table
                    .values()
                    .all(|one| self.declared(one, names, patterns, depth + 1)),
                value @ Value::Object(_) => self.declared(value, names, patterns, depth + 1),
                _ => true,
            };
            if !good {
                return false;
            }
        }
        true
    }
}

/// Widens a schema to what a reader forgives; `wider` are the names of what is widened elsewhere.
/// Whether anything changed.
fn open(schema: &mut Value, policy: Policy, wider: &BTreeSet<String>) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let mut changed = false;
    let excused: Vec<Value> = map
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("default").is_some())
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if let Some(Value::Array(required)) = map.get_mut("required") {
        let before = required.len();
        required.retain(|name| !excused.contains(name));
        changed |= required.len() != before;
    }
    if policy.tolerates_unknown()
        && (map.contains_key("properties") || policy.trusts_the_undeclared())
    {
        for key in ["additionalProperties", "unevaluatedProperties"] {
            if map.get(key) == Some(&Value::Bool(false)) {
                map.remove(key);
                changed = true;
            }
        }
    }
    let mut loosened = false;
    for (key, value) in map.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(table)) => {
                for one in table.values_mut() {
                    changed |= open(one, policy, wider);
                }
            }
            ("prefixItems" | "allOf" | "anyOf", Value::Array(list)) => {
                for one in list {
                    changed |= open(one, policy, wider);
                }
            }
            ("oneOf", Value::Array(list)) => {
                for one in list {
                    loosened |= open(one, policy, wider)
                        || target(one).is_some_and(|name| wider.contains(name));
                }
            }
            ("items" | "additionalProperties" | "then" | "else", value) => {
                changed |= open(value, policy, wider);
            }
            _ => {}
        }
    }
    // Branches that are wider may overlap; a reader that forgives takes any that fits.
    if loosened
        && !map.contains_key("anyOf")
        && let Some(branches) = map.remove("oneOf")
    {
        map.insert("anyOf".into(), branches);
        changed = true;
    }
    changed
}
