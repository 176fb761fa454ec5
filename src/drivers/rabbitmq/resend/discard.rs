//! Throws messages away, each only after a complete copy is in the journal.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;
use tokio::time::Instant;

use super::missing::{self, Next, Search, WAIT};
use super::report::{JobReport, Seen};
use super::source::WantedMessages;
use super::{BOUNDS, STOPPED, Why, give_back, take_out};
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::loan::borrow::Loan;
use crate::drivers::rabbitmq::loan::budget;
use crate::drivers::rabbitmq::loan::budget::refuse_kind;
use crate::drivers::rabbitmq::moves::copy::copy_of;
use crate::drivers::rabbitmq::moves::window::write;
use crate::event::{Event, Fingerprint};
use crate::protocol::{MoveOutcome, RequestId, SourceUpdate};
use crate::repair::journal_entry::{Held, Operation, Stage};

/// Messages that are discarded together.
const DISCARDS: usize = 64;

/// Writes messages to the journal and removes them. Gives the end of the job.
pub(crate) async fn discard(
    connections: Connections,
    request: RequestId,
    queue: String,
    messages: Vec<Fingerprint>,
    mut stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let mut report = JobReport::new(&connections, request, messages.len());
    let Some(_turn) = missing::turn(&report, &queue, &mut stop).await else {
        return report.end(Some(STOPPED.to_owned()));
    };
    let problem = rounds(&mut report, &queue, messages, &mut stop).await;
    report.end(problem)
}

/// Looks, and discards what is found, until nothing is missing that may still come.
async fn rounds(
    report: &mut JobReport<'_>,
    queue: &str,
    messages: Vec<Fingerprint>,
    stop: &mut watch::Receiver<bool>,
) -> Option<String> {
    let connections = report.connections;
    let knowledge = connections.knowledge().await;
    if let Err(words) = refuse_kind(&knowledge, queue) {
        return Some(words);
    }
    // A journal that cannot be used is told before anything is borrowed.
    if let Err(words) = connections.journal.with(|_| Ok(())).await {
        return Some(format!("{words}, so nothing is discarded"));
    }
    let mut wanted = WantedMessages::default();
    for message in messages {
        wanted.add(message, ());
    }
    let (_open, never) = watch::channel(false);
    let mut due = None;
    loop {
        let mut loan = match take_out(connections, &knowledge, queue, BOUNDS, stop).await {
            Ok(loan) => loan,
            Err(words) => return Some(words),
        };
        let seen = Seen::of(&loan, BOUNDS);
        let mut chosen = Vec::new();
        for (tag, event) in &loan.messages {
            if wanted.take(event.fingerprint()).is_some() {
                chosen.push((*tag, Arc::clone(event)));
            }
        }
        let problem = discard_these(report, queue, &chosen, &mut loan, stop).await;
        let lying = loan.messages.len();
        let returned = give_back(connections, queue, loan).await;
        if problem.is_some() {
            return problem;
        }
        if let Err(why) = returned {
            return Some(why.words());
        }
        if wanted.is_empty() {
            return None;
        }
        if seen.is_cut {
            report.too_deep(wanted.rest(), seen).await;
            return None;
        }
        if !chosen.is_empty() {
            due = None;
        }
        let search = Search {
            queue,
            missing: wanted.len(),
            lying,
            is_whole: false,
            looks_count: budget::counted(&knowledge, queue).is_some(),
            due: *due.get_or_insert_with(|| Instant::now() + WAIT),
        };
        match missing::search(report, search, stop, &never).await {
            Next::Look => {}
            Next::End(words) => return Some(words),
            Next::Account(account) => {
                report.account_each(wanted.rest(), &account).await;
                return Some(account.words).filter(|words| !words.is_empty());
            }
        }
    }
}

/// Writes borrowed messages down and removes them, some at a time. Why it ended early, if it did.
async fn discard_these(
    report: &mut JobReport<'_>,
    queue: &str,
    chosen: &[(u64, Arc<Event>)],
    loan: &mut Loan,
    stop: &watch::Receiver<bool>,
) -> Option<String> {
    let connections = report.connections;
    let place = connections.endpoint.place();
    for window in chosen.chunks(DISCARDS) {
        if *stop.borrow() {
            return Some(STOPPED.to_owned());
        }
        let held = window
            .iter()
            .map(|(_, event)| copy_of(&place, queue, event));
        let held: Vec<Held> = held.collect();
        let ids = connections
            .journal
            .with(move |journal| journal.hold(Operation::Discard, &held, Utc::now()));
        let ids = match ids.await {
            Ok(ids) => ids,
            Err(words) => return Some(format!("{words}, so the rest stays in the queue")),
        };
        let tags: Vec<u64> = window.iter().map(|(tag, _)| *tag).collect();
        let removed = loan.remove(&tags).await;
        let outcome = match &removed {
            Ok(()) => MoveOutcome::Discarded,
            Err(trouble) => MoveOutcome::Kept(format!(
                "It is in the journal, but could not be removed for certain ({})",
                trouble.words
            )),
        };
        let told = window
            .iter()
            .map(|(_, event)| (event.fingerprint(), outcome.clone()));
        report.moved(told.collect()).await;
        if removed.is_err() || !loan.is_open() {
            return Some(Why::BROKEN.words());
        }
        let done = ids
            .into_iter()
            .map(|id| (id, Stage::Removed, String::new()));
        let written = write(&connections.journal, done.collect(), Vec::new()).await;
        if let Err(words) = written {
            return Some(format!(
                "{words}. Nothing is lost; the rest stays in the queue"
            ));
        }
    }
    None
}
