//! What dead letters were seen to hold, for completing the filter line above them. Looks at the first
//! ones only, and only while somebody types.

use std::collections::BTreeSet;

use super::{DeadLetter, Peeked};
use crate::query::{Named, PathStep, SeenValues};
use crate::schema::stream::claim::Judgement;
use crate::state::live::seen::{BODIES, MAX_BODY, tell_beside, tell_paths};

/// Messages that are looked at.
const MOST: usize = 200;

/// The messages of a look, for completion.
#[derive(Clone, Copy, Debug)]
pub struct SeenLetters<'a>(pub &'a Peeked);

impl SeenLetters<'_> {
    fn letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.0.messages.iter().take(MOST)
    }
}

impl SeenValues for SeenLetters<'_> {
    fn values(&self, field: Named, tell: &mut dyn FnMut(&str)) {
        let one = |letter: &DeadLetter| -> Option<String> {
            let event = &letter.event;
            match field {
                Named::Key => Some(letter.key().to_owned()),
                Named::Reason => Some(letter.reason().to_owned()),
                Named::Queue => Some(letter.line.died_in.clone()),
                named if named.is_destination() => Some(letter.first_destination().to_owned()),
                Named::Type => event.envelope.event_type.as_deref().map(str::to_owned),
                Named::Version => event.envelope.version.as_deref().map(str::to_owned),
                Named::App => event.properties.app_id.clone(),
                _ => None,
            }
        };
        if field == Named::Schema {
            for (name, _) in Judgement::NAMES {
                tell(name);
            }
        }
        let values: BTreeSet<String> = self.letters().filter_map(one).collect();
        for value in values.iter().filter(|value| !value.is_empty()) {
            tell(value);
        }
    }

    fn header_names(&self, tell: &mut dyn FnMut(&str)) {
        let headers = self
            .letters()
            .flat_map(|letter| &letter.event.properties.headers);
        let names: BTreeSet<&String> = headers.flatten().map(|(name, _)| name).collect();
        for name in names {
            tell(name);
        }
    }

    fn data_paths(&self, tell: &mut dyn FnMut(&[PathStep])) {
        let small = self
            .letters()
            .filter(|letter| letter.event.body.len() <= MAX_BODY);
        for letter in small.take(BODIES) {
            tell_paths(letter.event.data(), tell);
        }
    }

    fn names_beside_data(&self, tell: &mut dyn FnMut(&str)) {
        let small = self
            .letters()
            .filter(|letter| letter.event.body.len() <= MAX_BODY);
        for letter in small.take(BODIES) {
            tell_beside(&letter.event.body, letter.event.data(), tell);
        }
    }

    fn are_dead(&self) -> bool {
        true
    }
}
