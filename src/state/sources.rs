//! Several sources at once: which is in front, opening another, and giving one up.

use super::leaving::{Leave, LeaveAction};
use super::source::{self, Behind, Source};
use super::{Forms, State};
use crate::event::source_id::SourceId;
use crate::protocol::{Command, DeskCommand, Link};

/// What a person does with the sources themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceAction {
    /// Begin another one: it stands in front, with the connect screen.
    Add,
    /// Bring this one to the front.
    Choose(SourceId),
    /// Give up the one in front, which is not connected, where there is another.
    GiveUp,
}

/// Ended sources whose names are still known.
const ENDED: usize = 64;

impl State {
    /// All sources, in the order in which they were opened.
    #[must_use]
    pub fn sources(&self) -> Vec<&Source> {
        let behind = self.behind.values().map(|behind| &behind.source);
        let mut all: Vec<_> = behind.chain([&self.front]).collect();
        all.sort_by_key(|source| source.id);
        all
    }

    /// A source that is open.
    #[must_use]
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        if self.front.id == id {
            return Some(&self.front);
        }
        self.behind.get(&id).map(|behind| &behind.source)
    }

    /// True while several sources are open.
    #[must_use]
    pub fn has_several(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Edits of dead letters of all sources that were not sent.
    pub(super) fn edits(&self, forms: &Forms) -> usize {
        let behind = self.behind.values().map(|behind| behind.forms.edits());
        forms.edits() + behind.sum::<usize>()
    }

    /// The same of one source.
    pub(super) fn edits_of(&self, source: SourceId, forms: &Forms) -> usize {
        if source == self.front.id {
            return forms.edits();
        }
        let behind = self.behind.get(&source);
        behind.map_or(0, |behind| behind.forms.edits())
    }

    /// The end of its connection was asked for. Who only breaks off a first try stays at the form.
    pub(super) fn end(&mut self, source: SourceId, forms: &Forms) {
        if source == self.front.id {
            self.front.is_ending = self.front.has_session() || forms.edits() > 0;
        } else if let Some(behind) = self.behind.get_mut(&source) {
            behind.source.is_ending = true;
        }
    }

    /// Settings that were changed in front hold for all sources.
    pub(super) fn share_settings(&mut self) {
        for behind in self.behind.values_mut() {
            behind.source.take_over(&self.front);
        }
    }

    /// True if this place is open in a source behind: two connections to one broker would each take the
    /// other for somebody else.
    pub(super) fn is_open_behind(&self, place: &str) -> bool {
        self.behind.values().any(|behind| {
            let source = &behind.source;
            let is_open = !matches!(source.link, Link::Idle | Link::Failed { .. });
            is_open && source.address().is_some_and(|own| own.place() == place)
        })
    }

    /// True if rows of sources that have ended may be left.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// What a source was called that is not open any more, for the rows that it left.
    #[must_use]
    pub fn ended_name(&self, source: SourceId) -> Option<&str> {
        let ended = self.ended.iter().find(|(id, _)| *id == source)?;
        Some(&ended.1)
    }

    /// Does something with a source in front. What belongs to a source that is not open any more is
    /// left out.
    pub(super) fn with<T: Default>(
        &mut self,
        source: SourceId,
        forms: &mut Forms,
        work: impl FnOnce(&mut Self, &mut Forms) -> T,
    ) -> T {
        if !self.bring(source, forms) {
            return T::default();
        }
        let done = work(self, forms);
        self.bring(self.chosen, forms);
        done
    }

    /// Brings a source to the front, if it is open.
    fn bring(&mut self, source: SourceId, forms: &mut Forms) -> bool {
        if self.front.id == source {
            return true;
        }
        let Some(mut behind) = self.behind.remove(&source) else {
            return false;
        };
        behind.swap(&mut self.front, forms);
        self.behind.insert(behind.source.id, behind);
        true
    }

    /// Does what the person asked for with the sources themselves.
    pub(super) fn act_on_sources(
        &mut self,
        action: SourceAction,
        forms: &mut Forms,
    ) -> Vec<Command> {
        match action {
            SourceAction::Add => {
                let id = SourceId(self.fresh_source());
                let used: Vec<_> = self.sources().iter().map(|source| source.colour).collect();
                let free = (0..source::COLOURS).find(|colour| !used.contains(colour));
                let colour = free.unwrap_or(used.len() % source::COLOURS);
                let behind = Behind::new(id, colour, &self.front, forms);
                self.behind.insert(id, behind);
                self.choose(id, forms);
                Vec::new()
            }
            SourceAction::Choose(id) => {
                self.choose(id, forms);
                Vec::new()
            }
            // Edits that were not sent are asked about, as at any end of a connection.
            SourceAction::GiveUp if forms.edits() > 0 => {
                let what = Leave::Disconnect(self.front.id);
                self.leave(LeaveAction::Ask(what), forms)
            }
            SourceAction::GiveUp => self.give_up(forms),
        }
    }

    /// False while a source is in front for a moment only, to be told something.
    pub(super) fn is_chosen_in_front(&self) -> bool {
        self.front.id == self.chosen
    }

    /// Brings a source to the front until another is chosen.
    pub(super) fn choose(&mut self, source: SourceId, forms: &mut Forms) {
        if self.bring(source, forms) {
            self.chosen = source;
        }
    }

    /// The source in front is not wanted any more, where there is another: its driver ends, and what
    /// its taps brought stays.
    pub(super) fn give_up(&mut self, forms: &mut Forms) -> Vec<Command> {
        let ended = self.front.id;
        // It may be in front for a moment only.
        let next = if self.is_chosen_in_front() {
            self.behind.keys().next().copied()
        } else {
            Some(self.chosen)
        };
        let Some(next) = next else {
            return Vec::new();
        };
        if let Some(title) = self.front.last_title.take() {
            self.ended.push_back((ended, title));
            if self.ended.len() > ENDED {
                self.ended.pop_front();
            }
        }
        self.choose(next, forms);
        self.behind.remove(&ended);
        vec![Command::Desk(DeskCommand::CloseSource(ended))]
    }

    fn fresh_source(&mut self) -> u32 {
        self.last_source += 1;
        self.last_source
    }
}
