//! The journal on the screen: what is asked for, what is told, and what must be answered first.

use super::*;
use crate::event::source_id::SourceId;
use crate::repair::journal_entry::Stage;

fn counts(parts: &[(Pile, u64)]) -> StageCounts {
    let mut counts = StageCounts::default();
    for (pile, count) in parts {
        counts.add(*pile, *count);
    }
    counts
}

fn job(id: i64, parts: &[(Pile, u64)]) -> JobLine {
    JobLine {
        id: JobId(id),
        deed: Operation::Resend,
        place: "localhost:5672/".into(),
        queue: "orders.dead".into(),
        times: (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH),
        counts: counts(parts),
    }
}

/// What the broker side answers to what the desk asks.
fn page(desk: &JournalDesk, jobs: &[JobLine], records: &[Record]) -> Box<JournalPage> {
    let mut all = StageCounts::default();
    for job in jobs {
        for (pile, count) in job.counts.piles() {
            all.add(pile, count);
        }
    }
    let question = desk.question.clone();
    let of = |id| jobs.iter().find(|job| job.id == id).cloned();
    let looked_at = question.looked_at;
    Box::new(JournalPage {
        job: question.job.and_then(of),
        looked_at: records
            .iter()
            .find(|one| Some(one.id) == looked_at)
            .cloned(),
        question,
        all,
        jobs_total: jobs.len(),
        jobs: jobs.to_vec(),
        found: records.len(),
        is_cut: false,
        records: records.to_vec(),
    })
}

fn shown(jobs: &[JobLine], records: &[Record]) -> JournalDesk {
    let mut desk = JournalDesk::default();
    let page = page(&desk, jobs, records);
    desk.read(Ok(page));
    desk
}

#[test]
fn what_was_cut_off_is_told_once_with_the_counts_of_all_of_it() {
    let mut desk = JournalDesk::default();
    let cut = [
        (Pile::Twice, 10),
        (Pile::Untouched, 2_868),
        (Pile::Done, 121),
    ];
    let jobs = [job(2, &cut), job(1, &[(Pile::Done, 50)])];
    let answer = page(&desk, &jobs, &[]);
    let told = desk.read(Ok(answer.clone())).0.unwrap();
    assert!(
        told.contains("10 may be there twice, 2,868 were not touched, 121 were sent"),
        "{told}"
    );
    assert_eq!(desk.doubtful(), 10);
    assert_eq!(desk.read(Ok(answer)).0, None);
    let mut desk = JournalDesk::default();
    let answer = page(&desk, &[job(1, &[(Pile::Done, 1)])], &[]);
    assert_eq!(desk.read(Ok(answer)).0, None);
}

#[test]
fn one_answer_is_waited_for_at_a_time_and_the_last_question_counts() {
    let mut desk = shown(&[job(1, &[(Pile::Done, 1)])], &[]);
    let first = desk.act(
        JournalAction::Search("a".into()),
        RequestId(1),
        SourceId::FIRST,
    );
    let Some(Command::Desk(DeskCommand::ReadJournal(asked))) = first else {
        panic!("nothing was asked")
    };
    let answer = page(&desk, &[job(1, &[(Pile::Done, 1)])], &[]);
    assert!(
        desk.act(
            JournalAction::Search("ab".into()),
            RequestId(2),
            SourceId::FIRST
        )
        .is_none()
    );
    assert!(!desk.is_current());
    assert_eq!(asked.search, "a");
    let (_, again) = desk.read(Ok(answer));
    let Some(DeskCommand::ReadJournal(asked)) = again else {
        panic!("the last question was not asked")
    };
    assert_eq!(asked.search, "ab");
    let answer = page(&desk, &[job(1, &[(Pile::Done, 1)])], &[]);
    assert!(desk.read(Ok(answer)).1.is_none());
    assert!(desk.is_current());
    // What is told unasked for another question leads to the right one.
    let mut other = page(&desk, &[], &[]);
    other.question = Question::default();
    assert!(desk.read(Ok(other)).1.is_some());
    // A reading that did not get through is not waited for.
    desk.not_read();
    assert!(
        desk.act(JournalAction::Refresh, RequestId(3), SourceId::FIRST)
            .is_some()
    );
}

#[test]
fn a_problem_ends_with_the_next_reading() {
    let mut desk = JournalDesk::default();
    desk.read(Err("no disk".into()));
    assert_eq!(desk.problem.as_deref(), Some("no disk"));
    let answer = page(&desk, &[], &[]);
    desk.read(Ok(answer));
    assert_eq!(desk.problem, None);
}

