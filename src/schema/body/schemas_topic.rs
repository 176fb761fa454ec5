//! The topic `_schemas`, in which Confluent's and Karapace's registries keep all they know: who can read
//! it needs no registry. A later record of a key replaces an earlier one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::written::WrittenSchema;
use crate::event::wire::SchemaKey;
use crate::schema::folder::import::registry::Registered;

/// Most schemas that one refers to, itself and through others.
const MOST_PARTS: usize = 200;

/// What the records read so far say.
#[derive(Clone, Debug, Default)]
pub struct SchemasTopic {
    /// By subject and version: the id, and the schema.
    versions: BTreeMap<(String, u64), (u32, Registered)>,
}

impl SchemasTopic {
    /// Takes in a record. What is no schema (levels, modes, marks) and what cannot be read changes
    /// nothing; `false` says that it could not be read.
    pub fn take(&mut self, key: &[u8], value: Option<&[u8]>) -> bool {
        let Ok(key) = serde_json::from_slice::<Value>(key) else {
            return false;
        };
        let word = |name: &str| key.get(name).and_then(Value::as_str);
        if word("keytype") != Some("SCHEMA") {
            return word("keytype").is_some();
        }
        let version = key.get("version").and_then(Value::as_u64);
        let (Some(subject), Some(version)) = (word("subject"), version) else {
            return false;
        };
        let place = (subject.to_owned(), version);
        let Some(value) = value else {
            self.versions.remove(&place);
            return true;
        };
        let Ok(value) = serde_json::from_slice::<Value>(value) else {
            return false;
        };
        let id = value.get("id").and_then(Value::as_u64);
        let id = id.and_then(|id| u32::try_from(id).ok());
        let (Some(id), Some(registered)) = (id, Registered::read(&value)) else {
            return false;
        };
        // A version that is deleted softly was written with all the same.
        self.versions.insert(place, (id, registered));
        true
    }

    /// How many versions are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// No version is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The schema with this id.
    ///
    /// # Errors
    /// There is none, or it refers to one that is not there; in words.
    pub fn schema(&self, key: SchemaKey) -> Result<WrittenSchema, String> {
        let SchemaKey::Id(wanted) = key else {
            return Err(format!("The topic _schemas has no {key}"));
        };
        let found = self.versions.values().find(|(id, _)| *id == wanted);
        let (_, registered) = found.ok_or_else(|| format!("The topic _schemas has no {key}"))?;
        let mut parts = BTreeMap::new();
        let mut open = registered.references.clone();
        while let Some(reference) = open.pop() {
            if parts.contains_key(&reference.name) {
                continue;
            }
            if parts.len() >= MOST_PARTS {
                return Err(format!("It refers to more than {MOST_PARTS} schemas"));
            }
            let place = (reference.subject.clone(), reference.version);
            let (_, part) = self.versions.get(&place).ok_or_else(|| {
                format!(
                    "It refers to {}, version {}, which the topic _schemas does not have",
                    reference.subject, reference.version
                )
            })?;
            open.extend(part.references.iter().cloned());
            parts.insert(reference.name, part.text.clone());
        }
        Ok(WrittenSchema {
            kind: registered.kind.clone(),
            text: registered.text.clone(),
            parts,
        })
    }
}
