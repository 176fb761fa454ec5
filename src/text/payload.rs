//! What a body is, found once on arrival from its bytes, and a one-line summary of it.

use super::json;

/// What a body was recognised as. The declared content type is a claim; this is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadKind {
    /// No bytes at all.
    Empty,
    /// A whole JSON document.
    Json,
    /// UTF-8 text that is not JSON.
    Text,
    Binary,
}

impl PayloadKind {
    /// Looks at the bytes. Costs one pass and never recurses.
    #[must_use]
    pub fn detect(body: &[u8]) -> Self {
        Self::of(body, json::is_document)
    }

    /// The same for one who reads the document anyway: `is_json` is asked about a text that begins
    /// like one.
    pub(crate) fn of<'a>(body: &'a [u8], is_json: impl FnOnce(&'a [u8]) -> bool) -> Self {
        if body.is_empty() {
            return Self::Empty;
        }
        let Ok(text) = std::str::from_utf8(body) else {
            return Self::Binary;
        };
        let inside = json::trim(body);
        let first = inside.iter().find(|byte| !byte.is_ascii_whitespace());
        let may_be_json = first.is_some_and(|byte| b"{[\"-0123456789tfn".contains(byte));
        if may_be_json && is_json(body) {
            Self::Json
        } else if inside.is_empty() && text.contains('\0') || inside.contains(&0) {
            Self::Binary
        } else {
            Self::Text
        }
    }

    /// The name shown to the person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Json => "JSON",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// Longest summary in characters.
const SUMMARY_CHARS: usize = 160;

/// One line that tells bodies apart at a glance: the start of the text without line breaks and
/// runs of spaces, or a count of bytes.
#[must_use]
pub fn summary(kind: PayloadKind, body: &[u8]) -> String {
    match kind {
        PayloadKind::Empty => "no body".to_owned(),
        PayloadKind::Binary => format!("{} bytes of binary data", body.len()),
        PayloadKind::Json | PayloadKind::Text => {
            // Only the start is looked at: the summary of a large body costs no more.
            let head = json::trim(&body[..body.len().min(SUMMARY_CHARS * 8)]);
            let head = String::from_utf8_lossy(head);
            let mut line = String::with_capacity(SUMMARY_CHARS);
            let mut chars = 0;
            let mut gap = false;
            for (written, character) in head.chars().zip(shown(&head)) {
                if written.is_whitespace() {
                    gap = !line.is_empty();
                    continue;
                }
                if gap {
                    line.push(' ');
                    chars += 1;
                    gap = false;
                }
                line.push(character);
                chars += 1;
                if chars >= SUMMARY_CHARS {
                    break;
                }
            }
            line
        }
    }
}

/// A character as it may be shown by itself: control and direction-changing characters become a mark,
/// so that a hostile body cannot rearrange or hide what the person reads.
fn visible(character: char) -> char {
    match character {
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The characters of a text as they may be shown. The two joiners (U+200C, U+200D) stay where they
/// are part of the writing, as in Persian, in Indic scripts and in emoji: behind a character that is
/// not of the Latin alphabet. Among Latin letters they could only hide.
fn shown(text: &str) -> impl Iterator<Item = char> + '_ {
    let joins = |other: Option<char>| other.is_some_and(|c| c > '\u{24f}' && visible(c) == c);
    let mut before = None;
    text.chars().map(move |character| {
        let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
        let shown = if is_joiner && joins(before) {
            character
        } else {
            visible(character)
        };
        before = Some(character);
        shown
    })
}

/// A whole line as it may be shown; tabs become spaces.
#[must_use]
pub fn visible_line(text: &str) -> String {
    // Most lines have nothing to hide.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let text = text.replace('\t', " ");
    shown(&text).collect()
}

/// The beginning of a text that is longer than this many characters.
#[must_use]
pub fn shorten(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A size in bytes for people: `512 B`, `1.5 kB`, `20 MB` (powers of 1,000).
#[must_use]
pub fn size_text(bytes: u64) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown with one digit behind the point"
    )]
    let value = bytes as f64;
    if bytes < 1_000 {
        format!("{bytes} B")
    } else if bytes < 1_000_000 {
        format!("{:.1} kB", value / 1e3)
    } else if bytes < 1_000_000_000 {
        format!("{:.1} MB", value / 1e6)
    } else {
        format!("{:.1} GB", value / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], kind: PayloadKind, line: &str) {
        assert_eq!(PayloadKind::detect(body), kind, "{body:?}");
        assert_eq!(summary(kind, body), line);
    }

    #[test]
    fn bodies_are_told_apart_by_their_bytes() {
        check(b"", PayloadKind::Empty, "no body");
        check(b" {\"a\":\n  1}", PayloadKind::Json, "{\"a\": 1}");
        check(b"{\"a\":", PayloadKind::Text, "{\"a\":");
        check(b"hello\tworld", PayloadKind::Text, "hello world");
        check(
            b"{\"a\":\"\xff\"}",
            PayloadKind::Binary,
            "9 bytes of binary data",
        );
        check(&[0, 1, 2], PayloadKind::Binary, "3 bytes of binary data");
    }

    #[test]
    fn ten_thousand_levels_are_still_json() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(PayloadKind::detect(deep.as_bytes()), PayloadKind::Json);
    }

    #[test]
    fn joiners_stay_where_the_writing_needs_them() {
        for kept in [
            "\u{1f469}\u{200d}\u{1f680}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{915}\u{94d}\u{200d}\u{937}",
        ] {
            assert_eq!(visible_line(kept), kept);
        }
        let hiding = "ad\u{200d}min \u{200c}x \u{1f469}\u{200d}\u{200d}\u{202e}a\u{200b}b";
        assert_eq!(
            visible_line(hiding),
            "ad\u{fffd}min \u{fffd}x \u{1f469}\u{200d}\u{fffd}\u{fffd}a\u{fffd}b"
        );
    }

    #[test]
    fn a_mark_in_front_and_a_nul_behind_are_no_part_of_a_body() {
        check(
            "\u{feff}{\"a\":1}".as_bytes(),
            PayloadKind::Json,
            "{\"a\":1}",
        );
        check(b"{\"a\":1}\0", PayloadKind::Json, "{\"a\":1}");
        check(b"text\0", PayloadKind::Text, "text");
        check(b"\0", PayloadKind::Binary, "1 bytes of binary data");
        check(
            b"{\"a\":\"\\ud83d\"}",
            PayloadKind::Json,
            "{\"a\":\"\\ud83d\"}",
        );
    }

    #[test]
    fn direction_marks_do_not_reach_the_screen() {
        assert_eq!(visible_line("a\u{202e}b\u{1b}c"), "a\u{fffd}b\u{fffd}c");
    }
}
