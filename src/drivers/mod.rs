//! Drivers: each works with one kind of event store and tells the window what happens there.

pub(crate) mod jobs;
#[cfg(feature = "kafka")]
mod kafka;
pub mod rabbitmq;
pub mod recording;
mod retry;
pub(crate) mod series;
mod shop;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;

use self::rabbitmq::sandbox;
use crate::address::{Address, StoreKind};
use crate::engine::driver::{Driver, MakeDriver};
use crate::engine::handle::{DeskOptions, Handle};
use crate::engine::taping::Taping;
use crate::protocol::{SourceCommand, Update};
use crate::rabbitmq::peek_rules::REACH;
use crate::rabbitmq::tap::{LIMIT, Limit};
use crate::recording::ShelfLimits;
use crate::repair::journal_entry::KEEP_DAYS;

/// What everything behind the window may use and how long it waits.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of the private RabbitMQ; without one there is no sandbox.
    pub sandbox_dir: Option<PathBuf>,
    /// Folder of the journal of what was resent or discarded and of the notes about a firehose that
    /// is on; without one none of this is possible.
    pub journal_dir: Option<PathBuf>,
    /// Days after which records of the journal that are certain are forgotten.
    pub keep_days: u16,
    /// How long a publish waits for the broker's confirm.
    pub confirm_timeout: Duration,
    /// What waits at most in the queue of a tap.
    pub tap_limit: Limit,
    /// Messages that a resend of a whole queue borrows at once; it may hold twice as many. At most
    /// as many as a look reaches.
    pub round: u32,
    /// Records what sources tell.
    pub taping: Option<Arc<Taping>>,
    /// What the folder of recordings may take up.
    pub recording_limits: ShelfLimits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sandbox_dir: None,
            journal_dir: None,
            keep_days: KEEP_DAYS,
            confirm_timeout: Duration::from_secs(10),
            tap_limit: LIMIT,
            round: REACH,
            taping: None,
            recording_limits: ShelfLimits::default(),
        }
    }
}

/// Starts everything behind the window, with a driver for each kind of event store. `wake` is called
/// after each update.
///
/// # Errors
/// If the system gives no thread or no runtime.
pub fn start(
    wake: impl Fn() + Send + Sync + 'static,
    options: Options,
) -> io::Result<(Handle, Receiver<Update>)> {
    let desk = DeskOptions {
        journal_dir: options.journal_dir.clone(),
        keep_days: options.keep_days,
        taping: options.taping.clone(),
        recording_limits: options.recording_limits,
    };
    Handle::start(wake, desk, drivers(options))
}

/// Every kind of event store has its line here.
fn drivers(options: Options) -> MakeDriver {
    let rabbitmq = rabbitmq::RabbitOptions {
        sandbox_dir: options.sandbox_dir,
        notes_dir: options.journal_dir,
        confirm_timeout: options.confirm_timeout,
        tap_limit: options.tap_limit,
        round: options.round,
    };
    let is_first = AtomicBool::new(true);
    Arc::new(move |command, journal| -> Box<dyn Driver> {
        #[cfg(feature = "kafka")]
        if matches!(
            command,
            SourceCommand::Connect(Address::Kafka(_))
                | SourceCommand::StartSandbox(StoreKind::Kafka)
        ) {
            return Box::new(kafka::KafkaDriver {
                journal,
                notes_dir: rabbitmq.notes_dir.clone(),
            });
        }
        if let SourceCommand::Connect(Address::Recording(_)) = command {
            return Box::new(recording::RecordingDriver);
        }
        let mut options = rabbitmq.clone();
        // Two sandboxes never share a folder.
        if !is_first.swap(false, Ordering::Relaxed) && options.sandbox_dir.is_some() {
            options.sandbox_dir = sandbox::default_data_dir();
        }
        Box::new(rabbitmq::RabbitMq { options, journal })
    })
}
