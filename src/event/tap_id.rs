//! The name of a tap. Each event of the log has the one that brought it.

/// Tells taps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TapId(pub u64);
