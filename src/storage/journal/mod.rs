//! The journal: every message that is resent or discarded, complete, before anything is done with
//! it, and how far it has come. One SQLite file; a stage is on the disk when the call returns.

mod log_records;
mod reading;
mod returns;
mod written;

use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::repair::journal_entry::{Held, Operation, Record, RecordId, Stage};
use crate::repair::journal_list::JobId;
use crate::repair::lineage;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use written::{deed_number, stage_number, text_of};

/// Its name in its folder.
pub const JOURNAL: &str = "journal.sqlite";

/// How long one waits while another Eventscope writes.
const BUSY: Duration = Duration::from_secs(5);

/// Pages of 4 KiB after which what was written goes from the log to its place: seldom, because a
/// resend of many writes much and waits for it.
const CHECKPOINT_PAGES: i64 = 8_192;
/// Memory for pages of the file, in KiB.
const CACHE_KIB: i64 = 16_384;

/// Raised when the tables change.
const VERSION: i64 = 4;

/// What changes with each step is apart from the bodies, so that a step writes little.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS record (
        id INTEGER PRIMARY KEY,
        deed INTEGER NOT NULL,
        at INTEGER NOT NULL,
        place TEXT NOT NULL,
        queue TEXT NOT NULL,
        exchange TEXT NOT NULL,
        routing_key TEXT NOT NULL,
        properties TEXT NOT NULL,
        body BLOB NOT NULL,
        sent_exchange TEXT,
        sent_routing_key TEXT,
        sent_properties TEXT,
        sent_body BLOB
    );
    CREATE TABLE IF NOT EXISTS progress (
        id INTEGER PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
        run TEXT NOT NULL,
        stage INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        words TEXT NOT NULL DEFAULT '',
        content INTEGER,
        sent_content INTEGER,
        came_back INTEGER NOT NULL DEFAULT 0,
        job INTEGER NOT NULL DEFAULT 0
    );
";

/// What version 1 lacks. Its records do not tell what they hold, so nothing comes back of them.
const SINCE_1: &str = "
    ALTER TABLE progress ADD COLUMN content INTEGER;
    ALTER TABLE progress ADD COLUMN sent_content INTEGER;
    ALTER TABLE progress ADD COLUMN came_back INTEGER NOT NULL DEFAULT 0;
";

/// What version 2 lacks: which records were made by one resend or discard.
const SINCE_2: &str = "
    ALTER TABLE progress ADD COLUMN job INTEGER NOT NULL DEFAULT 0;
";

/// Records of a journal of version 2 or earlier belong together if they follow one another within
/// so many milliseconds. A job held what it borrowed for ten minutes at most.
const ONE_JOB_MS: i64 = 10 * 60 * 1_000;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder or a file in it.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The database; a full disk is told by this too.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// Properties that cannot be written or read back.
    #[error("the properties cannot be stored: {0}")]
    Properties(#[from] serde_json::Error),
    /// It was written by a later version.
    #[error("it was written by a later version of Eventscope (format {0})")]
    Later(i64),
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    db: Connection,
    dir: PathBuf,
    /// Names this run of Eventscope; its file is locked for as long as it lives.
    run: String,
    /// The work that records are taken in for.
    job: JobId,
    _lock: File,
}

