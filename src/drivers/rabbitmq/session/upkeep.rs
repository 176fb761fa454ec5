//! How the session keeps its connection and its sandbox: opening, losing, coming back, closing.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use super::Session;
use crate::address::Address;
use crate::drivers::jobs::{Asked, End};
use crate::drivers::rabbitmq::connection::connect::OpenedConnections;
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::connection::link::{self, Happening, LinkPhase, LinkState};
use crate::drivers::rabbitmq::connection::survey;
use crate::drivers::rabbitmq::sandbox::{Sandbox, private};
use crate::drivers::rabbitmq::watch::firehose;
use crate::drivers::rabbitmq::watch::tap::{self, WantedTap};
use crate::drivers::retry;
use crate::event::tap_id::TapId;
use crate::protocol::{Abilities, Gravity, Link, SandboxState, Server, SourceUpdate, TapState};
use crate::rabbitmq::endpoint::Endpoint;

/// How long jobs that hold messages get to put them back when the connection is ended.
const GRACE: Duration = Duration::from_millis(1_500);
/// How long closing a connection politely may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// How long switching a firehose off may hold the end of a connection up.
const SWEEP_LIMIT: Duration = Duration::from_secs(2);

/// What a RabbitMQ can do. Of the past it has only its streams, which are read like queues.
const ABILITIES: Abilities = Abilities {
    replay: false,
    ..Abilities::ALL
};

impl Session {
    /// Drops whatever connection there is and starts to open this one.
    pub(crate) async fn connect(&mut self, endpoint: Endpoint) {
        self.close().await;
        let attempt = link::attempt(&endpoint);
        let update = SourceUpdate::Link(Link::Connecting(Address::RabbitMq(endpoint.clone())));
        self.link = LinkState::Connecting { endpoint, attempt };
        self.outbox.send(update).await;
    }

