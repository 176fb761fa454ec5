//! What is asked of messages in a queue and what became of them: looks, resends, discards.

use std::sync::Arc;

use crate::event::Event;
use crate::event::Fingerprint;
use crate::event::Outgoing;
use crate::rabbitmq::delivery_limit::Left;
use crate::rabbitmq::resend::Manner;
use crate::repair::dead_place::LogSpan;
use crate::repair::record_place::RecordMark;

/// Which messages of a queue are sent again.
#[derive(Clone, Debug)]
pub enum Which {
    /// These, and what is sent for each.
    These(Vec<MoveOrder>),
    /// All that lie there when the job begins, each as it lies there, with those that others hold
    /// then and give back in time.
    Whole {
        /// Where they go, and what is left out.
        manner: Manner,
        /// How many the person was told lie there; what is missing of these is accounted for.
        shown: u32,
    },
}

/// What a resend does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStage {
    Sending,
    /// It watches for so many seconds whether what was sent dies again.
    Watching {
        /// How long in all.
        seconds: u64,
    },
    /// It waits at most so many seconds for messages that others hold, or for another look of this
    /// window to end.
    Waiting {
        /// How long in all.
        seconds: u64,
    },
    /// The person paused it.
    Paused,
}

/// One message to be sent again.
#[derive(Clone, Debug)]
pub struct MoveOrder {
    /// The original in the queue.
    pub original: Fingerprint,
    /// What is sent in its place.
    pub outgoing: Outgoing,
}

/// How one message of a resend or discard ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveOutcome {
    /// Confirmed as routed, and the original removed.
    Resent,
    /// Copied to the journal, and the original removed.
    Discarded,
    /// Not sent or not confirmed as routed; the original stays in the queue. Why, in words.
    Kept(String),
    /// Confirmed as routed, but the original could not be removed: it will appear twice.
    Duplicate(String),
    /// It was not among what the broker gave: others hold messages of this queue, or that cannot be
    /// told. In words.
    Held(String),
    /// It is not in the queue any more, and nobody holds it.
    Gone,
    /// It may have been sent: an answer did not come, and nothing tells. In words.
    Unsure(String),
}

/// How messages that were looked at went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PutBack {
    /// Into the queue, without a promise of their order.
    #[default]
    Somehow,
    /// As they lay.
    InOrder,
    /// Nothing was taken: a stream or a log was read.
    Untouched,
}

/// What a peek found.
#[derive(Clone, Debug, Default)]
pub struct PeekReport {
    pub queue: String,
    /// Messages before the first of these; not known in a stream.
    pub first: u32,
    /// In queue order.
    pub messages: Vec<Arc<Event>>,
    /// Messages that were borrowed or ready in the moment before all went back.
    pub depth: u32,
    /// How many were borrowed, with those before the page.
    pub borrowed: u32,
    /// How long they were borrowed, in milliseconds.
    pub borrowed_ms: u64,
    /// How they went back.
    pub put_back: PutBack,
    /// How often one can look again without harm, where that is limited.
    pub left: Option<Left>,
    /// What the person should know, such as a changed order; empty if nothing.
    pub remark: String,
    /// In a log: what of each partition there is, and which part of it this page is.
    pub spans: Vec<LogSpan>,
    /// In a log: what the journal says of each of the messages, in their order.
    pub marks: Vec<Option<RecordMark>>,
    /// Why nothing came, where the queue may all the same not be empty; empty if it is, or if
    /// something came.
    pub nothing: String,
}
