//! What an earlier build wrote to the disk means the same to this one: the journal, the contents by
//! which a message is known again, the settings, the folder of schemas. See `tests/data/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "golden/messages.rs"]
mod messages;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use eventscope::address::Address;
use eventscope::rabbitmq::endpoint::{Endpoint, Password};
use eventscope::repair::journal_entry::{Held, Operation, Record, RecordId, Stage};
use eventscope::repair::journal_list::Question;
use eventscope::repair::lineage;
use eventscope::schema::folder::meta;
use eventscope::schema::{Catalog, Level, Policy, VersionRules};
use eventscope::settings::{SavedFilter, SavedList, Settings, ThemeChoice};
use eventscope::storage::firehose::{FoundNote, Note};
use eventscope::storage::journal::{Journal, Lying};
use eventscope::storage::schemas;
use rusqlite::Connection;

/// What version 0.1.0 wrote.
fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1.0")
}

const JOURNAL: &str = "journal.sqlite";
/// The record whose message came back.
const CAME_BACK: usize = 10;

fn at(message: usize) -> DateTime<Utc> {
    let start = DateTime::from_timestamp_millis(1_790_000_000_123).unwrap();
    start + TimeDelta::seconds(i64::try_from(message).unwrap())
}

fn deed(message: usize) -> Operation {
    if messages::is_discard(message) {
        Operation::Discard
    } else {
        Operation::Resend
    }
}

fn stage(message: usize) -> Stage {
    Stage::ALL[message % Stage::ALL.len()]
}

fn words(message: usize) -> &'static str {
    if message.is_multiple_of(6) {
        "No confirm within 10 s: „später“"
    } else {
        ""
    }
}

fn content_lines() -> String {
    let line = |(name, properties, body): &(&str, _, Vec<u8>)| {
        format!("{:016x} {name}\n", lineage::content(properties, body))
    };
    messages::all().iter().map(line).collect()
}

/// Writes the twenty messages into a journal, ten a job, in every stage.
fn write_journal(dir: &Path) {
    let mut journal = Journal::open(dir).unwrap();
    for (message, held) in messages::held().into_iter().enumerate() {
        journal.work_on(message as u64 / 10);
        let one = [held];
        let ids = journal.hold(deed(message), &one, at(message)).unwrap();
        journal
            .mark(&[(ids[0], stage(message), words(message))])
            .unwrap();
    }
    assert_eq!(
        ask_returns(&mut journal, &messages::held()[CAME_BACK..=CAME_BACK]),
        [1]
    );
    journal.settle_at(messages::PLACE).unwrap();
}

/// How often each of these came back, if it lies in a queue as it was sent.
fn ask_returns(journal: &mut Journal, of: &[Held]) -> Vec<u32> {
    let lying = |held: &Held| {
        let (properties, body) = match &held.sent {
            Some(sent) => (&sent.properties, &sent.body),
            None => (&held.properties, &held.body),
        };
        Lying {
            content: lineage::content(properties, body),
            died: None,
        }
    };
    let lying: Vec<Lying> = of.iter().map(lying).collect();
    journal.returns(messages::PLACE, &lying).unwrap().times
}

fn settings() -> Settings {
    Settings {
        last_good: Some(Address::RabbitMq(Endpoint {
            name: "The shop's „own“ broker".to_owned(),
            host: "rabbit.example".to_owned(),
            port: 5671,
            user: "ada".to_owned(),
            password: Password("hunter2".to_owned()),
            vhost: "/shop".to_owned(),
            tls: true,
            management_port: Some(8_443),
            management_url: Some("https://rabbit.example/admin".to_owned()),
        })),
        connections: Vec::new(),
        theme: ThemeChoice::Light,
        filters: ["failed", "slow"]
            .map(|name| SavedFilter {
                name: name.to_owned(),
                line: format!("key:order.{name} body.total > 5"),
            })
            .into(),
        list: SavedList::default(),
        quiet: true,
        muted: BTreeSet::from(["rabbit.example:5671//shop orders.dead".to_owned()]),
        parking: vec!["*.parked".to_owned(), "failed".to_owned()],
        schemas: Some(PathBuf::from("/home/ada/schemas")),
        keep_days: Some(90),
        log_bytes: Some(1_073_741_824),
        // Version 0.1.0 knew none of these.
        ..Settings::default()
    }
}

