//! What was learned of the events of a version beside what the version declares: fields that were
//! never declared, declared ones that were never seen, and values of another kind.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::infer::InferredShape;
use crate::schema::Version;
use crate::schema::document::normal::{Normal, target};

/// Fields that are listed at most, and how deep.
const MOST: usize = 2_000;
const DEEPEST: usize = 12;

/// Whether what was seen and what is declared agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// They do, or nothing is declared to compare with.
    None,
    /// It was seen and is not declared.
    NotDeclared,
    /// It is declared and was not seen.
    NeverSeen,
    /// It was seen as something that is not declared; what is declared, in words.
    OtherKind(String),
}

/// A field of the events.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftField {
    /// Path, with `[]` for the items of a list.
    pub path: String,
    /// How often it was there, and how often it could have been.
    pub seen: u64,
    /// See `seen`.
    pub of: u64,
    /// What its values were: `text or null`.
    pub kinds: String,
    /// What more is known of them: a format, a closed list, a range.
    pub detail: String,
    /// Whether that is what is declared.
    pub drift: Drift,
}

/// The fields that were seen and those that are declared, in the order of their paths.
#[must_use]
pub fn fields(learned: &InferredShape, declared: Option<&Version>) -> Vec<DriftField> {
    let mut list = List {
        normal: declared.map(|version| &version.normal),
        out: Vec::new(),
    };
    let root: Vec<&Value> = list.normal.map(|normal| &normal.root).into_iter().collect();
    let root = list.spread(&root);
    list.object("", Some(learned), &root, 0);
    list.out
}

struct List<'a> {
    normal: Option<&'a Normal>,
    out: Vec<DriftField>,
}

