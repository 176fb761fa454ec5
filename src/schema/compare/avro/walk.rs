//! The list of changes between two Avro schemas.

use std::collections::BTreeSet;

use serde_json::json;

use super::logical::{self, Logical};
use super::resolve::{Resolver, written};
use super::{Avro, AvroField, AvroNamed, AvroShape, Type, last, name_of};
use crate::schema::compare::change::{Change, Effect, below};

/// The list of changes.
pub(crate) struct AvroWalk<'a> {
    pub(crate) old: &'a Avro,
    pub(crate) new: &'a Avro,
    pub(crate) open: BTreeSet<(String, String)>,
}

impl AvroWalk<'_> {
    fn effects(&self, old: &Type, new: &Type) -> (Effect, Effect) {
        let resolves = |writer: &Avro, reader: &Avro, from: &Type, to: &Type| {
            Resolver::new(writer, reader).problem(from, to).is_none()
        };
        (
            Effect::breaks(!resolves(self.old, self.new, old, new)),
            Effect::breaks(!resolves(self.new, self.old, new, old)),
        )
    }

    pub(crate) fn types(&mut self, old: &Type, new: &Type) -> Vec<Change> {
        match (old, new) {
            (Type::Array(a), Type::Array(b)) | (Type::Map(a), Type::Map(b)) => {
                below("*", self.types(a, b))
            }
            (Type::Named(a), Type::Named(b)) => self.named(a, b),
            (Type::Union(a), Type::Union(b)) => self.branches(a, b),
            (Type::Union(a), b) => self.branches(a, std::slice::from_ref(b)),
            (a, Type::Union(b)) => self.branches(std::slice::from_ref(a), b),
            (a, b) if a == b => Vec::new(),
            (a, b) => {
                let (backward, forward) = self.effects(a, b);
                let change = if name_of(a) == name_of(b) {
                    let words = logical::changed(&name_of(a), logical_of(a), logical_of(b));
                    Change::new("logical-type-changed", words)
                } else {
                    Change::new(
                        "type-changed",
                        format!("The type was {} and is now {}.", told(a), told(b)),
                    )
                };
                vec![
                    change
                        .values(Some(&json!(told(a))), Some(&json!(told(b))))
                        .effects(backward, forward),
                ]
            }
        }
    }

    fn branches(&mut self, old: &[Type], new: &[Type]) -> Vec<Change> {
        let mut out = Vec::new();
        let same = |a: &Type, b: &Type| match (a, b) {
            (Type::Named(a), Type::Named(b)) => last(a) == last(b),
            (a, b) => name_of(a) == name_of(b),
        };
        let (was, is) = (Type::Union(old.to_vec()), Type::Union(new.to_vec()));
        for branch in old {
            if let Some(other) = new.iter().find(|other| same(branch, other)) {
                out.extend(self.types(branch, other));
            } else {
                let (backward, _) = self.effects(branch, &is);
                out.push(
                    Change::new(
                        "alternative-removed",
                        format!("{} is no longer one of the alternatives.", name_of(branch)),
                    )
                    .values(Some(&json!(name_of(branch))), None)
                    .effects(backward, Effect::Ok),
                );
            }
        }
        for branch in new
            .iter()
            .filter(|branch| !old.iter().any(|other| same(branch, other)))
        {
            let (_, forward) = self.effects(&was, branch);
            out.push(
                Change::new(
                    "alternative-added",
                    format!("{} is a new alternative.", name_of(branch)),
                )
                .values(None, Some(&json!(name_of(branch))))
                .effects(Effect::Ok, forward),
            );
        }
        out
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each pair of kinds")]
    fn named(&mut self, a: &str, b: &str) -> Vec<Change> {
        if !self.open.insert((a.to_owned(), b.to_owned())) {
            return Vec::new();
        }
        let (Some(from), Some(to)) = (
            self.old.named.get(a).cloned(),
            self.new.named.get(b).cloned(),
        ) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        if last(a) != last(b) {
            let known = |named: &AvroNamed, name: &str| {
                named
                    .aliases
                    .iter()
                    .any(|alias| alias == name || last(alias) == last(name))
            };
            out.push(
                Change::new("type-renamed", format!("The type {a} is called {b} now."))
                    .values(Some(&json!(a)), Some(&json!(b)))
                    .effects(
                        Effect::breaks(!known(&to, a)),
                        Effect::breaks(!known(&from, b)),
                    ),
            );
        }
        if last(a) == last(b) && a != b {
            let space = |name: &str| match name.rsplit_once('.') {
                Some((space, _)) => space.to_owned(),
                None => "the null namespace".to_owned(),
            };
            out.push(
                Change::new(
                    "namespace-changed",
                    format!(
                        "The namespace of {} was {} and is now {}. Readers go by the name without it; \
                         generated classes move.",
                        last(a),
                        space(a),
                        space(b)
                    ),
                )
                .values(Some(&json!(a)), Some(&json!(b))),
            );
        }
        match (&from.shape, &to.shape) {
            (AvroShape::Record(old), AvroShape::Record(new)) => out.extend(self.fields(old, new)),
            (
                AvroShape::Enum {
                    symbols: old,
                    default: before,
                },
                AvroShape::Enum {
                    symbols: new,
                    default: after,
                },
            ) => {
                for symbol in old.iter().filter(|one| !new.contains(one)) {
                    out.push(
                        Change::new("symbol-removed", format!("The symbol {symbol} is gone."))
                            .values(Some(&json!(symbol)), None)
                            .effects(Effect::breaks(after.is_none()), Effect::Ok),
                    );
                }
                for symbol in new.iter().filter(|one| !old.contains(one)) {
                    out.push(
                        Change::new("symbol-added", format!("The symbol {symbol} is new: a reader without a default cannot read it."))
                            .values(None, Some(&json!(symbol)))
                            .effects(Effect::Ok, Effect::breaks(before.is_none())),
                    );
                }
            }
            (AvroShape::Fixed { size: old, .. }, AvroShape::Fixed { size: new, .. })
                if old != new =>
            {
                out.push(
                    Change::new("size-changed", format!("{old} bytes became {new}."))
                        .values(Some(&json!(old)), Some(&json!(new)))
                        .effects(Effect::Breaks, Effect::Breaks),
                );
            }
            (AvroShape::Fixed { logical: old, .. }, AvroShape::Fixed { logical: new, .. })
                if old != new =>
            {
                let kind = |name: &str| Type::Named(name.to_owned());
                let (backward, forward) = self.effects(&kind(a), &kind(b));
                out.push(
                    Change::new(
                        "logical-type-changed",
                        logical::changed("fixed", old.as_ref(), new.as_ref()),
                    )
                    .values(
                        old.as_ref().map(|one| json!(one.words())).as_ref(),
                        new.as_ref().map(|one| json!(one.words())).as_ref(),
                    )
                    .effects(backward, forward),
                );
            }
            (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => out.push(
                Change::new(
                    "type-changed",
                    format!(
                        "{} became another kind of type.",
                        to.aliases.first().map_or("It", String::as_str)
                    ),
                )
                .effects(Effect::Breaks, Effect::Breaks),
            ),
            _ => {}
        }
        out
    }

    fn fields(&mut self, old: &[AvroField], new: &[AvroField]) -> Vec<Change> {
        let mut out = Vec::new();
        let at = |field: &AvroField| format!("/{}", field.name);
        for field in new {
            match old.iter().find(|other| other.name == field.name) {
                Some(before) => {
                    out.extend(below(&field.name, self.types(&before.kind, &field.kind)));
                    if before.default != field.default {
                        out.push(
                            Change::new(
                                "default-changed",
                                "The default changed; what was written is read as before.",
                            )
                            .values(before.default.as_ref(), field.default.as_ref())
                            .at(at(field)),
                        );
                    }
                }
                None => {
                    if let Some(before) = written(field, old) {
                        let back = before.aliases.contains(&field.name) || before.default.is_some();
                        out.push(
                            Change::new(
                                "field-renamed",
                                format!(
                                    "`{}` is called `{}` now, with an alias.",
                                    before.name, field.name
                                ),
                            )
                            .values(Some(&json!(before.name)), Some(&json!(field.name)))
                            .at(format!("/{}", before.name))
                            .effects(Effect::Ok, Effect::breaks(!back)),
                        );
                        out.extend(below(&field.name, self.types(&before.kind, &field.kind)));
                    } else {
                        let excused = field.default.is_some();
                        let reason = if excused {
                            format!("`{}` is new, with a default.", field.name)
                        } else {
                            format!(
                                "`{}` is new and has no default: what was written before cannot be read.",
                                field.name
                            )
                        };
                        out.push(
                            Change::new("field-added", reason)
                                .at(at(field))
                                .values(None, Some(&json!(name_of(&field.kind))))
                                .effects(Effect::breaks(!excused), Effect::Ok),
                        );
                    }
                }
            }
        }
        for field in old {
            let read_by_alias = new
                .iter()
                .any(|other| other.name == field.name || other.aliases.contains(&field.name));
            if !read_by_alias {
                let excused = field.default.is_some();
                out.push(
                    Change::new("field-removed", format!("`{}` is gone.", field.name))
                        .at(at(field))
                        .values(Some(&json!(name_of(&field.kind))), None)
                        .effects(Effect::Ok, Effect::breaks(!excused)),
                );
            }
        }
        out
    }
}

fn logical_of(kind: &Type) -> Option<&Logical> {
    match kind {
        Type::Plain { logical, .. } => logical.as_ref(),
        _ => None,
    }
}

/// A type with what it means: `bytes as decimal(9, 2)`.
fn told(kind: &Type) -> String {
    match logical_of(kind) {
        Some(logical) => format!("{} as {}", name_of(kind), logical.words()),
        None => name_of(kind),
    }
}
