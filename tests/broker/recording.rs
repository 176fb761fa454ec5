//! `eventscope record` against a real broker: what it writes, and what a kill leaves of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventscope::event::Event;
use eventscope::event::amqp::FieldValue;
use eventscope::rabbitmq::endpoint::encode;
use eventscope::recording::reader::RecordingCursor;
use eventscope::recording::{RecordedEntry, Recording};

use super::fidelity::all_properties;
use crate::support::Place;
use crate::support::raw_amqp::none;

pub(crate) fn url(place: &Place) -> String {
    let endpoint = place.endpoint();
    format!(
        "amqp://{}:{}@127.0.0.1:{}/{}?management_port={}",
        encode(&endpoint.user),
        encode(&endpoint.password.0),
        endpoint.port,
        encode(&endpoint.vhost),
        endpoint.management_port.expect("the port of its API")
    )
}

pub(crate) fn eventscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eventscope"));
    command
        .args(arguments)
        .env_remove("EVENTSCOPE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// The command runs, and its tap receives.
fn recording(place: &Place, out: &Path, more: &[&str]) -> Child {
    recording_of("shop", place, out, more)
}

fn recording_of(exchange: &str, place: &Place, out: &Path, more: &[&str]) -> Child {
    let (url, out_text) = (url(place), out.to_str().expect("a path").to_owned());
    let mut arguments = vec![
        "record",
        "--url",
        &url,
        "--destination",
        exchange,
        "--out",
        &out_text,
    ];
    arguments.extend(more);
    let mut child = eventscope(&arguments)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let told = child.stderr.take().expect("a pipe");
    let mut first = String::new();
    let mut told = BufReader::new(told);
    told.read_line(&mut first).expect("words");
    assert!(first.starts_with("Recording "), "{first}");
    // It is heard to the end, so that it never waits for a reader.
    std::thread::Builder::new()
        .name("told".to_owned())
        .spawn(move || std::io::copy(&mut told, &mut std::io::sink()))
        .expect("a thread");
    child
}

pub(crate) fn read_all(path: &Path) -> Vec<Event> {
    let mut recording = Recording::open(path).expect("a recording");
    let mut cursor = RecordingCursor::default();
    let mut all = Vec::new();
    loop {
        let page = recording.page(&mut cursor, 1_000).expect("a page");
        if page.is_empty() {
            return all;
        }
        all.extend(page.into_iter().filter_map(|entry| match entry {
            RecordedEntry::Event(read) => Some(read.event),
            RecordedEntry::Gap(_) => None,
        }));
    }
}

#[test]
fn what_passes_is_recorded_with_every_type_and_property() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("a.eventscope");
    let mut child = recording(&place, &out, &["--key", "order.*", "--count", "2"]);
    let properties = all_properties(&place.facts.user, Some("3600000"));
    raw.publish("shop", "order.created", &properties, b"{\"n\":1.50}");
    raw.publish("shop", "payment.made", &none(), b"not wanted");
    raw.publish("shop", "order.paid", &none(), b"\xff");
    let status = child.wait().expect("its end");
    assert_eq!(status.code(), Some(0));
    let all = read_all(&out);
    assert_eq!(all.len(), 2);
    let of = &all[0].properties;
    assert_eq!(of.headers.as_ref().map(Vec::len), Some(19));
    assert_eq!(of.header("int8"), Some(&FieldValue::I8(-123)));
    assert_eq!(of.header("float"), Some(&FieldValue::F32(0.1)));
    assert_eq!(
        of.header("not utf-8"),
        Some(&FieldValue::RawText(vec![0x66, 0xff, 0xfe]))
    );
    assert_eq!(
        (of.priority, of.cluster_id.as_deref()),
        (Some(7), Some("cluster"))
    );
    assert_eq!(
        (all[1].key.as_str(), all[1].body.as_slice()),
        ("order.paid", &b"\xff"[..])
    );
    let recording = Recording::open(&out).expect("a recording");
    let place_of = recording.places(9).expect("places").join(",");
    assert!(
        place_of.contains("127.0.0.1") && !place_of.contains(&place.facts.password),
        "{place_of}"
    );
}

