//! Messages at their delivery limit, which a quorum queue may throw out when they come back.
//!
//! What a broken connection may cost the queue is written to the journal as soon as it is borrowed,
//! before more is handed out. What even a gentle return would throw out is sent into the same queue
//! again when the rest is given back, and the original is removed, by the same steps as in any
//! resend. The other copies are forgotten when their messages are seen to be back.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::borrow::{Bounds, Loan, borrow};
use super::budget;
use crate::drivers::rabbitmq::connection::connections::{Connections, Knowledge};
use crate::drivers::rabbitmq::moves::SILENT;
use crate::drivers::rabbitmq::moves::copy::{as_it_lay, copy_of};
use crate::drivers::rabbitmq::moves::pipeline::{Pipeline, Unsent};
use crate::drivers::rabbitmq::moves::why::Why;
use crate::drivers::rabbitmq::moves::window::{Move, Plan, Windows, write_down};
use crate::drivers::rabbitmq::publisher::{Publisher, Sent};
use crate::event::{Event, Fingerprint};
use crate::protocol::MoveOutcome;
use crate::rabbitmq::delivery_limit::CountLimit;
use crate::repair::journal_entry::RecordId;
use crate::storage::journal::Journal;
use crate::text::numbers::count_of;

/// Writes down what is at risk while it is borrowed.
pub(crate) struct Keeper {
    connections: Connections,
    queue: String,
    limit: CountLimit,
}

impl Keeper {
    pub(crate) fn new(connections: &Connections, queue: &str, limit: CountLimit) -> Self {
        Self {
            connections: connections.clone(),
            queue: queue.to_owned(),
            limit,
        }
    }

    /// Those among borrowed messages that a broken connection may cost the queue.
    pub(crate) fn at_risk<'a>(
        &self,
        borrowed: impl Iterator<Item = (u64, &'a Arc<Event>)>,
    ) -> Vec<(u64, Arc<Event>)> {
        let at_risk = borrowed.filter(|(_, event)| self.limit.is_at_risk(event));
        at_risk
            .map(|(tag, event)| (tag, Arc::clone(event)))
            .collect()
    }

    /// Writes copies of these to the journal, doubtful from the start.
    ///
    /// # Errors
    /// Why the journal did not take them, in words.
    pub(crate) async fn write_down(
        &self,
        messages: Vec<(u64, Arc<Event>)>,
    ) -> Result<Vec<(u64, RecordId)>, String> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let Self {
            connections,
            queue,
            limit,
        } = self;
        let plan = messages.into_iter();
        let plan = plan.map(|(tag, event)| renewed(connections, queue, tag, event));
        let written = write_down(connections, queue, Some(*limit), plan.collect()).await?;
        Ok(written.into_iter().map(|one| (one.tag, one.id)).collect())
    }

    /// The connection broke under these: whether they are in the queue is not known.
    pub(crate) async fn doubt(&self, copies: Vec<RecordId>) {
        if copies.is_empty() {
            return;
        }
        let settled = self
            .connections
            .journal
            .with(move |journal| journal.settle(&copies));
        if let Err(words) = settled.await {
            tracing::warn!(
                words,
                "the journal did not take down how a job ended: some of its messages look unfinished there"
            );
        }
    }
}

