//! A record as it lies in a topic, and what is asked of its headers. Headers have an order, and a name
//! may come more than once: which of several values speaks of what is each writer's own.

use std::borrow::Cow;

/// When a record was written, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTime {
    /// As its producer says.
    Created(i64),
    /// As the broker says that took it.
    Appended(i64),
}

impl RecordTime {
    /// Milliseconds since 1970.
    #[must_use]
    pub fn ms(self) -> i64 {
        match self {
            Self::Created(ms) | Self::Appended(ms) => ms,
        }
    }
}

/// A record in a topic of dead letters.
#[derive(Clone, Debug)]
pub struct DeadRecord<'a> {
    /// Where it lies.
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub time: Option<RecordTime>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// In the order of the record.
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

/// Where a record is, or was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    pub topic: String,
    pub partition: Option<i32>,
    pub offset: Option<i64>,
}

impl LogPlace {
    /// It names one record.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.partition.is_some() && self.offset.is_some()
    }

    /// `orders 2:17`, or as much of it as is known.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.partition, self.offset) {
            (Some(partition), Some(offset)) => format!("{} {partition}:{offset}", self.topic),
            (Some(partition), None) => format!("{}, partition {partition}", self.topic),
            _ => self.topic.clone(),
        }
    }
}

/// Some of a record's headers, those that stand next to each other, with their places among all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderRun<'a> {
    headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// The place of the first.
    start: usize,
}

impl<'a> HeaderRun<'a> {
    pub(crate) fn of(record: &'a DeadRecord<'_>) -> Self {
        Self {
            headers: &record.headers,
            start: 0,
        }
    }

    /// Those from this place on.
    pub(crate) fn from(self, place: usize) -> Self {
        let skipped = place.saturating_sub(self.start).min(self.headers.len());
        Self {
            headers: &self.headers[skipped..],
            start: self.start + skipped,
        }
    }

    /// Those before this place.
    pub(crate) fn before(self, place: usize) -> Self {
        let kept = place.saturating_sub(self.start).min(self.headers.len());
        Self {
            headers: &self.headers[..kept],
            start: self.start,
        }
    }

