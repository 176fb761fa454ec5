//! What is done when a job ends, and when the connection is given up.

use std::time::Duration;

use super::KafkaSession;
use crate::drivers::jobs::{Asked, End, Ended, TapEnd, cut_off_words};
use crate::drivers::kafka::link::ClusterLink;
use crate::protocol::{Gravity, SourceUpdate, TapState};

/// How long jobs get to end by themselves when the connection is ended.
const GRACE: Duration = Duration::from_millis(1_500);

impl KafkaSession {
    pub(super) async fn ended(&mut self, ended: Ended) {
        let Ended { number, asked, end } = ended;
        if let Some(request) = asked.moves() {
            self.pauses.remove(&request);
        }
        if let Asked::Tap(id) = asked
            && self.taps.get(&id).is_some_and(|tap| tap.job == number)
        {
            self.taps.remove(&id);
        }
        match end {
            Ok(End::Answer(update)) => self.outbox.send(update).await,
            Ok(End::Tap(TapEnd::Told(state))) => {
                if let Asked::Tap(tap) = asked {
                    self.outbox.send(SourceUpdate::Tap { tap, state }).await;
                }
            }
            Ok(End::Tap(TapEnd::Lost) | End::Quiet) => {}
            Err(error) if error.is_panic() => {
                tracing::error!(told = true, ?asked, "a job panicked");
                let words = "Eventscope made a mistake inside; what was asked for did not finish";
                self.answer(asked, words.to_owned()).await;
                self.outbox.notice(Gravity::Error, words).await;
            }
            Err(_) => {
                if let Asked::Tap(tap) = asked {
                    let state = TapState::Stopped;
                    self.outbox.send(SourceUpdate::Tap { tap, state }).await;
                } else {
                    self.answer(asked, cut_off_words(asked).to_owned()).await;
                }
            }
        }
    }

    /// Ends all jobs and gives the connection up.
    pub(super) async fn close(&mut self) {
        self.jobs.stop(|_| true);
        let grace = tokio::time::sleep(GRACE);
        tokio::pin!(grace);
        let mut cut = false;
        while !self.jobs.is_empty() {
            tokio::select! {
                ended = self.jobs.next() => self.ended(ended).await,
                () = &mut grace, if !cut => {
                    cut = true;
                    self.jobs.cut(|_| true);
                }
            }
        }
        if let Some(place) = self.place() {
            self.journal.cut_off(place).await;
        }
        self.link = ClusterLink::Idle;
    }

    /// Where the connection is, also while it is lost.
    fn place(&self) -> Option<String> {
        match &self.link {
            ClusterLink::Connected { cluster, .. } => Some(cluster.endpoint.place()),
            ClusterLink::Connecting { endpoint, .. } | ClusterLink::Lost { endpoint, .. } => {
                Some(endpoint.place())
            }
            ClusterLink::Idle => None,
        }
    }
}
