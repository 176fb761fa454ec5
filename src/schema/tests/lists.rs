//! Lists of changes, as a person would write them: `path kind backward/forward`, under the policy
//! for events.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Cancel, Policy, Version, compare};

fn list(old: Value, new: Value) -> Vec<String> {
    let ready = |schema: Value| Version::new(schema, None, &BTreeMap::new()).expect("a schema");
    let report = compare(&ready(old), &ready(new), Policy::Event, &Cancel::default());
    report
        .changes
        .iter()
        .map(|change| {
            format!(
                "{} {} {}/{}",
                change.path,
                change.kind,
                change.backward.name(),
                change.forward.name()
            )
        })
        .collect()
}

/// An event with these properties, the first of them required.
#[expect(clippy::needless_pass_by_value, reason = "the tests read better")]
fn event(properties: Value) -> Value {
    let first = properties
        .as_object()
        .and_then(|map| map.keys().next().cloned());
    json!({"type": "object", "properties": properties, "required": first.into_iter().collect::<Vec<_>>()})
}

#[test]
fn properties_come_and_go() {
    let base = || event(json!({"id": {"type": "string"}, "note": {"type": "string"}}));
    assert_eq!(list(base(), base()), [] as [&str; 0]);
    let mut more = base();
    more["properties"]["currency"] = json!({"type": "string"});
    assert_eq!(
        list(base(), more.clone()),
        ["#/currency property-added ok/ok"]
    );
    assert_eq!(
        list(more.clone(), base()),
        ["#/currency property-removed ok/ok"]
    );
    more["required"] = json!(["id", "currency"]);
    assert_eq!(
        list(base(), more.clone()),
        ["#/currency required-property-added breaks/ok"]
    );
    assert_eq!(
        list(more.clone(), base()),
        ["#/currency required-property-removed ok/breaks"]
    );
    more["properties"]["currency"]["default"] = json!("EUR");
    assert_eq!(
        list(base(), more),
        ["#/currency property-with-default-added ok/ok"]
    );
}

#[test]
fn requirements_turn() {
    let mut loose = event(json!({"id": {"type": "string"}, "note": {"type": "string"}}));
    let strict = {
        let mut strict = loose.clone();
        strict["required"] = json!(["id", "note"]);
        strict
    };
    assert_eq!(
        list(loose.clone(), strict.clone()),
        ["#/note became-required breaks/ok"]
    );
    assert_eq!(
        list(strict, loose.clone()),
        ["#/note became-optional ok/breaks"]
    );
    let before = loose.clone();
    loose["dependentRequired"] = json!({"note": ["author"]});
    assert_eq!(list(before, loose), ["#/note dependency-added breaks/ok"]);
}

#[test]
fn renames_are_seen_as_renames() {
    let old = event(json!({"id": {"type": "string"}, "cust_id": {"type": "string"}}));
    let new = event(json!({"id": {"type": "string"}, "custId": {"type": "string"}}));
    assert_eq!(list(old, new), ["#/cust_id property-renamed ok/ok"]);
    let address = json!({"type": "object", "properties": {"street": {"type": "string"}}, "required": ["street"]});
    let old = event(json!({"id": {"type": "string"}, "shipTo": address}));
    let new = event(json!({"id": {"type": "string"}, "destination": address}));
    assert_eq!(list(old, new), ["#/shipTo property-renamed ok/ok"]);
    let old = event(json!({"order_id": {"type": "string"}}));
    let new = event(json!({"orderId": {"type": "string"}}));
    assert_eq!(
        list(old, new),
        ["#/order_id property-renamed breaks/breaks"]
    );
    // Two texts with nothing in common are not one that was renamed.
    let old = event(json!({"id": {"type": "integer"}, "note": {"type": "string"}}));
    let new = event(json!({"id": {"type": "integer"}, "currency": {"type": "string"}}));
    assert_eq!(
        list(old, new),
        [
            "#/note property-removed ok/ok",
            "#/currency property-added ok/ok"
        ]
    );
}

#[test]
fn types_change() {
    let of = |kind: Value| event(json!({"amount": {"type": kind}}));
    assert_eq!(
        list(of(json!("integer")), of(json!("number"))),
        ["#/amount type-widened ok/breaks"]
    );
    assert_eq!(
        list(of(json!("number")), of(json!("integer"))),
        ["#/amount type-narrowed breaks/ok"]
    );
    assert_eq!(
        list(of(json!("number")), of(json!("string"))),
        ["#/amount type-changed breaks/breaks"]
    );
    assert_eq!(
        list(of(json!("string")), of(json!(["string", "null"]))),
        ["#/amount null-allowed ok/breaks"]
    );
    assert_eq!(
        list(of(json!(["string", "null"])), of(json!("string"))),
        ["#/amount null-forbidden breaks/ok"]
    );
    let nullable = event(json!({"amount": {"anyOf": [{"type": "string"}, {"type": "null"}]}}));
    assert_eq!(
        list(of(json!("string")), nullable),
        ["#/amount null-allowed ok/breaks"]
    );
}

