//! The bytes whose hash is the content of a message. The journal keeps the hash, so these bytes are a
//! format on the disk: they do not follow the types in memory, and nothing here is ever changed.
//! What is added to a message later must leave the bytes of those that lack it as they are.
//!
//! One after the other, each number in 64 bits with the lowest byte first:
//!
//! 1. the number 6, and six texts that may be missing: content type, content encoding, correlation
//!    id, message id, type, app id. A missing one is the number 0; one that is there is the number 1,
//!    its UTF-8, and the byte `ff`,
//! 2. the timestamp: the number 0 if it is missing, else the number 1 and the timestamp,
//! 3. the headers as a text, and the byte `ff`,
//! 4. the number of bytes of the body, and the body.
//!
//! The text of the headers is `[("name", VALUE), ("name", VALUE)]`, and `[]` without any. A value is
//!
//! - `Bool(true)`, `I8(-1)`, `U8(1)`, `I16(-1)`, `U16(1)`, `I32(-1)`, `U32(1)`, `I64(-1)`,
//!   `Timestamp(1)`, `Decimal { scale: 2, value: 1250 }`, `Void`,
//! - `F32(0.1)`, `F64(1e16)`: the fewest digits that mean this number, as Rust writes them with
//!   `{:?}`; `NaN`, `inf`, `-inf`,
//! - `Text("…")`, with the escapes of [`quote`],
//! - `RawText([255, 0])`, `Bytes([])`: each byte as a number,
//! - `Array([VALUE, VALUE])`, `Table([("name", VALUE)])`.

use std::fmt::{self, Write};

use crate::event::amqp::{FieldValue, Properties};

/// Ends a text: no UTF-8 has this byte.
const END: u8 = 0xff;

/// The hash of a message with these headers, and of its properties those that stay.
pub(crate) fn hash(properties: &Properties, headers: &[&(String, FieldValue)], body: &[u8]) -> u64 {
    let mut to = Fnv::default();
    let texts = [
        &properties.content_type,
        &properties.content_encoding,
        &properties.correlation_id,
        &properties.message_id,
        &properties.message_type,
        &properties.app_id,
    ];
    to.number(texts.len() as u64);
    for text in texts {
        match text {
            None => to.number(0),
            Some(text) => {
                to.number(1);
                to.bytes(text.as_bytes());
                to.bytes(&[END]);
            }
        }
    }
    match properties.timestamp {
        None => to.number(0),
        Some(seconds) => {
            to.number(1);
            to.number(seconds);
        }
    }
    // A hash takes whatever is written to it.
    write_headers(&mut to, headers).ok();
    to.bytes(&[END]);
    to.number(body.len() as u64);
    to.bytes(body);
    to.0
}

fn write_headers(to: &mut impl Write, headers: &[&(String, FieldValue)]) -> fmt::Result {
    list(to, headers, |to, (name, value)| pair(to, name, value))
}

fn list<W: Write, T>(
    to: &mut W,
    items: &[T],
    write: impl Fn(&mut W, &T) -> fmt::Result,
) -> fmt::Result {
    to.write_char('[')?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            to.write_str(", ")?;
        }
        write(to, item)?;
    }
    to.write_char(']')
}

fn pair(to: &mut impl Write, name: &str, header: &FieldValue) -> fmt::Result {
    to.write_char('(')?;
    quote(to, name)?;
    to.write_str(", ")?;
    value(to, header)?;
    to.write_char(')')
}

