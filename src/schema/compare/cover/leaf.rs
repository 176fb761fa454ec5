//! A place that could not be proved, and how an event reaches it.

use std::rc::Rc;

use serde_json::{Map, Value, json};

/// A place that could not be proved.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// What the writer writes there, and what the reader asks of it.
    pub writer: Rc<Value>,
    pub reader: Rc<Value>,
    /// Values that probably break, where that is known without asking.
    pub left: Option<Rc<Value>>,
    /// From the place outwards: what stands around it, and where in it.
    around: Vec<Rc<Around>>,
}

#[derive(Debug)]
struct Around {
    schema: Value,
    step: LeafStep,
}

/// One step down into a value.
#[derive(Clone, Debug)]
pub(crate) enum LeafStep {
    /// The member of this name.
    Member(String),
    /// This position of a list.
    Item(usize),
    /// What follows after so many positions of a list.
    Rest(usize),
}

impl Leaf {
    pub(crate) fn of(writer: &Value, reader: &Value) -> Self {
        Self {
            writer: Rc::new(writer.clone()),
            reader: Rc::new(reader.clone()),
            left: None,
            around: Vec::new(),
        }
    }

    pub(crate) fn with_left(mut self, left: Value) -> Self {
        self.left = Some(Rc::new(left));
        self
    }

    /// Puts a schema around each.
    pub(crate) fn all_below(mut leaves: Vec<Self>, schema: &Value, step: &LeafStep) -> Vec<Self> {
        if leaves.is_empty() {
            return leaves;
        }
        let around = Rc::new(Around {
            schema: schema.clone(),
            step: step.clone(),
        });
        for leaf in &mut leaves {
            leaf.around.push(Rc::clone(&around));
        }
        leaves
    }

    /// The schema of whole events that have `inner` at this place.
    pub(crate) fn placed(&self, inner: Value) -> Value {
        self.around.iter().fold(inner, |inner, around| {
            let mut out = match &around.schema {
                Value::Object(map) if !map.contains_key("$ref") => map.clone(),
                Value::Bool(true) => Map::new(),
                other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
            };
            match &around.step {
                LeafStep::Member(name) => {
                    out.insert("type".into(), json!(["object"]));
                    table(&mut out, "properties").insert(name.clone(), inner);
                    let required = list(&mut out, "required");
                    if !required.contains(&json!(name)) {
                        required.push(json!(name));
                    }
                }
                LeafStep::Item(at) => {
                    out.insert("type".into(), json!(["array"]));
                    let tuple = list(&mut out, "prefixItems");
                    while tuple.len() <= *at {
                        tuple.push(Value::Bool(true));
                    }
                    tuple[*at] = inner;
                    at_least(&mut out, *at + 1);
                }
                LeafStep::Rest(after) => {
                    out.insert("type".into(), json!(["array"]));
                    out.insert("items".into(), inner);
                    at_least(&mut out, *after + 1);
                }
            }
            Value::Object(out)
        })
    }
}

fn at_least(map: &mut Map<String, Value>, count: usize) {
    let known = map.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    map.insert("minItems".into(), json!(known.max(count as u64)));
}

fn table<'m>(map: &'m mut Map<String, Value>, key: &str) -> &'m mut Map<String, Value> {
    let entry = map.entry(key).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    match entry {
        Value::Object(map) => map,
        _ => unreachable!("it was just made an object"),
    }
}

fn list<'m>(map: &'m mut Map<String, Value>, key: &str) -> &'m mut Vec<Value> {
    let entry = map.entry(key).or_insert_with(|| json!([]));
    if !entry.is_array() {
        *entry = json!([]);
    }
    match entry {
        Value::Array(list) => list,
        _ => unreachable!("it was just made a list"),
    }
}
