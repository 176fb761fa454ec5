//! Whether a reader takes all that a writer may write: proved place by place, and where that does
//! not reach, by the set engine, which is asked only about the small places that are left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::cover::{self, Leaf};
use super::named::named;
use super::sets::{self, Inclusion, SetQuestion};
use crate::schema::Cancel;
use crate::schema::document::normal::{Normal, target};

/// CPU time that a comparison may spend on questions, and one question of it.
const WHOLE: Duration = Duration::from_secs(1);
const ONE: Duration = Duration::from_millis(500);
/// Larger questions are not asked, in bytes.
const LARGEST: usize = 256 * 1024;
/// More places are not asked about.
const MOST_QUESTIONS: usize = 16;
/// Most places from which examples are made up.
const MOST_LEFT: usize = 6;

/// CPU time that is left for the questions of a comparison.
#[derive(Debug)]
pub(crate) struct Budget(Duration);

impl Default for Budget {
    fn default() -> Self {
        Self(WHOLE)
    }
}

/// Whether `reader` takes all that `writer` may write.
pub(crate) fn of(
    writer: &Normal,
    reader: &Normal,
    budget: &mut Budget,
    cancel: &Cancel,
) -> Inclusion {
    let found = as_written(writer, reader, budget, cancel);
    // Both provers read the one way of writing, and would be wrong together.
    let same = writer.is_in_doubt == reader.is_in_doubt
        && writer.root == reader.root
        && writer.defs == reader.defs;
    match found {
        Inclusion::Yes if !same && (writer.is_in_doubt || reader.is_in_doubt) => {
            Inclusion::Unknown(None)
        }
        found => found,
    }
}

fn as_written(writer: &Normal, reader: &Normal, budget: &mut Budget, cancel: &Cancel) -> Inclusion {
    // A writer that can write nothing is read by everybody, which helps nobody.
    if writer.root == Value::Bool(false) {
        return Inclusion::Unknown(None);
    }
    // What is evaluated elsewhere is hard to follow: two provers must agree.
    let twice = writer.evaluates() || reader.evaluates();
    let whole = (writer, reader);
    let (writer, reader) = (&*writer.flat(), &*reader.flat());
    let cover = cover::of(writer, reader, cancel);
    let mut asker = Asker {
        writer,
        reader,
        budget,
        cancel,
        known: BTreeMap::new(),
    };
    let mut all = cover.complete;
    let mut certain = false;
    let mut left = Vec::new();
    for leaf in &cover.leaves {
        let found = asker.ask(leaf);
        let inner = match found {
            Inclusion::Yes => continue,
            Inclusion::No(inner) => {
                certain = true;
                inner
            }
            Inclusion::Unknown(inner) => inner,
        };
        all = false;
        for inner in [inner, leaf.left.as_deref().cloned()].into_iter().flatten() {
            if left.len() < MOST_LEFT {
                left.push(leaf.placed(inner));
            }
        }
    }
    if all {
        return if twice {
            asker.agreed(whole.0, whole.1)
        } else {
            Inclusion::Yes
        };
    }
    let left = (!left.is_empty()).then(|| with_defs(left, &writer.defs));
    if certain {
        Inclusion::No(left)
    } else {
        Inclusion::Unknown(left)
    }
}

struct Asker<'a> {
    writer: &'a Normal,
    reader: &'a Normal,
    budget: &'a mut Budget,
    cancel: &'a Cancel,
    /// Answers by question: the same place may stand in many.
    known: BTreeMap<(String, String), Inclusion>,
}

impl Asker<'_> {
    fn ask(&mut self, leaf: &Leaf) -> Inclusion {
        self.put(
            document(&leaf.writer, &self.writer.defs),
            document(&leaf.reader, &self.reader.defs),
        )
    }

    /// What the engine says of the whole as it was written, so that it does not lean on what was
    /// made of it for the first prover; where it cannot tell, once more with the same members named
    /// in both.
    fn agreed(&mut self, writer: &Normal, reader: &Normal) -> Inclusion {
        let whole = |one: &Normal| document(&one.root, &one.defs);
        let first = self.put(whole(writer), whole(reader));
        if let Inclusion::Unknown(_) = first
            && let Some((writer, reader)) = named(writer, reader)
            && let Inclusion::Yes = self.put(whole(&writer), whole(&reader))
        {
            return Inclusion::Yes;
        }
        first
    }

    fn put(&mut self, writer: Value, reader: Value) -> Inclusion {
        let none = Inclusion::Unknown(None);
        let key = (writer.to_string(), reader.to_string());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let patience = self.budget.0.min(ONE);
        if patience.is_zero()
            || self.cancel.is_cancelled()
            || self.known.len() >= MOST_QUESTIONS
            || key.0.len() + key.1.len() > LARGEST
        {
            return none;
        }
        let question = SetQuestion { writer, reader };
        let (answer, spent) = sets::engine().ask(&question, patience, self.cancel);
        self.budget.0 = self.budget.0.saturating_sub(spent);
        let answer = match answer {
            Inclusion::No(left) => Inclusion::No(left.map(hoisted)),
            Inclusion::Unknown(left) => Inclusion::Unknown(left.map(hoisted)),
            Inclusion::Yes => Inclusion::Yes,
        };
        self.known.insert(key, answer.clone());
        answer
    }
}

/// A place as a document of its own, with what it refers to.
fn document(schema: &Value, defs: &BTreeMap<String, Value>) -> Value {
    let mut needed = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        if let Some(name) = target(value)
            && let Some((name, body)) = defs.get_key_value(name)
            && needed.insert(name.as_str())
        {
            open.push(body);
        }
        match value {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    let mut out = match schema {
        Value::Object(map) => map.clone(),
        other => return other.clone(),
    };
    out.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    if !needed.is_empty() {
        let used: Map<String, Value> = needed
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), defs.get(name)?.clone())))
            .collect();
        out.insert("$defs".into(), Value::Object(used));
    }
    Value::Object(out)
}

/// Where the engine's own definitions are put, so that they can stand beside the writer's.
const OWN: &str = "left_over_";

/// What the engine left over, its references as they will stand in a whole document.
fn hoisted(mut left: Value) -> Value {
    if let Value::Object(map) = &mut left {
        map.remove("$schema");
    }
    rename(&mut left);
    left
}

fn rename(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, one) in map.iter_mut() {
                match one {
                    Value::String(text) if key == "$ref" => {
                        if let Some(name) = text.strip_prefix("#/$defs/") {
                            *text = format!("#/$defs/{OWN}{name}");
                        }
                    }
                    one => rename(one),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(rename),
        _ => {}
    }
}

/// Some of the values that are left over, as one document.
fn with_defs(left: Vec<Value>, defs: &BTreeMap<String, Value>) -> Value {
    let mut all: Map<String, Value> = defs
        .iter()
        .map(|(name, body)| (name.clone(), body.clone()))
        .collect();
    let mut branches = Vec::new();
    for mut one in left {
        take_definitions(&mut one, &mut all);
        branches.push(one);
    }
    json!({ "anyOf": branches, "$defs": all })
}

/// Moves definitions from inside to the top.
fn take_definitions(value: &mut Value, all: &mut Map<String, Value>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(own)) = map.remove("$defs") {
                for (name, mut body) in own {
                    take_definitions(&mut body, all);
                    all.insert(format!("{OWN}{name}"), body);
                }
            }
            map.values_mut().for_each(|one| take_definitions(one, all));
        }
        Value::Array(list) => list.iter_mut().for_each(|one| take_definitions(one, all)),
        _ => {}
    }
}
