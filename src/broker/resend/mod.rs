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
mod pipeline;
mod renewal;
mod source;
mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::borrow::{Bounds, Loan};
use super::budget;
use super::outlet::Outlet;
use super::peek::refuse_kind;
use super::targets::fresh_knowledge;
use super::wires::{Knowledge, Wires};
use crate::domain::ground::Ground;
use crate::domain::pace::{Canary, Pace};
use crate::domain::record::{Held, RecordId};
use crate::domain::{Event, Fingerprint, lineage};
use crate::protocol::{JobStage, MoveOutcome, RequestId, Update, Which};

pub(super) use discard::discard;
use guard::Guard;
use pipeline::Pipeline;
pub(super) use renewal::{Keeper, give_back, take_out, take_out_knowing};
use source::Source;
use window::{Move, Plan, Windows, write_down};

/// How much is borrowed at once.
const BOUNDS: Bounds = Bounds {
    messages: 10_000,
    bytes: 256 * 1024 * 1024,
};
/// Messages that are written to the journal before the first of them is sent.
const PART: usize = 2_048;
/// How long messages are borrowed at most: RabbitMQ closes the channel of who holds a message for
/// longer than its `consumer_timeout`, 30 minutes by default.
const HELD: Duration = Duration::from_mins(10);

/// What is told when the connection breaks under a job.
const BROKEN: &str =
    "The connection broke. RabbitMQ puts the messages that were held back by itself";
/// What is told when the person stopped it.
const STOPPED: &str = "Stopped. The rest stays in the queue";
/// What is told when no confirm comes.
const SILENT: &str = "RabbitMQ does not confirm. The rest stays in the queue";
/// What is told when more stays at the head of the queue than is borrowed at once.
const TOO_MANY_STAY: &str = "As many messages as one job looks at could not be sent and lie at the \
                             head of the queue. Solve these first";
/// What is told when each further look at what stays would harm it.
const EACH_LOOK_COUNTS: &str = "Some messages could not be sent, and in this quorum queue each \
                                further look at them counts as a delivery. Solve these first";

/// Where a job tells how each message ended.
struct Report<'a> {
    wires: &'a Wires,
    request: RequestId,
}

impl Report<'_> {
    async fn moved(&self, original: Fingerprint, outcome: MoveOutcome) {
        let update = Update::Moved {
            request: self.request,
            original,
            outcome,
        };
        self.wires.outbox.send(update).await;
    }

    async fn at(&self, total: usize, stage: JobStage) {
        let update = Update::JobAt {
            request: self.request,
            total,
            stage,
        };
        self.wires.outbox.send(update).await;
    }

    /// Tells of what was asked for and is not among the messages that were seen.
    async fn not_found(&self, rest: impl IntoIterator<Item = Fingerprint>, seen: Seen) {
        let Seen {
            is_complete,
            looked_at,
            depth,
        } = seen;
        for original in rest {
            let outcome = if is_complete {
                MoveOutcome::Gone
            } else {
                MoveOutcome::Kept(format!(
                    "It was not found among the first {looked_at} of {depth} messages, which is \
                     as far as one job looks"
                ))
            };
            self.moved(original, outcome).await;
        }
    }
}

/// How much of a queue was seen.
#[derive(Clone, Copy)]
struct Seen {
    is_complete: bool,
    looked_at: usize,
    depth: u32,
}

impl Seen {
    fn of(loan: &Loan) -> Self {
        Self {
            is_complete: loan.is_complete,
            looked_at: loan.looked_at,
            depth: loan.depth,
        }
    }
}

/// What a resend is asked to do.
pub(super) struct Order {
    /// Names it.
    pub request: RequestId,
    /// The queue.
    pub queue: String,
    /// Which messages of it.
    pub which: Which,
    /// How it goes about it.
    pub pace: Pace,
}

/// A resend under way.
struct Job<'a> {
    report: Report<'a>,
    knowledge: Arc<Knowledge>,
    queue: String,
    pace: Pace,
    outlet: Outlet,
    guard: Guard,
    canary: Option<Canary>,
    /// What was sent while the canary is watched.
    sent: Vec<u64>,
    /// When the next message may go, where there is a limit.
    due: Instant,
    paused: watch::Receiver<bool>,
    total: usize,
}

/// How a round over borrowed messages ended.
enum Round {
    /// All that had its turn is done.
    Done,
    /// Some of it waits for the next round.
    Again,
    /// Nothing more may be done, for this reason.
    End(String),
}

/// What a resend does next.
enum Turn<'a> {
    /// Send these.
    Send(&'a [Move]),
    /// Let the originals of what was sent go first.
    Remove,
    /// Send nothing more in this round.
    End(Round),
}

