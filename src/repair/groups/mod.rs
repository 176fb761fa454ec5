//! Dead letters that belong together: equal in one respect.

use std::collections::HashMap;
use std::sync::Arc;

use super::death_line::{DeathLine, UNKNOWN_CAUSE};
use super::feature::{Said, features};
use crate::event::Event;
use crate::text::payload::shorten;
use crate::text::timestamp;

/// What makes messages belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// What the consumer's framework wrote down when it failed.
    #[default]
    Exception,
    /// Why it was taken out.
    Reason,
    /// The queue that failed, or the topic and the group.
    Queue,
    /// The key of the first publish.
    Key,
    /// Type and schema version.
    Type,
    /// Which fields the payload has, and of what kind.
    Shape,
    /// What its schema says to it; told from outside.
    Schema,
    /// How often it came back after a resend; told from outside.
    CameBack,
}

impl GroupBy {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Exception,
        Self::Reason,
        Self::Queue,
        Self::Key,
        Self::Type,
        Self::Shape,
        Self::Schema,
        Self::CameBack,
    ];

    /// What messages can be grouped by unasked, what tells most first.
    pub const TELLING: [Self; 6] = [
        Self::Exception,
        Self::Schema,
        Self::Type,
        Self::Reason,
        Self::Queue,
        Self::Key,
    ];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Exception => "Exception",
            Self::Reason => "Reason",
            Self::Queue => "Where it died",
            Self::Key => "Key",
            Self::Type => "Type and version",
            Self::Shape => "Shape of the payload",
            Self::Schema => "Verdict of its schema",
            Self::CameBack => "Came back",
        }
    }
}

/// What a group is called of which no schema can tell anything.
pub const NO_SCHEMAS: &str = "No schemas are open";
const NO_EXCEPTION: &str = "No exception header";
const NO_TYPE: &str = "No type";
const NOT_KNOWN: &str = "Not known";

/// True for the name of a group of messages of which there was nothing to say.
#[must_use]
pub fn is_untold(name: &str) -> bool {
    [NO_SCHEMAS, NO_EXCEPTION, NO_TYPE, NOT_KNOWN, UNKNOWN_CAUSE].contains(&name)
}

/// Messages that are equal in one respect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// Places in the list that was grouped, in its order.
    pub places: Vec<usize>,
    /// How many died in each of [`SPANS`] equal spans of the time over which all died; empty if no
    /// time is known.
    pub times: Vec<u32>,
}

/// Spans of time that are told apart.
pub const SPANS: usize = 24;

/// A message and what it tells of its death.
pub type TracedCause = (Arc<Event>, Arc<DeathLine>);

/// Groups messages, the largest group first, equal ones by name. What a message cannot tell of
/// itself is in `told`, for each message in its place.
#[must_use]
pub fn groups(messages: &[TracedCause], by: GroupBy, told: &[String]) -> Vec<Group> {
    let times: Vec<Option<u64>> = messages.iter().map(died_at).collect();
    let known = || times.iter().flatten().copied();
    let range = known().min().zip(known().max());
    let mut found: HashMap<String, Group> = HashMap::new();
    for (place, message) in messages.iter().enumerate() {
        let name = match told.get(place) {
            Some(told) => told.clone(),
            None => name(message, by),
        };
        let group = found.entry(name).or_insert_with_key(|name| Group {
            name: name.clone(),
            places: Vec::new(),
            times: Vec::new(),
        });
        group.places.push(place);
        if let (Some((first, last)), Some(time)) = (range, times[place]) {
            group.times.resize(SPANS, 0);
            group.times[span(first, last, time)] += 1;
        }
    }
    let mut all: Vec<Group> = found.into_values().collect();
    all.sort_by(|a, b| {
        let larger = b.places.len().cmp(&a.places.len());
        larger.then_with(|| a.name.cmp(&b.name))
    });
    all
}

fn span(first: u64, last: u64, time: u64) -> usize {
    let spans = SPANS as u64;
    let at = (time - first) * spans / (last - first + 1);
    usize::try_from(at).unwrap_or(0).min(SPANS - 1)
}

/// Seconds since 1970 at which it failed, or, where nothing says so, of its own stamp.
fn died_at((event, line): &TracedCause) -> Option<u64> {
    line.died_at
        .or_else(|| event.properties.timestamp.map(timestamp::seconds))
}

fn name((event, line): &TracedCause, by: GroupBy) -> String {
    let or_unknown = |text: &str| match text {
        "" => NOT_KNOWN.to_owned(),
        text => text.to_owned(),
    };
    match by {
        GroupBy::Exception if line.exception.is_empty() => NO_EXCEPTION.to_owned(),
        GroupBy::Exception => blanked(&line.exception),
        GroupBy::Reason => line.cause.clone(),
        GroupBy::Queue => or_unknown(&line.died_in),
        GroupBy::Key => line.key.clone(),
        GroupBy::Type => {
            let kind = event.envelope.event_type.as_deref();
            let mut name = kind.unwrap_or(NO_TYPE).to_owned();
            if let Some(version) = event.envelope.version.as_deref() {
                name.push(' ');
                name.push_str(version);
            }
            name
        }
        GroupBy::Shape => shape(event),
        GroupBy::Schema | GroupBy::CameBack => NOT_KNOWN.to_owned(),
    }
}

/// The first line of why a consumer failed, with every run of letters and digits that holds a digit as
/// `#`, so that the same fault of two messages reads the same.
fn blanked(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut out = String::new();
    let mut word = String::new();
    for character in line.chars().chain([' ']) {
        if character.is_alphanumeric() || character == '-' {
            word.push(character);
            continue;
        }
        if word.contains(|c: char| c.is_ascii_digit()) {
            out.push('#');
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(character);
    }
    shorten(out.trim_end(), 160)
}

fn shape(event: &Event) -> String {
    let all = features(&event.properties, &event.body);
    let mut words: Vec<String> = Vec::new();
    for feature in all {
        let is_payload = !feature.place.starts_with("header ")
            && !feature.place.starts_with("property ")
            && feature.place != "payload";
        if let (Said::Kind(kind), true) = (&feature.said, is_payload) {
            words.push(format!("{} {kind}", feature.place));
        }
    }
    if words.is_empty() {
        return event.kind.name().to_owned();
    }
    words.join(", ")
}

#[cfg(test)]
mod tests;
