//! The name of a tap. Each event of the log has the one that brought it.

use super::source_id::SourceId;

/// Tells taps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TapId {
    /// The source that it listens to.
    pub source: SourceId,
    /// Its number, given once in a run.
    pub number: u64,
}

impl TapId {
    /// A tap of this source.
    #[must_use]
    pub const fn of(source: SourceId, number: u64) -> Self {
        Self { source, number }
    }
}
