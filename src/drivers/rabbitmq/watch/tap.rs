//! A tap from its start to its end, over as many connections as it takes. Each has one of its own:
//! an event that the client cannot read breaks the connection that it comes over, and that is to
//! cost no other tap anything.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lapin::Connection;
use tokio::sync::watch;
use tokio::time::Instant;

use super::firehose;
use super::tap_pump::{PumpEnd, listen};
use super::tap_queue::TapQueue;
use crate::drivers::jobs::TapEnd;
use crate::drivers::rabbitmq::connection::connect;
use crate::drivers::rabbitmq::connection::connections::{Connections, Knowledge, RunningTap};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::retry;
use crate::event::tap_id::TapId;
use crate::event::watching::TapRequest;
use crate::protocol::{SourceUpdate, TapState};
use crate::rabbitmq::tap::FirehoseRequest;

/// A tap whose connection breaks listens again at once, but no more often than this: each event of
/// a publisher may be one that breaks it.
const BREAK_EVERY: Duration = Duration::from_secs(1);

/// What a tap listens to.
#[derive(Clone, Debug)]
pub(crate) enum WantedTap {
    Exchange(TapRequest),
    /// The broker's trace.
    Firehose(FirehoseRequest),
}

impl WantedTap {
    /// The tap's id.
    pub(crate) fn tap(&self) -> TapId {
        match self {
            Self::Exchange(request) => request.tap,
            Self::Firehose(request) => request.tap,
        }
    }

    fn exchange(&self) -> &str {
        match self {
            Self::Exchange(request) => &request.destination,
            Self::Firehose(_) => firehose::EXCHANGE,
        }
    }

    /// What it is called in a sentence.
    fn title(&self) -> String {
        match self {
            Self::Exchange(request) => format!("the tap on {}", request.destination),
            Self::Firehose(_) => "the firehose".to_owned(),
        }
    }

    async fn open(
        &self,
        connection: &Connection,
        connections: &Connections,
        knowledge: &Knowledge,
    ) -> Result<TapQueue, String> {
        let limit = connections.tap_limit;
        match self {
            Self::Exchange(request) => TapQueue::open(connection, limit, request, knowledge).await,
            Self::Firehose(request) => firehose::listen(connection, limit, *request).await,
        }
    }
}

/// Runs a tap until it is stopped, refused or the standing connections break. `lost_since` is when
/// earlier ones broke under it.
pub(crate) async fn run(
    connections: Connections,
    wanted: WantedTap,
    lost_since: Option<DateTime<Utc>>,
    mut stop: watch::Receiver<bool>,
) -> TapEnd {
    let knowledge = tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => return TapEnd::Told(TapState::Stopped),
        knowledge = connections.knowledge() => knowledge,
    };
    let tracing = match &wanted {
        WantedTap::Exchange(_) => None,
        WantedTap::Firehose(_) => match firehose::trace(&connections).await {
            Ok(tracing) => Some(tracing),
            Err(words) if connections.stand() => return TapEnd::Told(TapState::Refused(words)),
            Err(_) => return TapEnd::Lost,
        },
    };
    let tap = WatchedTap {
        connections: &connections,
        wanted: &wanted,
        knowledge: &knowledge,
    };
    let Some(told) = tap.keep_listening(lost_since, stop).await else {
        // It stays among the running taps: the session sees there that it had run. A trace stays
        // on, with its note, until the tap runs again or the connection is given up.
        return TapEnd::Lost;
    };
    if let Some(tracing) = tracing {
        tracing.switch_off(&connections.outbox).await;
    }
    connections.with_taps(|taps| taps.remove(&wanted.tap()));
    TapEnd::Told(told)
}

/// Why a tap did not begin to listen.
struct TapFailed {
    words: String,
    /// The broker did not refuse what was asked for; it was not heard at all.
    may_pass: bool,
}

/// What a tap is and has, whatever connection it has.
struct WatchedTap<'a> {
    connections: &'a Connections,
    wanted: &'a WantedTap,
    knowledge: &'a Knowledge,
}

