//! What the specification allows and refuses, and what is said of a change.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Answer, CheckReport, Effect, Policy};

fn record(fields: &Value) -> Value {
    json!({"type": "record", "name": "Order", "namespace": "shop", "fields": fields})
}

fn field(kind: &Value, default: &Value) -> Value {
    record(&json!([{"name": "x", "type": kind, "default": default}]))
}

#[track_caller]
fn refused(schema: &Value, place: &str, words: &str) {
    let error = Avro::new(schema).unwrap_err().to_string();
    let at = format!("At {place}: ");
    assert!(error.contains(&at) && error.contains(words), "{error}");
}

fn compared(old: &Value, new: &Value) -> CheckReport {
    let read = |schema: &Value| Avro::new(schema).unwrap();
    compare_avro(&read(old), &read(new), Policy::Event)
}

/// The reason of the only change that is not about documentation.
#[track_caller]
fn only(report: &CheckReport) -> String {
    let [change] = report.changes.as_slice() else {
        panic!("{:?}", report.changes);
    };
    change.reason.clone()
}

#[test]
fn a_default_is_a_value_of_its_type() {
    let enumeration = json!({"type": "enum", "name": "E", "symbols": ["A", "B"]});
    let fixed = json!({"type": "fixed", "name": "F", "size": 2});
    let inner = json!({"type": "record", "name": "R", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": ""}]});
    for (kind, bad) in [
        (json!("string"), json!(null)),
        (json!("null"), json!("null")),
        (json!("int"), json!(3_000_000_000_u32)),
        (json!("int"), json!("3")),
        (json!("long"), json!(1.5)),
        (json!("boolean"), json!(0)),
        (json!("double"), json!("1")),
        (json!("bytes"), json!("\u{20ac}")),
        (json!(["null", "int"]), json!("x")),
        (enumeration.clone(), json!("C")),
        (fixed.clone(), json!("abc")),
        (json!({"type": "array", "items": "int"}), json!({})),
        (json!({"type": "map", "values": "int"}), json!([])),
        (inner.clone(), json!({"b": "x"})),
    ] {
        refused(&field(&kind, &bad), "#/fields/0/default", "the default");
    }
    refused(
        &field(&json!({"type": "array", "items": "int"}), &json!([1, "x"])),
        "#/fields/0/default/1",
        "is not an int",
    );
    refused(
        &field(&inner, &json!({"a": "x"})),
        "#/fields/0/default/a",
        "",
    );
    for (kind, good) in [
        (json!(["null", "int"]), json!(null)),
        // Of any branch, since 1.12.
        (json!(["null", "int"]), json!(3)),
        (json!("double"), json!(3)),
        (json!("bytes"), json!("\u{ff}")),
        (enumeration, json!("B")),
        (fixed, json!("ab")),
        (inner, json!({"a": 1})),
        (
            json!({"type": "long", "logicalType": "timestamp-millis"}),
            json!(0),
        ),
    ] {
        Avro::new(&field(&kind, &good)).unwrap();
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn unions_names_and_duplicates() {
    let of = |kind: Value| record(&json!([{"name": "x", "type": kind}]));
    refused(
        &of(json!(["null", ["int"]])),
        "#/fields/0/type/1",
        "another union",
    );
    refused(
        &of(json!(["null", {"type": ["int", "string"]}])),
        "#/fields/0/type/1",
        "another union",
    );
    refused(
        &of(json!(["int", {"type": "int"}])),
        "#/fields/0/type/1",
        "int twice",
    );
    refused(
        &of(json!([{"type": "array", "items": "int"}, {"type": "array", "items": "string"}])),
        "#/fields/0/type/1",
        "array twice",
    );
    refused(&of(json!("nowhere")), "#/fields/0/type", "not defined");
    refused(
        &of(json!({"type": "enum", "name": "E", "symbols": ["A", "A"]})),
        "#/fields/0/type/symbols",
        "twice",
    );
    refused(
        &of(json!({"type": "enum", "name": "E", "symbols": ["A-B"]})),
        "#/fields/0/type/symbols",
        "not a name",
    );
    refused(
        &of(json!({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"})),
        "#/fields/0/type/default",
        "none of the symbols",
    );
    refused(
        &of(json!({"type": "enum", "name": "E"})),
        "#/fields/0/type/symbols",
        "not a list",
    );
    refused(
        &of(json!({"type": "fixed", "name": "F", "size": -1})),
        "#/fields/0/type/size",
        "number of bytes",
    );
    refused(
        &of(json!({"type": "record", "name": "Order", "fields": []})),
        "#/fields/0/type/name",
        "defined twice",
    );
    refused(
        &of(json!({"type": "record", "name": "int", "fields": []})),
        "#/fields/0/type/name",
        "primitive",
    );
    refused(
        &json!({"type": "record", "name": "1st", "fields": []}),
        "#/name",
        "not a name",
    );
    refused(
        &json!({"type": "record", "name": "A", "namespace": "a..b", "fields": []}),
        "#/namespace",
        "not a name",
    );
    refused(
        &record(&json!([{"name": "a", "type": "int"}, {"name": "a", "type": "long"}])),
        "#/fields/1/name",
        "two fields",
    );
    refused(
        &record(&json!([{"name": "a-b", "type": "int"}])),
        "#/fields/0/name",
        "not a name",
    );
    refused(
        &record(&json!([{"name": "a", "type": "int", "order": "up"}])),
        "#/fields/0/order",
        "ascending",
    );
    refused(
        &record(&json!([{"name": "a", "type": "int", "aliases": "b"}])),
        "#/fields/0/aliases",
        "no list",
    );
    // Two named types, or two of the same kind in different schemas, are no duplicates.
    Avro::new(&of(json!([{"type": "fixed", "name": "A", "size": 1}, {"type": "fixed", "name": "B", "size": 1}]))).unwrap();
    Avro::new(&of(json!(["null", "Order"]))).unwrap();
    Avro::new(&json!({"type": "record", "name": "a.b.C", "fields": [{"name": "_x1", "type": ["null", "a.b.C"]}]})).unwrap();
}

#[test]
fn decimals_have_digits_and_other_logical_types_a_place() {
    let decimal = |more: Value| {
        let mut kind = json!({"type": "bytes", "logicalType": "decimal"});
        for (key, value) in more.as_object().unwrap() {
            kind[key] = value.clone();
        }
        record(&json!([{"name": "x", "type": kind}]))
    };
    let at = "#/fields/0/type";
    refused(&decimal(json!({})), at, "no precision");
    refused(&decimal(json!({"precision": 0})), at, "greater than zero");
    refused(
        &decimal(json!({"precision": 2, "scale": 3})),
        at,
        "greater than its precision 2",
    );
    refused(
        &decimal(json!({"precision": "2"})),
        at,
        "no number of digits",
    );
    refused(
        &json!({"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}),
        "#",
        "does not fit into 2 bytes",
    );
    Avro::new(
        &json!({"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 4}),
    )
    .unwrap();
    // The specification has readers ignore it: usable, and said.
    let plain = record(&json!([{"name": "x", "type": "string"}]));
    let odd = record(&json!([{"name": "x", "type": {"type": "string", "logicalType": "date"}}]));
    let report = compared(&plain, &odd);
    assert_eq!(report.backward.answer, Answer::Yes);
    assert!(only(&report).contains("belongs on int"), "{report:?}");
}

#[test]
fn what_changed_is_named() {
    let at = |logical: &str| {
        record(&json!([{"name": "at", "type": {"type": "long", "logicalType": logical}}]))
    };
    let report = compared(&at("timestamp-millis"), &at("timestamp-micros"));
    let told = only(&report);
    assert!(
        told.contains("timestamp-millis and timestamp-micros"),
        "{told}"
    );
    assert!(told.contains("factor of 1,000"), "{told}");
    assert_eq!(report.backward.answer, Answer::Yes);
    let plain = record(&json!([{"name": "at", "type": "long"}]));
    assert!(only(&compared(&plain, &at("timestamp-micros"))).contains("a timestamp-micros now"));

    let amount = |precision: u32, scale: u32| {
        record(
            &json!([{"name": "x", "type": {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}}]),
        )
    };
    let report = compared(&amount(9, 2), &amount(12, 3));
    let told = only(&report);
    assert!(
        told.contains("precision was 9 and is now 12; the scale was 2 and is now 3"),
        "{told}"
    );
    assert_eq!(report.backward.answer, Answer::No);
    assert!(
        report.backward.reason.contains("decimal(9, 2)"),
        "{report:?}"
    );
    let fixed = |scale: u32| json!({"type": "fixed", "name": "F", "size": 8, "logicalType": "decimal", "precision": 9, "scale": scale});
    let report = compared(&fixed(1), &fixed(2));
    assert!(only(&report).contains("the scale was 1 and is now 2"));
    assert_eq!(report.forward.answer, Answer::No);
    assert_eq!(report.changes[0].forward, Effect::Breaks);
}

#[test]
fn a_moved_namespace_is_listed() {
    let old = record(&json!([{"name": "x", "type": "int"}]));
    let mut new = old.clone();
    new["namespace"] = json!("shop.v2");
    let report = compared(&old, &new);
    let told = only(&report);
    assert!(told.contains("shop and is now shop.v2"), "{told}");
    assert_eq!(report.backward.answer, Answer::Yes);
    assert_eq!(report.forward.answer, Answer::Yes);
    new.as_object_mut().unwrap().remove("namespace");
    assert!(only(&compared(&old, &new)).contains("the null namespace"));
}

#[test]
fn a_pair_that_failed_once_fails_again() {
    let part = |space: &str, kind: &str| json!({"type": "record", "name": "P", "namespace": space, "fields": [{"name": "a", "type": kind}]});
    let old =
        record(&json!([{"name": "x", "type": part("a", "int")}, {"name": "y", "type": "a.P"}]));
    let new = record(&json!([
        {"name": "x", "type": [part("b", "boolean"), part("c", "int")]},
        {"name": "y", "type": "b.P"}
    ]));
    assert_eq!(compared(&old, &new).backward.answer, Answer::No);
}
