//! One way of writing for all drafts, so that a comparison looks at what a schema says and not at
//! how its draft writes it: tuples are `prefixItems`, `const` is an `enum` of one, `type` is a
//! list, exclusive bounds are numbers, and every reference is `#/$defs/NAME` of this document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use url::Url;

use super::draft::Dialect;
use super::numbers;
use super::refs::{Documents, own_base, whole_draft};
use crate::schema::Unusable;

/// How deep a schema may be nested. `serde_json` ends at 128 levels itself.
const DEEPEST: usize = 160;

/// A schema in the one way of writing.
#[derive(Clone, Debug)]
pub(crate) struct Normal {
    pub root: Value,
    /// What references mean, by name.
    pub defs: BTreeMap<String, Value>,
    /// Whether it says something that the comparison does not follow.
    pub beyond: Option<String>,
    /// Whether it means something else in its own draft than it would in this way of writing: in
    /// 2019-09 an item that `contains` matched is not evaluated, and no keyword says so.
    pub is_in_doubt: bool,
}

impl Normal {
    /// Rewrites a schema.
    ///
    /// # Errors
    /// It is neither an object nor a boolean, is nested too deeply, or has a reference that leads
    /// nowhere.
    pub(crate) fn of(
        schema: &Value,
        draft: Dialect,
        others: &BTreeMap<String, Value>,
    ) -> Result<Self, Unusable> {
        let (documents, base) = Documents::new(schema, others)?;
        let mut writer = NormalWriter {
            documents,
            draft,
            names: BTreeMap::new(),
            taken: BTreeSet::new(),
            waiting: Vec::new(),
            beyond: None,
            evaluates: others.values().chain([schema]).any(refuses_the_rest),
        };
        let root = writer.schema(schema, &base, 0)?;
        let mut defs = BTreeMap::new();
        while let Some((name, body, base)) = writer.waiting.pop() {
            let body = writer.schema(body, &base, 0)?;
            defs.insert(name, body);
        }
        let has = |key: &str| defs.values().chain([&root]).any(|one| names(one, key));
        Ok(Self {
            is_in_doubt: draft == Dialect::Nineteen && has("contains") && has("unevaluatedItems"),
            root,
            defs,
            beyond: writer.beyond,
        })
    }

    /// As a document of draft 2020-12.
    pub(crate) fn document(&self) -> Value {
        match &self.root {
            Value::Object(map) => {
                let mut map = map.clone();
                map.insert(
                    "$schema".into(),
                    json!("https://json-schema.org/draft/2020-12/schema"),
                );
                if !self.defs.is_empty() {
                    map.insert("$defs".into(), json!(self.defs));
                }
                Value::Object(map)
            }
            other => other.clone(),
        }
    }
}

