//! Makes a schema stand alone: what it refers to in the document around it, or in documents beside
//! it, goes into its own `$defs`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use url::Url;

/// Most parts that are taken in, and how deep a schema may be nested.
const MOST: usize = 1_000;
const DEEPEST: usize = 160;

/// Documents by the name that references use.
pub(crate) type BundledDocuments<'a> = BTreeMap<&'a str, &'a Value>;

/// The schema, standing alone. `home` is the name of the document that it comes from, `whole`
/// whether it is all of that document.
///
/// # Errors
/// A reference leads out of the documents, or there are too many.
pub(crate) fn bundle(
    schema: &Value,
    home: &str,
    whole: bool,
    documents: &BundledDocuments<'_>,
) -> Result<Value, String> {
    let mut bundler = Bundler {
        documents,
        whole: whole.then_some(home),
        names: BTreeMap::new(),
        taken: BTreeSet::new(),
        waiting: Vec::new(),
    };
    let own = schema.get("$defs").and_then(Value::as_object);
    bundler.taken = own.into_iter().flat_map(Map::keys).cloned().collect();
    let (start, at) = bundler.start(schema, home)?;
    let mut out = bundler.rewritten(start, at, 0)?;
    let mut defs = Map::new();
    while let Some((name, document, part)) = bundler.waiting.pop() {
        let mut part = bundler.rewritten(part, document, 0)?;
        if let Value::Object(map) = &mut part {
            // As a part it has the address and the draft of the whole.
            map.remove("$schema");
            for key in ["$id", "id"] {
                if map.get(key).is_some_and(Value::is_string) {
                    map.remove(key);
                }
            }
        }
        defs.insert(name, part);
    }
    defs.sort_keys();
    if !defs.is_empty()
        && let Value::Object(map) = &mut out
        && let Value::Object(all) = map.entry("$defs").or_insert_with(|| json!({}))
    {
        all.extend(defs);
    }
    Ok(out)
}

/// The address that a document gives itself.
fn id(document: &Value) -> Option<&str> {
    let id = document.get("$id").or_else(|| document.get("id"))?;
    Some(id.as_str()?.trim_end_matches('#'))
}

struct Bundler<'a> {
    documents: &'a BundledDocuments<'a>,
    /// The document whose own references stay as they are.
    whole: Option<&'a str>,
    names: BTreeMap<(&'a str, String), String>,
    taken: BTreeSet<String>,
    waiting: Vec<(String, &'a str, &'a Value)>,
}

impl<'a> Bundler<'a> {
    /// A schema that is only a reference stands for what it means.
    fn start<'s>(&self, schema: &'s Value, home: &'s str) -> Result<(&'s Value, &'s str), String>
    where
        'a: 's,
    {
        let (mut schema, mut home) = (schema, home);
        for _ in 0..20 {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let Some(reference) = reference.filter(|_| self.whole.is_none()) else {
                break;
            };
            let (document, pointer) = self.target(reference, home)?;
            (schema, home) = (self.part(document, pointer, reference)?, document);
        }
        Ok((schema, home))
    }

