//! Clearing the stream, and taking that back for a while.

use chrono::{DateTime, TimeDelta, Utc};

use super::Live;
use super::tree::KeyTree;
use super::variety::Variety;

/// For how long what was cleared can be taken back.
const UNDO: TimeDelta = TimeDelta::seconds(60);

/// The second click of two comes within this time, and is not meant.
const TWO_CLICKS: TimeDelta = TimeDelta::milliseconds(600);

/// What the log does not keep of what was cleared.
#[derive(Debug)]
pub(super) struct Cleared {
    at: DateTime<Utc>,
    tree: KeyTree,
    variety: Variety,
}

impl Live {
    /// False if there is nothing to clear, or if it was cleared a moment ago: clearing again would put
    /// the little that came since in the place of what can be taken back.
    pub(in crate::state) fn can_clear(&self, now: DateTime<Utc>) -> bool {
        let cleared = self.cleared.as_ref();
        let is_second = cleared.is_some_and(|cleared| now - cleared.at < TWO_CLICKS);
        !is_second && (self.log.kept() > 0 || cleared.is_none())
    }

    /// Throws the kept events away. The filter stays, and so does the pause.
    pub(super) fn clear(&mut self, now: DateTime<Utc>) {
        self.log.clear();
        self.judging.clear();
        self.cleared = Some(Cleared {
            at: now,
            tree: std::mem::take(&mut self.tree),
            variety: std::mem::take(&mut self.variety),
        });
        self.selection.clear();
        self.plot = None;
        self.view.restart(now.timestamp_millis());
    }

    /// Takes back what was cleared, as far as it is still there.
    pub(super) fn undo_clear(&mut self, now: DateTime<Utc>) {
        let Some(cleared) = self.cleared.take() else {
            return;
        };
        self.log.undo_clear();
        self.judging.clear();
        self.tree.take_back(cleared.tree);
        self.variety.take_back(cleared.variety);
        self.view.restart(now.timestamp_millis());
    }

    /// Events that were cleared and can be taken back.
    #[must_use]
    pub fn cleared(&self) -> u64 {
        self.cleared.as_ref().map_or(0, |_| self.log.cleared())
    }

    /// Gives up what was cleared a while ago: it takes memory.
    pub(super) fn forget_cleared(&mut self, now: DateTime<Utc>) {
        if (self.cleared.as_ref()).is_some_and(|cleared| now - cleared.at >= UNDO) {
            self.cleared = None;
            self.log.forget_cleared();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_click_of_two_clears_nothing() {
        let mut live = Live::default();
        let at = |ms| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms);
        assert!(live.can_clear(at(0)));
        live.clear(at(0));
        assert!(!live.can_clear(at(200)), "the second click of two");
        assert!(
            !live.can_clear(at(5_000)),
            "there is nothing to put in the place of what can be taken back"
        );
        live.forget_cleared(at(61_000));
        assert!(live.can_clear(at(61_000)));
    }
}
