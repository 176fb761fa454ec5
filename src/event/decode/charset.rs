//! Text in other character sets than UTF-8, where they are simple.

/// A character set that is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf16 {
        little: bool,
        /// A byte order mark stands in front.
        mark: bool,
    },
    Latin1,
}

impl Charset {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf16 { .. } => "UTF-16",
            Self::Latin1 => "Latin-1",
        }
    }

    /// The bytes of a text; none if it has a character that this set has not.
    pub(crate) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf16 { little, mark } => {
                let mark = mark.then_some(0xfeff);
                let units = mark.into_iter().chain(text.encode_utf16());
                let bytes = units.flat_map(|unit| {
                    if little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                });
                Some(bytes.collect())
            }
            Self::Latin1 => {
                let bytes = text.chars().map(|c| u8::try_from(u32::from(c)));
                bytes.collect::<Result<_, _>>().ok()
            }
        }
    }
}

/// True for a name that means a character set here; some clients write it as content encoding.
pub(crate) fn is_charset(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "utf-8",
        "utf8",
        "ascii",
        "us-ascii",
        "utf-16",
        "utf16",
        "utf-16le",
        "utf-16be",
        "unicode",
        "iso-8859-1",
        "latin1",
        "latin-1",
    ];
    NAMES.contains(&name)
}

/// The text as UTF-8 and the set it was in; `None` if it is UTF-8 or not known here.
pub(crate) fn to_utf8(bytes: &[u8], declared: Option<&str>) -> Option<(Charset, String)> {
    let wide = |little, mark: bool| {
        let text = utf16(&bytes[if mark { 2 } else { 0 }..], little)?;
        Some((Charset::Utf16 { little, mark }, text))
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return wide(true, true);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return wide(false, true);
    }
    match declared.unwrap_or_default() {
        "utf-16le" | "unicode" => wide(true, false),
        "utf-16be" => wide(false, false),
        "utf-16" | "utf16" => wide(is_little(bytes), false),
        "iso-8859-1" | "latin1" | "latin-1" => {
            // All of UTF-8's first half is the same in both.
            let text = bytes.iter().copied().map(char::from).collect();
            (!bytes.is_ascii()).then_some((Charset::Latin1, text))
        }
        _ => None,
    }
}

/// Which byte comes first, where there is no mark: .NET's name for the little order is `utf-16`, and
/// the standard says the big one. Text of most languages has zeros in the high bytes, and JSON always
/// has.
fn is_little(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    let zeros = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
    zeros(1) > zeros(0)
}

fn utf16(bytes: &[u8], little: bool) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // Half a character: it only begins like a mark.
    if !rest.is_empty() {
        return None;
    }
    let unit = |pair: &[u8; 2]| {
        if little {
            u16::from_le_bytes(*pair)
        } else {
            u16::from_be_bytes(*pair)
        }
    };
    let text = String::from_utf16_lossy(&pairs.iter().map(unit).collect::<Vec<_>>());
    // Binary data that begins like a mark is full of what no text has.
    let inside = text.trim_end_matches('\0');
    (!inside.contains(['\0', '\u{fffd}'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_order_without_a_mark_is_seen_from_the_bytes() {
        let little = Charset::Utf16 {
            little: true,
            mark: false,
        };
        let big = Charset::Utf16 {
            little: false,
            mark: false,
        };
        for charset in [little, big] {
            let bytes = charset.encode("{\"a\":\"ö\"}").unwrap();
            let read = to_utf8(&bytes, Some("utf-16")).unwrap();
            assert_eq!(read, (charset, "{\"a\":\"ö\"}".to_owned()));
        }
        assert_eq!(Charset::Latin1.encode("€"), None);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "[^\\x00\\ufffd\\ufeff]{0,40}", little: bool) {
            let charset = Charset::Utf16 { little, mark: true };
            let bytes = charset.encode(&text).unwrap();
            prop_assert_eq!(to_utf8(&bytes, None), Some((charset, text)));
        }
    }
}
