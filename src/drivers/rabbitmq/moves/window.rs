//! What is about to be sent, taken into the journal and cut into windows of messages that are under
//! way together.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::Utc;

use super::copy::copy_of;
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::engine::recorder::Recorder;
use crate::event::{Event, Outgoing};
use crate::rabbitmq::delivery_limit::CountLimit;
use crate::repair::journal_entry::{Held, Operation, RecordId, Stage};

/// What shall be sent in place of a borrowed message.
pub(crate) struct Plan {
    pub tag: u64,
    pub event: Arc<Event>,
    pub outgoing: Outgoing,
}

/// A message that is about to be sent again.
pub(crate) struct Move {
    pub id: RecordId,
    pub tag: u64,
    pub event: Arc<Event>,
    pub outgoing: Outgoing,
}

/// Messages that were written down and wait for their turn. The first goes alone, so that what is
/// wrong with all is said of one; after trouble they go one by one again.
pub(crate) struct Windows {
    waiting: VecDeque<Move>,
    size: usize,
}

/// Messages that are written down in one go.
const TOGETHER: usize = 512;
/// Most messages under way together.
pub(crate) const WINDOW: usize = 1_024;
/// Most bytes of bodies under way together.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

impl Windows {
    /// Of these messages, to which others may be added.
    pub(crate) fn new(waiting: Vec<Move>) -> Self {
        Self {
            waiting: waiting.into(),
            size: 1,
        }
    }

    /// These have their turn after those that wait.
    pub(crate) fn add(&mut self, more: Vec<Move>) {
        self.waiting.extend(more);
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The next ones, at most so many.
    pub(crate) fn next(&mut self, most: usize) -> Option<Vec<Move>> {
        let mut bytes = 0;
        let waiting = self.waiting.iter().take(self.size.min(most));
        let fits = waiting.take_while(|one| {
            bytes += one.outgoing.body.len();
            bytes <= WINDOW_BYTES
        });
        let size = fits.count().max(1).min(self.waiting.len());
        (size > 0).then(|| self.waiting.drain(..size).collect())
    }

    /// These were given out and not sent after all.
    pub(crate) fn take_back(&mut self, unsent: Vec<Move>) {
        for one in unsent.into_iter().rev() {
            self.waiting.push_front(one);
        }
    }

    /// What waits still will not be sent now.
    pub(crate) fn drain(&mut self) -> Vec<Move> {
        self.waiting.drain(..).collect()
    }

    pub(crate) fn grow(&mut self) {
        self.size = (self.size * 32).min(WINDOW);
    }

    pub(crate) fn shrink(&mut self) {
        self.size = 1;
    }
}

/// Takes all that is about to move into the journal, before the first is sent. `limit` is the
/// delivery limit of the queue, if it may have one.
pub(crate) async fn write_down(
    connections: &Connections,
    queue: &str,
    limit: Option<CountLimit>,
    plan: Vec<Plan>,
) -> Result<Vec<Move>, String> {
    let place = connections.endpoint.place();
    let mut moves: Vec<Move> = Vec::with_capacity(plan.len());
    let mut plan = plan.into_iter().peekable();
    while plan.peek().is_some() {
        let part: Vec<Plan> = plan.by_ref().take(TOGETHER).collect();
        let held = part.iter().map(|one| Held {
            sent: Some(one.outgoing.clone()),
            ..copy_of(&place, queue, &one.event)
        });
        let held: Vec<Held> = held.collect();
        let stages = part.iter().map(|one| match limit {
            Some(limit) if limit.is_at_risk(&one.event) => Stage::AtLimit,
            _ => Stage::Held,
        });
        let stages: Vec<Stage> = stages.collect();
        let ids = connections.journal.with(move |journal| {
            let held = held.iter().zip(stages);
            journal.hold_each(Operation::Resend, held, Utc::now())
        });
        let ids = match ids.await {
            Ok(ids) => ids,
            Err(words) => {
                // What was written down already is not sent either. Where this fails too, the next
                // start says that it was not touched, which is true.
                let before = moves.iter().map(|one| one.id).collect();
                drop(write(&connections.journal, Vec::new(), before).await);
                return Err(words);
            }
        };
        moves.extend(ids.into_iter().zip(part).map(|(id, one)| Move {
            id,
            tag: one.tag,
            event: one.event,
            outgoing: one.outgoing,
        }));
    }
    Ok(moves)
}

pub(crate) async fn write(
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
