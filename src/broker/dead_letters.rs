//! Sends dead letters again, or discards them, one by one and so that none is lost.
//!
//! The order of things is the whole point: the original is held unacknowledged, a complete copy is
//! on the disk, the resend is published and confirmed as routed, and only then is the original
//! acknowledged. How far each has come is in the journal before the next step is taken. Everything
//! else goes back in one go. Cut off anywhere, a message is in its queue, in its target or in the
//! journal; between sending and removing it can be in two of them, and the journal says so.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::borrow::{Bounds, Loan, borrow};
use super::outlet::{Outlet, Sent};
use super::peek::refuse_kind;
use super::recorder::Recorder;
use super::targets::{fresh_knowledge, missing_exchanges, only_our_tap};
use super::wires::{RunningTap, Wires};
use crate::domain::record::{Deed, Held, RecordId, Stage};
use crate::domain::{Event, Fingerprint, Outgoing};
use crate::protocol::{MoveOrder, MoveOutcome, RequestId, Update};

/// How far a job looks into a queue.
const BOUNDS: Bounds = Bounds {
    messages: 10_000,
    bytes: 256 * 1024 * 1024,
};

/// What is told when the connection breaks under a job.
const BROKEN: &str =
    "The connection broke. RabbitMQ puts the messages that were held back by itself";
/// How the words for a missing confirm begin. After one the job ends: where the broker is blocked,
/// each further message would wait as long.
const NO_CONFIRM: &str = "No confirm";
/// What is told then.
const SILENT: &str = "RabbitMQ does not confirm. The rest stays in the queue";
/// What is told when the person stopped it.
const STOPPED: &str = "Stopped. The rest stays in the queue";

/// Where a job tells how each message ended.
struct Report<'a> {
    wires: &'a Wires,
    request: RequestId,
}

impl Report<'_> {
    async fn moved(&self, original: Fingerprint, outcome: MoveOutcome) {
        let request = self.request;
        let update = Update::Moved {
            request,
            original,
            outcome,
        };
        self.wires.outbox.send(update).await;
    }
}

/// Sends dead letters again. Ends with why it ended early, if it did.
pub(super) async fn resend(
    wires: Wires,
    request: RequestId,
    queue: String,
    orders: Vec<MoveOrder>,
    mut stop: watch::Receiver<bool>,
) -> Option<String> {
    let report = Report {
        wires: &wires,
        request,
    };
    let knowledge = fresh_knowledge(&wires).await;
    if let Err(words) = refuse_kind(&knowledge, &queue) {
        return Some(words);
    }
    let mut wanted = Wanted::default();
    let targets: BTreeSet<&str> = orders
        .iter()
        .map(|o| o.outgoing.exchange.as_str())
        .collect();
    let missing = missing_exchanges(&wires, targets).await;
    let taps: Vec<RunningTap> = wires.with_taps(|taps| taps.values().cloned().collect());
    for order in orders {
        let exchange = &order.outgoing.exchange;
        if let Some(words) = missing.get(exchange) {
            let outcome = MoveOutcome::Kept(words.clone());
            report.moved(order.original, outcome).await;
        } else if let Some(words) = only_our_tap(&knowledge, &taps, &order.outgoing) {
            report.moved(order.original, MoveOutcome::Kept(words)).await;
        } else {
            wanted.add(order.original, order.outgoing);
        }
    }
    if wanted.is_empty() {
        return None;
    }
    let mut loan = match borrow(&wires, &knowledge, &queue, BOUNDS, &mut stop).await {
        Ok(loan) => loan,
        Err(words) => return Some(words),
    };
    let mut plan = Vec::new();
    for (tag, event) in &loan.messages {
        if let Some(outgoing) = wanted.take(event.fingerprint()) {
            plan.push((*tag, Arc::clone(event), outgoing));
        }
    }
    let (plan, mut problem) = match write_down(&wires, &queue, plan).await {
        Ok(plan) => (plan, None),
        Err(words) => {
            let words = format!("{words}, so nothing is sent. All stay in the queue");
            (Vec::new(), Some(words))
        }
    };
    let mut outlet = Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit);
    let mut windows = Windows::new(&plan);
    while let Some(window) = windows.next() {
        if *stop.borrow() {
            problem = Some(STOPPED.to_owned());
            break;
        }
        let done = send_window(&report, window, &mut loan, &mut outlet).await;
        if !outlet.is_open() || !wires.reading.status().connected() {
            problem = Some(BROKEN.to_owned());
            break;
        }
        match done {
            Ok(Smooth::Yes) => windows.grow(),
            Ok(Smooth::No) => windows.shrink(),
            Err(words) => {
                problem = Some(words);
                break;
            }
        }
    }
    // What was never sent needs no record. Where this fails it says "not touched", which is true.
    let rest: Vec<RecordId> = windows.rest.iter().map(|one| one.id).collect();
    let all: Vec<RecordId> = plan.iter().map(|one| one.id).collect();
    let lost = problem.as_deref() == Some(BROKEN);
    let place = wires.endpoint.place();
    let closing = wires.journal.with(move |journal| {
        journal.forget(&rest)?;
        journal.settle(&all)?;
        if lost { journal.doubt(&place) } else { Ok(()) }
    });
    if let Err(words) = closing.await {
        tracing::warn!(words, "records in the journal were not closed");
    }
    finish(&report, loan, wanted, problem, &queue).await
}

