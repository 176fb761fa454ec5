//! Consumer groups: how far each is and where that goes, and the setting of offsets of one without members.

mod reset;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

pub use reset::{ResetChoice, ResetDesk, ResetForm};

use super::forms::Forms;
use crate::kafka::groups::reset::{ResetOrder, ResetPlan, ResetTo};
use crate::kafka::groups::{ConsumerGroup, GroupReading, LagTrend};
use crate::protocol::{RequestId, SourceCommand};

/// What a person can do with consumer groups.
#[derive(Clone, Debug)]
pub enum ConsumerAction {
    /// Read them again.
    Read,
    /// Look at the group of this name.
    Select(String),
    /// Show what can be set.
    OpenReset,
    /// Leave the offsets as they are.
    CloseReset,
    /// Work out what the form would do.
    Plan,
    /// Work out what taking this back would do, by its id.
    PlanBack(String),
    /// Do what was worked out.
    Reset,
}

/// What is known of the groups of a source.
#[derive(Debug, Default)]
pub struct ConsumerDesk {
    /// As they were read last.
    pub reading: Option<GroupReading>,
    /// Why they could not be read, in words.
    pub problem: Option<String>,
    /// They are being read.
    pub asked: Option<RequestId>,
    /// When they were asked for last.
    asked_at: Option<DateTime<Utc>>,
    trends: BTreeMap<String, LagTrend>,
    /// The group that is looked at.
    pub selected: Option<String>,
    /// Offsets of that group that are being set.
    pub reset: Option<ResetDesk>,
}

impl ConsumerDesk {
    /// The group that is looked at, if it is still there.
    #[must_use]
    pub fn chosen(&self) -> Option<&ConsumerGroup> {
        self.reading.as_ref()?.group(self.selected.as_deref()?)
    }

    /// The groups whose names have these letters.
    pub fn listed<'a>(&'a self, letters: &str) -> impl Iterator<Item = &'a ConsumerGroup> {
        let letters = letters.trim().to_lowercase();
        let groups = self.reading.iter().flat_map(|reading| &reading.groups);
        groups.filter(move |group| group.name.to_lowercase().contains(&letters))
    }

    /// Whether a group catches up, in words; empty where that cannot be told.
    #[must_use]
    pub fn trend(&self, group: &str) -> String {
        self.trends
            .get(group)
            .map_or(String::new(), LagTrend::words)
    }

    /// True if offsets are being set now.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        self.reset
            .as_ref()
            .is_some_and(|reset| reset.running.is_some())
    }

    /// Asks for the groups again, if the last answer is older than this.
    pub fn read_after(
        &mut self,
        pause: TimeDelta,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        let is_due = self.asked_at.is_none_or(|at| now - at >= pause);
        if self.asked.is_some() || !is_due {
            return None;
        }
        self.asked = Some(request);
        self.asked_at = Some(now);
        Some(SourceCommand::ReadGroups { request })
    }

    /// Does what the person asked for.
    pub fn act(
        &mut self,
        action: ConsumerAction,
        request: RequestId,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        match action {
            ConsumerAction::Read => return self.read_after(TimeDelta::zero(), request, now),
            ConsumerAction::Select(name) => {
                if !self.is_setting() && self.selected.as_ref() != Some(&name) {
                    self.reset = None;
                    self.selected = Some(name);
                }
            }
            ConsumerAction::OpenReset => {
                forms.reset = ResetForm::default();
                self.reset = Some(ResetDesk::default());
            }
            ConsumerAction::CloseReset => {
                if !self.is_setting() {
                    self.reset = None;
                }
            }
            ConsumerAction::Plan => return self.plan(request, &forms.reset, now),
            ConsumerAction::PlanBack(id) => {
                let group = self.selected.clone()?;
                let reading = self.reading.as_ref()?;
                let kept = reading.kept.iter().find(|one| one.id == id)?.clone();
                let order = ResetOrder {
                    group,
                    topic: None,
                    to: ResetTo::Before(kept),
                };
                self.reset = Some(ResetDesk {
                    planning: Some(request),
                    is_back: true,
                    ..ResetDesk::default()
                });
                return Some(SourceCommand::PlanReset { request, order });
            }
            ConsumerAction::Reset => {
                let reset = self.reset.as_mut()?;
                let plan = reset.ready(&forms.reset)?.clone();
                reset.running = Some(request);
                reset.problem = None;
                let plan = Box::new(plan);
                return Some(SourceCommand::ResetOffsets { request, plan });
            }
        }
        None
    }

    fn plan(
        &mut self,
        request: RequestId,
        form: &ResetForm,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        let group = self.selected.clone()?;
        let reset = self.reset.as_mut()?;
        if reset.is_busy() {
            return None;
        }
        *reset = ResetDesk::default();
        match form.to(now) {
            Ok(to) => {
                reset.planning = Some(request);
                reset.asked_by = form.clone();
                let topic = Some(form.topic.clone()).filter(|topic| !topic.is_empty());
                let order = ResetOrder { group, topic, to };
                Some(SourceCommand::PlanReset { request, order })
            }
            Err(words) => {
                reset.problem = Some(words);
                None
            }
        }
    }

    /// Takes the groups as they were read.
    pub fn read(&mut self, request: RequestId, result: Result<GroupReading, String>) {
        if self.asked != Some(request) {
            return;
        }
        self.asked = None;
        match result {
            Ok(reading) => {
                self.problem = None;
                let at = reading.at.timestamp_millis();
                for group in &reading.groups {
                    self.trends
                        .entry(group.name.clone())
                        .or_default()
                        .note(group, at);
                }
                self.trends.retain(|name, _| reading.group(name).is_some());
                self.reading = Some(reading);
            }
            Err(words) => self.problem = Some(words),
        }
    }

    /// Takes what a reset would do.
    pub fn planned(&mut self, request: RequestId, result: Result<ResetPlan, String>) {
        let Some(reset) = &mut self.reset else {
            return;
        };
        if reset.planning != Some(request) {
            return;
        }
        reset.planning = None;
        match result {
            Ok(plan) => reset.plan = Some(plan),
            Err(words) => reset.problem = Some(words),
        }
    }

    /// No answer comes any more, for this reason.
    pub fn ended(&mut self, words: &str) {
        self.asked = None;
        if let Some(reset) = self.reset.as_mut().filter(|reset| reset.is_busy()) {
            (reset.planning, reset.running) = (None, None);
            reset.problem = Some(words.to_owned());
        }
    }

    /// Takes how setting offsets ended, and looks again.
    pub fn was_set(
        &mut self,
        request: RequestId,
        result: Result<String, String>,
        next: RequestId,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        let reset = self.reset.as_mut()?;
        if reset.running != Some(request) {
            return None;
        }
        reset.running = None;
        reset.plan = None;
        match result {
            Ok(words) => reset.done = Some(words),
            Err(words) => reset.problem = Some(words),
        }
        // What is being read now may be from before.
        self.asked = None;
        self.read_after(TimeDelta::zero(), next, now)
    }
}

#[cfg(test)]
mod tests;
