//! Recordings: events on the disk, one SQLite file a session, that other programs can read (FORMAT.md).
//! Written by a thread of its own, read page by page, exported, imported, masked and replayed.
//!
//! A file may come from anywhere: nothing in it is trusted, and what it says of sizes is bounded before
//! it is read.

mod about;
mod annotate;
mod error;
pub mod export;
mod format;
mod gap;
mod headers;
pub mod mask;
mod outline;
pub mod reader;
pub mod recorder;
pub mod replay;
mod rows;
pub mod shelf;
pub mod table;
pub mod writer;

pub use about::AboutRecording;
pub use annotate::add_note;
pub use error::RecordingError;
pub use gap::WrittenGap;
pub use outline::Outline;
pub use reader::{RecordedEntry, RecordedEvent, Recording};
pub use recorder::{RecordTo, RecordingState, RecordingThread};
pub use shelf::{ShelfEntry, ShelfLimits};

/// What stands for all destinations of a recording.
pub const ALL_DESTINATIONS: &str = "*";
/// The name of the recording that lies in the program.
pub const SAMPLE_NAME: &str = "sample.eventscope";
