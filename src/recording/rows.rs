//! Rows of the tables, read without believing them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::error::RecordingError;
use super::format::{MOST_HEADERS, MOST_SHAPE};
use crate::event::amqp::Properties;
use crate::event::amqp::written::headers_of;
use crate::event::written_transport::transport_of;
use crate::event::{Event, Transport};

/// Most characters of words in the file that are shown.
const MOST_WORDS: usize = 1_000;

const SHAPE: &str = "
    SELECT place, destination, content_type, content_encoding, delivery_mode, priority, reply_to,
        expiration, type, user_id, app_id, cluster_id, transport
    FROM shape JOIN source ON source.id = shape.source WHERE shape.id = ?1";

/// What many events have in common.
pub(crate) struct ReadShape {
    pub place: Arc<str>,
    destination: String,
    properties: Properties,
    transport: Transport,
}

/// A number as SQLite has them.
pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn damaged(words: &str) -> RecordingError {
    RecordingError::Damaged(words.to_owned())
}

/// A time in the file.
pub(crate) fn time(ms: i64) -> Result<DateTime<Utc>, RecordingError> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| damaged("a time lies beyond all calendars"))
}

/// Words that are only shown: cut, and whatever they are made of.
pub(crate) fn words(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    let bytes = row.get_ref(column)?.as_bytes()?;
    let head = &bytes[..bytes.len().min(MOST_WORDS * 4)];
    Ok(String::from_utf8_lossy(head)
        .chars()
        .take(MOST_WORDS)
        .collect())
}

pub(crate) fn read_shape(
    db: &Connection,
    number: i64,
) -> Result<(ReadShape, usize), RecordingError> {
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

pub(crate) fn read_event(row: &Row<'_>, shape: &ReadShape) -> Result<Event, RecordingError> {
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
