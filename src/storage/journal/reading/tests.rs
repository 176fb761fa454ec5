//! Pages, counts, jobs and searches of the journal, and journals of earlier versions.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::event::amqp::Properties;
use crate::repair::journal_entry::{Operation, Stage};

/// As the build before this one left it when it was killed in a resend, cut down to twelve records.
const VERSION_2: &[u8] = include_bytes!("../../../../tests/journals/version-2.sqlite");

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

fn held(queue: &str, body: String) -> Held {
    Held {
        place: "localhost:5672/".into(),
        queue: queue.into(),
        destination: "shop".into(),
        key: format!("order.{}", body.len()),
        properties: Properties {
            message_id: Some(format!("ID-{body}")),
            ..Properties::default()
        },
        body: body.into_bytes(),
        sent: None,
        record: None,
    }
}

/// A journal in which a job of so many messages was cut off: ten may be there twice, 121 were sent.
fn cut_off(dir: &std::path::Path, count: usize) -> Journal {
    let mut journal = Journal::open(dir).unwrap();
    journal.work_on(1);
    let messages: Vec<Held> = (0..count)
        .map(|n| held("a.dead", format!("m{n}")))
        .collect();
    let ids = journal.hold(Operation::Resend, &messages, at(0)).unwrap();
    let removed = ids[..121].iter().map(|id| (*id, Stage::Removed, ""));
    journal.mark(&removed.collect::<Vec<_>>()).unwrap();
    let sent = ids[121..131].iter().map(|id| (*id, Stage::Sent, ""));
    journal.mark(&sent.collect::<Vec<_>>()).unwrap();
    journal.settle(&ids).unwrap();
    journal
}

fn discard(journal: &mut Journal, number: u64, queue: &str, body: &str) -> RecordId {
    journal.work_on(number);
    let message = held(queue, body.to_owned());
    let id = journal
        .hold(Operation::Discard, &[message], at(60))
        .unwrap()[0];
    journal.mark(&[(id, Stage::Removed, "")]).unwrap();
    id
}

#[test]
fn counts_are_of_all_records_and_every_record_can_be_reached() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = cut_off(dir.path(), 2_999);
    discard(&mut journal, 2, "b.dead", "x");
    let mut question = Question::default();
    let first = journal.page(&question).unwrap();
    assert_eq!(
        first.all.words(None),
        "10 may be there twice, 2,868 were not touched, 122 were sent or discarded"
    );
    assert_eq!((first.jobs_total, first.jobs.len()), (2, 2));
    // What was cut off stands first although the other is newer.
    assert_eq!(
        first.jobs[0].counts.words(Some(first.jobs[0].deed)),
        "10 may be there twice, 2,868 were not touched, 121 were sent"
    );
    assert_eq!(
        (&*first.jobs[1].queue, first.jobs[1].deed),
        ("b.dead", Operation::Discard)
    );
    assert!(
        first.records[..10]
            .iter()
            .all(|record| record.stage == Stage::Sent)
    );
    let mut seen = BTreeSet::new();
    loop {
        let page = journal.page(&question).unwrap();
        assert_eq!(page.found, 3_000);
        if page.records.is_empty() {
            break;
        }
        seen.extend(page.records.iter().map(|record| record.id));
        question.from += question.size;
    }
    assert_eq!(seen.len(), 3_000);
}

#[test]
fn a_job_and_a_pile_are_shown_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = cut_off(dir.path(), 200);
    let other = discard(&mut journal, 2, "b.dead", "x");
    let job = journal.page(&Question::default()).unwrap().jobs[0].id;
    let mut question = Question {
        job: Some(job),
        pile: Some(Pile::Twice),
        looked_at: Some(other),
        ..Question::default()
    };
    let page = journal.page(&question).unwrap();
    assert_eq!((page.found, page.records.len()), (10, 10));
    assert_eq!(page.job.unwrap().queue, "a.dead");
    assert_eq!(page.looked_at.unwrap().id, other);
    let names = journal.pile(job, Pile::Untouched).unwrap();
    assert_eq!(names.len(), 69);
    journal.forget(&names).unwrap();
    journal.forget(&[other]).unwrap();
    let page = journal.page(&question).unwrap();
    assert_eq!((page.all.get(Pile::Untouched), page.looked_at), (0, None));
    question.job = Some(JobId(12));
    assert_eq!(journal.page(&question).unwrap().job, None);
}

#[test]
fn two_jobs_of_one_run_and_one_of_another_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = cut_off(dir.path(), 140);
    discard(&mut journal, 2, "b.dead", "x");
    discard(&mut journal, 2, "b.dead", "y");
    drop(journal);
    let mut journal = Journal::open(dir.path()).unwrap();
    discard(&mut journal, 2, "b.dead", "z");
    let jobs = journal.page(&Question::default()).unwrap().jobs;
    let sizes: Vec<u64> = jobs.iter().map(|job| job.counts.total()).collect();
    assert_eq!(sizes, [140, 1, 2]);
}

