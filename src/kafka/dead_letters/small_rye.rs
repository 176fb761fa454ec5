//! SmallRye Reactive Messaging, which Quarkus uses. It writes what happened before the record's own
//! headers, so the newest stands first. All is text.

use super::failure::{FailureNames, failure};
use super::place::{Adds, PlaceNames, places};
use super::record::{DeadRecord, HeaderRun, count, text};
use super::telling::{KafkaWriter, Telling};
use crate::repair::cause::first_line;

const PLACE: PlaceNames<'static> = PlaceNames {
    topic: "dead-letter-topic",
    partition: "dead-letter-partition",
    offset: "dead-letter-offset",
    time: "",
    beside: &[],
};
const VALUE: FailureNames<'static> = FailureNames {
    class: "dead-letter-exception-class-name",
    message: "dead-letter-reason",
    cause: "dead-letter-cause-class-name",
    cause_message: "dead-letter-cause",
    trace: "",
};

const RETRY_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "delayed-retry-topic",
    partition: "delayed-retry-partition",
    offset: "delayed-retry-offset",
    time: "",
    beside: &[],
};
const RETRY_VALUE: FailureNames<'static> = FailureNames {
    class: "delayed-retry-exception-class-name",
    message: "delayed-retry-reason",
    cause: "delayed-retry-cause-class-name",
    cause_message: "delayed-retry-cause",
    trace: "",
};
const COUNT: &str = "delayed-retry-count";
const ORIGINAL_TIME: &str = "delayed-retry-original-timestamp";
const RETRY_TIMES: [&str; 3] = [
    ORIGINAL_TIME,
    "delayed-retry-first-processing-timestamp",
    COUNT,
];
/// With this header a consumer gives a record up at once.
pub(crate) const GIVE_UP: &str = "deserialization-failure-dlq";

/// Names of the headers that SmallRye adds.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let dead = PLACE.all().chain(VALUE.all());
    let retry = RETRY_PLACE.all().chain(RETRY_VALUE.all());
    dead.chain(retry).chain(RETRY_TIMES).chain([GIVE_UP])
}

/// The strategy `dead-letter-queue`.
pub(crate) fn dead_letter_queue(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    [PLACE.topic, VALUE.class]
        .iter()
        .find(|name| run.has(name))?;
    let mut out = told(run, KafkaWriter::SmallRye, &PLACE, &VALUE);
    out.original = out.places.last().cloned();
    Some(out)
}

/// The strategy `delayed-retry-topic`: one set of headers a hop from retry topic to retry topic, and
/// into the dead-letter topic.
pub(crate) fn delayed_retry(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    [RETRY_PLACE.topic, RETRY_VALUE.class, COUNT]
        .iter()
        .find(|name| run.has(name))?;
    let mut out = told(run, KafkaWriter::SmallRyeRetry, &RETRY_PLACE, &RETRY_VALUE);
    // Behind all, one a hop: how many retries there were.
    out.attempts =
        count(run.last(COUNT)).and_then(|retries| u64::try_from(retries).ok()?.checked_add(1));
    out.original = out.places.first().cloned();
    if let Some(original) = &mut out.original {
        original.time_ms = count(run.first(ORIGINAL_TIME));
    }
    Some(out)
}

fn told(
    run: HeaderRun<'_>,
    writer: KafkaWriter,
    place: &PlaceNames<'_>,
    value: &FailureNames<'_>,
) -> Telling {
    let names: Vec<_> = place.all().chain(value.all()).collect();
    let mut out = Telling::by(writer, run.first_of(&names).unwrap_or(usize::MAX));
    out.adds = Adds::InFront;
    out.places = places(run, place, Adds::InFront, &mut out.doubts);
    out.now = out.places.last().map(|told| told.place.clone());
    // The set of the death before begins with the same header.
    let second = run.all(value.class).nth(1);
    let own = run.before(second.map_or(usize::MAX, |(at, _)| at));
    out.failure = failure(own, value);
    out.reason = text(own.first(value.message)).and_then(|reason| first_line(&reason));
    out
}
