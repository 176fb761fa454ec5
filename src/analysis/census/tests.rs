//! What is told of two sides.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;

use super::DifferenceKind::{GoneKey, GoneShape, GoneType, NewKey, NewShape, NewType};
use super::*;
use crate::schema::SchemaSource;
use crate::testing::event;

fn census(schemas: Option<Arc<Catalog>>, events: &[(&str, &str, i64)]) -> StreamCensus {
    let mut census = StreamCensus::new(schemas);
    for (key, body, second) in events {
        let mut one = event(key, body);
        one.received_at = DateTime::from_timestamp(*second, 0).unwrap();
        census.add(&one);
    }
    census
}

fn told(before: &StreamCensus, after: &StreamCensus) -> Vec<(DifferenceKind, String)> {
    let difference = CensusDifference::between(before, after);
    let lines = difference.lines.into_iter();
    lines
        .flat_map(|(kind, lines)| lines.into_iter().map(move |line| (kind, line.name)))
        .collect()
}

#[test]
fn two_sides_that_are_alike_differ_in_nothing() {
    let one = [("a", r#"{"n":1}"#, 0), ("a", r#"{"n":2}"#, 10)];
    let other = [("a", r#"{"n":7}"#, 100), ("a", r#"{"n":8}"#, 110)];
    assert!(told(&census(None, &one), &census(None, &other)).is_empty());
}

#[test]
fn keys_types_and_fields_that_came_or_went_are_told_once() {
    let before = census(
        None,
        &[
            ("a", r#"{"type":"x","version":"1","n":1,"old":true}"#, 0),
            ("gone", r#"{"p":1}"#, 1),
        ],
    );
    let after = census(
        None,
        &[
            (
                "a",
                r#"{"type":"x","version":"2","n":"1","items":[{"q":null}]}"#,
                0,
            ),
            ("new", r#"{"p":1}"#, 1),
        ],
    );
    let expected = [
        (NewKey, "shop new"),
        (GoneKey, "shop gone"),
        (NewType, "x version 2"),
        (GoneType, "x version 1"),
        (NewShape, "shop a: items[].q null"),
        (NewShape, "shop a: n text"),
        (GoneShape, "shop a: n number"),
        (GoneShape, "shop a: old true or false"),
    ];
    let expected = expected.map(|(kind, name)| (kind, name.to_owned()));
    assert_eq!(told(&before, &after), expected);
}

#[test]
fn verdicts_of_schemas_are_told_where_there_are_schemas() {
    let source = SchemaSource {
        event_type: "a".into(),
        version: "1".into(),
        file: "1.schema.json".into(),
        text: r#"{"required":["n"]}"#.into(),
    };
    let catalog = Arc::new(Catalog::new(PathBuf::new(), vec![source]));
    let before = census(Some(Arc::clone(&catalog)), &[("a", r#"{"n":1}"#, 0)]);
    let after = census(Some(catalog), &[("a", r#"{"n":1}"#, 0), ("a", "{}", 1)]);
    let verdicts: Vec<_> = told(&before, &after)
        .into_iter()
        .filter(|(kind, _)| *kind == DifferenceKind::NewVerdict)
        .map(|(_, name)| name)
        .collect();
    assert_eq!(verdicts, ["a: fails"]);
}

#[test]
fn a_key_is_faster_or_slower_only_where_there_are_enough() {
    let often = |key: &'static str, count: i64, over: i64| {
        (0..count).map(move |n| (key, "{}", n * over / count))
    };
    let before: Vec<_> = often("a", 100, 100)
        .chain(often("b", 100, 100))
        .chain(often("c", 5, 100))
        .chain([("end", "{}", 100)])
        .collect();
    let after: Vec<_> = often("a", 40, 100)
        .chain(often("b", 400, 100))
        .chain(often("c", 15, 100))
        .chain([("end", "{}", 100)])
        .collect();
    let expected = [
        (DifferenceKind::Faster, "shop b".to_owned()),
        (DifferenceKind::Slower, "shop a".to_owned()),
    ];
    assert_eq!(
        told(&census(None, &before), &census(None, &after)),
        expected
    );
}

#[test]
fn what_never_repeats_is_bounded_and_that_is_said() {
    let mut census = StreamCensus::new(None);
    for number in 0..MOST + 10 {
        census.add(&event(&format!("k{number}"), "{}"));
    }
    assert!(census.is_cut() && census.keys.len() == MOST);
    assert!(CensusDifference::between(&census, &StreamCensus::default()).is_cut);
}
