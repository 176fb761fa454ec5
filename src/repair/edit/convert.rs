//! Values of one kind written as another, digit for digit.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::text::json;

/// What a value is made into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convert {
    /// `"129.90"` becomes `129.90`.
    #[default]
    TextToNumber,
    /// `129.90` becomes `"129.90"`.
    NumberToText,
    /// `"true"` becomes `true`.
    TextToBoolean,
    /// `1700000000` becomes `"2023-11-14T22:13:20Z"`.
    NumberToTime,
    /// `"2023-11-14T22:13:20Z"` becomes `1700000000`.
    TimeToSeconds,
    /// `"2023-11-14T22:13:20.5Z"` becomes `1700000000500`.
    TimeToMilliseconds,
    /// `" a "` becomes `"a"`.
    Trim,
}

/// From here on a number is taken for milliseconds: as seconds it would be in the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

impl Convert {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::TextToNumber,
        Self::NumberToText,
        Self::TextToBoolean,
        Self::NumberToTime,
        Self::TimeToSeconds,
        Self::TimeToMilliseconds,
        Self::Trim,
    ];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TextToNumber => "text to number",
            Self::NumberToText => "number to text",
            Self::TextToBoolean => "text to boolean",
            Self::NumberToTime => "number to timestamp text",
            Self::TimeToSeconds => "timestamp text to seconds",
            Self::TimeToMilliseconds => "timestamp text to milliseconds",
            Self::Trim => "trimmed text",
        }
    }

    /// The new text of a value, given as it stands in the document.
    ///
    /// # Errors
    /// Why it cannot be converted, as the end of a sentence about the value.
    pub fn apply(self, value: &str) -> Result<String, String> {
        let text = || {
            if value.starts_with('"') {
                let text = json::string(value.as_bytes()).map(Cow::into_owned);
                text.ok_or_else(|| "is broken".to_owned())
            } else {
                Err(format!("is {}, not text", kind(value)))
            }
        };
        match self {
            Self::TextToNumber => {
                if is_number(value) {
                    return Err("is a number already".to_owned());
                }
                let text = text()?;
                let number = text.trim();
                if is_number(number) {
                    Ok(number.to_owned())
                } else {
                    Err("is not a number text".to_owned())
                }
            }
            Self::NumberToText if is_number(value) => Ok(format!("\"{value}\"")),
            Self::NumberToText => Err(format!("is {}, not a number", kind(value))),
            Self::TextToBoolean => {
                if matches!(value, "true" | "false") {
                    return Err("is a boolean already".to_owned());
                }
                let text = text()?.trim().to_ascii_lowercase();
                if matches!(text.as_str(), "true" | "false") {
                    Ok(text)
                } else {
                    Err("is neither \"true\" nor \"false\"".to_owned())
                }
            }
            Self::NumberToTime => {
                if !is_number(value) {
                    return Err(format!("is {}, not a number", kind(value)));
                }
                let number: i64 = value
                    .parse()
                    .map_err(|_| "is not a whole number of seconds or milliseconds".to_owned())?;
                let time = if number.abs() < MILLISECONDS {
                    DateTime::from_timestamp(number, 0)
                } else {
                    DateTime::from_timestamp_millis(number)
                };
                let time: DateTime<Utc> = time.ok_or("is no time")?;
                let time = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                Ok(format!("\"{time}\""))
            }
            Self::TimeToSeconds => {
                let time = time(&text()?)?;
                if time.timestamp_subsec_nanos() > 0 {
                    return Err("has a fraction of a second, which seconds would lose".to_owned());
                }
                Ok(time.timestamp().to_string())
            }
            Self::TimeToMilliseconds => {
                let time = time(&text()?)?;
                if time.timestamp_subsec_nanos() % 1_000_000 > 0 {
                    return Err("is finer than milliseconds".to_owned());
                }
                Ok(time.timestamp_millis().to_string())
            }
            Self::Trim => {
                text()?;
                let trimmed = trimmed(value);
                if trimmed == value {
                    Err("has no space around it".to_owned())
                } else {
                    Ok(trimmed)
                }
            }
        }
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text.trim())
        .map(|time| time.to_utc())
        .map_err(|_| "is not a timestamp such as 2026-01-31T12:00:00Z".to_owned())
}

