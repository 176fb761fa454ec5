//! The messages of the open queue in groups, and what tells a group from the events that passed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::task::Poll;

use chrono::{DateTime, Utc};

use super::grouping::{best, kin};
use crate::analysis::SearchTask;
use crate::event::amqp::x_death::DEATHS;
use crate::event::source_id::SourceId;
use crate::event::{Event, Fingerprint};
use crate::log::{EventLog, Segment};
use crate::repair::death_line::DeathLine;
use crate::repair::feature::features;
use crate::repair::groups::{GroupBy, TracedCause};
use crate::repair::why::{Difference, Tally, differences};
use crate::schema::Catalog;
use crate::state::Soon;

/// Most events that passed which a group is compared with, the newest ones.
const COMPARED: usize = 20_000;
/// Milliseconds between two looks whether work on another thread is done.
const LOOK_MS: i64 = 30;

/// A group whose members are named by what they are, so that it stays true while messages leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonGroup {
    /// What they have in common.
    pub name: String,
    /// The messages.
    pub members: Vec<Fingerprint>,
    /// How many died in each of equal spans of time; empty if no time is known.
    pub times: Vec<u32>,
}

/// A message to be grouped.
#[derive(Clone, Debug)]
pub struct Member {
    pub fingerprint: Fingerprint,
    pub event: Arc<Event>,
    /// What it tells of its death.
    pub line: Arc<DeathLine>,
    /// How often it came back after it was sent again.
    pub came_back: u32,
}

/// The dead letters that are compared with events that passed.
#[derive(Clone, Debug)]
pub struct Dead {
    /// The source that they lie in: what passed in another says nothing of them.
    pub source: SourceId,
    /// Those of the group, with where they came from.
    pub group: Vec<TracedCause>,
    /// All that are known to be dead, those of the group too.
    pub all: Vec<Arc<Event>>,
    /// When the queue was looked into. What a tap saw later may have died since.
    pub at: DateTime<Utc>,
}

/// An event needs some time to be consumed and to die, in milliseconds.
const DYING_MS: i64 = 2_000;

/// What was found out about a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Dead letters of the group.
    pub dead: usize,
    /// Events of the same keys that were seen on a tap and did not die.
    pub passed: usize,
    /// Those keys.
    pub keys: Vec<String>,
    /// What tells them apart, the sharpest first.
    pub differences: Vec<Difference>,
}

/// The groups and the one that is looked at.
#[derive(Debug, Default)]
pub struct GroupDesk {
    /// What makes messages belong together.
    pub by: GroupBy,
    /// That was chosen, by the person or once for this queue.
    is_chosen: bool,
    /// The largest first.
    pub groups: Vec<CommonGroup>,
    /// The name of the one that is looked at.
    pub selected: Option<String>,
    /// What was found out about it.
    pub findings: Option<Findings>,
    stale: bool,
    /// The schemas that the groups rest on, where they rest on any.
    catalog: Option<Arc<Catalog>>,
    grouping: Option<SearchTask<(GroupBy, Vec<CommonGroup>)>>,
    comparing: Option<SearchTask<Findings>>,
}

impl GroupDesk {
    /// The messages are others now, or fewer.
    pub fn stale(&mut self) {
        self.stale = true;
    }

    /// Groups them by something else.
    pub fn group_by(&mut self, by: GroupBy) {
        *self = Self {
            by,
            is_chosen: true,
            stale: true,
            ..Self::default()
        };
    }

    /// Another queue is open: what tells its messages apart is found out again.
    pub(super) fn reset(&mut self) {
        *self = Self {
            stale: true,
            ..Self::default()
        };
    }

    /// Looks at a group, and compares it with the events in the log.
    pub fn select(&mut self, name: &str, group: Dead, log: &EventLog) {
        self.selected = Some(name.to_owned());
        self.findings = None;
        let pieces = log.pieces(log.first());
        self.comparing = Some(SearchTask::begin(move || compare(&group, &pieces)));
    }

