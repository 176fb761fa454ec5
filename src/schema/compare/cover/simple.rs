//! Types, values, numbers, texts and counts.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::facts::{ALL, ARRAY, NUMBER, OBJECT, STRING, listed, named, required};
use super::{CoverWalk, Leaf};
use crate::schema::compare::pattern::{Decision, Texts, included};
use crate::schema::document::numbers;

pub(crate) const NUMBERS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
];
pub(crate) const COUNTS: &[&str] = &["minItems", "maxItems", "minProperties", "maxProperties"];
/// They refuse nothing.
pub(crate) const SAYS_NOTHING: &[&str] = &["format", "contentEncoding", "contentMediaType"];
/// Longer lists are not looked at value by value.
const MOST_VALUES: usize = 2_000;

type SimpleFacts<'x> = [&'x Map<String, Value>];
type SimplePart = Map<String, Value>;

fn open(w: &Value, part: &SimplePart) -> Leaf {
    Leaf::of(w, &Value::Object(part.clone()))
}

impl CoverWalk<'_> {
    /// A list of simple values against a list of simple values or types.
    pub(crate) fn listed(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
    ) -> Option<Vec<Leaf>> {
        let values = listed(facts)?;
        if values.len() > MOST_VALUES {
            return None;
        }
        let simple = r.keys().all(|key| {
            key == "enum"
                || key == "type"
                || super::is_annotation(key)
                || SAYS_NOTHING.contains(&key.as_str())
        });
        if !simple {
            return None;
        }
        let kinds = self.reader.kinds(&json!({ "type": r.get("type") }), 0);
        let kinds = if r.contains_key("type") { kinds } else { ALL };
        let wanted = r.get("enum").and_then(Value::as_array);
        let bad: Vec<&Value> = values
            .iter()
            .filter(|value| {
                let kind = self.reader.kinds(&json!({ "enum": [value] }), 0);
                let among =
                    wanted.is_none_or(|list| list.iter().any(|one| numbers::same(one, value)));
                kind & kinds != kind || !among
            })
            .collect();
        if bad.is_empty() {
            return Some(Vec::new());
        }
        let left = json!({ "allOf": [w, { "enum": bad }] });
        Some(vec![open(w, r).with_left(left)])
    }

    pub(crate) fn kinds(
        &mut self,
        w: &Value,
        _: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        let ours = self.writer.kinds(w, 0);
        let theirs = self.reader.kinds(&Value::Object(r.clone()), 0);
        let missing = ours & !theirs;
        if missing == 0 {
            return Vec::new();
        }
        let left = json!({ "allOf": [w, { "type": named(missing) }] });
        vec![open(w, r).with_left(left)]
    }

    pub(crate) fn values(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        let wanted = r.get("enum").and_then(Value::as_array);
        let has = |value: Value| wanted.is_some_and(|list| list.contains(&value));
        let proved = match listed(facts) {
            Some(values) if values.len() <= MOST_VALUES => values.iter().all(|value| {
                wanted.is_some_and(|list| list.iter().any(|one| numbers::same(one, value)))
            }),
            _ => {
                let kinds = self.writer.kinds(w, 0);
                kinds & !3 == 0
                    && (kinds & 1 == 0 || has(Value::Null))
                    && (kinds & 2 == 0 || has(json!(true)) && has(json!(false)))
            }
        };
        if proved { Vec::new() } else { vec![open(w, r)] }
    }

    pub(crate) fn numbers(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        use Ordering::{Equal, Greater, Less};
        if self.writer.kinds(w, 0) & NUMBER == 0 {
            return Vec::new();
        }
        let known = |key: &str, good: &[Ordering], limit: &Value| {
            facts.iter().any(|map| match (map.get(key), limit) {
                (Some(Value::Number(own)), Value::Number(limit)) => {
                    good.contains(&numbers::compare(own, limit))
                }
                _ => false,
            })
        };
        let proved = r.iter().all(|(key, limit)| match key.as_str() {
            "minimum" => {
                known("minimum", &[Equal, Greater], limit)
                    || known("exclusiveMinimum", &[Equal, Greater], limit)
            }
            "exclusiveMinimum" => {
                known("minimum", &[Greater], limit)
                    || known("exclusiveMinimum", &[Equal, Greater], limit)
            }
            "maximum" => {
                known("maximum", &[Equal, Less], limit)
                    || known("exclusiveMaximum", &[Equal, Less], limit)
            }
            "exclusiveMaximum" => {
                known("maximum", &[Less], limit) || known("exclusiveMaximum", &[Equal, Less], limit)
            }
            _ => facts.iter().any(|map| {
                map.get("multipleOf")
                    .is_some_and(|own| numbers::same(own, limit))
            }),
        });
        if proved { Vec::new() } else { vec![open(w, r)] }
    }

    pub(crate) fn texts(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        if self.writer.kinds(w, 0) & STRING == 0 {
            return Vec::new();
        }
        let theirs = Texts::of(r);
        if let Some(values) = listed(facts)
            && values.len() <= MOST_VALUES
            && values
                .iter()
                .filter_map(Value::as_str)
                .all(|text| theirs.has(text) == Some(true))
        {
            return Vec::new();
        }
        let mut ours = Texts::default();
        for map in facts {
            ours.add(map);
        }
        match included(&ours, &theirs) {
            Decision::Yes => Vec::new(),
            Decision::No(text) => {
                let left = if listed(facts).is_some() {
                    w.clone()
                } else {
                    json!({ "enum": [text] })
                };
                vec![open(w, r).with_left(left)]
            }
            Decision::Undecided => vec![open(w, r)],
        }
    }

    pub(crate) fn counts(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        let kinds = self.writer.kinds(w, 0);
        let number = |map: &SimplePart, key: &str| map.get(key).and_then(Value::as_f64);
        let needed = {
            let mut names = required(facts);
            names.sort_unstable();
            names.dedup();
            names.len()
        };
        #[allow(clippy::cast_precision_loss, reason = "a count of names is small")]
        let needed = needed as f64;
        let mut out = Vec::new();
        for (key, value) in r {
            let kind = if key.ends_with("Items") {
                ARRAY
            } else {
                OBJECT
            };
            let Some(limit) = value.as_f64() else {
                continue;
            };
            let least = key.starts_with("min");
            let proved = kinds & kind == 0
                || least && limit <= 0.0
                || key == "minProperties" && needed >= limit
                || facts
                    .iter()
                    .filter_map(|map| number(map, key))
                    .any(|own| if least { own >= limit } else { own <= limit });
            if !proved {
                let part = Map::from_iter([(key.clone(), value.clone())]);
                out.push(open(w, &part));
            }
        }
        out
    }

    pub(crate) fn unique(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        let asked = r.get("uniqueItems") == Some(&Value::Bool(true));
        let proved = !asked
            || self.writer.kinds(w, 0) & ARRAY == 0
            || facts.iter().any(|map| {
                map.get("uniqueItems") == Some(&Value::Bool(true))
                    || map
                        .get("maxItems")
                        .and_then(Value::as_f64)
                        .is_some_and(|most| most <= 1.0)
            });
        if proved { Vec::new() } else { vec![open(w, r)] }
    }

    pub(crate) fn required(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        if self.writer.kinds(w, 0) & OBJECT == 0 {
            return Vec::new();
        }
        let has = required(facts);
        let missing: Vec<&Value> = r
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|name| name.as_str().is_none_or(|name| !has.contains(&name)))
            .collect();
        if missing.is_empty() {
            return Vec::new();
        }
        vec![Leaf::of(w, &json!({ "required": missing })).with_left(w.clone())]
    }

    /// Keywords that are proved only where the writer says the same.
    pub(crate) fn same(
        &mut self,
        w: &Value,
        facts: &SimpleFacts<'_>,
        r: &SimplePart,
        _: usize,
    ) -> Vec<Leaf> {
        let object = r.keys().any(|key| key.starts_with("dependent"));
        let kind = if object { OBJECT } else { ARRAY };
        let said = self.writer.kinds(w, 0) & kind == 0
            || facts.iter().any(|map| {
                r.iter().all(|(key, value)| map.get(key) == Some(value))
                    // Alone, they would mean something else.
                    && (r.contains_key("minContains") || !map.contains_key("minContains"))
                    && (r.contains_key("maxContains") || !map.contains_key("maxContains"))
            }) && super::refers_to_alike(&Value::Object(r.clone()), &self.alike)
                && !r.contains_key("unevaluatedItems");
        if said { Vec::new() } else { vec![open(w, r)] }
    }
}
