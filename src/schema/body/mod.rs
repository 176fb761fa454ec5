//! Bodies that only a schema can read, as JSON, and back again.
//!
//! What comes out is bounded by a limit, depth by a constant; nothing here recurses over a body or over
//! the JSON that is written from it, and no count in a body sets memory aside.

pub mod avro;
mod framed;
pub mod protobuf;
mod reader;
mod rows;
mod schemas_topic;
mod shelf;
#[cfg(test)]
mod tests;
mod written;

pub use framed::{FramedBody, FramedReading, read_framed};
pub use reader::ShelfReader;
pub use schemas_topic::SchemasTopic;
pub use shelf::{SchemaShelf, Shelved};
pub use written::{BodySchema, WrittenSchema};

/// A body as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBody {
    /// A whole JSON document, also where reading stopped early.
    pub json: Vec<u8>,
    /// Values that are shown by their meaning: the row of the document, and what stands in the body.
    pub raw: Vec<(usize, String)>,
    /// Bytes of the body that were read.
    pub used: usize,
    /// There is more than the limit let through.
    pub cut: bool,
    /// What is broken, in words.
    pub problem: Option<String>,
    /// Written back, the document gives the same values.
    pub is_exact: bool,
    /// Fields that the schema does not know.
    pub unknown: usize,
}

impl ReadBody {
    /// All of a body of this length was read, and nothing of it is broken.
    #[must_use]
    pub fn is_whole(&self, length: usize) -> bool {
        !self.cut && self.problem.is_none() && self.used == length
    }
}
