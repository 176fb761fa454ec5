//! A document's rows as those who write a body ask for them.

use crate::text::json::{RowValue, Rows};

/// The rows directly within one.
pub(crate) fn children(document: &Rows, row: usize) -> Vec<usize> {
    let rows = &document.rows;
    let end = rows[row].end;
    let first = Some(row + 1).filter(|at| *at < end);
    std::iter::successors(first, |at| Some(rows[*at].end).filter(|at| *at < end)).collect()
}

/// What is wrong with a value, as the end of a sentence.
pub(crate) fn expected(what: &str) -> String {
    format!("{what} is expected")
}

/// A number, or the text for one that JSON cannot say.
pub(crate) fn number(value: &RowValue) -> Result<&str, String> {
    match value {
        RowValue::Number(number) => Ok(number),
        RowValue::Text(text) if ["NaN", "inf", "-inf"].contains(&text.as_str()) => Ok(text),
        _ => Err(expected("a number")),
    }
}

/// Where a row stands, as a JSON pointer.
pub(crate) fn pointer(document: &Rows, row: usize) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < row && at < document.rows.len() {
        // The child that the row lies in.
        let mut child = at + 1;
        let mut number = 0;
        while document.rows.get(child).is_some_and(|one| one.end <= row) {
            child = document.rows[child].end;
            number += 1;
        }
        let step = document.rows.get(child).and_then(|one| one.name.clone());
        out.push_str(&format!("/{}", step.unwrap_or_else(|| number.to_string())));
        at = child;
    }
    if out.is_empty() {
        "The document".to_owned()
    } else {
        out
    }
}
