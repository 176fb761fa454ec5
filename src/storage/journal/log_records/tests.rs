//! What is known of records that lie in logs.

use RecordDeed::{Discarded, PerhapsSent, Sent, UnderWay};

use super::*;
use crate::event::Outgoing;
use crate::event::amqp::Properties;
use crate::event::kafka_record::{KafkaRecord, RecordClock};
use chrono::TimeDelta;

fn log(topic_id: &str) -> LogName {
    LogName {
        cluster: "c".into(),
        topic: "orders-dlt".into(),
        topic_id: topic_id.into(),
    }
}

fn held(offset: u64, batch: Option<&str>, is_discard: bool) -> Held {
    Held {
        place: "127.0.0.1:9092".into(),
        queue: "orders-dlt".into(),
        destination: "orders-dlt".into(),
        key: "ff".into(),
        properties: Properties::default(),
        body: b"x".to_vec(),
        sent: (!is_discard).then(|| Outgoing {
            destination: "orders".into(),
            key: "ff".into(),
            properties: Properties::default(),
            body: b"y".to_vec(),
            record: Some(OutgoingRecord {
                key: KeyForm::Hex,
                partition: Some(3),
                is_tombstone: true,
            }),
        }),
        record: Some(HeldRecord {
            log: log("a"),
            own: KafkaRecord {
                partition: 1,
                offset,
                clock: RecordClock::Broker,
                key: KeyForm::Hex,
                is_tombstone: true,
            },
            batch: batch.map(str::to_owned),
            end: Some((3, 40)),
        }),
    }
}

fn hold(journal: &mut Journal, held: &Held) -> RecordId {
    let deed = if held.sent.is_some() {
        Operation::Resend
    } else {
        Operation::Discard
    };
    let each = [(held, Stage::Sent)].into_iter();
    journal.hold_each(deed, each, DateTime::UNIX_EPOCH).unwrap()[0]
}

fn deeds(journal: &Journal, topic_id: &str, offsets: &[u64]) -> Vec<Option<RecordDeed>> {
    let places: Vec<_> = offsets.iter().map(|offset| (1, *offset)).collect();
    let marks = journal.marks(&log(topic_id), &places).unwrap();
    marks
        .into_iter()
        .map(|mark| mark.map(|mark| mark.deed))
        .collect()
}

#[test]
fn what_was_done_with_a_record_is_known_by_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let sent = held(5, Some("eventscope-1"), false);
    let id = hold(&mut journal, &sent);
    hold(&mut journal, &held(6, None, true));
    assert_eq!(journal.get(id).unwrap().unwrap().message, sent);
    assert_eq!(
        deeds(&journal, "a", &[5, 6, 7]),
        [Some(UnderWay), Some(Discarded), None]
    );
    journal.settle(&[id]).unwrap();
    assert_eq!(deeds(&journal, "a", &[5]), [Some(PerhapsSent)]);
    let left = journal.cut_off_batches("c").unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].batch.as_deref(), &left[0].ids),
        (Some("eventscope-1"), &vec![id])
    );
    assert_eq!(journal.cut_off_batches("other").unwrap(), []);
    journal.copies_written(&[(id, Some((3, 41)))]).unwrap();
    assert_eq!(deeds(&journal, "a", &[5]), [Some(Sent)]);
    // Made again under the same name, it is another topic.
    assert_eq!(deeds(&journal, "b", &[5, 6]), [None, None]);
    assert_eq!(deeds(&journal, "", &[5, 6]), [Some(Sent), Some(Discarded)]);
    assert_eq!(journal.cut_off_batches("c").unwrap(), []);
    assert_eq!(journal.marked(&log("a")).unwrap(), 2);
    let copy = |offset| Some(("orders".to_owned(), 3, offset));
    let times = journal.copies_at("c", &[copy(41), copy(40), None]).unwrap();
    assert_eq!(times, [1, 0, 0]);
    assert!(journal.get(id).unwrap().unwrap().came_back);
}

#[test]
fn a_mark_outlives_its_entry_until_a_person_forgets_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let id = hold(&mut journal, &held(5, None, false));
    journal.copies_written(&[(id, None)]).unwrap();
    let later = DateTime::UNIX_EPOCH + TimeDelta::days(90);
    assert_eq!(journal.age_out(later, 30).unwrap(), 1);
    assert_eq!(journal.get(id).unwrap(), None);
    assert_eq!(deeds(&journal, "a", &[5]), [Some(Sent)]);
    // The next entry may have the same number.
    let next = hold(&mut journal, &held(6, None, false));
    assert_eq!(deeds(&journal, "a", &[5]), [Some(Sent)]);
    journal.copies_written(&[(next, None)]).unwrap();
    journal.forget(&[next]).unwrap();
    assert_eq!(deeds(&journal, "a", &[5, 6]), [Some(Sent), None]);
}
