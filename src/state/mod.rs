//! What the app knows now. It changes in few ways only: [`State::apply`] takes what the broker side
//! tells, [`State::act`] takes what the person does and answers with commands for the broker side,
//! [`State::refuse`] takes a command back that could not be passed on, [`State::tick`] takes in what
//! was worked out meanwhile. [`State::restore`] takes over what an earlier run left, and
//! [`State::remember`] gives what is kept for the next.
//!
//! The state knows no window and no broker client. Time and ids come in as arguments.

pub mod action;
pub mod alerts;
mod cleared;
mod connection;
pub mod consumers;
pub mod dead_letters;
mod desk_told;
mod desks;
mod due;
pub mod files;
pub mod forms;
pub mod leaving;
pub mod live;
pub mod notices;
pub mod publish;
pub mod recordings;
mod refused;
mod remembered;
mod saved;
pub mod saved_connections;
pub mod schemas;
pub mod source;
pub mod sources;

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};

use crate::address::Address;
use crate::event::picture::Picture;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::protocol::{
    Command, Gravity, Link, Places, RequestId, SandboxState, ShelfCommand, SourceCommand,
    SourceUpdate, Update,
};
use crate::rabbitmq::proposal;
use crate::rabbitmq::refusal::Known;
use crate::rabbitmq::topology::Topology;
use crate::settings::{SavedConnection, SavedDesk, SavedFilter};

pub use action::{Action, Screen};
pub use forms::Forms;

use dead_letters::{DeadAction, DeadTab, Surroundings};
use due::looking_for;
use leaving::{Leave, LeaveAction};
use live::LiveAction;
use live::tap_card::TapAction;
use source::{Behind, Source};

/// Time and fresh ids, handed in by the edge.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub now: DateTime<Utc>,
    /// An id that was never used before, for an event that is being written.
    pub fresh_id: &'a str,
}

impl Moment<'_> {
    /// A number of its own, for what shall look like chance.
    #[must_use]
    fn seed(&self) -> u64 {
        self.fresh_id.bytes().fold(17_u64, |seed, byte| {
            seed.wrapping_mul(31).wrapping_add(u64::from(byte))
        })
    }
}

/// When there is more to do, without anything new from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soon {
    /// In the next frame.
    Now,
    /// In so many milliseconds.
    In(i64),
    /// There is nothing more to do.
    No,
}

impl Soon {
    /// The sooner of two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Now, _) | (_, Self::Now) => Self::Now,
            (Self::In(a), Self::In(b)) => Self::In(a.min(b)),
            (Self::No, soon) | (soon, Self::No) => soon,
        }
    }
}

/// Everything the window shows.
#[derive(Debug)]
pub struct State {
    /// The source that is worked with: its queues, forms and dead letters are shown.
    pub front: Source,
    /// The others that are open.
    behind: BTreeMap<SourceId, Behind>,
    /// Names of sources that have ended, for the rows that they left.
    ended: VecDeque<(SourceId, String)>,
    /// What was known of the sources and taps of rows that were cleared, to take it back with them.
    cleared: Option<cleared::ClearedNames>,
    /// The source that the person chose to be in front.
    chosen: SourceId,
    /// The screen that is open.
    pub screen: Screen,
    /// The dialog that compares recordings, while it is open.
    pub comparing: Option<recordings::comparing::CompareDialog>,
    /// The dialog that exports events, while it is open.
    pub exporting: Option<recordings::exporting::ExportDialog>,
    /// The dialog that sends a recording again, also while it is put away and one runs.
    pub replaying: Option<recordings::replaying::ReplayDialog>,
    /// Recordings as files, and what is recorded now.
    pub recordings: recordings::RecordingDesk,
    /// The live stream.
    pub live: live::Live,
    /// What it is filled by.
    pub taps: live::taps::Taps,
    /// What was resent or discarded on this machine.
    pub journal: dead_letters::journal::JournalDesk,
    /// Versions of event schemas.
    pub schemas: schemas::SchemaDesk,
    /// The person is leaving while something runs, or with edits that were not sent.
    pub leaving: Option<leaving::Leaving>,
    /// Nothing speaks against closing the window any more.
    pub quits: bool,
    /// Where things lie on this machine.
    pub places: Places,
    /// What the person should read.
    pub notices: notices::Notices,
    /// Filters with names.
    pub saved_filters: Vec<SavedFilter>,
    saved_connections: Vec<SavedConnection>,
    /// What was arranged at each connection, the newest first.
    desks: Vec<SavedDesk>,
    /// Files that are being written.
    files: files::Files,
    /// The address of the last good connection, without its secrets.
    last_good: Option<Address>,
    next_id: u64,
    last_source: u32,
}

