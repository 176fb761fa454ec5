//! What a schema says about the members of an object: by name, by pattern, and about the rest.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::CoverWalk;
use super::facts::Side;

const ANYTHING: &Value = &Value::Bool(true);
const NOTHING: &Value = &Value::Bool(false);

/// One table of members. Several for one object hold together.
#[derive(Debug, Default)]
pub(crate) struct SchemaShape<'x> {
    pub names: BTreeMap<&'x str, &'x Value>,
    pub patterns: Vec<(&'x str, &'x Value)>,
    /// What all others must match.
    pub rest: Option<&'x Value>,
}

/// What could not be told.
pub(crate) struct Unclear;

impl<'x> SchemaShape<'x> {
    fn of(map: &'x Map<String, Value>) -> Self {
        let mut out = Self {
            rest: map.get("additionalProperties"),
            ..Self::default()
        };
        if let Some(Value::Object(table)) = map.get("properties") {
            out.names
                .extend(table.iter().map(|(name, one)| (name.as_str(), one)));
        }
        if let Some(Value::Object(table)) = map.get("patternProperties") {
            out.patterns
                .extend(table.iter().map(|(name, one)| (name.as_str(), one)));
        }
        out
    }

    /// Only members of these names may be there.
    fn closed(names: &'x [Value]) -> Self {
        Self {
            names: names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| (name, ANYTHING))
                .collect(),
            patterns: Vec::new(),
            rest: Some(NOTHING),
        }
    }

    /// What a member of this name must match.
    pub(crate) fn at(
        &self,
        name: &str,
        walk: &mut CoverWalk<'_>,
    ) -> Result<Vec<&'x Value>, Unclear> {
        let mut out: Vec<&Value> = self.names.get(name).copied().into_iter().collect();
        let mut known = !out.is_empty();
        for (source, schema) in &self.patterns {
            match walk.pattern(source).matches(name) {
                Some(true) => {
                    out.push(schema);
                    known = true;
                }
                Some(false) => {}
                None => return Err(Unclear),
            }
        }
        if !known {
            out.extend(self.rest);
        }
        Ok(out)
    }
}

/// The tables that `map` itself gives, not its `allOf`.
pub(crate) fn shapes<'a: 'x, 'x>(
    map: &'x Map<String, Value>,
    side: Side<'a>,
) -> Vec<SchemaShape<'x>> {
    let mut out = Vec::new();
    let own = SchemaShape::of(map);
    if !own.names.is_empty() || !own.patterns.is_empty() || own.rest.is_some() {
        out.push(own);
    }
    if let Some(Value::Array(names)) = map
        .get("propertyNames")
        .and_then(|names| side.meant(names).get("enum"))
    {
        out.push(SchemaShape::closed(names));
    }
    out
}
