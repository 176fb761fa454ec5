//! Asks whether every value of one schema is a value of another. The only file that knows the
//! engine, which calls itself experimental: its version is pinned, it never decides alone, and a
//! panic or a long silence of it is an "unknown".

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use jsonschema::canonical::{self, CanonicalSchema, Containment, Satisfiability};
use serde_json::Value;

use super::normal::Normal;

/// Longest wait for an answer. The engine cannot be interrupted; what it still does after that is
/// thrown away.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Its recursion follows the schema's.
const STACK: usize = 64 * 1024 * 1024;

/// What is known about two sets of values.
#[derive(Clone, Debug)]
pub(super) enum Inclusion {
    /// The reader takes all that the writer may write.
    Yes,
    /// It does not; the values that are left over, where they can be written as a schema.
    No(Option<Value>),
    /// It could not be told; what seems to be left over.
    Unknown(Option<Value>),
}

/// Whether `reader` takes all that `writer` may write.
pub(super) fn of(writer: &Normal, reader: &Normal) -> Inclusion {
    let (send, answer) = mpsc::sync_channel(1);
    let (writer, reader) = (writer.document(), reader.document());
    let started = thread::Builder::new()
        .name("schema sets".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            // Nobody waits any more when it took too long.
            drop(send.send(ask(&writer, &reader)));
        });
    match started {
        Ok(_) => answer
            .recv_timeout(PATIENCE)
            .unwrap_or(Inclusion::Unknown(None)),
        Err(_) => Inclusion::Unknown(None),
    }
}

fn ask(writer: &Value, reader: &Value) -> Inclusion {
    let (Some(writer), Some(reader)) = (read(writer), read(reader)) else {
        return Inclusion::Unknown(None);
    };
    // A writer that can write nothing is read by everybody, which helps nobody.
    if writer.satisfiability() == Satisfiability::No {
        return Inclusion::Unknown(None);
    }
    let left = || {
        writer
            .subtract(&reader)
            .ok()
            .map(|left| left.to_json_schema())
    };
    match reader.covers(&writer) {
        Ok(Containment::Yes) => Inclusion::Yes,
        Ok(Containment::No) => Inclusion::No(left()),
        Ok(Containment::Unknown) | Err(_) => Inclusion::Unknown(left()),
    }
}

fn read(document: &Value) -> Option<CanonicalSchema> {
    canonical::options()
        .offline()
        .should_validate_formats(false)
        .canonicalize(document)
        .ok()
}
