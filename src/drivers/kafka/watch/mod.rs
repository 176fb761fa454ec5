//! Showing records as they come, and those that are there already.

pub(super) mod codec;
pub(super) mod preflight;
mod pump;
mod rights;
pub(super) mod start;
pub(super) mod tap;

pub(super) use start::ask;
