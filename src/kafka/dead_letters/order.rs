//! Which of several writers wrote last. One who adds behind the record's headers is newer than what
//! stands before, one who adds in front newer than what follows; the two together are told apart by
//! topics, or not at all.

use super::place::Adds;
use super::record::{DeadRecord, LogPlace};
use super::telling::{KafkaWriter, Telling};
use super::topic_name::{dead_topic, is_retry_topic};

/// What was told, the newest first.
pub(crate) fn newest_first(
    record: &DeadRecord<'_>,
    told: Vec<Telling>,
    doubts: &mut Vec<String>,
) -> Vec<Telling> {
    // The broker copies no headers, so all others came later.
    let (broker, others): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|one| one.writer == KafkaWriter::ShareGroup);
    let (mut in_front, mut behind): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|one| one.adds == Adds::InFront);
    in_front.sort_by_key(|one| one.newest);
    behind.sort_by_key(|one| std::cmp::Reverse(one.newest));
    let is_front_newer = match (in_front.first(), behind.first()) {
        (Some(front), Some(back)) => is_newer(record, front, back).unwrap_or_else(|| {
            doubts.push(format!(
                "{} and {} both wrote headers; which of them wrote last is not told",
                back.writer.name(),
                front.writer.name()
            ));
            false
        }),
        _ => false,
    };
    let (newer, older) = if is_front_newer {
        (in_front, behind)
    } else {
        (behind, in_front)
    };
    newer.into_iter().chain(older).chain(broker).collect()
}

/// Whether the one who writes in front wrote after the one who writes behind; `None` if nothing tells.
fn is_newer(record: &DeadRecord<'_>, front: &Telling, back: &Telling) -> Option<bool> {
    let was_dead = |one: &Telling| {
        one.now
            .as_ref()
            .is_some_and(|now| dead_topic(&now.topic).is_some())
    };
    match (was_dead(front), was_dead(back)) {
        // It died in a topic for dead letters, so it had died before.
        (true, false) => return Some(true),
        (false, true) => return Some(false),
        _ => {}
    }
    let by_name = dead_topic(record.topic)?.writer?;
    Some(by_name == KafkaWriter::SmallRye)
}

/// How often a record died, as far as headers tell: each place counts once.
pub(crate) fn deaths(told: &[Telling]) -> u64 {
    let mut places: Vec<&LogPlace> = told
        .iter()
        .flat_map(|one| &one.places)
        .map(|told| &told.place)
        // To be handed on from one retry topic to the next is not to die.
        .filter(|place| !is_retry_topic(&place.topic))
        .collect();
    places.sort();
    places.dedup();
    let unplaced: u64 = told.iter().map(|one| one.unplaced).sum();
    let counted = u64::try_from(places.len()).unwrap_or(u64::MAX);
    counted.saturating_add(unplaced).max(1)
}
