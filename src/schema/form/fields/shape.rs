//! What a schema asks for at one place: references followed, `allOf` folded in, conditions decided
//! by the value that is there, and unions taken apart into alternatives.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value, json};

use crate::schema::document::fold::folded;
use crate::schema::document::normal::{Normal, target};
use crate::schema::document::numbers;

/// Most alternatives of one place.
const MOST: usize = 32;
/// Steps that are spent on finding the alternatives that fit, for one form.
const STEPS: u32 = 20_000;
/// A value of another kind weighs as much as so many smaller faults.
pub(crate) const OTHER_KIND: u32 = 1_000;

/// One of several things that a place may be.
#[derive(Clone, Debug)]
pub(crate) struct Alternative<'a> {
    pub name: String,
    pub schema: Cow<'a, Value>,
}

/// Reads a schema place by place.
pub(crate) struct FieldShapes<'a> {
    normal: &'a Normal,
    steps: Cell<u32>,
}

impl<'a> FieldShapes<'a> {
    pub(crate) fn new(normal: &'a Normal) -> Self {
        Self {
            normal,
            steps: Cell::new(STEPS),
        }
    }

    pub(crate) fn root(&self) -> Cow<'a, Value> {
        Cow::Borrowed(&self.normal.root)
    }

    /// With references followed and `allOf` folded in where that can be.
    pub(crate) fn resolved<'b>(&self, mut schema: Cow<'b, Value>) -> Cow<'b, Value>
    where
        'a: 'b,
    {
        for _ in 0..32 {
            let Some(next) = target(&schema).and_then(|name| self.normal.defs.get(name)) else {
                break;
            };
            schema = Cow::Borrowed(next);
        }
        if schema.get("allOf").is_some() {
            return Cow::Owned(folded(&schema, &|name| self.normal.defs.get(name)));
        }
        schema
    }

    /// Resolved, with its condition decided by the value.
    pub(crate) fn settled<'b>(&self, schema: Cow<'b, Value>, value: &Value) -> Cow<'b, Value>
    where
        'a: 'b,
    {
        let mut schema = self.resolved(schema);
        for _ in 0..4 {
            let Some(condition) = schema.get("if") else {
                break;
            };
            let holds = self.faults(condition, value, 0) == 0;
            let Value::Object(mut rest) = schema.into_owned() else {
                return Cow::Owned(Value::Bool(true));
            };
            rest.remove("if");
            let (then, otherwise) = (rest.remove("then"), rest.remove("else"));
            let part = if holds { then } else { otherwise };
            schema = Cow::Owned(part.map_or_else(
                || Value::Object(rest.clone()),
                |part| self.together(&rest, &part),
            ));
        }
        schema
    }

    fn together(&self, rest: &Map<String, Value>, part: &Value) -> Value {
        let whole = json!({ "allOf": [rest, part] });
        folded(&whole, &|name| self.normal.defs.get(name))
    }

    /// What the place may be, if it is a union: more than one, or none.
    pub(crate) fn alternatives<'b>(&self, schema: &Cow<'b, Value>) -> Vec<Alternative<'b>>
    where
        'a: 'b,
    {
        let mut out = Vec::new();
        self.expand(String::new(), schema.clone(), 0, &mut out);
        if out.len() < 2 {
            return Vec::new();
        }
        for at in 1..out.len() {
            let count = out[..at]
                .iter()
                .filter(|one| {
                    one.name == out[at].name || one.name.starts_with(&format!("{} (", out[at].name))
                })
                .count();
            if count > 0 {
                out[at].name = format!("{} ({})", out[at].name, count + 1);
            }
        }
        out
    }

    fn expand<'b>(
        &self,
        name: String,
        schema: Cow<'b, Value>,
        depth: usize,
        out: &mut Vec<Alternative<'b>>,
    ) where
        'a: 'b,
    {
        if out.len() >= MOST {
            return;
        }
        let map = schema.as_object().filter(|map| !map.contains_key("enum"));
        let union = map.and_then(|map| {
            let key = ["oneOf", "anyOf"]
                .into_iter()
                .find(|key| map.contains_key(*key))?;
            let branches = map.get(key)?.as_array()?.clone();
            let mut rest = map.clone();
            rest.remove(key);
            Some((rest, branches))
        });
        if let Some((rest, branches)) = union
            && depth < 4
        {
            for branch in branches {
                let inner = self.resolved(Cow::Owned(branch.clone()));
                let name = branch_name(&branch, &inner);
                let whole = self.together(&rest, &branch);
                self.expand(name, self.resolved(Cow::Owned(whole)), depth + 1, out);
            }
            return;
        }
        if let Some(map) = map
            && let Some(Value::Array(kinds)) = map.get("type")
            && kinds.len() > 1
        {
            for kind in kinds {
                let mut one = map.clone();
                one.insert("type".into(), json!([kind]));
                out.push(Alternative {
                    name: kind_word(kind.as_str().unwrap_or_default()).to_owned(),
                    schema: Cow::Owned(Value::Object(one)),
                });
            }
            return;
        }
        let name = if name.is_empty() {
            branch_name(&schema, &schema)
        } else {
            name
        };
        out.push(Alternative { name, schema });
    }

    /// How little a value fits, roughly: 0 fits. Only to choose what is shown, never to judge.
    pub(crate) fn faults(&self, schema: &Value, value: &Value, depth: usize) -> u32 {
        let Some(left) = self.steps.get().checked_sub(1) else {
            return 0;
        };
        self.steps.set(left);
        if depth > 12 {
            return 0;
        }
        let schema = self.resolved(Cow::Borrowed(schema));
        let map = match &*schema {
            Value::Bool(false) => return OTHER_KIND,
            Value::Object(map) => map,
            _ => return 0,
        };
        if let Some(Value::Array(kinds)) = map.get("type")
            && !kinds
                .iter()
                .any(|kind| is_kind(value, kind.as_str().unwrap_or_default()))
        {
            return OTHER_KIND;
        }
        let mut sum = 0;
        if let Some(Value::Array(allowed)) = map.get("enum")
            && !allowed.iter().any(|one| numbers::same(one, value))
        {
            sum += 10;
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = map.get(key) {
                let best = branches
                    .iter()
                    .map(|one| self.faults(one, value, depth + 1));
                sum += best.min().unwrap_or(0);
            }
        }
        if let Some(Value::Array(parts)) = map.get("allOf") {
            let parts = parts.iter().map(|one| self.faults(one, value, depth + 1));
            sum += parts.fold(0, u32::saturating_add).min(OTHER_KIND);
        }
        sum += bounds(map, value);
        match value {
            Value::Object(members) => {
                let required = map.get("required").and_then(Value::as_array);
                let missing = required.into_iter().flatten().filter_map(Value::as_str);
                for name in missing {
                    sum += 2 * u32::from(!members.contains_key(name));
                }
                let properties = map.get("properties").and_then(Value::as_object);
                let closed = map.get("additionalProperties") == Some(&Value::Bool(false));
                for (name, member) in members.iter().take(200) {
                    match properties.and_then(|table| table.get(name)) {
                        Some(one) => sum += self.faults(one, member, depth + 1).min(20),
                        None => sum += u32::from(closed),
                    }
                }
            }
            Value::Array(items) => {
                let tuple = map.get("prefixItems").and_then(Value::as_array);
                for (at, item) in items.iter().enumerate().take(20) {
                    let one = tuple
                        .and_then(|list| list.get(at))
                        .or_else(|| map.get("items"));
                    sum += one.map_or(0, |one| self.faults(one, item, depth + 1).min(20));
                }
            }
            _ => {}
        }
        sum.min(OTHER_KIND)
    }
}

