//! Where a value stands in a document, written as a filter and a person write it: `data.items[].sku`.

use super::json::{RowValue, Rows};

/// The path of a row. Where a member of the body, `data`, holds the data of the event, a path begins
/// with `data` for what is inside and with `body` for what is beside it; without such a member the
/// whole body is the data.
#[must_use]
pub fn path(document: &Rows, index: usize, data: Option<&str>) -> String {
    let mut steps = Vec::new();
    let mut at = index;
    while let Some(row) = document.rows.get(at) {
        let Some(parent) = parent(document, at) else {
            break;
        };
        steps.push(row.name.as_deref());
        at = parent;
    }
    steps.reverse();
    let (root, rest) = match steps.split_first() {
        Some((&name, rest)) if name.is_some() && name == data => ("data", rest),
        _ if data.is_some() => ("body", &steps[..]),
        _ => ("data", &steps[..]),
    };
    let mut text = root.to_owned();
    for step in rest {
        push_step(&mut text, *step);
    }
    text
}

/// Appends one step: a member's name, or an item whatever its place.
fn push_step(path: &mut String, name: Option<&str>) {
    match name {
        None => path.push_str("[]"),
        Some(name) => {
            path.push('.');
            path.push_str(&name_text(name));
        }
    }
}

/// A name as it stands in a path: bare where that is unambiguous, else in quotes.
#[must_use]
pub fn name_text(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A text in quotes, as a filter has it: of all escapes of JSON only those for quotes, backslashes
/// and ends of lines.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The row that this one is in.
fn parent(document: &Rows, index: usize) -> Option<usize> {
    let depth = document.rows.get(index)?.depth;
    (0..index)
        .rev()
        .find(|&before| document.rows[before].depth < depth)
}

/// Longest value that makes a filter worth reading.
const MAX_VALUE: usize = 300;

/// A filter's clause that lets through events with the same value at the same place; `None` for
/// what cannot be compared so.
#[must_use]
pub fn clause(document: &Rows, index: usize, data: Option<&str>) -> Option<String> {
    let value = match &document.rows.get(index)?.value {
        RowValue::Object(_) | RowValue::Array(_) => return None,
        RowValue::Text(text) => quoted(text),
        RowValue::Number(number) => number.clone(),
        RowValue::Bool(value) => value.to_string(),
        RowValue::Null => "null".to_owned(),
    };
    let path = path(document, index, data);
    (path.len() + value.len() <= MAX_VALUE).then(|| format!("{path}:{value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::json::rows;

    const DOCUMENT: &[u8] =
        br#"{"id":"e-1","data":{"odd key":{"a.b":1},"items":[{"sku":"x\"y"}],"ok":true},"n":null}"#;

    #[track_caller]
    fn check(data: Option<&str>, expected: &[&str]) {
        let document = rows(DOCUMENT);
        let clauses: Vec<String> = (0..document.rows.len())
            .filter_map(|index| clause(&document, index, data))
            .collect();
        assert_eq!(clauses, expected);
    }

    #[test]
    fn a_value_becomes_a_clause_with_its_path() {
        check(
            Some("data"),
            &[
                r#"body.id:"e-1""#,
                r#"data."odd key"."a.b":1"#,
                r#"data.items[].sku:"x\"y""#,
                "data.ok:true",
                "body.n:null",
            ],
        );
    }

    #[test]
    fn without_an_envelope_the_whole_body_is_the_data() {
        check(
            None,
            &[
                r#"data.id:"e-1""#,
                r#"data.data."odd key"."a.b":1"#,
                r#"data.data.items[].sku:"x\"y""#,
                "data.data.ok:true",
                "data.n:null",
            ],
        );
        let list = rows(b"[[1]]");
        assert_eq!(path(&list, 2, None), "data[][]");
        assert_eq!(path(&list, 0, Some("data")), "body");
    }

    #[test]
    fn a_framework_has_a_name_of_its_own_for_the_data() {
        let bus = rows(br#"{"messageId":"m","message":{"n":1}}"#);
        let paths = [1, 2, 3].map(|index| path(&bus, index, Some("message")));
        assert_eq!(paths, ["body.messageId", "data", "data.n"]);
    }

    #[test]
    fn depth_does_no_harm() {
        let deep = rows("[".repeat(20_000).as_bytes());
        assert_eq!(path(&deep, deep.rows.len() - 1, None).len(), 4 + 2 * 19_999);
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(5_000));
        assert_eq!(clause(&rows(long.as_bytes()), 1, None), None);
    }
}
