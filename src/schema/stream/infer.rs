//! What events look like, learned from the events themselves: one pass, any number of events, and
//! two halves learned apart can be put together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::document::numbers;

/// A property is called required only if it was in every one of at least so many events.
pub const ENOUGH: u64 = 20;
/// Values are called a closed list if there are at most so many different ones …
const MOST_CHOICES: usize = 12;
/// … among at least so many values.
const CHOICES_FROM: u64 = 50;
/// Deeper than this nothing is learned, and of an object with more properties than this only that
/// it has many: its names are data.
const DEEPEST: usize = 32;
const MOST_NAMES: usize = 400;
/// Longer texts are no choices.
const LONGEST: usize = 60;

/// What is known of the values at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferredShape {
    /// Values that were seen.
    pub seen: u64,
    nulls: u64,
    booleans: u64,
    integers: u64,
    numbers: u64,
    strings: u64,
    arrays: u64,
    objects: u64,
    least: Option<f64>,
    most: Option<f64>,
    /// Different texts with how often, until there are too many.
    choices: Option<BTreeMap<String, u64>>,
    /// Formats that every text so far had.
    formats: Option<Vec<&'static str>>,
    elements: Option<Box<InferredShape>>,
    properties: BTreeMap<String, InferredShape>,
    many: bool,
}

impl InferredShape {
    /// Learns from one more value. The cost does not depend on how many were seen before.
    pub fn learn(&mut self, value: &Value) {
        let mut room = usize::MAX;
        self.learn_within(value, &mut room);
    }

    /// The same; `room` is how many places may still be added, so that names without end do not
    /// take memory without end.
    pub fn learn_within(&mut self, value: &Value, room: &mut usize) {
        self.add(value, 0, room);
    }

    fn add(&mut self, value: &Value, depth: usize, room: &mut usize) {
        self.seen += 1;
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) => {
                if numbers::whole(number).is_some() {
                    self.integers += 1;
                } else {
                    self.numbers += 1;
                }
                if let Some(number) = number.as_f64() {
                    self.least = Some(self.least.map_or(number, |least| least.min(number)));
                    self.most = Some(self.most.map_or(number, |most| most.max(number)));
                }
            }
            Value::String(text) => self.add_text(text),
            Value::Array(list) => {
                self.arrays += 1;
                if depth < DEEPEST {
                    let elements = self.elements.get_or_insert_with(Box::default);
                    for one in list {
                        elements.add(one, depth + 1, room);
                    }
                }
            }
            Value::Object(map) => {
                self.objects += 1;
                if depth < DEEPEST {
                    for (name, value) in map {
                        if let Some(known) = self.properties.get_mut(name) {
                            known.add(value, depth + 1, room);
                        } else if self.properties.len() >= MOST_NAMES || *room == 0 {
                            self.many = true;
                        } else {
                            *room -= 1;
                            let mut new = Self::default();
                            new.add(value, depth + 1, room);
                            self.properties.insert(name.clone(), new);
                        }
                    }
                }
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        if self.strings == 0 {
            self.choices = Some(BTreeMap::new());
            self.formats = Some(FORMATS.iter().map(|(name, _)| *name).collect());
        }
        self.strings += 1;
        if let Some(choices) = &mut self.choices {
            if let Some(count) = choices.get_mut(text) {
                *count += 1;
            } else if choices.len() < MOST_CHOICES && text.len() <= LONGEST {
                choices.insert(text.to_owned(), 1);
            } else {
                self.choices = None;
            }
        }
        if let Some(formats) = &mut self.formats {
            formats.retain(|name| FORMATS.iter().any(|(one, is)| one == name && is(text)));
        }
    }

