//! What runs now, told on every screen, and leaving while it runs: closing the window or ending the
//! connection asks first, and can wait for the end.

use chrono::{DateTime, Utc};

use super::dead_letters::job::JobOutcome;
use super::dead_letters::left_since::LeftSince;
use super::dead_letters::{DeadAction, DeadTab};
use super::source::Source;
use super::{Action, Forms, Moment, Screen, State};
use crate::event::source_id::SourceId;
use crate::protocol::{Command, Gravity, RequestId, SourceCommand};
use crate::repair::job_sum::JobSum;
use crate::text::numbers::{count_of, thousands};

/// What a person leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The window is closed.
    Quit,
    /// The connection of this source is ended.
    Disconnect(SourceId),
}

/// What the person wants to become of what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// That was asked and not yet answered.
    Asked,
    /// It goes on to its end; then one leaves.
    Finish,
    /// It ends after what is under way; then one leaves.
    Stop,
    /// It went on to its end, and not all of it was done: the result, which is to be seen before
    /// one leaves.
    Ended(String),
}

/// A person is leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    pub what: Leave,
    pub wish: Wish,
}

/// What a person can do about leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveAction {
    /// Leave, if nothing speaks against it; otherwise ask.
    Ask(Leave),
    /// Let what runs go on to its end, then leave.
    Finish,
    /// Stop what runs, then leave.
    Stop,
    /// Leave at once.
    Now,
    /// Stay.
    Cancel,
}

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// Dead letters are resent or discarded.
    Move,
    /// Messages of the journal are put back.
    PutBack,
    /// A series of events is published.
    Series,
    /// A recording is sent again.
    Replay,
}

/// What goes on now and would be cut off by leaving.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderWay {
    pub request: RequestId,
    /// The source that it goes on in.
    pub source: SourceId,
    /// The queue that it is about, or the series.
    pub queue: String,
    /// How far it is, in words.
    pub words: String,
    /// How many of how many messages.
    pub progress: (usize, usize),
    pub kind: WorkKind,
}

impl UnderWay {
    /// In as few words as fit into a bar: `orders.dead: 212 of 3,000`.
    #[must_use]
    pub fn short(&self) -> String {
        let [told, total] = [self.progress.0, self.progress.1].map(|n| thousands(n as u64));
        format!("{}: {told} of {total}", self.queue)
    }
}

impl Source {
    /// What moves messages here now.
    fn under_way(&self) -> Option<UnderWay> {
        let (job, queue) = self.dead.running()?;
        Some(UnderWay {
            request: job.request,
            source: self.id,
            queue: queue.to_owned(),
            words: job.words(),
            progress: (job.sum.told(), job.sum.asked),
            kind: WorkKind::Move,
        })
    }

    /// The series that is published here now.
    fn series_under_way(&self) -> Option<UnderWay> {
        let run = self.publish.series.as_ref().filter(|run| run.runs)?;
        let sent = self.publish.sent(run.request.0);
        let key = sent.map_or("", |sent| sent.outgoing.key.as_str());
        Some(UnderWay {
            request: run.request,
            source: self.id,
            queue: format!("Series {key}").trim_end().to_owned(),
            words: run.words(),
            progress: (run.tally.told() as usize, run.count as usize),
            kind: WorkKind::Series,
        })
    }
}

impl State {
    /// What goes on now: in the source in front, else in another.
    #[must_use]
    pub fn under_way(&self) -> Option<UnderWay> {
        self.in_the_way(Leave::Quit).into_iter().next()
    }

    /// What goes on and would be cut off by leaving, first in the source in front.
    #[must_use]
    pub fn in_the_way(&self, what: Leave) -> Vec<UnderWay> {
        let others = self.sources();
        let others = others.iter().filter(|source| source.id != self.front.id);
        let sources = [&self.front].into_iter().chain(others.copied());
        let putting = self.journal.putting.as_ref().map(|putting| UnderWay {
            request: putting.request,
            source: putting.source,
            queue: putting.queue.clone(),
            words: putting.words(),
            progress: (putting.done, putting.total.max(1)),
            kind: WorkKind::PutBack,
        });
        let sources: Vec<_> = sources.collect();
        let moves = sources.iter().filter_map(|source| source.under_way());
        let mut all: Vec<_> = moves.collect();
        all.extend(putting);
        all.extend(
            sources
                .iter()
                .filter_map(|source| source.series_under_way()),
        );
        all.extend(self.replay_under_way());
        if let Leave::Disconnect(source) = what {
            all.retain(|running| running.source == source);
        }
        all
    }

