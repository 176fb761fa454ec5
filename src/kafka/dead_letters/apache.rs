//! Apache Kafka's own writers: sinks of Kafka Connect, Kafka Streams (KIP-1034), and the broker for
//! share groups (KIP-1191). All they write is text, and each adds the whole of it at each death.

use super::failure::{FailureNames, failure};
use super::place::{Adds, PlaceNames, places};
use super::record::{DeadRecord, HeaderRun, count, name, text};
use super::telling::{KafkaWriter, Telling};
use crate::repair::cause::first_line;

const CONNECT_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "__connect.errors.topic",
    partition: "__connect.errors.partition",
    offset: "__connect.errors.offset",
    time: "",
    beside: &[
        "__connect.errors.connector.name",
        "__connect.errors.task.id",
        "__connect.errors.stage",
        "__connect.errors.class.name",
    ],
};
const CONNECT: FailureNames<'static> = FailureNames {
    class: "__connect.errors.exception.class.name",
    message: "__connect.errors.exception.message",
    cause: "",
    cause_message: "",
    trace: "__connect.errors.exception.stacktrace",
};

const STREAMS_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "__streams.errors.topic",
    partition: "__streams.errors.partition",
    offset: "__streams.errors.offset",
    time: "",
    beside: &[],
};
const STREAMS: FailureNames<'static> = FailureNames {
    class: "__streams.errors.exception",
    message: "__streams.errors.message",
    cause: "",
    cause_message: "",
    trace: "__streams.errors.stacktrace",
};

const SHARE_PLACE: PlaceNames<'static> = PlaceNames {
    topic: "__dlq.errors.topic",
    partition: "__dlq.errors.partition",
    offset: "__dlq.errors.offset",
    time: "",
    beside: &[],
};
const SHARE: [&str; 3] = [
    "__dlq.errors.group",
    "__dlq.errors.delivery.count",
    "__dlq.errors.message",
];

/// Beginnings of the names of headers that these add.
pub(crate) const BEGINNINGS: [&str; 3] =
    ["__connect.errors.", "__streams.errors.", "__dlq.errors."];

/// Kafka Connect, if its headers were switched on.
pub(crate) fn connect(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let names: Vec<_> = CONNECT_PLACE.all().chain(CONNECT.all()).collect();
    let mut out = Telling::by(KafkaWriter::Connect, run.last_of(&names)?);
    let told = places(run, &CONNECT_PLACE, Adds::Behind, &mut out.doubts);
    out = out.at_the_newest(told);
    let at = out.places.last().map_or(0, |told| told.at);
    out.failure = failure(run.from(at), &CONNECT);
    for (words, header) in [
        ("connector", CONNECT_PLACE.beside[0]),
        ("task", CONNECT_PLACE.beside[1]),
        ("stage", CONNECT_PLACE.beside[2]),
        ("in", CONNECT_PLACE.beside[3]),
    ] {
        if let Some(value) = text(run.last(header)).and_then(|value| first_line(&value)) {
            out.facts.push(format!("{words} {value}"));
        }
    }
    Some(out)
}

/// Kafka Streams.
pub(crate) fn streams(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let names: Vec<_> = STREAMS_PLACE.all().chain(STREAMS.all()).collect();
    let mut out = Telling::by(KafkaWriter::Streams, run.last_of(&names)?);
    let told = places(run, &STREAMS_PLACE, Adds::Behind, &mut out.doubts);
    out = out.at_the_newest(told);
    // The exception is written first.
    let at = run.last_of(&[STREAMS.class]).unwrap_or(0);
    out.failure = failure(run.from(at), &STREAMS);
    let internal = out
        .now
        .as_ref()
        .filter(|now| now.topic.ends_with("-repartition"));
    if let Some(now) = internal {
        out.doubts.push(format!(
            "{} is an internal topic of the Streams application: key and place are those of a record \
             there, and the event that led to it lies elsewhere",
            now.topic
        ));
    }
    Some(out)
}

/// The broker. It copies no header of the record, so what else stands there was added later.
pub(crate) fn share_group(record: &DeadRecord<'_>) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let names: Vec<_> = SHARE_PLACE.all().chain(SHARE).collect();
    let mut out = Telling::by(KafkaWriter::ShareGroup, run.last_of(&names)?);
    let told = places(run, &SHARE_PLACE, Adds::Behind, &mut out.doubts);
    out = out.at_the_newest(told);
    let [group, delivered, message] = SHARE;
    out.group = name(run.last(group));
    out.attempts = count(run.last(delivered)).and_then(|count| u64::try_from(count).ok());
    out.reason = text(run.last(message)).and_then(|reason| first_line(&reason));
    out.doubts.push(
        "The broker copies no headers: those of the record are only at its original".to_owned(),
    );
    if record.key.is_none() && record.value.is_none() {
        out.doubts.push(
            "Key and value are null: either the group does not copy them \
             (errors.deadletterqueue.copy.record.enable) or the record had none. Look at its original"
                .to_owned(),
        );
    }
    Some(out)
}
