//! Protobuf's binary encoding with the schema of its message (Protocol Buffers, "Encoding").
//!
//! An object has the fields that are on the wire, by the names of the schema, in its order. What the
//! schema does not know stands as `#17`, by its number. Times and durations are written as such.

mod meaning;
mod read;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use read::read;
pub use write::write;

use crate::event::wire::MessagePick;
use crate::schema::compare::protobuf::{ProtoField, ProtoLabel, Protobuf, WrittenType};

/// The full name of the message that the frame of an event names.
#[must_use]
pub fn message_named(schema: &Protobuf, pick: &MessagePick) -> Option<String> {
    match pick {
        MessagePick::Indexes(places) => {
            let mut places = places.iter().map(|place| usize::try_from(*place).ok());
            let mut name = schema.top.get(places.next()??)?.clone();
            for place in places {
                let inner = schema.messages.get(&name)?.messages.get(place?)?;
                name = format!("{name}.{}", inner.name);
            }
            Some(name)
        }
        MessagePick::Name(name) => {
            let is_it = |full: &&String| **full == *name || full.ends_with(&format!(".{name}"));
            // Those of the file itself before those that it imports.
            let found = schema.top.iter().find(is_it);
            found
                .or_else(|| schema.messages.keys().find(is_it))
                .cloned()
        }
    }
}

/// What a field's values are.
enum ValueKind<'s> {
    /// By the name of the scalar.
    Scalar(&'s str),
    Enum(&'s str),
    Message(&'s str),
    Group(&'s str),
    /// With the scalar of its key, and its value.
    Map(&'s str, &'s str),
}

fn value_kind<'s>(schema: &Protobuf, written: &'s WrittenType) -> ValueKind<'s> {
    match written {
        WrittenType::Map(key, value) => ValueKind::Map(key, value),
        WrittenType::Group(name) => ValueKind::Group(name),
        WrittenType::Name(name) => kind_named(schema, name),
    }
}

fn kind_named<'s>(schema: &Protobuf, name: &'s str) -> ValueKind<'s> {
    if schema.enums.contains_key(name) {
        ValueKind::Enum(name)
    } else if wire::form(name).is_some() {
        ValueKind::Scalar(name)
    } else {
        ValueKind::Message(name)
    }
}

fn is_list(field: &ProtoField) -> bool {
    field.label == ProtoLabel::Repeated
}
