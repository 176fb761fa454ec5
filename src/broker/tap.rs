//! A running tap: its deliveries go to the window in batches, its queue is watched for overflow,
//! and its end is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, QueueDeclareOptions};
use lapin::types::FieldTable as WireTable;
use lapin::{Channel, Consumer};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::firehose::{self, Tracing};
use super::tap_queue::TapQueue;
use super::trouble::Trouble;
use super::wires::{Knowledge, RunningTap, Wires};
use super::{codec, management, trace_codec};
use crate::domain::tap::{FirehoseRequest, Limit, TapId, TapRequest};
use crate::domain::{Event, TopologySource};
use crate::log;
use crate::protocol::{TapState, Update};

/// A batch is sent at this many events …
const BATCH_EVENTS: usize = 256;
/// … or this many bytes …
const BATCH_BYTES: usize = 1_000_000;
/// … or this long after its first event.
const BATCH_TIME: Duration = Duration::from_millis(16);
/// How often the depth of the tap's queue is looked at.
const DEPTH_EVERY: Duration = Duration::from_millis(250);
/// A batch that took this long, most often because the window was slow, may have let the queue fill
/// up. The moment before it is acknowledged is the last one to see that.
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

/// What a tap listens to.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// An exchange.
    Exchange(TapRequest),
    /// The broker's trace.
    Firehose(FirehoseRequest),
}

impl Wanted {
    /// The tap's id.
    pub(super) fn tap(&self) -> TapId {
        match self {
            Self::Exchange(request) => request.tap,
            Self::Firehose(request) => request.tap,
        }
    }

    fn exchange(&self) -> &str {
        match self {
            Self::Exchange(request) => &request.exchange,
            Self::Firehose(_) => firehose::EXCHANGE,
        }
    }

    async fn open(
        &self,
        wires: &Wires,
        knowledge: &Knowledge,
    ) -> Result<(TapQueue, Option<Tracing>), String> {
        match self {
            Self::Exchange(request) => {
                let queue = TapQueue::open(wires, request, knowledge).await?;
                Ok((queue, None))
            }
            Self::Firehose(request) => {
                let (queue, tracing) = firehose::open(wires, *request).await?;
                Ok((queue, Some(tracing)))
            }
        }
    }
}

/// Runs a tap until it is stopped, refused or the connection breaks. `lost_since` is when an
/// earlier connection broke under it.
pub(super) async fn run(
    wires: Wires,
    wanted: Wanted,
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
    let (mut queue, tracing) = match wanted.open(&wires, &knowledge).await {
        Ok(opened) => opened,
        Err(words) if wires.reading.status().connected() => {
            return TapEnd::Told(TapState::Refused(words));
        }
        Err(_) => return TapEnd::Lost,
    };
    let tap = wanted.tap();
    let running = RunningTap {
        exchange: wanted.exchange().to_owned(),
        queue: queue.name.clone(),
    };
    wires.with_taps(|taps| taps.insert(tap, running));
    let told = tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => TapState::Stopped,
        words = listen(&wires, &wanted, &mut queue, lost_since) => TapState::Refused(words),
    };
    if told != TapState::Stopped && !wires.reading.status().connected() {
        // It stays among the running taps: the session sees there that it had run. A trace stays
        // on, with its note, until the tap runs again or the connection is given up.
        return TapEnd::Lost;
    }
    queue.leave().await;
    if let Some(tracing) = tracing {
        tracing.switch_off(&wires.outbox).await;
    }
    wires.with_taps(|taps| taps.remove(&tap));
    TapEnd::Told(told)
}

/// Only ends in trouble, told in words.
async fn listen(
    wires: &Wires,
    wanted: &Wanted,
    queue: &mut TapQueue,
    lost_since: Option<DateTime<Utc>>,
) -> String {
    let tap = wanted.tap();
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
        words = pump(wires, wanted, &mut queue.consumer, &pace) => words,
        words = watch_depth(wires, tap, &queue.probe, &queue.name, &pace) => words,
    }
}

/// What the pump tells whoever watches the depth.
#[derive(Default)]
struct Pace {
    /// Bytes of one body on average, lately.
    body_bytes: AtomicU64,
    /// Nothing was acknowledged for a while, so the queue may have filled up.
    was_slow: Notify,
    /// The depth has been looked at since.
    looked: Notify,
}

/// Reads deliveries and sends them on in batches. A batch is acknowledged only when the window's
/// queue has taken it, so a slow window fills the tap's queue in the broker and not our memory.
async fn pump(wires: &Wires, wanted: &Wanted, consumer: &mut Consumer, pace: &Pace) -> String {
    let tap = wanted.tap();
    let mut batch = Batch::new(tap);
    loop {
        // What is there already needs no timer.
        let next = if let Some(next) = consumer.next().now_or_never() {
            Some(next)
        } else {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(batch.due()), if batch.deliveries > 0 => None,
                next = consumer.next() => Some(next),
            }
        };
        match next {
            None => {}
            Some(Some(Ok(delivery))) => {
                let acker = delivery.acker.clone();
                batch.push(acker, event(wires, wanted, delivery).as_ref());
                if !batch.is_full() && Instant::now() < batch.due() {
                    continue;
                }
            }
            Some(Some(Err(error))) => return Trouble::from(error).words,
            Some(None) => {
                return "The tap's queue was deleted in the broker. Start the tap again".to_owned();
            }
        }
        pace.body_bytes.store(batch.average(), Ordering::Relaxed);
        let full = std::mem::replace(&mut batch, Batch::new(tap));
        for events in full.events {
            wires.outbox.send(Update::Events(events)).await;
        }
        if full.began.elapsed() >= SLOW {
            // The acknowledgement lets the queue drain, and then nobody could tell that it was full.
            pace.was_slow.notify_one();
            pace.looked.notified().await;
        }
        if let Some(acker) = full.acker
            && let Err(error) = acker.ack(BasicAckOptions { multiple: true }).await
        {
            return Trouble::from(error).words;
        }
    }
}

