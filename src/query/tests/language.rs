//! What a line means, how it is printed, and what is said of a wrong one.

use proptest::prelude::*;

use super::generate::any_node;
use crate::query::Filter;
use crate::text::json_path;

/// A line and its canonical form.
fn check(line: &str, canonical: &str) {
    let filter = Filter::parse(line).unwrap_or_else(|fault| panic!("{line}: {fault:?}"));
    assert_eq!(filter.to_string(), canonical, "{line}");
    assert_eq!(Filter::parse(canonical).unwrap(), filter, "{line}");
}

#[test]
fn lines_read_as_they_look() {
    check("", "");
    check("  \t ", "");
    check("paid  order.created", "paid order.created");
    check("a b or c d", "a b or c d");
    check("a and (b or c)", "a (b or c)");
    check("a && b || !c", "a b or not c");
    check("A AND b Or c", "A b or c");
    check("-a -\"b c\" --d", "not a not \"b c\" not not d");
    check("not a b", "not a b");
    check("not (a b)", "not (a b)");
    check("((a))", "a");
    check("(a b) c", "(a b) c");
    check("a&&b", "a b");
    check("\"and\" \"a\\\"b\\\\\"", "\"and\" \"a\\\"b\\\\\"");
    check("/a\\/b c/i", "/a\\/b c/i");
    check("naïve日本 a/b x-1", "naïve日本 a/b x-1");
    check("\"-x\" \"a:b\"", "\"-x\" \"a:b\"");
}

#[test]
fn conditions_read_as_they_look() {
    check("key:order.*", "key:order.*");
    check("Key : order.#", "key:order.#");
    check("data.total > 100", "data.total>100");
    check("version>=2", "version>=2");
    check("id:urn:uuid:7", "id:urn:uuid:7");
    check("data.x:-5 data.y=a=b", "data.x:-5 data.y=a=b");
    check("data.path=/a/b", "data.path=/a/b");
    check("header.x-retry>=3", "header.x-retry>=3");
    check("header.a.b:x", "header.a.b:x");
    check("header.\"a b\"=x", "header.\"a b\"=x");
    check("header.\"plain\"=x", "header.plain=x");
    check("data.items[].sku:ABC*", "data.items[].sku:ABC*");
    check("data.items[0].sku:\"A*\"", "data.items[0].sku:\"A*\"");
    check("data[].x:1 body[2]:x", "data[].x:1 body[2]:x");
    check("data.\"odd: \\\"key\".x!=1", "data.\"odd: \\\"key\".x!=1");
    check(
        "data.at>2026-01-01T10:00:00Z",
        "data.at>2026-01-01T10:00:00Z",
    );
    check("size>1.5kib age<5m", "size>1.5kib age<5m");
    check(
        "has:data.coupon has:header.x-y",
        "has:data.coupon has:header.x-y",
    );
    check(
        "has:data.\"a b\"[].c has:trace",
        "has:data.\"a b\"[].c has:trace",
    );
    check("is:LOST is:json", "is:lost is:json");
    check("data.x:\"\" data.x=true", "data.x:\"\" data.x=true");
    check("(type:a or type:b)", "type:a or type:b");
}

/// A line, the part of it that is wrong, and something of what is said.
fn wrong(line: &str, part: &str, words: &str) {
    let fault = Filter::parse(line).expect_err(line);
    assert_eq!(&line[fault.at.clone()], part, "{line}: {fault:?}");
    assert!(fault.words.contains(words), "{line}: {fault:?}");
}

