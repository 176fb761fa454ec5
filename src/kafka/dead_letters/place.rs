//! Where a record was when it died, out of headers that each death writes once more.

use super::record::{HeaderRun, LogPlace, count, name, partition};

/// The names of the headers that tell of a place; empty where a writer has none for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaceNames<'n> {
    pub(crate) topic: &'n str,
    pub(crate) partition: &'n str,
    pub(crate) offset: &'n str,
    pub(crate) time: &'n str,
    /// What else is written with each of them, whenever it is written at all.
    pub(crate) beside: &'n [&'n str],
}

impl<'n> PlaceNames<'n> {
    pub(crate) fn all(&self) -> impl Iterator<Item = &'n str> + use<'n> {
        let own = [self.topic, self.partition, self.offset, self.time];
        own.into_iter().chain(self.beside.iter().copied())
    }
}

/// Where a writer puts what it adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adds {
    Behind,
    InFront,
}

/// One place that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldPlace {
    pub(crate) place: LogPlace,
    /// The time of the record there, in milliseconds since 1970.
    pub(crate) time_ms: Option<i64>,
    /// Which header names its topic.
    pub(crate) at: usize,
}

/// All values of one header, the oldest first.
struct HeaderColumn<'a> {
    name: &'a str,
    values: Vec<(usize, Option<&'a [u8]>)>,
}

impl<'a> HeaderColumn<'a> {
    fn read(run: HeaderRun<'a>, name: &'a str, adds: Adds) -> Self {
        let mut values: Vec<_> = run.all(name).collect();
        if adds == Adds::InFront {
            values.reverse();
        }
        Self { name, values }
    }

    /// The newest for age 1, the one before it for age 2.
    fn aged(&self, age: usize) -> Option<&'a [u8]> {
        let at = self.values.len().checked_sub(age)?;
        self.values.get(at)?.1
    }

    /// The same as a number that `read` understands; what it does not is told.
    fn number<T>(
        &self,
        age: usize,
        read: fn(Option<&[u8]>) -> Option<T>,
        doubts: &mut Vec<String>,
    ) -> Option<T> {
        let value = self.aged(age)?;
        let number = read(Some(value));
        if number.is_none() {
            doubts.push(format!("The header {} is not a number", self.name));
        }
        number
    }
}

/// The places that stand in the headers, the oldest first. A writer adds all headers of a place at
/// once, so only what every header tells is a place: one that stands more often was written by
/// somebody else, before the first death.
pub(crate) fn places(
    run: HeaderRun<'_>,
    names: &PlaceNames<'_>,
    adds: Adds,
    doubts: &mut Vec<String>,
) -> Vec<ToldPlace> {
    let column = |name| HeaderColumn::read(run, name, adds);
    let (topics, times) = (column(names.topic), column(names.time));
    let (partitions, offsets) = (column(names.partition), column(names.offset));
    let counts = names.all().map(|name| (name, run.all(name).count()));
    let counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
    let whole = counts.iter().map(|(_, count)| *count).min().unwrap_or(0);
    for (name, count) in counts.iter().filter(|(_, count)| *count > whole) {
        doubts.push(format!(
            "The header {name} is there {count} times, others that are written with it only {whole}: \
             what is older is not believed, a producer may have written it"
        ));
    }
    let mut told = Vec::new();
    for age in (1..=whole.min(topics.values.len())).rev() {
        let Some(topic) = name(topics.aged(age)) else {
            doubts.push(format!("The header {} names no topic", names.topic));
            continue;
        };
        told.push(ToldPlace {
            place: LogPlace {
                topic,
                partition: partitions.number(age, partition, doubts),
                offset: offsets.number(age, count, doubts),
            },
            time_ms: times.number(age, count, doubts),
            at: topics.values[topics.values.len() - age].0,
        });
    }
    told
}
