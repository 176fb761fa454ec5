//! The list of changes between two Protobuf schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{ProtoEnum, ProtoField, ProtoLabel, ProtoMessage, Protobuf, WrittenType, scalar_form};
use crate::schema::compare::change::{Change, Effect};

/// The list of changes.
pub(crate) struct ProtoWalk<'a> {
    old: &'a Protobuf,
    new: &'a Protobuf,
    out: Vec<Change>,
}

/// Both directions break.
pub(crate) const BOTH: (Effect, Effect) = (Effect::Breaks, Effect::Breaks);
/// New readers cannot read what old writers wrote.
pub(crate) const NEW_READERS: (Effect, Effect) = (Effect::Breaks, Effect::Ok);
/// Old readers cannot read what new writers write.
pub(crate) const OLD_READERS: (Effect, Effect) = (Effect::Ok, Effect::Breaks);
pub(crate) const NONE: (Effect, Effect) = (Effect::Ok, Effect::Ok);

impl<'a> ProtoWalk<'a> {
    pub(crate) fn new(old: &'a Protobuf, new: &'a Protobuf) -> Self {
        Self {
            old,
            new,
            out: Vec::new(),
        }
    }

    /// All changes, in the order of the schemas.
    pub(crate) fn changes(mut self) -> Vec<Change> {
        let (old, new) = (self.old, self.new);
        if old.package != new.package {
            let told = |package: &str| if package.is_empty() { "none" } else { package }.to_owned();
            let (from, to) = (told(&old.package), told(&new.package));
            let words = format!("The package was {from} and is now {to}; generated classes move.");
            self.note("package-changed", "#", words, NONE);
        }
        self.messages();
        let (from, to) = (tops(old), tops(new));
        self.enums(&from, &to, "#");
        self.calls();
        self.out
    }

    pub(crate) fn note(
        &mut self,
        kind: &'static str,
        at: &str,
        words: String,
        effects: (Effect, Effect),
    ) {
        let change = Change::new(kind, words).at(at);
        self.out.push(change.effects(effects.0, effects.1));
    }

    /// Messages of the file and those within them, by their names; of an import those that both have.
    fn messages(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut open = vec![(old.top.clone(), new.top.clone(), "#".to_owned())];
        let mut seen = BTreeSet::new();
        while let Some((before, after, at)) = open.pop() {
            for (place, full) in before.iter().enumerate() {
                seen.insert(full.clone());
                let name = last(full);
                let below = format!("{at}/{name}");
                let Some(found) = after.iter().position(|other| last(other) == name) else {
                    let words = format!("The message {name} is gone.");
                    self.note("message-removed", &below, words, NEW_READERS);
                    continue;
                };
                if found != place {
                    let words = format!(
                        "The message {name} stands at another place: what is framed by place names \
                         another message to a reader with the wrong schema."
                    );
                    self.note("message-moved", &below, words, NONE);
                }
                let other = &after[found];
                if let (Some(from), Some(to)) = (old.messages.get(full), new.messages.get(other)) {
                    self.message(from, to, &below);
                    let enums = |one: &'a ProtoMessage| one.enums.iter().collect::<Vec<_>>();
                    self.enums(&enums(from), &enums(to), &below);
                    open.push((within(full, from), within(other, to), below));
                }
            }
            for full in &after {
                let name = last(full);
                if !before.iter().any(|other| last(other) == name) {
                    let words = format!("The message {name} is new.");
                    self.note("message-added", &format!("{at}/{name}"), words, OLD_READERS);
                }
            }
        }
        for (full, from) in old
            .messages
            .iter()
            .filter(|(full, _)| !seen.contains(*full))
        {
            if let Some(to) = new.messages.get(full) {
                self.message(from, to, &format!("#/{full}"));
            }
        }
    }

