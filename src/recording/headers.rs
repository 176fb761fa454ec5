//! Headers as they stand in a recording: with their types, and no deeper than they can be read back.

use super::error::RecordingError;
use crate::event::amqp::written::headers_text;
use crate::event::amqp::{FieldTable, FieldValue};

/// Deeper headers cannot be read back.
const DEEPEST: usize = 40;

/// The headers as they stand in the file.
pub(crate) fn written(headers: &FieldTable) -> Result<String, RecordingError> {
    if is_deeper(headers, DEEPEST) {
        return Err(RecordingError::Unwritable(format!(
            "An event has headers that nest more than {DEEPEST} levels deep, which a recording does \
             not take"
        )));
    }
    headers_text(headers).map_err(|error| RecordingError::Unwritable(error.to_string()))
}

/// True if values nest more deeply. A list of what is still to be seen instead of recursion.
fn is_deeper(headers: &FieldTable, most: usize) -> bool {
    let mut open: Vec<(&FieldValue, usize)> = headers.iter().map(|(_, value)| (value, 1)).collect();
    while let Some((value, depth)) = open.pop() {
        if depth > most {
            return true;
        }
        match value {
            FieldValue::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            FieldValue::Table(table) => {
                open.extend(table.iter().map(|(_, value)| (value, depth + 1)));
            }
            _ => {}
        }
    }
    false
}
