//! The live stream: the log that the taps fill, the tree of keys and the rows that are shown.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::Event;

use super::forms::Forms;
use super::log::{DEFAULT_MAX_BYTES, Entry, EventLog};
use super::tree::KeyTree;
use super::view::{Criteria, View};

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
    /// Select a row by its number in the log.
    Select(u64),
    /// Select the row this many rows further down; negative is up.
    Move(isize),
    /// The filter line changed.
    FilterChanged,
    /// Show one branch of the tree, or all.
    Branch(Option<String>),
    /// Show one conversation, or all.
    Conversation(Option<String>),
    /// Open or close a branch of the tree.
    Toggle(String),
}

/// The live stream.
#[derive(Debug)]
pub struct Live {
    /// Everything that is kept.
    pub log: EventLog,
    /// Routing keys with counts.
    pub tree: KeyTree,
    /// Which rows are shown.
    pub view: View,
    /// The selected entry.
    pub selected: Option<u64>,
    /// Keep the newest row in sight.
    pub follow: bool,
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
            selected: None,
            follow: true,
            rate: 0.0,
            fresh: 0,
            ticked: None,
        }
    }
}

/// A second between two computations of the rates.
const TICK_MS: i64 = 1_000;

impl Live {
    /// Appends an event.
    pub fn push(&mut self, event: Arc<Event>) {
        self.tree.count(&event.routing_key);
        self.fresh += 1;
        self.log.push(Entry::Event(event));
    }

    /// Marks a time during which nothing could be seen.
    pub fn push_gap(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        self.log.push(Entry::Gap { from, to });
    }

    /// A frame passes: rates once a second, and one bounded step of matching. True if the next
    /// frame has more to match.
    pub fn tick(&mut self, now: DateTime<Utc>) -> bool {
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
        self.view.advance(&self.log)
    }

    /// True while a rate is shown that must still fall, so that a frame is due in a second.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.rate > 0.0 || self.fresh > 0
    }

    /// The selected event.
    #[must_use]
    pub fn selected_event(&self) -> Option<&Arc<Event>> {
        self.log.get(self.selected?)?.event()
    }

    /// Does what the person asked for.
    pub fn act(&mut self, action: LiveAction, forms: &Forms) {
        match action {
            LiveAction::Pause => self.view.freeze(Some(self.log.end())),
            LiveAction::Resume => self.view.freeze(None),
            LiveAction::Clear => {
                self.log.clear();
                self.tree.clear();
                self.selected = None;
                self.view.freeze(None);
                // Matches of what is gone go too.
                let criteria = self.view.criteria().clone();
                self.view = View::default();
                self.view.set(criteria);
            }
            LiveAction::Follow(follow) => self.follow = follow,
            LiveAction::Select(number) => {
                self.selected = Some(number);
                self.follow = false;
            }
            LiveAction::Move(rows) => self.move_selection(rows),
            LiveAction::FilterChanged => self.narrow(|criteria| {
                criteria.text.clone_from(&forms.filter);
            }),
            LiveAction::Branch(branch) => self.narrow(|criteria| criteria.branch = branch),
            LiveAction::Conversation(id) => self.narrow(|criteria| criteria.correlation_id = id),
            LiveAction::Toggle(path) => self.tree.toggle(&path),
        }
    }

    fn narrow(&mut self, change: impl FnOnce(&mut Criteria)) {
        let mut criteria = self.view.criteria().clone();
        change(&mut criteria);
        self.view.set(criteria);
    }

    fn move_selection(&mut self, rows: isize) {
        let count = self.view.len(&self.log);
        if count == 0 {
            return;
        }
        let row = self
            .selected
            .and_then(|number| self.view.row(&self.log, number));
        let next = row.map_or(count - 1, |row| {
            row.saturating_add_signed(rows).min(count - 1)
        });
        self.selected = self.view.number(&self.log, next);
        self.follow = false;
    }
}

/// A time of day with milliseconds, local.
#[must_use]
pub fn clock(time: DateTime<Utc>) -> String {
    time.with_timezone(&chrono::Local)
        .format("%H:%M:%S%.3f")
        .to_string()
}
