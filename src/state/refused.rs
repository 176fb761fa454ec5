//! What becomes of a command that could not be passed on. What works behind the window does not know of
//! it, so its one answer is given here, and nothing waits forever.

use chrono::{DateTime, Utc};

use super::leaving::Wish;
use super::{Forms, State};
use crate::event::tap_id::TapId;
use crate::event::watching::Report;
use crate::protocol::{
    Command, DeskCommand, Gravity, PublishOutcome, RequestId, SandboxState, SourceCommand, TapState,
};

/// Why, and what to do.
const BUSY: &str = "Eventscope is busy with earlier requests. Try again in a moment";

impl State {
    /// A command could not be passed on because too many wait. Each command is named, so that a new one
    /// has to be thought of here.
    pub fn refuse(&mut self, command: Command, forms: &mut Forms, now: DateTime<Utc>) {
        match command {
            Command::Source(source, command) => self.with(source, forms, |state, forms| {
                state.refuse_of_source(command, forms, now);
            }),
            Command::Desk(command) => self.refuse_of_desk(&command, now),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    fn refuse_of_source(&mut self, command: SourceCommand, forms: &mut Forms, now: DateTime<Utc>) {
        let words = BUSY.to_owned();
        match command {
            // Each of these carries a request, which gets its answer.
            SourceCommand::Publish { request, .. } => {
                let outcome = PublishOutcome::Refused(words);
                self.front.publish.finish(request, outcome);
            }
            SourceCommand::PublishSeries { request, .. } => {
                self.front.publish.series_done(request, None, Some(&words));
                self.series_ended(Some(words), forms);
            }
            SourceCommand::Replay { request, .. } => {
                for next in self.replay_done(request, None, Some(words), forms) {
                    self.refuse(next, forms, now);
                }
            }
            SourceCommand::Peek { request, .. }
            | SourceCommand::ReadStream { request, .. }
            | SourceCommand::ReadLog { request, .. } => {
                self.front.dead.peeked(request, Err(words), now, forms);
            }
            SourceCommand::Resend { request, .. }
            | SourceCommand::Discard { request, .. }
            | SourceCommand::ResendRecords { request, .. }
            | SourceCommand::DiscardRecords { request, .. } => {
                for next in self.job_done(request, Some(words), None, forms, now) {
                    self.refuse(next, forms, now);
                }
            }
            SourceCommand::PutBack { request, .. } => {
                for next in self.put_back_done(request, Some(words), forms) {
                    self.refuse(next, forms, now);
                }
            }
            SourceCommand::Preflight { request, .. } => {
                // Nothing starts of what cannot be.
                let _ = self.take_report(request, Report::impossible(words));
            }

            SourceCommand::FindDeadPlaces { request, .. } => {
                self.front.dead.found(request, Err(words));
            }
            SourceCommand::ReadRecords { request, .. } => {
                self.front.dead.read_records(request, Err(words));
            }
            SourceCommand::ReadGroups { request } => {
                self.front.consumers.read(request, Err(words));
            }
            SourceCommand::PlanReset { request, .. } => {
                self.front.consumers.planned(request, Err(words));
            }
            SourceCommand::ResetOffsets { request, .. } => {
                let next = RequestId(self.fresh());
                let consumers = &mut self.front.consumers;
                if let Some(next) = consumers.was_set(request, Err(words), next, now) {
                    let source = self.front.id;
                    self.refuse(Command::Source(source, next), forms, now);
                }
            }

            // It names a request that goes on. Whoever waits for its end to leave is asked again.
            SourceCommand::StopJob(_) => {
                if let Some(leaving) = self.leaving.as_mut().filter(|one| one.wish == Wish::Stop) {
                    leaving.wish = Wish::Asked;
                }
                self.busy(now);
            }

            // These have no request, but something waits for them.
            SourceCommand::StartTap(request) => self.tap_refused(request.tap),
            SourceCommand::StartFirehose(request) => self.tap_refused(request.tap),
            SourceCommand::StopTap(tap) => {
                self.taps.not_stopped(tap);
                self.busy(now);
            }
            SourceCommand::StartSandbox(_) => {
                self.front.sandbox = Some(SandboxState::Failed(words));
                self.busy(now);
            }

            SourceCommand::Disconnect => {
                self.front.is_ending = false;
                self.busy(now);
            }

            // Nobody waits for this, and what it is about is told again when there is more.
            SourceCommand::AskReturns(_) | SourceCommand::Outline(_) => {}

            // Nothing waits for these either (a job that is not paused goes on), but a person
            // asked for them.
            SourceCommand::PauseJob { .. }
            // No window asks for these yet.
            | SourceCommand::CheckResend { .. }
            | SourceCommand::AddNote { .. }
            | SourceCommand::Connect(_)
            | SourceCommand::RetryNow
            | SourceCommand::SkipToEnd(_)
            | SourceCommand::RefreshTopology => self.busy(now),
        }
    }

    fn refuse_of_desk(&mut self, command: &DeskCommand, now: DateTime<Utc>) {
        let words = BUSY.to_owned();
        match command {
            DeskCommand::SaveFile { request, .. } => {
                if let Some((gravity, words)) = self.files.saved(*request, Err(words)) {
                    self.notices.add(now, gravity, words);
                }
            }
            DeskCommand::PlanImport { .. } => self.schemas.import.planned(Err(words)),
            DeskCommand::ImportSchemas(_) => {
                self.schemas.imported(Err(words));
            }
            // It is read again at the next occasion.
            DeskCommand::ReadJournal(_) => self.journal.not_read(),

            // Nobody waits for it.
            DeskCommand::Notify { .. } => {}

            DeskCommand::Compare(_) => self.refuse_compare(&words),
            DeskCommand::Export(_) => self.refuse_export(&words),
            DeskCommand::Shelf(_) => {
                self.recordings.is_changing = false;
                self.busy(now);
            }

            DeskCommand::OpenSchemas(_)
            | DeskCommand::OpenSampleSchemas
            | DeskCommand::OpenSampleRecording(_)
            | DeskCommand::SaveSchema { .. }
            | DeskCommand::StopImport
            | DeskCommand::JudgeSchemas { .. }
            | DeskCommand::SaveRules { .. }
            | DeskCommand::SaveSample { .. }
            | DeskCommand::KeepRecords(_)
            | DeskCommand::CloseSource(_)
            | DeskCommand::ForgetRecords(_) => self.busy(now),
        }
    }

    fn busy(&mut self, now: DateTime<Utc>) {
        self.notices.add(now, Gravity::Warning, BUSY.to_owned());
    }

    fn tap_refused(&mut self, tap: TapId) {
        self.taps.apply(tap, TapState::Refused(BUSY.to_owned()));
    }
}