    /// The group that is looked at.
    #[must_use]
    pub fn chosen(&self) -> Option<&CommonGroup> {
        let name = self.selected.as_ref()?;
        self.groups.iter().find(|group| group.name == *name)
    }

    /// True while groups are worked out.
    #[must_use]
    pub fn is_grouping(&self) -> bool {
        self.stale || self.grouping.is_some()
    }

    /// A frame passes in which the groups are shown. `messages` gives them when they are needed.
    pub fn tick(
        &mut self,
        catalog: Option<&Arc<Catalog>>,
        messages: impl FnOnce() -> Vec<Member>,
    ) -> Soon {
        let known = self.catalog.as_ref().map(Arc::as_ptr);
        if known != catalog.map(Arc::as_ptr) {
            self.catalog = catalog.cloned();
            self.stale |= self.by == GroupBy::Schema;
        }
        if let Some(task) = &self.grouping
            && let Poll::Ready(done) = task.poll()
        {
            self.grouping = None;
            let (by, groups) = done.unwrap_or_default();
            // Nothing can be chosen for a queue in which nothing was seen yet.
            self.is_chosen |= !groups.is_empty();
            (self.by, self.groups) = (by, groups);
            if self.chosen().is_none() {
                self.selected = None;
                self.findings = None;
                self.comparing = None;
            }
        }
        if let Some(task) = &self.comparing
            && let Poll::Ready(done) = task.poll()
        {
            self.comparing = None;
            self.findings = Some(done.unwrap_or_default());
        }
        if self.grouping.is_none() && std::mem::take(&mut self.stale) {
            let (messages, catalog) = (messages(), self.catalog.clone());
            let by = self.is_chosen.then_some(self.by);
            let work = move || match by {
                Some(by) => (by, kin(&messages, by, catalog.as_deref())),
                None => best(&messages, catalog.as_deref()),
            };
            self.grouping = Some(SearchTask::begin(work));
        }
        if self.grouping.is_some() || self.comparing.is_some() {
            Soon::In(LOOK_MS)
        } else {
            Soon::No
        }
    }
}

/// Compares dead letters with what passed under the same keys. A tap sees an event before
/// it dies, so those that are known to have died do not count as passed.
fn compare(dead: &Dead, log: &[Arc<Segment>]) -> Findings {
    let mut keys = HashSet::new();
    let mut ids = HashSet::new();
    let mut bodies = HashSet::new();
    let mut of_dead = Tally::default();
    for event in &dead.all {
        ids.extend(event.envelope.event_id.as_deref().map(str::to_owned));
        bodies.insert(hash(&event.body));
    }
    let until = dead.at.timestamp_millis() - DYING_MS;
    for (event, line) in &dead.group {
        keys.insert(line.key.clone());
        of_dead.add(features(&event.properties, &event.body));
    }
    let mut of_passed = Tally::default();
    let newest = log.iter().rev().flat_map(|segment| segment.all_events());
    for event in newest {
        if of_passed.messages >= COMPARED {
            break;
        }
        let is_dead = event.received_ms() > until
            || event.shape().has_header(DEATHS)
            || event.event_id().is_some_and(|id| ids.contains(&*id))
            || bodies.contains(&hash(event.body()));
        let is_of_source = event.tap().source == dead.source;
        if is_of_source && keys.contains(event.key()) && !is_dead {
            of_passed.add(features(&event.properties(), event.body()));
        }
    }
    let mut keys: Vec<String> = keys.into_iter().collect();
    keys.sort_unstable();
    Findings {
        dead: of_dead.messages,
        passed: of_passed.messages,
        keys,
        differences: differences(&of_dead, &of_passed),
    }
}

