//! Looks for an event that breaks: one that the writer's version allows and the reader's refuses.
//! Nothing is shown that was not validated by both, each in its own draft.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::schema::Cancel;
use crate::schema::document::draft::Dialect;
use crate::schema::document::generate::Generator;
use crate::schema::document::normal::Normal;
use crate::schema::document::validate::Validator;
use crate::text::pointer_step::escaped;

/// How long is looked: longer where the words of the schemas say that something breaks.
const PATIENCE: [Duration; 2] = [Duration::from_millis(30), Duration::from_millis(120)];
/// How many values of each source are tried.
const TRIES: usize = 200;

/// Who must allow an event and who must refuse it.
pub(crate) struct Sides<'a> {
    pub allow: Vec<&'a Validator>,
    pub refuse: Vec<&'a Validator>,
}

impl Sides<'_> {
    fn breaks(&self, event: &Value) -> bool {
        self.allow.iter().all(|one| one.is_valid(event))
            && self.refuse.iter().all(|one| !one.is_valid(event))
    }
}

/// Where to look.
pub(crate) struct Sources<'a> {
    /// What set algebra left over.
    pub left: Option<&'a Value>,
    /// What the writer writes, without what the reader says alike.
    pub pruned: &'a Normal,
    /// All that the writer writes.
    pub writer: &'a Normal,
    pub reader: &'a Normal,
    /// The words of the schemas say that something breaks.
    pub likely: bool,
}

/// Looks for one, in what is left over first, then among what the writer writes.
pub(crate) fn find(sides: &Sides<'_>, sources: &Sources<'_>, cancel: &Cancel) -> Option<Value> {
    let patience = PATIENCE[usize::from(sources.likely)];
    let until = Instant::now() + patience;
    let left = sources.left.and_then(|left| {
        Normal::of(left, Dialect::Twenty, &std::collections::BTreeMap::new()).ok()
    });
    let hints = [sources.pruned, sources.reader];
    let base = base(sides, sources);
    for source in [left.as_ref(), Some(sources.pruned), Some(sources.writer)] {
        let Some(source) = source else { continue };
        let mut generator = Generator::new(source, &hints, 7);
        for _ in 0..TRIES {
            let event = generator.next();
            if sides.breaks(&event) {
                return Some(smaller(event, sides, until + patience));
            }
            if let Some(base) = &base {
                let event = laid_over(base, event);
                if sides.breaks(&event) {
                    return Some(smaller(event, sides, until + patience));
                }
            }
            if Instant::now() > until || cancel.is_cancelled() {
                break;
            }
        }
    }
    None
}

/// A small event that the writer allows, to lay others over: it has what is required.
fn base(sides: &Sides<'_>, sources: &Sources<'_>) -> Option<Value> {
    let mut generator = Generator::new(sources.writer, &[], 11);
    (0..8)
        .map(|_| generator.least())
        .find(|event| sides.allow.iter().all(|one| one.is_valid(event)))
}

fn laid_over(base: &Value, event: Value) -> Value {
    match (base, event) {
        (Value::Object(base), Value::Object(event)) => {
            let mut out = base.clone();
            for (name, value) in event {
                let value = match base.get(&name) {
                    Some(below) => laid_over(below, value),
                    None => value,
                };
                out.insert(name, value);
            }
            Value::Object(out)
        }
        (_, event) => event,
    }
}

/// Leaves out what the event does not need in order to break: whole branches first, then what is
/// in those that stay, until nothing more can go. Each is taken out and put back in its place, so
/// that a large event is not copied for each of its parts.
fn smaller(mut event: Value, sides: &Sides<'_>, until: Instant) -> Value {
    loop {
        let mut is_smaller = false;
        let mut containers = vec![String::new()];
        while !containers.is_empty() {
            for container in &containers {
                for part in parts(&event, container) {
                    if Instant::now() > until {
                        return event;
                    }
                    is_smaller |= leave_out(&mut event, container, &part, sides);
                }
            }
            containers = containers
                .iter()
                .flat_map(|container| containers_in(&event, container))
                .collect();
        }
        if !is_smaller {
            return event;
        }
    }
}

