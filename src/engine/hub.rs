//! The one place that takes commands: it passes each on to the driver of its source, and does itself what
//! concerns no source.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};

use super::compare_desk::CompareDesk;
use super::driver::MakeDriver;
use super::export_desk::ExportDesk;
use super::handle::DeskOptions;
use super::journal_access::{self, JournalAccess};
use super::outbox::{Outbox, SourceOutbox};
use super::shelf_desk::ShelfDesk;
use super::taping::Taping;
use super::{files, notifications, sample_recording, schema_folder};
use crate::address::{Address, StoreKind};
use crate::event::source_id::SourceId;
use crate::protocol::{
    Command, DeskCommand, DeskUpdate, Gravity, Link, Places, ShelfCommand, SourceCommand,
    SourceUpdate,
};
use crate::schema::Cancel;
use crate::storage::journal::JOURNAL;

/// Commands that may wait for a driver. When there are more they are refused, so that no source holds
/// up another.
const COMMANDS_WAITING: usize = 256;
/// What a driver that has too much to do is said to be.
const BUSY: &str = "This connection is busy with earlier requests. Try again in a moment";
/// What is said of a driver that has ended.
const BROKEN: &str = "Eventscope made a mistake inside, and this connection ended. Connect again";

/// Runs until the handle is gone.
pub(crate) async fn run(
    mut commands: mpsc::Receiver<Command>,
    mut gone: oneshot::Receiver<()>,
    outbox: Outbox,
    options: DeskOptions,
    make: MakeDriver,
) {
    let places = places(&options);
    outbox.send(DeskUpdate::Places(places.clone())).await;
    let mut clerk = JoinSet::new();
    let journal = JournalAccess::open(options.journal_dir.clone(), outbox.clone(), &mut clerk);
    if options.journal_dir.is_some() {
        // What an earlier run left unfinished is told without being asked for.
        journal.keep(options.keep_days).await;
    }
    let mut hub = Hub {
        outbox,
        places,
        journal,
        make,
        sources: BTreeMap::new(),
        kinds: HashMap::new(),
        drivers: JoinSet::new(),
        waiting: JoinSet::new(),
        tasks: HashMap::new(),
        folder: JoinSet::new(),
        notifier: notifications::Notifier::default(),
        writing: JoinSet::new(),
        import_stop: Cancel::default(),
        taping: options.taping.unwrap_or_default(),
        shelf: None,
        exports: ExportDesk::default(),
        comparisons: CompareDesk::default(),
    };
    let (shelf, asked) = mpsc::channel(COMMANDS_WAITING);
    let desk = ShelfDesk {
        folder: hub.places.recordings.clone(),
        limits: options.recording_limits,
        taping: Arc::clone(&hub.taping),
        outbox: hub.outbox.clone(),
    };
    let mut recordings = JoinSet::new();
    recordings.spawn(desk.run(asked));
    hub.shelf = Some(shelf);
    loop {
        tokio::select! {
            biased;
            _ = &mut gone => break,
            command = commands.recv() => match command {
                Some(Command::Source(source, command)) => hub.pass(source, command).await,
                Some(Command::Desk(command)) => hub.carry_out(command).await,
                None => break,
            },
            ended = hub.drivers.join_next_with_id(), if !hub.drivers.is_empty() => {
                hub.driver_ended(ended).await;
            }
        }
    }
    hub.close().await;
    // What the sources told last is recorded too.
    while recordings.join_next().await.is_some() {}
}

/// Where things lie on this machine.
fn places(options: &DeskOptions) -> Places {
    let data = options.journal_dir.as_ref();
    Places {
        journal: data.map(|data| data.join(JOURNAL)),
        sample_schemas: data.map(|data| data.join("sample-schemas")),
        recordings: data.map(|data| data.join("recordings")),
    }
}

