//! The folder of recordings: what a file is called, and which ones go when there are too many.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use super::about::AboutRecording;
use super::error::RecordingError;
use super::reader::Recording;

/// What a recording's name ends with.
pub const EXTENSION: &str = "eventscope";

/// Most recordings that are listed.
const MOST_LISTED: usize = 1_000;
/// Most places that are named for each.
const MOST_PLACES: u32 = 20;

/// What recordings may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfLimits {
    /// Bytes of all files in the folder.
    pub bytes: u64,
    /// How long a file is kept.
    pub age: Duration,
}

impl Default for ShelfLimits {
    /// 2 GB and 7 days.
    fn default() -> Self {
        Self {
            bytes: 2_000_000_000,
            age: Duration::from_hours(7 * 24),
        }
    }
}

impl ShelfLimits {
    /// So many bytes and days; as usual where nothing is said.
    #[must_use]
    pub fn of(bytes: Option<u64>, days: Option<u16>) -> Self {
        let usual = Self::default();
        Self {
            bytes: bytes.unwrap_or(usual.bytes),
            age: days.map_or(usual.age, |days| Duration::from_hours(24 * u64::from(days))),
        }
    }

    /// How long a file is kept, in days.
    #[must_use]
    pub fn days(&self) -> u16 {
        u16::try_from(self.age.as_secs() / 86_400).unwrap_or(u16::MAX)
    }

    /// Bytes after which a recording goes on in another file, so that a long session can lose its oldest
    /// part.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        (self.bytes / 8).max(1_000_000)
    }
}

/// A recording in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfFile {
    pub path: PathBuf,
    /// With what SQLite keeps beside it.
    pub bytes: u64,
    pub changed: SystemTime,
}

/// A recording in the folder with what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfEntry {
    /// The file.
    pub file: ShelfFile,
    /// What it says of itself, or why it cannot be read, in words.
    pub about: Result<AboutRecording, String>,
    /// Where its events came from.
    pub places: Vec<String>,
}

impl ShelfEntry {
    /// What it is called: the name of its file without the end that all have.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = self.file.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}

/// The recordings of a folder with what they say of themselves, the newest first, no more than a
/// thousand.
///
/// # Errors
/// If the folder cannot be read. One that is not there has none.
pub fn look(folder: &Path) -> Result<Vec<ShelfEntry>, RecordingError> {
    let files = list(folder)?.into_iter().rev().take(MOST_LISTED);
    Ok(files.map(look_into).collect())
}

fn look_into(file: ShelfFile) -> ShelfEntry {
    let read = Recording::open(&file.path).and_then(|recording| {
        let places = recording.places(MOST_PLACES)?;
        Ok((recording.about()?, places))
    });
    let (about, places) = match read {
        Ok((about, places)) => (Ok(about), places),
        Err(error) => (Err(error.to_string()), Vec::new()),
    };
    ShelfEntry {
        file,
        about,
        places,
    }
}

/// Removes a recording of the folder, with what SQLite keeps beside it.
///
/// # Errors
/// Why it stays: it is not in the folder, or it is being written.
pub fn delete(folder: &Path, path: &Path, now: SystemTime) -> Result<(), RecordingError> {
    let is_ours =
        path.parent() == Some(folder) && path.extension().is_some_and(|end| end == EXTENSION);
    if !is_ours {
        return Err(RecordingError::Unwritable(
            "It does not lie in the folder of recordings".to_owned(),
        ));
    }
    if is_being_written(path, now) {
        return Err(RecordingError::Unwritable(
            "It is being written. Stop the recording first".to_owned(),
        ));
    }
    fs::remove_file(path)?;
    for path in beside(path) {
        // Most have none.
        fs::remove_file(path).ok();
    }
    Ok(())
}

/// A name that no file in the folder has. The folder is made if it is missing, for this user alone.
///
/// # Errors
/// If it cannot be made.
pub fn new_file(folder: &Path, now: DateTime<Utc>) -> Result<PathBuf, RecordingError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let stem = now.format("%Y-%m-%d %H.%M.%S").to_string();
    let numbered = |number: u32| match number {
        1 => folder.join(format!("{stem}.{EXTENSION}")),
        number => folder.join(format!("{stem} ({number}).{EXTENSION}")),
    };
    let mut names = (1..10_000).map(numbered);
    names
        .find(|path| !path.exists())
        .ok_or_else(|| RecordingError::Unwritable("Too many recordings of one second".to_owned()))
}

