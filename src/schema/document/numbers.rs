//! Values compared as JSON Schema compares them: 1 and 1.0 are the same number, and a whole number
//! keeps all its digits.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Whether two values are equal (JSON Schema core, 4.2.2: numbers by their mathematical value,
/// objects without regard to the order of their members).
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Ordering::Equal,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

/// Orders two numbers.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => left
            .as_f64()
            .partial_cmp(&right.as_f64())
            .unwrap_or(Ordering::Equal),
    }
}

/// As a whole number, if it is one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
pub(crate) fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64()?;
    (number.fract() == 0.0 && number.abs() < 1e30).then_some(number as i128)
}

/// Whether `number` is a multiple of `step`.
pub(crate) fn is_multiple(number: &Number, step: &Number) -> bool {
    match (whole(number), whole(step)) {
        (Some(number), Some(step)) if step != 0 => number % step == 0,
        _ => {
            let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else {
                return false;
            };
            let ratio = number / step;
            step != 0.0 && (ratio - ratio.round()).abs() < 1e-9
        }
    }
}
