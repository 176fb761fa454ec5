//! Why a job ends early. Where code must decide, it does so by the kind and not by the words.

use std::fmt;

/// What is told when the connection breaks under a job.
const BROKEN: &str =
    "The connection broke. RabbitMQ puts the messages that were held back by itself";
/// What is told then where RabbitMQ does not keep the order of so many.
const MIXED: &str = ", perhaps in another order";

/// A reason to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The connection broke: RabbitMQ puts what was held back by itself.
    Broken {
        /// It does not keep the order of so many.
        mixed: bool,
    },
    /// Another reason, in words.
    Told(String),
}

impl Why {
    /// The connection broke.
    pub(crate) const BROKEN: Self = Self::Broken { mixed: false };

    /// True if the connection broke.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }

    /// The same where a break mixes up what was held.
    pub(crate) fn mixing_up(self) -> Self {
        match self {
            Self::Broken { .. } => Self::Broken { mixed: true },
            told @ Self::Told(_) => told,
        }
    }

    /// In words.
    pub(crate) fn words(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { mixed } => {
                f.write_str(BROKEN)?;
                f.write_str(if *mixed { MIXED } else { "" })
            }
            Self::Told(words) => f.write_str(words),
        }
    }
}

impl From<String> for Why {
    fn from(words: String) -> Self {
        Self::Told(words)
    }
}

impl From<&str> for Why {
    fn from(words: &str) -> Self {
        Self::Told(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_break_mixes_up() {
        assert_eq!(Why::from("Stopped").mixing_up().words(), "Stopped");
        // The same words are not the same reason.
        assert!(!Why::from(BROKEN).is_broken());
        assert_eq!(Why::from(BROKEN).mixing_up().words(), BROKEN);
        let mixed = Why::BROKEN.mixing_up();
        assert!(mixed.is_broken() && mixed.words().ends_with("another order"));
    }
}
