//! Leaves out of two schemas what both say alike, before questions whose cost grows with their size
//! are asked of them.
//!
//! A property that both describe by the same words and require alike decides nothing: a value of
//! the one that is refused by the other is still so without it. So a "yes" about the rest is a
//! "yes" about the whole; an event that breaks needs its other properties back, and is validated by
//! the whole schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::normal::{Normal, is_annotation, target};

/// Both without what they say alike.
pub(crate) fn pruned(writer: &Normal, reader: &Normal) -> (Normal, Normal) {
    let alike = alike_defs(writer, reader);
    let (mut left, mut right) = (writer.clone(), reader.clone());
    prune(&mut left.root, &mut right.root, &alike);
    (left, right)
}

/// Names that mean the same on both sides, all the way down.
pub(crate) fn alike_defs(writer: &Normal, reader: &Normal) -> BTreeSet<String> {
    let mut alike: BTreeSet<String> = writer
        .defs
        .iter()
        .filter(|(name, body)| reader.defs.get(*name) == Some(body))
        .map(|(name, _)| name.clone())
        .collect();
    loop {
        let before = alike.len();
        let still = alike
            .iter()
            .filter(|name| {
                writer
                    .defs
                    .get(*name)
                    .is_some_and(|body| refers_to_alike(body, &alike))
            })
            .cloned()
            .collect();
        alike = still;
        if alike.len() == before {
            return alike;
        }
    }
}

pub(crate) fn refers_to_alike(schema: &Value, alike: &BTreeSet<String>) -> bool {
    match schema {
        Value::Object(map) => {
            target(schema).is_none_or(|name| alike.contains(name))
                && map.values().all(|value| refers_to_alike(value, alike))
        }
        Value::Array(list) => list.iter().all(|value| refers_to_alike(value, alike)),
        _ => true,
    }
}

fn prune(left: &mut Value, right: &mut Value, alike: &BTreeSet<String>) {
    let (Value::Object(left), Value::Object(right)) = (left, right) else {
        return;
    };
    // Anything else may speak of several properties at once.
    let simple = |map: &Map<String, Value>| {
        map.keys().all(|key| {
            is_annotation(key)
                || matches!(
                    key.as_str(),
                    "type" | "properties" | "required" | "additionalProperties"
                )
        })
    };
    if !simple(left) || !simple(right) {
        return;
    }
    let requires = |map: &Map<String, Value>| -> BTreeSet<String> {
        let list = map
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        list.filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    };
    let (needs, wants) = (requires(left), requires(right));
    let (Some(Value::Object(ours)), Some(Value::Object(theirs))) =
        (left.get_mut("properties"), right.get_mut("properties"))
    else {
        return;
    };
    let mut gone = BTreeSet::new();
    for (name, mine) in ours.iter_mut() {
        let Some(other) = theirs.get_mut(name) else {
            continue;
        };
        if mine == other && refers_to_alike(mine, alike) {
            if needs.contains(name) == wants.contains(name) {
                gone.insert(name.clone());
            }
        } else {
            prune(mine, other, alike);
        }
    }
    ours.retain(|name, _| !gone.contains(name));
    theirs.retain(|name, _| !gone.contains(name));
    for map in [left, right] {
        if let Some(Value::Array(required)) = map.get_mut("required") {
            required.retain(|name| name.as_str().is_none_or(|name| !gone.contains(name)));
        }
    }
}
