//! What a .proto text says, what is refused, and what a change does to readers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Protobuf {
    Protobuf::new(text, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Kinds of changes with whether they break backward and forward.
fn changes(old: &str, new: &str) -> Vec<String> {
    let report = compare_protobuf(&read(old), &read(new), Policy::Event);
    let told = report.changes.iter().map(|change| {
        let breaks = |effect| {
            if effect == Effect::Breaks { "!" } else { "" }
        };
        format!(
            "{}{}/{}",
            change.kind,
            breaks(change.backward),
            breaks(change.forward)
        )
    });
    told.collect()
}

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(changes(old, new), expected, "{old} → {new}");
}

/// A message around some fields.
fn m(fields: &str) -> String {
    format!("syntax = \"proto3\"; message Order {{ {fields} }}")
}

#[test]
fn a_file_with_all_there_is_is_read() {
    let text = r#"
        // A comment
        syntax = "proto2"; /* another
        one */ package shop.v1;
        import public "google/protobuf/timestamp.proto";
        import "other.proto";
        option java_package = "shop"; option (own).thing = { a: 1, b: [1, 2] };
        extend google.protobuf.FieldOptions { optional string own = 50000; }
        message Order {
          option deprecated = true;
          reserved 5, 7 to 9, 100 to max; reserved "old", 'older';
          extensions 1000 to 1999 [verification = UNVERIFIED];
          required int64 id = 1 [(own) = "x;]", deprecated = true];
          optional .shop.v1.Order.Line line = 2;
          repeated Line lines = 3 [packed = false];
          map<string, Line> by_sku = 4;
          optional group Extra = 6 { optional string note = 1; }
          message Line { optional string sku = 1 [default = "it's \"x\""]; enum Kind { A = 0; B = -1; } optional Kind kind = 0x2; }
          oneof paid { option (own) = 1; string card = 10; google.protobuf.Timestamp at = 11; }
          optional string message = 012; optional float share = 13 [default = 1.5e-3];
          ;
        }
        enum State { option allow_alias = true; NEW = 0; FRESH = 0; reserved 4; PAID = 2 [deprecated = true]; }
        service Shop { option deprecated = true; rpc Take (Order) returns (stream Order) { option (own) = 1; } rpc Get (Order) returns (Order); }
    "#;
    // Field 12 in eights is 10.
    let text = text.replace("string message = 012", "string message = 014");
    let schema = read(&text);
    assert_eq!(
        (schema.package.as_str(), &schema.top),
        ("shop.v1", &vec!["shop.v1.Order".to_owned()])
    );
    let order = &schema.messages["shop.v1.Order"];
    let of = |number: i32| {
        let field = order
            .fields
            .iter()
            .find(|field| field.number == number)
            .unwrap();
        (field.name.as_str(), field.label, field.written.clone())
    };
    let name = |name: &str| WrittenType::Name(name.to_owned());
    assert_eq!(of(1), ("id", ProtoLabel::Required, name("int64")));
    assert_eq!(of(2).2, name("shop.v1.Order.Line"));
    assert_eq!(of(3).2, name("shop.v1.Order.Line"));
    let map = WrittenType::Map("string".to_owned(), "shop.v1.Order.Line".to_owned());
    assert_eq!(of(4).2, map);
    assert_eq!(
        of(6),
        (
            "extra",
            ProtoLabel::Optional,
            WrittenType::Group("shop.v1.Order.Extra".to_owned())
        )
    );
    assert_eq!(of(11).2, name("google.protobuf.Timestamp"));
    assert_eq!(of(12).0, "message");
    assert!(schema.messages.contains_key("google.protobuf.Timestamp"));
    assert_eq!(schema.enums["shop.v1.State"].values.len(), 3);
    assert_eq!(schema.rpcs.len(), 2);
}

