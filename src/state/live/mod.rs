//! The live stream: the log that the taps fill, the tree of keys and the rows that are shown.

pub mod seen;
pub mod selection;
pub mod tap_card;
pub mod taps;
pub mod tree;
pub mod view;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::selection::Selection;
use self::tree::KeyTree;
use self::view::{Criteria, View};
use super::Soon;
use super::forms::Forms;
use crate::analysis::{Judging, Series, SortBy};
use crate::event::tap_id::TapId;
use crate::log::{Batch, DEFAULT_MAX_BYTES, EventLog};
use crate::query::Filter;
use crate::schema::Catalog;

/// What a person can do on the live screen.
#[derive(Clone, Debug)]
pub enum LiveAction {
    /// Hold new rows back; receiving goes on.
    Pause,
    /// Show what came meanwhile, and go on.
    Resume,
    /// Throw the kept events away.
    Clear,
    /// Keep the newest row in sight, or stop doing so.
    Follow(bool),
    /// Select a row by its number in the log, and no other.
    Select(u64),
    /// Add the row to the selection, or take it out.
    Toggle(u64),
    /// Select everything from the last selected row to this one.
    Extend(u64),
    /// Select the row this many rows further down; negative is up.
    Move(isize),
    /// The filter line changed.
    FilterChanged,
    /// Show one branch of the tree, or all.
    Branch(Option<String>),
    /// Show one conversation, or all.
    Conversation(Option<String>),
    /// Open or close a branch of the tree.
    Fold(String),
    /// Hide a branch of the tree, or show it again.
    Mute(String),
    /// Show what was muted again.
    UnmuteAll,
    /// Sort by a column, the second time the other way round, the third time not at all.
    Sort(SortBy),
    /// Back to the order of arrival.
    Unsort,
    /// Give up what was not searched yet.
    StopSearch,
    /// Add a clause to the filter line.
    AddToFilter(String),
    /// Replace the filter line.
    SetFilter(String),
    /// Show a number of the payloads on a key over time.
    Plot {
        /// The key.
        key: String,
        /// The field, as a filter has it.
        path: String,
    },
    /// Close that.
    ClosePlot,
}

/// The log's counters. In a flood they are shown as they were a moment ago: each new number costs
/// its layout, and nobody reads that fast.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// See [`EventLog::received`].
    pub received: u64,
    /// See [`EventLog::kept`].
    pub kept: u64,
    /// See [`EventLog::evicted`].
    pub evicted: u64,
    /// See [`EventLog::bytes`].
    pub bytes: usize,
}

/// The live stream.
#[derive(Debug)]
pub struct Live {
    /// Everything that is kept.
    pub log: EventLog,
    /// Keys with counts.
    pub tree: KeyTree,
    /// Which rows are shown.
    pub view: View,
    /// What the events are by their schemas.
    pub judging: Judging,
    /// What is selected.
    pub selection: Selection,
    /// A number over time.
    pub plot: Option<Series>,
    /// Keep the newest row in sight.
    pub follow: bool,
    /// The log's counters as the window shows them.
    pub counters: Counters,
    /// Events a second, smoothed.
    pub rate: f32,
    fresh: u32,
    ticked: Option<DateTime<Utc>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            log: EventLog::new(DEFAULT_MAX_BYTES),
            tree: KeyTree::default(),
            view: View::default(),
            judging: Judging::default(),
            selection: Selection::default(),
            plot: None,
            follow: true,
            counters: Counters::default(),
            rate: 0.0,
            fresh: 0,
            ticked: None,
        }
    }
}

/// Milliseconds between two looks whether events were judged.
const JUDGING_MS: i64 = 30;

/// A second between two computations of the rates.
const TICK_MS: i64 = 1_000;

impl Live {
    /// Appends events.
    pub fn append(&mut self, batch: &Batch) {
        self.tree.count(batch);
        self.fresh = (self.fresh).saturating_add(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        self.log.append(batch);
    }

    /// Judges events by these schemas from now on, and those that are kept once more.
    pub fn set_schemas(&mut self, schemas: &Arc<Catalog>, now: DateTime<Utc>) {
        self.judging.set_catalog(Arc::clone(schemas));
        let now_ms = now.timestamp_millis();
        self.view.set_schemas(Arc::clone(schemas), now_ms);
    }

    /// Marks a time during which nothing could be seen.
    pub fn push_gap(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        self.log.push_gap(from, to);
    }

    /// A frame passes: rates once a second, and one bounded step of matching. Says when the next
    /// frame is due.
    pub fn tick(&mut self, now: DateTime<Utc>) -> Soon {
        let since = self
            .ticked
            .map_or(TICK_MS, |then| (now - then).num_milliseconds());
        if since >= TICK_MS {
            #[expect(clippy::cast_precision_loss, reason = "seconds for a smoothed rate")]
            let seconds = since as f32 / 1_000.0;
            if self.ticked.is_some() {
                #[expect(clippy::cast_precision_loss, reason = "a rate is shown roughly")]
                let fresh = self.fresh as f32 / seconds;
                self.rate = if self.rate == 0.0 {
                    fresh
                } else {
                    self.rate * 0.6 + fresh * 0.4
                };
                if self.rate < 0.05 {
                    self.rate = 0.0;
                }
                self.tree.tick(seconds);
            }
            self.fresh = 0;
            self.ticked = Some(now);
        }
        self.tree.rows();
        let judging = self.judging.advance(&self.log, now.timestamp_millis());
        let plotting = self
            .plot
            .as_mut()
            .is_some_and(|plot| plot.advance(&self.log));
        match self.view.advance(&self.log, now.timestamp_millis()) {
            Soon::In(ms) if !plotting => Soon::In(ms),
            soon => {
                let soon = if judging {
                    soon.or(Soon::In(JUDGING_MS))
                } else {
                    soon
                };
                self.tree.show_counts();
                self.counters = Counters {
                    received: self.log.received(),
                    kept: self.log.kept(),
                    evicted: self.log.evicted(),
                    bytes: self.log.bytes(),
                };
                if plotting { Soon::Now } else { soon }
            }
        }
    }

    /// True while a rate is shown that must still fall, so that a frame is due in a second.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.rate > 0.0 || self.fresh > 0
    }

