//! The set engine: whether every value of one schema is a value of another, and what is left over.
//! The only file that knows it. It calls itself experimental: its version is pinned, and it never
//! decides alone. It cannot be interrupted, so it belongs into a process of its own that can be
//! ended; who runs the program says which by [`install`].

use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use jsonschema::canonical::{self, CanonicalSchema, Containment, Satisfiability};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::Cancel;

/// Its recursion follows the schema's.
pub const STACK: usize = 64 * 1024 * 1024;
/// A larger question is not asked where it could not be ended, in bytes.
const LARGEST_HERE: usize = 48 * 1024;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetQuestion {
    /// A schema of draft 2020-12: what may be written.
    pub writer: Value,
    pub reader: Value,
}

/// What is known about two sets of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Inclusion {
    /// The reader takes all that the writer may write.
    Yes,
    /// It does not; the values that are left over, where they can be written as a schema.
    No(Option<Value>),
    /// It could not be told; what seems to be left over.
    Unknown(Option<Value>),
}

/// Answers questions, and ends those that take too long.
pub trait Engine: Send + Sync {
    /// The answer, and the CPU time that it took. One that would take more than `patience` is
    /// [`Inclusion::Unknown`].
    fn ask(
        &self,
        question: &SetQuestion,
        patience: Duration,
        cancel: &Cancel,
    ) -> (Inclusion, Duration);
}

static ENGINE: OnceLock<Box<dyn Engine>> = OnceLock::new();

/// Says who answers in this process. Only the first counts.
pub fn install(engine: impl Engine + 'static) {
    // A second one has nothing to do.
    drop(ENGINE.set(Box::new(engine)));
}

pub(crate) fn engine() -> &'static dyn Engine {
    ENGINE
        .get()
        .map_or(&Here as &dyn Engine, |engine| &**engine)
}

/// Answers in this process, for small questions of tests and of who installed nothing.
struct Here;

impl Engine for Here {
    fn ask(&self, question: &SetQuestion, patience: Duration, _: &Cancel) -> (Inclusion, Duration) {
        let none = (Inclusion::Unknown(None), Duration::ZERO);
        let size = question.writer.to_string().len() + question.reader.to_string().len();
        if size > LARGEST_HERE {
            return none;
        }
        let begun = Instant::now();
        let (send, answer) = mpsc::sync_channel(1);
        let question = question.clone();
        let started = thread::Builder::new()
            .name("schema sets".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                // Nobody waits any more when it took too long.
                drop(send.send(answered(&question)));
            });
        match started.map(|_| answer.recv_timeout(patience)) {
            Ok(Ok(inclusion)) => (inclusion, begun.elapsed()),
            _ => (Inclusion::Unknown(None), begun.elapsed()),
        }
    }
}

/// The answer, however long it takes.
#[must_use]
pub fn answered(question: &SetQuestion) -> Inclusion {
    let (Some(writer), Some(reader)) = (read(&question.writer), read(&question.reader)) else {
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
