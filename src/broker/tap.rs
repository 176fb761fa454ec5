//! A running tap: a temporary queue of our own, bound to an exchange, read in batches.
//!
//! The queue is exclusive, so it dies with the connection whatever happens to the app. Its limits
//! and its overflow rule are arguments, because arguments overrule any policy: without our own
//! dead-letter exchange a policy on all queues would send what overflows to the application's
//! dead-letter queue.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable as WireTable, LongString};
use lapin::{Channel, Consumer};
use tokio::sync::watch;
use tokio::time::Instant;

use super::codec;
use super::trouble::Trouble;
use super::wires::{RunningTap, Wires};
use crate::domain::tap::{self, MAX_BYTES, MAX_LENGTH, TapId, TapRequest, VOID_EXCHANGE};
use crate::domain::{Event, ExchangeKind};
use crate::protocol::{TapState, Update};

/// Deliveries under way at most; the rest waits in the broker.
const PREFETCH: u16 = 1_000;
/// A batch is sent at this many events …
const BATCH_EVENTS: usize = 256;
/// … or this many bytes …
const BATCH_BYTES: usize = 1_000_000;
/// … or this long after its first event.
const BATCH_TIME: Duration = Duration::from_millis(16);
/// How often the depth of the tap's queue is looked at.
const DEPTH_EVERY: Duration = Duration::from_secs(1);
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
    let told = tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => TapState::Stopped,
        trouble = listen(&wires, &request, lost_since) => {
            if !wires.reading.status().connected() {
                // It stays among the running taps: the session sees there that it had run.
                return TapEnd::Lost;
            }
            TapState::Refused(trouble)
        }
    };
    wires.with_taps(|taps| taps.remove(&request.tap));
    TapEnd::Told(told)
}

/// Only ends in trouble, told in words.
async fn listen(wires: &Wires, request: &TapRequest, lost_since: Option<DateTime<Utc>>) -> String {
    let (consumer, probe, queue) = match set_up(wires, request).await {
        Ok(ready) => ready,
        Err(words) => return words,
    };
    let id = request.tap;
    wires.with_taps(|taps| {
        let exchange = request.exchange.clone();
        let queue = queue.clone();
        taps.insert(id, RunningTap { exchange, queue })
    });
    let state = match lost_since {
        None => TapState::Running {
            queue: queue.clone(),
        },
        Some(from) => TapState::Resumed {
            queue: queue.clone(),
            from,
            to: Utc::now(),
        },
    };
    wires.outbox.send(Update::Tap { tap: id, state }).await;
    let (sizes, average) = watch::channel(0_u64);
    tokio::select! {
        words = pump(wires, id, consumer, &sizes) => words,
        words = watch_depth(wires, id, &probe, &queue, &average) => words,
    }
}

