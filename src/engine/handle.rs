//! The way from the window to what works behind it, on threads and a runtime of their own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as blocking;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{mpsc, oneshot};

use super::driver::MakeDriver;
use super::hub;
use super::outbox::Outbox;
use super::taping::Taping;
use crate::protocol::{Command, Update};
use crate::recording::ShelfLimits;

/// Commands that may wait before [`Handle::send`] hands one back.
const COMMANDS_WAITING: usize = 256;
/// Updates that may wait on either side of the forwarding thread. A batch of events may be a
/// megabyte, so this also bounds memory.
const UPDATES_WAITING: usize = 16;
/// How long dropping the handle waits for connections to be closed politely.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How often the forwarding thread looks whether the handle is gone while nobody takes an update.
const FORWARD_TICK: Duration = Duration::from_millis(50);

/// What concerns no source.
#[derive(Clone, Debug)]
pub struct DeskOptions {
    /// Folder of the journal of what was resent or discarded; without one none of this is possible.
    pub journal_dir: Option<PathBuf>,
    /// Days after which records of the journal that are certain are forgotten.
    pub keep_days: u16,
    /// Records what sources tell.
    pub taping: Option<Arc<Taping>>,
    /// What the folder of recordings may take up.
    pub recording_limits: ShelfLimits,
}

/// The way in. Dropping it ends all sources with their jobs and connections, within a few seconds.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    /// Dropped first: the session takes no further command once it is gone.
    life: Option<oneshot::Sender<()>>,
    closing: Arc<AtomicBool>,
    ended: blocking::Receiver<()>,
}

impl Handle {
    /// Starts everything behind the window. `wake` is called after each update, and a source gets its
    /// driver from `make`.
    ///
    /// # Errors
    /// If the system gives no thread or no runtime.
    pub fn start(
        wake: impl Fn() + Send + Sync + 'static,
        options: DeskOptions,
        make: MakeDriver,
    ) -> io::Result<(Self, Receiver<Update>)> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("eventscope-sources")
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
            .name("eventscope-hub".to_owned())
            .spawn(move || {
                let outbox = Outbox::new(outbox);
                runtime.block_on(hub::run(inbox, gone, outbox, options, make));
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