struct Hub {
    outbox: Outbox,
    places: Places,
    journal: JournalAccess,
    make: MakeDriver,
    /// The ways to the drivers.
    sources: BTreeMap<SourceId, mpsc::Sender<SourceCommand>>,
    /// For which kind of store each driver was made.
    kinds: HashMap<SourceId, StoreKind>,
    drivers: JoinSet<()>,
    /// Commands that wait for a driver with too much to do.
    waiting: JoinSet<()>,
    /// Whose driver each task is.
    tasks: HashMap<Id, SourceId>,
    /// Watches the folder of schemas.
    folder: JoinSet<()>,
    /// Tells things on the desktop.
    notifier: notifications::Notifier,
    /// Writes files: into a folder of schemas, whichever is watched, or where a person says.
    writing: JoinSet<()>,
    /// Ends the import that runs.
    import_stop: Cancel,
    /// Records what sources tell.
    taping: Arc<Taping>,
    /// The way to what is done with recordings as files.
    shelf: Option<mpsc::Sender<ShelfCommand>>,
    /// Exports that run.
    exports: ExportDesk,
    /// The comparison that runs.
    comparisons: CompareDesk,
}

impl Hub {
    /// Passes a command on to the driver of its source, which is made for the first one.
    async fn pass(&mut self, source: SourceId, command: SourceCommand) {
        while self.waiting.try_join_next().is_some() {}
        // Another kind of store needs another driver; the one before ends when its way is gone.
        if let Some(kind) = command.opens()
            && (self.kinds.insert(source, kind)).is_some_and(|before| before != kind)
        {
            self.sources.remove(&source);
        }
        let way = self.sources.entry(source).or_insert_with(|| {
            let driver = (self.make)(&command, self.journal.clone());
            let (way, commands) = mpsc::channel(COMMANDS_WAITING);
            let outbox = SourceOutbox::new(source, self.outbox.clone(), Arc::clone(&self.taping));
            let task = self.drivers.spawn(driver.run(commands, outbox));
            self.tasks.insert(task.id(), source);
            way
        });
        match way.try_send(command) {
            Ok(()) => {}
            // What has an answer gets it now. The rest waits apart from everything else: the end of a
            // tap must not get lost, and a connection that stands did not fail.
            Err(TrySendError::Full(command)) => {
                let answer = match command {
                    SourceCommand::Connect(_) => Err(Box::new(command)),
                    command => command.refused(BUSY.to_owned()),
                };
                match answer {
                    Ok(answer) => self.outbox_of(source).send(answer).await,
                    Err(command) => {
                        let way = way.clone();
                        self.waiting
                            .spawn(async move { drop(way.send(*command).await) });
                    }
                }
            }
            // A driver ends by itself only by a mistake of ours. The next command makes another.
            Err(TrySendError::Closed(command)) => {
                self.sources.remove(&source);
                let outbox = self.outbox_of(source);
                match command.refused(BROKEN.to_owned()) {
                    Ok(answer) => outbox.send(answer).await,
                    Err(_) => outbox.notice(Gravity::Warning, BROKEN).await,
                }
            }
        }
    }

    fn outbox_of(&self, source: SourceId) -> SourceOutbox {
        SourceOutbox::new(source, self.outbox.clone(), Arc::clone(&self.taping))
    }

    /// A driver has ended: because its source was closed, or by a mistake of ours, which is told at once.
    /// The source has no connection any more then, and its next command makes another driver.
    async fn driver_ended(&mut self, ended: Option<Result<(Id, ()), JoinError>>) {
        let (task, is_mistake) = match ended {
            Some(Ok((task, ()))) => (task, false),
            Some(Err(error)) => (error.id(), error.is_panic()),
            None => return,
        };
        let Some(source) = self.tasks.remove(&task) else {
            return;
        };
        if is_mistake {
            tracing::error!(told = true, ?source, "a driver panicked");
            self.sources.remove(&source);
            let outbox = self.outbox_of(source);
            outbox.notice(Gravity::Error, BROKEN).await;
            outbox.send(SourceUpdate::Link(Link::Idle)).await;
        }
    }

    /// Opens the sample recording, which is put where a file can be read first.
    async fn open_sample(&mut self, source: SourceId) {
        let folder = self.places.journal.as_deref().and_then(Path::parent);
        let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
        match sample_recording::unpack(&folder).await {
            Ok(path) => {
                let connect = SourceCommand::Connect(Address::Recording(path));
                self.pass(source, connect).await;
            }
            Err(reason) => {
                let address = Address::Recording(folder);
                let link = Link::Failed { address, reason };
                self.outbox_of(source).send(SourceUpdate::Link(link)).await;
            }
        }
    }

