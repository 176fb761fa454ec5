//! What a recording says of itself.

use chrono::{DateTime, TimeDelta, Utc};

/// What a recording says of itself as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutRecording {
    /// The program that wrote it, with its version.
    pub made_by: String,
    pub begun_at: DateTime<Utc>,
    /// Up to here nothing is missing but what the gaps say.
    pub seen_until: DateTime<Utc>,
    /// When it was closed; `None` if it was not, because it is being written or was broken off.
    pub ended_at: Option<DateTime<Utc>>,
    /// Events in it, as its writer counted them.
    pub events: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

/// A writer shows that it is alive at least this often.
const ALIVE: TimeDelta = TimeDelta::seconds(10);

impl AboutRecording {
    /// From when on everything is missing, because its writer was cut off: killed, or without power.
    /// What came in the last second before may be missing too. `None` if it was closed, or if it may
    /// still be being written.
    #[must_use]
    pub fn broke_off(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_quiet = now.signed_duration_since(self.seen_until) > ALIVE;
        (self.ended_at.is_none() && is_quiet).then_some(self.seen_until)
    }

    /// True if somebody is writing it, as far as can be told.
    #[must_use]
    pub fn is_being_written(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.broke_off(now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_was_not_closed_is_being_written_or_broke_off() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let mut about = AboutRecording {
            made_by: String::new(),
            begun_at: at(0),
            seen_until: at(100),
            ended_at: None,
            events: 0,
            bytes: 0,
        };
        assert!(about.is_being_written(at(105)));
        assert_eq!(about.broke_off(at(111)), Some(at(100)));
        about.ended_at = Some(at(100));
        assert!(!about.is_being_written(at(105)) && about.broke_off(at(999)).is_none());
    }
}
