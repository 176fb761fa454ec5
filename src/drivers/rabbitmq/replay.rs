//! Sends a recording again: read by a thread of its own, published in order on one channel, a window at
//! a time, each event with its confirm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::{mpsc, watch};

use super::connection::connections::Connections;
use super::publisher::{Publisher, Sent};
use crate::event::Outgoing;
use crate::protocol::{RequestId, SourceUpdate};
use crate::recording::RecordingError;
use crate::recording::replay::{DueEvent, ReplayOrder, ReplayPace, ReplayTally, plan};

/// Events that are under way together, and their bytes.
const TOGETHER: usize = 512;
const TOGETHER_BYTES: usize = 8 * 1024 * 1024;
/// Parts of the recording that are read ahead.
const AHEAD: usize = 4;
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(100);
/// What is due within this time goes with what is due now: a runtime does not sleep more exactly.
const GRAIN: Duration = Duration::from_millis(1);

type Part = (Vec<DueEvent>, ReplayTally);

/// Runs a replay to its end, or until it is stopped or an answer fails to come.
pub(crate) async fn run(
    connections: Connections,
    request: RequestId,
    order: ReplayOrder,
    paused: watch::Receiver<bool>,
    stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let (way, parts) = mpsc::channel(AHEAD);
    let pace = order.pace;
    let reading = tokio::task::spawn_blocking(move || read(&order, &way));
    let publishing = Arc::clone(&connections.publishing);
    let mut replay = Replay {
        publisher: Publisher::new(publishing, connections.confirm_limit),
        login: connections.endpoint.user.clone(),
        clock: ReplayClock::new(pace),
        tally: ReplayTally::default(),
        connections,
        request,
        told: Instant::now(),
        paused,
        stop,
    };
    let mut problem = replay.run(parts).await;
    match reading.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            problem.get_or_insert(format!("The recording was not read to its end. {error}"));
        }
        Err(_) => {
            problem.get_or_insert("Eventscope made a mistake inside while it read".to_owned());
        }
    }
    SourceUpdate::ReplayDone {
        request,
        tally: Some(replay.tally),
        problem,
    }
}

fn read(order: &ReplayOrder, way: &mpsc::Sender<Part>) -> Result<(), RecordingError> {
    plan(order, Utc::now(), |events, tally| {
        way.blocking_send((events, tally)).is_ok()
    })
}

/// When what is due.
struct ReplayClock {
    pace: ReplayPace,
    begun: Instant,
    /// How long it stood still.
    stood: Duration,
    /// Events that went.
    sent: u64,
}

impl ReplayClock {
    fn new(pace: ReplayPace) -> Self {
        Self {
            pace,
            begun: Instant::now(),
            stood: Duration::ZERO,
            sent: 0,
        }
    }

    /// How many of the next events are due, or how long none is.
    fn due(&self, next: &[DueEvent]) -> Result<usize, Duration> {
        let elapsed = self.begun.elapsed().saturating_sub(self.stood);
        let is_due = |place: usize| match self.pace {
            ReplayPace::AsConfirmed => Duration::ZERO,
            ReplayPace::Timing(speed) => next[place].due.div_f64(speed.max(f64::MIN_POSITIVE)),
            ReplayPace::Rate(rate) => {
                let number = self.sent + place as u64;
                Duration::from_micros(number.saturating_mul(1_000_000) / u64::from(rate.get()))
            }
        };
        let mut bytes = 0;
        let mut count = 0;
        while count < next.len().min(TOGETHER) && is_due(count) <= elapsed + GRAIN {
            bytes += next[count].outgoing.body.len();
            if count > 0 && bytes > TOGETHER_BYTES {
                break;
            }
            count += 1;
        }
        if count == 0 && !next.is_empty() {
            return Err(is_due(0).saturating_sub(elapsed));
        }
        Ok(count)
    }
}

struct Replay {
    publisher: Publisher,
    login: String,
    clock: ReplayClock,
    tally: ReplayTally,
    connections: Connections,
    request: RequestId,
    told: Instant,
    paused: watch::Receiver<bool>,
    stop: watch::Receiver<bool>,
}

impl Replay {
    /// Gives why it ended early.
    async fn run(&mut self, mut parts: mpsc::Receiver<Part>) -> Option<String> {
        while let Some((events, read)) = parts.recv().await {
            if let Some(problem) = self.part(&events).await {
                return Some(problem);
            }
            let ReplayTally {
                recorded,
                position,
                left_out,
                second,
                ..
            } = read;
            self.tally = ReplayTally {
                recorded,
                position,
                left_out,
                second,
                ..std::mem::take(&mut self.tally)
            };
            self.tell().await;
        }
        None
    }

    async fn part(&mut self, mut events: &[DueEvent]) -> Option<String> {
        while !events.is_empty() {
            if *self.stop.borrow() {
                return Some("Stopped".to_owned());
            }
            if *self.paused.borrow() {
                self.stand_still().await;
                continue;
            }
            let count = match self.clock.due(events) {
                Ok(count) => count,
                Err(wait) => {
                    self.tell().await;
                    // Either ends the wait; the loop looks which it was.
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = self.stop.changed() => {}
                        _ = self.paused.changed() => {}
                    }
                    continue;
                }
            };
            let (now, later) = events.split_at(count);
            events = later;
            if let Some(problem) = self.send(now).await {
                return Some(problem);
            }
        }
        None
    }

    async fn stand_still(&mut self) {
        let since = Instant::now();
        tokio::select! {
            _ = self.paused.wait_for(|paused| !*paused) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
        self.clock.stood += since.elapsed();
    }

    async fn send(&mut self, events: &[DueEvent]) -> Option<String> {
        let mut all: Vec<Outgoing> = Vec::with_capacity(events.len());
        for event in events {
            let mut outgoing = event.outgoing.clone();
            // Any other than the login's own is refused.
            match &event.user_id {
                Some(user) if *user == self.login => {
                    outgoing.properties.user_id = Some(user.clone());
                }
                Some(_) => self.tally.without_user += 1,
                None => {}
            }
            all.push(outgoing);
        }
        let sent = self
            .publisher
            .send_all(&all.iter().collect::<Vec<_>>())
            .await;
        self.clock.sent += events.len() as u64;
        for one in sent {
            let words = match one {
                Sent::Routed => {
                    self.tally.confirmed += 1;
                    continue;
                }
                Sent::NotRouted(words) => {
                    self.tally.not_routed += 1;
                    words
                }
                Sent::Unknown(words) => {
                    self.tally.unsure += 1;
                    words
                }
                Sent::NoConfirm(_) => {
                    self.tally.unsure += 1;
                    "No confirm came in time, so whether it arrived is not known".to_owned()
                }
            };
            self.tally.trouble.get_or_insert(words);
        }
        if self.told.elapsed() >= TOLD {
            self.tell().await;
        }
        // What came behind it may have arrived: to go on would mix up the order of a key.
        (self.tally.unsure > 0)
            .then(|| "The replay was ended, because an answer did not come".to_owned())
    }

    async fn tell(&mut self) {
        self.told = Instant::now();
        let at = SourceUpdate::ReplayAt {
            request: self.request,
            tally: self.tally.clone(),
        };
        self.connections.outbox.send(at).await;
    }
}
