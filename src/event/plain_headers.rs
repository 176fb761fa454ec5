//! Typed headers as plain JSON, for programs that know no AMQP, and what such JSON is taken for.

use serde_json::{Map, Value};

use super::amqp::{FieldTable, FieldValue};

/// True if [`table_of`] gives the same table back from what JSON says of it.
pub(crate) fn is_told_by_json(table: &FieldTable) -> bool {
    let mut open: Vec<&FieldValue> = Vec::new();
    let mut tables = vec![table];
    while let Some(table) = tables.pop() {
        for (place, (name, value)) in table.iter().enumerate() {
            if table[..place].iter().any(|(other, _)| other == name) {
                return false;
            }
            open.push(value);
        }
        while let Some(value) = open.pop() {
            match value {
                FieldValue::Text(_)
                | FieldValue::Bool(_)
                | FieldValue::Void
                | FieldValue::I32(_) => {}
                FieldValue::I64(number) if i32::try_from(*number).is_err() => {}
                FieldValue::Array(items) => open.extend(items),
                FieldValue::Table(inner) => tables.push(inner),
                _ => return false,
            }
        }
    }
    true
}

/// The headers as a table, where their types were not told: whole numbers are int32 or, if they are
/// larger, int64; others are doubles.
pub(crate) fn table_of(plain: &Map<String, Value>) -> FieldTable {
    let pairs = plain.iter();
    pairs
        .map(|(name, value)| (name.clone(), value_of(value)))
        .collect()
}

fn value_of(value: &Value) -> FieldValue {
    match value {
        Value::Null => FieldValue::Void,
        Value::Bool(value) => FieldValue::Bool(*value),
        Value::String(text) => FieldValue::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => i32::try_from(whole).map_or(FieldValue::I64(whole), FieldValue::I32),
            None => FieldValue::F64(number.as_f64().unwrap_or_default()),
        },
        Value::Array(items) => FieldValue::Array(items.iter().map(value_of).collect()),
        Value::Object(table) => FieldValue::Table(table_of(table)),
    }
}

/// Headers as plain JSON.
pub(crate) fn plain_headers(table: &FieldTable) -> Map<String, Value> {
    let pairs = table.iter();
    pairs
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// A value as plain JSON.
pub(crate) fn plain(value: &FieldValue) -> Value {
    match value {
        FieldValue::Bool(v) => (*v).into(),
        FieldValue::F32(v) => f64::from(*v).into(),
        FieldValue::F64(v) => (*v).into(),
        FieldValue::U32(v) => (*v).into(),
        FieldValue::Void => Value::Null,
        FieldValue::Array(items) => items.iter().map(plain).collect(),
        FieldValue::Table(table) => Value::Object(plain_headers(table)),
        other => other
            .as_integer()
            .filter(|_| !matches!(other, FieldValue::Timestamp(_)))
            .map_or_else(|| other.to_string().into(), Into::into),
    }
}
