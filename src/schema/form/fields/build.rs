//! Walks a text and its schema together and writes down the fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::shape::{Alternative, FieldShapes, OTHER_KIND, kinds};
use super::start::{item, size};
use super::{Choices, FormField, ITEMS, Input, MOST_FIELDS, Union};
use crate::schema::Version;
use crate::schema::document::normal::short;
use crate::schema::document::numbers;
use crate::text::json_edit::Document;
use crate::text::json_path::name_text;
use crate::text::pointer_step::escaped;

/// How deep a form is nested before the rest of a value is edited as JSON.
const DEEPEST: usize = 12;
/// Longest text of one field, in bytes.
const LONGEST: usize = 4_000;
/// Most choices of one field.
const OPTIONS: usize = 300;

/// A field, and what an edit of it needs to know.
pub(crate) struct Built<'a> {
    pub field: FormField,
    /// Of the alternative that is shown.
    pub schema: Cow<'a, Value>,
    pub alternatives: Vec<Alternative<'a>>,
    /// The value in the text; for one that is not there the object that it would be in.
    pub node: usize,
    /// The name that it would get.
    pub name: String,
    /// Its path; an item is one step with its array.
    steps: Vec<String>,
}

/// Where a field stands and what is known of it from outside.
#[derive(Clone, Default)]
struct Seat {
    depth: usize,
    steps: Vec<String>,
    pointer: String,
    required: bool,
    removable: bool,
}

pub(crate) fn build<'a>(
    version: &'a Version,
    document: &Document,
    choices: &Choices,
) -> Vec<Built<'a>> {
    let shapes = FieldShapes::new(&version.normal);
    let root = shapes.root();
    let mut builder = FieldBuilder {
        shapes,
        document,
        choices,
        out: Vec::new(),
    };
    let about = choices.about();
    if let (Some(node), Some(value)) = (document.node_at(about), document.value().pointer(about)) {
        let seat = Seat {
            pointer: about.to_owned(),
            ..Seat::default()
        };
        builder.value(node, value, root, &seat);
    }
    let mut out = builder.out;
    label(&mut out);
    out
}

