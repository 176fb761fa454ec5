//! An open recording as an event store: what it is made of, and its events as a tap gives them, read
//! page by page from the file. No broker is asked, and nothing is written into the file but notes that a
//! person adds.

mod pour;

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::address::Address;
use crate::engine::driver::Driver;
use crate::engine::outbox::SourceOutbox;
use crate::event::picture::{Destination, Picture};
use crate::event::tap_id::TapId;
use crate::event::watching::{Report, TapRequest, Weight};
use crate::protocol::{Abilities, Gravity, Link, Server, SourceCommand, SourceUpdate, TapState};
use crate::recording::{self, ALL_DESTINATIONS, AboutRecording, Recording, RecordingError};
use crate::text::numbers::count_of;

/// Most destinations that are listed.
const MOST_DESTINATIONS: u32 = 10_000;

/// What is said to whoever asks more of it.
const READ_ONLY: &str = "A recording can only be read";

const ABILITIES: Abilities = Abilities {
    watch: true,
    publish: false,
    browse: false,
    take_out: false,
    replay: true,
    topology: true,
    consumer_groups: false,
};

/// Works with one recording.
pub(crate) struct RecordingDriver;

impl Driver for RecordingDriver {
    fn run(
        self: Box<Self>,
        commands: mpsc::Receiver<SourceCommand>,
        outbox: SourceOutbox,
    ) -> BoxFuture<'static, ()> {
        Box::pin(run(commands, outbox))
    }
}

async fn run(mut commands: mpsc::Receiver<SourceCommand>, outbox: SourceOutbox) {
    let mut opened = OpenedFile {
        outbox,
        path: None,
        taps: JoinSet::new(),
        running: HashMap::new(),
    };
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(_) if commands.is_closed() => {}
                Some(command) => opened.carry_out(command).await,
                None => break,
            },
            Some(ended) = opened.taps.join_next(), if !opened.taps.is_empty() => {
                if let Ok((tap, Some(words))) = ended {
                    opened.running.remove(&tap);
                    let state = TapState::Refused(words);
                    opened.outbox.send(SourceUpdate::Tap { tap, state }).await;
                }
            }
        }
    }
    opened.taps.shutdown().await;
}

struct OpenedFile {
    outbox: SourceOutbox,
    path: Option<PathBuf>,
    /// Each ends with why, if it cannot go on.
    taps: JoinSet<(TapId, Option<String>)>,
    running: HashMap<TapId, AbortHandle>,
}

/// What is looked at when a recording is opened.
struct FirstLook {
    about: AboutRecording,
    destinations: Vec<String>,
}

fn look(path: &std::path::Path) -> Result<FirstLook, RecordingError> {
    let recording = Recording::open(path)?;
    Ok(FirstLook {
        about: recording.about()?,
        destinations: recording.destinations(MOST_DESTINATIONS)?,
    })
}

