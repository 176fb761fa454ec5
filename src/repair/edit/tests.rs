//! A rule changes its place and nothing else.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::event::amqp::Properties;
use crate::text::pointer_step::{escaped, unescaped};

fn message(body: &str) -> Outgoing {
    Outgoing {
        record: None,
        destination: "shop".into(),
        key: "k".into(),
        properties: Properties {
            content_type: Some("application/json".into()),
            headers: Some(vec![("x-tenant".into(), FieldValue::I16(7))]),
            ..Properties::default()
        },
        body: body.into(),
    }
}

fn at(pointer: &str, change: RuleChange) -> Rule {
    Rule::Payload(Pointer::parse(pointer).unwrap(), change)
}

fn number(pointer: &str) -> Rule {
    at(pointer, RuleChange::Convert(Convert::TextToNumber))
}

fn set(value: &str) -> RuleChange {
    RuleChange::Set(value.into())
}

/// The payload after the rules, or why there is none.
fn text(body: &str, rules: &[Rule]) -> Result<String, String> {
    match edit(&message(body), rules) {
        Edit::Changed { outgoing, .. } => Ok(String::from_utf8(outgoing.body).unwrap()),
        Edit::NotApplicable(words) | Edit::Unreadable(words) => Err(words),
    }
}

#[test]
fn a_field_is_changed_where_it_stands() {
    let body = "{ \"b\" : 1.10,\n  \"data\":{\"amount\": \"129.90\" ,\"x\":[1.0, 2e5]}}";
    for (rule, after) in [
        (
            number("/data/amount"),
            "{ \"b\" : 1.10,\n  \"data\":{\"amount\": 129.90 ,\"x\":[1.0, 2e5]}}",
        ),
        (
            at("/data/amount", set("{\"v\":1}")),
            "{ \"b\" : 1.10,\n  \"data\":{\"amount\": {\"v\":1} ,\"x\":[1.0, 2e5]}}",
        ),
        (
            at("/data/amount", RuleChange::Remove),
            "{ \"b\" : 1.10,\n  \"data\":{\"x\":[1.0, 2e5]}}",
        ),
        (
            at("/data/x", RuleChange::Remove),
            "{ \"b\" : 1.10,\n  \"data\":{\"amount\": \"129.90\"}}",
        ),
        (
            at("/data/x/1", RuleChange::Remove),
            "{ \"b\" : 1.10,\n  \"data\":{\"amount\": \"129.90\" ,\"x\":[1.0]}}",
        ),
        (
            at("/data/amount", RuleChange::Rename("a\"b".into())),
            "{ \"b\" : 1.10,\n  \"data\":{\"a\\\"b\": \"129.90\" ,\"x\":[1.0, 2e5]}}",
        ),
        (
            at("/c", set("true")),
            "{ \"b\" : 1.10,\n  \"data\":{\"amount\": \"129.90\" ,\"x\":[1.0, 2e5]},\n  \"c\":true}",
        ),
    ] {
        assert_eq!(
            text(body, std::slice::from_ref(&rule)).as_deref(),
            Ok(after),
            "{rule:?}"
        );
    }
    assert_eq!(
        text("{}", &[at("/a", set("1"))]).as_deref(),
        Ok("{\"a\":1}")
    );
}