/// The recordings of a folder, the oldest first.
///
/// # Errors
/// If the folder cannot be read. One that is not there has none.
pub fn list(folder: &Path) -> Result<Vec<ShelfFile>, RecordingError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != EXTENSION) {
            continue;
        }
        // It may be gone by now.
        let Ok(found) = path.metadata() else { continue };
        let beside: u64 = beside(&path)
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|found| found.len())
            .sum();
        files.push(ShelfFile {
            bytes: found.len() + beside,
            changed: found.modified()?,
            path,
        });
    }
    files.sort_by(|a, b| (a.changed, &a.path).cmp(&(b.changed, &b.path)));
    Ok(files)
}

/// What SQLite keeps beside a file while it is written.
fn beside(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

/// Removes the oldest recordings until the rest is within the limits. What is in `used` stays, and what
/// another program is writing. Gives those that went.
///
/// # Errors
/// If the folder cannot be read. A file that cannot be removed stays.
pub fn prune(
    folder: &Path,
    limits: ShelfLimits,
    used: &[&Path],
    now: SystemTime,
) -> Result<Vec<PathBuf>, RecordingError> {
    let files = list(folder)?;
    let mut total: u64 = files.iter().map(|file| file.bytes).sum();
    let mut gone = Vec::new();
    for file in files {
        let is_old = now
            .duration_since(file.changed)
            .is_ok_and(|age| age > limits.age);
        let is_used = used.contains(&file.path.as_path());
        if is_used || !(is_old || total > limits.bytes) || is_being_written(&file.path, now) {
            continue;
        }
        if fs::remove_file(&file.path).is_ok() {
            for path in beside(&file.path) {
                // Most have none.
                fs::remove_file(path).ok();
            }
            total = total.saturating_sub(file.bytes);
            gone.push(file.path);
        }
    }
    Ok(gone)
}

fn is_being_written(path: &Path, now: SystemTime) -> bool {
    let about = Recording::open(path).and_then(|recording| recording.about());
    about.is_ok_and(|about| about.is_being_written(now.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::writer::RecordingWriter;

    #[test]
    fn the_oldest_files_go_first_and_others_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let now: SystemTime = DateTime::<Utc>::from_timestamp(1_790_000_000, 0)
            .unwrap()
            .into();
        let put = |name: &str, hours: u64, bytes: usize| {
            let path = dir.path().join(name);
            fs::write(&path, vec![0; bytes]).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(now - Duration::from_hours(hours))
                .unwrap();
            path
        };
        let ancient = put("a.eventscope", 500, 10);
        let older = put("b.eventscope", 4, 60);
        put("b.eventscope-wal", 4, 10);
        let newer = put("c.eventscope", 2, 60);
        let open = put("d.eventscope", 600, 10);
        let foreign = put("letter.txt", 900, 500);
        let limits = ShelfLimits {
            bytes: 100,
            age: Duration::from_hours(24),
        };
        let gone = prune(dir.path(), limits, &[&open], now).unwrap();
        assert_eq!(gone, [ancient, older]);
        assert!(newer.exists() && open.exists() && foreign.exists());
        assert!(!dir.path().join("b.eventscope-wal").exists());
        assert!(prune(dir.path(), limits, &[], now).unwrap() == [open]);
    }

    #[test]
    fn the_folder_is_listed_with_what_cannot_be_read_and_only_its_own_files_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let now = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap();
        let path = dir.path().join("a.eventscope");
        let writer = RecordingWriter::create(&path, now).unwrap();
        let late = now + chrono::TimeDelta::hours(1);
        fs::write(dir.path().join("b.eventscope"), "nothing").unwrap();
        let all = look(dir.path()).unwrap();
        let mut names: Vec<_> = all
            .iter()
            .map(|one| (one.name(), one.about.is_ok()))
            .collect();
        names.sort();
        assert_eq!(names, [("a".to_owned(), true), ("b".to_owned(), false)]);
        let refused = |path: &Path, now: DateTime<Utc>| {
            let done = delete(dir.path(), path, now.into());
            done.unwrap_err().to_string()
        };
        assert!(refused(&path, now).contains("Stop the recording"));
        let other = dir.path().join("letter.txt");
        assert!(refused(&other, late).contains("folder of recordings"));
        writer.seal(now).unwrap();
        delete(dir.path(), &path, late.into()).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn each_recording_of_a_second_has_a_name_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new");
        let now = DateTime::UNIX_EPOCH;
        let first = new_file(&folder, now).unwrap();
        assert!(
            first.ends_with("1970-01-01 00.00.00.eventscope"),
            "{first:?}"
        );
        fs::write(&first, "").unwrap();
        assert!(
            new_file(&folder, now)
                .unwrap()
                .ends_with("1970-01-01 00.00.00 (2).eventscope")
        );
        assert!(list(&folder.join("none")).unwrap().is_empty());
    }
}
