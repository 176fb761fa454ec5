//! The one place that carries out commands: it owns the connection, the jobs and the sandbox, and
//! it sees to it that each request is answered once, whatever happens to its job.

mod upkeep;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{Id, JoinSet};

use super::Options;
use super::browse::peek::{self, Look};
use super::browse::stream;
use super::connection::connections::Connections;
use super::connection::link::{self, Phase, State};
use super::publisher::Publisher;
use super::resend::{self, Order, put_back};
use super::sandbox::Sandbox;
use super::watch::preflight;
use super::watch::tap::{self, Wanted};
use crate::drivers::jobs::{Asked, End, Ended, Jobs, TapEnd, answer_without_job, cut_off_words};
use crate::drivers::journal::Recorder;
use crate::engine::outbox::Outbox;
use crate::engine::{files, notifications, schema_folder};
use crate::event::tap_id::TapId;
use crate::protocol::{Command, Gravity, Link, RequestId, TapState, Update};
use crate::schema::Cancel;

/// What a request gets that needs a connection where there is none.
const NOT_CONNECTED: &str = "Not connected";

/// Runs until the handle is gone.
pub(crate) async fn run(
    mut commands: mpsc::Receiver<Command>,
    mut gone: oneshot::Receiver<()>,
    outbox: Outbox,
    options: Options,
) {
    outbox.send(Update::Places(options.places())).await;
    let journal = Recorder::new(options.journal_dir.clone());
    let (aside, waiting) = mpsc::channel(WORKS_WAITING);
    let mut clerk = JoinSet::new();
    clerk.spawn(in_order(waiting, outbox.clone()));
    let mut session = Session {
        outbox,
        options,
        journal,
        link: State::Idle,
        jobs: Jobs::default(),
        taps: BTreeMap::new(),
        starting: None,
        sandbox: None,
        shop: JoinSet::new(),
        folder: JoinSet::new(),
        notifier: notifications::Notifier::default(),
        imports: JoinSet::new(),
        import_stop: Cancel::default(),
        aside,
        pauses: HashMap::new(),
    };
    session.tell_of_last_run().await;
    loop {
        tokio::select! {
            biased;
            _ = &mut gone => break,
            command = commands.recv() => match command {
                Some(command) => session.carry_out(command).await,
                None => break,
            },
            ended = session.jobs.next() => session.ended(ended).await,
            happening = session.link.next() => session.happened(happening).await,
            sandbox = started(&mut session.starting) => session.sandbox_started(sandbox).await,
        }
    }
    session.close().await;
    // The child is killed with its last owner: what it confirmed is on the disk.
}

/// Works on the journal that may wait.
const WORKS_WAITING: usize = 64;

type Work = BoxFuture<'static, Update>;

/// Does one work after the other, so that what is read after a change shows the change.
async fn in_order(mut waiting: mpsc::Receiver<Work>, outbox: Outbox) {
    while let Some(work) = waiting.recv().await {
        outbox.send(work.await).await;
    }
}

/// A tap that is wanted, running or not.
struct Tap {
    wanted: Wanted,
    job: Option<Id>,
    /// When the connection broke under it, until it runs again.
    lost_since: Option<DateTime<Utc>>,
}

type Starting = BoxFuture<'static, Result<Sandbox, String>>;

struct Session {
    outbox: Outbox,
    options: Options,
    journal: Recorder,
    link: State,
    jobs: Jobs,
    /// Switches of the resends that run.
    pauses: HashMap<RequestId, watch::Sender<bool>>,
    taps: BTreeMap<TapId, Tap>,
    starting: Option<Starting>,
    sandbox: Option<Sandbox>,
    shop: JoinSet<()>,
    /// Watches the folder of schemas.
    folder: JoinSet<()>,
    /// Tells things on the desktop.
    notifier: notifications::Notifier,
    /// Writes files: into a folder of schemas, whichever is watched, or where a person says.
    imports: JoinSet<()>,
    /// Ends the import that runs.
    import_stop: Cancel,
    /// Work that goes on whatever becomes of the connection, one after the other.
    aside: mpsc::Sender<Work>,
}

async fn started(starting: &mut Option<Starting>) -> Result<Sandbox, String> {
    match starting {
        Some(start) => start.await,
        None => std::future::pending().await,
    }
}

