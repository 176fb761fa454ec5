//! The schemas of a folder: event types, and the versions of each in their order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::schema::{Avro, Dialect, Meta, Unusable, Version, VersionRules, without_mark};
use crate::text::json;

/// A schema as it lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaSource {
    /// Type of the events, the name of its folder.
    pub event_type: String,
    /// Version, the beginning of its file name.
    pub version: String,
    /// Its file name.
    pub file: String,
    pub text: String,
}

/// A schema that is no version, but to which versions may refer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaPart {
    /// Type of the events in whose folder it lies.
    pub event_type: String,
    pub path: String,
    pub text: String,
}

/// An event that was kept as an example of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub event_type: String,
    /// Its file name without the ending.
    pub name: String,
    pub text: String,
}

/// What lies in a folder of schemas.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub sources: Vec<SchemaSource>,
    /// What lies in the folders in those of the types.
    pub parts: Vec<SchemaPart>,
    pub samples: Vec<Sample>,
    /// What is said about types, as text, by their name.
    pub meta: BTreeMap<String, String>,
    /// What is said about all, as text.
    pub defaults: String,
}

/// A schema made ready, in its language.
#[derive(Clone, Debug)]
pub enum ReadySchemas {
    /// JSON Schema.
    Json(Arc<Version>),
    Avro(Arc<Avro>),
}

/// A version of an event type.
#[derive(Clone, Debug)]
pub struct CatalogEntry {
    /// Its name.
    pub version: String,
    /// As it was written.
    pub text: String,
    /// Made ready, or why not.
    pub ready: Result<ReadySchemas, Unusable>,
}

/// An event type with its versions, the oldest first.
#[derive(Clone, Debug)]
pub struct EventType {
    pub name: String,
    /// At least one.
    pub versions: Vec<CatalogEntry>,
    /// What is said about it.
    pub meta: Meta,
    pub samples: Vec<Sample>,
}

/// All event types of a folder, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub folder: PathBuf,
    /// By name.
    pub types: Vec<EventType>,
    /// What is said about all of them.
    pub defaults: Meta,
    /// How events tell their version.
    pub rules: VersionRules,
}

impl Catalog {
    /// Makes schemas ready about which nothing is said.
    #[must_use]
    pub fn new(folder: PathBuf, sources: Vec<SchemaSource>) -> Self {
        let content = Content {
            sources,
            ..Content::default()
        };
        Self::of(folder, content)
    }

