//! Tells how a resend from a log goes, in numbers that add up.

use std::sync::Arc;

use crate::drivers::kafka::link::Cluster;
use crate::engine::journal_access;
use crate::event::Event;
use crate::protocol::{JobStage, MoveOutcome, RequestId, SourceUpdate};
use crate::repair::job_sum::JobSum;

/// What was told of a job.
pub(super) struct RecordsReport<'a> {
    cluster: &'a Cluster,
    request: RequestId,
    sum: JobSum,
}

impl<'a> RecordsReport<'a> {
    pub(super) fn new(cluster: &'a Cluster, request: RequestId) -> Self {
        Self {
            cluster,
            request,
            sum: JobSum::default(),
        }
    }

    /// It is about so many.
    pub(super) async fn asked(&mut self, total: usize) {
        self.sum.asked = total;
        self.at(JobStage::Sending).await;
    }

    /// The journal calls one of them done already, so the job is not about it.
    pub(super) fn passed_over(&mut self) {
        self.sum.asked = self.sum.asked.saturating_sub(1);
    }

    /// These did not have their turn.
    pub(super) fn untried(&mut self, count: usize) {
        self.sum.untried += count;
    }

    /// Tells how some ended.
    pub(super) async fn moved(&mut self, moved: Vec<(Arc<Event>, MoveOutcome)>) {
        if moved.is_empty() {
            return;
        }
        for (_, outcome) in &moved {
            match outcome {
                MoveOutcome::Resent | MoveOutcome::Discarded => self.sum.done += 1,
                MoveOutcome::Kept(_) => self.sum.kept += 1,
                MoveOutcome::Unsure(_) => self.sum.unsure += 1,
                // Nothing is removed from a log, so these do not happen there.
                MoveOutcome::Duplicate(_) | MoveOutcome::Held(_) | MoveOutcome::Gone => {}
            }
        }
        let moved = moved
            .into_iter()
            .map(|(letter, outcome)| (letter.fingerprint(), outcome))
            .collect();
        let request = self.request;
        let update = SourceUpdate::Moved { request, moved };
        self.cluster.outbox.send(update).await;
    }

    /// Tells what the job does now.
    pub(super) async fn at(&self, stage: JobStage) {
        let update = SourceUpdate::JobAt {
            request: self.request,
            total: self.sum.asked,
            stage,
        };
        self.cluster.outbox.send(update).await;
    }

    /// The end, with where each is.
    pub(super) async fn end(mut self, problem: Option<String>) -> SourceUpdate {
        // Offsets have holes: fewer may have been there than was thought.
        let told = self.sum.told();
        if problem.is_none() {
            self.sum.asked = told;
        } else {
            let untried = self.sum.asked.saturating_sub(told - self.sum.untried);
            self.sum.untried = untried;
        }
        let journal = journal_access::read(&self.cluster.journal).await;
        self.cluster.outbox.desk().send(journal).await;
        SourceUpdate::JobDone {
            request: self.request,
            problem,
            sum: Some(self.sum),
        }
    }
}
