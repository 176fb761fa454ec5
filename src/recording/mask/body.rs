//! The body of an event, opened, shown and closed again the same way.

use std::borrow::Cow;

use super::{MOST_BODY, Masker};
use crate::event::Event;
use crate::event::decode;
use crate::text::json::{self, JsonToken};

/// What became of a body.
pub(super) enum MaskedBody {
    /// There was nothing to be shown.
    Same,
    Other(Vec<u8>),
    /// It cannot be read, or not be written again, so nobody knows what is in it.
    Unreadable,
}

/// A step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathPart {
    Member(String),
    Item(usize),
}

impl PathPart {
    /// True if a pointer writes it so.
    pub(super) fn is(&self, written: &str) -> bool {
        match self {
            Self::Member(name) => name == written,
            Self::Item(number) => number.to_string() == written,
        }
    }
}

/// A text, a number or a literal in a document, or the name of a member.
pub(super) struct Leaf<'a> {
    /// The way to it; of a name, to its object.
    pub(super) path: &'a [PathPart],
    pub(super) is_name: bool,
    /// In quotes.
    pub(super) is_text: bool,
    /// Without its quotes.
    pub(super) text: Cow<'a, str>,
    /// Where it stands, with its quotes.
    range: std::ops::Range<usize>,
}

/// Masks the body of an event.
pub(super) fn mask_body(masker: &mut Masker, event: &Event) -> MaskedBody {
    if event.body.is_empty() {
        return MaskedBody::Same;
    }
    let Ok(opened) = decode::open(&event.body, &event.properties, MOST_BODY) else {
        return MaskedBody::Unreadable;
    };
    let shown = if json::is_document(opened.text.as_bytes()) {
        mask_document(masker, &opened.text)
    } else {
        masker.text(&opened.text)
    };
    if shown == opened.text {
        return MaskedBody::Same;
    }
    match opened.packing.close(&shown) {
        Ok(body) => MaskedBody::Other(body),
        Err(_) => MaskedBody::Unreadable,
    }
}

fn mask_document(masker: &mut Masker, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    walk(text, |leaf| {
        if let Some(shown) = masker.leaf(&leaf) {
            out.push_str(&text[done..leaf.range.start]);
            out.push_str(&shown);
            done = leaf.range.end;
        }
    });
    out.push_str(&text[done..]);
    out
}

/// Calls with each leaf of a document, in its order. Of a text that is no document, with what looks
/// like one.
pub(super) fn walk(text: &str, mut call: impl FnMut(Leaf<'_>)) {
    let mut path: Vec<PathPart> = Vec::new();
    let mut done = 0;
    for (kind, range) in json::tokens(text) {
        structure(&text[done..range.start], &mut path);
        done = range.end;
        let written = &text[range.clone()];
        let is_text = kind != JsonToken::Literal;
        let inside = if is_text {
            json::string(written.as_bytes()).unwrap_or(Cow::Borrowed(written))
        } else {
            Cow::Borrowed(written)
        };
        let is_name = kind == JsonToken::Name;
        let above = if is_name {
            path.len().saturating_sub(1)
        } else {
            path.len()
        };
        call(Leaf {
            path: &path[..above],
            is_name,
            is_text,
            text: Cow::Borrowed(&inside),
            range,
        });
        if is_name && let Some(last) = path.last_mut() {
            *last = PathPart::Member(inside.into_owned());
        }
    }
}

/// What stands between two tokens: brackets and commas.
fn structure(between: &str, path: &mut Vec<PathPart>) {
    for byte in between.bytes() {
        match byte {
            b'{' => path.push(PathPart::Member(String::new())),
            b'[' => path.push(PathPart::Item(0)),
            b'}' | b']' => drop(path.pop()),
            b',' => {
                if let Some(PathPart::Item(number)) = path.last_mut() {
                    *number += 1;
                }
            }
            _ => {}
        }
    }
}