/// A member or an item of a container.
enum Part {
    Member(String),
    Item(usize),
}

/// The last items first, so that the places of the others stay.
fn parts(event: &Value, container: &str) -> Vec<Part> {
    match event.pointer(container) {
        Some(Value::Object(map)) => map.keys().cloned().map(Part::Member).collect(),
        Some(Value::Array(list)) => (0..list.len()).rev().map(Part::Item).collect(),
        _ => Vec::new(),
    }
}

/// Pointers to the objects and lists that are parts of this one.
fn containers_in(event: &Value, container: &str) -> Vec<String> {
    let is_container = |value: &Value| value.is_object() || value.is_array();
    match event.pointer(container) {
        Some(Value::Object(map)) => map
            .iter()
            .filter(|(_, value)| is_container(value))
            .map(|(name, _)| format!("{container}/{}", escaped(name)))
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .filter(|(_, value)| is_container(value))
            .map(|(at, _)| format!("{container}/{at}"))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether the event breaks without this part too; if not, it is as before.
fn leave_out(event: &mut Value, container: &str, part: &Part, sides: &Sides<'_>) -> bool {
    match part {
        Part::Member(name) => {
            let Some(map) = event.pointer_mut(container).and_then(Value::as_object_mut) else {
                return false;
            };
            let Some(at) = map.keys().position(|one| one == name) else {
                return false;
            };
            let value = map.shift_remove(name);
            if sides.breaks(event) {
                return true;
            }
            let map = event.pointer_mut(container).and_then(Value::as_object_mut);
            if let (Some(map), Some(value)) = (map, value) {
                map.shift_insert(at, name.clone(), value);
            }
            false
        }
        Part::Item(at) => {
            let Some(list) = event.pointer_mut(container).and_then(Value::as_array_mut) else {
                return false;
            };
            let value = list.remove(*at);
            if sides.breaks(event) {
                return true;
            }
            if let Some(list) = event.pointer_mut(container).and_then(Value::as_array_mut) {
                list.insert(*at, value);
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn validator(schema: &Value) -> Validator {
        Validator::new(schema, Dialect::Twenty, &std::collections::BTreeMap::new()).unwrap()
    }

    /// Breaks while `bad` is there and is not empty.
    fn sides() -> (Validator, Validator) {
        let allow = json!({"type": "object"});
        let refuse = json!({"properties": {"bad": {"maxItems": 0}}});
        (validator(&allow), validator(&refuse))
    }

    fn small(event: Value, patience: Duration) -> Value {
        let (allow, refuse) = sides();
        let sides = Sides {
            allow: vec![&allow],
            refuse: vec![&refuse],
        };
        smaller(event, &sides, Instant::now() + patience)
    }

    #[test]
    fn an_event_keeps_only_what_makes_it_break() {
        let event = json!({
            "a": {"b": [1, {"c/d": 2}]},
            "bad": [{"~": {"x": 1}}, [2, [3]], 4],
            "z": [],
        });
        let shrunk = small(event, Duration::from_mins(1));
        assert_eq!(shrunk.as_object().unwrap().len(), 1, "{shrunk}");
        let left = shrunk["bad"].as_array().unwrap();
        assert_eq!(left.len(), 1, "{shrunk}");
        assert!(
            matches!(&left[0], Value::Object(map) if map.is_empty()),
            "{shrunk}"
        );
    }

    #[test]
    fn a_large_event_is_not_copied_for_each_of_its_parts() {
        let members = (0..60_000).map(|at| (format!("member {at}"), json!({"of": at})));
        let mut event: serde_json::Map<String, Value> = members.collect();
        event.insert("bad".to_owned(), json!([1]));
        // A copy for each of the parts would be 7.2 billion members.
        let begun = Instant::now();
        let shrunk = small(Value::Object(event), Duration::ZERO);
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!(shrunk.as_object().unwrap().len(), 60_001);
    }
}
