//! Dead letters that belong together: equal in one respect.

use std::collections::HashMap;
use std::sync::Arc;

use super::frameworks;
use super::origin::Provenance;
use crate::event::Event;
use crate::repair::feature::{Said, features};
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
    /// The queue that failed.
    Queue,
    /// The key of the first publish.
    RoutingKey,
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
        Self::RoutingKey,
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
        Self::RoutingKey,
    ];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Exception => "Exception",
            Self::Reason => "Reason",
            Self::Queue => "Queue that failed",
            Self::RoutingKey => "Routing key",
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
/// The word for a death of which nothing is written.
const UNKNOWN_REASON: &str = "unknown";

/// True for the name of a group of messages of which there was nothing to say.
#[must_use]
pub fn is_untold(name: &str) -> bool {
    [NO_SCHEMAS, NO_EXCEPTION, NO_TYPE, NOT_KNOWN, UNKNOWN_REASON].contains(&name)
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

/// A message and where it came from.
pub type TracedCause = (Arc<Event>, Arc<Provenance>);

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
fn died_at((event, origin): &TracedCause) -> Option<u64> {
    origin
        .died_at()
        .or_else(|| event.properties.timestamp.map(timestamp::seconds))
}

fn name((event, origin): &TracedCause, by: GroupBy) -> String {
    let or_unknown = |text: &str| match text {
        "" => NOT_KNOWN.to_owned(),
        text => text.to_owned(),
    };
    match by {
        GroupBy::Exception => exception(event).unwrap_or_else(|| NO_EXCEPTION.to_owned()),
        GroupBy::Reason => origin.reason().to_owned(),
        GroupBy::Queue => or_unknown(origin.died_in()),
        GroupBy::RoutingKey => origin.key(event).to_owned(),
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

/// Why the consumer failed, with its numbers and ids blanked out, so that the same fault of two
/// messages reads the same.
fn exception(event: &Event) -> Option<String> {
    Some(blanked(&frameworks::failure(event)?.words()))
}

/// The first line, with every run of letters and digits that holds a digit as `#`.
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
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::{FieldValue, Properties};
    use crate::rabbitmq::origin::Scene;
    use crate::testing::{death, died};
    use chrono::DateTime;

    fn dead(mut properties: Properties, header: Option<(&str, &str)>, body: &str) -> TracedCause {
        if let Some((name, value)) = header {
            let headers = properties.headers.get_or_insert_default();
            headers.push((name.to_owned(), FieldValue::Text(value.to_owned())));
        }
        let at = DateTime::UNIX_EPOCH;
        let body = body.as_bytes().to_vec();
        let event = Event::new(
            at,
            "dead".into(),
            "k".into(),
            Transport::amqp(true),
            properties,
            body,
        );
        let origin = Provenance::of(&event, Scene::default());
        (Arc::new(event), Arc::new(origin))
    }

    fn grouped(messages: &[TracedCause], by: GroupBy) -> Vec<(String, Vec<usize>)> {
        let all = groups(messages, by, &[]).into_iter();
        all.map(|group| (group.name, group.places)).collect()
    }

    #[test]
    fn the_same_fault_of_two_messages_is_one_group() {
        let none = Properties::default;
        let spring = |words| dead(none(), Some(("x-exception-message", words)), "{}");
        let messages = [
            spring("Order 4711-a not found\n  at Shop.java:3"),
            spring("Order 12 not found"),
            dead(
                none(),
                Some(("MT-Fault-ExceptionType", "Shop.Broken")),
                "{}",
            ),
            dead(none(), Some(("my-error", "no stock")), "{}"),
            dead(none(), None, "{}"),
        ];
        let own = |name: &str, places: &[usize]| (name.to_owned(), places.to_vec());
        assert_eq!(
            grouped(&messages, GroupBy::Exception),
            [
                own("Order # not found", &[0, 1]),
                own("Broken", &[2]),
                own("No exception header", &[4]),
                own("no stock", &[3]),
            ]
        );
    }

    #[test]
    fn the_way_of_a_message_tells_queue_and_key() {
        let history = || {
            died(vec![
                death("expired", "retry", "", &["later"], 1),
                death("rejected", "orders", "shop", &["order.created"], 1),
            ])
        };
        let messages = [
            dead(history(), None, r#"{"a":1}"#),
            dead(history(), None, "x"),
        ];
        for (by, name) in [
            (GroupBy::Queue, "orders"),
            (GroupBy::Reason, "rejected"),
            (GroupBy::RoutingKey, "order.created"),
        ] {
            assert_eq!(grouped(&messages, by), [(name.to_owned(), vec![0, 1])]);
        }
        assert_eq!(grouped(&messages, GroupBy::Shape).len(), 2);
        let told = ["fails", "fails"].map(str::to_owned);
        assert_eq!(groups(&messages, GroupBy::Schema, &told)[0].name, "fails");
        let times = &groups(&messages, GroupBy::Queue, &[])[0].times;
        assert_eq!((times.len(), times[0]), (SPANS, 2));
    }

    #[test]
    fn times_fall_into_equal_spans() {
        assert_eq!(span(100, 100, 100), 0);
        assert_eq!(span(0, 47, 0), 0);
        assert_eq!(span(0, 47, 47), SPANS - 1);
        assert_eq!(span(0, 47, 24), SPANS / 2);
    }
}
