//! Numbers as people read them.

/// With a comma after each three digits: `1,234,567`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 message`, `2,000 messages`.
#[must_use]
pub fn count_of(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", thousands(number))
}

/// A time span in its largest whole unit: `40 s`, `3 h`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{} s", seconds.max(0)),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number of milliseconds as a time span: `300 ms`, `10 h`.
#[must_use]
pub fn millis(ms: u64) -> String {
    if ms < 1_000 {
        return format!("{ms} ms");
    }
    span(i64::try_from(ms / 1_000).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(0), "0");
        assert_eq!(count_of(1, "safe peek"), "1 safe peek");
        assert_eq!(count_of(2_000, "message"), "2,000 messages");
        let spans: Vec<_> = [-3, 59, 60, 7_300, 200_000].map(span).into();
        assert_eq!(spans, ["0 s", "59 s", "1 min", "2 h", "2 days"]);
    }
}
