//! Sends copies of dead letters, which stay where they are, so that none is lost and none is sent twice
//! without a word.
//!
//! A batch of copies is on the disk before it is sent, and it is one transaction with an id of its own. So
//! after any break the broker can be asked about that id: it was committed, or it was not. Where the broker
//! knows no such question, or the login has no right to it, copies are sent without transactions, and after
//! a break they are looked for in the target; where that tells nothing either, the journal says so.

mod batch;
mod canary;
pub(super) mod check;
mod discard;
mod guard;
mod letters;
mod newer;
mod plain;
mod report;
pub(super) mod settle;
mod target;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::link::Cluster;
use super::topic::{self, FoundTopic};
use crate::event::Event;
use crate::kafka::failure::KafkaAct;
use crate::protocol::{JobStage, MoveOutcome, RecordsOrder, RequestId, SourceUpdate};
use crate::repair::pace::{Canary, Pace};
use batch::{Batches, Ready, SentBatch};
use canary::CanaryWatch;
use guard::RecordGuard;
use letters::{Letters, WantedLetter};
use report::RecordsReport;

pub(super) use discard::discard;

/// Most copies of a batch …
const BATCH: usize = 2_000;
/// … and most bytes.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What is told when the person stopped it.
const STOPPED: &str = "Stopped. What was not sent is as it was";

/// A resend under way.
struct RecordsJob<'a> {
    report: RecordsReport<'a>,
    guard: RecordGuard<'a>,
    batches: Batches,
    pace: Pace,
    canary: Option<Canary>,
    watch: CanaryWatch,
    /// How many go together: one after trouble, so that what is wrong is said of one.
    size: usize,
    /// When the next may go, where there is a limit.
    due: Instant,
    paused: watch::Receiver<bool>,
}

/// Sends dead letters again. Gives the end of the job.
pub(super) async fn resend(
    cluster: Cluster,
    request: RequestId,
    order: RecordsOrder,
    paused: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let report = RecordsReport::new(&cluster, request);
    // What an earlier run left is settled first: what it sent is not sent again.
    settle::run(&cluster).await;
    let (found, letters) = match begin(&cluster, &order).await {
        Ok(begun) => begun,
        Err(words) => return report.end(Some(words)).await,
    };
    let batches = match Batches::open(&cluster, &found).await {
        Ok(batches) => batches,
        Err(words) => return report.end(Some(words)).await,
    };
    let mut job = RecordsJob {
        guard: RecordGuard::new(&cluster, &found, &order),
        watch: CanaryWatch::new(&cluster, &found),
        canary: order.pace.canary.map(|_| Canary::new()),
        pace: order.pace,
        batches,
        report,
        size: 1,
        due: Instant::now(),
        paused,
    };
    if order.pace.canary.is_some()
        && let Err(words) = job.watch.begin().await
    {
        return job.report.end(Some(words)).await;
    }
    let problem = job.run(letters, &mut stop).await;
    job.report.end(problem).await
}

/// The topic that they lie in, and the letters themselves.
async fn begin(cluster: &Cluster, order: &RecordsOrder) -> Result<(FoundTopic, Letters), String> {
    let found = topic::find(cluster, &order.place, KafkaAct::Read).await?;
    let letters = Letters::open(cluster, &found, order).await?;
    Ok((found, letters))
}

impl RecordsJob<'_> {
    /// Batch by batch. Why it ended early, if it did.
    async fn run(
        &mut self,
        mut letters: Letters,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<String> {
        self.report.asked(letters.total()).await;
        loop {
            if !self.wait(stop).await {
                self.report.untried(letters.left());
                return Some(STOPPED.to_owned());
            }
            let wanted = match letters.next(self.room()).await {
                Ok(wanted) if wanted.is_empty() => return None,
                Ok(wanted) => wanted,
                Err(words) => {
                    self.report.untried(letters.left());
                    return Some(words);
                }
            };
            if let Err(words) = self.pass(wanted, stop).await {
                self.report.untried(letters.left());
                return Some(words);
            }
        }
    }

    /// How many may go together now.
    fn room(&self) -> usize {
        let mut room = self.size;
        if let Some(canary) = self.canary.and_then(|canary| canary.room()) {
            room = room.min(canary);
        }
        if let Some(most) = self.pace.per_second {
            room = room.min(usize::try_from(most.get()).unwrap_or(usize::MAX));
        }
        room.max(1)
    }

    /// Waits while it is paused and until the next may go; false if it shall stop.
    async fn wait(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        if *self.paused.borrow() {
            self.report.at(JobStage::Paused).await;
            tokio::select! {
                _ = self.paused.wait_for(|paused| !paused) => {}
                _ = stop.wait_for(|stop| *stop) => return false,
            }
            self.report.at(JobStage::Sending).await;
        }
        tokio::select! {
            () = tokio::time::sleep_until(self.due) => {}
            _ = stop.wait_for(|stop| *stop) => return false,
        }
        !*stop.borrow()
    }

    /// Sends what may be sent of these.
    async fn pass(
        &mut self,
        wanted: Vec<WantedLetter>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), String> {
        let mut ready = Vec::new();
        let mut kept: Vec<(Arc<Event>, MoveOutcome)> = Vec::new();
        for (letter, verdict) in self.guard.judge(wanted).await? {
            match verdict {
                Ok(outgoing) => ready.push(Ready { letter, outgoing }),
                Err(back) if back.is_done => self.report.passed_over(),
                Err(back) => kept.push((letter, MoveOutcome::Kept(back.words))),
            }
        }
        self.report.moved(kept).await;
        let mut waiting: std::collections::VecDeque<Ready> = ready.into();
        while !waiting.is_empty() {
            let count = self.room().min(waiting.len());
            let next: Vec<Ready> = waiting.drain(..count).collect();
            let number = next.len();
            self.pace_after(number);
            match self.batches.send(next, &self.guard).await? {
                SentBatch::Told(told) => {
                    let is_smooth = told.iter().all(|one| one.outcome == MoveOutcome::Resent);
                    self.size = if is_smooth {
                        (self.size * 50).min(BATCH)
                    } else {
                        1
                    };
                    self.guard.note(&told);
                    self.watch.note(&told);
                    let told = told.into_iter().map(|one| (one.letter, one.outcome));
                    self.report.moved(told.collect()).await;
                }
                // One of them is at fault, and none was sent: they go one by one.
                SentBatch::Again(back) => {
                    self.size = 1;
                    for one in back.into_iter().rev() {
                        waiting.push_front(one);
                    }
                    continue;
                }
            }
            self.watch_canary(number, stop).await?;
        }
        Ok(())
    }

    fn pace_after(&mut self, count: usize) {
        if let Some(most) = self.pace.per_second {
            #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
            let rest = Duration::from_secs_f64(count as f64 / f64::from(most.get()));
            self.due = self.due.max(Instant::now()) + rest;
        }
    }

    /// After the first, and after the first ten, one watches whether they die again.
    async fn watch_canary(
        &mut self,
        count: usize,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), String> {
        let (Some(canary), Some(time)) = (&mut self.canary, self.pace.canary) else {
            return Ok(());
        };
        if !canary.count(count) {
            return Ok(());
        }
        let seconds = time.as_secs();
        self.report.at(JobStage::Watching { seconds }).await;
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = stop.wait_for(|stop| *stop) => return Err(STOPPED.to_owned()),
        }
        let died = self.watch.died_again().await?;
        if died > 0 {
            return Err(format!(
                "Ended: of what was sent first, {died} died again within {seconds} s. The rest was not \
                 sent"
            ));
        }
        self.report.at(JobStage::Sending).await;
        Ok(())
    }
}
