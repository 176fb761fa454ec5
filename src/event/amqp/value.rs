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
