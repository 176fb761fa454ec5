//! The tables of a recording. FORMAT.md says the same to other programs; a change here is a new version
//! there.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

use super::error::RecordingError;

/// SQLite's `application_id`: the letters `Evsc`.
pub(crate) const APPLICATION: i64 = 0x4576_7363;
/// SQLite's `user_version`. Raised when the tables change.
pub(crate) const VERSION: i64 = 1;

/// Most bytes of one event, body and all: more than any message of a broker has by its defaults, and
/// what reading one row may cost in memory.
pub(crate) const MOST_EVENT: usize = 192 * 1024 * 1024;
/// Most bytes of what many events have in common.
pub(crate) const MOST_SHAPE: usize = 1024 * 1024;
/// Most bytes of the headers of an event, as they are written.
pub(crate) const MOST_HEADERS: usize = 16 * 1024 * 1024;

/// One table: its name, and the statement that makes it. A file whose statements are others is not read.
pub(crate) const TABLES: [(&str, &str); 6] = [
    (
        "recording",
        "CREATE TABLE recording (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  made_by TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  seen_until INTEGER NOT NULL,
  ended_at INTEGER,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT",
    ),
    (
        "source",
        "CREATE TABLE source (
  id INTEGER PRIMARY KEY,
  place TEXT NOT NULL
) STRICT",
    ),
    (
        "shape",
        "CREATE TABLE shape (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES source,
  destination TEXT NOT NULL,
  event_type TEXT,
  event_version TEXT,
  content_type TEXT,
  content_encoding TEXT,
  delivery_mode INTEGER,
  priority INTEGER,
  reply_to TEXT,
  expiration TEXT,
  type TEXT,
  user_id TEXT,
  app_id TEXT,
  cluster_id TEXT,
  transport TEXT NOT NULL
) STRICT",
    ),
    (
        "event",
        "CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  shape INTEGER NOT NULL REFERENCES shape,
  key TEXT NOT NULL,
  message_id TEXT,
  correlation_id TEXT,
  timestamp INTEGER,
  headers TEXT,
  position INTEGER,
  body BLOB NOT NULL
) STRICT",
    ),
    (
        "gap",
        "CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  after_event INTEGER NOT NULL,
  from_time INTEGER NOT NULL,
  to_time INTEGER NOT NULL,
  source INTEGER REFERENCES source,
  events INTEGER,
  why TEXT NOT NULL
) STRICT",
    ),
    (
        "note",
        "CREATE TABLE note (
  id INTEGER PRIMARY KEY,
  written_at INTEGER NOT NULL,
  event INTEGER,
  words TEXT NOT NULL
) STRICT",
    ),
];

/// For people and other programs: everything of an event in one row, and its headers one a row. Nothing
/// here reads them.
const VIEWS: &str = "
CREATE VIEW events AS
  SELECT event.id, strftime('%Y-%m-%dT%H:%M:%fZ', received_at / 1000.0, 'unixepoch') AS received_at,
    source.place AS source, destination, key, event_type, event_version, message_id, correlation_id,
    content_type, content_encoding, delivery_mode, priority, reply_to, expiration, timestamp, type,
    user_id, app_id, cluster_id, headers, transport, position, CAST(body AS TEXT) AS payload
  FROM event JOIN shape ON shape.id = event.shape JOIN source ON source.id = shape.source;
CREATE VIEW headers AS
  SELECT event.id AS event, json_extract(pair.value, '$[0]') AS name,
    CASE json_type(pair.value, '$[1]') WHEN 'object' THEN typed.key ELSE typed.value END AS type,
    CASE json_type(pair.value, '$[1]') WHEN 'object' THEN typed.value END AS value
  FROM event, json_each(event.headers) AS pair, json_each(pair.value, '$[1]') AS typed;
CREATE INDEX gap_after ON gap (after_event);
";

/// Makes the tables of a new recording.
pub(crate) fn create(db: &Connection) -> Result<(), RecordingError> {
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", VERSION)?;
    for (_, statement) in TABLES {
        db.execute_batch(statement)?;
    }
    db.execute_batch(VIEWS)?;
    Ok(())
}

/// What a file from elsewhere may make SQLite do and use up.
pub(crate) fn distrust(db: &Connection) -> Result<(), RecordingError> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    let most = i32::try_from(MOST_EVENT).unwrap_or(i32::MAX);
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, most)?;
    db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "mmap_size", 0)?;
    Ok(())
}

/// Sees that it is a recording, with these very tables.
pub(crate) fn check(db: &Connection) -> Result<(), RecordingError> {
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id")? != APPLICATION {
        return Err(RecordingError::Foreign);
    }
    match number("user_version")? {
        VERSION => {}
        later if later > VERSION => return Err(RecordingError::Later(later)),
        _ => {
            return Err(RecordingError::Damaged(
                "its version is not known".to_owned(),
            ));
        }
    }
    // No schema is long; one that is was not written here.
    let mut select = db.prepare(
        "SELECT type, substr(sql, 1, 4096), rootpage FROM sqlite_schema WHERE name = ?1 LIMIT 2",
    )?;
    for (name, statement) in TABLES {
        let rows = select.query_map([name], |row| {
            let kind: String = row.get(0)?;
            let sql: Option<String> = row.get(1)?;
            Ok(kind == "table" && sql.as_deref() == Some(statement))
        })?;
        let found: Vec<bool> = rows.collect::<Result<_, _>>()?;
        if found != [true] {
            return Err(RecordingError::Damaged(format!(
                "its table \"{name}\" is not as it was written"
            )));
        }
    }
    Ok(())
}
