//! What became of oneofs. Fields of one never stand beside each other, so a field that comes in from
//! beside it, or goes out, may take another one's value away.

use std::collections::BTreeMap;

use super::walk::{BOTH, NEW_READERS, NONE, OLD_READERS, ProtoWalk};
use super::{ProtoField, ProtoMessage};

impl ProtoWalk<'_> {
    /// What became of the oneofs; gives the numbers of fields that are told of here.
    pub(crate) fn oneofs(
        &mut self,
        old: (&ProtoMessage, &BTreeMap<i32, &ProtoField>),
        new: (&ProtoMessage, &BTreeMap<i32, &ProtoField>),
        at: &str,
    ) -> Vec<i32> {
        let mut told = Vec::new();
        for (place, oneof) in old.0.oneofs.iter().enumerate() {
            let name = &oneof.name;
            let below = format!("{at}/{name}");
            let Some(other) = new.0.oneofs.iter().position(|one| one.name == *name) else {
                self.note(
                    "oneof-removed",
                    &below,
                    format!("The oneof {name} is gone."),
                    NONE,
                );
                continue;
            };
            for field in members(old.0, place) {
                let still = new.1.get(&field.number).and_then(|field| field.oneof);
                if still != Some(other) {
                    told.push(field.number);
                    let words = format!("{} is no longer in the oneof {name}.", field.name);
                    let is_there = new.1.contains_key(&field.number);
                    let effects = if is_there { BOTH } else { NEW_READERS };
                    self.note("oneof-field-removed", &below, words, effects);
                }
            }
            for field in members(new.0, other) {
                let before = old.1.get(&field.number);
                let effects = match before {
                    Some(before) if before.oneof == Some(place) => continue,
                    // What stood beside another field of it before is lost.
                    Some(_) => BOTH,
                    None => OLD_READERS,
                };
                let kind = if before.is_some() {
                    "field-moved-into-oneof"
                } else {
                    "oneof-field-added"
                };
                let words = format!("{} is in the oneof {name} now.", field.name);
                self.note(kind, &below, words, effects);
            }
        }
        for (place, oneof) in new.0.oneofs.iter().enumerate() {
            let name = &oneof.name;
            if old.0.oneofs.iter().any(|one| one.name == *name) {
                continue;
            }
            let was_plain = |field: &&ProtoField| {
                old.1
                    .get(&field.number)
                    .is_some_and(|before| before.oneof.is_none())
            };
            let moved = members(new.0, place).filter(was_plain).count();
            let below = format!("{at}/{name}");
            if moved > 1 {
                let words = format!(
                    "{moved} fields are in the new oneof {name}: of an event that has several of them \
                     only the last is read."
                );
                self.note("fields-moved-into-oneof", &below, words, NEW_READERS);
            } else {
                self.note(
                    "oneof-added",
                    &below,
                    format!("The oneof {name} is new."),
                    NONE,
                );
            }
        }
        told
    }
}

fn members(message: &ProtoMessage, oneof: usize) -> impl Iterator<Item = &ProtoField> {
    message
        .fields
        .iter()
        .filter(move |field| field.oneof == Some(oneof))
}
