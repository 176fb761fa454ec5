//! The reader of bodies that name their schema, over a shelf of schemas.

use super::framed::{FramedBody, FramedReading, read_framed};
use super::shelf::SchemaShelf;
use super::written::BodySchema;
use crate::event::decode::named::{NamedBodies, NamedBody};
use crate::event::wire::FoundFrames;

/// Reads with what is on a shelf, and says when something is wanted that is not.
pub struct ShelfReader {
    shelf: SchemaShelf,
    /// Called when something is wanted. Must not wait.
    wanted: Box<dyn Fn() + Send + Sync>,
}

impl ShelfReader {
    /// Over this shelf.
    pub fn new(shelf: SchemaShelf, wanted: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            shelf,
            wanted: Box::new(wanted),
        }
    }

    fn reading(&self, frames: &FoundFrames, body: &[u8], limit: usize) -> FramedBody {
        read_framed(frames, body, |key| self.shelf.get(key), limit)
    }
}

impl NamedBodies for ShelfReader {
    fn read(&self, frames: &FoundFrames, body: &[u8], limit: usize) -> NamedBody {
        match self.reading(frames, body, limit) {
            FramedBody::Bare => NamedBody::Bare,
            FramedBody::Asked(frame) => {
                (self.wanted)();
                NamedBody::Asked(frame.words())
            }
            FramedBody::Failed(words) => NamedBody::Failed(words),
            FramedBody::Read(reading) => told(*reading),
        }
    }

    fn write(&self, frames: &FoundFrames, original: &[u8], json: &str) -> Result<Vec<u8>, String> {
        match self.reading(frames, original, usize::MAX) {
            FramedBody::Read(reading) => reading.write(original, json),
            _ => Err("Its schema is not at hand any more".to_owned()),
        }
    }

    fn answers(&self) -> u64 {
        self.shelf.answers()
    }
}

fn told(reading: FramedReading) -> NamedBody {
    // JSON in a frame is read without its schema.
    if matches!(reading.schema, BodySchema::Json) {
        return NamedBody::Bare;
    }
    let message = reading.message.as_ref();
    let message = message.map_or_else(String::new, |message| format!(", message {message}"));
    NamedBody::Read {
        kind: reading.schema.name(),
        words: format!("{}{message}", reading.frame.words()),
        json: reading.body.json,
        cut: reading.body.cut,
        problem: reading.body.problem,
        is_exact: reading.body.is_exact,
    }
}
