//! Looks for an event that breaks: one that the writer's version allows and the reader's refuses.
//! Nothing is shown that was not validated by both, each in its own draft.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::schema::Cancel;
use crate::schema::document::draft::Dialect;
use crate::schema::document::generate::Generator;
use crate::schema::document::normal::Normal;
use crate::schema::document::validate::Validator;

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

/// Leaves out what the event does not need in order to break.
fn smaller(mut event: Value, sides: &Sides<'_>, until: Instant) -> Value {
    loop {
        let mut found = None;
        for candidate in shorter(&event) {
            if Instant::now() > until {
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
