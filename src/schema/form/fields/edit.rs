//! Edits of a form, carried out on the text.

use std::borrow::Cow;

use serde_json::Value;

use super::build::{Built, build, undeclared};
use super::shape::FieldShapes;
use super::start::{item, start};
use super::{Choices, ITEMS, Input};
use crate::schema::Version;
use crate::text::json;
use crate::text::json_edit::Document;

/// What a person did to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldEdit {
    Text(String),
    /// Typed or chose this value, as JSON. What is not JSON changes nothing.
    Json(String),
    /// Switched the field on, or added an item.
    Add,
    /// Added a member of this name.
    AddNamed(String),
    /// Switched the field off, or took the item out.
    Remove,
    /// Chose this alternative.
    Alternative(usize),
    /// Wants to see more items.
    More,
}

/// Carries out an edit of the field of this index among [`super::fields`].
pub fn edit(
    version: &Version,
    document: &mut Document,
    choices: &mut Choices,
    index: usize,
    edit: FieldEdit,
) {
    let Some(built) = build(version, document, choices).into_iter().nth(index) else {
        return;
    };
    let shapes = FieldShapes::new(&version.normal);
    let node = built.node;
    match edit {
        FieldEdit::Text(_) | FieldEdit::Json(_) | FieldEdit::Remove | FieldEdit::AddNamed(_)
            if !built.field.there => {}
        FieldEdit::Text(text) => document.replace(node, &Value::from(text).to_string()),
        FieldEdit::Json(new) => {
            if json::value(new.as_bytes()).is_ok() {
                document.write(node, &new);
            }
        }
        FieldEdit::Add => add(&shapes, document, &built),
        FieldEdit::AddNamed(name) => {
            let is_new = document.member(node, &name).is_none();
            if is_new && matches!(built.field.input, Input::Group { .. }) {
                let anything = Value::Bool(true);
                let schema = undeclared(&built.schema, &name).unwrap_or(&anything);
                let json = start(&shapes, schema).to_string();
                document.push(node, Some(&name), &json);
            }
        }
        FieldEdit::Remove => document.remove(node),
        FieldEdit::Alternative(chosen) => {
            choose(&shapes, document, &built, chosen);
            choices.branches.insert(built.field.pointer, chosen);
        }
        FieldEdit::More => {
            let shown = choices.items.entry(built.field.pointer).or_insert(ITEMS);
            *shown += ITEMS * 5;
        }
    }
}

fn add(shapes: &FieldShapes<'_>, document: &mut Document, built: &Built<'_>) {
    if !built.field.there {
        let json = start(shapes, &built.schema).to_string();
        document.push(built.node, Some(&built.name), &json);
    } else if let Input::List { count, grows: true } = built.field.input {
        let anything = Value::Bool(true);
        let schema = item(&built.schema, count).unwrap_or(&anything);
        let json = start(shapes, schema).to_string();
        document.push(built.node, None, &json);
    }
}

/// Makes a value one of the alternative: members that fit stay, those that only the alternative
/// before it knew go, and so stays what none of them knows.
fn choose(shapes: &FieldShapes<'_>, document: &mut Document, built: &Built<'_>, chosen: usize) {
    let Some(new) = built.alternatives.get(chosen) else {
        return;
    };
    let Ok(value) = json::value(document.raw(built.node).as_bytes()) else {
        return;
    };
    if shapes.faults(&new.schema, &value, 0) == 0 {
        return;
    }
    let least = start(shapes, &new.schema);
    let (Value::Object(members), Value::Object(least)) = (&value, &least) else {
        document.replace(built.node, &least.to_string());
        return;
    };
    let new_schema = shapes.resolved(Cow::Borrowed(&new.schema));
    let property = |name: &str| new_schema.get("properties")?.get(name);
    let old = built.schema.get("properties").and_then(Value::as_object);
    for name in old.into_iter().flat_map(serde_json::Map::keys) {
        if property(name).is_none()
            && let Some(at) = document.member(built.node, name)
        {
            document.remove(at);
        }
    }
    for (name, begin) in least {
        let fits = members.get(name).is_some_and(|value| {
            property(name).is_none_or(|schema| shapes.faults(schema, value, 0) == 0)
        });
        if fits {
            continue;
        }
        match document.member(built.node, name) {
            Some(at) => document.replace(at, &begin.to_string()),
            None => document.push(built.node, Some(name), &begin.to_string()),
        }
    }
}
