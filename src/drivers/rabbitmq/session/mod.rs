//! The one place that carries out commands: it owns the connection, the jobs and the sandbox, and
//! it sees to it that each request is answered once, whatever happens to its job.

mod ended;
mod upkeep;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinSet};

use super::RabbitOptions;
use super::browse::peek::{self, Look};
use super::browse::stream;
use super::connection::connections::Connections;
use super::connection::link::{self, LinkPhase, LinkState};
use super::publisher::Publisher;
use super::replay;
use super::resend::{self, ResendOrder, put_back};
use super::sandbox::Sandbox;
use super::watch::preflight;
use super::watch::tap::{self, WantedTap};
use crate::address::{Address, StoreKind};
use crate::drivers::jobs::{Asked, End, Jobs, answer_without_job};
use crate::drivers::series;
use crate::engine::journal_access::{self, JournalAccess};
use crate::engine::outbox::SourceOutbox;
use crate::event::tap_id::TapId;
use crate::protocol::{Link, RequestId, SandboxState, SourceCommand, SourceUpdate, TapState};

/// What a request gets that needs a connection where there is none.
const NOT_CONNECTED: &str = "Not connected";

/// Runs until no more commands can come.
pub(crate) async fn run(
    mut commands: mpsc::Receiver<SourceCommand>,
    outbox: SourceOutbox,
    options: RabbitOptions,
    journal: JournalAccess,
) {
    let mut session = Session {
        outbox,
        options,
        journal,
        link: LinkState::Idle,
        jobs: Jobs::default(),
        taps: BTreeMap::new(),
        starting: None,
        sandbox: None,
        shop: JoinSet::new(),
        pauses: HashMap::new(),
    };
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                // The window is gone, or gave this source up: nothing new is begun.
                Some(_) if commands.is_closed() => {}
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

/// A tap that is wanted, running or not.
struct SessionTap {
    wanted: WantedTap,
    job: Option<Id>,
    /// When the connection broke under it, until it runs again.
    lost_since: Option<DateTime<Utc>>,
}

type Starting = BoxFuture<'static, Result<Sandbox, String>>;

struct Session {
    outbox: SourceOutbox,
    options: RabbitOptions,
    journal: JournalAccess,
    link: LinkState,
    jobs: Jobs,
    /// Switches of the resends that run.
    pauses: HashMap<RequestId, watch::Sender<bool>>,
    taps: BTreeMap<TapId, SessionTap>,
    starting: Option<Starting>,
    sandbox: Option<Sandbox>,
    shop: JoinSet<()>,
}

async fn started(starting: &mut Option<Starting>) -> Result<Sandbox, String> {
    match starting {
        Some(start) => start.await,
        None => std::future::pending().await,
    }
}

impl Session {
    #[expect(clippy::too_many_lines, reason = "one arm for each command")]
    async fn carry_out(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::Connect(Address::RabbitMq(endpoint)) => self.connect(endpoint).await,
            SourceCommand::Connect(address) => {
                let reason = match address {
                    Address::Kafka(_) => "This Eventscope was built without Kafka",
                    _ => {
                        "Eventscope knows no such event store. It connects to RabbitMQ, at amqp:// or \
                         amqps://, and to Kafka, at kafka://"
                    }
                }
                .to_owned();
                let link = Link::Failed { address, reason };
                self.outbox.send(SourceUpdate::Link(link)).await;
            }
            SourceCommand::Disconnect => {
                self.close().await;
                self.outbox.send(SourceUpdate::Link(Link::Idle)).await;
            }
            SourceCommand::RetryNow => self.retry_now(),
            command @ (SourceCommand::ReadGroups { .. }
            | SourceCommand::PlanReset { .. }
            | SourceCommand::ResetOffsets { .. }) => {
                if let Ok(answer) = command.refused("RabbitMQ has no consumer groups".to_owned()) {
                    self.outbox.send(answer).await;
                }
            }
            SourceCommand::StartSandbox(StoreKind::RabbitMq) => self.start_sandbox().await,
            SourceCommand::StartSandbox(_) => {
                let words = "This Eventscope was built without Kafka".to_owned();
                let failed = SourceUpdate::Sandbox(SandboxState::Failed(words));
                self.outbox.send(failed).await;
            }
            SourceCommand::RefreshTopology => {
                if let LinkState::Connected { connections, .. } = &self.link {
                    connections.refresh.notify_one();
                }
            }
            SourceCommand::Preflight {
                request,
                destination,
                keys,
                ..
            } => {
                self.start(
                    Asked::Preflight(request),
                    move |connections, _| async move {
                        let report = preflight::run(connections, destination, keys).await;
                        End::Answer(SourceUpdate::Preflight { request, report })
                    },
                )
                .await;
            }
            SourceCommand::StartTap(request) => self.start_tap(WantedTap::Exchange(request)).await,
            SourceCommand::StartFirehose(request) => {
                self.start_tap(WantedTap::Firehose(request)).await;
            }
            SourceCommand::StopTap(id) => self.stop_tap(id).await,
            // A queue has no past to pass over, and it is no recording.
            SourceCommand::SkipToEnd(_)
            | SourceCommand::Outline(_)
            | SourceCommand::AddNote { .. } => {}
            SourceCommand::StopJob(request) => {
                self.jobs.stop(|asked| asked.stops() == Some(request));
            }
            SourceCommand::Publish { request, outgoing } => {
                self.start(Asked::Publish(request), |connections, _| async move {
                    let publishing = Arc::clone(&connections.publishing);
                    let mut publisher = Publisher::new(publishing, connections.confirm_limit);
                    let outcome = publisher.send(&outgoing).await;
                    End::Answer(SourceUpdate::Published { request, outcome })
                })
                .await;
            }
            SourceCommand::PublishSeries { request, series } => {
                self.start(
                    Asked::Series(request),
                    move |connections, stop| async move {
                        let publishing = Arc::clone(&connections.publishing);
                        let sender = Publisher::new(publishing, connections.confirm_limit);
                        let outbox = &connections.outbox;
                        End::Answer(series::run(sender, outbox, request, *series, stop).await)
                    },
                )
                .await;
            }
            SourceCommand::Replay { request, order } => {
                let (pause, paused) = watch::channel(false);
                self.pauses.insert(request, pause);
                self.start(
                    Asked::Replay(request),
                    move |connections, stop| async move {
                        End::Answer(replay::run(connections, request, *order, paused, stop).await)
                    },
                )
                .await;
            }
            SourceCommand::Peek {
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
                    End::Answer(SourceUpdate::Peeked { request, result })
                })
                .await;
            }
            SourceCommand::ReadStream {
                request,
                queue,
                start,
                size,
            } => {
                self.start(Asked::Peek(request), move |connections, stop| async move {
                    let result = stream::read(connections, queue, start, size, stop).await;
                    End::Answer(SourceUpdate::Peeked { request, result })
                })
                .await;
            }
            SourceCommand::Resend {
                request,
                queue,
                which,
                pace,
            } => {
                let order = ResendOrder {
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
            SourceCommand::PauseJob { request, pause } => {
                if let Some(switch) = self.pauses.get(&request) {
                    switch.send_replace(pause);
                }
            }
            SourceCommand::AskReturns(messages) => {
                self.start(Asked::Own, move |connections, _| async move {
                    End::Answer(put_back::returns(&connections, messages).await)
                })
                .await;
            }
            SourceCommand::PutBack { request, which } => {
                self.start(
                    Asked::PutBack(request),
                    move |connections, stop| async move {
                        let problem = put_back::put_back(&connections, request, which, &stop).await;
                        let journal = journal_access::read(&connections.journal).await;
                        connections.outbox.desk().send(journal).await;
                        End::Answer(SourceUpdate::PutBackDone { request, problem })
                    },
                )
                .await;
            }
            other @ (SourceCommand::FindDeadPlaces { .. }
            | SourceCommand::ReadLog { .. }
            | SourceCommand::ReadRecords { .. }
            | SourceCommand::CheckResend { .. }
            | SourceCommand::ResendRecords { .. }
            | SourceCommand::DiscardRecords { .. }) => {
                let words = "RabbitMQ keeps its dead letters in queues and not in a log".to_owned();
                if let Ok(answer) = other.refused(words) {
                    self.outbox.send(answer).await;
                }
            }
            SourceCommand::Discard {
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

    /// Where the connection is, also while it is lost.
    fn place(&self) -> Option<String> {
        match &self.link {
            LinkState::Connected { connections, .. } => Some(connections.endpoint.place()),
            LinkState::Connecting { endpoint, .. } | LinkState::Lost { endpoint, .. } => {
                Some(endpoint.place())
            }
            LinkState::Idle => None,
        }
    }

    fn retry_now(&mut self) {
        if let LinkState::Lost {
            endpoint, phase, ..
        } = &mut self.link
            && matches!(phase, LinkPhase::Waiting(_))
        {
            *phase = LinkPhase::Trying(link::attempt(endpoint));
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
        if let LinkState::Connected { connections, .. } = &self.link {
            let mut connections = connections.as_ref().clone();
            if let Asked::Move(request) | Asked::PutBack(request) | Asked::Peek(request) = asked {
                connections.journal = connections.journal.working_on(request);
            }
            return Some(self.jobs.start(asked, |stop| job(connections, stop)));
        }
        self.answer(asked, NOT_CONNECTED.to_owned()).await;
        None
    }

    async fn answer(&mut self, asked: Asked, words: String) {
        if let Some(update) = answer_without_job(asked, words) {
            self.outbox.send(update).await;
        }
    }

    async fn start_tap(&mut self, wanted: WantedTap) {
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
            let tap = SessionTap {
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
            self.outbox.send(SourceUpdate::Tap { tap: id, state }).await;
        }
    }
}