#[test]
fn a_wrong_line_is_told_where_and_what_would_be_right() {
    wrong("a 5total>100", "5total", "write data.5total for a field");
    wrong("exchnage:shop", "exchnage", "did you mean exchange?");
    wrong("routing_key:a", "routing_key", "did you mean key?");
    wrong("payload.x:1", "payload.x", "write data.x");
    wrong("data:1", "data", "Write data.name");
    wrong("12:30", "12", "in quotes");
    wrong("http://x", "//x", "in quotes");
    wrong("(a or b", "(", "A closing ) is missing");
    wrong("a) b", ")", "closes nothing");
    wrong("a or", "", "Something must stand here");
    wrong("or a", "or", "missing before");
    wrong("a and or b", "or", "missing before");
    wrong("()", ")", "Something must stand before");
    wrong("type:", "", "A value is missing behind type:");
    wrong("type:(a or b)", "", "(type:a or type:b)");
    wrong("kee :b", "kee", "no field");
    wrong(">5", ">", "A field must stand before >");
    wrong("a - b", "-", "Nothing stands behind -");
    wrong("\"a", "\"a", "A closing \" is missing");
    wrong("\"\"", "\"\"", "Nothing stands between");
    wrong("\"a\\qé\"", "\\q", "write \\\\ for a backslash");
    wrong("\"sku\":1", "\"sku\"", "without quotes");
    wrong("/a", "/a", "A closing / is missing");
    wrong("/api/orders", "/api/orders", "in quotes");
    wrong("key:/(a/", "/(a/", "not right: unclosed group");
    wrong("/(a{1000}){1000}/", "/(a{1000}){1000}/", "too large");
    wrong("key:order.cre*", "order.cre*", "one whole word");
    wrong("data.total>lots", "lots", "a number such as 100");
    wrong("data.total>\"5\"", "\"5\"", "a number such as 100");
    wrong("size>big", "big", "such as size>10kb");
    wrong("age<5", "5", "such as age<5m");
    wrong("has:size", "size", "Every event has size");
    wrong("has=type", "has=type", "Write has:type");
    wrong("is:new", "new", "only redelivered");
    wrong("data.a[x]:1", "data.a[x]", "no place in a list");
    wrong("data.a[+1]:1", "data.a[+1]", "no place in a list");
    wrong("data.a[1:1", "data.a[1", "A closing ] is missing");
    wrong("data..a:1", "data..a", "A name is missing behind the dot");
    wrong(
        "eventId..a:1",
        "eventId..a",
        "A name is missing behind the dot",
    );
    wrong(
        "kee:x",
        "kee",
        "did you mean key? A field of the payload with that name is data.kee",
    );
    wrong("payload.a:1", "payload.a", "write data.a");
    wrong("12:30", "12", "in quotes");
    wrong("http:\"//a\"", "http", "in quotes");
    wrong("header.:1", "header.", "name of the header is missing");
    wrong(
        "data.\"a b",
        "data.\"a b",
        "A closing \" or a value is missing",
    );
}

#[test]
fn a_line_is_bounded() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse(&deep(64)).is_ok());
    wrong(&deep(65), "(", "64 deep");
    wrong(&deep(4_000), "(", "64 deep");
    wrong(&"-".repeat(65).replace('-', "not "), "not", "64 deep");
    let nots = format!("{}a", "!".repeat(9_000));
    wrong(&nots, "!", "64 deep");
    assert!(Filter::parse(&"a ".repeat(256)).is_ok());
    wrong(&"a ".repeat(257), "a", "256 conditions");
    assert!(Filter::parse(&"a".repeat(10_000)).is_ok());
    assert!(Filter::parse(&"a".repeat(10_001)).is_err());
    let steps = format!("data{}:1", "[]".repeat(65));
    assert!(
        Filter::parse(&steps)
            .unwrap_err()
            .words
            .contains("64 steps")
    );
}

#[test]
fn filters_are_joined_without_repeating_a_part() {
    let join = |a: &str, b: &str| {
        let (a, b) = (Filter::parse(a).unwrap(), Filter::parse(b).unwrap());
        a.and(b).to_string()
    };
    assert_eq!(join("", ""), "");
    assert_eq!(join("", "a"), "a");
    assert_eq!(join("a", ""), "a");
    assert_eq!(join("a or b", "c"), "(a or b) c");
    assert_eq!(join("a b", "b c"), "a b c");
}

fn any_line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("/".to_owned()),
        Just(" ".to_owned()),
        Just("data.\"é\"[".to_owned()),
        Just("]".to_owned()),
        Just("header.".to_owned()),
        Just("key:".to_owned()),
        Just("has:".to_owned()),
        Just(">".to_owned()),
        Just("&&".to_owned()),
        Just("not".to_owned()),
        Just("-".to_owned()),
        Just("5m".to_owned()),
        Just("日".to_owned()),
        ".{0,3}",
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same(node in any_node()) {
        let filter = Filter::from(node);
        let line = filter.to_string();
        let read = Filter::parse(&line);
        prop_assert_eq!(read, Ok(filter), "{}", line);
    }

    #[test]
    fn no_line_does_harm(line in prop_oneof![any_line(), ".*"]) {
        match Filter::parse(&line) {
            Ok(filter) => {
                let printed = filter.to_string();
                prop_assert_eq!(Filter::parse(&printed), Ok(filter), "{}", printed);
            }
            Err(fault) => {
                prop_assert!(line.get(fault.at.clone()).is_some(), "{:?}", fault);
                prop_assert!(!fault.words.is_empty());
            }
        }
    }

    #[test]
    fn a_click_on_any_value_finds_its_event(name in ".*", value in json_values()) {
        let body = serde_json::json!({ "beside": 1, &name: [value] }).to_string();
        let document = crate::text::json::rows(body.as_bytes());
        let mut event = super::sample();
        event.data = None;
        event.is_plain = true;
        event.body = body.into_bytes();
        for row in 0..document.rows.len() {
            let Some(clause) = json_path::clause(&document, row, None) else { continue };
            let matcher = Filter::parse(&clause).unwrap().matcher();
            prop_assert!(matcher.matches(&event, 0), "{}", clause);
        }
    }
}

fn json_values() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,40}".prop_map(Into::into),
    ]
}
