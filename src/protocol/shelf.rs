//! What is asked and told about recordings as files: those of the app's folder, and the one that is being
//! written.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::event::source_id::SourceId;
use crate::recording::{RecordingState, ShelfEntry, ShelfLimits};

/// What the window asks for about recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShelfCommand {
    /// Read the folder. Answered by [`ShelfUpdate::List`].
    List,
    /// Where the events of a recording came from. Answered by [`ShelfUpdate::Destinations`].
    LookInto(PathBuf),
    /// Record what taps bring from now on, into a new file of the folder. Told by
    /// [`ShelfUpdate::Recording`].
    Record,
    /// End that. Told in the same way.
    StopRecording,
    /// Write this beside the events that are being recorded.
    Note(String),
    /// Remove a recording of the folder. Answered by [`ShelfUpdate::List`].
    Delete(PathBuf),
    /// What the folder may take up, for recordings that begin from now on.
    Limit(ShelfLimits),
    /// What this source brings is not recorded, or is again.
    Spare {
        /// Which.
        source: SourceId,
        is_spared: bool,
    },
}

/// What is told about recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShelfUpdate {
    /// The recordings of the folder, the newest first, or why they cannot be listed.
    List(Result<Vec<ShelfEntry>, String>),
    /// What the events of a recording were published to, or why that cannot be told.
    Destinations {
        path: PathBuf,
        found: Result<Vec<String>, String>,
    },
    /// How it stands with what is recorded now; told again while it goes on.
    Recording(RecordingNow),
}

/// What is recorded now, or was last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingNow {
    /// Since when; nothing while nothing is recorded.
    pub since: Option<DateTime<Utc>>,
    /// How far it is, or was at its end.
    pub state: RecordingState,
}
