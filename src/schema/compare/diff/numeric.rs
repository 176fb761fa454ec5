//! Bounds and steps of numbers.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{Change, Effect, numbers};

/// Compares the bounds of numbers and what they must be a multiple of.
pub(crate) fn bounds(old: &Map<String, Value>, new: &Map<String, Value>, out: &mut Vec<Change>) {
    bound("minimum", "exclusiveMinimum", true, old, new, out);
    bound("maximum", "exclusiveMaximum", false, old, new, out);
    steps(old, new, out);
}

/// A bound: its number, and whether the number itself is refused.
fn read<'a>(
    plain: &str,
    exclusive: &str,
    lower: bool,
    schema: &'a Map<String, Value>,
) -> Option<(&'a Number, bool)> {
    let number = |key: &str| match schema.get(key) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    match (number(plain), number(exclusive)) {
        (Some(a), Some(b)) => {
            let wins = if lower {
                Ordering::Greater
            } else {
                Ordering::Less
            };
            Some(if numbers::compare(a, b) == wins {
                (a, false)
            } else {
                (b, true)
            })
        }
        (Some(a), None) => Some((a, false)),
        (None, Some(b)) => Some((b, true)),
        (None, None) => None,
    }
}

fn bound(
    plain: &'static str,
    exclusive: &str,
    lower: bool,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    let words = |(number, without): (&Number, bool)| {
        let word = match (lower, without) {
            (true, false) => "at least",
            (true, true) => "more than",
            (false, false) => "at most",
            (false, true) => "less than",
        };
        format!("{word} {number}")
    };
    let before = read(plain, exclusive, lower, old);
    let after = read(plain, exclusive, lower, new);
    let change = match (before, after) {
        (None, None) => return,
        (None, Some(b)) => Change::new(
            format!("{plain}-added"),
            format!("The number must now be {}.", words(b)),
        )
        .narrowed(),
        (Some(a), None) => Change::new(
            format!("{plain}-removed"),
            format!("The number no longer needs to be {}.", words(a)),
        )
        .widened(),
        (Some(a), Some(b)) => {
            // An exclusive bound of the same number allows less.
            let order = numbers::compare(a.0, b.0).then_with(|| {
                let order = a.1.cmp(&b.1);
                if lower { order } else { order.reverse() }
            });
            let (word, narrower) = match order {
                Ordering::Equal => return,
                Ordering::Less => ("raised", lower),
                Ordering::Greater => ("lowered", !lower),
            };
            let change = Change::new(
                format!("{plain}-{word}"),
                format!(
                    "The number had to be {} and must now be {}.",
                    words(a),
                    words(b)
                ),
            );
            if narrower {
                change.narrowed()
            } else {
                change.widened()
            }
        }
    };
    let value =
        |bound: Option<(&Number, bool)>| bound.map(|(number, _)| Value::Number(number.clone()));
    out.push(change.values(value(before).as_ref(), value(after).as_ref()));
}

fn steps(old: &Map<String, Value>, new: &Map<String, Value>, out: &mut Vec<Change>) {
    let (before, after) = (old.get("multipleOf"), new.get("multipleOf"));
    let change = match (before, after) {
        (None, Some(b)) => Change::new(
            "multiple-of-added",
            format!("The number must now be a multiple of {b}."),
        )
        .narrowed(),
        (Some(a), None) => Change::new(
            "multiple-of-removed",
            format!("The number no longer needs to be a multiple of {a}."),
        )
        .widened(),
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            if numbers::compare(a, b) == Ordering::Equal {
                return;
            }
            let change = Change::new(
                "multiple-of-changed",
                format!("The number had to be a multiple of {a} and must now be one of {b}."),
            );
            match (numbers::is_multiple(a, b), numbers::is_multiple(b, a)) {
                (true, _) => change.widened(),
                (_, true) => change.narrowed(),
                _ => change.effects(Effect::Breaks, Effect::Breaks),
            }
        }
        _ => return,
    };
    out.push(change.values(before, after));
}