#[test]
fn each_item_of_an_array_is_one_place() {
    let body = r#"{"lines":[{"qty":"1"},{"qty":2},{"qty":"3"},{}]}"#;
    let edit = edit(&message(body), &[number("/lines/*/qty")]);
    let Edit::Changed {
        outgoing,
        steps,
        places,
        not,
    } = edit
    else {
        panic!("{edit:?}")
    };
    assert_eq!(
        outgoing.body,
        br#"{"lines":[{"qty":1},{"qty":2},{"qty":3},{}]}"#
    );
    assert_eq!((places, steps.len()), (2, 2));
    assert_eq!(steps[1], Step::new("data.lines[2].qty", "\"3\"", "3"));
    assert_eq!(
        not,
        "data.lines[3].qty: no such field; data.lines[1].qty is a number already: 2"
    );
    let all = [at("/a/*", RuleChange::Remove)];
    assert_eq!(
        text(r#"{"a":[ 1, 2 ]}"#, &all).as_deref(),
        Ok("{\"a\":[  ]}")
    );
    let all = [at("/*/a/*", RuleChange::Remove)];
    let nested = r#"[{"a":[1,2]},{"a":[3]}]"#;
    assert_eq!(text(nested, &all).as_deref(), Ok(r#"[{"a":[]},{"a":[]}]"#));
}

#[test]
fn a_rule_that_does_not_apply_says_why() {
    let body = r#"{"data":{"amount":"1,5","b":1,"b":2},"list":[],"t":"x","z":null}"#;
    for (rule, why) in [
        (number("/data/total"), "data.total: no such field"),
        (number("/nothing/here"), "body.nothing: no such field"),
        (
            number("/data/amount"),
            "data.amount is not a number text: \"1,5\"",
        ),
        (number("/data/b"), "data.b: the field is there twice"),
        (number("/list/*"), "body.list is empty"),
        (number("/list/0"), "body.list[0]: no such item"),
        (
            number("/list/x"),
            "body.list is a list: write [0] for its first item, or [] for each",
        ),
        (number("/t/x"), "body.t has no fields"),
        (at("/t", set("\"x\"")), "body.t has this value already"),
        (
            at("/t", RuleChange::Rename("z".into())),
            "body.t: there is a field z beside it",
        ),
    ] {
        assert_eq!(text(body, &[rule]), Err(why.to_owned()));
    }
    let unreadable = edit(&message("{\"a\":"), &[number("/a")]);
    assert!(matches!(unreadable, Edit::Unreadable(words) if words.contains("not JSON")));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(text(&deep, &[number("/0/0")]).is_err());
    let wide = format!("[{}0]", "0,".repeat(20_000));
    assert!(
        text(&wide, &[at("/*", RuleChange::Remove)])
            .unwrap_err()
            .contains("more than")
    );
}

#[test]
fn a_later_rule_sees_what_an_earlier_one_did() {
    let rules = [
        at("/a", RuleChange::Rename("b".into())),
        number("/b"),
        at("/c", set("[1]")),
        at("/c/0", set("2")),
    ];
    assert_eq!(
        text(r#"{"a":"1"}"#, &rules).as_deref(),
        Ok(r#"{"b":1,"c":[2]}"#)
    );
}

#[test]
fn headers_and_properties_are_changed_too_and_the_body_stays() {
    let rules = [
        Rule::Header("x-tenant".into(), HeaderChange::Rename("tenant".into())),
        Rule::Header("new".into(), HeaderChange::Set(FieldValue::Bool(true))),
        Rule::Property(Field::Type, Some("order.created".into())),
        Rule::Property(Field::ContentType, None),
    ];
    let body = [0xff, 0];
    let before = Outgoing {
        record: None,
        body: body.to_vec(),
        ..message("")
    };
    let Edit::Changed {
        outgoing, steps, ..
    } = edit(&before, &rules)
    else {
        panic!("it changes")
    };
    assert_eq!(outgoing.body, body);
    assert_eq!(
        outgoing.properties,
        Properties {
            message_type: Some("order.created".into()),
            headers: Some(vec![
                ("tenant".into(), FieldValue::I16(7)),
                ("new".into(), FieldValue::Bool(true)),
            ]),
            ..Properties::default()
        }
    );
    assert_eq!(steps.len(), 4);
    let missing = [Rule::Header("no".into(), HeaderChange::Remove)];
    assert_eq!(
        edit(&message("{}"), &missing),
        Edit::NotApplicable("header no: no such header".into())
    );
    let wrong = [Rule::Property(Field::Priority, Some("300".into()))];
    assert!(matches!(
        edit(&message("{}"), &wrong),
        Edit::NotApplicable(_)
    ));
}

#[test]
fn a_form_becomes_a_rule_or_says_what_is_wrong() {
    let form = RuleForm {
        at: "/data/amount".into(),
        ..RuleForm::default()
    };
    assert_eq!(form.rule(), Ok(number("/data/amount")));
    let set = RuleForm {
        chosen: RuleKind::Set,
        value: "paid".into(),
        ..form.clone()
    };
    assert!(set.rule().unwrap_err().contains("in quotes"));
    let header = RuleForm {
        place: RulePlace::Header,
        at: "x".into(),
        value: "7".into(),
        kind: crate::event::amqp::FieldType::U8,
        ..form
    };
    // A header is not converted; what stands first is done.
    assert_eq!(
        header.rule(),
        Ok(Rule::Header(
            "x".into(),
            HeaderChange::Set(FieldValue::U8(7))
        ))
    );
}

/// Documents with numbers as people write them, and space anywhere.
fn any_document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1.10".to_owned()),
        Just("-0".to_owned()),
        Just("1E+400".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        "[a-z\"\\\\é/ ]{0,6}".prop_map(|text| quoted(&text)),
        Just("\"12.50\"".to_owned()),
    ];
    let space = || prop_oneof![Just(""), Just(" "), Just("\n  ")];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        let item = (space(), inner.clone(), space()).prop_map(|(a, v, b)| format!("{a}{v}{b}"));
        let member = ("[a-c~/*]{1,2}", space(), inner, space())
            .prop_map(|(name, a, v, b)| (name.clone(), format!("{a}{}:{b}{v}", quoted(&name))));
        prop_oneof![
            prop::collection::vec(item, 0..5).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(member, 0..5).prop_map(|all| {
                let all: std::collections::BTreeMap<_, _> = all.into_iter().collect();
                let all: Vec<String> = all.into_values().collect();
                format!("{{{}}}", all.join(","))
            }),
        ]
    })
}

/// All pointers of a document, with their values.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", escaped(name));
                into.push(at.clone());
                places(value, &at, into);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                into.push(at.clone());
                places(value, &at, into);
            }
        }
        _ => {}
    }
}

