//! What the journal says: one page of it at a time, with counts of the whole, all of one moment.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::written::{deed_of, properties_of, stage_of};
use super::{Alive, Journal, JournalError, log_records};
use crate::event::Outgoing;
use crate::repair::journal_entry::{Held, Record, RecordId};
use crate::repair::journal_list::{JOBS, JobId, JobLine, JournalPage, Pile, Question, StageCounts};

/// How long a search may take. Until then nobody else uses the journal.
const SEARCH: Duration = Duration::from_secs(2);

/// What a search looks into. The sent body is none if it is the same.
const MATCHES: &str = "instr(lower(routing_key), ?1) OR instr(lower(queue), ?1)
    OR instr(lower(coalesce(properties ->> 'message_id', '')), ?1)
    OR instr(lower(coalesce(properties ->> 'correlation_id', '')), ?1)
    OR instr(lower(CAST(body AS TEXT)), ?1)
    OR instr(lower(CAST(coalesce(sent_body, '') AS TEXT)), ?1)";

const COLUMNS: &str = "id, run, deed, stage, at, place, queue, exchange, routing_key, properties,
    body, sent_exchange, sent_routing_key, sent_properties, sent_body, words, came_back, job,
    changed";

/// A job while it is counted.
struct StageTally {
    counts: StageCounts,
    first: i64,
    last: i64,
}

/// What one pass over all records finds.
#[derive(Default)]
struct Census {
    all: StageCounts,
    jobs: HashMap<i64, StageTally>,
    /// Records of the job and pile that were asked for.
    found: Vec<(Pile, i64)>,
}

impl Journal {
    /// One page of the journal, with the counts of all of it.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn page(&self, question: &Question) -> Result<JournalPage, JournalError> {
        // Another Eventscope may write meanwhile: all that is read here is of one moment.
        let moment = self.db.unchecked_transaction()?;
        let mut alive = Alive::new(&self.dir, &self.run);
        let mut census = count(&moment, question, &mut alive)?;
        let mut is_cut = false;
        let search = question.search.trim().to_ascii_lowercase();
        if !search.is_empty() {
            let hits;
            (hits, is_cut) = look_for(&moment, &search)?;
            census
                .found
                .retain(|(_, id)| hits.binary_search_by(|hit| id.cmp(hit)).is_ok());
        }
        // The piles stand in the order of what a person should see first; among what is certain
        // the newest counts.
        let rank = |pile: Pile| pile.min(Pile::Done);
        census
            .found
            .sort_unstable_by_key(|(pile, id)| (rank(*pile), Reverse(*id)));
        let records = census.found.iter().skip(question.from).take(question.size);
        let records = records
            .filter_map(|(_, id)| record(&moment, *id, &mut alive).transpose())
            .collect::<Result<_, _>>()?;
        let looked_at = question.looked_at;
        let looked_at = looked_at.map(|id| record(&moment, id.0, &mut alive));
        let job = question
            .job
            .and_then(|job| Some((job, census.jobs.get(&job.0)?)));
        let job = job
            .map(|(id, tally)| line(&moment, id, tally))
            .transpose()?;
        let mut order: Vec<(&i64, &StageTally)> = census.jobs.iter().collect();
        order.sort_unstable_by_key(|(_, tally)| (tally.counts.cut_off() == 0, Reverse(tally.last)));
        let jobs = order.iter().skip(question.jobs_from).take(JOBS);
        let jobs = jobs
            .map(|(id, tally)| line(&moment, JobId(**id), tally))
            .collect::<Result<_, _>>()?;
        Ok(JournalPage {
            question: question.clone(),
            all: census.all,
            jobs_total: order.len(),
            jobs,
            job,
            found: census.found.len(),
            is_cut,
            records,
            looked_at: looked_at.transpose()?.flatten(),
        })
    }

    /// The first records: what is not certain, then the newest.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn newest(&self, limit: usize) -> Result<Vec<Record>, JournalError> {
        let question = Question {
            size: limit,
            ..Question::default()
        };
        Ok(self.page(&question)?.records)
    }

    /// The names of all records of a pile, the oldest first.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn pile(&self, job: JobId, pile: Pile) -> Result<Vec<RecordId>, JournalError> {
        let mut alive = Alive::new(&self.dir, &self.run);
        let question = Question {
            job: Some(job),
            pile: Some(pile),
            ..Question::default()
        };
        let census = count(&self.db, &question, &mut alive)?;
        Ok(census.found.iter().map(|(_, id)| RecordId(*id)).collect())
    }

    /// One record.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn get(&self, id: RecordId) -> Result<Option<Record>, JournalError> {
        record(&self.db, id.0, &mut Alive::new(&self.dir, &self.run))
    }
}