fn put(desk: &mut JournalDesk, request: u64) -> bool {
    let put = JournalAction::PutBack(RecordId(1));
    let sent = desk.act(put, RequestId(request), SourceId::FIRST);
    matches!(
        sent,
        Some(Command::Source(_, SourceCommand::PutBack { .. }))
    )
}

fn looking_at(stage: Stage, deed: Operation) -> JournalDesk {
    let mut record = Record::example(stage);
    record.deed = deed;
    let mut desk = shown(&[job(1, &[(record.pile(), 1)])], &[record]);
    desk.act(
        JournalAction::Select(RecordId(1)),
        RequestId(1),
        SourceId::FIRST,
    );
    desk
}

#[test]
fn a_first_copy_is_put_back_at_once_and_a_second_is_asked_for() {
    let mut desk = looking_at(Stage::Removed, Operation::Discard);
    assert!(put(&mut desk, 5));
    assert!(!put(&mut desk, 6), "one at a time");
    desk.putting_back(RequestId(5), 1, 1);
    assert!(desk.put_back_done(RequestId(9), None).is_none());
    assert!(desk.put_back_done(RequestId(5), None).is_some());
    let mut desk = looking_at(Stage::PutBack, Operation::Discard);
    assert!(!put(&mut desk, 7));
    let asking = desk.asking.clone().unwrap();
    assert!(
        asking.words.starts_with("It was put back into q at "),
        "{}",
        asking.words
    );
    assert!(asking.words.ends_with("Put back another copy?"));
    desk.act(JournalAction::No, RequestId(8), SourceId::FIRST);
    assert!(desk.asking.is_none() && desk.putting.is_none());
    put(&mut desk, 9);
    let sent = desk.act(JournalAction::Yes, RequestId(10), SourceId::FIRST);
    assert!(matches!(
        sent,
        Some(Command::Source(_, SourceCommand::PutBack { .. }))
    ));
}

#[test]
fn what_was_not_touched_is_not_put_back() {
    let mut desk = looking_at(Stage::Held, Operation::Resend);
    assert!(!put(&mut desk, 5) && desk.asking.is_none());
    desk.act(
        JournalAction::Job(Some(JobId(1))),
        RequestId(6),
        SourceId::FIRST,
    );
    let answer = page(&desk, &[job(1, &[(Pile::Untouched, 3)])], &[]);
    desk.read(Ok(answer));
    desk.act(
        JournalAction::PutPileBack(Pile::Untouched),
        RequestId(7),
        SourceId::FIRST,
    );
    assert!(desk.asking.is_none());
    desk.act(
        JournalAction::ForgetPile(Pile::Untouched),
        RequestId(8),
        SourceId::FIRST,
    );
    let asking = desk.asking.as_ref().unwrap();
    assert_eq!(asking.yes, "Remove 3 records");
    let sent = desk.act(JournalAction::Yes, RequestId(9), SourceId::FIRST);
    let which = Records::Pile(JobId(1), Pile::Untouched);
    assert!(
        matches!(sent, Some(Command::Desk(DeskCommand::ForgetRecords(forgotten))) if forgotten == which)
    );
}

#[test]
fn why_a_message_was_not_put_back_belongs_to_it() {
    let mut desk = looking_at(Stage::Removed, Operation::Discard);
    assert!(put(&mut desk, 5));
    assert!(desk.put_back_done(RequestId(5), Some("no queue")).is_some());
    let mine = Record::example(Stage::Removed);
    assert_eq!(desk.why_not(&mine), Some("no queue"));
    let other = Record {
        id: RecordId(2),
        ..mine.clone()
    };
    assert_eq!(desk.why_not(&other), None);
    assert!(put(&mut desk, 6), "it can be tried again");
    assert_eq!(desk.why_not(&mine), None);
}

#[test]
fn a_record_that_is_gone_is_not_looked_at_and_an_empty_job_not_shown() {
    let mut desk = looking_at(Stage::Removed, Operation::Discard);
    assert_eq!(desk.selected.as_ref().unwrap().1.key, "k");
    desk.act(
        JournalAction::Job(Some(JobId(1))),
        RequestId(2),
        SourceId::FIRST,
    );
    let answer = page(&desk, &[job(2, &[(Pile::Done, 1)])], &[]);
    let (_, again) = desk.read(Ok(answer));
    assert!(desk.selected.is_none());
    assert!(again.is_some());
    assert_eq!(desk.question.job, None);
}
