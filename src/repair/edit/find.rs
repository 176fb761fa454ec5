//! Finds places in the text of a JSON document, so that an edit can leave all other text as it is.
//!
//! The document is known to be valid. Nothing here recurses, and what a broken one would make of it
//! is a wrong place, never a panic.

use std::ops::Range;

use super::pointer::Pointer;
use crate::event::field_names::FieldNames;
use crate::text::json;

/// Most places that one pointer may lead to.
const MAX_PLACES: usize = 10_000;

/// A member of an object or an item of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    /// The name of a member, in its quotes.
    pub name: Option<Range<usize>>,
    pub value: Range<usize>,
}

impl Child {
    fn start(&self) -> usize {
        self.name.as_ref().unwrap_or(&self.value).start
    }
}

/// A place that was found.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// How it is called.
    pub path: String,
    /// Where it stands.
    pub child: Child,
    /// Start of the object or array that it is in.
    pub parent: usize,
    /// What goes away with it: its comma, and the space around that.
    pub extent: Range<usize>,
}

/// An object that lacks the member that was looked for.
#[derive(Clone, Debug)]
pub(crate) struct Lacking {
    /// How what it lacks is called.
    pub path: String,
    /// Where the member would be written.
    pub at: usize,
    /// What stands before it: a comma, and space as before the member in front.
    pub before: String,
    /// What stands between its name and its value.
    pub between: String,
}

/// What a pointer leads to.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundSpans {
    /// In the order of the document.
    pub spots: Vec<Spot>,
    /// Objects without the last member.
    pub lacking: Vec<Lacking>,
    /// Why it leads nowhere, in words, for each place at which it ended.
    pub misses: Vec<String>,
}

/// Follows a pointer.
///
/// # Errors
/// If it leads to more places than are edited.
pub(crate) fn find(
    text: &str,
    pointer: &Pointer,
    names: &FieldNames,
) -> Result<FoundSpans, String> {
    let mut found = FoundSpans::default();
    let mut open = vec![(String::new(), space(text, 0))];
    let steps = pointer.steps(names);
    let last = steps.len().saturating_sub(1);
    for (place, step) in steps.into_iter().enumerate() {
        let mut next = Vec::new();
        for (path, at) in open {
            let spots = one_step((text, names), (&path, at), step, place == last, &mut found);
            if place == last {
                found.spots.extend(spots);
            } else {
                next.extend(spots.into_iter().map(|s| (s.path, s.child.value.start)));
            }
            if found.spots.len() + next.len() > MAX_PLACES {
                return Err(format!("{pointer} leads to more than {MAX_PLACES} places"));
            }
        }
        open = next;
    }
    Ok(found)
}

/// One step from the value at `at`.
fn one_step(
    (text, names): (&str, &FieldNames),
    (path, at): (&str, usize),
    step: &str,
    is_last: bool,
    found: &mut FoundSpans,
) -> Vec<Spot> {
    let here = if path.is_empty() { "The payload" } else { path };
    match text.as_bytes().get(at) {
        Some(b'{') => {
            let target = names.member(path, step);
            let mut spots = matching(text, at, |child, _| {
                child.name.as_ref().is_some_and(|name| is(text, name, step))
            });
            match spots.len() {
                0 if is_last => found.lacking.push(lacking(text, at, target)),
                0 => found.misses.push(format!("{target}: no such field")),
                1 => {
                    spots[0].path = target;
                    return spots;
                }
                _ => found
                    .misses
                    .push(format!("{target}: the field is there twice")),
            }
        }
        Some(b'[') if step == "*" => {
            let mut spots = matching(text, at, |_, _| true);
            for (index, spot) in spots.iter_mut().enumerate() {
                spot.path = names.item(path, Some(index));
            }
            if spots.is_empty() {
                found.misses.push(format!("{here} is empty"));
            }
            return spots;
        }
        Some(b'[') => match step.parse::<usize>() {
            Ok(index) => {
                let target = names.item(path, Some(index));
                let mut spots = matching(text, at, |_, place| place == index);
                if let Some(spot) = spots.first_mut() {
                    spot.path = target;
                } else {
                    found.misses.push(format!("{target}: no such item"));
                }
                return spots;
            }
            Err(_) => found.misses.push(format!(
                "{here} is a list: write [0] for its first item, or [] for each"
            )),
        },
        _ => found.misses.push(format!("{here} has no fields")),
    }
    Vec::new()
}

