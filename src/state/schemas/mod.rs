//! The schemas screen: which versions are compared, and what came out.

mod compare;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;

use crate::domain::Event;
use crate::log::EventLog;
use crate::protocol::Command;
use crate::schema::{Cancel, Catalog, EventType, Level, Policy};
use crate::search::Task;

use super::{Forms, Soon};

pub use compare::{Comparison, Line, Matrix, Replay};
use compare::{Work, matrix};

/// Milliseconds between two looks whether work on another thread is done.
const LOOK_MS: i64 = 30;

/// What is shown of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaTab {
    /// The list of changes.
    #[default]
    Changes,
    /// Both texts.
    SideBySide,
    /// All versions against all.
    Matrix,
    /// What refuses what.
    Breaks,
}

/// Something a person did here.
#[derive(Clone, Debug)]
pub enum SchemaAction {
    /// Open this folder.
    Open(PathBuf),
    /// Open the sample shop's schemas.
    OpenSample,
    /// Look at this event type.
    Choose(String),
    /// The version that is in use.
    Old(String),
    /// The version to come.
    New(String),
    /// Two versions at once, from the matrix.
    Pair(String, String),
    /// Judge by this policy.
    Policy(Policy),
    /// Ask for this level.
    Level(Level),
    /// Show this.
    Tab(SchemaTab),
    /// Compare with a draft instead of the new version, or no longer.
    WhatIf(bool),
    /// The draft changed.
    Drafted,
    /// Write the draft as the next version.
    Save,
}

/// What the screen shows.
#[derive(Debug, Default)]
pub struct SchemaDesk {
    /// The folder's content, once it was read.
    pub catalog: Option<Arc<Catalog>>,
    /// Why the folder cannot be read.
    pub problem: Option<String>,
    /// The event type that is looked at.
    pub event_type: Option<String>,
    /// The version that is in use.
    pub old: String,
    /// The version to come.
    pub new: String,
    /// By which policy.
    pub policy: Policy,
    /// Which level.
    pub level: Level,
    /// What is shown.
    pub tab: SchemaTab,
    /// A draft stands in the place of the new version.
    pub what_if: bool,
    /// What came out last.
    pub found: Option<Comparison>,
    /// All versions against all.
    pub matrix: Option<Matrix>,
    draft: String,
    stale: bool,
    comparing: Option<Task<Comparison>>,
    crossing: Option<Task<Matrix>>,
    cancel: Cancel,
}

impl SchemaDesk {
    /// The event type that is looked at.
    #[must_use]
    pub fn chosen(&self) -> Option<&EventType> {
        self.catalog.as_ref()?.get(self.event_type.as_ref()?)
    }

    /// True while a comparison runs.
    #[must_use]
    pub fn is_comparing(&self) -> bool {
        self.stale || self.comparing.is_some()
    }

    /// The folder, unless it is the app's own sample.
    #[must_use]
    pub fn own_folder(&self) -> Option<PathBuf> {
        let folder = &self.catalog.as_ref()?.folder;
        (!is_sample(folder)).then(|| folder.clone())
    }

    /// The folder was read.
    pub fn read(&mut self, read: Result<Arc<Catalog>, String>, forms: &mut Forms) {
        match read {
            Ok(catalog) => {
                self.problem = None;
                forms.schema_folder = catalog.folder.display().to_string();
                let still = self
                    .event_type
                    .as_ref()
                    .and_then(|name| catalog.get(name))
                    .is_some();
                let first = catalog
                    .types
                    .iter()
                    .max_by_key(|one| one.versions.len().min(2));
                let first = first.map(|one| one.name.clone());
                // The first of the types that have something to compare.
                let first = catalog
                    .types
                    .iter()
                    .find(|one| one.versions.len() > 1)
                    .map(|one| one.name.clone())
                    .or(first);
                self.catalog = Some(catalog);
                if still {
                    self.keep_versions(forms);
                } else if let Some(first) = first {
                    self.choose(first, forms);
                } else {
                    self.event_type = None;
                    self.found = None;
                }
            }
            Err(words) => self.problem = Some(words),
        }
    }

