//! `eventscope dead-letters` and `eventscope resend`, as a script calls them: what each writer leaves is told
//! field by field, nothing is sent without a word, and after any kill each copy is there once.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::app::{App, PATIENCE};
use super::letters::{
    DIED, Headers, WRITTEN, cloud_stream, connect, own, record, retryable, share, small_rye,
    small_rye_retry, spring, streams,
};
use super::server::{KafkaServer, server};

fn command(server: &KafkaServer, journal: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eventscope"));
    command
        .args(arguments)
        .arg("--url")
        .arg(format!("kafka://{}", server.plain))
        .arg("--journal")
        .arg(journal)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(server: &KafkaServer, journal: &Path, arguments: &[&str]) -> Output {
    command(server, journal, arguments)
        .output()
        .expect("it runs")
}

fn told(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn at(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A dead letter of one writer, and what is told of it.
struct Case {
    name: &'static str,
    headers: Headers,
    is_bare: bool,
    time: i64,
    expected: Value,
}

fn died(topic: &str, more: &[(&str, Value)]) -> Value {
    let mut died = json!({
        "destination": topic, "partition": 1, "offset": 0, "queue": null, "group": null,
        "at": at(DIED), "reason": null, "exception_class": "shop.StockException",
        "exception_message": "no stock of sku-7", "attempts": null,
    });
    for (name, value) in more {
        died[*name] = value.clone();
    }
    died
}

#[expect(clippy::too_many_lines, reason = "one case after the other")]
fn cases(topic: &str) -> Vec<Case> {
    let first =
        |key: Value| json!({ "destination": topic, "key": key, "partition": 1, "offset": 0 });
    let target = |key: Value| json!({ "destination": topic, "key": key, "partition": 1 });
    let case = |name, headers: Headers, written_by: &str, died: Value| Case {
        name,
        headers,
        is_bare: false,
        time: DIED,
        expected: json!({
            "written_by": written_by, "died": died, "first": first(json!("order-7")),
            "deaths_at_least": 1, "proposed_target": target(json!("order-7")), "original": "same",
        }),
    };
    let behind = |headers: Headers| [own(), headers].concat();
    let group = ("group", json!("billing"));
    let no_time = ("at", Value::Null);
    let mut all = vec![
        case(
            "spring",
            behind(spring(topic, 1, 0, "billing")),
            "Spring Kafka",
            died(topic, std::slice::from_ref(&group)),
        ),
        case(
            "retryable",
            behind(retryable(topic, 1, 0, "billing")),
            "Spring Kafka @RetryableTopic",
            died(topic, &[group.clone(), ("attempts", json!(2))]),
        ),
        case(
            "stream",
            behind(cloud_stream(topic, 1, 0)),
            "Spring Cloud Stream",
            died(topic, &[]),
        ),
        case(
            "connect",
            behind(connect(topic, 1, 0)),
            "Kafka Connect",
            died(
                topic,
                &[
                    no_time.clone(),
                    (
                        "exception_class",
                        json!("org.apache.kafka.connect.errors.DataException"),
                    ),
                    ("exception_message", json!("no JSON")),
                ],
            ),
        ),
        case(
            "streams",
            behind(streams(topic, 1, 0)),
            "Kafka Streams",
            died(topic, &[no_time, ("exception_message", Value::Null)]),
        ),
        case(
            "smallrye",
            [small_rye(topic, 1, 0), own()].concat(),
            "SmallRye",
            died(topic, &[("reason", json!("could not be handled"))]),
        ),
    ];
    for one in &mut all {
        if ["connect", "streams"].contains(&one.name) {
            one.time = WRITTEN;
        }
    }
    let (front, end) = small_rye_retry(topic, 1, 0);
    let mut retried = case(
        "smallryeretry",
        [front, own(), end].concat(),
        "SmallRye delayed retry",
        died(
            &format!("{topic}_retry_1000"),
            &[
                ("partition", json!(0)),
                ("offset", json!(4)),
                ("reason", json!("no stock of sku-7")),
                ("attempts", json!(2)),
            ],
        ),
    );
    retried.time = DIED;
    all.push(retried);
    let mut bare = case(
        "share",
        share(topic, 1, 0, "billing"),
        "Kafka broker (share group)",
        died(
            topic,
            &[
                group,
                (
                    "reason",
                    json!("Offset delivery count exceeded the threshold."),
                ),
                ("attempts", json!(5)),
                ("exception_class", Value::Null),
                ("exception_message", Value::Null),
            ],
        ),
    );
    bare.is_bare = true;
    bare.expected["first"] = first(Value::Null);
    bare.expected["proposed_target"] = target(Value::Null);
    bare.expected["original"] = json!("unknown");
    all.push(bare);
    let nothing: BTreeMap<&str, Value> = [
        "destination",
        "partition",
        "offset",
        "queue",
        "group",
        "at",
        "reason",
        "exception_class",
        "exception_message",
        "attempts",
    ]
    .map(|name| (name, Value::Null))
    .into();
    all.push(Case {
        name: "camel",
        headers: own(),
        is_bare: false,
        time: DIED,
        expected: json!({
            "written_by": null, "died": nothing,
            "first": { "destination": null, "key": null, "partition": null, "offset": null },
            "deaths_at_least": null, "proposed_target": null, "original": "unknown",
        }),
    });
    all
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row for each writer")]
fn what_each_writer_leaves_is_told_field_by_field() {
    let Some(server) = server() else { return };
    let topic = server.topic("told", 2, &["retention.ms=-1"]);
    let journal = tempfile::tempdir().unwrap();
    let mut app = App::at(server);
    let body = br#"{"sku": 12345678901234567890, "n": 1.50}"#;
    let mut original = record(&topic, Some("order-7"), Some(body), own(), WRITTEN);
    original.record.as_mut().unwrap().partition = Some(1);
    app.publish(original);
    for case in cases(&topic) {
        let dead = server.topic(&format!("told-{}", case.name), 1, &["retention.ms=-1"]);
        let letter = if case.is_bare {
            record(&dead, None, None, case.headers.clone(), case.time)
        } else {
            record(
                &dead,
                Some("order-7"),
                Some(body),
                case.headers.clone(),
                case.time,
            )
        };
        app.publish(letter);
        let arguments = [
            "dead-letters",
            "--source",
            &dead,
            "--peek",
            "5",
            "--format",
            "json",
        ];
        let output = run(server, journal.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let all = told(&output);
        let message = &all["messages"][0];
        for (field, value) in case.expected.as_object().unwrap() {
            assert_eq!(&message[field], value, "{} {field}: {message:#}", case.name);
        }
        assert_eq!(message["source"], json!(dead));
        assert_eq!(message["position"], json!({ "partition": 0, "offset": 0 }));
        assert_eq!(message["mark"], Value::Null);
        let headers = message["headers"].as_array().unwrap();
        assert_eq!(headers.len(), case.headers.len(), "{}", case.name);
        for (told, (name, value)) in headers.iter().zip(&case.headers) {
            assert_eq!(told["name"], json!(name));
            let text = value
                .as_ref()
                .and_then(|value| std::str::from_utf8(value).ok());
            assert_eq!(told["value"], json!(text), "{name}");
        }
        if case.is_bare {
            assert_eq!(
                (&message["key"], &message["body"]),
                (&Value::Null, &Value::Null)
            );
            assert_eq!(message["body_form"], json!("none"));
        } else {
            assert_eq!(message["key"], json!("order-7"));
            assert_eq!(message["body_form"], json!("json"));
            // Every digit stays.
            let text = String::from_utf8_lossy(&output.stdout);
            let body = String::from_utf8_lossy(body);
            assert!(text.contains(&format!("\"body\":{body}")), "{text}");
        }
        assert_eq!(all["places"][0]["count"], json!(1));
        let lines = run(
            server,
            journal.path(),
            &["dead-letters", "--source", &dead, "--format", "ndjson"],
        );
        let line: Value = serde_json::from_slice(&lines.stdout).expect("one line");
        assert_eq!(&line, message);
    }
    let none = run(
        server,
        journal.path(),
        &["dead-letters", "--source", "told-none"],
    );
    assert_eq!((none.status.code(), none.stdout.len()), (Some(2), 0));
    let listed = run(
        server,
        journal.path(),
        &["dead-letters", "--peek", "0", "--format", "json"],
    );
    let places = told(&listed)["places"].clone();
    let why = |part: &str| {
        let places = places.as_array().unwrap().iter();
        let mut found = places.filter(|place| place["source"].as_str().unwrap().contains(part));
        found.next().map(|place| place["why"].clone())
    };
    assert_eq!(
        why("told-connect"),
        Some(json!(["headers of Kafka Connect"]))
    );
    assert_eq!(why("told-camel"), None);
}

#[test]
fn nothing_is_sent_without_a_word_and_what_is_sent_is_edited() {
    let Some(server) = server() else { return };
    let origin = server.topic("word", 1, &[]);
    let dead = server.topic("word-dlt", 1, &[]);
    let journal = tempfile::tempdir().unwrap();
    let mut app = App::at(server);
    for (offset, body) in [
        (0, r#"{"n":"1.50"}"#),
        (1, r#"{"n":"x"}"#),
        (2, r#"{"n":3}"#),
    ] {
        let headers = spring(&origin, 0, offset, "g");
        app.publish(record(
            &dead,
            Some("k"),
            Some(body.as_bytes()),
            headers,
            DIED,
        ));
    }
    let all = ["resend", "--source", &dead, "--all"];
    let refused = run(server, journal.path(), &all);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(
        words.contains("3 dead letters would go to") && words.contains("Add --yes"),
        "{words}"
    );
    let dry = run(
        server,
        journal.path(),
        &[&all[..], &["--dry-run", "--json"]].concat(),
    );
    assert_eq!(told(&dry)["would_send"], json!(3));
    assert_eq!(told(&dry)["targets"], json!({ &origin: 3 }));
    let edit = ["--edit", "convert data.n=number", "--yes", "--json"];
    let sent = run(server, journal.path(), &[&all[..], &edit].concat());
    let report = told(&sent);
    assert_eq!(
        (sent.status.code(), &report["sent"]),
        (Some(1), &json!(1)),
        "{sent:?}"
    );
    assert_eq!(report["kept"].as_array().unwrap().len(), 2);
    assert!(server.read(&origin, 1)[0].ends_with(r#"|k|{"n":1.50}"#));
    let one = ["resend", "--source", &dead, "--position", "0:1", "--yes"];
    assert_eq!(run(server, journal.path(), &one).status.code(), Some(0));
    let filtered = [
        "resend", "--source", &dead, "--filter", "data.n=3", "--yes", "--json",
    ];
    let filtered = run(server, journal.path(), &filtered);
    assert_eq!(
        (filtered.status.code(), &told(&filtered)["sent"]),
        (Some(0), &json!(1))
    );
    // All of them have been sent now.
    let again = run(
        server,
        journal.path(),
        &[&all[..], &["--yes", "--json"]].concat(),
    );
    assert_eq!(
        (again.status.code(), &told(&again)["sent"]),
        (Some(0), &json!(0))
    );
    let missing = ["resend", "--source", &dead, "--position", "0:9", "--yes"];
    assert_eq!(run(server, journal.path(), &missing).status.code(), Some(2));
    let both = ["resend", "--source", &dead, "--all", "--position", "0:1"];
    assert_eq!(run(server, journal.path(), &both).status.code(), Some(2));
}

/// Writes so many dead letters.
fn fill(app: &mut App, origin: &str, dead: &str, count: i64) {
    let series: Vec<_> = (0..count)
        .map(|number| {
            let key = format!("k{number}");
            let headers = spring(origin, i32::try_from(number % 3).unwrap(), number, "g");
            let body = format!("{{\"n\":{number},\"fill\":\"{}\"}}", "x".repeat(400));
            record(dead, Some(&key), Some(body.as_bytes()), headers, DIED)
        })
        .collect();
    app.publish_all(&series);
}

/// Each of so many is there once for whoever reads what is committed.
fn check_each_once(server: &KafkaServer, origin: &str, count: usize) {
    let mut read = server.read_committed(origin, count + 1);
    if read.is_empty() {
        // A broker with much to do may let its own consumer wait for longer than that gives it.
        read = server.read_committed(origin, count + 1);
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &read {
        let key = line.split('|').nth(3).expect("a key");
        *seen.entry(key).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{} twice: {twice:?}", twice.len());
    assert_eq!(seen.len(), count);
}

fn ends_within(child: &mut Child, limit: Duration) -> Option<i32> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code().or(Some(-1));
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a resend of all again and again, killed after a time that grows, until one comes to its end.
fn killed_until_done(server: &KafkaServer, journal: &Path, dead: &str) -> usize {
    let all = ["resend", "--source", dead, "--all", "--yes", "--json"];
    let mut kills = 0;
    let mut wait = Duration::from_millis(700);
    loop {
        let mut child = command(server, journal, &all).spawn().expect("it starts");
        if let Some(code) = ends_within(&mut child, wait) {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            let mut told = String::new();
            child
                .stdout
                .take()
                .unwrap()
                .read_to_string(&mut told)
                .unwrap();
            eprintln!("killed {kills} times, then {told}");
            assert_eq!(code, 0, "{said}");
            return kills;
        }
        // SIGKILL.
        child.kill().expect("a child");
        child.wait().expect("its end");
        kills += 1;
        wait += Duration::from_millis(60);
        assert!(wait < PATIENCE, "it does not come to an end");
    }
}

#[test]
fn after_any_kill_of_the_program_each_copy_is_there_once() {
    let Some(server) = server() else { return };
    let origin = server.topic("killed", 3, &[]);
    let dead = server.topic("killed-dlt", 2, &[]);
    let journal = tempfile::tempdir().unwrap();
    let mut app = App::at(server);
    fill(&mut app, &origin, &dead, 3_000);
    let kills = killed_until_done(server, journal.path(), &dead);
    eprintln!("killed {kills} times");
    assert!(kills > 2, "{kills}");
    check_each_once(server, &origin, 3_000);
}

#[test]
fn after_a_kill_of_the_broker_each_copy_is_there_once() {
    let Some(mut server) = KafkaServer::own() else {
        return;
    };
    let origin = server.topic("broken", 3, &[]);
    let dead = server.topic("broken-dlt", 1, &[]);
    let journal = tempfile::tempdir().unwrap();
    let mut app = App::at(&server);
    fill(&mut app, &origin, &dead, 4_000);
    drop(app);
    let all = ["resend", "--source", &dead, "--all", "--yes", "--json"];
    let mut child = command(&server, journal.path(), &all)
        .spawn()
        .expect("it starts");
    std::thread::sleep(Duration::from_millis(900));
    server.kill();
    server.start_again();
    let code = ends_within(&mut child, Duration::from_secs(90));
    if code.is_none() {
        child.kill().expect("a child");
        child.wait().expect("its end");
    }
    let mut last = Value::Null;
    for _ in 0..5 {
        let output = run(&server, journal.path(), &all);
        if output.status.code() == Some(0) {
            last = told(&output);
            break;
        }
    }
    assert_ne!(
        last,
        Value::Null,
        "it does not come to an end; the first run: {code:?}"
    );
    check_each_once(&server, &origin, 4_000);
}
