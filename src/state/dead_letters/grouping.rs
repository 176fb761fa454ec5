//! Puts messages into groups: by one thing, or by what splits them best.

use std::sync::Arc;

use super::came_back;
use super::groups::{CommonGroup, Member};
use super::letter::as_published;
use crate::repair::groups::{self, Group, GroupBy, TracedCause};
use crate::schema::{Catalog, kind_of_fit};

/// More groups than these do not put anything together.
const MOST_GROUPS: usize = 12;

/// Groups by what splits the messages best: the first of [`GroupBy::TELLING`] that makes a few groups of
/// which most messages can be said to belong to one; if none does, the first that says anything.
pub(super) fn best(messages: &[Member], catalog: Option<&Catalog>) -> (GroupBy, Vec<CommonGroup>) {
    let mut one = None;
    for by in GroupBy::TELLING {
        let groups = kin(messages, by, catalog);
        let untold = groups.iter().filter(|group| groups::is_untold(&group.name));
        let untold: usize = untold.map(|group| group.members.len()).sum();
        if untold * 2 > messages.len() {
            continue;
        }
        if (2..=MOST_GROUPS).contains(&groups.len()) {
            return (by, groups);
        }
        one.get_or_insert((by, groups));
    }
    one.unwrap_or_else(|| {
        let by = GroupBy::default();
        (by, kin(messages, by, catalog))
    })
}

/// Groups by one thing.
pub(super) fn kin(messages: &[Member], by: GroupBy, catalog: Option<&Catalog>) -> Vec<CommonGroup> {
    let traced = messages
        .iter()
        .map(|one| (Arc::clone(&one.event), Arc::clone(&one.line)));
    let events: Vec<TracedCause> = traced.collect();
    let all = groups::groups(&events, by, &told(messages, by, catalog)).into_iter();
    all.map(
        |Group {
             name,
             places,
             times,
         }| CommonGroup {
            name,
            members: places
                .into_iter()
                .map(|place| messages[place].fingerprint)
                .collect(),
            times,
        },
    )
    .collect()
}

/// What a message cannot tell of itself.
fn told(messages: &[Member], by: GroupBy, catalog: Option<&Catalog>) -> Vec<String> {
    let each = |tell: &dyn Fn(&Member) -> String| messages.iter().map(tell).collect();
    match (by, catalog) {
        (GroupBy::Schema, None) => each(&|_| groups::NO_SCHEMAS.to_owned()),
        (GroupBy::Schema, Some(catalog)) => each(&|one| {
            // As it was first published, because the key may tell its type.
            match as_published(&one.event) {
                Some(first) => kind_of_fit(&first, catalog),
                None => kind_of_fit(&one.event, catalog),
            }
        }),
        (GroupBy::CameBack, _) => {
            each(&|one| came_back(one.came_back).unwrap_or_else(|| "Never came back".to_owned()))
        }
        _ => Vec::new(),
    }
}
