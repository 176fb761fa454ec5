//! Unions, conditions and `not`.

use serde_json::{Map, Value, json};

use super::facts::{OBJECT, listed, required};
use super::shape::shapes;
use super::{CoverWalk, Leaf};
use crate::schema::document::numbers;

/// How deep two schemas are looked into to tell them apart.
const DEEPEST: usize = 6;

type UnionFacts<'x> = [&'x Map<String, Value>];

impl CoverWalk<'_> {
    pub(crate) fn any_of(
        &mut self,
        w: &Value,
        _: &UnionFacts<'_>,
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        let Some(Value::Array(branches)) = r.get("anyOf") else {
            return Vec::new();
        };
        self.one_branch(w, branches, "anyOf", depth)
    }

    pub(crate) fn one_of(
        &mut self,
        w: &Value,
        facts: &UnionFacts<'_>,
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        let Some(Value::Array(branches)) = r.get("oneOf") else {
            return Vec::new();
        };
        let same = facts.iter().any(|map| map.get("oneOf") == r.get("oneOf"))
            && super::refers_to_alike(&Value::Object(r.clone()), &self.alike);
        if same {
            return Vec::new();
        }
        self.one_branch(w, branches, "oneOf", depth)
    }

    /// Branches that share no value with the writer's are out of the question. Of those that are
    /// left one must take all; where exactly one is to match, only one may be left.
    fn one_branch(&mut self, w: &Value, branches: &[Value], key: &str, depth: usize) -> Vec<Leaf> {
        let mut left: Vec<&Value> = Vec::new();
        for branch in branches {
            if !self.apart(w, branch, 0) {
                left.push(branch);
            }
        }
        if let [only] = left.as_slice() {
            return self.covers(w, only, depth + 1);
        }
        if key == "anyOf" {
            for branch in &left {
                if self.covers(w, branch, depth + 1).is_empty() {
                    return Vec::new();
                }
            }
        }
        let reader = if left.is_empty() {
            Value::Bool(false)
        } else {
            json!({ key: left })
        };
        vec![Leaf::of(w, &reader)]
    }

    pub(crate) fn conditions(
        &mut self,
        w: &Value,
        facts: &UnionFacts<'_>,
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        let anything = Value::Bool(true);
        let part =
            |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or(anything.clone());
        let (then, otherwise) = (part(r, "then"), part(r, "else"));
        let proved = facts.iter().any(|map| {
            let same = map.contains_key("if")
                && map.get("if") == r.get("if")
                && r.get("if")
                    .is_some_and(|condition| super::refers_to_alike(condition, &self.alike));
            same && self.covers(&part(map, "then"), &then, depth + 1).is_empty()
                && self
                    .covers(&part(map, "else"), &otherwise, depth + 1)
                    .is_empty()
        }) || self.covers(w, &then, depth + 1).is_empty()
            && self.covers(w, &otherwise, depth + 1).is_empty();
        if proved {
            Vec::new()
        } else {
            vec![Leaf::of(w, &Value::Object(r.clone()))]
        }
    }

    pub(crate) fn refused(
        &mut self,
        w: &Value,
        facts: &UnionFacts<'_>,
        r: &Map<String, Value>,
        _: usize,
    ) -> Vec<Leaf> {
        let Some(refused) = r.get("not") else {
            return Vec::new();
        };
        let same = facts.iter().any(|map| map.get("not") == Some(refused))
            && super::refers_to_alike(refused, &self.alike);
        if same || self.apart(w, refused, 0) {
            Vec::new()
        } else {
            vec![Leaf::of(w, &Value::Object(r.clone()))]
        }
    }

    /// Whether no value of `w` is a value of `r`, as far as types, lists of values and required
    /// members tell.
    fn apart(&mut self, w: &Value, r: &Value, depth: usize) -> bool {
        let (ours, theirs) = (self.writer.kinds(w, 0), self.reader.kinds(r, 0));
        let common = ours & theirs;
        if common == 0 {
            return true;
        }
        if depth > DEEPEST {
            return false;
        }
        let (Some(a), Some(b)) = (self.writer.facts(w), self.reader.facts(r)) else {
            return true;
        };
        if let (Some(ours), Some(theirs)) = (listed(&a), listed(&b))
            && !ours
                .iter()
                .any(|one| theirs.iter().any(|other| numbers::same(one, other)))
        {
            return true;
        }
        if common == OBJECT && self.members_apart(&a, &b, depth) {
            return true;
        }
        let branches = |all: Option<Vec<Value>>| all.filter(|all| all.len() <= 40);
        if let Some(all) = branches(self.writer.branches(w))
            && all.iter().all(|one| self.apart(one, r, depth + 1))
        {
            return true;
        }
        branches(self.reader.branches(r))
            .is_some_and(|all| all.iter().all(|one| self.apart(w, one, depth + 1)))
    }

    /// A member that must be there and cannot be of both.
    fn members_apart(&mut self, a: &UnionFacts<'_>, b: &UnionFacts<'_>, depth: usize) -> bool {
        let mut names = required(a);
        names.extend(required(b));
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut ours = Vec::new();
            for map in a {
                for shape in shapes(map, self.writer) {
                    ours.extend(shape.at(name, self).unwrap_or_default());
                }
            }
            let mut theirs = Vec::new();
            for map in b {
                for shape in shapes(map, self.reader) {
                    theirs.extend(shape.at(name, self).unwrap_or_default());
                }
            }
            let nothing = Value::Bool(false);
            if ours.contains(&&nothing) || theirs.contains(&&nothing) {
                return true;
            }
            for one in &ours {
                for other in &theirs {
                    if self.apart(one, other, depth + 1) {
                        return true;
                    }
                }
            }
        }
        false
    }
}
