//! The types of header values that a person can type, and how their text is read.

use super::typed_text;
use super::value::{FieldValue, parse_timestamp};

/// The header types that can be typed in as one line of text: all but a string that is not UTF-8,
/// which is carried unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A UTF-8 long string.
    Text,
    /// A boolean, `true` or `false`.
    Bool,
    /// A signed 8-bit integer.
    I8,
    /// An unsigned 8-bit integer.
    U8,
    /// A signed 16-bit integer.
    I16,
    /// An unsigned 16-bit integer.
    U16,
    /// A signed 32-bit integer.
    I32,
    /// An unsigned 32-bit integer.
    U32,
    /// A signed 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A decimal such as `12.50`.
    Decimal,
    /// Seconds since 1970, or an RFC 3339 date.
    Timestamp,
    /// Bytes in hex.
    Bytes,
    /// An array such as `[1, "a", int8(3)]`.
    Array,
    /// A table such as `{"tries": 3}`.
    Table,
    /// No value; the text is ignored.
    Void,
}

impl FieldType {
    /// All of them, in the order a menu shows them.
    pub const ALL: [Self; 17] = [
        Self::Text,
        Self::Bool,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::F32,
        Self::F64,
        Self::Decimal,
        Self::Timestamp,
        Self::Bytes,
        Self::Array,
        Self::Table,
        Self::Void,
    ];

    /// The name shown in a menu; the same words as [`FieldValue::type_name`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Bool => "bool",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::F32 => "float",
            Self::F64 => "double",
            Self::Decimal => "decimal",
            Self::Timestamp => "timestamp",
            Self::Bytes => "bytes",
            Self::Array => "array",
            Self::Table => "table",
            Self::Void => "void",
        }
    }

    /// True for what a header of Kafka can be: bytes, text as bytes, or nothing.
    #[must_use]
    pub fn is_kafkas(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::Void)
    }

    /// What such a text looks like, where that is not plain from the name.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Timestamp => "2026-01-31T12:00:00Z",
            Self::Decimal => "12.50",
            Self::Bytes => "de ad be ef",
            Self::Array => r#"[1, "a", int8(3)]"#,
            Self::Table => r#"{"tries": 3, "at": timestamp(1700000000)}"#,
            _ => "",
        }
    }

    /// A value of this type as the text that reads back as the same value; none if there is no such
    /// text.
    #[must_use]
    pub fn text_of(self, value: &FieldValue) -> Option<String> {
        let text = match value {
            FieldValue::Array(_) | FieldValue::Table(_) => typed_text::write(value)?,
            FieldValue::Bytes(bytes) => typed_text::hex(bytes),
            simple => simple.to_string(),
        };
        (self.parse(&text).as_ref() == Ok(value)).then_some(text)
    }

    /// The type of a value that can be edited as text, or `None` for one that is only carried.
    #[must_use]
    pub fn of(value: &FieldValue) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == value.type_name())
    }

    /// Reads `text` as a value of this type.
    ///
    /// # Errors
    /// Says in words what was expected.
    pub fn parse(self, text: &str) -> Result<FieldValue, String> {
        fn number<T: std::str::FromStr>(text: &str, expected: &str) -> Result<T, String> {
            text.trim()
                .parse()
                .map_err(|_| format!("\"{text}\" is not {expected}"))
        }
        Ok(match self {
            Self::Text => FieldValue::Text(text.to_owned()),
            Self::Bool => FieldValue::Bool(number(text, "true or false")?),
            Self::I8 => FieldValue::I8(number(text, "a number from -128 to 127")?),
            Self::U8 => FieldValue::U8(number(text, "a number from 0 to 255")?),
            Self::I16 => FieldValue::I16(number(text, "a number from -32768 to 32767")?),
            Self::U16 => FieldValue::U16(number(text, "a number from 0 to 65535")?),
            Self::I32 => FieldValue::I32(number(text, "a whole number of 32 bits")?),
            Self::U32 => FieldValue::U32(number(text, "a whole number from 0 to 4294967295")?),
            Self::I64 => FieldValue::I64(number(text, "a whole number of 64 bits")?),
            Self::F32 => FieldValue::F32(number(text, "a number")?),
            Self::F64 => FieldValue::F64(number(text, "a number")?),
            Self::Decimal => parse_decimal(text)?,
            Self::Timestamp => FieldValue::Timestamp(parse_timestamp(text)?),
            Self::Bytes => FieldValue::Bytes(typed_text::read_hex(text)?),
            Self::Array => match typed_text::read(text)? {
                array @ FieldValue::Array(_) => array,
                _ => return Err(format!("\"{text}\" is not an array such as [1, \"a\"]")),
            },
            Self::Table => match typed_text::read(text)? {
                table @ FieldValue::Table(_) => table,
                _ => return Err(format!("\"{text}\" is not a table such as {{\"a\": 1}}")),
            },
            Self::Void => FieldValue::Void,
        })
    }
}

fn parse_decimal(text: &str) -> Result<FieldValue, String> {
    let wrong = || format!("\"{text}\" is not a decimal such as 12.50");
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let value = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
    let scale = u8::try_from(fraction.len()).map_err(|_| wrong())?;
    Ok(FieldValue::Decimal { scale, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_edited_reads_back_as_the_same_value() {
        let values = [
            FieldValue::Text("café".into()),
            FieldValue::Bool(true),
            FieldValue::I8(-7),
            FieldValue::U8(200),
            FieldValue::I16(-300),
            FieldValue::U16(65_535),
            FieldValue::I32(i32::MIN),
            FieldValue::U32(u32::MAX),
            FieldValue::I64(i64::MAX),
            FieldValue::F32(0.1),
            FieldValue::F64(1.0 / 3.0),
            FieldValue::Decimal { scale: 2, value: 5 },
            FieldValue::Decimal {
                scale: 0,
                value: 12,
            },
            FieldValue::Timestamp(1_700_000_000),
            FieldValue::Bytes(vec![0, 255]),
            FieldValue::Array(vec![FieldValue::I8(1), FieldValue::Void]),
            FieldValue::Table(vec![("a".into(), FieldValue::Array(vec![]))]),
            FieldValue::Void,
        ];
        for value in values {
            let kind = FieldType::of(&value).expect("editable");
            let text = kind.text_of(&value).expect("a text");
            assert_eq!(kind.parse(&text), Ok(value));
        }
    }

    #[test]
    fn a_wrong_text_says_what_was_expected() {
        assert_eq!(
            FieldType::U8.parse("300"),
            Err("\"300\" is not a number from 0 to 255".to_owned())
        );
        assert!(FieldType::Timestamp.parse("yesterday").is_err());
        assert!(FieldType::Decimal.parse("1.2.3").is_err());
    }

    #[test]
    fn what_has_no_text_is_carried_not_edited() {
        let nested = FieldValue::Array(vec![FieldValue::RawText(vec![0xff])]);
        assert_eq!(FieldType::Array.text_of(&nested), None);
        assert_eq!(FieldType::F64.text_of(&FieldValue::F64(f64::NAN)), None);
        assert_eq!(FieldType::of(&FieldValue::RawText(vec![0xff])), None);
    }
}
