//! Work over schemas and events that takes too long for the thread that draws.

pub(crate) mod by_path;
pub(crate) mod compare;
pub(crate) mod earlier_versions;
