//! Tests of the form: what fields there are, and that an edit changes nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Choices, FieldEdit, FormField, Input, edit, fields, placed};
use crate::schema::Version;
use crate::text::json_edit::Document;
use crate::text::json_edit::tests::{any_text, others};

fn version(schema: Value) -> Version {
    Version::new(schema, None, &BTreeMap::new()).unwrap()
}

struct Form {
    version: Version,
    document: Document,
    choices: Choices,
}

impl Form {
    fn new(schema: Value, text: &str) -> Self {
        Self {
            version: version(schema),
            document: Document::new(text.to_owned()).unwrap(),
            choices: Choices::default(),
        }
    }

    fn fields(&self) -> Vec<FormField> {
        fields(&self.version, &self.document, &self.choices)
    }

    fn labels(&self) -> Vec<String> {
        self.fields().into_iter().map(|field| field.label).collect()
    }

    fn field(&self, label: &str) -> FormField {
        let all = self.fields();
        let found = all.into_iter().find(|field| field.label == label);
        found.unwrap_or_else(|| panic!("{label} is not among {:?}", self.labels()))
    }

    fn edit(&mut self, label: &str, what: FieldEdit) -> &str {
        let index = self.labels().iter().position(|one| one == label).unwrap();
        edit(
            &self.version,
            &mut self.document,
            &mut self.choices,
            index,
            what,
        );
        self.document.text()
    }
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "amount": { "type": "number", "minimum": 0 },
            "currency": { "enum": ["EUR", "GBP"] },
            "paid": { "type": "boolean" },
            "note": { "type": ["string", "null"] },
            "customer": {
                "type": "object",
                "properties": { "id": { "type": "string" } },
                "required": ["id"]
            },
            "items": {
                "type": "array", "minItems": 1, "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": { "sku": { "type": "string" }, "quantity": { "type": "integer", "minimum": 1 } },
                    "required": ["sku", "quantity"]
                }
            }
        },
        "required": ["id", "amount", "items"]
    })
}

#[test]
fn a_schema_and_a_text_make_fields() {
    let form = Form::new(
        order(),
        r#"{"amount":1.10,"customer":{"id":"c"},"id":"x","items":[{"sku":"a","quantity":2}],"extra":1}"#,
    );
    assert_eq!(
        form.labels(),
        [
            "id",
            "amount",
            "currency",
            "paid",
            "note",
            "customer",
            "customer.id",
            "items",
            "items[0]",
            "items[0].sku",
            "items[0].quantity",
            "extra"
        ]
    );
    assert_eq!(form.field("amount").input, Input::Number("1.10".into()));
    assert_eq!(form.field("amount").hint, "≥ 0");
    assert_eq!(form.field("id").hint, "uuid");
    assert_eq!(form.field("items[0].sku").path, "items[0].sku");
    assert_eq!(form.field("items[0].sku").depth, 2);
    let items = form.field("items");
    assert_eq!(
        items.input,
        Input::List {
            count: 1,
            grows: true
        }
    );
    assert!(!form.field("items[0]").removable, "one has to stay");
    assert!(!form.field("currency").there && !form.field("currency").required);
    assert_eq!(form.field("extra").input, Input::Json("1".into()));
    assert!(form.field("extra").removable);
}

