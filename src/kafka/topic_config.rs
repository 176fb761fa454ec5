//! What a topic's configuration means for a copy that is sent to it, and for how long it keeps records.

/// The names that are asked for; a broker leaves out those that it does not know.
pub const NAMES: [&str; 9] = [
    "cleanup.policy",
    "retention.ms",
    "max.message.bytes",
    "message.timestamp.type",
    "message.timestamp.before.max.ms",
    "message.timestamp.after.max.ms",
    // Until 3.5 one limit for both sides; its default is no limit.
    "message.timestamp.difference.max.ms",
    "errors.deadletterqueue.group.enable",
    "min.insync.replicas",
];

/// What a broker adds to the bytes of a record in a batch of its own, at most: the batch's head, and the
/// record's lengths, times and attributes.
const BATCH_BYTES: u64 = 61 + 40;

/// A topic's configuration, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicConfig {
    /// It keeps the last record of each key.
    pub is_compacted: bool,
    /// It deletes what is older than so many milliseconds.
    pub retention_ms: Option<i64>,
    /// Bytes of the largest batch that it takes.
    pub most_bytes: Option<u64>,
    /// The broker writes its own time over that of a record.
    pub is_append_time: bool,
    /// The broker refuses what is older than so many milliseconds, or so much in the future.
    pub time_limits_ms: (Option<i64>, Option<i64>),
    /// Share groups may write dead letters into it (Kafka 4.4).
    pub is_for_dead: bool,
}

/// What becomes of a time in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeVerdict {
    /// It stays as it is.
    Kept,
    /// The broker writes its own over it.
    Overwritten,
    /// The topic keeps no record that old: it is deleted when its segment rolls.
    Deleted,
    /// The broker refuses the record.
    Refused,
}

impl TopicConfig {
    /// Reads names and values, as a broker tells them.
    #[must_use]
    pub fn read<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut out = Self::default();
        let mut deletes = true;
        let mut retention = None;
        let number = |value: &str| value.parse::<i64>().ok().filter(|number| *number >= 0);
        // The broker's default for "no limit" is the largest number.
        let limit = |value: &str| number(value).filter(|number| *number < i64::MAX);
        for (name, value) in entries {
            match name {
                "cleanup.policy" => {
                    let has = |one: &str| value.split(',').any(|policy| policy.trim() == one);
                    out.is_compacted = has("compact");
                    deletes = has("delete");
                }
                "retention.ms" => retention = limit(value),
                "max.message.bytes" => {
                    out.most_bytes = number(value).and_then(|number| u64::try_from(number).ok());
                }
                "message.timestamp.type" => out.is_append_time = value == "LogAppendTime",
                "message.timestamp.before.max.ms" => out.time_limits_ms.0 = limit(value),
                "message.timestamp.after.max.ms" => out.time_limits_ms.1 = limit(value),
                "message.timestamp.difference.max.ms" => {
                    // Newer brokers tell it too, and go by the other two.
                    let both = limit(value);
                    out.time_limits_ms.0 = out.time_limits_ms.0.or(both);
                    out.time_limits_ms.1 = out.time_limits_ms.1.or(both);
                }
                "errors.deadletterqueue.group.enable" => out.is_for_dead = value == "true",
                _ => {}
            }
        }
        out.retention_ms = retention.filter(|_| deletes);
        out
    }

    /// What becomes of a record with this time that is written now; both in milliseconds since 1970.
    #[must_use]
    pub fn time(&self, time_ms: i64, now_ms: i64) -> TimeVerdict {
        if self.is_append_time {
            return TimeVerdict::Overwritten;
        }
        let age = now_ms.saturating_sub(time_ms);
        let (before, after) = self.time_limits_ms;
        let is_refused = before.is_some_and(|most| age > most)
            || after.is_some_and(|most| age.saturating_neg() > most);
        if is_refused {
            TimeVerdict::Refused
        } else if self.retention_ms.is_some_and(|most| age >= most) {
            TimeVerdict::Deleted
        } else {
            TimeVerdict::Kept
        }
    }

    /// True if a record of so many bytes, without its batch, is larger than the topic takes for certain.
    #[must_use]
    pub fn is_too_large(&self, bytes: u64) -> bool {
        self.most_bytes
            .is_some_and(|most| bytes.saturating_add(BATCH_BYTES) > most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_configuration_is_read() {
        let read = TopicConfig::read([
            ("cleanup.policy", "compact, delete"),
            ("retention.ms", "604800000"),
            ("max.message.bytes", "1048588"),
            ("message.timestamp.type", "CreateTime"),
            ("message.timestamp.before.max.ms", "9223372036854775807"),
            ("message.timestamp.after.max.ms", "3600000"),
            ("errors.deadletterqueue.group.enable", "true"),
        ]);
        assert!(read.is_compacted && read.is_for_dead);
        assert_eq!(read.retention_ms, Some(7 * DAY));
        assert_eq!(read.time_limits_ms, (None, Some(3_600_000)));
        let compacted = [("retention.ms", "1"), ("cleanup.policy", "compact")];
        assert_eq!(
            TopicConfig::read(compacted).retention_ms,
            None,
            "it deletes nothing by time"
        );
        let kept = TopicConfig::read([("retention.ms", "-1")]);
        assert_eq!(kept.retention_ms, None);
        assert_eq!(TopicConfig::read([]), TopicConfig::default());
    }

    #[test]
    fn what_becomes_of_a_time_is_known_before() {
        let now = 1_764_219_600_000;
        let week = TopicConfig {
            retention_ms: Some(7 * DAY),
            time_limits_ms: (Some(30 * DAY), Some(DAY)),
            ..TopicConfig::default()
        };
        for (age, expected) in [
            (0, TimeVerdict::Kept),
            (7 * DAY - 1, TimeVerdict::Kept),
            (7 * DAY, TimeVerdict::Deleted),
            (31 * DAY, TimeVerdict::Refused),
            (-2 * DAY, TimeVerdict::Refused),
        ] {
            assert_eq!(week.time(now - age, now), expected, "{age}");
        }
        let broker = TopicConfig {
            is_append_time: true,
            ..week
        };
        assert_eq!(broker.time(0, now), TimeVerdict::Overwritten);
        assert_eq!(
            TopicConfig::default().time(i64::MIN, i64::MAX),
            TimeVerdict::Kept
        );
    }

    #[test]
    fn what_is_too_large_is_known_before() {
        let config = TopicConfig {
            most_bytes: Some(1_000),
            ..TopicConfig::default()
        };
        assert!(config.is_too_large(950) && !config.is_too_large(800));
        assert!(!TopicConfig::default().is_too_large(u64::MAX));
    }
}
