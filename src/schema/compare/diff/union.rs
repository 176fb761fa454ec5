//! `anyOf`, `oneOf`, and what is left of `allOf`: which branch became which.

use serde_json::{Map, Value, json};

use super::{Change, Effect, SchemaDiffer, is_annotation, short};

/// Of more pairs of branches than this, equal ones are paired first.
const MOST_PAIRS: usize = 900;

impl SchemaDiffer<'_> {
    /// A schema that is nothing but a union against one that is none: the plain one is a union of
    /// one branch.
    pub(crate) fn union_with_plain(
        &mut self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Option<Vec<Change>> {
        let plain = |schema: &Map<String, Value>| {
            !["anyOf", "oneOf", "allOf", "not", "if"]
                .iter()
                .any(|key| schema.contains_key(*key))
                && schema.keys().any(|key| !is_annotation(key))
        };
        let branches = match (only_union(old), only_union(new)) {
            (Some(a), None) if plain(new) => (a.clone(), vec![Value::Object(new.clone())]),
            (None, Some(b)) if plain(old) => (vec![Value::Object(old.clone())], b.clone()),
            _ => return None,
        };
        let mut out = self.branches(&branches.0, &branches.1);
        super::text::annotations(&remarks(old), &remarks(new), &mut out);
        Some(out)
    }

    pub(crate) fn combinations(
        &mut self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Vec<Change> {
        let mut out = Vec::new();
        let list = |schema: &Map<String, Value>, key: &str| -> Option<Vec<Value>> {
            schema.get(key)?.as_array().cloned()
        };
        let (mut any_old, mut one_old) = (list(old, "anyOf"), list(old, "oneOf"));
        let (mut any_new, mut one_new) = (list(new, "anyOf"), list(new, "oneOf"));
        // From one criterion to the other: the branches are compared all the same.
        if any_old.is_none() && one_new.is_none() && one_old.is_some() && any_new.is_some() {
            any_old = one_old.take();
            if any_old.as_ref().is_some_and(|list| list.len() > 1) {
                out.push(
                    Change::new(
                        "one-of-became-any-of",
                        "Exactly one alternative had to match; now several may.",
                    )
                    .widened(),
                );
            }
        } else if one_old.is_none() && any_new.is_none() && any_old.is_some() && one_new.is_some() {
            one_old = any_old.take();
            if one_new.as_ref().is_some_and(|list| list.len() > 1) {
                out.push(
                    Change::new(
                        "any-of-became-one-of",
                        "Several alternatives could match; now exactly one must.",
                    )
                    .narrowed(),
                );
            }
        }
        for (before, after) in [
            (any_old.take(), any_new.take()),
            (one_old.take(), one_new.take()),
        ] {
            match (before, after) {
                (Some(a), Some(b)) => out.extend(self.branches(&a, &b)),
                (None, Some(b)) => out.push(
                    Change::new(
                        "alternatives-added",
                        format!("It must now also match one of {}.", short(&json!(b))),
                    )
                    .values(None, Some(&json!(b)))
                    .narrowed(),
                ),
                (Some(a), None) => out.push(
                    Change::new(
                        "alternatives-removed",
                        format!("It no longer needs to match one of {}.", short(&json!(a))),
                    )
                    .values(Some(&json!(a)), None)
                    .widened(),
                ),
                (None, None) => {}
            }
        }
        self.all_of(
            list(old, "allOf").unwrap_or_default(),
            list(new, "allOf").unwrap_or_default(),
            &mut out,
        );
        out
    }

    #[expect(
        clippy::too_many_lines,
        reason = "the alternatives of both sides, paired step by step"
    )]
    fn branches(&mut self, old: &[Value], new: &[Value]) -> Vec<Change> {
        let (old, new) = (self.split(old, true), self.split(new, false));
        let mut pairs = Vec::new();
        let many = old.len() * new.len() > MOST_PAIRS;
        // Of many branches those that stayed as they are need no other partner; the few that are
        // left are compared with each other.
        let differs = |one: &[Value], other: &[Value]| -> Vec<bool> {
            one.iter()
                .map(|branch| !many || !other.contains(branch))
                .collect()
        };
        let (left, right) = (differs(&old, &new), differs(&new, &old));
        let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
        let few = count(&left) * count(&right) <= MOST_PAIRS;
        for (at, a) in old.iter().enumerate() {
            for (to, b) in new.iter().enumerate() {
                if few && left[at] && right[to] || a == b {
                    let changes = self.schemas(a, b);
                    pairs.push(UnionPair { at, to, changes });
                }
            }
        }
        let covered = |at: usize| {
            pairs
                .iter()
                .any(|pair| pair.at == at && pair.changes.iter().all(|c| c.backward == Effect::Ok))
        };
        let covering = |to: usize| {
            pairs
                .iter()
                .any(|pair| pair.to == to && pair.changes.iter().all(|c| c.forward == Effect::Ok))
        };
        let mut order: Vec<&UnionPair> = pairs.iter().filter(|pair| pair.is_alike()).collect();
        order.sort_by_key(|pair| (pair.weight(), pair.at.abs_diff(pair.to)));
        let mut before = vec![false; old.len()];
        let mut after = vec![false; new.len()];
        let mut out = Vec::new();
        for pair in order {
            if before[pair.at] || after[pair.to] {
                continue;
            }
            before[pair.at] = true;
            after[pair.to] = true;
            for change in &pair.changes {
                let mut change = change.clone();
                if covered(pair.at) {
                    change.backward = Effect::Ok;
                }
                if covering(pair.to) {
                    change.forward = Effect::Ok;
                }
                out.push(change);
            }
        }
        for (at, branch) in old.iter().enumerate().filter(|(at, _)| !before[*at]) {
            let (kind, reason) = if is_null(branch) {
                (
                    "null-forbidden",
                    "It could be null and no longer can.".to_owned(),
                )
            } else {
                (
                    "alternative-removed",
                    format!("The alternative {} is gone.", short(branch)),
                )
            };
            out.push(
                Change::new(kind, reason)
                    .values(Some(branch), None)
                    .effects(Effect::breaks(!covered(at)), Effect::Ok),
            );
        }
        for (to, branch) in new.iter().enumerate().filter(|(to, _)| !after[*to]) {
            let (kind, reason) = if is_null(branch) {
                ("null-allowed", "It may now also be null.".to_owned())
            } else {
                (
                    "alternative-added",
                    format!("The alternative {} is new.", short(branch)),
                )
            };
            out.push(
                Change::new(kind, reason)
                    .values(None, Some(branch))
                    .effects(Effect::Ok, Effect::breaks(!covering(to))),
            );
        }
        out
    }

    /// Takes unions inside of a branch and lists of types apart.
    fn split(&self, branches: &[Value], of_old: bool) -> Vec<Value> {
        let defs = if of_old {
            &self.old.defs
        } else {
            &self.new.defs
        };
        let mut out = Vec::new();
        for branch in branches {
            let body = super::target(branch)
                .and_then(|name| defs.get(name))
                .unwrap_or(branch);
            let Some(map) = body.as_object() else {
                out.push(branch.clone());
                continue;
            };
            if let Some(inner) = map
                .get("anyOf")
                .and_then(Value::as_array)
                .filter(|_| only_union(map).is_some())
                && super::target(branch).is_none()
            {
                out.extend(inner.iter().cloned());
                continue;
            }
            match map.get("type").and_then(Value::as_array) {
                Some(kinds) if kinds.len() > 1 && super::target(branch).is_none() => {
                    for kind in kinds {
                        let mut one = map.clone();
                        one.insert("type".into(), json!([kind]));
                        out.push(Value::Object(one));
                    }
                }
                _ => out.push(branch.clone()),
            }
        }
        out
    }

    fn all_of(&mut self, old: Vec<Value>, new: Vec<Value>, out: &mut Vec<Change>) {
        let mut rest: Vec<Value> = new;
        let mut gone = Vec::new();
        for branch in old {
            match rest.iter().position(|other| {
                self.schemas(&branch, other)
                    .iter()
                    .all(|change| !change.breaks())
            }) {
                Some(at) => {
                    rest.remove(at);
                }
                None => gone.push(branch),
            }
        }
        while !gone.is_empty() && !rest.is_empty() {
            out.extend(self.schemas(&gone.remove(0), &rest.remove(0)));
        }
        for branch in gone {
            out.push(
                Change::new(
                    "requirement-removed",
                    format!("It no longer needs to match {}.", short(&branch)),
                )
                .values(Some(&branch), None)
                .widened(),
            );
        }
        for branch in rest {
            out.push(
                Change::new(
                    "requirement-added",
                    format!("It must now also match {}.", short(&branch)),
                )
                .values(None, Some(&branch))
                .narrowed(),
            );
        }
    }
}

