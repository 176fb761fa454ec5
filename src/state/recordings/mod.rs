//! Recordings: opening one beside what is open already, and what is known of those of the app's own
//! folder.

pub mod comparing;
mod desk;
pub mod exporting;
mod replay_run;
pub mod replaying;
pub mod scrub;
mod seeking;

use std::path::PathBuf;

use chrono::DateTime;

use self::scrub::Zoom;
use crate::address::Address;
use crate::event::source_id::SourceId;
use crate::protocol::{Command, DeskCommand, Link, ShelfCommand, SourceCommand};
use crate::recording::{ALL_DESTINATIONS, SAMPLE_NAME};
use crate::state::sources::SourceAction;
use crate::state::{Action, Forms, Moment, Screen, State};

pub use desk::{RecordingDesk, RecordingForm};
pub use scrub::Scrub;

/// What a person does with recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingAction {
    /// Open this one, beside what is open.
    Open(PathBuf),
    /// Open the one that lies in the program.
    OpenSample,
    /// Look at this one of the list.
    Choose(PathBuf),
    /// Record what taps bring from now on.
    Record,
    /// End that.
    StopRecording,
    /// Record from the first second of each run, or do not.
    FromStart(bool),
    /// What recordings may take up was typed.
    Limit,
    /// Write the note in the form beside what is recorded.
    Note,
    /// What the source in front brings is not recorded, or is again.
    Spare(bool),
    /// Delete this one; asks first.
    AskDelete(PathBuf),
    /// That was agreed to.
    Delete,
    /// It was not.
    KeepIt,
    /// Read the folder again.
    Refresh,
    /// Go to this time of the opened recording, in milliseconds since 1970.
    Seek {
        to_ms: i64,
        /// The person goes on moving.
        is_moving: bool,
    },
    /// Look at more or less of it.
    Zoom(Zoom),
    /// Read the events behind those that were read.
    ReadOn,
    /// Write the note in the form into the opened recording, at its position.
    NoteHere,
}

/// Asks something about recordings.
pub(in crate::state) fn ask(command: ShelfCommand) -> Command {
    Command::Desk(DeskCommand::Shelf(command))
}

impl State {
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub(super) fn act_on_recordings(
        &mut self,
        action: RecordingAction,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        match action {
            RecordingAction::Open(path) => self.open_recording(path, forms, moment),
            RecordingAction::Choose(path) => {
                self.recordings.chosen = Some(path);
                Vec::new()
            }
            RecordingAction::Record => {
                self.recordings.is_changing = true;
                vec![ask(ShelfCommand::Record)]
            }
            RecordingAction::StopRecording => {
                self.recordings.is_changing = true;
                vec![ask(ShelfCommand::StopRecording)]
            }
            RecordingAction::FromStart(from_start) => {
                self.recordings.from_start = from_start;
                Vec::new()
            }
            RecordingAction::Limit => match forms.recordings.limits() {
                Ok(limits) => {
                    self.recordings.limits = limits;
                    vec![ask(ShelfCommand::Limit(limits))]
                }
                Err(_) => Vec::new(),
            },
            RecordingAction::Note => {
                let words = std::mem::take(&mut forms.recordings.note);
                vec![ask(ShelfCommand::Note(words.trim().to_owned()))]
            }
            RecordingAction::Spare(is_spared) => {
                let told = self.spare(is_spared);
                if let Link::Connected { address, .. } = &self.front.link
                    && !self.front.is_sandbox
                {
                    self.keep_connection(&address.clone(), self.front.is_production);
                }
                told.into_iter().collect()
            }
            RecordingAction::AskDelete(path) => {
                self.recordings.deleting = Some(path);
                Vec::new()
            }
            RecordingAction::KeepIt => {
                self.recordings.deleting = None;
                Vec::new()
            }
            RecordingAction::Delete => {
                let path = self.recordings.deleting.take();
                path.map(|path| ask(ShelfCommand::Delete(path)))
                    .into_iter()
                    .collect()
            }
            RecordingAction::Refresh => vec![ask(ShelfCommand::List)],
            RecordingAction::Seek { to_ms, is_moving } => {
                self.seek(to_ms, is_moving, forms, moment.now)
            }
            RecordingAction::Zoom(zoom) => {
                let Some(scrub) = &mut self.front.scrub else {
                    return Vec::new();
                };
                scrub.zoom(zoom);
                let events = scrub.events_shown();
                vec![self.to_front(SourceCommand::Outline(events))]
            }
            RecordingAction::ReadOn => {
                let next = self.front.scrub.as_ref().and_then(Scrub::next_unread);
                next.map(|next| self.read_from(next, forms, moment.now))
                    .unwrap_or_default()
            }
            RecordingAction::NoteHere => {
                let Some(scrub) = &self.front.scrub else {
                    return Vec::new();
                };
                let at = DateTime::from_timestamp_millis(scrub.position_ms());
                let note = SourceCommand::AddNote {
                    at: at.unwrap_or(moment.now),
                    event: Some(scrub.event_there()),
                    words: std::mem::take(&mut forms.recordings.note).trim().to_owned(),
                };
                vec![self.to_front(note)]
            }
            RecordingAction::OpenSample => {
                self.screen = Screen::Live;
                let open = self.opened(|path| path.ends_with(SAMPLE_NAME));
                if let Some(source) = open {
                    self.choose(source, forms);
                    return Vec::new();
                }
                self.make_room(forms);
                forms.connect.problem = None;
                self.front.is_guess = false;
                vec![Command::Desk(DeskCommand::OpenSampleRecording(
                    self.front.id,
                ))]
            }
        }
    }