fn hash(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tap_id::TapId;
    use crate::repair::account::Account;
    use crate::repair::groups;
    use crate::testing::event;
    use chrono::TimeDelta;

    fn line(event: &Event) -> Arc<DeathLine> {
        Arc::new(DeathLine::of(event, &Account::default()))
    }

    fn done(desk: &mut GroupDesk, messages: &[Arc<Event>]) {
        let all = || {
            let named = messages.iter().zip(0..).map(|(event, came_back)| Member {
                fingerprint: event.fingerprint(),
                event: Arc::clone(event),
                line: line(event),
                came_back,
            });
            named.collect::<Vec<_>>()
        };
        while desk.tick(None, all) != Soon::No {
            std::thread::yield_now();
        }
    }

    #[test]
    fn unasked_the_grouping_is_taken_that_splits_best() {
        let typed = |kind: &str, n: u32| {
            let body = format!(r#"{{"eventType":"{kind}","data":{{"n":{n}}}}}"#);
            Arc::new(event("k", &body))
        };
        let mut desk = GroupDesk::default();
        desk.reset();
        done(&mut desk, &[typed("order.paid", 1), typed("order.sent", 2)]);
        assert_eq!((desk.by, desk.groups.len()), (GroupBy::Type, 2));
        // While messages leave, the choice stays.
        desk.stale();
        done(&mut desk, &[typed("order.paid", 1)]);
        assert_eq!((desk.by, desk.groups.len()), (GroupBy::Type, 1));
        // Where nothing splits them, what says anything is taken.
        desk.reset();
        done(&mut desk, &[event("k", "1"), event("k", "2")].map(Arc::new));
        assert_eq!((desk.by, desk.groups.len()), (GroupBy::Key, 1));
    }

    #[test]
    fn a_group_is_compared_with_what_passed_under_its_key() {
        let dead: Vec<_> = [r#"{"id":1,"amount":"1"}"#, r#"{"id":2,"amount":"2"}"#]
            .map(|body| Arc::new(event("k", body)))
            .into();
        let mut log = EventLog::new(300_000);
        log.push(
            TapId::of(SourceId::FIRST, 1),
            &event("other", r#"{"amount":"text"}"#),
        );
        log.push(
            TapId::of(SourceId::FIRST, 1),
            &event("k", r#"{"id":3,"amount":3}"#),
        );
        // The tap saw this one too before it died.
        log.push(TapId::of(SourceId::FIRST, 1), &dead[0]);
        let mut desk = GroupDesk::default();
        desk.group_by(GroupBy::Key);
        done(&mut desk, &dead);
        assert_eq!(desk.groups.len(), 1);
        assert_eq!(desk.groups[0].members.len(), 2);
        let group = Dead {
            source: SourceId::FIRST,
            group: dead
                .iter()
                .map(|event| (Arc::clone(event), line(event)))
                .collect(),
            all: dead.clone(),
            at: Utc::now() + TimeDelta::minutes(1),
        };
        desk.select("k", group.clone(), &log);
        done(&mut desk, &dead);
        let found = desk.findings.clone().unwrap_or_default();
        assert_eq!((found.dead, found.passed), (2, 1));
        let words: Vec<_> = found
            .differences
            .iter()
            .map(|d| d.words(|n| n.to_string()))
            .collect();
        assert_eq!(
            words,
            ["2 of 2 dead have data.amount as text; 0 of 1 that passed"]
        );
        // What came after the look may have died since.
        let at = DateTime::UNIX_EPOCH;
        desk.select("k", Dead { at, ..group }, &log);
        done(&mut desk, &dead);
        assert_eq!(desk.findings.as_ref().map(|found| found.passed), Some(0));
        desk.group_by(GroupBy::CameBack);
        done(&mut desk, &dead);
        let names: Vec<_> = desk.groups.iter().map(|group| &group.name).collect();
        assert_eq!(names, ["Came back once", "Never came back"]);
        desk.group_by(GroupBy::Schema);
        done(&mut desk, &dead);
        assert_eq!(desk.groups[0].name, groups::NO_SCHEMAS);
        desk.stale();
        done(&mut desk, &[]);
        assert!(desk.groups.is_empty() && desk.selected.is_none());
    }
}