    /// Ends all drivers, each in its own way, and what is being written.
    async fn close(mut self) {
        self.waiting.shutdown().await;
        self.sources.clear();
        drop(self.shelf.take());
        self.exports.close().await;
        self.comparisons.close().await;
        while self.drivers.join_next().await.is_some() {}
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    async fn carry_out(&mut self, command: DeskCommand) {
        match command {
            DeskCommand::Notify { title, words } => {
                self.notifier.notify(title, words, &self.outbox);
            }
            DeskCommand::ReadJournal(question) => {
                self.journal.recorder.ask(question);
                self.journal
                    .work(|journal| async move { journal_access::read(&journal).await })
                    .await;
            }
            // Its driver ends when no more commands can come.
            DeskCommand::CloseSource(source) => {
                self.kinds.remove(&source);
                drop(self.sources.remove(&source));
            }
            DeskCommand::KeepRecords(days) => self.journal.keep(days).await,
            DeskCommand::ForgetRecords(which) => {
                self.journal
                    .work(|journal| async move { journal_access::forget(&journal, which).await })
                    .await;
            }
            DeskCommand::SaveFile {
                request,
                path,
                replaces,
                bytes,
            } => {
                let outbox = self.outbox.clone();
                self.writing
                    .spawn(files::save(request, (path, replaces), bytes, outbox));
            }
            DeskCommand::Shelf(command) => {
                // It takes them as fast as a person can ask.
                if let Some(shelf) = &self.shelf
                    && let Err(error) = shelf.try_send(command)
                {
                    tracing::warn!("Recordings are busy, and something was not done: {error}");
                }
            }
            DeskCommand::Compare(command) => {
                self.comparisons.carry_out(command, self.outbox.clone());
            }
            DeskCommand::Export(command) => {
                self.exports.carry_out(command, self.outbox.clone());
            }
            DeskCommand::OpenSampleRecording(source) => self.open_sample(source).await,
            DeskCommand::OpenSchemas(folder) => {
                self.folder.abort_all();
                self.folder
                    .spawn(schema_folder::watch(folder, self.outbox.clone()));
            }
            DeskCommand::OpenSampleSchemas => {
                if let Some(folder) = self.places.sample_schemas.clone() {
                    let outbox = self.outbox.clone();
                    self.folder.abort_all();
                    self.folder.spawn(async move {
                        schema_folder::watch(schema_folder::unpack(folder).await, outbox).await;
                    });
                }
            }
            DeskCommand::SaveSchema {
                folder,
                event_type,
                version,
                text,
            } => {
                let outbox = self.outbox.clone();
                self.folder.spawn(schema_folder::save(
                    folder, event_type, version, text, outbox,
                ));
            }
            DeskCommand::PlanImport { folder, from } => {
                self.import_stop = Cancel::default();
                let (stop, outbox) = (self.import_stop.clone(), self.outbox.clone());
                self.writing
                    .spawn(schema_folder::plan_import(folder, from, stop, outbox));
            }
            DeskCommand::ImportSchemas(plan) => {
                let outbox = self.outbox.clone();
                self.writing.spawn(schema_folder::import(plan, outbox));
            }
            DeskCommand::StopImport => self.import_stop.cancel(),
            // In order, as all changes of one file must be.
            DeskCommand::JudgeSchemas {
                folder,
                event_type,
                policy,
                level,
            } => {
                self.journal
                    .work(|_| schema_folder::judge(folder, event_type, policy, level))
                    .await;
            }
            DeskCommand::SaveRules { folder, rules } => {
                self.journal
                    .work(|_| schema_folder::save_rules(folder, rules))
                    .await;
            }
            DeskCommand::SaveSample {
                folder,
                event_type,
                sample,
                text,
            } => {
                let outbox = self.outbox.clone();
                self.writing.spawn(schema_folder::save_sample(
                    folder, event_type, sample, text, outbox,
                ));
            }
        }
    }
}
