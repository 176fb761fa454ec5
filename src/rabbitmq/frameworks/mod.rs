//! What frameworks do with a message that they give up: the queue they park it in, the headers that
//! say why, where it came from, and how often it was tried.
//!
//! The one place that knows these conventions; every screen asks it. What it proposes is read from
//! the message, and said with the header that says it: a proposal, never a fact. Sources: the
//! frameworks' documentation and source text, named at each.

mod counters;
mod dotnet;
mod java;
pub(crate) mod look;
mod others;
mod queues;
mod scripting;
#[cfg(test)]
mod tests;
mod wrapped;

use crate::event::Event;
use crate::event::amqp::value::timestamp_text;
use crate::event::amqp::{FieldValue, Properties};
use crate::repair::cause::{self, ParkedFailure};
use look::ParkedLook;

pub use crate::event::names::{FrameworkNames, names};
pub use counters::{Counter, RetryCounters, counters};
pub use queues::{ParkingQueue, parking_queue};

/// What a framework wrote down when it gave a message up.
#[derive(Clone, Debug, PartialEq)]
pub struct Parked {
    /// Its name.
    pub framework: &'static str,
    /// What shows that: `header MT-Fault-Message`.
    pub says: String,
    /// The framework only marked the message, as it marks all of its own: the broker moved it, and
    /// its death history counts more.
    pub by_broker: bool,
    /// Why the consumer failed.
    pub failure: Option<ParkedFailure>,
    /// When, in seconds since 1970.
    pub when: Option<u64>,
    /// How often it was tried, where that is written down.
    pub attempts: Option<u64>,
    /// The queue whose consumer failed, where that is written down.
    pub failed_queue: Option<String>,
    /// Where it came from.
    pub target: Option<Proposed>,
    /// What is left out of a copy that is sent again.
    pub removed: Vec<Removed>,
    /// The message that lies in this one, and is sent in its place.
    pub original: Option<Box<Original>>,
    /// What else is to be said, each as a part of a sentence.
    pub remarks: Vec<String>,
}

/// A target, and what names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Exchange; empty is the default exchange.
    pub exchange: String,
    pub routing_key: String,
    /// What says so: `header NServiceBus.FailedQ`.
    pub says: String,
}

/// A header, or a member of one that is a table, that does not go with a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    pub header: String,
    /// Only this member of it.
    pub member: Option<String>,
    /// Why, as a sentence.
    pub why: String,
}

/// A message that was wrapped.
#[derive(Clone, Debug, PartialEq)]
pub struct Original {
    /// The exchange it was published to.
    pub exchange: String,
    /// The routing key it was published with.
    pub routing_key: String,
    pub properties: Properties,
    pub body: Vec<u8>,
    /// What could not be kept as it was, each as a sentence.
    pub doubts: Vec<String>,
}

/// Those who may have parked a message, the surest signs first.
const READERS: [fn(ParkedLook<'_>) -> Option<Parked>; 15] = [
    dotnet::mass_transit,
    dotnet::nservicebus,
    dotnet::rebus,
    wrapped::easynetq,
    java::spring,
    dotnet::wolverine,
    scripting::symfony,
    scripting::sneakers,
    wrapped::old_sneakers,
    scripting::rascal,
    java::camel,
    scripting::dramatiq,
    scripting::celery,
    scripting::laravel,
    dotnet::brighter,
];

/// Which framework gave the message up that lies in `queue`, and what it wrote down; `None` if
/// neither headers nor body nor the name of the queue tell. Costs a look at the headers, and at the
/// body where that may be a wrapper, so it is asked once for a message and not in each frame.
#[must_use]
pub fn recognise(event: &Event, queue: &str) -> Option<Parked> {
    let look = ParkedLook { event, queue };
    let mut found = READERS.iter().find_map(|read| read(look));
    if let Some(parked) = &mut found
        && parked.failure.is_none()
        && let Some(told) = others::told_by_headers(look)
    {
        // The application's own words, beside the framework's marks.
        parked.failure = told.failure;
        parked.target = parked.target.take().or(told.target);
    }
    found
        .or_else(|| others::told_by_headers(look))
        .or_else(|| by_name(look))
}

/// A message without any mark, in a queue whose name is one framework's own.
fn by_name(look: ParkedLook<'_>) -> Option<Parked> {
    let parked = Parked::by("MassTransit", "the name of the queue");
    let parked = dotnet::by_name(parked, look);
    let is_envelope = look.event.kind == crate::text::payload::PayloadKind::Json
        && look
            .event
            .body
            .windows(13)
            .any(|part| part == b"\"messageType\"");
    (parked.target.is_some() && is_envelope && !look.died()).then_some(parked)
}

/// Why the consumer failed, as far as the message tells.
#[must_use]
pub fn failure(event: &Event) -> Option<ParkedFailure> {
    recognise(event, "")?.failure
}

impl Parked {
    /// What happened, as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let mut line = match (self.by_broker, self.framework) {
            (_, "The application") => format!("The application says why ({})", self.says),
            (false, framework) => format!("{framework} parked it ({})", self.says),
            (true, framework) => format!("It is a message of {framework} ({})", self.says),
        };
        if let Some(failure) = &self.failure {
            line.push_str(&format!(": {}", failure.words()));
        }
        if let Some(queue) = &self.failed_queue {
            line.push_str(&format!(", in queue {queue}"));
        }
        if let Some(time) = self.when {
            line.push_str(&format!(", {}", timestamp_text(time)));
        }
        match self.attempts {
            None => {}
            Some(1) => line.push_str(", tried once"),
            Some(count) => line.push_str(&format!(", tried {count} times")),
        }
        for remark in &self.remarks {
            line.push_str(&format!("; {remark}"));
        }
        line
    }

    /// Takes out what does not go with a copy.
    pub fn strip(&self, properties: &mut Properties) {
        let Some(headers) = &mut properties.headers else {
            return;
        };
        for removed in &self.removed {
            match &removed.member {
                None => headers.retain(|(name, _)| *name != removed.header),
                Some(member) => {
                    for (name, value) in headers.iter_mut() {
                        if let (true, FieldValue::Table(table)) = (*name == removed.header, value) {
                            table.retain(|(name, _)| name != member);
                        }
                    }
                    headers.retain(|(name, value)| {
                        *name != removed.header || *value != FieldValue::Table(Vec::new())
                    });
                }
            }
        }
    }

    /// Why this header does not go with a copy as it is, if it does not.
    #[must_use]
    pub fn why_removed(&self, header: &str) -> Option<String> {
        let mut reasons = self
            .removed
            .iter()
            .filter(|removed| removed.header == header);
        let first = reasons.next()?;
        Some(reasons.fold(first.line(), |all, one| format!("{all}. {}", one.line())))
    }
}

impl Removed {
    /// `x-exception-message`, or `rascal: error`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.member {
            None => self.header.clone(),
            Some(member) => format!("{}: {member}", self.header),
        }
    }

    fn line(&self) -> String {
        match &self.member {
            None => self.why.clone(),
            Some(member) => format!("{member}: {}", self.why),
        }
    }
}
