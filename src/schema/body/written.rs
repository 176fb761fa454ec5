//! Schemas that bodies were written with, as a registry has them, and ready to read with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::compare::protobuf::Protobuf;
use crate::schema::folder::import::registry::avro_of;
use crate::schema::{Avro, is_avro};

/// A schema as it was registered, with all that it refers to: all that must be kept of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenSchema {
    /// `AVRO`, `JSON` or `PROTOBUF`.
    pub kind: String,
    pub text: String,
    /// What it refers to, itself and through others, by the names of the references.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
}

/// A schema that a body can be read with.
#[derive(Clone, Debug)]
pub enum BodySchema {
    Avro(Box<Avro>),
    Protobuf(Box<Protobuf>),
    /// JSON as it stands; its schema judges it elsewhere.
    Json,
}

impl BodySchema {
    /// The name shown to the person.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Avro(_) => "Avro",
            Self::Protobuf(_) => "Protobuf",
            Self::Json => "JSON",
        }
    }
}

impl WrittenSchema {
    /// A text whose kind is not told: Apicurio's own API gives it bare.
    #[must_use]
    pub fn guessed(text: String) -> Self {
        let kind = match serde_json::from_str::<Value>(&text) {
            Ok(schema) if is_avro(&schema) => "AVRO",
            Ok(_) => "JSON",
            Err(_) => "PROTOBUF",
        };
        Self {
            kind: kind.to_owned(),
            text,
            parts: BTreeMap::new(),
        }
    }

    /// Ready to read with.
    ///
    /// # Errors
    /// It cannot be used; in words.
    pub fn ready(&self) -> Result<BodySchema, String> {
        match self.kind.as_str() {
            "AVRO" => {
                let schema = avro_of(&self.text, &self.parts)?;
                let avro = Avro::new(&schema).map_err(|error| error.to_string())?;
                Ok(BodySchema::Avro(Box::new(avro)))
            }
            "PROTOBUF" => {
                let schema = Protobuf::new(&self.text, &self.parts);
                let schema = schema.map_err(|error| error.to_string())?;
                Ok(BodySchema::Protobuf(Box::new(schema)))
            }
            "JSON" => Ok(BodySchema::Json),
            kind => Err(format!("Schemas of the type {kind} are not read")),
        }
    }

    /// Bytes that keeping it costs, near enough.
    #[must_use]
    pub fn cost(&self) -> usize {
        let parts = self
            .parts
            .iter()
            .map(|(name, text)| name.len() + text.len());
        self.text.len() + parts.sum::<usize>() + 200
    }
}
