//! Pairs that differ in a member or an item that the other side covers without naming it: by a
//! pattern, or by what it says of the rest.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Answer, Cancel, Policy, Proof, Verdict, Version, compare};

const NINETEEN: &str = "https://json-schema.org/draft/2019-09/schema";

fn version(schema: &Value) -> Version {
    Version::new(schema.clone(), None, &BTreeMap::new()).unwrap()
}

/// New readers of old events, and old readers of new ones.
fn both(old: &Value, new: &Value) -> [Verdict; 2] {
    let report = compare(
        &version(old),
        &version(new),
        Policy::Event,
        &Cancel::default(),
    );
    [report.backward, report.forward]
}

fn is_proved(verdict: &Verdict) -> bool {
    verdict.answer == Answer::Yes && verdict.proof == Proof::Proved
}

#[track_caller]
fn proved_both_ways(old: &Value, new: &Value) {
    for verdict in both(old, new) {
        assert!(is_proved(&verdict), "{old}\n{new}\n{verdict:?}");
    }
}

/// What the new version writes is not all read by the old one.
#[track_caller]
fn not_proved_forward(old: &Value, new: &Value) {
    let [_, forward] = both(old, new);
    assert!(!is_proved(&forward), "{old}\n{new}\n{forward:?}");
}

#[track_caller]
fn proved_neither_way(old: &Value, new: &Value) {
    for verdict in both(old, new) {
        assert!(!is_proved(&verdict), "{old}\n{new}\n{verdict:?}");
    }
}

fn string() -> Value {
    json!({"type": "string"})
}

/// An order whose members beyond the named ones begin with `x-`.
fn order() -> Value {
    json!({
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
        "patternProperties": {"^x-": {"type": "string"}},
        "unevaluatedProperties": false
    })
}

#[test]
fn a_member_that_a_pattern_covers() {
    let mut new = order();
    new["properties"]["x-note"] = string();
    proved_both_ways(&order(), &new);
    // What the name says beyond the pattern narrows it.
    new["properties"]["x-note"] = json!({"type": "string", "maxLength": 5});
    let [backward, forward] = both(&order(), &new);
    assert!(!is_proved(&backward), "{backward:?}");
    assert!(is_proved(&forward), "{forward:?}");
    // No event has it that both allow; the one that names it allows less.
    new["properties"]["x-note"] = json!({"type": "integer"});
    let [backward, _] = both(&order(), &new);
    assert!(!is_proved(&backward), "{backward:?}");
    let mut other = order();
    other["properties"]["note"] = string();
    not_proved_forward(&order(), &other);
}

#[test]
fn a_pattern_matches_anywhere_in_the_name() {
    let mut old = order();
    old["patternProperties"] = json!({"x-": {"type": "string"}});
    let mut new = old.clone();
    new["properties"]["id-x-1"] = string();
    proved_both_ways(&old, &new);
    old["patternProperties"] = json!({"^x-$": {"type": "string"}});
    let mut new = old.clone();
    new["properties"]["x-1"] = string();
    not_proved_forward(&old, &new);
}

/// A look-ahead is not read: whether it takes the name is not known.
#[test]
fn a_pattern_that_is_not_read_covers_nothing() {
    let mut old = order();
    old["patternProperties"] = json!({"^(?=x)x-": {"type": "string"}});
    let mut new = old.clone();
    new["properties"]["x-note"] = string();
    let [backward, _] = both(&old, &new);
    assert!(!is_proved(&backward), "{backward:?}");
    // Words of a pattern are those of ECMA-262: `\\w` takes no letter beyond ASCII.
    old["patternProperties"] = json!({"^\\w+$": {"type": "string"}});
    let mut new = old.clone();
    new["properties"]["naïve"] = string();
    not_proved_forward(&old, &new);
    let mut new = old.clone();
    new["properties"]["naive"] = string();
    proved_both_ways(&old, &new);
}

