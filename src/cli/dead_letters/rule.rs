//! Rules of an edit as they are typed: `set data.amount=129.9`, `remove header.x-retry`.

use crate::event::amqp::FieldValue;
use crate::repair::edit::{Convert, HeaderChange, Pointer, Rule, RuleForm, RuleKind, RulePlace};

/// What is said of a line that is no rule.
const FORMS: &str = "A rule is one of: set PATH=JSON, remove PATH, rename PATH=NAME, convert \
                     PATH=number|text|boolean|time|seconds|milliseconds|trim; a PATH such as data.amount \
                     is in the payload, header.NAME is a header, whose value is text";

/// Reads a rule.
///
/// # Errors
/// In words.
pub(super) fn read(line: &str) -> Result<Rule, String> {
    let (verb, rest) = line.trim().split_once(' ').ok_or(FORMS)?;
    let rest = rest.trim();
    let (at, value) = match rest.split_once('=') {
        Some((at, value)) => (at.trim(), Some(value.trim())),
        None => (rest, None),
    };
    if let Some(name) = at.strip_prefix("header.") {
        let change = match (verb, value) {
            ("set", Some(value)) => HeaderChange::Set(FieldValue::Text(value.to_owned())),
            ("remove", None) => HeaderChange::Remove,
            ("rename", Some(value)) if !value.is_empty() => HeaderChange::Rename(value.to_owned()),
            _ => return Err(format!("\"{line}\" is no rule. {FORMS}")),
        };
        return Ok(Rule::Header(name.to_owned(), change));
    }
    let mut form = RuleForm {
        place: RulePlace::Payload,
        at: at.to_owned(),
        ..RuleForm::default()
    };
    (form.chosen, form.value) = match (verb, value) {
        ("set", Some(value)) => (RuleKind::Set, value.to_owned()),
        ("remove", None) => (RuleKind::Remove, String::new()),
        ("rename", Some(value)) => (RuleKind::Rename, value.to_owned()),
        ("convert", Some(to)) => {
            form.convert = convert(to).ok_or_else(|| format!("\"{to}\" is unknown. {FORMS}"))?;
            (RuleKind::Convert, String::new())
        }
        _ => return Err(format!("\"{line}\" is no rule. {FORMS}")),
    };
    // A wrong path is told before anything else happens.
    Pointer::parse(at)?;
    form.rule()
}

fn convert(to: &str) -> Option<Convert> {
    Some(match to {
        "number" => Convert::TextToNumber,
        "text" => Convert::NumberToText,
        "boolean" => Convert::TextToBoolean,
        "time" => Convert::NumberToTime,
        "seconds" => Convert::TimeToSeconds,
        "milliseconds" => Convert::TimeToMilliseconds,
        "trim" => Convert::Trim,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_typed() {
        for line in [
            "set data.amount=129.9",
            "set data.name=\"a=b\"",
            "remove data.items[].sku",
            "rename data.a=b",
            "convert data.amount=number",
            "set header.x-tenant=a",
            "remove header.x-retry",
            "rename header.a=b",
        ] {
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
        }
        for line in [
            "",
            "set",
            "set data.amount=12.9.1",
            "set data.amount",
            "remove data.amount=1",
            "convert data.amount=banana",
            "rename header.a=",
            "explode data.amount",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
