//! What the journal gives back, and what it says after a run was cut off.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::event::Outgoing;
use crate::event::amqp::{FieldValue, Properties};
use crate::repair::journal_entry::Fate;

fn held(body: &[u8]) -> Held {
    let every_type = vec![
        ("void".to_owned(), FieldValue::Void),
        ("float".to_owned(), FieldValue::F32(f32::MIN_POSITIVE)),
        ("third".to_owned(), FieldValue::F64(1.0 / 3.0)),
        ("nan".to_owned(), FieldValue::F64(f64::NAN)),
        ("infinite".to_owned(), FieldValue::F32(f32::NEG_INFINITY)),
        ("raw".to_owned(), FieldValue::RawText(vec![0xff, 0])),
        ("i64".to_owned(), FieldValue::I64(i64::MIN)),
        ("u8".to_owned(), FieldValue::U8(255)),
        (
            "decimal".to_owned(),
            FieldValue::Decimal { scale: 3, value: 7 },
        ),
        ("time".to_owned(), FieldValue::Timestamp(u64::MAX)),
        (
            "nested".to_owned(),
            FieldValue::Table(vec![(
                "array".to_owned(),
                FieldValue::Array(vec![FieldValue::Bool(true), FieldValue::Bytes(vec![1])]),
            )]),
        ),
    ];
    Held {
        place: "localhost:5672/".into(),
        queue: "orders.dead".into(),
        destination: String::new(),
        key: "a\nb".into(),
        properties: Properties {
            headers: Some(every_type),
            content_type: Some(String::new()),
            timestamp: Some(1),
            ..Properties::default()
        },
        body: body.to_vec(),
        sent: Some(Outgoing {
            record: None,
            destination: "shop".into(),
            key: "k".into(),
            properties: Properties::default(),
            body: body.to_vec(),
        }),
        record: None,
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_123).unwrap()
}

#[test]
fn a_message_comes_back_complete() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let mut edited = held(b"was");
    edited.sent.as_mut().unwrap().body = b"is".to_vec();
    let discarded = Held {
        sent: None,
        ..held(&[0, 0xff, 0xfe])
    };
    let large = held(&vec![b'x'; 3_000_000]);
    let all = [held(b"{\"a\":\n1}"), held(b""), edited, discarded, large];
    let ids = journal.hold(Operation::Resend, &all, now()).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    for (id, held) in ids.iter().zip(&all) {
        let record = journal.get(*id).unwrap().unwrap();
        // Compared as text: a NaN is not equal to itself but must come back too.
        assert_eq!(format!("{:?}", record.message), format!("{held:?}"));
        assert_eq!((record.stage, record.at), (Stage::Held, now()));
        assert!(record.abandoned, "its run has ended");
    }
}

#[test]
fn stages_survive_and_another_run_that_lives_is_not_abandoned() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Journal::open(dir.path()).unwrap();
    let ids = first.hold(Operation::Resend, &[held(b"1"), held(b"2")], now());
    let ids = ids.unwrap();
    first.mark(&[(ids[1], Stage::Sent, "no confirm")]).unwrap();
    let second = Journal::open(dir.path()).unwrap();
    let record = second.get(ids[1]).unwrap().unwrap();
    assert_eq!((record.stage, &*record.words), (Stage::Sent, "no confirm"));
    assert!(!record.abandoned, "the first run still lives");
    // As after a kill: the lock is gone, the file stays.
    let lock = dir.path().join(lock_name(&first.run));
    drop(first);
    File::create(lock).unwrap();
    assert!(second.get(ids[1]).unwrap().unwrap().abandoned);
}

#[test]
fn what_is_at_its_delivery_limit_is_in_doubt_from_the_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    journal.prove().unwrap();
    let all = [held(b"1"), held(b"2")];
    let stages = [Stage::AtLimit, Stage::Held];
    let each = all.iter().zip(stages);
    let ids = journal.hold_each(Operation::Resend, each, now()).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    let records = ids.iter().map(|id| journal.get(*id).unwrap().unwrap());
    let fates: Vec<_> = records.map(|r| (r.stage, r.fate())).collect();
    let expected = [
        (Stage::AtLimit, Fate::DuplicatePossible),
        (Stage::Held, Fate::Untouched),
    ];
    assert_eq!(fates, expected);
}

fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

#[test]
fn what_is_not_certain_comes_first_and_does_not_age_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let all = [held(b"1"), held(b"2"), held(b"3")];
    let ids = journal.hold(Operation::Resend, &all, now()).unwrap();
    journal
        .mark(&[
            (ids[0], Stage::Sent, ""),
            (ids[1], Stage::Removed, ""),
            (ids[2], Stage::PutBack, ""),
        ])
        .unwrap();
    let order: Vec<_> = journal.newest(10).unwrap().iter().map(|r| r.id).collect();
    assert_eq!(order, [ids[0], ids[2], ids[1]]);
    assert_eq!(journal.age_out(now() + days(30), 30).unwrap(), 0);
    assert_eq!(journal.age_out(now() + days(8), 7).unwrap(), 2);
    assert_eq!(journal.newest(10).unwrap().len(), 1);
    journal.forget(&ids).unwrap();
    assert!(journal.newest(10).unwrap().is_empty());
}

