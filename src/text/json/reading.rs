//! The one way in which a text is read as JSON. Editor, inspector, filter and judge all come through
//! here, so that they cannot disagree about what RFC 8259 leaves open:
//!
//! - A byte order mark in front and NUL bytes behind the document are no part of it (section 8.1
//!   lets a reader ignore the mark; programs written in C send the NUL that ends their strings).
//! - An escape such as `\ud83d` that is half of a character outside the basic plane reads as
//!   U+FFFD, as in most readers (section 8.2 calls the behaviour unpredictable). What is written
//!   stays as it was.
//! - Of members with the same name the last counts (section 4), as in most readers.
//! - A number may be as long as it likes. Where a double must hold it, the largest one stands for
//!   what is larger.
//! - Depth is no fault. Only the value for a schema ends at 128 levels, and says so.

use std::borrow::Cow;

use memchr::memmem;
use serde::de::IgnoredAny;
use serde_json::Value;

/// UTF-8's byte order mark.
const MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// What is read of these bytes: without a byte order mark in front and without NUL bytes (and blanks
/// between them) behind. Applies to any text, not only to JSON.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if bytes.last() != Some(&0) {
        return bytes;
    }
    let is_tail = |byte: &u8| matches!(byte, 0 | b' ' | b'\n' | b'\r' | b'\t');
    let tail = bytes.iter().rev().take_while(|byte| is_tail(byte)).count();
    // Blanks in front of the first NUL belong to the text.
    let (text, tail) = bytes.split_at(bytes.len() - tail);
    let blanks = tail.iter().take_while(|byte| **byte != 0).count();
    &bytes[..text.len() + blanks]
}

/// The same text with each half of a surrogate pair written as `\ufffd`. No place moves.
#[must_use]
pub fn mended(text: &[u8]) -> Cow<'_, [u8]> {
    // Most documents have no escape that could be one.
    let may_be_half =
        memmem::find_iter(text, b"\\u").any(|at| matches!(text.get(at + 2), Some(b'd' | b'D')));
    let mut mended = Cow::Borrowed(text);
    let mut at = 0;
    while may_be_half && let Some(found) = text.get(at..).and_then(|r| memchr::memchr(b'\\', r)) {
        at += found;
        at += match (surrogate(text, at), surrogate(text, at + 6)) {
            (Some(Half::First), Some(Half::Second)) => 12,
            (Some(_), _) => {
                mended.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            (None, _) => 2,
        };
    }
    mended
}

/// True if an escape stands for half of a surrogate pair.
#[must_use]
pub fn has_half(text: &[u8]) -> bool {
    matches!(mended(text), Cow::Owned(_))
}

/// One of the two that together make a character.
enum Half {
    First,
    Second,
}

fn surrogate(text: &[u8], at: usize) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', kind, a, b] = text.get(at..at + 6)? else {
        return None;
    };
    if !a.is_ascii_hexdigit() || !b.is_ascii_hexdigit() {
        return None;
    }
    match kind.to_ascii_lowercase() {
        b'8' | b'9' | b'a' | b'b' => Some(Half::First),
        b'c'..=b'f' => Some(Half::Second),
        _ => None,
    }
}

/// True for a whole document. Costs one pass and never recurses.
#[must_use]
pub fn is_document(bytes: &[u8]) -> bool {
    fault(bytes).is_none()
}

/// What keeps these bytes from being a whole document.
pub(crate) fn fault(bytes: &[u8]) -> Option<serde_json::Error> {
    // What is ignored is not made into text, so halves are no fault; it is skipped without recursion.
    serde_json::from_slice::<IgnoredAny>(trim(bytes)).err()
}

/// The document as a value, for a schema.
///
/// # Errors
/// It is no JSON, or nests more deeply than 128 levels; in words.
pub fn value(bytes: &[u8]) -> Result<Value, String> {
    let text = mended(trim(bytes));
    serde_json::from_slice(&text).or_else(|fault| {
        let bounded = bounded(&text);
        let again = bounded.map(|text| serde_json::from_slice(&text));
        again
            .unwrap_or(Err(fault))
            .map_err(|fault| fault.to_string())
    })
}

/// The text of a string that stands in its quotes; none if it is no string.
#[must_use]
pub fn string(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let [b'"', inside @ .., b'"'] = quoted else {
        return None;
    };
    if !inside.contains(&b'\\') {
        let is_whole = !inside.iter().any(|byte| *byte == b'"' || *byte < 0x20);
        let text = std::str::from_utf8(inside).ok();
        return text.filter(|_| is_whole).map(Cow::Borrowed);
    }
    serde_json::from_slice(&mended(quoted)).ok().map(Cow::Owned)
}

