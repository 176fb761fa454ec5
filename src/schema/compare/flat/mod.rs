//! `unevaluatedProperties` and `unevaluatedItems` in words that do not look elsewhere, where what
//! the schemas beside them evaluate does not depend on the value. Where it does they stay.

mod items;
mod members;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schema::document::inside::each_inside;
use crate::schema::document::normal::{Normal, is_anything, target};
use items::ItemPlaces;
pub(super) use members::{FlatMembers, MemberNames};

/// Nesting of schemas for the same value that is followed.
const DEEPEST: usize = 24;
/// After so many schemas for one value it is left as it is: they may lead to each other.
const MOST_STEPS: usize = 200;
/// Nesting of schemas that is rewritten.
const NESTED: usize = 200;

impl Normal {
    /// Whether something in it looks at what other schemas evaluated.
    pub(crate) fn evaluates(&self) -> bool {
        fn has(value: &Value) -> bool {
            match value {
                Value::Object(map) => {
                    map.contains_key(members::KEYWORD)
                        || map.contains_key(items::KEYWORD)
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

/// What the schemas for a value evaluate of it, whatever the value is.
pub(super) enum Evaluates<T> {
    Everything,
    Only(T),
}

fn flatten(schema: &mut Value, defs: &BTreeMap<String, Value>, depth: usize) {
    let Value::Object(map) = schema else { return };
    if depth > NESTED {
        return;
    }
    // Before anything inside of it is written otherwise.
    let rest = |key: &str| map.get(key).filter(|rest| !is_anything(rest));
    let by_name = match rest(members::KEYWORD) {
        Some(_) => FlatMembers::beside(map, defs),
        None => Some(Evaluates::Everything),
    };
    let by_place = match rest(items::KEYWORD) {
        Some(_) => ItemPlaces::beside(map, defs),
        None => Some(Evaluates::Everything),
    };
    each_inside(map, |inside| flatten(inside, defs, depth + 1));
    if let Some(found) = by_place
        && let Some(rest) = map.remove(items::KEYWORD)
    {
        match found {
            Evaluates::Only(places) => items::close(map, places, rest),
            Evaluates::Everything => everything(map, "items", rest),
        }
    }
    if let Some(found) = by_name
        && let Some(rest) = map.remove(members::KEYWORD)
    {
        match found {
            Evaluates::Only(names) => {
                names.close(map, rest);
                members::merge_parts(map, defs);
            }
            Evaluates::Everything => everything(map, "additionalProperties", rest),
        }
    }
}

/// Nothing is left over. Schemas around it must see that this evaluates everything.
fn everything(map: &mut Map<String, Value>, key: &str, rest: Value) {
    if is_anything(&rest) {
        map.entry(key).or_insert(rest);
    }
}

/// A schema for the same value that stands in another one.
struct FlatPart<'a> {
    map: &'a Map<String, Value>,
    /// Whether it always holds.
    holds: bool,
    /// The definitions that lead to it.
    links: Vec<&'a str>,
}

/// None where they are nested too deeply, or a reference leads nowhere.
fn parts<'a>(
    map: &'a Map<String, Value>,
    defs: &'a BTreeMap<String, Value>,
    depth: usize,
) -> Option<Vec<FlatPart<'a>>> {
    if depth > DEEPEST {
        return None;
    }
    let mut found: Vec<(&Value, bool)> = Vec::new();
    for (key, value) in map {
        match (key.as_str(), value) {
            ("allOf", Value::Array(list)) => found.extend(list.iter().map(|one| (one, true))),
            ("anyOf" | "oneOf", Value::Array(list)) => {
                found.extend(list.iter().map(|one| (one, false)));
            }
            ("dependentSchemas", Value::Object(table)) => {
                found.extend(table.values().map(|one| (one, false)));
            }
            ("if" | "then" | "else", one) => found.push((one, false)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for (schema, holds) in found {
        let (mut schema, mut links) = (schema, Vec::new());
        while let Some(name) = target(schema) {
            schema = defs.get(name)?;
            if links.contains(&name) {
                return None;
            }
            links.push(name);
        }
        // `true` and `false` evaluate nothing.
        out.extend(schema.as_object().map(|map| FlatPart { map, holds, links }));
    }
    Some(out)
}

/// Whether no schema for the value stands in itself: such a one says nothing, and what it evaluates
/// must not be taken from itself.
fn ends<'a>(
    map: &'a Map<String, Value>,
    defs: &'a BTreeMap<String, Value>,
    around: &mut Vec<&'a str>,
    steps: &mut usize,
) -> bool {
    *steps += 1;
    let Some(parts) = parts(map, defs, around.len()).filter(|_| *steps <= MOST_STEPS) else {
        return false;
    };
    for part in parts {
        let known = around.len();
        for name in part.links {
            if around.contains(&name) {
                return false;
            }
            around.push(name);
        }
        if !ends(part.map, defs, around, steps) {
            return false;
        }
        around.truncate(known);
    }
    true
}
