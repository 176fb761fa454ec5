//! What changed between two schemas, place by place. Every rule here looks at the words of the
//! schemas: it is quick, says what a person would say, and errs on the side of "breaks". Whether an
//! event can really break is asked elsewhere.

mod array;
mod dependent;
mod numeric;
mod object;
mod rename;
mod text;
mod union;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::change::{Change, Effect, below, turned};
use crate::schema::Cancel;
use crate::schema::document::fold::folded;
use crate::schema::document::normal::{Normal, is_annotation, is_anything, short, target};
use crate::schema::document::numbers;
use crate::schema::document::policy::Policy;

/// After so many comparisons of two places the rest is left out; the list says so.
const MOST_STEPS: usize = 200_000;
/// More changes than this nobody reads.
const MOST_CHANGES: usize = 5_000;

/// The changes, and whether the list is complete.
pub(crate) struct Changes {
    pub list: Vec<Change>,
    pub complete: bool,
}

/// Compares two versions.
pub(crate) fn changes(old: &Normal, new: &Normal, policy: Policy, cancel: &Cancel) -> Changes {
    let mut differ = SchemaDiffer {
        old,
        new,
        policy,
        cancel,
        done: BTreeMap::new(),
        open: BTreeSet::new(),
        steps: 0,
    };
    let mut list = differ.schemas(&old.root, &new.root);
    for change in &mut list {
        change.path.insert(0, '#');
    }
    let complete = differ.steps < MOST_STEPS && !cancel.is_cancelled();
    list.truncate(MOST_CHANGES);
    list.dedup();
    // What breaks comes first; within that the order of the schema is kept.
    list.sort_by_key(|change| (!change.breaks(), change.is_documentation()));
    Changes { list, complete }
}

struct SchemaDiffer<'a> {
    old: &'a Normal,
    new: &'a Normal,
    policy: Policy,
    cancel: &'a Cancel,
    /// Pairs of references that were compared.
    done: BTreeMap<(String, String), Rc<Vec<Change>>>,
    /// Pairs that are being compared: a cycle that comes back to one adds nothing.
    open: BTreeSet<(String, String)>,
    steps: usize,
}