/// The name in a normal reference.
pub(crate) fn target(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

struct NormalWriter<'a> {
    documents: Documents<'a>,
    draft: Dialect,
    names: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    waiting: Vec<(String, &'a Value, Url)>,
    beyond: Option<String>,
    /// Whether something looks at what was evaluated: then `true` says something, too.
    evaluates: bool,
}

impl<'a> NormalWriter<'a> {
    fn schema(&mut self, schema: &'a Value, around: &Url, depth: usize) -> Result<Value, Unusable> {
        if depth > DEEPEST {
            return Err(Unusable::new(format!(
                "It is nested deeper than {DEEPEST} levels."
            )));
        }
        let map = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(map) => map,
            other => {
                return Err(Unusable::new(format!(
                    "A schema is an object, `true` or `false`; here stands {}.",
                    short(other)
                )));
            }
        };
        let base = own_base(schema, around);
        let mut out = Map::new();
        let reference = ["$ref", "$dynamicRef", "$recursiveRef"]
            .into_iter()
            .filter(|key| self.draft.knows(key))
            .find_map(|key| Some((key, map.get(key)?.as_str()?)));
        if let Some((keyword, reference)) = reference {
            let whole = whole_draft(keyword, &base);
            let reference = whole.as_deref().unwrap_or(reference);
            let place = self.documents.resolve(reference, &base)?;
            let name = self.name(&place.key);
            if let Some(name) = name.new {
                self.waiting.push((name, place.schema, place.base));
            }
            let link = json!({ "$ref": format!("#/$defs/{}", name.name) });
            // Up to draft-07 a reference replaces everything that stands beside it.
            if self.draft <= Dialect::Seven {
                return Ok(link);
            }
            out.insert("allOf".into(), json!([link]));
        }
        self.values(map, &mut out)?;
        self.arrays(map, &base, depth, &mut out)?;
        self.schemas(map, &base, depth, &mut out)?;
        self.dependencies(map, &base, depth, &mut out)?;
        let only_link = out.len() == 1 && reference.is_some();
        if only_link && let Some(link) = out["allOf"].as_array_mut().and_then(Vec::pop) {
            return Ok(link);
        }
        Ok(Value::Object(out))
    }

    /// Keywords whose value is plain data.
    fn values(
        &mut self,
        map: &'a Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Unusable> {
        const PLAIN: [&str; 23] = [
            "enum",
            "multipleOf",
            "maximum",
            "minimum",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "maxLength",
            "minLength",
            "pattern",
            "maxItems",
            "minItems",
            "uniqueItems",
            "maxContains",
            "minContains",
            "maxProperties",
            "minProperties",
            "required",
            "format",
            "contentEncoding",
            "contentMediaType",
            "default",
            "title",
            "description",
        ];
        for key in PLAIN {
            if let Some(value) = map.get(key)
                && self.draft.knows(key)
            {
                out.insert(key.to_owned(), value.clone());
            }
        }
        for key in ["deprecated", "readOnly", "writeOnly", "examples"] {
            if let Some(value) = map.get(key) {
                out.insert(key.to_owned(), value.clone());
            }
        }
        for (bound, exclusive) in [
            ("minimum", "exclusiveMinimum"),
            ("maximum", "exclusiveMaximum"),
        ] {
            if let Some(Value::Bool(is)) = out.get(exclusive) {
                let is = *is;
                out.remove(exclusive);
                if is && let Some(limit) = out.remove(bound) {
                    out.insert(exclusive.to_owned(), limit);
                }
            }
        }
        if let Some(constant) = map.get("const").filter(|_| self.draft.knows("const")) {
            let allowed = match out.get("enum").and_then(Value::as_array) {
                Some(list) if !list.iter().any(|one| numbers::same(one, constant)) => json!([]),
                _ => json!([constant]),
            };
            out.insert("enum".into(), allowed);
        }
        if out.get("enum") == Some(&json!([])) && map.contains_key("const") {
            // Nothing is both; an empty `enum` is not allowed, so it is said in other words.
            out.remove("enum");
            out.insert("not".into(), json!(true));
        }
        if let Some(kind) = map.get("type") {
            let mut kinds: Vec<&str> = match kind {
                Value::String(one) => vec![one],
                Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            if kinds.contains(&"number") {
                kinds.retain(|one| *one != "integer");
            }
            kinds.sort_unstable();
            kinds.dedup();
            if kinds.is_empty() {
                return Err(Unusable::new(format!("`type` cannot be {}.", short(kind))));
            }
            // All seven say the same as none.
            if kinds.len() < 6 {
                out.insert("type".into(), json!(kinds));
            }
        }
        Ok(())
    }

    fn arrays(
        &mut self,
        map: &'a Map<String, Value>,
        base: &Url,
        depth: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Unusable> {
        let (tuple, rest) = if self.draft >= Dialect::Twenty {
            (map.get("prefixItems"), map.get("items"))
        } else {
            match map.get("items") {
                Some(items @ Value::Array(_)) => (Some(items), map.get("additionalItems")),
                other => (None, other),
            }
        };
        if let Some(Value::Array(tuple)) = tuple {
            let tuple: Result<Vec<Value>, Unusable> = tuple
                .iter()
                .map(|one| self.schema(one, base, depth + 1))
                .collect();
            let tuple = tuple?;
            if !tuple.is_empty() {
                out.insert("prefixItems".into(), Value::Array(tuple));
            }
        }
        if let Some(rest) = rest {
            let rest = self.schema(rest, base, depth + 1)?;
            if rest != Value::Bool(true) || self.evaluates {
                out.insert("items".into(), rest);
            }
        }
        Ok(())
    }

    /// Keywords whose value is a schema, a list of them, or a table of them.
    fn schemas(
        &mut self,
        map: &'a Map<String, Value>,
        base: &Url,
        depth: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Unusable> {
        const ONE: [&str; 9] = [
            "not",
            "if",
            "then",
            "else",
            "contains",
            "propertyNames",
            "additionalProperties",
            "unevaluatedProperties",
            "unevaluatedItems",
        ];
        for key in ONE {
            if let Some(value) = map.get(key)
                && self.draft.knows(key)
            {
                let value = self.schema(value, base, depth + 1)?;
                // What lets everything through evaluates it, which the schemas around it see.
                let says_nothing = key == "propertyNames"
                    || !self.evaluates
                        && (key == "additionalProperties" || key.starts_with("unevaluated"));
                if !(says_nothing && is_anything(&value)) {
                    out.insert(key.to_owned(), value);
                }
                if key.starts_with("unevaluated") {
                    self.beyond
                        .get_or_insert_with(|| format!("`{key}` is compared only as a whole"));
                }
            }
        }
        // Without `if` they say nothing.
        if !out.contains_key("if") {
            out.remove("then");
            out.remove("else");
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            if let Some(Value::Array(list)) = map.get(key) {
                let mut branches = match out.remove(key) {
                    Some(Value::Array(link)) => link,
                    _ => Vec::new(),
                };
                for one in list {
                    branches.push(self.schema(one, base, depth + 1)?);
                }
                out.insert(key.to_owned(), Value::Array(branches));
            }
        }
        for key in ["properties", "patternProperties", "dependentSchemas"] {
            if let Some(Value::Object(table)) = map.get(key)
                && self.draft.knows(key)
            {
                let mut written = Map::new();
                for (name, value) in table {
                    written.insert(name.clone(), self.schema(value, base, depth + 1)?);
                }
                if !written.is_empty() {
                    out.insert(key.to_owned(), Value::Object(written));
                }
            }
        }
        Ok(())
    }

    fn dependencies(
        &mut self,
        map: &'a Map<String, Value>,
        base: &Url,
        depth: usize,
        out: &mut Map<String, Value>,
    ) -> Result<(), Unusable> {
        let mut required = Map::new();
        if let Some(Value::Object(table)) = map.get("dependentRequired")
            && self.draft.knows("dependentRequired")
        {
            required.clone_from(table);
        }
        let mut schemas = match out.remove("dependentSchemas") {
            Some(Value::Object(table)) => table,
            _ => Map::new(),
        };
        if let Some(Value::Object(table)) = map.get("dependencies")
            && self.draft <= Dialect::Seven
        {
            for (name, value) in table {
                if value.is_array() {
                    required.insert(name.clone(), value.clone());
                } else {
                    schemas.insert(name.clone(), self.schema(value, base, depth + 1)?);
                }
            }
        }
        if !required.is_empty() {
            out.insert("dependentRequired".into(), Value::Object(required));
        }
        if !schemas.is_empty() {
            out.insert("dependentSchemas".into(), Value::Object(schemas));
        }
        Ok(())
    }

    fn name(&mut self, key: &str) -> NamedPart {
        if let Some(name) = self.names.get(key) {
            return NamedPart {
                name: name.clone(),
                new: None,
            };
        }
        let last: String = key
            .rsplit(['/', '#'])
            .find(|part| !part.is_empty())
            .unwrap_or("root")
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        let mut name = last.clone();
        let mut next = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{last}_{next}");
            next += 1;
        }
        self.names.insert(key.to_owned(), name.clone());
        NamedPart {
            name: name.clone(),
            new: Some(name),
        }
    }
}

/// Whether something refuses what the schemas beside it did not evaluate.
fn refuses_the_rest(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(key, value)| {
            key.starts_with("unevaluated") && !is_anything(value) || refuses_the_rest(value)
        }),
        Value::Array(list) => list.iter().any(refuses_the_rest),
        _ => false,
    }
}

/// Whether this word stands before anything in it.
fn names(schema: &Value, key: &str) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(own, one)| own == key || names(one, key)),
        Value::Array(list) => list.iter().any(|one| names(one, key)),
        _ => false,
    }
}

struct NamedPart {
    name: String,
    new: Option<String>,
}

/// Whether a normal schema allows every value, as written.
pub(crate) fn is_anything(schema: &Value) -> bool {
    match schema {
        Value::Bool(is) => *is,
        Value::Object(map) => map.keys().all(|key| is_annotation(key)),
        _ => false,
    }
}

/// Keywords that never refuse a value.
pub(crate) fn is_annotation(keyword: &str) -> bool {
    matches!(
        keyword,
        "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly"
    )
}

/// A value as it stands in a sentence: whole when it is short.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let cut: String = text.chars().take(59).collect();
    format!("{cut}…")
}
