//! What a job gets: the connections, the way to the window, and what is known of the broker.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use lapin::{Channel, Connection};
use tokio::sync::{Notify, watch};

use super::error::BrokerError;
use crate::drivers::rabbitmq::loan::turns::Turns;
use crate::engine::outbox::SourceOutbox;
use crate::engine::recorder::Recorder;
use crate::event::Fingerprint;
use crate::event::tap_id::TapId;
use crate::rabbitmq::endpoint::Endpoint;
use crate::rabbitmq::peek_rules::{self, Terms};
use crate::rabbitmq::server_version::ServerVersion;
use crate::rabbitmq::tap::Limit;
use crate::rabbitmq::topology::Topology;

/// What is known of a broker beyond what the window shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Knowledge {
    /// What the window shows.
    pub topology: Topology,
    /// Which broker it is; `None` while nothing was read.
    pub version: Option<ServerVersion>,
    /// To which exchanges the login may publish, if the management API told it.
    pub write: Option<String>,
    /// Queues that delete themselves when their last consumer goes.
    pub auto_delete: BTreeSet<String>,
}

impl Knowledge {
    /// What a look into this queue does; `None` where its type is not known.
    pub(crate) fn terms(&self, queue: &str) -> Option<Terms> {
        peek_rules::terms(self.topology.queue(queue), self.version.as_ref())
    }
}

/// A tap that runs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunningTap {
    /// The exchange it listens to.
    pub exchange: String,
    pub queue: String,
    /// Since when it has seen nothing, while it has no connection.
    pub blind_since: Option<DateTime<Utc>>,
}

/// One standing connection pair and everything a job may need with it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    pub endpoint: Arc<Endpoint>,
    /// Which broker answers there.
    pub server: Arc<ServerVersion>,
    /// The connection for questions. No message is read on it.
    pub asking: Arc<Connection>,
    pub publishing: Arc<Connection>,
    /// The way to the window.
    pub outbox: SourceOutbox,
    /// What is known; `None` until it was read for the first time.
    pub knowledge: watch::Receiver<Option<Arc<Knowledge>>>,
    /// Asks for the topology to be read again.
    pub refresh: Arc<Notify>,
    /// How long a publish waits for its confirm.
    pub confirm_limit: Duration,
    /// Where the notes about a firehose are kept.
    pub notes_dir: Option<PathBuf>,
    /// Where everything that moves is written down before.
    pub journal: Recorder,
    /// What waits at most in the queue of a tap.
    pub tap_limit: Limit,
    /// Messages that a resend of a whole queue borrows at once.
    pub round: u32,
    /// Our own taps, which must not pass for an application's queue.
    pub taps: Arc<Mutex<BTreeMap<TapId, RunningTap>>>,
    /// Quorum queues with messages that one more peek would push over the delivery limit.
    pub worn: Arc<Mutex<BTreeSet<String>>>,
    /// Which look or job of ours is at which queue.
    pub turns: Arc<Turns>,
    /// The queue that messages were given back to last, and which: their counts are of that queue.
    pub returned: Arc<Mutex<(String, HashSet<Fingerprint>)>>,
}

impl Connections {
    /// True while both connections stand.
    pub(crate) fn stand(&self) -> bool {
        self.asking.status().connected() && self.publishing.status().connected()
    }

    /// A channel on the connection for questions.
    pub(crate) async fn asking_channel(&self) -> Result<Channel, BrokerError> {
        BrokerError::limit(self.asking.create_channel()).await
    }

    /// What is known of the broker, waiting a little for the first reading of it.
    pub(crate) async fn knowledge(&self) -> Arc<Knowledge> {
        let mut known = self.knowledge.clone();
        let first = known.wait_for(Option::is_some);
        match tokio::time::timeout(FIRST_READING, first).await {
            Ok(Ok(knowledge)) => knowledge.clone().unwrap_or_default(),
            // Slow or gone: a job goes on with nothing known.
            _ => Arc::default(),
        }
    }

    /// Runs something on the running taps.
    pub(crate) fn with_taps<T>(
        &self,
        act: impl FnOnce(&mut BTreeMap<TapId, RunningTap>) -> T,
    ) -> T {
        act(&mut self.taps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Messages of this queue that it has handed out to us before.
    pub(crate) fn returned_to(&self, queue: &str) -> HashSet<Fingerprint> {
        let returned = self.returned.lock();
        let returned = returned.unwrap_or_else(PoisonError::into_inner);
        let (last, messages) = &*returned;
        if last == queue {
            messages.clone()
        } else {
            HashSet::default()
        }
    }

    /// These were given back to this queue.
    pub(crate) fn note_returned(&self, queue: &str, messages: HashSet<Fingerprint>) {
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        *returned = (queue.to_owned(), messages);
    }

    /// Runs something on the worn queues.
    pub(crate) fn with_worn<T>(&self, act: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        act(&mut self.worn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How long a job waits for the first reading of the topology.
const FIRST_READING: Duration = Duration::from_secs(4);

/// Closes a channel whose work is done. A channel that does not answer is left to its connection.
pub(crate) async fn close(channel: &Channel) {
    let polite = channel.close(200, "OK".into());
    match tokio::time::timeout(Duration::from_secs(2), polite).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a channel was closed already"),
        Err(_) => tracing::debug!("a channel did not close in time"),
    }
}
