//! From where a tap begins to read in a store that keeps its past.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};

/// From where a tap begins to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartFrom {
    /// Only what comes from now on.
    #[default]
    End,
    /// The oldest event that the store still has.
    Beginning,
    /// This many of the newest events of each partition, then what comes.
    Last(u32),
    /// The first event of this time or later.
    Time(DateTime<Utc>),
    /// The event of this number in each partition.
    Offset(u64),
}

/// The choices without their amounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartChoice {
    #[default]
    End,
    Beginning,
    Last,
    Time,
    Offset,
}

/// Most events of each partition that are looked back for.
pub const MOST_LAST: u32 = 100_000;

impl StartChoice {
    /// All of them, the usual ones first.
    pub const ALL: [Self; 5] = [
        Self::End,
        Self::Beginning,
        Self::Last,
        Self::Time,
        Self::Offset,
    ];

    /// Its name on the screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::End => "End: only new events",
            Self::Beginning => "Beginning",
            Self::Last => "Last events of each partition",
            Self::Time => "Time",
            Self::Offset => "Offset",
        }
    }

    /// The label of the field for its amount; nothing where it has none.
    #[must_use]
    pub fn amount(self) -> Option<&'static str> {
        match self {
            Self::End | Self::Beginning => None,
            Self::Last => Some("How many"),
            Self::Time => Some("Time to start from"),
            Self::Offset => Some("Offset to start from"),
        }
    }

    /// The start with this amount.
    ///
    /// # Errors
    /// Says in words what is wrong with the amount.
    pub fn with(self, amount: &str, now: DateTime<Utc>) -> Result<StartFrom, String> {
        let amount = amount.trim();
        match self {
            Self::End => Ok(StartFrom::End),
            Self::Beginning => Ok(StartFrom::Beginning),
            Self::Last => {
                let count = amount.replace(',', "").parse().ok();
                let count = count.filter(|count| (1..=MOST_LAST).contains(count));
                count
                    .map(StartFrom::Last)
                    .ok_or_else(|| "How many: a number from 1 to 100,000".to_owned())
            }
            Self::Time => read_time(amount, now).map(StartFrom::Time).ok_or_else(|| {
                "Time to start from: a date such as 2026-01-31T12:00:00Z, a time ago such as 15m, \
                 2h or 3d, or milliseconds since 1970"
                    .to_owned()
            }),
            Self::Offset => {
                let offset = amount.replace(',', "").parse().ok();
                offset
                    .map(StartFrom::Offset)
                    .ok_or_else(|| "Offset to start from: a number from 0 on".to_owned())
            }
        }
    }
}

/// Reads a date, a time ago, or milliseconds since 1970. A date without a zone is in UTC.
fn read_time(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    if let Ok(ms) = text.parse::<i64>() {
        return DateTime::from_timestamp_millis(ms);
    }
    if let Some((count, unit)) = text.char_indices().next_back()
        && let Ok(amount) = text[..count].trim().parse::<i64>()
    {
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        let ago = chrono::TimeDelta::try_seconds(amount.checked_mul(seconds)?)?;
        return now.checked_sub_signed(ago);
    }
    let forms = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
    ];
    let mut read = forms
        .iter()
        .filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    read.next().map(|time| Utc.from_utc_datetime(&time))
}

impl fmt::Display for StartFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the end"),
            Self::Beginning => f.write_str("the beginning"),
            Self::Last(count) => write!(f, "the last {count} of each partition"),
            Self::Time(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M:%S%.3f UTC")),
            Self::Offset(offset) => write!(f, "offset {offset} of each partition"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_with_its_amount() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let at = |seconds| StartFrom::Time(DateTime::from_timestamp(seconds, 0).unwrap());
        for (kind, amount, expected) in [
            (StartChoice::End, "x", StartFrom::End),
            (StartChoice::Last, " 1,000 ", StartFrom::Last(1_000)),
            (StartChoice::Offset, "0", StartFrom::Offset(0)),
            (StartChoice::Time, "15m", at(1_000_000 - 900)),
            (StartChoice::Time, "2 h", at(1_000_000 - 7_200)),
            (StartChoice::Time, "5000", at(5)),
            (StartChoice::Time, "1970-01-01T00:01:00Z", at(60)),
            (StartChoice::Time, "1970-01-01T01:01:00+01:00", at(60)),
            (StartChoice::Time, "1970-01-01 00:01", at(60)),
        ] {
            assert_eq!(kind.with(amount, now), Ok(expected), "{amount}");
        }
    }

    #[test]
    fn a_wrong_amount_is_told() {
        let now = DateTime::UNIX_EPOCH;
        for (kind, amount) in [
            (StartChoice::Last, "0"),
            (StartChoice::Last, "100001"),
            (StartChoice::Offset, "-1"),
            (StartChoice::Time, "soon"),
            (StartChoice::Time, "9999999999999999999d"),
            (StartChoice::Time, "9223372036854775807d"),
            (StartChoice::Time, "ü"),
        ] {
            let label = kind.amount().unwrap();
            assert!(kind.with(amount, now).unwrap_err().starts_with(label));
        }
    }
}
