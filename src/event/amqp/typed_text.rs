//! Nested header values as one line of text that keeps each type: JSON, with the type written out where
//! JSON has none, as in `{"tries": int8(3), "at": timestamp(1700000000), "tags": ["a", null]}`.
//!
//! A whole number is an int32, or an int64 if it is larger; a number with a point is a double; `null` is
//! a value without a value.

use super::field_type::FieldType;
use super::value::{FieldTable, FieldValue};
use crate::text::json;

/// Deeper values are not read, so that a text from elsewhere cannot use up the stack.
const DEEPEST: usize = 32;

/// Writes a value; none for one that cannot be written as text.
#[must_use]
pub(super) fn write(value: &FieldValue) -> Option<String> {
    Some(match value {
        FieldValue::Text(text) => quoted(text),
        FieldValue::Bool(value) => value.to_string(),
        FieldValue::Void => "null".to_owned(),
        FieldValue::I32(value) => value.to_string(),
        FieldValue::I64(value) if i32::try_from(*value).is_err() => value.to_string(),
        FieldValue::F64(value) if value.is_finite() => format!("{value:?}"),
        FieldValue::Timestamp(seconds) => format!("timestamp({seconds})"),
        FieldValue::Bytes(bytes) => format!("bytes({})", hex(bytes)),
        FieldValue::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(write).collect();
            format!("[{}]", items?.join(", "))
        }
        FieldValue::Table(table) => {
            let member = |(name, value): &(String, FieldValue)| {
                Some(format!("{}: {}", quoted(name), write(value)?))
            };
            let members: Option<Vec<String>> = table.iter().map(member).collect();
            format!("{{{}}}", members?.join(", "))
        }
        FieldValue::RawText(_) => return None,
        simple => format!("{}({simple})", simple.type_name()),
    })
}

/// Bytes as pairs of hex digits.
#[must_use]
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let pairs = bytes
        .iter()
        .map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    pairs.flatten().collect()
}

/// Reads pairs of hex digits, with or without blanks between them.
///
/// # Errors
/// It is something else; in words.
pub(super) fn read_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|char| !char.is_whitespace())
        .map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits
        .filter(|digits| digits.len().is_multiple_of(2))
        .map(|digits| {
            digits
                .chunks(2)
                .map(|pair| pair[0] * 16 + pair[1])
                .collect()
        })
        .ok_or_else(|| format!("\"{text}\" is not bytes in hex such as de ad be ef"))
}

