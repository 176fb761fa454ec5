//! Typed header values as they stand in files. The types in memory may be named and arranged again;
//! these may not, because journals and recordings have been written with them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{FieldTable, FieldValue};

/// A table in its order: `[["n",{"I64":1}],…]`.
pub(crate) type WrittenTable<'a> = Vec<(Cow<'a, str>, WrittenValue<'a>)>;

/// A header's value with its type: `{"I64": 1}`, `{"Text": "a"}`, `"Void"`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum WrittenValue<'a> {
    Bool(bool),
    I8(i8),
    U8(u8),
    I16(i16),
    U16(u16),
    I32(i32),
    U32(u32),
    I64(i64),
    F32(#[serde(with = "exact_f32")] f32),
    F64(#[serde(with = "exact_f64")] f64),
    Decimal { scale: u8, value: u32 },
    Text(Cow<'a, str>),
    RawText(Cow<'a, [u8]>),
    Array(Vec<WrittenValue<'a>>),
    Timestamp(u64),
    Table(WrittenTable<'a>),
    Bytes(Cow<'a, [u8]>),
    Void,
}

/// Floats are kept by their bits, because JSON has no NaN and rounds: `0x3fc00000 (1.5)`. What
/// stands in brackets is for people.
macro_rules! exact_float {
    ($module:ident, $float:ty, $bits:ty) => {
        mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

            pub(super) fn serialize<S: Serializer>(
                value: &$float,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                to.collect_str(&format_args!("{:#x} ({value})", value.to_bits()))
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$float, D::Error> {
                let text = String::deserialize(from)?;
                text.split(' ')
                    .next()
                    .and_then(|bits| bits.strip_prefix("0x"))
                    .and_then(|bits| <$bits>::from_str_radix(bits, 16).ok())
                    .map(<$float>::from_bits)
                    .ok_or_else(|| D::Error::custom("the bits of a float were expected"))
            }
        }
    };
}
exact_float!(exact_f32, f32, u32);
exact_float!(exact_f64, f64, u64);

/// A table as text.
pub(crate) fn headers_text(table: &FieldTable) -> Result<String, serde_json::Error> {
    serde_json::to_string(&written_table(table))
}

/// What such a text says.
pub(crate) fn headers_of(text: &str) -> Result<FieldTable, serde_json::Error> {
    serde_json::from_str(text).map(read_table)
}

/// A table as it is written.
pub(crate) fn written_table(table: &FieldTable) -> WrittenTable<'_> {
    let pairs = table.iter();
    pairs
        .map(|(name, value)| (name.as_str().into(), value.into()))
        .collect()
}

/// What a written table says.
pub(crate) fn read_table(table: WrittenTable<'_>) -> FieldTable {
    let pair = |(name, value): (Cow<'_, str>, WrittenValue<'_>)| (name.into_owned(), value.into());
    table.into_iter().map(pair).collect()
}

impl<'a> From<&'a FieldValue> for WrittenValue<'a> {
    fn from(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Bool(it) => Self::Bool(*it),
            FieldValue::I8(it) => Self::I8(*it),
            FieldValue::U8(it) => Self::U8(*it),
            FieldValue::I16(it) => Self::I16(*it),
            FieldValue::U16(it) => Self::U16(*it),
            FieldValue::I32(it) => Self::I32(*it),
            FieldValue::U32(it) => Self::U32(*it),
            FieldValue::I64(it) => Self::I64(*it),
            FieldValue::F32(it) => Self::F32(*it),
            FieldValue::F64(it) => Self::F64(*it),
            FieldValue::Decimal { scale, value } => Self::Decimal {
                scale: *scale,
                value: *value,
            },
            FieldValue::Text(text) => Self::Text(text.as_str().into()),
            FieldValue::RawText(bytes) => Self::RawText(bytes.as_slice().into()),
            FieldValue::Array(values) => Self::Array(values.iter().map(Self::from).collect()),
            FieldValue::Timestamp(it) => Self::Timestamp(*it),
            FieldValue::Table(table) => Self::Table(written_table(table)),
            FieldValue::Bytes(bytes) => Self::Bytes(bytes.as_slice().into()),
            FieldValue::Void => Self::Void,
        }
    }
}

impl From<WrittenValue<'_>> for FieldValue {
    fn from(written: WrittenValue<'_>) -> Self {
        match written {
            WrittenValue::Bool(it) => Self::Bool(it),
            WrittenValue::I8(it) => Self::I8(it),
            WrittenValue::U8(it) => Self::U8(it),
            WrittenValue::I16(it) => Self::I16(it),
            WrittenValue::U16(it) => Self::U16(it),
            WrittenValue::I32(it) => Self::I32(it),
            WrittenValue::U32(it) => Self::U32(it),
            WrittenValue::I64(it) => Self::I64(it),
            WrittenValue::F32(it) => Self::F32(it),
            WrittenValue::F64(it) => Self::F64(it),
            WrittenValue::Decimal { scale, value } => Self::Decimal { scale, value },
            WrittenValue::Text(text) => Self::Text(text.into_owned()),
            WrittenValue::RawText(bytes) => Self::RawText(bytes.into_owned()),
            WrittenValue::Array(values) => {
                Self::Array(values.into_iter().map(Self::from).collect())
            }
            WrittenValue::Timestamp(it) => Self::Timestamp(it),
            WrittenValue::Table(table) => Self::Table(read_table(table)),
            WrittenValue::Bytes(bytes) => Self::Bytes(bytes.into_owned()),
            WrittenValue::Void => Self::Void,
        }
    }
}
