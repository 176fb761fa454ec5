//! The connection as a state machine: none, being opened, standing, broken. It says what happened
//! to it next; what follows from that is the session's business.

use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use lapin::Event;
use tokio::time::{Interval, MissedTickBehavior, Sleep};

use super::connect::{self, OpenedConnections};
use super::connections::Connections;
use super::error::BrokerError;
use crate::rabbitmq::endpoint::Endpoint;

/// How often a connection is asked whether it still stands: lapin reports most breaks, not all.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A connection attempt under way. Dropping it gives up.
pub(crate) type Attempt = BoxFuture<'static, Result<OpenedConnections, String>>;

/// The connection.
pub(crate) enum LinkState {
    /// None, and none wanted.
    Idle,
    Connecting {
        endpoint: Endpoint,
        attempt: Attempt,
    },
    Connected {
        connections: Box<Connections>,
        /// What it reports of itself.
        events: BoxStream<'static, Event>,
        /// When to look at it again.
        look: Interval,
    },
    /// It broke and is tried again.
    Lost {
        endpoint: Endpoint,
        /// When it broke.
        since: DateTime<Utc>,
        /// Tries that failed so far.
        failed: u32,
        phase: LinkPhase,
    },
}

/// What goes on while the connection is lost.
pub(crate) enum LinkPhase {
    /// Until the next try.
    Waiting(Pin<Box<Sleep>>),
    Trying(Attempt),
}

/// What happened to the connection.
pub(crate) enum Happening {
    Opened(Result<OpenedConnections, String>),
    /// It broke, in words.
    Broke(String),
    /// The broker takes no messages for now; its reason.
    Blocked(String),
    /// The broker takes messages again.
    Unblocked,
    /// The pause is over.
    TryNow,
}

impl LinkState {
    /// Waits for what happens next.
    pub(crate) async fn next(&mut self) -> Happening {
        match self {
            Self::Idle => std::future::pending().await,
            Self::Connecting { attempt, .. } => Happening::Opened(attempt.await),
            Self::Connected {
                connections,
                events,
                look,
            } => watch(connections, events, look).await,
            Self::Lost { phase, .. } => match phase {
                LinkPhase::Waiting(pause) => {
                    pause.await;
                    Happening::TryNow
                }
                LinkPhase::Trying(attempt) => Happening::Opened(attempt.await),
            },
        }
    }
}

/// Starts connecting.
pub(crate) fn attempt(endpoint: &Endpoint) -> Attempt {
    let endpoint = endpoint.clone();
    Box::pin(async move { connect::open(&endpoint).await })
}

/// The interval in which a connection is looked at.
pub(crate) fn look() -> Interval {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look
}

async fn watch(
    connections: &Connections,
    events: &mut BoxStream<'static, Event>,
    look: &mut Interval,
) -> Happening {
    let mut words = None;
    loop {
        tokio::select! {
            biased;
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => return Happening::Blocked(reason),
                Some(Event::ConnectionUnblocked) => return Happening::Unblocked,
                // Errors of channels come here too; those belong to their jobs.
                Some(Event::Error(error)) => words = Some(BrokerError::from(error).words),
                Some(_) => {}
                None => std::future::pending().await,
            },
            _ = look.tick() => {}
        }
        if !connections.stand() {
            let unknown = || "The connection was closed".to_owned();
            return Happening::Broke(words.unwrap_or_else(unknown));
        }
        words = None;
    }
}
