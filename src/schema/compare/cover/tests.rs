//! What the places prove, and what they leave open.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Cancel, Dialect};

fn normal(schema: &Value) -> Normal {
    Normal::of(schema, Dialect::Twenty, &BTreeMap::new()).unwrap()
}

fn open_places(writer: &Value, reader: &Value) -> usize {
    let (writer, reader) = (normal(writer), normal(reader));
    let found = of(&writer.flat(), &reader.flat(), &Cancel::default());
    assert!(found.complete);
    found.leaves.len()
}

#[track_caller]
fn proved(writer: &Value, reader: &Value) {
    assert_eq!(open_places(writer, reader), 0, "{writer} {reader}");
}

#[track_caller]
fn not_proved(writer: &Value, reader: &Value) {
    assert_ne!(open_places(writer, reader), 0, "{writer} {reader}");
}

#[test]
fn keyword_by_keyword() {
    for (narrow, wide) in [
        (
            json!({"type": "integer"}),
            json!({"type": ["number", "null"]}),
        ),
        (
            json!({"enum": ["a", null]}),
            json!({"type": ["string", "null"]}),
        ),
        (json!({"enum": [1, 2]}), json!({"enum": [2, 1.0, 3]})),
        (
            json!({"type": "number", "minimum": 3}),
            json!({"exclusiveMinimum": 2}),
        ),
        (
            json!({"type": "string", "maxLength": 3}),
            json!({"maxLength": 4}),
        ),
        (
            json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}),
            json!({"minItems": 1, "items": {"type": "number"}}),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "null"}], "items": false}),
            json!({"items": {"type": "null"}}),
        ),
        (json!({"required": ["a", "b"]}), json!({"required": ["b"]})),
        (
            json!({"type": "object", "required": ["a"]}),
            json!({"minProperties": 1}),
        ),
        (
            json!({"allOf": [{"type": "string"}, {"minLength": 2}]}),
            json!({"type": "string", "minLength": 1}),
        ),
        (
            json!({"type": "string", "not": {"pattern": "a"}}),
            json!({"not": {"pattern": "a"}}),
        ),
        (json!({"type": "string"}), json!({"not": {"type": "null"}})),
    ] {
        proved(&narrow, &wide);
        not_proved(&wide, &narrow);
    }
}

#[test]
fn a_list_of_both_is_a_boolean() {
    let (kind, list) = (json!({"type": "boolean"}), json!({"enum": [true, false]}));
    proved(&kind, &list);
    proved(&list, &kind);
    // A schema that is defined by itself proves nothing.
    let round = |key: &str| json!({"$ref": "#/$defs/a", "$defs": {"a": {key: [{"$ref": "#/$defs/a"}, {"type": "string"}]}}});
    not_proved(&round("anyOf"), &round("allOf"));
}

#[test]
fn members_by_name_by_pattern_and_the_rest() {
    let string = json!({"type": "string"});
    for (narrow, wide) in [
        (
            json!({"properties": {"a": string, "b": string}, "additionalProperties": false}),
            json!({"additionalProperties": string}),
        ),
        (
            json!({"properties": {"a": string}}),
            json!({"properties": {"a": {"type": ["string", "null"]}}}),
        ),
        (
            json!({"patternProperties": {"^x-": string}, "additionalProperties": false}),
            json!({"patternProperties": {"^x": {"type": ["null", "string"]}}}),
        ),
        (
            json!({"patternProperties": {"^x-a": string}, "additionalProperties": false}),
            json!({"patternProperties": {"^x-": true}, "additionalProperties": false}),
        ),
        (
            json!({"properties": {"x-a": string}, "patternProperties": {"^x-": string}, "additionalProperties": false}),
            json!({"patternProperties": {"^x-": string}, "additionalProperties": false}),
        ),
        (
            json!({"properties": {"ab": true}, "additionalProperties": false}),
            json!({"propertyNames": {"pattern": "^a"}}),
        ),
        (
            json!({"propertyNames": {"enum": ["a"]}}),
            json!({"properties": {"a": true}, "additionalProperties": false}),
        ),
    ] {
        proved(&narrow, &wide);
    }
    not_proved(
        &json!({"patternProperties": {"^x-": string}}),
        &json!({"properties": {"x-1": {"type": "null"}}}),
    );
    not_proved(
        &json!({"type": "object"}),
        &json!({"properties": {"a": string}}),
    );
    not_proved(
        &json!({"properties": {"a": true}}),
        &json!({"properties": {"a": true}, "additionalProperties": false}),
    );
}

