//! What a driver is: the code that works with one event store, for as long as its source is open.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::journal_access::JournalAccess;
use super::outbox::SourceOutbox;
use crate::protocol::SourceCommand;

/// Works with one event store for one source.
pub trait Driver: Send {
    /// Carries out commands, in the order in which they come, until no more can come; then closes what
    /// it has open, within seconds, and ends. Each command with a request gets exactly one answer,
    /// whatever happens. It must not block its thread.
    fn run(
        self: Box<Self>,
        commands: mpsc::Receiver<SourceCommand>,
        outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()>;
}

/// Makes the driver that can carry out this command, the first of a new source. What moves messages
/// writes into the journal before.
pub type MakeDriver = Arc<dyn Fn(&SourceCommand, JournalAccess) -> Box<dyn Driver> + Send + Sync>;
