//! Looks for an event that breaks: one that the writer's version allows and the reader's refuses.
//! Nothing is shown that was not validated by both, each in its own draft.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Cancel;
use super::draft::Draft;
use super::generate::Generator;
use super::normal::Normal;
use super::validate::Validator;

/// How long is looked.
const PATIENCE: Duration = Duration::from_millis(400);
/// How many values are tried of what set algebra left over, and of what the writer writes.
const TRIES: [usize; 2] = [160, 400];

/// Who must allow an event and who must refuse it.
pub(super) struct Sides<'a> {
    pub allow: Vec<&'a Validator>,
    pub refuse: Vec<&'a Validator>,
}

impl Sides<'_> {
    fn breaks(&self, event: &Value) -> bool {
        self.allow.iter().all(|one| one.is_valid(event))
            && self.refuse.iter().all(|one| !one.is_valid(event))
    }
}

/// Looks for one, in what is `left` over first, then among what `writer` writes.
pub(super) fn find(
    sides: &Sides<'_>,
    left: Option<&Value>,
    writer: &Normal,
    reader: &Normal,
    cancel: &Cancel,
) -> Option<Value> {
    let until = Instant::now() + PATIENCE;
    let left = left
        .and_then(|left| Normal::of(left, Draft::Twenty, &std::collections::BTreeMap::new()).ok());
    let sources = [left.as_ref(), Some(writer)];
    for (source, tries) in sources.into_iter().zip(TRIES) {
        let Some(source) = source else { continue };
        let mut generator = Generator::new(source, &[writer, reader], 7);
        for _ in 0..tries {
            let event = generator.next();
            if sides.breaks(&event) {
                return Some(smaller(event, sides, until));
            }
            if Instant::now() > until || cancel.is_cancelled() {
                break;
            }
        }
    }
    None
}

/// Leaves out what the event does not need in order to break.
fn smaller(mut event: Value, sides: &Sides<'_>, until: Instant) -> Value {
    loop {
        let mut found = None;
        for candidate in shorter(&event) {
            if Instant::now() > until + PATIENCE {
                return event;
            }
            if sides.breaks(&candidate) {
                found = Some(candidate);
                break;
            }
        }
        match found {
            Some(candidate) => event = candidate,
            None => return event,
        }
    }
}

/// The event with one thing less, at any place.
fn shorter(event: &Value) -> Vec<Value> {
    match event {
        Value::Object(map) => {
            let mut out: Vec<Value> = map
                .keys()
                .map(|key| {
                    let mut less = map.clone();
                    less.shift_remove(key);
                    Value::Object(less)
                })
                .collect();
            for (key, value) in map {
                for inner in shorter(value) {
                    let mut less = map.clone();
                    less.insert(key.clone(), inner);
                    out.push(Value::Object(less));
                }
            }
            out
        }
        Value::Array(list) => {
            let mut out: Vec<Value> = (0..list.len())
                .rev()
                .map(|at| {
                    let mut less = list.clone();
                    less.remove(at);
                    Value::Array(less)
                })
                .collect();
            for (at, value) in list.iter().enumerate() {
                for inner in shorter(value) {
                    let mut less = list.clone();
                    less[at] = inner;
                    out.push(Value::Array(less));
                }
            }
            out
        }
        _ => Vec::new(),
    }
}
