//! Puts the pieces of a filter line together. `not` binds closest, then `and`, then `or`; parts
//! next to each other are joined by and.

use super::ParseError;
use super::amount::{Number, bytes, milliseconds};
use super::ast::{Named, Op, QueryField, QueryNode, Sort, Value};
use super::compare::is_date;
use super::field::{field, thing};
use super::lexer::{Token, TokenKind, tokens};

/// Longest line in bytes.
const MAX_LINE: usize = 10_000;
/// Deepest nesting of brackets and nots: the tree is walked with recursion.
const MAX_DEPTH: usize = 64;
/// Most conditions of one line, because each may keep a compiled expression.
const MAX_TERMS: usize = 256;

/// Reads a line.
pub(super) fn parse(line: &str) -> Result<QueryNode, ParseError> {
    if line.len() > MAX_LINE {
        return Err(ParseError {
            at: MAX_LINE..line.len(),
            words: format!("A filter has at most {MAX_LINE} bytes"),
        });
    }
    let (tokens, fault) = tokens(line);
    if let Some(fault) = fault {
        return Err(fault);
    }
    let mut parser = Parser {
        line,
        tokens: &tokens,
        depth: 0,
        terms: 0,
    };
    if tokens.is_empty() {
        return Ok(QueryNode::All);
    }
    let node = parser.any_of()?;
    match parser.tokens.first() {
        None => Ok(node),
        Some(token) => Err(ParseError {
            at: token.at.clone(),
            words: "This ) closes nothing: remove it, or put it in quotes to look for it".into(),
        }),
    }
}

struct Parser<'a> {
    line: &'a str,
    tokens: &'a [Token],
    depth: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.first().map(|token| &token.kind)
    }

    fn take(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn any_of(&mut self) -> Result<QueryNode, ParseError> {
        let mut parts = vec![self.all_of()?];
        while self.peek() == Some(&TokenKind::Or) {
            self.take();
            parts.push(self.all_of()?);
        }
        Ok(joined(parts, QueryNode::Or))
    }

    fn all_of(&mut self) -> Result<QueryNode, ParseError> {
        let mut parts = vec![self.one()?];
        loop {
            match self.peek() {
                None | Some(TokenKind::Or | TokenKind::Close) => {
                    return Ok(joined(parts, QueryNode::And));
                }
                Some(TokenKind::And) => {
                    self.take();
                }
                Some(_) => {}
            }
            parts.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<QueryNode, ParseError> {
        let Some(token) = self.take() else {
            let end = self.line.len();
            return Err(ParseError {
                at: end..end,
                words: "Something must stand here: a word, or a condition such as type:order*"
                    .into(),
            });
        };
        let fault = |words: &str| ParseError {
            at: token.at.clone(),
            words: words.to_owned(),
        };
        match &token.kind {
            TokenKind::Not | TokenKind::Open if self.depth == MAX_DEPTH => Err(ParseError {
                at: token.at.clone(),
                words: format!("Brackets and nots may nest {MAX_DEPTH} deep"),
            }),
            TokenKind::Not => {
                self.depth += 1;
                let left_out = self.one()?;
                self.depth -= 1;
                Ok(QueryNode::Not(Box::new(left_out)))
            }
            TokenKind::Open => {
                self.depth += 1;
                let inner = self.any_of()?;
                self.depth -= 1;
                match self.take() {
                    Some(_) => Ok(inner),
                    None => Err(fault("A closing ) is missing for this bracket")),
                }
            }
            TokenKind::Close => Err(fault(
                "Something must stand before this ): a word, or a condition such as type:order*",
            )),
            TokenKind::And | TokenKind::Or => Err(fault(
                "A condition is missing before this word; put it in quotes to look for it",
            )),
            TokenKind::Word(text) => self.term(token, QueryNode::Word(text.clone())),
            TokenKind::Pattern(pattern) => self.term(token, QueryNode::Pattern(pattern.clone())),
            TokenKind::Name => {
                let node = match self.tokens {
                    [op, value, ..] => match (&op.kind, &value.kind) {
                        (TokenKind::Op(op), TokenKind::Value(said)) => {
                            condition(self.line, token, *op, value, said)?
                        }
                        _ => return Err(fault("A value is missing behind the field")),
                    },
                    _ => return Err(fault("A value is missing behind the field")),
                };
                self.tokens = self.tokens.get(2..).unwrap_or_default();
                self.term(token, node)
            }
            TokenKind::Op(_) | TokenKind::Value(_) => Err(fault("A field must stand before this")),
        }
    }

    fn term(&mut self, token: &Token, node: QueryNode) -> Result<QueryNode, ParseError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(ParseError {
                at: token.at.clone(),
                words: format!("A filter has at most {MAX_TERMS} conditions"),
            });
        }
        Ok(node)
    }
}

