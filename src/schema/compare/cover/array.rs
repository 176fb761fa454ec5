//! Items of lists.

use serde_json::{Map, Value};

use super::facts::{ARRAY, together};
use super::leaf::LeafStep;
use super::{CoverWalk, Leaf};

pub(crate) const KEYS: &[&str] = &["prefixItems", "items"];
/// Longer tuples are left open.
const MOST_PLACES: usize = 200;

const ANYTHING: &Value = &Value::Bool(true);

/// What a schema says of the item at a position.
fn item(map: &Map<String, Value>, at: usize) -> &Value {
    let tuple = map.get("prefixItems").and_then(Value::as_array);
    tuple
        .and_then(|tuple| tuple.get(at))
        .or_else(|| map.get("items"))
        .unwrap_or(ANYTHING)
}

fn places(map: &Map<String, Value>) -> usize {
    map.get("prefixItems")
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
}

impl CoverWalk<'_> {
    pub(crate) fn items(
        &mut self,
        w: &Value,
        facts: &[&Map<String, Value>],
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        if self.writer.kinds(w, 0) & ARRAY == 0 {
            return Vec::new();
        }
        let all = facts.iter().map(|map| places(map)).chain([places(r)]);
        let tuple = all.max().unwrap_or(0);
        if tuple > MOST_PLACES {
            return vec![Leaf::of(w, &Value::Object(r.clone()))];
        }
        let most = facts
            .iter()
            .filter_map(|map| map.get("maxItems")?.as_u64())
            .min();
        let mut out = Vec::new();
        for at in 0..=tuple {
            if most.is_some_and(|most| most <= at as u64) {
                break;
            }
            let ours: Vec<&Value> = facts.iter().map(|map| item(map, at)).collect();
            let step = if at == tuple {
                LeafStep::Rest(tuple)
            } else {
                LeafStep::Item(at)
            };
            let found = self.covers_inside(&together(&ours), item(r, at), depth + 1);
            out.extend(Leaf::all_below(found, w, &step));
        }
        out
    }
}
