//! Cuts a filter line into the pieces that the parser puts together.
//!
//! What a character means depends on where it stands: `:` ends a field name but belongs to a value
//! (`at>2026-01-01T10:00:00Z`), and `/` begins a regular expression only where a word begins.

use std::ops::Range;

use super::ParseError;
use super::ast::{Op, Value};
use super::pattern::TextPattern;

/// A piece of the line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// Where it stands, in bytes of the line.
    pub(super) at: Range<usize>,
    pub(super) kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// Text to look for.
    Word(String),
    /// An expression to look for.
    Pattern(TextPattern),
    /// A field name as written; an operator and a value follow.
    Name,
    Op(Op),
    Value(Value),
}

/// Cuts up a line. After a fault come the pieces before it and the fault, because a line that is
/// being typed is mostly faulty at its end.
pub(super) fn tokens(line: &str) -> (Vec<Token>, Option<ParseError>) {
    let mut lexer = Lexer {
        line,
        at: 0,
        tokens: Vec::new(),
    };
    let fault = lexer.run().err();
    (lexer.tokens, fault)
}

struct Lexer<'a> {
    line: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

type Lexed = Result<(), ParseError>;

impl<'a> Lexer<'a> {
    fn run(&mut self) -> Lexed {
        loop {
            self.at = space_end(self.line, self.at);
            let rest = &self.line[self.at..];
            let Some(first) = rest.chars().next() else {
                return Ok(());
            };
            match first {
                '(' => self.push(1, TokenKind::Open),
                ')' => self.push(1, TokenKind::Close),
                '"' => self.quoted_word()?,
                '/' => {
                    let start = self.at;
                    let pattern = self.pattern()?;
                    self.push_from(start, TokenKind::Pattern(pattern));
                }
                _ if rest.starts_with("&&") => self.push(2, TokenKind::And),
                _ if rest.starts_with("||") => self.push(2, TokenKind::Or),
                _ if op_at(rest).is_some() => {
                    let sign = op_at(rest).map_or("", Op::sign);
                    return Err(self.fault(
                        self.at..self.at + sign.len(),
                        format!("A field must stand before {sign}, such as type{sign}value"),
                    ));
                }
                '-' | '!' => {
                    if rest[1..].chars().next().is_none_or(char::is_whitespace) {
                        return Err(self.fault(
                            self.at..self.at + 1,
                            format!(
                                "Nothing stands behind {first}: write {first}word to leave out \
                                 what has the word, or \"{first}\" to look for it"
                            ),
                        ));
                    }
                    self.push(1, TokenKind::Not);
                }
                _ => self.word_or_field()?,
            }
        }
    }

    fn push(&mut self, length: usize, kind: TokenKind) {
        let start = self.at;
        self.at += length;
        self.push_from(start, kind);
    }

    fn push_from(&mut self, start: usize, kind: TokenKind) {
        let at = start..self.at;
        self.tokens.push(Token { at, kind });
    }

