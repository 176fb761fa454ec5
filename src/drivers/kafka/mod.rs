//! Everything that talks to Kafka, by the client `krafka`. Commands go in and updates come out as plain
//! data; nothing outside knows the client.
//!
//! Invariants:
//! - Every request gets exactly one answer, also when its job panics or the connection breaks.
//! - Reading joins no group and commits nothing. Offsets are committed only for a group without members,
//!   when a person asked for it and what was there is on the disk. No topic is created by asking: what is not in the list
//!   of topics is not asked for, and the client's own leave to create is off.
//! - A dead letter is sent again only after its copy is in the journal; see `resend/`.
//! - Each tap has connections of its own: a broker answers what comes over one connection in turn, and a
//!   tap waits there for records.

mod connect;
mod failure;
mod groups;
mod link;
mod log;
mod picture;
mod publish;
mod resend;
mod sandbox;
mod session;
mod shop;
mod topic;
mod watch;

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::engine::driver::Driver;
use crate::engine::journal_access::JournalAccess;
use crate::engine::outbox::SourceOutbox;
use crate::protocol::SourceCommand;

/// Works with one Kafka cluster.
pub(crate) struct KafkaDriver {
    /// The folder for what must outlive the program.
    pub notes_dir: Option<PathBuf>,
    /// Where what is sent again is written down before.
    pub journal: JournalAccess,
}

impl Driver for KafkaDriver {
    fn run(
        self: Box<Self>,
        commands: mpsc::Receiver<SourceCommand>,
        outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()> {
        Box::pin(session::run(commands, outbox, self.journal, self.notes_dir))
    }
}
