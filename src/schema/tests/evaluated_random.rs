//! Random pairs about what is evaluated elsewhere: what is called proved holds for events that are
//! made up for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::document::generate::Generator;
use crate::schema::{Cancel, Policy, Proof, Version, compare};

const NAMES: [&str; 7] = ["id", "x-a", "x-note", "note", "y", "x-", "kind"];
const PATTERNS: [&str; 6] = ["^x-", "note", "^x-$", "-", "^(id|y)$", "a$"];

fn pick<'a, T>(random: &mut fastrand::Rng, from: &'a [T]) -> &'a T {
    &from[random.usize(0..from.len())]
}

/// What a member or an item may be.
fn leaf(random: &mut fastrand::Rng) -> Value {
    match random.u8(0..10) {
        0 => json!({"type": "integer"}),
        1 => json!({"type": "string", "maxLength": random.u8(1..5)}),
        2 => json!({"type": ["string", "null"]}),
        3 => json!(true),
        4 => json!({"enum": ["a", 1, null]}),
        5 => json!({"type": "number", "minimum": 0}),
        6 => json!(false),
        _ => json!({"type": "string"}),
    }
}

fn table(random: &mut fastrand::Rng, keys: &[&str], of_ten: u8) -> Value {
    let mut out = Map::new();
    for key in keys {
        if random.u8(0..10) < of_ten {
            out.insert((*key).to_owned(), leaf(random));
        }
    }
    Value::Object(out)
}

fn rest(random: &mut fastrand::Rng) -> Value {
    match random.u8(0..6) {
        0..3 => json!(false),
        3 => json!(true),
        _ => leaf(random),
    }
}

/// A schema for the same value as the one around it.
fn part(random: &mut fastrand::Rng, depth: usize) -> Value {
    let mut out = Map::new();
    if random.bool() {
        out.insert("properties".into(), table(random, &NAMES, 2));
    }
    if random.u8(0..3) == 0 {
        out.insert("patternProperties".into(), table(random, &PATTERNS, 2));
    }
    if random.u8(0..3) == 0 {
        out.insert("required".into(), json!([pick(random, &NAMES)]));
    }
    if random.u8(0..9) == 0 {
        let key = *pick(random, &["additionalProperties", "unevaluatedProperties"]);
        out.insert(key.into(), rest(random));
    }
    if depth < 2 && random.u8(0..4) == 0 {
        conditions(random, &mut out, depth + 1);
    }
    Value::Object(out)
}

fn conditions(random: &mut fastrand::Rng, out: &mut Map<String, Value>, depth: usize) {
    let key = *pick(
        random,
        &[
            "allOf",
            "allOf",
            "$ref",
            "anyOf",
            "oneOf",
            "if",
            "dependentSchemas",
            "not",
        ],
    );
    let said = match key {
        "allOf" | "anyOf" | "oneOf" => {
            let count = random.usize(1..3);
            (0..count).map(|_| part(random, depth)).collect()
        }
        "$ref" => json!(pick(random, &["#/$defs/one", "#/$defs/two"])),
        "dependentSchemas" => {
            let name = *pick(random, &NAMES);
            json!({ name: part(random, depth) })
        }
        _ => part(random, depth),
    };
    if key == "if" {
        for key in ["then", "else"] {
            if random.bool() {
                out.insert(key.into(), part(random, depth));
            }
        }
    }
    out.insert(key.into(), said);
}

fn object(random: &mut fastrand::Rng) -> Value {
    let mut out = Map::new();
    out.insert("type".into(), json!("object"));
    out.insert("properties".into(), table(random, &NAMES, 4));
    if random.u8(0..3) > 0 {
        out.insert("patternProperties".into(), table(random, &PATTERNS, 3));
    }
    for _ in 0..random.u8(0..3) {
        conditions(random, &mut out, 0);
    }
    out.insert("unevaluatedProperties".into(), rest(random));
    Value::Object(out)
}

fn list(random: &mut fastrand::Rng, depth: usize) -> Value {
    let mut out = Map::new();
    let tuple = |random: &mut fastrand::Rng| -> Value {
        let count = random.usize(0..3);
        (0..count).map(|_| leaf(random)).collect()
    };
    out.insert("prefixItems".into(), tuple(random));
    match random.u8(0..8) {
        0 => drop(out.insert("items".into(), leaf(random))),
        1 => drop(out.insert("contains".into(), leaf(random))),
        2 => drop(out.insert("maxItems".into(), json!(random.u8(1..4)))),
        _ => {}
    }
    if depth == 0 {
        out.insert("type".into(), json!("array"));
        if random.bool() {
            let key = *pick(random, &["allOf", "allOf", "anyOf", "oneOf"]);
            let count = random.usize(1..3);
            let parts: Value = (0..count).map(|_| list(random, 1)).collect();
            out.insert(key.into(), parts);
        }
    }
    if depth == 0 || random.u8(0..8) == 0 {
        out.insert("unevaluatedItems".into(), rest(random));
    }
    Value::Object(out)
}

pub(super) fn schema(random: &mut fastrand::Rng) -> Value {
    let mut out = match random.u8(0..10) {
        0..3 => list(random, 0),
        3 => {
            let inner = object(random);
            json!({"type": "object", "properties": {"y": inner}, "unevaluatedProperties": rest(random)})
        }
        _ => object(random),
    };
    out["$defs"] = json!({"one": part(random, 1), "two": part(random, 2)});
    if random.u8(0..5) == 0 {
        out["$schema"] = json!("https://json-schema.org/draft/2019-09/schema");
    }
    out
}

