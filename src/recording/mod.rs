//! Recordings: events on the disk, one SQLite file a session, that other programs can read (FORMAT.md).
//! Written by a thread of its own, read page by page, exported, imported, masked and replayed.
//!
//! A file may come from anywhere: nothing in it is trusted, and what it says of sizes is bounded before
//! it is read.

mod about;
mod error;
mod format;
pub mod reader;
pub mod recorder;
pub mod shelf;
pub mod table;
pub mod writer;

pub use about::About;
pub use error::RecordingError;
pub use reader::{RecordedEntry, RecordedEvent, Recording};
pub use recorder::{RecordTo, Recorder, RecordingState};
pub use shelf::ShelfLimits;
pub use writer::WrittenGap;