    /// Adds what was learned elsewhere.
    pub fn merge(&mut self, other: Self) {
        let texts = (self.strings, other.strings);
        self.seen += other.seen;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.integers += other.integers;
        self.numbers += other.numbers;
        self.strings += other.strings;
        self.arrays += other.arrays;
        self.objects += other.objects;
        let pick = |a: Option<f64>, b: Option<f64>, by: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(by(a, b)),
            (a, b) => a.or(b),
        };
        self.least = pick(self.least, other.least, f64::min);
        self.most = pick(self.most, other.most, f64::max);
        if texts.0 == 0 {
            self.choices = other.choices;
            self.formats = other.formats;
        } else if texts.1 > 0 {
            self.choices = match (self.choices.take(), other.choices) {
                (Some(mut mine), Some(theirs)) => {
                    for (text, count) in theirs {
                        *mine.entry(text).or_default() += count;
                    }
                    (mine.len() <= MOST_CHOICES).then_some(mine)
                }
                _ => None,
            };
            if let (Some(mine), Some(theirs)) = (&mut self.formats, other.formats) {
                mine.retain(|name| theirs.contains(name));
            }
        }
        match (&mut self.elements, other.elements) {
            (Some(mine), Some(theirs)) => mine.merge(*theirs),
            (mine, theirs) => *mine = mine.take().or(theirs),
        }
        for (name, shape) in other.properties {
            self.properties.entry(name).or_default().merge(shape);
        }
        self.many |= other.many || self.properties.len() > MOST_NAMES;
    }

    /// Values that were objects.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.objects
    }

    /// The members that objects had.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let all = self.properties.iter();
        all.map(|(name, shape)| (name.as_str(), shape))
    }

    /// What is known of the member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.properties.get(name)
    }

    /// What is known of the items of lists.
    #[must_use]
    pub fn items(&self) -> Option<&Self> {
        self.elements.as_deref().filter(|items| items.seen > 0)
    }

    /// The types of JSON Schema that values had.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.objects, "object"),
            (self.arrays, "array"),
            (self.strings, "string"),
            (self.integers, "integer"),
            (self.numbers, "number"),
            (self.booleans, "boolean"),
            (self.nulls, "null"),
        ];
        let seen = all.into_iter().filter(|(count, _)| *count > 0);
        seen.map(|(_, kind)| kind)
    }

    /// The same in words.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<&str> = self.types().map(kind_word).collect();
        kinds.dedup();
        kinds
    }

    /// What more is known of the values, in words: a format, a closed list, or a range.
    #[must_use]
    pub fn detail(&self) -> String {
        if let Some([format, ..]) = self.formats.as_deref() {
            return (*format).to_owned();
        }
        if let Some(choices) = self
            .choices
            .as_ref()
            .filter(|_| self.strings >= CHOICES_FROM)
        {
            let names: Vec<&str> = choices.keys().map(String::as_str).collect();
            return format!("one of {}", names.join(", "));
        }
        match (self.least, self.most) {
            (Some(least), Some(most)) if (most - least).abs() > f64::EPSILON => {
                format!("{least} to {most}")
            }
            (Some(only), _) => format!("always {only}"),
            _ => String::new(),
        }
    }

    /// As a JSON Schema of draft 2020-12 with open objects. `x-observed` counts what was seen.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut out = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
        if let (Value::Object(out), Value::Object(body)) = (&mut out, self.body()) {
            out.extend(body);
        }
        out
    }

    fn body(&self) -> Value {
        let mut out = Map::new();
        let number = if self.numbers > 0 {
            "number"
        } else {
            "integer"
        };
        let kinds: Vec<&str> = [
            (self.objects, "object"),
            (self.arrays, "array"),
            (self.strings, "string"),
            (self.integers + self.numbers, number),
            (self.booleans, "boolean"),
            (self.nulls, "null"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(_, kind)| kind)
        .collect();
        match kinds.as_slice() {
            [] => return json!({}),
            [one] => out.insert("type".into(), json!(one)),
            all => out.insert("type".into(), json!(all)),
        };
        let only_text = self.strings + self.nulls == self.seen && self.strings >= CHOICES_FROM;
        if let Some([format, ..]) = self.formats.as_deref() {
            out.insert("format".into(), json!(format));
        } else if let Some(choices) = self.choices.as_ref().filter(|_| only_text) {
            let mut all: Vec<Value> = choices.keys().map(|text| json!(text)).collect();
            if self.nulls > 0 {
                all.push(Value::Null);
            }
            out.insert("enum".into(), Value::Array(all));
        }
        if let Some(elements) = self.elements.as_ref().filter(|elements| elements.seen > 0) {
            out.insert("items".into(), elements.body());
        }
        if self.many {
            // Too many names to be names: what stands under them is described once.
            let mut one = Self::default();
            for shape in self.properties.values() {
                one.merge(shape.clone());
            }
            out.insert("additionalProperties".into(), one.body());
        } else if self.objects > 0 {
            let properties = self
                .properties
                .iter()
                .map(|(name, shape)| (name.clone(), shape.body()));
            out.insert("properties".into(), Value::Object(properties.collect()));
            let required: Vec<&String> = self
                .properties
                .iter()
                .filter(|(_, shape)| self.objects >= ENOUGH && shape.seen == self.objects)
                .map(|(name, _)| name)
                .collect();
            if !required.is_empty() {
                out.insert("required".into(), json!(required));
            }
        }
        let mut observed = json!({ "count": self.seen });
        if let (Some(least), Some(most)) = (self.least, self.most) {
            observed["minimum"] = json!(least);
            observed["maximum"] = json!(most);
        }
        out.insert("x-observed".into(), observed);
        Value::Object(out)
    }
}

