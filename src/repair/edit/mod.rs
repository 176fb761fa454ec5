//! Edits by rule: what is done to one message by hand, done to many. A rule changes the text at its
//! own place and nothing else: numbers are never parsed and printed again, names stay in order, and
//! space stays as it was.

mod convert;
mod find;
mod form;
mod pointer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use crate::event::amqp::{FieldValue, Properties};
use crate::event::draft::{Field, HeaderDraft};
use crate::event::field_names::FieldNames;
use crate::event::{Draft, HeaderRow, Outgoing, decode};
use crate::text::json;
use crate::text::payload::{shorten, size_text, visible_line};

pub use convert::Convert;
use find::{Children, FoundSpans, Spot, find, is};
pub use form::{RuleForm, RuleKind, RulePlace};
pub use pointer::Pointer;

/// Largest text that is edited, in bytes.
const MAX_TEXT: usize = 8 * 1024 * 1024;
/// Longest value that is told, in characters.
const CELL: usize = 80;
/// Most places of one message that are told.
const TOLD: usize = 20;

/// One thing that is done to a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// To fields of the payload.
    Payload(Pointer, RuleChange),
    Header(String, HeaderChange),
    /// A property gets this text, or is left out.
    Property(Field, Option<String>),
}

/// What is done to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// It gets this value, written as JSON; it is added where it is missing.
    Set(String),
    /// It is taken out.
    Remove,
    /// It gets another name.
    Rename(String),
    /// Its value is written as another kind.
    Convert(Convert),
}

/// What is done to a header.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderChange {
    /// It gets this value; it is added where it is missing.
    Set(FieldValue),
    /// It is taken out.
    Remove,
    /// It gets another name.
    Rename(String),
}

/// A place that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The place: `data.amount`, `header x`, or the label of a property.
    pub at: String,
    /// What stood there; empty for nothing.
    pub before: String,
    /// What stands there now; empty for nothing.
    pub after: String,
}

impl Step {
    fn new(at: impl Into<String>, before: &str, after: &str) -> Self {
        let short = |text: &str| shorten(&visible_line(text), CELL);
        Self {
            at: at.into(),
            before: short(before),
            after: short(after),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, before, after } = self;
        match (before.as_str(), after.as_str()) {
            ("", after) => write!(f, "{at}: added {after}"),
            (before, "") => write!(f, "{at}: removed {before}"),
            (before, after) => write!(f, "{at}: {before} → {after}"),
        }
    }
}

/// What rules make of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    Changed {
        outgoing: Outgoing,
        /// The places, the first [`TOLD`] of them.
        steps: Vec<Step>,
        /// All places that were changed.
        places: usize,
        /// Rules and places to which a rule does not apply, in words; empty if there are none.
        not: String,
    },
    /// No rule applies to it; why, in words.
    NotApplicable(String),
    /// Its payload cannot be edited; why, in words.
    Unreadable(String),
}

/// What one rule did.
#[derive(Default)]
struct Done {
    steps: Vec<Step>,
    places: usize,
    not: Vec<String>,
}

impl Done {
    fn change(&mut self, step: Step) {
        self.places += 1;
        if self.steps.len() < TOLD {
            self.steps.push(step);
        }
    }

    fn not(words: impl Into<String>) -> Self {
        Self {
            not: vec![words.into()],
            ..Self::default()
        }
    }
}

