//! What the state does by itself as time passes: it tells of new dead letters, and reads consumer groups
//! while they are looked at.

use chrono::{DateTime, TimeDelta, Utc};

use super::dead_letters::DeadTab;
use super::source::Source;
use super::{Forms, Screen, State};
use crate::address::StoreKind;
use crate::protocol::{Command, Link, RequestId, SourceUpdate};
use crate::repair::dead_place::DeadPlace;

/// The pause between two readings of consumer groups while they are looked at: so often that a lag is
/// seen to move, so seldom that the brokers do not notice.
const GROUPS_EVERY: TimeDelta = TimeDelta::seconds(5);
/// The same where they only say who reads what is published.
const READERS_EVERY: TimeDelta = TimeDelta::seconds(30);

/// The pause between two looks for dead letters in a log while they are looked at, and otherwise.
const PLACES_EVERY: TimeDelta = TimeDelta::seconds(10);
const PLACES_SELDOM: TimeDelta = TimeDelta::seconds(60);

/// What is said first while a sandbox is started.
pub(super) fn looking_for(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Kafka => "Looking for Apache Kafka",
        _ => "Looking for RabbitMQ",
    }
}

impl State {
    /// What is due to be told on the desktop.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Command> {
        let behind = self.behind.values_mut().map(|behind| &mut behind.source);
        let all = behind.chain([&mut self.front]);
        let due = all.filter_map(|source| source.alerts.due(now));
        let mut due: Vec<Command> = due.map(Command::Desk).collect();
        let (find, original) = (RequestId(self.fresh()), RequestId(self.fresh()));
        if self.front.is_connected() {
            let pause = match self.screen {
                Screen::DeadLetters => PLACES_EVERY,
                _ => PLACES_SELDOM,
            };
            let dead = &mut self.front.dead;
            let asked = [
                dead.find_after(pause, find, now),
                dead.ask_original(original),
            ];
            let asked = asked.into_iter().flatten();
            due.extend(asked.map(|one| Command::Source(self.front.id, one)));
        }
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
        self.front.dead.log.is_on
            || self.reads_groups().is_some()
            || self.live.is_moving()
            || behind.chain([&self.front]).any(waits)
    }

    /// Takes where dead letters lie in a log.
    fn found_dead(&mut self, request: RequestId, result: Result<Vec<DeadPlace>, String>) {
        self.front.dead.found(request, result);
        let counted: Vec<_> = self.front.dead.counted().cloned().collect();
        self.front.alerts.note(&counted);
    }

    /// Takes what only a log tells: where dead letters lie, and how far consumer groups are.
    pub(super) fn apply_of_log(
        &mut self,
        update: SourceUpdate,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let next = RequestId(self.fresh());
        let read = match update {
            SourceUpdate::DeadPlaces { request, result } => {
                self.found_dead(request, result);
                None
            }
            SourceUpdate::Records { request, result } => {
                if self.front.dead.read_records(request, result) {
                    self.front.dead.original_came(forms);
                }
                None
            }
            SourceUpdate::Groups { request, result } => {
                self.front.consumers.read(request, result);
                None
            }
            SourceUpdate::ResetPlanned { request, result } => {
                self.front.consumers.planned(request, result);
                None
            }
            SourceUpdate::OffsetsReset { request, result } => {
                let consumers = &mut self.front.consumers;
                consumers.was_set(request, result, next, now)
            }
            _ => None,
        };
        read.map(|read| self.to_front(read)).into_iter().collect()
    }
}
