//! MessagePack, item by item.

use chrono::DateTime;

use super::transcode::{Cursor, Stop, TranscodedItem, float, float32};

/// The next item of a MessagePack document.
pub(crate) fn next<'a>(cursor: &mut Cursor<'a>) -> Result<TranscodedItem<'a>, Stop> {
    let [marker] = *cursor.take(1)? else {
        return Err(Stop::Ended);
    };
    Ok(match marker {
        0x00..=0x7f => TranscodedItem::Literal(marker.to_string()),
        0x80..=0x8f => TranscodedItem::Map(Some(u64::from(marker & 0x0f))),
        0x90..=0x9f => TranscodedItem::Array(Some(u64::from(marker & 0x0f))),
        0xa0..=0xbf => text(cursor.take(u64::from(marker & 0x1f))?),
        0xc0 => TranscodedItem::Literal("null".to_owned()),
        0xc1 => return Err(Stop::Wrong("the byte c1 has no meaning")),
        0xc2 => TranscodedItem::Literal("false".to_owned()),
        0xc3 => TranscodedItem::Literal("true".to_owned()),
        0xc4..=0xc6 => {
            let length = cursor.number(1 << (marker - 0xc4))?;
            TranscodedItem::Bytes(cursor.take(length)?.into())
        }
        0xc7..=0xc9 => {
            let length = cursor.number(1 << (marker - 0xc7))?;
            extension(cursor, length)?
        }
        0xca => float32(f32::from_bits(narrow(cursor.number(4)?))),
        0xcb => float(f64::from_bits(cursor.number(8)?)),
        0xcc..=0xcf => TranscodedItem::Literal(cursor.number(1 << (marker - 0xcc))?.to_string()),
        0xd0..=0xd3 => {
            let length = 1 << (marker - 0xd0);
            let bits = cursor.number(length)?;
            // The sign stands in the first bit of as many bytes as were sent.
            let unused = 64 - 8 * length;
            TranscodedItem::Literal((bits.cast_signed() << unused >> unused).to_string())
        }
        0xd4..=0xd8 => extension(cursor, 1 << (marker - 0xd4))?,
        0xd9..=0xdb => {
            let length = cursor.number(1 << (marker - 0xd9))?;
            text(cursor.take(length)?)
        }
        0xdc | 0xdd => TranscodedItem::Array(Some(cursor.number(2 << (marker - 0xdc))?)),
        0xde | 0xdf => TranscodedItem::Map(Some(cursor.number(2 << (marker - 0xde))?)),
        0xe0..=0xff => TranscodedItem::Literal(marker.cast_signed().to_string()),
    })
}

/// Old writers put bytes into strings.
fn text(bytes: &[u8]) -> TranscodedItem<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => TranscodedItem::Text(text.into()),
        Err(_) => TranscodedItem::Bytes(bytes.into()),
    }
}

fn extension<'a>(cursor: &mut Cursor<'a>, length: u64) -> Result<TranscodedItem<'a>, Stop> {
    let kind = cursor.take(1)?.first().copied().unwrap_or_default();
    let data = cursor.take(length)?;
    Ok(match (kind.cast_signed(), timestamp(data)) {
        (-1, Some(time)) => TranscodedItem::Text(time.into()),
        (kind, _) => TranscodedItem::Extension(kind, data),
    })
}

/// The one extension that the format itself defines.
fn timestamp(data: &[u8]) -> Option<String> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |all, b| all << 8 | u64::from(*b));
    let (seconds, nanoseconds) = match data.len() {
        4 => (number(data), 0),
        8 => {
            let both = number(data);
            (both & 0x3_ffff_ffff, both >> 34)
        }
        12 => (number(&data[4..]), number(&data[..4])),
        _ => return None,
    };
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    let time = DateTime::from_timestamp(seconds.cast_signed(), nanoseconds)?;
    Some(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

fn narrow(bits: u64) -> u32 {
    u32::try_from(bits).unwrap_or_default()
}
