//! Reads a recording page by page: how large it is makes no difference to how soon it is open, or to the
//! memory that it takes. Nothing in the file is believed before it is looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::about::AboutRecording;
use super::error::RecordingError;
use super::format;
use super::gap::WrittenGap;
use super::rows::{ReadShape, damaged, read_event, read_shape, time, whole, words};
use crate::event::Event;

/// How long one waits for a writer that takes its log in.
const BUSY: Duration = Duration::from_secs(5);
/// Bytes of shapes that are remembered.
const SHAPE_BYTES: usize = 16 * 1024 * 1024;
/// Pages of the file that are kept in memory, in KiB.
const CACHE_KIB: i64 = 8_192;
/// Bytes of bodies after which a page of events ends.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Most gaps and notes that are read at once.
const MOST_GAPS: usize = 1_000;

/// An event with its number in the recording.
#[derive(Clone, Debug)]
pub struct RecordedEvent {
    /// From 1 on, in the order of arrival.
    pub number: u64,
    /// The place of the store that it came from.
    pub place: Arc<str>,
    pub event: Event,
}

/// What stands in a recording, in its order.
#[derive(Clone, Debug)]
pub enum RecordedEntry {
    Event(Box<RecordedEvent>),
    Gap(WrittenGap),
}

/// What a person wrote beside the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedNote {
    pub written_at: DateTime<Utc>,
    /// The number of the event that it is about.
    pub event: Option<u64>,
    pub words: String,
}

/// Where reading goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingCursor {
    /// The number of the last event that was read.
    pub event: u64,
    /// The number of the last gap that was read.
    gap: i64,
}

impl RecordingCursor {
    /// Reading goes on behind the event of this number, with the gaps that stand behind it.
    #[must_use]
    pub fn behind(event: u64) -> Self {
        Self { event, gap: 0 }
    }
}

/// An open recording.
pub struct Recording {
    db: Connection,
    path: PathBuf,
    shapes: HashMap<i64, Arc<ReadShape>>,
    shape_bytes: usize,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

const EVENTS: &str = "
    SELECT id, received_at, shape, key, message_id, correlation_id, timestamp, headers, position, body
    FROM event WHERE id > ?1 ORDER BY id";

impl Recording {
    /// Opens a recording to be read. It is not changed.
    ///
    /// # Errors
    /// If it cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        // Told before SQLite does, which has one word for all of this.
        let found = std::fs::metadata(path)?;
        if !found.is_file() {
            return Err(RecordingError::Foreign);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(BUSY)?;
        format::distrust(&db)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        db.pragma_update(None, "query_only", true)?;
        format::check(&db)?;
        let recording = Self {
            db,
            path: path.to_owned(),
            shapes: HashMap::new(),
            shape_bytes: 0,
        };
        recording.about()?;
        Ok(recording)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of itself. Asked again, of a recording that is being written, it may say more.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn about(&self) -> Result<AboutRecording, RecordingError> {
        let about = self.db.query_row(
            "SELECT made_by, begun_at, seen_until, ended_at, events, bytes FROM recording WHERE id = 1",
            [],
            |row| {
                Ok((
                    words(row, 0)?,
                    [row.get::<_, i64>(1)?, row.get(2)?],
                    row.get::<_, Option<i64>>(3)?,
                    [row.get::<_, i64>(4)?, row.get(5)?],
                ))
            },
        );
        let (made_by, [begun_at, seen_until], ended_at, [events, bytes]) = about
            .optional()?
            .ok_or_else(|| damaged("it does not say when it began"))?;
        let count = |number: i64| {
            u64::try_from(number).map_err(|_| damaged("its counts are less than nothing"))
        };
        Ok(AboutRecording {
            made_by,
            begun_at: time(begun_at)?,
            seen_until: time(seen_until)?,
            ended_at: ended_at.map(time).transpose()?,
            events: count(events)?,
            bytes: count(bytes)?,
        })
    }

    /// The number of the last event; 0 without one. Costs no reading of the file.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn last(&self) -> Result<u64, RecordingError> {
        let last: Option<i64> = self
            .db
            .query_row("SELECT max(id) FROM event", [], |row| row.get(0))?;
        u64::try_from(last.unwrap_or_default()).map_err(|_| damaged("a number is below one"))
    }

    /// The names of the destinations, each once, no more than so many. Costs no reading of events.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn destinations(&self, most: u32) -> Result<Vec<String>, RecordingError> {
        self.names(
            "SELECT DISTINCT substr(destination, 1, 1000) FROM shape ORDER BY 1 LIMIT ?1",
            most,
        )
    }

