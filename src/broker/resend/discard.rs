//! Throws messages away, each only after a complete copy is in the journal.

use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::super::peek::refuse_kind;
use super::super::wires::Wires;
use super::source::Wanted;
use super::window::write;
use super::{BOUNDS, BROKEN, Report, STOPPED, Seen, copy_of, give_back, take_out};
use crate::domain::Fingerprint;
use crate::domain::record::{Deed, Held, Stage};
use crate::protocol::{MoveOutcome, RequestId};

/// Writes messages to the journal and removes them. Ends with why it ended early, if it did.
pub(in crate::broker) async fn discard(
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
    let mut loan = match take_out(&wires, &knowledge, &queue, BOUNDS, &mut stop).await {
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
        if removed.is_err() || !loan.is_open() {
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
    let seen = Seen::of(&loan);
    let returned = give_back(&wires, &knowledge, &queue, loan).await;
    if problem.is_some() {
        return problem;
    }
    if let Err(words) = returned {
        return Some(words);
    }
    report.not_found(wanted.rest(), seen).await;
    None
}

/// Messages that are discarded together.
const DISCARDS: usize = 64;