    /// Leaves the events of these taps out.
    pub fn hide_taps(&mut self, hidden: Vec<TapId>, now: DateTime<Utc>) {
        self.narrow(now, |criteria| {
            criteria.scope.hidden_taps = hidden.into_iter().collect();
        });
    }

    /// Does what the person asked for.
    pub fn act(&mut self, action: LiveAction, forms: &mut Forms, now: DateTime<Utc>) {
        match action {
            LiveAction::Pause => self.view.freeze(Some(self.log.end())),
            LiveAction::Resume => self.view.freeze(None),
            LiveAction::Clear => {
                self.log.clear();
                self.judging.clear();
                self.tree.clear();
                self.selection.clear();
                self.plot = None;
                self.view.freeze(None);
                self.view.restart(now.timestamp_millis());
            }
            LiveAction::Follow(follow) => {
                self.follow = follow;
                if follow {
                    self.view.sort(None, &self.log);
                }
            }
            LiveAction::Select(number) => {
                self.selection.only(number, &self.log);
                self.follow = false;
            }
            LiveAction::Toggle(number) => {
                self.selection.toggle(number, &self.log);
                self.follow = false;
            }
            LiveAction::Extend(number) => {
                self.selection.extend(number, &self.view, &self.log);
                self.follow = false;
            }
            LiveAction::Move(rows) => {
                self.selection.go(rows, &self.view, &self.log);
                self.follow = false;
            }
            LiveAction::FilterChanged => self.filter(forms, now),
            LiveAction::AddToFilter(clause) => {
                forms.filter = and(&forms.filter, &clause);
                self.filter(forms, now);
            }
            LiveAction::SetFilter(line) => {
                forms.filter = line;
                self.filter(forms, now);
            }
            LiveAction::Branch(branch) => {
                self.narrow(now, |criteria| criteria.scope.branch = branch);
            }
            LiveAction::Mute(branch) => self.narrow(now, |criteria| {
                let muted = &mut criteria.scope.muted;
                if !muted.remove(&branch) {
                    muted.insert(branch);
                }
            }),
            LiveAction::UnmuteAll => self.narrow(now, |criteria| criteria.scope.muted.clear()),
            LiveAction::Conversation(id) => {
                self.narrow(now, |criteria| criteria.correlation_id = id);
            }
            LiveAction::Fold(path) => self.tree.toggle(&path),
            LiveAction::Sort(by) => {
                let next = match self.view.order().map(|order| (order.by, order.descending)) {
                    Some((same, false)) if same == by => Some((by, true)),
                    Some((same, true)) if same == by => None,
                    _ => Some((by, false)),
                };
                self.follow = false;
                self.view.sort(next, &self.log);
            }
            LiveAction::Unsort => self.view.sort(None, &self.log),
            LiveAction::StopSearch => self.view.stop_search(&self.log),
            LiveAction::Plot { key, path } => self.plot = Series::begin(key, path),
            LiveAction::ClosePlot => self.plot = None,
        }
    }

    fn filter(&mut self, forms: &Forms, now: DateTime<Utc>) {
        self.narrow(now, |criteria| criteria.text.clone_from(&forms.filter));
    }

    fn narrow(&mut self, now: DateTime<Utc>, change: impl FnOnce(&mut Criteria)) {
        let mut criteria = self.view.criteria().clone();
        change(&mut criteria);
        self.view.set(criteria, now.timestamp_millis());
    }
}

/// A filter line that asks for both. A line with an `or` in it gets the brackets that it needs.
fn and(line: &str, clause: &str) -> String {
    match (Filter::parse(line), Filter::parse(clause)) {
        (Ok(line), Ok(clause)) => line.and(clause).to_string(),
        // What is being typed has a fault: it is for the person to mend.
        _ => format!("{} {clause}", line.trim_end()),
    }
}

/// A time of day with milliseconds, local.
#[must_use]
pub fn clock(time: DateTime<Utc>) -> String {
    time.with_timezone(&chrono::Local)
        .format("%H:%M:%S%.3f")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_narrows_the_whole_line() {
        let line = and("a or b", "data.n:1");
        let (own, meant) = (Filter::parse(&line), Filter::parse("(a or b) data.n:1"));
        assert_eq!(own, meant);
        assert_eq!(and("", "data.n:1"), "data.n:1");
        assert_eq!(and("data.n:1", "data.n:1"), "data.n:1");
        assert_eq!(and("(a", "data.n:1"), "(a data.n:1");
    }
}
