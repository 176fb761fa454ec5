//! A word that is looked for in bytes: in one event, or at once in many that lie one behind
//! another.

use std::ops::Range;

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::pattern::TextPattern;

/// A word and the fastest search for it.
#[derive(Clone, Debug)]
pub struct Needle {
    search: NeedleSearch,
    length: usize,
    in_uuid: bool,
}

#[derive(Clone, Debug)]
enum NeedleSearch {
    /// The bytes as they are.
    Exact(Box<Finder<'static>>),
    /// Letters in either case, by Unicode's simple folding. For a plain word the library searches
    /// with vector instructions.
    Folded(Regex),
}

impl Needle {
    /// A bare word of a filter: upper and lower case are the same.
    pub(super) fn word(word: &str) -> Self {
        let folded = RegexBuilder::new(&regex::escape(word))
            .case_insensitive(true)
            .build();
        Self {
            // A word as long as a whole line compiles, so the second arm is out of reach; it would
            // only be stricter.
            search: folded.map_or_else(|_| exact(word), NeedleSearch::Folded),
            length: word.len(),
            in_uuid: is_hex(word),
        }
    }

    /// The text that an expression is, if it is no more than text.
    pub(super) fn of_pattern(pattern: &TextPattern) -> Option<Self> {
        pattern.is_literal().then(|| Self {
            search: if pattern.ignore_case() {
                NeedleSearch::Folded(pattern.regex().clone())
            } else {
                exact(pattern.source())
            },
            length: pattern.source().len(),
            in_uuid: is_hex(pattern.source()),
        })
    }

    /// The first place of the word.
    #[must_use]
    pub fn find(&self, haystack: &[u8]) -> Option<Range<usize>> {
        match &self.search {
            NeedleSearch::Exact(finder) => {
                let start = finder.find(haystack)?;
                Some(start..start + self.length)
            }
            NeedleSearch::Folded(regex) => regex.find(haystack).map(|found| found.range()),
        }
    }

    /// True if the word occurs.
    #[must_use]
    pub fn occurs(&self, haystack: &[u8]) -> bool {
        match &self.search {
            NeedleSearch::Exact(finder) => finder.find(haystack).is_some(),
            NeedleSearch::Folded(regex) => regex.is_match(haystack),
        }
    }

    /// True if the word may stand in a UUID, which a kept event does not keep as text.
    #[must_use]
    pub fn may_be_in_uuid(&self) -> bool {
        self.in_uuid
    }

    /// Bytes of the word as it was written; the longest word of a filter is the rarest.
    pub(super) fn length(&self) -> usize {
        self.length
    }
}

fn is_hex(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn exact(word: &str) -> NeedleSearch {
    NeedleSearch::Exact(Box::new(Finder::new(word).into_owned()))
}
