//! Reads a recording page by page: how large it is makes no difference to how soon it is open, or to the
//! memory that it takes. Nothing in the file is believed before it is looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row};

use super::about::About;
use super::error::RecordingError;
use super::format::{self, MOST_HEADERS, MOST_SHAPE};
use super::writer::WrittenGap;
use crate::event::amqp::Properties;
use crate::event::amqp::written::headers_of;
use crate::event::written_transport::transport_of;
use crate::event::{Event, Transport};

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
/// Most characters of words in the file that are shown.
const MOST_WORDS: usize = 1_000;

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

/// What many events have in common.
struct ReadShape {
    place: Arc<str>,
    destination: String,
    properties: Properties,
    transport: Transport,
}

/// Where reading goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The number of the last event that was read.
    pub event: u64,
    /// The number of the last gap that was read.
    gap: i64,
}

impl Cursor {
    /// Behind this event. Gaps directly behind it are read.
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

const SHAPE: &str = "
    SELECT place, destination, content_type, content_encoding, delivery_mode, priority, reply_to,
        expiration, type, user_id, app_id, cluster_id, transport
    FROM shape JOIN source ON source.id = shape.source WHERE shape.id = ?1";

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
    pub fn about(&self) -> Result<About, RecordingError> {
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
        Ok(About {
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

    /// The number of the first event that was received at this time or later, if events came in the
    /// order of their times; 0 where there is none.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn first_since(&self, time: DateTime<Utc>) -> Result<u64, RecordingError> {
        let wanted = time.timestamp_millis();
        let (mut low, mut high) = (0_u64, self.last()?);
        let mut found = 0;
        let mut select = self.db.prepare_cached(
            "SELECT id, received_at FROM event WHERE id >= ?1 ORDER BY id LIMIT 1",
        )?;
        while low <= high && high > 0 {
            let middle = low + (high - low) / 2;
            let at = select
                .query_row([middle.cast_signed()], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })
                .optional()?;
            match at {
                Some((id, at)) if at >= wanted => {
                    found = u64::try_from(id).unwrap_or_default();
                    high = middle.saturating_sub(1);
                    if middle == 0 {
                        break;
                    }
                }
                Some((id, _)) => low = u64::try_from(id).unwrap_or(u64::MAX - 1).max(middle) + 1,
                None => high = middle.saturating_sub(1),
            }
        }
        Ok(found)
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
        cursor: &mut Cursor,
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
            let shape = match shapes.get(&shape_number) {
                Some(shape) => Arc::clone(shape),
                None => {
                    let (shape, size) = read_shape(db, shape_number)?;
                    if *shape_bytes + size > SHAPE_BYTES {
                        shapes.clear();
                        *shape_bytes = 0;
                    }
                    *shape_bytes += size;
                    let shape = Arc::new(shape);
                    shapes.insert(shape_number, Arc::clone(&shape));
                    shape
                }
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

/// A number as SQLite has them.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn damaged(words: &str) -> RecordingError {
    RecordingError::Damaged(words.to_owned())
}

/// A time in the file.
fn time(ms: i64) -> Result<DateTime<Utc>, RecordingError> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| damaged("a time lies beyond all calendars"))
}

/// Words that are only shown: cut, and whatever they are made of.
fn words(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    let head = &bytes[..bytes.len().min(MOST_WORDS * 4)];
    Ok(String::from_utf8_lossy(head)
        .chars()
        .take(MOST_WORDS)
        .collect())
}

fn read_shape(db: &Connection, number: i64) -> Result<(ReadShape, usize), RecordingError> {
    let mut select = db.prepare_cached(SHAPE)?;
    let mut rows = select.query([number])?;
    let Some(row) = rows.next()? else {
        return Err(damaged(
            "an event says what it has in common with others, which is not there",
        ));
    };
    let mut size = 256;
    for column in [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12] {
        size += row
            .get_ref(column)?
            .as_bytes_or_null()?
            .map_or(0, <[u8]>::len);
    }
    if size > MOST_SHAPE + 4096 {
        return Err(damaged(
            "what events have in common is larger than it can be",
        ));
    }
    let place: String = row.get(0)?;
    let transport: String = row.get(12)?;
    let shape = ReadShape {
        place: place.into(),
        destination: row.get(1)?,
        properties: Properties {
            content_type: row.get(2)?,
            content_encoding: row.get(3)?,
            delivery_mode: row.get(4)?,
            priority: row.get(5)?,
            reply_to: row.get(6)?,
            expiration: row.get(7)?,
            message_type: row.get(8)?,
            user_id: row.get(9)?,
            app_id: row.get(10)?,
            cluster_id: row.get(11)?,
            ..Properties::default()
        },
        transport: transport_of(&transport, Some(0))
            .map_err(|_| damaged("what brought an event is not told as it is written"))?,
    };
    Ok((shape, size))
}

fn read_event(row: &Row<'_>, shape: &ReadShape) -> Result<Event, RecordingError> {
    let headers = match row.get_ref(7)? {
        ValueRef::Null => None,
        text => {
            let text = text.as_str()?;
            if text.len() > MOST_HEADERS {
                return Err(damaged(
                    "the headers of an event are larger than they can be",
                ));
            }
            let read = headers_of(text);
            Some(read.map_err(|_| damaged("the headers of an event are not as they are written"))?)
        }
    };
    let position: Option<i64> = row.get(8)?;
    let timestamp: Option<i64> = row.get(6)?;
    let properties = Properties {
        headers,
        message_id: row.get(4)?,
        correlation_id: row.get(5)?,
        timestamp: timestamp.map(i64::cast_unsigned),
        ..shape.properties.clone()
    };
    let transport = shape.transport.clone().at(position.map(i64::cast_unsigned));
    Ok(Event::new(
        time(row.get(1)?)?,
        shape.destination.clone(),
        row.get(3)?,
        transport,
        properties,
        row.get(9)?,
    ))
}