/// Sends dead letters again. Ends with why it ended early, if it did.
pub(super) async fn resend(
    wires: Wires,
    order: Order,
    paused: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) -> Option<String> {
    let Order {
        request,
        queue,
        which,
        pace,
    } = order;
    let knowledge = fresh_knowledge(&wires).await;
    if let Err(words) = refuse_kind(&knowledge, &queue) {
        return Some(words);
    }
    let ground = Arc::new(Ground::of(knowledge.topology.clone()));
    let mut source = Source::new(which, &wires.endpoint.user, &ground, &queue);
    let mut job = Job {
        report: Report {
            wires: &wires,
            request,
        },
        guard: Guard::new(&wires, &knowledge, &ground, &queue, pace.insist),
        knowledge,
        queue,
        pace,
        outlet: Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit),
        canary: pace.canary.map(|_| Canary::new()),
        sent: Vec::new(),
        due: Instant::now(),
        paused,
        total: source.left().unwrap_or(0),
    };
    loop {
        if let Some(words) = job.wait_while_paused(&mut stop).await {
            return Some(words);
        }
        let borrowed = take_out(&wires, &job.knowledge, &job.queue, BOUNDS, &mut stop).await;
        let mut loan = match borrowed {
            Ok(loan) => loan,
            Err(words) => return Some(words),
        };
        let seen = Seen::of(&loan);
        let before = source.left();
        let round = job.round(&mut source, &mut loan, &mut stop).await;
        let returned = give_back(&wires, &job.knowledge, &job.queue, loan).await;
        let is_done = match &round {
            Round::End(words) => return Some(words.clone()),
            Round::Done => match &source {
                // What was not found in one look is not looked for again.
                Source::These(_) => true,
                Source::Whole { left, .. } => left.is_none_or(|left| left == 0) || seen.is_complete,
            },
            Round::Again => false,
        };
        if let Err(words) = returned {
            return Some(words);
        }
        if is_done {
            job.report.not_found(source.not_found(), seen).await;
            return None;
        }
        // All that could be borrowed had had its turn: another round would find the same.
        let found_none = matches!(round, Round::Done) && before == source.left();
        if found_none || source.staying() >= usize::try_from(BOUNDS.messages).unwrap_or(usize::MAX)
        {
            return Some(TOO_MANY_STAY.to_owned());
        }
        if source.staying() > 0 && budget::counted(&job.knowledge, &job.queue).is_some() {
            return Some(EACH_LOOK_COUNTS.to_owned());
        }
    }
}

