//! What a record in a topic of dead letters tells: who wrote it there, where and why it died, where it
//! came from first, and what is to be doubted. Kafka itself says none of it; each framework has headers
//! of its own, which a producer can write too. What is not told is `None`, never guessed.
//!
//! Sources: the frameworks' own source text, and records that they left on Kafka 3.9 and 4.4.

mod apache;
mod by_rule;
mod failure;
#[cfg(test)]
mod hostile_tests;
mod left_out;
mod order;
mod original;
mod place;
mod record;
mod retention;
mod small_rye;
mod spring;
mod telling;
#[cfg(test)]
mod tests;
mod topic_name;

pub use by_rule::{DeathHeaders, suggestion};
pub use failure::KafkaFailure;
pub use left_out::{LeftOutHeader, left_out};
pub use original::{FoundOriginal, OriginalLook, compare};
pub use record::{DeadRecord, LogPlace, RecordTime};
pub use retention::retention_warning;
pub use telling::KafkaWriter;
pub use topic_name::{DeadTopicName, dead_topic, is_retry_topic};

use telling::Telling;

/// Where and why a record died.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KafkaDeath {
    /// The record that a consumer gave up.
    pub place: Option<LogPlace>,
    /// The consumer group that gave it up.
    pub group: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: Option<i64>,
    /// Why, in the writer's own words.
    pub reason: Option<String>,
    /// The exception.
    pub failure: Option<KafkaFailure>,
    /// How often it was tried before it was given up.
    pub attempts: Option<u64>,
}

/// Where an event came from before its first death.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstPlace {
    pub place: LogPlace,
    /// Its key, where it was copied.
    pub key: Option<Vec<u8>>,
}

/// Where a copy goes unless the person chooses otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedTopic {
    pub topic: String,
    /// The partition that it came from, which the topic may not have any more.
    pub partition: Option<i32>,
}

/// All that a record tells of its death.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KafkaAccount {
    /// The convention that was recognised.
    pub written_by: Option<KafkaWriter>,
    pub died: KafkaDeath,
    pub first: Option<FirstPlace>,
    /// Headers count deaths from below only: a copy without them looks as if it died for the first
    /// time. `None` if no convention was recognised.
    pub deaths_at_least: Option<u64>,
    pub target: Option<ProposedTopic>,
    /// Where the record lies that this one is a copy of.
    pub original: Option<LogPlace>,
    /// The time of that record, in milliseconds since 1970.
    pub original_time_ms: Option<i64>,
    /// What else is told, each as a few words.
    pub facts: Vec<String>,
    /// What speaks against all this, each as a sentence.
    pub doubts: Vec<String>,
}

