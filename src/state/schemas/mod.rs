//! The schemas screen: which versions are compared, and what came out.

mod import;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;

use super::{Forms, Soon};
use crate::analysis::schemas::by_path::by_path;
use crate::analysis::{SearchTask, SeenType};
use crate::event::Event;
use crate::log::EventLog;
use crate::protocol::DeskCommand;
use crate::schema::folder::import::Imported;
use crate::schema::{Cancel, Catalog, EventType, Level, Policy, VersionRules};

pub use crate::analysis::schemas::by_path::{ByPath, PathRow, Shift};
use crate::analysis::schemas::compare::{CompareWork, Pair, matrix};
pub use crate::analysis::schemas::compare::{Comparison, DiffLine, Matrix, Replay, SampleVerdict};
use crate::analysis::schemas::earlier_versions::lineage;
pub use crate::analysis::schemas::earlier_versions::{Earlier, Lineage};
pub use import::{Import, ImportForm, ImportKind};

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
    /// How captured events of the type were judged.
    Stream,
    /// What was learned from them.
    Learned,
}

/// How both schemas stand beside each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SideView {
    /// As trees, row by row the same place.
    #[default]
    ByPath,
    /// As texts, line by line.
    RawText,
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
    /// Show both schemas in this way.
    Side(SideView),
    /// Show what the references at this path mean, or no longer.
    Unfold(String),
    /// Find out what an import would do, as the form says.
    PlanImport,
    /// End that.
    StopImport,
    /// Write what was planned.
    Import,
    /// Do not write it.
    CancelImport,
    /// Look at a type that has no schema, by what was learned of it.
    ChooseSeen(String),
    /// Look at what was learned of events that claim this version; empty for none.
    Learned(String),
    /// Ask for the version that what was learned is written as. It begins with the one that the events
    /// claim, if they claim one.
    NameLearned(String),
    /// Do not write it.
    DropLearned,
    /// Write what was learned, which is this schema, as the version that was named.
    SaveLearned(String),
    /// Keep the rules by which events tell their version.
    SaveRules,
    /// Keep this event as an example, under this name.
    SaveSample {
        /// Name of the sample.
        sample: String,
        text: String,
    },
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
    pub policy: Policy,
    pub level: Level,
    pub tab: SchemaTab,
    /// A draft stands in the place of the new version.
    pub what_if: bool,
    /// What came out last.
    pub found: Option<Comparison>,
    /// All versions against all.
    pub matrix: Option<Matrix>,
    /// The new version against every earlier one, once a level asks for it.
    pub lineage: Option<Lineage>,
    /// Both schemas as trees, once they are looked at.
    pub by_path: Option<ByPath>,
    /// How both stand beside each other.
    pub side: SideView,
    /// A type without a schema that is looked at instead.
    pub seen: Option<String>,
    /// The claimed version whose events are looked at in what was learned.
    pub learned: String,
    /// What became of the last import.
    pub import: Import,
    /// The folder of an earlier run, until one was read.
    pub(super) remembered: Option<PathBuf>,
    unfolded: BTreeSet<String>,
    aligned: bool,
    draft: String,
    stale: bool,
    comparing: Option<SearchTask<Comparison>>,
    crossing: Option<SearchTask<Matrix>>,
    tracing: Option<SearchTask<Lineage>>,
    aligning: Option<SearchTask<Option<ByPath>>>,
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

    /// The folder, unless it is that of the app's own sample. Before one was read, the remembered
    /// one: it may only not be there now.
    #[must_use]
    pub fn own_folder(&self, sample: Option<&Path>) -> Option<&Path> {
        let read = self.catalog.as_ref().map(|catalog| &catalog.folder);
        let folder = read.or(self.remembered.as_ref())?.as_path();
        (Some(folder) != sample).then_some(folder)
    }

    /// The folder was read.
    pub fn read(&mut self, read: Result<Arc<Catalog>, String>, forms: &mut Forms) {
        match read {
            Ok(catalog) => {
                self.problem = None;
                forms.schema_folder = catalog.folder.display().to_string();
                // A type that was looked at without a schema may have one now.
                if let Some(seen) = self.seen.take_if(|seen| catalog.get(seen).is_some()) {
                    self.event_type = Some(seen);
                }
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
            self.take_judgement();
            self.again();
        } else {
            self.choose(name, forms);
        }
    }

    fn choose(&mut self, event_type: String, forms: &mut Forms) {
        self.event_type = Some(event_type);
        self.seen = None;
        forms.learned_version = None;
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
        self.unfolded.clear();
        self.take_judgement();
        self.again();
    }

    /// Policy and level are those that are written down for the type, else for the folder.
    fn take_judgement(&mut self) {
        let Some(catalog) = &self.catalog else { return };
        let Some(chosen) = self.chosen() else { return };
        let policy = chosen.meta.policy.or(catalog.defaults.policy);
        let level = chosen.meta.level.or(catalog.defaults.level);
        (self.policy, self.level) = (policy.unwrap_or_default(), level.unwrap_or_default());
    }

    /// Writes policy and level down for the type.
    fn judge(&self) -> Option<DeskCommand> {
        Some(DeskCommand::JudgeSchemas {
            folder: self.catalog.as_ref()?.folder.clone(),
            event_type: self.event_type.clone()?,
            policy: self.policy,
            level: self.level,
        })
    }

    /// An import ended. What it wrote is looked at.
    pub fn imported(&mut self, done: Result<Imported, String>) -> Option<DeskCommand> {
        let folder = done.as_ref().ok().map(|done| done.folder.clone());
        self.import.ended(done);
        let open = self.catalog.as_ref().map(|catalog| &catalog.folder);
        let folder = folder.filter(|folder| Some(folder) != open)?;
        Some(DeskCommand::OpenSchemas(folder))
    }

    /// What was worked out is about something else.
    fn again(&mut self) {
        self.cancel.cancel();
        self.comparing = None;
        self.crossing = None;
        self.tracing = None;
        self.aligning = None;
        self.lineage = None;
        self.aligned = false;
        self.stale = true;
    }

    /// Does what the person asked for.
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub fn act(&mut self, action: SchemaAction, forms: &mut Forms) -> Option<DeskCommand> {
        match action {
            SchemaAction::Open(folder) => return Some(DeskCommand::OpenSchemas(folder)),
            SchemaAction::OpenSample => return Some(DeskCommand::OpenSampleSchemas),
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
                self.again();
                return self.judge();
            }
            SchemaAction::Level(level) => {
                self.level = level;
                return self.judge();
            }
            SchemaAction::Side(side) => {
                self.side = side;
                return None;
            }
            SchemaAction::Unfold(path) => {
                if !self.unfolded.remove(&path) {
                    self.unfolded.insert(path);
                }
                self.aligned = false;
                self.aligning = None;
                return None;
            }
            SchemaAction::ChooseSeen(event_type) => {
                self.seen = Some(event_type);
                forms.learned_version = None;
                return None;
            }
            SchemaAction::Learned(version) => {
                self.learned = version;
                return None;
            }
            SchemaAction::NameLearned(claimed) => {
                forms.learned_version = self.version_for(claimed);
                return None;
            }
            SchemaAction::DropLearned => {
                forms.learned_version = None;
                return None;
            }
            SchemaAction::SaveLearned(text) => return self.save_learned(text, forms),
            SchemaAction::SaveRules => {
                let folder = self.catalog.as_ref()?.folder.clone();
                return match VersionRules::parse(&forms.version_rules) {
                    Ok(rules) => Some(DeskCommand::SaveRules { folder, rules }),
                    Err(_) => None,
                };
            }
            SchemaAction::PlanImport => return self.import.begin(&mut forms.schema_import),
            SchemaAction::StopImport => return Some(DeskCommand::StopImport),
            SchemaAction::Import => return self.import.write(),
            SchemaAction::CancelImport => self.import.cancel(),
            SchemaAction::SaveSample { sample, text } => {
                return Some(DeskCommand::SaveSample {
                    folder: self.catalog.as_ref()?.folder.clone(),
                    event_type: self.event_type.clone()?,
                    sample,
                    text,
                });
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
                return Some(DeskCommand::SaveSchema {
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
        take(&mut self.comparing, &mut self.found);
        take(&mut self.crossing, &mut self.matrix);
        take(&mut self.tracing, &mut self.lineage);
        let mut by_path = None;
        take(&mut self.aligning, &mut by_path);
        if let Some(by_path) = by_path {
            self.by_path = by_path;
        }
        if self.comparing.is_none() && std::mem::take(&mut self.stale) {
            self.begin(log, dead());
        }
        if self.tab == SchemaTab::Matrix && self.matrix.is_none() && self.crossing.is_none() {
            self.cross();
        }
        if self.level.is_transitive() && self.lineage.is_none() && self.tracing.is_none() {
            self.trace();
        }
        if self.tab == SchemaTab::SideBySide && !std::mem::replace(&mut self.aligned, true) {
            self.align();
        }
        let works = [
            self.comparing.is_some(),
            self.crossing.is_some(),
            self.tracing.is_some(),
            self.aligning.is_some(),
        ];
        if works.contains(&true) {
            Soon::In(LOOK_MS)
        } else {
            Soon::No
        }
    }

    /// The type whose events are looked at, with or without a schema.
    #[must_use]
    pub fn looked_at(&self) -> Option<&str> {
        self.seen.as_deref().or(self.event_type.as_deref())
    }

    /// The type and the claimed version whose events are looked at in what was learned.
    #[must_use]
    pub fn wanted(&self, seen: &[SeenType]) -> Option<(String, String)> {
        if self.seen.is_none() && self.tab != SchemaTab::Learned {
            return None;
        }
        let event_type = self.looked_at()?;
        let mut of_it = seen.iter().filter(|one| &*one.event_type == event_type);
        let version = match of_it.clone().find(|one| *one.version == *self.learned) {
            Some(one) => one,
            None => of_it.by_ref().max_by_key(|one| one.events)?,
        };
        Some((event_type.to_owned(), version.version.to_string()))
    }

    /// A version that events claim and that is not there is written under its own name.
    /// The version that what was learned is proposed as.
    fn version_for(&self, claimed: String) -> Option<String> {
        let known = self.catalog.as_ref()?.get(self.looked_at()?);
        let is_free = known.is_none_or(|known| known.get(&claimed).is_none());
        Some(if is_free && !claimed.is_empty() {
            claimed
        } else {
            known.map_or_else(|| "1".to_owned(), EventType::next)
        })
    }

    /// Why what was learned cannot be written as a version of this name, in words.
    #[must_use]
    pub fn refuses_version(&self, version: &str) -> Option<String> {
        let known = self.catalog.as_ref()?.get(self.looked_at()?);
        let is_there = known.is_some_and(|known| known.get(version).is_some());
        let is_name = version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
        match (version, is_there) {
            ("", _) => Some("Type the name of the version".to_owned()),
            (_, true) => Some(format!("Version {version} exists already")),
            _ if !is_name || version.starts_with('.') => {
                Some("A version is made of letters, digits, . - and _".to_owned())
            }
            _ => None,
        }
    }

    fn save_learned(&self, text: String, forms: &mut Forms) -> Option<DeskCommand> {
        let version = forms.learned_version.as_ref()?.trim().to_owned();
        if self.refuses_version(&version).is_some() {
            return None;
        }
        forms.learned_version = None;
        Some(DeskCommand::SaveSchema {
            folder: self.catalog.as_ref()?.folder.clone(),
            event_type: self.looked_at()?.to_owned(),
            version,
            text,
        })
    }

    fn pair(&self) -> Option<Pair> {
        let chosen = self.chosen()?;
        Some(Pair {
            old: chosen.get(&self.old)?.clone(),
            new: chosen.get(&self.new)?.clone(),
            draft: self.what_if.then(|| self.draft.clone()),
        })
    }

    fn begin(&mut self, log: &EventLog, dead: Vec<Arc<Event>>) {
        let (Some(pair), Some(chosen)) = (self.pair(), self.chosen()) else {
            return;
        };
        let work = CompareWork {
            pair,
            event_type: chosen.name.clone(),
            keys: chosen.meta.keys.clone(),
            samples: chosen.samples.clone(),
            policy: self.policy,
            log: log.pieces(log.first()),
            dead,
        };
        self.cancel = Cancel::default();
        let cancel = self.cancel.clone();
        self.comparing = Some(SearchTask::begin(move || work.done(&cancel)));
    }

    fn cross(&mut self) {
        let Some(chosen) = self.chosen() else { return };
        let (chosen, policy, cancel) = (chosen.clone(), self.policy, self.cancel.clone());
        self.crossing = Some(SearchTask::begin(move || matrix(&chosen, policy, &cancel)));
    }

    fn trace(&mut self) {
        let (Some(pair), Some(chosen)) = (self.pair(), self.chosen()) else {
            return;
        };
        let (chosen, policy, cancel) = (chosen.clone(), self.policy, self.cancel.clone());
        self.tracing = Some(SearchTask::begin(move || {
            lineage(&chosen, &pair.made().1, policy, &cancel)
        }));
    }

    fn align(&mut self) {
        let Some(pair) = self.pair() else { return };
        let unfolded = self.unfolded.clone();
        self.aligning = Some(SearchTask::begin(move || {
            let new = pair.draft.as_ref().unwrap_or(&pair.new.text);
            by_path(&pair.old.text, new, &unfolded)
        }));
    }
}

/// Takes what a task found, if it is done.
fn take<T: Send + 'static>(task: &mut Option<SearchTask<T>>, to: &mut Option<T>) {
    if let Some(running) = task
        && let Poll::Ready(done) = running.poll()
    {
        *task = None;
        *to = done;
    }
}

#[cfg(test)]
mod tests;
