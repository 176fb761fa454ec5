//! Random schemas, changed at random: what is called proved holds for hundreds of events, and every
//! example breaks.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::document::generate::Generator;
use crate::schema::{Cancel, Policy, Proof, Version, compare};

fn schema(random: &mut fastrand::Rng, depth: usize) -> Value {
    match random.u8(0..if depth > 2 { 7 } else { 13 }) {
        0 => json!({"type": "integer", "minimum": random.i32(-5..5), "maximum": random.i32(5..20)}),
        1 => json!({"type": "number", "exclusiveMinimum": random.i32(-5..5)}),
        2 => json!({"type": "string", "minLength": random.u8(0..4), "maxLength": random.u8(4..9)}),
        3 => json!({"enum": ["a", "b", random.u8(0..3), null]}),
        4 => json!({"type": ["string", "null"]}),
        5 => json!({"type": "boolean"}),
        6 => {
            let pattern = PATTERNS[random.usize(0..PATTERNS.len())];
            json!({"type": "string", "pattern": pattern, "maxLength": random.u8(2..9)})
        }
        7 => open_object(random, depth),
        8 => {
            json!({"type": "array", "items": schema(random, depth + 1), "minItems": random.u8(0..2)})
        }
        9 => json!({"anyOf": [schema(random, depth + 1), schema(random, depth + 1)]}),
        _ => {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for name in ["id", "note", "lines", "total"] {
                if random.u8(0..3) > 0 {
                    properties.insert(name.to_owned(), schema(random, depth + 1));
                    if random.bool() {
                        required.push(name);
                    }
                }
            }
            let mut out = json!({"type": "object", "properties": properties, "required": required});
            match random.u8(0..4) {
                0 => out["additionalProperties"] = json!(false),
                1 => out["additionalProperties"] = schema(random, depth + 2),
                _ => {}
            }
            out
        }
    }
}

const PATTERNS: [&str; 8] = [
    "^[a-c]+$",
    "^[a-z]*$",
    "a",
    "^ab",
    "^(ab|ba)+$",
    "b$",
    "^\\w{2,4}$",
    "^(?=a)",
];

/// An object whose members are described by name, by pattern, elsewhere, and for the rest.
fn open_object(random: &mut fastrand::Rng, depth: usize) -> Value {
    let mut out = json!({"type": "object", "properties": {}, "patternProperties": {}});
    for name in ["id", "x-id", "note"] {
        if random.bool() {
            out["properties"][name] = schema(random, depth + 1);
        }
    }
    for pattern in ["^x-", "i", "^no"] {
        if random.u8(0..3) == 0 {
            out["patternProperties"][pattern] = schema(random, depth + 2);
        }
    }
    match random.u8(0..5) {
        0 => out["additionalProperties"] = schema(random, depth + 2),
        1 => out["propertyNames"] = json!({"enum": ["id", "x-id"]}),
        2 => {}
        _ => {
            out["unevaluatedProperties"] = if random.bool() {
                json!(false)
            } else {
                schema(random, depth + 2)
            };
            let part = json!({"properties": {"total": schema(random, depth + 2)}});
            match random.u8(0..4) {
                0 => out["allOf"] = json!([part]),
                1 => out["allOf"] = json!([part, {"unevaluatedProperties": true}]),
                2 => out["anyOf"] = json!([part, {"required": ["note"]}]),
                _ => {}
            }
        }
    }
    out
}

/// Changes one thing at a random place.
fn changed(schema_: &Value, random: &mut fastrand::Rng) -> Value {
    let Value::Object(map) = schema_ else {
        return schema_.clone();
    };
    let mut map = map.clone();
    let inner: Vec<String> = map
        .keys()
        .filter(|key| {
            matches!(
                key.as_str(),
                "properties" | "patternProperties" | "items" | "anyOf"
            )
        })
        .cloned()
        .collect();
    if !inner.is_empty() && random.u8(0..3) > 0 {
        let key = &inner[random.usize(0..inner.len())];
        match map.get_mut(key) {
            Some(Value::Object(table)) if key.ends_with("roperties") => {
                let names: Vec<String> = table.keys().cloned().collect();
                if let Some(name) = names.get(random.usize(0..names.len().max(1))) {
                    if random.u8(0..4) == 0 {
                        table.shift_remove(name);
                    } else {
                        let inner = changed(&table[name], random);
                        table.insert(name.clone(), inner);
                    }
                } else {
                    table.insert("extra".into(), schema(random, 2));
                }
            }
            Some(Value::Array(list)) if !list.is_empty() => {
                let at = random.usize(0..list.len());
                list[at] = changed(&list[at], random);
            }
            Some(one) => *one = changed(one, random),
            None => {}
        }
        return Value::Object(map);
    }
    match random.u8(0..7) {
        6 => map.insert(
            "pattern".into(),
            json!(PATTERNS[random.usize(0..PATTERNS.len())]),
        ),
        0 => map.insert("type".into(), json!("string")),
        1 => map.insert("maxLength".into(), json!(random.u8(0..9))),
        2 => map.insert("minimum".into(), json!(random.i32(-9..9))),
        3 => map.insert("additionalProperties".into(), json!(random.bool())),
        4 => map.insert("required".into(), json!(["id"])),
        _ => {
            let keys: Vec<String> = map.keys().cloned().collect();
            keys.get(random.usize(0..keys.len().max(1)))
                .and_then(|key| map.shift_remove(key))
        }
    };
    Value::Object(map)
}

#[test]
fn what_is_proved_holds_and_what_breaks_breaks() {
    let mut random = fastrand::Rng::with_seed(20_261_124);
    let (mut proved, mut examples) = (0, 0);
    for round in 0..400 {
        let old = schema(&mut random, 0);
        let new = changed(&old, &mut random);
        let ready = |schema: &Value| Version::new(schema.clone(), None, &BTreeMap::new());
        let (Ok(a), Ok(b)) = (ready(&old), ready(&new)) else {
            continue;
        };
        let policy = Policy::ALL[round % 3];
        let report = compare(&a, &b, policy, &Cancel::default());
        for (verdict, writer, reader) in [(&report.backward, &a, &b), (&report.forward, &b, &a)] {
            let told = format!("{old}\n{new}\n{verdict:?}");
            if let Some(event) = &verdict.example {
                examples += 1;
                assert!(
                    writer.validator.is_valid(event) && !reader.validator.is_valid(event),
                    "{told}"
                );
            }
            if verdict.proof == Proof::Proved {
                proved += 1;
                let mut generator = Generator::new(&writer.normal, &[&reader.normal], round as u64);
                for _ in 0..500 {
                    let event = generator.next();
                    if writer.validator.is_valid(&event) {
                        assert!(reader.validator.is_valid(&event), "{event}\n{told}");
                    }
                }
            }
        }
    }
    assert!(
        proved > 100 && examples > 50,
        "{proved} proved, {examples} examples"
    );
}