#[test]
fn a_member_that_the_rest_covers() {
    let mut old = order();
    old["unevaluatedProperties"] = json!({"type": "integer"});
    let mut new = old.clone();
    new["properties"]["count"] = json!({"type": "integer"});
    proved_both_ways(&old, &new);
    new["properties"]["count"] = json!({"type": "number"});
    not_proved_forward(&old, &new);
    // The pattern takes the name away from the rest.
    new["properties"] = json!({"id": {"type": "string"}, "x-count": {"type": "integer"}});
    let [backward, _] = both(&old, &new);
    assert!(!is_proved(&backward), "{backward:?}");
}

#[test]
fn a_member_that_a_part_covers() {
    let part = json!({"properties": {"at": {"type": "string"}}, "patternProperties": {"^x-": {"type": "string"}}});
    let parts = [
        json!({"allOf": [part]}),
        json!({"allOf": [{"allOf": [part]}, {"required": ["id"]}]}),
        json!({"$ref": "#/$defs/base", "$defs": {"base": part}}),
        json!({"allOf": [{"$ref": "#/$defs/far"}], "$defs": {"far": {"$ref": "#/$defs/base"}, "base": part}}),
    ];
    for mut old in parts {
        old["type"] = json!("object");
        old["properties"] = json!({"id": {"type": "string"}});
        old["unevaluatedProperties"] = json!(false);
        let mut new = old.clone();
        new["properties"]["x-note"] = string();
        proved_both_ways(&old, &new);
        new["properties"]["x-note"] = json!({"type": "integer"});
        let [backward, _] = both(&old, &new);
        assert!(!is_proved(&backward), "{backward:?}");
        let mut new = old.clone();
        new["properties"]["note"] = string();
        not_proved_forward(&old, &new);
    }
}

#[test]
fn a_name_that_two_patterns_match_must_match_both() {
    let mut old = order();
    old["patternProperties"] =
        json!({"^x-": {"type": "string"}, "note$": {"type": ["string", "null"], "maxLength": 5}});
    let mut new = old.clone();
    new["properties"]["x-note"] = json!({"type": "string", "maxLength": 5});
    proved_both_ways(&old, &new);
    new["properties"]["x-note"] = json!({"type": "string", "maxLength": 4});
    let [backward, forward] = both(&old, &new);
    assert!(!is_proved(&backward) && is_proved(&forward));
    // One of them conflicts: no value is left for the name, and only who says so is narrower.
    old["patternProperties"]["note$"] = json!({"type": "integer"});
    let mut without = old.clone();
    without["patternProperties"]
        .as_object_mut()
        .unwrap()
        .shift_remove("note$");
    without["properties"]["x-note"] = string();
    not_proved_forward(&old, &without);
}

#[test]
fn inside_of_a_member_and_of_an_item_too() {
    let inner = order();
    let mut wider = order();
    wider["properties"]["x-note"] = string();
    for around in [
        |inner: Value| json!({"type": "object", "properties": {"order": inner}}),
        |inner: Value| json!({"type": "array", "items": inner}),
        |inner: Value| json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/o"}, "b": {"$ref": "#/$defs/o"}}, "$defs": {"o": inner}}),
    ] {
        proved_both_ways(&around(inner.clone()), &around(wider.clone()));
    }
}

/// What a condition evaluates is evaluated already, or nothing: then no value changes what is left.
#[test]
fn conditions_that_evaluate_nothing_new_do_not_matter() {
    for (key, said) in [
        (
            "anyOf",
            json!([{"required": ["id"]}, {"required": ["x-id"]}]),
        ),
        (
            "oneOf",
            json!([{"properties": {"id": {"maxLength": 3}}}, {"properties": {"id": {"minLength": 4}}}]),
        ),
        ("dependentSchemas", json!({"id": {"minProperties": 1}})),
    ] {
        let mut old = order();
        old[key] = said;
        let mut new = old.clone();
        new["properties"]["x-note"] = string();
        proved_both_ways(&old, &new);
        new["properties"]["x-note"] = json!({"type": "integer"});
        let [backward, _] = both(&old, &new);
        assert!(!is_proved(&backward), "{key}: {backward:?}");
    }
}