/// Calls every field by as much of the end of its path as no other has; inside of items always
/// from the item on, so that another item does not rename the fields of the first.
fn label(out: &mut [Built<'_>]) {
    let name = |steps: &[String], count: usize| {
        let from = steps.len().saturating_sub(count);
        steps.get(from..).unwrap_or_default().join(".")
    };
    let mut counts: Vec<usize> = out
        .iter()
        .map(|one| {
            let mut from_item = one.steps.iter().rev();
            let at = from_item.position(|step| step.ends_with(']'));
            at.map_or(1, |at| at + 1)
        })
        .collect();
    for _ in 0..=DEEPEST {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        // What is not shown yet is called as its array.
        let shown = out.iter().zip(&counts);
        for (one, count) in shown.filter(|(one, _)| !matches!(one.field.input, Input::More(_))) {
            *times.entry(name(&one.steps, *count)).or_default() += 1;
        }
        let mut longer = false;
        for (one, count) in out.iter().zip(&mut counts) {
            let shared = times.get(&name(&one.steps, *count)).is_some_and(|n| *n > 1);
            if shared && *count < one.steps.len() {
                *count += 1;
                longer = true;
            }
        }
        if !longer {
            break;
        }
    }
    for (one, count) in out.iter_mut().zip(counts) {
        if !one.steps.is_empty() {
            one.field.label = name(&one.steps, count);
        }
    }
}

struct FieldBuilder<'a, 'd> {
    shapes: FieldShapes<'a>,
    document: &'d Document,
    choices: &'d Choices,
    out: Vec<Built<'a>>,
}

impl<'a> FieldBuilder<'a, '_> {
    fn is_full(&mut self, seat: &Seat) -> bool {
        if self.out.len() < MOST_FIELDS {
            return false;
        }
        let told = self.out.last().map(|last| &last.field.input) == Some(&Input::Rest);
        if !told {
            let name = String::new();
            self.push(seat, 0, name, Cow::Owned(Value::Bool(true)), Input::Rest);
        }
        true
    }

    fn push(
        &mut self,
        seat: &Seat,
        node: usize,
        name: String,
        schema: Cow<'a, Value>,
        input: Input,
    ) -> usize {
        let field = FormField {
            depth: seat.depth,
            label: "Event".to_owned(),
            path: seat.steps.join("."),
            pointer: seat.pointer.clone(),
            there: true,
            required: seat.required,
            removable: seat.removable,
            help: help(&schema),
            hint: hint(&schema),
            limits: limits(&schema),
            union: None,
            input,
        };
        self.out.push(Built {
            field,
            schema,
            alternatives: Vec::new(),
            node,
            name,
            steps: seat.steps.clone(),
        });
        self.out.len() - 1
    }

    fn value(&mut self, node: usize, value: &Value, schema: Cow<'a, Value>, seat: &Seat) {
        if self.is_full(seat) {
            return;
        }
        let mut schema = self.shapes.settled(schema, value);
        let alternatives = self.shapes.alternatives(&schema);
        let union = (!alternatives.is_empty()).then(|| {
            let faults = |at: usize| {
                let one = alternatives.get(at);
                one.map_or(u32::MAX, |one| self.shapes.faults(&one.schema, value, 0))
            };
            let wanted = self.choices.branches.get(&seat.pointer).copied();
            let chosen = wanted
                .filter(|at| faults(*at) < OTHER_KIND)
                .or_else(|| (0..alternatives.len()).min_by_key(|at| faults(*at)))
                .filter(|at| faults(*at) < OTHER_KIND);
            Union {
                names: alternatives.iter().map(|one| one.name.clone()).collect(),
                chosen,
            }
        });
        if let Some(chosen) = union.as_ref().and_then(|union| union.chosen)
            && let Some(one) = alternatives.get(chosen)
        {
            schema = self.shapes.settled(one.schema.clone(), value);
        }
        let input = self.input(node, value, &schema, seat.depth);
        // The document itself is no field, unless it is edited as one.
        let is_root = seat.pointer == self.choices.about();
        let is_plain = is_root && union.is_none() && matches!(input, Input::Group { open: false });
        if !is_plain {
            let at = self.push(seat, node, String::new(), schema.clone(), input.clone());
            if let Some(built) = self.out.get_mut(at) {
                built.field.union = union;
                built.alternatives = alternatives;
            }
        }
        match (input, value) {
            (Input::Group { .. }, Value::Object(members)) => {
                self.members(node, members, &schema, seat);
            }
            (Input::List { .. }, Value::Array(items)) => self.items(node, items, &schema, seat),
            _ => {}
        }
    }

    fn input(&self, node: usize, value: &Value, schema: &Value, depth: usize) -> Input {
        let raw = self.document.raw(node);
        let json = || {
            if raw.len() > LONGEST {
                Input::Long
            } else {
                Input::Json(raw.to_owned())
            }
        };
        if let Some(Value::Array(options)) = schema.get("enum")
            && options.len() <= OPTIONS
        {
            return Input::Choice {
                options: options.iter().map(Value::to_string).collect(),
                chosen: options.iter().position(|one| numbers::same(one, value)),
                written: raw.chars().take(200).collect(),
            };
        }
        let kinds = kinds(schema);
        let may_be = |kind: &str| kinds.contains(&kind);
        match value {
            Value::String(text) if may_be("string") && text.len() <= LONGEST => {
                Input::Text(text.clone())
            }
            Value::Number(_) if may_be("number") || may_be("integer") => {
                Input::Number(raw.to_owned())
            }
            Value::Bool(is) if may_be("boolean") => Input::Choice {
                options: vec!["true".to_owned(), "false".to_owned()],
                chosen: Some(usize::from(!is)),
                written: raw.to_owned(),
            },
            Value::Null if may_be("null") => Input::Nothing,
            Value::Object(_) if may_be("object") && depth < DEEPEST && is_group(schema) => {
                let rest = schema.get("additionalProperties");
                let open =
                    rest.is_some_and(Value::is_object) || schema.get("patternProperties").is_some();
                Input::Group { open }
            }
            Value::Array(items) if may_be("array") && depth < DEEPEST && is_list(schema) => {
                let most = schema.as_object().and_then(|map| size(map, "maxItems"));
                let next = item(schema, items.len());
                Input::List {
                    count: items.len(),
                    grows: most.is_none_or(|most| items.len() < most)
                        && next != Some(&Value::Bool(false)),
                }
            }
            _ => json(),
        }
    }

    #[expect(clippy::ptr_arg, reason = "its parts live as long as the schema")]
    fn members(
        &mut self,
        node: usize,
        members: &Map<String, Value>,
        schema: &Cow<'a, Value>,
        seat: &Seat,
    ) {
        let named: Vec<String> = schema
            .get("properties")
            .and_then(Value::as_object)
            .map(|table| table.keys().cloned().collect())
            .unwrap_or_default();
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let unnamed = required
            .iter()
            .filter(|name| !named.iter().any(|one| one == *name) && !members.contains_key(**name));
        let all: Vec<String> = named
            .iter()
            .cloned()
            .chain(unnamed.map(|name| (*name).to_owned()))
            .collect();
        for name in &all {
            let one = part(schema, |schema| schema.get("properties")?.get(name))
                .unwrap_or(Cow::Owned(Value::Bool(true)));
            let mut inner = seat.member(name);
            inner.required = required.contains(&name.as_str());
            if self.is_full(&inner) {
                return;
            }
            match (members.get(name), self.document.member(node, name)) {
                (Some(value), Some(at)) => self.value(at, value, one, &inner),
                _ if *one == Value::Bool(false) => {}
                _ => {
                    let at = self.push(&inner, node, name.clone(), one, Input::Nothing);
                    if let Some(built) = self.out.get_mut(at) {
                        built.field.there = false;
                    }
                }
            }
        }
        for (name, value) in members {
            let mut inner = seat.member(name);
            inner.removable = true;
            if named.contains(name) {
                continue;
            }
            if self.is_full(&inner) {
                return;
            }
            let Some(at) = self.document.member(node, name) else {
                continue;
            };
            let one = part(schema, |schema| undeclared(schema, name))
                .unwrap_or(Cow::Owned(Value::Bool(true)));
            self.value(at, value, one, &inner);
        }
    }

    #[expect(clippy::ptr_arg, reason = "its parts live as long as the schema")]
    fn items(&mut self, node: usize, items: &[Value], schema: &Cow<'a, Value>, seat: &Seat) {
        let shown = self
            .choices
            .items
            .get(&seat.pointer)
            .copied()
            .unwrap_or(ITEMS);
        let least = schema.as_object().and_then(|map| size(map, "minItems"));
        let tuple = schema
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        let nodes: Vec<usize> = self.document.children(node).take(shown).collect();
        for (at, (value, node)) in items.iter().zip(nodes).enumerate() {
            let one =
                part(schema, |schema| item(schema, at)).unwrap_or(Cow::Owned(Value::Bool(true)));
            let mut steps = seat.steps.clone();
            let name = steps.pop().unwrap_or_default();
            steps.push(format!("{name}[{at}]"));
            let inner = Seat {
                depth: seat.depth + 1,
                steps,
                pointer: format!("{}/{at}", seat.pointer),
                required: true,
                removable: items.len() > least.unwrap_or(0) && at >= tuple,
            };
            self.value(node, value, one, &inner);
        }
        if items.len() > shown {
            let mut more = seat.clone();
            more.depth += 1;
            let hidden = Input::More(items.len() - shown);
            self.push(&more, node, String::new(), schema.clone(), hidden);
        }
    }
}