/// The children that are wanted; one more than may be, at most.
fn matching(text: &str, parent: usize, wanted: impl Fn(&Child, usize) -> bool) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    let mut before: Option<usize> = None;
    let mut children = Children::of(text, parent).enumerate().peekable();
    while let Some((place, child)) = children.next() {
        if wanted(&child, place) {
            let extent = match (before, children.peek()) {
                (Some(end), _) => end..child.value.end,
                (None, Some((_, next))) => child.start()..next.start(),
                (None, None) => child.start()..child.value.end,
            };
            spots.push(Spot {
                path: String::new(),
                parent,
                extent,
                child: child.clone(),
            });
            if spots.len() > MAX_PLACES {
                break;
            }
        }
        before = Some(child.value.end);
    }
    spots
}

fn lacking(text: &str, open: usize, path: String) -> Lacking {
    let Some(last) = Children::of(text, open).last() else {
        return Lacking {
            path,
            at: open + 1,
            before: String::new(),
            between: ":".to_owned(),
        };
    };
    let head = text.get(..last.start()).unwrap_or_default();
    let gap = head.len() - head.trim_end_matches([' ', '\n', '\r', '\t']).len();
    let between = last.name.map(|name| name.end..last.value.start);
    Lacking {
        path,
        at: last.value.end,
        before: format!(",{}", &head[head.len() - gap..]),
        between: between
            .and_then(|between| text.get(between))
            .unwrap_or(":")
            .to_owned(),
    }
}

/// Whether a name in its quotes is this one.
pub(crate) fn is(text: &str, quoted: &Range<usize>, name: &str) -> bool {
    let quoted = text.get(quoted.clone()).unwrap_or_default();
    json::string(quoted.as_bytes()).is_some_and(|own| own == name)
}

/// The members of an object or the items of an array.
pub(crate) struct Children<'a> {
    text: &'a str,
    at: usize,
    is_object: bool,
}

impl<'a> Children<'a> {
    /// Of the one that begins at `open`.
    pub(crate) fn of(text: &'a str, open: usize) -> Self {
        Self {
            text,
            at: space(text, open + 1),
            is_object: text.as_bytes().get(open) == Some(&b'{'),
        }
    }
}

impl Iterator for Children<'_> {
    type Item = Child;

    fn next(&mut self) -> Option<Child> {
        let bytes = self.text.as_bytes();
        if matches!(bytes.get(self.at), None | Some(b'}' | b']')) {
            return None;
        }
        let mut start = self.at;
        let mut name = None;
        if self.is_object {
            let end = string_end(bytes, start);
            name = Some(start..end);
            let colon = space(self.text, end);
            start = space(self.text, colon + 1);
        }
        let end = value_end(bytes, start);
        if end <= start {
            return None;
        }
        self.at = space(self.text, end);
        if bytes.get(self.at) == Some(&b',') {
            self.at = space(self.text, self.at + 1);
        }
        Some(Child {
            name,
            value: start..end,
        })
    }
}

fn space(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    at + rest.iter().take_while(is_space).count()
}

/// The place after the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    loop {
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn value_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        None => at,
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => {
            let (mut at, mut depth) = (at, 0_usize);
            loop {
                match bytes.get(at) {
                    None => return bytes.len(),
                    Some(b'"') => {
                        at = string_end(bytes, at);
                        continue;
                    }
                    Some(b'{' | b'[') => depth += 1,
                    Some(b'}' | b']') => {
                        depth -= 1;
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    Some(_) => {}
                }
                at += 1;
            }
        }
        Some(_) => {
            let rest = bytes.get(at..).unwrap_or_default();
            let ends =
                |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            at + rest.iter().position(ends).unwrap_or(rest.len())
        }
    }
}
