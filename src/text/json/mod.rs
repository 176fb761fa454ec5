//! A JSON document as a flat list of rows: what a virtual tree or a pretty print needs.
//!
//! Reading never recurses, numbers stay as they were written (`1.10` is not `1.1`), names stay in
//! order and twice if they came twice, and a document that is cut or broken gives the rows up to
//! the fault together with the fault.

mod count;
mod fault;
mod layout;
mod reading;
mod tokens;

pub use count::count_values;
pub use fault::{JsonFault, fault_in};
pub use layout::pretty_text;
pub(crate) use reading::fault;
pub use reading::{has_half, is_document, mended, string, string_end, trim, value};
pub use tokens::{JsonToken, tokens};

use std::collections::HashSet;

use struson::reader::{JsonReader as _, JsonStreamReader, ReaderError, ReaderSettings, ValueType};

use crate::text::pointer_step::unescaped;

/// Most rows that one document is read into; beyond it the view says that it is shown in part.
pub const MAX_ROWS: usize = 200_000;

/// Why reading stopped at [`MAX_ROWS`].
const TOO_MANY: &str = "There are more values than are shown";

/// What stands on one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowValue {
    /// The start of an object; the number of direct members.
    Object(usize),
    /// The start of an array; the number of direct items.
    Array(usize),
    /// A string, without quotes and with its escapes resolved.
    Text(String),
    /// A number as written.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// One value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonRow {
    /// Nesting depth; the document itself is 0.
    pub depth: usize,
    /// The member's name, if its parent is an object.
    pub name: Option<String>,
    /// The value, or the start of a nested one.
    pub value: RowValue,
    /// Index of the first row that is no longer inside this one.
    pub end: usize,
}

/// The rows of a document, and where reading stopped if it did not reach the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// In document order.
    pub rows: Vec<JsonRow>,
    /// Why there is no more, in words.
    pub stopped: Option<String>,
}

impl Rows {
    /// True if the document has more values than [`MAX_ROWS`].
    #[must_use]
    pub fn are_too_many(&self) -> bool {
        self.stopped.as_deref() == Some(TOO_MANY)
    }

    /// The rows on the way to a JSON pointer (RFC 6901), the document first, as far as it leads. Of
    /// a name that is there twice the last counts.
    #[must_use]
    pub fn way_to(&self, pointer: &str) -> Vec<usize> {
        let mut way: Vec<usize> = (0..self.rows.len().min(1)).collect();
        for step in pointer.split('/').skip(1) {
            let Some(around) = way.last().copied() else {
                break;
            };
            let step = unescaped(step);
            let end = self.rows[around].end;
            let mut children = Vec::new();
            let mut at = around + 1;
            while at < end {
                children.push(at);
                at = self.rows[at].end;
            }
            let found = match self.rows[around].value {
                RowValue::Object(_) => children
                    .into_iter()
                    .rfind(|child| self.rows[*child].name.as_deref() == Some(&*step)),
                RowValue::Array(_) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|number| children.get(number).copied()),
                _ => None,
            };
            match found {
                Some(found) => way.push(found),
                None => break,
            }
        }
        way
    }
}

/// Reads a document into rows.
#[must_use]
pub fn rows(text: &[u8]) -> Rows {
    let mut out = Rows::default();
    let mut open: Vec<usize> = Vec::new();
    let stopped = read(&mended(trim(text)), &mut out.rows, &mut open);
    // Whatever is still open when reading stops ends with the last row.
    let end = out.rows.len();
    for index in open {
        out.rows[index].end = end;
    }
    out.stopped = stopped.err();
    out
}

