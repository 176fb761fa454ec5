//! AMQP 0-9-1 field values, kept with their exact wire type.
//!
//! A header that arrives as a 16-bit integer must leave as a 16-bit integer, so nothing here is
//! ever folded into "a number" or "a string".

use std::fmt;
use std::hash::{Hash as _, Hasher};

use crate::text::timestamp;
pub use crate::text::timestamp::{read as parse_timestamp, text as timestamp_text};

/// A field table: names and values in the order they are sent.
pub type FieldTable = Vec<(String, FieldValue)>;

/// One value of a header table, by its wire type (AMQP 0-9-1 section 4.2.5 with RabbitMQ's errata:
/// `s` is a signed 16-bit integer, `x` a byte array).
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// `t`, a boolean.
    Bool(bool),
    /// `b`, a signed 8-bit integer.
    I8(i8),
    /// `B`, an unsigned 8-bit integer.
    U8(u8),
    /// `s`, a signed 16-bit integer.
    I16(i16),
    /// `u`, an unsigned 16-bit integer.
    U16(u16),
    /// `I`, a signed 32-bit integer.
    I32(i32),
    /// `i`, an unsigned 32-bit integer.
    U32(u32),
    /// `l`, a signed 64-bit integer.
    I64(i64),
    /// `f`, a 32-bit float.
    F32(f32),
    /// `d`, a 64-bit float.
    F64(f64),
    /// `D`, a decimal: `value` divided by ten to the power of `scale`.
    Decimal {
        /// Number of digits behind the point.
        scale: u8,
        /// The digits. The wire type is 32 bits; clients differ on its sign.
        value: u32,
    },
    /// `S`, a long string that is valid UTF-8.
    Text(String),
    /// `S`, a long string that is not valid UTF-8, kept byte for byte.
    RawText(Vec<u8>),
    /// `A`, an array.
    Array(Vec<FieldValue>),
    /// `T`, a timestamp in seconds since 1970-01-01T00:00:00Z.
    Timestamp(u64),
    /// `F`, a nested table.
    Table(FieldTable),
    /// `x`, a byte array.
    Bytes(Vec<u8>),
    /// `V`, no value.
    Void,
}

impl FieldValue {
    /// The value's type as the person sees it, beside each header.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::I8(_) => "int8",
            Self::U8(_) => "uint8",
            Self::I16(_) => "int16",
            Self::U16(_) => "uint16",
            Self::I32(_) => "int32",
            Self::U32(_) => "uint32",
            Self::I64(_) => "int64",
            Self::F32(_) => "float",
            Self::F64(_) => "double",
            Self::Decimal { .. } => "decimal",
            Self::Text(_) => "string",
            Self::RawText(_) => "string (not UTF-8)",
            Self::Array(_) => "array",
            Self::Timestamp(_) => "timestamp",
            Self::Table(_) => "table",
            Self::Bytes(_) => "bytes",
            Self::Void => "void",
        }
    }

    /// Hashes the value with its type. Floats are taken by their bits, so that each is equal to
    /// itself. Recurses as deep as the value nests, which the size of a frame bounds.
    pub fn hash_into(&self, to: &mut impl Hasher) {
        std::mem::discriminant(self).hash(to);
        match self {
            Self::Bool(value) => value.hash(to),
            Self::I8(value) => value.hash(to),
            Self::U8(value) => value.hash(to),
            Self::I16(value) => value.hash(to),
            Self::U16(value) => value.hash(to),
            Self::I32(value) => value.hash(to),
            Self::U32(value) => value.hash(to),
            Self::I64(value) => value.hash(to),
            Self::F32(value) => value.to_bits().hash(to),
            Self::F64(value) => value.to_bits().hash(to),
            Self::Decimal { scale, value } => (scale, value).hash(to),
            Self::Text(text) => text.hash(to),
            Self::RawText(bytes) | Self::Bytes(bytes) => bytes.hash(to),
            Self::Timestamp(seconds) => seconds.hash(to),
            Self::Array(values) => {
                values.len().hash(to);
                for value in values {
                    value.hash_into(to);
                }
            }
            Self::Table(table) => {
                table.len().hash(to);
                for (name, value) in table {
                    name.hash(to);
                    value.hash_into(to);
                }
            }
            Self::Void => {}
        }
    }

    /// The text of a string value, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a signed number, for every integer type that fits and for timestamps.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        Some(match self {
            Self::I8(v) => i64::from(*v),
            Self::U8(v) => i64::from(*v),
            Self::I16(v) => i64::from(*v),
            Self::U16(v) => i64::from(*v),
            Self::I32(v) => i64::from(*v),
            Self::U32(v) => i64::from(*v),
            Self::I64(v) => *v,
            Self::Timestamp(v) => i64::try_from(*v).ok()?,
            _ => return None,
        })
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(v) => write!(f, "{v}"),
            Self::I8(v) => write!(f, "{v}"),
            Self::U8(v) => write!(f, "{v}"),
            Self::I16(v) => write!(f, "{v}"),
            Self::U16(v) => write!(f, "{v}"),
            Self::I32(v) => write!(f, "{v}"),
            Self::U32(v) => write!(f, "{v}"),
            Self::I64(v) => write!(f, "{v}"),
            Self::F32(v) => write!(f, "{v}"),
            Self::F64(v) => write!(f, "{v}"),
            Self::Decimal { scale, value } => f.write_str(&decimal_text(*scale, *value)),
            Self::Text(text) => f.write_str(text),
            Self::RawText(bytes) | Self::Bytes(bytes) => {
                for byte in bytes.iter().take(64) {
                    write!(f, "{byte:02x}")?;
                }
                if bytes.len() > 64 {
                    write!(f, "… ({} bytes)", bytes.len())?;
                }
                Ok(())
            }
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Timestamp(number) => f.write_str(&timestamp::words(*number)),
            Self::Table(table) => {
                f.write_str("{")?;
                for (index, (name, value)) in table.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{name}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Void => f.write_str("no value"),
        }
    }
}

fn decimal_text(scale: u8, value: u32) -> String {
    let digits = format!("{value:0>width$}", width = usize::from(scale) + 1);
    if scale == 0 {
        return digits;
    }
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    format!("{whole}.{fraction}")
}

/// The header types that can be typed in as one line of text. The others (tables, arrays, bytes,
/// …) are carried unchanged.
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
    /// No value; the text is ignored.
    Void,
}

impl FieldType {
    /// All of them, in the order a menu shows them.
    pub const ALL: [Self; 14] = [
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
            Self::Void => "void",
        }
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
            FieldValue::Void,
        ];
        for value in values {
            let kind = FieldType::of(&value).expect("editable");
            assert_eq!(kind.parse(&value.to_string()), Ok(value));
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
    fn nested_values_are_carried_not_edited() {
        assert_eq!(FieldType::of(&FieldValue::Table(vec![])), None);
        assert_eq!(FieldType::of(&FieldValue::RawText(vec![0xff])), None);
    }
}
