//! The file: what comes out is what went in, and other programs can read it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use eventscope::event::Event;
use eventscope::recording::reader::RecordingCursor;
use eventscope::recording::writer::RecordingWriter;
use eventscope::recording::{
    RecordTo, RecordedEntry, Recording, RecordingError, RecordingThread, ShelfLimits, WrittenGap,
    shelf,
};
use rusqlite::Connection;

use super::events::{at, odd_events, ordinary, segment, text};

pub(crate) fn entries(path: &Path) -> Vec<RecordedEntry> {
    let mut recording = Recording::open(path).expect("a recording");
    let mut cursor = RecordingCursor::default();
    let mut all = Vec::new();
    loop {
        let page = recording.page(&mut cursor, 3).expect("a page");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub(crate) fn events(path: &Path) -> Vec<Event> {
    let all = entries(path).into_iter();
    all.filter_map(|entry| match entry {
        RecordedEntry::Event(event) => Some(event.event),
        RecordedEntry::Gap(_) => None,
    })
    .collect()
}

fn gap(why: &str) -> WrittenGap {
    WrittenGap {
        from: at(1),
        to: at(2),
        place: Some("shop:5672".into()),
        events: Some(3),
        why: why.to_owned(),
    }
}

#[test]
fn events_of_every_kind_are_read_as_they_were_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let all = odd_events();
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    writer.gap(&gap("first")).unwrap();
    writer.segment("shop:5672", &segment(&all[..4])).unwrap();
    writer.gap(&gap("middle")).unwrap();
    writer.commit(at(50)).unwrap();
    writer.segment("other", &segment(&all[4..])).unwrap();
    writer.gap(&gap("last")).unwrap();
    writer.note(at(60), Some(2), "look here").unwrap();
    writer.seal(at(70)).unwrap();
    let read = entries(&path);
    let mut expected = all.iter();
    let mut order = String::new();
    for (place, entry) in read.iter().enumerate() {
        match entry {
            RecordedEntry::Gap(gap) => order.push_str(&format!("{place}:{} ", gap.why)),
            RecordedEntry::Event(read) => {
                assert_eq!(text(&read.event), text(expected.next().expect("one more")));
                let from = if read.number <= 4 {
                    "shop:5672"
                } else {
                    "other"
                };
                assert_eq!(&*read.place, from);
            }
        }
    }
    assert!(expected.next().is_none());
    assert_eq!(order, "0:first 5:middle 12:last ");
    let recording = Recording::open(&path).unwrap();
    let about = recording.about().unwrap();
    assert_eq!((about.events, about.ended_at), (10, Some(at(70))));
    assert_eq!((about.begun_at, about.seen_until), (at(0), at(70)));
    assert_eq!(recording.notes().unwrap()[0].words, "look here");
    assert_eq!(
        recording.destinations(3).unwrap(),
        ["", "amq.rabbitmq.trace", "shop"]
    );
    recording.check_all().unwrap();
    drop(recording);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "one file: {left:?}");
}

#[test]
fn any_program_that_reads_sqlite_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    writer
        .segment("shop:5672", &segment(&odd_events()))
        .unwrap();
    writer.seal(at(70)).unwrap();
    let db = Connection::open(&path).unwrap();
    let one = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        one(
            "SELECT received_at || ' ' || source || ' ' || event_type || ' ' || event_version
             FROM events WHERE id = 1"
        ),
        "2026-09-21T14:13:20.000Z shop:5672 order.created 2"
    );
    assert_eq!(
        one("SELECT json_extract(payload, '$.data.n') || '' FROM events LIMIT 1"),
        "1.5"
    );
    assert_eq!(
        one("SELECT type || value FROM headers WHERE event = 1 AND name = 'h6'"),
        "U324294967295"
    );
    assert_eq!(
        one("SELECT type FROM headers WHERE event = 1 AND name = 'h16'"),
        "Void"
    );
    assert_eq!(one("PRAGMA integrity_check"), "ok");
}

