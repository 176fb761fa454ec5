//! Files that were cut off, changed, or are something else: an error in words, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use eventscope::recording::reader::RecordingCursor;
use eventscope::recording::writer::RecordingWriter;
use eventscope::recording::{Recording, RecordingError};
use rusqlite::Connection;

use super::events::{at, odd_events, ordinary, segment};
use super::files::events;

/// Reads all that can be read of a file.
fn read(path: &Path) -> Result<usize, RecordingError> {
    let mut recording = Recording::open(path)?;
    recording.about()?;
    recording.destinations(100)?;
    recording.places(100)?;
    recording.notes()?;
    recording.last()?;
    let mut cursor = RecordingCursor::default();
    let mut found = 0;
    loop {
        let before = cursor;
        let page = recording.page(&mut cursor, 64)?;
        if page.is_empty() {
            break;
        }
        assert_ne!(cursor, before, "reading goes on");
        found += page.len();
    }
    recording.check_all()?;
    Ok(found)
}

fn sample(dir: &Path) -> PathBuf {
    let path = dir.join("sample.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    writer.segment("shop", &segment(&odd_events())).unwrap();
    let many: Vec<_> = (0..60).map(ordinary).collect();
    writer.segment("shop", &segment(&many)).unwrap();
    writer.note(at(3), Some(4), "a note").unwrap();
    writer.seal(at(70)).unwrap()
}

/// Puts this many damaged files to the reader.
fn damage(count: u64, seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(sample(dir.path())).unwrap();
    let path = dir.path().join("damaged.eventscope");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut read_whole, mut refused) = (0, 0);
    for _ in 0..count {
        let mut bytes = whole.clone();
        match random.u8(..8) {
            0 => bytes.truncate(random.usize(..bytes.len())),
            1 => {
                let from = random.usize(..bytes.len());
                let to = (from + random.usize(..5_000)).min(bytes.len());
                bytes[from..to].fill(random.u8(..));
            }
            2 => {
                // A page stands where another should.
                let pages = bytes.len() / 4096;
                let (from, to) = (random.usize(..pages), random.usize(..pages));
                bytes.copy_within(from * 4096..(from + 1) * 4096, to * 4096);
            }
            _ => {
                for _ in 0..random.usize(1..40) {
                    let place = random.usize(..bytes.len());
                    bytes[place] ^= 1 << random.u8(..8);
                }
            }
        }
        fs::write(&path, &bytes).unwrap();
        match read(&path) {
            Ok(_) => read_whole += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
        for beside in ["-wal", "-shm", "-journal"] {
            fs::remove_file(format!("{}{beside}", path.display())).ok();
        }
    }
    assert_eq!(read_whole + refused, count);
    assert!(refused > count / 4, "{refused} of {count} were found out");
}

#[test]
fn damaged_files_are_refused_in_words() {
    damage(400, 7);
}

#[test]
#[ignore = "takes minutes: FUZZ_INPUTS=100000 cargo test --release --test recordings -- --ignored fuzz"]
fn fuzz() {
    let number = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
    };
    let (count, seed) = (number("FUZZ_INPUTS", 100_000), number("FUZZ_SEED", 1));
    damage(count, seed);
    eprintln!("{count} damaged files from seed {seed}: no panic");
}

#[test]
fn what_is_no_recording_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        Recording::open(&path)
            .expect_err("no recording")
            .to_string()
    };
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("short", b"SQLite"),
        ("text", "{\"a\": 1}\n".repeat(5_000).as_bytes()),
    ] {
        assert_eq!(
            told(name, bytes),
            "It is no recording of Eventscope",
            "{name}"
        );
    }
    let other = dir.path().join("other.sqlite");
    let db = Connection::open(&other).unwrap();
    db.execute_batch("CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)")
        .unwrap();
    drop(db);
    assert!(matches!(
        Recording::open(&other),
        Err(RecordingError::Foreign)
    ));
    assert!(matches!(
        Recording::open(dir.path()),
        Err(RecordingError::Foreign)
    ));
    let nowhere = Recording::open(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(nowhere, RecordingError::File(_)), "{nowhere:?}");
}

/// A view in the place of a table could compute for ever, or read what it should not.
#[test]
fn tables_that_are_none_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let endless = "CREATE VIEW event AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
        SELECT id, 0 AS received_at, 1 AS shape, '' AS key, NULL AS message_id, NULL AS correlation_id,
        NULL AS timestamp, NULL AS headers, NULL AS position, zeroblob(100000000) AS body FROM n";
    let generated =
        "CREATE TABLE event (id INTEGER PRIMARY KEY, received_at, shape, key, message_id,
        correlation_id, timestamp, headers, position, body AS (zeroblob(1000000000)))";
    for statement in [endless, generated] {
        let path = sample(dir.path());
        let db = Connection::open(&path).unwrap();
        db.execute_batch(&format!("DROP TABLE event; {statement}"))
            .unwrap();
        drop(db);
        let error = Recording::open(&path).expect_err("refused").to_string();
        assert!(
            error.contains("table \"event\" is not as it was written"),
            "{error}"
        );
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn rows_that_cannot_be_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let statements = [
        "UPDATE event SET shape = 99 WHERE id = 5",
        "UPDATE event SET headers = '[[\"a\",{\"I8\":1000}]]' WHERE id = 5",
        "UPDATE event SET headers = 'nonsense' WHERE id = 5",
        "UPDATE event SET received_at = 9223372036854775807 WHERE id = 5",
        "UPDATE event SET key = CAST(x'ff' AS TEXT) WHERE id = 5",
        "UPDATE shape SET transport = '{}'",
        "UPDATE shape SET delivery_mode = 999",
        "UPDATE shape SET destination = printf('%.*c', 5000000, 'x')",
        "UPDATE event SET headers = printf('[[\"a\",{\"Text\":\"%.*c\"}]]', 20000000, 'x') WHERE id = 5",
        "UPDATE event SET id = -5 WHERE id = 5",
        "DELETE FROM recording",
        "UPDATE recording SET events = -1",
    ];
    for statement in statements {
        let path = sample(dir.path());
        let db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        db.execute_batch(statement).unwrap();
        drop(db);
        let result = read(&path);
        let is_told = matches!(&result, Err(RecordingError::Damaged(_)));
        // An event without a number that can be is passed over.
        assert!(
            is_told || statement.contains("id = -5"),
            "{statement}: {result:?}"
        );
        fs::remove_file(&path).unwrap();
    }
}

/// Its own log lies beside a file whose writer was killed.
#[test]
fn the_log_of_a_killed_writer_is_read_and_the_file_is_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    let all: Vec<_> = (0..500).map(ordinary).collect();
    writer.segment("shop", &segment(&all)).unwrap();
    writer.commit(at(600)).unwrap();
    writer.segment("shop", &segment(&all)).unwrap();
    // As a kill leaves it: nothing is closed, nothing is rolled back.
    let copy = dir.path().join("b.eventscope");
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        fs::copy(name(&path), name(&copy)).unwrap();
    }
    let before = fs::read(&copy).unwrap();
    assert_eq!(events(&copy).len(), 500);
    let about = Recording::open(&copy).unwrap().about().unwrap();
    assert_eq!((about.ended_at, about.seen_until), (None, at(600)));
    assert_eq!(about.broke_off(at(60_000)), Some(at(600)));
    assert_eq!(fs::read(&copy).unwrap(), before);
}
