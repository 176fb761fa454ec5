//! The fields of a payload with their kinds: `data.amount number`.

use std::collections::BTreeSet;

use crate::event::{Event, decode};
use crate::text::json::{self, RowValue};

/// Bytes of an unpacked body that are looked into; of a larger one nothing is told.
const MOST_BODY: usize = 256 * 1024;
/// Fields of an event that are told, and how deep they may lie.
const MOST_FIELDS: usize = 200;
const MOST_DEPTH: usize = 8;

/// The fields of an event, each once.
pub(super) fn fields(event: &Event) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let Ok(opened) = decode::open(&event.body, &event.properties, MOST_BODY) else {
        return fields;
    };
    let mut path: Vec<String> = Vec::new();
    for row in json::rows(opened.text.as_bytes()).rows {
        path.truncate(row.depth.saturating_sub(1));
        if row.depth > 0 {
            // All items of a list are alike.
            path.push(row.name.unwrap_or_else(|| "[]".to_owned()));
        }
        let kind = match row.value {
            RowValue::Object(_) | RowValue::Array(_) => continue,
            RowValue::Text(_) => "text",
            RowValue::Number(_) => "number",
            RowValue::Bool(_) => "true or false",
            RowValue::Null => "null",
        };
        if row.depth <= MOST_DEPTH && fields.len() < MOST_FIELDS {
            fields.insert(format!("{} {kind}", path.join(".").replace(".[]", "[]")));
        }
    }
    fields
}
