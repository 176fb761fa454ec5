//! What may be typed next in a filter line.

use std::ops::Range;

use super::ast::{Named, Op, QueryField, Sort, Value};
use super::json_path::PathStep;
use super::lexer::{Token, TokenKind, bare_length, name_length, op_at, space_end, tokens, unquote};
use super::print::is_plain_word;

/// Most suggestions at once: what fits below a line.
const MOST: usize = 12;

/// What events were seen to hold, told one after the other, the likeliest first.
pub trait SeenValues {
    /// Values of a field. Those that are not kept at hand need not be told.
    fn values(&self, field: Named, tell: &mut dyn FnMut(&str));
    /// Names of headers.
    fn header_names(&self, tell: &mut dyn FnMut(&str));
    /// Paths in the body without its envelope.
    fn data_paths(&self, tell: &mut dyn FnMut(&[PathStep]));
    /// Names of the members of a body that stand beside its data.
    fn names_beside_data(&self, tell: &mut dyn FnMut(&str));
    /// True for dead letters, which have fields that no other events have.
    fn are_dead(&self) -> bool {
        false
    }
}

/// One suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What it takes the place of, in bytes of the line.
    pub replace: Range<usize>,
    /// What is put there; the cursor belongs behind it.
    pub text: String,
    /// What it means, or nothing where the text says it.
    pub note: String,
}

/// What may stand at the cursor, a place in bytes of the line; the likeliest first.
#[must_use]
pub fn complete(line: &str, cursor: usize, seen: &dyn SeenValues) -> Vec<Completion> {
    let cursor = (0..=cursor.min(line.len()))
        .rev()
        .find(|at| line.is_char_boundary(*at))
        .unwrap_or(0);
    let before = &line[..cursor];
    let (tokens, fault) = tokens(before);
    match place(before, &tokens, fault.is_some()) {
        CursorPlace::Name(start) => {
            let end = cursor.max(start + name_length(&line[start..]));
            names(line, start..end, &before[start..], seen)
        }
        CursorPlace::Value(name, start) => {
            let end = cursor.max(start + value_length(&line[start..]));
            values(&line[name], start..end, &before[start..], seen)
        }
        CursorPlace::Nowhere => Vec::new(),
    }
}

/// Where the cursor stands.
enum CursorPlace {
    /// In a word or name that begins here.
    Name(usize),
    /// In a value that begins here, behind the field of this name.
    Value(Range<usize>, usize),
    /// In an expression, or behind a fault.
    Nowhere,
}

fn place(before: &str, tokens: &[Token], faulty: bool) -> CursorPlace {
    let end = before.len();
    let touching = |token: &Token| token.at.end == end;
    match tokens {
        // An operator without a value is a fault, and the place where a value is typed; so is a
        // quote that is not closed yet.
        [.., name, op] if matches!(op.kind, TokenKind::Op(_)) => {
            let start = space_end(before, op.at.end);
            if before[start..].starts_with('/') {
                return CursorPlace::Nowhere;
            }
            CursorPlace::Value(name.at.clone(), start)
        }
        [.., name, _, last] if matches!(last.kind, TokenKind::Value(_)) && touching(last) => {
            match last.kind {
                TokenKind::Value(Value::Pattern(_)) => CursorPlace::Nowhere,
                _ => CursorPlace::Value(name.at.clone(), last.at.start),
            }
        }
        [.., last] if touching(last) => match last.kind {
            TokenKind::Word(_) | TokenKind::And | TokenKind::Or | TokenKind::Not
                if before[last.at.clone()].starts_with(|c: char| !matches!(c, '"' | '-' | '!')) =>
            {
                CursorPlace::Name(last.at.start)
            }
            TokenKind::Open | TokenKind::Not => CursorPlace::Name(end),
            _ => CursorPlace::Nowhere,
        },
        _ if faulty => {
            // A quoted part of a name is being typed.
            let start = tokens.last().map_or(0, |token| token.at.end);
            let start = space_end(before, start);
            if before[start..].contains(".\"") && before[start..].starts_with(char::is_alphabetic) {
                CursorPlace::Name(start)
            } else {
                CursorPlace::Nowhere
            }
        }
        _ => CursorPlace::Name(end),
    }
}

