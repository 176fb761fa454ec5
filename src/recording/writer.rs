//! Writes one recording. What was committed survives the end of this process at any moment.
//!
//! The file is in WAL mode while it is written: who reads it meanwhile never holds the writer up, and
//! after a crash the next to open it finds everything that was committed. When it is sealed, the log is
//! taken in and the file stands alone.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, params};

use super::error::RecordingError;
use super::format::{self, MOST_EVENT, MOST_HEADERS, MOST_SHAPE};
use super::gap::WrittenGap;
use super::headers::written;
use crate::event::written_transport;
use crate::log::{Entry, Kept, Segment, Shape};

/// Pages of 4 KiB after which what was written goes from the log to its place.
const CHECKPOINT_PAGES: i64 = 256;
/// How long one waits for a reader that holds the file.
const BUSY: Duration = Duration::from_secs(2);
/// Most shapes whose numbers are remembered. When there are more they are written again.
const MOST_SHAPES: usize = 10_000;
/// A recording that is being written.
#[derive(Debug)]
pub struct RecordingWriter {
    db: Connection,
    path: PathBuf,
    sources: HashMap<String, i64>,
    shapes: HashMap<String, i64>,
    events: u64,
    bytes: u64,
    /// The number of the last event.
    last: i64,
    has_begun: bool,
    /// Events and bytes that are safe.
    safe: (u64, u64),
    /// Events before the segment that was written last.
    before_segment: u64,
}

impl RecordingWriter {
    /// Makes a new file, for this user alone. One that is there is never overwritten.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(path: &Path, now: DateTime<Utc>) -> Result<Self, RecordingError> {
        drop(
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?,
        );
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(BUSY)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        db.set_prepared_statement_cache_capacity(16);
        let mut writer = Self {
            db,
            path: path.to_owned(),
            sources: HashMap::new(),
            shapes: HashMap::new(),
            events: 0,
            bytes: 0,
            last: 0,
            has_begun: false,
            safe: (0, 0),
            before_segment: 0,
        };
        writer.begin()?;
        format::create(&writer.db)?;
        writer.db.execute(
            "INSERT INTO recording (id, made_by, begun_at, seen_until, events, bytes)
             VALUES (1, ?1, ?2, ?2, 0, 0)",
            params![
                concat!("eventscope ", env!("CARGO_PKG_VERSION")),
                now.timestamp_millis()
            ],
        )?;
        writer.commit(now)?;
        Ok(writer)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Events that were written.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Events of the last segment that were written.
    pub(crate) fn events_of_last_segment(&self) -> u64 {
        self.events - self.before_segment
    }

    fn begin(&mut self) -> Result<(), RecordingError> {
        if !self.has_begun {
            self.db.execute_batch("BEGIN IMMEDIATE")?;
            self.has_begun = true;
        }
        Ok(())
    }

    /// True if something was written that is not safe yet.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Writes everything of a segment that came from one place, gaps included.
    ///
    /// # Errors
    /// If the file takes no more. What was not committed is lost then.
    pub fn segment(&mut self, place: &str, segment: &Segment) -> Result<(), RecordingError> {
        self.before_segment = self.events;
        self.begin()?;
        let source = self.source(place)?;
        let mut shapes: Vec<Option<i64>> = vec![None; segment.shapes().len()];
        for row in 0..segment.len() {
            match segment.entry(row) {
                Some(Entry::Event(event)) => {
                    let number = event.shape_number();
                    let shape = match shapes.get(number).copied().flatten() {
                        Some(shape) => Ok(shape),
                        None => self.shape(source, event.shape()),
                    };
                    let done = match shape {
                        Ok(shape) => {
                            if let Some(known) = shapes.get_mut(number) {
                                *known = Some(shape);
                            }
                            self.event(shape, event)
                        }
                        Err(error) => Err(error),
                    };
                    match done {
                        Err(RecordingError::Unwritable(why)) => self.gap(&WrittenGap {
                            from: event.received_at(),
                            to: event.received_at(),
                            place: Some(place.to_owned()),
                            events: Some(1),
                            why,
                        })?,
                        done => done?,
                    }
                }
                Some(Entry::Gap { from, to }) => self.gap(&WrittenGap {
                    from,
                    to,
                    place: Some(place.to_owned()),
                    events: None,
                    why: "The connection was lost".to_owned(),
                })?,
                None => {}
            }
        }
        Ok(())
    }

    fn event(&mut self, shape: i64, event: Kept<'_>) -> Result<(), RecordingError> {
        let properties = event.properties();
        let headers = properties.headers.as_ref().map(written).transpose()?;
        let (key, body) = (event.key(), event.body());
        let headers_size = headers.as_ref().map_or(0, String::len);
        if headers_size > MOST_HEADERS
            || body.len() + headers_size + key.len() + 65_536 > MOST_EVENT
        {
            return Err(RecordingError::Unwritable(format!(
                "An event of {} bytes is too large for a recording",
                body.len() + headers_size
            )));
        }
        let mut insert = self.db.prepare_cached(
            "INSERT INTO event (id, received_at, shape, key, message_id, correlation_id, timestamp,
                 headers, position, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![
            self.last + 1,
            event.received_ms(),
            shape,
            key,
            properties.message_id,
            properties.correlation_id,
            properties.timestamp.map(u64::cast_signed),
            headers,
            event.position().map(u64::cast_signed),
            body,
        ])?;
        self.last += 1;
        self.events += 1;
        self.bytes += body.len() as u64;
        Ok(())
    }

