//! Two versions of a schema: what changed, what that breaks and for whom, and how that is proved.

pub(crate) mod avro;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod cover;
pub(crate) mod diff;
pub(crate) mod example;
pub(crate) mod flat;
pub(crate) mod inclusion;
pub(crate) mod named;
pub(crate) mod pattern;
pub(crate) mod protobuf;
pub(crate) mod report;
pub mod sets;