fn read(text: &[u8], rows: &mut Vec<JsonRow>, open: &mut Vec<usize>) -> Result<(), String> {
    let mut reader = JsonStreamReader::new_custom(
        text,
        ReaderSettings {
            max_nesting_depth: None,
            restrict_number_values: false,
            track_path: false,
            ..ReaderSettings::default()
        },
    );
    loop {
        let mut name = None;
        if let Some(&parent) = open.last() {
            let in_object = matches!(rows[parent].value, RowValue::Object(_));
            if !reader.has_next().map_err(|e| words(&e))? {
                if in_object {
                    reader.end_object()
                } else {
                    reader.end_array()
                }
                .map_err(|e| words(&e))?;
                open.pop();
                rows[parent].end = rows.len();
                if open.is_empty() {
                    break;
                }
                continue;
            }
            if in_object {
                name = Some(reader.next_name().map_err(|e| words(&e))?.to_owned());
            }
            if let RowValue::Object(count) | RowValue::Array(count) = &mut rows[parent].value {
                *count += 1;
            }
        }
        if rows.len() >= MAX_ROWS {
            return Err(TOO_MANY.to_owned());
        }
        let depth = open.len();
        let index = rows.len();
        let value = match reader.peek().map_err(|e| words(&e))? {
            ValueType::Object => {
                reader.begin_object().map_err(|e| words(&e))?;
                open.push(index);
                RowValue::Object(0)
            }
            ValueType::Array => {
                reader.begin_array().map_err(|e| words(&e))?;
                open.push(index);
                RowValue::Array(0)
            }
            ValueType::String => RowValue::Text(reader.next_string().map_err(|e| words(&e))?),
            ValueType::Number => {
                RowValue::Number(reader.next_number_as_string().map_err(|e| words(&e))?)
            }
            ValueType::Boolean => RowValue::Bool(reader.next_bool().map_err(|e| words(&e))?),
            ValueType::Null => {
                reader.next_null().map_err(|e| words(&e))?;
                RowValue::Null
            }
        };
        rows.push(JsonRow {
            depth,
            name,
            value,
            end: index + 1,
        });
        if open.is_empty() {
            break;
        }
    }
    reader.consume_trailing_whitespace().map_err(|e| words(&e))
}

fn words(error: &ReaderError) -> String {
    match error {
        ReaderError::SyntaxError(fault) => {
            let place = fault.location.line_pos.map_or_else(String::new, |at| {
                format!(" at line {}, column {}", at.line + 1, at.column + 1)
            });
            format!("not valid JSON{place}: {:?}", fault.kind)
        }
        other => format!("not valid JSON: {other}"),
    }
}

/// Checks a text that a person types: `Ok` for a whole document, else what is wrong and where.
///
/// # Errors
/// The fault in words, with line and column.
pub fn check(text: &str) -> Result<(), String> {
    fault_in(text).map_or(Ok(()), |fault| Err(fault.to_string()))
}

/// One line of a pretty print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrettyLine {
    /// Indentation in levels.
    pub depth: usize,
    /// The member's name in quotes, or nothing.
    pub name: String,
    /// The value, a bracket, and the comma behind it.
    pub value: String,
    /// True if the value is a string.
    pub is_text: bool,
    /// The row that begins here; a closing bracket begins none.
    pub row: Option<usize>,
}

/// The rows as the lines of a pretty print, brackets and commas included.
#[must_use]
pub fn pretty(document: &Rows) -> Vec<PrettyLine> {
    let rows = &document.rows;
    let mut lines = Vec::with_capacity(rows.len() * 2);
    let mut open: Vec<usize> = Vec::new();
    let comma = |index: usize, open: &[usize]| {
        let last = open
            .last()
            .is_none_or(|&parent| rows[parent].end <= rows[index].end);
        if last { "" } else { "," }
    };
    let mut index = 0;
    while index <= rows.len() {
        while let Some(&parent) = open.last() {
            if index < rows[parent].end {
                break;
            }
            open.pop();
            let bracket = if matches!(rows[parent].value, RowValue::Object(_)) {
                "}"
            } else {
                "]"
            };
            lines.push(PrettyLine {
                depth: rows[parent].depth,
                name: String::new(),
                value: format!("{bracket}{}", comma(parent, &open)),
                is_text: false,
                row: None,
            });
        }
        let Some(row) = rows.get(index) else { break };
        let nested = row.end > index + 1;
        let tail = if nested { "" } else { comma(index, &open) };
        let value = match &row.value {
            RowValue::Object(0) => format!("{{}}{tail}"),
            RowValue::Array(0) => format!("[]{tail}"),
            RowValue::Object(_) => "{".to_owned(),
            RowValue::Array(_) => "[".to_owned(),
            RowValue::Text(text) => format!("{}{tail}", quoted(text)),
            RowValue::Number(number) => format!("{number}{tail}"),
            RowValue::Bool(value) => format!("{value}{tail}"),
            RowValue::Null => format!("null{tail}"),
        };
        lines.push(PrettyLine {
            depth: row.depth,
            name: row
                .name
                .as_deref()
                .map(|name| format!("{}: ", quoted(name)))
                .unwrap_or_default(),
            value,
            is_text: matches!(row.value, RowValue::Text(_)),
            row: Some(index),
        });
        if nested {
            open.push(index);
        }
        index += 1;
    }
    lines
}

/// A name that an object of the document has twice; readers differ about such objects.
#[must_use]
pub fn name_that_is_there_twice(document: &Rows) -> Option<&str> {
    let rows = &document.rows;
    let mut open: Vec<(usize, HashSet<&str>)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        while open.last().is_some_and(|(end, _)| *end <= index) {
            open.pop();
        }
        if let (Some(name), Some((_, names))) = (row.name.as_deref(), open.last_mut())
            && !names.insert(name)
        {
            return Some(name);
        }
        if row.end > index + 1 {
            open.push((row.end, HashSet::new()));
        }
    }
    None
}