    fn keep_versions(&mut self, forms: &mut Forms) {
        let Some(chosen) = self.chosen() else { return };
        let there = chosen.get(&self.old).is_some() && chosen.get(&self.new).is_some();
        let name = chosen.name.clone();
        if there {
            self.matrix = None;
            self.again();
        } else {
            self.choose(name, forms);
        }
    }

    fn choose(&mut self, event_type: String, forms: &mut Forms) {
        self.event_type = Some(event_type);
        let Some(chosen) = self.chosen() else { return };
        let mut newest = chosen.versions.iter().rev();
        let new = newest
            .next()
            .map(|one| one.version.clone())
            .unwrap_or_default();
        let old = newest
            .next()
            .map_or_else(|| new.clone(), |one| one.version.clone());
        (self.old, self.new) = (old, new);
        self.what_if = false;
        forms.schema_draft.clear();
        self.found = None;
        self.matrix = None;
        self.again();
    }

    /// What was worked out is about something else.
    fn again(&mut self) {
        self.cancel.cancel();
        self.comparing = None;
        self.crossing = None;
        self.stale = true;
    }

    /// Does what the person asked for.
    pub fn act(&mut self, action: SchemaAction, forms: &mut Forms) -> Option<Command> {
        match action {
            SchemaAction::Open(folder) => return Some(Command::OpenSchemas(folder)),
            SchemaAction::OpenSample => return Some(Command::OpenSampleSchemas),
            SchemaAction::Choose(event_type) => self.choose(event_type, forms),
            SchemaAction::Old(version) => self.old = version,
            SchemaAction::New(version) => self.new = version,
            SchemaAction::Pair(old, new) => {
                (self.old, self.new) = (old, new);
                self.tab = SchemaTab::Changes;
            }
            SchemaAction::Policy(policy) => {
                self.policy = policy;
                self.matrix = None;
            }
            SchemaAction::Level(level) => {
                self.level = level;
                return None;
            }
            SchemaAction::Tab(tab) => {
                self.tab = tab;
                return None;
            }
            SchemaAction::WhatIf(is) => {
                self.what_if = is;
                if is && forms.schema_draft.is_empty() {
                    let entry = self.chosen().and_then(|chosen| chosen.get(&self.new));
                    forms.schema_draft = entry.map(|entry| entry.text.clone()).unwrap_or_default();
                }
            }
            SchemaAction::Drafted => {}
            SchemaAction::Save => {
                let catalog = self.catalog.as_ref()?;
                let chosen = self.chosen()?;
                return Some(Command::SaveSchema {
                    folder: catalog.folder.clone(),
                    event_type: chosen.name.clone(),
                    version: chosen.next(),
                    text: forms.schema_draft.clone(),
                });
            }
        }
        self.draft.clone_from(&forms.schema_draft);
        self.again();
        None
    }

    /// A frame passes in which the screen is shown. `dead` gives the dead letters that are known.
    pub fn tick(&mut self, log: &EventLog, dead: impl FnOnce() -> Vec<Arc<Event>>) -> Soon {
        if let Some(task) = &self.comparing
            && let Poll::Ready(done) = task.poll()
        {
            self.comparing = None;
            self.found = done;
        }
        if let Some(task) = &self.crossing
            && let Poll::Ready(done) = task.poll()
        {
            self.crossing = None;
            self.matrix = done;
        }
        if self.comparing.is_none() && std::mem::take(&mut self.stale) {
            self.begin(log, dead());
        }
        if self.tab == SchemaTab::Matrix && self.matrix.is_none() && self.crossing.is_none() {
            self.cross();
        }
        if self.comparing.is_some() || self.crossing.is_some() {
            Soon::In(LOOK_MS)
        } else {
            Soon::No
        }
    }

    fn begin(&mut self, log: &EventLog, dead: Vec<Arc<Event>>) {
        let Some(chosen) = self.chosen() else { return };
        let (Some(old), Some(new)) = (chosen.get(&self.old), chosen.get(&self.new)) else {
            return;
        };
        let work = Work {
            event_type: chosen.name.clone(),
            old: old.clone(),
            new: new.clone(),
            draft: self.what_if.then(|| self.draft.clone()),
            policy: self.policy,
            log: log.pieces(log.first()),
            dead,
        };
        self.cancel = Cancel::default();
        let cancel = self.cancel.clone();
        self.comparing = Some(Task::begin(move || work.done(&cancel)));
    }