impl Job<'_> {
    /// Waits as long as the person wants it to. What was borrowed lies in the queue meanwhile.
    async fn wait_while_paused(&mut self, stop: &mut watch::Receiver<bool>) -> Option<String> {
        if *self.paused.borrow() {
            self.report.at(self.total, JobStage::Paused).await;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => {}
                _ = self.paused.wait_for(|paused| !*paused) => {}
            }
        }
        if *stop.borrow() {
            return Some(STOPPED.to_owned());
        }
        self.report.at(self.total, JobStage::Sending).await;
        None
    }

    /// Sends what has its turn among the borrowed messages.
    async fn round(
        &mut self,
        source: &mut Source,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Round {
        let wires = self.report.wires;
        let first = source.left().is_none();
        let look = source.look(loan);
        if first {
            self.total = look.plan.len() + look.refused.len() + source.left().unwrap_or(0);
            self.report.at(self.total, JobStage::Sending).await;
        }
        for (event, words) in look.refused {
            self.stays(source, &event, words).await;
        }
        let mut plan: Vec<Plan> = Vec::with_capacity(look.plan.len());
        self.guard.learn(wires, &look.plan).await;
        for mut one in look.plan {
            if let Some(words) = self.guard.refusal(&one) {
                self.stays(source, &one.event, words).await;
                continue;
            }
            if self.pace.mark {
                let id = uuid::Uuid::new_v4().to_string();
                lineage::mark(&mut one.outgoing.properties, &one.event.properties, &id);
            }
            plan.push(one);
        }
        self.parts(source, plan, loan, stop).await
    }

    /// Part by part: while the messages of one are sent, those of the next are written down.
    async fn parts(
        &mut self,
        source: &mut Source,
        plan: Vec<Plan>,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Round {
        let wires = self.report.wires;
        let queue = self.queue.clone();
        let limit = loan.limit;
        let mut plan = plan.into_iter();
        let first = plan.by_ref().take(PART).collect();
        let mut written = write_down(wires, &queue, limit, first).await;
        if let Err(words) = written {
            return Round::End(format!(
                "{words}, so nothing is sent. All stay in the queue"
            ));
        }
        let mut size = 1;
        loop {
            let part = match written {
                Ok(part) => part,
                Err(words) => {
                    let words =
                        format!("{words}, so nothing more is sent. The rest stays in the queue");
                    return Round::End(words);
                }
            };
            let next = plan.by_ref().take(PART).collect();
            let mut windows = Windows::new(&part, size);
            let sending = self.windows(source, &mut windows, loan, stop);
            let (round, next) = tokio::join!(sending, write_down(wires, &queue, limit, next));
            let rest = windows.rest();
            size = windows.size();
            source.not_sent(rest.iter().map(|one| (&*one.event, &one.outgoing)));
            let lost = matches!(&round, Round::End(words) if words == BROKEN);
            self.close_records(&part, rest, lost).await;
            let is_done = matches!(round, Round::Done);
            if is_done && !next.as_ref().is_ok_and(Vec::is_empty) {
                written = next;
                continue;
            }
            // What was written down meanwhile, and what was not, has its turn later.
            let next = next.unwrap_or_default();
            source.not_sent(next.iter().map(|one| (&*one.event, &one.outgoing)));
            self.close_records(&next, &next, false).await;
            let later: Vec<Plan> = plan.collect();
            source.not_sent(later.iter().map(|one| (&*one.event, &one.outgoing)));
            return round;
        }
    }

    async fn stays(&self, source: &mut Source, event: &Event, words: String) {
        source.stays(event);
        let outcome = MoveOutcome::Kept(words);
        self.report.moved(event.fingerprint(), outcome).await;
    }

    async fn windows<'a>(
        &mut self,
        source: &mut Source,
        windows: &mut Windows<'a>,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Round
    where
        Self: 'a,
    {
        let wires = self.report.wires;
        let mut pipeline = Pipeline::new(&wires.journal);
        let mut end = None;
        loop {
            let mut next = None;
            if end.is_none() {
                match self.choose(windows, &pipeline, loan, stop).await {
                    Turn::Send(window) => next = Some(window),
                    Turn::Remove => {}
                    Turn::End(round) => end = Some(round),
                }
            }
            if next.is_none() && pipeline.is_done() {
                if let Some(round) = end {
                    return round;
                }
                continue;
            }
            self.charge(next.map_or(0, <[Move]>::len));
            let passed = pipeline.step(next, loan, &mut self.outlet).await;
            windows.take_back(passed.unsent);
            let mut gone = 0;
            for (one, outcome) in passed.outcomes {
                match outcome {
                    MoveOutcome::Resent => gone += 1,
                    _ => source.stays(&one.event),
                }
                if self.canary.is_some_and(|canary| canary.room().is_some()) {
                    let Move { outgoing, .. } = one;
                    self.sent
                        .push(lineage::content(&outgoing.properties, &outgoing.body));
                }
                self.report.moved(one.event.fingerprint(), outcome).await;
            }
            if !self.outlet.is_open() || !loan.is_open() {
                end = Some(Round::End(BROKEN.to_owned()));
            } else if let Some(words) = passed.problem {
                end = Some(Round::End(words));
            } else if pipeline.is_silent() {
                end = Some(Round::End(SILENT.to_owned()));
            }
            if pipeline.is_smooth() {
                windows.grow();
            } else {
                windows.shrink();
            }
            if end.is_none()
                && let Some(words) = self.watch_canary(gone, loan, stop).await
            {
                end = Some(Round::End(words));
            }
        }
    }

    /// What comes next. What has to wait lets the originals of what was sent go first.
    async fn choose<'a>(
        &self,
        windows: &mut Windows<'a>,
        pipeline: &Pipeline<'a>,
        loan: &Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Turn<'a> {
        loop {
            if *stop.borrow() {
                return Turn::End(Round::End(STOPPED.to_owned()));
            }
            let is_empty = windows.rest().is_empty();
            if *self.paused.borrow() || loan.since.elapsed() > HELD {
                return Turn::End(if is_empty { Round::Done } else { Round::Again });
            }
            if is_empty {
                return Turn::End(Round::Done);
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
            return match windows.next(self.most_at_once()) {
                Some(window) => Turn::Send(window),
                None => Turn::End(Round::Done),
            };
        }
    }

    /// Where a canary has sent what it may, watches whether it dies again. Says so if it does.
    async fn watch_canary(
        &mut self,
        sent: usize,
        loan: &mut Loan,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<String> {
        let (canary, time) = (self.canary.as_mut()?, self.pace.canary?);
        if !canary.count(sent) {
            return None;
        }
        let stage = JobStage::Watching {
            seconds: time.as_secs(),
        };
        self.report.at(self.total, stage).await;
        let back = canary::watch(loan, &self.sent, time, stop).await;
        self.report.at(self.total, JobStage::Sending).await;
        match back {
            Ok(None) => None,
            Ok(Some(words)) => Some(words),
            Err(_) => Some(BROKEN.to_owned()),
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

    /// What was never sent needs no record. Where this fails it says "not touched", which is true.
    async fn close_records(&self, plan: &[Move], rest: &[Move], lost: bool) {
        let rest: Vec<RecordId> = rest.iter().map(|one| one.id).collect();
        let all: Vec<RecordId> = plan.iter().map(|one| one.id).collect();
        let place = self.report.wires.endpoint.place();
        let closing = self.report.wires.journal.with(move |journal| {
            journal.forget(&rest)?;
            journal.settle(&all)?;
            if lost { journal.doubt(&place) } else { Ok(()) }
        });
        if let Err(words) = closing.await {
            tracing::warn!(words, "records in the journal were not closed");
        }
    }
}

/// A message as it lies in a queue, complete.
fn copy_of(place: &str, queue: &str, event: &Event) -> Held {
    Held {
        place: place.to_owned(),
        queue: queue.to_owned(),
        exchange: event.exchange.clone(),
        routing_key: event.routing_key.clone(),
        properties: event.properties.clone(),
        body: event.body.clone(),
        sent: None,
    }
}
