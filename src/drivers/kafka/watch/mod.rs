//! Showing records as they come, and those that are there already.

mod codec;
pub(super) mod preflight;
mod pump;
mod rights;
mod start;
pub(super) mod tap;

pub(super) use start::ask;
