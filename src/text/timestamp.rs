//! Times that are written as a number. AMQP counts seconds since 1970, but many clients put in
//! milliseconds or finer: the number is then a date in a far year, and the doubt is said.

use chrono::{DateTime, SecondsFormat, Utc};

/// What a number of a time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }

    /// How many make a second.
    fn a_second(self) -> u64 {
        match self {
            Self::Seconds => 1,
            Self::Milliseconds => 1_000,
            Self::Microseconds => 1_000_000,
            Self::Nanoseconds => 1_000_000_000,
        }
    }
}

/// In a finer unit only times from 1973-03-03 (as seconds the year 5138) to 2100 are taken.
const FROM: u64 = 100_000_000;
const TO: u64 = 4_102_444_800;

/// The unit that makes a likely time of the number.
fn unit(number: u64) -> Unit {
    let finer = [Unit::Milliseconds, Unit::Microseconds, Unit::Nanoseconds];
    let likely = |unit: &Unit| (FROM..TO).contains(&(number / unit.a_second()));
    let is_far = number >= FROM * 1_000;
    let found = finer.into_iter().find(|unit| is_far && likely(unit));
    found.unwrap_or(Unit::Seconds)
}

fn time(number: u64) -> Option<DateTime<Utc>> {
    let a_second = unit(number).a_second();
    let seconds = i64::try_from(number / a_second).ok()?;
    let rest = number % a_second * (1_000_000_000 / a_second);
    DateTime::from_timestamp(seconds, u32::try_from(rest).ok()?)
}

/// Whole seconds since 1970, whatever the number counts.
#[must_use]
pub fn seconds(number: u64) -> u64 {
    number / unit(number).a_second()
}

/// As a date in UTC, as fine as the number is; a number too large for one stays a number.
#[must_use]
pub fn text(number: u64) -> String {
    let finer = match unit(number) {
        Unit::Seconds => SecondsFormat::Secs,
        Unit::Milliseconds => SecondsFormat::Millis,
        Unit::Microseconds => SecondsFormat::Micros,
        Unit::Nanoseconds => SecondsFormat::Nanos,
    };
    time(number).map_or_else(
        || number.to_string(),
        |time| time.to_rfc3339_opts(finer, true),
    )
}

/// The same for a person. Where the unit is a guess, the number stands in front, and is what
/// [`read`] takes.
#[must_use]
pub fn words(number: u64) -> String {
    match unit(number) {
        Unit::Seconds => text(number),
        unit => format!("{number} ({}, if {})", text(number), unit.name()),
    }
}

/// Reads a number, with or without the words behind it, or an RFC 3339 date, as seconds.
///
/// # Errors
/// Says in words what was expected.
pub fn read(typed: &str) -> Result<u64, String> {
    let typed = typed.trim();
    let number = typed.split(" (").next().unwrap_or_default();
    if let Ok(number) = number.parse() {
        return Ok(number);
    }
    DateTime::parse_from_rfc3339(typed)
        .ok()
        .and_then(|time| u64::try_from(time.timestamp()).ok())
        .ok_or_else(|| {
            format!(
                "\"{typed}\" is neither seconds since 1970 nor a date like 2026-01-31T12:00:00Z"
            )
        })
}

/// The time that an event tells, for a person: as written, and where that is a number, as the date
/// that it may be. `property` is the property `timestamp`, from which a date may have been made.
#[must_use]
pub fn told(written: &str, property: Option<u64>) -> String {
    if let Some(number) = property.filter(|number| text(*number) == written) {
        return words(number);
    }
    match written.parse::<u64>() {
        Ok(number) if number >= FROM => {
            format!("{number} ({}, if {})", text(number), unit(number).name())
        }
        _ => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finer_than_seconds_is_recognised_and_the_doubt_is_said() {
        for (number, date, unit) in [
            (
                1_700_000_000_123,
                "2023-11-14T22:13:20.123Z",
                "milliseconds",
            ),
            (
                1_700_000_000_000,
                "2023-11-14T22:13:20.000Z",
                "milliseconds",
            ),
            (
                1_700_000_000_123_456,
                "2023-11-14T22:13:20.123456Z",
                "microseconds",
            ),
            (
                1_700_000_000_123_456_789,
                "2023-11-14T22:13:20.123456789Z",
                "nanoseconds",
            ),
        ] {
            assert_eq!(text(number), date);
            assert_eq!(words(number), format!("{number} ({date}, if {unit})"));
            assert_eq!(
                read(&words(number)),
                Ok(number),
                "nothing changes in an edit"
            );
            assert_eq!(seconds(number), 1_700_000_000);
            assert_eq!(told(date, Some(number)), words(number));
            assert_eq!(told(&number.to_string(), None), words(number));
        }
    }

    #[test]
    fn seconds_stay_seconds_and_what_is_no_date_stays_a_number() {
        for (number, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (99_999_999_999, "5138-11-16T09:46:39Z"),
            (u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(
                (text(number).as_str(), words(number).as_str()),
                (date, date)
            );
            assert_eq!(seconds(number), number);
        }
        assert_eq!(read("2023-11-14T23:13:20+01:00"), Ok(1_700_000_000));
        assert!(read("yesterday").is_err());
        assert_eq!(
            told("1700000000", None),
            "1700000000 (2023-11-14T22:13:20Z, if seconds)"
        );
        assert_eq!(told("2026-01-01", Some(5)), "2026-01-01");
        assert_eq!(told("17", None), "17");
    }
}