/// Recurses as deep as the value nests, which the size of a frame bounds.
fn value(to: &mut impl Write, header: &FieldValue) -> fmt::Result {
    match header {
        FieldValue::Bool(it) => write!(to, "Bool({it})"),
        FieldValue::I8(it) => write!(to, "I8({it})"),
        FieldValue::U8(it) => write!(to, "U8({it})"),
        FieldValue::I16(it) => write!(to, "I16({it})"),
        FieldValue::U16(it) => write!(to, "U16({it})"),
        FieldValue::I32(it) => write!(to, "I32({it})"),
        FieldValue::U32(it) => write!(to, "U32({it})"),
        FieldValue::I64(it) => write!(to, "I64({it})"),
        FieldValue::F32(it) => write!(to, "F32({it:?})"),
        FieldValue::F64(it) => write!(to, "F64({it:?})"),
        FieldValue::Decimal { scale, value } => {
            write!(to, "Decimal {{ scale: {scale}, value: {value} }}")
        }
        FieldValue::Timestamp(it) => write!(to, "Timestamp({it})"),
        FieldValue::Void => to.write_str("Void"),
        FieldValue::Text(text) => {
            to.write_str("Text(")?;
            quote(to, text)?;
            to.write_char(')')
        }
        FieldValue::RawText(bytes) => numbers(to, "RawText", bytes),
        FieldValue::Bytes(bytes) => numbers(to, "Bytes", bytes),
        FieldValue::Array(values) => {
            to.write_str("Array(")?;
            list(to, values, |to, one| value(to, one))?;
            to.write_char(')')
        }
        FieldValue::Table(table) => {
            to.write_str("Table(")?;
            list(to, table, |to, (name, one)| pair(to, name, one))?;
            to.write_char(')')
        }
    }
}

fn numbers(to: &mut impl Write, kind: &str, bytes: &[u8]) -> fmt::Result {
    write!(to, "{kind}(")?;
    list(to, bytes, |to, byte| write!(to, "{byte}"))?;
    to.write_char(')')
}

/// A text between quotation marks. `"`, `\`, tab, line feed, carriage return and zero have a stroke
/// before them (`\t`, `\n`, `\r`, `\0`), other characters that cannot be seen by themselves are
/// written `\u{1b}`. Which those are beyond ASCII the standard library's table of Unicode says
/// ([`char::escape_debug`]): when it learns of a new character, a message with that one in a header
/// is not known again once. All others stay as they are.
fn quote(to: &mut impl Write, text: &str) -> fmt::Result {
    to.write_char('"')?;
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let is_plain = matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
        if is_plain {
            continue;
        }
        to.write_str(&text[plain..at])?;
        write!(to, "{}", character.escape_debug())?;
        plain = at + character.len_utf8();
    }
    to.write_str(&text[plain..])?;
    to.write_char('"')
}

/// FNV-1a with 64 bits (draft-eastlake-fnv): the standard library's own hash may change from
/// version to version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

// `tests/golden.rs` compares the hashes of twenty messages with those that version 0.1.0 gave.
#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(headers: &[(String, FieldValue)]) -> String {
        let mut text = String::new();
        write_headers(&mut text, &headers.iter().collect::<Vec<_>>()).unwrap();
        text
    }

    #[test]
    fn the_number_is_that_of_every_run() {
        let mut hasher = Fnv::default();
        hasher.bytes(b"foobar");
        assert_eq!(hasher.0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn headers_are_written_as_the_format_says() {
        let value = |value| vec![("a".to_owned(), value)];
        let inner = value(FieldValue::Array(vec![
            FieldValue::F32(0.1),
            FieldValue::F64(1e16),
            FieldValue::F64(f64::NEG_INFINITY),
            FieldValue::RawText(vec![255, 0]),
        ]));
        let headers = [
            value(FieldValue::Table(inner)),
            value(FieldValue::Decimal { scale: 2, value: 5 }),
            value(FieldValue::Text("it's \"é\"\n\u{1b}".to_owned())),
        ]
        .concat();
        assert_eq!(
            text_of(&headers),
            r#"[("a", Table([("a", Array([F32(0.1), F64(1e16), F64(-inf), RawText([255, 0])]))])), ("a", Decimal { scale: 2, value: 5 }), ("a", Text("it's \"é\"\n\u{1b}"))]"#
        );
        assert_eq!(text_of(&[]), "[]");
    }

    #[test]
    fn every_character_is_quoted_as_it_was() {
        // Until now a text was written as `{:?}` writes it.
        let mut quoted = String::new();
        for character in '\0'..=char::MAX {
            let text = format!("a{character}b{character}");
            quoted.clear();
            quote(&mut quoted, &text).unwrap();
            assert_eq!(quoted, format!("{text:?}"), "{:x}", u32::from(character));
            quoted.clear();
            let alone = character.to_string();
            quote(&mut quoted, &alone).unwrap();
            assert_eq!(quoted, format!("{alone:?}"), "{:x}", u32::from(character));
        }
    }
}