impl Seat {
    fn member(&self, name: &str) -> Self {
        let mut steps = self.steps.clone();
        steps.push(name_text(name));
        let step = escaped(name);
        Self {
            depth: self.depth + usize::from(!self.pointer.is_empty()),
            steps,
            pointer: format!("{}/{step}", self.pointer),
            required: false,
            removable: false,
        }
    }
}

/// A part of a schema, borrowed where the schema is.
pub(crate) fn part<'a>(
    schema: &Cow<'a, Value>,
    find: impl Fn(&Value) -> Option<&Value>,
) -> Option<Cow<'a, Value>> {
    match schema {
        Cow::Borrowed(schema) => find(schema).map(Cow::Borrowed),
        Cow::Owned(schema) => find(schema).cloned().map(Cow::Owned),
    }
}

/// What the schema says of a member that it does not name.
pub(crate) fn undeclared<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    patterns
        .into_iter()
        .flatten()
        .find(|(pattern, _)| {
            let pattern = regex::RegexBuilder::new(pattern)
                .size_limit(100_000)
                .build();
            pattern.is_ok_and(|pattern| pattern.is_match(name))
        })
        .map(|(_, one)| one)
        .or_else(|| {
            schema
                .get("additionalProperties")
                .filter(|one| one.is_object())
        })
}