/// A type of JSON Schema in words.
pub(crate) fn kind_word(kind: &str) -> &'static str {
    match kind {
        "object" => "object",
        "array" => "list",
        "string" => "text",
        "integer" | "number" => "number",
        "boolean" => "true or false",
        _ => "null",
    }
}

type Is = fn(&str) -> bool;

/// Formats that are guessed, the most particular first.
const FORMATS: [(&str, Is); 6] = [
    ("uuid", |text| {
        text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
    }),
    ("date-time", |text| {
        chrono::DateTime::parse_from_rfc3339(text).is_ok()
    }),
    ("date", |text| {
        text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok()
    }),
    ("ipv4", |text| text.parse::<std::net::Ipv4Addr>().is_ok()),
    ("email", |text| {
        text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
        })
    }),
    ("uri", |text| {
        text.contains("://") && url::Url::parse(text).is_ok()
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(number: u64) -> Value {
        let status = ["new", "paid"][usize::from(number.is_multiple_of(2))];
        let mut order = json!({
            "id": format!("00000000-0000-4000-8000-{number:012}"),
            "at": "2026-03-01T10:00:00Z",
            "status": status,
            "amount": 1.5,
            "lines": [{"qty": number}]
        });
        if number.is_multiple_of(3) {
            order["note"] = json!("x");
        }
        order
    }

    #[test]
    fn a_schema_is_learned_from_events() {
        let mut shape = InferredShape::default();
        for number in 0..60 {
            shape.learn(&order(number));
        }
        let schema = shape.schema();
        assert_eq!(
            schema["required"],
            json!(["amount", "at", "id", "lines", "status"])
        );
        assert_eq!(schema["properties"]["id"]["format"], "uuid");
        assert_eq!(schema["properties"]["at"]["format"], "date-time");
        assert_eq!(
            schema["properties"]["status"]["enum"],
            json!(["new", "paid"])
        );
        assert_eq!(schema["properties"]["amount"]["type"], "number");
        assert_eq!(
            schema["properties"]["lines"]["items"]["properties"]["qty"]["type"],
            "integer"
        );
        assert_eq!(schema["properties"]["note"]["x-observed"]["count"], 20);
        let version = crate::schema::Version::new(schema, None, &BTreeMap::new()).unwrap();
        assert!((0..60).all(|number| version.validator.is_valid(&order(number))));
    }

    #[test]
    fn few_events_require_nothing_and_names_that_are_data_are_no_properties() {
        let mut shape = InferredShape::default();
        shape.learn(&order(1));
        assert_eq!(shape.schema().get("required"), None);
        let mut shape = InferredShape::default();
        for number in 0..1_000 {
            shape.learn(&json!({ format!("sku-{number}"): number }));
        }
        assert_eq!(shape.schema()["additionalProperties"]["type"], "integer");
        assert!(shape.properties.len() <= MOST_NAMES);
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            (-1e6..1e6).prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_event_matches_what_was_learned_and_halves_make_a_whole(
            events in prop::collection::vec(anything(), 1..40),
            cut in 0_usize..40,
        ) {
            let learned = |events: &[Value]| {
                let mut shape = InferredShape::default();
                for event in events {
                    shape.learn(event);
                }
                shape
            };
            let whole = learned(&events);
            let version = crate::schema::Version::new(whole.schema(), None, &BTreeMap::new()).unwrap();
            for event in &events {
                prop_assert!(version.validator.is_valid(event), "{event} {}", whole.schema());
            }
            let (left, right) = events.split_at(cut.min(events.len()));
            let mut halves = learned(left);
            halves.merge(learned(right));
            prop_assert_eq!(halves.schema(), whole.schema());
        }
    }
}