    fn cross(&mut self) {
        let Some(chosen) = self.chosen() else { return };
        let (chosen, policy, cancel) = (chosen.clone(), self.policy, self.cancel.clone());
        self.crossing = Some(Task::begin(move || matrix(&chosen, policy, &cancel)));
    }
}

fn is_sample(folder: &Path) -> bool {
    folder.ends_with("eventscope/sample-schemas")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tap::TapId;
    use crate::log::tests::event;
    use crate::schema::{Answer, Source};

    fn catalog() -> Arc<Catalog> {
        let source = |version: &str, amount: &str| Source {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(
                r#"{{"type":"object","properties":{{"amount":{{"type":"{amount}"}}}},"required":["amount"]}}"#
            ),
        };
        Arc::new(Catalog::new(
            PathBuf::from("/schemas"),
            vec![source("1", "number"), source("2", "string")],
        ))
    }

    fn done(desk: &mut SchemaDesk, log: &EventLog, dead: &[Arc<Event>]) {
        while desk.tick(log, || dead.to_vec()) != Soon::No {
            std::thread::yield_now();
        }
    }

    #[test]
    fn two_versions_are_compared_and_real_events_asked() {
        let mut log = EventLog::new(300_000);
        for body in [r#"{"amount":1}"#, r#"{"amount":2}"#, r#"{"amount":"3"}"#] {
            log.push(TapId(1), &event("order.created", body));
        }
        log.push(TapId(1), &event("order.paid", r#"{"amount":1}"#));
        let envelope = r#"{"eventType":"order.created","amount":4,"data":{"amount":"x"}}"#;
        log.push(TapId(1), &event("elsewhere", envelope));
        let dead = [Arc::new(event("order.created", r#"{"amount":"4"}"#))];
        let (mut desk, mut forms) = (SchemaDesk::default(), Forms::default());
        desk.read(Ok(catalog()), &mut forms);
        assert_eq!((desk.old.as_str(), desk.new.as_str()), ("1", "2"));
        done(&mut desk, &log, &dead);
        let found = desk.found.as_ref().unwrap();
        let report = found.report.as_ref().unwrap();
        assert_eq!(
            (report.backward.answer, report.forward.answer),
            (Answer::No, Answer::No)
        );
        assert_eq!(
            (
                found.captured.seen,
                found.captured.refused_by_old,
                found.captured.refused_by_new
            ),
            (4, 1, 3)
        );
        assert_eq!(
            (
                found.dead.seen,
                found.dead.refused_by_old,
                found.dead.refused_by_new
            ),
            (1, 1, 0)
        );
        assert_eq!(found.hits, [3]);
        // A draft that takes both would let the dead pass, and all others.
        desk.act(SchemaAction::WhatIf(true), &mut forms);
        forms.schema_draft = r#"{"type":"object","required":["amount"]}"#.to_owned();
        desk.act(SchemaAction::Drafted, &mut forms);
        done(&mut desk, &log, &dead);
        let found = desk.found.as_ref().unwrap();
        assert_eq!(
            (found.captured.refused_by_new, found.dead.refused_by_new),
            (0, 0)
        );
        assert_eq!(found.report.as_ref().unwrap().backward.answer, Answer::Yes);
        forms.schema_draft = "{".to_owned();
        desk.act(SchemaAction::Drafted, &mut forms);
        done(&mut desk, &log, &dead);
        assert!(
            desk.found
                .as_ref()
                .unwrap()
                .report
                .as_ref()
                .unwrap_err()
                .contains("not JSON")
        );
        let saved = desk.act(SchemaAction::Save, &mut forms);
        assert!(matches!(saved, Some(Command::SaveSchema { version, .. }) if version == "3"));
        desk.act(SchemaAction::WhatIf(false), &mut forms);
        desk.act(SchemaAction::Tab(SchemaTab::Matrix), &mut forms);
        done(&mut desk, &log, &dead);
        assert_eq!(desk.matrix.as_ref().unwrap().names, ["1", "2"]);
    }
}
