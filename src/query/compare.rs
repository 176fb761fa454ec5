//! One comparison with one value, made ready for many events.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::bytes::Regex;

use super::amount::Number;
use super::ast::{Op, Value};
use super::json_path::unescape;
use crate::event::amqp::FieldValue;
use crate::event::amqp::value::timestamp_text;

/// A value of an event, by its type.
#[derive(Debug)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, [u8]>),
    /// A number and how it is written.
    Number(Number, Cow<'a, str>),
    Bool(bool),
    /// A date in seconds since 1970.
    Time(u64),
    Null,
    /// Objects, lists and bytes: they are there, and unequal to everything.
    Other,
}

impl<'a> Scalar<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text.as_bytes()))
    }

    /// A JSON value as written.
    pub(super) fn json(written: &'a [u8]) -> Self {
        match written {
            [b'"', text @ .., b'"'] => match unescape(text) {
                Some(Cow::Borrowed(text)) => Self::text(text),
                Some(Cow::Owned(text)) => Self::Text(Cow::Owned(text.into_bytes())),
                None => Self::Other,
            },
            b"true" => Self::Bool(true),
            b"false" => Self::Bool(false),
            b"null" => Self::Null,
            _ => Self::number(Cow::Borrowed(
                std::str::from_utf8(written).unwrap_or_default(),
            )),
        }
    }

    pub(super) fn header(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Text(text) => Self::text(text),
            FieldValue::RawText(bytes) => Self::Text(Cow::Borrowed(bytes)),
            FieldValue::Bool(value) => Self::Bool(*value),
            FieldValue::Timestamp(seconds) => Self::Time(*seconds),
            FieldValue::Void => Self::Null,
            FieldValue::Array(_) | FieldValue::Table(_) | FieldValue::Bytes(_) => Self::Other,
            number => Self::number(Cow::Owned(number.to_string())),
        }
    }

    fn number(written: Cow<'a, str>) -> Self {
        Number::read(&written).map_or(Self::Other, |number| Self::Number(number, written))
    }

    /// As it is written; `None` for what is not written as one word.
    pub(super) fn written(&self) -> Option<Cow<'_, [u8]>> {
        Some(match self {
            Self::Text(text) => Cow::Borrowed(text.as_ref()),
            Self::Number(_, written) => Cow::Borrowed(written.as_bytes()),
            Self::Bool(true) => Cow::Borrowed(b"true"),
            Self::Bool(false) => Cow::Borrowed(b"false"),
            Self::Null => Cow::Borrowed(b"null"),
            Self::Time(seconds) => Cow::Owned(timestamp_text(*seconds).into_bytes()),
            Self::Other => return None,
        })
    }
}

/// An operator with its right side.
#[derive(Clone, Debug)]
pub(super) struct Test {
    op: Op,
    right: Right,
}

#[derive(Clone, Debug)]
enum Right {
    Bare {
        text: Vec<u8>,
        number: Option<Number>,
    },
    Quoted(Vec<u8>),
    Pattern(Regex),
}

impl Test {
    pub(super) fn new(op: Op, value: &Value) -> Self {
        let right = match value {
            Value::Bare(text) => Right::Bare {
                text: text.as_bytes().to_vec(),
                number: Number::read(text),
            },
            Value::Quoted(text) => Right::Quoted(text.as_bytes().to_vec()),
            Value::Pattern(pattern) => Right::Pattern(pattern.regex().clone()),
        };
        Self { op, right }
    }

    /// Puts the comparison to a value.
    pub(super) fn holds(&self, left: &Scalar) -> bool {
        match self.op {
            Op::Like => self.like(left),
            Op::Equal => self.equal(left),
            Op::NotEqual => !self.equal(left),
            Op::Greater => self.order(left).is_some_and(Ordering::is_gt),
            Op::AtLeast => self.order(left).is_some_and(Ordering::is_ge),
            Op::Less => self.order(left).is_some_and(Ordering::is_lt),
            Op::AtMost => self.order(left).is_some_and(Ordering::is_le),
        }
    }

    fn like(&self, left: &Scalar) -> bool {
        match &self.right {
            Right::Bare { text, number } => {
                same_number(*number, left) || left.written().is_some_and(|left| glob(text, &left))
            }
            Right::Quoted(text) => {
                matches!(left, Scalar::Text(left) if left.eq_ignore_ascii_case(text))
            }
            Right::Pattern(regex) => left.written().is_some_and(|left| regex.is_match(&left)),
        }
    }

    fn equal(&self, left: &Scalar) -> bool {
        match &self.right {
            Right::Bare { text, number } => {
                same_number(*number, left) || left.written().is_some_and(|left| *left == **text)
            }
            Right::Quoted(text) => matches!(left, Scalar::Text(left) if **left == **text),
            Right::Pattern(_) => false,
        }
    }

    fn order(&self, left: &Scalar) -> Option<Ordering> {
        let (text, number) = match &self.right {
            Right::Bare { text, number } => (text, *number),
            Right::Quoted(text) => (text, None),
            Right::Pattern(_) => return None,
        };
        if let Some(number) = number {
            return number_of(left)?.order(number);
        }
        match left {
            Scalar::Text(_) | Scalar::Time(_) => {
                let left = left.written()?;
                is_date(&left).then(|| left.as_ref().cmp(text))
            }
            _ => None,
        }
    }
}

fn same_number(number: Option<Number>, left: &Scalar) -> bool {
    let left = match left {
        Scalar::Number(left, _) => *left,
        Scalar::Time(seconds) => Number::Whole((*seconds).into()),
        _ => return false,
    };
    number.and_then(|number| left.order(number)) == Some(Ordering::Equal)
}

/// The number that a value is, or that its text is: publishers write amounts as text too.
fn number_of(left: &Scalar) -> Option<Number> {
    match left {
        Scalar::Number(number, _) => Some(*number),
        Scalar::Time(seconds) => Some(Number::Whole((*seconds).into())),
        Scalar::Text(text) => Number::read(std::str::from_utf8(text).ok()?),
        _ => None,
    }
}

/// True for text that begins like an ISO 8601 date, `2026-01`: such texts sort as they were
/// written.
pub(super) fn is_date(text: &[u8]) -> bool {
    text.len() >= 7
        && text[..7].iter().enumerate().all(|(at, byte)| match at {
            4 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// True if the whole text is like the pattern: `*` stands for any text, `?` for one character,
/// ASCII letters for themselves in either case.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The last star and where the text behind it was tried last. Only that star is worth a second
    // try, so the cost is pattern × text and not its power.
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            (Some(b'?'), Some(_)) => {
                p += 1;
                t += 1;
                // A character may have several bytes.
                while text.get(t).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    t += 1;
                }
                continue;
            }
            (Some(wanted), Some(byte)) if wanted.eq_ignore_ascii_case(byte) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        match star {
            Some((at, tried)) if tried < text.len() => {
                star = Some((at, tried + 1));
                p = at + 1;
                t = tried + 1;
            }
            _ => return false,
        }
    }
}
