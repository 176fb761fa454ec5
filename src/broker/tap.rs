//! A running tap: its deliveries go to the window in batches, its queue is watched for overflow,
//! and its end is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use lapin::options::{BasicAckOptions, QueueDeclareOptions};
use lapin::types::FieldTable as WireTable;
use lapin::{Channel, Consumer};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::codec;
use super::tap_queue::TapQueue;
use super::trouble::Trouble;
use super::wires::{RunningTap, Wires};
use crate::domain::Event;
use crate::domain::tap::{MAX_BYTES, MAX_LENGTH, TapId, TapRequest};
use crate::protocol::{TapState, Update};

/// A batch is sent at this many events …
const BATCH_EVENTS: usize = 256;
/// … or this many bytes …
const BATCH_BYTES: usize = 1_000_000;
/// … or this long after its first event.
const BATCH_TIME: Duration = Duration::from_millis(16);
/// How often the depth of the tap's queue is looked at.
const DEPTH_EVERY: Duration = Duration::from_millis(250);
/// A window that takes this long for a batch may have let the queue fill up. The moment when it goes
/// on is the last one to see that.
const SLOW: Duration = Duration::from_millis(50);
/// From this share of its limit on, a queue counts as full: it may have dropped some already.
const FULL_PERCENT: u64 = 95;

/// How a tap ended.
pub(super) enum TapEnd {
    /// The window is told this.
    Told(TapState),
    /// With the connection; it is started again when that is back.
    Lost,
}

/// Runs a tap until it is stopped, refused or the connection breaks. `lost_since` is when an
/// earlier connection broke under it.
pub(super) async fn run(
    wires: Wires,
    request: TapRequest,
    lost_since: Option<DateTime<Utc>>,
    mut stop: watch::Receiver<bool>,
) -> TapEnd {
    let knowledge = tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => return TapEnd::Told(TapState::Stopped),
        knowledge = wires.knowledge() => knowledge,
    };
    // Not to be cut off: see `TapQueue::leave`.
    let mut queue = match TapQueue::open(&wires, &request, &knowledge).await {
        Ok(queue) => queue,
        Err(words) if wires.reading.status().connected() => {
            return TapEnd::Told(TapState::Refused(words));
        }
        Err(_) => return TapEnd::Lost,
    };
    let running = RunningTap {
        exchange: request.exchange.clone(),
        queue: queue.name.clone(),
    };
    wires.with_taps(|taps| taps.insert(request.tap, running));
    let told = tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => TapState::Stopped,
        words = listen(&wires, request.tap, &mut queue, lost_since) => TapState::Refused(words),
    };
    if told != TapState::Stopped && !wires.reading.status().connected() {
        // It stays among the running taps: the session sees there that it had run.
        return TapEnd::Lost;
    }
    queue.leave().await;
    wires.with_taps(|taps| taps.remove(&request.tap));
    TapEnd::Told(told)
}

/// Only ends in trouble, told in words.
async fn listen(
    wires: &Wires,
    tap: TapId,
    queue: &mut TapQueue,
    lost_since: Option<DateTime<Utc>>,
) -> String {
    let name = queue.name.clone();
    let state = match lost_since {
        None => TapState::Running { queue: name },
        Some(from) => TapState::Resumed {
            queue: name,
            from,
            to: Utc::now(),
        },
    };
    wires.outbox.send(Update::Tap { tap, state }).await;
    let pace = Pace::default();
    tokio::select! {
        words = pump(wires, tap, &mut queue.consumer, &pace) => words,
        words = watch_depth(wires, tap, &queue.probe, &queue.name, &pace) => words,
    }
}

/// What the pump tells whoever watches the depth.
#[derive(Default)]
struct Pace {
    /// Bytes of one body on average, lately.
    body_bytes: AtomicU64,
    /// The window was slow, and goes on now.
    was_slow: Notify,
}