    fn message(&mut self, old: &'a ProtoMessage, new: &'a ProtoMessage, at: &str) {
        let numbered = |message: &'a ProtoMessage| -> BTreeMap<i32, &'a ProtoField> {
            message
                .fields
                .iter()
                .map(|field| (field.number, field))
                .collect()
        };
        let (before, after) = (numbered(old), numbered(new));
        let moved = self.oneofs((old, &before), (new, &after), at);
        for (number, field) in &before {
            let below = format!("{at}/{}", field.name);
            match after.get(number) {
                Some(other) => self.field(field, other, &below),
                None if field.oneof.is_some() && moved.contains(number) => {}
                None => {
                    let is_required = field.label == ProtoLabel::Required;
                    let words = format!("The field {} ({number}) is gone.", field.name);
                    let effects = if is_required { BOTH } else { NONE };
                    self.note("field-removed", &below, words, effects);
                }
            }
        }
        for (number, field) in &after {
            if before.contains_key(number) {
                continue;
            }
            let below = format!("{at}/{}", field.name);
            let is_required = field.label == ProtoLabel::Required;
            let words = format!("The field {} ({number}) is new.", field.name);
            self.note(
                "field-added",
                &below,
                words,
                if is_required { BOTH } else { NONE },
            );
            if old
                .reserved
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&i64::from(*number)))
            {
                let words =
                    format!("The number {number} was reserved: old events may use it otherwise.");
                self.note("reserved-number-used", &below, words, NONE);
            }
        }
    }

    fn field(&mut self, old: &ProtoField, new: &ProtoField, at: &str) {
        if old.name != new.name {
            let words = format!(
                "The field {} is called {} now: the wire goes by its number {}, JSON by the name.",
                old.name, new.name, old.number
            );
            self.note("field-renamed", at, words, NONE);
        }
        self.labels(old, new, at);
        if let Some((kind, words)) = self.types(&old.written, &new.written) {
            let change = Change::new(kind, words).at(at);
            let change = change.values(
                Some(&json!(told(&old.written))),
                Some(&json!(told(&new.written))),
            );
            self.out
                .push(change.effects(Effect::Breaks, Effect::Breaks));
        }
    }

    fn labels(&mut self, old: &ProtoField, new: &ProtoField, at: &str) {
        use ProtoLabel::{Repeated, Required};
        let is_map = |field: &ProtoField| matches!(field.written, WrittenType::Map(..));
        let name = &new.name;
        if (old.label == Repeated) != (new.label == Repeated) && !is_map(old) && !is_map(new) {
            let is_number = [(self.old, old), (self.new, new)]
                .iter()
                .any(|(schema, field)| {
                    let WrittenType::Name(kind) = &field.written else {
                        return false;
                    };
                    scalar_form(schema, kind).is_some_and(|form| form != "bytes")
                });
            let (became, effects) = match (new.label == Repeated, is_number) {
                (true, true) => (
                    "is a list now, and a list of numbers is written otherwise",
                    BOTH,
                ),
                (false, true) => (
                    "is no list any more, and a list of numbers is written otherwise",
                    BOTH,
                ),
                (true, false) => (
                    "is a list now: a reader that knows one takes the last",
                    NONE,
                ),
                (false, false) => ("is no list any more: of several the last is read", NONE),
            };
            self.note("label-changed", at, format!("{name} {became}."), effects);
        }
        if (old.label == Required) != (new.label == Required) {
            let (words, effects) = if new.label == Required {
                ("must be there now", NEW_READERS)
            } else {
                ("need not be there any more", OLD_READERS)
            };
            self.note("label-changed", at, format!("{name} {words}."), effects);
        }
    }

    /// What makes two types different on the wire, in words.
    fn types(&self, old: &WrittenType, new: &WrittenType) -> Option<(&'static str, String)> {
        match (old, new) {
            (WrittenType::Map(key, value), WrittenType::Map(other_key, other_value)) => {
                let key = self.names(key, other_key);
                key.or_else(|| self.names(value, other_value))
            }
            (WrittenType::Name(old), WrittenType::Name(new))
            | (WrittenType::Group(old), WrittenType::Group(new)) => self.names(old, new),
            (old, new) => Some((
                "kind-changed",
                format!("It was {} and is now {}.", told(old), told(new)),
            )),
        }
    }

    fn names(&self, old: &str, new: &str) -> Option<(&'static str, String)> {
        let forms = (scalar_form(self.old, old), scalar_form(self.new, new));
        match forms {
            (Some(before), Some(after)) => (before != after).then(|| {
                let words = format!(
                    "It was {old}, which is written as {before}, and is now {new}, which is written \
                     as {after}."
                );
                ("scalar-changed", words)
            }),
            (None, None) => {
                let before = local(&self.old.package, old);
                let after = local(&self.new.package, new);
                (before != after).then(|| {
                    ("message-type-changed", format!("It was a {before} and is now a {after}."))
                })
            }
            _ => Some(("kind-changed", format!("It was {old} and is now {new}."))),
        }
    }

    /// Values that a reader does not know it keeps as numbers.
    fn enums(&mut self, old: &[&ProtoEnum], new: &[&ProtoEnum], at: &str) {
        for before in old {
            let below = format!("{at}/{}", before.name);
            let Some(after) = new.iter().find(|one| one.name == before.name) else {
                let words = format!("The enum {} is gone.", before.name);
                self.note("enum-removed", &below, words, NONE);
                continue;
            };
            for (name, number) in &before.values {
                let same = after.values.iter().find(|(_, other)| other == number);
                match same {
                    Some((other, _)) if other == name => {}
                    Some(_)
                        if after
                            .values
                            .iter()
                            .any(|(other, value)| other == name && value == number) => {}
                    Some((other, _)) => {
                        let words = format!("The value {name} ({number}) is called {other} now.");
                        self.note("enum-value-renamed", &below, words, NONE);
                    }
                    None => {
                        let words = format!("The value {name} ({number}) is gone.");
                        self.note("enum-value-removed", &below, words, NONE);
                    }
                }
            }
            for (name, number) in &after.values {
                if !before.values.iter().any(|(_, other)| other == number) {
                    let words = format!("The value {name} ({number}) is new.");
                    self.note("enum-value-added", &below, words, NONE);
                }
            }
        }
        for after in new {
            if !old.iter().any(|one| one.name == after.name) {
                let below = format!("{at}/{}", after.name);
                self.note(
                    "enum-added",
                    &below,
                    format!("The enum {} is new.", after.name),
                    NONE,
                );
            }
        }
    }

    /// Calls of services are no events: told, and no more.
    fn calls(&mut self) {
        for before in &self.old.rpcs {
            let after = self.new.rpcs.iter().find(|one| one.name == before.name);
            let words = match after {
                None => format!("The call {} is gone.", before.name),
                Some(after) if after.signature != before.signature => format!(
                    "The call {} was {} and is now {}.",
                    before.name, before.signature, after.signature
                ),
                Some(_) => continue,
            };
            self.note("call-changed", "#", words, NONE);
        }
    }
}

/// Enums of a file that lie in no message.
fn tops(schema: &Protobuf) -> Vec<&ProtoEnum> {
    let found = schema.top_enums.iter();
    found.filter_map(|name| schema.enums.get(name)).collect()
}

/// The full names of the messages in a message.
fn within(full: &str, message: &ProtoMessage) -> Vec<String> {
    let inner = message.messages.iter();
    inner.map(|one| format!("{full}.{}", one.name)).collect()
}

fn last(full: &str) -> &str {
    full.rsplit('.').next().unwrap_or(full)
}

/// The name of a type without the package of its file: that may change.
fn local<'n>(package: &str, name: &'n str) -> &'n str {
    let inside = name
        .strip_prefix(package)
        .and_then(|rest| rest.strip_prefix('.'));
    inside.unwrap_or(name)
}

/// A type as it is written.
fn told(kind: &WrittenType) -> String {
    match kind {
        WrittenType::Name(name) | WrittenType::Group(name) => name.clone(),
        WrittenType::Map(key, value) => format!("map<{key}, {value}>"),
    }
}
