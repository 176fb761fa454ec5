//! What a dead letter becomes when it is sent again, by the rules of where it lies: a queue or a log.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Editor, TargetChoice};
use crate::event::{Event, Fingerprint, OutgoingRecord};
use crate::kafka::resend::{RecordManner, RecordTarget};
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::resend::{Manner, Resend, Target};

/// How dead letters become what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterManner {
    /// From a queue.
    Queue(Manner),
    /// From a log.
    Log(RecordManner),
}

impl LetterManner {
    /// The same to another target.
    fn to(&self, choice: TargetChoice, elsewhere: &(String, String)) -> Self {
        match self {
            Self::Queue(manner) => Self::Queue(Manner {
                target: choice.target(elsewhere),
                ..manner.clone()
            }),
            Self::Log(manner) => Self::Log(RecordManner {
                target: record_target(choice, elsewhere),
                ..manner.clone()
            }),
        }
    }
}

/// Works out what is sent in place of a dead letter.
#[derive(Clone, Debug)]
pub(super) struct Planner {
    pub(super) manner: LetterManner,
    pub(super) login: String,
    pub(super) ground: Arc<Ground>,
    pub(super) queue: Option<String>,
    /// The target that was typed for many.
    pub(super) elsewhere: (String, String),
    /// How many partitions topics have.
    pub(super) partitions: Arc<HashMap<String, u32>>,
    /// What lies at the place of the original of one message.
    pub(super) original: Option<(Fingerprint, Arc<Event>)>,
}

impl Planner {
    pub(super) fn plan(&self, event: &Event) -> Result<Resend, String> {
        self.by(&self.manner, event)
    }

    fn by(&self, manner: &LetterManner, event: &Event) -> Result<Resend, String> {
        match manner {
            LetterManner::Queue(manner) => {
                let scene = self.ground.scene(self.queue.as_deref());
                manner.plan(event, &self.login, scene)
            }
            LetterManner::Log(manner) => {
                let of = event.fingerprint();
                let original = self.original.as_ref().filter(|(own, _)| *own == of);
                let original = original.map(|(_, event)| &**event);
                let partitions = |topic: &str| self.partitions.get(topic).copied();
                let planned = manner.plan(event, original, partitions)?;
                Ok(Resend {
                    outgoing: planned.outgoing,
                    notes: planned.notes,
                })
            }
        }
    }

    /// How messages are sent.
    pub(super) fn manner(&self) -> &LetterManner {
        &self.manner
    }

    /// The same for a message that goes to a target of its own.
    pub(super) fn of_editor(&self, editor: &Editor) -> Self {
        let mut own = self.clone();
        if let Some(choice) = editor.own_target {
            own.manner = own.manner.to(choice, &self.elsewhere);
        }
        own
    }

    /// What is sent for this message, or what is offered where its target must be filled in.
    pub(super) fn plan_or_ask(&self, event: &Event) -> Resend {
        let planned = self.plan(event);
        planned.unwrap_or_else(|words| self.to_be_filled_in(event, words))
    }

    /// Without a known origin the message is offered as it lies there, with an empty target to fill
    /// in.
    fn to_be_filled_in(&self, event: &Event, words: String) -> Resend {
        // Where it goes makes no other difference than the target itself.
        let anywhere = ("?".to_owned(), "?".to_owned());
        let manner = match &self.manner {
            LetterManner::Queue(manner) => LetterManner::Queue(Manner {
                target: Target::elsewhere(&event.destination, "?"),
                ..manner.clone()
            }),
            log @ LetterManner::Log(_) => log.to(TargetChoice::Elsewhere, &anywhere),
        };
        let record = event.transport.kafka();
        let mut resend = self.by(&manner, event).unwrap_or_else(|_| Resend {
            outgoing: crate::event::Outgoing {
                record: record.map(|record| OutgoingRecord {
                    key: record.key,
                    partition: None,
                    is_tombstone: record.is_tombstone,
                }),
                destination: String::new(),
                key: event.key.clone(),
                properties: event.properties.clone(),
                body: event.body.clone(),
            },
            notes: Vec::new(),
        });
        resend.outgoing.destination = String::new();
        if record.is_none() {
            resend.outgoing.key = String::new();
        }
        resend.notes.insert(0, words);
        resend
    }
}

/// The topic that a choice leads to.
pub(super) fn record_target(choice: TargetChoice, elsewhere: &(String, String)) -> RecordTarget {
    match choice {
        TargetChoice::Elsewhere => RecordTarget::Topic(elsewhere.0.clone()),
        TargetChoice::Origin | TargetChoice::QueueThatFailed => RecordTarget::Origin,
    }
}