    /// Draws the consequences of what happened to the connection.
    pub(crate) async fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Opened(Ok(opened)) => self.opened(opened).await,
            Happening::Opened(Err(reason)) => self.failed(reason).await,
            Happening::Broke(reason) => self.broke(reason).await,
            Happening::TryNow => self.retry_now(),
            Happening::Blocked(reason) => {
                let words = format!(
                    "RabbitMQ takes no messages for now ({reason}). Publishing waits; reading \
                     goes on"
                );
                self.outbox.notice(Gravity::Warning, words).await;
            }
            Happening::Unblocked => {
                let words = "RabbitMQ takes messages again";
                self.outbox.notice(Gravity::Info, words).await;
            }
        }
    }

    async fn opened(&mut self, opened: OpenedConnections) {
        let (LinkState::Connecting { endpoint, .. } | LinkState::Lost { endpoint, .. }) =
            &self.link
        else {
            return;
        };
        let endpoint = endpoint.clone();
        let (known, knowledge) = watch::channel(None);
        let connections = Connections {
            endpoint: Arc::new(endpoint.clone()),
            server: Arc::new(opened.server.clone()),
            asking: Arc::new(opened.asking),
            publishing: Arc::new(opened.publishing),
            outbox: self.outbox.clone(),
            knowledge,
            refresh: Arc::new(Notify::new()),
            confirm_limit: self.options.confirm_timeout,
            notes_dir: self.options.notes_dir.clone(),
            journal: self.journal.recorder.clone(),
            tap_limit: self.options.tap_limit,
            round: self.options.round,
            taps: Arc::default(),
            worn: Arc::default(),
            turns: Arc::default(),
            returned: Arc::default(),
        };
        self.link = LinkState::Connected {
            connections: Box::new(connections.clone()),
            events: opened.events,
            look: link::look(),
        };
        let server = opened.server;
        tracing::info!(%endpoint, %server, "connected");
        let update = SourceUpdate::Link(Link::Connected {
            address: Address::RabbitMq(endpoint),
            server: Server::RabbitMq(server),
            abilities: ABILITIES,
        });
        self.outbox.send(update).await;
        let asking = connections.clone();
        self.jobs.start(Asked::Own, |_| async {
            survey::keep_reading(asking, known).await;
            End::Quiet
        });
        if !self.has_firehose() {
            self.jobs.start(Asked::Own, |_| async {
                firehose::sweep_and_tell(connections).await;
                End::Quiet
            });
        }
        self.resume_taps().await;
    }

    fn has_firehose(&self) -> bool {
        let mut taps = self.taps.values();
        taps.any(|tap| matches!(tap.wanted, WantedTap::Firehose(_)))
    }

    async fn resume_taps(&mut self) {
        let waiting: Vec<_> = self
            .taps
            .values()
            .map(|tap| (tap.wanted.clone(), tap.lost_since))
            .collect();
        for (wanted, since) in waiting {
            let id = wanted.tap();
            let job = self
                .start(Asked::Tap(id), |connections, stop| async move {
                    End::Tap(tap::run(connections, wanted, since, stop).await)
                })
                .await;
            if let Some(tap) = self.taps.get_mut(&id) {
                tap.job = job;
            }
        }
    }

    async fn failed(&mut self, reason: String) {
        match std::mem::replace(&mut self.link, LinkState::Idle) {
            LinkState::Connecting { endpoint, .. } => {
                let update = SourceUpdate::Link(Link::Failed {
                    address: Address::RabbitMq(endpoint),
                    reason,
                });
                self.outbox.send(update).await;
            }
            LinkState::Lost {
                endpoint,
                since,
                failed,
                ..
            } => {
                self.wait_and_retry(endpoint, since, failed + 1, reason)
                    .await;
            }
            other => self.link = other,
        }
    }

    async fn broke(&mut self, reason: String) {
        let LinkState::Connected { connections, .. } =
            std::mem::replace(&mut self.link, LinkState::Idle)
        else {
            return;
        };
        let since = Utc::now();
        tracing::warn!(told = true, reason, "connection lost");
        // Other jobs hear of the break from their channels and answer for themselves.
        self.jobs
            .cut(|asked| matches!(asked, Asked::Tap(_) | Asked::Own));
        for (id, tap) in &mut self.taps {
            tap.job = None;
            let ran = connections.with_taps(|taps| taps.get(id).map(|ran| ran.blind_since));
            match ran {
                Some(blind_since) => tap.lost_since = Some(blind_since.unwrap_or(since)),
                // It was still being set up, and has seen nothing since the break before this one.
                None => drop(tap.lost_since.get_or_insert(since)),
            }
        }
        // One of the two may still stand. It closes when its last user drops it.
        let endpoint = connections.endpoint.as_ref().clone();
        self.journal.doubt(endpoint.place()).await;
        self.wait_and_retry(endpoint, since, 0, reason).await;
    }

    async fn wait_and_retry(
        &mut self,
        endpoint: Endpoint,
        since: DateTime<Utc>,
        failed: u32,
        reason: String,
    ) {
        let pause = retry::pause(failed, fastrand::f64());
        let retry_at = retry::after(pause);
        self.link = LinkState::Lost {
            endpoint: endpoint.clone(),
            since,
            failed,
            phase: LinkPhase::Waiting(Box::pin(tokio::time::sleep(pause))),
        };
        let update = SourceUpdate::Link(Link::Lost {
            address: Address::RabbitMq(endpoint),
            reason,
            since,
            retry_at,
        });
        self.outbox.send(update).await;
    }

    /// Ends the connection and everything that needs it. Jobs that hold messages may put them back
    /// first, taps close their own connections, and a firehose is switched off.
    pub(crate) async fn close(&mut self) {
        let firehoses: Vec<TapId> = self
            .taps
            .iter()
            .filter(|(_, tap)| matches!(tap.wanted, WantedTap::Firehose(_)))
            .map(|(id, _)| *id)
            .collect();
        let holds = |asked: Asked| {
            asked.stops().is_some() || matches!(asked, Asked::Peek(_) | Asked::Tap(_))
        };
        self.jobs.cut(|asked| !holds(asked));
        self.jobs.stop(holds);
        let grace = tokio::time::sleep(GRACE);
        tokio::pin!(grace);
        let mut cut = false;
        while !self.jobs.is_empty() {
            tokio::select! {
                ended = self.jobs.next() => self.ended(ended).await,
                () = &mut grace, if !cut => {
                    cut = true;
                    self.jobs.cut(|_| true);
                }
            }
        }
        for (tap, _) in std::mem::take(&mut self.taps) {
            let state = TapState::Stopped;
            self.outbox.send(SourceUpdate::Tap { tap, state }).await;
        }
        if !firehoses.is_empty() {
            self.switch_firehose_off().await;
        }
        if let LinkState::Connected { connections, .. } =
            std::mem::replace(&mut self.link, LinkState::Idle)
        {
            let both = futures_util::future::join(
                connections.asking.close(200, "OK".into()),
                connections.publishing.close(200, "OK".into()),
            );
            if tokio::time::timeout(CLOSE_LIMIT, both).await.is_err() {
                tracing::debug!("a connection did not close in time");
            }
        }
    }

    /// What its job could not do, because it was cut off or the connection was lost.
    async fn switch_firehose_off(&mut self) {
        let endpoint = match &self.link {
            LinkState::Connected { connections, .. } => connections.endpoint.as_ref().clone(),
            LinkState::Lost { endpoint, .. } => endpoint.clone(),
            LinkState::Idle | LinkState::Connecting { .. } => return,
        };
        let Some(dir) = self.options.notes_dir.clone() else {
            return;
        };
        let sweep = firehose::sweep(dir, endpoint);
        match tokio::time::timeout(SWEEP_LIMIT, sweep).await {
            Ok(None | Some(Ok(()))) => {}
            Ok(Some(Err(words))) => self.outbox.notice(Gravity::Error, words).await,
            // The note stays, so it is tried again when this place is connected to.
            Err(_) => tracing::warn!(
                "the firehose was not switched off in time. Eventscope does it when it connects there again"
            ),
        }
    }

    /// Starts the sandbox, or connects to the one that runs.
    pub(crate) async fn start_sandbox(&mut self) {
        if let Some(sandbox) = &mut self.sandbox
            && sandbox.is_alive()
        {
            let endpoint = private::endpoint(sandbox.facts());
            let running = SourceUpdate::Sandbox(SandboxState::Running);
            self.outbox.send(running).await;
            self.connect(endpoint).await;
        } else if self.starting.is_none() {
            // Its process may have ended by itself, and the shop with it. What tries to reach it again
            // ends too.
            if matches!(self.link, LinkState::Lost { .. }) {
                self.close().await;
                self.link = LinkState::Idle;
            }
            self.sandbox = None;
            self.shop.abort_all();
            let dir = self.options.sandbox_dir.clone();
            self.starting = Some(Box::pin(private::start(dir, self.outbox.clone())));
        }
    }

    /// Opens the shop in the sandbox that has started, and connects to it.
    pub(crate) async fn sandbox_started(&mut self, started: Result<Sandbox, String>) {
        self.starting = None;
        match started {
            Ok(sandbox) => {
                let facts = sandbox.facts().clone();
                let open = private::keep_shop_open(facts, self.outbox.clone());
                self.shop.spawn(open);
                self.sandbox = Some(sandbox);
                self.start_sandbox().await;
            }
            Err(words) => {
                let update = SourceUpdate::Sandbox(SandboxState::Failed(words));
                self.outbox.send(update).await;
            }
        }
    }
}
