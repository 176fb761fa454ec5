//! `unevaluatedItems` as `items`: where the schemas beside it describe the same number of first
//! items whatever the value is, what is left over is what follows these (2020-12 core, 11.2).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Evaluates, MOST_STEPS, ends, parts};

pub(super) const KEYWORD: &str = "unevaluatedItems";

/// First items that are evaluated.
#[derive(Default)]
pub(super) struct ItemPlaces {
    /// By schemas that always hold.
    always: usize,
    /// By some that may hold.
    sometimes: usize,
    /// All items, always.
    everything: bool,
    steps: usize,
}

impl ItemPlaces {
    /// What stands beside the keyword evaluates; none where that depends on the value.
    pub(super) fn beside(
        map: &Map<String, Value>,
        defs: &BTreeMap<String, Value>,
    ) -> Option<Evaluates<usize>> {
        if !ends(map, defs, &mut Vec::new(), &mut 0) {
            return None;
        }
        let mut out = Self::default();
        out.collect(map, defs, true, 0)?;
        if out.everything {
            return Some(Evaluates::Everything);
        }
        (out.sometimes <= out.always).then_some(Evaluates::Only(out.always))
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
        if map.contains_key("items") || depth > 0 && map.contains_key(KEYWORD) {
            self.everything = always;
            return always.then_some(());
        }
        // What it matches is evaluated in 2020-12 and not in 2019-09, and no number says which.
        if map.contains_key("contains") {
            return None;
        }
        let tuple = map.get("prefixItems").and_then(Value::as_array);
        let count = tuple.map_or(0, Vec::len);
        if always {
            self.always = self.always.max(count);
        } else {
            self.sometimes = self.sometimes.max(count);
        }
        for part in parts(map, defs, depth)? {
            self.collect(part.map, defs, always && part.holds, depth + 1)?;
        }
        Some(())
    }
}

/// Says it in the words of the list itself.
pub(super) fn close(map: &mut Map<String, Value>, places: usize, rest: Value) {
    let mut tuple = match map.remove("prefixItems") {
        Some(Value::Array(tuple)) => tuple,
        _ => Vec::new(),
    };
    if tuple.len() < places {
        tuple.resize(places, Value::Bool(true));
    }
    if !tuple.is_empty() {
        map.insert("prefixItems".into(), Value::Array(tuple));
    }
    map.insert("items".into(), rest);
}
