//! Sends dead letters again, or discards them, one by one and so that none is lost.
//!
//! The order of things is the whole point: the original is held unacknowledged, its copy is
//! published and confirmed as routed (or written to the journal and flushed), and only then is the
//! original acknowledged. Everything else goes back in one go. Cut off anywhere, a message is in
//! its queue, in its target or in the journal; between confirm and acknowledgement in two of them,
//! and that is told.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::borrow::{Bounds, Loan, borrow};
use super::outlet::Outlet;
use super::peek::refuse_kind;
use super::targets::{fresh_knowledge, missing_exchanges, only_our_tap};
use super::wires::{RunningTap, Wires};
use crate::domain::{Event, Fingerprint};
use crate::protocol::{MoveOrder, MoveOutcome, PublishOutcome, RequestId, Update};
use crate::storage::journal::{Entry, Journal};

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
    let mut outlet = Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit);
    let mut problem = None;
    let held: Vec<(u64, Arc<Event>)> = loan.messages.clone().into_iter().collect();
    for (tag, event) in held {
        if wanted.is_empty() || *stop.borrow() {
            break;
        }
        let original = event.fingerprint();
        let Some(outgoing) = wanted.take(original) else {
            continue;
        };
        let outcome = match outlet.send(&outgoing).await {
            PublishOutcome::Routed => match loan.remove(tag).await {
                Ok(()) => MoveOutcome::Resent,
                Err(trouble) => MoveOutcome::Duplicate(format!(
                    "It was sent, but then the original could not be removed for certain ({}): it \
                     may be there twice",
                    trouble.words
                )),
            },
            PublishOutcome::Unroutable(words) | PublishOutcome::Refused(words) => {
                MoveOutcome::Kept(words)
            }
            PublishOutcome::NotConfirmed { seconds } => MoveOutcome::Kept(format!(
                "{NO_CONFIRM} within {seconds} seconds. Whether the copy arrived is not known, so \
                 the original stays"
            )),
        };
        let silent = matches!(&outcome, MoveOutcome::Kept(words) if words.starts_with(NO_CONFIRM));
        report.moved(original, outcome).await;
        if !outlet.is_open() || !wires.reading.status().connected() {
            problem = Some(BROKEN.to_owned());
            break;
        }
        if silent {
            problem = Some("RabbitMQ does not confirm. The rest stays in the queue".to_owned());
            break;
        }
    }
    let stopped = *stop.borrow();
    finish(&report, loan, wanted, stopped, problem, &queue).await
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
    let Some(dir) = wires.journal_dir.clone() else {
        return Some("There is no folder for the journal, so nothing is discarded".to_owned());
    };
    let mut journal = match open_journal(dir).await {
        Ok(journal) => Some(journal),
        Err(words) => return Some(words),
    };
    let mut wanted = Wanted::default();
    for message in messages {
        wanted.add(message, ());
    }
    let mut loan = match borrow(&wires, &knowledge, &queue, BOUNDS, &mut stop).await {
        Ok(loan) => loan,
        Err(words) => return Some(words),
    };
    let mut problem = None;
    let held: Vec<(u64, Arc<Event>)> = loan.messages.clone().into_iter().collect();
    for (tag, event) in held {
        if wanted.is_empty() || *stop.borrow() {
            break;
        }
        let original = event.fingerprint();
        if wanted.take(original).is_none() {
            continue;
        }
        let written;
        (journal, written) = write_down(journal, &queue, &event).await;
        let outcome = match written {
            Err(words) => MoveOutcome::Kept(words),
            Ok(()) => match loan.remove(tag).await {
                Ok(()) => MoveOutcome::Discarded,
                Err(trouble) => MoveOutcome::Kept(format!(
                    "It is in the journal, but could not be removed for certain ({})",
                    trouble.words
                )),
            },
        };
        report.moved(original, outcome).await;
        if !wires.reading.status().connected() {
            problem = Some(BROKEN.to_owned());
            break;
        }
    }
    let stopped = *stop.borrow();
    finish(&report, loan, wanted, stopped, problem, &queue).await
}

/// Gives the rest back and tells of what was not found.
async fn finish<T>(
    report: &Report<'_>,
    loan: Loan,
    wanted: Wanted<T>,
    stopped: bool,
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
    if stopped {
        return (!wanted.is_empty()).then(|| "Stopped. The rest stays in the queue".to_owned());
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

async fn open_journal(dir: PathBuf) -> Result<Journal, String> {
    let shown = dir.display().to_string();
    match tokio::task::spawn_blocking(move || Journal::open(&dir)).await {
        Ok(Ok(journal)) => Ok(journal),
        Ok(Err(error)) => Err(format!(
            "The journal in {shown} cannot be opened ({error}), so nothing is discarded"
        )),
        Err(error) => Err(format!("Opening the journal failed ({error})")),
    }
}

/// Writes a message to the journal, off the runtime's threads. Gives the journal back.
async fn write_down(
    journal: Option<Journal>,
    queue: &str,
    event: &Arc<Event>,
) -> (Option<Journal>, Result<(), String>) {
    let kept = |why: String| format!("It could not be written to the journal ({why}), so it stays");
    let Some(mut journal) = journal else {
        return (None, Err(kept("an earlier write failed badly".to_owned())));
    };
    let entry = Entry {
        at: Utc::now(),
        queue: queue.to_owned(),
        exchange: event.exchange.clone(),
        routing_key: event.routing_key.clone(),
        properties: event.properties.clone(),
        body: event.body.clone(),
    };
    let writing = tokio::task::spawn_blocking(move || {
        let written = journal.append(&entry);
        (journal, written)
    });
    match writing.await {
        Ok((journal, written)) => (Some(journal), written.map_err(|e| kept(e.to_string()))),
        Err(error) => (None, Err(kept(error.to_string()))),
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
