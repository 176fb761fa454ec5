//! What is remembered between runs, and where. Never a secret.

mod written;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::{Endpoint, Password};
use crate::state::saved::SavedFilter;

/// Remembered settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The last connection that stood. Its password is not part of what is written.
    pub last_good: Option<Endpoint>,
    /// The light theme was chosen.
    pub light: bool,
    /// Filters with names.
    pub filters: Vec<SavedFilter>,
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
}

impl Settings {
    /// The same without the password that the running app has, for comparing with what was written.
    #[must_use]
    pub fn without_secret(&self) -> Self {
        let mut open = self.clone();
        if let Some(endpoint) = &mut open.last_good {
            endpoint.password = Password::default();
        }
        open
    }

    /// Reads the file; a missing one means defaults.
    ///
    /// # Errors
    /// The file cannot be read, or is not what this version writes.
    pub fn load(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(written::read(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the file as a whole, so that a crash leaves the old or the new one.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, written::bytes_of(self)?)?;
        std::fs::rename(fresh, path)
    }
}

/// Name of the journal in its folder.
pub const JOURNAL: &str = "journal.sqlite";

/// The settings file in the user's configuration folder.
#[must_use]
pub fn settings_file() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("eventscope").join("settings.json"))
}

/// The folder of the journal in the user's data folder.
#[must_use]
pub fn journal_dir() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("eventscope"))
}

/// The file of the journal.
#[must_use]
pub fn journal_file() -> Option<PathBuf> {
    Some(journal_dir()?.join(JOURNAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_connection_is_remembered_without_its_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("settings.json");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        let endpoint = Endpoint {
            password: Password("hunter2".into()),
            ..Endpoint::default()
        };
        let settings = Settings {
            last_good: Some(endpoint.clone()),
            light: true,
            quiet: true,
            muted: BTreeSet::from(["here q".to_owned()]),
            parking: vec!["park.*".to_owned()],
            ..Settings::default()
        };
        settings.save(&path).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
        let read = Settings::load(&path).unwrap();
        assert_eq!(
            read.last_good,
            Some(Endpoint {
                password: Password::default(),
                ..endpoint
            })
        );
        assert!(read.light && read.quiet && read.muted.contains("here q"));
        assert_eq!(read.parking, ["park.*"]);
    }

    #[test]
    fn a_broken_file_is_an_error_not_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, b"{oops").unwrap();
        assert!(Settings::load(&path).is_err());
    }
}
