//! Everything that talks to a broker: AMQP by lapin, the management API by ureq, on a runtime of
//! its own behind one [`Handle`]. Commands go in and updates come out as plain data; nothing here
//! knows a window, and nothing outside knows lapin.
//!
//! Invariants:
//! - Neither side ever waits for the other: commands are refused when too many wait, updates wait
//!   in a bounded queue that slows the taps down to the pace of the window, and the broker's own
//!   queue holds the rest.
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
mod resend;
pub mod sandbox;
mod session;
pub mod shop;
pub mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as blocking;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{mpsc, oneshot};

use crate::protocol::{Command, Places, Update};
use crate::rabbitmq::peek_rules::REACH;
use crate::rabbitmq::tap::{LIMIT, Limit};
use crate::repair::journal_entry::KEEP_DAYS;
use crate::storage::journal::JOURNAL;

/// Commands that may wait before [`Handle::send`] hands one back.
const COMMANDS_WAITING: usize = 256;
/// Updates that may wait on either side of the forwarding thread. A batch of events may be a
/// megabyte, so this also bounds memory.
const UPDATES_WAITING: usize = 16;
/// How long dropping the handle waits for connections to be closed politely.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How often the forwarding thread looks whether the handle is gone while nobody takes an update.
const FORWARD_TICK: Duration = Duration::from_millis(50);

/// What the broker side may use and how long it waits.
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
}

impl Options {
    /// Where things lie that are made of these.
    fn places(&self) -> Places {
        let data = self.journal_dir.as_ref();
        Places {
            journal: data.map(|data| data.join(JOURNAL)),
            sample_schemas: data.map(|data| data.join("sample-schemas")),
        }
    }
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
        }
    }
}

/// The way in. Dropping it ends all jobs, connections and the sandbox, within a few seconds.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    /// Dropped first: the session takes no further command once it is gone.
    life: Option<oneshot::Sender<()>>,
    closing: Arc<AtomicBool>,
    ended: blocking::Receiver<()>,
}

impl Handle {
    /// Starts the broker side on threads of its own. `wake` is called after each update.
    ///
    /// # Errors
    /// If the system gives no thread or no runtime.
    pub fn start(
        wake: impl Fn() + Send + Sync + 'static,
        options: Options,
    ) -> io::Result<(Self, Receiver<Update>)> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("eventscope-broker")
            .enable_all()
            .build()?;
        let (commands, inbox) = mpsc::channel(COMMANDS_WAITING);
        let (outbox, updates) = mpsc::channel(UPDATES_WAITING);
        let (shown, receiver) = crossbeam_channel::bounded(UPDATES_WAITING);
        let (life, gone) = oneshot::channel();
        let (ended_tx, ended) = blocking::sync_channel(1);
        let closing = Arc::new(AtomicBool::new(false));
        let forwarding = Arc::clone(&closing);
        std::thread::Builder::new()
            .name("eventscope-updates".to_owned())
            .spawn(move || forward(updates, &shown, &forwarding, wake))?;
        std::thread::Builder::new()
            .name("eventscope-session".to_owned())
            .spawn(move || {
                runtime.block_on(session::run(
                    inbox,
                    gone,
                    crate::engine::outbox::Outbox::new(outbox),
                    options,
                ));
                runtime.shutdown_timeout(Duration::from_millis(500));
                // Nobody may be waiting any more.
                ended_tx.send(()).ok();
            })?;
        let handle = Self {
            commands,
            life: Some(life),
            closing,
            ended,
        };
        Ok((handle, receiver))
    }

    /// Passes a command on, without waiting.
    ///
    /// # Errors
    /// Gives the command back if too many are waiting or the broker side has ended.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        self.commands
            .try_send(command)
            .map_err(mpsc::error::TrySendError::into_inner)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        drop(self.life.take());
        if self.ended.recv_timeout(CLOSE_LIMIT).is_err() {
            tracing::warn!("the broker side did not end in time");
        }
    }
}

/// Takes updates from the runtime to the window. A thread of its own, because it waits for the
/// window, which must never make the runtime wait.
fn forward(
    mut updates: mpsc::Receiver<Update>,
    shown: &Sender<Update>,
    closing: &AtomicBool,
    wake: impl Fn(),
) {
    while let Some(mut update) = updates.blocking_recv() {
        // Once the handle is gone updates are only taken, so that nothing waits on the way out.
        while !closing.load(Ordering::Relaxed) {
            match shown.send_timeout(update, FORWARD_TICK) {
                Ok(()) => {
                    wake();
                    break;
                }
                Err(crossbeam_channel::SendTimeoutError::Timeout(back)) => update = back,
                Err(crossbeam_channel::SendTimeoutError::Disconnected(_)) => break,
            }
        }
    }
}
