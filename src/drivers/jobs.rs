//! The jobs that run now, and the promise that each request is answered exactly once.
//!
//! A job returns its answer instead of sending it. Whoever collects the job sends it, or, where
//! the job was cut off or panicked, the answer that says so.

use std::collections::HashMap;

use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::event::tap_id::TapId;
use crate::event::watching::Report;
use crate::protocol::{PublishOutcome, RequestId, SourceUpdate, TapState};

/// What a job is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Publish(RequestId),
    Series(RequestId),
    Replay(RequestId),
    Peek(RequestId),
    /// A resend or discard.
    Move(RequestId),
    /// Messages of the journal are put back.
    PutBack(RequestId),
    /// Places with dead letters are looked for.
    FindPlaces(RequestId),
    /// Records are read by their places.
    ReadRecords(RequestId),
    /// What a resend would do.
    CheckResend(RequestId),
    Tap(TapId),
    /// What a tap would do.
    Preflight(RequestId),
    /// Where consumer groups are.
    Groups(RequestId),
    /// What setting the offsets of one would do.
    PlanReset(RequestId),
    /// They are set.
    Reset(RequestId),
    /// Work of our own, such as reading the topology.
    Own,
}

/// How a tap ended.
pub(crate) enum TapEnd {
    /// The window is told this.
    Told(TapState),
    /// With the standing connections; it is started again when they are back.
    Lost,
}

/// How a job ended.
pub(crate) enum End {
    Answer(SourceUpdate),
    Tap(TapEnd),
    /// Nobody waits for an answer.
    Quiet,
}

/// A job that has ended.
pub(crate) struct Ended {
    /// Its number, to tell a tap's old job from its new one.
    pub number: Id,
    pub asked: Asked,
    /// Its answer, its panic, or that it was cut off.
    pub end: Result<End, JoinError>,
}

struct RunningJob {
    asked: Asked,
    stop: watch::Sender<bool>,
    abort: AbortHandle,
}

/// All jobs that run.
#[derive(Default)]
pub(crate) struct Jobs {
    set: JoinSet<End>,
    running: HashMap<Id, RunningJob>,
}

impl Asked {
    /// The request of what takes messages out of queues or puts them into some: it can be stopped.
    pub(crate) fn moves(self) -> Option<RequestId> {
        match self {
            Self::Move(request) | Self::PutBack(request) => Some(request),
            Self::Publish(_)
            | Self::Series(_)
            | Self::Replay(_)
            | Self::Peek(_)
            | Self::FindPlaces(_)
            | Self::ReadRecords(_)
            | Self::CheckResend(_)
            | Self::Tap(_)
            | Self::Preflight(_)
            | Self::Groups(_)
            | Self::PlanReset(_)
            | Self::Reset(_)
            | Self::Own => None,
        }
    }

    /// The request of a job that the person can stop.
    pub(crate) fn stops(self) -> Option<RequestId> {
        match self {
            Self::Series(request) | Self::Replay(request) => Some(request),
            other => other.moves(),
        }
    }
}

impl Jobs {
    /// Starts a job. It gets a switch that turns true when it shall stop by itself.
    pub(crate) fn start<F>(
        &mut self,
        asked: Asked,
        job: impl FnOnce(watch::Receiver<bool>) -> F,
    ) -> Id
    where
        F: Future<Output = End> + Send + 'static,
    {
        let (stop, switch) = watch::channel(false);
        let abort = self.set.spawn(job(switch));
        let number = abort.id();
        self.running
            .insert(number, RunningJob { asked, stop, abort });
        number
    }

    /// The next job to end; waits forever while there is none.
    pub(crate) async fn next(&mut self) -> Ended {
        let (number, end) = match self.set.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((number, end))) => (number, Ok(end)),
            Some(Err(error)) => (error.id(), Err(error)),
        };
        let asked = self
            .running
            .remove(&number)
            .map_or(Asked::Own, |running| running.asked);
        Ended { number, asked, end }
    }

    /// Asks the jobs that `which` chooses to stop by themselves.
    pub(crate) fn stop(&self, which: impl Fn(Asked) -> bool) {
        for running in self.running.values().filter(|r| which(r.asked)) {
            running.stop.send_replace(true);
        }
    }

    /// Cuts off the jobs that `which` chooses.
    pub(crate) fn cut(&self, which: impl Fn(Asked) -> bool) {
        for running in self.running.values().filter(|r| which(r.asked)) {
            running.abort.abort();
        }
    }

    /// True if no job runs.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