impl<'a> List<'a> {
    /// All that may be said about a value: what references mean, and every branch.
    fn spread(&self, schemas: &[&'a Value]) -> Vec<&'a Value> {
        let mut open: Vec<&Value> = schemas.to_vec();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut out = Vec::new();
        while let Some(schema) = open.pop() {
            if out.len() > MOST {
                break;
            }
            if let Some(name) = target(schema)
                && seen.insert(name)
                && let Some(meant) = self.normal.and_then(|normal| normal.defs.get(name))
            {
                open.push(meant);
            }
            for keyword in ["allOf", "anyOf", "oneOf"] {
                let branches = schema.get(keyword).and_then(Value::as_array);
                open.extend(branches.into_iter().flatten());
            }
            for keyword in ["then", "else"] {
                open.extend(schema.get(keyword));
            }
            out.push(schema);
        }
        out
    }

    fn object(
        &mut self,
        path: &str,
        learned: Option<&InferredShape>,
        said: &[&'a Value],
        depth: usize,
    ) {
        if depth > DEEPEST {
            return;
        }
        let properties = said.iter().filter_map(|schema| {
            let properties: &Map<String, Value> = schema.get("properties")?.as_object()?;
            Some(properties)
        });
        let properties: Vec<&Map<String, Value>> = properties.collect();
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(
            properties
                .iter()
                .flat_map(|map| map.keys())
                .map(String::as_str),
        );
        if let Some(learned) = learned {
            names.extend(learned.members().map(|(name, _)| name));
        }
        // Where further names are spoken of, a name that stands nowhere is declared all the same.
        let is_open = said.is_empty()
            || said.iter().any(|schema| {
                let rest = ["additionalProperties", "unevaluatedProperties"];
                schema.get("patternProperties").is_some()
                    || rest
                        .iter()
                        .any(|word| schema.get(*word).is_some_and(Value::is_object))
                    || schema.as_bool() == Some(true)
            }) && properties.is_empty();
        for name in names {
            let own: Vec<&Value> = properties.iter().filter_map(|map| map.get(name)).collect();
            let is_declared = !own.is_empty() || is_open;
            let own = self.spread(&own);
            let at = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            let shape = learned.and_then(|learned| learned.member(name));
            let of = learned.map_or(0, InferredShape::objects);
            self.field(&at, shape, of, &own, is_declared, depth);
        }
    }

    fn field(
        &mut self,
        path: &str,
        learned: Option<&InferredShape>,
        of: u64,
        said: &[&'a Value],
        is_declared: bool,
        depth: usize,
    ) {
        if self.out.len() >= MOST {
            return;
        }
        let drift = match learned {
            None => Drift::NeverSeen,
            Some(_) if !is_declared => Drift::NotDeclared,
            Some(learned) => other_kind(learned, said),
        };
        self.out.push(DriftField {
            path: path.to_owned(),
            seen: learned.map_or(0, |learned| learned.seen),
            of,
            kinds: learned.map_or_else(String::new, |learned| learned.kinds().join(" or ")),
            detail: learned.map_or_else(String::new, InferredShape::detail),
            drift,
        });
        let is_object = learned.is_some_and(|learned| learned.objects() > 0);
        if is_object || learned.is_none() {
            // Of what is not declared itself nothing inside is.
            let said = if is_declared { said } else { &[] };
            self.object(path, learned, said, depth + 1);
        }
        if let Some(items) = learned.and_then(InferredShape::items) {
            let own = said.iter().flat_map(|schema| {
                let tuple = schema.get("prefixItems").and_then(Value::as_array);
                tuple.into_iter().flatten().chain(schema.get("items"))
            });
            let own: Vec<&Value> = own.collect();
            let own = self.spread(&own);
            self.object(&format!("{path}[]"), Some(items), &own, depth + 1);
        }
    }
}

/// Whether values were seen of a kind that no branch declares.
fn other_kind(learned: &InferredShape, said: &[&Value]) -> Drift {
    let mut declared: BTreeSet<&str> = BTreeSet::new();
    for schema in said {
        match schema.get("type") {
            Some(Value::Array(kinds)) => declared.extend(kinds.iter().filter_map(Value::as_str)),
            Some(Value::String(kind)) => {
                declared.insert(kind);
            }
            _ => {}
        }
    }
    // A branch without a type may be there only to add something; one with a type decides.
    if declared.is_empty()
        || learned
            .types()
            .all(|kind| declared.contains(kind) || kind == "integer" && declared.contains("number"))
    {
        return Drift::None;
    }
    let words: Vec<&str> = declared.into_iter().map(super::infer::kind_word).collect();
    Drift::OtherKind(words.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn told(schema: Value, events: &[Value]) -> Vec<String> {
        let mut shape = InferredShape::default();
        for event in events {
            shape.learn(event);
        }
        let version = Version::new(schema, None, &BTreeMap::new()).unwrap();
        let fields = fields(&shape, Some(&version));
        let line = |field: &DriftField| {
            let DriftField {
                path,
                seen,
                of,
                kinds,
                ..
            } = field;
            let drift = match &field.drift {
                Drift::None => String::new(),
                Drift::NotDeclared => " not declared".to_owned(),
                Drift::NeverSeen => " never seen".to_owned(),
                Drift::OtherKind(declared) => format!(" declared as {declared}"),
            };
            format!("{path} {seen}/{of} {kinds}{drift}")
        };
        fields.iter().map(line).collect()
    }

    #[test]
    fn what_is_declared_and_what_was_seen_stand_side_by_side() {
        let schema = json!({
            "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}}}},
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "amount": {"type": "number"},
                "coupon": {"type": "string"},
                "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
                "to": {"oneOf": [
                    {"type": "object", "properties": {"city": {"type": "string"}}},
                    {"type": "null"}
                ]}
            }
        });
        let events = [
            json!({"id": "a", "amount": 1, "lines": [{"sku": "x", "qty": 1}], "to": {"city": "B"}}),
            json!({"id": "b", "amount": "1.50", "lines": [], "to": null, "note": {"by": "me"}}),
        ];
        assert_eq!(
            told(schema, &events),
            [
                "amount 2/2 text or number declared as number",
                "coupon 0/2  never seen",
                "id 2/2 text",
                "lines 2/2 list",
                "lines[].qty 1/1 number not declared",
                "lines[].sku 1/1 text",
                "note 1/2 object not declared",
                "note.by 1/1 text",
                "to 2/2 object or null",
                "to.city 1/1 text",
            ]
        );
    }

    #[test]
    fn a_recursive_schema_and_names_without_end_come_to_an_end() {
        let schema = json!({"$ref": "#", "type": "object", "properties": {"next": {"$ref": "#"}}});
        let mut event = json!({});
        for _ in 0..40 {
            event = json!({"next": event});
        }
        assert!(told(schema, &[event]).len() <= DEEPEST + 2);
    }
}
