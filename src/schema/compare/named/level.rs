//! What one schema of an object says of a member that it does not name.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::schema::Dialect;
use crate::schema::compare::flat::{Evaluates, FlatMembers, MemberNames};
use crate::schema::compare::pattern::Pattern;
use crate::schema::document::normal::is_anything;
use crate::schema::document::validate::Validator;

/// More patterns are not read.
const MOST_PATTERNS: usize = 200;

/// Whether names match patterns, as far as two who read patterns agree.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Option<(Pattern, Validator)>>);

impl Patterns {
    /// None where that cannot be told. The provers read patterns each in its own way; a name that is
    /// written out where only one of them expects it would make both wrong at once.
    fn matches(&mut self, source: &str, name: &str) -> Option<bool> {
        if !self.0.contains_key(source) {
            if self.0.len() >= MOST_PATTERNS {
                return None;
            }
            let validator = Validator::new(
                &json!({ "pattern": source }),
                Dialect::Twenty,
                &BTreeMap::new(),
            );
            let both = validator.ok().map(|one| (Pattern::new(source), one));
            self.0.insert(source.to_owned(), both);
        }
        let (pattern, validator) = self.0.get(source)?.as_ref()?;
        let ours = pattern.matches(name)?;
        (ours == validator.is_valid(&json!(name))).then_some(ours)
    }
}

/// One schema of an object.
pub(super) struct NamedLevel<'a> {
    names: Option<&'a Map<String, Value>>,
    patterns: Option<&'a Map<String, Value>>,
    rest: Rest<'a>,
}

/// What is said of members that are neither named nor matched.
enum Rest<'a> {
    /// Nothing that would have to be written. Where no schema says anything of the member it is not
    /// evaluated, and naming it would evaluate it; where none or any is left, its name changes
    /// nothing for the engine.
    Nothing,
    All(&'a Value),
    /// Of those that no other schema for the same object evaluates, and these do always.
    But(&'a Value, MemberNames),
}

impl<'a> NamedLevel<'a> {
    /// None where it says nothing of members that it does not name.
    pub(super) fn new(map: &'a Map<String, Value>, defs: &BTreeMap<String, Value>) -> Option<Self> {
        let table = |key: &str| map.get(key).and_then(Value::as_object);
        let telling = |rest: &&Value| **rest != Value::Bool(false) && !is_anything(rest);
        let rest = match (
            map.get("additionalProperties"),
            map.get("unevaluatedProperties").filter(telling),
        ) {
            (Some(rest), _) => Some(rest).filter(telling).map_or(Rest::Nothing, Rest::All),
            // Where it depends on the value what is left over, nothing is sure.
            (None, Some(rest)) => match FlatMembers::beside(map, defs) {
                Some(Evaluates::Only(known)) => Rest::But(rest, known),
                _ => Rest::Nothing,
            },
            (None, None) => Rest::Nothing,
        };
        let out = Self {
            names: table("properties"),
            patterns: table("patternProperties"),
            rest,
        };
        let is_silent = out.patterns.is_none() && matches!(out.rest, Rest::Nothing);
        (!is_silent).then_some(out)
    }

    /// What it takes to look at one name.
    pub(super) fn cost(&self) -> usize {
        let known = match &self.rest {
            Rest::But(_, known) => known.patterns.len(),
            _ => 0,
        };
        1 + known + self.patterns.map_or(0, Map::len)
    }

    /// What can stand beside this name in `properties` so that the schema says what it said, and
    /// evaluates what it evaluated. None where nothing must be written, or it cannot be told.
    pub(super) fn given(&self, name: &str, patterns: &mut Patterns) -> Option<Value> {
        if self.names.is_some_and(|named| named.contains_key(name)) {
            return None;
        }
        let mut said = Vec::new();
        for (source, one) in self.patterns.into_iter().flatten() {
            if patterns.matches(source, name)? {
                said.push(one);
            }
        }
        // The patterns hold beside the name as they did without it, each of them; the engine wants
        // to read at the name what they say.
        match said.as_slice() {
            [] => {}
            [one] => return Some((*one).clone()),
            all => return Some(json!({ "allOf": all })),
        }
        match &self.rest {
            Rest::Nothing => None,
            Rest::All(rest) => Some((*rest).clone()),
            Rest::But(rest, known) => {
                let mut evaluated = known.names.contains(name);
                for source in &known.patterns {
                    evaluated |= patterns.matches(source, name)?;
                }
                (!evaluated).then(|| (*rest).clone())
            }
        }
    }
}
