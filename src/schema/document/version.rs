//! A schema that can be compared and validated with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::Dialect;
use super::generate::Generator;
use super::normal::Normal;
use super::validate::Validator;
use crate::schema::Unusable;

/// A schema made ready.
#[derive(Debug)]
pub struct Version {
    /// As it was written.
    pub schema: Value,
    pub draft: Dialect,
    pub(crate) normal: Normal,
    /// Validates with the schema as it was written.
    pub validator: Validator,
}

impl Version {
    /// Makes a schema ready. `others` are the schemas that it may refer to, by file name.
    ///
    /// # Errors
    /// It is no schema, or refers to what is not there.
    pub fn new(
        schema: Value,
        draft: Option<Dialect>,
        others: &BTreeMap<String, Value>,
    ) -> Result<Self, Unusable> {
        let draft = draft.unwrap_or_else(|| Dialect::of(&schema));
        let normal = Normal::of(&schema, draft, others)?;
        let validator = Validator::new(&schema, draft, others)?;
        Ok(Self {
            schema,
            draft,
            normal,
            validator,
        })
    }

    /// Events that match, at most `most`; `seed` decides which. None where none was found.
    #[must_use]
    pub fn samples(&self, seed: u64, most: usize) -> Vec<Value> {
        let mut generator = Generator::new(&self.normal, &[], seed);
        let mut out = Vec::new();
        let full = generator.full();
        out.extend(Some(full).filter(|full| self.validator.is_valid(full)));
        for _ in 0..most * 8 {
            if out.len() >= most {
                break;
            }
            let event = generator.next();
            if self.validator.is_valid(&event) {
                out.push(event);
            }
        }
        out.truncate(most);
        out
    }
}