/// Changes one thing of an object or of a list; most often a name or a place comes or goes.
pub(super) fn changed(old: &Value, random: &mut fastrand::Rng) -> Value {
    let mut new = old.clone();
    if let Some(tuple) = new.get_mut("prefixItems").and_then(Value::as_array_mut)
        && random.u8(0..3) > 0
    {
        if random.bool() {
            let rest = ["items", "unevaluatedItems"]
                .iter()
                .find_map(|key| old.get(*key));
            tuple.push(match rest {
                Some(rest) if random.u8(0..4) > 0 => rest.clone(),
                _ => leaf(random),
            });
        } else {
            tuple.pop();
        }
        return new;
    }
    let key = match random.u8(0..8) {
        0 => "unevaluatedProperties",
        1 => "unevaluatedItems",
        2 => "patternProperties",
        3 => "allOf",
        _ => "properties",
    };
    match (key, new.get_mut(key)) {
        ("properties" | "patternProperties", Some(Value::Object(table))) => {
            let keys: &[&str] = if key == "properties" {
                &NAMES
            } else {
                &PATTERNS
            };
            let name = *pick(random, keys);
            if table.contains_key(name) && random.bool() {
                table.shift_remove(name);
            } else {
                let said = covering(old, name, random).unwrap_or_else(|| leaf(random));
                table.insert(name.to_owned(), said);
            }
        }
        ("allOf", Some(Value::Array(parts))) => {
            let at = random.usize(0..parts.len());
            parts[at] = changed(&parts[at], random);
        }
        (_, Some(rest_)) => *rest_ = rest(random),
        (_, None) => {}
    }
    new
}

/// What the schema says of this name already, most of the time.
fn covering(old: &Value, name: &str, random: &mut fastrand::Rng) -> Option<Value> {
    if random.u8(0..4) == 0 {
        return None;
    }
    let parts = old.get("allOf").and_then(Value::as_array);
    let said: Vec<Value> = std::iter::once(old)
        .chain(parts.into_iter().flatten())
        .filter_map(|one| one.get("patternProperties")?.as_object())
        .flatten()
        .filter(|(source, _)| regex::Regex::new(source).unwrap().is_match(name))
        .map(|(_, said)| said.clone())
        .collect();
    match said.as_slice() {
        [] => old.get("unevaluatedProperties").cloned(),
        [one] => Some(one.clone()),
        all => Some(json!({ "allOf": all })),
    }
}

/// A value with names and items that the schemas know, as wild as they come.
pub(super) fn wild(random: &mut fastrand::Rng, is_list: bool) -> Value {
    let inner = |random: &mut fastrand::Rng| {
        let values = [
            json!("a"),
            json!(""),
            json!("longer"),
            json!(1),
            json!(-0.5),
            Value::Null,
            json!([]),
            json!({}),
        ];
        pick(random, &values).clone()
    };
    let count = random.usize(0..5);
    if is_list {
        return (0..count).map(|_| inner(random)).collect();
    }
    let more = ["z", "x-b", "a", "id-note"];
    let mut out = Map::new();
    for _ in 0..count {
        let name = if random.u8(0..4) == 0 {
            pick(random, &more)
        } else {
            pick(random, &NAMES)
        };
        let value = if *name == "y" && random.u8(0..3) == 0 {
            wild(random, false)
        } else {
            inner(random)
        };
        out.insert((*name).to_owned(), value);
    }
    Value::Object(out)
}

/// How many directions were proved, and how many of the events made up for them the writer allows.
fn rounds(seed: u64, count: u64) -> (usize, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut proved, mut events) = (0, 0);
    for round in 0..count {
        let old = schema(&mut random);
        let mut new = changed(&old, &mut random);
        if random.u8(0..4) == 0 {
            new = changed(&new, &mut random);
        }
        let ready = |schema: &Value| Version::new(schema.clone(), None, &BTreeMap::new());
        let (Ok(a), Ok(b)) = (ready(&old), ready(&new)) else {
            continue;
        };
        if a.normal.root == b.normal.root && a.normal.defs == b.normal.defs {
            continue;
        }
        let report = compare(&a, &b, Policy::ConfluentStrict, &Cancel::default());
        for (verdict, writer, reader) in [(&report.backward, &a, &b), (&report.forward, &b, &a)] {
            if verdict.proof != Proof::Proved {
                continue;
            }
            proved += 1;
            let mut generator = Generator::new(&writer.normal, &[&reader.normal], round);
            let is_list = old.get("prefixItems").is_some();
            for at in 0..300 {
                let event = if at % 3 == 0 {
                    generator.next()
                } else {
                    wild(&mut random, is_list)
                };
                if writer.validator.is_valid(&event) {
                    events += 1;
                    assert!(
                        reader.validator.is_valid(&event),
                        "{event}\n{old}\n{new}\n{verdict:?}"
                    );
                }
            }
        }
    }
    (proved, events)
}

#[test]
fn what_is_proved_about_evaluated_parts_holds() {
    let (proved, events) = rounds(20_261_126, 250);
    assert!(
        proved > 60 && events > 1_000,
        "{proved} proved, {events} events"
    );
}

/// For who changes a prover.
#[test]
#[ignore = "takes minutes"]
fn what_is_proved_about_evaluated_parts_holds_often() {
    let (mut proved, mut events) = (0, 0);
    for seed in 0..20 {
        let more = rounds(seed, 400);
        (proved, events) = (proved + more.0, events + more.1);
    }
    assert!(proved > 2_000, "{proved} proved, {events} events");
}
