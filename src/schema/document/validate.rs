//! Validates events against a schema, in its own draft. Formats and encodings count as remarks, as
//! JSON Schema 2020-12 has it by default.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator as Engine};
use serde_json::Value;

use super::draft::Dialect;
use super::normal::{Normal, short};
use crate::schema::{Failure, Unusable};
use crate::text::numbers::count_of;
use crate::text::pointer_step::escaped;

/// A schema made ready.
#[derive(Debug)]
pub struct Validator {
    engine: Engine,
}

impl Validator {
    /// For a schema as it was written.
    ///
    /// # Errors
    /// It is not a schema of its draft, or refers to what is not there.
    pub fn new(
        schema: &Value,
        draft: Dialect,
        others: &BTreeMap<String, Value>,
    ) -> Result<Self, Unusable> {
        match build(schema, draft) {
            Ok(engine) => Ok(Self { engine }),
            // The engine knows no other files, and refuses what an older draft wrote otherwise
            // (`exclusiveMinimum: true`), as real schemas do; the normal form has both settled.
            Err(error) => Self::of_normal(&Normal::of(schema, draft, others)?).map_err(|_| error),
        }
    }

    pub(crate) fn of_normal(schema: &Normal) -> Result<Self, Unusable> {
        build(&schema.document(), Dialect::Twenty).map(|engine| Self { engine })
    }

    /// Whether the event matches.
    #[must_use]
    pub fn is_valid(&self, event: &Value) -> bool {
        self.engine.is_valid(event)
    }

    /// What is wrong with an event, at most `most` of it.
    #[must_use]
    pub fn failures(&self, event: &Value, most: usize) -> Vec<Failure> {
        self.engine
            .iter_errors(event)
            .take(most)
            .map(|error| Failure {
                at: error.instance_path().to_string(),
                words: shortened(&error.to_string()),
                kind: shortened(&error.masked_with("it").to_string()),
            })
            .collect()
    }

    /// Like [`Self::failures`], for a form: each at the field that is meant, also one that is
    /// missing or that is in a branch of a union.
    #[must_use]
    pub fn faults(&self, event: &Value, most: usize) -> Vec<Failure> {
        let mut out = Vec::new();
        for error in self.engine.iter_errors(event).take(most) {
            told(&error, 0, None, &mut out);
        }
        out.truncate(most);
        out
    }

    /// The first thing that is wrong, at the field that is meant, in words that say what `by`
    /// wants: "is text, version 1 wants number".
    #[must_use]
    pub fn fault(&self, event: &Value, by: &str) -> Option<Failure> {
        let mut out = Vec::new();
        told(
            self.engine.iter_errors(event).next().as_ref()?,
            0,
            Some(by),
            &mut out,
        );
        out.into_iter().next()
    }
}

/// Adds what is wrong where it is wrong: inside the branch of a union that was probably meant, and
/// at the member that is missing.
fn told(error: &ValidationError<'_>, depth: usize, by: Option<&str>, out: &mut Vec<Failure>) {
    let mut at = error.instance_path().to_string();
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } =
        error.kind()
        && depth < 8
    {
        let own = |one: &&ValidationError<'_>| {
            one.instance_path().to_string().len() <= at.len()
                && !matches!(one.kind(), ValidationErrorKind::Required { .. })
                || matches!(
                    one.kind(),
                    ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }
                )
        };
        let meant = context
            .iter()
            .min_by_key(|errors| (errors.iter().filter(own).count(), errors.len()));
        if let Some(errors) = meant
            && !errors.iter().any(|one| own(&one))
        {
            for one in errors {
                told(one, depth + 1, by, out);
            }
            return;
        }
    }
    let words = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            at.push('/');
            at.push_str(&escaped(name));
            match by {
                Some(by) => format!("is not there, {by} requires it"),
                None => "is required, but not there".to_owned(),
            }
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let name = unexpected.first().map_or("", String::as_str);
            at.push('/');
            at.push_str(&escaped(name));
            match by {
                Some(by) => format!("is there, {by} does not know it"),
                None => "is there, but the schema does not know it".to_owned(),
            }
        }
        kind => {
            plain_words(kind, error.instance(), by).unwrap_or_else(|| shortened(&error.to_string()))
        }
    };
    let kind = shortened(&error.masked_with("it").to_string());
    out.push(Failure { at, words, kind });
}