    /// Each header of this name, with its place; none of an empty name, which a header can have too.
    pub(crate) fn all(
        self,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = (usize, Option<&'a [u8]>)> {
        let fits = move |(at, (header, value)): (usize, &(&str, Option<&'a [u8]>))| {
            (*header == name && !name.is_empty()).then_some((self.start + at, *value))
        };
        let headers: &'a [_] = self.headers;
        headers.iter().enumerate().filter_map(fits)
    }

    pub(crate) fn has(self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The place of the last header that has one of these names.
    pub(crate) fn last_of(self, names: &[&str]) -> Option<usize> {
        let at = self
            .headers
            .iter()
            .rposition(|(name, _)| is_one(name, names))?;
        Some(self.start + at)
    }

    /// The place of the first header that has one of these names.
    pub(crate) fn first_of(self, names: &[&str]) -> Option<usize> {
        let at = self
            .headers
            .iter()
            .position(|(name, _)| is_one(name, names))?;
        Some(self.start + at)
    }

    /// The last value of this name; `None` also where that is null.
    pub(crate) fn last(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next_back()?.1
    }

    /// The first value of this name; `None` also where that is null.
    pub(crate) fn first(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()?.1
    }
}

fn is_one(name: &str, names: &[&str]) -> bool {
    !name.is_empty() && names.contains(&name)
}

/// A header's text, with marks where it is not UTF-8; `None` of an empty one.
pub(crate) fn text(value: Option<&[u8]>) -> Option<Cow<'_, str>> {
    let text = String::from_utf8_lossy(value?);
    (!text.is_empty()).then_some(text)
}

/// The name of a topic or a group: only as it was written.
pub(crate) fn name(value: Option<&[u8]>) -> Option<String> {
    let name = std::str::from_utf8(value?).ok()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// A number as digits, or as big-endian bytes with a sign: four or eight of them, or as few as it
/// needs (Java's `BigInteger.toByteArray`). Digits are tried first: read as bytes they would be
/// partitions by the hundred million, or times that are not to come.
pub(crate) fn number(value: Option<&[u8]>) -> Option<i64> {
    let value = value?;
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        return std::str::from_utf8(value).ok()?.parse().ok();
    }
    let first = value.first().filter(|_| value.len() <= 8)?;
    let sign: i64 = if first & 0x80 == 0 { 0 } else { -1 };
    Some(
        value
            .iter()
            .fold(sign, |all, byte| all << 8 | i64::from(*byte)),
    )
}

/// More partitions than a cluster has, let alone a topic.
const PARTITIONS: i32 = 1_000_000;

/// A partition; `None` of what cannot be one.
pub(crate) fn partition(value: Option<&[u8]>) -> Option<i32> {
    let number = i32::try_from(number(value)?).ok()?;
    (0..PARTITIONS).contains(&number).then_some(number)
}

/// An offset, or a time in milliseconds since 1970; `None` of what cannot be one.
pub(crate) fn count(value: Option<&[u8]>) -> Option<i64> {
    number(value).filter(|number| *number >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_text_and_as_bytes_of_any_length() {
        for (bytes, expected) in [
            (&b"17"[..], Some(17)),
            (b"0", Some(0)),
            (b"-1", Some(-1)),
            (b"1700000000000", Some(1_700_000_000_000)),
            // Four and eight bytes of digits are text too.
            (b"1234", Some(1_234)),
            (b"12345678", Some(12_345_678)),
            (&17_i32.to_be_bytes(), Some(17)),
            (&17_i64.to_be_bytes(), Some(17)),
            (&(-1_i32).to_be_bytes(), Some(-1)),
            (&i64::MAX.to_be_bytes(), Some(i64::MAX)),
            (&i64::MIN.to_be_bytes(), Some(i64::MIN)),
            // 1,764,219,600,000 as Java writes it in as few bytes as it needs.
            (
                &[0x01, 0x9a, 0xc3, 0x7a, 0x8c, 0x80],
                Some(0x019a_c37a_8c80),
            ),
            (&[0x00, 0x80], Some(128)),
            (&[0x80], Some(-128)),
            (b"", None),
            (b"-", Some(i64::from(b'-'))),
            (b"nine bytes", None),
            (b"99999999999999999999", None),
        ] {
            assert_eq!(number(Some(bytes)), expected, "{bytes:?}");
        }
        assert_eq!(number(None), None);
        assert_eq!(partition(Some(b"-1")), None);
        assert_eq!(partition(Some(&u64::MAX.to_be_bytes())), None);
        assert_eq!(partition(Some(&i64::MAX.to_be_bytes())), None);
        assert_eq!(count(Some(&(-5_i64).to_be_bytes())), None);
    }

    #[test]
    fn a_run_keeps_the_places_of_its_headers() {
        let record = DeadRecord {
            topic: "t",
            partition: 0,
            offset: 0,
            time: None,
            key: None,
            value: None,
            headers: vec![
                ("a", Some(b"1")),
                ("b", None),
                ("a", Some(b"2")),
                ("a", None),
            ],
        };
        let all = HeaderRun::of(&record);
        let places = |run: HeaderRun<'_>| run.all("a").map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(places(all), [0, 2, 3]);
        assert_eq!(places(all.from(1).before(3)), [2]);
        assert_eq!(places(all.from(9)), [0_usize; 0]);
        assert_eq!(all.first("a"), Some(&b"1"[..]));
        assert_eq!(all.last("a"), None, "the last one is null");
        assert_eq!(all.from(1).last_of(&["b", "c"]), Some(1));
        assert!(all.has("b") && !all.has("c"));
    }
}
