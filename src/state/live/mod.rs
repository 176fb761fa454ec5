//! The live stream: the log that the taps fill, the tree of keys and the rows that are shown.

mod action;
pub mod bookmarks;
mod clearing;
pub mod earlier_taps;
pub mod seen;
pub mod selection;
pub mod setup;
mod tap;
pub mod tap_card;
pub mod taps;
pub mod tree;
pub mod variety;
pub mod view;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::bookmarks::Bookmarks;
use self::clearing::Cleared;
use self::selection::Selection;
use self::setup::{ListSetup, Times};
use self::tree::KeyTree;
use self::variety::Variety;
use self::view::{Criteria, View};
use super::Soon;
use super::forms::Forms;
use crate::analysis::{Judging, Series};
use crate::event::tap_id::TapId;
use crate::log::{Batch, DEFAULT_MAX_BYTES, EventLog};
use crate::query::Filter;
use crate::schema::Catalog;
use crate::settings::SavedList;

pub use self::action::LiveAction;

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
    /// The selected event is shown in full.
    pub inspecting: bool,
    /// Events that were marked to be found again.
    pub bookmarks: Bookmarks,
    /// How the list is set up.
    pub setup: ListSetup,
    /// In what the events differ, for the choice of columns.
    pub variety: Variety,
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
    cleared: Option<Cleared>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            log: EventLog::new(DEFAULT_MAX_BYTES),
            tree: KeyTree::default(),
            view: View::default(),
            judging: Judging::default(),
            selection: Selection::default(),
            inspecting: true,
            bookmarks: Bookmarks::default(),
            setup: ListSetup::default(),
            variety: Variety::default(),
            plot: None,
            follow: true,
            counters: Counters::default(),
            rate: 0.0,
            fresh: 0,
            ticked: None,
            cleared: None,
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
        self.variety.note(batch);
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
        self.forget_cleared(now);
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

    /// True while something on the screen changes by itself, such as a rate that must still fall, so
    /// that a frame is due in a second.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        let ages = self.setup.times == Times::Ago && self.log.kept() > 0;
        self.rate > 0.0 || self.fresh > 0 || self.cleared.is_some() || ages
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
            LiveAction::Clear => self.clear(now),
            LiveAction::UndoClear => self.undo_clear(now),
            LiveAction::Follow(follow) => {
                self.follow = follow;
                if follow {
                    self.view.sort(None, &self.log);
                }
            }
            LiveAction::Select(number) => {
                self.selection.only(number, &self.log);
                self.follow = false;
                self.inspecting = true;
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
            LiveAction::Inspect(open) => self.inspecting = open,
            LiveAction::SetUp(setup) => self.set_up(setup, now),
            LiveAction::Bookmark(number) => self.bookmarks.toggle(number, &self.log),
            LiveAction::ShowBookmark(number) => self.show_bookmark(number),
            LiveAction::Note(number, note) => self.bookmarks.note(number, note),
        }
    }

    fn show_bookmark(&mut self, number: u64) {
        if self.log.event(number).is_some() {
            self.selection.only(number, &self.log);
        } else if let Some(marked) = self.bookmarks.get(number) {
            self.selection.show_kept(number, &marked.event);
        }
        self.follow = false;
        self.inspecting = true;
    }

    /// Sets the list up.
    /// Sets the list up as an earlier run left it.
    pub(in crate::state) fn restore(&mut self, saved: &SavedList, forms: &mut Forms) {
        forms.filter.clone_from(&saved.filter);
        // Nothing is kept yet, so it does not matter when that was.
        self.set_up(ListSetup::of(saved), DateTime::UNIX_EPOCH);
        self.filter(forms, DateTime::UNIX_EPOCH);
    }

    /// How the list is set up, for the next run.
    pub(in crate::state) fn remember(&self) -> SavedList {
        self.setup.saved(&self.view.criteria().text)
    }

    fn set_up(&mut self, setup: ListSetup, now: DateTime<Utc>) {
        self.narrow(now, |criteria| criteria.scope.merged = setup.merged);
        self.setup = setup;
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