/// A name that only one branch evaluates is refused where another is taken.
#[test]
fn what_a_branch_evaluates_depends_on_the_value() {
    let branches = |key: &str| {
        let mut out = json!({
            "type": "object",
            "properties": {"kind": {"type": "string"}},
            "unevaluatedProperties": false
        });
        let branch = json!({"properties": {"kind": {"const": "a"}, "x-a": {"type": "string"}}, "required": ["kind"]});
        out[key] = json!([branch, {"properties": {"kind": {"const": "b"}}, "required": ["kind"]}]);
        out
    };
    for key in ["anyOf", "oneOf"] {
        let old = branches(key);
        let mut new = old.clone();
        new["properties"]["x-a"] = string();
        not_proved_forward(&old, &new);
    }
    let mut old = order();
    old["patternProperties"] = json!({});
    old["if"] = json!({"required": ["kind"]});
    old["then"] = json!({"patternProperties": {"^x-": {"type": "string"}, "^kind$": true}});
    let mut new = old.clone();
    new["properties"]["x-a"] = string();
    not_proved_forward(&old, &new);
}

#[test]
fn an_item_that_the_rest_covers() {
    let list = |first: Value, rest: Value| json!({"type": "array", "prefixItems": first, "unevaluatedItems": rest});
    let (one, two) = (
        json!([{"type": "integer"}]),
        json!([{"type": "integer"}, {"type": "string"}]),
    );
    proved_both_ways(&list(one.clone(), string()), &list(two.clone(), string()));
    not_proved_forward(
        &list(one.clone(), json!(false)),
        &list(two.clone(), json!(false)),
    );
    not_proved_forward(
        &list(one.clone(), json!({"type": "integer"})),
        &list(two.clone(), string()),
    );
    let mut part = list(one, string());
    part["allOf"] = json!([{"prefixItems": [true, {"maxLength": 3}]}]);
    let mut same = part.clone();
    same["allOf"] = json!([{"prefixItems": [true, {"maxLength": 3}, {"type": "string"}]}]);
    proved_both_ways(&part, &same);
    same["allOf"] = json!([{"prefixItems": [true, {"maxLength": 4}]}]);
    not_proved_forward(&part, &same);
}

/// In 2020-12 an item that `contains` matched is evaluated, in 2019-09 it is not.
#[test]
fn contains_beside_unevaluated_items_is_not_proved_in_2019_09() {
    let old = json!({
        "$schema": NINETEEN, "type": "array",
        "contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}
    });
    let mut new = old.clone();
    new["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    // [1, "a"] is valid under the later draft only.
    not_proved_forward(&old, &new);
    let written = json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": string(), "minItems": 1});
    for reader in [
        old.clone(),
        json!({"$schema": NINETEEN, "anyOf": [old, {"type": "null"}, {"type": "object"}]}),
    ] {
        not_proved_forward(&reader, &written);
    }
    let mut narrower = old.clone();
    narrower["maxItems"] = json!(4);
    proved_neither_way(&old, &narrower);
    for verdict in both(&old, &old) {
        assert!(is_proved(&verdict), "{verdict:?}");
    }
}

/// What evaluates a member is not taken from itself.
#[test]
fn a_part_that_stands_in_itself_evaluates_nothing() {
    let old = json!({
        "type": "object", "$ref": "#/$defs/one", "unevaluatedProperties": true,
        "$defs": {"one": {"allOf": [{"$ref": "#/$defs/one"}], "unevaluatedProperties": false}}
    });
    let mut new = old.clone();
    new["$defs"]["one"]["unevaluatedProperties"] = json!({"type": "string"});
    not_proved_forward(&old, &new);
    not_proved_forward(&old, &json!({"type": "object"}));
}

/// Members may be named as keywords are: a table of members is no schema.
#[test]
fn members_that_are_named_as_keywords_are() {
    let old = json!({"type": "object", "properties": {
        "additionalProperties": {"type": "string"}, "unevaluatedProperties": true}});
    let new =
        json!({"type": "object", "properties": {"unevaluatedProperties": {"type": "string"}}});
    let [backward, forward] = both(&old, &new);
    assert!(!is_proved(&backward) && !is_proved(&forward));
    let old = json!({"type": "object", "properties": {"unevaluatedItems": {"type": "string"}, "prefixItems": true}});
    let mut new = old.clone();
    new["properties"]["items"] = json!({"type": "string"});
    let [backward, _] = both(&old, &new);
    assert!(!is_proved(&backward), "{backward:?}");
}
