//! Which records of logs the journal's entries are about. A record stays in its topic whatever is done with
//! it, so this table is the only account of it: what was sent or discarded is known by its place, and stays
//! known when the entry with its content has been forgotten for its age.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::written::{deed_number, deed_of, stage_number, stage_of};
use super::{Alive, Journal, JournalError, NOW};
use crate::event::Transport;
use crate::event::draft::OutgoingRecord;
use crate::event::kafka_record::KeyForm;
use crate::event::written_transport;
use crate::repair::held_record::{CutOffBatch, HeldRecord, LogName};
use crate::repair::journal_entry::{Held, Operation, Record, RecordId, Stage};
use crate::repair::record_place::{RecordDeed, RecordMark};

/// `entry` is null where that has been forgotten for its age. `done` is 1 where what `deed` says was done
/// for certain. `own` and `sent` are JSON.
pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS log_record (
        number INTEGER PRIMARY KEY,
        entry INTEGER REFERENCES record (id) ON DELETE SET NULL,
        cluster TEXT NOT NULL,
        topic TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        part INTEGER NOT NULL,
        position INTEGER NOT NULL,
        own TEXT NOT NULL,
        deed INTEGER NOT NULL,
        at INTEGER NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        batch TEXT,
        sent TEXT,
        sent_topic TEXT,
        end_part INTEGER,
        end_position INTEGER,
        sent_part INTEGER,
        sent_position INTEGER
    );
    CREATE INDEX IF NOT EXISTS log_record_entry ON log_record (entry);
    CREATE INDEX IF NOT EXISTS log_record_place ON log_record (topic, part, position);
    CREATE INDEX IF NOT EXISTS log_record_copy ON log_record (sent_topic, sent_part, sent_position);
";

/// An offset or another count, which SQLite keeps with a sign.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// What only Kafka takes with a copy, as JSON.
fn sent_text(record: OutgoingRecord) -> String {
    let key = match record.key {
        KeyForm::Null => "null",
        KeyForm::Text => "text",
        KeyForm::Hex => "hex",
    };
    serde_json::json!({
        "key": key,
        "partition": record.partition,
        "tombstone": record.is_tombstone,
    })
    .to_string()
}

fn sent_record(text: &str) -> Result<OutgoingRecord, serde_json::Error> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    let partition = value["partition"].as_u64();
    Ok(OutgoingRecord {
        key: match value["key"].as_str() {
            Some("null") => KeyForm::Null,
            Some("hex") => KeyForm::Hex,
            _ => KeyForm::Text,
        },
        partition: partition.and_then(|one| u32::try_from(one).ok()),
        is_tombstone: value["tombstone"].as_bool().unwrap_or_default(),
    })
}

/// Writes down which record an entry is about.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    id: i64,
    deed: Operation,
    held: &Held,
    record: &HeldRecord,
    now: DateTime<Utc>,
) -> Result<(), JournalError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO log_record (entry, cluster, topic, topic_id, part, position, own, deed, at, batch,
             sent, sent_topic, end_part, end_position, done)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let own = Transport::Kafka(record.own);
    insert.execute(params![
        id,
        record.log.cluster,
        record.log.topic,
        record.log.topic_id,
        record.own.partition,
        number(record.own.offset),
        written_transport::text_of(&own)?,
        deed_number(deed),
        now.timestamp_millis(),
        record.batch,
        held.sent
            .as_ref()
            .and_then(|sent| sent.record)
            .map(sent_text),
        held.sent.as_ref().map(|sent| &sent.destination),
        record.end.map(|(partition, _)| partition),
        record.end.map(|(_, offset)| number(offset)),
        // A discard is done as soon as its copy is here.
        deed == Operation::Discard,
    ])?;
    Ok(())
}