/// Reads deliveries and sends them on in batches. A batch is acknowledged only when the window's
/// queue has taken it, so a slow window fills the tap's queue in the broker and not our memory.
async fn pump(wires: &Wires, tap: TapId, consumer: &mut Consumer, pace: &Pace) -> String {
    let mut batch = Batch::default();
    loop {
        let next = tokio::select! {
            biased;
            () = tokio::time::sleep_until(batch.due), if !batch.events.is_empty() => None,
            next = consumer.next() => Some(next),
        };
        match next {
            None => {}
            Some(Some(Ok(delivery))) => {
                let acker = delivery.acker.clone();
                batch.push(acker, codec::event(Utc::now(), delivery));
                if !batch.is_full() {
                    continue;
                }
            }
            Some(Some(Err(error))) => return Trouble::from(error).words,
            Some(None) => {
                return "The tap's queue was deleted in the broker. Start the tap again".to_owned();
            }
        }
        pace.body_bytes.store(batch.average(), Ordering::Relaxed);
        let full = std::mem::take(&mut batch);
        let events = full.events;
        let start = Instant::now();
        wires.outbox.send(Update::Events { tap, events }).await;
        if start.elapsed() >= SLOW {
            pace.was_slow.notify_one();
        }
        if let Some(acker) = full.acker
            && let Err(error) = acker.ack(BasicAckOptions { multiple: true }).await
        {
            return Trouble::from(error).words;
        }
    }
}

/// Events that wait to be sent together.
struct Batch {
    events: Vec<Arc<Event>>,
    bytes: usize,
    due: Instant,
    /// Of the newest delivery: acknowledging it acknowledges all before it.
    acker: Option<lapin::Acker>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            bytes: 0,
            due: Instant::now(),
            acker: None,
        }
    }
}

impl Batch {
    fn push(&mut self, acker: lapin::Acker, event: Event) {
        if self.events.is_empty() {
            self.due = Instant::now() + BATCH_TIME;
        }
        self.acker = Some(acker);
        self.bytes += event.body.len();
        self.events.push(Arc::new(event));
    }

    fn is_full(&self) -> bool {
        self.events.len() >= BATCH_EVENTS || self.bytes >= BATCH_BYTES
    }

    /// Bytes of one body on average.
    fn average(&self) -> u64 {
        (self.bytes / self.events.len().max(1)) as u64
    }
}

/// Tells whenever the tap's queue is found full. On a channel of its own, because one that waits
/// for the window must not stop this; only ends in trouble.
async fn watch_depth(
    wires: &Wires,
    tap: TapId,
    probe: &Channel,
    queue: &str,
    pace: &Pace,
) -> String {
    let Ok(name) = codec::short("name of the queue", queue) else {
        return std::future::pending().await;
    };
    let mut tick = tokio::time::interval(DEPTH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = pace.was_slow.notified() => {}
        }
        let options = QueueDeclareOptions::default().passive();
        let asked = probe.queue_declare(name.clone(), options, WireTable::default());
        let depth = match Trouble::limit(asked).await {
            Ok(found) => u64::from(found.message_count()),
            Err(trouble) if trouble.code == Some(404) => {
                return "The tap's queue was deleted in the broker. Start the tap again".to_owned();
            }
            Err(trouble) => return trouble.words,
        };
        if is_full(depth, pace.body_bytes.load(Ordering::Relaxed)) {
            let state = TapState::Overflowing { at: Utc::now() };
            wires.outbox.send(Update::Tap { tap, state }).await;
        }
    }
}

/// Full by count, or by bytes as far as the average size of what came lately can tell.
fn is_full(depth: u64, average_bytes: u64) -> bool {
    let bytes = depth.saturating_mul(average_bytes);
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    depth * 100 >= u64::from(MAX_LENGTH) * FULL_PERCENT
        || bytes.saturating_mul(100) >= most.saturating_mul(FULL_PERCENT)
}