#[test]
fn what_cannot_be_recorded_is_told_and_leaves_no_file() {
    let place = Place::fresh();
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("a.eventscope");
    let out = out.to_str().expect("a path");
    let address = url(&place);
    let told = |url: &str, destination: &str| {
        let output = eventscope(&[
            "record",
            "--url",
            url,
            "--destination",
            destination,
            "--out",
            out,
        ])
        .output()
        .expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let words = told(&address, "nowhere");
    assert!(words.contains("nowhere"), "{words}");
    let words = told("amqp://guest:wrong@127.0.0.1:1/", "shop");
    assert!(!words.contains("wrong@"), "{words}");
    assert!(!Path::new(out).exists());
}

fn now_us() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp_micros()).expect("this century")
}

/// Kills a recording so many times while 5,000 events a second pass, each with its number and time.
fn kills(count: u32, seed: u64) {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let dir = tempfile::tempdir().expect("a folder");
    let mut random = fastrand::Rng::with_seed(seed);
    let stop = AtomicBool::new(false);
    let sent = AtomicU64::new(0);
    let worst = std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = Instant::now();
            let mut number = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let due = u64::try_from(begun.elapsed().as_micros() / 200).expect("few");
                while number < due {
                    number += 1;
                    let body = format!(
                        r#"{{"number":{number},"at":{},"pad":"{:200}"}}"#,
                        now_us(),
                        ""
                    );
                    raw.publish_unconfirmed("shop", "k", &none(), body.as_bytes());
                    if number.is_multiple_of(500) {
                        raw.settled();
                    }
                }
                sent.store(number, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let mut worst = 0;
        for kill in 0..count {
            let out = dir.path().join(format!("{kill}.eventscope"));
            let mut child = recording(&place, &out, &[]);
            std::thread::sleep(Duration::from_millis(random.u64(600..3_000)));
            child.kill().expect("SIGKILL");
            let killed = now_us();
            child.wait().expect("its end");
            worst = worst.max(missing_us(&out, killed));
        }
        stop.store(true, Ordering::Relaxed);
        worst
    });
    eprintln!(
        "{count} kills among {} events from seed {seed}: at most the last {} ms are missing",
        sent.load(Ordering::Relaxed),
        worst / 1_000
    );
}

/// How long before the kill the last recorded event was sent. The file is sound, and nothing is missing
/// in between.
fn missing_us(out: &Path, killed: u64) -> u64 {
    let recording = Recording::open(out).expect("it opens");
    recording.check_all().expect("it is sound");
    let about = recording.about().expect("what it says");
    assert_eq!(about.ended_at, None);
    let events = read_all(out);
    assert_eq!(about.events, events.len() as u64);
    let mut last = None;
    let mut at = 0;
    for event in &events {
        let body: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
        let number = body["number"].as_u64().expect("a number");
        if let Some(before) = last {
            assert_eq!(number, before + 1, "nothing is missing in between");
        }
        last = Some(number);
        at = body["at"].as_u64().expect("a time");
    }
    assert!(last.is_some(), "it recorded");
    let missing = killed.saturating_sub(at);
    assert!(missing < 1_000_000, "{} ms are missing", missing / 1_000);
    missing
}

#[test]
fn a_kill_costs_at_most_the_last_second() {
    kills(3, 11);
}

#[test]
#[ignore = "takes three minutes: cargo test --test broker -- --ignored fifty_kills --nocapture"]
fn fifty_kills() {
    kills(50, 1);
}

/// What comes through an exchange is recorded, sent again, and recorded again.
#[test]
fn a_replay_that_is_recorded_again_gives_equal_events_in_order() {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("again", "topic");
    let dir = tempfile::tempdir().expect("a folder");
    let (first, second) = (
        dir.path().join("1.eventscope"),
        dir.path().join("2.eventscope"),
    );
    let mut child = recording(&place, &first, &["--count", "2001"]);
    let odd = all_properties(&place.facts.user, Some("3600000"));
    raw.publish("shop", "order.created", &odd, b"\xff\x00");
    for number in 0..2_000_u32 {
        let key = format!("order.{}", number % 7);
        raw.publish_unconfirmed("shop", &key, &none(), number.to_string().as_bytes());
    }
    raw.confirmed();
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    let address = url(&place);
    let mut child = recording_of("again", &place, &second, &["--count", "2001"]);
    let (code, report, told) = replay(&first, &address, &["--destination", "again", "--fast"]);
    assert_eq!(
        (code, report.as_str()),
        (Some(0), "2,001 events confirmed\n"),
        "{told}"
    );
    assert_eq!(child.wait().expect("its end").code(), Some(0));
    let content = |path: &Path| -> Vec<String> {
        let all = read_all(path).into_iter();
        all.map(|event| format!("{} {:?} {:?}", event.key, event.properties, event.body))
            .collect()
    };
    let (sent, came) = (content(&first), content(&second));
    assert_eq!(came.len(), 2_001);
    assert!(came == sent, "equal, and in the same order for all keys");
}

