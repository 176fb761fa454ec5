//! A form for an event, from its schema and from the text that is being written: a flat list of
//! fields, and edits that change the text at the place of one field only.
//!
//! Plain data. Fields are worked out again from the text after each change, so the text stays the
//! only account of the event: what the schema does not know stays in it untouched.

mod build;
mod edit;
mod shape;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::schema::{Failure, Version};
use crate::text::json_edit::Document;

pub use edit::{FieldEdit, edit};

/// Most fields of one form; a document with more is shown in part.
pub const MOST_FIELDS: usize = 250;
/// Items of one array that are shown at first, and how many more each time.
pub const ITEMS: usize = 20;

/// What the person chose about how a form is shown, by JSON pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The alternative of a union, where several fit.
    branches: BTreeMap<String, usize>,
    /// How many items of an array are shown.
    items: BTreeMap<String, usize>,
    /// JSON pointer of what the schema is about: empty for the whole document, else what is in an
    /// envelope.
    about: String,
}

impl Choices {
    /// The schema is about this part of the document.
    pub fn set_about(&mut self, pointer: &str) {
        if self.about != pointer {
            pointer.clone_into(&mut self.about);
        }
    }

    /// What [`Self::set_about`] said.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }
}

/// One line of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// How deep it is nested; the members of the document are 0.
    pub depth: usize,
    /// What it is called on screen: its name, or its path where that is not enough.
    pub label: String,
    /// Its path from the document: `data.items[0].sku`.
    pub path: String,
    /// JSON pointer.
    pub pointer: String,
    /// Whether it is in the text.
    pub there: bool,
    /// Whether the schema demands it.
    pub required: bool,
    /// It is an item, or a member that the schema does not name, and can be taken out.
    pub removable: bool,
    /// What the schema says about it, in words.
    pub help: String,
    /// The format or the limits in a word or two.
    pub hint: String,
    /// The least and the most that the number, or the number of items, may be.
    pub limits: (Option<f64>, Option<f64>),
    /// What it may be, if it is a union, and which of it is shown.
    pub union: Option<Union>,
    /// How it is edited.
    pub input: Input,
}

/// The alternatives of a union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Union {
    pub names: Vec<String>,
    /// The one that is shown; none if the value is none of them.
    pub chosen: Option<usize>,
}

/// How a field is edited.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A line of text.
    Text(String),
    /// A number as it was written.
    Number(String),
    /// One of these, each as JSON.
    Choice {
        /// What may be chosen.
        options: Vec<String>,
        /// What is chosen; none if the value is none of them.
        chosen: Option<usize>,
        /// The value as it was written.
        written: String,
    },
    /// An object; its members follow.
    Group {
        /// Members of any name may be added.
        open: bool,
    },
    /// An array; its items follow.
    List {
        /// How many there are.
        count: usize,
        /// Another may be added.
        grows: bool,
    },
    /// Items that are not shown yet.
    More(usize),
    /// JSON as text: what no other input can express.
    Json(String),
    /// Too long for a field.
    Long,
    /// There is nothing to edit: it is not there, or `null`.
    Nothing,
    /// There are more fields than a form shows.
    Rest,
}

/// The fields for a text.
#[must_use]
pub fn fields(version: &Version, document: &Document, choices: &Choices) -> Vec<FormField> {
    let built = build::build(version, document, choices);
    built.into_iter().map(|one| one.field).collect()
}

/// The text of an event with nothing but what the schema demands.
#[must_use]
pub fn beginning(version: &Version) -> String {
    let shapes = shape::FieldShapes::new(&version.normal);
    format!("{:#}", start::start(&shapes, &shapes.root()))
}

/// What is wrong, by the index of the field it is about, and what is about none of them.
#[must_use]
pub fn placed(
    fields: &[FormField],
    failures: &[Failure],
) -> (BTreeMap<usize, Vec<String>>, Vec<String>) {
    let by_pointer: BTreeMap<&str, usize> = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !matches!(field.input, Input::More(_) | Input::Rest))
        .map(|(index, field)| (field.pointer.as_str(), index))
        .collect();
    let mut by_field: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut others = Vec::new();
    for failure in failures {
        let mut at = failure.at.as_str();
        let found = loop {
            if let Some(index) = by_pointer.get(at) {
                break Some(*index);
            }
            match at.rsplit_once('/') {
                Some((above, _)) => at = above,
                None => break None,
            }
        };
        let words = if at == failure.at {
            failure.words.clone()
        } else {
            format!("{}: {}", crate::schema::place(&failure.at), failure.words)
        };
        match found {
            Some(index) => by_field.entry(index).or_default().push(words),
            None => others.push(words),
        }
    }
    (by_field, others)
}