/// Adds to an entry which record it is about, if it is about one.
pub(super) fn fill_in(db: &Connection, entry: &mut Record) -> Result<(), JournalError> {
    let mut select = db.prepare_cached(
        "SELECT cluster, topic, topic_id, own, position, batch, sent, end_part, end_position
         FROM log_record WHERE entry = ?",
    )?;
    let row = select
        .query_row([entry.id.0], |row| {
            let log = LogName {
                cluster: row.get(0)?,
                topic: row.get(1)?,
                topic_id: row.get(2)?,
            };
            let texts: (String, i64) = (row.get(3)?, row.get(4)?);
            let batch: Option<String> = row.get(5)?;
            let sent: Option<String> = row.get(6)?;
            let end: (Option<u32>, Option<i64>) = (row.get(7)?, row.get(8)?);
            Ok((log, texts, batch, sent, end))
        })
        .optional()?;
    let Some((log, (own, position), batch, sent, end)) = row else {
        return Ok(());
    };
    let own = written_transport::transport_of(&own, Some(count(position)))?;
    if let (Some(outgoing), Some(sent)) = (&mut entry.message.sent, sent) {
        outgoing.record = Some(sent_record(&sent)?);
    }
    if let Some(own) = own.kafka() {
        entry.message.record = Some(HeldRecord {
            log,
            own: *own,
            batch,
            end: end.0.zip(end.1.map(count)),
        });
    }
    Ok(())
}

