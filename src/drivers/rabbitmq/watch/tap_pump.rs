//! What a tap does while it listens: its deliveries go to the window in batches, and its queue is
//! watched for overflow.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, QueueDeclareOptions};
use lapin::types::FieldTable as WireTable;
use lapin::{Channel, Consumer};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::tap::WantedTap;
use super::tap_queue::TapQueue;
use super::trace_codec;
use crate::drivers::rabbitmq::connection::codec;
use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::management;
use crate::event::Event;
use crate::event::tap_id::TapId;
use crate::log;
use crate::protocol::{SourceUpdate, TapState};
use crate::rabbitmq::tap::Limit;
use crate::rabbitmq::topology::TopologySource;

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

/// How long what a broken connection had brought may take to be read.
const REST_LIMIT: Duration = Duration::from_secs(10);

/// Why a tap does not listen any more.
pub(crate) enum PumpEnd {
    /// Its queue is gone, and its connection stands.
    Deleted,
    /// Its connection broke. All that was published up to this moment was seen.
    Broke(BrokerError, DateTime<Utc>),
}

/// Listens. Only ends in trouble; what had come by then was told.
pub(crate) async fn listen(
    connections: &Connections,
    wanted: &WantedTap,
    queue: &mut TapQueue,
) -> PumpEnd {
    let pace = PumpPace::new();
    let TapQueue {
        name,
        consumer,
        probe,
    } = queue;
    let pump = pump(connections, wanted, consumer, &pace);
    tokio::pin!(pump);
    let trouble = tokio::select! {
        trouble = &mut pump => trouble,
        trouble = watch_depth(connections, wanted.tap(), probe, name, &pace) => match trouble {
            None => None,
            // The pump hears of it too, and knows better why, behind what it has still to tell.
            Some(seen) => match tokio::time::timeout(REST_LIMIT, pump).await {
                Ok(Some(trouble)) => Some(trouble),
                Ok(None) | Err(_) => Some(seen),
            },
        },
    };
    match trouble {
        None => PumpEnd::Deleted,
        Some(trouble) => PumpEnd::Broke(trouble, pace.seen_until()),
    }
}

/// What the pump tells whoever watches the depth.
struct PumpPace {
    /// Everything that came before this moment was read, in milliseconds.
    seen_until: AtomicI64,
    /// Bytes of one body on average, lately.
    body_bytes: AtomicU64,
    /// Nothing was acknowledged for a while, so the queue may have filled up.
    was_slow: Notify,
    /// The depth has been looked at since.
    looked: Notify,
}

impl PumpPace {
    fn new() -> Self {
        Self {
            seen_until: AtomicI64::new(Utc::now().timestamp_millis()),
            body_bytes: AtomicU64::default(),
            was_slow: Notify::default(),
            looked: Notify::default(),
        }
    }

    /// Nothing was waiting just now.
    fn see(&self) {
        let now = Utc::now().timestamp_millis();
        self.seen_until.store(now, Ordering::Relaxed);
    }

    fn seen_until(&self) -> DateTime<Utc> {
        let seen = self.seen_until.load(Ordering::Relaxed);
        DateTime::from_timestamp_millis(seen).unwrap_or_else(Utc::now)
    }
}

/// Reads deliveries and sends them on in batches. A batch is acknowledged only when the window's
/// queue has taken it, so a slow window fills the tap's queue in the broker and not our memory.
/// Nothing is given if the queue was deleted.
async fn pump(
    connections: &Connections,
    wanted: &WantedTap,
    consumer: &mut Consumer,
    pace: &PumpPace,
) -> Option<BrokerError> {
    let tap = wanted.tap();
    let mut batch = PumpBatch::new(tap);
    // Where the connection is gone, what it had brought is still told, up to the reason.
    let mut is_dead = false;
    loop {
        // What is there already needs no timer.
        let next = if let Some(next) = consumer.next().now_or_never() {
            Some(next)
        } else {
            let next = tokio::select! {
                biased;
                () = tokio::time::sleep_until(batch.due()), if batch.deliveries > 0 => None,
                next = consumer.next() => Some(next),
            };
            pace.see();
            next
        };
        let end = match next {
            None => None,
            Some(Some(Ok(delivery))) => {
                let acker = delivery.acker.clone();
                batch.push(acker, event(connections, wanted, delivery).as_ref());
                if !batch.is_full() && Instant::now() < batch.due() {
                    continue;
                }
                None
            }
            Some(Some(Err(error))) => Some(Some(BrokerError::from(error))),
            Some(None) => Some(None),
        };
        pace.body_bytes.store(batch.average(), Ordering::Relaxed);
        let full = std::mem::replace(&mut batch, PumpBatch::new(tap));
        for events in full.events {
            connections.outbox.send(SourceUpdate::Events(events)).await;
        }
        if let Some(trouble) = end {
            return trouble;
        }
        if is_dead {
            continue;
        }
        if full.began.elapsed() >= SLOW {
            // The acknowledgement lets the queue drain, and then nobody could tell that it was full.
            pace.was_slow.notify_one();
            pace.looked.notified().await;
        }
        if let Some(acker) = full.acker {
            let acked = acker.ack(BasicAckOptions { multiple: true }).await;
            is_dead = acked.is_err();
        }
    }
}

/// The event of a delivery; `None` if it is nothing to show.
fn event(connections: &Connections, wanted: &WantedTap, delivery: Delivery) -> Option<Event> {
    match wanted {
        WantedTap::Exchange(_) => Some(codec::event(Utc::now(), delivery)),
        WantedTap::Firehose(_) => connections.with_taps(|taps| {
            let is_own = |queue: &str| taps.values().any(|tap| tap.queue == queue);
            trace_codec::event(Utc::now(), delivery, is_own)
        }),
    }
}

/// Events that wait to be sent together.
struct PumpBatch {
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

impl PumpBatch {
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
/// for the window must not stop this; only ends in trouble. Nothing is given if the queue is gone.
async fn watch_depth(
    connections: &Connections,
    tap: TapId,
    probe: &Channel,
    queue: &str,
    pace: &PumpPace,
) -> Option<BrokerError> {
    let name = match codec::short("name of the queue", queue) {
        Ok(name) => name,
        Err(error) => return Some(error.into()),
    };
    // When it was last seen to have room, and whether it was full since.
    let mut had_room = Utc::now();
    let limit = limit_in_force(connections, queue).await;
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
        let depth = match BrokerError::limit(answer).await {
            Ok(found) => u64::from(found.message_count()),
            Err(trouble) if trouble.code == Some(404) => return None,
            Err(trouble) => return Some(trouble),
        };
        let full = is_full(depth, pace.body_bytes.load(Ordering::Relaxed), limit);
        // What was dropped was dropped at some time between two looks, so the looks around it
        // are told, also the first one that finds room again.
        if full || was_full {
            let (from, to) = (had_room, Utc::now());
            let state = TapState::Overflowing { from, to };
            connections
                .outbox
                .send(SourceUpdate::Tap { tap, state })
                .await;
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
async fn limit_in_force(connections: &Connections, queue: &str) -> Limit {
    let own = connections.tap_limit;
    if connections.knowledge().await.topology.source != TopologySource::Management {
        return own;
    }
    let endpoint = connections.endpoint.as_ref().clone();
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
