//! A note on the disk that the broker's trace was switched on by us, so that it can be switched off
//! after a crash. While Eventscope lives it holds a lock on the note: an unlocked note was left
//! behind.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::rabbitmq::endpoint::Endpoint;

/// What stands in the note, for a person who finds it.
#[derive(Serialize)]
struct NoteContent {
    switched_on: DateTime<Utc>,
    /// As a URL without the password.
    endpoint: String,
}

/// A note that is ours now. Dropping it leaves it on the disk.
#[derive(Debug)]
pub struct Note {
    path: PathBuf,
    _lock: File,
}

/// What was found on the disk.
#[derive(Debug)]
pub enum FoundNote {
    /// No note.
    Nothing,
    /// One that nobody looks after any more; it is ours now.
    Left(Note),
    /// One of another Eventscope that runs.
    InUse,
}

impl Note {
    /// Looks for a note about this virtual host.
    ///
    /// # Errors
    /// If the folder or the file cannot be used.
    pub fn find(dir: &Path, endpoint: &Endpoint) -> io::Result<FoundNote> {
        let path = dir.join(file_name(endpoint));
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FoundNote::Nothing),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            // Its owner may have removed it in the moment between.
            Ok(()) if !path.exists() => Ok(FoundNote::Nothing),
            Ok(()) => Ok(FoundNote::Left(Self { path, _lock: file })),
            Err(TryLockError::WouldBlock) => Ok(FoundNote::InUse),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes one, where there is none. The password is not part of it.
    ///
    /// # Errors
    /// If it cannot be written and flushed to the disk: then nothing may be switched on.
    pub fn write(dir: &Path, endpoint: &Endpoint, now: DateTime<Utc>) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(file_name(endpoint));
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(&path)?;
        file.lock()?;
        let content = NoteContent {
            switched_on: now,
            endpoint: endpoint.to_string(),
        };
        file.write_all(&serde_json::to_vec_pretty(&content)?)?;
        file.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(Self { path, _lock: file })
    }

    /// Removes it: the trace is off.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

/// One file for each virtual host of each broker. The name is a hash, because a virtual host may be
/// called anything.
fn file_name(endpoint: &Endpoint) -> String {
    // FNV-1a: tiny, and the same in every version, which std's hasher does not promise.
    let hash = endpoint
        .place()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("firehose-{hash:016x}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_in_use_until_its_owner_is_gone_and_then_left() {
        let dir = tempfile::tempdir().unwrap();
        let endpoint = Endpoint {
            password: crate::rabbitmq::endpoint::Password("hunter2".into()),
            ..Endpoint::default()
        };
        let find = || Note::find(dir.path(), &endpoint).unwrap();
        assert!(matches!(find(), FoundNote::Nothing));
        let note = Note::write(dir.path(), &endpoint, DateTime::UNIX_EPOCH).unwrap();
        assert!(
            !std::fs::read_to_string(&note.path)
                .unwrap()
                .contains("hunter2")
        );
        assert!(matches!(find(), FoundNote::InUse));
        assert!(Note::write(dir.path(), &endpoint, DateTime::UNIX_EPOCH).is_err());
        drop(note);
        let FoundNote::Left(note) = find() else {
            panic!("it was left")
        };
        note.remove().unwrap();
        assert!(matches!(find(), FoundNote::Nothing));
    }

    #[test]
    fn another_virtual_host_has_a_note_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let one = Endpoint::default();
        let other = Endpoint {
            vhost: "../other".into(),
            ..Endpoint::default()
        };
        let _note = Note::write(dir.path(), &one, DateTime::UNIX_EPOCH).unwrap();
        assert!(matches!(
            Note::find(dir.path(), &other).unwrap(),
            FoundNote::Nothing
        ));
    }
}
