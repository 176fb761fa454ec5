//! The drafts of JSON Schema and which keywords each knows. A keyword that a draft does not know
//! says nothing in it, and comparing it would be comparing prose.

use serde_json::Value;

/// A draft of JSON Schema, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// draft-04.
    Four,
    /// draft-06.
    Six,
    /// draft-07.
    Seven,
    /// 2019-09.
    Nineteen,
    /// 2020-12.
    Twenty,
}

impl Dialect {
    /// By `$schema`; without it by what only an older draft allows; otherwise 2020-12.
    #[must_use]
    pub fn of(schema: &Value) -> Self {
        schema
            .get("$schema")
            .and_then(Value::as_str)
            .and_then(Self::named)
            .unwrap_or_else(|| Self::guessed(schema))
    }

    /// By its address or its short name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            ("draft-04", Self::Four),
            ("draft-06", Self::Six),
            ("draft-07", Self::Seven),
            ("2019-09", Self::Nineteen),
            ("2020-12", Self::Twenty),
        ]
        .into_iter()
        .find_map(|(part, draft)| name.contains(part).then_some(draft))
    }

    /// Short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Four => "draft-04",
            Self::Six => "draft-06",
            Self::Seven => "draft-07",
            Self::Nineteen => "2019-09",
            Self::Twenty => "2020-12",
        }
    }

    /// What `$schema` says.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Self::Four => "http://json-schema.org/draft-04/schema#",
            Self::Six => "http://json-schema.org/draft-06/schema#",
            Self::Seven => "http://json-schema.org/draft-07/schema#",
            Self::Nineteen => "https://json-schema.org/draft/2019-09/schema",
            Self::Twenty => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    fn guessed(schema: &Value) -> Self {
        let mut guess = Self::Twenty;
        let mut open = vec![schema];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(map) => {
                    if map.get("exclusiveMinimum").is_some_and(Value::is_boolean)
                        || map.get("exclusiveMaximum").is_some_and(Value::is_boolean)
                    {
                        return Self::Four;
                    }
                    if map.get("items").is_some_and(Value::is_array)
                        || map.get("dependencies").is_some_and(Value::is_object)
                        || map.get("additionalItems").is_some()
                    {
                        guess = Self::Seven;
                    }
                    open.extend(map.values());
                }
                Value::Array(list) => open.extend(list),
                _ => {}
            }
        }
        guess
    }

    /// Whether `keyword` says something in this draft.
    #[must_use]
    pub(crate) fn knows(self, keyword: &str) -> bool {
        match keyword {
            "const" | "contains" | "propertyNames" | "examples" => self >= Self::Six,
            "if" | "then" | "else" | "contentEncoding" | "contentMediaType" => self >= Self::Seven,
            "dependentRequired"
            | "dependentSchemas"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "minContains"
            | "maxContains"
            | "$anchor"
            | "contentSchema" => self >= Self::Nineteen,
            "prefixItems" | "$dynamicRef" | "$dynamicAnchor" => self >= Self::Twenty,
            "additionalItems" => self <= Self::Nineteen,
            // Still read by validators of the later drafts, for compatibility.
            _ => true,
        }
    }
}
