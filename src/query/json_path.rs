//! Finds the values at a path of a JSON document without reading the document into a tree.
//!
//! The walk skips what it does not need with a count of open brackets instead of recursion, so ten
//! thousand levels are as good as one. It does not validate: a broken document gives no value or
//! one that stands before the fault, never a panic. Of members with the same name the last counts,
//! as everywhere here (`domain/json/reading.rs`).

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::text::json;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// The member of an object with this name.
    Name(String),
    /// The item of an array at this place, from 0.
    Index(usize),
    /// Every item of an array.
    Each,
}

/// A path made ready for many documents.
#[derive(Clone, Debug)]
pub(super) struct JsonPath {
    steps: Vec<ReadyPath>,
}

/// A step made ready.
#[derive(Clone, Debug)]
enum ReadyPath {
    Name(Name),
    Index(usize),
    Each,
}

/// The name of a member, and the search for it in its quotes. A text without these bytes has no
/// such member, unless it writes the name with escapes.
#[derive(Clone, Debug)]
struct Name {
    text: String,
    quoted: Finder<'static>,
}

impl Name {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            quoted: Finder::new(&format!("\"{text}\"")).into_owned(),
        }
    }

    fn may_be_in(&self, text: &[u8]) -> bool {
        self.quoted.find(text).is_some() || memchr::memchr(b'\\', text).is_some()
    }

    fn is(&self, written: &[u8]) -> bool {
        written == self.text.as_bytes()
            || (written.contains(&b'\\') && unescape(written).as_deref() == Some(&self.text))
    }
}

impl JsonPath {
    /// Makes a path ready.
    #[must_use]
    pub(super) fn new(steps: &[PathStep]) -> Self {
        let ready = |step: &PathStep| match step {
            PathStep::Name(name) => ReadyPath::Name(Name::new(name)),
            PathStep::Index(index) => ReadyPath::Index(*index),
            PathStep::Each => ReadyPath::Each,
        };
        Self {
            steps: steps.iter().map(ready).collect(),
        }
    }

    /// Puts the values at the path to `found`, as written and in their order, until it says true.
    pub(super) fn any(&self, document: &[u8], found: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let last = self.steps.iter().rev().find_map(|step| match step {
            ReadyPath::Name(name) => Some(name),
            ReadyPath::Index(_) | ReadyPath::Each => None,
        });
        if last.is_some_and(|name| !name.may_be_in(document)) {
            return false;
        }
        let mut walk = PathWalk(document);
        let start = walk.space(0);
        walk.any(start, &self.steps, found)
    }
}

/// A document while it is walked. Places are offsets; `None` means that the document is broken or
/// has no more.
struct PathWalk<'a>(&'a [u8]);

impl PathWalk<'_> {
    /// Recurses once for each `[]` of the path, which the parser bounds.
    fn any(
        &mut self,
        mut at: usize,
        steps: &[ReadyPath],
        found: &mut dyn FnMut(&[u8]) -> bool,
    ) -> bool {
        for (done, step) in steps.iter().enumerate() {
            let next = match step {
                ReadyPath::Name(name) => self.member(at, name),
                ReadyPath::Index(index) => self.item(at, *index),
                ReadyPath::Each => {
                    let mut item = self.first_item(at);
                    while let Some(start) = item {
                        if self.any(start, &steps[done + 1..], found) {
                            return true;
                        }
                        item = self.next_item(start);
                    }
                    return false;
                }
            };
            let Some(next) = next else { return false };
            at = next;
        }
        self.value_end(at)
            .and_then(|end| self.0.get(at..end))
            .is_some_and(found)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    fn space(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            at += 1;
        }
        at
    }

    /// Where the value of the last member of this name starts.
    fn member(&self, object: usize, name: &Name) -> Option<usize> {
        if self.byte(object)? != b'{' {
            return None;
        }
        let mut last = None;
        let mut next = Some(self.space(object + 1));
        while let Some((written, value)) = next.and_then(|at| self.name(at)) {
            if name.is(written) {
                last = Some(value);
                // Most objects have a name once, and a search is faster than a walk.
                if !name.may_be_in(self.0.get(value..).unwrap_or_default()) {
                    break;
                }
            }
            next = self.next_item(value);
        }
        last
    }

    /// The name that begins here, as written, and where its value starts.
    fn name(&self, at: usize) -> Option<(&[u8], usize)> {
        if self.byte(at)? != b'"' {
            return None;
        }
        let end = self.string_end(at)?;
        let written = self.0.get(at + 1..end - 1)?;
        let colon = self.space(end);
        (self.byte(colon)? == b':').then(|| (written, self.space(colon + 1)))
    }

    fn item(&self, array: usize, index: usize) -> Option<usize> {
        let mut item = self.first_item(array)?;
        for _ in 0..index {
            item = self.next_item(item)?;
        }
        Some(item)
    }

    fn first_item(&self, array: usize) -> Option<usize> {
        if self.byte(array)? != b'[' {
            return None;
        }
        let first = self.space(array + 1);
        (self.byte(first)? != b']').then_some(first)
    }

    fn next_item(&self, item: usize) -> Option<usize> {
        let comma = self.space(self.value_end(item)?);
        (self.byte(comma)? == b',').then(|| self.space(comma + 1))
    }

    /// Behind the closing quote of the string that opens at `open`.
    fn string_end(&self, open: usize) -> Option<usize> {
        string_end(self.0, open)
    }

    /// Behind the value that starts at `start`.
    fn value_end(&self, start: usize) -> Option<usize> {
        match self.byte(start)? {
            b'"' => self.string_end(start),
            b'{' | b'[' => {
                let mut depth = 0_usize;
                let mut at = start;
                loop {
                    match self.byte(at)? {
                        b'"' => {
                            at = self.string_end(at)?;
                            continue;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        return Some(at);
                    }
                }
            }
            _ => {
                let rest = self.0.get(start..)?;
                let length = rest
                    .iter()
                    .position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
                let length = length.unwrap_or(rest.len());
                (length > 0).then_some(start + length)
            }
        }
    }
}

fn string_end(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The text of a string between its quotes; `None` if its escapes or its bytes are no text.
pub(super) fn unescape(written: &[u8]) -> Option<Cow<'_, str>> {
    if !written.contains(&b'\\') {
        return std::str::from_utf8(written).ok().map(Cow::Borrowed);
    }
    let quoted = [b"\"", written, b"\""].concat();
    let text = json::string(&quoted)?.into_owned();
    Some(Cow::Owned(text))
}
