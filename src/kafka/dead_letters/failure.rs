//! Why a consumer failed, as a record's headers tell it. What stands in the header for the class is
//! most often a framework's wrapper, so it is the innermost cause in the stack trace that counts,
//! else the cause that has a header of its own, else the wrapper; and which of them it is, is said.

use super::record::{HeaderRun, text};
use crate::repair::cause::{Thrown, first_line, nested, root, says_nothing};

/// Why a consumer failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KafkaFailure {
    /// The exception's class, with its package.
    pub class: Option<String>,
    /// The first line of its message.
    pub message: Option<String>,
    /// Where this stands: `the last "Caused by" of its stack trace`.
    pub says: String,
    /// What it was wrapped in, where another header says so.
    pub wrapped_in: Option<String>,
}

impl KafkaFailure {
    /// `StockException: sku unknown`.
    #[must_use]
    pub fn words(&self) -> String {
        let thrown = Thrown {
            class: self.class.clone(),
            message: self.message.clone(),
        };
        thrown.words()
    }
}

/// The names of the headers that tell of an exception; empty where a writer has none for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailureNames<'n> {
    pub(crate) class: &'n str,
    pub(crate) message: &'n str,
    pub(crate) cause: &'n str,
    pub(crate) cause_message: &'n str,
    pub(crate) trace: &'n str,
}

impl<'n> FailureNames<'n> {
    pub(crate) fn all(&self) -> [&'n str; 5] {
        [
            self.class,
            self.message,
            self.cause,
            self.cause_message,
            self.trace,
        ]
    }
}

/// Puts together what the headers of one death say.
pub(crate) fn failure(run: HeaderRun<'_>, names: &FailureNames<'_>) -> Option<KafkaFailure> {
    let told = |name: &str| text(run.last(name));
    let trace = told(names.trace);
    let class = told(names.class).as_deref().and_then(first_line);
    let message = told(names.message);
    let outer = Thrown {
        class: class.clone(),
        message: message.as_deref().and_then(own_words),
    };
    if let Some(root) = trace.as_deref().and_then(root) {
        return Some(KafkaFailure {
            says: "the last \"Caused by\" of its stack trace".to_owned(),
            wrapped_in: class.filter(|class| Some(class) != root.class.as_ref()),
            class: root.class,
            message: root.message,
        });
    }
    if let Some(cause) = told(names.cause).as_deref().and_then(first_line) {
        let own = told(names.cause_message);
        let own = own.as_deref().and_then(own_words);
        return Some(KafkaFailure {
            says: format!("the header {}", names.cause),
            wrapped_in: class,
            class: Some(cause),
            // A wrapper repeats what its cause says.
            message: own.or(outer.message),
        });
    }
    if let Some(inner) = message.as_deref().and_then(nested) {
        return Some(KafkaFailure {
            says: format!("what is nested in the header {}", names.message),
            wrapped_in: class,
            class: inner.class,
            message: inner.message,
        });
    }
    if outer == Thrown::default() {
        let line = trace.as_deref().and_then(first_line)?;
        let thrown = Thrown::read(&line);
        return Some(KafkaFailure {
            class: thrown.class,
            message: thrown.message,
            says: format!("the header {}", names.trace),
            wrapped_in: None,
        });
    }
    Some(KafkaFailure {
        says: match outer.class {
            Some(_) => format!("the header {}", names.class),
            None => format!("the header {}", names.message),
        },
        class: outer.class,
        message: outer.message,
        wrapped_in: None,
    })
}

/// A message without what a wrapper puts before it; `None` where nothing is left, or nothing but what
/// is said of every failure.
fn own_words(message: &str) -> Option<String> {
    let line = message.trim_start().lines().next()?;
    let own = line.strip_prefix("Listener failed; ").unwrap_or(line);
    let own = own
        .split_once("; nested exception is ")
        .map_or(own, |(own, _)| own);
    first_line(own).filter(|own| !says_nothing(own))
}
