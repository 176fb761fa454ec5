//! Where settings are kept, and how they get there and back.

use std::io;
use std::path::{Path, PathBuf};

use super::{Settings, written};

impl Settings {
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

/// The settings file in the user's configuration folder.
#[must_use]
pub fn settings_file() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("eventscope").join("settings.json"))
}

/// The file in which the window's size and place and the widths of its panels are kept.
#[must_use]
pub fn window_file() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("eventscope").join("window.ron"))
}

/// The folder of the journal in the user's data folder.
#[must_use]
pub fn journal_dir() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("eventscope"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::address::Address;
    use crate::rabbitmq::endpoint::{Endpoint, Password};
    use crate::settings::ThemeChoice;

    #[test]
    fn the_last_connection_is_remembered_without_its_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("settings.json");
        assert_eq!(Settings::load(&path).unwrap(), Settings::default());
        let address = Address::RabbitMq(Endpoint {
            password: Password("hunter2".into()),
            ..Endpoint::default()
        });
        let settings = Settings {
            last_good: Some(address.clone()),
            theme: ThemeChoice::Light,
            quiet: true,
            muted: BTreeSet::from(["here q".to_owned()]),
            parking: vec!["park.*".to_owned()],
            ..Settings::default()
        };
        settings.save(&path).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hunter2"));
        let read = Settings::load(&path).unwrap();
        assert_eq!(read.last_good, Some(address.without_secret()));
        assert!(read.theme == ThemeChoice::Light && read.quiet && read.muted.contains("here q"));
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
