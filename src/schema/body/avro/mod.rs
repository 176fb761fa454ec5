//! Avro's binary encoding with the schema that a body was written with (Avro 1.12, "Binary Encoding").
//!
//! A union's value stands there bare where its JSON tells the branch, else as Avro's JSON encoding has
//! it: an object with the branch's name. Dates, times and decimals are written as what they mean.

mod meaning;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::read;
pub use write::write;

use crate::schema::compare::avro::{Avro, AvroShape, Type, name_of};

/// Kinds of JSON values that a type is written as.
fn kinds(avro: &Avro, kind: &Type) -> &'static [&'static str] {
    match kind {
        Type::Plain { name, logical } => match (name.as_str(), logical) {
            ("null", _) => &["null"],
            ("boolean", _) => &["boolean"],
            // What is no number is written as text; a date that is none as a number.
            ("float" | "double", _) | ("int" | "long" | "bytes", Some(_)) => &["number", "text"],
            ("int" | "long", None) => &["number"],
            _ => &["text"],
        },
        Type::Array(_) => &["array"],
        Type::Map(_) => &["object"],
        Type::Union(_) => &["null", "boolean", "number", "text", "array", "object"],
        Type::Named(name) => match avro.named.get(name).map(|named| &named.shape) {
            Some(AvroShape::Record(_)) => &["object"],
            Some(AvroShape::Fixed {
                logical: Some(_), ..
            }) => &["number", "text"],
            _ => &["text"],
        },
    }
}

/// True if the kind of a JSON value tells which of the branches it is of.
fn is_bare(avro: &Avro, branches: &[Type]) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    for kind in branches.iter().flat_map(|branch| kinds(avro, branch)) {
        if seen.contains(kind) {
            return false;
        }
        seen.push(kind);
    }
    true
}

fn is_null(kind: &Type) -> bool {
    name_of(kind) == "null"
}