/// Takes all that is about to move into the journal, before the first is sent.
async fn write_down(
    wires: &Wires,
    queue: &str,
    plan: Vec<(u64, Arc<Event>, Outgoing)>,
) -> Result<Vec<Move>, String> {
    let place = wires.endpoint.place();
    let held = plan.iter().map(|(_, event, outgoing)| Held {
        sent: Some(outgoing.clone()),
        ..copy_of(&place, queue, event)
    });
    let held: Vec<Held> = held.collect();
    let ids = wires
        .journal
        .with(move |journal| journal.hold(Deed::Resend, &held, Utc::now()))
        .await?;
    let plan = ids.into_iter().zip(plan);
    Ok(plan
        .map(|(id, (tag, event, outgoing))| Move {
            id,
            tag,
            event,
            outgoing,
        })
        .collect())
}

/// A message that is about to be sent again.
struct Move {
    id: RecordId,
    tag: u64,
    event: Arc<Event>,
    outgoing: Outgoing,
}

/// Messages that are under way together. The first goes alone, so that what is wrong with all is
/// said of one; after trouble they go one by one again.
struct Windows<'a> {
    rest: &'a [Move],
    size: usize,
}

/// Most messages under way together.
const WINDOW: usize = 256;
/// Most bytes of bodies under way together.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

impl<'a> Windows<'a> {
    fn new(plan: &'a [Move]) -> Self {
        Self {
            rest: plan,
            size: 1,
        }
    }

    fn next(&mut self) -> Option<&'a [Move]> {
        let mut bytes = 0;
        let fits = self.rest.iter().take(self.size).take_while(|one| {
            bytes += one.outgoing.body.len();
            bytes <= WINDOW_BYTES
        });
        let size = fits.count().max(1).min(self.rest.len());
        let (window, rest) = self.rest.split_at(size);
        self.rest = rest;
        (!window.is_empty()).then_some(window)
    }

    fn grow(&mut self) {
        self.size = (self.size * 4).min(WINDOW);
    }

    fn shrink(&mut self) {
        self.size = 1;
    }
}

/// Whether everything in a window was routed.
enum Smooth {
    Yes,
    No,
}

