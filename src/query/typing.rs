//! A line that is still being typed: what stands at its end without being finished asks nothing yet.

use std::ops::Range;

use super::lexer::{Token, TokenKind, tokens};
use super::{Filter, ParseError};

impl Filter {
    /// Reads a line that is being typed: what it asks already, and the place of the clause at its end
    /// that is not finished, if there is one: `key:`, `size>`, `not`, `"half a te`.
    ///
    /// # Errors
    /// As [`Self::parse`], for a fault that typing on does not mend by itself.
    pub fn parse_typed(line: &str) -> Result<(Self, Option<Range<usize>>), ParseError> {
        match Self::parse(line) {
            Ok(filter) => Ok((filter, None)),
            Err(problem) => {
                let begin = unfinished(line).ok_or(problem)?;
                let filter = Self::parse(&line[..begin])?;
                let rest = &line[begin..];
                let clause = begin + (rest.len() - rest.trim_start().len());
                Ok((filter, Some(clause..line.trim_end().len())))
            }
        }
    }
}

/// Where the clause begins at the end of a line that is not finished.
fn unfinished(line: &str) -> Option<usize> {
    let (tokens, fault) = tokens(line);
    let joins =
        |token: &Token| matches!(token.kind, TokenKind::And | TokenKind::Or | TokenKind::Not);
    let (mut whole, begin) = match tokens.as_slice() {
        // A value in quotes or between slashes that are open is a fault behind its operator.
        [whole @ .., name, op] if matches!(op.kind, TokenKind::Op(_)) => (whole, name.at.start),
        [whole @ .., last] if fault.is_none() && joins(last) => (whole, last.at.start),
        // A quote that is open where a word begins.
        whole => {
            let end = whole.last().map_or(0, |last| last.at.end);
            let rest = line[end..].trim_start();
            let is_open = rest.starts_with('"') && rest.matches('"').count() == 1;
            fault.filter(|_| is_open)?;
            (whole, line.len() - rest.len())
        }
    };
    let mut begin = begin;
    // The words that join it to what stands before it.
    while let [rest @ .., last] = whole
        && joins(last)
    {
        (whole, begin) = (rest, last.at.start);
    }
    Some(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, asks: &str, clause: &str) {
        let (filter, at) = Filter::parse_typed(line).unwrap();
        assert_eq!(filter, Filter::parse(asks).unwrap(), "{line}");
        assert_eq!(at.map(|at| &line[at]), Some(clause), "{line}");
    }

    #[test]
    fn what_is_half_typed_asks_nothing() {
        check("key:", "", "key:");
        check("data.total>15 key:", "data.total>15", "key:");
        check(
            "data.total>15 and not size> ",
            "data.total>15",
            "and not size>",
        );
        check("order or", "order", "or");
        check("order \"half a", "order", "\"half a");
        check("order type:\"half a", "order", "type:\"half a");
        check("order type:/half", "order", "type:/half");
    }

    #[test]
    fn other_faults_stay_faults() {
        for line in ["data.total>15 (", "kee:red", ") key:", "size>red", ":x"] {
            assert!(Filter::parse_typed(line).is_err(), "{line}");
        }
        assert_eq!(Filter::parse_typed("a b").unwrap().1, None);
    }
}