impl OpenedFile {
    async fn carry_out(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::Connect(Address::Recording(path)) => self.open(path).await,
            SourceCommand::Disconnect => {
                self.close().await;
                self.outbox.send(SourceUpdate::Link(Link::Idle)).await;
            }
            SourceCommand::RefreshTopology => {
                if let Some(path) = self.path.clone()
                    && let Ok(Ok(found)) = tokio::task::spawn_blocking(move || look(&path)).await
                {
                    self.outbox
                        .send(SourceUpdate::Picture(picture(found.destinations)))
                        .await;
                }
            }
            SourceCommand::Preflight {
                request,
                destination,
                keys,
                ..
            } => {
                let mut report = Report {
                    destination,
                    keys,
                    ..Report::default()
                };
                let words = "The events are read from the file, which is not changed. Live keeps \
                             the newest of them, as much as its memory holds";
                report.add(Weight::Info, words);
                self.outbox
                    .send(SourceUpdate::Preflight { request, report })
                    .await;
            }
            SourceCommand::StartTap(request) => self.start_tap(request).await,
            SourceCommand::Outline(events) => self.outline(Some(events)).await,
            SourceCommand::AddNote { at, event, words } => self.add_note(at, event, words).await,
            SourceCommand::StopTap(tap) => {
                if let Some(task) = self.running.remove(&tap) {
                    task.abort();
                }
                let state = TapState::Stopped;
                self.outbox.send(SourceUpdate::Tap { tap, state }).await;
            }
            other => {
                if let Ok(answer) = other.refused(READ_ONLY.to_owned()) {
                    self.outbox.send(answer).await;
                }
            }
        }
    }

    async fn close(&mut self) {
        self.path = None;
        self.taps.shutdown().await;
        for (tap, _) in std::mem::take(&mut self.running) {
            let state = TapState::Stopped;
            self.outbox.send(SourceUpdate::Tap { tap, state }).await;
        }
    }

    async fn open(&mut self, path: PathBuf) {
        self.close().await;
        let address = Address::Recording(path.clone());
        let link = Link::Connecting(address.clone());
        self.outbox.send(SourceUpdate::Link(link)).await;
        let reading = path.clone();
        let found = match tokio::task::spawn_blocking(move || look(&reading)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                let reason = format!("{} was not opened. {error}", path.display());
                let link = Link::Failed { address, reason };
                self.outbox.send(SourceUpdate::Link(link)).await;
                return;
            }
            Err(error) => {
                tracing::error!(told = true, %error, "opening a recording failed");
                let reason = "Eventscope made a mistake inside, and the file was not opened".into();
                let link = Link::Failed { address, reason };
                self.outbox.send(SourceUpdate::Link(link)).await;
                return;
            }
        };
        self.path = Some(path);
        let about = &found.about;
        let link = Link::Connected {
            address,
            server: Server::Other(format!("recording, {}", count_of(about.events, "event"))),
            abilities: ABILITIES,
        };
        self.outbox.send(SourceUpdate::Link(link)).await;
        if let Some(at) = about.broke_off(Utc::now()) {
            let at = at.format("%Y-%m-%d %H:%M:%S UTC");
            let words = format!(
                "This recording broke off at {at}: Eventscope was ended, or the machine was. What \
                 came in the last second before may be missing too"
            );
            self.outbox.notice(Gravity::Warning, words).await;
        }
        self.outline(None).await;
        let picture = picture(found.destinations);
        self.outbox.send(SourceUpdate::Picture(picture)).await;
    }

    /// Looks at all of it from afar, or at the events of these numbers.
    async fn outline(&self, events: Option<(u64, u64)>) {
        let Some(path) = self.path.clone() else {
            return;
        };
        let looked = tokio::task::spawn_blocking(move || {
            Recording::open(&path)?.outline(events.unwrap_or((0, u64::MAX)))
        });
        match looked.await {
            Ok(Ok(outline)) => {
                let outline = Box::new(outline);
                let update = SourceUpdate::Outline { events, outline };
                self.outbox.send(update).await;
            }
            Ok(Err(error)) => {
                let words = format!("The recording cannot be shown over its time. {error}");
                self.outbox.notice(Gravity::Warning, words).await;
            }
            Err(error) => {
                tracing::error!(told = true, %error, "looking at a recording failed");
            }
        }
    }

    async fn add_note(&self, at: DateTime<Utc>, event: Option<u64>, words: String) {
        let Some(path) = self.path.clone() else {
            return;
        };
        let written =
            tokio::task::spawn_blocking(move || recording::add_note(&path, at, event, &words));
        let why = match written.await {
            Ok(Ok(())) => return self.outline(None).await,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        let words = format!("The note was not written into the recording. {why}");
        self.outbox.notice(Gravity::Error, words).await;
    }

    async fn start_tap(&mut self, request: TapRequest) {
        let tap = request.tap;
        let Some(path) = self.path.clone() else {
            let state = TapState::Refused("No recording is open".to_owned());
            self.outbox.send(SourceUpdate::Tap { tap, state }).await;
            return;
        };
        let state = TapState::Running {
            queue: String::new(),
        };
        self.outbox.send(SourceUpdate::Tap { tap, state }).await;
        let outbox = self.outbox.clone();
        let task = self
            .taps
            .spawn(async move { (tap, pour::run(path, request, outbox).await.err()) });
        self.running.insert(tap, task);
    }
}

fn picture(names: Vec<String>) -> Picture {
    let all = std::iter::once(ALL_DESTINATIONS.to_owned()).chain(names);
    let destinations = all.map(|name| Destination {
        name,
        is_open: false,
        partitions: 0,
    });
    Picture {
        destinations: destinations.collect(),
        ..Picture::default()
    }
}
