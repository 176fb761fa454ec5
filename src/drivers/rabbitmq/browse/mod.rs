//! Looking at what lies in a queue or a stream.

pub(crate) mod peek;
pub(crate) mod stream;