fn bounds(map: &Map<String, Value>, value: &Value) -> u32 {
    let limit = |key: &str| map.get(key).and_then(Value::as_f64);
    let outside = |value: f64, low: &str, high: &str| {
        u32::from(limit(low).is_some_and(|low| value < low))
            + u32::from(limit(high).is_some_and(|high| value > high))
    };
    #[expect(clippy::cast_precision_loss, reason = "a length is far below 2^52")]
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            outside(number, "minimum", "maximum")
                + u32::from(limit("exclusiveMinimum").is_some_and(|low| number <= low))
                + u32::from(limit("exclusiveMaximum").is_some_and(|high| number >= high))
        }
        Value::String(text) => outside(text.chars().count() as f64, "minLength", "maxLength"),
        Value::Array(items) => outside(items.len() as f64, "minItems", "maxItems"),
        _ => 0,
    }
}

/// Whether a value is of a type of JSON Schema.
pub(crate) fn is_kind(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => {
            matches!(value, Value::Number(number) if numbers::whole(number).is_some() || number.as_f64().is_some_and(|n| n.fract() == 0.0))
        }
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// The types that a schema without a union asks for; none if it does not say.
pub(crate) fn kinds(schema: &Value) -> Vec<&str> {
    let Some(map) = schema.as_object() else {
        return Vec::new();
    };
    if let Some(Value::Array(kinds)) = map.get("type") {
        return kinds.iter().filter_map(Value::as_str).collect();
    }
    let says = |keys: &[&str]| keys.iter().any(|key| map.contains_key(*key));
    let mut out = Vec::new();
    if says(&[
        "properties",
        "required",
        "patternProperties",
        "minProperties",
    ]) {
        out.push("object");
    }
    if says(&["items", "prefixItems", "minItems", "maxItems"]) {
        out.push("array");
    }
    if says(&["pattern", "format", "minLength", "maxLength"]) {
        out.push("string");
    }
    if says(&[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]) {
        out.push("number");
    }
    out
}

/// A type in the words of the form.
pub(crate) fn kind_word(kind: &str) -> &str {
    match kind {
        "string" => "text",
        "array" => "list",
        "integer" => "whole number",
        "boolean" => "true or false",
        other => other,
    }
}

/// What a branch is called: by its title, its name, what it alone is, or its type.
fn branch_name(branch: &Value, inner: &Value) -> String {
    let title = [branch, inner]
        .into_iter()
        .find_map(|one| one.get("title")?.as_str())
        .filter(|title| !title.is_empty());
    let only = |schema: &Value| match schema
        .get("enum")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([Value::String(text)]) => Some(text.clone()),
        Some([one]) => Some(one.to_string()),
        _ => None,
    };
    let by_member = || {
        let table = inner.get("properties")?.as_object()?;
        table.values().find_map(only)
    };
    let kind = kinds(inner).first().map(|kind| kind_word(kind).to_owned());
    let name = title
        .map(str::to_owned)
        .or_else(|| target(branch).map(str::to_owned))
        .or_else(|| only(inner))
        .or_else(by_member)
        .or(kind)
        .unwrap_or_else(|| "anything".to_owned());
    name.chars().take(60).collect()
}