    fn unsent(&self, what: Leave, forms: &Forms) -> usize {
        match what {
            Leave::Quit => self.edits(forms),
            Leave::Disconnect(source) => self.edits_of(source, forms),
        }
    }

    /// What would be lost or cut off by leaving, in words.
    #[must_use]
    pub fn unsent_words(&self, what: Leave, forms: &Forms) -> Option<String> {
        let edits = self.unsent(what, forms);
        let (was, it) = if edits == 1 {
            ("was", "It is")
        } else {
            ("were", "They are")
        };
        (edits > 0).then(|| {
            let edits = count_of(edits as u64, "edit");
            format!("{edits} of dead letters {was} not sent. {it} lost when you leave")
        })
    }

    /// A resend or discard has ended. Where its result is not in sight it is a notice.
    pub(super) fn job_done(
        &mut self,
        request: RequestId,
        problem: Option<String>,
        sum: Option<JobSum>,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let mut result = None;
        let is_seen = self.is_chosen_in_front()
            && self.screen == Screen::DeadLetters
            && self.front.dead.shown_job().is_some();
        let login = self.front.login().to_owned();
        self.front
            .dead
            .job_done(request, problem, sum, forms, &login);
        if let Some(job) = self
            .front
            .dead
            .job
            .as_ref()
            .filter(|job| job.request == request)
        {
            let words = format!("{}: {}", self.front.dead.begun.queue, job.result());
            let is_all_done = job.outcome() == JobOutcome::AllDone;
            if !is_seen {
                let gravity = if is_all_done {
                    Gravity::Info
                } else {
                    Gravity::Warning
                };
                self.notices.add(now, gravity, words.clone());
            }
            result = (!is_all_done).then_some(words);
            let (queue, left) = (&self.front.dead.begun.queue, job.sum.done);
            let topology = &self.front.topology;
            if let Some(since) = LeftSince::new(queue, left, topology, now) {
                let mut earlier = self.front.left.take();
                earlier = earlier.filter(|one| one.is_fresh(now));
                // What is shown was corrected already by what left before.
                since.correct(&mut self.front.topology, now);
                self.front.left = Some(since.after(earlier));
                self.front.topology_revision += 1;
                self.front.dead.refresh(&self.front.topology);
            }
        }
        self.after_a_job(result, forms)
    }

    /// Putting back has ended. Why not all was put back is shown with the records.
    pub(super) fn put_back_done(
        &mut self,
        request: RequestId,
        problem: Option<String>,
        forms: &Forms,
    ) -> Vec<Command> {
        let putting = self.journal.put_back_done(request, problem.as_deref());
        let result = putting.zip(problem);
        let words = result.map(|(putting, words)| format!("{}: {words}", putting.queue));
        self.after_a_job(words, forms)
    }

    /// A series has ended: who waits for that leaves.
    pub(super) fn series_ended(&mut self, result: Option<String>, forms: &Forms) -> Vec<Command> {
        let is_left = match self.leaving.as_ref().map(|leaving| leaving.what) {
            Some(Leave::Disconnect(source)) => source == self.front.id,
            _ => true,
        };
        self.leave_if_done(result.filter(|_| is_left), forms)
    }

    /// Queues and journal are others now; `result` says what the job came to if not all was done.
    fn after_a_job(&mut self, result: Option<String>, forms: &Forms) -> Vec<Command> {
        let mut commands = vec![self.to_front(SourceCommand::RefreshTopology)];
        commands.extend(self.journal.ask().map(Command::Desk));
        let is_left = match self.leaving.as_ref().map(|leaving| leaving.what) {
            Some(Leave::Disconnect(source)) => source == self.front.id,
            _ => true,
        };
        commands.extend(self.leave_if_done(result.filter(|_| is_left), forms));
        commands
    }

