//! Samples of events that read like real ones: valid ones, and ones that break a schema in a way
//! that is told, to test consumers with. Each is validated before it is offered.
//!
//! The generator makes up an event that matches; then every value gives way to a likelier one
//! where the event still matches. Time, ids and the seed come in as data.

mod broken;
mod words;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::fields::{Choices, FormField, Input, fields};
use crate::schema::Version;
use crate::schema::document::generate::Generator;
use crate::text::json_edit::Document;
use crate::text::pointer_step::unescaped;

pub use broken::{Broken, broken};

/// How long an event is looked for: a person waits for it. A test on a busy machine does not.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20_000 } else { 100 });
/// How many are tried.
const TRIES: usize = 80;
/// A longer sample is taken only if there is no shorter one, in bytes.
const HANDY: usize = 4_000;

/// What a sample says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The type of the event.
    pub event_type: &'a str,
    /// The version, as it is called in the folder.
    pub version: &'a str,
    /// An id that was never used before.
    pub event_id: &'a str,
    pub now: DateTime<Utc>,
    /// Decides all that is made up.
    pub seed: u64,
}

/// A valid event; none where none was found.
#[must_use]
pub fn valid(version: &Version, about: &About<'_>) -> Option<Value> {
    let until = Instant::now() + PATIENCE;
    let mut event = found(version, about.seed, until)?;
    without_strangers(version, &mut event);
    let mut random = fastrand::Rng::with_seed(about.seed);
    let Ok(document) = Document::new(event.to_string()) else {
        return Some(event);
    };
    for field in fields(version, &document, &Choices::default()) {
        if Instant::now() > until {
            break;
        }
        if !matches!(field.input, Input::Text(_) | Input::Number(_)) {
            continue;
        }
        for likely in words::likely(&field, about, &mut random) {
            let Some(place) = event.pointer_mut(&field.pointer) else {
                break;
            };
            let before = std::mem::replace(place, likely);
            if version.validator.is_valid(&event) {
                break;
            }
            if let Some(place) = event.pointer_mut(&field.pointer) {
                *place = before;
            }
        }
    }
    Some(event).filter(|event| version.validator.is_valid(event))
}

/// Something that matches, rather with all that is optional than without, and rather short.
fn found(version: &Version, seed: u64, until: Instant) -> Option<Value> {
    let mut generator = Generator::new(&version.normal, &[], seed);
    let mut best: Option<(usize, Value)> = None;
    for attempt in 0..TRIES {
        let event = match attempt % 4 {
            0 | 2 => generator.full(),
            1 => generator.next(),
            _ => generator.least(),
        };
        if version.validator.is_valid(&event) {
            let size = event.to_string().len();
            if size <= HANDY {
                return Some(event);
            }
            if best.as_ref().is_none_or(|(least, _)| size < *least) {
                best = Some((size, event));
            }
        }
        if Instant::now() > until {
            break;
        }
    }
    best.map(|(_, event)| event)
}

/// Takes out members that the schema does not name and does not need.
fn without_strangers(version: &Version, event: &mut Value) {
    for _ in 0..40 {
        let Ok(document) = Document::new(event.to_string()) else {
            return;
        };
        let all = fields(version, &document, &Choices::default());
        let strangers = all.iter().filter(|field| field.removable && field.there);
        let shorter = strangers
            .filter_map(|field| without(event, &field.pointer))
            .find(|shorter| version.validator.is_valid(shorter));
        match shorter {
            Some(shorter) => *event = shorter,
            None => return,
        }
    }
}

/// The event without what stands at this place.
fn without(event: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let mut event = event.clone();
    match event.pointer_mut(parent)? {
        Value::Object(map) => {
            map.shift_remove(&*unescaped(name))?;
        }
        _ => return None,
    }
    Some(event)
}

/// The event with something else at this place.
fn with(event: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut event = event.clone();
    *event.pointer_mut(pointer)? = value;
    Some(event)
}

/// The last name of a path, without what stands around it.
fn name_of(field: &FormField) -> &str {
    let last = field.pointer.rsplit('/');
    last.into_iter()
        .find(|step| !step.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