impl Session {
    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    async fn carry_out(&mut self, command: Command) {
        match command {
            Command::Connect(endpoint) => self.connect(endpoint).await,
            Command::Disconnect => {
                self.close().await;
                self.outbox.send(Update::Link(Link::Idle)).await;
            }
            Command::RetryNow => self.retry_now(),
            Command::StartSandbox => self.start_sandbox().await,
            Command::RefreshTopology => {
                if let State::Connected { connections, .. } = &self.link {
                    connections.refresh.notify_one();
                }
            }
            Command::Preflight {
                request,
                exchange,
                binding_keys,
            } => {
                self.start(
                    Asked::Preflight(request),
                    move |connections, _| async move {
                        let report = preflight::run(connections, exchange, binding_keys).await;
                        End::Answer(Update::Preflight { request, report })
                    },
                )
                .await;
            }
            Command::StartTap(request) => self.start_tap(Wanted::Exchange(request)).await,
            Command::StartFirehose(request) => self.start_tap(Wanted::Firehose(request)).await,
            Command::StopTap(id) => self.stop_tap(id).await,
            Command::StopJob(request) => self.jobs.stop(|asked| asked.moves() == Some(request)),
            Command::Publish { request, outgoing } => {
                self.start(Asked::Publish(request), |connections, _| async move {
                    let publishing = Arc::clone(&connections.publishing);
                    let mut publisher = Publisher::new(publishing, connections.confirm_limit);
                    let outcome = publisher.send(&outgoing).await;
                    End::Answer(Update::Published { request, outcome })
                })
                .await;
            }
            Command::Peek {
                request,
                queue,
                page,
                agreed,
            } => {
                let look = Look {
                    queue,
                    page,
                    agreed,
                };
                self.start(Asked::Peek(request), move |connections, stop| async move {
                    let result = peek::run_in_turn(connections, look, stop).await;
                    End::Answer(Update::Peeked { request, result })
                })
                .await;
            }
            Command::ReadStream {
                request,
                queue,
                start,
                size,
            } => {
                self.start(Asked::Peek(request), move |connections, stop| async move {
                    let result = stream::read(connections, queue, start, size, stop).await;
                    End::Answer(Update::Peeked { request, result })
                })
                .await;
            }
            Command::Notify { title, words } => self.notifier.notify(title, words, &self.outbox),
            Command::Resend {
                request,
                queue,
                which,
                pace,
            } => {
                let order = Order {
                    request,
                    queue,
                    which,
                    pace,
                };
                let (pause, paused) = watch::channel(false);
                self.pauses.insert(request, pause);
                self.start(Asked::Move(request), move |connections, stop| async move {
                    End::Answer(resend::resend(connections, order, paused, stop).await)
                })
                .await;
            }
            Command::PauseJob { request, pause } => {
                if let Some(switch) = self.pauses.get(&request) {
                    switch.send_replace(pause);
                }
            }
            Command::AskReturns(messages) => {
                self.start(Asked::Own, move |connections, _| async move {
                    End::Answer(put_back::returns(&connections, messages).await)
                })
                .await;
            }
            Command::ReadJournal(question) => {
                self.journal.ask(question);
                self.apart(|journal| async move { put_back::read(&journal).await })
                    .await;
            }
            Command::OpenSchemas(folder) => {
                self.folder.abort_all();
                self.folder
                    .spawn(schema_folder::watch(folder, self.outbox.clone()));
            }
            Command::OpenSampleSchemas => {
                if let Some(folder) = self.options.places().sample_schemas {
                    let outbox = self.outbox.clone();
                    self.folder.abort_all();
                    self.folder.spawn(async move {
                        schema_folder::watch(schema_folder::unpack(folder).await, outbox).await;
                    });
                }
            }
            Command::SaveSchema {
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
            Command::ImportSchemas { folder, from } => {
                self.import_stop = Cancel::default();
                let (stop, outbox) = (self.import_stop.clone(), self.outbox.clone());
                self.imports
                    .spawn(schema_folder::import(folder, from, stop, outbox));
            }
            Command::SaveFile {
                request,
                path,
                bytes,
            } => {
                let outbox = self.outbox.clone();
                self.imports
                    .spawn(files::save(request, path, bytes, outbox));
            }
            Command::StopImport => self.import_stop.cancel(),
            Command::JudgeSchemas {
                folder,
                event_type,
                policy,
                level,
            } => {
                self.apart(|_| schema_folder::judge(folder, event_type, policy, level))
                    .await;
            }
            Command::SaveRules { folder, rules } => {
                self.apart(|_| schema_folder::save_rules(folder, rules))
                    .await;
            }
            Command::SaveSample {
                folder,
                event_type,
                sample,
                text,
            } => {
                let outbox = self.outbox.clone();
                self.imports.spawn(schema_folder::save_sample(
                    folder, event_type, sample, text, outbox,
                ));
            }
            Command::KeepRecords(days) => self.keep_records(days).await,
            Command::ForgetRecords(which) => {
                self.apart(|journal| async move { put_back::forget(&journal, which).await })
                    .await;
            }
            Command::PutBack { request, which } => {
                self.start(
                    Asked::PutBack(request),
                    move |connections, stop| async move {
                        let problem = put_back::put_back(&connections, request, which, &stop).await;
                        let journal = put_back::read(&connections.journal).await;
                        connections.outbox.send(journal).await;
                        End::Answer(Update::PutBackDone { request, problem })
                    },
                )
                .await;
            }
            Command::Discard {
                request,
                queue,
                messages,
            } => {
                self.start(Asked::Move(request), move |connections, stop| async move {
                    End::Answer(resend::discard(connections, request, queue, messages, stop).await)
                })
                .await;
            }
        }
    }

    /// What an earlier run left unfinished is told without being asked for.
    async fn tell_of_last_run(&self) {
        if self.options.journal_dir.is_some() {
            self.keep_records(self.options.keep_days).await;
        }
    }

    /// Forgets what is older and certain, and tells of the rest.
    async fn keep_records(&self, days: u16) {
        self.apart(move |journal| async move {
            put_back::age_out(&journal, days).await;
            put_back::read(&journal).await
        })
        .await;
    }

    /// Work on the journal needs no connection, so the end of one must not cut it off.
    async fn apart<F>(&self, work: impl FnOnce(Recorder) -> F)
    where
        F: Future<Output = Update> + Send + 'static,
    {
        let work = Box::pin(work(self.journal.clone()));
        if self.aside.send(work).await.is_err() {
            tracing::error!(
                "the journal is not read or changed any more in this run. Start Eventscope again"
            );
        }
    }

    fn retry_now(&mut self) {
        if let State::Lost {
            endpoint, phase, ..
        } = &mut self.link
            && matches!(phase, Phase::Waiting(_))
        {
            *phase = Phase::Trying(link::attempt(endpoint));
        }
    }

    /// Starts a job on the connection that stands, or answers that there is none.
    async fn start<F>(
        &mut self,
        asked: Asked,
        job: impl FnOnce(Connections, watch::Receiver<bool>) -> F,
    ) -> Option<Id>
    where
        F: Future<Output = End> + Send + 'static,
    {
        if let State::Connected { connections, .. } = &self.link {
            let mut connections = connections.as_ref().clone();
            if let Asked::Move(request) | Asked::PutBack(request) | Asked::Peek(request) = asked {
                connections.journal = connections.journal.working_on(request);
            }
            return Some(self.jobs.start(asked, |stop| job(connections, stop)));
        }
        self.answer(asked, NOT_CONNECTED.to_owned()).await;
        None
    }

    async fn answer(&self, asked: Asked, words: String) {
        if let Some(update) = answer_without_job(asked, words) {
            self.outbox.send(update).await;
        }
    }

    async fn start_tap(&mut self, wanted: Wanted) {
        let id = wanted.tap();
        if self.taps.contains_key(&id) {
            let words = "This tap is running already".to_owned();
            self.answer(Asked::Tap(id), words).await;
            return;
        }
        let run = wanted.clone();
        let job = self
            .start(Asked::Tap(id), |connections, stop| async move {
                End::Tap(tap::run(connections, run, None, stop).await)
            })
            .await;
        if job.is_some() {
            let tap = Tap {
                wanted,
                job,
                lost_since: None,
            };
            self.taps.insert(id, tap);
        }
    }

    async fn stop_tap(&mut self, id: TapId) {
        if self.taps.get(&id).is_some_and(|tap| tap.job.is_some()) {
            self.jobs.stop(|asked| asked == Asked::Tap(id));
        } else if self.taps.remove(&id).is_some() {
            // It waits for the connection to come back.
            let state = TapState::Stopped;
            self.outbox.send(Update::Tap { tap: id, state }).await;
        }
    }

    async fn ended(&mut self, ended: Ended) {
        let Ended { number, asked, end } = ended;
        if let Asked::Move(request) = asked {
            self.pauses.remove(&request);
        }
        match end {
            Ok(End::Answer(update)) => self.outbox.send(update).await,
            Ok(End::Tap(TapEnd::Told(state))) => {
                if let Asked::Tap(tap) = asked {
                    if self.taps.get(&tap).is_some_and(|t| t.job == Some(number)) {
                        self.taps.remove(&tap);
                    }
                    self.outbox.send(Update::Tap { tap, state }).await;
                }
            }
            // The session hears of the break itself, and starts the tap again when it is mended.
            Ok(End::Tap(TapEnd::Lost) | End::Quiet) => {}
            Err(error) if error.is_panic() => {
                tracing::error!(told = true, ?asked, "a job panicked");
                if let Asked::Tap(tap) = asked {
                    self.taps.remove(&tap);
                }
                let words = "Eventscope made a mistake inside; what was asked for did not finish";
                self.answer(asked, words.to_owned()).await;
                self.outbox.notice(Gravity::Error, words).await;
            }
            // A tap that was cut off is wanted still; all others want an answer.
            Err(_) if matches!(asked, Asked::Tap(_)) => {}
            Err(_) => {
                self.answer(asked, cut_off_words(asked).to_owned()).await;
                if asked.moves().is_some() || matches!(asked, Asked::Peek(_)) {
                    self.apart(|journal| async move { put_back::cut_off(&journal).await })
                        .await;
                }
            }
        }
    }
}