    /// What the source in front brings is recorded or not; says so where that is new.
    pub(super) fn spare(&mut self, is_spared: bool) -> Option<Command> {
        let is_new = self.front.is_spared != is_spared;
        self.front.is_spared = is_spared;
        let source = self.front.id;
        is_new.then(|| ask(ShelfCommand::Spare { source, is_spared }))
    }

    fn open_recording(
        &mut self,
        path: PathBuf,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        self.screen = Screen::Live;
        if let Some(source) = self.opened(|own| *own == path) {
            self.choose(source, forms);
            return Vec::new();
        }
        self.make_room(forms);
        self.act(Action::ConnectTo(Address::Recording(path)), forms, moment)
    }

    /// The source in front is one that nothing is done with.
    fn make_room(&mut self, forms: &mut Forms) {
        if !matches!(self.front.link, Link::Idle | Link::Failed { .. }) {
            self.act_on_sources(SourceAction::Add, forms);
        }
    }

    /// The source that has this recording open.
    fn opened(&self, is_it: impl Fn(&PathBuf) -> bool) -> Option<SourceId> {
        let sources = self.sources();
        let mut open = sources.iter().filter(|source| source.has_session());
        let found = open.find(|source| match source.address() {
            Some(Address::Recording(path)) => is_it(path),
            _ => false,
        });
        found.map(|source| source.id)
    }

    /// What the source in front is made of is known for the first time: taps of an earlier session are
    /// looked at. A recording is read at once, because to read a file harms nobody.
    pub(super) fn opened_recording(&mut self, forms: &mut Forms) -> Vec<Command> {
        let mut commands = Vec::new();
        let Some(Address::Recording(path)) = self.address() else {
            return commands;
        };
        let is_sample = path.ends_with(SAMPLE_NAME);
        let own = self.front.id;
        let has_tap = self.taps.list().iter().any(|tap| tap.id.source == own);
        if !has_tap && self.front.earlier.is_empty() {
            ALL_DESTINATIONS.clone_into(&mut forms.tap.destination);
            "#".clone_into(&mut forms.tap.binding_key);
            let start = self.start_at_once(forms);
            commands.extend(start.map(|start| self.to_front(start)));
        }
        if is_sample && self.schemas.catalog.is_none() {
            commands.push(Command::Desk(DeskCommand::OpenSampleSchemas));
        }
        commands
    }
}
