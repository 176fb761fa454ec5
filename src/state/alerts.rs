//! When the desktop is told that a dead-letter queue has grown: not of what was there before, for
//! each queue once a minute at most, and several queues in one message.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::protocol::DeskCommand;
use crate::rabbitmq::topology::DeadLetterQueue;
use crate::text::numbers::count_of;

/// Time between two messages about a queue.
const REST: TimeDelta = TimeDelta::minutes(1);
/// Most queues that a message names.
const NAMED: usize = 4;
/// Most queues that are muted and remembered.
const MUTED: usize = 1_000;

/// What a person can change about it.
#[derive(Clone, Debug)]
pub enum AlertAction {
    /// Tell of new dead letters, or never.
    Notify(bool),
    /// Tell nothing of this queue, or again.
    Mute(String, bool),
}

/// What was seen of a queue and told of it.
#[derive(Debug)]
struct Watched {
    depth: u64,
    /// New since the last message.
    grown: u64,
    told: Option<DateTime<Utc>>,
}

/// Watches depths.
#[derive(Debug)]
pub struct Alerts {
    /// The person wants to be told.
    pub wanted: bool,
    /// Queues of which nothing is told, each with the place of its broker before it.
    pub muted: BTreeSet<String>,
    /// Where the connected broker is.
    place: String,
    queues: BTreeMap<String, Watched>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            wanted: true,
            muted: BTreeSet::new(),
            place: String::new(),
            queues: BTreeMap::new(),
        }
    }
}

impl Alerts {
    /// Another broker: nothing that was seen is true of it.
    pub fn start(&mut self, place: String) {
        self.place = place;
        self.queues.clear();
    }

    /// Does what the person asked for.
    pub fn act(&mut self, action: AlertAction) {
        match action {
            AlertAction::Notify(wanted) => self.wanted = wanted,
            AlertAction::Mute(queue, true) => {
                if self.muted.len() < MUTED {
                    self.muted.insert(self.key(&queue));
                }
            }
            AlertAction::Mute(queue, false) => drop(self.muted.remove(&self.key(&queue))),
        }
    }

    /// True if nothing is told of this queue.
    #[must_use]
    pub fn is_muted(&self, queue: &str) -> bool {
        self.muted.contains(&self.key(queue))
    }

    fn key(&self, queue: &str) -> String {
        format!("{} {queue}", self.place)
    }

    /// Takes the depths down. What is borrowed counts too: a peek must not look like growth.
    pub fn note(&mut self, queues: &[DeadLetterQueue]) {
        let mut before = std::mem::take(&mut self.queues);
        for dead in queues {
            let Some(ready) = dead.queue.ready else {
                continue;
            };
            let depth = ready.saturating_add(dead.queue.unacked.unwrap_or(0));
            let mut watched = before.remove(&dead.queue.name).unwrap_or(Watched {
                depth,
                grown: 0,
                told: None,
            });
            watched.grown += depth.saturating_sub(watched.depth);
            if depth == 0 {
                // They are gone again before anybody was told.
                watched.grown = 0;
            }
            watched.depth = depth;
            self.queues.insert(dead.queue.name.clone(), watched);
        }
    }

    /// True while something waits to be told.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.wanted && self.queues.values().any(|watched| watched.grown > 0)
    }

    /// What is to be told now.
    pub fn due(&mut self, now: DateTime<Utc>) -> Option<DeskCommand> {
        if !self.waits() {
            return None;
        }
        let mut grown = Vec::new();
        let (place, muted) = (&self.place, &self.muted);
        for (name, watched) in &mut self.queues {
            let rested = watched.told.is_none_or(|told| now - told >= REST);
            if watched.grown == 0 || !rested {
                continue;
            }
            if !muted.contains(&format!("{place} {name}")) {
                grown.push((name.as_str(), watched.grown, watched.depth));
            }
            watched.grown = 0;
            watched.told = Some(now);
        }
        let total = grown.iter().map(|(_, count, _)| count).sum();
        let title = format!("{} in", count_of(total, "new dead letter"));
        Some(match grown.as_slice() {
            [] => return None,
            [(name, _, depth)] => DeskCommand::Notify {
                title: format!("{title} {name}"),
                words: format!("{} there now", wait_words(*depth)),
            },
            several => {
                let mut lines: Vec<String> = several
                    .iter()
                    .take(NAMED)
                    .map(|(name, count, depth)| format!("{name}: {count} new, {depth} in all"))
                    .collect();
                if several.len() > NAMED {
                    lines.push(format!("and {} more", several.len() - NAMED));
                }
                DeskCommand::Notify {
                    title: format!("{title} {} queues", several.len()),
                    words: lines.join("\n"),
                }
            }
        })
    }
}

