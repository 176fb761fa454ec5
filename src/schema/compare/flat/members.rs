//! `unevaluatedProperties` as `additionalProperties`: where the schemas beside it name their
//! members whatever the value is, it says the same beside all these names (2020-12 core, 11.3).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Evaluates, MOST_STEPS, ends, parts};
use crate::schema::document::normal::{is_annotation, target};

pub(super) const KEYWORD: &str = "unevaluatedProperties";

/// Members that are described by name and by pattern.
#[derive(Default)]
pub(crate) struct MemberNames {
    pub names: BTreeSet<String>,
    pub patterns: BTreeSet<String>,
}

impl MemberNames {
    fn add(&mut self, map: &Map<String, Value>) {
        for (key, into) in [
            ("properties", &mut self.names),
            ("patternProperties", &mut self.patterns),
        ] {
            let table = map.get(key).and_then(Value::as_object);
            into.extend(table.into_iter().flat_map(Map::keys).cloned());
        }
    }

    /// Says it in the words of the object itself.
    pub(super) fn close(self, map: &mut Map<String, Value>, rest: Value) {
        for (key, known) in [
            ("properties", self.names),
            ("patternProperties", self.patterns),
        ] {
            let mut table = own(map, key);
            for name in known {
                table.entry(name).or_insert(Value::Bool(true));
            }
            if !table.is_empty() {
                map.insert(key.into(), Value::Object(table));
            }
        }
        map.insert("additionalProperties".into(), rest);
    }
}

/// Members that are evaluated.
#[derive(Default)]
pub(crate) struct FlatMembers {
    /// By schemas that always hold.
    always: MemberNames,
    /// By some that may hold.
    sometimes: MemberNames,
    /// All members, always.
    everything: bool,
    steps: usize,
}

impl FlatMembers {
    /// What stands beside the keyword evaluates; none where that depends on the value.
    pub(crate) fn beside(
        map: &Map<String, Value>,
        defs: &BTreeMap<String, Value>,
    ) -> Option<Evaluates<MemberNames>> {
        if !ends(map, defs, &mut Vec::new(), &mut 0) {
            return None;
        }
        let mut out = Self::default();
        out.collect(map, defs, true, 0)?;
        if out.everything {
            return Some(Evaluates::Everything);
        }
        // What may be evaluated is so anyway: then it does not matter which of them hold.
        let known = out.sometimes.names.is_subset(&out.always.names)
            && out.sometimes.patterns.is_subset(&out.always.patterns);
        known.then_some(Evaluates::Only(out.always))
    }

    fn collect(
        &mut self,
        map: &Map<String, Value>,
        defs: &BTreeMap<String, Value>,
        always: bool,
        depth: usize,
    ) -> Option<()> {
        self.steps += 1;
        if self.everything || self.steps > MOST_STEPS {
            return self.everything.then_some(());
        }
        if map.contains_key("additionalProperties") || depth > 0 && map.contains_key(KEYWORD) {
            self.everything = always;
            return always.then_some(());
        }
        let names = if always {
            &mut self.always
        } else {
            &mut self.sometimes
        };
        names.add(map);
        for part in parts(map, defs, depth)? {
            self.collect(part.map, defs, always && part.holds, depth + 1)?;
        }
        Some(())
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
pub(super) fn merge_parts(map: &mut Map<String, Value>, defs: &BTreeMap<String, Value>) {
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