fn joined(mut parts: Vec<QueryNode>, join: fn(Vec<QueryNode>) -> QueryNode) -> QueryNode {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => QueryNode::All,
    }
}

/// Reads `name op value`.
fn condition(
    line: &str,
    name: &Token,
    op: Op,
    value: &Token,
    said: &Value,
) -> Result<QueryNode, ParseError> {
    let name_text = &line[name.at.clone()];
    let whole = |words: String| ParseError {
        at: name.at.start..value.at.end,
        words,
    };
    let wrong = |words: String| ParseError {
        at: value.at.clone(),
        words,
    };
    let lower = name_text.to_ascii_lowercase();
    if lower == "has" || lower == "is" {
        let Value::Bare(text) = said else {
            return Err(wrong(format!(
                "A name without quotes stands behind {lower}:"
            )));
        };
        if op != Op::Like {
            return Err(whole(format!("Write {lower}:{text}")));
        }
        if lower == "has" {
            return thing(text, value.at.start).map(QueryNode::Has);
        }
        let sort = Sort::ALL
            .iter()
            .find(|sort| text.eq_ignore_ascii_case(sort.name()));
        return sort.copied().map(QueryNode::Is).ok_or_else(|| {
            let all: Vec<&str> = Sort::ALL.iter().map(|sort| sort.name()).collect();
            wrong(format!(
                "An event cannot be `{text}`, only {}",
                all.join(", ")
            ))
        });
    }
    let field = field(name_text, name.at.start)?;
    check_value(&field, op, said).map_err(wrong)?;
    Ok(QueryNode::Compare(field, op, said.clone()))
}

/// What a field can be compared with.
fn check_value(field: &QueryField, op: Op, value: &Value) -> Result<(), String> {
    match (field, value) {
        (QueryField::Size, Value::Bare(text)) if bytes(text).is_some() => return Ok(()),
        (QueryField::Size, _) => {
            return Err(
                "A size is a number with b, kb, mb, gb, kib, mib or gib, such as size>10kb".into(),
            );
        }
        (QueryField::Age, Value::Bare(text)) if milliseconds(text).is_some() => return Ok(()),
        (QueryField::Age, _) => {
            return Err("An age is a number with ms, s, m, h or d, such as age<5m".into());
        }
        _ => {}
    }
    if op.is_ordering() {
        let ordered = match value {
            Value::Bare(text) => Number::read(text).is_some() || is_date(text.as_bytes()),
            Value::Quoted(text) => is_date(text.as_bytes()),
            Value::Pattern(_) => false,
        };
        if !ordered {
            return Err(format!(
                "{} compares with a number such as 100 or a date such as 2026-01-31",
                op.sign()
            ));
        }
    }
    if let (QueryField::Named(Named::Key), Op::Like, Value::Bare(text)) = (field, op, value) {
        let mixed = text
            .split('.')
            .find(|word| word.contains(['*', '#']) && word.len() > 1);
        if let Some(word) = mixed {
            return Err(format!(
                "In a key * stands for one whole word and # for any number of words, so \
                 `{word}` means neither: write order.* or a regular expression such as \
                 key:/order\\.cre/"
            ));
        }
    }
    Ok(())
}