/// Declares, binds and consumes. Gives a consumer, a second channel and the queue's name.
async fn set_up(
    wires: &Wires,
    request: &TapRequest,
) -> Result<(Consumer, Channel, String), String> {
    let exchange = request.exchange.as_str();
    let knowledge = wires.knowledge().await;
    let kind = knowledge
        .topology
        .exchange(exchange)
        .map_or(&ExchangeKind::Unknown, |known| &known.kind);
    if let Some(words) = tap::refusal(exchange, kind) {
        return Err(words);
    }
    let keys = binding_keys(request, kind)?;
    let (channel, queue) = declare(wires).await?;
    let explain = |trouble: &Trouble| bind_words(exchange, trouble);
    for key in &keys {
        bind(&channel, &queue, exchange, key, kind)
            .await
            .map_err(|trouble| explain(&trouble))?;
    }
    let consuming = async {
        Trouble::limit(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
        let options = BasicConsumeOptions {
            exclusive: true,
            ..BasicConsumeOptions::default()
        };
        let name = codec::short("name of the queue", &queue)?;
        let arguments = WireTable::default();
        let consumer = channel.basic_consume(name, "eventscope-tap".into(), options, arguments);
        let consumer = Trouble::limit(consumer).await?;
        Ok((consumer, wires.reading_channel().await?))
    };
    match consuming.await {
        Ok((consumer, probe)) => Ok((consumer, probe, queue)),
        Err(trouble) => Err(explain(&trouble)),
    }
}

/// The keys to bind: for types that look at no key an empty one is enough.
fn binding_keys(request: &TapRequest, kind: &ExchangeKind) -> Result<Vec<String>, String> {
    let keys = &request.binding_keys;
    match kind {
        ExchangeKind::Fanout | ExchangeKind::Headers => Ok(vec![String::new()]),
        ExchangeKind::Topic if keys.is_empty() => Ok(vec!["#".to_owned()]),
        _ if keys.is_empty() => Err(format!(
            "No routing key of {} is known, and it compares keys letter by letter. Type in the \
             keys to listen to",
            request.exchange
        )),
        _ => Ok(keys.clone()),
    }
}

async fn declare(wires: &Wires) -> Result<(Channel, String), String> {
    let refused = |trouble: &Trouble| {
        trouble.and(
            "A tap needs a temporary queue: ask for the configure, write and read permissions on \
             queues named amq.gen-…, and the write permission on eventscope.void",
        )
    };
    let channel = wires
        .reading_channel()
        .await
        .map_err(|trouble| trouble.words)?;
    let void = dead_letters_to(VOID_EXCHANGE, None);
    match declare_with(&channel, void).await {
        Ok(queue) => Ok((channel, queue)),
        // RabbitMQ checks the write permission on the name even though no such exchange exists.
        // The default exchange with the name of no queue drops just as well.
        Err(trouble) if trouble.code == Some(403) && trouble.words.contains(VOID_EXCHANGE) => {
            let channel = wires
                .reading_channel()
                .await
                .map_err(|trouble| trouble.words)?;
            let nowhere = dead_letters_to("", Some(VOID_EXCHANGE));
            match declare_with(&channel, nowhere).await {
                Ok(queue) => Ok((channel, queue)),
                Err(second) => Err(refused(&second)),
            }
        }
        Err(trouble) => Err(refused(&trouble)),
    }
}

fn dead_letters_to(exchange: &str, key: Option<&str>) -> WireTable {
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut arguments = WireTable::default();
    arguments.insert("x-queue-type".into(), text("classic"));
    arguments.insert(
        "x-max-length".into(),
        AMQPValue::LongLongInt(i64::from(MAX_LENGTH)),
    );
    arguments.insert(
        "x-max-length-bytes".into(),
        AMQPValue::LongLongInt(MAX_BYTES),
    );
    // Any other rule would make a full tap refuse what the application publishes.
    arguments.insert("x-overflow".into(), text("drop-head"));
    arguments.insert("x-dead-letter-exchange".into(), text(exchange));
    if let Some(key) = key {
        arguments.insert("x-dead-letter-routing-key".into(), text(key));
    }
    arguments
}

async fn declare_with(channel: &Channel, arguments: WireTable) -> Result<String, Trouble> {
    let options = QueueDeclareOptions::exclusive().auto_delete();
    let queue = Trouble::limit(channel.queue_declare("".into(), options, arguments)).await?;
    Ok(queue.name().to_string())
}

async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
    kind: &ExchangeKind,
) -> Result<(), Trouble> {
    let mut arguments = WireTable::default();
    if *kind == ExchangeKind::Headers {
        // "All of no headers" accepts every message; "any of none" would accept none.
        arguments.insert(
            "x-match".into(),
            AMQPValue::LongString(LongString::from("all")),
        );
    }
    let queue = codec::short("name of the queue", queue)?;
    let exchange = codec::short("name of the exchange", exchange)?;
    let key = codec::short("binding key", key)?;
    let options = QueueBindOptions::default();
    Trouble::limit(channel.queue_bind(queue, exchange, key, options, arguments)).await
}

fn bind_words(exchange: &str, trouble: &Trouble) -> String {
    match trouble.code {
        Some(404) => format!(
            "There is no exchange {exchange} in this virtual host. Check its name, or read the \
             topology again"
        ),
        Some(403) => trouble.and(&format!(
            "A tap needs the read permission on the exchange {exchange}"
        )),
        _ => trouble.words.clone(),
    }
}

/// Reads deliveries and sends them on in batches. A batch is acknowledged only when the window's
/// queue has taken it, so a slow window fills the tap's queue in the broker and not our memory.
async fn pump(
    wires: &Wires,
    tap: TapId,
    mut consumer: Consumer,
    sizes: &watch::Sender<u64>,
) -> String {
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
        sizes.send_replace(batch.average());
        let full = std::mem::take(&mut batch);
        let events = full.events;
        wires.outbox.send(Update::Events { tap, events }).await;
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
    average: &watch::Receiver<u64>,
) -> String {
    let Ok(name) = codec::short("name of the queue", queue) else {
        return std::future::pending().await;
    };
    let mut tick = tokio::time::interval(DEPTH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let options = QueueDeclareOptions::default().passive();
        let asked = probe.queue_declare(name.clone(), options, WireTable::default());
        let depth = match Trouble::limit(asked).await {
            Ok(found) => u64::from(found.message_count()),
            Err(trouble) if trouble.code == Some(404) => {
                return "The tap's queue was deleted in the broker. Start the tap again".to_owned();
            }
            Err(trouble) => return trouble.words,
        };
        if is_full(depth, *average.borrow()) {
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