/// Those who may have written a record.
const READERS: [fn(&DeadRecord<'_>) -> Option<Telling>; 8] = [
    spring::recoverer,
    spring::retryable,
    spring::cloud_stream,
    apache::connect,
    apache::streams,
    apache::share_group,
    small_rye::dead_letter_queue,
    small_rye::delayed_retry,
];

/// What a record tells. `rule` says which headers of the application's own name what.
#[must_use]
pub fn account(record: &DeadRecord<'_>, rule: Option<&DeathHeaders>) -> KafkaAccount {
    let own = rule.and_then(|rule| by_rule::by_rule(record, rule));
    let told = READERS.iter().filter_map(|read| read(record)).chain(own);
    let mut out = KafkaAccount::default();
    let told = order::newest_first(record, told.collect(), &mut out.doubts);
    let Some(now) = told.first() else {
        without_headers(record, &mut out);
        return out;
    };
    out.written_by = Some(now.writer);
    out.died = KafkaDeath {
        place: now.now.clone(),
        group: now.group.clone(),
        at_ms: died_at(record, now.writer),
        reason: now.reason.clone(),
        failure: now.failure.clone(),
        attempts: now.attempts,
    };
    out.facts.clone_from(&now.facts);
    out.doubts.extend(now.doubts.iter().cloned());
    let is_waiting = is_retry_topic(record.topic);
    let deaths = order::deaths(&told);
    out.deaths_at_least = Some(deaths.saturating_sub(u64::from(is_waiting)));
    if is_waiting {
        out.doubts.push(
            "It lies in a retry topic, where it waits for its next attempt: it is not given up"
                .to_owned(),
        );
    }
    let original = now.original.as_ref();
    out.original = original.map(|told| told.place.clone());
    let kept = record.time.filter(|_| now.writer.keeps_the_time());
    out.original_time_ms = match (original.and_then(|told| told.time_ms), kept) {
        (None, Some(RecordTime::Created(ms))) => Some(ms),
        (told, _) => told,
    };
    first(record, &told, &mut out);
    target(record, &told, &mut out);
    for older in &told[1..] {
        out.facts.push(format!(
            "{} wrote headers too, for an earlier death",
            older.writer.name()
        ));
    }
    out
}

/// A record that nobody wrote anything into: what its topic's name says is only said as a doubt.
fn without_headers(record: &DeadRecord<'_>, out: &mut KafkaAccount) {
    let origin = dead_topic(record.topic).and_then(|found| found.origin);
    let by_name = origin.map(|origin| format!("; its topic is named after {origin}"));
    out.doubts.push(format!(
        "No header tells where or why it died{}",
        by_name.unwrap_or_default()
    ));
    if record
        .headers
        .iter()
        .any(|(name, _)| name.starts_with("springDeserializerException"))
    {
        out.facts
            .push("Spring could not read its key or value".to_owned());
    }
}

/// When it died: the time of the record, unless that is the original's.
fn died_at(record: &DeadRecord<'_>, writer: KafkaWriter) -> Option<i64> {
    let is_told = match record.time? {
        RecordTime::Appended(_) => true,
        RecordTime::Created(_) => !writer.keeps_the_time() && writer != KafkaWriter::ByRule,
    };
    record.time.filter(|_| is_told).map(RecordTime::ms)
}

fn first(record: &DeadRecord<'_>, told: &[Telling], out: &mut KafkaAccount) {
    let places = || told.iter().rev().flat_map(|one| &one.places);
    let Some(first) = places().next() else {
        return;
    };
    if places().count() > 1 {
        out.doubts.push(format!(
            "{} stands in its headers as the first place; a producer can write that too",
            first.place.words()
        ));
    }
    out.first = Some(FirstPlace {
        place: first.place.clone(),
        key: record.key.map(<[u8]>::to_vec),
    });
}

/// Where it died, unless that is a topic where records wait or lie dead: then where it was before.
fn target(record: &DeadRecord<'_>, told: &[Telling], out: &mut KafkaAccount) {
    let died = told[0].now.iter();
    let before = told.iter().flat_map(|one| one.places.iter().rev());
    let places: Vec<_> = died.chain(before.map(|told| &told.place)).collect();
    let works = |place: &&&LogPlace| {
        !is_retry_topic(&place.topic)
            && dead_topic(&place.topic).is_none()
            && place.topic != record.topic
    };
    let found = places.iter().find(works).or(places.first());
    let Some(place) = found else {
        return;
    };
    if !works(&place) {
        out.doubts.push(format!(
            "{} is by its name not a topic that work is done from",
            place.topic
        ));
    }
    out.target = Some(ProposedTopic {
        topic: place.topic.clone(),
        partition: place.partition,
    });
}

/// For each account whether another one names the same original. Two groups may have given one record
/// up, or an application that was started again; it is no second death.
#[must_use]
pub fn shared_originals(accounts: &[KafkaAccount]) -> Vec<bool> {
    let place = |account: &KafkaAccount| account.original.clone().filter(LogPlace::is_complete);
    let mut all: Vec<_> = accounts.iter().filter_map(place).collect();
    all.sort();
    let shared = |account| {
        let Some(own) = place(account) else {
            return false;
        };
        let at = all.partition_point(|other| *other < own);
        all.get(at + 1) == Some(&own)
    };
    accounts.iter().map(shared).collect()
}
