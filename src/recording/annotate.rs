//! A note that a person adds to a recording that stands: the only thing that is ever written into one.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, params};

use super::error::RecordingError;
use super::format;

/// How long one waits for a writer.
const BUSY: Duration = Duration::from_secs(2);
/// Longest note, in bytes.
const MOST_WORDS: usize = 10_000;

/// Writes a note about a moment, or about an event, into a recording.
///
/// # Errors
/// If the file cannot be written, or is no recording.
pub fn add_note(
    path: &Path,
    at: DateTime<Utc>,
    event: Option<u64>,
    words: &str,
) -> Result<(), RecordingError> {
    if words.len() > MOST_WORDS {
        return Err(RecordingError::Unwritable(
            "The note is too long: 10,000 bytes are the most".to_owned(),
        ));
    }
    // Told before SQLite does, which would say that the database is read-only.
    drop(std::fs::OpenOptions::new().write(true).open(path)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    format::distrust(&db)?;
    format::check(&db)?;
    db.execute(
        "INSERT INTO note (written_at, event, words) VALUES (?, ?, ?)",
        params![at.timestamp_millis(), event.map(u64::cast_signed), words],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;
    use crate::recording::writer::RecordingWriter;

    #[test]
    fn a_note_is_added_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.eventscope");
        let at = DateTime::UNIX_EPOCH;
        let writer = RecordingWriter::create(&path, at).unwrap();
        // Also while somebody writes.
        add_note(&path, at, None, "early").unwrap();
        writer.seal(at).unwrap();
        let before = Recording::open(&path).unwrap().about().unwrap();
        add_note(&path, at, Some(3), "here").unwrap();
        let after = Recording::open(&path).unwrap();
        assert_eq!(after.about().unwrap(), before);
        let notes = after.notes().unwrap();
        let words: Vec<_> = notes.iter().map(|note| note.words.as_str()).collect();
        assert_eq!((words, notes[1].event), (vec!["early", "here"], Some(3)));
        let long = "x".repeat(MOST_WORDS + 1);
        assert!(add_note(&path, at, None, &long).is_err());
        let foreign = dir.path().join("b.eventscope");
        std::fs::write(&foreign, "x".repeat(5_000)).unwrap();
        assert!(matches!(
            add_note(&foreign, at, None, "x"),
            Err(RecordingError::Foreign)
        ));
        assert!(add_note(&dir.path().join("none"), at, None, "x").is_err());
        assert!(!dir.path().join("none").exists());
    }
}