/// Applies rules to a message, one after the other.
#[must_use]
pub fn edit(message: &Outgoing, rules: &[Rule]) -> Edit {
    let (mut outgoing, mut all) = (message.clone(), Done::default());
    if rules.iter().any(|rule| matches!(rule, Rule::Payload(..))) {
        let opened = match decode::open(&message.body, &message.properties, MAX_TEXT) {
            Ok(opened) => opened,
            Err(words) => return Edit::Unreadable(words),
        };
        let mut text = opened.text;
        if let Err(fault) = json::check(&text) {
            return Edit::Unreadable(format!("The payload is not JSON: {fault}"));
        }
        let names = FieldNames::of(&text, &message.properties);
        for rule in rules {
            if let Rule::Payload(pointer, change) = rule {
                let done = match change_text(&mut text, (pointer, &names), change) {
                    Ok(done) => done,
                    Err(words) => return Edit::Unreadable(words),
                };
                all.add(done);
            }
        }
        outgoing.body = match opened.packing.close(&text) {
            Ok(body) => body,
            Err(words) => return Edit::Unreadable(words),
        };
    }
    let others = rules
        .iter()
        .filter(|rule| !matches!(rule, Rule::Payload(..)));
    let others: Vec<&Rule> = others.collect();
    if !others.is_empty() {
        match change_properties(&outgoing, &others, &mut all) {
            Ok(properties) => outgoing.properties = properties,
            Err(words) => return Edit::NotApplicable(words),
        }
    }
    let not = few(&all.not);
    if all.places == 0 {
        return Edit::NotApplicable(not);
    }
    Edit::Changed {
        outgoing,
        steps: all.steps,
        places: all.places,
        not,
    }
}

/// The properties after the rules for them, as the editor would send them.
fn change_properties(
    message: &Outgoing,
    rules: &[&Rule],
    all: &mut Done,
) -> Result<Properties, String> {
    let mut draft = Draft::of(&Outgoing {
        record: None,
        body: Vec::new(),
        ..message.clone()
    });
    for rule in rules {
        match rule {
            Rule::Payload(..) => {}
            Rule::Header(name, change) => all.add(change_header(&mut draft, name, change)),
            Rule::Property(field, text) => {
                all.add(change_property(&mut draft, *field, text.as_deref()));
            }
        }
    }
    draft
        .check()
        .map(|sent| sent.properties)
        .map_err(|problems| {
            let words = problems.iter().map(|p| format!("{} {}", p.field, p.words));
            words.collect::<Vec<_>>().join("; ")
        })
}

impl Done {
    fn add(&mut self, other: Self) {
        self.places += other.places;
        let room = TOLD.saturating_sub(self.steps.len());
        self.steps.extend(other.steps.into_iter().take(room));
        self.not.extend(other.not);
    }
}

/// The first of several reasons, and how many there are.
fn few(reasons: &[String]) -> String {
    match reasons {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one}; {other}"),
        [one, other, rest @ ..] => format!("{one}; {other}; and {} more", rest.len()),
    }
}

fn change_text(
    text: &mut String,
    (pointer, names): (&Pointer, &FieldNames),
    change: &RuleChange,
) -> Result<Done, String> {
    let FoundSpans {
        spots,
        lacking,
        misses,
    } = find(text, pointer, names)?;
    let mut done = Done {
        not: misses,
        ..Done::default()
    };
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let last = pointer.steps(names).last().copied().unwrap_or_default();
    if let RuleChange::Set(value) = change {
        for one in lacking {
            let (before, between) = (one.before, one.between);
            let new = format!("{before}{}{between}{value}", quoted(last));
            edits.push((one.at..one.at, new));
            done.change(Step::new(one.path, "", value));
        }
    } else {
        let missing = lacking.iter();
        done.not
            .extend(missing.map(|one| format!("{}: no such field", one.path)));
    }
    // All items of an array go together: what parts them goes too.
    let is_each = last == "*" && spots.iter().all(|spot| spot.child.name.is_none());
    if matches!(change, RuleChange::Remove) && is_each {
        remove_items(text, spots, &mut edits, &mut done);
    } else {
        for spot in spots {
            match change_spot(text, &spot, change) {
                Ok((range, new)) => {
                    let (before, after) = told(text, &spot, change, &new);
                    done.change(Step::new(spot.path, &before, &after));
                    edits.push((range, new));
                }
                Err(words) => done.not.push(words),
            }
        }
    }
    let new: usize = edits.iter().map(|(_, new)| new.len()).sum();
    if text.len() + new > 2 * MAX_TEXT {
        let most = size_text(2 * MAX_TEXT as u64);
        return Err(format!("The payload would be larger than {most}"));
    }
    edits.sort_by_key(|(range, _)| range.start);
    *text = edited(text, &edits);
    Ok(done)
}

