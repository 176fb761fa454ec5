//! Numbers, texts and header values as bytes: compact, and read back exactly. Only what this
//! module wrote is ever read; all the same, a reader answers `None` instead of going wrong.

use crate::event::amqp::{FieldTable, FieldValue};

/// Appends a number, seven bits a byte, the lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// Takes a number from the front.
pub(super) fn take_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(from, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Takes that many bytes from the front.
pub(super) fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (front, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(front)
}

/// Appends bytes after their count.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Takes bytes with their count.
pub(super) fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = usize::try_from(take_number(from)?).ok()?;
    take(from, count)
}

/// Takes a text with its length.
pub(super) fn take_text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(from)?).ok()
}

/// An id as it is kept: most are UUIDs, which take 16 bytes instead of 36.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id<'a> {
    Text(&'a str),
    Uuid([u8; 16]),
}

impl<'a> Id<'a> {
    /// A UUID only if it reads back as the very same text.
    pub(super) fn of(text: &'a str) -> Self {
        if text.len() == 36
            && let Ok(uuid) = uuid::Uuid::try_parse(text)
            && uuid.hyphenated().encode_lower(&mut [0; 36]) == text
        {
            return Self::Uuid(uuid.into_bytes());
        }
        Self::Text(text)
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        match self {
            // No text has this length: see `put_number`'s counterpart below.
            Self::Uuid(bytes) => {
                out.push(0);
                out.extend_from_slice(&bytes);
            }
            Self::Text(text) => {
                put_number(out, text.len() as u64 + 1);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    pub(super) fn take(from: &mut &'a [u8]) -> Option<Self> {
        let Some(length) = take_number(from)?.checked_sub(1) else {
            return Some(Self::Uuid(take(from, 16)?.try_into().ok()?));
        };
        let text = take(from, usize::try_from(length).ok()?)?;
        Some(Self::Text(std::str::from_utf8(text).ok()?))
    }

    pub(super) fn text(self) -> std::borrow::Cow<'a, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Uuid(bytes) => {
                let uuid = uuid::Uuid::from_bytes(bytes);
                uuid.hyphenated().to_string().into()
            }
        }
    }
}

/// Appends a header value with its type.
pub(super) fn put_value(out: &mut Vec<u8>, value: &FieldValue) {
    let mut fixed = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match value {
        FieldValue::Void => fixed(0, &[]),
        FieldValue::Bool(v) => fixed(1, &[u8::from(*v)]),
        FieldValue::I8(v) => fixed(2, &v.to_le_bytes()),
        FieldValue::U8(v) => fixed(3, &v.to_le_bytes()),
        FieldValue::I16(v) => fixed(4, &v.to_le_bytes()),
        FieldValue::U16(v) => fixed(5, &v.to_le_bytes()),
        FieldValue::I32(v) => fixed(6, &v.to_le_bytes()),
        FieldValue::U32(v) => fixed(7, &v.to_le_bytes()),
        FieldValue::I64(v) => fixed(8, &v.to_le_bytes()),
        FieldValue::F32(v) => fixed(9, &v.to_bits().to_le_bytes()),
        FieldValue::F64(v) => fixed(10, &v.to_bits().to_le_bytes()),
        FieldValue::Timestamp(v) => fixed(11, &v.to_le_bytes()),
        FieldValue::Decimal { scale, value } => {
            fixed(12, &[*scale]);
            out.extend_from_slice(&value.to_le_bytes());
        }
        FieldValue::Text(text) => {
            out.push(13);
            put_bytes(out, text.as_bytes());
        }
        FieldValue::RawText(bytes) => {
            out.push(14);
            put_bytes(out, bytes);
        }
        FieldValue::Bytes(bytes) => {
            out.push(15);
            put_bytes(out, bytes);
        }
        FieldValue::Array(items) => {
            out.push(16);
            put_number(out, items.len() as u64);
            for item in items {
                put_value(out, item);
            }
        }
        FieldValue::Table(table) => {
            out.push(17);
            put_number(out, table.len() as u64);
            for (name, item) in table {
                put_bytes(out, name.as_bytes());
                put_value(out, item);
            }
        }
    }
}

