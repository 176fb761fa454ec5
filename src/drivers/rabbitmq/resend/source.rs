//! Which messages of a queue a job is about, and what is sent for each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::drivers::rabbitmq::loan::borrow::Loan;
use crate::drivers::rabbitmq::moves::window::Plan;
use crate::event::{Event, Fingerprint, Outgoing};
use crate::protocol::{MoveOrder, Which};
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::resend::Manner;

/// What is still to be done.
pub(crate) enum MessageSource {
    /// These messages, wherever in the queue they are.
    These(WantedMessages<Outgoing>),
    /// All that lay in the queue when the job began, and what others held then.
    Whole {
        /// Where they go, and what is left out.
        manner: Manner,
        /// The user of the connection.
        login: String,
        /// How many it is about: at least as many as the person was told.
        asked: usize,
        /// What is known of the broker.
        ground: Arc<Ground>,
        /// The queue they lie in.
        queue: String,
        /// How many were not yet looked at; `None` before the first look.
        left: Option<usize>,
        /// How many of these may be such as were never handed out. What others held was; so
        /// messages beyond this number came after the job began.
        new: usize,
        /// Those that were looked at and stay at the head of the queue.
        stay: WantedMessages<()>,
    },
}

/// What a look at borrowed messages came to.
#[derive(Default)]
pub(crate) struct SourceLook {
    /// What can be sent.
    pub plan: Vec<Plan>,
    /// What cannot, and why.
    pub refused: Vec<(Arc<Event>, String)>,
}

impl MessageSource {
    pub(crate) fn new(which: Which, login: &str, ground: &Arc<Ground>, queue: &str) -> Self {
        match which {
            Which::These(orders) => {
                let mut wanted = WantedMessages::default();
                for MoveOrder { original, outgoing } in orders {
                    wanted.add(original, outgoing);
                }
                Self::These(wanted)
            }
            Which::Whole { manner, shown } => Self::Whole {
                manner,
                login: login.to_owned(),
                asked: usize::try_from(shown).unwrap_or(usize::MAX),
                ground: Arc::clone(ground),
                queue: queue.to_owned(),
                left: None,
                new: 0,
                stay: WantedMessages::default(),
            },
        }
    }

    /// Chooses among borrowed messages what has its turn now.
    pub(crate) fn look(&mut self, loan: &Loan) -> SourceLook {
        let mut look = SourceLook::default();
        match self {
            Self::These(wanted) => {
                for (tag, event) in &loan.messages {
                    if let Some(outgoing) = wanted.take(event.fingerprint()) {
                        look.plan.push(plan(*tag, event, outgoing));
                    }
                }
            }
            Self::Whole {
                manner,
                login,
                asked,
                ground,
                queue,
                left,
                new,
                stay,
            } => {
                let left = left.get_or_insert_with(|| {
                    let depth = usize::try_from(loan.depth).unwrap_or(usize::MAX);
                    let known = loan.messages.values().filter(|event| was_handed_out(event));
                    *new = depth.saturating_sub(known.count());
                    *asked = depth.max(*asked);
                    *asked
                });
                let mut passed = stay.clone();
                for (tag, event) in &loan.messages {
                    if *left == 0 {
                        break;
                    }
                    if !passed.is_empty() && passed.take(event.fingerprint()).is_some() {
                        continue;
                    }
                    if !was_handed_out(event) {
                        if *new == 0 {
                            continue;
                        }
                        *new -= 1;
                    }
                    *left -= 1;
                    match manner.plan(event, login, ground.scene(Some(queue))) {
                        Ok(resend) => look.plan.push(plan(*tag, event, resend.outgoing)),
                        Err(words) => look.refused.push((Arc::clone(event), words)),
                    }
                }
            }
        }
        look
    }

    /// This one was looked at and stays in the queue.
    pub(crate) fn stays(&mut self, event: &Event) {
        if let Self::Whole { stay, .. } = self {
            stay.add(event.fingerprint(), ());
        }
    }

    /// These had their turn and were not sent after all: they will have another.
    pub(crate) fn not_sent<'a>(&mut self, rest: impl Iterator<Item = (&'a Event, &'a Outgoing)>) {
        for (event, outgoing) in rest {
            match self {
                Self::These(wanted) => wanted.add(event.fingerprint(), outgoing.clone()),
                Self::Whole { left, .. } => *left = left.map(|left| left + 1),
            }
        }
    }

    /// How many are still to be looked at; `None` if that is not known yet.
    pub(crate) fn left(&self) -> Option<usize> {
        match self {
            Self::These(wanted) => Some(wanted.len()),
            Self::Whole { left, .. } => *left,
        }
    }

    /// How many messages it is about, as far as that is known.
    pub(crate) fn asked(&self) -> usize {
        match self {
            Self::These(wanted) => wanted.len(),
            Self::Whole { asked, .. } => *asked,
        }
    }

    /// True if all that lies in the queue is asked for.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }

    /// How many messages at the head of the queue were looked at and stay.
    pub(crate) fn staying(&self) -> usize {
        match self {
            Self::These(_) => 0,
            Self::Whole { stay, .. } => stay.len(),
        }
    }

    /// What was asked for by itself and not found.
    pub(crate) fn missing(&mut self) -> Vec<Fingerprint> {
        match self {
            Self::These(wanted) => std::mem::take(wanted).rest().collect(),
            Self::Whole { .. } => Vec::new(),
        }
    }
}

/// Somebody had it before: a look, a consumer, an earlier round.
fn was_handed_out(event: &Event) -> bool {
    let counts = ["x-delivery-count", "x-acquired-count"];
    let counted = |name: &&str| event.properties.header(name).is_some();
    event.transport.redelivered() || counts.iter().any(counted)
}

fn plan(tag: u64, event: &Arc<Event>, outgoing: Outgoing) -> Plan {
    Plan {
        tag,
        event: Arc::clone(event),
        outgoing,
    }
}

/// Messages that are asked for and not yet dealt with. Equal messages stand for each other, so
/// there may be several of one fingerprint.
#[derive(Clone)]
pub(crate) struct WantedMessages<T>(HashMap<Fingerprint, VecDeque<T>>);

impl<T> Default for WantedMessages<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> WantedMessages<T> {
    pub(crate) fn add(&mut self, original: Fingerprint, what: T) {
        self.0.entry(original).or_default().push_back(what);
    }

    pub(crate) fn take(&mut self, original: Fingerprint) -> Option<T> {
        let waiting = self.0.get_mut(&original)?;
        let taken = waiting.pop_front();
        if waiting.is_empty() {
            self.0.remove(&original);
        }
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.values().map(VecDeque::len).sum()
    }

    pub(crate) fn rest(self) -> impl Iterator<Item = Fingerprint> {
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
        let mut wanted = WantedMessages::default();
        wanted.add(Fingerprint(1), "a");
        wanted.add(Fingerprint(1), "b");
        assert_eq!(wanted.take(Fingerprint(2)), None);
        assert_eq!(wanted.take(Fingerprint(1)), Some("a"));
        assert_eq!(wanted.len(), 1);
        assert_eq!(wanted.take(Fingerprint(1)), Some("b"));
        assert_eq!(wanted.len(), 0);
    }
}