    /// The places that events came from, each once, no more than so many.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn places(&self, most: u32) -> Result<Vec<String>, RecordingError> {
        self.names(
            "SELECT DISTINCT substr(place, 1, 1000) FROM source ORDER BY 1 LIMIT ?1",
            most,
        )
    }

    fn names(&self, select: &str, most: u32) -> Result<Vec<String>, RecordingError> {
        let mut select = self.db.prepare_cached(select)?;
        let rows = select.query_map([most], |row| words(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first notes, no more than a thousand.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn notes(&self) -> Result<Vec<RecordedNote>, RecordingError> {
        let mut select = self
            .db
            .prepare_cached("SELECT written_at, event, words FROM note ORDER BY id LIMIT ?1")?;
        let mut rows = select.query([whole(MOST_GAPS as u64)])?;
        let mut notes = Vec::new();
        while let Some(row) = rows.next()? {
            let event: Option<i64> = row.get(1)?;
            notes.push(RecordedNote {
                written_at: time(row.get(0)?)?,
                event: event.and_then(|number| u64::try_from(number).ok()),
                words: words(row, 2)?,
            });
        }
        Ok(notes)
    }

    /// The next entries, no more than so many events and about [`PAGE_BYTES`]; none at the end. Moves
    /// the cursor on.
    ///
    /// # Errors
    /// If the file is damaged from here on.
    pub fn page(
        &mut self,
        cursor: &mut RecordingCursor,
        most: usize,
    ) -> Result<Vec<RecordedEntry>, RecordingError> {
        let mut events = self.events(cursor.event, most)?;
        // Gaps behind the last event of a page belong to the next, or to the end.
        let to = events.last().map_or(u64::MAX, |last| last.number - 1);
        let gaps = self.gaps(cursor.gap, cursor.event, to)?;
        if gaps.len() == MOST_GAPS
            && let Some((_, after, _)) = gaps.last()
        {
            events.retain(|event| event.number <= *after);
        }
        let mut entries = Vec::with_capacity(events.len() + gaps.len());
        let mut events = events.into_iter().peekable();
        for (number, after, gap) in gaps {
            while let Some(event) = events.next_if(|event| event.number <= after) {
                cursor.event = event.number;
                entries.push(RecordedEntry::Event(Box::new(event)));
            }
            cursor.gap = number;
            entries.push(RecordedEntry::Gap(gap));
        }
        for event in events {
            cursor.event = event.number;
            entries.push(RecordedEntry::Event(Box::new(event)));
        }
        Ok(entries)
    }

    fn events(&mut self, behind: u64, most: usize) -> Result<Vec<RecordedEvent>, RecordingError> {
        let mut found = Vec::new();
        let mut bytes = 0;
        let behind = i64::try_from(behind).unwrap_or(i64::MAX);
        let Self {
            db,
            shapes,
            shape_bytes,
            ..
        } = self;
        let mut select = db.prepare_cached(EVENTS)?;
        let mut rows = select.query([behind])?;
        let mut last = behind;
        while found.len() < most
            && bytes < PAGE_BYTES
            && let Some(row) = rows.next()?
        {
            let number: i64 = row.get(0)?;
            if number <= last {
                return Err(damaged("its events are not in their order"));
            }
            last = number;
            let shape_number: i64 = row.get(2)?;
            let shape = if let Some(shape) = shapes.get(&shape_number) {
                Arc::clone(shape)
            } else {
                let (shape, size) = read_shape(db, shape_number)?;
                if *shape_bytes + size > SHAPE_BYTES {
                    shapes.clear();
                    *shape_bytes = 0;
                }
                *shape_bytes += size;
                let shape = Arc::new(shape);
                shapes.insert(shape_number, Arc::clone(&shape));
                shape
            };
            let event = read_event(row, &shape)?;
            bytes += event.body.len() + 256;
            found.push(RecordedEvent {
                number: u64::try_from(number).map_err(|_| damaged("a number is below one"))?,
                place: Arc::clone(&shape.place),
                event,
            });
        }
        Ok(found)
    }

    /// Gaps behind this one that stand behind events of these numbers.
    fn gaps(
        &self,
        behind: i64,
        from: u64,
        to: u64,
    ) -> Result<Vec<(i64, u64, WrittenGap)>, RecordingError> {
        let mut select = self.db.prepare_cached(
            "SELECT gap.id, after_event, from_time, to_time, events, why,
                 (SELECT place FROM source WHERE source.id = gap.source)
             FROM gap WHERE after_event >= ?1 AND after_event <= ?2 AND gap.id > ?3
             ORDER BY gap.id LIMIT ?4",
        )?;
        let mut rows = select.query([whole(from), whole(to), behind, whole(MOST_GAPS as u64)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let after: i64 = row.get(1)?;
            let events: Option<i64> = row.get(4)?;
            let place = match row.get_ref(6)? {
                ValueRef::Null => None,
                _ => Some(words(row, 6)?),
            };
            let gap = WrittenGap {
                from: time(row.get(2)?)?,
                to: time(row.get(3)?)?,
                place,
                events: events.and_then(|events| u64::try_from(events).ok()),
                why: words(row, 5)?,
            };
            found.push((row.get(0)?, u64::try_from(after).unwrap_or_default(), gap));
        }
        Ok(found)
    }

    /// The number and the time of the first event from this number on.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn time_from(
        &self,
        number: u64,
    ) -> Result<Option<(u64, DateTime<Utc>)>, RecordingError> {
        let mut select = self.db.prepare_cached(
            "SELECT id, received_at FROM event WHERE id >= ?1 ORDER BY id LIMIT 1",
        )?;
        let found = select.query_row([whole(number)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let Some((number, at)) = found.optional()? else {
            return Ok(None);
        };
        let number = u64::try_from(number).map_err(|_| damaged("a number is below one"))?;
        Ok(Some((number, time(at)?)))
    }

    /// The first gaps with the numbers of the events that they stand behind, no more than a thousand.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn all_gaps(&self) -> Result<Vec<(u64, WrittenGap)>, RecordingError> {
        let gaps = self.gaps(0, 0, u64::MAX)?;
        Ok(gaps
            .into_iter()
            .map(|(_, after, gap)| (after, gap))
            .collect())
    }

    /// Looks at every page of the file, which takes as long as reading it.
    ///
    /// # Errors
    /// If it is damaged, in the words of the first finding.
    pub fn check_all(&self) -> Result<(), RecordingError> {
        let found: String = self
            .db
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found == "ok" {
            return Ok(());
        }
        Err(RecordingError::Damaged(found.chars().take(200).collect()))
    }
}
