//! Makes up values for a schema: to look for an event that breaks, for samples, and to test with.
//! A value is only likely to match; who needs one that does validates it.

use serde_json::{Map, Number, Value, json};

use super::fold::folded;
use super::normal::{Normal, target};
use super::{numbers, strings};

/// Nesting after which only what is required is written.
const DEEP: usize = 8;
/// Values that one event may have; a schema that branches at each level would have no end.
const LARGEST: usize = 20_000;

/// Makes up values.
pub(crate) struct Generator<'a> {
    schema: &'a Normal,
    random: fastrand::Rng,
    /// Values and property names that mean something to the schemas at hand.
    values: Vec<Value>,
    names: Vec<String>,
    /// How often an optional property is written, of 100.
    optional: u8,
    /// Values that may still be written into this event.
    left: usize,
}

impl<'a> Generator<'a> {
    /// For `schema`; `seed` decides everything. `hints` are other schemas whose limits and names
    /// are worth trying.
    pub(crate) fn new(schema: &'a Normal, hints: &[&Normal], seed: u64) -> Self {
        let mut out = Self {
            schema,
            random: fastrand::Rng::with_seed(seed),
            values: Vec::new(),
            names: Vec::new(),
            optional: 50,
            left: 0,
        };
        for normal in std::iter::once(&schema).chain(hints) {
            out.harvest(&normal.root);
            for body in normal.defs.values() {
                out.harvest(body);
            }
        }
        out
    }

    /// The next value.
    pub(crate) fn next(&mut self) -> Value {
        self.optional = *self.pick(&[0, 20, 50, 90, 100]).unwrap_or(&50);
        let root = &self.schema.root;
        self.left = LARGEST;
        self.value(root, 0)
    }

    /// A value with nothing optional.
    pub(crate) fn least(&mut self) -> Value {
        self.optional = 0;
        let root = &self.schema.root;
        self.left = LARGEST;
        self.value(root, 0)
    }

    /// The next value with everything optional, for a sample.
    pub(crate) fn full(&mut self) -> Value {
        self.optional = 100;
        let root = &self.schema.root;
        self.left = LARGEST;
        self.value(root, 0)
    }

