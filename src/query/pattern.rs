//! A regular expression of a filter: bounded when it is compiled, compared by what was written.

use regex::bytes::{Regex, RegexBuilder};

/// Most memory that one compiled expression and its caches may take, in bytes each.
const MAX_COMPILED: usize = 1 << 20;

/// A regular expression that compiled.
#[derive(Clone, Debug)]
pub struct TextPattern {
    source: String,
    ignore_case: bool,
    regex: Regex,
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.ignore_case == other.ignore_case
    }
}

impl Eq for TextPattern {}

impl TextPattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Says in words what is wrong with it.
    pub fn new(source: &str, ignore_case: bool) -> Result<Self, String> {
        let regex = RegexBuilder::new(source)
            .case_insensitive(ignore_case)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .build()
            .map_err(|fault| reason(&fault))?;
        Ok(Self {
            source: source.to_owned(),
            ignore_case,
            regex,
        })
    }

    /// The expression without its slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True if letters match in either case.
    #[must_use]
    pub fn ignore_case(&self) -> bool {
        self.ignore_case
    }

    /// The compiled expression.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// True if the expression is no more than the text it is written with.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        !self.source.is_empty() && regex::escape(&self.source) == self.source
    }
}

/// The library draws its syntax errors over several lines; the last one says what is wrong.
fn reason(fault: &regex::Error) -> String {
    match fault {
        regex::Error::CompiledTooBig(_) => {
            "it is too large: use fewer or smaller repetitions".into()
        }
        other => {
            let drawn = other.to_string();
            let last = drawn.lines().last().unwrap_or_default().trim();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    }
}
