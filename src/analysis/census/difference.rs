//! What one side has and the other has not, and what comes faster or slower.

use super::{SeenCount, StreamCensus, only};

/// Fewer events of a key say nothing about how fast they come.
const MOST_CHANCE: u64 = 20;
/// A key is faster or slower from this factor on.
const FACTOR: f64 = 1.5;
/// Lines of each sort that are told, those with the most events first.
const MOST_LINES: usize = 500;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceKind {
    NewKey,
    GoneKey,
    NewType,
    GoneType,
    NewShape,
    GoneShape,
    NewVerdict,
    GoneVerdict,
    Faster,
    Slower,
}

impl DifferenceKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::NewKey,
        Self::GoneKey,
        Self::NewType,
        Self::GoneType,
        Self::NewShape,
        Self::GoneShape,
        Self::NewVerdict,
        Self::GoneVerdict,
        Self::Faster,
        Self::Slower,
    ];

    /// What stands over such lines.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NewKey => "New keys",
            Self::GoneKey => "Gone keys",
            Self::NewType => "New types and versions",
            Self::GoneType => "Gone types and versions",
            Self::NewShape => "New fields",
            Self::GoneShape => "Gone fields",
            Self::NewVerdict => "New schema verdicts",
            Self::GoneVerdict => "Gone schema verdicts",
            Self::Faster => "Faster",
            Self::Slower => "Slower",
        }
    }

    /// The same as one word, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NewKey => "new_keys",
            Self::GoneKey => "gone_keys",
            Self::NewType => "new_types",
            Self::GoneType => "gone_types",
            Self::NewShape => "new_fields",
            Self::GoneShape => "gone_fields",
            Self::NewVerdict => "new_verdicts",
            Self::GoneVerdict => "gone_verdicts",
            Self::Faster => "faster",
            Self::Slower => "slower",
        }
    }
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct DifferenceLine {
    pub name: String,
    /// Events before and after in which it was seen.
    pub events: (u64, u64),
    /// Events a second before and after, where that is what differs.
    pub rates: Option<(f64, f64)>,
}

/// What is different between two sides, the earlier and the later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CensusDifference {
    /// Events of each side, and over how many seconds they came.
    pub sides: [(u64, f64); 2],
    /// By what differs; at most 500 lines each.
    pub lines: Vec<(DifferenceKind, Vec<DifferenceLine>)>,
    /// There were too many different things to count each.
    pub is_cut: bool,
}

impl CensusDifference {
    /// Compares.
    #[must_use]
    pub fn between(before: &StreamCensus, after: &StreamCensus) -> Self {
        let mut difference = Self {
            sides: [before, after].map(|side| (side.all.events, side.seconds())),
            lines: Vec::new(),
            is_cut: before.is_cut || after.is_cut,
        };
        for (new, gone, was, is) in [
            (
                DifferenceKind::NewKey,
                DifferenceKind::GoneKey,
                &before.keys,
                &after.keys,
            ),
            (
                DifferenceKind::NewType,
                DifferenceKind::GoneType,
                &before.types,
                &after.types,
            ),
            (
                DifferenceKind::NewShape,
                DifferenceKind::GoneShape,
                &before.shapes,
                &after.shapes,
            ),
            (
                DifferenceKind::NewVerdict,
                DifferenceKind::GoneVerdict,
                &before.verdicts,
                &after.verdicts,
            ),
        ] {
            let line = |name: &str, events| DifferenceLine {
                name: name.to_owned(),
                events,
                rates: None,
            };
            // The fields of a key that is new as a whole are no news of their own.
            let is_told = |name: &str, has: &StreamCensus| match new {
                DifferenceKind::NewShape => name
                    .split_once(": ")
                    .is_none_or(|(key, _)| has.keys.contains_key(key)),
                _ => true,
            };
            let came = only(is, was).into_iter();
            let came = came.filter(|name| is_told(name, before));
            difference.add(
                new,
                came.map(|name| line(name, (0, is[name].events))).collect(),
            );
            let went = only(was, is).into_iter();
            let went = went.filter(|name| is_told(name, after));
            difference.add(
                gone,
                went.map(|name| line(name, (was[name].events, 0))).collect(),
            );
        }
        difference.add_rates(before, after);
        difference.lines.sort_by_key(|(kind, _)| *kind);
        difference
    }

    fn add_rates(&mut self, before: &StreamCensus, after: &StreamCensus) {
        let (mut faster, mut slower) = (Vec::new(), Vec::new());
        for (name, was) in &before.keys {
            let Some(is) = after.keys.get(name) else {
                continue;
            };
            if was.events.max(is.events) < MOST_CHANCE {
                continue;
            }
            let rates = (rate(*was, before.seconds()), rate(*is, after.seconds()));
            let line = DifferenceLine {
                name: name.clone(),
                events: (was.events, is.events),
                rates: Some(rates),
            };
            if rates.1 >= rates.0 * FACTOR {
                faster.push(line);
            } else if rates.0 >= rates.1 * FACTOR {
                slower.push(line);
            }
        }
        self.add(DifferenceKind::Faster, faster);
        self.add(DifferenceKind::Slower, slower);
    }

    fn add(&mut self, kind: DifferenceKind, mut lines: Vec<DifferenceLine>) {
        if lines.is_empty() {
            return;
        }
        lines.sort_by(|a, b| {
            let (a_events, b_events) = (a.events.0.max(a.events.1), b.events.0.max(b.events.1));
            (b_events, &a.name).cmp(&(a_events, &b.name))
        });
        self.is_cut |= lines.len() > MOST_LINES;
        lines.truncate(MOST_LINES);
        self.lines.push((kind, lines));
    }

    /// True if nothing differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.lines.is_empty()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(tally: SeenCount, seconds: f64) -> f64 {
    tally.events as f64 / seconds
}