fn is_group(schema: &Value) -> bool {
    let rest = schema.get("additionalProperties");
    schema.get("properties").is_some()
        || schema.get("patternProperties").is_some()
        || rest.is_some_and(Value::is_object)
}

fn is_list(schema: &Value) -> bool {
    schema.get("items").is_some_and(Value::is_object) || schema.get("prefixItems").is_some()
}

fn limits(schema: &Value) -> (Option<f64>, Option<f64>) {
    let first = |keys: [&str; 3]| keys.into_iter().find_map(|key| schema.get(key)?.as_f64());
    (
        first(["minimum", "exclusiveMinimum", "minItems"]),
        first(["maximum", "exclusiveMaximum", "maxItems"]),
    )
}

/// The format or the limits, short enough to stand beside the field.
fn hint(schema: &Value) -> String {
    let word = |key: &str| schema.get(key).map(short);
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        return format.chars().take(30).collect();
    }
    let low = word("minimum").map(|low| format!("≥ {low}"));
    let low = low.or_else(|| word("exclusiveMinimum").map(|low| format!("> {low}")));
    let high = word("maximum").map(|high| format!("≤ {high}"));
    let high = high.or_else(|| word("exclusiveMaximum").map(|high| format!("< {high}")));
    let length = match (word("minLength"), word("maxLength")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most} characters")),
        (Some(least), None) => Some(format!("at least {least} characters")),
        (None, Some(most)) => Some(format!("at most {most} characters")),
        (None, None) => None,
    };
    let all: Vec<String> = [low, high, length].into_iter().flatten().collect();
    all.join(", ")
}

/// All that the schema says of a place, for whoever asks.
fn help(schema: &Value) -> String {
    let text = |key: &str| {
        let text = schema.get(key).and_then(Value::as_str);
        text.map(|text| text.chars().take(400).collect::<String>())
    };
    let kinds = kinds(schema).join(" or ");
    let pattern = text("pattern").map(|pattern| format!("Matches {pattern}"));
    let items = match (schema.get("minItems"), schema.get("maxItems")) {
        (None, None) => None,
        (least, most) => {
            let word = |one: Option<&Value>, other: &str| one.map_or(other.to_owned(), short);
            Some(format!(
                "{} to {} items",
                word(least, "0"),
                word(most, "any number of")
            ))
        }
    };
    let all = [
        text("title"),
        text("description"),
        Some(kinds),
        pattern,
        items,
    ];
    let all: Vec<String> = all
        .into_iter()
        .flatten()
        .filter(|one| !one.is_empty())
        .collect();
    all.join("\n")
}
