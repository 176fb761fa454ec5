//! What a job tells: how each message ended, what it does, and the sum at the end.

use super::missing::MissingTally;
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::loan::borrow::{Bounds, Loan};
use crate::event::Fingerprint;
use crate::protocol::{JobStage, MoveOutcome, RequestId, SourceUpdate};
use crate::repair::job_sum::JobSum;

/// How much of a queue was seen.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    looked_at: usize,
    depth: u32,
    /// No more than this may be borrowed at once: what lies behind was not looked at.
    pub is_cut: bool,
}

impl Seen {
    /// By a loan of which nothing is removed yet.
    pub(crate) fn of(loan: &Loan, bounds: Bounds) -> Self {
        let bytes: usize = loan.messages.values().map(|event| event.body.len()).sum();
        let most = usize::try_from(bounds.messages).unwrap_or(usize::MAX);
        Self {
            looked_at: loan.looked_at,
            depth: loan.depth,
            is_cut: loan.looked_at >= most || bytes >= bounds.bytes,
        }
    }
}

/// Where a job tells how it goes.
pub(crate) struct JobReport<'a> {
    pub connections: &'a Connections,
    request: RequestId,
    /// Where the messages are that were told of.
    pub sum: JobSum,
}

impl<'a> JobReport<'a> {
    /// Of a job about so many messages.
    pub(crate) fn new(connections: &'a Connections, request: RequestId, asked: usize) -> Self {
        Self {
            connections,
            request,
            sum: JobSum {
                asked,
                ..JobSum::default()
            },
        }
    }

    /// Tells how messages ended. What others may hold is only told here; the numbers of these are
    /// known at the end.
    pub(crate) async fn moved(&mut self, moved: Vec<(Fingerprint, MoveOutcome)>) {
        if moved.is_empty() {
            return;
        }
        for (_, outcome) in &moved {
            match outcome {
                MoveOutcome::Resent | MoveOutcome::Discarded => self.sum.done += 1,
                MoveOutcome::Kept(_) => self.sum.kept += 1,
                MoveOutcome::Duplicate(_) => self.sum.duplicates += 1,
                MoveOutcome::Unsure(_) => self.sum.unsure += 1,
                MoveOutcome::Held(_) | MoveOutcome::Gone => {}
            }
        }
        let request = self.request;
        let update = SourceUpdate::Moved { request, moved };
        self.connections.outbox.send(update).await;
    }

    /// Tells what the job does now.
    pub(crate) async fn at(&self, stage: JobStage) {
        let update = SourceUpdate::JobAt {
            request: self.request,
            total: self.sum.asked,
            stage,
        };
        self.connections.outbox.send(update).await;
    }

    /// Takes down where the missing messages are.
    pub(crate) fn account(&mut self, account: &MissingTally) {
        let MissingTally {
            kept,
            held,
            gone,
            unseen,
            words: _,
        } = account;
        self.sum.kept += kept;
        self.sum.held += held;
        self.sum.gone += gone;
        self.sum.unseen += unseen;
    }

    /// The same where these were asked for one by one; each is told.
    pub(crate) async fn account_each(
        &mut self,
        missing: impl IntoIterator<Item = Fingerprint>,
        account: &MissingTally,
    ) {
        let told = |original| (original, account.outcome());
        self.moved(missing.into_iter().map(told).collect()).await;
        self.account(account);
    }

    /// Tells of what was asked for and lies deeper than one job looks.
    pub(crate) async fn too_deep(
        &mut self,
        missing: impl IntoIterator<Item = Fingerprint>,
        seen: Seen,
    ) {
        let words = format!(
            "It was not found among the first {} of {} messages, which is as far as one job looks",
            seen.looked_at, seen.depth
        );
        let told = |original| (original, MoveOutcome::Kept(words.clone()));
        self.moved(missing.into_iter().map(told).collect()).await;
    }

    /// The end. What was not told of by now was not tried.
    pub(crate) fn end(mut self, problem: Option<String>) -> SourceUpdate {
        self.sum.untried += self.sum.asked.saturating_sub(self.sum.told());
        SourceUpdate::JobDone {
            request: self.request,
            problem,
            sum: Some(self.sum),
        }
    }
}
