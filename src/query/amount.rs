//! Numbers as a filter and a payload write them, and amounts with a unit.

use std::cmp::Ordering;

/// A number that compares by its value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// A whole number, compared exactly with others.
    Whole(i128),
    Float(f64),
}

impl Number {
    /// Reads a number as JSON writes it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        // The standard library also reads `inf`, `.5` and `+1`, which are words elsewhere.
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if let Ok(small) = text.parse::<i64>() {
            return Some(Self::Whole(small.into()));
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().map(Self::Float)
    }

    /// The order of two numbers; `None` if one of them is none.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beside a fraction a number compares as a double, as JSON readers do"
    )]
    fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }
}

/// Units of size: powers of 1,000, and of 1,024 with an `i`.
const SIZES: [(&str, f64); 8] = [
    ("", 1.0),
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
];

/// Units of time in milliseconds.
const TIMES: [(&str, f64); 5] = [
    ("ms", 1.0),
    ("s", 1e3),
    ("m", 60e3),
    ("h", 3_600e3),
    ("d", 86_400e3),
];

/// Reads a size such as `10kb` in bytes.
pub(super) fn bytes(text: &str) -> Option<f64> {
    amount(text, &SIZES)
}

/// Reads a time such as `5m` in milliseconds.
pub(super) fn milliseconds(text: &str) -> Option<f64> {
    amount(text, &TIMES)
}

fn amount(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let (_, factor) = units
        .iter()
        .find(|(name, _)| unit.eq_ignore_ascii_case(name))?;
    Some(number.parse::<f64>().ok()? * factor)
}
