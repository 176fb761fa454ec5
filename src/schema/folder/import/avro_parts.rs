//! Named types of other Avro schemas, put where they are first used: Avro has no other way to stand
//! in one file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// How deep a schema may be nested.
const DEEPEST: usize = 160;

/// The schema with the parts that it names.
pub(crate) fn with_parts(schema: &Value, parts: &BTreeMap<&str, Value>) -> Result<Value, String> {
    let mut out = schema.clone();
    let mut placed = BTreeSet::new();
    place(&mut out, "", parts, &mut placed, 0)?;
    Ok(out)
}

fn place<'p>(
    schema: &mut Value,
    space: &str,
    parts: &'p BTreeMap<&str, Value>,
    placed: &mut BTreeSet<&'p str>,
    depth: usize,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("It is nested deeper than {DEEPEST} levels"));
    }
    match schema {
        Value::String(name) => {
            let full = format!("{space}.{name}");
            let found = [full.as_str(), name.as_str()]
                .into_iter()
                .find_map(|name| parts.get_key_value(name));
            if let Some((name, part)) = found
                && placed.insert(name)
            {
                *schema = part.clone();
                place(schema, "", parts, placed, depth + 1)?;
            }
        }
        Value::Array(union) => {
            for one in union {
                place(one, space, parts, placed, depth + 1)?;
            }
        }
        Value::Object(map) => {
            let named = map.get("name").and_then(Value::as_str);
            let space = match map.get("namespace").and_then(Value::as_str) {
                Some(space) => space.to_owned(),
                None => match named.and_then(|name| name.rsplit_once('.')) {
                    Some((space, _)) => space.to_owned(),
                    None => space.to_owned(),
                },
            };
            for key in ["items", "values", "type"] {
                if let Some(inner) = map.get_mut(key) {
                    place(inner, &space, parts, placed, depth + 1)?;
                }
            }
            if let Some(Value::Array(fields)) = map.get_mut("fields") {
                for field in fields {
                    if let Some(kind) = field.get_mut("type") {
                        place(kind, &space, parts, placed, depth + 1)?;
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}