fn join(lines: &[PrettyLine]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("{}{}{}", "  ".repeat(line.depth), line.name, line.value))
        .collect();
    lines.join("\n")
}

/// One value of the document as text: a string as it is, anything nested pretty printed.
#[must_use]
pub fn value_text(document: &Rows, index: usize) -> String {
    let Some(top) = document.rows.get(index) else {
        return String::new();
    };
    if let RowValue::Text(text) = &top.value {
        return text.clone();
    }
    let inside = document.rows.get(index..top.end).unwrap_or_default();
    let mut rows = inside.to_vec();
    for row in &mut rows {
        row.depth -= top.depth;
        row.end -= index;
    }
    if let Some(first) = rows.first_mut() {
        first.name = None;
    }
    let stopped = None;
    join(&pretty(&Rows { rows, stopped }))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_becomes_rows_that_know_their_extent() {
        let all = rows(br#"{"a": 1.10, "b": [true, null], "a": "x"}"#);
        assert_eq!(all.stopped, None);
        let shape: Vec<_> = all
            .rows
            .iter()
            .map(|r| (r.depth, r.name.as_deref(), r.end))
            .collect();
        assert_eq!(
            shape,
            [
                (0, None, 6),
                (1, Some("a"), 2),
                (1, Some("b"), 5),
                (2, None, 4),
                (2, None, 5),
                (1, Some("a"), 6)
            ]
        );
        assert_eq!(all.rows[0].value, RowValue::Object(3));
        assert_eq!(all.rows[1].value, RowValue::Number("1.10".into()));
    }

    #[test]
    fn a_broken_document_gives_what_stands_before_the_fault() {
        let all = rows(br#"{"a": 1, "b": [2, "#);
        assert_eq!(all.rows.len(), 4);
        assert_eq!(all.rows[0].end, 4);
        assert!(all.stopped.unwrap().starts_with("not valid JSON"));
    }

    #[test]
    fn ten_thousand_levels_do_no_harm() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let all = rows(deep.as_bytes());
        assert_eq!((all.rows.len(), all.stopped.clone()), (10_000, None));
        assert_eq!(pretty(&all).len(), 19_999);
    }

    #[test]
    fn pretty_keeps_numbers_and_order() {
        assert_eq!(
            pretty_text(r#"{"z":1.10,"a":[],"m":{"k":[1,"é\n"]}}"#).unwrap(),
            "{\n  \"z\": 1.10,\n  \"a\": [],\n  \"m\": {\n    \"k\": [\n      1,\n      \"é\\n\"\n    ]\n  }\n}"
        );
        assert_eq!(pretty_text("{oops"), None);
    }

    #[test]
    fn pretty_leaves_strings_as_they_were_written() {
        assert_eq!(
            pretty_text("\u{feff}{\"\\ud83d, {\":\"\\u00e9\\/ :\"}\0").unwrap(),
            "{\n  \"\\ud83d, {\": \"\\u00e9\\/ :\"\n}"
        );
    }

    #[test]
    fn a_name_that_is_there_twice_is_told() {
        let twice = |text: &str| {
            let all = rows(text.as_bytes());
            name_that_is_there_twice(&all).map(str::to_owned)
        };
        assert_eq!(twice(r#"{"a":{"b":1},"b":{"a":1,"b":2}}"#), None);
        assert_eq!(
            twice(r#"[{"a":1},{"a":1,"\u0061":2}]"#).as_deref(),
            Some("a")
        );
        assert_eq!(
            twice(r#"{"x":{"y":{}},"a":[1],"a":1}"#).as_deref(),
            Some("a")
        );
    }

    #[test]
    fn half_a_pair_does_not_end_the_rows() {
        let all = rows(br#"{"title":"sale \ud83d","orderId":"o-1"}"#);
        assert_eq!((all.rows.len(), all.stopped.as_deref()), (3, None));
        assert_eq!(all.rows[1].value, RowValue::Text("sale \u{fffd}".into()));
    }

    #[test]
    fn one_value_is_given_as_text() {
        let all = rows(br#"{"a":{"b":[1,"x"]},"t":"q\"t"}"#);
        assert_eq!(value_text(&all, 2), "[\n  1,\n  \"x\"\n]");
        assert_eq!(value_text(&all, 4), "x");
        assert_eq!(value_text(&all, 5), "q\"t");
        assert_eq!(value_text(&all, 3), "1");
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn pretty_printing_never_changes_the_document(value in any_json()) {
            let text = value.to_string();
            let printed = pretty_text(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
        }
    }
}
