//! Bodies that name their schema, where somebody is there who can read them with it. Who runs the
//! program says who by [`install`]; without, such a body is what its bytes are.

use std::sync::OnceLock;

use crate::event::amqp::{FieldValue, Properties};
use crate::event::wire::{self, EventHalf, FoundFrames};

/// What became of a body that may name its schema.
#[derive(Clone, Debug)]
pub enum NamedBody {
    /// It names none, or only looks so.
    Bare,
    /// Its schema is being asked for: which.
    Asked(String),
    /// It names a schema and cannot be read with it: why.
    Failed(String),
    Read {
        /// `Avro` or `Protobuf`.
        kind: &'static str,
        /// What was done: `Confluent's wire format, schema id 42`.
        words: String,
        /// The JSON document.
        json: Vec<u8>,
        cut: bool,
        problem: Option<String>,
        /// Written back, the document gives the same values.
        is_exact: bool,
    },
}

/// Reads bodies with the schemas that they name. Never waits.
pub trait NamedBodies: Send + Sync {
    /// A body by the frames that were found around it, at most about `limit` bytes of JSON.
    fn read(&self, frames: &FoundFrames, body: &[u8], limit: usize) -> NamedBody;

    /// A body with an edited document, in the frame of the original.
    ///
    /// # Errors
    /// It does not fit the schema; in words.
    fn write(&self, frames: &FoundFrames, original: &[u8], json: &str) -> Result<Vec<u8>, String>;

    /// A number that grows when more can be read than before.
    fn answers(&self) -> u64;
}

static READER: OnceLock<Box<dyn NamedBodies>> = OnceLock::new();

/// Says who reads them in this process. Only the first counts.
pub fn install(reader: impl NamedBodies + 'static) {
    // A second one has nothing to do.
    drop(READER.set(Box::new(reader)));
}

pub(crate) fn reader() -> Option<&'static dyn NamedBodies> {
    READER.get().map(|reader| &**reader)
}

/// A number that grows when more can be read than before.
#[must_use]
pub fn answers() -> u64 {
    reader().map_or(0, NamedBodies::answers)
}

/// The frames around the value of an event.
pub(crate) fn frames(body: &[u8], properties: &Properties) -> FoundFrames {
    wire::find(EventHalf::Value, body, |name| bytes(properties, name))
}

/// Whether a header names the schema: then the body is what the schema says, whatever it looks like.
pub(crate) fn is_told(properties: &Properties) -> bool {
    let names = [
        "__value_schema_id",
        "apicurio.value.contentId",
        "apicurio.value.globalId",
    ];
    let headers = properties.headers.iter().flatten();
    let mut headers = headers.map(|(name, _)| name.as_str());
    headers.any(|name| names.contains(&name))
}

fn bytes<'p>(properties: &'p Properties, name: &str) -> Option<&'p [u8]> {
    match properties.header(name)? {
        FieldValue::Text(text) => Some(text.as_bytes()),
        FieldValue::RawText(bytes) | FieldValue::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}
