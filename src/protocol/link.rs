//! How it stands with the connection, the taps, the sandbox, and with what was published.

use std::fmt;

use chrono::DateTime;
use chrono::Utc;

use super::Abilities;
use crate::address::Address;
use crate::rabbitmq::server_version::ServerVersion;

/// What answers at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// A RabbitMQ, or what speaks its protocol.
    RabbitMq(ServerVersion),
    /// Something else: its name and version for people.
    Other(String),
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RabbitMq(version) => version.fmt(f),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// The state of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is none and none is wanted.
    Idle,
    /// The first try is under way.
    Connecting(Address),
    Connected {
        address: Address,
        server: Server,
        /// What it can do.
        abilities: Abilities,
    },
    /// The first try failed; nothing is tried again by itself.
    Failed {
        address: Address,
        /// What happened and what to try.
        reason: String,
    },
    /// It stood and broke; it is tried again until the person ends it.
    Lost {
        address: Address,
        reason: String,
        /// When it broke.
        since: DateTime<Utc>,
        /// When the next try starts.
        retry_at: DateTime<Utc>,
    },
}

/// The state of the private RabbitMQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxState {
    /// It is being started; what is going on.
    Starting(String),
    /// It runs; the sample shop runs in it.
    Running,
    /// It could not be started; what happened and what to do.
    Failed(String),
}

/// How far a tap is that reads what a store keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TapProgress {
    /// Places in the store between what was read and its end.
    pub behind: u64,
    /// Places that held no event when they were read: marks of transactions, what was compacted away,
    /// what was given up.
    pub holes: u64,
    /// Events that the store had thrown away before they were read.
    pub gone: u64,
}

/// The state of a tap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapState {
    /// It receives; the name that the broker gave its queue.
    Running {
        /// Queue name.
        queue: String,
    },
    /// It stopped as asked.
    Stopped,
    /// It could not start or go on, in words.
    Refused(String),
    /// It receives again after a break; nothing was seen between the two times.
    Resumed {
        /// Queue name.
        queue: String,
        /// Start of the gap.
        from: DateTime<Utc>,
        /// End of the gap.
        to: DateTime<Utc>,
        /// What broke the connection of this tap, in words; nothing if all connections were lost.
        because: Option<String>,
    },
    /// It sees nothing: its own connection broke and could not be opened again, for this reason. It
    /// goes on trying.
    Interrupted(String),
    /// How far it is behind what is there. Told when that changes, a few times a second at most.
    Behind(TapProgress),
    /// The tap's queue in the broker was found full: the oldest were dropped, some were not seen.
    /// Told again, with the same start, for as long as it goes on, and once when it is over.
    Overflowing {
        /// When it was last found to have room before.
        from: DateTime<Utc>,
        /// When it was found full, or to have room again.
        to: DateTime<Utc>,
    },
}

/// How a publish ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The broker confirmed it and returned nothing.
    Routed,
    /// It was written to a partition, at this offset where the broker tells one.
    Written { partition: u32, offset: Option<u64> },
    /// No queue took it; the broker's words.
    Unroutable(String),
    /// The broker refused it, or there is no connection; in words.
    Refused(String),
    /// No confirm within this many seconds; whether it arrived is not known.
    NotConfirmed {
        /// The time limit.
        seconds: u64,
    },
}