/// How much of `text` belongs to the value that begins it.
fn value_length(text: &str) -> usize {
    if text.starts_with('"') {
        unquote(text).map_or(0, |(_, length)| length)
    } else {
        bare_length(text)
    }
}

/// Gathers suggestions that hold the typed text: first those that begin with it.
struct FoundPlace {
    typed: String,
    replace: Range<usize>,
    begin: Vec<Completion>,
    hold: Vec<Completion>,
}

impl FoundPlace {
    fn new(typed: &str, replace: Range<usize>) -> Self {
        Self {
            typed: typed.to_lowercase(),
            replace,
            begin: Vec::new(),
            hold: Vec::new(),
        }
    }

    /// `said` is compared with what was typed, `text` is what is written.
    fn add(&mut self, said: &str, text: impl FnOnce() -> String, note: &str) {
        if self.begin.len() >= MOST {
            return;
        }
        let said = said.to_lowercase();
        let list = if said.starts_with(&self.typed) {
            &mut self.begin
        } else if said.contains(&self.typed) && self.hold.len() < MOST {
            &mut self.hold
        } else {
            return;
        };
        let text = text();
        if !list.iter().any(|other| other.text == text) {
            list.push(Completion {
                replace: self.replace.clone(),
                text,
                note: note.to_owned(),
            });
        }
    }

    fn all(mut self) -> Vec<Completion> {
        self.begin.append(&mut self.hold);
        self.begin.truncate(MOST);
        self.begin
    }
}

/// The fields that are no [`Named`]: how they begin, and what they are.
const OTHER_FIELDS: [(&str, &str); 7] = [
    ("data.", "A field of the payload without its envelope"),
    ("header.", "A header"),
    ("has:", "The event has such a field"),
    ("is:", "The event is of such a sort"),
    ("size>", "Bytes of the body, such as size>10kb"),
    ("age<", "Time since it was received, such as age<5m"),
    ("body.", "A field of the whole body"),
];

fn names(line: &str, replace: Range<usize>, typed: &str, seen: &dyn SeenValues) -> Vec<Completion> {
    let followed = op_at(&line[space_end(line, replace.end)..]).is_some();
    let mut found = FoundPlace::new(typed, replace);
    let is_field = Named::ALL.iter().any(|named| named.name() == typed);
    if let Some((root, _)) = typed.split_once('.') {
        let root = root.to_ascii_lowercase();
        if matches!(root.as_str(), "data" | "body" | "header") {
            let exact = inner_fields(&root, &mut found, seen);
            if exact && !followed {
                operators(typed, &mut found);
            }
            return found.all();
        }
    }
    if is_field && !followed {
        operators(typed, &mut found);
    }
    // Behind nothing at all the fields come in the order in which they are mostly used.
    let (first, rest) = Named::ALL.split_at(3);
    let add_named = |named: &Named, found: &mut FoundPlace| {
        if *named == Named::Reason && !seen.are_dead() {
            return;
        }
        let name = named.name();
        let write = || format!("{name}{}", if followed { "" } else { ":" });
        if !(is_field && name == typed) {
            found.add(name, write, named.note());
        }
    };
    for named in first {
        add_named(named, &mut found);
    }
    for (name, note) in OTHER_FIELDS {
        let bare = name.trim_end_matches([':', '>', '<']);
        let write = || if followed { bare } else { name }.to_owned();
        found.add(name, write, note);
    }
    for named in rest {
        add_named(named, &mut found);
    }
    if !typed.is_empty() {
        // Who reads `eventId` in a body types that, and gets it as it is written everywhere.
        let note = "A field of the payload";
        payload_fields(seen, &mut |field| {
            let text = field.to_string();
            let bare = text.split_once('.').map_or(text.as_str(), |(_, bare)| bare);
            found.add(bare, || text.clone(), note);
        });
    }
    if !typed.is_empty() && !followed {
        for (word, note) in [
            ("or", "One of the two"),
            ("not", "Leaves out what comes next"),
            ("and", "Both; the same as a space"),
        ] {
            found.add(word, || word.to_owned(), note);
        }
    }
    found.all()
}

