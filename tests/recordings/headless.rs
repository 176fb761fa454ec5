//! `eventscope export`, `import`, `filter` and `stats`, as a script calls them.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use eventscope::recording::writer::RecordingWriter;
use eventscope::recording::{RecordedEntry, WrittenGap};
use serde_json::Value;

use super::events::{at, odd_events, ordinary, segment, text};
use super::files::{entries, events};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eventscope"));
    command.args(arguments);
    command
}

fn eventscope(arguments: &[&str]) -> Output {
    let done = command(arguments).stdin(Stdio::null()).output();
    done.expect("the program starts")
}

/// What a command that succeeds writes.
fn written(arguments: &[&str]) -> String {
    let output = eventscope(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("text")
}

/// The words of a command that ends with this code.
fn told(code: i32, arguments: &[&str]) -> String {
    let output = eventscope(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty());
    told
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn named(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Odd events, a gap, and forty ordinary ones from another place.
    fn sample(&self) -> String {
        let path = self.path("sample.eventscope");
        let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
        writer
            .segment("shop:5672", &segment(&odd_events()))
            .unwrap();
        writer
            .gap(&WrittenGap {
                from: at(70),
                to: at(80),
                place: None,
                events: Some(3),
                why: "The disk was too slow".into(),
            })
            .unwrap();
        let all: Vec<_> = (0..40).map(ordinary).collect();
        writer.segment("other", &segment(&all)).unwrap();
        writer.note(at(85), Some(2), "look here").unwrap();
        writer.seal(at(90)).unwrap();
        self.named("sample.eventscope")
    }
}

fn texts(path: &Path) -> Vec<String> {
    events(path).iter().map(text).collect()
}

#[test]
fn what_is_exported_and_imported_is_exported_the_same() {
    let folder = Folder::new();
    let sample = folder.sample();
    let first = written(&["export", &sample]);
    assert_eq!(first.lines().count(), 50);
    // A number beyond a double is JSON, and our own reader of values refuses it.
    for line in first.lines().filter(|line| !line.contains("1e999")) {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
    fs::write(folder.path("first.ndjson"), &first).unwrap();
    let back = folder.named("back.eventscope");
    written(&["import", &folder.named("first.ndjson"), "--out", &back]);
    assert_eq!(texts(Path::new(&back)), texts(Path::new(&sample)));
    let second = folder.named("second.ndjson");
    written(&["export", &back, "--out", &second]);
    assert!(
        fs::read_to_string(&second).unwrap() == first,
        "byte for byte"
    );
}

#[test]
fn cloud_events_are_exported_and_imported() {
    let folder = Folder::new();
    let lines = written(&["export", &folder.sample(), "--format", "cloudevents"]);
    assert_eq!(lines.lines().count(), 50);
    for line in lines.lines().filter(|line| !line.contains("1e999")) {
        let event: Value = serde_json::from_str(line).expect("JSON");
        for needed in ["specversion", "id", "source", "type"] {
            assert!(
                event[needed].as_str().is_some_and(|text| !text.is_empty()),
                "{line}"
            );
        }
    }
    fs::write(folder.path("cloud.ndjson"), &lines).unwrap();
    let back = folder.named("back.eventscope");
    written(&["import", &folder.named("cloud.ndjson"), "--out", &back]);
    assert_eq!(
        written(&["export", &back, "--format", "cloudevents"]),
        lines
    );
}

#[test]
fn a_table_has_the_fields_that_were_asked_for() {
    let folder = Folder::new();
    let sample = folder.sample();
    let table = written(&[
        "export",
        &sample,
        "--format",
        "csv",
        "--fields",
        "number,source,key,data.orderId,data.amount",
        "--filter",
        "data.amount>37",
    ]);
    assert_eq!(
        table,
        "number,source,key,data.orderId,data.amount\r\n\
         48,other,order.created.2,ord-37,37.90\r\n\
         49,other,order.created.3,ord-38,38.90\r\n\
         50,other,order.created.4,ord-39,39.90\r\n"
    );
    let told = told(
        2,
        &["export", &sample, "--format", "csv", "--fields", "kee"],
    );
    assert!(told.contains("kee"), "{told}");
}

#[test]
fn a_recording_of_what_matches_keeps_the_gaps() {
    let folder = Folder::new();
    let out = folder.named("some.eventscope");
    let sample = folder.sample();
    written(&[
        "export",
        &sample,
        "--format",
        "recording",
        "--out",
        &out,
        "--filter",
        "key:order.created.2",
    ]);
    let all = entries(Path::new(&out));
    let gaps = all
        .iter()
        .filter(|entry| matches!(entry, RecordedEntry::Gap(_)))
        .count();
    assert_eq!((all.len(), gaps), (9, 1));
    let told = told(2, &["export", &sample, "--format", "recording"]);
    assert!(told.contains("--out"), "{told}");
}

#[test]
fn no_masked_value_is_in_any_file_that_is_exported() {
    let folder = Folder::new();
    let sample = folder.sample();
    // In bodies, in keys of messages, in headers of the first two.
    for (format, name) in [
        ("ndjson", "a.ndjson"),
        ("cloudevents", "b.ndjson"),
        ("csv", "c.csv"),
        ("recording", "d.eventscope"),
    ] {
        let out = folder.named(name);
        let output = eventscope(&[
            "export",
            &sample,
            "--format",
            format,
            "--out",
            &out,
            "--mask",
            "/data/orderId",
            "--mask",
            "header.h12",
            "--mask",
            "all",
            "--fields",
            "key,data.orderId,payload",
        ]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        // What cannot be read would be left out, which the unit tests of masking show.
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(told.contains("masked"), "{told}");
        let bytes = fs::read(&out).unwrap();
        for number in 0..40 {
            let secret = format!("\"ord-{number}\"");
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes()),
                "{name}: {secret}"
            );
        }
        let is_there = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        assert!(!is_there(b"quoted") && is_there(b"masked-"), "{name}");
    }
    let words = told(2, &["export", &sample, "--mask", "names"]);
    assert!(words.contains("no rule for masking"), "{words}");
}

#[test]
fn the_exit_code_of_a_filter_says_whether_anything_matched() {
    let folder = Folder::new();
    let sample = folder.sample();
    let lines = written(&["filter", &sample, "ord-7 or ord-8"]);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert_eq!(written(&["filter", &sample, "order", "--count"]), "42\n");
    assert!(told(1, &["filter", &sample, "nothing-like-that"]).is_empty());
    let wrong = told(2, &["filter", &sample, "key:a and total>"]);
    assert!(
        wrong.starts_with("key:a and total>\n                ^\nA value is missing"),
        "{wrong}"
    );
    assert!(told(2, &["filter", &sample, "schema:fails"]).contains("only the window"));
    // Ages count from the end of the recording, not from today.
    assert_eq!(
        written(&["filter", &sample, "age<70ms key:order.created.4", "--count"]),
        "4\n"
    );
}

#[test]
fn stats_say_what_is_in_it_and_what_is_missing() {
    let folder = Folder::new();
    let sample = folder.sample();
    let output = eventscope(&["stats", &sample, "--check"]);
    assert_eq!(output.status.code(), Some(1), "it has a gap");
    let words = String::from_utf8(output.stdout).unwrap();
    for part in [
        "events     50\n",
        "from       other, shop:5672\n",
        "3 events: The disk was too slow",
        "event 2: look here",
        "         8 shop.events order.created.0\n",
        "made by    eventscope 0.1.0",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let output = eventscope(&["stats", &sample, "--json", "--keys", "1"]);
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&all["events"], &all["gaps"]), (&50.into(), &1.into()));
    assert_eq!(all["key_list"][0]["events"], 8);
    assert_eq!(all["gap_list"][0]["events"], 3);
}

#[test]
fn what_cannot_be_used_is_told_in_words_with_its_place() {
    let folder = Folder::new();
    let letter = folder.named("letter.txt");
    fs::write(&letter, "dear\n").unwrap();
    for arguments in [
        &["export", &letter][..],
        &["stats", &letter],
        &["filter", &letter, "x"],
    ] {
        assert_eq!(
            told(2, arguments),
            format!("{letter}: It is no recording of Eventscope\n")
        );
    }
    let out = folder.named("out.eventscope");
    let words = told(2, &["import", &letter, "--out", &out]);
    assert!(words.contains("letter.txt, line 1: "), "{words}");
    assert!(!Path::new(&out).exists(), "no half of it");
    let line = written(&["export", &folder.sample()]);
    fs::write(&letter, format!("{line}{{\"specversion\":\"1.0\"}}\n")).unwrap();
    let words = told(2, &["import", &letter, "--out", &out]);
    assert!(words.contains("line 51: It is no CloudEvent"), "{words}");
    assert!(!Path::new(&out).exists());
    let words = told(
        2,
        &[
            "export",
            &folder.named("sample.eventscope"),
            "--out",
            &letter,
        ],
    );
    assert!(words.contains("is there already"), "{words}");
    assert!(fs::read_to_string(&letter).unwrap().contains("received_at"));
    told(2, &["import", &folder.named("nowhere"), "--out", &out]);
    let files: Vec<_> = fs::read_dir(folder.0.path()).unwrap().flatten().collect();
    assert_eq!(files.len(), 2, "{files:?}");
}

#[test]
fn a_damaged_recording_gives_what_can_be_read_and_fails() {
    let folder = Folder::new();
    let path = folder.path("long.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    let all: Vec<_> = (0..20_000).map(ordinary).collect();
    writer.segment("shop", &segment(&all)).unwrap();
    writer.seal(at(90)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 2, bytes.len() / 2 + 9_000);
    bytes[from..to].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let out = folder.named("out.ndjson");
    let words = told(2, &["export", path.to_str().unwrap(), "--out", &out]);
    assert!(
        words.contains("damaged") && words.contains("It was read up to event"),
        "{words}"
    );
    assert!(
        !Path::new(&out).exists(),
        "half a file would be taken for a whole one"
    );
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let folder = Folder::new();
    let path = folder.path("long.eventscope");
    let mut writer = RecordingWriter::create(&path, at(0)).unwrap();
    let all: Vec<_> = (0..5_000).map(ordinary).collect();
    writer.segment("shop", &segment(&all)).unwrap();
    writer.seal(at(90)).unwrap();
    let mut child = command(&["export", path.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_address_in_the_environment_is_no_hindrance() {
    let folder = Folder::new();
    let output = command(&["export", &folder.sample()])
        .env("EVENTSCOPE_URL", "amqp://guest:guest@localhost")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[test]
fn what_is_different_since_the_release_is_told_as_text_and_as_json() {
    let folder = Folder::new();
    let before = folder.sample();
    let after = folder.path("after.eventscope");
    let mut writer = RecordingWriter::create(&after, at(0)).unwrap();
    let all: Vec<_> = (0..40).map(ordinary).collect();
    writer.segment("other", &segment(&all)).unwrap();
    writer.seal(at(90)).unwrap();
    let after = after.to_str().unwrap();
    let same = written(&["compare", &before, &before]);
    assert!(same.contains("Nothing differs"), "{same}");
    let output = eventscope(&["compare", &before, after]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Gone keys") && text.contains("after"),
        "{text}"
    );
    let output = eventscope(&["compare", after, &before, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&all["same"], &all["after"]["events"]),
        (&false.into(), &50.into())
    );
    assert!(!all["new_keys"].as_array().unwrap().is_empty(), "{all}");
    assert!(told(2, &["compare", &before, "/nowhere"]).contains("/nowhere"));
    let letter = folder.named("no-folder");
    assert!(told(2, &["compare", &before, after, "--schemas", &letter]).contains("no-folder"));
}