const RULES: &str = "header x-version\nCloudEvent in the body\nbody /meta/version\nrouting key";

fn write_schemas(folder: &Path) {
    let schema = |more: &str| {
        format!(
            "{{\"type\": \"object\", \"properties\": {{\"id\": {{\"type\": \"integer\"}}{more}}}}}\n"
        )
    };
    fs::create_dir_all(folder).unwrap();
    schemas::write(folder, "order.placed", "1", &schema("")).unwrap();
    let note = ", \"note\": {\"type\": \"string\"}";
    schemas::write(folder, "order.placed", "2", &schema(note)).unwrap();
    schemas::write_sample(folder, "order.placed", "first", "{\"id\": 1}\n").unwrap();
    schemas::change_meta(folder, "order.placed", |text| {
        meta::with_judgement(text, Policy::ALL[1], Level::ALL[2])
    })
    .unwrap();
    let rules = VersionRules::parse(RULES).unwrap();
    schemas::change_defaults(folder, |text| meta::with_rules(text, &rules)).unwrap();
}

/// Brokers whose trace was left on.
fn traced() -> [Endpoint; 3] {
    let named = |vhost: &str| Endpoint {
        vhost: vhost.to_owned(),
        ..Endpoint::default()
    };
    [
        named("/"),
        named("../café"),
        settings()
            .last_good
            .as_ref()
            .and_then(Address::rabbitmq)
            .cloned()
            .unwrap_or_default(),
    ]
}

/// Writes the data again. They are to be those of the version that the folder is named after: only
/// for a new folder, when what is written has changed on purpose.
#[test]
#[ignore = "writes tests/data; run it by name, with GOLDEN naming a new folder"]
fn write_golden_data() {
    let to = PathBuf::from(std::env::var_os("GOLDEN").unwrap());
    fs::create_dir(&to).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_journal(dir.path());
    fs::copy(dir.path().join(JOURNAL), to.join(JOURNAL)).unwrap();
    fs::write(to.join("contents.txt"), content_lines()).unwrap();
    settings().save(&to.join("settings.json")).unwrap();
    Settings::default()
        .save(&to.join("settings-first-run.json"))
        .unwrap();
    write_schemas(&to.join("schemas"));
    for endpoint in traced() {
        Note::write(&to.join("notes"), &endpoint, at(0)).unwrap();
    }
}

/// A copy of the golden journal in a folder of its own.
fn journal_copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    // Not copied with its rights: those are of whoever checked the sources out.
    let bytes = fs::read(data().join(JOURNAL)).unwrap();
    fs::write(dir.path().join(JOURNAL), bytes).unwrap();
    dir
}

#[test]
fn a_message_has_the_content_that_it_had() {
    let expected = fs::read_to_string(data().join("contents.txt")).unwrap();
    assert_eq!(content_lines(), expected);
}

#[test]
fn every_record_of_the_journal_is_read_as_it_was_written() {
    let dir = journal_copy();
    let journal = Journal::open(dir.path()).unwrap();
    for (message, held) in messages::held().into_iter().enumerate() {
        let id = RecordId(i64::try_from(message).unwrap() + 1);
        let record = journal.get(id).unwrap().unwrap();
        let expected = Record {
            id,
            deed: deed(message),
            stage: stage(message),
            at: at(message),
            abandoned: true,
            words: words(message).to_owned(),
            came_back: message == CAME_BACK,
            message: held,
            // What chance and the clock gave.
            job: record.job,
            changed: record.changed,
        };
        // Compared as text: a NaN is not equal to itself. Its bits are compared as they lie in the
        // file, below.
        assert_eq!(format!("{record:?}"), format!("{expected:?}"));
    }
    let page = journal.page(&Question::default()).unwrap();
    assert_eq!((page.all.total(), page.jobs_total), (20, 2));
}

