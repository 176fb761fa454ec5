//! What is about to be sent, taken into the journal and cut into windows of messages that are under
//! way together.

use std::sync::Arc;

use chrono::Utc;

use super::super::recorder::Recorder;
use super::super::wires::Wires;
use super::copy_of;
use crate::domain::delivery_limit::Limit;
use crate::domain::record::{Deed, Held, RecordId, Stage};
use crate::domain::{Event, Outgoing};

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
    plan: &'a [Move],
    /// How many of them were given out.
    given: usize,
    size: usize,
}

/// Messages that are written down in one go: few enough that the stages of those under way need not
/// wait long for them.
const TOGETHER: usize = 512;
/// Most messages under way together.
const WINDOW: usize = 1_024;
/// Most bytes of bodies under way together.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;

impl<'a> Windows<'a> {
    /// `size` is how many the first window has.
    pub(super) fn new(plan: &'a [Move], size: usize) -> Self {
        Self {
            plan,
            given: 0,
            size,
        }
    }

    /// How many the next window would have.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// What was not given out yet.
    pub(super) fn rest(&self) -> &'a [Move] {
        self.plan.get(self.given..).unwrap_or_default()
    }

    /// The next ones, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Option<&'a [Move]> {
        let mut bytes = 0;
        let rest = self.rest();
        let fits = rest.iter().take(self.size.min(most)).take_while(|one| {
            bytes += one.outgoing.body.len();
            bytes <= WINDOW_BYTES
        });
        let size = fits.count().max(1).min(rest.len());
        self.given += size;
        (size > 0).then(|| &rest[..size])
    }

    /// The last so many that were given out were not sent after all.
    pub(super) fn take_back(&mut self, unsent: usize) {
        self.given -= unsent;
    }

    pub(super) fn grow(&mut self) {
        self.size = (self.size * 32).min(WINDOW);
    }

    pub(super) fn shrink(&mut self) {
        self.size = 1;
    }
}

/// Takes all that is about to move into the journal, before the first is sent. `limit` is the
/// delivery limit of the queue, if it may have one.
pub(super) async fn write_down(
    wires: &Wires,
    queue: &str,
    limit: Option<Limit>,
    plan: Vec<Plan>,
) -> Result<Vec<Move>, String> {
    let place = wires.endpoint.place();
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
        let ids = wires.journal.with(move |journal| {
            let held = held.iter().zip(stages);
            journal.hold_each(Deed::Resend, held, Utc::now())
        });
        let ids = match ids.await {
            Ok(ids) => ids,
            Err(words) => {
                // What was written down already is not sent either. Where this fails too, the next
                // start says that it was not touched, which is true.
                let before = moves.iter().map(|one| one.id).collect();
                drop(write(&wires.journal, Vec::new(), before).await);
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
