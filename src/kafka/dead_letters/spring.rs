//! Spring's writers. `DeadLetterPublishingRecoverer` writes the exception, then the place, behind the
//! record's own headers: what tells of the exception is replaced at the next death, a place is added.
//! So a header that a death did not write (an exception without a cause, a record without a group) is
//! still there from an earlier one, and stands before those that were written.

use super::failure::{FailureNames, failure};
use super::place::{Adds, PlaceNames, places};
use super::record::{DeadRecord, HeaderRun, name, number};
use super::telling::{KafkaWriter, Telling};

const GROUP: &str = "kafka_dlt-original-consumer-group";

const PLACE: PlaceNames<'static> = PlaceNames {
    topic: "kafka_dlt-original-topic",
    partition: "kafka_dlt-original-partition",
    offset: "kafka_dlt-original-offset",
    time: "kafka_dlt-original-timestamp",
    beside: &["kafka_dlt-original-timestamp-type"],
};
const VALUE: FailureNames<'static> = FailureNames {
    class: "kafka_dlt-exception-fqcn",
    message: "kafka_dlt-exception-message",
    cause: "kafka_dlt-exception-cause-fqcn",
    cause_message: "",
    trace: "kafka_dlt-exception-stacktrace",
};
const KEY: FailureNames<'static> = FailureNames {
    class: "kafka_dlt-key-exception-fqcn",
    message: "kafka_dlt-key-exception-message",
    trace: "kafka_dlt-key-exception-stacktrace",
    ..VALUE
};

const RETRY_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "kafka_original-topic",
    partition: "kafka_original-partition",
    offset: "kafka_original-offset",
    time: "kafka_original-timestamp",
    beside: &["kafka_original-timestamp-type"],
};
const RETRY_VALUE: FailureNames<'static> = FailureNames {
    class: "kafka_exception-fqcn",
    message: "kafka_exception-message",
    cause: "kafka_exception-cause-fqcn",
    cause_message: "",
    trace: "kafka_exception-stacktrace",
};
const RETRY_KEY: FailureNames<'static> = FailureNames {
    class: "kafka_key-exception-fqcn",
    message: "kafka_key-exception-message",
    trace: "kafka_key-exception-stacktrace",
    ..RETRY_VALUE
};
const ATTEMPTS: &str = "retry_topic-attempts";

const STREAM_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "x-original-topic",
    partition: "x-original-partition",
    offset: "x-original-offset",
    time: "x-original-timestamp",
    beside: &["x-original-timestamp-type"],
};
const STREAM_VALUE: FailureNames<'static> = FailureNames {
    class: "x-exception-fqcn",
    message: "x-exception-message",
    cause: "",
    cause_message: "",
    trace: "x-exception-stacktrace",
};

/// Beginnings of the names of headers that Spring's writers add.
pub(crate) const BEGINNINGS: [&str; 6] = [
    "kafka_dlt-",
    "kafka_original-",
    "kafka_exception-",
    "kafka_key-exception-",
    "retry_topic-",
    "springDeserializerException",
];

/// Names of those that Spring Cloud Stream adds.
pub(crate) fn stream_names() -> impl Iterator<Item = &'static str> {
    STREAM_PLACE.all().chain(STREAM_VALUE.all())
}

/// `DefaultErrorHandler` with a `DeadLetterPublishingRecoverer`.
pub(crate) fn recoverer(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let names: Vec<_> = PLACE.all().chain(VALUE.all()).chain(KEY.all()).collect();
    let mut out = Telling::by(KafkaWriter::Spring, run.last_of(&names)?);
    let told = places(run, &PLACE, Adds::Behind, &mut out.doubts);
    let mut out = exception(run, &VALUE, &KEY, told.len() > 1, out);
    let newest = told.last().map(|told| told.at);
    let exception_at = run.last_of(&[VALUE.class, KEY.class]);
    // Both are written from 2.8 on, which writes the exception first.
    let is_new = run.has(GROUP) || run.has(VALUE.cause);
    out = out.at_the_newest(told);
    if is_new && newest < exception_at && newest.is_some() {
        out.now = None;
        out.unplaced = 1;
        out.doubts.push(
            "The place in the headers is older than the exception: it is that of an earlier death, \
             and where it died now is not written down"
                .to_owned(),
        );
    }
    let is_alone = out.places.len() < 2;
    let behind = run.from(newest.filter(|_| !is_alone).unwrap_or(0));
    out.group = name(behind.last(GROUP)).filter(|_| out.now.is_some());
    if out.group.is_none() && run.has(GROUP) {
        out.doubts
            .push("The consumer group in the headers is that of an earlier death".to_owned());
    }
    Some(out)
}

/// What failed: the value, or the key where only that could not be read. `many` deaths wrote headers.
fn exception(
    run: HeaderRun<'_>,
    value: &FailureNames<'_>,
    key: &FailureNames<'_>,
    many: bool,
    mut out: Telling,
) -> Telling {
    let (of_value, of_key) = (run.last_of(&[value.class]), run.last_of(&[key.class]));
    let (names, at) = match (of_value, of_key) {
        (None, Some(at)) => (key, Some(at)),
        (at, _) => (value, at),
    };
    if of_key.is_some() {
        out.facts.push("its key could not be read".to_owned());
    }
    let run = if many { run.from(at.unwrap_or(0)) } else { run };
    out.failure = failure(run, names);
    out
}

/// `@RetryableTopic`: the first place stays, and what tells of an exception and of an attempt is added
/// at each hop from one retry topic to the next.
pub(crate) fn retryable(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let own = [ATTEMPTS, "retry_topic-original-timestamp"];
    let names = RETRY_PLACE.all().chain(RETRY_VALUE.all());
    let names: Vec<_> = names.chain(RETRY_KEY.all()).chain(own).collect();
    let mut out = Telling::by(KafkaWriter::RetryableTopic, run.last_of(&names)?);
    let told = places(run, &RETRY_PLACE, Adds::Behind, &mut out.doubts);
    let hops = run.all(ATTEMPTS).count();
    out = exception(run, &RETRY_VALUE, &RETRY_KEY, hops > 1, out);
    out = out.at_the_newest(told);
    out.group = name(run.last(GROUP));
    // It names the attempt that would come next.
    let next = number(run.last(ATTEMPTS));
    out.attempts = next.and_then(|next| u64::try_from(next.checked_sub(1)?).ok());
    if run.has(ATTEMPTS) && out.attempts.is_none() {
        out.doubts
            .push(format!("The header {ATTEMPTS} is not a number of attempts"));
    }
    if out.attempts.is_some_and(|attempts| attempts > 1) {
        out.doubts.push(
            "It was tried again through retry topics. The place is that of the record before them; in \
             which of them it failed at last is not written down"
                .to_owned(),
        );
    }
    Some(out)
}

/// Spring Cloud Stream adds all of its headers at each death.
pub(crate) fn cloud_stream(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    // A bridge from RabbitMQ brings headers of the other names.
    let sign = [STREAM_PLACE.topic, STREAM_VALUE.class];
    run.last_of(&sign)?;
    let names: Vec<_> = stream_names().collect();
    let mut out = Telling::by(KafkaWriter::CloudStream, run.last_of(&names)?);
    let told = places(run, &STREAM_PLACE, Adds::Behind, &mut out.doubts);
    let many = told.len() > 1;
    out = out.at_the_newest(told);
    let at = run.last_of(&[STREAM_VALUE.class]).filter(|_| many);
    out.failure = failure(run.from(at.unwrap_or(0)), &STREAM_VALUE);
    Some(out)
}