#[test]
fn what_was_removed_just_before_the_broker_was_lost_is_doubtful_there_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let elsewhere = Held {
        place: "other:5672/".into(),
        ..held(b"2")
    };
    let all = [held(b"1"), elsewhere];
    let ids = journal.hold(Operation::Resend, &all, now()).unwrap();
    let removed = ids.iter().map(|id| (*id, Stage::Removed, ""));
    journal.mark(&removed.collect::<Vec<_>>()).unwrap();
    journal.doubt("localhost:5672/").unwrap();
    let fates: Vec<_> = ids
        .iter()
        .map(|id| journal.get(*id).unwrap().unwrap().fate())
        .collect();
    assert_eq!(fates, [Fate::DuplicatePossible, Fate::Certain]);
}

#[test]
fn the_journal_is_for_this_user_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new");
    let _journal = Journal::open(&folder).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_that_is_no_journal_or_a_later_one_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(JOURNAL);
    std::fs::write(&path, "this is no database, but a text of some length").unwrap();
    assert!(Journal::open(dir.path()).is_err());
    assert!(std::fs::read(&path).unwrap().starts_with(b"this is"));
    std::fs::remove_file(&path).unwrap();
    drop(Journal::open(dir.path()).unwrap());
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(
        Journal::open(dir.path()),
        Err(JournalError::Later(99))
    ));
}

fn resent(journal: &mut Journal, before: &[u8], after: &[u8], at: DateTime<Utc>) -> RecordId {
    let mut message = held(before);
    message.sent = Some(Outgoing {
        record: None,
        properties: message.properties.clone(),
        body: after.to_vec(),
        ..message.sent.unwrap()
    });
    let id = journal.hold(Operation::Resend, &[message], at).unwrap()[0];
    journal.mark(&[(id, Stage::Removed, "")]).unwrap();
    id
}

#[test]
fn what_was_sent_again_and_died_again_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let content = |body: &[u8]| lineage::content(&held(b"").properties, body);
    let lying = |body: &[u8], died: Option<i64>| Lying {
        content: content(body),
        died,
    };
    let place = held(b"").place;
    let first = resent(&mut journal, b"1", b"2", now());
    let ask = |journal: &mut Journal, all: &[Lying]| {
        let found = journal.returns(&place, all).unwrap();
        (found.times, found.is_news)
    };
    // What was sent is what comes back, not what lay there before.
    let both = [lying(b"1", None), lying(b"2", None)];
    assert_eq!(ask(&mut journal, &both), (vec![0, 1], true));
    assert_eq!(ask(&mut journal, &both), (vec![0, 1], false));
    assert!(journal.get(first).unwrap().unwrap().came_back);
    // Edited again, it is still the same message.
    resent(&mut journal, b"2", b"3", now());
    resent(&mut journal, b"3", b"3", now());
    assert_eq!(ask(&mut journal, &[lying(b"3", None)]).0, [3]);
    // One that died before is another one with the same content.
    let died = now().timestamp() - 60;
    assert_eq!(ask(&mut journal, &[lying(b"2", Some(died))]).0, [0]);
    let elsewhere = journal.returns("other:5672/", &both).unwrap();
    assert_eq!(elsewhere.times, [0, 0]);
    // A resend that goes round in circles ends.
    resent(&mut journal, b"3", b"2", now());
    assert!(ask(&mut journal, &[lying(b"3", None)]).0[0] >= 3);
}

#[test]
fn a_journal_of_the_first_version_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let id = {
        let mut journal = Journal::open(dir.path()).unwrap();
        let id = journal
            .hold(Operation::Resend, &[held(b"1")], now())
            .unwrap()[0];
        journal
            .db
            .execute_batch(
                "ALTER TABLE progress DROP COLUMN content;
                 ALTER TABLE progress DROP COLUMN sent_content;
                 ALTER TABLE progress DROP COLUMN came_back;
                 ALTER TABLE progress DROP COLUMN job;
                 PRAGMA user_version = 1;",
            )
            .unwrap();
        id
    };
    let mut journal = Journal::open(dir.path()).unwrap();
    let record = journal.get(id).unwrap().unwrap();
    assert_eq!(
        (record.message.body, record.came_back),
        (b"1".to_vec(), false)
    );
    resent(&mut journal, b"1", b"1", now());
}

#[test]
fn what_is_cut_off_at_one_place_goes_on_at_another() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let elsewhere = Held {
        place: "elsewhere:5672/".into(),
        ..held(b"2")
    };
    let both = [held(b"1"), elsewhere];
    let ids = journal.hold(Operation::Resend, &both, now()).unwrap();
    journal.settle_at(&both[0].place).unwrap();
    let is_abandoned = |id| journal.get(id).unwrap().unwrap().abandoned;
    assert!(is_abandoned(ids[0]));
    assert!(!is_abandoned(ids[1]));
}
