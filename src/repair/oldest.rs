//! How long the oldest message of a queue has waited, and how that is known.

use crate::event::Event;
use crate::event::amqp::value::timestamp_text;
use crate::event::amqp::x_death::Death;
use crate::text::numbers::span;
use crate::text::timestamp;

/// What a time is the time of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeSource {
    /// The message at the head died then, as a peek saw.
    Died,
    /// The timestamp that the message at the head carries, as a peek saw.
    Stamped,
    /// The same, as the management API tells it.
    Told,
}

/// The oldest message of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oldest {
    /// Seconds since 1970.
    pub at: u64,
    /// How that is known.
    pub source: AgeSource,
}

impl Oldest {
    /// What the message at the head of this queue tells of its time.
    #[must_use]
    pub fn seen(head: &Event) -> Option<Self> {
        // The entry of the newest death comes first in the header. Where it died so more than once,
        // it has the time of the first.
        let died = Death::history(&head.properties)
            .first()
            .and_then(|death| death.first_time);
        let seen = |at, source| Self { at, source };
        died.map(|at| seen(at, AgeSource::Died)).or_else(|| {
            let stamped = timestamp::seconds(head.properties.timestamp?);
            Some(seen(stamped, AgeSource::Stamped))
        })
    }

    /// Its age in a word or two: `oldest seen 3 h`.
    #[must_use]
    pub fn words(&self, now: i64) -> String {
        let age = span(now.saturating_sub(i64::try_from(self.at).unwrap_or(i64::MAX)));
        match self.source {
            AgeSource::Died | AgeSource::Stamped => format!("oldest seen {age}"),
            AgeSource::Told => format!("oldest {age}"),
        }
    }

    /// How it is known.
    #[must_use]
    pub fn reason(&self) -> String {
        let time = timestamp_text(self.at);
        match self.source {
            AgeSource::Died => format!("The message that a peek saw at the head died at {time}"),
            AgeSource::Stamped => {
                format!("The message that a peek saw at the head carries the timestamp {time}")
            }
            AgeSource::Told => format!(
                "The management API says that the message at the head carries the timestamp {time}"
            ),
        }
    }
}

/// What is said where nothing is known.
pub const UNKNOWN: &str = "The age of the oldest message is not known: the management API does not \
                           tell it, and no peek has seen it";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::Properties;
    use crate::testing::{death, died};
    use chrono::DateTime;

    fn event(properties: Properties) -> Event {
        let (x, k) = (String::new(), "q".to_owned());
        Event::new(
            DateTime::UNIX_EPOCH,
            x,
            k,
            Transport::amqp(true),
            properties,
            Vec::new(),
        )
    }

    #[test]
    fn the_time_of_death_tells_more_than_the_timestamp() {
        let mut properties = died(vec![death("rejected", "orders", "shop", &["k"], 1)]);
        properties.timestamp = Some(5);
        let oldest = Oldest::seen(&event(properties)).unwrap();
        assert_eq!(oldest.source, AgeSource::Died);
        assert_eq!(oldest.words(1_700_007_300), "oldest seen 2 h");
        let stamped = Properties {
            timestamp: Some(5),
            ..Properties::default()
        };
        let oldest = Oldest::seen(&event(stamped)).unwrap();
        assert_eq!((oldest.at, oldest.source), (5, AgeSource::Stamped));
        assert_eq!(Oldest::seen(&event(Properties::default())), None);
    }

    #[test]
    fn a_time_to_come_is_no_age() {
        let told = Oldest {
            at: u64::MAX,
            source: AgeSource::Told,
        };
        assert_eq!(told.words(10), "oldest 0 s");
    }
}
