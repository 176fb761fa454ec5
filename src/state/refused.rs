//! What becomes of a command that could not be passed on. The broker side does not know of it, so
//! its one answer is given here, and nothing waits for ever.

use chrono::{DateTime, Utc};

use super::leaving::Wish;
use super::{Forms, State};
use crate::event::tap_id::TapId;
use crate::event::watching::Report;
use crate::protocol::{
    Command, DeskCommand, Gravity, PublishOutcome, SandboxState, SourceCommand, TapState,
};

/// Why, and what to do.
const BUSY: &str = "Eventscope is busy with earlier requests. Try again in a moment";

impl State {
    /// A command could not be passed on because the broker side is busy. Each command is named, so
    /// that a new one has to be thought of here.
    pub fn refuse(&mut self, command: Command, forms: &mut Forms, now: DateTime<Utc>) {
        let source = match &command {
            Command::Source(source, _) => *source,
            Command::Desk(_) => self.front.id,
        };
        self.with(source, forms, |state, forms| {
            state.refuse_here(command, forms, now);
        });
    }

    fn refuse_here(&mut self, command: Command, forms: &mut Forms, now: DateTime<Utc>) {
        let words = BUSY.to_owned();
        match command {
            // Each of these carries a request, which gets its answer.
            Command::Source(_, SourceCommand::Publish { request, .. }) => {
                let outcome = PublishOutcome::Refused(words);
                self.front.publish.finish(request, outcome);
            }
            Command::Source(_, SourceCommand::Peek { request, .. })
            | Command::Source(_, SourceCommand::ReadStream { request, .. }) => {
                self.front.dead.peeked(request, Err(words), now, forms);
            }
            Command::Source(_, SourceCommand::Resend { request, .. })
            | Command::Source(_, SourceCommand::Discard { request, .. }) => {
                for next in self.job_done(request, Some(words), None, forms, now) {
                    self.refuse_here(next, forms, now);
                }
            }
            Command::Source(_, SourceCommand::PutBack { request, .. }) => {
                for next in self.put_back_done(request, Some(words)) {
                    self.refuse_here(next, forms, now);
                }
            }
            Command::Desk(DeskCommand::SaveFile { request, .. }) => {
                if let Some((gravity, words)) = self.files.saved(request, Err(words)) {
                    self.notices.add(now, gravity, words);
                }
            }
            Command::Source(_, SourceCommand::Preflight { request, .. }) => {
                self.take_report(request, Report::impossible(words));
            }

            // It names a request that goes on. Whoever waits for its end to leave is asked again.
            Command::Source(_, SourceCommand::StopJob(_)) => {
                if let Some(leaving) = self.leaving.as_mut().filter(|one| one.wish == Wish::Stop) {
                    leaving.wish = Wish::Asked;
                }
                self.busy(now);
            }

            // These have no request, but something waits for them.
            Command::Source(_, SourceCommand::StartTap(request)) => self.tap_refused(request.tap),
            Command::Source(_, SourceCommand::StartFirehose(request)) => {
                self.tap_refused(request.tap)
            }
            Command::Source(_, SourceCommand::StopTap(tap)) => {
                self.taps.not_stopped(tap);
                self.busy(now);
            }
            Command::Source(_, SourceCommand::StartSandbox) => {
                self.front.sandbox = Some(SandboxState::Failed(words));
                self.busy(now);
            }
            Command::Desk(DeskCommand::ImportSchemas { .. }) => {
                self.schemas.imported(Err(words));
            }
            // It is read again at the next occasion.
            Command::Desk(DeskCommand::ReadJournal(_)) => self.journal.not_read(),

            // Nobody waits for these, and what they are about is told again when there is more.
            Command::Desk(DeskCommand::Notify { .. })
            | Command::Source(_, SourceCommand::AskReturns(_)) => {}

            // Nothing waits for these either (a job that is not paused goes on), but a person
            // asked for them.
            Command::Source(_, SourceCommand::PauseJob { .. })
            | Command::Source(_, SourceCommand::Connect(_))
            | Command::Source(_, SourceCommand::Disconnect)
            | Command::Source(_, SourceCommand::RetryNow)
            | Command::Source(_, SourceCommand::RefreshTopology)
            | Command::Desk(DeskCommand::OpenSchemas(_))
            | Command::Desk(DeskCommand::OpenSampleSchemas)
            | Command::Desk(DeskCommand::SaveSchema { .. })
            | Command::Desk(DeskCommand::StopImport)
            | Command::Desk(DeskCommand::JudgeSchemas { .. })
            | Command::Desk(DeskCommand::SaveRules { .. })
            | Command::Desk(DeskCommand::SaveSample { .. })
            | Command::Desk(DeskCommand::KeepRecords(_))
            | Command::Desk(DeskCommand::CloseSource(_))
            | Command::Desk(DeskCommand::ForgetRecords(_)) => self.busy(now),
        }
    }

    fn busy(&mut self, now: DateTime<Utc>) {
        self.notices.add(now, Gravity::Warning, BUSY.to_owned());
    }

    fn tap_refused(&mut self, tap: TapId) {
        self.taps.apply(tap, TapState::Refused(BUSY.to_owned()));
    }
}
