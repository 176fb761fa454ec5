//! What a resend or discard of several messages came to, in numbers that add up.

/// Where each message that was asked for is now. All but `added` add up to `asked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobSum {
    /// Messages that the job was about.
    pub asked: usize,
    /// Sent, or thrown away, and removed from the queue.
    pub done: usize,
    /// Looked at, and they stay in the queue.
    pub kept: usize,
    /// Sent, but the originals could not be removed for certain.
    pub duplicates: usize,
    /// They may have been sent: an answer did not come, and nothing tells.
    pub unsure: usize,
    /// Unacknowledged at somebody else: a consumer, another look.
    pub held: usize,
    /// Neither in the queue nor unacknowledged: somebody else took them out.
    pub gone: usize,
    /// Not seen in the queue; whether others hold them or they are gone is not known.
    pub unseen: usize,
    /// The job ended before their turn; they lie where they lay.
    pub untried: usize,
    /// Messages that lie in the queue beside these, such as those that came meanwhile.
    pub added: usize,
}

impl JobSum {
    /// What is known of each of the messages that were asked for.
    #[must_use]
    pub fn told(&self) -> usize {
        let Self {
            asked: _,
            done,
            kept,
            duplicates,
            unsure,
            held,
            gone,
            unseen,
            untried,
            added: _,
        } = self;
        done + kept + duplicates + unsure + held + gone + unseen + untried
    }

    /// True if each message that was asked for was sent or thrown away.
    #[must_use]
    pub fn is_all_done(&self) -> bool {
        self.done == self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_what_was_added_is_told() {
        let sum = JobSum {
            asked: 36,
            done: 1,
            kept: 2,
            duplicates: 3,
            unsure: 8,
            held: 4,
            gone: 5,
            unseen: 6,
            untried: 7,
            added: 100,
        };
        assert_eq!(sum.told(), sum.asked);
        assert!(!sum.is_all_done());
    }
}
