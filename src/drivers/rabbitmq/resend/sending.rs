//! Sends borrowed messages, window by window.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::source::MessageSource;
use super::{HELD, ResendJob, ResendRound, STOPPED, Why, canary};
use crate::drivers::rabbitmq::loan::borrow::Loan;
use crate::drivers::rabbitmq::moves::SILENT;
use crate::drivers::rabbitmq::moves::pipeline::{Pipeline, Unsent};
use crate::drivers::rabbitmq::moves::window::{Move, Plan, WINDOW, write_down};
use crate::protocol::{JobStage, MoveOutcome};
use crate::repair::journal_entry::RecordId;
use crate::repair::lineage;

/// Messages that are written to the journal before the first of them is sent.
const FIRST: usize = 256;

/// What a resend does next.
enum Turn {
    Send(Vec<Move>),
    /// Let the originals of what was sent go first.
    Remove,
    /// Send nothing more in this round.
    End(ResendRound),
}

impl ResendJob<'_> {
    /// Sends these. While a window of them is under way, the next are written down.
    #[expect(
        clippy::too_many_lines,
        reason = "the windows of one round, whose stages share what is under way"
    )]
    pub(crate) async fn send(
        &mut self,
        source: &mut MessageSource,
        plan: Vec<Plan>,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> ResendRound {
        let connections = self.report.connections;
        let queue = self.queue.clone();
        let limit = loan.limit;
        let mut plan = plan.into_iter();
        let mut pipeline = Pipeline::new(&connections.journal, Unsent::Untouched);
        let mut unsettled = Vec::new();
        let mut end = None;
        match write_down(
            connections,
            &queue,
            limit,
            plan.by_ref().take(FIRST).collect(),
        )
        .await
        {
            Ok(first) => self.windows.add(first),
            Err(words) => {
                let words = format!("{words}, so nothing is sent. All stay in the queue");
                end = Some(ResendRound::End(words.into()));
            }
        }
        let round = loop {
            let mut next = None;
            if end.is_none() {
                match self.choose(&pipeline, loan, stop).await {
                    Turn::Send(window) => next = Some(window),
                    Turn::Remove => {}
                    Turn::End(round) => end = Some(round),
                }
            }
            if next.is_none() && pipeline.is_done() {
                match end {
                    Some(round) => break round,
                    None => continue,
                }
            }
            self.charge(next.as_ref().map_or(0, Vec::len));
            let goes_on = end.is_none() && self.windows.len() < WINDOW;
            let more = if goes_on { WINDOW } else { 0 };
            let more = plan.by_ref().take(more).collect();
            let writing = write_down(connections, &queue, limit, more);
            let (passed, written) = pipeline
                .step(next, loan, &mut self.publisher, writing)
                .await;
            self.windows.take_back(passed.unsent);
            let gone = self.tell(source, passed.outcomes, &mut unsettled).await;
            let problem = match written {
                Ok(more) => {
                    self.windows.add(more);
                    None
                }
                Err(words) => {
                    let words =
                        format!("{words}, so nothing more is sent. The rest stays in the queue");
                    Some(Why::Told(words))
                }
            };
            if !self.publisher.is_open() || !loan.is_open() {
                end = Some(ResendRound::End(Why::BROKEN));
            } else if let Some(why) = passed.problem.or(problem) {
                end = Some(ResendRound::End(why));
            } else if pipeline.is_silent() {
                end = Some(ResendRound::End(SILENT.into()));
            }
            if pipeline.is_smooth() {
                self.windows.grow();
            } else {
                self.windows.shrink();
            }
            if end.is_none()
                && let Some(why) = self.watch_canary(gone, loan, stop).await
            {
                end = Some(ResendRound::End(why));
            }
        };
        // What was not sent has its turn later.
        let rest = self.windows.drain();
        source.not_sent(rest.iter().map(|one| (&*one.event, &one.outgoing)));
        source.not_sent(
            plan.as_slice()
                .iter()
                .map(|one| (&*one.event, &one.outgoing)),
        );
        let is_lost = matches!(&round, ResendRound::End(why) if why.is_broken());
        self.close_records(&rest, unsettled, is_lost).await;
        round
    }

    /// Tells how messages ended. How many of them left the queue.
    async fn tell(
        &mut self,
        source: &mut MessageSource,
        outcomes: Vec<(Move, MoveOutcome)>,
        unsettled: &mut Vec<RecordId>,
    ) -> usize {
        let is_watched = self.canary.is_some_and(|canary| canary.room().is_some());
        let mut gone = 0;
        let mut told = Vec::with_capacity(outcomes.len());
        for (one, outcome) in outcomes {
            if outcome == MoveOutcome::Resent {
                gone += 1;
            } else {
                source.stays(&one.event);
                unsettled.push(one.id);
            }
            told.push((one.event.fingerprint(), outcome));
            if is_watched {
                let Move { outgoing, .. } = one;
                self.sent
                    .push(lineage::content(&outgoing.properties, &outgoing.body));
            }
        }
        self.report.moved(told).await;
        gone
    }

    /// What comes next. What has to wait lets the originals of what was sent go first.
    async fn choose(
        &mut self,
        pipeline: &Pipeline,
        loan: &Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Turn {
        loop {
            if *stop.borrow() {
                return Turn::End(ResendRound::End(STOPPED.into()));
            }
            let is_empty = self.windows.len() == 0;
            if *self.paused.borrow() || loan.since.elapsed() > HELD {
                return Turn::End(if is_empty {
                    ResendRound::Done
                } else {
                    ResendRound::Again
                });
            }
            if is_empty {
                return Turn::End(ResendRound::Done);
            }
            let waits = self.pace.per_second.is_some()
                || self.canary.is_some_and(|canary| canary.room().is_some());
            if waits && !pipeline.is_done() {
                return Turn::Remove;
            }
            self.wait_until_due(stop).await;
            if *stop.borrow() || *self.paused.borrow() {
                continue;
            }
            let most = self.most_at_once();
            return match self.windows.next(most) {
                Some(window) => Turn::Send(window),
                None => Turn::End(ResendRound::Done),
            };
        }
    }

    /// Where a canary has sent what it may, watches whether it dies again. Says so if it does.
    async fn watch_canary(
        &mut self,
        sent: usize,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Why> {
        let (canary, time) = (self.canary.as_mut()?, self.pace.canary?);
        if !canary.count(sent) {
            return None;
        }
        let stage = JobStage::Watching {
            seconds: time.as_secs(),
        };
        self.report.at(stage).await;
        let back = canary::watch(loan, &self.sent, time, stop).await;
        self.report.at(JobStage::Sending).await;
        match back {
            Ok(None) => None,
            Ok(Some(words)) => Some(words.into()),
            Err(_) => Some(Why::BROKEN),
        }
    }

    /// Most messages that may go together now.
    fn most_at_once(&self) -> usize {
        let by_canary = self.canary.and_then(|canary| canary.room());
        // So few that a limit is kept to within a quarter of a second.
        let by_rate = self.pace.per_second.map(|rate| rate.get().div_ceil(4));
        let by_rate = by_rate.and_then(|most| usize::try_from(most).ok());
        let most = by_canary.unwrap_or(usize::MAX);
        most.min(by_rate.unwrap_or(usize::MAX))
    }

    /// Waits until the limit allows the next window.
    async fn wait_until_due(&self, stop: &mut watch::Receiver<bool>) {
        let mut paused = self.paused.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            _ = paused.wait_for(|paused| *paused) => {}
            () = tokio::time::sleep_until(self.due) => {}
        }
    }

    /// What was sent takes its time, where there is a limit.
    fn charge(&mut self, sent: usize) {
        if let (Some(rate), Ok(sent)) = (self.pace.per_second, u32::try_from(sent)) {
            self.due = self.due.max(Instant::now()) + Duration::from_secs(1) * sent / rate.get();
        }
    }

    /// What was never sent needs no record, and what is not certain now stays so. Where this fails
    /// a record says "not touched", which is true.
    async fn close_records(&self, rest: &[Move], unsettled: Vec<RecordId>, is_lost: bool) {
        let rest: Vec<RecordId> = rest.iter().map(|one| one.id).collect();
        if rest.is_empty() && unsettled.is_empty() && !is_lost {
            return;
        }
        let place = self.report.connections.endpoint.place();
        let closing = self.report.connections.journal.with(move |journal| {
            journal.forget(&rest)?;
            journal.settle(&unsettled)?;
            if is_lost {
                journal.doubt(&place)
            } else {
                Ok(())
            }
        });
        if let Err(words) = closing.await {
            tracing::warn!(
                words,
                "the journal did not take down how a job ended: some of its messages look unfinished there"
            );
        }
    }
}
