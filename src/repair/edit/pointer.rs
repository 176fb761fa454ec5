//! A JSON pointer (RFC 6901) in which `*` stands for every item of an array.

use std::fmt;

use crate::text::pointer_step::{escaped, unescaped};

/// Most steps of a pointer.
const MAX_STEPS: usize = 64;

/// A place in a document, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    steps: Vec<String>,
}

impl Pointer {
    /// Reads `/data/amount` or `/lines/*/qty`.
    ///
    /// # Errors
    /// In words, if it is none, or is the whole document.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.trim().strip_prefix('/') else {
            return Err(
                "A field is written as a JSON pointer: /data/amount, or /lines/*/qty for each item \
                 of an array"
                    .to_owned(),
            );
        };
        let steps: Vec<String> = rest
            .split('/')
            .map(|step| unescaped(step).into_owned())
            .collect();
        if steps.len() > MAX_STEPS {
            return Err(format!("A pointer has at most {MAX_STEPS} steps"));
        }
        Ok(Self { steps })
    }

    /// Its steps.
    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps
            .iter()
            .try_for_each(|step| write!(f, "/{}", escaped(step)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_reads_back_as_it_was_written() {
        for text in ["/data/amount", "/lines/*/qty", "/a~1b/~0", "/", "/~01"] {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Pointer::parse("/a~1b").unwrap().steps(), ["a/b"]);
        assert_eq!(Pointer::parse("/~01").unwrap().steps(), ["~1"]);
        for text in ["", "data.amount", &"/x".repeat(65)] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }
}