/// Whether a text is a number as JSON writes them.
fn is_number(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    // Read as text that is passed over: the number itself is never made into another one.
    starts
        && serde_json::from_str::<&serde_json::value::RawValue>(text)
            .is_ok_and(|raw| raw.get() == text)
}

/// What a value is, in words.
pub(crate) fn kind(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'"') => "text",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// A text without the space around it; its other escapes stay as they were written.
fn trimmed(quoted: &str) -> String {
    let inside = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    // Each character as it is written: itself, or an escape.
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = inside;
    while let Some(first) = rest.chars().next() {
        let length = match (first, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => 6,
            ('\\', _) => 2,
            _ => first.len_utf8(),
        };
        let Some((part, after)) = rest.split_at_checked(length) else {
            break;
        };
        parts.push(part);
        rest = after;
    }
    let is_space = |part: &&str| {
        let alone = format!("\"{part}\"");
        let text = json::string(alone.as_bytes());
        text.is_some_and(|text| !text.is_empty() && text.trim().is_empty())
    };
    let from = parts.iter().take_while(|part| is_space(part)).count();
    let after = parts[from..].iter().rev().take_while(|part| is_space(part));
    let to = parts.len() - after.count();
    format!("\"{}\"", parts[from..to].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_converted_digit_for_digit_or_says_why_not() {
        use Convert::{
            NumberToText, NumberToTime, TextToBoolean, TextToNumber, TimeToMilliseconds,
            TimeToSeconds, Trim,
        };
        for (convert, from, to) in [
            (TextToNumber, r#""129.90""#, "129.90"),
            (TextToNumber, r#"" 1e400 ""#, "1e400"),
            (
                TextToNumber,
                r#""12345678901234567890123.10""#,
                "12345678901234567890123.10",
            ),
            (NumberToText, "129.90", r#""129.90""#),
            (TextToBoolean, r#""True""#, "true"),
            (NumberToTime, "1700000000", r#""2023-11-14T22:13:20Z""#),
            (
                NumberToTime,
                "1700000000123",
                r#""2023-11-14T22:13:20.123Z""#,
            ),
            (
                TimeToSeconds,
                r#""2023-11-14T23:13:20+01:00""#,
                "1700000000",
            ),
            (
                TimeToMilliseconds,
                r#""2023-11-14T22:13:20.5Z""#,
                "1700000000500",
            ),
            (Trim, r#"" \t\u0020a\u00e9 \\n ""#, r#""a\u00e9 \\n""#),
            (Trim, r#""  ""#, r#""""#),
        ] {
            assert_eq!(convert.apply(from).as_deref(), Ok(to), "{from}");
        }
        for (convert, from, why) in [
            (TextToNumber, "1", "is a number already"),
            (TextToNumber, r#""1,50""#, "is not a number text"),
            (TextToNumber, r#""007""#, "is not a number text"),
            (TextToNumber, r#""""#, "is not a number text"),
            (TextToNumber, "null", "is null, not text"),
            (NumberToText, r#""1""#, "is text, not a number"),
            (
                TextToBoolean,
                r#""yes""#,
                "is neither \"true\" nor \"false\"",
            ),
            (
                NumberToTime,
                "1.5",
                "is not a whole number of seconds or milliseconds",
            ),
            (
                TimeToSeconds,
                r#""2023-11-14T22:13:20.5Z""#,
                "has a fraction of a second, which seconds would lose",
            ),
            (Trim, r#""a""#, "has no space around it"),
        ] {
            assert_eq!(convert.apply(from), Err(why.to_owned()), "{from}");
        }
    }
}
