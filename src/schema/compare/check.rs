//! The comparison of two versions: what changed, what a proof or an example says, and the verdict
//! of a policy.

use std::cell::RefCell;

use serde_json::Value;

use super::change::{Change, Effect, place};
use super::diff::{self, Direction};
use super::example::{self, Sides, Sources};
use super::inclusion::{self, Budget};
use super::sets::Inclusion;
use crate::schema::document::normal::Normal;
use crate::schema::document::policy::{Level, Policy};
use crate::schema::document::validate::Validator;
use crate::schema::document::version::Version;
use crate::schema::document::{prune, reading};
use crate::schema::{Cancel, Failure};

/// Whether one can read the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// It could not be told.
    Unknown,
}

impl Answer {
    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// On what an answer rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No event can break, whatever it holds.
    Proved,
    /// An event that breaks was made and validated by both versions.
    Example,
    /// The rules of the policy say so.
    Policy,
    Unknown,
}

impl Proof {
    /// In one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Example => "example",
            Self::Policy => "policy",
            Self::Unknown => "unknown",
        }
    }
}

/// The verdict of one direction.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether it can be read.
    pub answer: Answer,
    /// Why that is said.
    pub proof: Proof,
    pub reason: String,
    /// An event that breaks. With a "yes" the policy does not count it.
    pub example: Option<Value>,
    /// What the reader's validator says about the example.
    pub failures: Vec<Failure>,
}

/// All that is known about two versions.
#[derive(Clone, Debug)]
pub struct CheckReport {
    pub policy: Policy,
    /// New readers, old events.
    pub backward: Verdict,
    /// Old readers, new events.
    pub forward: Verdict,
    /// What changed; what breaks comes first.
    pub changes: Vec<Change>,
    /// Whether the list of changes is complete.
    pub complete: bool,
}

impl CheckReport {
    /// Whether a level is met. An unknown is not.
    #[must_use]
    pub fn meets(&self, level: Level) -> bool {
        self.asked(level)
            .all(|verdict| verdict.answer == Answer::Yes)
    }

    /// The verdicts that a level asks for.
    pub fn asked(&self, level: Level) -> impl Iterator<Item = &Verdict> {
        let backward = level.asks_backward().then_some(&self.backward);
        let forward = level.asks_forward().then_some(&self.forward);
        backward.into_iter().chain(forward)
    }

    /// On what the answer about a level rests: a "no" on the best proof of a direction that fails,
    /// a "yes" on the weakest of all.
    #[must_use]
    pub fn proof(&self, level: Level) -> Proof {
        let has = |answer: Answer, proof: Proof| {
            self.asked(level)
                .any(|one| one.answer == answer && one.proof == proof)
        };
        let any = |answer: Answer| self.asked(level).any(|one| one.answer == answer);
        if has(Answer::No, Proof::Example) {
            Proof::Example
        } else if any(Answer::No) {
            Proof::Policy
        } else if any(Answer::Unknown) {
            Proof::Unknown
        } else if has(Answer::Yes, Proof::Policy) {
            Proof::Policy
        } else {
            Proof::Proved
        }
    }
}

/// Compares two versions by a policy. Takes up to a few seconds; `cancel` ends it early, with
/// unknowns.
#[must_use]
pub fn compare(old: &Version, new: &Version, policy: Policy, cancel: &Cancel) -> CheckReport {
    let changes = diff::changes(&old.normal, &new.normal, policy, cancel);
    let complete = changes.complete && old.normal.beyond.is_none() && new.normal.beyond.is_none();
    let budget = RefCell::new(Budget::default());
    let backward = PairJudge {
        writer: old,
        reader: new,
        direction: Direction::Backward,
        policy,
        changes: &changes.list,
        complete,
        cancel,
        budget: &budget,
    };
    let forward = PairJudge {
        writer: new,
        reader: old,
        direction: Direction::Forward,
        ..backward
    };
    let (backward, forward) = (backward.verdict(), forward.verdict());
    CheckReport {
        policy,
        backward,
        forward,
        complete: changes.complete,
        changes: changes.list,
    }
}

#[derive(Clone, Copy)]
struct PairJudge<'a> {
    writer: &'a Version,
    reader: &'a Version,
    direction: Direction,
    policy: Policy,
    changes: &'a [Change],
    complete: bool,
    cancel: &'a Cancel,
    budget: &'a RefCell<Budget>,
}