impl WatchedTap<'_> {
    /// Listens, on one connection after the other. Nothing if the standing ones break.
    async fn keep_listening(
        &self,
        lost_since: Option<DateTime<Utc>>,
        mut stop: watch::Receiver<bool>,
    ) -> Option<TapState> {
        let mut gap = lost_since.map(|from| (from, None));
        let mut failed = 0;
        loop {
            let opened = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Some(TapState::Stopped),
                opened = self.open() => opened,
            };
            let pause = match opened {
                Ok((connection, mut queue)) => {
                    failed = 0;
                    let listened = Instant::now();
                    let ended = tokio::select! {
                        biased;
                        _ = stop.wait_for(|stop| *stop) => None,
                        ended = self.listen(&mut queue, gap.take()) => Some(ended),
                    };
                    if ended.is_none() {
                        queue.delete().await;
                    }
                    // If it is not gone by now, the queue goes with it.
                    connect::close(&connection).await;
                    match ended {
                        None => return Some(TapState::Stopped),
                        Some(PumpEnd::Deleted) => {
                            return Some(TapState::Refused(DELETED.to_owned()));
                        }
                        Some(PumpEnd::Broke(trouble, seen_until)) => {
                            self.note_break(seen_until);
                            gap = Some((seen_until, Some(self.break_words(&trouble))));
                        }
                    }
                    BREAK_EVERY.saturating_sub(listened.elapsed())
                }
                // The session hears of it.
                Err(_) if !self.connections.stand() => return None,
                Err(TapFailed { words, may_pass }) if !may_pass || gap.is_none() => {
                    return Some(TapState::Refused(words));
                }
                Err(TapFailed { words, .. }) => {
                    let pause = retry::pause(failed, fastrand::f64());
                    failed += 1;
                    self.tell(TapState::Interrupted(words)).await;
                    pause
                }
            };
            if !self.connections.stand() {
                return None;
            }
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Some(TapState::Stopped),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn open(&self) -> Result<(Connection, TapQueue), TapFailed> {
        let connection = connect::for_a_tap(&self.connections.endpoint).await;
        let connection = connection.map_err(|words| TapFailed {
            words,
            may_pass: true,
        })?;
        match self
            .wanted
            .open(&connection, self.connections, self.knowledge)
            .await
        {
            Ok(queue) => Ok((connection, queue)),
            Err(words) => {
                let may_pass = !connection.status().connected();
                connect::close(&connection).await;
                Err(TapFailed { words, may_pass })
            }
        }
    }

    /// Tells that it listens, and does. `gap` is since when nothing was seen, and why if that was
    /// its own connection.
    async fn listen(
        &self,
        queue: &mut TapQueue,
        gap: Option<(DateTime<Utc>, Option<String>)>,
    ) -> PumpEnd {
        let running = RunningTap {
            exchange: self.wanted.exchange().to_owned(),
            queue: queue.name.clone(),
            blind_since: None,
        };
        self.connections
            .with_taps(|taps| taps.insert(self.wanted.tap(), running));
        let name = queue.name.clone();
        self.tell(match gap {
            None => TapState::Running { queue: name },
            Some((from, because)) => TapState::Resumed {
                queue: name,
                from,
                to: Utc::now(),
                because,
            },
        })
        .await;
        listen(self.connections, self.wanted, queue).await
    }

    async fn tell(&self, state: TapState) {
        let tap = self.wanted.tap();
        self.connections
            .outbox
            .send(SourceUpdate::Tap { tap, state })
            .await;
    }

    /// Should the standing connections break too, the session goes on from here.
    fn note_break(&self, seen_until: DateTime<Utc>) {
        self.connections.with_taps(|taps| {
            if let Some(running) = taps.get_mut(&self.wanted.tap()) {
                running.blind_since = Some(seen_until);
            }
        });
    }

    fn break_words(&self, trouble: &BrokerError) -> String {
        let title = self.wanted.title();
        if trouble.is_unreadable() {
            trouble.and(&format!(
                "It came to {title}, which cannot read it and lost its own connection over it. \
                 Other taps go on, and the queues of the broker have it as it is"
            ))
        } else {
            format!("The connection of {title} broke ({})", trouble.words)
        }
    }
}

/// What is said of a tap whose queue somebody deleted.
const DELETED: &str = "The tap's queue was deleted in the broker. Start the tap again";