    /// Makes the schemas of a folder ready.
    #[must_use]
    pub fn of(folder: PathBuf, content: Content) -> Self {
        let Content {
            sources,
            parts,
            samples,
            meta,
            defaults,
        } = content;
        let elsewhere = elsewhere(&sources, &parts);
        let mut types: BTreeMap<String, Vec<SchemaSource>> = BTreeMap::new();
        for source in sources {
            types
                .entry(source.event_type.clone())
                .or_default()
                .push(source);
        }
        let types = types
            .into_iter()
            .map(|(name, mut sources)| {
                let meta = meta
                    .get(&name)
                    .map(|text| Meta::read(text))
                    .unwrap_or_default();
                let of_it = |sample: &&Sample| sample.event_type == name;
                let samples = samples.iter().filter(of_it).cloned().collect();
                sources.sort_by_key(|source| order(&source.version));
                let parts = parts.iter().filter(|part| part.event_type == name);
                let own = sources.iter().map(|one| (&one.file, &one.text));
                let own: Vec<_> = own.chain(parts.map(|one| (&one.path, &one.text))).collect();
                let leads = own.iter().any(|(_, text)| leads_elsewhere(text));
                let all: BTreeMap<String, Value> = own
                    .into_iter()
                    .filter_map(|(path, text)| Some((path.clone(), parsed(text)?)))
                    .collect();
                let versions = sources
                    .into_iter()
                    .map(|source| {
                        let mut others = all.clone();
                        others.remove(&source.file);
                        if leads {
                            others.extend(elsewhere.clone());
                        }
                        let avro = std::path::Path::new(&source.file)
                            .extension()
                            .is_some_and(|end| end == "avsc");
                        let said = meta.versions.get(&source.version);
                        let draft = said.and_then(|said| said.draft);
                        CatalogEntry {
                            ready: ready_as(&source.text, avro, draft, &others),
                            version: source.version,
                            text: source.text,
                        }
                    })
                    .collect();
                EventType {
                    name,
                    versions,
                    meta,
                    samples,
                }
            })
            .collect();
        let defaults = Meta::read(&defaults);
        Self {
            folder,
            types,
            rules: defaults.rules.clone().unwrap_or_default(),
            defaults,
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&EventType> {
        let at = self
            .types
            .binary_search_by(|one| one.name.as_str().cmp(name));
        self.types.get(at.ok()?)
    }
}

impl EventType {
    /// The version of this name.
    #[must_use]
    pub fn get(&self, version: &str) -> Option<&CatalogEntry> {
        self.versions.iter().find(|one| one.version == version)
    }

    /// The name that the next version would have.
    #[must_use]
    pub fn next(&self) -> String {
        let newest = self
            .versions
            .iter()
            .filter_map(|one| order(&one.version).0.first().copied())
            .max();
        newest.map_or_else(|| "1".to_owned(), |newest| (newest + 1).to_string())
    }
}

/// Whether a schema may refer to those of other types.
pub(crate) fn leads_elsewhere(text: &str) -> bool {
    text.contains("\"../")
}

/// All schemas of the folder by their path from the folder of a type, if any refers to another's.
fn elsewhere(sources: &[SchemaSource], parts: &[SchemaPart]) -> BTreeMap<String, Value> {
    let sources = sources
        .iter()
        .map(|one| (&one.event_type, &one.file, &one.text));
    let parts = parts
        .iter()
        .map(|one| (&one.event_type, &one.path, &one.text));
    let all: Vec<_> = sources.chain(parts).collect();
    if !all.iter().any(|(_, _, text)| leads_elsewhere(text)) {
        return BTreeMap::new();
    }
    all.into_iter()
        .filter_map(|(around, path, text)| Some((format!("../{around}/{path}"), parsed(text)?)))
        .collect()
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(without_mark(text)).ok()
}

/// Makes one schema ready. `others` are those it may refer to, by file name.
///
/// # Errors
/// It is not JSON, or no schema.
pub fn ready(
    text: &str,
    avro: bool,
    others: &BTreeMap<String, Value>,
) -> Result<ReadySchemas, Unusable> {
    ready_as(text, avro, None, others)
}

/// Where the schema does not say its draft, it is written in `draft`.
fn ready_as(
    text: &str,
    avro: bool,
    draft: Option<Dialect>,
    others: &BTreeMap<String, Value>,
) -> Result<ReadySchemas, Unusable> {
    let schema: Value = serde_json::from_str(without_mark(text)).map_err(|error| {
        let words =
            json::fault_in(text).map_or_else(|| error.to_string(), |fault| fault.to_string());
        Unusable::new(format!("It is not JSON: {words}."))
    })?;
    if avro || crate::schema::is_avro(&schema) {
        return Avro::new(&schema).map(|avro| ReadySchemas::Avro(Arc::new(avro)));
    }
    let draft = draft.filter(|_| schema.get("$schema").is_none());
    Version::new(schema, draft, others).map(|version| ReadySchemas::Json(Arc::new(version)))
}

/// Versions are ordered by their numbers (`2` before `10`, `1.2` before `1.10`), then by their text.
fn order(version: &str) -> (Vec<u64>, String) {
    let numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect();
    (numbers, version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(version: &str, text: &str) -> SchemaSource {
        SchemaSource {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: text.into(),
        }
    }

    #[test]
    fn references_go_by_the_rules_of_addresses_within_the_folder() {
        let mut sources = vec![
            source(
                "1",
                r#"{"properties":{"buyer":{"$ref":"../user/1.schema.json#/$defs/name"}}}"#,
            ),
            source(
                "2",
                "\u{feff}{\"properties\":{\"buyer\":{\"$ref\":\"3.schema.json\"}}}",
            ),
            source("3", r#"{"$id":"deep/three.json","$ref":"four.json"}"#),
            source("4", r#"{"$id":"deep/four.json","type":"string"}"#),
            source("5", r#"{"$ref":"../../../etc/passwd"}"#),
        ];
        sources.push(SchemaSource {
            event_type: "user".into(),
            version: "1".into(),
            file: "1.schema.json".into(),
            text: r##"{"$defs":{"name":{"$ref":"#/$defs/text"},"text":{"type":"string"}}}"##.into(),
        });
        let catalog = Catalog::new(PathBuf::from("/x"), sources);
        let one = catalog.get("order.created").unwrap();
        for version in ["1", "2"] {
            let Ok(ReadySchemas::Json(ready)) = &one.get(version).unwrap().ready else {
                panic!("{version}: {:?}", one.get(version).unwrap().ready);
            };
            let fits = |body| ready.validator.is_valid(&body);
            assert!(fits(serde_json::json!({"buyer": "x"})));
            assert!(!fits(serde_json::json!({"buyer": 1})), "{version}");
        }
        assert!(one.get("5").unwrap().ready.is_err());
    }

    #[test]
    fn versions_are_in_their_order_and_a_broken_one_says_why() {
        let sources = vec![source("10", "{}"), source("2", "{"), source("1", "true")];
        let catalog = Catalog::new(PathBuf::from("/x"), sources);
        let one = catalog.get("order.created").unwrap();
        let names: Vec<&str> = one.versions.iter().map(|v| v.version.as_str()).collect();
        assert_eq!(names, ["1", "2", "10"]);
        assert!(
            one.get("2")
                .unwrap()
                .ready
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("not JSON")
        );
        assert_eq!(one.next(), "11");
    }
}
