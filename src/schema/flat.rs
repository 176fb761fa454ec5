//! `unevaluatedProperties` in words that do not look elsewhere: where the schemas beside it name
//! their members whatever the value is, it says the same as `additionalProperties` beside all these
//! names (2020-12 core, 11.3). Where that depends on the value it stays.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::normal::{Normal, is_anything, target};

/// Nesting of schemas for the same object that is followed.
const DEEPEST: usize = 24;
const KEYWORD: &str = "unevaluatedProperties";

impl Normal {
    /// Whether something in it looks at what other schemas evaluated.
    pub(super) fn evaluates(&self) -> bool {
        fn has(value: &Value) -> bool {
            match value {
                Value::Object(map) => {
                    map.contains_key(KEYWORD)
                        || map.contains_key("unevaluatedItems")
                        || map.values().any(has)
                }
                Value::Array(list) => list.iter().any(has),
                _ => false,
            }
        }
        has(&self.root) || self.defs.values().any(has)
    }

    /// The same set of values, with fewer words that look elsewhere.
    pub(super) fn flat(&self) -> Cow<'_, Self> {
        if !self.evaluates() {
            return Cow::Borrowed(self);
        }
        let mut out = self.clone();
        flatten(&mut out.root, &self.defs, 0);
        for body in out.defs.values_mut() {
            flatten(body, &self.defs, 0);
        }
        Cow::Owned(out)
    }
}

fn flatten(schema: &mut Value, defs: &BTreeMap<String, Value>, depth: usize) {
    if depth > 200 {
        return;
    }
    match schema {
        Value::Object(map) => {
            let mut names = Names::default();
            // Before anything inside of it is written otherwise.
            let found = match map.get(KEYWORD) {
                None => None,
                Some(rest) if is_anything(rest) => Some(true),
                Some(_) => names.collect(map, defs, 0),
            };
            for (key, value) in map.iter_mut() {
                if !matches!(key.as_str(), "enum" | "default" | "examples") {
                    flatten(value, defs, depth + 1);
                }
            }
            let Some(everything) = found else { return };
            let Some(rest) = map.remove(KEYWORD) else {
                return;
            };
            if everything {
                return;
            }
            let said = names.closed_by(rest);
            match map.get_mut("allOf") {
                Some(Value::Array(all)) => all.push(said),
                _ => {
                    map.insert("allOf".into(), json!([said]));
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|one| flatten(one, defs, depth + 1)),
        _ => {}
    }
}

/// Members that are evaluated, whatever the value is.
#[derive(Default)]
struct Names {
    names: Map<String, Value>,
    patterns: Map<String, Value>,
}

impl Names {
    /// Whether that is every member; none where it depends on the value.
    fn collect(
        &mut self,
        map: &Map<String, Value>,
        defs: &BTreeMap<String, Value>,
        depth: usize,
    ) -> Option<bool> {
        let depends = ["anyOf", "oneOf", "if", "dependentSchemas"];
        if depth > DEEPEST || depends.iter().any(|key| map.contains_key(*key)) {
            return None;
        }
        if map.contains_key("additionalProperties") || depth > 0 && map.contains_key(KEYWORD) {
            return Some(true);
        }
        for (key, table) in [
            ("properties", &mut self.names),
            ("patternProperties", &mut self.patterns),
        ] {
            for (name, _) in map
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                table.insert(name.clone(), Value::Bool(true));
            }
        }
        for one in map
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Value::Object(part) = one
                && self.collect_part(part, one, defs, depth)?
            {
                return Some(true);
            }
        }
        Some(false)
    }

    fn collect_part(
        &mut self,
        part: &Map<String, Value>,
        schema: &Value,
        defs: &BTreeMap<String, Value>,
        depth: usize,
    ) -> Option<bool> {
        match target(schema) {
            None => self.collect(part, defs, depth + 1),
            Some(name) => match defs.get(name)? {
                Value::Object(body) if target(&defs[name]).is_none() => {
                    self.collect(body, defs, depth + 1)
                }
                Value::Object(body) => self.collect_part(body, &defs[name], defs, depth + 1),
                _ => Some(false),
            },
        }
    }

    fn closed_by(self, rest: Value) -> Value {
        let mut out = Map::new();
        out.insert("properties".into(), Value::Object(self.names));
        if !self.patterns.is_empty() {
            out.insert("patternProperties".into(), Value::Object(self.patterns));
        }
        out.insert("additionalProperties".into(), rest);
        Value::Object(out)
    }
}
