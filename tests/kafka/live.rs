//! Live: from every start, with every shape of a record, and how far it is behind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use eventscope::event::Event;
use eventscope::event::amqp::FieldValue;
use eventscope::event::kafka_record::{KafkaRecord, KeyForm};
use eventscope::event::start_from::StartFrom;
use eventscope::event::watching::TapReading;
use eventscope::protocol::{SourceCommand, SourceUpdate, TapState};

use super::app::{App, PATIENCE};
use super::server::server;

fn record(event: &Event) -> KafkaRecord {
    *event.transport.kafka().expect("a record")
}

fn number(event: &Event) -> u64 {
    let body: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
    body["n"].as_u64().expect("a number")
}

fn numbers(events: &[Event]) -> Vec<u64> {
    let mut numbers: Vec<u64> = events.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn it_begins_where_one_says() {
    let Some(server) = server() else { return };
    let topic = server.topic("starts", 1, &[]);
    server.produce_numbers(&topic, 0..20);
    let mut app = App::at(server);
    app.knows(&topic);
    let later = Utc::now() + TimeDelta::hours(1);
    for (from, expected) in [
        (StartFrom::Beginning, 0..20),
        (StartFrom::Offset(15), 15..20),
        (StartFrom::Last(3), 17..20),
        (StartFrom::Last(500), 0..20),
        (StartFrom::Time(Utc::now() - TimeDelta::hours(1)), 0..20),
    ] {
        let tap = app.tap_from(&topic, from);
        let events = app.events(tap, expected.clone().count());
        assert_eq!(numbers(&events), expected.collect::<Vec<u64>>(), "{from}");
        let places: Vec<u64> = events.iter().map(|event| record(event).offset).collect();
        assert!(places.is_sorted());
        app.tell(SourceCommand::StopTap(tap));
    }
    let end = app.tap_from(&topic, StartFrom::End);
    let beyond = app.tap_from(&topic, StartFrom::Offset(1_000));
    let future = app.tap_from(&topic, StartFrom::Time(later));
    server.produce_numbers(&topic, 20..22);
    for tap in [end, beyond, future] {
        assert_eq!(numbers(&app.events(tap, 2)), [20, 21]);
    }
}

#[test]
fn topics_are_meant_by_pattern_also_those_made_later() {
    let Some(server) = server() else { return };
    let prefix = super::server::fresh("family");
    let first = server.topic(&format!("{prefix}.a"), 2, &[]);
    server.produce_numbers(&first, 0..4);
    let mut app = App::at(server);
    app.knows(&first);
    let tap = app.tap_from(&format!("{prefix}.*"), StartFrom::End);
    let second = server.topic(&format!("{prefix}.b"), 1, &[]);
    server.produce_numbers(&second, 0..3);
    let events = app.events(tap, 3);
    assert_eq!(numbers(&events), [0, 1, 2]);
    assert!(events.iter().all(|event| event.destination == second));
}

#[test]
fn what_is_missing_is_not_empty_and_headers_stand_as_they_were_written() {
    let Some(server) = server() else { return };
    let topic = server.topic("shapes", 1, &[]);
    let lines = [
        "a:1,b:,a:2,c:NULL\tkey\tvalue",
        "NULL\tNULL\tno key",
        "NULL\t\tempty key",
        "NULL\tkey\tNULL",
        "NULL\tkey\t",
    ];
    server.produce(&topic, &lines.map(str::to_owned), &[]);
    let mut app = App::at(server);
    app.knows(&topic);
    let tap = app.tap_from(&topic, StartFrom::Beginning);
    let events = app.events(tap, lines.len());
    let text = |text: &str| FieldValue::Text(text.to_owned());
    assert_eq!(
        events[0].properties.headers,
        Some(vec![
            ("a".to_owned(), text("1")),
            ("b".to_owned(), text("")),
            ("a".to_owned(), text("2")),
            ("c".to_owned(), FieldValue::Void),
        ])
    );
    let shapes: Vec<_> = events
        .iter()
        .map(|event| {
            let record = record(event);
            (
                record.key,
                event.key.as_str(),
                record.is_tombstone,
                event.body.len(),
            )
        })
        .collect();
    assert_eq!(
        shapes,
        [
            (KeyForm::Text, "key", false, 5),
            (KeyForm::Null, "", false, 6),
            (KeyForm::Text, "", false, 9),
            (KeyForm::Text, "key", true, 0),
            (KeyForm::Text, "key", false, 0),
        ]
    );
    let now = u64::try_from(Utc::now().timestamp_millis()).expect("after 1970");
    for event in &events {
        let written = event.properties.timestamp.expect("a time");
        assert!(now - written < 600_000, "{written}");
    }
}

#[test]
fn large_and_compressed_records_come_whole() {
    let Some(server) = server() else { return };
    let mut app = App::at(server);
    for codec in ["gzip", "snappy", "lz4", "zstd"] {
        let topic = server.topic(codec, 1, &[]);
        let value: String = "0123456789".repeat(90_000);
        let lines: Vec<String> = (0..3).map(|n| format!("NULL\tk{n}\t{value}{n}")).collect();
        server.produce(&topic, &lines, &["--compression-codec", codec]);
        app.knows(&topic);
        let tap = app.tap_from(&topic, StartFrom::Beginning);
        for (n, event) in app.events(tap, 3).iter().enumerate() {
            assert_eq!(event.body, format!("{value}{n}").into_bytes(), "{codec}");
        }
        app.tell(SourceCommand::StopTap(tap));
    }
}

/// A transaction leaves a mark at its end, which takes an offset and is no record.
#[test]
fn the_last_records_are_counted_and_not_offsets() {
    let Some(server) = server() else { return };
    let topic = server.topic("transactions", 1, &[]);
    let bootstrap = format!("bootstrap.servers={}", server.plain);
    server.run(
        "org.apache.kafka.tools.ProducerPerformance",
        &[
            "--topic",
            &topic,
            "--num-records",
            "40",
            "--record-size",
            "10",
            "--throughput",
            "20",
            "--transactional-id",
            &topic,
            "--transaction-duration-ms",
            "100",
            "--producer-props",
            &bootstrap,
        ],
    );
    let mut app = App::at(server);
    app.knows(&topic);
    let all = app.tap_from(&topic, StartFrom::Beginning);
    let records = app.events(all, 40);
    let last = record(&records[39]).offset;
    assert!(last > 39 + 3, "there were few transactions: {last}");
    let reading = TapReading {
        from: StartFrom::Last(30),
        committed_only: true,
        ..TapReading::default()
    };
    let tap = app.tap(&topic, reading).expect("a tap");
    let events = app.events(tap, 30);
    assert_eq!(events.len(), 30);
    assert_eq!(record(&events[0]).offset, record(&records[10]).offset);
    app.expect("holes", |update| match update {
        SourceUpdate::Tap {
            state: TapState::Behind(told),
            ..
        } if told.holes > 3 => Some(()),
        _ => None,
    });
}

#[test]
fn a_slow_window_leaves_it_behind_and_it_can_skip_to_the_end() {
    let Some(server) = server() else { return };
    let topic = server.topic("behind", 2, &[]);
    let line = |n| {
        format!(
            "NULL\tk{n}\t{{\"n\":{n},\"fill\":\"{}\"}}",
            "x".repeat(2_000)
        )
    };
    let lines: Vec<String> = (0..40_000).map(line).collect();
    server.produce(&topic, &lines, &[]);
    let mut app = App::at(server);
    app.knows(&topic);
    let tap = app.tap_from(&topic, StartFrom::Beginning);
    // Nobody takes what it tells, so it stops by itself.
    std::thread::sleep(Duration::from_secs(2));
    app.tell(SourceCommand::SkipToEnd(tap));
    let skipped = Instant::now();
    app.expect("the end", |update| match update {
        SourceUpdate::Tap {
            state: TapState::Behind(told),
            ..
        } if told.behind == 0 => Some(()),
        _ => None,
    });
    assert!(skipped.elapsed() < PATIENCE);
    let read = app.waiting(tap);
    assert!(read < 40_000, "all {read} were read");
    server.produce_numbers(&topic, 50_000..50_002);
    let mut seen = BTreeMap::new();
    while seen.len() < 2 {
        for event in app.events(tap, 1) {
            if number(&event) >= 50_000 {
                seen.insert(number(&event), event);
            }
        }
    }
}

#[test]
fn it_reads_no_faster_than_it_may() {
    let Some(server) = server() else { return };
    let topic = server.topic("rate", 1, &[]);
    let line = |n| format!("NULL\tk\t{{\"n\":{n},\"fill\":\"{}\"}}", "x".repeat(9_000));
    let lines: Vec<String> = (0..600).map(line).collect();
    server.produce(&topic, &lines, &[]);
    let mut app = App::at(server);
    app.knows(&topic);
    let reading = TapReading {
        from: StartFrom::Beginning,
        most_per_second: Some(2_000_000),
        ..TapReading::default()
    };
    let begun = Instant::now();
    let tap = app.tap(&topic, reading).expect("a tap");
    assert_eq!(app.events(tap, 600).len(), 600);
    // 5.4 MB at 2 MB a second; the last part is not waited for.
    assert!(begun.elapsed() > Duration::from_millis(1_500));
}
