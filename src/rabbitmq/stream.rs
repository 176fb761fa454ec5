//! Where reading a stream begins. A stream is a log: reading takes nothing out of it.

use crate::event::amqp::x_death::OFFSET;
use chrono::DateTime;

use crate::event::Event;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest message that the stream still has.
    First,
    /// At the last part that was written: some messages, together.
    Last,
    /// With what is written from now on.
    Next,
    /// At this place.
    Offset(u64),
    /// At this time, in seconds since 1970; the part in which it lies is read from its beginning.
    Time(u64),
}

/// The choice before its value is typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartKind {
    /// The oldest message.
    #[default]
    First,
    /// The last part.
    Last,
    /// What comes from now on.
    Next,
    Offset,
    Time,
}

impl StartKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::First,
        Self::Last,
        Self::Next,
        Self::Offset,
        Self::Time,
    ];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "The first message",
            Self::Last => "The last part",
            Self::Next => "What comes next",
            Self::Offset => "An offset",
            Self::Time => "A time",
        }
    }

    /// What has to be typed for it, as the label of a field.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Offset => Some("Offset"),
            Self::Time => Some("Time"),
            _ => None,
        }
    }

    /// The choice with what was typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn start(self, typed: &str) -> Result<Start, String> {
        let typed = typed.trim();
        Ok(match self {
            Self::First => Start::First,
            Self::Last => Start::Last,
            Self::Next => Start::Next,
            Self::Offset => Start::Offset(
                typed
                    .replace(',', "")
                    .parse()
                    .map_err(|_| "The offset must be a number, such as 1200".to_owned())?,
            ),
            Self::Time => {
                let time = DateTime::parse_from_rfc3339(typed).map_err(|_| {
                    "The time must be written with its zone, such as 2026-01-31T12:00:00Z"
                        .to_owned()
                })?;
                Start::Time(u64::try_from(time.timestamp()).unwrap_or(0))
            }
        })
    }
}

/// A message's place in its stream.
#[must_use]
pub fn offset(event: &Event) -> Option<u64> {
    let value = event.properties.header(OFFSET)?.as_integer()?;
    u64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_refused_in_words() {
        let offset = |text| StartKind::Offset.start(text);
        assert_eq!(offset(" 1,200 "), Ok(Start::Offset(1_200)));
        assert!(offset("-1").unwrap_err().contains("a number"));
        let time = |text| StartKind::Time.start(text);
        assert_eq!(time("1970-01-01T01:00:10+01:00"), Ok(Start::Time(10)));
        assert!(time("yesterday").unwrap_err().contains("2026-01-31T12"));
        assert_eq!(StartKind::Next.start("ignored"), Ok(Start::Next));
    }
}