impl PairJudge<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "one verdict, from the changes to the proof"
    )]
    fn verdict(&self) -> Verdict {
        let breaking: Vec<&Change> = self
            .changes
            .iter()
            .filter(|change| self.direction.effect(change) == Effect::Breaks)
            .collect();
        let (to, from) = match self.direction {
            Direction::Backward => ("new", "old"),
            Direction::Forward => ("old", "new"),
        };
        let first = breaking
            .first()
            .map(|change| format!("{}: {}", place(&change.path), change.reason));
        let mut budget = self.budget.borrow_mut();
        let plain = AskedPair::new(
            &self.writer.normal,
            &self.reader.normal,
            &mut budget,
            self.cancel,
        );
        // What is inside of a string is nothing a set of JSON values knows.
        let content = breaking.iter().any(|change| change.is_about_content());
        if matches!(plain.inclusion, Inclusion::Yes) && !content {
            return Verdict {
                answer: Answer::Yes,
                proof: Proof::Proved,
                reason: format!(
                    "every event of the {from} version is valid under the {to} version, whatever it holds"
                ),
                example: None,
                failures: Vec::new(),
            };
        }
        let writer = reading::writer(&self.writer.normal, self.policy);
        let reader = reading::reader(&self.reader.normal, self.policy);
        let as_written = writer.root == self.writer.normal.root
            && writer.defs == self.writer.normal.defs
            && reader.root == self.reader.normal.root
            && reader.defs == self.reader.normal.defs;
        let likely = !breaking.is_empty();
        let read = if as_written {
            None
        } else {
            Some(AskedPair::new(&writer, &reader, &mut budget, self.cancel))
        };
        let asked = read.as_ref().unwrap_or(&plain);
        if let Some(example) = self.breaking_event(asked, read.is_some(), likely) {
            return Verdict {
                answer: Answer::No,
                proof: Proof::Example,
                reason: first.unwrap_or_else(|| {
                    format!(
                        "readers of the {to} version refuse an event that the {from} version allows"
                    )
                }),
                failures: self.reader.validator.failures(&example, 5),
                example: Some(example),
            };
        }
        let beyond_policy = || {
            read.as_ref()?;
            self.breaking_event(&plain, false, false)
        };
        let proved_as_read = matches!(asked.inclusion, Inclusion::Yes) && !content;
        if breaking.is_empty() || proved_as_read {
            let open = self
                .changes
                .iter()
                .find(|change| self.direction.effect(change) == Effect::Unknown);
            if !proved_as_read && let Some(change) = open {
                return Verdict {
                    answer: Answer::Unknown,
                    proof: Proof::Unknown,
                    reason: format!("{}: {}", place(&change.path), change.reason),
                    example: None,
                    failures: Vec::new(),
                };
            }
            if !proved_as_read && !self.complete {
                return Verdict {
                    answer: Answer::Unknown,
                    proof: Proof::Unknown,
                    reason: "the schemas say things that are not compared word by word, and it could not be proved".to_owned(),
                    example: None,
                    failures: Vec::new(),
                };
            }
            let example = beyond_policy();
            return Verdict {
                answer: Answer::Yes,
                proof: Proof::Policy,
                reason: if example.is_some() {
                    format!(
                        "by the policy; JSON Schema to the letter lets an event pass that the {to} version refuses"
                    )
                } else {
                    "by the rules of the policy".to_owned()
                },
                failures: example
                    .as_ref()
                    .map(|example| self.reader.validator.failures(example, 5))
                    .unwrap_or_default(),
                example,
            };
        }
        Verdict {
            answer: Answer::No,
            proof: Proof::Policy,
            reason: first.unwrap_or_default(),
            example: None,
            failures: Vec::new(),
        }
    }

    /// An event that breaks both as written and, where that differs, as the policy reads the
    /// schemas.
    fn breaking_event(&self, asked: &AskedPair, as_read: bool, likely: bool) -> Option<Value> {
        let left = match &asked.inclusion {
            Inclusion::No(left) | Inclusion::Unknown(left) => left.as_ref(),
            Inclusion::Yes => return None,
        };
        let read = if as_read {
            let writer = Validator::of_normal(&asked.writer).ok()?;
            Some((writer, Validator::of_normal(&asked.reader).ok()?))
        } else {
            None
        };
        let mut sides = Sides {
            allow: vec![&self.writer.validator],
            refuse: vec![&self.reader.validator],
        };
        if let Some((writer, reader)) = &read {
            sides.allow.push(writer);
            sides.refuse.push(reader);
        }
        let sources = Sources {
            left,
            pruned: &asked.pruned,
            writer: &asked.writer,
            reader: &asked.reader,
            likely,
        };
        example::find(&sides, &sources, self.cancel)
    }
}

/// The question whether a reader takes all that a writer may write, and the answer.
struct AskedPair {
    writer: Normal,
    reader: Normal,
    /// The writer without what the reader says alike.
    pruned: Normal,
    inclusion: Inclusion,
}

impl AskedPair {
    fn new(writer: &Normal, reader: &Normal, budget: &mut Budget, cancel: &Cancel) -> Self {
        let (pruned, rest) = prune::pruned(writer, reader);
        Self {
            writer: writer.clone(),
            reader: reader.clone(),
            inclusion: inclusion::of(&pruned, &rest, budget, cancel),
            pruned,
        }
    }
}