#[test]
fn values_grow_and_shrink() {
    let of = |values: Value| event(json!({"status": {"enum": values}}));
    assert_eq!(
        list(of(json!(["new"])), of(json!(["new", "paid"]))),
        ["#/status enum-value-added ok/breaks"]
    );
    assert_eq!(
        list(of(json!(["new", "paid"])), of(json!(["new"]))),
        ["#/status enum-value-removed breaks/ok"]
    );
    assert_eq!(
        list(of(json!(["new"])), of(json!(["open"]))),
        ["#/status enum-changed breaks/breaks"]
    );
    assert_eq!(
        list(of(json!(["a", "b"])), of(json!(["b", "a"]))),
        [] as [&str; 0]
    );
    let constant = event(json!({"status": {"const": "new"}}));
    assert_eq!(list(constant, of(json!(["new"]))), [] as [&str; 0]);
}

#[test]
fn limits_move() {
    let of = |schema: Value| event(json!({"qty": schema}));
    assert_eq!(
        list(
            of(json!({"type": "integer", "minimum": 0})),
            of(json!({"type": "integer", "minimum": 1}))
        ),
        ["#/qty minimum-raised breaks/ok"]
    );
    assert_eq!(
        list(
            of(json!({"type": "number", "minimum": 0})),
            of(json!({"type": "number", "exclusiveMinimum": 0}))
        ),
        ["#/qty minimum-raised breaks/ok"]
    );
    assert_eq!(
        list(
            of(json!({"type": "string", "maxLength": 40})),
            of(json!({"type": "string", "maxLength": 80}))
        ),
        ["#/qty maxLength-raised ok/breaks"]
    );
    assert_eq!(
        list(
            of(json!({"type": "string"})),
            of(json!({"type": "string", "pattern": "^A"}))
        ),
        ["#/qty pattern-added breaks/ok"]
    );
    assert_eq!(
        list(
            of(json!({"type": "string", "pattern": "^A"})),
            of(json!({"type": "string", "pattern": "^B"}))
        ),
        ["#/qty pattern-changed breaks/breaks"]
    );
    assert_eq!(
        list(
            of(json!({"type": "integer", "multipleOf": 10})),
            of(json!({"type": "integer", "multipleOf": 5}))
        ),
        ["#/qty multiple-of-changed ok/breaks"]
    );
    assert_eq!(
        list(
            of(json!({"type": "string"})),
            of(json!({"type": "string", "format": "uuid"}))
        ),
        ["#/qty format-added ok/ok"]
    );
}

#[test]
fn lines_of_an_order_change_inside() {
    let of = |line: Value| event(json!({"lines": {"type": "array", "items": line}}));
    let old = event(json!({"sku": {"type": "string"}, "qty": {"type": "integer"}}));
    let new = event(json!({"sku": {"type": "string"}, "qty": {"type": "number"}}));
    assert_eq!(
        list(of(old.clone()), of(new)),
        ["#/lines/*/qty type-widened ok/breaks"]
    );
    let mut limited = of(old.clone());
    limited["properties"]["lines"]["minItems"] = json!(1);
    assert_eq!(list(of(old), limited), ["#/lines minItems-added breaks/ok"]);
}

#[test]
fn moving_into_defs_changes_nothing() {
    let address = json!({"type": "object", "properties": {"street": {"type": "string"}}});
    let inline = event(json!({"home": address, "work": address}));
    let mut shared =
        event(json!({"home": {"$ref": "#/$defs/Address"}, "work": {"$ref": "#/$defs/Address"}}));
    shared["$defs"] = json!({"Address": address});
    assert_eq!(list(inline.clone(), shared.clone()), [] as [&str; 0]);
    shared["$defs"]["Address"]["properties"]["street"]["maxLength"] = json!(40);
    assert_eq!(
        list(inline, shared),
        [
            "#/home/street maxLength-added breaks/ok",
            "#/work/street maxLength-added breaks/ok"
        ]
    );
    let whole = event(json!({"id": {"type": "string"}, "total": {"type": "number"}}));
    let parts = json!({"allOf": [
        {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        {"properties": {"total": {"type": "number"}}}
    ]});
    assert_eq!(list(whole, parts), [] as [&str; 0]);
}

#[test]
fn tuples_have_positions() {
    let of = |schema: Value| event(json!({"point": schema}));
    let two = json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]});
    let three = json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}, {"type": "string"}]});
    assert_eq!(
        list(of(two.clone()), of(three)),
        ["#/point/2 position-added breaks/ok"]
    );
    let mut closed = two.clone();
    closed["items"] = json!(false);
    assert_eq!(
        list(of(two.clone()), of(closed)),
        ["#/point/* tuple-closed breaks/ok"]
    );
    let old_way = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": [{"type": "number"}, {"type": "number"}]});
    assert_eq!(list(old_way, two), [] as [&str; 0]);
}