    #[expect(
        clippy::unused_self,
        reason = "reads as one of the lexer's ways to end"
    )]
    fn fault(&self, at: Range<usize>, words: String) -> ParseError {
        ParseError { at, words }
    }

    fn quoted_word(&mut self) -> Lexed {
        let start = self.at;
        let text = self.quoted()?;
        if op_at(&self.line[self.at..]).is_some() {
            return Err(self.fault(
                start..self.at,
                "A field stands without quotes, such as data.name: or data.\"odd name\":".into(),
            ));
        }
        if text.is_empty() {
            return Err(self.fault(start..self.at, "Nothing stands between the quotes".into()));
        }
        self.push_from(start, TokenKind::Word(text));
        Ok(())
    }

    /// The text in quotes that open here.
    fn quoted(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        match unquote(&self.line[start..]) {
            Ok((text, length)) => {
                self.at += length;
                Ok(text)
            }
            Err(QuoteFault::Open) => {
                Err(self.fault(start..self.line.len(), "A closing \" is missing".into()))
            }
            Err(QuoteFault::Escape(at, escape)) => Err(self.fault(
                start + at..start + at + 1 + escape.map_or(0, char::len_utf8),
                ESCAPES.into(),
            )),
        }
    }

    fn pattern(&mut self) -> Result<TextPattern, ParseError> {
        let start = self.at;
        let mut source = String::new();
        let mut chars = self.line[start..].char_indices().skip(1);
        let close = loop {
            match chars.next() {
                None => {
                    return Err(self.fault(
                        start..self.line.len(),
                        "A closing / is missing: a word that begins with / is a regular \
                         expression; put text with slashes in quotes"
                            .into(),
                    ));
                }
                Some((at, '/')) => break start + at + 1,
                Some((_, '\\')) => match chars.next() {
                    Some((_, '/')) => source.push('/'),
                    Some((_, escaped)) => source.extend(['\\', escaped]),
                    None => source.push('\\'),
                },
                Some((_, other)) => source.push(other),
            }
        };
        let end = close + bare_length(&self.line[close..]);
        let ignore_case = match &self.line[close..end] {
            "" => false,
            "i" => true,
            _ => {
                return Err(self.fault(
                    start..end,
                    "Behind the closing / of a regular expression only i may stand; put text \
                     with slashes in quotes"
                        .into(),
                ));
            }
        };
        if source.is_empty() {
            return Err(self.fault(start..end, "Nothing stands between the slashes".into()));
        }
        self.at = end;
        TextPattern::new(&source, ignore_case).map_err(|reason| {
            self.fault(
                start..end,
                format!("The regular expression is not right: {reason}"),
            )
        })
    }

    fn word_or_field(&mut self) -> Lexed {
        let start = self.at;
        self.at += name_length(&self.line[start..]);
        let text = &self.line[start..self.at];
        let name_end = self.at;
        let sign_at = space_end(self.line, name_end);
        if let Some(op) = op_at(&self.line[sign_at..]) {
            self.push_from(start, TokenKind::Name);
            self.at = sign_at;
            self.push(op.sign().len(), TokenKind::Op(op));
            return self.value(text, op);
        }
        if text.contains('"') {
            return Err(self.fault(
                start..name_end,
                "A closing \" or a value is missing: write data.\"odd name\":value".into(),
            ));
        }
        let keyword = [
            ("and", TokenKind::And),
            ("or", TokenKind::Or),
            ("not", TokenKind::Not),
        ]
        .into_iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word));
        let kind = keyword.map_or_else(|| TokenKind::Word(text.to_owned()), |(_, kind)| kind);
        self.push_from(start, kind);
        Ok(())
    }

    fn value(&mut self, name: &'a str, op: Op) -> Lexed {
        let before = self.at;
        self.at = space_end(self.line, self.at);
        let start = self.at;
        let rest = &self.line[start..];
        let value = match rest.chars().next() {
            Some('"') => Value::Quoted(self.quoted()?),
            Some('/') if op == Op::Like => Value::Pattern(self.pattern()?),
            _ => {
                let length = if name.eq_ignore_ascii_case("has") {
                    name_length(rest)
                } else {
                    bare_length(rest)
                };
                if length == 0 {
                    let sign = op.sign();
                    return Err(self.fault(
                        before..start,
                        if rest.starts_with('(') {
                            format!(
                                "One value must stand behind {name}{sign}: write \
                                 ({name}{sign}a or {name}{sign}b)"
                            )
                        } else {
                            format!("A value is missing behind {name}{sign}")
                        },
                    ));
                }
                self.at += length;
                Value::Bare(rest[..length].to_owned())
            }
        };
        self.push_from(start, TokenKind::Value(value));
        Ok(())
    }
}

/// What is said of an escape that has no meaning.
pub(super) const ESCAPES: &str =
    "Only \\\", \\\\, \\n, \\r and \\t have a meaning in quotes: write \\\\ for a backslash";

/// Why quoted text cannot be read.
pub(super) enum QuoteFault {
    /// There is no closing quote.
    Open,
    /// This escape, at this place, has no meaning.
    Escape(usize, Option<char>),
}

/// Reads the quoted text at the start of `text`: what it says, and its length with its quotes.
pub(super) fn unquote(text: &str) -> Result<(String, usize), QuoteFault> {
    let mut said = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, character)) = chars.next() {
        match character {
            '"' => return Ok((said, at + 1)),
            '\\' => match chars.next().map(|(_, escape)| escape) {
                Some(escape @ ('"' | '\\')) => said.push(escape),
                Some('n') => said.push('\n'),
                Some('r') => said.push('\r'),
                Some('t') => said.push('\t'),
                other => return Err(QuoteFault::Escape(at, other)),
            },
            other => said.push(other),
        }
    }
    Err(QuoteFault::Open)
}

/// The operator that `text` begins with.
pub(super) fn op_at(text: &str) -> Option<Op> {
    Op::ALL.into_iter().find(|op| text.starts_with(op.sign()))
}

/// Behind the white space at `at`.
pub(super) fn space_end(line: &str, at: usize) -> usize {
    line.len() - line[at..].trim_start().len()
}

/// How much of `text` belongs to the value without quotes that begins it.
pub(super) fn bare_length(text: &str) -> usize {
    let mut chars = text.char_indices();
    let end = chars.find(|&(at, character)| {
        character.is_whitespace()
            || matches!(character, '(' | ')' | '"')
            || text[at..].starts_with("&&")
            || text[at..].starts_with("||")
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// How much of `text` belongs to the word or field name that begins it. A quote behind a dot
/// begins a quoted part of the name: `data."odd name".x`.
pub(super) fn name_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if character == '"' && text[..at].ends_with('.') {
            match unquote(rest) {
                Ok((_, length)) => at += length,
                Err(_) => return text.len(),
            }
            continue;
        }
        let ends = character.is_whitespace()
            || matches!(character, '(' | ')' | '"')
            || op_at(rest).is_some()
            || rest.starts_with("&&")
            || rest.starts_with("||");
        if ends {
            break;
        }
        at += character.len_utf8();
    }
    at
}
