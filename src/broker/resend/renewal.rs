//! What a quorum queue would throw out when it comes back, since it was handed out as often as the
//! delivery limit allows.
//!
//! It is written to the journal as soon as it is borrowed: from then on a connection that breaks
//! costs the queue the message. When the rest is given back it is sent into the same queue anew,
//! and the original is removed, by the same steps as in any resend.

use std::sync::Arc;

use tokio::sync::watch;

use super::super::borrow::{Bounds, Loan, borrow};
use super::super::budget;
use super::super::outlet::{Outlet, Sent};
use super::super::records;
use super::super::wires::{Knowledge, Wires};
use super::pipeline::Pipeline;
use super::window::{Move, Plan, Windows, write_down};
use super::{BROKEN, SILENT, copy_of};
use crate::domain::Event;
use crate::domain::record::RecordId;
use crate::protocol::MoveOutcome;
use crate::storage::journal::Journal;

/// Borrows from a queue as [`borrow`] does, and keeps a copy of what would be thrown out.
///
/// # Errors
/// As [`borrow`]; also where looks count and no copy could be kept.
pub(in crate::broker) async fn take_out(
    wires: &Wires,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<Loan, String> {
    let limit = budget::counted(knowledge, queue);
    if limit.is_some() {
        let proven = wires.journal.with(Journal::prove).await;
        proven.map_err(|words| {
            format!(
                "{words}. {queue} has a delivery limit: a message that reached it would have to \
                 be written down before one more look at it, so nothing was looked at"
            )
        })?;
    }
    let mut loan = borrow(wires, knowledge, queue, bounds, stop).await?;
    if let Err(words) = keep_copies(wires, queue, limit, &mut loan).await {
        tracing::warn!(words, "messages at their delivery limit have no copy");
    }
    Ok(loan)
}

/// Borrowed messages that would be thrown out.
fn worn(loan: &Loan, limit: Option<u64>) -> Vec<(u64, Arc<Event>)> {
    let Some(limit) = limit else {
        return Vec::new();
    };
    let all = loan.messages.iter();
    all.filter(|(_, event)| budget::deliveries(event) >= limit)
        .map(|(tag, event)| (*tag, Arc::clone(event)))
        .collect()
}

fn anew(wires: &Wires, queue: &str, tag: u64, event: Arc<Event>) -> Plan {
    let outgoing = records::as_it_lay(&copy_of("", queue, &event), &wires.endpoint.user);
    Plan {
        tag,
        event,
        outgoing,
    }
}

/// Writes down those that are not in the journal yet.
async fn keep_copies(
    wires: &Wires,
    queue: &str,
    limit: Option<u64>,
    loan: &mut Loan,
) -> Result<(), String> {
    let mut plan = Vec::new();
    for (tag, event) in worn(loan, limit) {
        if !loan.copies.contains_key(&tag) {
            plan.push(anew(wires, queue, tag, event));
        }
    }
    if !plan.is_empty() {
        let written = write_down(wires, queue, limit, plan).await?;
        let copies = written.into_iter().map(|one| (one.tag, one.id));
        loan.copies.extend(copies);
    }
    Ok(())
}

/// Gives back what is left of a loan. What would be thrown out is sent into the queue anew instead;
/// says how many these were.
///
/// # Errors
/// In words, if the connection broke or the journal cannot be used.
pub(in crate::broker) async fn give_back(
    wires: &Wires,
    knowledge: &Knowledge,
    queue: &str,
    mut loan: Loan,
) -> Result<usize, String> {
    // The head of the queue may be another one now.
    wires.with_worn(|worn| worn.remove(queue));
    let limit = budget::counted(knowledge, queue);
    let renewed = renew(wires, queue, limit, &mut loan).await;
    if let Err(words) = &renewed {
        tracing::warn!(words, "messages at their delivery limit were not renewed");
    }
    match loan.give_back().await {
        Ok(()) => renewed,
        Err(_) => Err(BROKEN.to_owned()),
    }
}

async fn renew(
    wires: &Wires,
    queue: &str,
    limit: Option<u64>,
    loan: &mut Loan,
) -> Result<usize, String> {
    if limit.is_none() {
        return Ok(0);
    }
    if let Err(words) = keep_copies(wires, queue, limit, loan).await {
        return Err(renew_without_copies(wires, queue, limit, loan, words).await);
    }
    let worn = worn(loan, limit).into_iter();
    let plan = worn.filter_map(|(tag, event)| {
        let id = *loan.copies.get(&tag)?;
        let Plan {
            tag,
            event,
            outgoing,
        } = anew(wires, queue, tag, event);
        Some(Move {
            id,
            tag,
            event,
            outgoing,
        })
    });
    let plan: Vec<Move> = plan.collect();
    let mut outlet = Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit);
    let all: Vec<RecordId> = plan.iter().map(|one| one.id).collect();
    let mut windows = Windows::new(plan);
    let mut pipeline = Pipeline::new(&wires.journal);
    let mut renewed = 0;
    let mut problem = None;
    // Over a broken connection nothing is sent; then the records say what may have happened.
    let is_open = || wires.reading.status().connected() && wires.publishing.status().connected();
    loop {
        let may_go_on = is_open() && problem.is_none();
        let next = may_go_on.then(|| windows.next(usize::MAX)).flatten();
        if next.is_none() && pipeline.is_done() {
            break;
        }
        let (passed, ()) = pipeline.step(next, loan, &mut outlet, async {}).await;
        let resent = passed.outcomes.iter();
        renewed += resent
            .filter(|(_, outcome)| *outcome == MoveOutcome::Resent)
            .count();
        problem = problem.or(passed.problem);
        if pipeline.is_silent() {
            problem.get_or_insert_with(|| SILENT.to_owned());
        }
        windows.grow();
    }
    // These left the queue by another way, which has a record of its own.
    let mut gone = std::mem::take(&mut loan.copies);
    gone.retain(|tag, id| !all.contains(id) && !loan.messages.contains_key(tag));
    let gone: Vec<RecordId> = gone.into_values().collect();
    let settled = wires.journal.with(move |journal| {
        journal.forget(&gone)?;
        journal.settle(&all)
    });
    match problem.or(settled.await.err()) {
        Some(words) => Err(words),
        None => Ok(renewed),
    }
}

/// The same where the journal takes nothing in after all. The broker confirms each before its
/// original is removed, so none is lost; only whether one is there twice would not be known after a
/// crash.
async fn renew_without_copies(
    wires: &Wires,
    queue: &str,
    limit: Option<u64>,
    loan: &mut Loan,
    words: String,
) -> String {
    let worn = worn(loan, limit).into_iter();
    let plan = worn.map(|(tag, event)| anew(wires, queue, tag, event));
    let plan: Vec<Plan> = plan.collect();
    let outgoing: Vec<_> = plan.iter().map(|one| &one.outgoing).collect();
    let mut outlet = Outlet::new(Arc::clone(&wires.publishing), wires.confirm_limit);
    let sent = outlet.send_all(&outgoing).await;
    let routed = plan.iter().zip(&sent);
    let routed = routed.filter(|(_, sent)| **sent == Sent::Routed);
    let tags: Vec<u64> = routed.map(|(one, _)| one.tag).collect();
    if loan.remove(&tags).await.is_err() {
        return BROKEN.to_owned();
    }
    format!(
        "{words}. {} of {} messages at their delivery limit were put at the end of the queue anew \
         without a copy",
        tags.len(),
        plan.len()
    )
}