/// Reads a value.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read(text: &str) -> Result<FieldValue, String> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    match reader.next() {
        None => Ok(value),
        Some(_) => Err(reader.wrong("the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// The next character that is no blank, which is not taken.
    fn next(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let is_there = self.next() == Some(wanted);
        self.at += if is_there { wanted.len_utf8() } else { 0 };
        is_there
    }

    fn wrong(&self, expected: &str) -> String {
        let rest: String = self.text[self.at..].chars().take(12).collect();
        match rest.as_str() {
            "" => format!("ends where {expected} is missing"),
            rest => format!("has \"{rest}\" where {expected} is expected"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<FieldValue, String> {
        if depth > DEEPEST {
            return Err(format!("is nested more than {DEEPEST} levels deep"));
        }
        match self.next() {
            Some('{') => self.table(depth).map(FieldValue::Table),
            Some('[') => self.array(depth).map(FieldValue::Array),
            Some('"') => self.string().map(FieldValue::Text),
            Some(_) => self.word(),
            None => Err(self.wrong("a value")),
        }
    }

    fn table(&mut self, depth: usize) -> Result<FieldTable, String> {
        self.takes('{');
        let mut table = FieldTable::new();
        while !self.takes('}') {
            if !table.is_empty() && !self.takes(',') {
                return Err(self.wrong("a comma or }"));
            }
            if self.next() != Some('"') {
                return Err(self.wrong("a name in double quotes"));
            }
            let name = self.string()?;
            if !self.takes(':') {
                return Err(self.wrong("a colon"));
            }
            table.push((name, self.value(depth + 1)?));
        }
        Ok(table)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<FieldValue>, String> {
        self.takes('[');
        let mut items = Vec::new();
        while !self.takes(']') {
            if !items.is_empty() && !self.takes(',') {
                return Err(self.wrong("a comma or ]"));
            }
            items.push(self.value(depth + 1)?);
        }
        Ok(items)
    }

    fn string(&mut self) -> Result<String, String> {
        let bytes = self.text.as_bytes();
        let end = json::string_end(bytes, self.at).unwrap_or(bytes.len());
        let text = json::string(&bytes[self.at..end]);
        let text = text.ok_or_else(|| self.wrong("a text in double quotes"))?;
        self.at = end;
        Ok(text.into_owned())
    }

    /// A number, a literal, or a type with its text in parentheses.
    fn word(&mut self) -> Result<FieldValue, String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
        let word = &rest[..end.unwrap_or(rest.len())];
        let after = &rest[word.len()..];
        if after.starts_with('(')
            && let Some(kind) = FieldType::ALL.into_iter().find(|kind| kind.name() == word)
        {
            let close = after.find(')').ok_or_else(|| self.wrong("a )"))?;
            let value = kind.parse(&after[1..close])?;
            self.at += word.len() + close + 1;
            return Ok(value);
        }
        let value = match word {
            "true" | "false" => FieldValue::Bool(word == "true"),
            "null" => FieldValue::Void,
            _ => number(word).ok_or_else(|| self.wrong("a value"))?,
        };
        self.at += word.len();
        Ok(value)
    }
}

fn number(word: &str) -> Option<FieldValue> {
    if !word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return None;
    }
    if word.contains(['.', 'e', 'E']) {
        return word.parse().ok().map(FieldValue::F64);
    }
    let whole: i64 = word.parse().ok()?;
    Some(i32::try_from(whole).map_or(FieldValue::I64(whole), FieldValue::I32))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_way_of_writing() {
        let text = r#"{"n": 1, "big": 5000000000, "d": 1.5, "small": int8(-3), "at": timestamp(7), "raw": bytes(00ff), "money": decimal(1.20), "list": [true, null, "a\"b", []], "far": int64(1)}"#;
        let value = read(text).expect("a value");
        assert_eq!(write(&value).as_deref(), Some(text));
        let FieldValue::Table(table) = value else {
            panic!("no table")
        };
        let of = |name: &str| {
            table
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, value)| value)
        };
        assert_eq!(of("n"), Some(&FieldValue::I32(1)));
        assert_eq!(of("big"), Some(&FieldValue::I64(5_000_000_000)));
        assert_eq!(of("small"), Some(&FieldValue::I8(-3)));
        assert_eq!(of("raw"), Some(&FieldValue::Bytes(vec![0, 255])));
        assert_eq!(of("far"), Some(&FieldValue::I64(1)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, words) in [
            ("[1, 2", "ends where a comma or ]"),
            ("{a: 1}", "has \"a: 1}\" where a name"),
            ("[1 2]", "has \"2]\" where a comma"),
            ("{\"a\" 1}", "where a colon"),
            ("[int8(300)]", "\"300\" is not"),
            ("[\"a]", "where a text"),
            ("[] x", "where the end"),
            ("[nothing]", "where a value"),
            ("", "ends where a value"),
        ] {
            let fault = read(text).expect_err(text);
            assert!(fault.contains(words), "{text}: {fault}");
        }
        assert!(
            read(&"[".repeat(10_000))
                .expect_err("deep")
                .contains("nested")
        );
        assert_eq!(read_hex("DE ad"), Ok(vec![0xde, 0xad]));
        assert!(read_hex("abc").is_err() && read_hex("x").is_err());
    }
}