/// The event of a delivery; `None` if it is nothing to show.
fn event(wires: &Wires, wanted: &Wanted, delivery: Delivery) -> Option<Event> {
    match wanted {
        Wanted::Exchange(_) => Some(codec::event(Utc::now(), delivery)),
        Wanted::Firehose(_) => wires.with_taps(|taps| {
            let is_own = |queue: &str| taps.values().any(|tap| tap.queue == queue);
            trace_codec::event(Utc::now(), delivery, is_own)
        }),
    }
}

/// Events that wait to be sent together.
struct Batch {
    tap: TapId,
    /// As a rule one; a second only if one has no place for an event.
    events: Vec<log::Batch>,
    /// With those that are nothing to show but want an acknowledgement too.
    deliveries: usize,
    bytes: usize,
    began: Instant,
    /// Of the newest delivery: acknowledging it acknowledges all before it.
    acker: Option<lapin::Acker>,
}

impl Batch {
    fn new(tap: TapId) -> Self {
        Self {
            tap,
            events: Vec::new(),
            deliveries: 0,
            bytes: 0,
            began: Instant::now(),
            acker: None,
        }
    }

    fn push(&mut self, acker: lapin::Acker, event: Option<&Event>) {
        if self.deliveries == 0 {
            self.began = Instant::now();
        }
        self.deliveries += 1;
        self.acker = Some(acker);
        let Some(event) = event else { return };
        self.bytes += event.body.len();
        if !self.events.last_mut().is_some_and(|last| last.push(event)) {
            self.events.push(log::Batch::of(self.tap, [event]));
        }
    }

    /// When it is sent even if it is not full.
    fn due(&self) -> Instant {
        self.began + BATCH_TIME
    }

    fn is_full(&self) -> bool {
        self.deliveries >= BATCH_EVENTS || self.bytes >= BATCH_BYTES
    }

    /// Bytes of one body on average.
    fn average(&self) -> u64 {
        (self.bytes / self.deliveries.max(1)) as u64
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
    let name = match codec::short("name of the queue", queue) {
        Ok(name) => name,
        Err(error) => return error.to_string(),
    };
    // When it was last seen to have room, and whether it was full since.
    let mut had_room = Utc::now();
    let limit = limit_in_force(wires, queue).await;
    let mut was_full = false;
    let mut tick = tokio::time::interval(DEPTH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_waited_for = tokio::select! {
            _ = tick.tick() => false,
            () = pace.was_slow.notified() => true,
        };
        let asked_at = Utc::now();
        let options = QueueDeclareOptions::default().passive();
        let answer = probe.queue_declare(name.clone(), options, WireTable::default());
        let depth = match Trouble::limit(answer).await {
            Ok(found) => u64::from(found.message_count()),
            Err(trouble) if trouble.code == Some(404) => {
                return "The tap's queue was deleted in the broker. Start the tap again".to_owned();
            }
            Err(trouble) => return trouble.words,
        };
        let full = is_full(depth, pace.body_bytes.load(Ordering::Relaxed), limit);
        // What was dropped was dropped at some time between two looks, so the looks around it
        // are told, also the first one that finds room again.
        if full || was_full {
            let (from, to) = (had_room, Utc::now());
            let state = TapState::Overflowing { from, to };
            wires.outbox.send(Update::Tap { tap, state }).await;
        }
        if !full {
            had_room = asked_at;
        }
        was_full = full;
        if is_waited_for {
            pace.looked.notify_one();
        }
    }
}

/// Of the queue's own limit and that of a policy the smaller one counts.
async fn limit_in_force(wires: &Wires, queue: &str) -> Limit {
    let own = wires.tap_limit;
    if wires.knowledge().await.topology.source != TopologySource::Management {
        return own;
    }
    let endpoint = wires.endpoint.as_ref().clone();
    let (messages, bytes) = management::policy_limit(endpoint, queue.to_owned()).await;
    Limit {
        messages: messages.map_or(own.messages, |policy| policy.min(own.messages)),
        bytes: bytes.map_or(own.bytes, |policy| policy.min(own.bytes)),
    }
}

/// Full by count, or by bytes as far as the average size of what came lately can tell.
fn is_full(depth: u64, average_bytes: u64, limit: Limit) -> bool {
    let full = |found: u64, most: u32| found.saturating_mul(100) >= u64::from(most) * FULL_PERCENT;
    full(depth, limit.messages) || full(depth.saturating_mul(average_bytes), limit.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_counts_as_full_a_little_early_by_count_or_bytes() {
        let limit = Limit {
            messages: 100,
            bytes: 1_000,
        };
        for (depth, average, expected) in [
            (94, 1, false),
            (95, 1, true),
            (9, 100, false),
            (10, 95, true),
            (0, u64::MAX, false),
            (u64::MAX, u64::MAX, true),
        ] {
            assert_eq!(
                is_full(depth, average, limit),
                expected,
                "{depth} {average}"
            );
        }
    }
}