    /// The number of a place, which is written when it is met first.
    fn source(&mut self, place: &str) -> Result<i64, RecordingError> {
        if let Some(number) = self.sources.get(place) {
            return Ok(*number);
        }
        let mut insert = self
            .db
            .prepare_cached("INSERT INTO source (place) VALUES (?)")?;
        insert.execute([place])?;
        let number = self.db.last_insert_rowid();
        self.sources.insert(place.to_owned(), number);
        Ok(number)
    }

    fn shape(&mut self, source: i64, shape: &Shape) -> Result<i64, RecordingError> {
        let own = &shape.properties;
        let transport = written_transport::text_of(&shape.transport)
            .map_err(|error| RecordingError::Unwritable(error.to_string()))?;
        let texts = [
            Some(&*shape.destination),
            shape.event_type.as_deref(),
            shape.version.as_deref(),
            own.content_type.as_deref(),
            own.content_encoding.as_deref(),
            own.reply_to.as_deref(),
            own.expiration.as_deref(),
            own.message_type.as_deref(),
            own.user_id.as_deref(),
            own.app_id.as_deref(),
            own.cluster_id.as_deref(),
            Some(transport.as_str()),
        ];
        if texts.iter().flatten().map(|text| text.len()).sum::<usize>() > MOST_SHAPE {
            return Err(RecordingError::Unwritable(
                "An event has properties that are too large for a recording".to_owned(),
            ));
        }
        let known = format!(
            "{source} {:?} {:?} {texts:?}",
            own.delivery_mode, own.priority
        );
        if let Some(number) = self.shapes.get(&known) {
            return Ok(*number);
        }
        let mut insert = self.db.prepare_cached(
            "INSERT INTO shape (source, destination, event_type, event_version, content_type,
                 content_encoding, reply_to, expiration, type, user_id, app_id, cluster_id, transport,
                 delivery_mode, priority)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        let [destination, event_type, version, content_type, encoding, ..] = texts;
        let [
            ..,
            reply_to,
            expiration,
            kind,
            user,
            app,
            cluster,
            transport,
        ] = texts;
        insert.execute(params![
            source,
            destination,
            event_type,
            version,
            content_type,
            encoding,
            reply_to,
            expiration,
            kind,
            user,
            app,
            cluster,
            transport,
            own.delivery_mode,
            own.priority
        ])?;
        let number = self.db.last_insert_rowid();
        if self.shapes.len() >= MOST_SHAPES {
            self.shapes.clear();
        }
        self.shapes.insert(known, number);
        Ok(number)
    }

    /// Writes down that something is missing behind what was written so far.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn gap(&mut self, gap: &WrittenGap) -> Result<(), RecordingError> {
        self.begin()?;
        let source = match &gap.place {
            Some(place) => Some(self.source(place)?),
            None => None,
        };
        let mut insert = self.db.prepare_cached(
            "INSERT INTO gap (after_event, from_time, to_time, source, events, why)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![
            self.last,
            gap.from.timestamp_millis(),
            gap.to.timestamp_millis(),
            source,
            gap.events.map(u64::cast_signed),
            gap.why,
        ])?;
        Ok(())
    }

    /// Writes what the person says, about this event or about the time.
    ///
    /// # Errors
    /// If the file takes no more.
    pub fn note(
        &mut self,
        at: DateTime<Utc>,
        event: Option<u64>,
        words: &str,
    ) -> Result<(), RecordingError> {
        self.begin()?;
        self.db.execute(
            "INSERT INTO note (written_at, event, words) VALUES (?, ?, ?)",
            params![at.timestamp_millis(), event.map(u64::cast_signed), words],
        )?;
        Ok(())
    }

    /// What was written is safe afterwards, and nothing is missing up to `now` but what gaps say.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn commit(&mut self, now: DateTime<Utc>) -> Result<(), RecordingError> {
        self.begin()?;
        let mut update = self.db.prepare_cached(
            "UPDATE recording SET seen_until = ?, events = ?, bytes = ? WHERE id = 1",
        )?;
        update.execute(params![
            now.timestamp_millis(),
            self.events.cast_signed(),
            self.bytes.cast_signed()
        ])?;
        drop(update);
        self.db.execute_batch("COMMIT")?;
        self.has_begun = false;
        self.safe = (self.events, self.bytes);
        Ok(())
    }

    /// Gives up what was not committed. Tells how many events that is.
    pub fn roll_back(&mut self) -> u64 {
        if self.has_begun {
            // SQLite may have undone it itself. If it cannot, the next to open the file does.
            self.db.execute_batch("ROLLBACK").ok();
            self.has_begun = false;
        }
        let lost = self.events - self.safe.0;
        (self.events, self.bytes) = self.safe;
        self.last -= i64::try_from(lost).unwrap_or_default();
        self.sources.clear();
        self.shapes.clear();
        lost
    }

    /// Bytes of the file, near enough.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn size(&self) -> Result<u64, RecordingError> {
        let number = |pragma| {
            let found = self
                .db
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
            found.map(|number| u64::try_from(number).unwrap_or_default())
        };
        Ok(number("page_count")? * number("page_size")?)
    }

    /// Closes it: from here on it is one file that stands alone.
    ///
    /// # Errors
    /// If the end could not be written. The file can be read all the same.
    pub fn seal(mut self, now: DateTime<Utc>) -> Result<PathBuf, RecordingError> {
        self.begin()?;
        self.db.execute(
            "UPDATE recording SET ended_at = ?",
            [now.timestamp_millis()],
        )?;
        self.commit(now)?;
        self.db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        // While somebody reads it the log must stay; then the last of them takes it in.
        self.db
            .query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
            .or_else(|error| match RecordingError::from(error) {
                RecordingError::Busy => Ok(()),
                other => Err(other),
            })?;
        Ok(self.path)
    }
}
