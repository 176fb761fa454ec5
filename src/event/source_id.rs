//! The name of a source: one open connection to an event store, or one open recording.

/// Tells the open sources apart. It is given once in a run and never again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

impl SourceId {
    /// The source that is there from the start.
    pub const FIRST: Self = Self(1);
}
