//! Finds e-mail addresses, card numbers, tokens and IBANs in a text. Numbers must stand the test that
//! their issuers made for them, so that an order number is not taken for a card.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundKind {
    Email,
    Card,
    Token,
    Iban,
    /// A value that was chosen.
    Other,
}

/// Where something stands that must be masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    pub(super) kind: FoundKind,
}

/// An expression of ours; that they compile is tested.
fn expression(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"));
static DIGITS: LazyLock<Option<Regex>> = LazyLock::new(|| expression(r"\d+(?:[ \-.]\d+)*"));
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"(?x)
        \beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?
        | (?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}
        | \b(?:sk|pk|rk)_(?:live|test)_\w{8,}
        | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
        | \bA(?:KIA|SIA)[0-9A-Z]{16}\b
        | \bxox[abeprs]-[\w-]{10,}
        | \bAIza[\w-]{30,}
        ",
    )
});
static IBAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"(?i)\b[a-z]{2}\d{2}(?: ?[a-z0-9]){11,30}"));

/// E-mail addresses, also with an @ as in an address of the web.
pub(super) fn emails(text: &str, spans: &mut Vec<Span>) {
    if !text.contains('@') && !text.contains("%40") {
        return;
    }
    let all = EMAIL.iter().flat_map(|email| email.find_iter(text));
    spans.extend(all.map(|found| span(found.range(), FoundKind::Email)));
}

/// Card numbers: 13 to 19 digits, with or without blanks between groups, that stand Luhn's test.
pub(super) fn cards(text: &str, spans: &mut Vec<Span>) {
    for run in DIGITS.iter().flat_map(|digits| digits.find_iter(text)) {
        let groups = groups(run.as_str());
        let mut from = 0;
        while from < groups.len() {
            // The most groups that make a number; it ends where a group ends.
            let to = (from + 1..=groups.len()).rev().find(|to| {
                let part = groups[from].start..groups[*to - 1].end;
                let is_id = run.as_str()[part.clone()].contains(['-', '.'])
                    && is_within_word(text, run.start() + part.start..run.start() + part.end);
                !is_id && is_card(&run.as_str()[part])
            });
            let Some(to) = to else {
                from += 1;
                continue;
            };
            let begin = run.start() + groups[from].start;
            spans.push(span(
                begin..run.start() + groups[to - 1].end,
                FoundKind::Card,
            ));
            from = to;
        }
    }
}

/// True if a letter or digit stands right before or behind. Groups with dashes between them are then
/// part of an id, such as a UUID.
fn is_within_word(text: &str, range: Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let behind = text[range.end..].chars().next();
    [before, behind]
        .into_iter()
        .flatten()
        .any(char::is_alphanumeric)
}

/// Where the groups of digits stand.
fn groups(run: &str) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut begin = 0;
    for (at, char) in run.char_indices() {
        if !char.is_ascii_digit() {
            groups.push(begin..at);
            begin = at + 1;
        }
    }
    groups.push(begin..run.len());
    groups
}

/// True for 13 to 19 digits, with marks between them, that stand Luhn's test. All zeros do not count.
pub(super) fn is_card(text: &str) -> bool {
    let mut sum = 0;
    let mut count = 0;
    let mut is_nothing = true;
    for char in text.chars().rev() {
        let Some(digit) = char.to_digit(10) else {
            if matches!(char, ' ' | '-' | '.') {
                continue;
            }
            return false;
        };
        is_nothing &= digit == 0;
        let doubled = if count % 2 == 1 { digit * 2 } else { digit };
        sum += doubled / 10 + doubled % 10;
        count += 1;
        if count > 19 {
            return false;
        }
    }
    (13..=19).contains(&count) && sum % 10 == 0 && !is_nothing
}

/// Tokens by the forms that their issuers gave them.
pub(super) fn tokens(text: &str, spans: &mut Vec<Span>) {
    let all = TOKEN.iter().flat_map(|token| token.find_iter(text));
    spans.extend(all.map(|found| span(found.range(), FoundKind::Token)));
}

/// IBANs, in either case and with or without blanks, whose check digits are right.
pub(super) fn ibans(text: &str, spans: &mut Vec<Span>) {
    let Some(iban) = &*IBAN else { return };
    let mut from = 0;
    while let Some(found) = iban.find_at(text, from) {
        // A word may stand right behind it: the longest part that is one counts.
        let ends = found.as_str().char_indices().rev();
        let mut ends = ends.map(|(at, char)| at + char.len_utf8());
        match ends.find(|end| is_iban(&found.as_str()[..*end])) {
            Some(end) => {
                from = found.start() + end;
                spans.push(span(found.start()..from, FoundKind::Iban));
            }
            // One may begin within it; its first letter is a byte.
            None => from = found.start() + 1,
        }
    }
}