/// Takes a window through all stages, each on the disk before the next begins.
async fn send_window(
    report: &Report<'_>,
    window: &[Move],
    loan: &mut Loan,
    outlet: &mut Outlet,
) -> Result<Smooth, String> {
    let journal = &report.wires.journal;
    let marks = window
        .iter()
        .map(|one| (one.id, Stage::Sent, String::new()));
    if let Err(words) = write(journal, marks.collect(), Vec::new()).await {
        let words = format!("{words}, so nothing more is sent. The rest stays in the queue");
        return Err(words);
    }
    let outgoing: Vec<Outgoing> = window.iter().map(|one| one.outgoing.clone()).collect();
    let sent = outlet.send_all(&outgoing).await;
    let mut marks = Vec::new();
    let mut untouched = Vec::new();
    for (one, sent) in window.iter().zip(&sent) {
        match sent {
            Sent::Routed => marks.push((one.id, Stage::Confirmed, String::new())),
            Sent::NotRouted(_) => untouched.push(one.id),
            Sent::Unknown(words) => marks.push((one.id, Stage::Sent, words.clone())),
        }
    }
    // A journal that fails from here on costs no message: it then calls a duplicate possible that
    // there is not.
    let mut trouble = write(journal, marks, untouched).await.err();
    let routed = window
        .iter()
        .zip(&sent)
        .filter(|(_, s)| **s == Sent::Routed);
    let tags: Vec<u64> = routed.map(|(one, _)| one.tag).collect();
    let removed = loan.remove(&tags).await;
    let mut silent = None;
    let mut smooth = Smooth::Yes;
    for (one, sent) in window.iter().zip(&sent) {
        let outcome = match (sent, &removed) {
            (Sent::Routed, Ok(())) => MoveOutcome::Resent,
            (Sent::Routed, Err(trouble)) => MoveOutcome::Duplicate(format!(
                "It was sent, but then the original could not be removed for certain ({}): it may \
                 be there twice",
                trouble.words
            )),
            (Sent::NotRouted(words), _) => MoveOutcome::Kept(words.clone()),
            (Sent::Unknown(words), _) => {
                silent = silent.or(words.starts_with(NO_CONFIRM).then_some(SILENT));
                MoveOutcome::Kept(words.clone())
            }
        };
        if *sent != Sent::Routed {
            smooth = Smooth::No;
        }
        report.moved(one.event.fingerprint(), outcome).await;
    }
    if removed.is_ok() {
        let done = window
            .iter()
            .zip(&sent)
            .filter(|(_, s)| **s == Sent::Routed);
        let done = done.map(|(one, _)| (one.id, Stage::Removed, String::new()));
        let written = write(journal, done.collect(), Vec::new()).await;
        trouble = trouble.or(written.err());
    }
    if removed.is_err() {
        return Err(BROKEN.to_owned());
    }
    match (trouble, silent) {
        (Some(words), _) => Err(format!(
            "{words}. Nothing is lost; the rest stays in the queue"
        )),
        (None, Some(words)) => Err(words.to_owned()),
        (None, None) => Ok(smooth),
    }
}

async fn write(
    journal: &Recorder,
    marks: Vec<(RecordId, Stage, String)>,
    untouched: Vec<RecordId>,
) -> Result<(), String> {
    journal
        .with(move |journal| {
            let marks: Vec<_> = marks
                .iter()
                .map(|(id, stage, words)| (*id, *stage, words.as_str()))
                .collect();
            journal.mark(&marks)?;
            journal.forget(&untouched)
        })
        .await
}

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