/// The text to be replaced for one place, and what replaces it.
fn change_spot(
    text: &str,
    spot: &Spot,
    change: &RuleChange,
) -> Result<(Range<usize>, String), String> {
    let value = text.get(spot.child.value.clone()).unwrap_or_default();
    let at = &spot.path;
    match change {
        RuleChange::Set(new) if new == value => Err(format!("{at} has this value already")),
        RuleChange::Set(new) => Ok((spot.child.value.clone(), new.clone())),
        RuleChange::Remove => Ok((spot.extent.clone(), String::new())),
        RuleChange::Rename(new) => {
            let Some(name) = &spot.child.name else {
                return Err(format!("{at} is an item of an array and has no name"));
            };
            if is(text, name, new) {
                return Err(format!("{at} has this name already"));
            }
            let taken = Children::of(text, spot.parent)
                .any(|child| child.name.is_some_and(|name| is(text, &name, new)));
            if taken {
                return Err(format!("{at}: there is a field {new} beside it"));
            }
            Ok((name.clone(), quoted(new)))
        }
        RuleChange::Convert(convert) => match convert.apply(value) {
            Ok(new) => Ok((spot.child.value.clone(), new)),
            Err(why) => Err(format!("{at} {why}: {}", shorten(&visible_line(value), 40))),
        },
    }
}

fn told(text: &str, spot: &Spot, change: &RuleChange, new: &str) -> (String, String) {
    let before = match (change, &spot.child.name) {
        (RuleChange::Rename(_), Some(name)) => name,
        _ => &spot.child.value,
    };
    let before = text.get(before.clone()).unwrap_or_default();
    (before.to_owned(), new.to_owned())
}

/// Each array is emptied.
fn remove_items(
    text: &str,
    spots: Vec<Spot>,
    edits: &mut Vec<(Range<usize>, String)>,
    done: &mut Done,
) {
    let mut parent = None;
    for spot in spots {
        let value = spot.child.value;
        let before = text.get(value.clone()).unwrap_or_default();
        done.change(Step::new(spot.path, before, ""));
        match edits.last_mut() {
            Some((range, _)) if parent == Some(spot.parent) => range.end = value.end,
            _ => edits.push((value, String::new())),
        }
        parent = Some(spot.parent);
    }
}

fn edited(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn change_header(draft: &mut Draft, name: &str, change: &HeaderChange) -> Done {
    let at = format!("header {name}");
    let place = draft.headers.iter().position(|row| row.name == name);
    let told = |row: &HeaderRow| match &row.value {
        HeaderDraft::Typed(kind, text) => format!("{text} ({})", kind.name()),
        HeaderDraft::Kept(value) => format!("{value} ({})", value.type_name()),
    };
    let mut done = Done::default();
    match (change, place) {
        (HeaderChange::Set(value), place) => {
            let row = HeaderRow::of(name, value);
            let before = place.map(|place| told(&draft.headers[place]));
            let after = told(&row);
            if before.as_ref() == Some(&after) {
                return Done::not(format!("{at} has this value already"));
            }
            done.change(Step::new(at, &before.unwrap_or_default(), &after));
            match place {
                Some(place) => draft.headers[place] = row,
                None => draft.headers.push(row),
            }
        }
        (_, None) => return Done::not(format!("{at}: no such header")),
        (HeaderChange::Remove, Some(place)) => {
            let row = draft.headers.remove(place);
            done.change(Step::new(at, &told(&row), ""));
        }
        (HeaderChange::Rename(new), Some(place)) => {
            if draft.headers.iter().any(|row| row.name == *new) {
                return Done::not(format!("{at}: there is a header {new} already"));
            }
            new.clone_into(&mut draft.headers[place].name);
            done.change(Step::new(at, name, new));
        }
    }
    done
}

fn change_property(draft: &mut Draft, field: Field, text: Option<&str>) -> Done {
    let (label, before) = (field.label(), draft.text(field).to_owned());
    let after = text.unwrap_or_default();
    if before == after {
        return Done::not(match text {
            Some(_) => format!("{label} has this value already"),
            None => format!("{label} is not there"),
        });
    }
    draft.set(field, after);
    let mut done = Done::default();
    done.change(Step::new(label, &before, after));
    done
}
