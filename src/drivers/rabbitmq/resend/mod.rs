//! Sends dead letters again, or discards them, so that none is lost.
//!
//! The order of things is the whole point: the original is held unacknowledged, a complete copy is
//! on the disk, the resend is published and confirmed as routed, and only then is the original
//! acknowledged. How far each has come is in the journal before the next step is taken. Everything
//! else goes back in one go. Cut off anywhere, a message is in its queue, in its target or in the
//! journal; between sending and removing it can be in two of them, and the journal says so.

mod canary;
mod discard;
mod guard;
mod missing;
pub(crate) mod put_back;
mod report;
mod sending;
mod source;
pub(crate) mod targets;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::connection::connections::{Connections, Knowledge};
use super::loan::borrow::{Bounds, Loan, ready};
use super::loan::budget::{self, refuse_kind};
use super::publisher::Publisher;
use crate::protocol::{JobStage, MoveOutcome, RequestId, SourceUpdate, Which};
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::peek_rules;
use crate::repair::lineage;
use crate::repair::pace::{Canary, Pace};
use targets::fresh_knowledge;

use super::loan::renewal::{give_back, take_out};
use super::moves::why::Why;
use super::moves::window::{Plan, Windows};
pub(super) use discard::discard;
use guard::Guard;
use missing::{Next, Search, WAIT};
use report::{JobReport, Seen};
use source::MessageSource;

/// How much is borrowed at once at most.
const BOUNDS: Bounds = Bounds {
    messages: 10_000,
    bytes: 256 * 1024 * 1024,
};
/// Most bytes that are borrowed while what was borrowed before is sent.
const AHEAD_BYTES: usize = 64 * 1024 * 1024;
/// How long messages are borrowed at most: RabbitMQ closes the channel of who holds a message for
/// longer than its `consumer_timeout`, 30 minutes by default.
const HELD: Duration = Duration::from_mins(10);

/// What is told when the person stopped it.
const STOPPED: &str = "Stopped. The rest stays in the queue";
/// What is told when more stays at the head of the queue than is borrowed at once.
const TOO_MANY_STAY: &str = "As many messages as one job looks at could not be sent and lie at the \
                             head of the queue. Solve these first";
/// What is told when each further look at what stays would harm it.
const EACH_LOOK_COUNTS: &str = "Some messages could not be sent, and in this quorum queue each \
                                further look at them counts as a delivery. Solve these first";

/// What a resend is asked to do.
pub(crate) struct ResendOrder {
    pub request: RequestId,
    pub queue: String,
    /// Which messages of it.
    pub which: Which,
    /// How it goes about it.
    pub pace: Pace,
}

/// A resend under way.
struct ResendJob<'a> {
    report: JobReport<'a>,
    knowledge: Arc<Knowledge>,
    queue: String,
    pace: Pace,
    publisher: Publisher,
    /// What was written down and waits; how many go together is kept over the rounds.
    windows: Windows,
    guard: Guard,
    canary: Option<Canary>,
    /// What was sent while the canary is watched.
    sent: Vec<u64>,
    /// When the next message may go, where there is a limit.
    due: Instant,
    paused: watch::Receiver<bool>,
}

/// How a round over borrowed messages ended.
enum ResendRound {
    /// All that had its turn is done.
    Done,
    /// Some of it waits for the next round.
    Again,
    /// Nothing more may be done, for this reason.
    End(Why),
}

/// A round that came to its end.
struct Passed {
    /// All that was borrowed had its turn.
    is_done: bool,
    seen: Seen,
    /// Messages that had their turn and lie in the queue.
    lying: usize,
    /// What was borrowed meanwhile.
    next: Option<Loan>,
}

/// Sends dead letters again. Gives the end of the job.
pub(crate) async fn resend(
    connections: Connections,
    order: ResendOrder,
    paused: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let ResendOrder {
        request,
        queue,
        which,
        pace,
    } = order;
    let asked = match &which {
        Which::These(orders) => orders.len(),
        Which::Whole { shown, .. } => usize::try_from(*shown).unwrap_or(usize::MAX),
    };
    let report = JobReport::new(&connections, request, asked);
    let Some(_turn) = missing::turn(&report, &queue, &mut stop).await else {
        return report.end(Some(STOPPED.to_owned()));
    };
    let knowledge = fresh_knowledge(&connections).await;
    if let Err(words) = refuse_kind(&knowledge, &queue) {
        return report.end(Some(words));
    }
    let ground = Arc::new(Ground::of(knowledge.topology.clone()));
    let mut source = MessageSource::new(which, &connections.endpoint.user, &ground, &queue);
    let mut job = ResendJob {
        report,
        guard: Guard::new(&connections, &knowledge, &ground, &queue, pace.insist),
        knowledge,
        queue,
        pace,
        publisher: Publisher::new(
            Arc::clone(&connections.publishing),
            connections.confirm_limit,
        ),
        windows: Windows::new(Vec::new()),
        canary: pace.canary.map(|_| Canary::new()),
        sent: Vec::new(),
        due: Instant::now(),
        paused,
    };
    let problem = job.rounds(&mut source, &mut stop).await;
    if problem.is_none() && source.is_whole() {
        job.count_added().await;
    }
    job.report.end(problem)
}

