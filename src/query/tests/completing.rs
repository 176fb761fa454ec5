//! What is suggested where.

use proptest::prelude::*;

use crate::query::{Filter, Named, PathStep, SeenValues, complete};

struct Shop;

impl SeenValues for Shop {
    fn values(&self, field: Named, tell: &mut dyn FnMut(&str)) {
        let values: &[&str] = match field {
            Named::Key => &["order.created", "stock.order", "order.paid", "a b"],
            Named::Version => &["1", "2"],
            _ => &[],
        };
        for value in values {
            tell(value);
        }
    }

    fn header_names(&self, tell: &mut dyn FnMut(&str)) {
        tell("x-tenant");
        tell("odd name");
    }

    fn data_paths(&self, tell: &mut dyn FnMut(&[PathStep])) {
        let name = |name: &str| PathStep::Name(name.into());
        tell(&[name("total")]);
        tell(&[name("items"), PathStep::Each, name("sku")]);
        tell(&[name("odd key")]);
    }

    fn names_beside_data(&self, tell: &mut dyn FnMut(&str)) {
        tell("eventId");
    }
}

/// The cursor stands at `|`; the lines that the suggestions make, the cursor's place with it.
fn check(line: &str, first: &[&str]) {
    let cursor = line.find('|').unwrap();
    let line = line.replace('|', "");
    let made: Vec<String> = complete(&line, cursor, &Shop)
        .into_iter()
        .map(|found| {
            let (before, behind) = (&line[..found.replace.start], &line[found.replace.end..]);
            format!("{before}{}|{behind}", found.text)
        })
        .collect();
    assert!(
        made.len() >= first.len() && made[..first.len()] == *first,
        "{line}: {made:#?}"
    );
    assert_eq!(made.is_empty(), first.is_empty(), "{line}: {made:#?}");
}

#[test]
fn fields_are_suggested_where_a_condition_begins() {
    check(
        "|",
        &["key:|", "exchange:|", "type:|", "data.|", "header.|"],
    );
    check("a |", &["a key:|"]);
    check("ty|", &["type:|", "content-type:|"]);
    check("(ex|", &["(exchange:|"]);
    check("-ty|", &["-type:|"]);
    check("not |", &["not key:|"]);
    check("ty|:x b", &["type|:x b"]);
    check("ex|change:shop", &["exchange|:shop"]);
    check("a o|", &["a or|"]);
    check("siz|", &["size>|"]);
}

#[test]
fn operators_are_suggested_behind_a_field() {
    check(
        "version|",
        &[
            "version:|",
            "version=|",
            "version!=|",
            "version>|",
            "version<|",
        ],
    );
    check("data.total|", &["data.total:|", "data.total=|"]);
    check("header.x-tenant|", &["header.x-tenant:|"]);
}

#[test]
fn what_was_seen_is_suggested() {
    check(
        "key:|",
        &[
            "key:order.created|",
            "key:stock.order|",
            "key:order.paid|",
            "key:\"a b\"|",
        ],
    );
    check(
        "key:Ord|",
        &["key:order.created|", "key:order.paid|", "key:stock.order|"],
    );
    check("key:order.p| b", &["key:order.paid| b"]);
    check(
        "key:or|der.x b",
        &[
            "key:order.created| b",
            "key:order.paid| b",
            "key:stock.order| b",
        ],
    );
    check("key:\"a|", &["key:\"a b\"|"]);
    check("key:\"a|\" c", &["key:\"a b\"| c"]);
    check("version>=|", &["version>=1|", "version>=2|"]);
    check(
        "data.|",
        &["data.total|", "data.items[].sku|", "data.\"odd key\"|"],
    );
    check("data.sk|", &["data.items[].sku|"]);
    check("data.q|", &[]);
    check("data.items[].s|", &["data.items[].sku|"]);
    check("data.\"odd k|", &["data.\"odd key\"|"]);
    check("header.x|", &["header.x-tenant|"]);
    check("has:data.t|", &["has:data.total|"]);
    check("body.|", &["body.eventId|"]);
    check("eventI|", &["body.eventId|"]);
    check("tota|", &["data.total|"]);
    check("sku|", &["data.items[].sku|"]);
    check("has:body.e|", &["has:body.eventId|"]);
    check("has:tr|", &["has:trace|"]);
    check("is:r|", &["is:redelivered|"]);
}

#[test]
fn nothing_is_suggested_where_anything_may_stand() {
    check("\"a|", &[]);
    check("/a|", &[]);
    check("key:/a|", &[]);
    check("data.total>|", &[]);
    check("zzz|", &[]);
}

proptest! {
    #[test]
    fn every_suggestion_fits_its_line(line in "[a-zé:.\"/\\[\\]() -]{0,20}|.*", cursor in 0..40_usize) {
        for found in complete(&line, cursor, &Shop) {
            prop_assert!(line.get(found.replace.clone()).is_some());
            let made = format!("{}{}", &line[..found.replace.start], found.text);
            let _read = Filter::parse(&made);
        }
        prop_assert!(complete(&line, cursor, &Shop).len() <= 12);
    }
}