    fn pick<'b, T>(&mut self, from: &'b [T]) -> Option<&'b T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.random.usize(0..from.len()))
    }

    fn chance(&mut self, of_hundred: u8) -> bool {
        self.random.u8(0..100) < of_hundred
    }

    fn harvest(&mut self, schema: &Value) {
        if self.values.len() > 400 || self.names.len() > 400 {
            return;
        }
        match schema {
            Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value) {
                        ("enum" | "examples", Value::Array(list)) => {
                            self.values.extend(list.iter().take(20).cloned());
                        }
                        ("default", value) => self.values.push(value.clone()),
                        ("properties", Value::Object(table)) => {
                            self.names.extend(table.keys().cloned());
                            table.values().for_each(|one| self.harvest(one));
                        }
                        (_, Value::Number(number)) => {
                            self.values.push(value.clone());
                            if let Some(whole) =
                                numbers::whole(number).and_then(|whole| i64::try_from(whole).ok())
                            {
                                self.values.extend([
                                    json!(whole.saturating_add(1)),
                                    json!(whole.saturating_sub(1)),
                                ]);
                            }
                        }
                        (_, value) => self.harvest(value),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|one| self.harvest(one)),
            _ => {}
        }
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let Some(left) = self.left.checked_sub(1) else {
            return Value::Null;
        };
        self.left = left;
        if let Some(name) = target(schema) {
            let all = self.schema;
            return match all.defs.get(name) {
                Some(body) if depth < DEEP + 8 => self.value(body, depth + 1),
                _ => Value::Null,
            };
        }
        let Value::Object(_) = schema else {
            return self.anything(depth);
        };
        let all = self.schema;
        let mut whole = folded(schema, &|name| all.defs.get(name));
        for _ in 0..4 {
            match self.chosen(&whole) {
                Some(next) => whole = folded(&next, &|name| all.defs.get(name)),
                None => break,
            }
        }
        let nothing = Map::new();
        let map = whole.as_object().unwrap_or(&nothing);
        if let Some(Value::Array(list)) = map.get("enum") {
            return self.pick(list).cloned().unwrap_or(Value::Null);
        }
        // What could not be folded is at least written by one of its parts.
        if let Some(Value::Array(parts)) = map.get("allOf")
            && !map.contains_key("type")
            && let Some(part) = self.pick(parts).cloned()
        {
            return self.value(&part, depth + 1);
        }
        match self.kind(map).as_str() {
            "null" => Value::Null,
            "boolean" => Value::Bool(self.random.bool()),
            "integer" => self.number(map, true),
            "number" => {
                let whole = self.random.bool();
                self.number(map, whole)
            }
            "string" => self.string(map),
            "array" => self.array(map, depth),
            _ => self.object(map, depth),
        }
    }

    /// One choice made: a branch of a union or of a condition, folded into the rest.
    fn chosen(&mut self, schema: &Value) -> Option<Value> {
        let map = schema.as_object()?;
        for key in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = map.get(key) {
                let mut rest = map.clone();
                rest.remove(key);
                let branch = self.pick(branches)?.clone();
                return Some(with(rest, branch));
            }
        }
        if let Some(condition) = map.get("if") {
            let mut rest = map.clone();
            let condition = condition.clone();
            rest.remove("if");
            let (then, otherwise) = (rest.remove("then"), rest.remove("else"));
            return Some(if self.random.bool() {
                let rest = with(rest, condition);
                match (then, rest) {
                    (Some(then), Value::Object(rest)) => with(rest, then),
                    (_, rest) => rest,
                }
            } else {
                otherwise.map_or_else(
                    || Value::Object(rest.clone()),
                    |otherwise| with(rest.clone(), otherwise),
                )
            });
        }
        if let Some(Value::Object(table)) = map.get("dependentSchemas") {
            let mut rest = map.clone();
            rest.remove("dependentSchemas");
            let (_, schema) = table.iter().nth(self.random.usize(0..table.len().max(1)))?;
            return Some(with(rest, schema.clone()));
        }
        None
    }

    fn kind(&mut self, map: &Map<String, Value>) -> String {
        if let Some(Value::Array(kinds)) = map.get("type") {
            return self
                .pick(kinds)
                .and_then(Value::as_str)
                .unwrap_or("null")
                .to_owned();
        }
        let mut likely = Vec::new();
        for (keyword, kind) in [
            ("properties", "object"),
            ("required", "object"),
            ("additionalProperties", "object"),
            ("patternProperties", "object"),
            ("minProperties", "object"),
            ("maxProperties", "object"),
            ("propertyNames", "object"),
            ("dependentRequired", "object"),
            ("items", "array"),
            ("prefixItems", "array"),
            ("minItems", "array"),
            ("maxItems", "array"),
            ("contains", "array"),
            ("uniqueItems", "array"),
            ("minLength", "string"),
            ("maxLength", "string"),
            ("pattern", "string"),
            ("format", "string"),
            ("minimum", "number"),
            ("maximum", "number"),
            ("multipleOf", "number"),
            ("exclusiveMinimum", "number"),
            ("exclusiveMaximum", "number"),
        ] {
            if map.contains_key(keyword) {
                likely.push(kind);
            }
        }
        if likely.is_empty() || self.chance(15) {
            likely = vec!["null", "boolean", "number", "string", "array", "object"];
        }
        (*self.pick(&likely).unwrap_or(&"null")).to_owned()
    }

    fn anything(&mut self, depth: usize) -> Value {
        match self.random.u8(0..8) {
            0 => Value::Null,
            1 => Value::Bool(self.random.bool()),
            2 => json!(self.random.i32(-3..100)),
            3 => json!("text"),
            4 => json!(0.5),
            5 if depth < DEEP => json!([]),
            6 if depth < DEEP => json!({}),
            _ => {
                let values = std::mem::take(&mut self.values);
                let value = self.pick(&values).cloned().unwrap_or_else(|| json!(""));
                self.values = values;
                value
            }
        }
    }

    fn number(&mut self, map: &Map<String, Value>, whole: bool) -> Value {
        let bound = |keys: [&str; 2]| keys.iter().find_map(|key| map.get(*key)?.as_f64());
        let low = bound(["minimum", "exclusiveMinimum"]);
        let high = bound(["maximum", "exclusiveMaximum"]);
        let within = |value: f64| {
            low.is_none_or(|low| value >= low) && high.is_none_or(|high| value <= high)
        };
        if let Some(step) = map
            .get("multipleOf")
            .and_then(Value::as_f64)
            .filter(|step| *step > 0.0)
        {
            let first = (low.unwrap_or(0.0) / step).ceil();
            return number((first + f64::from(self.random.u8(0..6))) * step);
        }
        let hints: Vec<f64> = self
            .values
            .iter()
            .filter_map(Value::as_f64)
            .filter(|value| within(*value))
            .collect();
        if !hints.is_empty() && self.chance(60) {
            let hint = *self.pick(&hints).unwrap_or(&0.0);
            return number(if whole { hint.round() } else { hint });
        }
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, low + 100.0),
            (None, Some(high)) => (high - 100.0, high),
            (None, None) => (-10.0, 1000.0),
        };
        let edge = self.random.u8(0..5);
        let value = match edge {
            0 => low,
            1 => high,
            _ => low + (high - low) * self.random.f64(),
        };
        number(if whole {
            if edge == 1 {
                value.floor()
            } else {
                value.ceil().min(high.floor())
            }
        } else if edge > 1 {
            (value * 100.0).round() / 100.0
        } else {
            value
        })
    }

    fn string(&mut self, map: &Map<String, Value>) -> Value {
        let size = |key: &str| {
            map.get(key)
                .and_then(Value::as_u64)
                .and_then(|size| usize::try_from(size).ok())
        };
        let least = size("minLength").unwrap_or(0).min(100_000);
        let most = size("maxLength").unwrap_or(least + 12).max(least);
        if let Some(Value::String(pattern)) = map.get("pattern")
            && let Some(text) = strings::matching(pattern, &mut self.random)
        {
            return json!(text);
        }
        if let Some(Value::String(format)) = map.get("format")
            && let Some(text) = strings::of_format(format, &mut self.random)
        {
            return json!(text);
        }
        let hints: Vec<String> = self
            .values
            .iter()
            .filter_map(Value::as_str)
            .filter(|text| (least..=most).contains(&text.chars().count()))
            .map(str::to_owned)
            .collect();
        if !hints.is_empty() && self.chance(40) {
            return json!(self.pick(&hints));
        }
        // The edges and what the other version says its edges are.
        let mut sizes: Vec<usize> = self
            .values
            .iter()
            .filter_map(|value| usize::try_from(value.as_u64()?).ok())
            .filter(|size| (least..=most).contains(size))
            .collect();
        sizes.extend([least, most.min(least + 40)]);
        let size = *self.pick(&sizes).unwrap_or(&least);
        json!(strings::of_length(size, &mut self.random))
    }

    fn array(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let size = |key: &str| {
            map.get(key)
                .and_then(Value::as_u64)
                .and_then(|size| usize::try_from(size).ok())
        };
        let least = size("minItems").unwrap_or(0);
        let most = size("maxItems")
            .unwrap_or(least.max(3) + 1)
            .max(least)
            .min(least + 40);
        let anything = Value::Bool(true);
        let none = Vec::new();
        let tuple = map
            .get("prefixItems")
            .and_then(Value::as_array)
            .unwrap_or(&none);
        let rest = map.get("items").unwrap_or(&anything);
        let mut wanted = if depth >= DEEP {
            least
        } else {
            self.random.usize(least..=most)
        };
        if *rest == Value::Bool(false) {
            wanted = wanted.min(tuple.len());
        }
        let mut out: Vec<Value> = Vec::new();
        for at in 0..wanted.min(2_000) {
            let element = self.value(tuple.get(at).unwrap_or(rest), depth + 1);
            let element = match map.get("uniqueItems") {
                Some(Value::Bool(true)) if out.contains(&element) => {
                    self.value(tuple.get(at).unwrap_or(rest), depth + 1)
                }
                _ => element,
            };
            out.push(element);
        }
        if let Some(contains) = map.get("contains") {
            let least = size("minContains").unwrap_or(1);
            let more = self.random.usize(0..3);
            for at in 0..(least + more).min(50) {
                let element = self.value(contains, depth + 1);
                match out.get_mut(at + tuple.len()) {
                    Some(place) => *place = element,
                    None => out.push(element),
                }
            }
        }
        Value::Array(out)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of value")]
    fn object(&mut self, map: &Map<String, Value>, depth: usize) -> Value {
        let none = Map::new();
        let table = |key: &str| map.get(key).and_then(Value::as_object).unwrap_or(&none);
        let properties = table("properties");
        let mut out = Map::new();
        let mut required: Vec<String> = map
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let optional = if depth >= DEEP { 0 } else { self.optional };
        for (name, schema) in properties {
            if *schema != Value::Bool(false) && (required.contains(name) || self.chance(optional)) {
                let value = self.value(schema, depth + 1);
                out.insert(name.clone(), value);
            }
        }
        for (name, needs) in table("dependentRequired") {
            if out.contains_key(name) {
                required.extend(
                    needs
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|one| one.as_str().map(str::to_owned)),
                );
            }
        }
        for name in required {
            if !out.contains_key(&name) {
                let schema = properties
                    .get(&name)
                    .or_else(|| map.get("additionalProperties"))
                    .cloned()
                    .unwrap_or(Value::Bool(true));
                let value = self.value(&schema, depth + 1);
                out.insert(name, value);
            }
        }
        for (pattern, schema) in table("patternProperties") {
            if self.chance(40)
                && let Some(name) = strings::matching(pattern, &mut self.random)
            {
                let value = self.value(schema, depth + 1);
                out.insert(name, value);
            }
        }
        let rest = map
            .get("additionalProperties")
            .cloned()
            .unwrap_or(Value::Bool(true));
        let least = map
            .get("minProperties")
            .and_then(Value::as_u64)
            .and_then(|least| usize::try_from(least).ok())
            .unwrap_or(0);
        let mut tries = if rest == Value::Bool(false) {
            0
        } else {
            3 + least.min(100)
        };
        while tries > 0 && depth < DEEP {
            tries -= 1;
            if out.len() >= least && !self.chance(20) {
                continue;
            }
            let name = if let Some(names) = map.get("propertyNames").cloned() {
                match self.value(&names, depth + 1) {
                    Value::String(name) => name,
                    _ => continue,
                }
            } else {
                let names = std::mem::take(&mut self.names);
                let name = self.pick(&names).filter(|_| self.random.bool()).cloned();
                self.names = names;
                name.unwrap_or_else(|| format!("extra{tries}"))
            };
            if !properties.contains_key(&name) && !out.contains_key(&name) {
                let value = self.value(&rest, depth + 1);
                out.insert(name, value);
            }
        }
        Value::Object(out)
    }
}

fn with(mut rest: Map<String, Value>, part: Value) -> Value {
    match rest.get_mut("allOf") {
        Some(Value::Array(parts)) => parts.push(part),
        _ => {
            rest.insert("allOf".into(), json!([part]));
        }
    }
    Value::Object(rest)
}

/// A number as JSON: whole where it is.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return json!(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
