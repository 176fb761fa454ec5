//! Members that only one of two schemas names, named in both. The set engine compares members by
//! their names: it does not see that `x-note` under the pattern `^x-` says nothing new. So where
//! one side names a member, the other is written with that name too, and with what its patterns or
//! its rest say of it. Each schema is the same set of values as before, and evaluates the same.

mod level;

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use serde_json::{Map, Value};

use crate::schema::document::inside::{each_inside, inside};
use crate::schema::document::normal::Normal;
use level::{NamedLevel, Patterns};

/// More names are not written out.
const MOST_NAMES: usize = 100;
/// Most looks at one of them, and most bytes that are written, on each side.
const MOST_LOOKS: usize = 50_000;
const MOST_BYTES: usize = 64 * 1024;
/// Places nested deeper are left as they are.
const DEEPEST: usize = 200;

/// Both with the same names. None where there is nothing to write, or too much.
pub(crate) fn named(writer: &Normal, reader: &Normal) -> Option<(Normal, Normal)> {
    let (ours, theirs) = (places(writer), places(reader));
    let names: BTreeSet<&str> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|name| ours.get(*name) != theirs.get(*name))
        .copied()
        .collect();
    if names.is_empty() || names.len() > MOST_NAMES {
        return None;
    }
    let mut patterns = Patterns::default();
    let mut wrote = false;
    let mut out = [writer.clone(), reader.clone()];
    for (side, original) in out.iter_mut().zip([writer, reader]) {
        let mut hand = Hand {
            defs: &original.defs,
            names: &names,
            patterns: &mut patterns,
            looks: 0,
            bytes: 0,
        };
        hand.write(&mut side.root, 0)?;
        for body in side.defs.values_mut() {
            hand.write(body, 0)?;
        }
        wrote |= hand.bytes > 0;
    }
    let [writer, reader] = out;
    wrote.then_some((writer, reader))
}

/// Where each name is written, as numbers that are equal for equal places.
fn places(schema: &Normal) -> BTreeMap<&str, BTreeSet<u64>> {
    let mut out: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let mut open: Vec<(&Value, u64)> = vec![(&schema.root, 0)];
    for (name, body) in &schema.defs {
        open.push((body, step(1, name)));
    }
    while let Some((schema, place)) = open.pop() {
        let Value::Object(map) = schema else { continue };
        let table = map.get("properties").and_then(Value::as_object);
        for name in table.into_iter().flat_map(Map::keys) {
            out.entry(name).or_default().insert(place);
        }
        open.extend(inside(map).map(|(key, name, one)| (one, step(step(place, key), &name))));
    }
    out
}

fn step(place: u64, to: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (place, to).hash(&mut hasher);
    hasher.finish()
}

/// Writes names out.
struct Hand<'a> {
    /// What references mean, as it was written.
    defs: &'a BTreeMap<String, Value>,
    names: &'a BTreeSet<&'a str>,
    patterns: &'a mut Patterns,
    looks: usize,
    bytes: usize,
}

impl Hand<'_> {
    /// None where it became too much.
    fn write(&mut self, schema: &mut Value, depth: usize) -> Option<()> {
        let Value::Object(map) = schema else {
            return Some(());
        };
        if depth > DEEPEST {
            return Some(());
        }
        // Before this one: what is written here is a copy of what stands here.
        let mut all = Some(());
        each_inside(map, |one| {
            all = all.and_then(|()| self.write(one, depth + 1));
        });
        all?;
        let Some(level) = NamedLevel::new(map, self.defs) else {
            return Some(());
        };
        let mut new = Map::new();
        for name in self.names {
            self.looks += level.cost();
            if let Some(said) = level.given(name, self.patterns) {
                self.bytes += name.len() + said.to_string().len();
                new.insert((*name).to_owned(), said);
            }
            if self.looks > MOST_LOOKS || self.bytes > MOST_BYTES {
                return None;
            }
        }
        if !new.is_empty() {
            let mut table = match map.remove("properties") {
                Some(Value::Object(table)) => table,
                _ => Map::new(),
            };
            table.extend(new);
            map.insert("properties".into(), Value::Object(table));
        }
        Some(())
    }
}