#[test]
fn a_search_looks_into_keys_queues_ids_and_payloads() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = cut_off(dir.path(), 200);
    let special = discard(&mut journal, 2, "b.dead", "{\"Name\": \"Ada\"}");
    let mut question = Question::default();
    let mut find = |journal: &Journal, text: &str| {
        question.search = text.to_owned();
        let page = journal.page(&question).unwrap();
        assert!(!page.is_cut);
        (page.found, page.records.first().map(|record| record.id))
    };
    for text in ["ada", " ADA ", "B.DEAD", "order.15", "id-{"] {
        assert_eq!(find(&journal, text), (1, Some(special)), "{text:?}");
    }
    assert_eq!(find(&journal, "a.dead").0, 200);
    assert_eq!(find(&journal, "m12").0, 11, "m12, and m120 to m129");
    assert_eq!(find(&journal, "100%' OR 1=1").0, 0);
    let job = journal.page(&Question::default()).unwrap().jobs[0].id;
    let within = Question {
        job: Some(job),
        search: "ada".into(),
        ..Question::default()
    };
    assert_eq!(journal.page(&within).unwrap().found, 0);
}

#[test]
fn what_was_begun_and_not_done_is_as_it_was_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let id = discard(&mut journal, 1, "b.dead", "x");
    journal.mark(&[(id, Stage::PutBack, "")]).unwrap();
    let before = journal.get(id).unwrap().unwrap();
    journal
        .mark(&[(id, Stage::Returning, "on its way")])
        .unwrap();
    journal.take_back(std::slice::from_ref(&before)).unwrap();
    // Nobody works on it any more.
    let settled = Record {
        abandoned: true,
        ..before
    };
    assert_eq!(journal.get(id).unwrap().unwrap(), settled);
}

#[test]
fn a_journal_of_the_version_before_is_opened_and_its_jobs_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(super::super::JOURNAL), VERSION_2).unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let page = journal.page(&Question::default()).unwrap();
    assert_eq!(page.jobs_total, 1);
    assert_eq!(
        page.jobs[0].counts.words(Some(Operation::Resend)),
        "7 may be there twice, 4 were not touched, 1 was sent"
    );
    assert_eq!(page.records.len(), 12);
    assert!(page.records.iter().all(|one| one.message.sent.is_some()));
    // It goes on as a journal of today.
    discard(&mut journal, 1, "b.dead", "x");
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.page(&Question::default()).unwrap().jobs_total, 2);
}

#[test]
fn records_of_an_earlier_version_belong_together_by_queue_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let message = |queue| [held(queue, "x".to_owned())];
    for (queue, minute) in [("a", 0), ("a", 9), ("a", 30), ("b", 31), ("a", 32)] {
        let now = at(0) + TimeDelta::minutes(minute);
        journal
            .hold(Operation::Resend, &message(queue), now)
            .unwrap();
    }
    let old = "ALTER TABLE progress DROP COLUMN job; PRAGMA user_version = 2;";
    journal.db.execute_batch(old).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    let jobs = journal.page(&Question::default()).unwrap().jobs;
    let sizes: Vec<u64> = jobs.iter().map(|job| job.counts.total()).collect();
    assert_eq!(sizes, [1, 1, 1, 2], "the newest first");
}

/// Prints how long a journal of 100,000 records takes to open and to show.
#[test]
#[ignore = "measures; run it by name"]
#[expect(clippy::print_stdout, reason = "it prints what it measures")]
fn how_long_a_large_journal_takes() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let body = "x".repeat(1_000);
    for number in 0..100 {
        journal.work_on(number);
        let messages: Vec<Held> = (0..1_000)
            .map(|n| held("a.dead", format!("{n}{body}")))
            .collect();
        let ids = journal.hold(Operation::Resend, &messages, at(0)).unwrap();
        let removed = ids[..900].iter().map(|id| (*id, Stage::Removed, ""));
        journal.mark(&removed.collect::<Vec<_>>()).unwrap();
    }
    drop(journal);
    let started = Instant::now();
    let journal = Journal::open(dir.path()).unwrap();
    let opened = started.elapsed();
    let page = journal.page(&Question::default()).unwrap();
    let first = started.elapsed();
    let question = Question {
        search: "not there".into(),
        ..Question::default()
    };
    let searched = Instant::now();
    let found = journal.page(&question).unwrap();
    println!(
        "opened {opened:?}, first page {first:?}, search {:?} (cut {}), {} records",
        searched.elapsed(),
        found.is_cut,
        page.all.total()
    );
    drop(journal);
    let old = Connection::open(dir.path().join(super::super::JOURNAL)).unwrap();
    let old_tables = "ALTER TABLE progress DROP COLUMN job; PRAGMA user_version = 2;";
    old.execute_batch(old_tables).unwrap();
    drop(old);
    let started = Instant::now();
    drop(Journal::open(dir.path()).unwrap());
    println!("brought up to date in {:?}", started.elapsed());
}
