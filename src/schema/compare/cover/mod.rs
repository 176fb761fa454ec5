//! Proves place by place that a reader takes all that a writer may write, and cuts out what it
//! cannot prove, so that the set engine is asked about small places and not about whole schemas.
//!
//! Every rule here is sound: where it says yes, no event can break. Recursion is followed by
//! assuming what is being proved: JSON values have an end, so a proof that comes back to itself at
//! a deeper place of the value holds.

mod array;
mod facts;
mod leaf;
mod object;
mod shape;
mod simple;
mod union;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::pattern::Pattern;
use crate::schema::Cancel;
use crate::schema::document::normal::{Normal, is_annotation, is_anything, target};
use crate::schema::document::prune::{alike_defs, refers_to_alike};
use facts::Side;
pub(super) use leaf::Leaf;

/// After so many comparisons of two places the rest is left open.
const MOST_STEPS: usize = 30_000;
/// After so many values in the writer's schemas that were compared the rest is left open.
const MOST_WORK: usize = 1_000_000;
/// Each branch is written out with all that stands beside it, which may grow with every step. A
/// place that grew to so many times its whole schema is left open, unless it is still small.
const GROWTH: usize = 4;
const SMALL: usize = 1_000;
/// More open places than this are not told apart.
const MOST_LEAVES: usize = 48;
/// Places nested deeper are left open.
const DEEPEST: usize = 60;

/// What was found.
pub(crate) struct Cover {
    /// Places that could not be proved. None, and complete: it is proved.
    pub leaves: Vec<Leaf>,
    /// Whether every place was looked at.
    pub complete: bool,
}

/// Walks both.
pub(crate) fn of(writer: &Normal, reader: &Normal, cancel: &Cancel) -> Cover {
    let parts = writer.defs.values().chain([&writer.root]);
    let whole = parts.map(|part| size(part, usize::MAX - 1)).sum::<usize>();
    let mut walk = CoverWalk {
        writer: Side { defs: &writer.defs },
        reader: Side { defs: &reader.defs },
        alike: alike_defs(writer, reader),
        open: Vec::new(),
        level: 0,
        done: HashMap::new(),
        leaning: Vec::new(),
        lowest: usize::MAX,
        patterns: HashMap::new(),
        steps: 0,
        work: 0,
        largest: SMALL.max(GROWTH * whole),
        complete: true,
        cancel,
    };
    let leaves = walk.covers(&writer.root, &reader.root, 0);
    Cover {
        leaves,
        complete: walk.complete,
    }
}

/// How many values a schema is made of; counted as far as to one more than `most`.
fn size(schema: &Value, most: usize) -> usize {
    let mut count = 0;
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        count += 1;
        if count > most {
            break;
        }
        match value {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    count
}

/// A schema of the writer and one of the reader, written out.
type CoverPair = (String, String);

struct CoverWalk<'a> {
    writer: Side<'a>,
    reader: Side<'a>,
    /// Names that mean the same on both sides.
    alike: BTreeSet<String>,
    /// Pairs that are being proved, the outermost first, and how deep in the value each stands.
    open: Vec<(CoverPair, usize)>,
    /// How deep in the value the walk is.
    level: usize,
    /// What is left open of pairs that were looked at.
    done: HashMap<CoverPair, Vec<Leaf>>,
    /// Those of them that lean on a pair that was still open; the newest last.
    leaning: Vec<CoverPair>,
    /// The outermost open pair that what is being proved leans on.
    lowest: usize,
    patterns: HashMap<String, Rc<Pattern>>,
    steps: usize,
    /// Values in the writer's schemas that were compared.
    work: usize,
    /// Values in the largest place that is followed.
    largest: usize,
    complete: bool,
    cancel: &'a Cancel,
}

impl<'a> CoverWalk<'a> {
    /// The places where it is not proved that every value of `w` is a value of `r`.
    fn covers(&mut self, w: &Value, r: &Value, depth: usize) -> Vec<Leaf> {
        self.steps += 1;
        let size = size(w, self.largest);
        self.work += size;
        let is_much = self.steps > MOST_STEPS || self.work > MOST_WORK || size > self.largest;
        if is_much || self.cancel.is_cancelled() {
            self.complete = false;
        }
        let trivial = is_anything(r) || *w == Value::Bool(false);
        if trivial || w == r && refers_to_alike(w, &self.alike) {
            return Vec::new();
        }
        if !self.complete || depth > DEEPEST {
            return vec![Leaf::of(w, r)];
        }
        if target(w).is_some() || target(r).is_some() {
            return self.references(w, r, depth);
        }
        let Value::Object(r) = r else {
            return vec![Leaf::of(w, r)];
        };
        self.objects(w, r, depth)
    }

    /// The same one step down in the value.
    fn covers_inside(&mut self, w: &Value, r: &Value, depth: usize) -> Vec<Leaf> {
        self.level += 1;
        let leaves = self.covers(w, r, depth);
        self.level -= 1;
        leaves
    }