impl SchemaDiffer<'_> {
    fn schemas(&mut self, old: &Value, new: &Value) -> Vec<Change> {
        self.steps += 1;
        if self.steps >= MOST_STEPS || self.cancel.is_cancelled() {
            return Vec::new();
        }
        let names = (target(old), target(new));
        let (None, None) = names else {
            let key = (
                names.0.map_or_else(|| old.to_string(), str::to_owned),
                names.1.map_or_else(|| new.to_string(), str::to_owned),
            );
            if let Some(done) = self.done.get(&key) {
                return done.to_vec();
            }
            if !self.open.insert(key.clone()) {
                return Vec::new();
            }
            let old = names
                .0
                .and_then(|name| self.old.defs.get(name))
                .unwrap_or(old);
            let new = names
                .1
                .and_then(|name| self.new.defs.get(name))
                .unwrap_or(new);
            let found = self.schemas(old, new);
            self.open.remove(&key);
            self.done.insert(key, Rc::new(found.clone()));
            return found;
        };
        match (old, new) {
            (Value::Bool(a), Value::Bool(b)) if a == b => Vec::new(),
            (Value::Bool(false), _) => vec![
                Change::new("allowed", "Nothing was allowed here, now something is.")
                    .values(Some(old), Some(new))
                    .widened(),
            ],
            (_, Value::Bool(false)) => vec![
                Change::new("forbidden", "Nothing is allowed here any more.")
                    .values(Some(old), Some(new))
                    .narrowed(),
            ],
            _ => {
                let old = folded(old, &|name| self.old.defs.get(name));
                let new = folded(new, &|name| self.new.defs.get(name));
                let nothing = Map::new();
                let old = old.as_object().unwrap_or(&nothing);
                let new = new.as_object().unwrap_or(&nothing);
                self.objects(old, new)
            }
        }
    }

    /// Both are tables of keywords.
    fn objects(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Change> {
        if let Some(changes) = self.union_with_plain(old, new) {
            return changes;
        }
        let mut out = Vec::new();
        let comparable = text::kinds(old, new, &mut out);
        if comparable {
            text::allowed_values(old, new, &mut out);
            numeric::bounds(old, new, &mut out);
            text::strings(old, new, &mut out);
            out.extend(self.arrays(old, new));
            out.extend(self.properties(old, new));
        }
        out.extend(self.combinations(old, new));
        out.extend(self.conditions(old, new));
        text::annotations(old, new, &mut out);
        out
    }

    fn conditions(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Change> {
        let mut out = Vec::new();
        match (old.get("not"), new.get("not")) {
            (None, None) => {}
            (Some(a), Some(b)) => out.extend(turned(self.schemas(a, b))),
            (None, Some(b)) => out.push(
                Change::new(
                    "not-added",
                    format!("What matches {} is refused now.", short(b)),
                )
                .values(None, Some(b))
                .narrowed(),
            ),
            (Some(a), None) => out.push(
                Change::new(
                    "not-removed",
                    format!("What matches {} was refused and is allowed now.", short(a)),
                )
                .values(Some(a), None)
                .widened(),
            ),
        }
        match (old.get("if"), new.get("if")) {
            (Some(a), Some(b)) => {
                let differs = self.schemas(a, b).iter().any(Change::breaks);
                if differs {
                    out.push(
                        Change::new("condition-changed", "The condition of `if` changed: other events fall under `then` and under `else`.")
                            .values(Some(a), Some(b))
                            .effects(Effect::Breaks, Effect::Breaks),
                    );
                }
                for key in ["then", "else"] {
                    let anything = Value::Bool(true);
                    let a = old.get(key).unwrap_or(&anything);
                    let b = new.get(key).unwrap_or(&anything);
                    out.extend(self.schemas(a, b));
                }
            }
            (None, None) => {}
            (a, b) => {
                let added = b.is_some();
                let change = Change::new(
                    if added {
                        "condition-added"
                    } else {
                        "condition-removed"
                    },
                    if added {
                        "Events that meet the condition must now also match what follows from it."
                    } else {
                        "What followed from the condition is no longer asked for."
                    },
                )
                .values(a, b);
                out.push(if added {
                    change.narrowed()
                } else {
                    change.widened()
                });
            }
        }
        out
    }

    /// Whether no event that `writer` allows is refused by `reader`, as far as words tell. The
    /// sides say which version each comes from.
    fn covered(&mut self, old: &Value, new: &Value, direction: Direction) -> bool {
        self.schemas(old, new)
            .iter()
            .all(|change| direction.effect(change) == Effect::Ok)
    }
}

/// Which reader reads whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// New reader, old events.
    Backward,
    /// Old reader, new events.
    Forward,
}

impl Direction {
    pub(crate) fn effect(self, change: &Change) -> Effect {
        match self {
            Self::Backward => change.backward,
            Self::Forward => change.forward,
        }
    }
}

/// Compares a number that may be there on either side. `raising_narrows` says whether a larger one
/// allows less.
fn limit(
    keyword: &'static str,
    what: &str,
    raising_narrows: bool,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    out: &mut Vec<Change>,
) {
    let (before, after) = (old.get(keyword), new.get(keyword));
    let nothing = |value: Option<&Value>| {
        value.is_none_or(|value| raising_narrows && value.as_u64() == Some(0))
    };
    let change = match (before, after) {
        (a, b) if nothing(a) && nothing(b) => return,
        (a, Some(b)) if nothing(a) => Change::new(
            format!("{keyword}-added"),
            format!("{what} is now limited to {b}."),
        )
        .narrowed(),
        (Some(a), b) if nothing(b) => Change::new(
            format!("{keyword}-removed"),
            format!("{what} was limited to {a} and no longer is."),
        )
        .widened(),
        (Some(Value::Number(a)), Some(Value::Number(b))) => match numbers::compare(a, b) {
            std::cmp::Ordering::Equal => return,
            order => {
                let raised = order == std::cmp::Ordering::Less;
                let word = if raised { "raised" } else { "lowered" };
                let change = Change::new(
                    format!("{keyword}-{word}"),
                    format!("{what}: {a} became {b}."),
                );
                if raised == raising_narrows {
                    change.narrowed()
                } else {
                    change.widened()
                }
            }
        },
        _ => return,
    };
    out.push(change.values(before, after));
}
