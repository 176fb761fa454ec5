//! Everything that talks to RabbitMQ: AMQP by lapin, the management API by ureq. Commands go in and
//! updates come out as plain data; nothing here knows a window, and nothing outside knows lapin.
//!
//! Invariants:
//! - Every request gets exactly one answer, also when its job panics or the connection breaks.
//! - Each job has a channel of its own, so a mistake that makes the broker close a channel harms
//!   only that job.
//! - A message is taken out of a queue only by an acknowledgement that follows its confirmed copy
//!   or its journal entry. Whatever else happens, it goes back.

pub mod browse;
pub mod connection;
pub mod loan;
mod management;
pub mod moves;
mod publisher;
mod replay;
mod resend;
pub mod sandbox;
mod session;
pub mod shop;
pub mod watch;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::engine::driver::Driver;
use crate::engine::journal_access::JournalAccess;
use crate::engine::outbox::SourceOutbox;
use crate::protocol::SourceCommand;
use crate::rabbitmq::tap::Limit;

/// What this driver may use and how long it waits.
#[derive(Clone, Debug)]
pub(crate) struct RabbitOptions {
    /// Folder of the private RabbitMQ; without one there is no sandbox.
    pub sandbox_dir: Option<PathBuf>,
    /// Folder of the notes about a firehose that is on; without one there is no firehose.
    pub notes_dir: Option<PathBuf>,
    /// How long a publish waits for the broker's confirm.
    pub confirm_timeout: Duration,
    /// What waits at most in the queue of a tap.
    pub tap_limit: Limit,
    /// Messages that a resend of a whole queue borrows at once; it may hold twice as many. At most
    /// as many as a look reaches.
    pub round: u32,
}

/// Works with one RabbitMQ, or with the private one.
pub(crate) struct RabbitMq {
    /// What it may use.
    pub options: RabbitOptions,
    /// Where everything that moves is written down before.
    pub journal: JournalAccess,
}

impl Driver for RabbitMq {
    fn run(
        self: Box<Self>,
        commands: mpsc::Receiver<SourceCommand>,
        outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()> {
        Box::pin(session::run(commands, outbox, self.options, self.journal))
    }
}