fn wait_words(depth: u64) -> String {
    let verb = if depth == 1 { "lies" } else { "lie" };
    format!("{} {verb}", count_of(depth, "message"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rabbitmq::topology::Queue;

    fn depths(alerts: &mut Alerts, all: &[(&str, u64, u64)]) {
        let queues: Vec<DeadLetterQueue> = all
            .iter()
            .map(|(name, ready, unacked)| DeadLetterQueue {
                queue: Queue {
                    ready: Some(*ready),
                    unacked: Some(*unacked),
                    ..Queue::named(*name)
                },
                origins: Vec::new(),
            })
            .collect();
        alerts.note(&queues);
    }

    fn told(alerts: &mut Alerts, second: i64) -> Option<(String, String)> {
        match alerts.due(DateTime::UNIX_EPOCH + TimeDelta::seconds(second))? {
            DeskCommand::Notify { title, words } => Some((title, words)),
            other => panic!("{other:?}"),
        }
    }

    fn title(alerts: &mut Alerts, second: i64) -> Option<String> {
        told(alerts, second).map(|(title, _)| title)
    }

    #[test]
    fn growth_is_told_once_a_minute_and_not_what_was_there_before() {
        let mut alerts = Alerts::default();
        depths(&mut alerts, &[("a", 40, 0)]);
        assert_eq!(told(&mut alerts, 0), None, "it was there before");
        depths(&mut alerts, &[("a", 43, 0)]);
        let expected = ("3 new dead letters in a", "43 messages lie there now");
        let expected = Some((expected.0.to_owned(), expected.1.to_owned()));
        assert_eq!(told(&mut alerts, 5), expected);
        depths(&mut alerts, &[("a", 44, 0)]);
        assert_eq!(told(&mut alerts, 10), None);
        depths(&mut alerts, &[("a", 46, 0)]);
        assert!(alerts.waits());
        assert_eq!(told(&mut alerts, 64), None);
        assert_eq!(title(&mut alerts, 65).unwrap(), "3 new dead letters in a");
        assert!(!alerts.waits());
    }

    #[test]
    fn what_a_peek_borrows_or_a_resend_takes_away_is_no_growth() {
        let mut alerts = Alerts::default();
        depths(&mut alerts, &[("a", 10, 0)]);
        depths(&mut alerts, &[("a", 0, 10)]);
        depths(&mut alerts, &[("a", 10, 0)]);
        depths(&mut alerts, &[("a", 4, 0)]);
        assert_eq!(told(&mut alerts, 5), None);
        depths(&mut alerts, &[("a", 5, 0)]);
        assert_eq!(title(&mut alerts, 6).unwrap(), "1 new dead letter in a");
    }

    #[test]
    fn several_queues_share_a_message() {
        let mut alerts = Alerts::default();
        let names = ["a", "b", "c", "d", "e", "f"];
        depths(&mut alerts, &names.map(|name| (name, 0, 0)));
        depths(&mut alerts, &names.map(|name| (name, 2, 0)));
        let (title, words) = told(&mut alerts, 1).unwrap();
        assert_eq!(title, "12 new dead letters in 6 queues");
        assert!(words.starts_with("a: 2 new, 2 in all\nb:"), "{words}");
        assert!(words.ends_with("and 2 more"), "{words}");
    }

    #[test]
    fn nothing_is_told_of_what_is_muted() {
        let mut alerts = Alerts::default();
        alerts.start("here".into());
        alerts.act(AlertAction::Mute("a".into(), true));
        let grow = |alerts: &mut Alerts, depth| depths(alerts, &[("a", depth, 0), ("b", 0, 0)]);
        grow(&mut alerts, 0);
        grow(&mut alerts, 5);
        assert_eq!(told(&mut alerts, 1), None);
        assert!(!alerts.waits(), "it is not kept for later");
        alerts.act(AlertAction::Mute("a".into(), false));
        grow(&mut alerts, 6);
        assert_eq!(title(&mut alerts, 100).unwrap(), "1 new dead letter in a");
        alerts.act(AlertAction::Notify(false));
        grow(&mut alerts, 9);
        assert_eq!(told(&mut alerts, 300), None);
        alerts.act(AlertAction::Mute("a".into(), true));
        alerts.start("elsewhere".into());
        assert!(!alerts.is_muted("a"), "a queue of another broker");
    }
}
