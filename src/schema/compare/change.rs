//! A difference between two versions, at one place of an event.

use crate::text::pointer_step::{escaped, unescaped};
use std::borrow::Cow;

use serde_json::Value;

/// What a change does to one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// No event is refused because of it.
    Ok,
    /// Whether an event can be refused because of it could not be told.
    Unknown,
    /// An event can be refused because of it.
    Breaks,
}

impl Effect {
    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "not proved",
            Self::Breaks => "breaks",
        }
    }

    pub(crate) fn breaks(is: bool) -> Self {
        if is { Self::Breaks } else { Self::Ok }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Place in the event: `#/lines/*/qty`. `*` stands for every element or every further
    /// property, a number for a position of a tuple, `{pattern}` for properties by pattern.
    pub path: String,
    /// What kind of change: `property-added`, `minimum-raised` …
    pub kind: Cow<'static, str>,
    /// What stood there, if anything.
    pub old: Option<Value>,
    /// What stands there now.
    pub new: Option<Value>,
    /// Whether readers of the new version can still read what the old wrote.
    pub backward: Effect,
    /// Whether readers of the old version can read what the new writes.
    pub forward: Effect,
    pub reason: String,
}

impl Change {
    pub(crate) fn new(kind: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            kind: kind.into(),
            old: None,
            new: None,
            backward: Effect::Ok,
            forward: Effect::Ok,
            reason: reason.into(),
        }
    }

    pub(crate) fn values(mut self, old: Option<&Value>, new: Option<&Value>) -> Self {
        self.old = old.cloned();
        self.new = new.cloned();
        self
    }

    pub(crate) fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Less is allowed than was.
    pub(crate) fn narrowed(mut self) -> Self {
        self.backward = Effect::Breaks;
        self
    }

    /// More is allowed than was.
    pub(crate) fn widened(mut self) -> Self {
        self.forward = Effect::Breaks;
        self
    }

    pub(crate) fn effects(mut self, backward: Effect, forward: Effect) -> Self {
        self.backward = backward;
        self.forward = forward;
        self
    }

    /// Whether it breaks a direction.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.backward == Effect::Breaks || self.forward == Effect::Breaks
    }

    /// Whether it is about words for people and not about values.
    #[must_use]
    pub fn is_documentation(&self) -> bool {
        self.kind == "documentation-changed"
    }

    /// Whether it is about what is inside a string, which a validator does not look at.
    pub(crate) fn is_about_content(&self) -> bool {
        self.kind.starts_with("content-")
    }
}

/// Puts `step` before the path of each.
pub(crate) fn below(step: &str, mut changes: Vec<Change>) -> Vec<Change> {
    let step = escaped(step);
    for change in &mut changes {
        change.path = format!("/{step}{}", change.path);
    }
    changes
}

/// Swaps the directions: below a `not`, what is narrower allows more.
pub(crate) fn turned(mut changes: Vec<Change>) -> Vec<Change> {
    for change in &mut changes {
        std::mem::swap(&mut change.backward, &mut change.forward);
    }
    changes
}

/// A path as people write it: `data.items[].price`.
#[must_use]
pub fn place(path: &str) -> String {
    let mut out = String::new();
    for step in path.trim_start_matches('#').split('/').skip(1) {
        let step = unescaped(step);
        if step == "*" {
            out.push_str("[]");
        } else if step.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&format!("[{step}]"));
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&step);
        }
    }
    if out.is_empty() {
        "the whole event".to_owned()
    } else {
        out
    }
}
