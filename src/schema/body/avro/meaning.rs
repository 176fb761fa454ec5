//! What logical types mean: dates, times, decimals and the like as people read them, and back. What
//! cannot be shown so stays what it is in the body.

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Timelike as _,
};
use uuid::Uuid;

use crate::schema::compare::avro::logical::Logical;

/// Longest decimal that is shown as a number, in bytes.
const LONGEST: usize = 256;

/// How many of the unit make a second, by the end of a logical type's name.
fn a_second(name: &str) -> Option<i64> {
    let (_, unit) = name.rsplit_once('-')?;
    match unit {
        "millis" => Some(1_000),
        "micros" => Some(1_000_000),
        "nanos" => Some(1_000_000_000),
        _ => None,
    }
}

fn format(a_second: i64) -> SecondsFormat {
    match a_second {
        1_000 => SecondsFormat::Millis,
        1_000_000 => SecondsFormat::Micros,
        _ => SecondsFormat::Nanos,
    }
}

/// A number as the date or time that it means; `None` if it means none.
pub(crate) fn time_text(logical: &Logical, number: i64) -> Option<String> {
    let name = logical.name.as_str();
    if name == "date" {
        let day = NaiveDate::default().checked_add_signed(TimeDelta::try_days(number)?)?;
        return Some(day.format("%Y-%m-%d").to_string());
    }
    let a_second = a_second(name)?;
    let nanoseconds = number.rem_euclid(a_second) * (1_000_000_000 / a_second);
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    let seconds = number.div_euclid(a_second);
    if name.starts_with("time-") {
        let seconds = u32::try_from(seconds).ok()?;
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds)?;
        let time = NaiveDate::default().and_time(time).and_utc();
        let text = time.to_rfc3339_opts(format(a_second), true);
        return Some(text.get(11..)?.trim_end_matches('Z').to_owned());
    }
    let time = DateTime::from_timestamp(seconds, nanoseconds)?;
    let text = time.to_rfc3339_opts(format(a_second), true);
    if name.starts_with("local-timestamp-") {
        Some(text.trim_end_matches('Z').to_owned())
    } else {
        name.starts_with("timestamp-").then_some(text)
    }
}

/// The number of a date or time; `None` of a text that is none, or finer than the type.
pub(crate) fn time_number(logical: &Logical, text: &str) -> Option<i64> {
    let name = logical.name.as_str();
    if name == "date" {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        return Some(day.signed_duration_since(NaiveDate::default()).num_days());
    }
    let a_second = a_second(name)?;
    let (seconds, nanoseconds) = if name.starts_with("time-") {
        let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?;
        let seconds = i64::from(time.num_seconds_from_midnight());
        (seconds, i64::from(time.nanosecond()))
    } else if name.starts_with("local-timestamp-") {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        let time = time.and_utc();
        (time.timestamp(), i64::from(time.timestamp_subsec_nanos()))
    } else {
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        (time.timestamp(), i64::from(time.timestamp_subsec_nanos()))
    };
    let unit = 1_000_000_000 / a_second;
    if nanoseconds % unit != 0 {
        return None;
    }
    seconds
        .checked_mul(a_second)?
        .checked_add(nanoseconds / unit)
}

/// The bytes of a whole number with its sign, most significant first, as a decimal with `scale` digits
/// behind the point.
pub(crate) fn decimal_text(bytes: &[u8], scale: u64) -> Option<String> {
    let scale = usize::try_from(scale)
        .ok()
        .filter(|scale| *scale <= LONGEST)?;
    if bytes.len() > LONGEST {
        return None;
    }
    let is_negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut rest = bytes.to_vec();
    if is_negative {
        negate(&mut rest);
    }
    let mut digits = Vec::new();
    while rest.iter().any(|byte| *byte != 0) {
        let mut remainder = 0_u16;
        for byte in &mut rest {
            let number = remainder << 8 | u16::from(*byte);
            *byte = u8::try_from(number / 10).unwrap_or_default();
            remainder = number % 10;
        }
        digits.push(char::from(
            b'0' + u8::try_from(remainder).unwrap_or_default(),
        ));
    }
    while digits.len() <= scale {
        digits.push('0');
    }
    let mut text: String = digits.iter().rev().collect();
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    if is_negative {
        text.insert(0, '-');
    }
    Some(text)
}

/// The bytes of a decimal, as few as it needs; `None` of what is no decimal with at most `scale` digits
/// behind the point.
pub(crate) fn decimal_bytes(text: &str, scale: u64) -> Option<Vec<u8>> {
    let scale = usize::try_from(scale)
        .ok()
        .filter(|scale| *scale <= LONGEST)?;
    let (is_negative, plain) = match text.strip_prefix('-') {
        Some(plain) => (true, plain),
        None => (false, text),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_one = !whole.is_empty() && are_digits(whole) && are_digits(fraction);
    if !is_one || fraction.len() > scale || whole.len() + scale > LONGEST * 2 {
        return None;
    }
    let zeros = std::iter::repeat_n(b'0', scale - fraction.len());
    // A byte in front for the sign.
    let mut bytes = vec![0_u8];
    for digit in whole.bytes().chain(fraction.bytes()).chain(zeros) {
        let mut carry = u16::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            let number = u16::from(*byte) * 10 + carry;
            *byte = number.to_be_bytes()[1];
            carry = number >> 8;
        }
        if bytes[0] != 0 {
            bytes.insert(0, 0);
        }
    }
    if is_negative {
        negate(&mut bytes);
    }
    let is_needless = |pair: &[u8]| matches!(pair, [0, 0..=0x7f] | [0xff, 0x80..=0xff]);
    while bytes.len() > 1 && is_needless(&bytes[..2]) {
        bytes.remove(0);
    }
    Some(bytes)
}

/// The same number in `size` bytes, as a fixed has it; `None` if it does not fit.
pub(crate) fn widened(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let missing = size.checked_sub(bytes.len())?;
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    Some([vec![sign; missing], bytes.to_vec()].concat())
}

/// The other sign, by the two's complement.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes.iter_mut().rev() {
        let (number, overflows) = (!*byte).overflowing_add(u8::from(carry));
        *byte = number;
        carry = overflows;
    }
}

/// Sixteen bytes as a UUID, twelve as a duration.
pub(crate) fn fixed_text(logical: &Logical, bytes: &[u8]) -> Option<String> {
    match logical.name.as_str() {
        "uuid" => Some(Uuid::from_slice(bytes).ok()?.to_string()),
        "duration" => {
            let parts = bytes.chunks_exact(4).map(<[u8; 4]>::try_from);
            let parts: Vec<u32> = parts.flatten().map(u32::from_le_bytes).collect();
            let [months, days, ms] = *parts.as_slice() else {
                return None;
            };
            Some(format!("{months} months, {days} days, {ms} ms"))
        }
        _ => None,
    }
}

/// The bytes of what [`fixed_text`] wrote.
pub(crate) fn fixed_bytes(logical: &Logical, text: &str) -> Option<Vec<u8>> {
    match logical.name.as_str() {
        "uuid" => Some(Uuid::try_parse(text).ok()?.as_bytes().to_vec()),
        "duration" => {
            let (months, rest) = text.split_once(" months, ")?;
            let (days, ms) = rest.strip_suffix(" ms")?.split_once(" days, ")?;
            let parts = [months, days, ms].map(|part| part.parse::<u32>().ok());
            let [Some(months), Some(days), Some(ms)] = parts else {
                return None;
            };
            Some([months, days, ms].map(u32::to_le_bytes).concat())
        }
        _ => None,
    }
}
