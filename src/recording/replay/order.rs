//! What a person asks of a replay, and what became of it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::query::Filter;

/// A recording that is to be sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayOrder {
    /// The recording.
    pub path: PathBuf,
    /// Only events that match.
    pub filter: Filter,
    /// Where all of it is sent, with the keys that it had.
    pub destination: String,
    pub pace: ReplayPace,
    /// Events get new message ids where they have one.
    pub new_ids: bool,
    /// The property `timestamp` moves with the time of sending.
    pub shift_times: bool,
    /// What is done to it on purpose.
    pub trial: Trial,
    /// Another seed gives other ids, and another trial.
    pub seed: u64,
}

/// How fast it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplayPace {
    /// As it came, so many times as fast.
    Timing(f64),
    /// So many a second.
    Rate(NonZeroU32),
    /// As fast as it is confirmed.
    AsConfirmed,
}

/// What a store that delivers at least once, or a network, may do to events: a consumer that can stand
/// it is idempotent. The same seed does the same again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Each event comes twice; the second time within [`Trial::shuffle`] or a second.
    pub twice: bool,
    /// Each event comes up to so much later than it did, so that they overtake each other.
    pub shuffle: Duration,
    /// So many of a hundred do not come.
    pub leave_out: u8,
    /// One in ten comes so much later.
    pub late: Duration,
}

impl Trial {
    /// True if nothing is done.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What became of a replay so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayTally {
    /// Events in the recording; those that do not match count too.
    pub recorded: u64,
    /// Up to this one it has come.
    pub position: u64,
    /// Confirmed, and a queue has them.
    pub confirmed: u64,
    /// Not taken by any queue, or refused.
    pub not_routed: u64,
    /// Not known.
    pub unsure: u64,
    /// Left out on purpose.
    pub left_out: u64,
    /// Sent a second time on purpose; these are counted above too.
    pub second: u64,
    /// Events whose user id was left out, because it is not that of the login: a broker would refuse
    /// them.
    pub without_user: u64,
    /// Why the first of those that are not routed for certain is not, in words.
    pub trouble: Option<String>,
}
