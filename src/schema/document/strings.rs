//! Makes up strings: by pattern, by format, by length.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that the pattern matches, if the pattern can be read.
pub(crate) fn matching(pattern: &str, random: &mut fastrand::Rng) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new()
        .build()
        .parse(pattern)
        .ok()?;
    let mut out = String::new();
    write(&hir, random, &mut out, 0);
    Some(out)
}

fn write(hir: &Hir, random: &mut fastrand::Rng, out: &mut String, depth: usize) {
    if depth > 40 || out.len() > 10_000 {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            // Letters and digits read better than what stands at the edge of Unicode.
            let nice: Vec<char> = ('a'..='z')
                .chain('A'..='Z')
                .chain('0'..='9')
                .filter(|c| {
                    class
                        .ranges()
                        .iter()
                        .any(|range| (range.start()..=range.end()).contains(c))
                })
                .collect();
            let any: Vec<char> = class
                .ranges()
                .iter()
                .map(regex_syntax::hir::ClassUnicodeRange::start)
                .collect();
            let from = if nice.is_empty() { &any } else { &nice };
            if !from.is_empty() {
                out.push(from[random.usize(0..from.len())]);
            }
        }
        HirKind::Class(Class::Bytes(class)) => {
            if let Some(range) = class.ranges().first() {
                out.push(char::from(range.start()));
            }
        }
        HirKind::Repetition(repetition) => {
            let most = repetition
                .max
                .unwrap_or(repetition.min + 4)
                .min(repetition.min + 6);
            for _ in 0..random.u32(repetition.min..=most).min(2_000) {
                write(&repetition.sub, random, out, depth + 1);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, random, out, depth + 1),
        HirKind::Concat(parts) => parts
            .iter()
            .for_each(|part| write(part, random, out, depth + 1)),
        HirKind::Alternation(parts) => {
            write(&parts[random.usize(0..parts.len())], random, out, depth + 1);
        }
    }
}

/// A text of a format, for the formats of JSON Schema that events use.
pub(crate) fn of_format(format: &str, random: &mut fastrand::Rng) -> Option<String> {
    let day = random.u8(1..=28);
    let hour = random.u8(0..24);
    Some(match format {
        "date-time" => format!("2026-03-{day:02}T{hour:02}:15:30Z"),
        "date" => format!("2026-03-{day:02}"),
        "time" => format!("{hour:02}:15:30Z"),
        "duration" => format!("PT{hour}H"),
        "email" | "idn-email" => format!("person{day}@example.com"),
        "hostname" | "idn-hostname" => format!("host{day}.example.com"),
        "ipv4" => format!("192.0.2.{day}"),
        "ipv6" => format!("2001:db8::{day}"),
        "uri" | "iri" | "uri-reference" | "iri-reference" => format!("https://example.com/{day}"),
        "uuid" => format!(
            "{:08x}-0000-4000-8000-{:012x}",
            random.u32(..),
            random.u32(..)
        ),
        "json-pointer" => "/a/b".to_owned(),
        "regex" => "^a+$".to_owned(),
        _ => return None,
    })
}

/// A text of so many characters.
pub(crate) fn of_length(characters: usize, random: &mut fastrand::Rng) -> String {
    (0..characters.min(100_000))
        .map(|_| random.lowercase())
        .collect()
}
