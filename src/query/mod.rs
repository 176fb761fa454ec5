//! The filter language: a line such as `key:order.# data.total>100 not "gift card"`.
//!
//! [`Filter::parse`] reads a line into a tree, [`Filter::matcher`] makes it ready for many events,
//! [`complete`] helps to type it. An event answers through [`Subject`]; nothing here knows where
//! events are kept.
//!
//! # The language
//!
//! - `word` or `"some words"`: the text occurs somewhere, in either case. Where exactly is said at
//!   [`Matcher::needle`]. A body that is compressed, in another character set or in a binary format
//!   is looked into as the inspector shows it, up to [`MOST_READ`] bytes. `/regex/` and `/regex/i` are looked for in the same places.
//! - `field:value`: the value is like that. `*` and `?` are wildcards and ASCII letters match in
//!   either case. `field:/regex/` for what wildcards cannot say. For `key` the value is a topic
//!   pattern as in a binding, `order.*` or `order.#`, in the case as written; without such a word
//!   it is the whole key.
//! - `field=value`, `field!=value`: exactly so, or there and different.
//! - `field>value`, `>=`, `<`, `<=`: numbers, also those written as text, and ISO 8601 dates as
//!   the text that they are.
//! - A value without quotes is compared with what is written, so `3` means the number and the text,
//!   and numbers are also equal by value (`3` and `3.0`). A value in quotes is only text, and has
//!   no wildcards.
//! - A field that is missing matches no comparison, not even `!=`; `not field=value` does. Where
//!   a field has several values (`queue`, a path with `[]`), one that matches is enough.
//! - Fields: the names of [`Named`], `header.name`, `data.path` (the body without its envelope),
//!   `body.path` (the whole body), `size>10kb`, `age<5m`. Names with odd letters stand in quotes:
//!   `data."odd name"[0].x`. Any other name is a field of the payload wherever it stands there, in
//!   the data or beside it: `eventId`, `amount`; a name that is nearly one of ours is a fault.
//! - `has:field`, also where the value is null; `has:trace`; `is:` with a name of [`Sort`].
//! - `and`, `or`, `not`, also as `&&`, `||`, `-word` and `!word`; brackets. `not` binds closest,
//!   then `and`, then `or`. Parts without a word between them are joined by and.

mod amount;
mod ast;
mod compare;
mod complete;
mod doubt;
mod field;
mod json_path;
mod lexer;
mod matcher;
mod needle;
mod number_at;
mod parse;
mod pattern;
mod print;
mod root;
mod subject;
mod typing;
mod value_at;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

pub use ast::{Named, Op, QueryField, QueryNode, Sort, Thing, Value};
pub use complete::{Completion, SeenValues, complete};
pub use json_path::PathStep;
pub use matcher::Matcher;
pub use needle::Needle;
pub use number_at::NumberAt;
pub use pattern::TextPattern;
pub use subject::{MOST_READ, Subject};
pub use value_at::ValueAt;

/// What a line asks of an event. Prints as a line that reads back as the same filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    root: QueryNode,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ParseError {
    /// Where, in bytes of the line. Empty at its end if something is missing there.
    pub at: Range<usize>,
    /// What is wrong, and what would be right.
    pub words: String,
}

impl Default for Filter {
    fn default() -> Self {
        Self::from(QueryNode::All)
    }
}

impl From<QueryNode> for Filter {
    fn from(root: QueryNode) -> Self {
        Self { root }
    }
}

impl FromStr for Filter {
    type Err = ParseError;

    fn from_str(line: &str) -> Result<Self, ParseError> {
        Self::parse(line)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}

impl Filter {
    /// Reads a line. An empty one lets everything through.
    ///
    /// # Errors
    /// Says where the line is wrong, in what way, and what would be right.
    pub fn parse(line: &str) -> Result<Self, ParseError> {
        parse::parse(line).map(Self::from)
    }

    /// Makes the filter ready for many events.
    #[must_use]
    pub fn matcher(&self) -> Matcher {
        Matcher::new(&self.root)
    }

    /// True if the answer depends on how events are judged by their schemas.
    #[must_use]
    pub fn asks_for_schemas(&self) -> bool {
        self.names(Named::Schema)
    }

    /// What both let through. A condition that is there already is not added again.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut parts = parts_of(self.root);
        for part in parts_of(other.root) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        match parts.len() {
            0 => Self::default(),
            1 => parts.remove(0).into(),
            _ => QueryNode::And(parts).into(),
        }
    }
}

fn parts_of(root: QueryNode) -> Vec<QueryNode> {
    match root {
        QueryNode::All => Vec::new(),
        QueryNode::And(parts) => parts,
        other => vec![other],
    }
}
