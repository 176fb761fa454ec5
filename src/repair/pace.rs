//! How a bulk resend goes about it: how fast, how carefully, and how it is marked.

use std::num::NonZeroU32;
use std::time::Duration;

/// How a resend of several messages goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Most messages a second; `None` is as fast as the broker confirms.
    pub per_second: Option<NonZeroU32>,
    /// Send one, watch this long whether it dies again, then ten, then the rest.
    pub canary: Option<Duration>,
    /// Send also what would come back at once.
    pub insist: bool,
    /// Add headers that count how often a message was sent again.
    pub mark: bool,
}

/// Messages of the first steps of a canary. After each, one watches.
const STEPS: [usize; 2] = [1, 10];

/// How far a canary has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    step: usize,
    sent: usize,
}

impl Canary {
    /// At its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self { step: 0, sent: 0 }
    }

    /// Messages that may be sent before one watches; `None` once all may go.
    #[must_use]
    pub fn room(&self) -> Option<usize> {
        STEPS.get(self.step).map(|most| most - self.sent)
    }

    /// So many were sent. True if it is time to watch.
    pub fn count(&mut self, sent: usize) -> bool {
        self.sent += sent;
        let is_full = STEPS.get(self.step).is_some_and(|most| self.sent >= *most);
        if is_full {
            self.step += 1;
            self.sent = 0;
        }
        is_full
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_then_ten_then_all() {
        let mut canary = Canary::new();
        assert_eq!(canary.room(), Some(1));
        assert!(canary.count(1));
        assert_eq!(canary.room(), Some(10));
        assert!(!canary.count(4));
        assert_eq!(canary.room(), Some(6));
        assert!(canary.count(6));
        assert_eq!(canary.room(), None);
        assert!(!canary.count(500));
    }
}
