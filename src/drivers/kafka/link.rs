//! The connection to a cluster as a state machine: none, being opened, standing, broken.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use krafka::Kafka;
use krafka::admin::AdminClient;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, Sleep};

use super::connect::{self, OpenedCluster};
use super::{failure, picture};
use crate::engine::outbox::SourceOutbox;
use crate::engine::recorder::Recorder;
use crate::kafka::endpoint::KafkaEndpoint;
use crate::kafka::failure::KafkaAct;
use crate::kafka::topics::TopicFacts;
use crate::protocol::SourceUpdate;

/// The pause between two readings of the list of topics.
const READ_EVERY: Duration = Duration::from_secs(5);
/// A cluster with very many topics answers slowly: the pause is at least this many times as long as the
/// reading took.
const REST: u32 = 20;

/// An attempt under way. Dropping it gives up.
pub(super) type ClusterAttempt = BoxFuture<'static, Result<OpenedCluster, String>>;

/// What jobs work with.
#[derive(Clone)]
pub(super) struct Cluster {
    pub endpoint: Arc<KafkaEndpoint>,
    pub kafka: Kafka,
    pub admin: Arc<AdminClient>,
    pub outbox: SourceOutbox,
    /// Its own id, or its address where it tells none: by it the journal knows it again.
    pub name: String,
    pub journal: Recorder,
    /// The folder for what must outlive the program.
    pub notes_dir: Option<PathBuf>,
    /// The list of topics, as soon as it was read.
    pub topics: watch::Receiver<Option<Arc<Vec<TopicFacts>>>>,
    /// Wakes whoever reads the list.
    pub refresh: Arc<Notify>,
}

/// The connection.
pub(super) enum ClusterLink {
    /// None, and none wanted.
    Idle,
    Connecting {
        endpoint: KafkaEndpoint,
        attempt: ClusterAttempt,
    },
    Connected {
        cluster: Box<Cluster>,
        /// Reads the list of topics again and again; ends with what broke the connection.
        survey: BoxFuture<'static, String>,
    },
    /// It broke and is tried again.
    Lost {
        endpoint: KafkaEndpoint,
        /// When it broke.
        since: DateTime<Utc>,
        /// Tries that failed so far.
        failed: u32,
        phase: ClusterPhase,
    },
}

/// What goes on while the connection is lost.
pub(super) enum ClusterPhase {
    /// Until the next try.
    Waiting(Pin<Box<Sleep>>),
    Trying(ClusterAttempt),
}

/// What happened to the connection.
pub(super) enum ClusterEvent {
    Opened(Result<OpenedCluster, String>),
    /// It broke, in words.
    Broke(String),
    /// The pause is over.
    TryNow,
}

impl ClusterLink {
    /// Waits for what happens next.
    pub(super) async fn next(&mut self) -> ClusterEvent {
        match self {
            Self::Idle => std::future::pending().await,
            Self::Connecting { attempt, .. } => ClusterEvent::Opened(attempt.await),
            Self::Connected { survey, .. } => ClusterEvent::Broke(survey.await),
            Self::Lost { phase, .. } => match phase {
                ClusterPhase::Waiting(pause) => {
                    pause.await;
                    ClusterEvent::TryNow
                }
                ClusterPhase::Trying(attempt) => ClusterEvent::Opened(attempt.await),
            },
        }
    }
}

/// Starts connecting.
pub(super) fn attempt(endpoint: &KafkaEndpoint) -> ClusterAttempt {
    let endpoint = endpoint.clone();
    Box::pin(async move { connect::open(&endpoint).await })
}

/// Reads the list of topics until no broker answers any more; gives the reason. The window hears of
/// changes, and of every reading it asked for.
pub(super) async fn survey(
    cluster: Cluster,
    known: watch::Sender<Option<Arc<Vec<TopicFacts>>>>,
) -> String {
    let mut asked = true;
    loop {
        let start = Instant::now();
        match picture::topics(&cluster.kafka, &cluster.admin).await {
            Ok(topics) => {
                let changed = known.borrow().as_ref().is_none_or(|last| **last != topics);
                if changed || asked {
                    let shown = picture::picture(&topics);
                    known.send_replace(Some(Arc::new(topics)));
                    cluster.outbox.send(SourceUpdate::Picture(shown)).await;
                }
            }
            Err(error) => return failure::words(&error, KafkaAct::List),
        }
        asked = tokio::select! {
            () = cluster.refresh.notified() => true,
            () = tokio::time::sleep(READ_EVERY.max(start.elapsed() * REST)) => false,
        };
    }
}