impl ResendJob<'_> {
    /// Round by round, until all is done that can be. Why it ended early, if it did, or where what
    /// is missing is.
    async fn rounds(
        &mut self,
        source: &mut MessageSource,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<String> {
        let looks_count = budget::counted(&self.knowledge, &self.queue).is_some();
        let mut ahead: Option<Loan> = None;
        // Until when what is missing is waited for.
        let mut due: Option<Instant> = None;
        loop {
            if let Err(why) = self.wait_while_paused(&mut ahead, stop).await {
                return Some(why.words());
            }
            let before = source.left();
            let Passed {
                is_done,
                seen,
                lying,
                next,
            } = match self.pass(source, ahead.take(), stop).await {
                Ok(passed) => passed,
                Err(why) => return Some(why.words()),
            };
            ahead = next;
            let missing = source.left().unwrap_or(0);
            if is_done && missing == 0 {
                return self.put_back(ahead).await.err().map(Why::words);
            }
            if before != Some(missing) {
                due = None;
            }
            if !is_done || ahead.is_some() {
                continue;
            }
            if seen.is_cut {
                if !source.is_whole() {
                    // What was not found in one look is not looked for again.
                    self.report.too_deep(source.missing(), seen).await;
                    return None;
                }
                // All that could be borrowed had had its turn: another round would find the same.
                let most = usize::try_from(BOUNDS.messages).unwrap_or(usize::MAX);
                if before == Some(missing) || source.staying() >= most {
                    return Some(TOO_MANY_STAY.to_owned());
                }
                if source.staying() > 0 && looks_count {
                    return Some(EACH_LOOK_COUNTS.to_owned());
                }
                continue;
            }
            // All that the broker gives was seen.
            let search = Search {
                queue: &self.queue,
                missing,
                lying,
                is_whole: source.is_whole(),
                looks_count,
                due: *due.get_or_insert_with(|| Instant::now() + WAIT),
            };
            match missing::search(&self.report, search, stop, &self.paused).await {
                Next::Look => {}
                Next::End(words) => return Some(words),
                Next::Account(account) => {
                    if source.is_whole() {
                        self.report.account(&account);
                    } else {
                        self.report.account_each(source.missing(), &account).await;
                    }
                    return Some(account.words).filter(|words| !words.is_empty());
                }
            }
        }
    }

    /// Borrows, unless that is done, sends what has its turn, and gives the rest back. Meanwhile the
    /// next round is borrowed, where that may be.
    async fn pass(
        &mut self,
        source: &mut MessageSource,
        ahead: Option<Loan>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Passed, Why> {
        let connections = self.report.connections;
        let (knowledge, queue) = (Arc::clone(&self.knowledge), self.queue.clone());
        let bounds = self.bounds(source, ahead.is_some());
        let mut loan = match ahead {
            Some(loan) => loan,
            None => take_out(connections, &knowledge, &queue, bounds, stop).await?,
        };
        let seen = Seen::of(&loan, bounds);
        let (round, next) = if self.may_borrow_ahead(source, &loan, seen) {
            let bounds = self.bounds(source, true);
            let mut enough = stop.clone();
            let borrowing = take_out(connections, &knowledge, &queue, bounds, &mut enough);
            let (round, next) = tokio::join!(self.round(source, &mut loan, stop), borrowing);
            (round, next.map(Some))
        } else {
            (self.round(source, &mut loan, stop).await, Ok(None))
        };
        let lying = loan.messages.len().max(source.staying());
        let mixed = loan.is_mixed_up_by_a_break();
        let returned = give_back(connections, &queue, loan).await;
        let is_done = matches!(round, ResendRound::Done);
        let (returned, next) = match next {
            Ok(next) if is_done && returned.is_ok() => (Ok(()), next),
            // It goes back behind what lay before it.
            Ok(next) => (returned.map(|_| ()).and(self.put_back(next).await), None),
            Err(words) => (Err(Why::Told(words)), None),
        };
        match (round, returned) {
            (ResendRound::End(why), _) | (_, Err(why)) if mixed => Err(why.mixing_up()),
            (ResendRound::End(why), _) | (_, Err(why)) => Err(why),
            (_, Ok(())) => Ok(Passed {
                is_done,
                seen,
                lying,
                next,
            }),
        }
    }

    /// How much is borrowed at once, or while something is sent.
    fn bounds(&self, source: &MessageSource, is_ahead: bool) -> Bounds {
        let terms = self.knowledge.terms(&self.queue);
        // Such a queue keeps its order only where all is taken at once.
        let takes_all = terms.is_some_and(|terms| terms.order == peek_rules::QueueOrder::KeptIfAll);
        Bounds {
            messages: if source.is_whole() && !takes_all {
                self.report.connections.round.clamp(1, BOUNDS.messages)
            } else {
                BOUNDS.messages
            },
            bytes: if is_ahead { AHEAD_BYTES } else { BOUNDS.bytes },
        }
    }

    /// True if what lies behind these may be borrowed while these are sent. Not where it would be
    /// held for long, and not where some stay: these would be passed over at the head of the queue.
    fn may_borrow_ahead(&self, source: &MessageSource, loan: &Loan, seen: Seen) -> bool {
        let is_watched = self.canary.is_some_and(|canary| canary.room().is_some());
        let is_slow = self.pace.per_second.is_some() || is_watched;
        let has_more = match source.left() {
            Some(left) => left > loan.messages.len(),
            None => loan.behind() > 0,
        };
        // There what many consumers had is mixed up when their connection breaks.
        let version = self.knowledge.version.as_ref();
        let mixes_up = loan.mixes_up() && version.is_none_or(|version| !version.at_least(4, 3));
        let is_plain = source.is_whole() && source.staying() == 0 && !mixes_up;
        is_plain && seen.is_cut && has_more && !is_slow
    }

    /// Gives back what was borrowed for a round that does not come.
    async fn put_back(&self, ahead: Option<Loan>) -> Result<(), Why> {
        match ahead {
            Some(loan) => {
                let connections = self.report.connections;
                let back = give_back(connections, &self.queue, loan).await;
                back.map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// Counts what lies in the queue beside what had its turn.
    async fn count_added(&mut self) {
        if let Ok(lying) = ready(self.report.connections, &self.queue).await {
            let sum = &mut self.report.sum;
            let lying = usize::try_from(lying).unwrap_or(usize::MAX);
            sum.added = lying.saturating_sub(sum.kept + sum.duplicates);
        }
    }

    /// Waits as long as the person wants it to. What was borrowed goes back first.
    ///
    /// # Errors
    /// Why the job ends.
    async fn wait_while_paused(
        &mut self,
        ahead: &mut Option<Loan>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Why> {
        if *self.paused.borrow() {
            self.put_back(ahead.take()).await?;
            self.report.at(JobStage::Paused).await;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => {}
                _ = self.paused.wait_for(|paused| !*paused) => {}
            }
        }
        if *stop.borrow() {
            self.put_back(ahead.take()).await?;
            return Err(STOPPED.into());
        }
        self.report.at(JobStage::Sending).await;
        Ok(())
    }

    /// Sends what has its turn among the borrowed messages.
    async fn round(
        &mut self,
        source: &mut MessageSource,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> ResendRound {
        let connections = self.report.connections;
        let is_first = source.left().is_none();
        let look = source.look(loan);
        if is_first {
            self.report.sum.asked = source.asked();
            self.report.at(JobStage::Sending).await;
        }
        let mut refused = look.refused;
        let mut plan: Vec<Plan> = Vec::with_capacity(look.plan.len());
        self.guard.learn(connections, &look.plan).await;
        for mut one in look.plan {
            if let Some(words) = self.guard.refusal(&one) {
                refused.push((one.event, words));
                continue;
            }
            if self.pace.mark {
                let id = uuid::Uuid::new_v4().to_string();
                lineage::mark(&mut one.outgoing.properties, &one.event.properties, &id);
            }
            plan.push(one);
        }
        let mut told = Vec::with_capacity(refused.len());
        for (event, words) in refused {
            source.stays(&event);
            told.push((event.fingerprint(), MoveOutcome::Kept(words)));
        }
        self.report.moved(told).await;
        self.send(source, plan, loan, stop).await
    }
}
