//! Events that break a schema on purpose, one thing each. Each is refused by the schema, or it is
//! not offered.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{About, valid, with, without};
use crate::schema::document::generate::number;
use crate::schema::document::strings;
use crate::schema::folder::catalog::{EventType, ReadySchemas};
use crate::schema::form::fields::{Choices, FormField, Input, fields};
use crate::schema::{Failure, Version};
use crate::text::json_edit::Document;

/// How long they are looked for, as in [`super::PATIENCE`].
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20_000 } else { 200 });
/// Most that are offered.
const MOST: usize = 150;
/// Events of another version that are tried.
const TRIES: u64 = 12;
/// What is told of why.
const TOLD: usize = 5;

/// An event that breaks a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// What is wrong with it: `Without required field amount`.
    pub label: String,
    pub event: Value,
    /// What the schema says about it.
    pub why: Vec<Failure>,
    /// The version that it is a valid event of.
    pub of: Option<String>,
}

/// Events that a version of a type refuses.
#[must_use]
pub fn broken(kind: &EventType, version: &Version, about: &About<'_>) -> Vec<Broken> {
    let until = Instant::now() + PATIENCE;
    let mut found = FoundEvents {
        version,
        seen: BTreeSet::new(),
        out: Vec::new(),
    };
    for entry in &kind.versions {
        let Ok(ReadySchemas::Json(other)) = &entry.ready else {
            continue;
        };
        if entry.version == about.version || Instant::now() > until {
            continue;
        }
        let label = format!("An event of version {}", entry.version);
        let tries = (0..TRIES).map(|more| About {
            version: &entry.version,
            seed: about.seed.wrapping_add(more),
            ..*about
        });
        let refused = tries
            .take_while(|_| Instant::now() <= until)
            .filter_map(|about| valid(other, &about))
            .find(|event| !version.validator.is_valid(event));
        found.offer(label, refused.into_iter(), Some(entry.version.clone()));
    }
    let Some(event) = valid(version, about) else {
        return found.out;
    };
    let Ok(document) = Document::new(event.to_string()) else {
        return found.out;
    };
    let all = fields(version, &document, &Choices::default());
    let there: Vec<&FormField> = all
        .iter()
        .filter(|field| field.there && !field.pointer.is_empty())
        // What breaks the first item breaks the others alike.
        .filter(|field| !field.pointer.split('/').any(is_later_item))
        .filter(|field| !matches!(field.input, Input::More(_) | Input::Rest))
        .collect();
    let steps: [BreakingWay; 3] = [missing, mistaken, outside];
    for step in steps {
        for field in &there {
            if Instant::now() > until {
                return found.out;
            }
            let (label, events) = step(&event, field);
            found.offer(label, events.into_iter(), None);
        }
    }
    found.out
}

fn is_later_item(step: &str) -> bool {
    step.parse::<usize>().is_ok_and(|at| at > 0)
}

/// A way to break a field: what it is called, and events to try.
type BreakingWay = fn(&Value, &FormField) -> (String, Vec<Value>);

struct FoundEvents<'a> {
    version: &'a Version,
    seen: BTreeSet<String>,
    out: Vec<Broken>,
}

impl FoundEvents<'_> {
    fn offer(&mut self, label: String, events: impl Iterator<Item = Value>, of: Option<String>) {
        if self.out.len() >= MOST || self.seen.contains(&label) {
            return;
        }
        let mut events = events.filter(|event| !self.version.validator.is_valid(event));
        if let Some(event) = events.next() {
            let why = self.version.validator.faults(&event, TOLD);
            self.seen.insert(label.clone());
            self.out.push(Broken {
                label,
                event,
                why,
                of,
            });
        }
    }
}

fn missing(event: &Value, field: &FormField) -> (String, Vec<Value>) {
    let label = format!("Without required field {}", field.label);
    let event = without(event, &field.pointer).filter(|_| field.required);
    (label, event.into_iter().collect())
}

fn mistaken(event: &Value, field: &FormField) -> (String, Vec<Value>) {
    let label = format!("{} has the wrong type", field.label);
    let other = match event.pointer(&field.pointer) {
        Some(Value::String(_)) => vec![json!(42), json!(true), json!({})],
        Some(Value::Number(number)) => vec![json!(number.to_string()), json!(true), json!({})],
        Some(Value::Bool(is)) => vec![json!(is.to_string()), json!(1), json!({})],
        Some(Value::Null) => vec![json!(42), json!("null"), json!({})],
        Some(Value::Array(_)) => vec![json!({}), json!("text"), json!(42)],
        Some(Value::Object(_)) => vec![json!("text"), json!([]), json!(42)],
        None => Vec::new(),
    };
    let other = other.into_iter();
    let events = other.filter_map(|value| with(event, &field.pointer, value));
    (label, events.collect())
}

/// A value of the right type that the schema does not allow.
fn outside(event: &Value, field: &FormField) -> (String, Vec<Value>) {
    let value = event.pointer(&field.pointer);
    if let Input::Choice { options, .. } = &field.input {
        let label = format!("{} is none of the allowed values", field.label);
        let is_text = matches!(value, Some(Value::String(_)));
        let other = match value {
            Some(Value::String(text)) => vec![json!("UNKNOWN"), json!(format!("{text}-unknown"))],
            Some(Value::Number(_)) => vec![json!(-1), json!(999_999)],
            _ => Vec::new(),
        };
        let other = other
            .into_iter()
            .filter(|value| is_text || !options.contains(&value.to_string()));
        let events = other.filter_map(|value| with(event, &field.pointer, value));
        return (label, events.collect());
    }
    let label = format!("{} is outside its bounds", field.label);
    let (least, most) = field.limits;
    let other: Vec<Value> = match value {
        Some(Value::Number(_)) => {
            let below = least.map(|least| number(least - 1.0));
            let above = most.map(|most| number(most + 1.0));
            below.into_iter().chain(above).collect()
        }
        Some(Value::String(text)) => vec![
            json!(""),
            json!(format!("{text} ")),
            json!("?"),
            json!(strings::of_length(5_000, &mut fastrand::Rng::with_seed(1))),
        ],
        Some(Value::Array(list)) => {
            let first = list.first().cloned().unwrap_or(Value::Null);
            let longer = most.filter(|most| *most < 1_000.0).map(|most| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a size below 1,000"
                )]
                let count = most.max(0.0) as usize + 1;
                Value::Array(vec![first; count])
            });
            let empty = least.filter(|least| *least > 0.0);
            empty.map(|_| json!([])).into_iter().chain(longer).collect()
        }
        _ => Vec::new(),
    };
    let other = other.into_iter();
    let events = other.filter_map(|value| with(event, &field.pointer, value));
    (label, events.collect())
}