/// What is wrong with a value, as people say it: "is text, but must be a number", or with who wants it.
/// None for what is rare.
fn plain_words(kind: &ValidationErrorKind, value: &Value, by: Option<&str>) -> Option<String> {
    use ValidationErrorKind as Kind;
    let wants = |is: String, wanted: String| match by {
        Some(by) => format!("is {is}, {by} wants {wanted}"),
        None => format!("is {is}, but must be {wanted}"),
    };
    let allows = |allowed: String| match by {
        Some(by) => format!("is {}, {by} allows {allowed}", short(value)),
        None => format!("is {}, but must be {allowed}", short(value)),
    };
    let than = |words: &str, limit: &Value| wants(short(value), format!("{words} {limit}"));
    let long = |words: &str, limit: u64, unit: &str| {
        let is = match value {
            Value::String(text) => count_of(text.chars().count() as u64, unit),
            Value::Array(items) => count_of(items.len() as u64, unit),
            Value::Object(members) => count_of(members.len() as u64, unit),
            other => kind_of(other).to_owned(),
        };
        let is = if matches!(value, Value::String(_)) {
            format!("{is} long")
        } else {
            is
        };
        wants(is, format!("{words} {limit}"))
    };
    Some(match kind {
        Kind::Type { kind } => {
            let kind = match (wanted(kind), by) {
                (kind, None) if kind == "number" => "a number".to_owned(),
                (kind, _) => kind,
            };
            wants(kind_of(value).to_owned(), kind)
        }
        Kind::Enum { options } => match (options.as_array(), by) {
            (Some(all), None) if all.len() > 1 => {
                let all: Vec<String> = all.iter().map(short).collect();
                allows(format!("one of {}", shortened(&all.join(", "))))
            }
            _ => allows(short(options)),
        },
        Kind::Constant { expected_value } => allows(short(expected_value)),
        Kind::Minimum { limit } => than("at least", limit),
        Kind::Maximum { limit } => than("at most", limit),
        Kind::ExclusiveMinimum { limit } => than("more than", limit),
        Kind::ExclusiveMaximum { limit } => than("less than", limit),
        Kind::MultipleOf { multiple_of } => {
            wants(short(value), format!("a multiple of {multiple_of}"))
        }
        Kind::MinLength { limit } => long("at least", *limit, "character"),
        Kind::MaxLength { limit } => long("at most", *limit, "character"),
        Kind::MinItems { limit } => long("at least", *limit, "item"),
        Kind::MaxItems { limit } => long("at most", *limit, "item"),
        Kind::MinProperties { limit } => long("at least", *limit, "member"),
        Kind::MaxProperties { limit } => long("at most", *limit, "member"),
        Kind::Pattern { pattern } => {
            let pattern = shortened(pattern);
            wants(short(value), format!("text that matches {pattern}"))
        }
        Kind::UniqueItems => "has an item twice".to_owned(),
        Kind::Contains => "has no item of the kind that it must have".to_owned(),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            "has more items than the schema knows".to_owned()
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            "matches none of the alternatives".to_owned()
        }
        Kind::OneOfMultipleValid { .. } => {
            "matches several alternatives, but must match one".to_owned()
        }
        Kind::FalseSchema => "must not be there".to_owned(),
        Kind::Not { .. } => "is what the schema rules out".to_owned(),
        _ => return None,
    })
}

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => kind_words(one.as_str()).to_owned(),
        TypeKind::Multiple(all) => {
            let all = all.iter().map(|one| kind_words(one.as_str()).to_owned());
            all.collect::<Vec<_>>().join(" or ")
        }
    }
}

/// A type of JSON as people say it.
fn kind_words(name: &str) -> &str {
    match name {
        "string" => "text",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn build(schema: &Value, draft: Dialect) -> Result<Engine, Unusable> {
    let draft = match draft {
        Dialect::Four => jsonschema::Draft::Draft4,
        Dialect::Six => jsonschema::Draft::Draft6,
        Dialect::Seven => jsonschema::Draft::Draft7,
        Dialect::Nineteen => jsonschema::Draft::Draft201909,
        Dialect::Twenty => jsonschema::Draft::Draft202012,
    };
    jsonschema::options()
        .offline()
        .with_draft(draft)
        .should_validate_formats(false)
        .without_content_encoding_support("base64")
        .without_content_media_type_support("application/json")
        .build(schema)
        .map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                String::new()
            } else {
                format!(" at {place}")
            };
            Unusable::new(format!(
                "It is not a valid schema{place}: {}",
                shortened(&error.to_string())
            ))
        })
}

/// Messages quote whole events.
fn shortened(text: &str) -> String {
    const MOST: usize = 240;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let half = MOST / 2;
    let head: String = text.chars().take(half).collect();
    let tail: Vec<char> = text.chars().rev().take(half).collect();
    format!("{head} … {}", tail.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(schema: &Value, event: &Value, words: &str) {
        let validator = Validator::new(schema, Dialect::Twenty, &BTreeMap::new()).unwrap();
        let faults = validator.faults(event, 5);
        let told: Vec<&str> = faults.iter().map(|fault| fault.words.as_str()).collect();
        assert_eq!(told, [words], "{schema}");
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words() {
        check(
            &json!({"type": "number"}),
            &json!("1"),
            "is text, but must be a number",
        );
        check(
            &json!({"type": ["string", "null"]}),
            &json!(1),
            "is a number, but must be null or text",
        );
        check(
            &json!({"minimum": 0}),
            &json!(-5),
            "is -5, but must be at least 0",
        );
        check(
            &json!({"exclusiveMaximum": 3}),
            &json!(3),
            "is 3, but must be less than 3",
        );
        check(
            &json!({"minLength": 2}),
            &json!("é"),
            "is 1 character long, but must be at least 2",
        );
        check(
            &json!({"maxItems": 1}),
            &json!([1, 2]),
            "is 2 items, but must be at most 1",
        );
        check(
            &json!({"enum": ["EUR", "USD"]}),
            &json!("eur"),
            "is \"eur\", but must be one of \"EUR\", \"USD\"",
        );
        check(&json!({"const": 2}), &json!(1), "is 1, but must be 2");
        check(
            &json!({"pattern": "^A"}),
            &json!("b"),
            "is \"b\", but must be text that matches ^A",
        );
        check(
            &json!({"uniqueItems": true}),
            &json!([1, 1]),
            "has an item twice",
        );
        check(
            &json!({"properties": {}, "additionalProperties": false}),
            &json!({"a": 1}),
            "is there, but the schema does not know it",
        );
    }
}
