//! CBOR (RFC 8949), item by item.

use std::borrow::Cow;

use super::transcode::{Cursor, Stop, TranscodedItem, float, float32};

/// The tag that says "this is CBOR", in front of a document.
pub(crate) const MAGIC: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// The next item of a CBOR document.
pub(crate) fn next<'a>(cursor: &mut Cursor<'a>) -> Result<TranscodedItem<'a>, Stop> {
    loop {
        let (major, argument) = head(cursor)?;
        return Ok(match (major, argument) {
            (0, CborArgument::Number(number)) => TranscodedItem::Literal(number.to_string()),
            (1, CborArgument::Number(number)) => {
                TranscodedItem::Literal((-1 - i128::from(number)).to_string())
            }
            (2, CborArgument::Number(length)) => TranscodedItem::Bytes(cursor.take(length)?.into()),
            (3, CborArgument::Number(length)) => text(cursor.take(length)?.into()),
            (2 | 3, CborArgument::Unknown) => chunks(cursor, major)?,
            (4, CborArgument::Number(length)) => TranscodedItem::Array(Some(length)),
            (4, CborArgument::Unknown) => TranscodedItem::Array(None),
            (5, CborArgument::Number(pairs)) => TranscodedItem::Map(Some(pairs)),
            (5, CborArgument::Unknown) => TranscodedItem::Map(None),
            // What these say stands in the value itself: dates, links, "this is CBOR".
            (6, CborArgument::Number(0 | 1 | 21..=23 | 32..=36 | 55_799)) => continue,
            (6, CborArgument::Number(tag @ (2 | 3))) => big_number(cursor, tag)?,
            (6, CborArgument::Number(tag)) => TranscodedItem::Tag(tag),
            (7, CborArgument::Unknown) => TranscodedItem::Break,
            (7, CborArgument::Number(20)) => TranscodedItem::Literal("false".to_owned()),
            (7, CborArgument::Number(21)) => TranscodedItem::Literal("true".to_owned()),
            (7, CborArgument::Number(22)) => TranscodedItem::Literal("null".to_owned()),
            (7, CborArgument::Number(23)) => TranscodedItem::Text("undefined".into()),
            (7, CborArgument::Number(value)) => {
                TranscodedItem::Text(format!("simple value {value}").into())
            }
            (7, CborArgument::Half(bits)) => float(half(bits)),
            (7, CborArgument::Single(bits)) => float32(f32::from_bits(bits)),
            (7, CborArgument::Double(bits)) => float(f64::from_bits(bits)),
            _ => return Err(Stop::Wrong("a length is missing")),
        });
    }
}

enum CborArgument {
    Number(u64),
    Unknown,
    Half(u16),
    Single(u32),
    Double(u64),
}

fn head(cursor: &mut Cursor<'_>) -> Result<(u8, CborArgument), Stop> {
    let first = cursor.take(1)?.first().copied().unwrap_or_default();
    let (major, short) = (first >> 5, first & 0x1f);
    let argument = match short {
        0..=23 => CborArgument::Number(u64::from(short)),
        24..=27 => {
            let number = cursor.number(1 << (short - 24))?;
            match (major, short) {
                (7, 25) => CborArgument::Half(u16::try_from(number).unwrap_or_default()),
                (7, 26) => CborArgument::Single(u32::try_from(number).unwrap_or_default()),
                (7, 27) => CborArgument::Double(number),
                _ => CborArgument::Number(number),
            }
        }
        31 => CborArgument::Unknown,
        _ => return Err(Stop::Wrong("a length of a kind that does not exist")),
    };
    Ok((major, argument))
}

fn text(bytes: Cow<'_, [u8]>) -> TranscodedItem<'_> {
    match bytes {
        Cow::Borrowed(bytes) => TranscodedItem::Text(String::from_utf8_lossy(bytes)),
        Cow::Owned(bytes) => {
            TranscodedItem::Text(String::from_utf8_lossy(&bytes).into_owned().into())
        }
    }
}

/// A string in pieces: together they are no longer than the input.
fn chunks<'a>(cursor: &mut Cursor<'a>, major: u8) -> Result<TranscodedItem<'a>, Stop> {
    let mut all = Vec::new();
    loop {
        match head(cursor)? {
            (7, CborArgument::Unknown) => break,
            (kind, CborArgument::Number(length)) if kind == major => {
                all.extend_from_slice(cursor.take(length)?);
            }
            _ => return Err(Stop::Wrong("a piece of a string is no string")),
        }
    }
    Ok(if major == 3 {
        text(all.into())
    } else {
        TranscodedItem::Bytes(all.into())
    })
}

/// An integer of any size. Those beyond 15 bytes stay bytes.
fn big_number<'a>(cursor: &mut Cursor<'a>, tag: u64) -> Result<TranscodedItem<'a>, Stop> {
    let before = cursor.at;
    if let (2, CborArgument::Number(length @ 0..=15)) = head(cursor)? {
        let bytes = cursor.take(length)?;
        let number = bytes.iter().fold(0, |all, b| all << 8 | i128::from(*b));
        let number = if tag == 3 { -1 - number } else { number };
        return Ok(TranscodedItem::Literal(number.to_string()));
    }
    cursor.at = before;
    Ok(TranscodedItem::Tag(tag))
}

fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x03ff);
    sign * match bits >> 10 & 0x1f {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction / 1_024.0) * 2.0_f64.powi(i32::from(exponent) - 15),
    }
}
