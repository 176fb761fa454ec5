//! Whether all texts of one schema are texts of another: the automata of both are walked side by
//! side, breadth first, until a text is found that only one of them lets through.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use regex_syntax::hir::{Dot, Hir, Look, Repetition};

use super::{Automaton, AutomatonState, DEAD, MATCHED, Pattern, Texts};

/// Most places of the product that are visited. Each takes about a hundred bytes.
const MOST: usize = 100_000;
/// A longer text is not written out as an example, in characters.
const LONGEST: u64 = 20_000;

/// Whether all texts of a writer are texts of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Yes,
    /// This one is not.
    No(String),
    /// It is not known.
    Undecided,
}

/// Decides it.
pub(crate) fn included(writer: &Texts, reader: &Texts) -> Decision {
    let asked: Vec<&Pattern> = reader
        .patterns
        .iter()
        .filter(|one| !writer.patterns.iter().any(|own| own.source == one.source))
        .collect();
    let shorter = reader.least > writer.least;
    let longer = match (writer.most, reader.most) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(ours), Some(theirs)) => ours > theirs,
    };
    if asked.is_empty() && !shorter && !longer {
        return Decision::Yes;
    }
    if writer.patterns.is_empty() && asked.is_empty() {
        return lengths(writer, reader, longer);
    }
    let Some(theirs) = automata(&asked) else {
        return Decision::Undecided;
    };
    let known: Vec<&Pattern> = writer
        .patterns
        .iter()
        .filter(|one| one.automaton.is_some())
        .collect();
    let all_known = known.len() == writer.patterns.len();
    let Some(ours) = automata(&known) else {
        return Decision::Undecided;
    };
    // Most often the lengths do not matter, and a walk without them is short.
    if !shorter && !longer {
        let free = PatternWalk::new(&ours, &theirs, Texts::default(), Texts::default());
        if free.and_then(PatternWalk::counterexample) == Some(None) {
            return Decision::Yes;
        }
    }
    let bounds = |texts: &Texts| Texts {
        patterns: Vec::new(),
        ..*texts
    };
    match PatternWalk::new(&ours, &theirs, bounds(writer), bounds(reader))
        .and_then(PatternWalk::counterexample)
    {
        Some(None) => Decision::Yes,
        // What a pattern that is not understood refuses is not known.
        Some(Some(text)) if all_known => Decision::No(text),
        _ => Decision::Undecided,
    }
}

/// Only lengths are asked for.
fn lengths(writer: &Texts, reader: &Texts, longer: bool) -> Decision {
    if writer.most.is_some_and(|most| most < writer.least) {
        return Decision::Yes;
    }
    let length = match reader.most {
        Some(most) if longer => writer.least.max(most.saturating_add(1)),
        _ => writer.least,
    };
    match usize::try_from(length) {
        Ok(count) if length <= LONGEST => Decision::No("a".repeat(count)),
        _ => Decision::Undecided,
    }
}

fn automata(patterns: &[&Pattern]) -> Option<Vec<Rc<Automaton>>> {
    patterns.iter().map(|one| one.automaton.clone()).collect()
}

struct PatternWalk {
    /// First the automaton of well-formed text, then those of the writer, then the reader's.
    all: Vec<Rc<Automaton>>,
    /// How many are the writer's.
    ours: usize,
    writer: Texts,
    reader: Texts,
    /// Counts beyond this are all alike.
    cap: u64,
    /// One byte of each kind that some automaton tells apart, letters first.
    bytes: Vec<u8>,
}