/// The fields of payloads that were seen.
fn payload_fields(seen: &dyn SeenValues, tell: &mut dyn FnMut(QueryField)) {
    seen.data_paths(&mut |steps| {
        if !steps.is_empty() {
            tell(QueryField::Data(steps.to_vec()));
        }
    });
    seen.names_beside_data(&mut |name| {
        tell(QueryField::Body(vec![PathStep::Name(name.to_owned())]));
    });
}

/// Suggests what stands behind `data.`, `body.` and `header.`; true if one of them was typed out.
fn inner_fields(root: &str, found: &mut FoundPlace, seen: &dyn SeenValues) -> bool {
    let mut exact = false;
    // The root is the same for all, so `data.sk` finds `data.items[].sku`.
    let inner = root.len() + 1;
    let typed = std::mem::take(&mut found.typed);
    typed
        .get(inner..)
        .unwrap_or_default()
        .clone_into(&mut found.typed);
    let mut tell = |field: QueryField| {
        let text = field.to_string();
        if text.to_lowercase() == typed {
            exact = true;
        } else {
            found.add(&text[inner..], || text.clone(), "");
        }
    };
    if root == "header" {
        seen.header_names(&mut |name| tell(QueryField::Header(name.to_owned())));
    } else {
        let in_body = root == "body";
        payload_fields(seen, &mut |field| {
            if matches!(field, QueryField::Body(_)) == in_body {
                tell(field);
            }
        });
    }
    found.typed = typed;
    exact
}

fn operators(typed: &str, found: &mut FoundPlace) {
    for (op, note) in [
        (Op::Like, "Is like, with * and ?, or /regex/"),
        (Op::Equal, "Is exactly"),
        (Op::NotEqual, "Is there and different"),
        (Op::Greater, "Is greater than a number or date"),
        (Op::Less, "Is less than a number or date"),
    ] {
        let text = format!("{typed}{}", op.sign());
        found.add(&text, || text.clone(), note);
    }
}

fn values(
    name: &str,
    replace: Range<usize>,
    typed: &str,
    seen: &dyn SeenValues,
) -> Vec<Completion> {
    let mut found = FoundPlace::new(typed.trim_matches('"'), replace);
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "is" => {
            for sort in Sort::ALL {
                found.add(sort.name(), || sort.name().to_owned(), sort.note());
            }
        }
        "has" => things(&mut found, seen),
        _ => {
            let field = Named::ALL.iter().find(|named| named.name() == name);
            if let Some(field) = field {
                seen.values(*field, &mut |value| {
                    found.add(value, || plain_value(value).to_string(), "");
                });
            }
        }
    }
    found.all()
}

/// A value of a text field. A number stands without quotes, so that it can be ordered too.
fn plain_value(text: &str) -> Value {
    if is_plain_word(text) && !text.contains('#') {
        Value::Bare(text.to_owned())
    } else {
        Value::Quoted(text.to_owned())
    }
}

fn things(found: &mut FoundPlace, seen: &dyn SeenValues) {
    let typed = found.typed.clone();
    if let Some((root @ ("data" | "body" | "header"), _)) = typed.split_once('.') {
        inner_fields(root, found, seen);
    } else {
        for (name, note) in [
            ("data.", "A field of the payload without its envelope"),
            ("header.", "A header"),
            ("trace", "What the broker's trace tells"),
        ] {
            found.add(name, || name.to_owned(), note);
        }
        for named in Named::ALL {
            found.add(named.name(), || named.name().to_owned(), named.note());
        }
    }
}
