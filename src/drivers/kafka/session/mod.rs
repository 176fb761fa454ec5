//! The one place that carries out commands for a cluster: it owns the connection and the jobs, and sees
//! to it that each request is answered once, whatever happens to its job.

mod dead_letters;
mod ending;
mod groups;
mod sandbox;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::Id;

use super::connect::OpenedCluster;
use super::link::{self, Cluster, ClusterEvent, ClusterLink, ClusterPhase};
use super::publish::{KafkaPublisher, KafkaSeries};
use super::resend;
use super::sandbox::SandboxPlace;
use super::watch::{preflight, tap};
use crate::address::{Address, StoreKind};
use crate::drivers::jobs::{Asked, End, Jobs, TapEnd, answer_without_job};
use crate::drivers::retry;
use crate::drivers::series;
use crate::engine::journal_access::JournalAccess;
use crate::engine::outbox::SourceOutbox;
use crate::event::tap_id::TapId;
use crate::event::watching::TapRequest;
use crate::kafka::endpoint::KafkaEndpoint;
use crate::kafka::topics::TopicFacts;
use crate::protocol::{Abilities, Link, RequestId, Server, SourceCommand, SourceUpdate};

/// What a request gets that needs a connection where there is none.
const NOT_CONNECTED: &str = "Not connected";
/// What a cluster can do here.
const ABILITIES: Abilities = Abilities {
    watch: true,
    publish: true,
    browse: true,
    take_out: false,
    replay: true,
    topology: true,
    consumer_groups: true,
};

/// Runs until no more commands can come.
pub(super) async fn run(
    mut commands: mpsc::Receiver<SourceCommand>,
    outbox: SourceOutbox,
    journal: JournalAccess,
    notes_dir: Option<PathBuf>,
) {
    let mut session = KafkaSession {
        outbox,
        journal,
        notes_dir,
        link: ClusterLink::Idle,
        jobs: Jobs::default(),
        taps: BTreeMap::new(),
        known: watch::channel(None).0,
        publisher: KafkaPublisher::default(),
        sandbox: SandboxPlace::default(),
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
            started = session.sandbox.started() => session.sandbox_started(started).await,
            happening = session.link.next() => session.happened(happening).await,
        }
    }
    session.close().await;
    session.sandbox.stop().await;
}

/// A tap that runs.
struct KafkaTap {
    job: Id,
    /// Wakes it to pass over what it has not read.
    skip: Arc<Notify>,
}

struct KafkaSession {
    outbox: SourceOutbox,
    notes_dir: Option<PathBuf>,
    journal: JournalAccess,
    link: ClusterLink,
    jobs: Jobs,
    taps: BTreeMap<TapId, KafkaTap>,
    /// The list of topics; taps look at it over every break of the connection.
    known: watch::Sender<Option<Arc<Vec<TopicFacts>>>>,
    publisher: KafkaPublisher,
    sandbox: SandboxPlace,
    /// Pause resends that run.
    pauses: HashMap<RequestId, watch::Sender<bool>>,
}

