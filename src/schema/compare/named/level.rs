//! What one schema of an object says of a member that it does not name.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::schema::Draft;
use crate::schema::compare::flat::{Evaluates, Members};
use crate::schema::compare::pattern::Pattern;
use crate::schema::document::normal::is_anything;
use crate::schema::document::validate::Validator;

/// Whether names match patterns, as far as two who read patterns agree.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Option<(Pattern, Validator)>>);

impl Patterns {
    /// None where that cannot be told. The provers read patterns each in its own way; a name that is
    /// written out where only one of them expects it would make both wrong at once.
    fn matches(&mut self, source: &str, name: &str) -> Option<bool> {
        if !self.0.contains_key(source) {
            let validator = Validator::new(
                &json!({ "pattern": source }),
                Draft::Twenty,
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

/// What can stand beside this name in `properties` so that the schema says what it said, and
/// evaluates what it evaluated. None where nothing must be written, or it cannot be told.
pub(super) fn given(
    map: &Map<String, Value>,
    name: &str,
    defs: &BTreeMap<String, Value>,
    patterns: &mut Patterns,
) -> Option<Value> {
    let table = |key: &str| map.get(key).and_then(Value::as_object);
    if table("properties").is_some_and(|named| named.contains_key(name)) {
        return None;
    }
    let mut said = Vec::new();
    for (source, one) in table("patternProperties").into_iter().flatten() {
        if patterns.matches(source, name)? {
            said.push(one);
        }
    }
    // The patterns hold beside the name as they did without it, each of them; the engine wants to
    // read at the name what they say.
    match said.as_slice() {
        [] => rest(map, name, defs, patterns),
        [one] => Some((*one).clone()),
        all => Some(json!({ "allOf": all })),
    }
}

/// What is said of a member that is neither named nor matched here. Where nothing is, the member is
/// not evaluated, and naming it would evaluate it.
fn rest(
    map: &Map<String, Value>,
    name: &str,
    defs: &BTreeMap<String, Value>,
    patterns: &mut Patterns,
) -> Option<Value> {
    // Where no member or any is left, its name changes nothing for the engine.
    let telling = |rest: &&Value| **rest != Value::Bool(false) && !is_anything(rest);
    if let Some(rest) = map.get("additionalProperties") {
        return Some(rest).filter(telling).cloned();
    }
    let rest = map.get("unevaluatedProperties").filter(telling)?;
    // What a part evaluates is not left over, and where that depends on the value nothing is sure.
    let Some(Evaluates::Only(known)) = Members::beside(map, defs) else {
        return None;
    };
    if known.names.contains(name) {
        return None;
    }
    for source in &known.patterns {
        if patterns.matches(source, name)? {
            return None;
        }
    }
    Some(rest.clone())
}
