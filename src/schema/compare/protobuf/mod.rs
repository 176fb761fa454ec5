//! Protobuf: what changed between two .proto texts, and whether readers with one read what writers with
//! the other wrote. The rules are those of Confluent's registry, which are the wire's: a field is its
//! number and the way its value is written.

mod known;
mod oneofs;
mod parse;
mod parser;
mod resolve;
#[cfg(test)]
mod tests;
mod tokens;
mod walk;

use std::collections::BTreeMap;

use super::change::{Change, Effect};
use super::check::{Answer, CheckReport, Proof, Verdict};
use crate::schema::Unusable;
use crate::schema::document::policy::Policy;
use walk::ProtoWalk;

/// A .proto text and what it imports, its types by full name.
#[derive(Clone, Debug)]
pub struct Protobuf {
    pub(crate) package: String,
    /// Messages of the file itself, in its order, by full name.
    pub(crate) top: Vec<String>,
    pub(crate) messages: BTreeMap<String, ProtoMessage>,
    pub(crate) enums: BTreeMap<String, ProtoEnum>,
    /// Enums of the file itself that lie in no message.
    pub(crate) top_enums: Vec<String>,
    pub(crate) rpcs: Vec<ProtoRpc>,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProtoMessage {
    pub(crate) name: String,
    pub(crate) fields: Vec<ProtoField>,
    pub(crate) oneofs: Vec<ProtoOneof>,
    /// Messages and enums that are defined in it.
    pub(crate) messages: Vec<Self>,
    pub(crate) enums: Vec<ProtoEnum>,
    /// Numbers that no field may have, from and to.
    pub(crate) reserved: Vec<(i64, i64)>,
    pub(crate) reserved_names: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct ProtoOneof {
    pub(crate) name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct ProtoField {
    line: usize,
    pub(crate) name: String,
    pub(crate) number: i32,
    pub(crate) label: ProtoLabel,
    /// Its type; before the names are resolved as it is written.
    pub(crate) written: WrittenType,
    /// The place of its oneof in the message.
    pub(crate) oneof: Option<usize>,
    /// A list of numbers is written in one piece.
    pub(crate) is_packed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProtoLabel {
    Single,
    Optional,
    Required,
    Repeated,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WrittenType {
    /// A scalar, or a message or an enum by its full name.
    Name(String),
    /// A message that is written between two marks.
    Group(String),
    /// Key and value.
    Map(String, String),
}

/// An enum.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProtoEnum {
    line: usize,
    pub(crate) name: String,
    pub(crate) values: Vec<(String, i32)>,
    allows_alias: bool,
}

/// A call of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtoRpc {
    pub(crate) name: String,
    pub(crate) signature: String,
}

/// Names of the types that are no messages, with how their values are written: those that share it can
/// stand for each other.
pub(crate) const SCALARS: [(&str, &str); 15] = [
    ("int32", "a varint"),
    ("int64", "a varint"),
    ("uint32", "a varint"),
    ("uint64", "a varint"),
    ("bool", "a varint"),
    ("sint32", "a zigzag varint"),
    ("sint64", "a zigzag varint"),
    ("fixed32", "four bytes"),
    ("sfixed32", "four bytes"),
    ("float", "four bytes of a float"),
    ("fixed64", "eight bytes"),
    ("sfixed64", "eight bytes"),
    ("double", "eight bytes of a double"),
    ("string", "bytes"),
    ("bytes", "bytes"),
];

impl Protobuf {
    /// The files that a .proto text imports, as it names them.
    ///
    /// # Errors
    /// It is not valid Protobuf.
    pub fn imports(text: &str) -> Result<Vec<String>, Unusable> {
        Ok(parse::parse(text)?.imports)
    }

    /// Reads a .proto text; `imports` are the files that it imports, by the names it imports them by.
    /// Google's own files are known. A type that is in none of them is kept by its name.
    ///
    /// # Errors
    /// It is not valid Protobuf; the words say where.
    pub fn new(text: &str, imports: &BTreeMap<String, String>) -> Result<Self, Unusable> {
        resolve::resolve(text, imports)
    }
}

/// How a value of a scalar is written; enums are varints. `None` of a message.
pub(crate) fn scalar_form(schema: &Protobuf, name: &str) -> Option<&'static str> {
    if schema.enums.contains_key(name) {
        return Some("a varint");
    }
    let scalar = SCALARS.iter().find(|(known, _)| *known == name);
    scalar.map(|(_, form)| *form)
}

/// Compares two Protobuf schemas. Policies do not differ here: unknown fields are kept by every reader.
#[must_use]
pub fn compare_protobuf(old: &Protobuf, new: &Protobuf, policy: Policy) -> CheckReport {
    let mut changes = ProtoWalk::new(old, new).changes();
    changes.sort_by_key(|change| !change.breaks());
    let verdict = |breaks: Option<String>, to: &str, from: &str| match breaks {
        None => Verdict {
            answer: Answer::Yes,
            proof: Proof::Policy,
            reason: format!("a reader with the {to} schema reads all that the {from} one writes"),
            example: None,
            failures: Vec::new(),
        },
        Some(reason) => Verdict {
            answer: Answer::No,
            proof: Proof::Policy,
            reason,
            example: None,
            failures: Vec::new(),
        },
    };
    let of = |effect: fn(&Change) -> Effect| {
        let found = changes
            .iter()
            .find(|change| effect(change) == Effect::Breaks);
        found.map(|change| change.reason.clone())
    };
    let (backward, forward) = (of(|change| change.backward), of(|change| change.forward));
    CheckReport {
        policy,
        backward: verdict(backward, "new", "old"),
        forward: verdict(forward, "old", "new"),
        changes,
        complete: true,
    }
}
