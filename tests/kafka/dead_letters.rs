//! Finding dead letters, reading them, and what lies at the places of their originals.

use std::sync::Arc;

use eventscope::event::Event;
use eventscope::kafka::account::{account, seen_original};
use eventscope::protocol::{LogPage, PeekReport};
use eventscope::repair::account::OriginalWord;
use eventscope::repair::dead_place::LogSpan;
use eventscope::repair::record_place::{RecordFound, RecordPlace};

use super::app::App;
use super::letters::{DIED, WRITTEN, connect, own, record, share, spring};
use super::server::server;

fn numbers(report: &PeekReport) -> Vec<String> {
    let body = |event: &Arc<Event>| String::from_utf8_lossy(&event.body).into_owned();
    report.messages.iter().map(body).collect()
}

#[test]
fn topics_are_found_by_name_by_headers_and_by_what_they_are_set_to() {
    let Some(server) = server() else { return };
    let by_name = server.topic("found-orders", 1, &[]) + "-dlt";
    server.tool(
        "org.apache.kafka.tools.TopicCommand",
        &["--create", "--topic", &by_name, "--partitions", "2"],
    );
    let by_headers = server.topic("found-parking", 2, &["retention.ms=604800000"]);
    let plain = server.topic("found-plain", 1, &[]);
    let copies = server.topic("found-copies", 1, &[]);
    let named = server.topic("found-named", 1, &[]);
    let is_new = server.is_at_least(4, 4);
    let config: &[&str] = if is_new {
        &["errors.deadletterqueue.group.enable=true"]
    } else {
        &[]
    };
    let by_config = server.topic("found-shared", 1, config);
    let mut app = App::at(server);
    for (topic, headers, time) in [
        (
            &by_headers,
            connect("orders", 0, 3),
            WRITTEN - 400 * 86_400_000,
        ),
        (&plain, own(), WRITTEN),
        // Sent again with its old headers: it tells of a death in the very topic that it lies in.
        (&copies, spring(&copies, 0, 1, "g"), WRITTEN),
    ] {
        app.publish(record(topic, Some("k"), Some(b"{}"), headers, time));
    }
    let places = app.dead_places(std::slice::from_ref(&named)).unwrap();
    let find = |name: &str| places.iter().find(|place| place.name == name);
    let found = find(&by_name).unwrap();
    assert_eq!(
        (found.records, &*found.why),
        (Some(0), &["its name ends in -dlt".to_owned()][..])
    );
    assert!(
        found
            .origin
            .as_ref()
            .is_some_and(|origin| by_name.starts_with(origin))
    );
    let found = find(&by_headers).unwrap();
    assert_eq!(found.why, ["headers of Kafka Connect"]);
    assert_eq!(found.written_by.as_deref(), Some("Kafka Connect"));
    assert_eq!(
        (found.records, found.origin.as_deref()),
        (Some(1), Some("orders"))
    );
    assert_eq!(found.retention_ms, Some(604_800_000));
    let warned = found.warnings.join(" ");
    assert!(
        warned.contains("Kafka deletes it when the topic's segment rolls"),
        "{warned}"
    );
    assert_eq!((find(&plain), find(&copies)), (None, None));
    assert!(find(&named).is_some_and(|place| place.is_named && place.why.is_empty()));
    let shared = find(&by_config);
    assert_eq!(shared.is_some(), is_new, "{shared:?}");
}

