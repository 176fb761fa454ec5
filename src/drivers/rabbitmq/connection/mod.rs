//! The connections to a broker, what it said of itself, and how its messages and errors are read.

pub(crate) mod codec;
pub(crate) mod connect;
pub(crate) mod connections;
pub(crate) mod error;
pub(crate) mod greeting;
pub(crate) mod link;
pub(crate) mod survey;
pub(crate) mod wide_frames;
