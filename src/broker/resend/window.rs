//! Messages that are under way together, and the stages that each goes through.

use std::sync::Arc;

use chrono::Utc;

use super::super::borrow::Loan;
use super::super::budget;
use super::super::outlet::{Outlet, Sent};
use super::super::recorder::Recorder;
use super::super::wires::Wires;
use super::{BROKEN, copy_of};
use crate::domain::record::{Deed, Held, RecordId, Stage};
use crate::domain::{Event, Outgoing};
use crate::protocol::MoveOutcome;

/// How the words for a missing confirm begin. After one the job ends: where the broker is blocked,
/// each further message would wait as long.
const NO_CONFIRM: &str = "No confirm";
/// What is told then.
const SILENT: &str = "RabbitMQ does not confirm. The rest stays in the queue";

/// What shall be sent in place of a borrowed message.
pub(super) struct Plan {
    pub tag: u64,
    pub event: Arc<Event>,
    pub outgoing: Outgoing,
}

/// A message that is about to be sent again.
pub(super) struct Move {
    pub id: RecordId,
    pub tag: u64,
    pub event: Arc<Event>,
    pub outgoing: Outgoing,
}

/// Messages that are under way together. The first goes alone, so that what is wrong with all is
/// said of one; after trouble they go one by one again.
pub(super) struct Windows<'a> {
    pub rest: &'a [Move],
    size: usize,
}

/// Most messages under way together.
const WINDOW: usize = 1_024;
/// Most bytes of bodies under way together.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

impl<'a> Windows<'a> {
    pub(super) fn new(plan: &'a [Move]) -> Self {
        Self {
            rest: plan,
            size: 1,
        }
    }

    /// The next ones, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Option<&'a [Move]> {
        let mut bytes = 0;
        let fits = self
            .rest
            .iter()
            .take(self.size.min(most))
            .take_while(|one| {
                bytes += one.outgoing.body.len();
                bytes <= WINDOW_BYTES
            });
        let size = fits.count().max(1).min(self.rest.len());
        let (window, rest) = self.rest.split_at(size);
        self.rest = rest;
        (!window.is_empty()).then_some(window)
    }

    pub(super) fn grow(&mut self) {
        self.size = (self.size * 4).min(WINDOW);
    }

    pub(super) fn shrink(&mut self) {
        self.size = 1;
    }
}

/// Takes all that is about to move into the journal, before the first is sent. `limit` is the
/// delivery limit of the queue, if a look counts against one.
pub(super) async fn write_down(
    wires: &Wires,
    queue: &str,
    limit: Option<u64>,
    plan: Vec<Plan>,
) -> Result<Vec<Move>, String> {
    let place = wires.endpoint.place();
    let held = plan.iter().map(|one| Held {
        sent: Some(one.outgoing.clone()),
        ..copy_of(&place, queue, &one.event)
    });
    let held: Vec<Held> = held.collect();
    let stages = plan.iter().map(|one| match limit {
        Some(limit) if budget::deliveries(&one.event) >= limit => Stage::AtLimit,
        _ => Stage::Held,
    });
    let stages: Vec<Stage> = stages.collect();
    let ids = wires.journal.with(move |journal| {
        let held = held.iter().zip(stages);
        journal.hold_each(Deed::Resend, held, Utc::now())
    });
    let ids = ids.await?;
    let plan = ids.into_iter().zip(plan);
    Ok(plan
        .map(|(id, one)| Move {
            id,
            tag: one.tag,
            event: one.event,
            outgoing: one.outgoing,
        })
        .collect())
}

/// How the messages of a window ended, in their order.
pub(super) struct Done {
    pub outcomes: Vec<MoveOutcome>,
    /// Everything was routed.
    pub is_smooth: bool,
    /// Why nothing more may be sent, in words.
    pub problem: Option<String>,
}

/// Takes a window through all stages, each on the disk before the next begins.
pub(super) async fn send_window(
    journal: &Recorder,
    window: &[Move],
    loan: &mut Loan,
    outlet: &mut Outlet,
) -> Done {
    let marks = window
        .iter()
        .map(|one| (one.id, Stage::Sent, String::new()));
    if let Err(words) = write(journal, marks.collect(), Vec::new()).await {
        return Done {
            outcomes: Vec::new(),
            is_smooth: false,
            problem: Some(format!(
                "{words}, so nothing more is sent. The rest stays in the queue"
            )),
        };
    }
    let outgoing: Vec<&Outgoing> = window.iter().map(|one| &one.outgoing).collect();
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
    let routed = || {
        let all = window.iter().zip(&sent);
        all.filter(|(_, sent)| **sent == Sent::Routed)
            .map(|(one, _)| one)
    };
    let tags: Vec<u64> = routed().map(|one| one.tag).collect();
    let removed = loan.remove(&tags).await;
    let silent = sent
        .iter()
        .any(|sent| matches!(sent, Sent::Unknown(words) if words.starts_with(NO_CONFIRM)));
    let is_smooth = sent.iter().all(|sent| *sent == Sent::Routed);
    let outcomes = sent.iter().map(|sent| match (sent, &removed) {
        (Sent::Routed, Ok(())) => MoveOutcome::Resent,
        (Sent::Routed, Err(trouble)) => MoveOutcome::Duplicate(format!(
            "It was sent, but then the original could not be removed for certain ({}): it may be \
             there twice",
            trouble.words
        )),
        (Sent::NotRouted(words) | Sent::Unknown(words), _) => MoveOutcome::Kept(words.clone()),
    });
    let outcomes = outcomes.collect();
    if removed.is_ok() {
        let done = routed().map(|one| (one.id, Stage::Removed, String::new()));
        let written = write(journal, done.collect(), Vec::new()).await;
        trouble = trouble.or(written.err());
    }
    let problem = match (removed, trouble) {
        (Err(_), _) => Some(BROKEN.to_owned()),
        (Ok(()), Some(words)) => Some(format!(
            "{words}. Nothing is lost; the rest stays in the queue"
        )),
        (Ok(()), None) => silent.then(|| SILENT.to_owned()),
    };
    Done {
        outcomes,
        is_smooth,
        problem,
    }
}

pub(super) async fn write(
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
