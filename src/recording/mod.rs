//! Recordings: events on the disk, one SQLite file a session, that other programs can read (FORMAT.md).
//! Written by a thread of its own, read page by page, exported, imported, masked and replayed.
//!
//! A file may come from anywhere: nothing in it is trusted, and what it says of sizes is bounded before
//! it is read.

mod about;
mod error;
mod format;
mod gap;
mod headers;
pub mod mask;
pub mod reader;
pub mod recorder;
pub mod replay;
mod rows;
pub mod shelf;
pub mod table;
pub mod writer;

pub use about::AboutRecording;
pub use error::RecordingError;
pub use gap::WrittenGap;
pub use reader::{RecordedEntry, RecordedEvent, Recording};
pub use recorder::{RecordTo, RecordingState, RecordingThread};
pub use shelf::ShelfLimits;
