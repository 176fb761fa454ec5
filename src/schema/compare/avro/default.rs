//! Whether a default is a value of its type (Avro 1.12, "Complex Types", field default values).

use serde_json::Value;

use super::{Avro, AvroShape, Type, name_of};
use crate::schema::Unusable;
use crate::schema::document::normal::short;

/// Records in records deeper than this are not looked into.
const DEEPEST: usize = 60;

/// Checks the default of a field.
///
/// # Errors
/// It is not of the type of the field.
pub(crate) fn check(avro: &Avro, at: &str, kind: &Type, default: &Value) -> Result<(), Unusable> {
    match fault(avro, kind, default, 0) {
        None => Ok(()),
        Some((inside, words)) => Err(Unusable::new(format!(
            "It is not valid Avro. At {at}{inside}: the default {words}."
        ))),
    }
}

/// What is wrong, and where inside of the value.
fn fault(avro: &Avro, kind: &Type, value: &Value, depth: usize) -> Option<(String, String)> {
    if depth > DEEPEST {
        return None;
    }
    let here = |good: bool| {
        let words = || format!("{} is not {}", short(value), article(&name_of(kind)));
        (!good).then(|| (String::new(), words()))
    };
    let below = |step: &str, found: Option<(String, String)>| {
        found.map(|(inside, words)| (format!("/{step}{inside}"), words))
    };
    match kind {
        Type::Plain { name, .. } => here(match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "int" => value.as_i64().is_some_and(|one| i32::try_from(one).is_ok()),
            "long" => value.as_i64().is_some(),
            "float" | "double" => value.is_number(),
            "bytes" => value.as_str().is_some_and(are_bytes),
            _ => value.is_string(),
        }),
        Type::Array(inner) => match value {
            Value::Array(list) => list.iter().enumerate().find_map(|(number, one)| {
                below(&number.to_string(), fault(avro, inner, one, depth + 1))
            }),
            _ => here(false),
        },
        Type::Map(inner) => match value {
            Value::Object(map) => map
                .iter()
                .find_map(|(key, one)| below(key, fault(avro, inner, one, depth + 1))),
            _ => here(false),
        },
        // Since 1.12 it may be of any branch; before it had to be of the first.
        Type::Union(branches) => here(
            branches
                .iter()
                .any(|branch| fault(avro, branch, value, depth + 1).is_none()),
        ),
        Type::Named(name) => match avro.named.get(name).map(|named| &named.shape) {
            Some(AvroShape::Enum { symbols, .. }) => here(
                value
                    .as_str()
                    .is_some_and(|one| symbols.iter().any(|symbol| symbol == one)),
            ),
            Some(AvroShape::Fixed { size, .. }) => here(
                value
                    .as_str()
                    .is_some_and(|text| are_bytes(text) && text.chars().count() as u64 == *size),
            ),
            Some(AvroShape::Record(fields)) => {
                let Value::Object(map) = value else {
                    return here(false);
                };
                fields.iter().find_map(|field| match map.get(&field.name) {
                    Some(one) => below(&field.name, fault(avro, &field.kind, one, depth + 1)),
                    None if field.default.is_some() => None,
                    None => Some((
                        String::new(),
                        format!("{} has no `{}`", short(value), field.name),
                    )),
                })
            }
            None => None,
        },
    }
}

/// Bytes are written as the characters U+0000 to U+00FF.
fn are_bytes(text: &str) -> bool {
    text.chars().all(|c| (c as u32) < 256)
}

fn article(name: &str) -> String {
    match name.as_bytes().first() {
        _ if name.starts_with("one of ") || name == "null" || name == "bytes" => name.to_owned(),
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => format!("an {name}"),
        _ => format!("a {name}"),
    }
}
