//! How a serialiser says which schema an event was written with: a few bytes in front of the body, or
//! headers. Recognised from bytes and headers alone, taken off, and put on again byte for byte.
//!
//! Bytes only look so: many bodies begin with a zero. Such a frame counts when its id is known to a
//! registry and what follows decodes to its end. Headers say it.

mod apicurio;
mod confluent;
mod glue;
mod message;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

pub use message::{MessagePick, PickedMessage, index_bytes, picked};

/// Half of an event that has a schema of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventHalf {
    Key,
    Value,
}

/// Whose convention a frame follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireFormat {
    /// A zero and four bytes: Confluent's, and Apicurio's since 3.0.
    ShortId,
    /// A zero and eight bytes: Apicurio's before 3.0.
    LongId,
    /// Confluent's header with a GUID.
    ConfluentHeader,
    /// Apicurio's headers.
    ApicurioHeaders,
    /// AWS Glue's eighteen bytes.
    Glue,
}

impl WireFormat {
    /// The name shown to the person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShortId => "Confluent's wire format",
            Self::LongId => "Apicurio's wire format with eight bytes",
            Self::ConfluentHeader => "Confluent's header",
            Self::ApicurioHeaders => "Apicurio's headers",
            Self::Glue => "AWS Glue's wire format",
        }
    }
}

/// What names a schema at its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemaKey {
    /// Four bytes. Confluent's id; at an Apicurio registry a content id, or a global id that looks the
    /// same.
    Id(u32),
    /// Confluent's GUID of a schema.
    Guid(Uuid),
    /// Apicurio's id of a schema's text.
    ContentId(u64),
    /// Apicurio's id of a version.
    GlobalId(u64),
    /// The version id of AWS Glue.
    GlueVersion(Uuid),
}

impl fmt::Display for SchemaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "schema id {id}"),
            Self::Guid(guid) => write!(f, "schema GUID {guid}"),
            Self::ContentId(id) => write!(f, "content id {id}"),
            Self::GlobalId(id) => write!(f, "global id {id}"),
            Self::GlueVersion(version) => write!(f, "schema version id {version}"),
        }
    }
}

/// How a payload is written, where a header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredEncoding {
    /// Avro's binary encoding.
    AvroBinary,
    /// Avro's JSON encoding.
    AvroJson,
    /// A document or message as its schema's kind has it: JSON or Protobuf.
    Message,
}

/// A frame around a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub format: WireFormat,
    pub schema: SchemaKey,
    /// Bytes in front of the payload.
    pub length: usize,
    /// The payload is a zlib stream.
    pub is_compressed: bool,
    pub encoding: Option<DeclaredEncoding>,
    /// The message of a Protobuf schema, where a header tells it.
    pub message: Option<MessagePick>,
}

impl Frame {
    fn new(format: WireFormat, schema: SchemaKey, length: usize) -> Self {
        Self {
            format,
            schema,
            length,
            is_compressed: false,
            encoding: None,
            message: None,
        }
    }

    /// A header says so; bytes in front of a body only look so.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.length == 0
    }

    /// `Confluent's wire format, schema id 42`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{}, {}", self.format.name(), self.schema)
    }

    /// The payload of a body in this frame, at most `limit` bytes of it.
    ///
    /// # Errors
    /// In words, if it cannot be taken off.
    pub fn open<'a>(&self, body: &'a [u8], limit: usize) -> Result<Cow<'a, [u8]>, String> {
        let inside = body
            .get(self.length..)
            .ok_or_else(|| format!("{} ends before its payload", self.format.name()))?;
        if self.is_compressed {
            return glue::inflate(inside, limit).map(Cow::Owned);
        }
        Ok(inside.into())
    }

    /// A body with another payload in the frame of `original`; the same payload gives the same bytes.
    ///
    /// # Errors
    /// In words, if it cannot be put on.
    pub fn close(&self, original: &[u8], payload: &[u8]) -> Result<Vec<u8>, String> {
        if self
            .open(original, payload.len())
            .is_ok_and(|before| before == payload)
        {
            return Ok(original.to_vec());
        }
        let frame = original
            .get(..self.length)
            .ok_or_else(|| format!("{} has no frame", self.format.name()))?;
        let packed = if self.is_compressed {
            glue::deflate(payload)?
        } else {
            payload.to_vec()
        };
        Ok([frame, &packed].concat())
    }
}

/// What was found around a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFrames {
    /// The likeliest first; more than one only where bytes can be read in several ways.
    pub frames: Vec<Frame>,
    /// What is wrong with something that is a frame, in words.
    pub problem: Option<String>,
}

/// Looks for a frame. `header` gives the last value of a header.
#[must_use]
pub fn find<'a>(
    half: EventHalf,
    body: &[u8],
    header: impl Fn(&str) -> Option<&'a [u8]>,
) -> FoundFrames {
    let mut found = FoundFrames::default();
    let mut take = |frame: Option<Result<Frame, String>>| match frame {
        Some(Ok(frame)) => found.frames.push(frame),
        Some(Err(words)) => found.problem = found.problem.take().or(Some(words)),
        None => {}
    };
    take(confluent::by_header(half, &header));
    take(apicurio::by_headers(half, &header));
    take(glue::in_front(body));
    take(confluent::in_front(body).map(Ok));
    take(apicurio::in_front(body).map(Ok));
    found
}