#[test]
fn a_page_is_read_from_either_end_and_goes_on_without_a_gap() {
    let Some(server) = server() else { return };
    let topic = server.topic("pages-dlt", 3, &[]);
    let mut app = App::at(server);
    for number in 0..30_i32 {
        let mut one = record(
            &topic,
            None,
            Some(number.to_string().as_bytes()),
            spring("pages", 0, number.into(), "g"),
            WRITTEN + i64::from(number),
        );
        one.record.as_mut().unwrap().partition = Some((number % 3).unsigned_abs());
        app.publish(one);
    }
    let text = |range: std::ops::Range<i32>| -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    };
    let newest = app.read_log(&topic, LogPage::Newest, 7).unwrap();
    assert_eq!(numbers(&newest), text(23..30));
    assert_eq!(newest.marks, vec![None; 7]);
    let before = |report: &PeekReport| {
        LogPage::Before(
            report
                .spans
                .iter()
                .map(|span| (span.partition, span.from))
                .collect(),
        )
    };
    let mut seen = numbers(&newest);
    let mut page = newest;
    while page.spans.iter().any(LogSpan::has_before) {
        page = app.read_log(&topic, before(&page), 7).unwrap();
        seen = [numbers(&page), seen].concat();
    }
    assert_eq!(seen, text(0..30), "backwards");
    let mut page = app.read_log(&topic, LogPage::Oldest, 7).unwrap();
    assert_eq!(numbers(&page), text(0..7));
    let mut seen = numbers(&page);
    while page.spans.iter().any(LogSpan::has_behind) {
        let from = page
            .spans
            .iter()
            .map(|span| (span.partition, span.to))
            .collect();
        page = app.read_log(&topic, LogPage::From(from), 7).unwrap();
        seen.extend(numbers(&page));
    }
    assert_eq!(seen, text(0..30), "forwards");
    let at = app.read_log(&topic, LogPage::Offset(9), 99).unwrap();
    assert_eq!(numbers(&at), text(27..30));
    let time = chrono::DateTime::from_timestamp_millis(WRITTEN + 25).unwrap();
    let since = app.read_log(&topic, LogPage::Time(time), 99).unwrap();
    assert_eq!(numbers(&since), text(25..30));
    let one = app.read_partition(&topic, 1, LogPage::Newest, 2).unwrap();
    assert_eq!(numbers(&one), ["25", "28"]);
    assert_eq!(one.spans.len(), 1);
    let none = app
        .read_partition(&topic, 3, LogPage::Newest, 2)
        .unwrap_err();
    assert!(none.contains("has no partition 3"), "{none}");
    let gone = app.read_log("pages-none", LogPage::Newest, 2).unwrap_err();
    assert!(gone.contains("There is no topic pages-none"), "{gone}");
}

#[test]
fn the_original_is_fetched_and_compared() {
    let Some(server) = server() else { return };
    let origin = server.topic("origin", 1, &[]);
    let dead = server.topic("origin-dead", 1, &[]);
    let mut app = App::at(server);
    app.publish(record(&origin, Some("k"), Some(b"first"), own(), WRITTEN));
    app.publish(record(&origin, Some("k"), None, own(), WRITTEN));
    let letter = |body: &[u8], offset| {
        record(
            &dead,
            Some("k"),
            Some(body),
            [own(), spring(&origin, 0, offset, "g")].concat(),
            DIED,
        )
    };
    app.publish(letter(b"first", 0));
    app.publish(letter(b"forged", 0));
    app.publish(letter(b"first", 1));
    app.publish(letter(b"first", 77));
    app.publish(record(&dead, None, None, share(&origin, 0, 0, "g"), DIED));
    let letters = app.read_log(&dead, LogPage::Oldest, 10).unwrap().messages;
    let places: Vec<RecordPlace> = letters
        .iter()
        .map(|letter| account(letter, None).unwrap().original_place.unwrap())
        .collect();
    let found = app.records(places).unwrap();
    let words: Vec<OriginalWord> = letters
        .iter()
        .zip(&found)
        .map(|(letter, found)| seen_original(letter, None, found).word)
        .collect();
    assert_eq!(
        words,
        [
            OriginalWord::Same,
            OriginalWord::Other,
            OriginalWord::Other,
            OriginalWord::Gone,
            OriginalWord::Unknown,
        ]
    );
    assert!(matches!(&found[0], RecordFound::There(event) if event.body == b"first"));
    let elsewhere = RecordPlace {
        destination: "origin-none".to_owned(),
        partition: 0,
        offset: 0,
    };
    let found = app.records(vec![elsewhere]).unwrap();
    assert!(
        matches!(&found[0], RecordFound::NotRead(words) if words.contains("no topic origin-none")),
        "{found:?}"
    );
}
