//! Where a reader of a .proto text stands among its words, and the small steps from there.

use super::parse::ProtoFile;
use super::tokens::{PlacedToken, ProtoToken, proto_tokens, wrong};
use crate::schema::Unusable;

/// What was read, or why it is no Protobuf.
pub(crate) type Parsed<T> = Result<T, Unusable>;

/// A text on its way to a file.
pub(crate) struct ProtoParser {
    pub(crate) tokens: Vec<PlacedToken>,
    pub(crate) at: usize,
    pub(crate) file: ProtoFile,
}

impl ProtoParser {
    pub(crate) fn new(text: &str) -> Parsed<Self> {
        Ok(Self {
            tokens: proto_tokens(text)?,
            at: 0,
            file: ProtoFile::default(),
        })
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn line(&self) -> usize {
        let token = self.tokens.get(self.at).or(self.tokens.last());
        token.map_or(1, |(line, _)| *line)
    }

    pub(crate) fn peek(&self) -> Option<&ProtoToken> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    pub(crate) fn fail<T>(&self, expected: &str) -> Parsed<T> {
        let found = self
            .peek()
            .map_or_else(|| "the end".to_owned(), ProtoToken::words);
        Err(wrong(
            self.line(),
            &format!("{expected} is expected, and {found} stands there"),
        ))
    }

    pub(crate) fn takes(&mut self, mark: char) -> bool {
        let is_there = self.peek() == Some(&ProtoToken::Mark(mark));
        self.at += usize::from(is_there);
        is_there
    }

    pub(crate) fn mark(&mut self, mark: char) -> Parsed<()> {
        if self.takes(mark) {
            return Ok(());
        }
        self.fail(&mark.to_string())
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(ProtoToken::Word(found)) if found == word)
    }

    pub(crate) fn takes_word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    pub(crate) fn word(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(ProtoToken::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => self.fail("a name"),
        }
    }

    /// A name with dots.
    pub(crate) fn path(&mut self) -> Parsed<String> {
        let mut path = if self.takes('.') {
            ".".to_owned()
        } else {
            String::new()
        };
        path.push_str(&self.word()?);
        while self.takes('.') {
            path.push('.');
            path.push_str(&self.word()?);
        }
        Ok(path)
    }

    pub(crate) fn text(&mut self) -> Parsed<String> {
        let mut all = match self.peek() {
            Some(ProtoToken::Text(text)) => text.clone(),
            _ => return self.fail("a text"),
        };
        self.at += 1;
        while let Some(ProtoToken::Text(more)) = self.peek() {
            all.push_str(more);
            self.at += 1;
        }
        Ok(all)
    }

    pub(crate) fn number(&mut self) -> Parsed<i64> {
        let is_negative = self.takes('-');
        let number = match self.peek() {
            Some(ProtoToken::Number(number)) => whole(number),
            Some(ProtoToken::Word(word)) if word == "max" => Some(i64::from(i32::MAX)),
            _ => None,
        };
        let Some(number) = number else {
            return self.fail("a whole number");
        };
        self.at += 1;
        Ok(if is_negative { -number } else { number })
    }

    /// Passes over everything up to the end of a statement, or over a block.
    pub(crate) fn skip_statement(&mut self) -> Parsed<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return self.fail("the end of a statement"),
                Some(ProtoToken::Mark('{' | '[' | '(' | '<')) => depth += 1,
                Some(ProtoToken::Mark('}' | ']' | ')' | '>')) => {
                    depth = match depth.checked_sub(1) {
                        Some(depth) => depth,
                        None => return self.fail("the end of a statement"),
                    };
                    if depth == 0 && self.peek() == Some(&ProtoToken::Mark('}')) {
                        self.at += 1;
                        self.takes(';');
                        return Ok(());
                    }
                }
                Some(ProtoToken::Mark(';')) if depth == 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
            self.at += 1;
        }
    }
}

/// A number in tens, in eights behind a 0, or in sixteens behind 0x.
fn whole(text: &str) -> Option<i64> {
    if let Some(digits) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(digits) => i64::from_str_radix(digits, 8).ok(),
        None => text.parse().ok(),
    }
}
