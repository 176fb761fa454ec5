//! What is done with recordings as files: listed, begun, ended, deleted. One thing after the other, off the
//! runtime's threads.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::outbox::Outbox;
use super::taping::Taping;
use crate::protocol::{DeskUpdate, Gravity, RecordingNow, ShelfCommand, ShelfUpdate};
use crate::recording::{RecordTo, Recording, RecordingState, RecordingThread, ShelfLimits, shelf};

/// How often it is told how far a recording is.
const TOLD: Duration = Duration::from_millis(500);

/// Most destinations that are told.
const MOST_DESTINATIONS: u32 = 10_000;

/// The folder of recordings, and what is written into it.
pub(crate) struct ShelfDesk {
    pub(crate) folder: Option<PathBuf>,
    pub(crate) limits: ShelfLimits,
    pub(crate) taping: Arc<Taping>,
    pub(crate) outbox: Outbox,
}

impl ShelfDesk {
    /// Does what is asked for until nobody can ask any more; then the recording ends.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<ShelfCommand>) {
        // It may have begun with the app.
        let mut since = self.taping.is_on().then(Utc::now);
        let mut told = RecordingState::default();
        let mut ticks = tokio::time::interval(TOLD);
        // While nothing is recorded nobody asks for them.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.carry_out(command, &mut since).await,
                    None => break,
                },
                _ = ticks.tick(), if since.is_some() => {
                    let state = self.taping.state();
                    if state.problem.is_some() {
                        self.end(&mut since).await;
                    } else if state != told {
                        self.tell(since, state.clone()).await;
                        told = state;
                    }
                }
            }
        }
        let taping = Arc::clone(&self.taping);
        // It waits for the disk.
        if let Err(error) = tokio::task::spawn_blocking(move || taping.stop()).await {
            tracing::error!(told = true, %error, "ending a recording failed");
        }
    }

    async fn carry_out(&mut self, command: ShelfCommand, since: &mut Option<DateTime<Utc>>) {
        match command {
            ShelfCommand::List => self.list().await,
            ShelfCommand::LookInto(path) => self.look_into(path).await,
            ShelfCommand::Record => self.begin(since).await,
            ShelfCommand::StopRecording => self.end(since).await,
            ShelfCommand::Note(words) => {
                if !self.taping.note(Utc::now(), words) {
                    let words = "The note was not written: nothing is recorded now";
                    self.outbox.notice(Gravity::Warning, words).await;
                }
            }
            ShelfCommand::Delete(path) => {
                let shown = path.display().to_string();
                let folder = self.folder.clone().unwrap_or_default();
                let done = tokio::task::spawn_blocking(move || {
                    let done = shelf::delete(&folder, &path, Utc::now().into());
                    done.map_err(|error| error.to_string())
                });
                let done = done.await.unwrap_or_else(|error| Err(error.to_string()));
                if let Err(why) = done {
                    let words = format!("{shown} was not deleted. {why}");
                    self.outbox.notice(Gravity::Error, words).await;
                }
                self.list().await;
            }
            ShelfCommand::Limit(limits) => self.limits = limits,
            ShelfCommand::Spare { source, is_spared } => self.taping.spare(source, is_spared),
        }
    }

    async fn begin(&mut self, since: &mut Option<DateTime<Utc>>) {
        if since.is_some() {
            return;
        }
        let Some(folder) = self.folder.clone() else {
            let words = "Nothing is recorded: there is no folder for recordings";
            self.outbox.notice(Gravity::Error, words).await;
            return self.tell(None, RecordingState::default()).await;
        };
        let to = RecordTo::Folder(folder, self.limits);
        let taping = Arc::clone(&self.taping);
        let begun = tokio::task::spawn_blocking(move || {
            // A warning becomes a notice of the window, and the app goes on.
            let thread = RecordingThread::start(to, |words| tracing::warn!("{words}"));
            thread
                .map(|thread| taping.begin(thread))
                .map_err(|error| error.to_string())
        });
        let begun = begun.await.unwrap_or_else(|error| Err(error.to_string()));
        match begun {
            Ok(()) => {
                *since = Some(Utc::now());
                self.tell(*since, self.taping.state()).await;
                self.list().await;
            }
            Err(why) => {
                let words = format!("Nothing is recorded. {why}");
                self.outbox.notice(Gravity::Error, words).await;
                self.tell(None, RecordingState::default()).await;
            }
        }
    }

    async fn end(&mut self, since: &mut Option<DateTime<Utc>>) {
        let taping = Arc::clone(&self.taping);
        *since = None;
        match tokio::task::spawn_blocking(move || taping.stop()).await {
            Ok(state) => self.tell(None, state).await,
            Err(error) => tracing::error!(told = true, %error, "ending a recording failed"),
        }
        self.list().await;
    }

    async fn tell(&self, since: Option<DateTime<Utc>>, state: RecordingState) {
        let now = RecordingNow { since, state };
        let update = DeskUpdate::Shelf(ShelfUpdate::Recording(now));
        self.outbox.send(update).await;
    }

    async fn look_into(&self, path: PathBuf) {
        let file = path.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let found = Recording::open(&file).and_then(|one| one.destinations(MOST_DESTINATIONS));
            found.map_err(|error| error.to_string())
        });
        let found = looked.await.unwrap_or_else(|error| Err(error.to_string()));
        let update = ShelfUpdate::Destinations { path, found };
        self.outbox.send(DeskUpdate::Shelf(update)).await;
    }

    async fn list(&self) {
        let Some(folder) = self.folder.clone() else {
            let words = "There is no folder for recordings".to_owned();
            let update = DeskUpdate::Shelf(ShelfUpdate::List(Err(words)));
            return self.outbox.send(update).await;
        };
        let shown = folder.display().to_string();
        let listed = tokio::task::spawn_blocking(move || {
            shelf::look(&folder).map_err(|error| error.to_string())
        });
        let listed = listed.await.unwrap_or_else(|error| Err(error.to_string()));
        let listed = listed.map_err(|why| format!("{shown} cannot be read: {why}"));
        let update = DeskUpdate::Shelf(ShelfUpdate::List(listed));
        self.outbox.send(update).await;
    }
}
