//! The live stream: one tap, the log it fills, the tree of keys and the rows that are shown.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::tap::{self, TapId, TapRequest};
use crate::domain::{Event, ExchangeKind, Topology};
use crate::protocol::{Command, Gravity, TapState};

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
    /// Narrow the filter by one more clause.
    AddToFilter(String),
    /// Show how a number changed over time.
    Plot {
        /// The routing key of the events to look at.
        key: String,
        /// Where the number stands in them.
        path: String,
    },
}

/// A number that is to be plotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlotRequest {
    /// The routing key of the events to look at.
    pub key: String,
    /// Where the number stands in them.
    pub path: String,
}

/// A tap that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    /// Its id.
    pub id: TapId,
    /// The exchange it listens to.
    pub exchange: String,
    /// Its binding keys as shown.
    pub binding: String,
    /// Its queue in the broker, once that exists.
    pub queue: Option<String>,
}

/// The live stream.
#[derive(Debug)]
pub struct Live {
    /// The tap, from the click to its end.
    pub tap: Option<Tap>,
    /// Why the last start was refused, in words.
    pub refusal: Option<String>,
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
    /// The first and last time that the tap's queue was found full.
    pub overflow: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The number that is plotted.
    pub plot: Option<PlotRequest>,
    fresh: u32,
    ticked: Option<DateTime<Utc>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            tap: None,
            refusal: None,
            log: EventLog::new(DEFAULT_MAX_BYTES),
            tree: KeyTree::default(),
            view: View::default(),
            selected: None,
            follow: true,
            rate: 0.0,
            overflow: None,
            plot: None,
            fresh: 0,
            ticked: None,
        }
    }
}

/// A second between two computations of the rates.
const TICK_MS: i64 = 1_000;

impl Live {
    /// Asks for the tap that the form describes; `None` if it is refused, and why stands in
    /// [`Self::refusal`].
    pub fn start(&mut self, id: u64, forms: &Forms, topology: &Topology) -> Option<Command> {
        let form = &forms.tap;
        let kind = topology
            .exchange(&form.exchange)
            .map_or(&ExchangeKind::Unknown, |found| &found.kind);
        self.refusal = tap::refusal(&form.exchange, kind);
        if self.refusal.is_some() {
            return None;
        }
        let binding_keys = binding_keys(&form.binding_key, &form.exchange, kind, topology);
        if binding_keys.is_empty() {
            self.refusal = Some(format!(
                "{} is a direct exchange and no binding of it is known, so there is no key to \
                 listen to. Type the routing key as the binding key",
                form.exchange
            ));
            return None;
        }
        let tap = Tap {
            id: TapId(id),
            exchange: form.exchange.clone(),
            binding: binding_keys.join(", "),
            queue: None,
        };
        self.tap = Some(tap);
        self.overflow = None;
        Some(Command::StartTap(TapRequest {
            tap: TapId(id),
            exchange: form.exchange.clone(),
            binding_keys,
        }))
    }

    /// Asks for the end of the tap. What it received stays.
    pub fn stop(&mut self) -> Option<Command> {
        self.tap.take().map(|tap| Command::StopTap(tap.id))
    }

    /// The connection was ended on purpose, and the tap with it.
    pub fn stopped(&mut self) {
        self.tap = None;
    }

    /// The tap's queue in the broker, once that exists.
    #[must_use]
    pub fn own_queue(&self) -> Option<&str> {
        self.tap.as_ref()?.queue.as_deref()
    }

    /// True for the tap that is wanted now; batches of an older one are late and not shown.
    #[must_use]
    pub fn is_running(&self, tap: TapId) -> bool {
        self.tap.as_ref().is_some_and(|current| current.id == tap)
    }

    /// Takes a tap's new state; a message for the person if there is something to say.
    pub fn apply_tap(
        &mut self,
        id: TapId,
        state: TapState,
        now: DateTime<Utc>,
    ) -> Option<(Gravity, String)> {
        let tap = self.tap.as_mut().filter(|tap| tap.id == id)?;
        match state {
            TapState::Running { queue } => tap.queue = Some(queue),
            TapState::Stopped => self.tap = None,
            TapState::Refused(words) => {
                self.tap = None;
                self.refusal = Some(words);
            }
            TapState::Resumed { queue, from, to } => {
                tap.queue = Some(queue);
                self.log.push(Entry::Gap { from, to });
                return Some((
                    Gravity::Warning,
                    format!(
                        "Connected again. Events between {} and {} were not seen",
                        clock(from),
                        clock(to)
                    ),
                ));
            }
            TapState::Overflowing { at } => {
                let from = self.overflow.map_or(at, |(from, _)| from);
                self.overflow = Some((from, at.max(now.min(at))));
            }
        }
        None
    }

    /// Appends an event.
    pub fn push(&mut self, event: Arc<Event>) {
        self.tree.count(&event.routing_key);
        self.fresh += 1;
        self.log.push(Entry::Event(event));
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
    pub fn act(&mut self, action: LiveAction, forms: &mut Forms) {
        match action {
            LiveAction::Pause => self.view.freeze(Some(self.log.end())),
            LiveAction::Resume => self.view.freeze(None),
            LiveAction::Clear => {
                self.log.clear();
                self.tree.clear();
                self.selected = None;
                self.overflow = None;
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
            LiveAction::AddToFilter(clause) => {
                if !forms.filter.trim().is_empty() {
                    forms.filter.push(' ');
                }
                forms.filter.push_str(&clause);
                self.act(LiveAction::FilterChanged, forms);
            }
            LiveAction::Plot { key, path } => self.plot = Some(PlotRequest { key, path }),
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

/// The keys to bind: for a direct exchange a pattern means every known key that it matches,
/// because such an exchange compares letter by letter.
fn binding_keys(
    pattern: &str,
    exchange: &str,
    kind: &ExchangeKind,
    topology: &Topology,
) -> Vec<String> {
    if *kind != ExchangeKind::Direct || !pattern.contains(['#', '*']) {
        return vec![pattern.to_owned()];
    }
    let known = topology
        .bindings
        .iter()
        .filter(|binding| binding.source == exchange);
    let mut keys: Vec<String> = known
        .map(|binding| binding.key.clone())
        .filter(|key| crate::domain::routing_key::matches(pattern, key))
        .collect();
    keys.sort();
    keys.dedup();
    keys
}