impl Journal {
    /// Copies were written for certain, here where that is known: all of them are marked or none.
    ///
    /// # Errors
    /// If it could not be written and flushed.
    pub fn copies_written(
        &mut self,
        copies: &[(RecordId, Option<(u32, u64)>)],
    ) -> Result<(), JournalError> {
        let transaction = self.db.transaction()?;
        {
            let mut done = transaction.prepare_cached(
                "UPDATE log_record SET done = 1, sent_part = ?, sent_position = ? WHERE entry = ?",
            )?;
            let mut stage = transaction.prepare_cached(&format!(
                "UPDATE progress SET stage = ?, words = '', run = '', changed = {NOW} WHERE id = ?"
            ))?;
            for (id, at) in copies {
                done.execute(params![
                    at.map(|(partition, _)| partition),
                    at.map(|(_, offset)| number(offset)),
                    id.0
                ])?;
                stage.execute(params![stage_number(Stage::Removed), id.0])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// What was done with the records at these places of a topic, as far as the journal knows: the last
    /// word on each, in their order.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn marks(
        &self,
        log: &LogName,
        places: &[(u32, u64)],
    ) -> Result<Vec<Option<RecordMark>>, JournalError> {
        let mut alive = Alive::new(&self.dir, &self.run);
        let mut select = self.db.prepare_cached(
            "SELECT topic_id, deed, at, done, sent_topic, stage, run
             FROM log_record LEFT JOIN progress ON progress.id = entry
             WHERE topic = ? AND part = ? AND position = ? AND cluster = ?
             ORDER BY number DESC",
        )?;
        let mut marks = Vec::with_capacity(places.len());
        for (partition, offset) in places {
            let place = params![log.topic, partition, number(*offset), log.cluster];
            let mut rows = select.query(place)?;
            let mut found: Option<RecordMark> = None;
            while let Some(row) = rows.next()? {
                let topic_id: String = row.get(0)?;
                if !is_same_topic(&topic_id, &log.topic_id) {
                    continue;
                }
                let (stage, run): (Option<u8>, Option<String>) = (row.get(5)?, row.get(6)?);
                let is_done: bool = row.get(3)?;
                let is_alive = run.is_some_and(|run| alive.is(&run));
                let Some(deed) = deed_told(deed_of(row.get(1)?), is_done, stage, is_alive) else {
                    continue;
                };
                let at: i64 = row.get(2)?;
                let mark = RecordMark {
                    deed,
                    at: DateTime::from_timestamp_millis(at).unwrap_or_default(),
                    sent_to: row.get(4)?,
                };
                // What is certain of an earlier try counts more than a later one that is not.
                let is_certain = |mark: &RecordMark| {
                    matches!(mark.deed, RecordDeed::Sent | RecordDeed::Discarded)
                };
                if found
                    .as_ref()
                    .is_none_or(|one| !is_certain(one) && is_certain(&mark))
                {
                    found = Some(mark);
                }
            }
            marks.push(found);
        }
        Ok(marks)
    }

    /// How many records of a topic were sent or discarded for certain.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn marked(&self, log: &LogName) -> Result<u64, JournalError> {
        let mut select = self.db.prepare_cached(
            "SELECT count(DISTINCT part || ':' || position), topic_id FROM log_record
             WHERE topic = ? AND cluster = ? AND done = 1 GROUP BY topic_id",
        )?;
        let mut rows = select.query(params![log.topic, log.cluster])?;
        let mut all = 0;
        while let Some(row) = rows.next()? {
            let topic_id: String = row.get(1)?;
            if is_same_topic(&topic_id, &log.topic_id) {
                all += count(row.get(0)?);
            }
        }
        Ok(all)
    }

    /// How often the copies that lie at these places were sent by this machine.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn copies_at(
        &mut self,
        cluster: &str,
        places: &[Option<(String, u32, u64)>],
    ) -> Result<Vec<u32>, JournalError> {
        let transaction = self.db.transaction()?;
        let mut times = Vec::with_capacity(places.len());
        {
            let mut select = transaction.prepare_cached(
                "SELECT coalesce(entry, -1) FROM log_record
                 WHERE sent_topic = ? AND sent_part = ? AND sent_position = ? AND cluster = ?
                     AND done = 1",
            )?;
            let mut note = transaction.prepare_cached(
                "UPDATE progress SET came_back = 1 WHERE id = ? AND came_back = 0",
            )?;
            for place in places {
                let Some((topic, partition, offset)) = place else {
                    times.push(0);
                    continue;
                };
                let wanted = params![topic, partition, number(*offset), cluster];
                let ids: Vec<i64> = select
                    .query_map(wanted, |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for id in &ids {
                    note.execute([id])?;
                }
                times.push(u32::try_from(ids.len()).unwrap_or(u32::MAX));
            }
        }
        transaction.commit()?;
        Ok(times)
    }

    /// Copies of records of this cluster that were being sent when a run of Eventscope ended, each
    /// transaction apart.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn cut_off_batches(&self, cluster: &str) -> Result<Vec<CutOffBatch>, JournalError> {
        let mut alive = Alive::new(&self.dir, &self.run);
        let mut select = self.db.prepare_cached(
            "SELECT entry, batch, run, at FROM log_record JOIN progress ON progress.id = entry
             WHERE stage = ? AND cluster = ? AND done = 0 ORDER BY number",
        )?;
        let mut rows = select.query(params![stage_number(Stage::Sent), cluster])?;
        let mut batches: HashMap<Option<String>, CutOffBatch> = HashMap::new();
        while let Some(row) = rows.next()? {
            let run: String = row.get(2)?;
            if alive.is(&run) {
                continue;
            }
            let batch: Option<String> = row.get(1)?;
            let at: i64 = row.get(3)?;
            let found = batches.entry(batch.clone()).or_insert_with(|| CutOffBatch {
                batch,
                ids: Vec::new(),
                at: DateTime::UNIX_EPOCH,
            });
            found.ids.push(RecordId(row.get(0)?));
            let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
            found.at = found.at.max(at);
        }
        let mut batches: Vec<CutOffBatch> = batches.into_values().collect();
        batches.sort_by_key(|batch| batch.ids.first().map(|id| id.0));
        Ok(batches)
    }
}

/// The same topic, as far as the broker tells.
fn is_same_topic(one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || one == other
}

/// What an entry says of its record; `None` if nothing was done with it.
fn deed_told(
    deed: Operation,
    is_done: bool,
    stage: Option<u8>,
    is_alive: bool,
) -> Option<RecordDeed> {
    match (deed, is_done, stage.map(stage_of)) {
        (Operation::Discard, true, _) => Some(RecordDeed::Discarded),
        (Operation::Resend, true, _) => Some(RecordDeed::Sent),
        (_, false, None | Some(Stage::Held)) => None,
        (_, false, Some(_)) if is_alive => Some(RecordDeed::UnderWay),
        (_, false, Some(_)) => Some(RecordDeed::PerhapsSent),
    }
}

#[cfg(test)]
mod tests;
