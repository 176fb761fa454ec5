//! `unevaluatedProperties` in words that do not look elsewhere: where the schemas beside it name
//! their members whatever the value is, it says the same as `additionalProperties` beside all these
//! names (2020-12 core, 11.3). Where that depends on the value it stays.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::document::normal::{Normal, is_annotation, is_anything, target};

/// Nesting of schemas for the same object that is followed.
const DEEPEST: usize = 24;
const KEYWORD: &str = "unevaluatedProperties";

impl Normal {
    /// Whether something in it looks at what other schemas evaluated.
    pub(crate) fn evaluates(&self) -> bool {
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
    pub(crate) fn flat(&self) -> Cow<'_, Self> {
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
                // Schemas around it must see that this evaluates everything.
                if is_anything(&rest) {
                    map.entry("additionalProperties").or_insert(rest);
                }
                return;
            }
            names.close(map, rest);
            merge_parts(map, defs);
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

    /// Says it in the words of the object itself.
    fn close(self, map: &mut Map<String, Value>, rest: Value) {
        for (key, known) in [
            ("properties", self.names),
            ("patternProperties", self.patterns),
        ] {
            let mut table = own(map, key);
            for (name, anything) in known {
                table.entry(name).or_insert(anything);
            }
            if !table.is_empty() {
                map.insert(key.into(), Value::Object(table));
            }
        }
        map.insert("additionalProperties".into(), rest);
    }
}

fn own(map: &mut Map<String, Value>, key: &str) -> Map<String, Value> {
    match map.remove(key) {
        Some(Value::Object(table)) => table,
        _ => Map::new(),
    }
}

/// Takes the parts that only describe members into the object around them, which names these
/// members already.
fn merge_parts(map: &mut Map<String, Value>, defs: &BTreeMap<String, Value>) {
    let Some(Value::Array(parts)) = map.remove("allOf") else {
        return;
    };
    let mut kept = Vec::new();
    for part in parts {
        let body = target(&part).and_then(|name| defs.get(name));
        let plain = body.unwrap_or(&part).as_object().filter(|body| {
            body.iter().all(|(key, value)| match key.as_str() {
                "properties" | "patternProperties" | "required" => true,
                "type" => map.get("type").is_none_or(|own| own == value),
                key => is_annotation(key),
            })
        });
        let Some(body) = plain.cloned() else {
            kept.push(part);
            continue;
        };
        for key in ["properties", "patternProperties"] {
            let mut table = own(map, key);
            for (name, schema) in body
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let both = match table.get(name) {
                    None | Some(Value::Bool(true)) => schema.clone(),
                    Some(own) if own == schema => continue,
                    Some(own) => json!({ "allOf": [own, schema] }),
                };
                table.insert(name.clone(), both);
            }
            if !table.is_empty() {
                map.insert(key.into(), Value::Object(table));
            }
        }
        if let Some(kind) = body.get("type") {
            map.insert("type".into(), kind.clone());
        }
        if let Some(Value::Array(names)) = body.get("required") {
            let mut all = match map.remove("required") {
                Some(Value::Array(all)) => all,
                _ => Vec::new(),
            };
            all.extend(
                names
                    .iter()
                    .filter(|name| !all.contains(name))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            map.insert("required".into(), Value::Array(all));
        }
    }
    if !kept.is_empty() {
        map.insert("allOf".into(), Value::Array(kept));
    }
}
