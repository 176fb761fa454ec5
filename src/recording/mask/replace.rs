//! What stands in the place of a value: something of the same kind that tells nothing, and the same for
//! the same value.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::detect::{self, FoundKind};

/// Makes masks. Whoever does not have it cannot find out by trying what a mask stands for.
pub(super) struct Secret(Vec<u8>);

impl Secret {
    pub(super) fn new(seed: Option<&str>) -> Self {
        if let Some(seed) = seed {
            return Self(seed.as_bytes().to_vec());
        }
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        Self(halves.iter().flat_map(|half| *half.as_bytes()).collect())
    }

    /// A number that only the secret and the value decide.
    fn hash(&self, value: &str, turn: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.0, turn, value, &self.0).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn mask(&self, kind: FoundKind, value: &str) -> String {
        match kind {
            FoundKind::Email => {
                format!("masked-{:012x}@example.invalid", self.hash(value, 0) >> 16)
            }
            FoundKind::Card => self.no_card(value),
            FoundKind::Iban => self.characters(value, 2),
            FoundKind::Token | FoundKind::Other => {
                format!("masked-{:016x}", self.hash(value, 0))
            }
        }
    }

    /// Other digits in the same places, which are no card's.
    fn no_card(&self, value: &str) -> String {
        let masked = self.characters(value, 0);
        if !detect::is_card(&masked) {
            return masked;
        }
        // One digit more or less fails the test.
        let (head, last) = masked.split_at(masked.len() - 1);
        format!("{head}{}", if last == "0" { "1" } else { "0" })
    }

    /// A number in the place of a number: as many digits, the sign and the point where they were.
    pub(super) fn number(&self, written: &str) -> String {
        let plain = written.split(['e', 'E']).next().unwrap_or_default();
        let digits = self.characters(plain, 0);
        // A number does not begin with a zero, unless that is all that stands before the point.
        let begin = digits
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or_default();
        let rest = &digits[begin..];
        let is_long = rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if is_long && rest.starts_with('0') {
            return format!("{}1{}", &digits[..begin], &rest[1..]);
        }
        digits
    }

    /// Digits for digits and letters for letters, from this character on.
    fn characters(&self, value: &str, from: usize) -> String {
        let mut left = 0;
        let mut turn = 0;
        let one = |(place, char): (usize, char)| {
            if place < from || !char.is_ascii_alphanumeric() {
                return char;
            }
            if left < 1_000 {
                turn += 1;
                left = self.hash(value, turn);
            }
            let base = if char.is_ascii_digit() { 10 } else { 26 };
            let drawn = u8::try_from(left % base).unwrap_or_default();
            left /= base;
            match char {
                '0'..='9' => char::from(b'0' + drawn),
                'a'..='z' => char::from(b'a' + drawn),
                _ => char::from(b'A' + drawn),
            }
        };
        value.chars().enumerate().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_of_the_same_kind_and_the_same_for_the_same_value() {
        let secret = Secret::new(Some("a"));
        let card = secret.mask(FoundKind::Card, "4111-1111-1111-1111");
        assert_eq!(card.len(), 19);
        assert_eq!(card.matches('-').count(), 3);
        assert_eq!(card, secret.mask(FoundKind::Card, "4111-1111-1111-1111"));
        assert_ne!(
            card,
            Secret::new(Some("b")).mask(FoundKind::Card, "4111-1111-1111-1111")
        );
        assert_ne!(
            card,
            Secret::new(None).mask(FoundKind::Card, "4111-1111-1111-1111")
        );
        let iban = secret.mask(FoundKind::Iban, "DE89 3704 0044 0532 0130 00");
        assert!(iban.starts_with("DE") && iban.len() == 27, "{iban}");
        for number in 0..2_000_u64 {
            let number = 4_000_000_000_000_000 + number * 7;
            assert!(!detect::is_card(
                &secret.mask(FoundKind::Card, &number.to_string())
            ));
        }
        for number in ["0", "-12.50", "1e9", "1234567", "0.001"] {
            let masked = secret.number(number);
            serde_json::from_str::<f64>(&masked).unwrap_or_else(|_| panic!("{number}: {masked}"));
        }
    }
}
