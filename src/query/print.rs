//! Writes a filter as a line that reads back as the same filter.

use std::fmt::{self, Display, Write};

use super::ast::{QueryField, QueryNode, Thing, Value};
use super::json_path::PathStep;
use super::pattern::TextPattern;
use crate::text::json_path::quoted;

impl Display for QueryNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::And(parts) => listed(f, parts, " ", |part| {
                matches!(part, Self::And(_) | Self::Or(_))
            }),
            Self::Or(parts) => listed(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) => {
                f.write_str("not ")?;
                in_brackets(f, part, matches!(**part, Self::And(_) | Self::Or(_)))
            }
            Self::Word(text) if is_plain_word(text) => f.write_str(text),
            Self::Word(text) => quote(f, text),
            Self::Pattern(pattern) => write!(f, "{pattern}"),
            Self::Compare(field, op, value) => write!(f, "{field}{}{value}", op.sign()),
            Self::Has(thing) => write!(f, "has:{thing}"),
            Self::Is(sort) => write!(f, "is:{}", sort.name()),
        }
    }
}

fn listed(
    f: &mut fmt::Formatter<'_>,
    parts: &[QueryNode],
    between: &str,
    bracket: fn(&QueryNode) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        in_brackets(f, part, bracket(part))?;
    }
    Ok(())
}

fn in_brackets(f: &mut fmt::Formatter<'_>, part: &QueryNode, bracket: bool) -> fmt::Result {
    if bracket {
        write!(f, "({part})")
    } else {
        write!(f, "{part}")
    }
}

impl Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "{field}"),
            Self::Trace => f.write_str("trace"),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare(text) => f.write_str(text),
            Self::Quoted(text) => quote(f, text),
            Self::Pattern(pattern) => write!(f, "{pattern}"),
        }
    }
}

impl Display for QueryField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(named) => f.write_str(named.name()),
            Self::Header(name) => {
                f.write_str("header.")?;
                name_part(f, name, true)
            }
            Self::Data(steps) => path(f, "data", steps),
            Self::Body(steps) => path(f, "body", steps),
            Self::Payload(steps) => {
                let mut text = String::new();
                path(&mut text, "", steps)?;
                f.write_str(text.strip_prefix('.').unwrap_or(&text))
            }
            Self::Size => f.write_str("size"),
            Self::Age => f.write_str("age"),
        }
    }
}

fn path(f: &mut impl Write, root: &str, steps: &[PathStep]) -> fmt::Result {
    f.write_str(root)?;
    for step in steps {
        match step {
            PathStep::Name(name) => {
                f.write_char('.')?;
                name_part(f, name, false)?;
            }
            PathStep::Index(index) => write!(f, "[{index}]")?,
            PathStep::Each => f.write_str("[]")?,
        }
    }
    Ok(())
}

/// A header's name, or a step of a path, where a dot would part it in two.
fn name_part(f: &mut impl Write, name: &str, dots: bool) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@' | '$');
    if !name.is_empty() && name.chars().all(|c| plain(c) || (dots && c == '.')) {
        f.write_str(name)
    } else {
        quote(f, name)
    }
}

impl Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('/')?;
        let mut chars = self.source().chars();
        while let Some(character) = chars.next() {
            match character {
                '/' => f.write_str("\\/")?,
                '\\' => {
                    f.write_char('\\')?;
                    if let Some(escaped) = chars.next() {
                        f.write_char(escaped)?;
                    }
                }
                other => f.write_char(other)?,
            }
        }
        f.write_str(if self.ignore_case() { "/i" } else { "/" })
    }
}

/// True if a text reads as one word without quotes, wherever it stands.
pub(super) fn is_plain_word(text: &str) -> bool {
    let keyword = ["and", "or", "not"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '.' | '-' | '_' | '@' | '$' | '%' | '+' | '/' | '#' | ',')
    };
    !keyword && !text.is_empty() && !text.starts_with(['-', '/']) && text.chars().all(plain)
}

fn quote(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_str(&quoted(text))
}