/// The same text with the largest double in the place of each number that is larger; none if there
/// is none.
fn bounded(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut at, mut done) = (0, 0);
    while let Some(byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        let length = match byte {
            b'"' => string_end(text, at)? - at,
            b'-' | b'0'..=b'9' => {
                let is_part =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                rest.iter().take_while(is_part).count()
            }
            _ => 1,
        };
        let number = std::str::from_utf8(rest.get(..length)?).ok();
        let number = number.and_then(|number| number.parse::<f64>().ok());
        // Rust reads more than JSON has: a zero in front, a dot at the end.
        let is_written_well = |part| serde_json::from_slice::<IgnoredAny>(part).is_ok();
        if *byte != b'"'
            && number.is_some_and(f64::is_infinite)
            && rest.get(..length).is_some_and(is_written_well)
        {
            let sign: &[u8] = if *byte == b'-' { b"-" } else { b"" };
            out.extend_from_slice(text.get(done..at)?);
            out.extend_from_slice(sign);
            out.extend_from_slice(b"1.7976931348623157e308");
            done = at + length;
        }
        at += length;
    }
    (done > 0).then(|| {
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        out
    })
}

/// The place after the string that opens at `open`; none if it does not end.
#[must_use]
pub fn string_end(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_mark_in_front_and_nuls_behind_are_no_part_of_a_text() {
        for (bytes, read) in [
            ("\u{feff}{}", "{}"),
            ("{}\0", "{}"),
            ("{}\n\0 \0", "{}\n"),
            ("{} ", "{} "),
            ("\0", ""),
            ("a\0b", "a\0b"),
        ] {
            assert_eq!(trim(bytes.as_bytes()), read.as_bytes(), "{bytes:?}");
        }
    }

    #[test]
    fn half_a_pair_is_one_unknown_character_and_a_whole_pair_stays() {
        let text = |quoted: &str| string(quoted.as_bytes()).map(Cow::into_owned);
        let unknown = |text: &str| text.replace('?', "\u{fffd}");
        for (quoted, expected) in [
            (r#""sale \ud83d""#, "sale ?"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\uDE00\uD83D""#, "??"),
            (r#""\ud83d\ud83d\ude00""#, "?😀"),
            (r#""\ud83d\u0041""#, "?A"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\\\ud83d""#, "\\?"),
        ] {
            assert_eq!(text(quoted).unwrap(), unknown(expected), "{quoted}");
        }
        for broken in [r#""a"b""#, r#""\ud8""#, r#""\x""#, "a", "\"", "\"\n\""] {
            assert_eq!(text(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_value_is_read_whatever_is_left_open() {
        assert_eq!(
            value("\u{feff}{\"a\":1e400,\"b\":-2e999,\"c\":\"1e400\",\"c\":2}\0".as_bytes()),
            Ok(json!({"a": f64::MAX, "b": f64::MIN, "c": 2}))
        );
        assert!(value(br#"{"t":"\ud83d","id":"o-1"}"#).is_ok());
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(is_document(deep.as_bytes()));
        assert!(value(deep.as_bytes()).unwrap_err().contains("recursion"));
        for broken in ["", "{", "{} x", "01", "1e", "\0{}", "{\"a\":\"\u{1}\"}"] {
            assert!(!is_document(broken.as_bytes()), "{broken:?}");
            assert!(value(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn mending_moves_nothing_and_leaves_what_is_whole(
            parts in prop::collection::vec(prop::sample::select(
                vec!["\\", "\\\\", "\\u", "d83d", "\\ude00", "\\uD83D", "a", "\"", "\\u00e9"]), 0..12),
        ) {
            let text = parts.concat();
            let mended = mended(text.as_bytes());
            prop_assert_eq!(mended.len(), text.len());
            let quoted = format!("\"{text}\"");
            if let Ok(plain) = serde_json::from_str::<String>(&quoted) {
                prop_assert_eq!(string(quoted.as_bytes()), Some(plain.into()));
            } else if is_document(quoted.as_bytes()) {
                let read = string(quoted.as_bytes());
                let has_unknown = read.is_some_and(|text| text.contains('\u{fffd}'));
                prop_assert!(has_unknown);
            }
        }
    }
}
