//! Which texts a `pattern` lets through, and whether all texts of one schema are texts of another.
//! Without look-around and back-references that can be decided: each pattern becomes a finite
//! automaton, and their product is walked. What is too large to walk is not decided.

mod ecma;
mod walk;

use std::rc::Rc;

use regex_automata::MatchKind;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_syntax::hir::{Dot, Hir, Repetition};
use serde_json::{Map, Value};

pub(super) use walk::{Decision, included};

/// Most bytes of an automaton, and of what is needed to build it.
const LARGEST: usize = 2 * 1024 * 1024;

/// A regular expression of ECMA-262 as JSON Schema means it: it matches anywhere in the text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// As it is written.
    pub source: String,
    /// None where it cannot be translated exactly, or is too large.
    automaton: Option<Rc<Automaton>>,
}

impl Pattern {
    pub(crate) fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            automaton: ecma::parsed(source)
                .and_then(|hir| Automaton::new(&hir, true))
                .map(Rc::new),
        }
    }

    /// Whether a text matches; none where that cannot be told.
    pub(crate) fn matches(&self, text: &str) -> Option<bool> {
        let automaton = self.automaton.as_ref()?;
        let mut state = automaton.start();
        for byte in text.bytes() {
            state = automaton.next(state, byte)?;
        }
        Some(automaton.accepts(state))
    }
}

/// The texts that a schema lets through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// All must match.
    pub patterns: Vec<Pattern>,
    /// Fewest characters (Unicode code points).
    pub least: u64,
    /// Most characters.
    pub most: Option<u64>,
}

impl Texts {
    /// What the keywords of a normal schema say about texts.
    pub(crate) fn of(schema: &Map<String, Value>) -> Self {
        let mut out = Self::default();
        out.add(schema);
        out
    }

    /// Narrows it by the keywords of another schema for the same value.
    pub(crate) fn add(&mut self, schema: &Map<String, Value>) {
        let number = |key: &str| schema.get(key).and_then(whole);
        self.least = self.least.max(number("minLength").unwrap_or(0));
        self.most = match (self.most, number("maxLength")) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if let Some(source) = schema.get("pattern").and_then(Value::as_str)
            && !self.patterns.iter().any(|known| known.source == source)
        {
            self.patterns.push(Pattern::new(source));
        }
    }
}

impl Texts {
    /// Whether a text is let through; none where that cannot be told.
    pub(crate) fn has(&self, text: &str) -> Option<bool> {
        let length = text.chars().count() as u64;
        if length < self.least || self.most.is_some_and(|most| length > most) {
            return Some(false);
        }
        let mut all = Some(true);
        for pattern in &self.patterns {
            match pattern.matches(text) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }
}

/// `3` and `3.0` are both lengths.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        let fits = number >= 0.0 && number.fract() == 0.0 && number < 9e15;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was just checked to be a whole number of this size"
        )]
        fits.then_some(number as u64)
    })
}

/// A pattern as a finite automaton over bytes.
#[derive(Debug)]
struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// A state of an automaton; the last two are sinks.
type AutomatonState = u32;
/// It matched; what follows does not matter.
const MATCHED: AutomatonState = u32::MAX;
/// It cannot match any more.
const DEAD: AutomatonState = u32::MAX - 1;

impl Automaton {
    /// `anywhere`: the expression may match in the middle of the text.
    fn new(hir: &Hir, anywhere: bool) -> Option<Self> {
        let before = Hir::repetition(Repetition {
            min: 0,
            max: None,
            greedy: true,
            sub: Box::new(Hir::dot(Dot::AnyChar)),
        });
        let hir = if anywhere {
            Hir::concat(vec![before, hir.clone()])
        } else {
            hir.clone()
        };
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .nfa_size_limit(Some(LARGEST))
                    .which_captures(WhichCaptures::None),
            )
            .build_from_hir(&hir)
            .ok()?;
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(StartKind::Anchored)
                    .accelerate(false)
                    .dfa_size_limit(Some(LARGEST))
                    .determinize_size_limit(Some(2 * LARGEST)),
            )
            .build_from_nfa(&nfa)
            .ok()?;
        let beginning = start::Config::new().anchored(regex_automata::Anchored::Yes);
        let start = dfa.start_state(&beginning).ok()?;
        Some(Self { dfa, start })
    }

    fn start(&self) -> AutomatonState {
        self.named(self.start).unwrap_or(DEAD)
    }

    /// None where the automaton gives up.
    fn next(&self, state: AutomatonState, byte: u8) -> Option<AutomatonState> {
        if state >= DEAD {
            return Some(state);
        }
        self.named(self.dfa.next_state(id(state), byte))
    }

    /// Whether the text may end here.
    fn accepts(&self, state: AutomatonState) -> bool {
        match state {
            MATCHED => true,
            DEAD => false,
            state => self.dfa.is_match_state(self.dfa.next_eoi_state(id(state))),
        }
    }

    fn named(&self, state: StateID) -> Option<AutomatonState> {
        if self.dfa.is_quit_state(state) {
            None
        } else if self.dfa.is_match_state(state) {
            Some(MATCHED)
        } else if self.dfa.is_dead_state(state) {
            Some(DEAD)
        } else {
            Some(state.as_u32())
        }
    }

    /// Bytes that no state tells apart have the same number.
    fn class(&self, byte: u8) -> u8 {
        self.dfa.byte_classes().get(byte)
    }
}

fn id(state: AutomatonState) -> StateID {
    StateID::new(state as usize).unwrap_or(StateID::ZERO)
}

#[cfg(test)]
mod tests;
