//! What the state knows of cleared rows beside the log: the names of their taps and sources, and what
//! the taps had counted. It is taken back with the rows.

use std::collections::VecDeque;

use super::State;
use super::live::taps::ClearedTaps;
use crate::event::source_id::SourceId;

/// See the module.
#[derive(Debug)]
pub(super) struct ClearedNames {
    ended: VecDeque<(SourceId, String)>,
    taps: ClearedTaps,
}

impl State {
    /// Forgets what belongs to the rows that are cleared.
    pub(super) fn clear_names(&mut self) {
        self.cleared = Some(ClearedNames {
            ended: std::mem::take(&mut self.ended),
            taps: self.taps.clear(),
        });
    }

    /// Takes it back.
    pub(super) fn take_names_back(&mut self) {
        if let Some(mut cleared) = self.cleared.take() {
            cleared.ended.append(&mut self.ended);
            self.ended = cleared.ended;
            self.taps.undo_clear(cleared.taps);
        }
    }
}