/// Looks at how far each record has come, but not at what it holds: the bodies lie in another
/// table, so this reads some tens of bytes for each.
fn count(
    db: &Connection,
    question: &Question,
    alive: &mut Alive<'_>,
) -> Result<Census, JournalError> {
    let mut census = Census::default();
    let mut select = db.prepare_cached("SELECT id, job, stage, run FROM progress ORDER BY id")?;
    let mut rows = select.query([])?;
    let wanted = question.job.map(|job| job.0);
    while let Some(row) = rows.next()? {
        let (id, job, stage): (i64, i64, u8) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let run = row.get_ref(3)?.as_str().unwrap_or_default();
        let pile = Pile::of(stage_of(stage), !alive.is(run));
        census.all.add(pile, 1);
        let tally = census.jobs.entry(job).or_insert_with(|| StageTally {
            counts: StageCounts::default(),
            first: id,
            last: id,
        });
        tally.counts.add(pile, 1);
        tally.last = id;
        if wanted.is_none_or(|wanted| wanted == job) && question.pile.is_none_or(|one| one == pile)
        {
            census.found.push((pile, id));
        }
    }
    Ok(census)
}

/// The records in which a text occurs, the newest first; true if the time was over before the last
/// was looked at.
fn look_for(db: &Connection, text: &str) -> Result<(Vec<i64>, bool), JournalError> {
    let started = Instant::now();
    // Each row is given, so that the time is looked at between two of them.
    let mut select = db.prepare_cached(&format!(
        "SELECT id, {MATCHES} FROM record ORDER BY id DESC"
    ))?;
    let mut rows = select.query([text])?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get(1)? {
            hits.push(row.get(0)?);
        }
        if started.elapsed() > SEARCH {
            return Ok((hits, true));
        }
    }
    Ok((hits, false))
}

/// What its first and its last record say of a job.
fn line(db: &Connection, id: JobId, tally: &StageTally) -> Result<JobLine, JournalError> {
    let mut select = db.prepare_cached("SELECT deed, place, queue, at FROM record WHERE id = ?")?;
    let (deed, place, queue, begun) = select.query_row([tally.first], |row| {
        let deed: u8 = row.get(0)?;
        let at: i64 = row.get(3)?;
        Ok((deed_of(deed), row.get(1)?, row.get(2)?, at))
    })?;
    let ended = select.query_row([tally.last], |row| row.get(3))?;
    Ok(JobLine {
        id,
        deed,
        place,
        queue,
        times: (time(begun), time(ended)),
        counts: tally.counts,
    })
}

fn record(db: &Connection, id: i64, alive: &mut Alive<'_>) -> Result<Option<Record>, JournalError> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record JOIN progress USING (id) WHERE id = ?"
    ))?;
    let row = select.query_row(params![id], raw).optional()?;
    let mut found = row.map(|row| row.read(alive)).transpose()?;
    if let Some(found) = &mut found {
        log_records::fill_in(db, found)?;
    }
    Ok(found)
}

/// A row before its properties were read.
struct Raw {
    run: String,
    properties: String,
    sent_properties: Option<String>,
    sent: Option<(String, String, Option<Vec<u8>>)>,
    record: Record,
}

fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let sent_exchange: Option<String> = row.get(11)?;
    let sent_key: Option<String> = row.get(12)?;
    let sent_body: Option<Vec<u8>> = row.get(14)?;
    Ok(Raw {
        run: row.get(1)?,
        properties: row.get(9)?,
        sent_properties: row.get(13)?,
        sent: sent_exchange
            .zip(sent_key)
            .map(|(exchange, key)| (exchange, key, sent_body)),
        record: Record {
            id: RecordId(row.get(0)?),
            deed: deed_of(row.get(2)?),
            job: JobId(row.get(17)?),
            stage: stage_of(row.get(3)?),
            at: time(row.get(4)?),
            changed: time(row.get(18)?),
            abandoned: false,
            words: row.get(15)?,
            came_back: row.get(16)?,
            message: Held {
                place: row.get(5)?,
                queue: row.get(6)?,
                destination: row.get(7)?,
                key: row.get(8)?,
                properties: crate::event::amqp::Properties::default(),
                body: row.get(10)?,
                sent: None,
                record: None,
            },
        },
    })
}

impl Raw {
    fn read(self, alive: &mut Alive<'_>) -> Result<Record, JournalError> {
        let mut record = self.record;
        record.abandoned = !alive.is(&self.run);
        record.message.properties = properties_of(&self.properties)?;
        if let (Some((exchange, routing_key, body)), Some(properties)) =
            (self.sent, self.sent_properties)
        {
            record.message.sent = Some(Outgoing {
                record: None,
                destination: exchange,
                key: routing_key,
                properties: properties_of(&properties)?,
                body: body.unwrap_or_else(|| record.message.body.clone()),
            });
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
