//! What is to be masked, as a person writes it.

use std::sync::LazyLock;

use regex::Regex;

use super::body::PathPart;
use super::detect::{self, Span};

/// What is to be masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each detector is a question of its own"
)]
pub struct MaskRules {
    /// JSON pointers into the body; `*` stands for any member or item.
    pointers: Vec<Vec<String>>,
    /// Names of headers.
    headers: Vec<String>,
    pub(super) emails: bool,
    pub(super) cards: bool,
    tokens: bool,
    ibans: bool,
}

/// Names whose values are secrets, whatever they look like.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(x-)?(.*[-_.])?(pass(word|wd|phrase)?|secret|token|api[-_]?key|authorization|credentials?|(access|refresh|id|auth)[-_]?token|client[-_]?secret|private[-_]?key)$",
    )
    .ok()
});

impl MaskRules {
    /// Reads rules: a JSON pointer into the body (`/data/customer/email`, `/items/*/sku`),
    /// `header.NAME`, `emails`, `cards`, `tokens`, `ibans`, or `all` for these four.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut all = Self::default();
        for rule in rules {
            match rule {
                "emails" => all.emails = true,
                "cards" => all.cards = true,
                "tokens" => all.tokens = true,
                "ibans" => all.ibans = true,
                "all" => {
                    (all.emails, all.cards, all.tokens, all.ibans) = (true, true, true, true);
                }
                _ if rule.starts_with('/') => {
                    let parts = rule[1..].split('/');
                    let parts = parts.map(|part| part.replace("~1", "/").replace("~0", "~"));
                    all.pointers.push(parts.collect());
                }
                _ => match rule.strip_prefix("header.") {
                    Some(name) if !name.is_empty() => all.headers.push(name.to_owned()),
                    _ => {
                        return Err(format!(
                            "\"{rule}\" is no rule for masking. Rules are emails, cards, tokens, \
                             ibans, all, header.NAME, and JSON pointers such as /data/customer/name"
                        ));
                    }
                },
            }
        }
        Ok(all)
    }

    /// True if values are chosen by their places.
    pub(super) fn chooses(&self) -> bool {
        !self.pointers.is_empty() || !self.headers.is_empty() || self.tokens
    }

    /// True if the value at this place in the body is chosen: there, or further up.
    pub(super) fn takes(&self, path: &[PathPart]) -> bool {
        let fits = |pointer: &Vec<String>| {
            pointer.len() <= path.len()
                && pointer
                    .iter()
                    .zip(path)
                    .all(|(wanted, part)| wanted == "*" || part.is(wanted))
        };
        let is_secret = |part: &PathPart| match part {
            PathPart::Member(name) => self.is_secret(name),
            PathPart::Item(_) => false,
        };
        // Of the name right above, or above a list.
        let nearest = path
            .iter()
            .rev()
            .find(|part| matches!(part, PathPart::Member(_)));
        nearest.is_some_and(is_secret) || self.pointers.iter().any(fits)
    }

    /// True if all of this header is chosen.
    pub(super) fn takes_header(&self, name: &str) -> bool {
        let is_named = |wanted: &String| wanted.eq_ignore_ascii_case(name);
        self.headers.iter().any(is_named) || self.is_secret(name)
    }

    /// True if what has this name is a secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.tokens && SECRET.as_ref().is_some_and(|secret| secret.is_match(name))
    }

    /// Appends what the detectors find.
    pub(super) fn detect(&self, text: &str, spans: &mut Vec<Span>) {
        if self.emails {
            detect::emails(text, spans);
        }
        if self.cards {
            detect::cards(text, spans);
        }
        if self.tokens {
            detect::tokens(text, spans);
        }
        if self.ibans {
            detect::ibans(text, spans);
        }
    }
}
