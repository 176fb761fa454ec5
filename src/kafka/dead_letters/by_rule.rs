//! Headers that nobody but the application knows: the person says which of them names what.

use super::failure::{FailureNames, failure};
use super::place::{Adds, PlaceNames, places};
use super::record::{DeadRecord, HeaderRun, count, name, partition, text};
use super::telling::{KafkaWriter, Telling};
use super::topic_name::is_topic_name;
use crate::repair::cause::first_line;

/// Which header names what; empty where none does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeathHeaders {
    /// The header with the topic in which it died.
    pub topic: String,
    pub partition: String,
    pub offset: String,
    /// The consumer group that failed.
    pub group: String,
    /// Why, in words.
    pub reason: String,
    /// The exception's class.
    pub exception_class: String,
    /// The exception's message.
    pub exception_message: String,
}

impl DeathHeaders {
    fn place(&self) -> PlaceNames<'_> {
        PlaceNames {
            topic: &self.topic,
            partition: &self.partition,
            offset: &self.offset,
            time: "",
            beside: &[],
        }
    }

    fn failure(&self) -> FailureNames<'_> {
        FailureNames {
            class: &self.exception_class,
            message: &self.exception_message,
            cause: "",
            cause_message: "",
            trace: "",
        }
    }

    /// The names of all headers of the rule.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.place().all().chain(self.failure().all());
        let all = all.chain([self.group.as_str(), self.reason.as_str()]);
        all.filter(|name| !name.is_empty())
    }
}

/// What the headers of the rule tell.
pub(crate) fn by_rule(record: &DeadRecord<'_>, rule: &DeathHeaders) -> Option<Telling> {
    let run = HeaderRun::of(record);
    let names: Vec<_> = rule.names().collect();
    let mut out = Telling::by(KafkaWriter::ByRule, run.last_of(&names)?);
    let told = places(run, &rule.place(), Adds::Behind, &mut out.doubts);
    if told.len() > 1 {
        out.doubts.push(format!(
            "The header {} is there {} times; the last one was taken for this death",
            rule.topic,
            told.len()
        ));
    }
    out = out.at_the_newest(told);
    out.group = name(run.last(&rule.group));
    out.reason = text(run.last(&rule.reason)).and_then(|reason| first_line(&reason));
    out.failure = failure(run, &rule.failure());
    Some(out)
}

/// Ends of names, with the same for partition and offset, as people and frameworks write them.
const ENDS: [[&str; 3]; 3] = [
    ["topic", "partition", "offset"],
    ["Topic", "Partition", "Offset"],
    ["TOPIC", "PARTITION", "OFFSET"],
];

/// A rule that would fit: a header that ends in `topic` and holds the name of one, with its
/// neighbours. A proposal; the person decides.
#[must_use]
pub fn suggestion(record: &DeadRecord<'_>) -> Option<DeathHeaders> {
    let run = HeaderRun::of(record);
    let neighbours = |(header, value): &(&str, Option<&[u8]>)| {
        let topic = name(*value).filter(|topic| is_topic_name(topic))?;
        let (begin, ends) = ENDS
            .iter()
            .find_map(|ends| Some((header.strip_suffix(ends[0])?, ends)))?;
        let beside = |end: &str, reads: fn(Option<&[u8]>) -> bool| {
            let name = format!("{begin}{end}");
            if reads(run.last(&name)) {
                name
            } else {
                String::new()
            }
        };
        let partition = beside(ends[1], |value| partition(value).is_some());
        let offset = beside(ends[2], |value| count(value).is_some());
        let is_own = topic == record.topic || partition.is_empty();
        (!is_own).then(|| DeathHeaders {
            topic: (*header).to_owned(),
            partition,
            offset,
            ..DeathHeaders::default()
        })
    };
    record.headers.iter().rev().find_map(neighbours)
}