#[test]
fn edits_change_the_text_at_their_place() {
    let mut form = Form::new(order(), r#"{"amount": 1.10, "x": 1e2, "items": []}"#);
    form.edit("amount", FieldEdit::Json("2.50".into()));
    form.edit("currency", FieldEdit::Add);
    form.edit("currency", FieldEdit::Json("\"GBP\"".into()));
    form.edit("id", FieldEdit::Add);
    form.edit("id", FieldEdit::Text("a\"b".into()));
    form.edit("items", FieldEdit::Add);
    form.edit("note", FieldEdit::Add);
    let text = form.edit("amount", FieldEdit::Json("no number".into()));
    assert_eq!(
        text,
        r#"{"amount": 2.50, "x": 1e2, "items": [{"sku":"","quantity":1}], "currency": "GBP", "id": "a\"b", "note": null}"#
    );
    form.edit("note", FieldEdit::Remove);
    assert!(!form.field("note").there);
}

#[test]
fn a_nullable_field_is_a_choice_between_two_kinds() {
    let mut form = Form::new(order(), r#"{"note":null}"#);
    let union = form.field("note").union.unwrap();
    assert_eq!(union.names, ["null", "text"]);
    assert_eq!(union.chosen, Some(0));
    form.edit("note", FieldEdit::Alternative(1));
    assert_eq!(form.document.text(), r#"{"note":""}"#);
    assert_eq!(form.field("note").input, Input::Text(String::new()));
}

#[test]
fn the_alternative_that_the_value_fits_is_shown() {
    let schema = json!({
        "oneOf": [
            { "type": "object", "title": "By card", "properties": { "kind": { "const": "card" }, "number": { "type": "string" }, "note": {"type": "string"} }, "required": ["kind", "number"] },
            { "$ref": "#/$defs/Transfer" }
        ],
        "$defs": { "Transfer": { "type": "object", "properties": { "kind": { "const": "transfer" }, "iban": { "type": "string" }, "note": {"type": "string"} }, "required": ["kind", "iban"] } }
    });
    let mut form = Form::new(
        schema,
        r#"{"kind":"transfer","iban":"DE1","note":"hi","odd":1.0}"#,
    );
    let union = form.field("Event").union.unwrap();
    assert_eq!(
        (union.names, union.chosen),
        (vec!["By card".into(), "Transfer".into()], Some(1))
    );
    form.edit("Event", FieldEdit::Alternative(0));
    assert_eq!(
        form.document.text(),
        r#"{"kind":"card","note":"hi","odd":1.0,"number":""}"#
    );
    assert_eq!(form.field("Event").union.unwrap().chosen, Some(0));
    assert!(form.labels().contains(&"number".to_owned()));
}

#[test]
fn conditions_and_all_of_are_folded_in() {
    let schema = json!({
        "allOf": [{ "$ref": "#/$defs/base" }, { "properties": { "b": { "type": "integer" } } }],
        "if": { "properties": { "a": { "const": "x" } }, "required": ["a"] },
        "then": { "properties": { "c": { "type": "string" } }, "required": ["c"] },
        "$defs": { "base": { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] } }
    });
    let form = Form::new(schema.clone(), r#"{"a":"x"}"#);
    assert_eq!(form.labels(), ["a", "b", "c"]);
    assert!(form.field("c").required);
    assert_eq!(Form::new(schema, r#"{"a":"y"}"#).labels(), ["a", "b"]);
}

#[test]
fn a_schema_that_holds_itself_is_followed_as_far_as_the_text_goes() {
    let schema = json!({
        "$ref": "#/$defs/node",
        "$defs": { "node": { "type": "object", "properties": { "name": {"type": "string"}, "next": { "$ref": "#/$defs/node" } }, "required": ["next"] } }
    });
    let form = Form::new(schema.clone(), r#"{"name":"a","next":{"name":"b"}}"#);
    assert_eq!(form.labels(), ["name", "next", "next.name", "next.next"]);
    let deep = format!("{}{}{}", "{\"next\":".repeat(60), "{}", "}".repeat(60));
    let mut form = Form::new(schema, &deep);
    assert!(form.fields().len() < 40);
    form.edit("name", FieldEdit::Add);
    assert!(form.document.text().contains("\"name\""));
}

#[test]
fn long_arrays_are_shown_in_part() {
    let schema = json!({ "type": "array", "items": { "type": "integer" } });
    let text = format!("[{}]", vec!["1"; 500].join(","));
    let mut form = Form::new(schema, &text);
    let last = form.fields().pop().unwrap();
    assert_eq!(
        (last.label.as_str(), last.input),
        ("Event", Input::More(480))
    );
    let index = form.fields().len() - 1;
    edit(
        &form.version,
        &mut form.document,
        &mut form.choices,
        index,
        FieldEdit::More,
    );
    assert_eq!(form.fields().pop().unwrap().input, Input::More(380));
    assert_eq!(form.document.text(), text);
}

#[test]
fn tuples_maps_and_anything_have_their_inputs() {
    let schema = json!({
        "type": "object",
        "properties": {
            "at": { "type": "array", "prefixItems": [{ "type": "number" }, { "type": "string" }], "items": false },
            "tags": { "type": "object", "additionalProperties": { "type": "string" } },
            "any": {}
        }
    });
    let mut form = Form::new(schema, r#"{"at":[1],"tags":{"k":"v"},"any":{"x":[1]}}"#);
    assert_eq!(form.field("any").input, Input::Json(r#"{"x":[1]}"#.into()));
    form.edit("at", FieldEdit::Add);
    assert_eq!(form.field("at[1]").input, Input::Text(String::new()));
    assert_eq!(
        form.field("at").input,
        Input::List {
            count: 2,
            grows: false
        }
    );
    assert_eq!(form.field("k").input, Input::Text("v".into()));
    form.edit("tags", FieldEdit::AddNamed("more".into()));
    form.edit("k", FieldEdit::Remove);
    assert_eq!(
        form.document.text(),
        r#"{"at":[1,""],"tags":{"more":""},"any":{"x":[1]}}"#
    );
}

#[test]
fn what_is_wrong_stands_at_its_field() {
    let form = Form::new(order(), r#"{"id":"x","amount":-1,"items":[{"sku":"a"}]}"#);
    let failures = form.version.validator.faults(form.document.value(), 20);
    let all = form.fields();
    let (by_field, others) = placed(&all, &failures);
    let wrong: Vec<&str> = by_field.keys().map(|at| all[*at].label.as_str()).collect();
    assert_eq!(wrong, ["amount", "items[0].quantity"]);
    assert_eq!(others, Vec::<String>::new());
    assert_eq!(
        by_field[&all
            .iter()
            .position(|f| f.label == "items[0].quantity")
            .unwrap()],
        ["is required, but not there"]
    );
}

#[test]
fn what_is_wrong_in_a_branch_stands_at_its_field() {
    let schema = json!({
        "oneOf": [
            { "type": "object", "properties": { "kind": { "const": "card" }, "n": { "type": "string" } }, "required": ["kind", "n"] },
            { "type": "object", "properties": { "kind": { "const": "bank" }, "iban": { "type": "string" } }, "required": ["kind", "iban"] }
        ]
    });
    let form = Form::new(schema, r#"{"kind":"bank","iban":1}"#);
    let failures = form.version.validator.faults(form.document.value(), 20);
    assert_eq!(failures[0].at, "/iban", "{failures:?}");
}

proptest! {
    #[test]
    fn any_sequence_of_edits_changes_only_the_edited_places(
        text in any_text(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0..6), 1..8),
    ) {
        let node = json!({
            "$ref": "#/$defs/node",
            "$defs": { "node": { "type": ["object", "array", "number", "string"], "properties": {
                "a": { "type": ["number", "string"] }, "b": { "$ref": "#/$defs/node" },
                "items": { "type": "array", "items": { "$ref": "#/$defs/node" } },
                "sku": { "enum": ["x", "y"] }, "A": { "type": "object", "additionalProperties": { "type": "string" } }
            }, "items": { "$ref": "#/$defs/node" } } }
        });
        let mut form = Form::new(node, &text);
        for (pick, what) in picks {
            let built = super::build::build(&form.version, &form.document, &form.choices);
            if built.is_empty() { break; }
            let index = pick.index(built.len());
            let one = &built[index];
            let what = match what {
                0 => FieldEdit::Text("new".into()),
                1 => FieldEdit::Json("[7.10]".into()),
                2 => FieldEdit::Add,
                3 => FieldEdit::Remove,
                4 => FieldEdit::More,
                _ => FieldEdit::Alternative(pick.index(5)),
            };
            let grows = matches!(one.field.input, Input::List { grows: true, .. }) || !one.field.there;
            let (at, adds) = (one.node, what == FieldEdit::Add && grows);
            // What is added is beside what was there; anything else is inside the field.
            let before = if adds || !one.field.there || matches!(what, FieldEdit::Add | FieldEdit::More) {
                None
            } else {
                Some(at)
            };
            let is_removed = what == FieldEdit::Remove && at > 0 && one.field.there;
            let expected = others(&form.document, before);
            drop(built);
            edit(&form.version, &mut form.document, &mut form.choices, index, what);
            let after = if adds {
                form.document.children(at).last()
            } else if is_removed {
                None
            } else {
                before
            };
            prop_assert_eq!(others(&form.document, after), expected);
        }
    }
}
