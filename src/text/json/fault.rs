//! What is wrong with a text that should be JSON: in words for the person who writes it, and where.

use std::fmt;

use super::reading::{self, trim};

/// The first fault of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFault {
    /// The byte at which it shows; the end of the text where something is missing there.
    pub at: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What it is.
    pub words: &'static str,
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            words,
            ..
        } = self;
        write!(f, "{words} (line {line}, column {column})")
    }
}

/// What keeps a text from being a whole document.
#[must_use]
pub fn fault_in(text: &str) -> Option<JsonFault> {
    let fault = reading::fault(text.as_bytes())?;
    // A mark in front of the document is no part of it, and was not counted.
    let mark = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let at = if fault.is_eof() {
        mark + trim(text.as_bytes()).len()
    } else {
        let begin: usize = text[mark..]
            .split_inclusive('\n')
            .take(fault.line().saturating_sub(1))
            .map(str::len)
            .sum();
        // Where the line break itself is the fault, the parser counts it to the line behind it.
        let at = (mark + begin + fault.column()).saturating_sub(1);
        // A control character is told of before it is read.
        at + usize::from(fault.to_string().starts_with("control character"))
    };
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_begin = before.rfind('\n').map_or(0, |end| end + 1);
    Some(JsonFault {
        at,
        line: before.matches('\n').count() + 1,
        column: before[line_begin..].chars().count() + 1,
        words: match (before.trim_end().chars().last(), text[at..].chars().next()) {
            (Some(','), Some('}' | ']')) => TOO_MANY,
            (Some(',' | '{' | '['), Some(',')) => ONE_TOO_MANY,
            _ => words(&fault.to_string()),
        },
    })
}

const ONE_TOO_MANY: &str = "This comma is one too many";
const TOO_MANY: &str = "There is a comma too many before this place";

/// The parser's words, which are those of its own code, in those of a person who writes JSON.
fn words(raw: &str) -> &'static str {
    let known = [
        (
            "EOF while parsing a list",
            "The end is missing: ] or a comma and another value",
        ),
        (
            "EOF while parsing an object",
            "The end is missing: } or a comma and another member",
        ),
        (
            "EOF while parsing a string",
            "The closing quote of a text is missing",
        ),
        ("EOF while parsing a value", "A value is missing at the end"),
        ("expected `:`", "A colon is missing behind a name"),
        (
            "expected `,` or `]`",
            "A comma or ] is missing before this place",
        ),
        (
            "expected `,` or `}`",
            "A comma or } is missing before this place",
        ),
        ("expected ident", "Only true, false and null are words"),
        (
            "expected value",
            "This is no value. Texts need double quotes",
        ),
        (
            "invalid escape",
            "\\ must be followed by one of \" \\ / b f n r t u",
        ),
        ("unexpected end of hex escape", "\\u needs four hex digits"),
        ("invalid number", "This is no number in JSON"),
        (
            "control character",
            "A line break or another control character is in a text: write it as \\n or \\u000a",
        ),
        ("key must be a string", "A name needs double quotes"),
        ("trailing comma", TOO_MANY),
        (
            "trailing characters",
            "The document ends before this place, but the text goes on",
        ),
    ];
    let found = known.iter().find(|(start, _)| raw.starts_with(start));
    found.map_or("JSON cannot be read from this place on", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_one_to_look_at() {
        for (text, at, words) in [
            ("", 0, "A value is missing at the end"),
            ("{oops", 1, "A name needs double quotes"),
            ("{\n  \"é\": tru\n}", 13, "Only true"),
            ("{\"a\": 1", 7, "The end is missing: }"),
            ("[1\n", 3, "The end is missing: ]"),
            ("[1 2]", 3, "A comma or ]"),
            ("{\"a\" 1}", 5, "A colon"),
            ("{\"a\": 1,}", 8, "There is a comma too many"),
            ("{\"a\": 1,, \"b\": 2}", 8, "This comma is one too many"),
            ("[1, ,2]", 4, "This comma is one too many"),
            ("{, \"a\": 1}", 1, "This comma is one too many"),
            ("[,1]", 1, "This comma is one too many"),
            ("{} x", 3, "The document ends"),
            ("{\"a\": 'b'}", 6, "This is no value"),
            ("\"a\nb\"", 2, "A line break"),
            ("\"ab", 3, "The closing quote"),
            ("\u{feff}{x", 4, "A name needs"),
        ] {
            let fault = fault_in(text).unwrap_or_else(|| panic!("{text} is valid"));
            assert!(fault.words.starts_with(words), "{text}: {fault}");
            assert_eq!(fault.at, at, "{text}: {fault}");
        }
        assert_eq!(fault_in("{\"a\": [1, null]}"), None);
    }

    #[test]
    fn line_and_column_are_those_an_editor_shows() {
        let fault = fault_in("{\n  \"é\": x\n}").expect("broken");
        assert_eq!((fault.line, fault.column), (2, 8));
        assert!(fault.to_string().ends_with("(line 2, column 8)"));
    }
}