#[test]
fn what_is_evaluated_elsewhere() {
    let old = json!({"$ref": "#/$defs/base", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": false,
        "$defs": {"base": {"properties": {"id": {"type": "string"}}, "patternProperties": {"^x-": {"type": "string"}}}}});
    let mut new = old.clone();
    new["properties"]["x-trace"] = json!({"type": "string"});
    proved(&new, &old);
    proved(&old, &new);
    new["properties"]["b"] = json!({"type": "string"});
    proved(&old, &new);
    not_proved(&new, &old);
    // A branch that is not taken evaluates nothing.
    let depends = json!({"anyOf": [{"properties": {"a": true}, "required": ["a"]}, {"properties": {"b": true}}], "unevaluatedProperties": false});
    not_proved(&depends, &json!({"properties": {"a": {"type": "null"}}}));
    not_proved(
        &json!({"properties": {"a": true}, "additionalProperties": false}),
        &depends,
    );
}

#[test]
fn unions_by_what_tells_their_branches_apart() {
    let event = |kind: &str, value: Value| json!({"type": "object", "properties": {"kind": {"const": kind}, "value": value}, "required": ["kind", "value"]});
    let old = json!({"oneOf": [event("a", json!({"type": "integer"})), event("b", json!({"type": "string"}))]});
    let new = json!({"oneOf": [event("b", json!({"type": ["string", "null"]})), event("a", json!({"type": "number"})), event("c", json!(true))]});
    proved(&old, &new);
    not_proved(&new, &old);
    proved(&json!({"type": ["string", "null"]}), &json!({"anyOf": [{"type": "null"}, {"type": "string"}, {"type": "string", "maxLength": 2}]}).clone());
}

#[test]
fn recursion_is_followed_and_a_fault_in_it_is_found() {
    let list = |value: Value| {
        json!({"$ref": "#/$defs/node", "$defs": {
            "node": {"type": "object", "properties": {"value": value, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}, "other": {"$ref": "#/$defs/pair"}}},
            "pair": {"type": "object", "properties": {"left": {"$ref": "#/$defs/node"}, "right": {"$ref": "#/$defs/pair"}}}
        }})
    };
    let (narrow, wide) = (
        list(json!({"type": "integer"})),
        list(json!({"type": "number"})),
    );
    proved(&narrow, &wide);
    not_proved(&wide, &narrow);
}

#[test]
fn an_open_place_makes_whole_events() {
    let writer = normal(
        &json!({"type": "object", "required": ["id"], "additionalProperties": false, "properties": {"id": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "qty": {"type": "number"}}}}}}),
    );
    let mut narrow = writer.clone();
    narrow.root["properties"]["lines"]["items"]["properties"]["qty"] = json!({"type": ["integer"]});
    let found = of(&writer, &narrow, &Cancel::default());
    let [leaf] = found.leaves.as_slice() else {
        panic!("{:?}", found.leaves);
    };
    let whole = leaf.placed(json!({"enum": [0.5]}));
    assert_eq!(whole["required"], json!(["id", "lines"]));
    assert_eq!(whole["properties"]["lines"]["minItems"], 1);
    let item = &whole["properties"]["lines"]["items"];
    assert_eq!(item["required"], json!(["sku", "qty"]));
    assert_eq!(item["properties"]["qty"], json!({"enum": [0.5]}));
}

/// Each branch is written out with all that stands beside it, and here that doubles at each step.
#[test]
fn what_grows_without_end_is_left_open_while_it_is_small() {
    let part = json!({"anyOf": [
        {"properties": {"c": {"enum": ["", 1]}}, "unevaluatedProperties": false},
        {"items": true},
    ], "not": {"minItems": 2, "items": true}});
    let old = json!({
        "$ref": "#/$defs/d", "items": true, "type": "object",
        "anyOf": [{"$ref": "#/$defs/d", "oneOf": [
            {"properties": {"a": {"enum": ["", 1]}, "c": {}}, "contains": true}
        ]}],
        "unevaluatedProperties": {"type": "string"},
        "$defs": {"d": part},
    });
    let mut new = old.clone();
    new["anyOf"][0]["minItems"] = json!(0);
    new["unevaluatedProperties"]["unevaluatedProperties"] = json!(true);
    let (old, new) = (normal(&old), normal(&new));
    let found = of(&old.flat(), &new.flat(), &Cancel::default());
    assert!(!found.complete);
    assert!(!found.leaves.is_empty());
}