impl PatternWalk {
    fn new(
        ours: &[Rc<Automaton>],
        theirs: &[Rc<Automaton>],
        writer: Texts,
        reader: Texts,
    ) -> Option<Self> {
        let any = Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(Hir::dot(Dot::AnyChar)),
        });
        let text = Hir::concat(vec![Hir::look(Look::Start), any, Hir::look(Look::End)]);
        let mut all = vec![Rc::new(Automaton::new(&text, false)?)];
        all.extend(ours.iter().chain(theirs).cloned());
        let cap = [
            Some(writer.least),
            writer.most.map(|most| most.saturating_add(1)),
            Some(reader.least),
            reader.most.map(|most| most.saturating_add(1)),
        ];
        let mut kinds = HashMap::new();
        for byte in by_niceness() {
            let kind: Vec<u8> = all.iter().map(|one| one.class(byte)).collect();
            kinds.entry(kind).or_insert(byte);
        }
        let mut bytes: Vec<u8> = kinds.into_values().collect();
        let rank: HashMap<u8, usize> = by_niceness()
            .enumerate()
            .map(|(at, byte)| (byte, at))
            .collect();
        bytes.sort_by_key(|byte| rank.get(byte).copied());
        Some(Self {
            all,
            ours: ours.len(),
            writer,
            reader,
            cap: cap.into_iter().flatten().max().unwrap_or(0),
            bytes,
        })
    }

    /// A shortest text that the writer lets through and the reader refuses: `Some(None)` where
    /// there is none, `None` where that is not known.
    #[expect(clippy::option_option, reason = "none, one, or not known")]
    fn counterexample(self) -> Option<Option<String>> {
        let first: Vec<AutomatonState> = self.all.iter().map(|one| one.start()).collect();
        let first = (first, 0_u64);
        // Where each place was reached from, and by which byte.
        let mut from: Vec<(usize, u8)> = vec![(0, 0)];
        let mut seen: HashMap<(Vec<AutomatonState>, u64), usize> =
            HashMap::from([(first.clone(), 0)]);
        let mut open: VecDeque<((Vec<AutomatonState>, u64), usize)> = VecDeque::from([(first, 0)]);
        while let Some(((states, count), at)) = open.pop_front() {
            if self.breaks(&states, count) {
                return written(&from, at).map(Some);
            }
            for byte in &self.bytes {
                let begins = byte & 0xC0 != 0x80;
                let count = (count + u64::from(begins)).min(self.cap);
                let next: Option<Vec<AutomatonState>> = self
                    .all
                    .iter()
                    .zip(&states)
                    .map(|(one, state)| one.next(*state, *byte))
                    .collect();
                let next = next?;
                if self.is_hopeless(&next, count) {
                    continue;
                }
                let place = (next, count);
                if !seen.contains_key(&place) {
                    if seen.len() >= MOST {
                        return None;
                    }
                    let number = from.len();
                    from.push((at, *byte));
                    seen.insert(place.clone(), number);
                    open.push_back((place, number));
                }
            }
        }
        Some(None)
    }

    fn breaks(&self, states: &[AutomatonState], count: u64) -> bool {
        let accepted = |range: std::ops::Range<usize>| {
            range.into_iter().all(|at| self.all[at].accepts(states[at]))
        };
        let fits =
            |texts: &Texts| count >= texts.least && texts.most.is_none_or(|most| count <= most);
        let written = accepted(0..1 + self.ours) && fits(&self.writer);
        written && !(accepted(1 + self.ours..self.all.len()) && fits(&self.reader))
    }

    /// Whether nothing that begins so can break.
    fn is_hopeless(&self, states: &[AutomatonState], count: u64) -> bool {
        let dead = states[..=self.ours].contains(&DEAD);
        let too_long = self.writer.most.is_some_and(|most| count > most);
        let read = self.reader.most.is_none()
            && count >= self.reader.least
            && states[1 + self.ours..]
                .iter()
                .all(|state| *state == MATCHED);
        dead || too_long || read
    }
}

/// The text that leads to a place.
fn written(from: &[(usize, u8)], mut at: usize) -> Option<String> {
    let mut bytes = Vec::new();
    while at != 0 {
        let (before, byte) = from[at];
        bytes.push(byte);
        at = before;
    }
    bytes.reverse();
    String::from_utf8(bytes).ok()
}

/// All bytes, those first that are read most easily.
fn by_niceness() -> impl Iterator<Item = u8> {
    let nice = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9');
    let printed = (b' '..=b'~').filter(|byte| !byte.is_ascii_alphanumeric());
    let rest = (0..=255_u8).filter(|byte| !(b' '..=b'~').contains(byte));
    nice.chain(printed).chain(rest)
}
