//! List, inspector, filter, judge, editor and rules read the same document out of a body, whatever
//! RFC 8259 leaves open.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::Value;

use crate::event::amqp::Properties;
use crate::event::{Event, Outgoing, Transport, decode};
use crate::query::Filter;
use crate::repair::edit::{Edit, Pointer, Rule, RuleChange, edit};
use crate::schema::stream::body;
use crate::text::json::{self, RowValue};
use crate::text::json_edit::Document;
use crate::text::payload::PayloadKind;

const LIMIT: usize = 1 << 20;

fn event(body: &[u8]) -> Event {
    let (at, key) = (DateTime::UNIX_EPOCH, "order.created".to_owned());
    let properties = Properties::default();
    Event::new(
        at,
        "shop".into(),
        key,
        Transport::amqp(false),
        properties,
        body.to_vec(),
    )
}

fn matches(event: &Event, line: &str) -> bool {
    Filter::parse(line).unwrap().matcher().matches(event, 0)
}

/// What each reader finds in the member `orderId`, in the order: filter, inspector, judge, editor.
fn order_ids(body: &[u8], wanted: &str) -> [bool; 4] {
    let event = event(body);
    let decoded = decode::decode(body, &event.properties, LIMIT);
    let rows = decoded.json().map(json::rows).unwrap_or_default();
    let last = rows
        .rows
        .iter()
        .rfind(|row| row.name.as_deref() == Some("orderId"));
    let inspected = rows.stopped.is_none()
        && last.is_some_and(|row| row.value == RowValue::Text(wanted.to_owned()));
    let value = body::read(body, &event.properties, LIMIT);
    let judged = value.as_ref().and_then(|value| value.get("orderId"));
    let opened = decode::open(body, &event.properties, LIMIT).unwrap();
    let edited = Document::new(opened.text).ok().and_then(|document| {
        let at = document.member(0, "orderId")?;
        Some(document.raw(at) == format!("\"{wanted}\""))
    });
    [
        matches(&event, &format!("is:json data.orderId=\"{wanted}\"")),
        inspected,
        judged.and_then(Value::as_str) == Some(wanted),
        edited == Some(true),
    ]
}

#[test]
fn every_reader_finds_the_same() {
    for body in [
        &br#"{"orderId":"o-1"}"#[..],
        br#"{"title":"sale \ud83d","orderId":"o-1"}"#,
        br#"{"\ud83d":1,"orderId":"o-1"}"#,
        br#"{"title":"\ude00\ud83d","orderId":"o-1"}"#,
        b"\xef\xbb\xbf{\"orderId\":\"o-1\"}",
        b"{\"orderId\":\"o-1\"}\0",
        b"\xef\xbb\xbf {\"orderId\":\"o-1\"}\n\0\0",
        br#"{"orderId":"o-0","orderId":"o-1"}"#,
        br#"{"orderId":{"a":[1]},"n":1,"order\u0049d":"x","orderId":"o-1"}"#,
        br#"{"n":1e400,"orderId":"o-1","m":-12345678901234567890123456789012345678901234567890}"#,
        br#"{"n":0.1e-999,"orderId":"o-1"}"#,
    ] {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(order_ids(body, "o-1"), [true; 4], "{shown}");
    }
}

#[test]
fn an_edit_leaves_what_stands_around_the_document() {
    let edited = |body: &[u8]| {
        let message = Outgoing {
            record: None,
            destination: String::new(),
            key: "k".into(),
            properties: Properties::default(),
            body: body.to_vec(),
        };
        let pointer = Pointer::parse("/orderId").unwrap();
        let rule = Rule::Payload(pointer, RuleChange::Set("2".into()));
        match edit(&message, &[rule]) {
            Edit::Changed { outgoing, .. } => String::from_utf8(outgoing.body).unwrap(),
            other => format!("{other:?}"),
        }
    };
    let cut = r#"{"title":"sale \ud83d","orderId":"o-1"}"#;
    assert_eq!(edited(cut.as_bytes()), cut.replace("\"o-1\"", "2"));
    let marked = "\u{feff}{\"n\":1e400,\"orderId\":1}\0";
    assert_eq!(
        edited(marked.as_bytes()),
        "\u{feff}{\"n\":1e400,\"orderId\":2}\0"
    );
    let twice = edited(br#"{"orderId":1,"orderId":1}"#);
    assert!(
        twice.contains("there twice"),
        "a rule does not choose: {twice}"
    );
}

#[test]
fn what_is_no_document_is_none_for_every_reader() {
    for body in [
        &b"{\"a\":1"[..],
        b"{\"a\":01}",
        b"{'a':1}",
        b"{\"a\":\"\n\"}",
        b"{\"a\":\"\\ud8\"}",
        b"{} {}",
        b"NaN",
        b"[1,]",
        b"01e400",
    ] {
        assert!(!agreed(body).unwrap(), "{}", String::from_utf8_lossy(body));
    }
}

/// Whether all take the body for JSON; an error if they differ.
fn agreed(body: &[u8]) -> Result<bool, String> {
    let event = event(body);
    let text = std::str::from_utf8(body).unwrap_or_default();
    let rows = json::rows(body);
    let said = [
        event.kind == PayloadKind::Json,
        matches(&event, "is:json"),
        decode::decode(body, &event.properties, LIMIT).format == decode::Format::Json,
        !rows.rows.is_empty() && rows.stopped.is_none(),
        json::check(text).is_ok(),
        json::value(body).is_ok(),
        json::pretty_text(text).is_some(),
    ];
    if said.iter().all(|one| *one == said[0]) {
        Ok(said[0])
    } else {
        Err(format!("{text:?}: {said:?}"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn all_agree_on_what_is_a_document(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\ud83d", "\\ude00", "\\u0061", "\\",
            "1", "-", ".5", "e400", "0", "true", "nul", " ", "\n", "\u{e9}", "\t", "\"a\":",
        ]), 0..9),
        marked: bool,
        ended: bool,
    ) {
        let mark = if marked { "\u{feff}" } else { "" };
        let nul = if ended { "\0" } else { "" };
        let text = format!("{mark}{}{nul}", parts.concat());
        prop_assert!(agreed(text.as_bytes()).is_ok(), "{:?}", agreed(text.as_bytes()));
    }

    #[test]
    fn a_document_stays_one_however_its_halves_fall(
        words in prop::collection::vec(prop::sample::select(vec![
            "\\ud83d", "\\ude00", "\\\\", "\\\"", "x", "\\u00e9", "\\n",
        ]), 0..8),
    ) {
        let text = format!("{{\"t\":\"{}\",\"orderId\":\"o-1\"}}", words.concat());
        prop_assert_eq!(order_ids(text.as_bytes(), "o-1"), [true; 4], "{}", text);
    }
}
