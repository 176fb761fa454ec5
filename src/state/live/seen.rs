//! What was seen lately, for completing a filter line. Looks at the newest events only, and only
//! while somebody types.

use std::collections::BTreeSet;

use super::Live;
use crate::query::{Named, PathStep, SeenValues};
use crate::schema::stream::claim::Judgement;
use crate::text::json::{self, RowValue};

/// Events that are looked at.
const LATELY: u64 = 200;

/// Bodies that are read for the names of their fields, and how much of each.
pub(in crate::state) const BODIES: usize = 10;
pub(in crate::state) const MAX_BODY: usize = 64 * 1024;

/// The newest events, for completion.
#[derive(Clone, Copy, Debug)]
pub struct Lately<'a>(pub &'a Live);

impl Lately<'_> {
    fn events(&self) -> impl Iterator<Item = crate::log::Kept<'_>> {
        let log = &self.0.log;
        let from = log.end().saturating_sub(LATELY).max(log.first());
        (from..log.end())
            .rev()
            .filter_map(|number| log.event(number))
    }
}

impl SeenValues for Lately<'_> {
    fn values(&self, field: Named, tell: &mut dyn FnMut(&str)) {
        let mut values = BTreeSet::new();
        match field {
            Named::Key => {
                for key in self.0.tree.keys(1_000) {
                    tell(key);
                }
            }
            named if named.is_destination() => {
                values.extend(self.events().map(|e| e.shape().destination.to_string()));
            }
            Named::Type => {
                let types = self.events().filter_map(|e| e.shape().event_type.clone());
                values.extend(types.map(String::from));
            }
            Named::Version => {
                let versions = self.events().filter_map(|e| e.shape().version.clone());
                values.extend(versions.map(String::from));
            }
            Named::App => {
                let apps = self.events();
                values.extend(apps.filter_map(|e| e.shape().properties.app_id.clone()));
            }
            Named::Schema => {
                for (name, _) in Judgement::NAMES {
                    tell(name);
                }
            }
            _ => {}
        }
        for value in &values {
            tell(value);
        }
    }

    fn header_names(&self, tell: &mut dyn FnMut(&str)) {
        let mut names = BTreeSet::new();
        for event in self.events() {
            names.extend(event.shape().header_names.iter().flatten());
        }
        for name in names {
            tell(name);
        }
    }

    fn data_paths(&self, tell: &mut dyn FnMut(&[PathStep])) {
        let small = self.events().filter(|event| event.body().len() <= MAX_BODY);
        for event in small.take(BODIES) {
            tell_paths(event.data(), tell);
        }
    }

    fn names_beside_data(&self, tell: &mut dyn FnMut(&str)) {
        let small = self.events().filter(|event| event.body().len() <= MAX_BODY);
        for event in small.take(BODIES) {
            tell_beside(event.body(), event.data(), tell);
        }
    }
}

/// Tells the names of the members of a body that hold no data, where it has data apart.
pub(in crate::state) fn tell_beside(body: &[u8], data: &[u8], tell: &mut dyn FnMut(&str)) {
    if json::trim(data).len() == json::trim(body).len() {
        return;
    }
    for row in json::rows(body).rows {
        let is_scalar = !matches!(row.value, RowValue::Object(_) | RowValue::Array(_));
        if let Some(name) = row.name.filter(|_| row.depth == 1 && is_scalar) {
            tell(&name);
        }
    }
}

/// Tells the paths of a document.
pub(in crate::state) fn tell_paths(data: &[u8], tell: &mut dyn FnMut(&[PathStep])) {
    let mut path: Vec<PathStep> = Vec::new();
    let mut arrays: Vec<bool> = Vec::new();
    for row in json::rows(data).rows {
        path.truncate(row.depth.saturating_sub(1));
        arrays.truncate(row.depth);
        if row.depth > 0 {
            path.push(match row.name {
                Some(name) => PathStep::Name(name),
                None if arrays.last() == Some(&true) => PathStep::Each,
                None => continue,
            });
            tell(&path);
        }
        arrays.push(matches!(row.value, RowValue::Array(_)));
    }
}
