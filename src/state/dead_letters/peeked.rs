//! What a look into a queue showed.

use chrono::{DateTime, Utc};

use super::DeadLetter;
use crate::protocol::PutBack;
use crate::rabbitmq::delivery_limit::Left;

/// The messages of a queue as they were peeked.
#[derive(Clone, Debug)]
pub struct Peeked {
    /// The queue.
    pub queue: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Messages before the first that is shown; not known in a stream.
    pub first: u32,
    /// How many were borrowed or ready at the end of the look, less those that left the queue since.
    pub depth: u32,
    /// The same when it was looked into.
    pub counted: u32,
    /// How many were borrowed, with those before the page.
    pub borrowed: u32,
    /// How long they were borrowed, in milliseconds.
    pub borrowed_ms: u64,
    /// How they went back.
    pub put_back: PutBack,
    /// How often one can look again without harm, where that is limited.
    pub left: Option<Left>,
    /// What the broker side had to say.
    pub remark: String,
    /// Why nothing came, where the queue may all the same not be empty.
    pub nothing: String,
    /// In queue order.
    pub messages: Vec<DeadLetter>,
}

impl Peeked {
    /// Nothing lies in the queue, so far as the broker says: nothing is ready, and nobody is known
    /// to hold anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.depth == 0 && self.nothing.is_empty() && self.put_back != PutBack::Untouched
    }

    /// Nothing lies in the queue beside these messages.
    #[must_use]
    pub fn shows_all(&self) -> bool {
        self.first == 0
            && usize::try_from(self.depth).is_ok_and(|depth| depth <= self.messages.len())
    }
}
