//! A .proto text as words (Protocol Buffers language specification, "Lexical Elements").

use crate::schema::Unusable;
use crate::text::payload::shorten;

/// One word of a .proto text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProtoToken {
    /// A name; dots are words of their own.
    Word(String),
    /// A number as written.
    Number(String),
    /// A text without its quotes.
    Text(String),
    Mark(char),
}

/// A word and the line it stands on.
pub(crate) type PlacedToken = (usize, ProtoToken);

/// Cuts a text into words.
///
/// # Errors
/// A text or a comment does not end.
pub(crate) fn proto_tokens(text: &str) -> Result<Vec<PlacedToken>, Unusable> {
    let mut out = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\n' => {
                line += 1;
                1
            }
            _ if first.is_whitespace() => first.len_utf8(),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let end = rest
                    .find("*/")
                    .ok_or_else(|| wrong(line, "a comment does not end"))?;
                line += rest[..end].matches('\n').count();
                end + 2
            }
            '"' | '\'' => {
                let (text, length) =
                    quoted(rest).ok_or_else(|| wrong(line, "a text does not end"))?;
                out.push((line, ProtoToken::Text(text)));
                length
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let fits = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
                let end = rest.find(fits).unwrap_or(rest.len());
                out.push((line, ProtoToken::Word(rest[..end].to_owned())));
                end
            }
            _ if first.is_ascii_digit() || number_begins(rest) => {
                let end = number_end(rest);
                out.push((line, ProtoToken::Number(rest[..end].to_owned())));
                end
            }
            _ => {
                out.push((line, ProtoToken::Mark(first)));
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(out)
}

pub(crate) fn wrong(line: usize, words: &str) -> Unusable {
    Unusable::new(format!(
        "It is not valid Protobuf. In line {line}: {words}."
    ))
}

/// `.5` is a number.
fn number_begins(text: &str) -> bool {
    text.strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn number_end(text: &str) -> usize {
    let mut before = ' ';
    let is_hex = text.starts_with("0x") || text.starts_with("0X");
    for (at, c) in text.char_indices() {
        let is_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !is_hex;
        if !(c.is_ascii_alphanumeric() || c == '.' || is_sign) {
            return at;
        }
        before = c;
    }
    text.len()
}

/// The text in quotes, and the length with them. Escapes stay as they are: no rule looks into them.
fn quoted(text: &str) -> Option<(String, usize)> {
    let quote = text.chars().next()?;
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => return None,
            _ if c == quote => return Some((text[1..at].to_owned(), at + 1)),
            _ => {}
        }
    }
    None
}

impl ProtoToken {
    /// As it is told.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => shorten(text, 40),
            Self::Text(text) => format!("\"{}\"", shorten(text, 40)),
            Self::Mark(mark) => mark.to_string(),
        }
    }
}
