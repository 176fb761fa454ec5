//! Variables in a draft that is published: `{{uuid}}`, `{{id}}`, `{{now}}`, `{{seq}}` and
//! `{{random 1 100}}`. Anything else in double braces stays as it is written.
//!
//! Time and chance come in from outside, so that the same input gives the same text.

use std::ops::Range;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{BodyDraft, Draft, Field, HeaderDraft};

/// What each variable stands for, for a help text.
pub const ALL: [(&str, &str); 5] = [
    ("{{uuid}}", "a new UUID at each place"),
    ("{{id}}", "one UUID, the same in the whole event"),
    (
        "{{now}}",
        "the time of sending, such as 2026-01-31T12:00:00.000Z",
    ),
    ("{{seq}}", "1, 2, 3, … for the events of a series"),
    (
        "{{random 1 100}}",
        "a whole number from the first to the second",
    ),
];

/// What the variables of one event stand for.
#[derive(Clone, Debug)]
pub struct Values {
    now: DateTime<Utc>,
    seq: u64,
    id: String,
    chance: u64,
}

impl Values {
    /// Those of the event of this number, from 1. Another `seed` gives other ids and numbers.
    #[must_use]
    pub fn new(now: DateTime<Utc>, seq: u64, seed: u64) -> Self {
        let mut values = Self {
            now,
            seq,
            id: String::new(),
            chance: seed ^ seq.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        };
        values.id = values.uuid();
        values
    }