/// Every number as it is written, in order.
fn numbers(text: &str) -> Vec<String> {
    let rows = json::rows(text.as_bytes()).rows.into_iter();
    rows.filter_map(|row| match row.value {
        json::RowValue::Number(number) => Some(number),
        _ => None,
    })
    .collect()
}

proptest! {
    #[test]
    fn a_rule_changes_only_its_place(document in any_document(), pick in any::<prop::sample::Index>()) {
        // 1E+400 is no number to serde's values.
        let plain = document.replace("1E+400", "7");
        let mut all = Vec::new();
        places(&serde_json::from_str(&plain).unwrap(), "", &mut all);
        prop_assume!(!all.is_empty());
        let place = pick.get(&all).clone();
        let new = "\"the new value\"";
        let after = text(&document, &[at(&place, set(new))]).unwrap();
        // What stands before the place and behind it is the same text.
        let start = after.find(new).unwrap();
        let tail = &after[start + new.len()..];
        prop_assert!(document.starts_with(&after[..start]) && document.ends_with(tail));
        let old = &document[start..document.len() - tail.len()];
        let mut expected: Value = serde_json::from_str(&plain).unwrap();
        let target = expected.pointer_mut(&place).unwrap();
        prop_assert_eq!(&*target, &serde_json::from_str::<Value>(&old.replace("1E+400", "7")).unwrap());
        *target = serde_json::from_str(new).unwrap();
        let found: Value = serde_json::from_str(&after.replace("1E+400", "7")).unwrap();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn what_is_removed_takes_only_its_comma_along(document in any_document(), pick in any::<prop::sample::Index>()) {
        let plain = document.replace("1E+400", "7");
        let before: Value = serde_json::from_str(&plain).unwrap();
        let mut all = Vec::new();
        places(&before, "", &mut all);
        prop_assume!(!all.is_empty());
        let place = pick.get(&all).clone();
        let removed = text(&document, &[at(&place, RuleChange::Remove)]);
        // A name `*` in a pointer means each item only in an array, so every place is found.
        let after = removed.unwrap();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let mut expected = before.clone();
        match expected.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                let name = unescaped(name);
                members.shift_remove(&*name);
            }
            Value::Array(items) => { items.remove(name.parse().unwrap()); }
            _ => unreachable!(),
        }
        let found: Value = serde_json::from_str(&after.replace("1E+400", "7")).unwrap();
        prop_assert_eq!(found, expected);
        let (kept, all) = (numbers(&after), numbers(&document));
        prop_assert!(kept.iter().all(|number| all.contains(number)));
    }

    #[test]
    fn no_text_and_no_pointer_does_harm(body in ".{0,60}", pointer in "(/[a*0~]{0,2}){1,4}") {
        let rules = [at(&pointer, set("1")), number(&pointer), at(&pointer, RuleChange::Remove)];
        drop(text(&body, &rules));
    }
}
