//! The background without a window: one source, commands, and the answers to them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::CutShort;
use crate::address::Address;
use crate::drivers::{self, Options};
use crate::engine::handle::Handle;
use crate::event::picture::Picture;
use crate::event::source_id::SourceId;
use crate::protocol::{
    Abilities, Command, DeskUpdate, Gravity, Link, RequestId, SourceCommand, SourceUpdate, Update,
};
use crate::rabbitmq::topology::Topology;
use crate::settings;

/// How often it is looked whether it shall end.
const TICK: Duration = Duration::from_millis(50);

/// A connection.
pub(super) struct Background {
    handle: Handle,
    updates: Receiver<Update>,
    ended: Arc<AtomicBool>,
    is_stopping: bool,
    next: u64,
    pub abilities: Abilities,
    pub address: Address,
}

/// What a store is made of.
pub(super) enum MadeOf {
    RabbitMq(Box<Topology>),
    Other(Picture),
}

impl Background {
    /// Connects. `journal` is the folder of the journal, if not the window's.
    pub(super) fn connect(url: &str, journal: Option<PathBuf>) -> Result<Self, CutShort> {
        let address =
            Address::from_text(url).map_err(|error| CutShort::Told(format!("--url: {error}")))?;
        let ended = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // A second Ctrl+C ends it at once.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&ended))?;
            signal_hook::flag::register(signal, Arc::clone(&ended))?;
        }
        let options = Options {
            journal_dir: journal.or_else(settings::journal_dir),
            ..Options::default()
        };
        let (handle, updates) = drivers::start(|| {}, options)?;
        let mut background = Self {
            handle,
            updates,
            ended,
            is_stopping: false,
            next: 0,
            abilities: Abilities::default(),
            address: address.clone(),
        };
        background.tell(SourceCommand::Connect(address))?;
        background.abilities = background.wait(None, |update| match update {
            SourceUpdate::Link(Link::Connected { abilities, .. }) => Some(Ok(abilities)),
            SourceUpdate::Link(Link::Failed { reason, .. }) => Some(Err(CutShort::Told(reason))),
            _ => None,
        })??;
        Ok(background)
    }

    pub(super) fn tell(&self, command: SourceCommand) -> Result<(), CutShort> {
        let sent = self.handle.send(Command::Source(SourceId::FIRST, command));
        sent.map_err(|_| CutShort::Told("Eventscope has ended inside".to_owned()))
    }

    /// A request that nobody has had.
    pub(super) fn request(&mut self) -> RequestId {
        self.next += 1;
        RequestId(self.next)
    }

    /// Waits for what the store is made of.
    pub(super) fn made_of(&mut self) -> Result<MadeOf, CutShort> {
        self.wait(None, |update| match update {
            SourceUpdate::Topology(topology) => Some(MadeOf::RabbitMq(Box::new(topology))),
            SourceUpdate::Picture(picture) => Some(MadeOf::Other(picture)),
            _ => None,
        })
    }

    /// Waits for an update that `pick` takes. Ctrl+C stops `job`, and what is waited for is then its
    /// answer; where no job runs it ends the command.
    pub(super) fn wait<T>(
        &mut self,
        job: Option<RequestId>,
        mut pick: impl FnMut(SourceUpdate) -> Option<T>,
    ) -> Result<T, CutShort> {
        loop {
            if self.ended.load(Ordering::Relaxed) && !self.is_stopping {
                self.is_stopping = true;
                match job {
                    Some(request) => self.tell(SourceCommand::StopJob(request))?,
                    None => return Err(CutShort::Told("Stopped before anything was sent".into())),
                }
            }
            match self.updates.recv_timeout(TICK) {
                Ok(Update::Source(_, update)) => {
                    if let Some(found) = pick(update) {
                        return Ok(found);
                    }
                }
                Ok(Update::Desk(DeskUpdate::Notice(notice))) if notice.gravity != Gravity::Info => {
                    super::output::say(&notice.words);
                }
                Ok(Update::Desk(_)) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(CutShort::Told("Eventscope has ended inside".to_owned()));
                }
            }
        }
    }
}
