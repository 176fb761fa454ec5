//! One line of the comparison of a dead letter with what was published and what will be sent.

/// One property, header, or the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// As first published; empty if it was not there.
    pub first: String,
    /// As it lies in the queue.
    pub here: String,
    /// As it will be sent.
    pub sent: String,
    /// Why what is sent is not what lies here, or what was first published, or what is to be known
    /// of it; empty if there is nothing to say.
    pub why: String,
    /// The person changed it.
    pub is_own: bool,
}

impl Row {
    /// The sender will not see what it once published, what lies here is not what is sent, or there
    /// is something to be known of it.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.here != self.sent || self.first != self.sent || !self.why.is_empty()
    }
}