    fn references(&mut self, w: &Value, r: &Value, depth: usize) -> Vec<Leaf> {
        let key = (w.to_string(), r.to_string());
        if let Some(leaves) = self.done.get(&key) {
            let leaves = leaves.clone();
            if self.leaning.contains(&key) {
                self.lowest = 0;
            }
            return leaves;
        }
        if let Some(at) = self.open.iter().position(|(open, _)| *open == key) {
            // A schema that is defined by itself, about the same value, says nothing that could be
            // assumed.
            if self.open[at].1 == self.level {
                return vec![Leaf::of(w, r)];
            }
            self.lowest = self.lowest.min(at);
            return Vec::new();
        }
        let writer: &'a BTreeMap<String, Value> = self.writer.defs;
        let reader: &'a BTreeMap<String, Value> = self.reader.defs;
        let meant = |schema: &Value, defs: &'a BTreeMap<String, Value>| match target(schema) {
            Some(name) => defs.get(name).cloned(),
            None => Some(schema.clone()),
        };
        let (Some(left), Some(right)) = (meant(w, writer), meant(r, reader)) else {
            return vec![Leaf::of(w, r)];
        };
        let (at, leaned, around) = (self.open.len(), self.leaning.len(), self.lowest);
        self.open.push((key.clone(), self.level));
        self.lowest = usize::MAX;
        let leaves = self.covers(&left, &right, depth + 1);
        self.open.pop();
        // What leaned on this pair alone is asked again where this pair is not open.
        for leaning in self.leaning.split_off(leaned) {
            self.done.remove(&leaning);
        }
        if self.lowest < at {
            self.leaning.push(key.clone());
        } else {
            self.lowest = usize::MAX;
        }
        self.lowest = self.lowest.min(around);
        self.done.insert(key, leaves.clone());
        leaves
    }

    /// A schema is all of its keywords: each is proved apart.
    fn objects(&mut self, w: &Value, r: &Map<String, Value>, depth: usize) -> Vec<Leaf> {
        let whole = self.groups(w, r, depth);
        if whole.is_empty() {
            return whole;
        }
        // A union is read if each of its branches is.
        let united = r.contains_key("anyOf") || r.contains_key("oneOf");
        let by_type = || united.then(|| self.writer.types_apart(w)).flatten();
        let Some(branches) = self.writer.branches(w).or_else(by_type) else {
            return whole;
        };
        let mut out = Vec::new();
        for branch in branches {
            out.extend(self.covers(&branch, &Value::Object(r.clone()), depth + 1));
            self.bounded(&mut out);
        }
        out
    }

    fn groups(&mut self, w: &Value, r: &Map<String, Value>, depth: usize) -> Vec<Leaf> {
        let Some(facts) = self.writer.facts(w) else {
            return Vec::new();
        };
        if let Some(leaves) = self.listed(w, &facts, r) {
            return leaves;
        }
        let mut out = Vec::new();
        let group = |keys: &[&str]| -> Map<String, Value> {
            r.iter()
                .filter(|(key, _)| keys.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        if let Some(Value::Array(all)) = r.get("allOf") {
            for one in all {
                out.extend(self.covers(w, one, depth + 1));
            }
        }
        let known: &[(&[&str], CoverRule<'a>)] = &[
            (&["type"], Self::kinds),
            (&["enum"], Self::values),
            (simple::NUMBERS, Self::numbers),
            (&["pattern", "minLength", "maxLength"], Self::texts),
            (simple::COUNTS, Self::counts),
            (&["uniqueItems"], Self::unique),
            (&["required"], Self::required),
            (array::KEYS, Self::items),
            (&["propertyNames"], Self::names),
            (&["dependentRequired", "dependentSchemas"], Self::same),
            (&["contains", "minContains", "maxContains"], Self::same),
            (&["unevaluatedItems"], Self::same),
            (&["if", "then", "else"], Self::conditions),
            (&["not"], Self::refused),
            (&["anyOf"], Self::any_of),
            (&["oneOf"], Self::one_of),
        ];
        for (keys, rule) in known {
            let part = group(keys);
            if !part.is_empty() {
                out.extend(rule(self, w, &facts, &part, depth));
                self.bounded(&mut out);
            }
        }
        out.extend(self.properties(w, &facts, r, depth));
        let all_known = r.keys().all(|key| {
            is_annotation(key)
                || simple::SAYS_NOTHING.contains(&key.as_str())
                || matches!(key.as_str(), "allOf")
                || object::KEYS.contains(&key.as_str())
                || known.iter().any(|(keys, _)| keys.contains(&key.as_str()))
        });
        if !all_known {
            out.push(Leaf::of(w, &Value::Object(r.clone())));
        }
        self.bounded(&mut out);
        out
    }

    fn bounded(&mut self, leaves: &mut Vec<Leaf>) {
        if leaves.len() > MOST_LEAVES {
            leaves.truncate(MOST_LEAVES);
            self.complete = false;
        }
    }

    fn pattern(&mut self, source: &str) -> Rc<Pattern> {
        let known = self.patterns.entry(source.to_owned());
        Rc::clone(known.or_insert_with(|| Rc::new(Pattern::new(source))))
    }
}

/// What several keywords of the reader ask of what the writer writes.
type CoverRule<'a> =
    fn(&mut CoverWalk<'a>, &Value, &[&Map<String, Value>], &Map<String, Value>, usize) -> Vec<Leaf>;

#[cfg(test)]
mod tests;