/// Writes messages to the journal and removes them. Ends with why it ended early, if it did.
pub(super) async fn discard(
    wires: Wires,
    request: RequestId,
    queue: String,
    messages: Vec<Fingerprint>,
    mut stop: watch::Receiver<bool>,
) -> Option<String> {
    let report = Report {
        wires: &wires,
        request,
    };
    let knowledge = wires.knowledge().await;
    if let Err(words) = refuse_kind(&knowledge, &queue) {
        return Some(words);
    }
    // A journal that cannot be used is told before anything is borrowed.
    if let Err(words) = wires.journal.with(|_| Ok(())).await {
        return Some(format!("{words}, so nothing is discarded"));
    }
    let mut wanted = Wanted::default();
    for message in messages {
        wanted.add(message, ());
    }
    let mut loan = match borrow(&wires, &knowledge, &queue, BOUNDS, &mut stop).await {
        Ok(loan) => loan,
        Err(words) => return Some(words),
    };
    let mut chosen = Vec::new();
    for (tag, event) in &loan.messages {
        if wanted.take(event.fingerprint()).is_some() {
            chosen.push((*tag, Arc::clone(event)));
        }
    }
    let place = wires.endpoint.place();
    let mut problem = None;
    for window in chosen.chunks(DISCARDS) {
        if *stop.borrow() {
            problem = Some(STOPPED.to_owned());
            break;
        }
        let held = window
            .iter()
            .map(|(_, event)| copy_of(&place, &queue, event));
        let held: Vec<Held> = held.collect();
        let ids = wires
            .journal
            .with(move |journal| journal.hold(Deed::Discard, &held, Utc::now()));
        let ids = match ids.await {
            Ok(ids) => ids,
            Err(words) => {
                problem = Some(format!("{words}, so the rest stays in the queue"));
                break;
            }
        };
        let tags: Vec<u64> = window.iter().map(|(tag, _)| *tag).collect();
        let removed = loan.remove(&tags).await;
        for (_, event) in window {
            let outcome = match &removed {
                Ok(()) => MoveOutcome::Discarded,
                Err(trouble) => MoveOutcome::Kept(format!(
                    "It is in the journal, but could not be removed for certain ({})",
                    trouble.words
                )),
            };
            report.moved(event.fingerprint(), outcome).await;
        }
        if removed.is_err() || !wires.reading.status().connected() {
            problem = Some(BROKEN.to_owned());
            break;
        }
        let done = ids
            .into_iter()
            .map(|id| (id, Stage::Removed, String::new()));
        let written = write(&wires.journal, done.collect(), Vec::new()).await;
        if let Err(words) = written {
            problem = Some(format!(
                "{words}. Nothing is lost; the rest stays in the queue"
            ));
            break;
        }
    }
    finish(&report, loan, wanted, problem, &queue).await
}

/// Messages that are discarded together.
const DISCARDS: usize = 64;

/// Gives the rest back and tells of what was not found.
async fn finish<T>(
    report: &Report<'_>,
    loan: Loan,
    wanted: Wanted<T>,
    problem: Option<String>,
    queue: &str,
) -> Option<String> {
    let (complete, looked_at, depth) = (loan.is_complete, loan.looked_at, loan.depth);
    // The head of the queue may be another one now.
    report.wires.with_worn(|worn| worn.remove(queue));
    let returned = loan.give_back().await;
    if problem.is_some() {
        return problem;
    }
    if returned.is_err() {
        return Some(BROKEN.to_owned());
    }
    for original in wanted.rest() {
        let outcome = if complete {
            MoveOutcome::Gone
        } else {
            MoveOutcome::Kept(format!(
                "It was not found among the first {looked_at} of {depth} messages, which is as far \
                 as one job looks"
            ))
        };
        report.moved(original, outcome).await;
    }
    None
}

/// Messages that are asked for and not yet dealt with. Equal messages stand for each other, so
/// there may be several of one fingerprint.
struct Wanted<T>(HashMap<Fingerprint, VecDeque<T>>);

impl<T> Default for Wanted<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Wanted<T> {
    fn add(&mut self, original: Fingerprint, what: T) {
        self.0.entry(original).or_default().push_back(what);
    }

    fn take(&mut self, original: Fingerprint) -> Option<T> {
        let waiting = self.0.get_mut(&original)?;
        let taken = waiting.pop_front();
        if waiting.is_empty() {
            self.0.remove(&original);
        }
        taken
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn rest(self) -> impl Iterator<Item = Fingerprint> {
        self.0
            .into_iter()
            .flat_map(|(original, waiting)| std::iter::repeat_n(original, waiting.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_messages_are_taken_as_often_as_they_are_asked_for() {
        let mut wanted = Wanted::default();
        wanted.add(Fingerprint(1), "a");
        wanted.add(Fingerprint(1), "b");
        assert_eq!(wanted.take(Fingerprint(2)), None);
        assert_eq!(wanted.take(Fingerprint(1)), Some("a"));
        assert!(!wanted.is_empty());
        assert_eq!(wanted.take(Fingerprint(1)), Some("b"));
        assert!(wanted.is_empty());
    }
}