/// Borrows from a queue as [`borrow`] does, with what is known of the queue now.
///
/// # Errors
/// As [`borrow`]; also where a message could be at a delivery limit and no copy could be kept.
pub(crate) async fn take_out(
    connections: &Connections,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<Loan, String> {
    let knowledge = knowledge.of_now(&connections.endpoint, queue).await;
    take_out_knowing(connections, &knowledge, queue, bounds, stop).await
}

/// The same for who has just read what is known of the queue.
///
/// # Errors
/// As [`take_out`].
pub(crate) async fn take_out_knowing(
    connections: &Connections,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<Loan, String> {
    if budget::limit(knowledge, queue).is_some() {
        let proven = connections.journal.with(Journal::prove).await;
        proven.map_err(|words| {
            format!(
                "{words}. {queue} has a delivery limit, or may have one: a message that reached it \
                 has to be written down before one more look at it, so nothing was looked at"
            )
        })?;
    }
    borrow(connections, knowledge, queue, bounds, stop).await
}

fn renewed(connections: &Connections, queue: &str, tag: u64, event: Arc<Event>) -> Plan {
    let outgoing = as_it_lay(&copy_of("", queue, &event), &connections.endpoint.user);
    Plan {
        tag,
        event,
        outgoing,
    }
}

/// Gives back what is left of a loan. What would be thrown out is sent into the queue again instead;
/// says how many these were.
///
/// # Errors
/// If the connection broke, the journal cannot be used, or messages at their limit were
/// not seen to come back.
pub(crate) async fn give_back(
    connections: &Connections,
    queue: &str,
    mut loan: Loan,
) -> Result<usize, Why> {
    // The head of the queue may be another one now.
    connections.with_worn(|worn| worn.remove(queue));
    let renewed = renew(connections, queue, &mut loan).await;
    if let Err(reason) = &renewed {
        tracing::warn!(told = true, %reason, "messages at their delivery limit were not put into it again");
    }
    let at_risk = std::mem::take(&mut loan.copies);
    let (back, gone): (Vec<_>, Vec<_>) = at_risk
        .into_iter()
        .partition(|(tag, _)| loan.messages.contains_key(tag));
    let ids = |some: Vec<(u64, RecordId)>| some.into_iter().map(|(_, id)| id);
    let (back, mut forget): (Vec<RecordId>, Vec<RecordId>) =
        (ids(back).collect(), ids(gone).collect());
    if loan.limit.is_some_and(|limit| limit.counts_looks) {
        let given_back = loan.messages.values().map(|event| event.fingerprint());
        connections.note_returned(queue, given_back.collect::<HashSet<Fingerprint>>());
    }
    let returned = loan.give_back().await;
    // Where others take messages, the broker's rule has to do.
    let are_back = matches!(returned, Ok(seen) if seen != Some(false));
    let doubtful = if are_back {
        forget.extend(back);
        Vec::new()
    } else {
        back
    };
    let count = doubtful.len() as u64;
    let settled = connections.journal.with(move |journal| {
        // These are back, or left the queue by another way, which has a record of its own.
        journal.forget(&forget)?;
        journal.settle(&doubtful)
    });
    let settled = settled.await;
    match returned {
        Err(trouble) => {
            tracing::debug!(%trouble, "a loan was not given back");
            Err(Why::BROKEN)
        }
        Ok(_) if count > 0 => {
            let mut words = format!(
                "{} at the delivery limit were not seen to come back into the queue. The journal \
                 has a copy of each: look whether they are there",
                count_of(count, "message")
            );
            if let Err(reason) = renewed {
                words = format!("{words}. {reason}");
            }
            Err(Why::Told(words))
        }
        Ok(_) => settled.map_err(Why::from).and(renewed),
    }
}

/// Borrowed messages that would be thrown out when they come back.
fn worn(connections: &Connections, queue: &str, loan: &Loan) -> Vec<(u64, Arc<Event>)> {
    let Some(limit) = loan.limit else {
        return Vec::new();
    };
    let were_here = connections.returned_to(queue);
    let is_worn = |event: &Event| {
        limit.is_at_risk(event)
            && limit.throws_out(limit.count(event, were_here.contains(&event.fingerprint())))
    };
    let all = loan.messages.iter();
    all.filter(|(_, event)| is_worn(event))
        .map(|(tag, event)| (*tag, Arc::clone(event)))
        .collect()
}

async fn renew(connections: &Connections, queue: &str, loan: &mut Loan) -> Result<usize, Why> {
    let worn = worn(connections, queue, loan);
    let (Some(limit), false) = (loan.limit, worn.is_empty()) else {
        return Ok(0);
    };
    // Where the journal failed during the borrow.
    let unkept = worn
        .iter()
        .filter(|(tag, _)| !loan.copies.contains_key(tag));
    let unkept = unkept.cloned().collect();
    match Keeper::new(connections, queue, limit)
        .write_down(unkept)
        .await
    {
        Ok(copies) => loan.copies.extend(copies),
        Err(words) => return Err(renew_without_copies(connections, queue, worn, loan, words).await),
    }
    let plan = worn.into_iter().filter_map(|(tag, event)| {
        let id = loan.copies.remove(&tag)?;
        let Plan {
            tag,
            event,
            outgoing,
        } = renewed(connections, queue, tag, event);
        Some(Move {
            id,
            tag,
            event,
            outgoing,
        })
    });
    let plan: Vec<Move> = plan.collect();
    let mut publisher = Publisher::new(
        Arc::clone(&connections.publishing),
        connections.confirm_limit,
    );
    let all: Vec<RecordId> = plan.iter().map(|one| one.id).collect();
    let mut windows = Windows::new(plan);
    let mut pipeline = Pipeline::new(&connections.journal, Unsent::AtLimit);
    let mut renewed = 0;
    let mut problem = None;
    let mut refused: Vec<String> = Vec::new();
    loop {
        // Over a broken connection nothing is sent; then the records say what may have happened.
        let is_open = loan.is_open() && connections.publishing.status().connected();
        let may_go_on = is_open && problem.is_none();
        let next = may_go_on.then(|| windows.next(usize::MAX)).flatten();
        if next.is_none() && pipeline.is_done() {
            break;
        }
        let (passed, ()) = pipeline.step(next, loan, &mut publisher, async {}).await;
        for (_, outcome) in passed.outcomes {
            match outcome {
                MoveOutcome::Resent => renewed += 1,
                MoveOutcome::Kept(words) => refused.push(words),
                _ => {}
            }
        }
        problem = problem.or(passed.problem);
        if pipeline.is_silent() {
            problem.get_or_insert_with(|| SILENT.into());
        }
        windows.grow();
    }
    // What could not be sent goes back with the rest and is thrown out, so its record stays.
    let settled = connections
        .journal
        .with(move |journal| journal.settle(&all));
    let problem = problem.or_else(|| {
        let words = refused.first()?;
        Some(Why::Told(format!(
            "{} at the delivery limit of {queue} could not be put into it again: {}. RabbitMQ throws \
             such a message out of the queue when it comes back; the journal has a copy of each",
            count_of(refused.len() as u64, "message"),
            words.trim_end_matches('.')
        )))
    });
    match problem.or(settled.await.err().map(Why::from)) {
        Some(why) => Err(why),
        None => Ok(renewed),
    }
}

/// The same where the journal takes nothing in after all. The broker confirms each before its
/// original is removed, so none is lost; only whether one is there twice would not be known after a
/// crash.
async fn renew_without_copies(
    connections: &Connections,
    queue: &str,
    worn: Vec<(u64, Arc<Event>)>,
    loan: &mut Loan,
    words: String,
) -> Why {
    let plan = worn.into_iter();
    let plan = plan.map(|(tag, event)| renewed(connections, queue, tag, event));
    let plan: Vec<Plan> = plan.collect();
    let outgoing: Vec<_> = plan.iter().map(|one| &one.outgoing).collect();
    let mut publisher = Publisher::new(
        Arc::clone(&connections.publishing),
        connections.confirm_limit,
    );
    let sent = publisher.send_all(&outgoing).await;
    let routed = plan.iter().zip(&sent);
    let routed = routed.filter(|(_, sent)| **sent == Sent::Routed);
    let tags: Vec<u64> = routed.map(|(one, _)| one.tag).collect();
    if loan.remove(&tags).await.is_err() {
        return Why::BROKEN;
    }
    Why::Told(format!(
        "{words}. {} of {} messages at their delivery limit were put at the end of the queue again \
         without a copy",
        tags.len(),
        plan.len()
    ))
}