impl State {
    /// A fresh state.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a state is made once, and on purpose"
    )]
    pub fn new() -> Self {
        Self {
            front: Source::new(SourceId::FIRST, 0),
            behind: BTreeMap::new(),
            ended: VecDeque::new(),
            cleared: None,
            chosen: SourceId::FIRST,
            screen: Screen::Live,
            comparing: None,
            exporting: None,
            replaying: None,
            recordings: recordings::RecordingDesk::default(),
            live: live::Live::default(),
            taps: live::taps::Taps::default(),
            journal: dead_letters::journal::JournalDesk::default(),
            schemas: schemas::SchemaDesk::default(),
            leaving: None,
            quits: false,
            places: Places::default(),
            notices: notices::Notices::default(),
            saved_filters: Vec::new(),
            saved_connections: Vec::new(),
            desks: Vec::new(),
            files: files::Files::default(),
            last_good: None,
            next_id: 1,
            last_source: SourceId::FIRST.0,
        }
    }

    /// True while commands for the source in front can be carried out.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.front.is_connected()
    }

    /// See [`Source::has_session`], of the source in front.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.front.has_session()
    }

    /// The address of the source in front, while it has a session.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        self.front.address().filter(|_| self.front.has_session())
    }

    /// Takes one update. Forms change only where a new session makes them stale.
    pub fn apply(&mut self, update: Update, forms: &mut Forms, moment: Moment<'_>) -> Vec<Command> {
        match update {
            Update::Source(source, update) => self.with(source, forms, |state, forms| {
                state.apply_source(update, forms, moment)
            }),
            Update::Desk(update) => self.apply_desk(update, forms, moment),
        }
    }

    /// Takes what a source tells.
    #[expect(clippy::too_many_lines, reason = "one arm for each update")]
    fn apply_source(
        &mut self,
        update: SourceUpdate,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        match update {
            SourceUpdate::Link(link) => {
                let commands = self.apply_link(link, forms, moment.now);
                self.tell(moment.now);
                return commands;
            }
            SourceUpdate::Sandbox(sandbox) => {
                self.front.is_sandbox = sandbox == SandboxState::Running;
                if let SandboxState::Failed(words) = &sandbox {
                    self.notices.add(moment.now, Gravity::Error, words.clone());
                }
                self.front.sandbox = Some(sandbox);
            }
            SourceUpdate::MaySend { write, frame } => {
                (self.front.may_write, self.front.frame) = (write, Some(frame));
            }
            SourceUpdate::Topology(mut topology) => {
                let left = self.front.left.take();
                self.front.left = left.filter(|left| left.correct(&mut topology, moment.now));
                let first = self.front.topology == Topology::default();
                self.front.picture = Picture::from(&topology);
                self.front.topology = topology;
                self.front.topology_revision += 1;
                self.front.dead.refresh(&self.front.topology);
                self.front
                    .dead
                    .note_depths(&self.front.topology, moment.now);
                let counted: Vec<_> = self.front.dead.counted().cloned().collect();
                self.front.alerts.note(&counted);
                if first {
                    let proposed = proposal::worth_watching(&self.front.topology);
                    let names = self.front.picture.named_destinations();
                    let known = names.contains(&forms.tap.destination.as_str());
                    forms.propose(proposed, known);
                    return self.autostart(forms);
                }
            }
            SourceUpdate::Picture(picture) => {
                let first = self.front.picture == Picture::default();
                self.front.picture = picture;
                self.front.topology_revision += 1;
                self.front.dead.log.note(&self.front.picture);
                if first {
                    forms.choose_destination(&self.front.picture);
                    if self.front.in_sandbox() {
                        forms.watch_all(&self.front.picture);
                    }
                    let mut commands = self.autostart(forms);
                    commands.extend(self.opened_recording(forms));
                    return commands;
                }
            }
            SourceUpdate::Tap { tap, state } => {
                let told = self.taps.apply(tap, state);
                if let Some((from, to)) = told.gap {
                    self.live.push_gap(from, to);
                }
                if let Some((gravity, words)) = told.notice {
                    self.notices.add(moment.now, gravity, words);
                }
            }
            SourceUpdate::Preflight { request, report } => {
                let start = self.take_report(request, report);
                return start.map(|one| self.to_front(one)).into_iter().collect();
            }
            SourceUpdate::Events(batch) => {
                if self.taps.is_wanted(batch.tap()) {
                    self.taps.count(batch.tap(), batch.len());
                    self.front.dead.learn(&batch);
                    self.live.append(&batch);
                }
            }
            SourceUpdate::Gap { tap, from, to } => {
                if self.taps.is_wanted(tap) {
                    self.live.push_gap(from, to);
                }
            }
            SourceUpdate::Outline { events, outline } => self.front.outline(events, *outline),
            SourceUpdate::Covered { tap, from, to } => {
                if let Some(scrub) = &mut self.front.scrub {
                    scrub.cover(tap, from, to);
                }
            }
            SourceUpdate::Published { request, outcome } => {
                self.front.publish.finish(request, outcome);
            }
            SourceUpdate::SeriesAt { request, tally } => {
                self.front.publish.series_at(request, &tally);
            }
            SourceUpdate::SeriesDone {
                request,
                tally,
                problem,
            } => {
                let (tally, problem) = (tally.as_ref(), problem.as_deref());
                self.front.publish.series_done(request, tally, problem);
                let ended = self.front.publish.series.as_ref();
                let ended = ended.filter(|run| run.request == request && !run.is_good());
                let words = ended.map(publish::series::SeriesRun::words);
                return self.series_ended(words, forms);
            }
            SourceUpdate::ReplayAt { request, tally } => self.replay_at(request, tally),
            SourceUpdate::ReplayDone {
                request,
                tally,
                problem,
            } => return self.replay_done(request, tally, problem, forms),
            // The window does not ask for it.
            SourceUpdate::ResendChecked { .. } => {}
            SourceUpdate::Peeked { request, result } => {
                let is_report = result.is_ok();
                self.front.dead.peeked(request, result, moment.now, forms);
                self.front.dead.refresh(&self.front.topology);
                self.tell(moment.now);
                let ask = is_report.then(|| self.front.dead.ask_returns()).flatten();
                return ask.map(|ask| self.to_front(ask)).into_iter().collect();
            }
            SourceUpdate::DeadPlaces { .. }
            | SourceUpdate::Records { .. }
            | SourceUpdate::Groups { .. }
            | SourceUpdate::ResetPlanned { .. }
            | SourceUpdate::OffsetsReset { .. } => {
                return self.apply_of_log(update, forms, moment.now);
            }
            SourceUpdate::CameBack(told) => self.front.dead.came_back(&told),
            SourceUpdate::Moved { request, moved } => {
                let now = moment.now;
                self.front.dead.moved(request, moved, forms, now);
                self.tell(now);
            }
            SourceUpdate::JobAt {
                request,
                total,
                stage,
            } => self.front.dead.job_at(request, total, stage),
            SourceUpdate::JobDone {
                request,
                problem,
                sum,
            } => {
                return self.job_done(request, problem, sum, forms, moment.now);
            }
            SourceUpdate::PutBackDone { request, problem } => {
                return self.put_back_done(request, problem, forms);
            }
            SourceUpdate::PuttingBack {
                request,
                total,
                done,
            } => self.journal.putting_back(request, total, done),
        }
        Vec::new()
    }

    /// A frame passes. Says when the next one is due.
    pub fn tick(&mut self, now: DateTime<Utc>) -> Soon {
        let groups = match self.screen {
            Screen::DeadLetters => self.front.dead.tick(self.schemas.catalog.as_ref()),
            Screen::Schemas => {
                let wanted = self.schemas.wanted(self.live.judging.types());
                let wanted = wanted.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
                self.live.judging.want(wanted);
                self.schemas
                    .tick(&self.live.log, || self.front.dead.known())
            }
            _ => Soon::No,
        };
        self.live.tick(now).or(groups)
    }

    /// To the source whose queues, forms and dead letters are shown.
    fn to_front(&self, command: SourceCommand) -> Command {
        Command::Source(self.front.id, command)
    }

    fn fresh_tap(&mut self) -> TapId {
        TapId::of(self.front.id, self.fresh())
    }

    fn fresh(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Does what the person asked for.
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub fn act(&mut self, action: Action, forms: &mut Forms, moment: Moment<'_>) -> Vec<Command> {
        match action {
            Action::Open(screen) => {
                self.screen = screen;
                if screen == Screen::Recordings {
                    return vec![recordings::ask(ShelfCommand::List)];
                }
            }
            Action::Source(action) => return self.act_on_sources(action, forms),
            Action::SavedConnection(action) => self.act_on_saved_connections(action, forms),
            Action::ConnectTo(address) => {
                self.fill_known(&address, forms);
                return self.act(Action::Connect, forms, moment);
            }
            Action::Replay(action) => return self.act_on_replay(action, forms, moment),
            Action::Compare(action) => return self.act_on_compare(action),
            Action::Export(action) => return self.act_on_export(action, forms),
            Action::Recording(action) => return self.act_on_recordings(action, forms, moment),
            Action::TryLocal => {
                let commands = self.act(Action::Connect, forms, moment);
                self.front.is_guess = true;
                return commands;
            }
            Action::Connect => match forms.address() {
                Ok(address) if self.is_open_behind(&address.place()) => {
                    let words = "This broker is open already: choose it in the bar on top";
                    forms.connect.problem = Some(words.to_owned());
                }
                Ok(address) => {
                    forms.connect.problem = None;
                    self.front.is_sandbox = false;
                    self.front.is_guess = false;
                    let is_file = matches!(address, Address::Recording(_));
                    let is_production = forms.connect.is_production && !is_file;
                    self.front.wanted = Some((address.place(), is_production));
                    let spare = self.spare(forms.connect.is_spared && !is_file);
                    let connect = self.to_front(SourceCommand::Connect(address));
                    return spare.into_iter().chain([connect]).collect();
                }
                Err(words) => forms.connect.problem = Some(words),
            },
            Action::Disconnect => {
                return self.leave(LeaveAction::Ask(Leave::Disconnect(self.front.id)), forms);
            }
            Action::Leave(action) => return self.leave(action, forms),
            Action::ShowJob => return self.show_job(forms, moment),
            Action::RetryNow => return vec![self.to_front(SourceCommand::RetryNow)],
            // Edits of messages of a sandbox that died are asked about, as at any end.
            Action::StartSandbox(_)
                if matches!(self.front.link, Link::Lost { .. }) && forms.edits() > 0 =>
            {
                return self.leave(LeaveAction::Ask(Leave::Disconnect(self.front.id)), forms);
            }
            Action::StartSandbox(kind) => {
                forms.connect.problem = None;
                // One that died is over: its successor is another broker.
                let mut commands = if matches!(self.front.link, Link::Lost { .. }) {
                    self.apply_link(Link::Idle, forms, moment.now)
                } else {
                    Vec::new()
                };
                self.front.sandbox = Some(SandboxState::Starting(looking_for(kind).to_owned()));
                commands.push(self.to_front(SourceCommand::StartSandbox(kind)));
                return commands;
            }
            Action::Tap(action) => {
                // A tap is ended where it runs, whatever is in front.
                let source = match action {
                    TapAction::Stop(tap) | TapAction::SkipToEnd(tap) => tap.source,
                    _ => self.front.id,
                };
                let command = self.act_on_taps(action, forms, moment.now);
                self.live.hide_taps(self.taps.hidden(), moment.now);
                let command = command.map(|command| Command::Source(source, command));
                return command.into_iter().collect();
            }
            Action::Live(action) => {
                match action {
                    LiveAction::Clear if !self.live.can_clear(moment.now) => return Vec::new(),
                    LiveAction::Clear => self.clear_names(),
                    LiveAction::UndoClear => self.take_names_back(),
                    _ => {}
                }
                self.live.act(action, forms, moment.now);
            }
            Action::FillSample => {
                crate::event::sample::fill(&mut forms.draft, moment.fresh_id, moment.now);
            }
            Action::Sample(action) => {
                let catalog = self.schemas.catalog.as_ref();
                let told = publish::schema_form::act(
                    action,
                    catalog,
                    &mut self.front.publish,
                    forms,
                    moment,
                );
                if let Some(words) = told {
                    self.notices.add(moment.now, Gravity::Warning, words);
                }
            }
            Action::Publish(action) => return self.act_on_publishing(action, forms, moment),
            Action::LoadEvent(event) => self.load_event(&event, forms),
            Action::Dead(action) => {
                let request = RequestId(self.fresh());
                let login = self.front.login().to_owned();
                let version = self.front.version().cloned();
                let cx = Surroundings {
                    known: Known {
                        topology: &self.front.topology,
                        version: version.as_ref(),
                        write: self.front.may_write.as_deref(),
                        frame: self.front.frame,
                        login: &login,
                    },
                    revision: self.front.topology_revision,
                    log: &self.live.log,
                    source: self.front.id,
                    catalog: self.schemas.catalog.as_ref(),
                    is_production: self.front.is_production,
                    now: moment.now,
                };
                let opens_journal = matches!(action, DeadAction::Tab(DeadTab::Journal));
                let is_setting = matches!(action, DeadAction::Parking);
                let asked = self.front.dead.act(action, request, forms, &cx);
                let asked = asked.into_iter().map(|command| self.to_front(command));
                let mut commands: Vec<Command> = asked.collect();
                self.front.dead.refresh(&self.front.topology);
                if is_setting {
                    self.share_settings();
                }
                if opens_journal {
                    commands.extend(self.journal.ask().map(Command::Desk));
                }
                self.tell(moment.now);
                return commands;
            }
            Action::Consumers(action) => {
                let request = RequestId(self.fresh());
                let consumers = &mut self.front.consumers;
                let asked = consumers.act(action, request, forms, moment.now);
                return asked
                    .map(|asked| self.to_front(asked))
                    .into_iter()
                    .collect();
            }
            Action::Alert(action) => {
                self.front.alerts.act(action);
                self.share_settings();
            }
            Action::Journal(action) => {
                let request = RequestId(self.fresh());
                return self
                    .journal
                    .act(action, request, self.front.id)
                    .into_iter()
                    .collect();
            }
            Action::RefreshTopology => return vec![self.to_front(SourceCommand::RefreshTopology)],
            Action::Schemas(action) => {
                let command = self.schemas.act(action, forms);
                return command.map(Command::Desk).into_iter().collect();
            }
            Action::SaveFilter(name) => {
                saved::save(&mut self.saved_filters, &name, &forms.filter);
            }
            Action::ForgetFilter(name) => self.saved_filters.retain(|saved| saved.name != name),
            Action::KeepBytes(bytes) => self.live.log.set_max_bytes(bytes),
            Action::SaveFile(file) => {
                let request = RequestId(self.fresh());
                return vec![Command::Desk(self.files.save(file, request))];
            }
            Action::DismissNotice(number) => self.notices.dismiss(number),
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