    /// Shows what runs now, in its place.
    pub(super) fn show_job(&mut self, forms: &mut Forms, moment: Moment<'_>) -> Vec<Command> {
        let Some(running) = self.under_way() else {
            return Vec::new();
        };
        if running.kind == WorkKind::Replay {
            if let Some(dialog) = &mut self.replaying {
                dialog.is_shown = true;
            }
            return Vec::new();
        }
        self.choose(running.source, forms);
        if running.kind == WorkKind::Series {
            self.screen = Screen::Publish;
            return Vec::new();
        }
        self.screen = Screen::DeadLetters;
        if running.kind == WorkKind::PutBack {
            return self.act(
                Action::Dead(DeadAction::Tab(DeadTab::Journal)),
                forms,
                moment,
            );
        }
        if self.front.dead.shown_job().is_some() {
            return Vec::new();
        }
        let tab = Action::Dead(DeadAction::Tab(DeadTab::Queues));
        let mut commands = self.act(tab, forms, moment);
        let open = Action::Dead(DeadAction::OpenQueue(running.queue));
        commands.extend(self.act(open, forms, moment));
        commands
    }

    /// Makes notices of what the dead letters have to tell.
    pub(super) fn tell(&mut self, now: DateTime<Utc>) {
        for words in std::mem::take(&mut self.front.dead.told) {
            self.notices.add(now, Gravity::Warning, words);
        }
    }

    pub(super) fn leave(&mut self, action: LeaveAction, forms: &Forms) -> Vec<Command> {
        match action {
            LeaveAction::Ask(what) => {
                // Asked again, nothing changes: the answer is waited for.
                if self
                    .leaving
                    .as_ref()
                    .is_some_and(|leaving| leaving.what == what)
                {
                    return Vec::new();
                }
                if self.in_the_way(what).is_empty() && self.unsent(what, forms) == 0 {
                    return self.go(what, forms);
                }
                let wish = Wish::Asked;
                self.leaving = Some(Leaving { what, wish });
            }
            LeaveAction::Finish => return self.leave_with(Wish::Finish, forms),
            LeaveAction::Stop => {
                let mut commands = self.leave_with(Wish::Stop, forms);
                if let Some(leaving) = &self.leaving {
                    let running = self.in_the_way(leaving.what).into_iter();
                    commands.extend(running.map(|running| {
                        let stop = SourceCommand::StopJob(running.request);
                        Command::Source(running.source, stop)
                    }));
                }
                return commands;
            }
            LeaveAction::Now => {
                if let Some(leaving) = self.leaving.take() {
                    return self.go(leaving.what, forms);
                }
            }
            LeaveAction::Cancel => self.leaving = None,
        }
        Vec::new()
    }

    fn leave_with(&mut self, wish: Wish, forms: &Forms) -> Vec<Command> {
        if let Some(leaving) = &mut self.leaving {
            leaving.wish = wish;
        }
        self.leave_if_done(None, forms)
    }

    /// Something has ended; `result` says what it came to if not all of it was done.
    pub(super) fn leave_if_done(&mut self, result: Option<String>, forms: &Forms) -> Vec<Command> {
        let Some(what) = self.leaving.as_ref().map(|leaving| leaving.what) else {
            return Vec::new();
        };
        if !self.in_the_way(what).is_empty() {
            return Vec::new();
        }
        let Some(leaving) = &mut self.leaving else {
            return Vec::new();
        };
        match (&leaving.wish, result) {
            (Wish::Asked | Wish::Ended(_), _) => Vec::new(),
            (Wish::Finish, Some(words)) => {
                leaving.wish = Wish::Ended(words);
                Vec::new()
            }
            (Wish::Finish | Wish::Stop, _) => {
                let what = leaving.what;
                self.leaving = None;
                self.go(what, forms)
            }
        }
    }

    fn go(&mut self, what: Leave, forms: &Forms) -> Vec<Command> {
        match what {
            Leave::Quit => {
                self.quits = true;
                Vec::new()
            }
            Leave::Disconnect(source) => {
                self.end(source, forms);
                vec![Command::Source(source, SourceCommand::Disconnect)]
            }
        }
    }
}