#[test]
fn a_file_that_is_there_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letter");
    std::fs::write(&path, "dear").unwrap();
    assert!(RecordingWriter::create(&path, at(0)).is_err());
    let told = RecordingThread::start(RecordTo::File(path.clone()), |_| {})
        .unwrap_err()
        .to_string();
    assert!(told.contains("is there already"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear");
}

fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(20), "no {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_recorder_makes_events_safe_by_itself_and_others_read_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let recorder = RecordingThread::start(RecordTo::File(path.clone()), |_| {}).unwrap();
    let place: Arc<str> = "shop".into();
    for number in 0..10 {
        recorder.events(&place, &segment(&[ordinary(number)]));
    }
    until("events on the disk", || recorder.state().events == 10);
    let reading = Recording::open(&path).unwrap();
    let about = reading.about().unwrap();
    assert_eq!(about.events, 10);
    assert!(about.is_being_written(Utc::now()));
    recorder.gap(gap("the connection broke"));
    recorder.note(at(5), "now".to_owned());
    let seen = reading.about().unwrap().seen_until;
    until("a sign of life", || {
        reading.about().unwrap().seen_until > seen
    });
    let state = recorder.stop();
    assert_eq!((state.events, state.missed, state.problem), (10, 0, None));
    drop(reading);
    assert_eq!(entries(&path).len(), 11);
}

#[test]
fn a_long_session_goes_on_in_another_file_and_loses_its_oldest() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("recordings");
    let limits = ShelfLimits {
        bytes: 8_000_000,
        ..ShelfLimits::default()
    };
    let recorder =
        RecordingThread::start(RecordTo::Folder(folder.clone(), limits), |_| {}).unwrap();
    let place: Arc<str> = "shop".into();
    let body = "x".repeat(20_000);
    let mut number = 0;
    let mut files = std::collections::BTreeSet::new();
    while files.len() < 12 {
        let mut event = ordinary(number);
        event.body = body.clone().into_bytes();
        recorder.events(&place, &segment(&[event]));
        number += 1;
        if number % 100 == 0 {
            until("room", || {
                recorder.state().events + recorder.state().missed + 200 > number
            });
        }
        files.extend(recorder.state().path);
    }
    let state = recorder.stop();
    assert_eq!(state.problem, None);
    let kept = shelf::list(&folder).unwrap();
    let bytes: u64 = kept.iter().map(|file| file.bytes).sum();
    assert!(kept.len() >= 6 && kept.len() < 11, "{}", kept.len());
    assert!(bytes < 10_000_000, "{bytes}");
    for file in &kept {
        let about = Recording::open(&file.path).unwrap().about().unwrap();
        assert!(about.ended_at.is_some());
    }
}

#[test]
fn what_cannot_be_handed_over_stands_in_the_recording_as_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let recorder = RecordingThread::start(RecordTo::File(path.clone()), |_| {}).unwrap();
    // Another program holds the file, so the thread waits; then too much waits for it.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let place: Arc<str> = "shop".into();
    let mut large = ordinary(1);
    large.body = vec![b'x'; 20 * 1024 * 1024];
    let large = segment(&[large]);
    for _ in 0..6 {
        recorder.events(&place, &large);
    }
    let missed = recorder.state().missed;
    assert!(missed >= 2, "{missed}");
    other.execute_batch("COMMIT").unwrap();
    let state = recorder.stop();
    assert_eq!((state.problem, state.events + state.missed), (None, 6));
    let told = entries(&path).into_iter().find_map(|entry| match entry {
        RecordedEntry::Gap(gap) => Some(gap),
        RecordedEntry::Event(_) => None,
    });
    let told = told.expect("a gap");
    assert_eq!((told.events, told.from), (Some(state.missed), at(1)));
}

#[test]
fn headers_that_could_not_be_read_back_are_told_and_harm_no_other_event() {
    use eventscope::event::amqp::FieldValue;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let mut deep = ordinary(1);
    let mut value = FieldValue::Void;
    for _ in 0..39 {
        value = FieldValue::Table(vec![("n".into(), value)]);
    }
    let mut fits = ordinary(2);
    fits.properties.headers = Some(vec![("a".into(), value.clone())]);
    for _ in 0..200 {
        value = FieldValue::Array(vec![value]);
    }
    deep.properties.headers = Some(vec![("a".into(), value)]);
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    writer
        .segment("x", &segment(&[deep, fits.clone()]))
        .unwrap();
    writer.seal(at(1)).unwrap();
    let read = entries(&path);
    assert!(
        matches!(&read[0], RecordedEntry::Gap(gap) if gap.why.contains("nest")),
        "{read:?}"
    );
    assert_eq!(text(&events(&path)[0]), text(&fits));
}

#[test]
fn a_later_version_is_told_from_a_foreign_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    RecordingWriter::create(&path, at(0))
        .unwrap()
        .seal(at(1))
        .unwrap();
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    assert!(matches!(
        Recording::open(&path),
        Err(RecordingError::Later(2))
    ));
    db.pragma_update(None, "application_id", 0).unwrap();
    assert!(matches!(
        Recording::open(&path),
        Err(RecordingError::Foreign)
    ));
}