struct UnionPair {
    at: usize,
    to: usize,
    changes: Vec<Change>,
}

impl UnionPair {
    /// Whether one can be called the other changed, and not something else.
    fn is_alike(&self) -> bool {
        !self.changes.iter().any(|change| {
            let both = change.backward == Effect::Breaks && change.forward == Effect::Breaks;
            let here = change.path.is_empty()
                && matches!(&*change.kind, "type-changed" | "forbidden" | "allowed");
            // Two alternatives that name themselves by a constant are told apart by it.
            let tag = change.kind == "enum-changed"
                && change.path.matches('/').count() <= 1
                && is_single(change.old.as_ref())
                && is_single(change.new.as_ref());
            here || tag && both
        })
    }

    fn weight(&self) -> usize {
        self.changes
            .iter()
            .map(|change| 1 + 2 * usize::from(change.breaks()))
            .sum()
    }
}

fn is_single(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_array)
        .is_some_and(|list| list.len() == 1)
}

fn is_null(branch: &Value) -> bool {
    branch.get("type") == Some(&json!(["null"]))
}

fn only_union(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    let mut words = schema.iter().filter(|(key, _)| !is_annotation(key));
    match (words.next(), words.next()) {
        (Some((key, Value::Array(list))), None) if key == "anyOf" || key == "oneOf" => Some(list),
        _ => None,
    }
}

fn remarks(schema: &Map<String, Value>) -> Map<String, Value> {
    schema
        .iter()
        .filter(|(key, _)| is_annotation(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
