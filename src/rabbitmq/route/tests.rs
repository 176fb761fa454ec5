//! Messages find the queues that a broker would put them into.

use serde_json::json;

use super::*;
use crate::rabbitmq::topology::TopologySource;
use crate::testing::{binding, exchange, shop};

fn properties(headers: FieldTable) -> Properties {
    Properties {
        headers: Some(headers),
        ..Properties::default()
    }
}

fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.to_owned())
}

#[test]
fn a_key_is_followed_through_exchanges() {
    let reached = |x: &str, k: &str| {
        let set = shop().reached(x, k);
        set.map(|set| set.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(
        reached("shop", "order.created"),
        Some(vec!["orders".into()])
    );
    assert_eq!(
        reached("shop", "order.paid"),
        Some(vec!["archive".into(), "orders".into()])
    );
    assert_eq!(reached("shop", "none"), Some(vec![]));
    assert_eq!(reached("", "orders"), Some(vec!["orders".into()]));
    assert_eq!(reached("spread", "x"), None);
    assert_eq!(reached("absent", "x"), None);
}

#[test]
fn what_an_exchange_cannot_route_goes_to_its_alternate() {
    let mut shop = shop();
    shop.alternates.insert("dead".into(), "archive".into());
    let reached = |key: &str| shop.reached("dead", key).map(Vec::from_iter);
    assert_eq!(reached("orders"), Some(vec!["orders.dead".to_owned()]));
    assert_eq!(reached("nobody"), Some(vec!["archive".to_owned()]));
    let way = shop.way("dead", "nobody", &Properties::default()).unwrap();
    assert_eq!(way.passed_on, [("dead".to_owned(), "archive".to_owned())]);
}

#[test]
fn where_a_policy_cannot_be_read_an_alternate_is_not_denied() {
    let mut shop = shop();
    shop.unsure.insert("dead".into());
    assert_eq!(shop.reached("dead", "nobody"), None);
    assert!(shop.reached("dead", "orders").is_some());
}

#[test]
fn the_keys_that_a_sender_adds_count_too() {
    let keys = |list: &[&str]| FieldValue::Array(list.iter().map(|key| text(key)).collect());
    let both = properties(vec![
        ("CC".into(), keys(&["orders.dead"])),
        ("BCC".into(), keys(&["archive", "no.such.queue"])),
    ]);
    let found = shop().route("", "orders", &both).map(Vec::from_iter);
    let expected = ["archive", "orders", "orders.dead"].map(str::to_owned);
    assert_eq!(found, Some(expected.to_vec()));
}

/// One headers exchange with one binding of these arguments.
fn by_headers(arguments: &[(&str, Value)]) -> Topology {
    let arguments = arguments
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Topology {
        source: TopologySource::Management,
        exchanges: vec![exchange("by", ExchangeKind::Headers)],
        queues: vec![Queue::named("q")],
        bindings: vec![Binding {
            arguments: arguments.collect(),
            ..binding("by", "q", "")
        }],
        ..Topology::default()
    }
}

#[test]
fn a_headers_exchange_is_judged_by_the_headers() {
    let kind = ("kind", json!("invoice"));
    let land = ("land", json!("fr"));
    let told = |topology: &Topology, headers: &[(&str, FieldValue)]| {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone()));
        let found = topology.route("by", "", &properties(headers.collect()));
        found.map(|queues| !queues.is_empty())
    };
    let invoice = ("kind", text("invoice"));
    let french = ("land", text("fr"));
    let retried = ("x-try", FieldValue::I32(2));
    let plain = by_headers(&[kind.clone(), land.clone()]);
    assert_eq!(told(&plain, &[invoice.clone(), french.clone()]), Some(true));
    assert_eq!(told(&plain, std::slice::from_ref(&invoice)), Some(false));
    assert_eq!(told(&plain, &[]), Some(false));
    let any = by_headers(&[("x-match", json!("any")), kind.clone(), land]);
    assert_eq!(told(&any, std::slice::from_ref(&french)), Some(true));
    assert_eq!(told(&any, std::slice::from_ref(&retried)), Some(false));
    let tries = ("x-try", json!(2));
    let all = by_headers(&[("x-match", json!("all")), kind.clone(), tries.clone()]);
    assert_eq!(told(&all, std::slice::from_ref(&invoice)), Some(true));
    let with = by_headers(&[("x-match", json!("all-with-x")), kind, tries.clone()]);
    assert_eq!(told(&with, std::slice::from_ref(&invoice)), Some(false));
    assert_eq!(told(&with, &[invoice, retried.clone()]), Some(true));
    let some = by_headers(&[("x-match", json!("any-with-x")), tries]);
    assert_eq!(told(&some, &[retried]), Some(true));
    assert_eq!(told(&by_headers(&[]), &[]), Some(true), "it asks nothing");
    assert_eq!(by_headers(&[]).reached("by", ""), None, "no headers known");
}

#[test]
fn values_are_compared_as_the_broker_does() {
    let fits =
        |asked: Value, own: FieldValue| fits(&[("h".into(), asked)], &vec![("h".to_owned(), own)]);
    for (asked, own, expected) in [
        (json!(null), text("whatever"), Some(true)),
        (json!(7), FieldValue::I16(7), Some(true)),
        (json!(7), FieldValue::F64(7.0), Some(true)),
        (json!(7), FieldValue::Timestamp(7), Some(true)),
        (json!(7), text("7"), Some(false)),
        (json!("7"), FieldValue::I32(7), Some(false)),
        (json!(true), FieldValue::Bool(true), Some(true)),
        (json!("a"), FieldValue::Bytes(b"a".to_vec()), Some(true)),
        (json!([1]), FieldValue::Array(vec![]), None),
    ] {
        assert_eq!(fits(asked.clone(), own.clone()), expected, "{asked} {own}");
    }
}
