//! One schema as a document: its text, its versions of JSON Schema, references, what its parts mean,
//! and whether an event's body is valid by it.

pub(crate) mod draft;
pub(crate) mod fault;
pub(crate) mod fold;
pub(crate) mod generate;
pub(crate) mod inside;
pub(crate) mod normal;
pub(crate) mod numbers;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod reading;
pub(crate) mod refs;
pub(crate) mod strings;
pub(crate) mod validate;
pub(crate) mod version;