/// The answer to a request that cannot be carried out, for the reason in `words`.
pub(crate) fn answer_without_job(asked: Asked, words: String) -> Option<SourceUpdate> {
    match asked {
        Asked::Publish(request) => Some(SourceUpdate::Published {
            request,
            outcome: PublishOutcome::Refused(words),
        }),
        Asked::Series(request) => Some(SourceUpdate::SeriesDone {
            request,
            tally: None,
            problem: Some(words),
        }),
        Asked::Replay(request) => Some(SourceUpdate::ReplayDone {
            request,
            tally: None,
            problem: Some(words),
        }),
        Asked::Peek(request) => Some(SourceUpdate::Peeked {
            request,
            result: Err(words),
        }),
        Asked::Move(request) => Some(SourceUpdate::JobDone {
            request,
            problem: Some(words),
            sum: None,
        }),
        Asked::PutBack(request) => Some(SourceUpdate::PutBackDone {
            request,
            problem: Some(words),
        }),
        Asked::FindPlaces(request) => Some(SourceUpdate::DeadPlaces {
            request,
            result: Err(words),
        }),
        Asked::ReadRecords(request) => Some(SourceUpdate::Records {
            request,
            result: Err(words),
        }),
        Asked::CheckResend(request) => Some(SourceUpdate::ResendChecked {
            request,
            result: Err(words),
        }),
        Asked::Tap(tap) => Some(SourceUpdate::Tap {
            tap,
            state: TapState::Refused(words),
        }),
        Asked::Preflight(request) => Some(SourceUpdate::Preflight {
            request,
            report: Report::impossible(words),
        }),
        Asked::Groups(request) => Some(SourceUpdate::Groups {
            request,
            result: Err(words),
        }),
        Asked::PlanReset(request) => Some(SourceUpdate::ResetPlanned {
            request,
            result: Err(words),
        }),
        Asked::Reset(request) => Some(SourceUpdate::OffsetsReset {
            request,
            result: Err(words),
        }),
        Asked::Own => None,
    }
}

/// What to say of a job that was cut off by the end of the connection.
pub(crate) fn cut_off_words(asked: Asked) -> &'static str {
    match asked {
        Asked::Publish(_) => {
            "The connection was ended before the confirm came, so whether the message arrived is \
             not known"
        }
        Asked::Series(_) | Asked::Replay(_) => {
            "The connection was ended. Of the last events it is not known whether they arrived"
        }
        Asked::Move(_) => {
            "The connection was ended. What was not told of stays in the queue; the message that \
             was under way may have been sent"
        }
        Asked::PutBack(_) => {
            "The connection was ended. The journal says of each message whether it was put back"
        }
        Asked::Reset(_) => {
            "The connection was ended. Whether the offsets were set is not known: look at the group"
        }
        Asked::Peek(_)
        | Asked::Tap(_)
        | Asked::Preflight(_)
        | Asked::Groups(_)
        | Asked::PlanReset(_)
        | Asked::FindPlaces(_)
        | Asked::ReadRecords(_)
        | Asked::CheckResend(_)
        | Asked::Own => "The connection was ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_is_collected_with_its_request() {
        let mut jobs = Jobs::default();
        let asked = Asked::Peek(RequestId(7));
        jobs.start(asked, |_| async { panic!("no") });
        let ended = jobs.next().await;
        assert_eq!(ended.asked, asked);
        assert!(ended.end.is_err_and(|error| error.is_panic()));
        assert!(jobs.is_empty());
    }

    #[tokio::test]
    async fn a_job_hears_that_it_shall_stop() {
        let mut jobs = Jobs::default();
        jobs.start(Asked::Move(RequestId(1)), |mut stop| async move {
            assert!(stop.wait_for(|stop| *stop).await.is_ok());
            End::Quiet
        });
        jobs.stop(|asked| asked == Asked::Move(RequestId(1)));
        assert!(jobs.next().await.end.is_ok());
    }
}