/// Each country's IBANs have one length. Without it, one in ten ids that are made by chance would pass
/// the test.
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 \
    CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 \
    HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 \
    ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 \
    SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// ISO 13616: as long as its country has them; the letters are numbers, the first four characters go to
/// the end, the rest by 97 is 1.
fn is_iban(text: &str) -> bool {
    if text.ends_with(' ') {
        return false;
    }
    let plain: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let Some((head, tail)) = plain.split_at_checked(4) else {
        return false;
    };
    let country = String::from_utf8_lossy(&head[..2]).to_ascii_uppercase();
    let own = format!("{country}{}", plain.len());
    if !IBAN_LENGTHS
        .split_ascii_whitespace()
        .any(|known| known == own)
    {
        return false;
    }
    let rest = tail
        .iter()
        .chain(head)
        .fold(0_u32, |rest, byte| match byte.to_ascii_uppercase() {
            digit @ b'0'..=b'9' => (rest * 10 + u32::from(digit - b'0')) % 97,
            letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
        });
    rest == 1
}

fn span(range: Range<usize>, kind: FoundKind) -> Span {
    Span { range, kind }
}

/// What a value is that was chosen for another reason.
pub(super) fn kind_of(text: &str) -> FoundKind {
    let mut spans = Vec::new();
    emails(text, &mut spans);
    cards(text, &mut spans);
    ibans(text, &mut spans);
    match spans.first() {
        Some(only) if only.range == (0..text.len()) => only.kind,
        _ => FoundKind::Other,
    }
}

/// In their order, those that overlap made one.
pub(super) fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.range.start < last.range.end => {
                if span.range.end > last.range.end {
                    last.range.end = span.range.end;
                    last.kind = FoundKind::Other;
                }
            }
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    type Detector = fn(&str, &mut Vec<Span>);

    fn found(detector: Detector, text: &str) -> Vec<&str> {
        let mut spans = Vec::new();
        detector(text, &mut spans);
        spans.into_iter().map(|span| &text[span.range]).collect()
    }

    #[test]
    fn what_is_found_and_what_is_not() {
        assert_eq!(
            found(
                emails,
                "to ada.l+x@example.co.uk, müller@bücher.de;a%40b.org @home a@b"
            ),
            ["ada.l+x@example.co.uk", "müller@bücher.de", "a%40b.org"]
        );
        assert_eq!(
            found(
                cards,
                "4111111111111111 4111-1111-1111-1111 7 4111 1111 1111 1111 1234567890123456"
            ),
            [
                "4111111111111111",
                "4111-1111-1111-1111",
                "4111 1111 1111 1111"
            ]
        );
        assert_eq!(
            found(
                cards,
                "378282246310005,0000000000000000,41111111111111111111111"
            ),
            ["378282246310005"]
        );
        assert_eq!(
            found(
                ibans,
                "DE89 3704 0044 0532 0130 00 and gb82west12345698765432 DE89370400440532013001"
            ),
            ["DE89 3704 0044 0532 0130 00", "gb82west12345698765432"]
        );
        assert_eq!(
            found(
                tokens,
                "eyJhbGciOi.eyJzdWIiOiIx.c2lnbg Bearer abcdefgh1 basic words sk_live_abcdefgh12"
            ),
            [
                "eyJhbGciOi.eyJzdWIiOiIx.c2lnbg",
                "Bearer abcdefgh1",
                "sk_live_abcdefgh12"
            ]
        );
        let ids = (0..10_000_u128).map(|n| {
            uuid::Uuid::from_u128(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
        });
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let taken = ids
            .iter()
            .filter(|id| !found(ibans, id).is_empty() || !found(cards, id).is_empty());
        assert!(taken.count() < 10, "ids are no numbers of accounts");
        for all in [&EMAIL, &DIGITS, &TOKEN, &IBAN] {
            assert!(all.is_some());
        }
    }

    #[test]
    fn what_overlaps_is_one() {
        let other = |range| span(range, FoundKind::Other);
        let email = |range| span(range, FoundKind::Email);
        assert_eq!(
            in_order(vec![email(4..9), other(0..5), email(10..12)]),
            [other(0..9), email(10..12)]
        );
        assert_eq!(in_order(vec![other(5..6), email(4..9)]), [email(4..9)]);
    }
}