#[test]
fn messages_are_written_to_the_journal_as_they_were() {
    let (old, new) = (journal_copy(), tempfile::tempdir().unwrap());
    write_journal(new.path());
    let rows = |dir: &Path| -> Vec<Vec<rusqlite::types::Value>> {
        let db = Connection::open(dir.join(JOURNAL)).unwrap();
        let mut select = db
            .prepare(
                "SELECT record.*, stage, words, content, sent_content, came_back
                 FROM record JOIN progress USING (id) ORDER BY id",
            )
            .unwrap();
        let columns = select.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
        let rows = select.query_map([], row).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let (old, new) = (rows(old.path()), rows(new.path()));
    assert_eq!(old.len(), 20);
    for (message, (old, new)) in old.iter().zip(&new).enumerate() {
        assert_eq!(new, old, "message {message}");
    }
}

#[test]
fn what_was_sent_again_is_known_when_it_comes_back() {
    let dir = journal_copy();
    let mut journal = Journal::open(dir.path()).unwrap();
    let expected: Vec<u32> = (0..20)
        .map(|message| {
            let over = matches!(stage(message), Stage::Confirmed | Stage::Removed);
            u32::from(over && deed(message) == Operation::Resend)
        })
        .collect();
    assert_eq!(expected[CAME_BACK], 1);
    assert_eq!(ask_returns(&mut journal, &messages::held()), expected);
}

#[test]
fn settings_are_read_and_written_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let all = [
        ("settings.json", settings()),
        ("settings-first-run.json", Settings::default()),
    ];
    for (name, expected) in all {
        let read = Settings::load(&data().join(name)).unwrap();
        assert_eq!(read, expected.without_secret());
        let path = dir.path().join(name);
        expected.save(&path).unwrap();
        let [old, new] = [data().join(name), path].map(|path| fs::read_to_string(path).unwrap());
        assert_eq!(new, old);
        assert!(!new.contains("hunter2"));
    }
}

#[test]
fn the_folder_of_schemas_is_read_and_written_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (data().join("schemas"), dir.path().join("schemas"));
    write_schemas(&new);
    let read = |folder: &Path| {
        let content = schemas::read(folder).unwrap();
        assert_eq!((content.sources.len(), content.samples.len()), (2, 1));
        (
            format!("{content:?}"),
            Catalog::of(folder.to_owned(), content),
        )
    };
    let ((old, catalog), (new, _)) = (read(&old), read(&new));
    assert_eq!(new, old);
    let one = catalog.get("order.placed").unwrap();
    let versions = one.versions.iter().map(|entry| entry.version.as_str());
    assert_eq!(versions.collect::<Vec<_>>(), ["1", "2"]);
    assert!(one.versions.iter().all(|entry| entry.ready.is_ok()));
    assert_eq!(one.samples[0].text, "{\"id\": 1}\n");
    assert_eq!(
        (one.meta.policy, one.meta.level),
        (Some(Policy::ALL[1]), Some(Level::ALL[2]))
    );
    assert_eq!(catalog.rules, VersionRules::parse(RULES).unwrap());
    assert!(one.meta.problems.is_empty() && catalog.defaults.problems.is_empty());
}

#[test]
fn a_trace_that_was_left_on_is_found() {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(data().join("notes")).unwrap() {
        let entry = entry.unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        fs::write(dir.path().join(entry.file_name()), bytes).unwrap();
    }
    for endpoint in traced() {
        let found = Note::find(dir.path(), &endpoint).unwrap();
        assert!(matches!(found, FoundNote::Left(_)), "{endpoint}");
    }
}
