//! Folds `allOf` into the schema around it where that says the same in fewer words, so that a
//! schema that was only taken apart compares equal to the one it was.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::normal::{is_annotation, target};
use super::numbers;

/// The schema with every branch of its `allOf` folded in that can be. `find` gives what a reference
/// means. What cannot be folded stays.
pub(crate) fn folded<'a>(schema: &Value, find: &dyn Fn(&str) -> Option<&'a Value>) -> Value {
    fold(schema, find, 0)
}

fn fold<'a>(schema: &Value, find: &dyn Fn(&str) -> Option<&'a Value>, depth: usize) -> Value {
    let Value::Object(map) = schema else {
        return schema.clone();
    };
    let Some(Value::Array(branches)) = map.get("allOf") else {
        return schema.clone();
    };
    let mut whole = map.clone();
    whole.remove("allOf");
    let mut kept = Vec::new();
    for branch in branches {
        let body = match target(branch).filter(|_| depth < 16) {
            Some(name) => find(name).unwrap_or(branch),
            None => branch,
        };
        let body = if target(body).is_some() || depth >= 16 {
            body.clone()
        } else {
            fold(body, find, depth + 1)
        };
        match &body {
            Value::Bool(true) => {}
            Value::Object(part) => match merged(&whole, part) {
                Some(merged) => whole = merged,
                None => kept.push(branch.clone()),
            },
            _ => kept.push(branch.clone()),
        }
    }
    if !kept.is_empty() {
        whole.insert("allOf".into(), Value::Array(kept));
    }
    Value::Object(whole)
}

/// What both say together, if one schema without `allOf` can say it.
fn merged(left: &Map<String, Value>, right: &Map<String, Value>) -> Option<Map<String, Value>> {
    let talks_of_rest = |map: &Map<String, Value>| {
        [
            "additionalProperties",
            "patternProperties",
            "unevaluatedProperties",
            "propertyNames",
        ]
        .iter()
        .any(|key| map.contains_key(*key))
    };
    let names = |map: &Map<String, Value>| {
        let mut names: Vec<String> = map
            .get("properties")
            .and_then(Value::as_object)
            .map(|table| table.keys().cloned().collect())
            .unwrap_or_default();
        names.sort_unstable();
        names
    };
    // What counts as additional depends on the properties beside it.
    if (talks_of_rest(left) || talks_of_rest(right)) && names(left) != names(right) {
        let harmless = |one: &Map<String, Value>, other: &Map<String, Value>| {
            !one.contains_key("properties") && !talks_of_rest(one)
                || !talks_of_rest(other) && names(other).is_empty()
        };
        if !harmless(left, right) && !harmless(right, left) {
            return None;
        }
    }
    for tuple in ["prefixItems", "items", "contains", "if", "unevaluatedItems"] {
        if left.contains_key(tuple)
            && right.contains_key(tuple)
            && left.get(tuple) != right.get(tuple)
        {
            return None;
        }
    }
    if left.contains_key("items") != right.contains_key("items")
        && (left.contains_key("prefixItems") || right.contains_key("prefixItems"))
    {
        return None;
    }
    if left.contains_key("if") && right.contains_key("if") && left != right {
        return None;
    }
    let mut out = left.clone();
    for (key, value) in right {
        let Some(mine) = out.get(key) else {
            out.insert(key.clone(), value.clone());
            continue;
        };
        if mine == value || is_annotation(key) {
            continue;
        }
        let both = both(key, mine, value)?;
        out.insert(key.clone(), both);
    }
    Some(out)
}

fn both(key: &str, left: &Value, right: &Value) -> Option<Value> {
    let pick = |wanted: Ordering| {
        let (Value::Number(a), Value::Number(b)) = (left, right) else {
            return None;
        };
        Some(
            if numbers::compare(a, b) == wanted {
                left
            } else {
                right
            }
            .clone(),
        )
    };
    match key {
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties"
        | "minContains" => pick(Ordering::Greater),
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
            pick(Ordering::Less)
        }
        "required" => {
            let mut all = left.as_array()?.clone();
            for name in right.as_array()? {
                if !all.contains(name) {
                    all.push(name.clone());
                }
            }
            Some(Value::Array(all))
        }
        "type" => {
            let right = right.as_array()?;
            let has = |name: &str| right.iter().any(|one| one == name);
            let kept: Vec<Value> = left
                .as_array()?
                .iter()
                .filter_map(|one| match one.as_str()? {
                    "number" if !has("number") && has("integer") => Some(Value::from("integer")),
                    "integer" if has("number") => Some(one.clone()),
                    _ => right.contains(one).then(|| one.clone()),
                })
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        "enum" => {
            let right = right.as_array()?;
            let kept: Vec<Value> = left
                .as_array()?
                .iter()
                .filter(|one| right.iter().any(|other| numbers::same(one, other)))
                .cloned()
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        "uniqueItems" => Some(Value::Bool(true)),
        "properties" | "patternProperties" => {
            let mut table = left.as_object()?.clone();
            for (name, schema) in right.as_object()? {
                let one = match table.get(name) {
                    None => schema.clone(),
                    Some(mine) if mine == schema => continue,
                    Some(mine) => join(mine, schema),
                };
                table.insert(name.clone(), one);
            }
            Some(Value::Object(table))
        }
        _ => None,
    }
}

fn join(left: &Value, right: &Value) -> Value {
    if let (Value::Object(a), Value::Object(b)) = (left, right)
        && !a.contains_key("$ref")
        && !b.contains_key("$ref")
        && let Some(both) = merged(a, b)
    {
        return Value::Object(both);
    }
    serde_json::json!({ "allOf": [left, right] })
}
