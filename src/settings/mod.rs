//! What is remembered between runs, and where. Never a secret.

mod desk;
mod file;
mod written;
mod written_desk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::address::Address;

pub use desk::{
    SavedDesk, SavedDraft, SavedForm, SavedHeader, SavedOutcome, SavedSent, SavedSeries, SavedTap,
};
pub use file::{journal_dir, settings_file, window_file};

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    /// What the person called it.
    pub name: String,
    /// The filter line.
    pub line: String,
}

/// How the list of live events was set up, in the words of its own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedList {
    /// How times are written; empty for as usual.
    pub times: String,
    /// The columns that the person chose; none for those that fit.
    pub columns: Option<Vec<String>>,
    /// A message that several taps brought is shown once.
    pub merged: bool,
    /// The filter line.
    pub filter: String,
}

/// The theme of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the desktop has it.
    System,
    #[default]
    Dark,
    Light,
}

/// A connection that worked once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedConnection {
    /// Where it leads, without its secrets.
    pub address: Address,
    /// The person marked it as production.
    pub is_production: bool,
    /// What it brings is not recorded.
    pub is_spared: bool,
}

/// Remembered settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The last connection that stood. Its password is not part of what is written.
    pub last_good: Option<Address>,
    /// Connections that worked, the newest first.
    pub connections: Vec<SavedConnection>,
    pub theme: ThemeChoice,
    /// Filters with names.
    pub filters: Vec<SavedFilter>,
    pub list: SavedList,
    /// New dead letters are not told on the desktop.
    pub quiet: bool,
    /// Queues of which nothing is told, each with the place of its broker before it.
    pub muted: BTreeSet<String>,
    /// Names of queues that are kept for what failed, with `*` for any text.
    pub parking: Vec<String>,
    /// The folder of schemas.
    pub schemas: Option<PathBuf>,
    /// Days that records of the journal are kept; `None` for the usual time.
    pub keep_days: Option<u16>,
    /// Memory for events, in bytes; `None` for the usual amount.
    pub log_bytes: Option<usize>,
    /// All that taps bring is recorded, from the first second of a run.
    pub records: bool,
    /// Bytes that recordings may take up; `None` for the usual amount.
    pub recording_bytes: Option<u64>,
    /// Days that a recording is kept; `None` for the usual time.
    pub recording_days: Option<u16>,
    /// What was arranged at each connection, the newest first.
    pub desks: Vec<SavedDesk>,
    /// The sizes of panels that the person changed, in thousandths of their room, by name.
    pub panels: BTreeMap<String, u16>,
}

impl Settings {
    /// The same without the password that the running app has, for comparing with what was written.
    #[must_use]
    pub fn without_secret(&self) -> Self {
        let mut open = self.clone();
        open.last_good = open.last_good.map(|address| address.without_secret());
        open
    }
}
