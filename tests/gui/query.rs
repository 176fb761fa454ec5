//! What a test looks for: a role and a name, both as a screen reader says them.

use std::fmt;

/// A description of one accessible object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    role: Option<&'a str>,
    name: Name<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Name<'a> {
    Any,
    Exactly(&'a str),
    Containing(&'a str),
    StartingWith(&'a str),
}

impl<'a> Query<'a> {
    /// Any object of this role.
    pub(crate) fn role(role: &'a str) -> Self {
        Self {
            role: Some(role),
            name: Name::Any,
        }
    }

    /// An object of any role with exactly this name.
    pub(crate) fn named(name: &'a str) -> Self {
        Self {
            role: None,
            name: Name::Exactly(name),
        }
    }

    /// An object of any role whose name contains this text.
    pub(crate) fn text(part: &'a str) -> Self {
        Self {
            role: None,
            name: Name::Containing(part),
        }
    }

    /// Narrows the query to exactly this name.
    pub(crate) fn name(self, name: &'a str) -> Self {
        Self {
            name: Name::Exactly(name),
            ..self
        }
    }

    /// Narrows the query to names that contain this text.
    pub(crate) fn containing(self, part: &'a str) -> Self {
        Self {
            name: Name::Containing(part),
            ..self
        }
    }

    /// Narrows the query to names that start with this text.
    pub(crate) fn starting_with(self, prefix: &'a str) -> Self {
        Self {
            name: Name::StartingWith(prefix),
            ..self
        }
    }

    pub(super) fn accepts(&self, role: &str, name: &str) -> bool {
        self.role.is_none_or(|wanted| wanted == role)
            && match self.name {
                Name::Any => true,
                Name::Exactly(wanted) => name == wanted,
                Name::Containing(part) => name.contains(part),
                Name::StartingWith(prefix) => name.starts_with(prefix),
            }
    }
}

impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role.unwrap_or("object"))?;
        match self.name {
            Name::Any => Ok(()),
            Name::Exactly(name) => write!(f, " {name:?}"),
            Name::Containing(part) => write!(f, " containing {part:?}"),
            Name::StartingWith(prefix) => write!(f, " starting with {prefix:?}"),
        }
    }
}