/// A recording of numbers, with seven keys, that came through the exchange "shop".
fn numbers(place: &Place, out: &Path, count: u32) {
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut child = recording(place, out, &["--count", &count.to_string()]);
    for number in 0..count {
        let key = format!("order.{}", number % 7);
        raw.publish_unconfirmed("shop", &key, &none(), number.to_string().as_bytes());
    }
    raw.confirmed();
    assert_eq!(child.wait().expect("its end").code(), Some(0));
}

/// The exit code, the report and what is told beside it.
fn replay(file: &Path, address: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut arguments = vec!["replay", file.to_str().expect("a path"), "--url", address];
    arguments.extend(more);
    let output = eventscope(&arguments)
        .stdout(Stdio::piped())
        .output()
        .expect("the program starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), report, told)
}

#[test]
fn a_replay_tells_what_nobody_took_and_goes_back_only_if_that_is_meant() {
    let place = Place::fresh();
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("1.eventscope");
    numbers(&place, &file, 700);
    let address = url(&place);
    let (code, _, told) = replay(&file, &address, &["--destination", "shop", "--fast"]);
    assert!(code == Some(2) && told.contains("--to-original"), "{told}");
    let to_shop = ["--destination", "shop", "--to-original", "--fast"];
    let only = [&to_shop[..], &["--filter", "key:order.1", "--json"]].concat();
    let (code, report, _) = replay(&file, &address, &only);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!((code, &report["confirmed"]), (Some(1), &0.into()));
    assert_eq!(report["not_routed"], 100);
    let words = report["trouble"].as_str().expect("words");
    assert!(words.contains("NO_ROUTE"), "{words}");
    // The broker closes the channel over it, so what became of the rest is not known.
    let (code, report, told) = replay(&file, &address, &["--destination", "nowhere", "--fast"]);
    assert_eq!(code, Some(1), "{report} {told}");
    assert!(
        report.contains("0 events confirmed") && told.contains("did not come"),
        "{report} {told}"
    );
}

#[test]
fn a_replay_keeps_the_time_in_which_events_came_or_another_pace() {
    use eventscope::recording::writer::RecordingWriter;
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("again", "fanout");
    raw.queue("all", crate::support::raw_amqp::Life::Durable, &[]);
    raw.bind("all", "again", "");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.eventscope");
    let begun = chrono::DateTime::UNIX_EPOCH;
    let events: Vec<Event> = (0..11)
        .map(|number| {
            let at = begun + chrono::TimeDelta::milliseconds(number * 200);
            let transport = eventscope::event::Transport::amqp(false);
            let properties = eventscope::event::amqp::Properties::default();
            Event::new(
                at,
                "x".into(),
                "k".into(),
                transport,
                properties,
                b"{}".to_vec(),
            )
        })
        .collect();
    let tap =
        eventscope::event::tap_id::TapId::of(eventscope::event::source_id::SourceId::FIRST, 1);
    let mut writer = RecordingWriter::create(&path, begun).expect("a file");
    let batch = eventscope::log::Batch::of(tap, &events);
    writer.segment("x", batch.segment()).expect("events");
    writer.seal(begun).expect("its end");
    let address = url(&place);
    let taken = |more: &[&str]| {
        let mut arguments = vec![
            "replay",
            path.to_str().expect("a path"),
            "--url",
            &address,
            "--destination",
            "again",
        ];
        arguments.extend(more);
        let begun = Instant::now();
        let output = eventscope(&arguments).output().expect("the program starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}");
        (begun.elapsed(), told)
    };
    let (fast, _) = taken(&["--fast"]);
    assert!(taken(&["--speed", "2"]).0 >= Duration::from_secs(1));
    assert!(taken(&["--rate", "10"]).0 >= Duration::from_secs(1));
    let (_, told) = taken(&["--fast", "--twice", "--seed", "5"]);
    assert!(told.contains("Seed 5"), "{told}");
    assert_eq!(raw.drain("all").len(), 11 * 5, "{fast:?}");
}
