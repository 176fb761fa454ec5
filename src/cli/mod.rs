//! The commands that need no window.

pub mod dead_letters;
pub mod recording;
pub mod schema;
