//! A resend or discard of several messages: how far it is and what it came to.

use crate::protocol::{MoveOutcome, RequestId};

/// A resend or discard under way, or the last one.
#[derive(Clone, Debug)]
pub struct Job {
    /// Names it.
    pub request: RequestId,
    /// `Resend` or `Discard`, for the progress line.
    pub verb: &'static str,
    /// Messages asked for.
    pub total: usize,
    /// Sent, or thrown away.
    pub done: usize,
    /// Stayed in the queue.
    pub kept: usize,
    /// Sent, but their originals could not be removed.
    pub duplicates: usize,
    /// Not found in the queue any more.
    pub gone: usize,
    /// It has ended.
    pub ended: bool,
    /// Why it ended early, or the first reason why something stayed.
    pub problem: Option<String>,
}

impl Job {
    /// A job of which nothing is done yet.
    #[must_use]
    pub fn new(request: RequestId, verb: &'static str, total: usize) -> Self {
        Self {
            request,
            verb,
            total,
            done: 0,
            kept: 0,
            duplicates: 0,
            gone: 0,
            ended: false,
            problem: None,
        }
    }

    /// Counts how one message ended; true if it no longer lies in the queue.
    pub fn count(&mut self, outcome: &MoveOutcome) -> bool {
        let (counter, words) = match outcome {
            MoveOutcome::Resent | MoveOutcome::Discarded => (&mut self.done, None),
            MoveOutcome::Gone => (&mut self.gone, None),
            MoveOutcome::Kept(words) => (&mut self.kept, Some(words)),
            MoveOutcome::Duplicate(words) => (&mut self.duplicates, Some(words)),
        };
        *counter += 1;
        if let Some(words) = words {
            self.problem.get_or_insert_with(|| words.clone());
        }
        words.is_none()
    }

    /// The job in one line.
    #[must_use]
    pub fn words(&self) -> String {
        let (past, verb) = match self.verb {
            "Discard" => ("discarded", "Discarding"),
            _ => ("resent", "Resending"),
        };
        let mut words = if self.ended {
            format!("{} of {} {past}", self.done, self.total)
        } else {
            format!("{verb}: {} of {}", self.done, self.total)
        };
        for (count, what) in [
            (self.kept, "stayed in the queue"),
            (self.duplicates, "sent but still in the queue (duplicate)"),
            (self.gone, "no longer in the queue"),
        ] {
            if count > 0 {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        words
    }
}