impl Journal {
    /// Opens the journal in this folder, which is made if missing; both for this user alone.
    ///
    /// # Errors
    /// If the folder or a file cannot be made, opened or locked, or is no journal.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(JOURNAL);
        private().open(&path)?;
        let mut db = Connection::open(&path)?;
        db.busy_timeout(BUSY)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        prepare(&mut db)?;
        let run = uuid::Uuid::new_v4().to_string();
        let lock = private().open(dir.join(lock_name(&run)))?;
        lock.lock()?;
        // The names themselves must be on the disk too, not only what the files hold.
        File::open(dir)?.sync_all()?;
        Ok(Self {
            db,
            dir: dir.to_owned(),
            job: job_of(&run, 0),
            run,
            _lock: lock,
        })
    }

    /// What is taken in from here on belongs to the work of this number. Numbers are of this run.
    pub fn work_on(&mut self, number: u64) {
        self.job = job_of(&self.run, number);
    }

    /// Writes and flushes something, to see that it can be done.
    ///
    /// # Errors
    /// If it cannot.
    pub fn prove(&mut self) -> Result<(), JournalError> {
        self.db.pragma_update(None, "user_version", VERSION)?;
        Ok(())
    }

    /// Takes messages in before anything is done with them: all of them or none. A discard's copy
    /// is all that it waits for, so it begins at [`Stage::Confirmed`].
    ///
    /// # Errors
    /// If they could not be written and flushed. Then nothing may be done with them.
    pub fn hold(
        &mut self,
        deed: Operation,
        messages: &[Held],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordId>, JournalError> {
        let stage = match deed {
            Operation::Resend => Stage::Held,
            Operation::Discard => Stage::Confirmed,
        };
        self.hold_each(deed, messages.iter().map(|held| (held, stage)), now)
    }

    /// The same where each has its own first stage.
    ///
    /// # Errors
    /// As [`Journal::hold`].
    pub fn hold_each<'a>(
        &mut self,
        deed: Operation,
        messages: impl ExactSizeIterator<Item = (&'a Held, Stage)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordId>, JournalError> {
        let transaction = self.db.transaction()?;
        let mut ids = Vec::with_capacity(messages.len());
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO record (deed, at, place, queue, exchange, routing_key, properties,
                     body, sent_exchange, sent_routing_key, sent_properties, sent_body)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?;
            let mut begin = transaction.prepare_cached(&format!(
                "INSERT INTO progress (id, run, stage, changed, content, sent_content, job)
                 VALUES (?, ?, ?, {NOW}, ?, ?, ?)"
            ))?;
            for (held, stage) in messages {
                let sent = held.sent.as_ref();
                let sent_properties = sent.map(|sent| text_of(&sent.properties)).transpose()?;
                // Most are sent with the body that they have.
                let sent_body = sent.filter(|sent| sent.body != held.body);
                insert.execute(params![
                    deed_number(deed),
                    now.timestamp_millis(),
                    held.place,
                    held.queue,
                    held.destination,
                    held.key,
                    text_of(&held.properties)?,
                    held.body,
                    sent.map(|sent| &sent.destination),
                    sent.map(|sent| &sent.key),
                    sent_properties,
                    sent_body.map(|sent| &sent.body),
                ])?;
                let id = transaction.last_insert_rowid();
                // Most are sent as they lie, which is the same content.
                let content =
                    sent_body.map(|_| signed(lineage::content(&held.properties, &held.body)));
                let sent = sent.map(|sent| signed(lineage::content(&sent.properties, &sent.body)));
                begin.execute(params![
                    id,
                    self.run,
                    stage_number(stage),
                    content,
                    sent,
                    self.job.0
                ])?;
                if let Some(record) = &held.record {
                    log_records::insert(&transaction, id, deed, held, record, now)?;
                }
                ids.push(RecordId(id));
            }
        }
        transaction.commit()?;
        Ok(ids)
    }

    /// Writes down how far records have come: all of them or none.
    ///
    /// # Errors
    /// If it could not be written and flushed. Then the next step must not be taken.
    pub fn mark(&mut self, marks: &[(RecordId, Stage, &str)]) -> Result<(), JournalError> {
        if marks.is_empty() {
            return Ok(());
        }
        let transaction = self.db.transaction()?;
        {
            let mut update = transaction.prepare_cached(&format!(
                "UPDATE progress SET stage = ?, words = ?, run = ?, changed = {NOW}
                 WHERE id BETWEEN ? AND ?"
            ))?;
            for run in marks.chunk_by(|a, b| b.0.0 == a.0.0 + 1 && (a.1, a.2) == (b.1, b.2)) {
                if let [(first, stage, words), ..] = run
                    && let Some((last, ..)) = run.last()
                {
                    update.execute(params![
                        stage_number(*stage),
                        words,
                        self.run,
                        first.0,
                        last.0
                    ])?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// What was begun with these records was not done for certain: they are as they were before.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn take_back(&mut self, before: &[Record]) -> Result<(), JournalError> {
        let transaction = self.db.transaction()?;
        for record in before {
            transaction.execute(
                "UPDATE progress SET stage = ?, words = ?, changed = ?, run = '' WHERE id = ?",
                params![
                    stage_number(record.stage),
                    record.words,
                    record.changed.timestamp_millis(),
                    record.id.0
                ],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// A broker that was lost may have gone down, and one that goes down can forget for some moments
    /// back that a message was taken from a queue: those of this place are not certain any more.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn doubt(&mut self, place: &str) -> Result<(), JournalError> {
        let update = format!(
            "UPDATE progress SET stage = ?, words = ?, run = ''
             WHERE stage = ? AND changed > {NOW} - ?
                 AND (SELECT place FROM record WHERE record.id = progress.id) = ?"
        );
        let (certain, doubtful) = (stage_number(Stage::Removed), stage_number(Stage::Confirmed));
        let values = params![doubtful, DOUBT, certain, FORGETFUL_MS, place];
        self.db.execute(&update, values)?;
        Ok(())
    }

    /// The work on these records is over, however it ended: what is not certain now stays so.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn settle(&mut self, ids: &[RecordId]) -> Result<(), JournalError> {
        let transaction = self.db.transaction()?;
        {
            let mut update = transaction
                .prepare_cached("UPDATE progress SET run = '' WHERE id BETWEEN ? AND ?")?;
            for run in ids.chunk_by(|a, b| b.0 == a.0 + 1) {
                if let (Some(first), Some(last)) = (run.first(), run.last()) {
                    update.execute([first.0, last.0])?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// The same for everything that this run had under way at a place: its jobs were cut off there. What
    /// runs at other places goes on.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn settle_at(&mut self, place: &str) -> Result<(), JournalError> {
        let settle = "UPDATE progress SET run = '' WHERE run = ?
                      AND id IN (SELECT id FROM record WHERE place = ?)";
        self.db.execute(settle, [self.run.as_str(), place])?;
        Ok(())
    }

    /// Forgets records of messages that were not touched after all.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn forget(&mut self, ids: &[RecordId]) -> Result<(), JournalError> {
        let transaction = self.db.transaction()?;
        for id in ids {
            transaction.execute("DELETE FROM log_record WHERE entry = ?", [id.0])?;
            transaction.execute("DELETE FROM record WHERE id = ?", [id.0])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets what left its queue long ago. What is not certain stays until a person has seen it, and so
    /// does the mark of a record that lies in a log: without it, it would be sent again.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn age_out(&mut self, now: DateTime<Utc>, days: u16) -> Result<usize, JournalError> {
        let before = (now - TimeDelta::days(days.into())).timestamp_millis();
        let stages = [Stage::Removed, Stage::PutBack].map(stage_number);
        Ok(self.db.execute(
            "DELETE FROM record WHERE at < ?
                 AND id IN (SELECT id FROM progress WHERE stage IN (?, ?))",
            params![before, stages[0], stages[1]],
        )?)
    }
}

/// Makes the tables, or brings those of an earlier version up to date.
fn prepare(db: &mut Connection) -> Result<(), JournalError> {
    // Another Eventscope may be doing the same.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => transaction.execute_batch(TABLES)?,
        3 => {}
        1 => {
            transaction.execute_batch(SINCE_1)?;
            transaction.execute_batch(SINCE_2)?;
            tell_jobs_apart(&transaction)?;
        }
        2 => {
            transaction.execute_batch(SINCE_2)?;
            tell_jobs_apart(&transaction)?;
        }
        VERSION => return Ok(()),
        later => return Err(JournalError::Later(later)),
    }
    transaction.execute_batch(log_records::TABLE)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

/// Says of each record of an earlier version to which job it belongs, as far as its queue and the
/// time tell.
fn tell_jobs_apart(transaction: &Transaction<'_>) -> Result<(), JournalError> {
    // What the records of a job share: what was done, the broker, the queue.
    type Shared = (u8, String, String);
    let mut select =
        transaction.prepare("SELECT id, at, deed, place, queue FROM record ORDER BY id")?;
    let mut update = transaction.prepare("UPDATE progress SET job = ? WHERE id BETWEEN ? AND ?")?;
    let mut rows = select.query([])?;
    // The first record of the job, the last, the time of the last, and what they share.
    let mut job: Option<(i64, i64, i64, Shared)> = None;
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let shared = (row.get(2)?, row.get(3)?, row.get(4)?);
        match &mut job {
            Some((_, last, time, before)) if *before == shared && at - *time <= ONE_JOB_MS => {
                (*last, *time) = (id, at);
            }
            other => {
                if let Some((first, last, ..)) = other.replace((id, id, at, shared)) {
                    update.execute([first, first, last])?;
                }
            }
        }
    }
    if let Some((first, last, ..)) = job {
        update.execute([first, first, last])?;
    }
    Ok(())
}

/// A number that no other job has, as far as chance allows. Not one of the small ones that records
/// of earlier versions have.
fn job_of(run: &str, number: u64) -> JobId {
    let mut hasher = DefaultHasher::new();
    (run, number).hash(&mut hasher);
    JobId(signed(hasher.finish() | 1 << 62))
}

/// Milliseconds since 1970.
const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// How far back a broker that is killed may forget. A classic queue was seen to write what was
/// acknowledged some hundred milliseconds later.
const FORGETFUL_MS: i64 = 30_000;

/// What is said of such a message.
const DOUBT: &str = "The connection was lost soon after the original was removed. If the broker \
                     itself went down, the original may be back";

/// Which runs of Eventscope still live: their files are locked.
struct Alive<'a> {
    dir: &'a Path,
    own: &'a str,
    known: Vec<(String, bool)>,
}

impl<'a> Alive<'a> {
    fn new(dir: &'a Path, own: &'a str) -> Self {
        Self {
            dir,
            own,
            known: Vec::new(),
        }
    }

    fn is(&mut self, run: &str) -> bool {
        if run == self.own {
            return true;
        }
        if let Some((_, alive)) = self.known.iter().find(|(known, _)| known == run) {
            return *alive;
        }
        let path = self.dir.join(lock_name(run));
        let alive = match File::open(&path) {
            Ok(file) => {
                let alive = file.try_lock().is_err();
                if !alive {
                    // Nobody will ask for it again but us; a file that stays does no harm.
                    std::fs::remove_file(&path).ok();
                }
                alive
            }
            Err(_) => false,
        };
        self.known.push((run.to_owned(), alive));
        alive
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        std::fs::remove_file(self.dir.join(lock_name(&self.run))).ok();
    }
}

fn lock_name(run: &str) -> String {
    format!("run-{run}.lock")
}

/// SQLite has signed numbers only; the bits are what counts.
fn signed(content: u64) -> i64 {
    content.cast_signed()
}

/// Files for this user alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options
}

pub use returns::{Lying, Returns};
pub use written::WrittenProperties;

#[cfg(test)]
mod tests;
