//! What becomes of a command that could not be passed on. The broker side does not know of it, so
//! its one answer is given here, and nothing waits for ever.

use chrono::{DateTime, Utc};

use super::leaving::Wish;
use super::{Forms, State};
use crate::event::tap_id::TapId;
use crate::protocol::{Command, Gravity, PublishOutcome, SandboxState, TapState};
use crate::rabbitmq::preflight::Report;

/// Why, and what to do.
const BUSY: &str = "Eventscope is busy with earlier requests. Try again in a moment";

impl State {
    /// A command could not be passed on because the broker side is busy. Each command is named, so
    /// that a new one has to be thought of here.
    pub fn refuse(&mut self, command: Command, forms: &mut Forms, now: DateTime<Utc>) {
        let words = BUSY.to_owned();
        match command {
            // Each of these carries a request, which gets its answer.
            Command::Publish { request, .. } => {
                let outcome = PublishOutcome::Refused(words);
                self.publish.finish(request, outcome);
            }
            Command::Peek { request, .. } | Command::ReadStream { request, .. } => {
                self.dead.peeked(request, Err(words), now, forms);
            }
            Command::Resend { request, .. } | Command::Discard { request, .. } => {
                for next in self.job_done(request, Some(words), None, forms, now) {
                    self.refuse(next, forms, now);
                }
            }
            Command::PutBack { request, .. } => {
                for next in self.put_back_done(request, Some(words)) {
                    self.refuse(next, forms, now);
                }
            }
            Command::SaveFile { request, .. } => {
                if let Some((gravity, words)) = self.files.saved(request, Err(words)) {
                    self.notices.add(now, gravity, words);
                }
            }
            Command::Preflight { request, .. } => {
                self.take_report(request, Report::impossible(words));
            }

            // It names a request that goes on. Whoever waits for its end to leave is asked again.
            Command::StopJob(_) => {
                if let Some(leaving) = self.leaving.as_mut().filter(|one| one.wish == Wish::Stop) {
                    leaving.wish = Wish::Asked;
                }
                self.busy(now);
            }

            // These have no request, but something waits for them.
            Command::StartTap(request) => self.tap_refused(request.tap),
            Command::StartFirehose(request) => self.tap_refused(request.tap),
            Command::StopTap(tap) => {
                self.taps.not_stopped(tap);
                self.busy(now);
            }
            Command::StartSandbox => {
                self.sandbox = Some(SandboxState::Failed(words));
                self.busy(now);
            }
            Command::ImportSchemas { .. } => {
                self.schemas.imported(Err(words));
            }
            // It is read again at the next occasion.
            Command::ReadJournal(_) => self.journal.not_read(),

            // Nobody waits for these, and what they are about is told again when there is more.
            Command::Notify { .. } | Command::AskReturns(_) => {}

            // Nothing waits for these either (a job that is not paused goes on), but a person
            // asked for them.
            Command::PauseJob { .. }
            | Command::Connect(_)
            | Command::Disconnect
            | Command::RetryNow
            | Command::RefreshTopology
            | Command::OpenSchemas(_)
            | Command::OpenSampleSchemas
            | Command::SaveSchema { .. }
            | Command::StopImport
            | Command::JudgeSchemas { .. }
            | Command::SaveRules { .. }
            | Command::SaveSample { .. }
            | Command::KeepRecords(_)
            | Command::ForgetRecords(_) => self.busy(now),
        }
    }

    fn busy(&mut self, now: DateTime<Utc>) {
        self.notices.add(now, Gravity::Warning, BUSY.to_owned());
    }

    fn tap_refused(&mut self, tap: TapId) {
        self.taps.apply(tap, TapState::Refused(BUSY.to_owned()));
    }
}
