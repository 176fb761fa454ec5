//! Members of objects, and their names.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::facts::{OBJECT, together};
use super::leaf::LeafStep;
use super::shape::{SchemaShape, Unclear, shapes};
use super::{CoverWalk, Leaf};
use crate::schema::compare::pattern::{Decision, Texts, included};
use crate::schema::document::normal::is_anything;
use crate::schema::document::strings;

pub(crate) const KEYS: &[&str] = &["properties", "patternProperties", "additionalProperties"];

impl CoverWalk<'_> {
    pub(crate) fn properties(
        &mut self,
        w: &Value,
        facts: &[&Map<String, Value>],
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        let asks = KEYS.iter().any(|key| r.contains_key(*key));
        if !asks || self.writer.kinds(w, 0) & OBJECT == 0 {
            return Vec::new();
        }
        let unclear = |_: Unclear| vec![Leaf::of(w, &Value::Object(r.clone()))];
        let theirs = shapes(r, self.reader);
        let mut ours: Vec<SchemaShape<'_>> = Vec::new();
        for map in facts {
            ours.extend(shapes(map, self.writer));
        }
        if ours.is_empty() {
            ours.push(SchemaShape::default());
        }
        let names: BTreeSet<&str> = ours
            .iter()
            .chain(&theirs)
            .flat_map(|shape| shape.names.keys().copied())
            .collect();
        let mut out = Vec::new();
        for name in names {
            let mut said = Vec::new();
            for shape in &ours {
                said.extend(shape.at(name, self).unwrap_or_default());
            }
            let said = together(&said);
            let mut found = Vec::new();
            for shape in &theirs {
                match shape.at(name, self) {
                    Ok(asked) => {
                        for one in asked {
                            found.extend(self.covers_inside(&said, one, depth + 1));
                        }
                    }
                    Err(error) => return unclear(error),
                }
            }
            let step = LeafStep::Member(name.to_owned());
            out.extend(Leaf::all_below(found, w, &step));
            self.bounded(&mut out);
        }
        for shape in &theirs {
            out.extend(self.others(w, &ours, shape, depth));
            self.bounded(&mut out);
        }
        out
    }

    /// Members that neither side names.
    fn others(
        &mut self,
        w: &Value,
        ours: &[SchemaShape<'_>],
        theirs: &SchemaShape<'_>,
        depth: usize,
    ) -> Vec<Leaf> {
        let mut out = Vec::new();
        for (source, asked) in &theirs.patterns {
            let name = strings::matching(source, &mut fastrand::Rng::with_seed(3));
            let step = LeafStep::Member(name.unwrap_or_else(|| "another".to_owned()));
            let found = self.one_of_ours(ours, depth, asked, |_, shape| {
                let same = shape.patterns.iter().find(|(own, _)| own == source);
                match same {
                    Some((_, own)) => vec![(*own).clone()],
                    None => Self::cases(shape, &[]),
                }
            });
            out.extend(Leaf::all_below(found, w, &step));
        }
        if let Some(asked) = theirs.rest.filter(|rest| !is_anything(rest)) {
            let step = LeafStep::Member("another".to_owned());
            let found = self.one_of_ours(ours, depth, asked, |_, shape| {
                Self::cases(shape, &theirs.patterns)
            });
            out.extend(Leaf::all_below(found, w, &step));
        }
        out
    }

    /// It is enough that one table of the writer's proves it.
    fn one_of_ours(
        &mut self,
        ours: &[SchemaShape<'_>],
        depth: usize,
        asked: &Value,
        cases: impl Fn(&mut Self, &SchemaShape<'_>) -> Vec<Value>,
    ) -> Vec<Leaf> {
        let mut first: Option<Vec<Leaf>> = None;
        for shape in ours {
            let mut found = Vec::new();
            for case in cases(self, shape) {
                found.extend(self.covers_inside(&case, asked, depth + 1));
            }
            if found.is_empty() {
                return found;
            }
            first.get_or_insert(found);
        }
        first.unwrap_or_default()
    }

    /// What a member may be that is not named, and not by one of these patterns of the reader.
    fn cases(shape: &SchemaShape<'_>, but: &[(&str, &Value)]) -> Vec<Value> {
        let mut out = Vec::new();
        for (own, schema) in &shape.patterns {
            let read_elsewhere = but.iter().any(|(other, _)| {
                own == other || included(&pattern_only(own), &pattern_only(other)) == Decision::Yes
            });
            if !read_elsewhere {
                out.push((*schema).clone());
            }
        }
        out.push(shape.rest.cloned().unwrap_or(Value::Bool(true)));
        out
    }

    pub(crate) fn names(
        &mut self,
        w: &Value,
        facts: &[&Map<String, Value>],
        r: &Map<String, Value>,
        depth: usize,
    ) -> Vec<Leaf> {
        let Some(asked) = r.get("propertyNames") else {
            return Vec::new();
        };
        if self.writer.kinds(w, 0) & OBJECT == 0 {
            return Vec::new();
        }
        let string = json!({ "type": ["string"] });
        let mut said = vec![&string];
        said.extend(facts.iter().filter_map(|map| map.get("propertyNames")));
        let mut closed: Vec<Value> = Vec::new();
        for map in facts {
            for shape in shapes(map, self.writer) {
                if shape.patterns.is_empty() && shape.rest == Some(&Value::Bool(false)) {
                    // A name that may never have a value is never there.
                    let names: Vec<&&str> = shape
                        .names
                        .iter()
                        .filter(|(_, schema)| ***schema != Value::Bool(false))
                        .map(|(name, _)| name)
                        .collect();
                    if names.is_empty() {
                        return Vec::new();
                    }
                    closed.push(json!({ "enum": names }));
                }
            }
        }
        said.extend(&closed);
        let found = self.covers_inside(&together(&said), asked, depth + 1);
        if found.is_empty() {
            found
        } else {
            vec![Leaf::of(w, &Value::Object(r.clone()))]
        }
    }
}

fn pattern_only(source: &str) -> Texts {
    let keyword = Map::from_iter([("pattern".to_owned(), json!(source))]);
    Texts::of(&keyword)
}
