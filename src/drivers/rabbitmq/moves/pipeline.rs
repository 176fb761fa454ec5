//! The stages that each message goes through, with two windows under way: while the copies of one
//! are sent, the originals of the one before it are removed. One write to the journal stands
//! between two steps; each stage is on the disk before what it allows begins.

use super::why::Why;
use super::window::{Move, write};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::loan::borrow::Loan;
use crate::drivers::rabbitmq::publisher::{Publisher, Sent};
use crate::engine::recorder::Recorder;
use crate::event::Outgoing;
use crate::protocol::MoveOutcome;
use crate::repair::journal_entry::{RecordId, Stage};

/// A window of which is known what became of the copies. The originals are still held.
struct Landed {
    window: Vec<Move>,
    sent: Vec<Sent>,
}

impl Landed {
    fn routed(&self) -> impl Iterator<Item = &Move> {
        let all = self.window.iter().zip(&self.sent);
        all.filter(|(_, sent)| **sent == Sent::Routed)
            .map(|(one, _)| one)
    }
}

/// What the journal says of a message whose copy reached no queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// It was not touched, so its record is forgotten.
    Untouched,
    /// It is at its delivery limit, so what gives it back may throw it out: its record stays.
    AtLimit,
}

/// What is under way.
pub(crate) struct Pipeline {
    journal: Recorder,
    unsent: Unsent,
    landed: Option<Landed>,
    /// Originals that were removed, which the journal does not know yet.
    removed: Vec<RecordId>,
}

/// How the messages of the window ended that was under way before.
#[derive(Default)]
pub(crate) struct PipelineStep {
    /// Each with how it ended.
    pub outcomes: Vec<(Move, MoveOutcome)>,
    /// Those that had their turn and were not sent, because the journal failed.
    pub unsent: Vec<Move>,
    /// Why nothing more may be sent.
    pub problem: Option<Why>,
}

impl Pipeline {
    pub(crate) fn new(journal: &Recorder, unsent: Unsent) -> Self {
        Self {
            journal: journal.clone(),
            unsent,
            landed: None,
            removed: Vec::new(),
        }
    }

    /// True if there is nothing more to be done without a new window.
    pub(crate) fn is_done(&self) -> bool {
        self.landed.is_none() && self.removed.is_empty()
    }

    /// True if all copies of the last window were routed.
    pub(crate) fn is_smooth(&self) -> bool {
        self.landed
            .iter()
            .all(|landed| landed.sent.iter().all(|sent| *sent == Sent::Routed))
    }

    /// True if the broker left a copy of the last window without a confirm. After one the job ends:
    /// where the broker is blocked, each further message would wait as long.
    pub(crate) fn is_silent(&self) -> bool {
        let is_missing = |sent: &Sent| matches!(sent, Sent::NoConfirm(_));
        self.landed
            .iter()
            .any(|landed| landed.sent.iter().any(is_missing))
    }

    /// Sends a window, and removes the originals of the one before it. Something else is done
    /// meanwhile: it begins when what this needs of the journal is written.
    pub(crate) async fn step<T>(
        &mut self,
        next: Option<Vec<Move>>,
        loan: &mut Loan,
        publisher: &mut Publisher,
        meanwhile: impl Future<Output = T>,
    ) -> (PipelineStep, T) {
        let landed = self.landed.take();
        let written = self.write_down(landed.as_ref(), next.as_deref()).await;
        let (next, unsent) = match &written {
            Ok(()) => (next, Vec::new()),
            Err(_) => (None, next.unwrap_or_default()),
        };
        // A journal that fails here costs no message: what was confirmed is removed all the same,
        // and the journal then calls a duplicate possible that there is not.
        let tags: Vec<u64> = landed
            .iter()
            .flat_map(Landed::routed)
            .map(|m| m.tag)
            .collect();
        let copies: Vec<&Outgoing> = next.iter().flatten().map(|m| &m.outgoing).collect();
        let (removed, sent, other) =
            tokio::join!(loan.remove(&tags), publisher.send_all(&copies), meanwhile);
        let mut step = PipelineStep {
            unsent,
            problem: written.err().map(|words| {
                format!("{words}, so nothing more is sent. The rest stays in the queue").into()
            }),
            ..PipelineStep::default()
        };
        if removed.is_err() {
            step.problem = Some(Why::BROKEN);
        }
        if let Some(landed) = landed {
            if removed.is_ok() {
                self.removed = landed.routed().map(|one| one.id).collect();
            }
            let ended = landed.window.into_iter().zip(&landed.sent);
            step.outcomes = ended
                .map(|(one, sent)| (one, outcome(sent, &removed)))
                .collect();
        }
        self.landed = next.map(|window| Landed { window, sent });
        (step, other)
    }

    /// The stages that were reached, and the one that is about to begin.
    async fn write_down(
        &mut self,
        landed: Option<&Landed>,
        next: Option<&[Move]>,
    ) -> Result<(), String> {
        let mut marks: Vec<(RecordId, Stage, String)> = std::mem::take(&mut self.removed)
            .into_iter()
            .map(|id| (id, Stage::Removed, String::new()))
            .collect();
        let mut untouched = Vec::new();
        if let Some(landed) = landed {
            for (one, sent) in landed.window.iter().zip(&landed.sent) {
                match sent {
                    Sent::Routed => marks.push((one.id, Stage::Confirmed, String::new())),
                    Sent::NotRouted(_) if self.unsent == Unsent::Untouched => {
                        untouched.push(one.id);
                    }
                    Sent::NotRouted(words) => marks.push((one.id, Stage::AtLimit, words.clone())),
                    Sent::Unknown(words) | Sent::NoConfirm(words) => {
                        marks.push((one.id, Stage::Sent, words.clone()));
                    }
                }
            }
        }
        let next = next.into_iter().flatten();
        marks.extend(next.map(|one| (one.id, Stage::Sent, String::new())));
        write(&self.journal, marks, untouched).await
    }
}

fn outcome(sent: &Sent, removed: &Result<(), BrokerError>) -> MoveOutcome {
    match (sent, removed) {
        (Sent::Routed, Ok(())) => MoveOutcome::Resent,
        (Sent::Routed, Err(trouble)) => MoveOutcome::Duplicate(format!(
            "It was sent, but then the original could not be removed for certain ({}): it may be \
             there twice",
            trouble.words
        )),
        (Sent::NotRouted(words) | Sent::Unknown(words) | Sent::NoConfirm(words), _) => {
            MoveOutcome::Kept(words.clone())
        }
    }
}
