//! What a registry that speaks Confluent's REST API says, as versions that can be written.

use std::collections::BTreeMap;

use serde_json::Value;

use super::avro_parts::with_parts;
use super::bundle::{BundledDocuments, bundle};
use super::{Incoming, plain, pretty};
use crate::schema::Dialect;

/// A version of a subject, as the registry answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its number.
    pub version: String,
    /// Such as `JSON`; a registry leaves it out for Avro.
    pub kind: String,
    pub text: String,
    /// Other schemas that it refers to.
    pub references: Vec<Reference>,
}

/// A schema that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// How it is referred to.
    pub name: String,
    pub subject: String,
    pub version: u64,
}

impl Registered {
    /// From the answer to `/subjects/SUBJECT/versions/VERSION`.
    #[must_use]
    pub fn read(answer: &Value) -> Option<Self> {
        Some(Self {
            version: answer.get("version")?.as_u64()?.to_string(),
            ..Self::of_id(answer)?
        })
    }

    /// From the answer to `/schemas/ids/ID`, which tells no version.
    #[must_use]
    pub fn of_id(answer: &Value) -> Option<Self> {
        let references = answer.get("references").and_then(Value::as_array);
        let references = references.into_iter().flatten().filter_map(|one| {
            Some(Reference {
                name: one.get("name")?.as_str()?.to_owned(),
                subject: one.get("subject")?.as_str()?.to_owned(),
                version: one.get("version")?.as_u64()?,
            })
        });
        Some(Self {
            version: String::new(),
            kind: answer
                .get("schemaType")
                .and_then(Value::as_str)
                .unwrap_or("AVRO")
                .to_ascii_uppercase(),
            text: answer.get("schema")?.as_str()?.to_owned(),
            references: references.collect(),
        })
    }

    /// As a version that can be written. `parts` are the schemas that it refers to, by name, and
    /// those that they refer to.
    ///
    /// # Errors
    /// It is Protobuf, no JSON, or refers to what is not there; in words.
    pub fn incoming(
        &self,
        subject: &str,
        parts: &BTreeMap<String, String>,
    ) -> Result<Incoming, String> {
        let avro = match self.kind.as_str() {
            "AVRO" => true,
            "JSON" => false,
            kind => return Err(format!("Schemas of the type {kind} are not read")),
        };
        let schema = schema_of(&self.text, avro)?;
        let parsed = parsed(parts)?;
        let text = if parsed.is_empty() && !schema.is_string() {
            // As it was registered, to the letter.
            self.text.clone()
        } else if avro {
            pretty(&with_parts(&schema, &parsed)?)
        } else {
            let mut documents: BundledDocuments<'_> =
                parsed.iter().map(|(name, part)| (*name, part)).collect();
            documents.insert("", &schema);
            pretty(&bundle(&schema, "", true, &documents)?)
        };
        let silent = !avro && schema.get("$schema").is_none();
        Ok(Incoming {
            event_type: event_type(subject),
            version: Some(self.version.clone()),
            avro,
            text,
            subject: Some(subject.to_owned()),
            // What the registry itself takes it for.
            draft: silent.then_some(Dialect::Seven),
            ..Incoming::default()
        })
    }
}

fn schema_of(text: &str, avro: bool) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(schema) => Ok(schema),
        // A name of a plain type may stand there without quotes.
        Err(_) if avro && !text.contains(['{', '[', '"']) => {
            Ok(Value::String(text.trim().to_owned()))
        }
        Err(error) => Err(format!("Its schema is not JSON: {error}")),
    }
}

fn parsed(parts: &BTreeMap<String, String>) -> Result<BTreeMap<&str, Value>, String> {
    let read = |(name, text): (_, &String)| {
        let part: Value = serde_json::from_str(text)
            .map_err(|error| format!("{name}, which it refers to, is not JSON: {error}"))?;
        Ok((name, part))
    };
    parts
        .iter()
        .map(|(name, text)| read((name.as_str(), text)))
        .collect()
}

/// An Avro schema as it was registered, with what it refers to.
///
/// # Errors
/// One of them is no JSON; in words.
pub(crate) fn avro_of(text: &str, parts: &BTreeMap<String, String>) -> Result<Value, String> {
    let schema = schema_of(text, true)?;
    if parts.is_empty() {
        return Ok(schema);
    }
    with_parts(&schema, &parsed(parts)?)
}

/// A subject is named after a topic or a type; the rest of its name says for what it is used.
#[must_use]
pub fn event_type(subject: &str) -> String {
    let bare = subject
        .strip_suffix("-value")
        .or_else(|| subject.strip_suffix("-key"))
        .filter(|bare| !bare.is_empty());
    plain(bare.unwrap_or(subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn registered(answer: &Value) -> Registered {
        Registered::read(answer).unwrap()
    }

    #[test]
    fn the_type_is_the_subject_without_its_use() {
        for (subject, name) in [
            ("order.created-value", "order.created"),
            ("order-key", "order"),
            ("-value", "-value"),
            ("com.acme.Order", "com.acme.Order"),
            (":.team:a/b-value", ":.team:a.b"),
        ] {
            assert_eq!(event_type(subject), name);
        }
    }

    #[test]
    fn json_avro_and_what_is_neither() {
        let json = registered(
            &json!({"version": 3, "schemaType": "JSON", "schema": "{ \"type\":\"object\"}"}),
        );
        let incoming = json.incoming("a-value", &BTreeMap::new()).unwrap();
        assert_eq!(incoming.text, "{ \"type\":\"object\"}");
        assert_eq!(
            (incoming.version.as_deref(), incoming.draft),
            (Some("3"), Some(Dialect::Seven))
        );
        let avro = registered(&json!({"version": 1, "schema": "\"string\""}));
        assert!(avro.incoming("a", &BTreeMap::new()).unwrap().avro);
        let proto =
            registered(&json!({"version": 1, "schemaType": "PROTOBUF", "schema": "message A {}"}));
        assert!(
            proto
                .incoming("a", &BTreeMap::new())
                .unwrap_err()
                .contains("PROTOBUF")
        );
        assert_eq!(Registered::read(&json!({"error_code": 40401})), None);
    }

    #[test]
    fn what_is_referred_to_comes_along() {
        let order = registered(&json!({"version": 1, "schemaType": "JSON",
            "schema": r#"{"properties": {"buyer": {"$ref": "buyer.json"}}}"#,
            "references": [{"name": "buyer.json", "subject": "buyer", "version": 1}]}));
        assert_eq!(order.references[0].subject, "buyer");
        let parts = BTreeMap::from([("buyer.json".to_owned(), r#"{"type": "string"}"#.to_owned())]);
        let text = order.incoming("order", &parts).unwrap().text;
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["properties"]["buyer"]["$ref"], "#/$defs/buyer");
        let avro = registered(&json!({"version": 1,
            "schema": r#"{"type":"record","name":"Order","namespace":"x","fields":[
                {"name":"a","type":["null","Buyer"]},{"name":"b","type":{"type":"array","items":"x.Buyer"}}]}"#}));
        let parts = BTreeMap::from([(
            "x.Buyer".to_owned(),
            r#"{"type":"record","name":"Buyer","namespace":"x","fields":[]}"#.to_owned(),
        )]);
        let text = avro.incoming("order", &parts).unwrap().text;
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["fields"][0]["type"][1]["name"], "Buyer");
        assert_eq!(schema["fields"][1]["type"]["items"], "x.Buyer");
        crate::schema::Avro::new(&schema).unwrap();
    }
}