#[test]
fn alternatives_come_and_go() {
    let card = json!({"type": "object", "properties": {"kind": {"const": "card"}, "number": {"type": "string"}}, "required": ["kind"]});
    let cash =
        json!({"type": "object", "properties": {"kind": {"const": "cash"}}, "required": ["kind"]});
    let of = |branches: Value| event(json!({"payment": {"oneOf": branches}}));
    assert_eq!(
        list(of(json!([card])), of(json!([cash, card]))),
        ["#/payment alternative-added ok/breaks"]
    );
    assert_eq!(
        list(of(json!([card, cash])), of(json!([cash]))),
        ["#/payment alternative-removed breaks/ok"]
    );
    assert_eq!(
        list(of(json!([card, cash])), of(json!([cash, card]))),
        [] as [&str; 0]
    );
    let mut longer = card.clone();
    longer["properties"]["number"]["minLength"] = json!(12);
    assert_eq!(
        list(of(json!([card, cash])), of(json!([cash, longer]))),
        ["#/payment/number minLength-added breaks/ok"]
    );
}

#[test]
fn one_of_very_many_alternatives_is_told_by_what_changed_in_it() {
    let of = |changed: &str| {
        let branch = |at: u32| {
            let kind = if at == 7 { changed } else { "string" };
            json!({"type": "object", "properties": {"k": {"const": at}, "v": {"type": kind}}, "required": ["k"]})
        };
        json!({"oneOf": (0..120).map(branch).collect::<Vec<_>>()})
    };
    assert_eq!(
        list(of("string"), of("integer")),
        ["#/v type-changed breaks/breaks"]
    );
}

#[test]
fn objects_close_and_open() {
    let open = event(json!({"id": {"type": "string"}}));
    let mut closed = open.clone();
    closed["additionalProperties"] = json!(false);
    assert_eq!(
        list(open.clone(), closed.clone()),
        ["#/* object-closed ok/ok"]
    );
    assert_eq!(list(closed, open.clone()), ["#/* object-opened ok/ok"]);
    assert_eq!(
        list(
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": false})
        ),
        ["#/* object-closed breaks/ok"]
    );
    let mut texts = open.clone();
    texts["additionalProperties"] = json!({"type": "string"});
    let mut short = open;
    short["additionalProperties"] = json!({"type": "string", "maxLength": 9});
    assert_eq!(list(texts, short), ["#/* maxLength-added breaks/ok"]);
    assert_eq!(
        list(
            json!({"patternProperties": {"^x-": {"type": "string"}}}),
            json!({"patternProperties": {"^x-": {"type": "integer"}}})
        ),
        ["#/{^x-} type-changed breaks/breaks"]
    );
}

#[test]
fn conditions_are_compared() {
    let of = |limit: u32, case: &str| {
        json!({
            "type": "object",
            "properties": {"kind": {"type": "string"}, "total": {"type": "number"}},
            "if": {"properties": {"kind": {"const": case}}},
            "then": {"properties": {"total": {"maximum": limit}}}
        })
    };
    assert_eq!(
        list(of(10, "gift"), of(5, "gift")),
        ["#/total maximum-lowered breaks/ok"]
    );
    assert_eq!(
        list(of(10, "gift"), of(10, "free")),
        ["# condition-changed breaks/breaks"]
    );
    let refused = json!({"type": "string", "not": {"enum": ["x"]}});
    assert_eq!(
        list(json!({"type": "string"}), refused.clone()),
        ["# not-added breaks/ok"]
    );
    assert_eq!(
        list(
            refused,
            json!({"type": "string", "not": {"enum": ["x", "y"]}})
        ),
        ["# enum-value-added breaks/ok"]
    );
}

#[test]
fn words_for_people_break_nothing() {
    assert_eq!(
        list(
            json!({"type": "string", "title": "A"}),
            json!({"type": "string", "title": "B", "default": "x"})
        ),
        ["# default-changed ok/ok", "# documentation-changed ok/ok"]
    );
    assert_eq!(
        list(
            json!({"type": "string", "contentEncoding": "base64"}),
            json!({"type": "string"})
        ),
        ["# content-encoding-removed ok/breaks"]
    );
}

#[test]
fn recursion_ends() {
    let tree = |kind: &str| {
        json!({
            "type": "object",
            "properties": {"value": {"type": kind}, "children": {"type": "array", "items": {"$ref": "#"}}}
        })
    };
    assert_eq!(list(tree("string"), tree("string")), [] as [&str; 0]);
    assert_eq!(
        list(tree("integer"), tree("number"))[0],
        "#/value type-widened ok/breaks"
    );
}