/// Takes a header value with its type.
pub(super) fn take_value(from: &mut &[u8]) -> Option<FieldValue> {
    fn fixed<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
        take(from, N)?.try_into().ok()
    }
    Some(match take(from, 1)?[0] {
        0 => FieldValue::Void,
        1 => FieldValue::Bool(fixed::<1>(from)? != [0]),
        2 => FieldValue::I8(i8::from_le_bytes(fixed(from)?)),
        3 => FieldValue::U8(u8::from_le_bytes(fixed(from)?)),
        4 => FieldValue::I16(i16::from_le_bytes(fixed(from)?)),
        5 => FieldValue::U16(u16::from_le_bytes(fixed(from)?)),
        6 => FieldValue::I32(i32::from_le_bytes(fixed(from)?)),
        7 => FieldValue::U32(u32::from_le_bytes(fixed(from)?)),
        8 => FieldValue::I64(i64::from_le_bytes(fixed(from)?)),
        9 => FieldValue::F32(f32::from_bits(u32::from_le_bytes(fixed(from)?))),
        10 => FieldValue::F64(f64::from_bits(u64::from_le_bytes(fixed(from)?))),
        11 => FieldValue::Timestamp(u64::from_le_bytes(fixed(from)?)),
        12 => FieldValue::Decimal {
            scale: fixed::<1>(from)?[0],
            value: u32::from_le_bytes(fixed(from)?),
        },
        13 => FieldValue::Text(take_text(from)?.to_owned()),
        14 => FieldValue::RawText(take_bytes(from)?.to_vec()),
        15 => FieldValue::Bytes(take_bytes(from)?.to_vec()),
        16 => {
            let count = take_number(from)?;
            let items = (0..count).map(|_| take_value(from));
            FieldValue::Array(items.collect::<Option<_>>()?)
        }
        17 => {
            let count = take_number(from)?;
            let items = (0..count).map(|_| {
                let name = take_text(from)?.to_owned();
                Some((name, take_value(from)?))
            });
            FieldValue::Table(items.collect::<Option<FieldTable>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn values() -> impl Strategy<Value = FieldValue> {
        let leaf = prop_oneof![
            Just(FieldValue::Void),
            any::<bool>().prop_map(FieldValue::Bool),
            any::<i8>().prop_map(FieldValue::I8),
            any::<u16>().prop_map(FieldValue::U16),
            any::<i32>().prop_map(FieldValue::I32),
            any::<u32>().prop_map(FieldValue::U32),
            any::<i64>().prop_map(FieldValue::I64),
            (-1e9f32..1e9).prop_map(FieldValue::F32),
            (-1e9f64..1e9).prop_map(FieldValue::F64),
            any::<u64>().prop_map(FieldValue::Timestamp),
            (any::<u8>(), any::<u32>())
                .prop_map(|(scale, value)| FieldValue::Decimal { scale, value }),
            ".*".prop_map(FieldValue::Text),
            any::<Vec<u8>>().prop_map(FieldValue::RawText),
            any::<Vec<u8>>().prop_map(FieldValue::Bytes),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(FieldValue::Array),
                prop::collection::vec((".*", inner), 0..6).prop_map(FieldValue::Table),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_reads_back_as_it_was(value in values()) {
            let mut out = Vec::new();
            put_value(&mut out, &value);
            let mut from = out.as_slice();
            prop_assert_eq!(take_value(&mut from), Some(value));
            prop_assert!(from.is_empty());
        }

        #[test]
        fn a_number_reads_back_as_it_was(number: u64) {
            let mut out = Vec::new();
            put_number(&mut out, number);
            prop_assert_eq!(take_number(&mut out.as_slice()), Some(number));
        }

        #[test]
        fn strange_bytes_are_no_value_and_no_panic(bytes: Vec<u8>) {
            let _ = take_value(&mut bytes.as_slice());
            let _ = Id::take(&mut bytes.as_slice());
        }
    }

    #[test]
    fn ids_read_back_letter_by_letter() {
        let uuid = "0b7d1f5e-9f3a-4a52-8d0e-6a6f3b1c2d4e";
        for text in [
            uuid,
            &uuid.to_uppercase(),
            &uuid.replace('-', ""),
            "",
            "order-1",
        ] {
            let mut out = Vec::new();
            Id::of(text).put(&mut out);
            let read = Id::take(&mut out.as_slice()).map(|id| id.text().into_owned());
            assert_eq!(read.as_deref(), Some(text));
        }
        assert!(matches!(Id::of(uuid), Id::Uuid(_)));
    }
}
