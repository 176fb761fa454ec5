//! What the state does by itself as time passes: it tells of new dead letters, and reads consumer groups
//! while they are looked at.

use chrono::{DateTime, TimeDelta, Utc};

use super::dead_letters::DeadTab;
use super::source::Source;
use super::{Screen, State};
use crate::protocol::{Command, Link, RequestId, SourceUpdate};

/// The pause between two readings of consumer groups while they are looked at: so often that a lag is
/// seen to move, so seldom that the brokers do not notice.
const GROUPS_EVERY: TimeDelta = TimeDelta::seconds(5);
/// The same where they only say who reads what is published.
const READERS_EVERY: TimeDelta = TimeDelta::seconds(30);

impl State {
    /// What is due to be told on the desktop.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Command> {
        let behind = self.behind.values_mut().map(|behind| &mut behind.source);
        let all = behind.chain([&mut self.front]);
        let due = all.filter_map(|source| source.alerts.due(now));
        let mut due: Vec<Command> = due.map(Command::Desk).collect();
        if let Some(pause) = self.reads_groups() {
            let request = RequestId(self.fresh());
            let read = self.front.consumers.read_after(pause, request, now);
            due.extend(read.map(|read| self.to_front(read)));
        }
        due
    }

    /// How often consumer groups are read for what is on the screen, if they are.
    fn reads_groups(&self) -> Option<TimeDelta> {
        let is_there = self.front.is_connected() && self.front.abilities().consumer_groups;
        match self.screen {
            Screen::DeadLetters if self.front.dead.tab == DeadTab::Consumers => Some(GROUPS_EVERY),
            Screen::Publish => Some(READERS_EVERY),
            _ => None,
        }
        .filter(|_| is_there)
    }

    /// True while something on the screen counts seconds, so that a frame is due in one.
    #[must_use]
    pub fn needs_clock(&self) -> bool {
        let waits =
            |source: &Source| source.alerts.waits() || matches!(source.link, Link::Lost { .. });
        let behind = self.behind.values().map(|behind| &behind.source);
        self.reads_groups().is_some()
            || self.live.is_moving()
            || behind.chain([&self.front]).any(waits)
    }

    /// Takes what is told of consumer groups.
    pub(super) fn apply_consumers(
        &mut self,
        update: SourceUpdate,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let next = RequestId(self.fresh());
        let consumers = &mut self.front.consumers;
        let read = match update {
            SourceUpdate::Groups { request, result } => {
                consumers.read(request, result);
                None
            }
            SourceUpdate::ResetPlanned { request, result } => {
                consumers.planned(request, result);
                None
            }
            SourceUpdate::OffsetsReset { request, result } => {
                consumers.was_set(request, result, next, now)
            }
            _ => None,
        };
        read.map(|read| self.to_front(read)).into_iter().collect()
    }
}
