//! The commands that need no window.

pub mod recording;
pub mod schema;
