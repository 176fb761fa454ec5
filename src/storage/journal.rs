//! A record of every message that was discarded, so that a mistake can be undone: one line of JSON
//! for each, appended and flushed to the disk before the message leaves its queue.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::{Properties, base64};

/// Name of the file in the journal's folder.
pub const FILE_NAME: &str = "discarded.ndjson";

/// A complete message as it lay in a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was discarded.
    pub at: DateTime<Utc>,
    /// The queue it was removed from.
    pub queue: String,
    /// The exchange it had been published to.
    pub exchange: String,
    /// Its routing key.
    pub routing_key: String,
    /// All properties and typed headers.
    pub properties: Properties,
    /// The body, byte for byte.
    #[serde(with = "body")]
    pub body: Vec<u8>,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// The last write failed and may have left the start of a line.
    torn: bool,
}

impl Journal {
    /// Opens the journal in this folder, which is made if missing; both for this user alone.
    ///
    /// # Errors
    /// If the folder or the file cannot be made or opened.
    pub fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(FILE_NAME);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .mode(0o600)
            .open(&path)?;
        end_torn_line(&mut file)?;
        // The name itself must be on the disk too, not only what the file holds.
        File::open(dir)?.sync_all()?;
        Ok(Self {
            file,
            path,
            torn: false,
        })
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a message; returns when it is on the disk.
    ///
    /// # Errors
    /// If it could not be written or flushed. The message must then not be removed.
    pub fn append(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        if self.torn {
            end_torn_line(&mut self.file)?;
        }
        self.torn = true;
        self.file.write_all(&line)?;
        self.torn = false;
        self.file.sync_data()
    }
}

/// A line that a crash cut off must not swallow the next one.
fn end_torn_line(file: &mut File) -> io::Result<()> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}

/// Reads all entries, oldest first. A line that a crash cut off is passed over.
///
/// # Errors
/// If the file cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        if let Ok(entry) = serde_json::from_slice(&line?) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// A body as text where it is text, so that a person can read the journal, and in base64 else.
mod body {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    use super::base64;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Stored {
        Text(String),
        Base64(String),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Stored::Text(text.to_owned()),
            Err(_) => Stored::Base64(base64::encode(bytes)),
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Stored::deserialize(from)? {
            Stored::Text(text) => Ok(text.into_bytes()),
            Stored::Base64(text) => {
                base64::decode(&text).ok_or_else(|| D::Error::custom("not base64"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::domain::FieldValue;

    fn entry(body: &[u8]) -> Entry {
        let every_type = vec![
            ("void".to_owned(), FieldValue::Void),
            ("float".to_owned(), FieldValue::F32(f32::MIN_POSITIVE)),
            ("third".to_owned(), FieldValue::F64(1.0 / 3.0)),
            ("nan".to_owned(), FieldValue::F64(f64::NAN)),
            ("infinite".to_owned(), FieldValue::F32(f32::NEG_INFINITY)),
            ("raw".to_owned(), FieldValue::RawText(vec![0xff, 0])),
            ("i64".to_owned(), FieldValue::I64(i64::MIN)),
            ("u8".to_owned(), FieldValue::U8(255)),
            (
                "decimal".to_owned(),
                FieldValue::Decimal { scale: 3, value: 7 },
            ),
            ("time".to_owned(), FieldValue::Timestamp(u64::MAX)),
            (
                "nested".to_owned(),
                FieldValue::Table(vec![(
                    "array".to_owned(),
                    FieldValue::Array(vec![FieldValue::Bool(true), FieldValue::Bytes(vec![1])]),
                )]),
            ),
        ];
        Entry {
            at: DateTime::UNIX_EPOCH,
            queue: "orders.dead".into(),
            exchange: String::new(),
            routing_key: "a\nb".into(),
            properties: Properties {
                headers: Some(every_type),
                content_type: Some(String::new()),
                timestamp: Some(1),
                ..Properties::default()
            },
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_message_comes_back_from_the_journal_complete() {
        let dir = tempfile::tempdir().unwrap();
        let bodies: [&[u8]; 3] = [b"{\"a\":\n1}", b"", &[0, 0xff, 0xfe]];
        let mut journal = Journal::open(dir.path()).unwrap();
        for body in bodies {
            journal.append(&entry(body)).unwrap();
        }
        let back = read(journal.path()).unwrap();
        let expected = bodies.map(entry);
        // Compared as text: a NaN is not equal to itself but must come back too.
        assert_eq!(format!("{back:?}"), format!("{expected:?}"));
    }

    #[test]
    fn the_journal_is_for_this_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join("new")).unwrap();
        let mode = journal.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.append(&entry(b"first")).unwrap();
        journal.file.write_all(b"{\"at\":\"1970").unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.append(&entry(b"second")).unwrap();
        let bodies: Vec<_> = read(journal.path())
            .unwrap()
            .into_iter()
            .map(|e| e.body)
            .collect();
        assert_eq!(bodies, [b"first".to_vec(), b"second".to_vec()]);
    }
}