impl KafkaSession {
    async fn carry_out(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::Connect(Address::Kafka(endpoint)) => self.connect(endpoint).await,
            SourceCommand::Disconnect => {
                self.close().await;
                self.outbox.send(SourceUpdate::Link(Link::Idle)).await;
            }
            SourceCommand::RetryNow => self.retry_now(),
            SourceCommand::StartSandbox(StoreKind::Kafka) => self.start_sandbox().await,
            SourceCommand::RefreshTopology => {
                if let ClusterLink::Connected { cluster, .. } = &self.link {
                    cluster.refresh.notify_one();
                }
            }
            SourceCommand::Preflight {
                request,
                destination,
                reading,
                ..
            } => {
                self.start(Asked::Preflight(request), move |cluster, _| async move {
                    let report = preflight::run(&cluster, destination, reading).await;
                    End::Answer(SourceUpdate::Preflight { request, report })
                })
                .await;
            }
            SourceCommand::StartTap(request) => self.start_tap(request).await,
            SourceCommand::StopTap(id) => self.jobs.stop(|asked| asked == Asked::Tap(id)),
            SourceCommand::SkipToEnd(id) => {
                if let Some(tap) = self.taps.get(&id) {
                    tap.skip.notify_one();
                }
            }
            SourceCommand::Publish { request, outgoing } => {
                let publisher = self.publisher.clone();
                self.start(Asked::Publish(request), |cluster, _| async move {
                    let outcome = publisher.send(&cluster, &outgoing).await;
                    End::Answer(SourceUpdate::Published { request, outcome })
                })
                .await;
            }
            SourceCommand::PublishSeries { request, series } => {
                let publisher = self.publisher.clone();
                self.start(Asked::Series(request), move |cluster, stop| async move {
                    let outbox = cluster.outbox.clone();
                    let sender = KafkaSeries { cluster, publisher };
                    End::Answer(series::run(sender, &outbox, request, *series, stop).await)
                })
                .await;
            }
            command @ (SourceCommand::ReadGroups { .. }
            | SourceCommand::PlanReset { .. }
            | SourceCommand::ResetOffsets { .. }) => self.carry_out_for_groups(command).await,
            SourceCommand::StopJob(request) => {
                self.jobs.stop(|asked| asked.stops() == Some(request));
            }
            other => self.of_dead_letters(other).await,
        }
    }

    async fn connect(&mut self, endpoint: KafkaEndpoint) {
        self.close().await;
        // Those of another cluster.
        self.known = watch::channel(None).0;
        self.publisher = KafkaPublisher::default();
        let attempt = link::attempt(&endpoint);
        let update = SourceUpdate::Link(Link::Connecting(Address::Kafka(endpoint.clone())));
        self.link = ClusterLink::Connecting { endpoint, attempt };
        self.outbox.send(update).await;
    }

    fn retry_now(&mut self) {
        if let ClusterLink::Lost {
            endpoint, phase, ..
        } = &mut self.link
            && matches!(phase, ClusterPhase::Waiting(_))
        {
            *phase = ClusterPhase::Trying(link::attempt(endpoint));
        }
    }

    async fn happened(&mut self, happening: ClusterEvent) {
        match happening {
            ClusterEvent::Opened(Ok(opened)) => self.opened(opened).await,
            ClusterEvent::Opened(Err(reason)) => self.failed(reason).await,
            ClusterEvent::Broke(reason) => self.broke(reason).await,
            ClusterEvent::TryNow => self.retry_now(),
        }
    }

    async fn opened(&mut self, opened: OpenedCluster) {
        let (ClusterLink::Connecting { endpoint, .. } | ClusterLink::Lost { endpoint, .. }) =
            &self.link
        else {
            return;
        };
        let endpoint = endpoint.clone();
        let cluster = Cluster {
            endpoint: Arc::new(endpoint.clone()),
            kafka: opened.kafka,
            admin: Arc::new(opened.admin),
            outbox: self.outbox.clone(),
            name: opened.facts.id.clone().unwrap_or_else(|| endpoint.place()),
            notes_dir: self.notes_dir.clone(),
            journal: self.journal.recorder.clone(),
            topics: self.known.subscribe(),
            refresh: Arc::new(Notify::new()),
        };
        tracing::info!(%endpoint, cluster = %opened.facts, "connected");
        let update = SourceUpdate::Link(Link::Connected {
            address: Address::Kafka(endpoint),
            server: Server::Other(opened.facts.to_string()),
            abilities: ABILITIES,
        });
        self.link = ClusterLink::Connected {
            survey: Box::pin(link::survey(cluster.clone(), self.known.clone())),
            cluster: Box::new(cluster),
        };
        self.outbox.send(update).await;
        // What an earlier run was sending when it ended.
        self.start(Asked::Own, |cluster, _| async move {
            resend::settle::run(&cluster).await;
            End::Quiet
        })
        .await;
    }

    async fn failed(&mut self, reason: String) {
        match std::mem::replace(&mut self.link, ClusterLink::Idle) {
            ClusterLink::Connecting { endpoint, .. } => {
                let address = Address::Kafka(endpoint);
                let update = SourceUpdate::Link(Link::Failed { address, reason });
                self.outbox.send(update).await;
            }
            ClusterLink::Lost {
                endpoint,
                since,
                failed,
                ..
            } => self.wait(endpoint, since, failed + 1, reason).await,
            other => self.link = other,
        }
    }

    /// Taps have connections of their own and go on by themselves: what is in the log waits for them.
    async fn broke(&mut self, reason: String) {
        let ClusterLink::Connected { cluster, .. } =
            std::mem::replace(&mut self.link, ClusterLink::Idle)
        else {
            return;
        };
        tracing::warn!(told = true, reason, "connection lost");
        let endpoint = cluster.endpoint.as_ref().clone();
        self.wait(endpoint, Utc::now(), 0, reason).await;
    }

    async fn wait(
        &mut self,
        endpoint: KafkaEndpoint,
        since: DateTime<Utc>,
        failed: u32,
        reason: String,
    ) {
        let pause = retry::pause(failed, fastrand::f64());
        let update = SourceUpdate::Link(Link::Lost {
            address: Address::Kafka(endpoint.clone()),
            reason,
            since,
            retry_at: retry::after(pause),
        });
        self.link = ClusterLink::Lost {
            endpoint,
            since,
            failed,
            phase: ClusterPhase::Waiting(Box::pin(tokio::time::sleep(pause))),
        };
        self.outbox.send(update).await;
    }

    /// Starts a job on the connection that stands, or answers that there is none.
    async fn start<F>(
        &mut self,
        asked: Asked,
        job: impl FnOnce(Cluster, watch::Receiver<bool>) -> F,
    ) -> Option<Id>
    where
        F: Future<Output = End> + Send + 'static,
    {
        if let ClusterLink::Connected { cluster, .. } = &self.link {
            let mut cluster = cluster.as_ref().clone();
            if let Asked::Move(request) = asked {
                cluster.journal = cluster.journal.working_on(request);
            }
            return Some(self.jobs.start(asked, |stop| job(cluster, stop)));
        }
        self.answer(asked, NOT_CONNECTED.to_owned()).await;
        None
    }

    async fn answer(&mut self, asked: Asked, words: String) {
        if let Some(update) = answer_without_job(asked, words) {
            self.outbox.send(update).await;
        }
    }

    async fn start_tap(&mut self, request: TapRequest) {
        let id = request.tap;
        if self.taps.contains_key(&id) {
            let words = "This tap is running already".to_owned();
            self.answer(Asked::Tap(id), words).await;
            return;
        }
        let skip = Arc::new(Notify::new());
        let wake = Arc::clone(&skip);
        let job = self
            .start(Asked::Tap(id), |cluster, stop| async move {
                let told = tap::run(cluster, request, &wake, stop).await;
                End::Tap(TapEnd::Told(told))
            })
            .await;
        if let Some(job) = job {
            self.taps.insert(id, KafkaTap { job, skip });
        }
    }
}
