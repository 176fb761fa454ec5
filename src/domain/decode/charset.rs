//! Text in other character sets than UTF-8, where they are simple.

use std::borrow::Cow;

/// The text as UTF-8 and the name of what it was; `None` if it is UTF-8 or not known here.
pub(super) fn to_utf8(bytes: &[u8], declared: Option<&str>) -> Option<(&'static str, String)> {
    let declared = declared.unwrap_or_default();
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return Some(("UTF-16", utf16(rest, u16::from_le_bytes)?));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return Some(("UTF-16", utf16(rest, u16::from_be_bytes)?));
    }
    match declared {
        "utf-16le" => Some(("UTF-16", utf16(bytes, u16::from_le_bytes)?)),
        // Without a mark the standard says: most significant byte first.
        "utf-16" | "utf-16be" => Some(("UTF-16", utf16(bytes, u16::from_be_bytes)?)),
        "iso-8859-1" | "latin1" | "latin-1" => {
            // All of UTF-8's first half is the same in both.
            let text = bytes.iter().copied().map(char::from).collect();
            (!bytes.is_ascii()).then_some(("Latin-1", text))
        }
        _ => None,
    }
}

/// Without UTF-8's byte order mark, which is no part of the text.
pub(super) fn without_mark(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const MARK: &[u8] = &[0xef, 0xbb, 0xbf];
    match bytes {
        Cow::Borrowed(bytes) => bytes.strip_prefix(MARK).unwrap_or(bytes).into(),
        Cow::Owned(mut bytes) => {
            if bytes.starts_with(MARK) {
                bytes.drain(..MARK.len());
            }
            bytes.into()
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let text = String::from_utf16_lossy(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>());
    // Binary data that begins like a mark is full of what no text has.
    (!text.contains(['\0', '\u{fffd}'])).then_some(text)
}