    /// The next number of a series that looks like chance (SplitMix64).
    fn next(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A UUID of version 4.
    fn uuid(&mut self) -> String {
        let high = (self.next() & 0xffff_ffff_ffff_0fff) | 0x4000;
        let low = (self.next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    fn text(&mut self, variable: Variable) -> String {
        match variable {
            Variable::Uuid => self.uuid(),
            Variable::Id => self.id.clone(),
            Variable::Now => self.now.to_rfc3339_opts(SecondsFormat::Millis, true),
            Variable::Seq => self.seq.to_string(),
            Variable::Random(from, to) => {
                // At most the whole of 64 bits, so the width of the range fits into 128.
                let width = i128::from(to) - i128::from(from) + 1;
                (i128::from(from) + i128::from(self.next()) % width).to_string()
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Variable {
    Uuid,
    Id,
    Now,
    Seq,
    Random(i64, i64),
}

fn variable(inside: &str) -> Option<Variable> {
    let mut words = inside.split_whitespace();
    let found = match words.next()? {
        "uuid" => Variable::Uuid,
        "id" => Variable::Id,
        "now" => Variable::Now,
        "seq" => Variable::Seq,
        "random" => {
            let (from, to) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            if from > to {
                return None;
            }
            Variable::Random(from, to)
        }
        _ => return None,
    };
    words.next().is_none().then_some(found)
}

fn found(text: &str) -> impl Iterator<Item = (Range<usize>, Variable)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let begin = at + text.get(at..)?.find("{{")?;
            let end = begin + text[begin..].find("}}")? + 2;
            // Of `{{{id}}` the inner braces count.
            let begin = begin + text[begin..end].rfind("{{")?;
            at = end;
            if let Some(variable) = variable(&text[begin + 2..end - 2]) {
                return Some((begin..end, variable));
            }
        }
    })
}

/// Where variables stand in a text, by their bytes, in order.
pub fn places(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    found(text).map(|(place, _)| place)
}

/// A text with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Where each variable stood, and where what replaced it stands.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

impl Expanded {
    /// A text that is sent as it is written.
    #[must_use]
    pub fn unchanged(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            replaced: Vec::new(),
        }
    }

    /// The place in the text as it is written that belongs to one in the text as it is sent.
    #[must_use]
    pub fn written(&self, at: usize) -> usize {
        let before = self
            .replaced
            .iter()
            .take_while(|(_, sent)| sent.start <= at);
        match before.last() {
            Some((written, sent)) if at < sent.end => written.start,
            Some((written, sent)) => at - sent.end + written.end,
            None => at,
        }
    }
}

/// Replaces the variables of a text.
#[must_use]
pub fn expand(text: &str, values: &mut Values) -> Expanded {
    let mut expanded = Expanded {
        text: String::with_capacity(text.len()),
        replaced: Vec::new(),
    };
    let mut at = 0;
    for (place, variable) in found(text) {
        expanded.text.push_str(&text[at..place.start]);
        let begin = expanded.text.len();
        expanded.text.push_str(&values.text(variable));
        at = place.end;
        expanded.replaced.push((place, begin..expanded.text.len()));
    }
    expanded.text.push_str(&text[at..]);
    expanded
}

impl Draft {
    /// True if there is a variable in any of its fields.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        let headers = self.headers.iter().filter_map(|row| match &row.value {
            HeaderDraft::Typed(_, text) => Some(text.as_str()),
            HeaderDraft::Kept(_) => None,
        });
        let body = match &self.body {
            BodyDraft::Text(text) => text.as_str(),
            BodyDraft::Kept { .. } => "",
        };
        let fields = Field::ALL.iter().map(|field| self.text(*field));
        let mut all = fields.chain(headers).chain([&*self.key, body]);
        all.any(|text| places(text).next().is_some())
    }

    /// The draft of one event: with its variables replaced in key, properties, header values and
    /// payload.
    #[must_use]
    pub fn expanded(&self, mut values: Values) -> Self {
        let mut draft = self.clone();
        let mut replace = |text: &mut String| {
            if text.contains("{{") {
                *text = expand(text, &mut values).text;
            }
        };
        replace(&mut draft.key);
        for field in Field::ALL {
            replace(draft.text_mut(field));
        }
        for row in &mut draft.headers {
            if let HeaderDraft::Typed(_, text) = &mut row.value {
                replace(text);
            }
        }
        if let BodyDraft::Text(text) = &mut draft.body {
            replace(text);
        }
        draft
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn values(seq: u64) -> Values {
        Values::new(DateTime::UNIX_EPOCH, seq, 7)
    }

    fn expanded(text: &str) -> String {
        expand(text, &mut values(3)).text
    }

    #[test]
    fn each_variable_becomes_what_it_says() {
        assert_eq!(
            expanded("a {{seq}} b {{ now }}"),
            "a 3 b 1970-01-01T00:00:00.000Z"
        );
        let ids = expanded("{{id}} {{uuid}} {{uuid}} {{id}}");
        let ids: Vec<&str> = ids.split(' ').collect();
        assert_eq!(ids[0], ids[3], "one id in the whole event");
        let all: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(all.len(), 3);
        for id in ids {
            let parsed = uuid::Uuid::parse_str(id).expect("a UUID");
            assert_eq!(parsed.get_version_num(), 4, "{id}");
            assert_eq!(parsed.get_variant(), uuid::Variant::RFC4122, "{id}");
        }
    }

    #[test]
    fn chance_stays_in_its_range_and_meets_all_of_it() {
        let mut seen = BTreeSet::new();
        for seq in 0..200 {
            let text = expand("{{random -1 3}}", &mut values(seq)).text;
            seen.insert(text.parse::<i64>().expect("a number"));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-1, 0, 1, 2, 3]);
        assert_eq!(expanded("{{random 5 5}}"), "5");
        let whole = format!("{{{{random {} {}}}}}", i64::MIN, i64::MAX);
        assert!(expanded(&whole).parse::<i64>().is_ok());
    }

    #[test]
    fn what_is_no_variable_stays() {
        for text in [
            "{{name}}",
            "{{}}",
            "{{seq",
            "seq}}",
            "{{random 1}}",
            "{{random 2 1}}",
            "{{seq 1}}",
            r#"{"a":{"b":{}}}"#,
            "{{random a b}}",
            "",
        ] {
            assert_eq!(expanded(text), text);
        }
        assert_eq!(expanded(r#"{"a":{{seq}}}"#), r#"{"a":3}"#);
        assert_eq!(expanded("{{name}} {{seq}}"), "{{name}} 3");
        assert_eq!(expanded("{{{seq}}}"), "{3}");
    }

    #[test]
    fn a_place_is_found_again_in_what_was_written() {
        let text = "ab {{seq}} cd {{now}} ef";
        let sent = expand(text, &mut values(12_345));
        for word in ["ab", "cd", "ef"] {
            let at = sent.text.find(word).expect("there");
            assert_eq!(Some(sent.written(at)), text.find(word), "{word}");
        }
        let inside = sent.text.find("345").expect("there");
        assert_eq!(sent.written(inside), 3);
    }

    #[test]
    fn the_events_of_a_series_differ() {
        let mut draft = Draft {
            key: "order.{{seq}}".into(),
            ..Draft::default()
        };
        draft.set(Field::MessageId, "{{id}}");
        draft.body = BodyDraft::Text(r#"{"id":"{{id}}","n":{{seq}}}"#.into());
        assert!(draft.has_variables());
        let sent = |seq| draft.expanded(values(seq)).check().expect("right");
        let (first, second) = (sent(1), sent(2));
        assert_eq!((&*first.key, &*second.key), ("order.1", "order.2"));
        assert_ne!(first.properties.message_id, second.properties.message_id);
        let id = first.properties.message_id.expect("an id");
        assert_eq!(first.body, format!(r#"{{"id":"{id}","n":1}}"#).as_bytes());
        assert!(!Draft::default().has_variables());
    }
}
