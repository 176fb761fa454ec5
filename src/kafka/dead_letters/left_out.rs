//! Which headers do not go with a copy that is sent again. They tell of a death and were not part of
//! the record; kept, they would grow with each round, and some of them make a consumer give the copy
//! up at once.

use super::by_rule::DeathHeaders;
use super::{apache, small_rye, spring};

/// A header that is left out of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutHeader {
    pub name: String,
    /// Why, as a sentence.
    pub why: &'static str,
}

const TELLS: &str = "It tells of a death; it was written when the record was given up, and was not part \
                     of it";
const RETRY: &str = "With it Spring takes the copy for one that was tried before: it gets one attempt and \
                     dies again";
const GIVE_UP: &str = "With it SmallRye gives the copy up without a try";

/// The headers that a copy goes without, each name once, in the order of the record.
#[must_use]
pub fn left_out<'a>(
    headers: impl IntoIterator<Item = &'a str>,
    rule: Option<&DeathHeaders>,
) -> Vec<LeftOutHeader> {
    let mut out: Vec<LeftOutHeader> = Vec::new();
    for name in headers {
        if let Some(why) = why(name, rule)
            && out.iter().all(|known| known.name != name)
        {
            out.push(LeftOutHeader {
                name: name.to_owned(),
                why,
            });
        }
    }
    out
}

fn why(name: &str, rule: Option<&DeathHeaders>) -> Option<&'static str> {
    if name.starts_with("retry_topic-") {
        return Some(RETRY);
    }
    if name == small_rye::GIVE_UP {
        return Some(GIVE_UP);
    }
    let mut beginnings = spring::BEGINNINGS.iter().chain(&apache::BEGINNINGS);
    let is_one = beginnings.any(|begin| name.starts_with(begin))
        || spring::stream_names()
            .chain(small_rye::names())
            .any(|own| own == name)
        || rule.is_some_and(|rule| rule.names().any(|own| own == name));
    // Of those that a writer has no header for the name is empty, and a header can be named so.
    (is_one && !name.is_empty()).then_some(TELLS)
}
