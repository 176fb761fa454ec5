//! The value that a field begins with when it is switched on or an item is added: the least that
//! the schema allows, the same each time.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::shape::{FieldShapes, kinds};
use crate::schema::document::generate::number;
use crate::schema::document::{numbers, strings};

/// Nesting and number of values of one beginning.
const DEEP: usize = 10;
const MOST: usize = 500;

/// The least value for a schema.
pub(crate) fn start(shapes: &FieldShapes<'_>, schema: &Value) -> Value {
    let mut left = MOST;
    least(shapes, Cow::Borrowed(schema), 0, &mut left)
}

fn least(
    shapes: &FieldShapes<'_>,
    schema: Cow<'_, Value>,
    depth: usize,
    left: &mut usize,
) -> Value {
    if depth > DEEP || *left == 0 {
        return Value::Null;
    }
    *left -= 1;
    let schema = shapes.settled(schema, &Value::Null);
    let schema = match shapes.alternatives(&schema).into_iter().next() {
        Some(first) => first.schema,
        None => schema,
    };
    let Some(map) = schema.as_object() else {
        return Value::Null;
    };
    let given = map
        .get("default")
        .or_else(|| map.get("enum")?.as_array()?.first())
        .or_else(|| map.get("examples")?.as_array()?.first());
    if let Some(given) = given
        && shapes.faults(&schema, given, 0) == 0
    {
        return given.clone();
    }
    match kinds(&schema).first().copied() {
        Some("object") => {
            let mut out = Map::new();
            let required = map.get("required").and_then(Value::as_array);
            let nothing = json!({});
            for name in required.into_iter().flatten().filter_map(Value::as_str) {
                let one = map
                    .get("properties")
                    .and_then(|table| table.get(name))
                    .unwrap_or(&nothing);
                let value = least(shapes, Cow::Borrowed(one), depth + 1, left);
                out.insert(name.to_owned(), value);
            }
            Value::Object(out)
        }
        Some("array") => {
            let least_items = size(map, "minItems").unwrap_or(0).min(40);
            let items = (0..least_items).map(|at| {
                let one = item(&schema, at).unwrap_or(&Value::Bool(true));
                least(shapes, Cow::Borrowed(one), depth + 1, left)
            });
            Value::Array(items.collect())
        }
        Some("string") => Value::from(text(map)),
        Some("integer") => nearest_to_zero(map, true),
        Some("number") => nearest_to_zero(map, false),
        Some("boolean") => Value::Bool(false),
        _ => Value::Null,
    }
}

/// What the item of this place is; nothing where there can be none or anything.
pub(crate) fn item(schema: &Value, at: usize) -> Option<&Value> {
    let tuple = schema.get("prefixItems").and_then(Value::as_array);
    tuple
        .and_then(|list| list.get(at))
        .or_else(|| schema.get("items"))
}

/// A limit that is a number of things.
pub(crate) fn size(map: &Map<String, Value>, key: &str) -> Option<usize> {
    let size = map.get(key)?;
    size.as_u64()
        .and_then(|size| usize::try_from(size).ok())
        .or_else(|| usize::try_from(numbers::whole(size.as_number()?)?).ok())
}

fn text(map: &Map<String, Value>) -> String {
    let mut random = fastrand::Rng::with_seed(1);
    let asked = |key: &str| map.get(key).and_then(Value::as_str);
    let made = asked("pattern")
        .and_then(|pattern| strings::matching(pattern, &mut random))
        .or_else(|| strings::of_format(asked("format")?, &mut random));
    made.unwrap_or_else(|| strings::of_length(size(map, "minLength").unwrap_or(0), &mut random))
}

fn nearest_to_zero(map: &Map<String, Value>, whole: bool) -> Value {
    let limit = |key: &str| map.get(key).and_then(Value::as_f64);
    let low = limit("minimum").or_else(|| limit("exclusiveMinimum").map(|low| low.floor() + 1.0));
    let high = limit("maximum").or_else(|| limit("exclusiveMaximum").map(|high| high.ceil() - 1.0));
    // As near to 0 as the limits allow.
    let mut value = 0.0_f64;
    value = high.map_or(value, |high| value.min(high));
    value = low.map_or(value, |low| value.max(low));
    if let Some(step) = limit("multipleOf").filter(|step| *step > 0.0) {
        value = (value / step).ceil() * step;
    }
    if whole {
        value = value.ceil();
    }
    number(value)
}
