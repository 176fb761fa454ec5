//! A line of JSON as tokens, for colours. A text that is not finished or broken has them too, so each
//! line is read by itself: a string that is not closed ends with its line.

use std::ops::Range;

use super::string_end;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonToken {
    /// The name of a member, with its quotes.
    Name,
    /// A string, with its quotes.
    Text,
    /// A number, `true`, `false` or `null`.
    Literal,
}

/// The tokens of a line, by their bytes, in order. What lies between them is blanks, marks and what
/// is no JSON.
#[must_use]
pub fn tokens(line: &str) -> Vec<(JsonToken, Range<usize>)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at).unwrap_or(bytes.len());
                let rest = line[at..].trim_start();
                let kind = if rest.starts_with(':') {
                    JsonToken::Name
                } else {
                    JsonToken::Text
                };
                found.push((kind, begin..at));
            }
            byte if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                if is_literal(&line[begin..at]) {
                    found.push((JsonToken::Literal, begin..at));
                }
            }
            _ => at += 1,
        }
    }
    found
}

/// What numbers and literals are made of. No byte of a longer character is among it.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_')
}

fn is_literal(word: &str) -> bool {
    matches!(word, "true" | "false" | "null")
        || word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use JsonToken::{Literal, Name, Text};

    fn read(line: &str) -> Vec<(JsonToken, &str)> {
        let found = tokens(line).into_iter();
        found.map(|(kind, range)| (kind, &line[range])).collect()
    }

    #[test]
    fn names_texts_and_literals_are_told_apart() {
        assert_eq!(
            read(r#"  {"a" : "b", "c":-1.50e+3, "d":[true,null,"é"]}"#),
            [
                (Name, "\"a\""),
                (Text, "\"b\""),
                (Name, "\"c\""),
                (Literal, "-1.50e+3"),
                (Name, "\"d\""),
                (Literal, "true"),
                (Literal, "null"),
                (Text, "\"é\""),
            ]
        );
    }

    #[test]
    fn what_is_broken_has_tokens_too() {
        assert_eq!(read(r#""a\": 1"#), [(Text, r#""a\": 1"#)]);
        assert_eq!(read("\"é\\"), [(Text, "\"é\\")]);
        assert_eq!(read("{oops: 1"), [(Literal, "1")]);
        assert_eq!(read("ünd -"), [(Literal, "-")]);
    }
}