    fn rewritten(&mut self, value: &Value, at: &str, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(format!("It is nested deeper than {DEEPEST} levels"));
        }
        Ok(match value {
            Value::Object(map) => {
                let mut out = Map::new();
                for (key, child) in map {
                    let child = match (key.as_str(), child) {
                        ("$ref", Value::String(reference)) => {
                            Value::String(self.renamed(reference, at)?)
                        }
                        // Values are no schemas.
                        ("enum" | "const" | "default" | "examples" | "example", child) => {
                            child.clone()
                        }
                        (_, child) => self.rewritten(child, at, depth + 1)?,
                    };
                    out.insert(key.clone(), child);
                }
                Value::Object(out)
            }
            Value::Array(list) => {
                let list: Result<Vec<Value>, String> = list
                    .iter()
                    .map(|child| self.rewritten(child, at, depth + 1))
                    .collect();
                Value::Array(list?)
            }
            other => other.clone(),
        })
    }

    fn renamed(&mut self, reference: &str, at: &str) -> Result<String, String> {
        let (document, pointer) = self.target(reference, at)?;
        if self.whole == Some(document) {
            return Ok(format!("#{pointer}"));
        }
        let key = (document, pointer.to_owned());
        if let Some(name) = self.names.get(&key) {
            return Ok(format!("#/$defs/{name}"));
        }
        let part = self.part(document, pointer, reference)?;
        if self.names.len() >= MOST {
            return Err(format!("It refers to more than {MOST} parts"));
        }
        let name = self.name(if pointer.is_empty() {
            document
        } else {
            pointer
        });
        self.names.insert(key, name.clone());
        self.waiting.push((name.clone(), document, part));
        Ok(format!("#/$defs/{name}"))
    }

    /// The document and the pointer that a reference means.
    fn target<'r>(&self, reference: &'r str, at: &str) -> Result<(&'a str, &'r str), String> {
        let (address, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let wanted = if address.is_empty() { at } else { address };
        // A name may be meant against the address that the document around gives itself.
        let around = self.documents.get(at).and_then(|document| id(document));
        let absolute = around
            .and_then(|around| Url::parse(around).ok())
            .and_then(|around| around.join(address).ok())
            .map(String::from);
        let is_it = |name: &str| name == wanted || absolute.as_deref() == Some(name);
        let mut all = self.documents.iter();
        let found = all.clone().find(|(name, _)| **name == wanted).or_else(|| {
            all.find(|(name, document)| is_it(name) || id(document).is_some_and(is_it))
        });
        match found {
            Some((name, _)) => Ok((name, pointer)),
            None => Err(format!(
                "It refers to {reference}, which is not a part of what was read"
            )),
        }
    }

    fn part(&self, document: &str, pointer: &str, reference: &str) -> Result<&'a Value, String> {
        let pointer = pointer.replace("%7B", "{").replace("%7D", "}");
        self.documents
            .get(document)
            .and_then(|document| document.pointer(&pointer))
            .ok_or_else(|| format!("It refers to {reference}, which is not there"))
    }

    fn name(&mut self, from: &str) -> String {
        let last = from.trim_end_matches(".json").rsplit(['/', ':']).next();
        let last: String = last
            .unwrap_or("part")
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let mut name = last.clone();
        let mut next = 2;
        while name.is_empty() || !self.taken.insert(name.clone()) {
            name = format!("{last}_{next}");
            next += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_document_around_come_along_and_cycles_end() {
        let document = json!({
            "payload": {"$ref": "#/schemas/Order"},
            "schemas": {
                "Order": {"type": "object", "properties": {
                    "parent": {"$ref": "#/schemas/Order"}, "buyer": {"$ref": "#/schemas/a~1b"}}},
                "a/b": {"type": "string", "enum": [{"$ref": "no reference"}]},
            },
        });
        let documents = BTreeMap::from([("", &document)]);
        let out = bundle(&document["payload"], "", false, &documents).unwrap();
        assert_eq!(
            out,
            json!({
                "type": "object",
                "properties": {"parent": {"$ref": "#/$defs/Order"}, "buyer": {"$ref": "#/$defs/a_1b"}},
                "$defs": {
                    "Order": {"type": "object", "properties": {
                        "parent": {"$ref": "#/$defs/Order"}, "buyer": {"$ref": "#/$defs/a_1b"}}},
                    "a_1b": {"type": "string", "enum": [{"$ref": "no reference"}]},
                },
            })
        );
        let lost = json!({"items": {"$ref": "other.json#/x"}});
        assert!(
            bundle(&lost, "", false, &documents)
                .unwrap_err()
                .contains("other.json")
        );
        let lost = json!({"items": {"$ref": "#/schemas/none"}});
        assert!(
            bundle(&lost, "", false, &documents)
                .unwrap_err()
                .contains("not there")
        );
        let round = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        let documents = BTreeMap::from([("", &round)]);
        bundle(&round["a"], "", false, &documents).unwrap();
    }

    #[test]
    fn documents_beside_come_along_without_their_addresses() {
        let order = json!({"$id": "http://x/order", "definitions": {"Id": {"type": "string"}},
            "properties": {"id": {"$ref": "#/definitions/Id"}, "buyer": {"$ref": "customer.json"},
                "place": {"$ref": "address#/definitions/City"}}});
        let customer = json!({"$schema": "s", "$id": "http://x/customer",
            "properties": {"home": {"$ref": "http://x/address"}}});
        let address = json!({"$id": "http://x/address", "definitions": {"City": {"type": "string"}},
            "properties": {"city": {"$ref": "#/definitions/City"}}});
        let documents = BTreeMap::from([
            ("", &order),
            ("customer.json", &customer),
            ("address.json", &address),
        ]);
        let out = bundle(&order, "", true, &documents).unwrap();
        assert_eq!(out["properties"]["id"]["$ref"], "#/definitions/Id");
        assert_eq!(out["properties"]["buyer"]["$ref"], "#/$defs/customer");
        assert_eq!(out["properties"]["place"]["$ref"], "#/$defs/City");
        let home = &out["$defs"]["customer"]["properties"]["home"]["$ref"];
        assert_eq!(home, "#/$defs/address");
        assert!(out["$defs"]["customer"].get("$id").is_none());
        let version = crate::schema::Version::new(out, None, &BTreeMap::new()).unwrap();
        assert!(
            version
                .validator
                .is_valid(&json!({"buyer": {"home": {"city": "Ulm"}}}))
        );
        assert!(
            !version
                .validator
                .is_valid(&json!({"buyer": {"home": {"city": 7}}}))
        );
    }
}
