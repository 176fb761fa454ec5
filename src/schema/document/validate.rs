//! Validates events against a schema, in its own draft. Formats and encodings count as remarks, as
//! JSON Schema 2020-12 has it by default.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator as Engine};
use serde_json::Value;

use super::draft::Dialect;
use super::normal::{Normal, short};
use crate::schema::{Failure, Unusable};
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
        ValidationErrorKind::Type { kind } if let Some(by) = by => {
            let wanted = match kind {
                TypeKind::Single(one) => kind_words(one.as_str()).to_owned(),
                TypeKind::Multiple(all) => {
                    let all: Vec<String> = all
                        .iter()
                        .map(|one| kind_words(one.as_str()).to_owned())
                        .collect();
                    all.join(" or ")
                }
            };
            format!("is {}, {by} wants {wanted}", kind_of(error.instance()))
        }
        ValidationErrorKind::Enum { options } if let Some(by) = by => {
            let is = short(error.instance());
            format!("is {is}, {by} allows {}", short(options))
        }
        ValidationErrorKind::Constant { expected_value } if let Some(by) = by => {
            let is = short(error.instance());
            format!("is {is}, {by} allows {}", short(expected_value))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } if let Some(by) = by => {
            let name = unexpected.first().map_or("", String::as_str);
            at.push('/');
            at.push_str(&escaped(name));
            format!("is there, {by} does not know it")
        }
        _ => shortened(&error.to_string()),
    };
    let kind = shortened(&error.masked_with("it").to_string());
    out.push(Failure { at, words, kind });
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