#[test]
fn what_is_no_protobuf_is_refused_with_its_line() {
    for (text, part) in [
        ("{}", "In line 1: message, enum"),
        ("syntax = \"proto9\";", "neither proto2 nor proto3"),
        (
            "message A {\n int32 = 1; }",
            "In line 2: a name is expected, and = stands there",
        ),
        (
            "message A { int32 a = 1 }",
            "; is expected, and } stands there",
        ),
        (
            "message A { int32 a = 0; }",
            "0 cannot be the number of a field",
        ),
        ("message A { int32 a = 19500; }", "19500 cannot be"),
        (
            "message A { int32 a = 1; int32 b = 1; }",
            "the number 1 is there twice in A",
        ),
        (
            "message A { int32 a = 1; int32 a = 2; }",
            "the field a is there twice",
        ),
        (
            "message A { reserved 1 to 3; int32 a = 2; }",
            "which is reserved",
        ),
        (
            "message A { reserved \"a\"; int32 a = 2; }",
            "the name a is reserved",
        ),
        ("message A {} message A {}", "A is defined twice"),
        (
            "syntax = \"proto3\"; enum E { A = 1; }",
            "does not begin with 0",
        ),
        ("enum E {}", "has no value"),
        ("enum E { A = 0; B = 0; }", "has the number 0 of B twice"),
        (
            "syntax = \"proto3\"; message A { required int32 a = 1; }",
            "no required fields",
        ),
        (
            "message A { oneof x { map<int32, int32> a = 1; } }",
            "a map in a oneof",
        ),
        ("message A { /* ", "a comment does not end"),
        (
            "message A { int32 a = 1 [default = \"x",
            "a text does not end",
        ),
        ("message A {", "the end stands there"),
    ] {
        let error = Protobuf::new(text, &BTreeMap::new())
            .expect_err(text)
            .to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let deep = "message A { ".repeat(1_000);
    assert!(
        Protobuf::new(&deep, &BTreeMap::new())
            .unwrap_err()
            .to_string()
            .contains("nested deeper")
    );
}

#[test]
fn fields_come_and_go_and_what_is_required_breaks() {
    check(&m("int32 a = 1;"), &m("int32 a = 1;"), &[]);
    check(
        &m("int32 a = 1;"),
        &m("int32 a = 1; int32 b = 2;"),
        &["field-added/"],
    );
    check(
        &m("int32 a = 1; int32 b = 2;"),
        &m("int32 a = 1;"),
        &["field-removed/"],
    );
    check(&m("int32 a = 1;"), &m("int32 b = 1;"), &["field-renamed/"]);
    check(
        "message A {}",
        "message A { required int32 a = 1; }",
        &["field-added!/!"],
    );
    check(
        "message A { required int32 a = 1; }",
        "message A {}",
        &["field-removed!/!"],
    );
    check(
        "message A { optional int32 a = 1; }",
        "message A { required int32 a = 1; }",
        &["label-changed!/"],
    );
    check(
        "message A { reserved 3; }",
        "message A { optional int32 a = 3; }",
        &["field-added/", "reserved-number-used/"],
    );
}

#[test]
fn a_type_may_change_to_one_that_is_written_alike() {
    for (old, new) in [
        ("int32", "int64"),
        ("uint32", "bool"),
        ("sint32", "sint64"),
        ("fixed32", "sfixed32"),
        ("string", "bytes"),
    ] {
        check(
            &m(&format!("{old} a = 1;")),
            &m(&format!("{new} a = 1;")),
            &[],
        );
    }
    for (old, new) in [
        ("int32", "sint32"),
        ("int32", "string"),
        ("fixed32", "float"),
        ("fixed32", "fixed64"),
        ("double", "fixed64"),
    ] {
        let [old, new] = [old, new].map(|kind| m(&format!("{kind} a = 1;")));
        check(&old, &new, &["scalar-changed!/!"]);
    }
    let with = |kind: &str| {
        m(&format!(
            "{kind} a = 1; message L {{}} message K {{}} enum E {{ Z = 0; }}"
        ))
    };
    check(&with("int32"), &with("E"), &[]);
    check(&with("L"), &with("K"), &["message-type-changed!/!"]);
    check(&with("L"), &with("int32"), &["kind-changed!/!"]);
    check(
        &with("map<string, L>"),
        &with("map<string, K>"),
        &["message-type-changed!/!"],
    );
    check(
        &with("map<int32, L>"),
        &with("map<string, L>"),
        &["scalar-changed!/!"],
    );
    check(&with("map<int32, L>"), &with("L"), &["kind-changed!/!"]);
}

#[test]
fn a_list_may_come_and_go_where_it_is_written_alike() {
    for (kind, expected) in [
        ("int32", "label-changed!/!"),
        ("E", "label-changed!/!"),
        ("string", "label-changed/"),
        ("L", "label-changed/"),
    ] {
        let with = |label: &str| {
            m(&format!(
                "{label} {kind} a = 1; message L {{}} enum E {{ Z = 0; }}"
            ))
        };
        check(&with(""), &with("repeated"), &[expected]);
        check(&with("repeated"), &with("optional"), &[expected]);
        check(&with(""), &with("optional"), &[]);
    }
}

#[test]
fn oneofs_lose_what_stands_beside_another() {
    let both = "int32 a = 1; int32 b = 2;";
    check(
        &m(both),
        &m("oneof x { int32 a = 1; } int32 b = 2;"),
        &["oneof-added/"],
    );
    check(
        &m(both),
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &["fields-moved-into-oneof!/"],
    );
    check(
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &m(both),
        &["oneof-removed/"],
    );
    let one = "oneof x { int32 a = 1; }";
    check(
        &m(one),
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &["oneof-field-added/!", "field-added/"],
    );
    check(
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &m(one),
        &["oneof-field-removed!/"],
    );
    check(
        &m("oneof x { int32 a = 1; } int32 b = 2;"),
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &["field-moved-into-oneof!/!"],
    );
    check(
        &m("oneof x { int32 a = 1; int32 b = 2; }"),
        &m("oneof x { int32 a = 1; } int32 b = 2;"),
        &["oneof-field-removed!/!"],
    );
    check(
        &m(one),
        &m("oneof y { int32 a = 1; }"),
        &["oneof-removed/", "oneof-added/"],
    );
}

#[test]
fn messages_enums_packages_and_calls_are_told() {
    let order = "message Order {}";
    check(
        order,
        "message Order {} message Line {}",
        &["message-added/!"],
    );
    check(
        "message Order {} message Line {}",
        order,
        &["message-removed!/"],
    );
    check(
        "message Order {} message Line {}",
        "message Line {} message Order {}",
        &["message-moved/", "message-moved/"],
    );
    check(
        &m("message L { int32 a = 1; }"),
        &m("message L { string a = 1; }"),
        &["scalar-changed!/!"],
    );
    check(&m("message L {}"), &m(""), &["message-removed!/"]);
    check(
        &format!("package a; {order}"),
        &format!("package b; {order}"),
        &["package-changed/"],
    );
    let used = "message Line {} message Order { optional Line l = 1; optional .PKG.Line k = 2; }";
    let in_package = |package: &str| format!("package {package}; {}", used.replace("PKG", package));
    check(&in_package("a.b"), &in_package("c"), &["package-changed/"]);
    let values = |values: &str| format!("enum E {{ {values} }}");
    check(
        &values("A = 0; B = 1;"),
        &values("A = 0; C = 1; D = 2;"),
        &["enum-value-renamed/", "enum-value-added/"],
    );
    check(
        &values("A = 0; B = 1;"),
        &values("A = 0;"),
        &["enum-value-removed/"],
    );
    check(&values("A = 0;"), "", &["enum-removed/"]);
    check("", &values("A = 0;"), &["enum-added/"]);
    let service =
        |answer: &str| format!("{order} service S {{ rpc Get (Order) returns ({answer}); }}");
    check(
        &service("Order"),
        &service("stream Order"),
        &["call-changed/"],
    );
    check(&service("Order"), order, &["call-changed/"]);
}

#[test]
fn a_verdict_says_why() {
    let report = compare_protobuf(
        &read(&m("int32 total = 1;")),
        &read(&m("string total = 1; int32 b = 2;")),
        Policy::Event,
    );
    assert_eq!(report.backward.answer, Answer::No);
    assert!(
        report
            .backward
            .reason
            .contains("string, which is written as bytes")
    );
    assert_eq!(report.changes[0].path, "#/Order/total");
    let fine = compare_protobuf(&read(&m("")), &read(&m("int32 b = 2;")), Policy::Event);
    assert_eq!(
        (fine.backward.answer, fine.forward.answer),
        (Answer::Yes, Answer::Yes)
    );
}

#[test]
fn what_is_imported_is_compared_too() {
    let imported = |kind: &str| {
        let text = format!("package common; message Money {{ optional {kind} amount = 1; }}");
        BTreeMap::from([("money.proto".to_owned(), text)])
    };
    let text = "import \"money.proto\"; message Order { optional common.Money total = 1; }";
    let [old, new] = ["int64", "string"].map(|kind| Protobuf::new(text, &imported(kind)).unwrap());
    let report = compare_protobuf(&old, &new, Policy::Event);
    assert_eq!(report.backward.answer, Answer::No);
    // Without the import the name is all there is.
    assert_eq!(changes(text, text), [""; 0]);
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "message", "A", "{", "}", "int32", "a", "=", "1", ";", "enum", "oneof", "map<", ",", ">", "[", "]",
        "\"x\"", "reserved", "to", "max", "repeated", "group", "(", ")", "option", ".", "-", "0x", "//", "\n",
        "/*", "*/", "é", "service", "rpc", "returns", "stream", "import", "syntax", "'", "\\",
    ]), 0..60)) {
        let text = parts.join(" ");
        if let Ok(schema) = Protobuf::new(&text, &BTreeMap::new()) {
            prop_assert!(compare_protobuf(&schema, &schema, Policy::Event).changes.is_empty());
        }
    }
}
