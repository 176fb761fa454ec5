//! Google's messages that have a text of their own: points in time and durations.

use chrono::{DateTime, SecondsFormat};

use super::wire::{WireValue, fields, write_tag, write_varint};

const TIMESTAMP: &str = "google.protobuf.Timestamp";
const DURATION: &str = "google.protobuf.Duration";
const A_SECOND: i64 = 1_000_000_000;

/// True of a message that is shown as text.
pub(crate) fn has_text(message: &str) -> bool {
    [TIMESTAMP, DURATION].contains(&message)
}

/// The text of such a message; `None` where its fields are not those of one.
pub(crate) fn text(message: &str, body: &[u8], from: usize, to: usize) -> Option<String> {
    let found = fields(body, from, to);
    let (mut seconds, mut nanoseconds) = (0_i64, 0_i64);
    for field in &found.fields {
        match field {
            (1, WireValue::Varint(number)) => seconds = number.cast_signed(),
            (2, WireValue::Varint(number)) => nanoseconds = number.cast_signed(),
            _ => return None,
        }
    }
    let is_whole = found.broken.is_none() && found.fields.len() <= 2;
    if !is_whole || nanoseconds.abs() >= A_SECOND {
        return None;
    }
    if message == TIMESTAMP {
        let time = DateTime::from_timestamp(seconds, u32::try_from(nanoseconds).ok()?)?;
        return Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    }
    let is_one = (seconds >= 0 && nanoseconds >= 0) || (seconds <= 0 && nanoseconds <= 0);
    let sign = if seconds < 0 || nanoseconds < 0 {
        "-"
    } else {
        ""
    };
    let fraction = format!("{:09}", nanoseconds.abs());
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let seconds = seconds.unsigned_abs();
    is_one.then(|| format!("{sign}{seconds}{point}{fraction}s"))
}

/// The message of such a text; `None` of any other text.
pub(crate) fn message(message: &str, text: &str) -> Option<Vec<u8>> {
    let (seconds, nanoseconds) = if message == TIMESTAMP {
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        let nanoseconds = i64::from(time.timestamp_subsec_nanos());
        (
            time.timestamp(),
            Some(nanoseconds).filter(|number| *number < A_SECOND)?,
        )
    } else {
        let plain = text.strip_suffix('s')?;
        let (sign, plain) = plain
            .strip_prefix('-')
            .map_or((1, plain), |plain| (-1, plain));
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let seconds: i64 = whole.parse().ok()?;
        let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
        (sign * seconds, sign * nanoseconds)
    };
    let mut out = Vec::new();
    for (number, value) in [(1, seconds), (2, nanoseconds)] {
        // What is zero is not written.
        if value != 0 {
            write_tag(number, 0, &mut out);
            write_varint(value.cast_unsigned(), &mut out);
        }
    }
    Some(out)
}
