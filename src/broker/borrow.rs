//! Borrows messages from a queue and puts them back as they were.
//!
//! AMQP has no peek: a message is looked at by taking it and giving it back. Rules that keep the
//! queue as it was, each learnt from the broker's behaviour:
//! - Everything is given back by one `basic.nack` for all, in one go: that keeps the order. A
//!   reject, or closing the channel, counts against a quorum queue's delivery limit also where a
//!   nack does not.
//! - A quorum queue with a delivery limit mixes up what one consumer gives back at once, if that
//!   is more than 32 messages: there each consumer gets no more, and not too many of them give
//!   back at a time. What it takes back goes before all that was never handed out, but behind what
//!   others gave back before: so a borrow takes all of the former, or the order changes.
//! - A queue that deletes itself with its last consumer must never get a consumer of ours, so such
//!   a queue, or one that might be, is read by `basic.get`.
//! - Consumers get small prefetch windows. The broker loads a whole window into memory, so a large
//!   one over large messages would hurt it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::StreamExt as _;
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions,
    BasicQosOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable as WireTable, ShortString};
use tokio::sync::watch;

use super::budget::deliveries;
use super::codec;
use super::trouble::Trouble;
use super::wires::{Knowledge, Wires, close};
use crate::domain::peek_rules::Order;
use crate::domain::record::RecordId;
use crate::domain::{Event, Queue, TopologySource};

/// How long a borrow waits for a message that should be there: another consumer may have it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often, and with what pause, one looks whether a queue has taken messages back.
const SETTLE_LOOKS: u32 = 25;
const SETTLE_PAUSE: Duration = Duration::from_millis(20);
/// Messages in the first window, while their size is not known.
const FIRST_WINDOW: u16 = 8;
/// Bytes that a later window is meant to hold.
const WINDOW_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes that are borrowed in addition.
const MORE_BYTES: usize = 64 * 1024 * 1024;
/// Most messages in a window.
const WINDOW: u16 = 4_096;
/// Most messages in a window of a queue that mixes up more, and windows that it takes back at once.
/// It keeps what a consumer has in an Erlang map, which is sorted up to this size; and from 32
/// commands under way on, it collects further ones in another such map.
const SORTED_WINDOW: u16 = 32;
const SORTED_WINDOWS: usize = 16;

/// How much may be borrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Most messages.
    pub messages: u32,
    /// Most bytes of bodies; passed by one window at most.
    pub bytes: usize,
}

/// Borrowed messages. Dropping it gives them back too, by closing the channel; [`Loan::give_back`]
/// is the gentle way.
pub(super) struct Loan {
    channel: Channel,
    queue: ShortString,
    /// Others were consuming when it began.
    is_shared: bool,
    /// Messages that were ready when it began.
    pub depth: u32,
    /// What is borrowed and not yet acknowledged, by delivery tag, hence in queue order.
    pub messages: BTreeMap<u64, Arc<Event>>,
    /// When it began.
    pub since: Instant,
    /// How many messages were borrowed at first.
    pub looked_at: usize,
    /// Those were all that were ready.
    pub is_complete: bool,
    /// Records in the journal of what the broker would throw out when it comes back, by tag.
    pub copies: BTreeMap<u64, RecordId>,
    /// Taking a consumer away again cannot delete the queue.
    by_consumer: bool,
    /// Most messages that a consumer may have.
    most: u16,
    /// Consumers that it had so far.
    windows: u16,
}

/// Borrows from a queue, oldest first. Stops early when `stop` turns true.
///
/// # Errors
/// In words what is wrong and what to do. Nothing is borrowed then.
pub(super) async fn borrow(
    wires: &Wires,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<Loan, String> {
    let explain = |trouble: &Trouble| refusal_words(queue, trouble);
    let name = codec::short("name of the queue", queue).map_err(|error| error.to_string())?;
    let channel = wires.reading_channel().await.map_err(|t| t.words)?;
    let (depth, consumers) = look(&channel, name.clone())
        .await
        .map_err(|t| explain(&t))?;
    let mut loan = Loan {
        channel,
        queue: name.clone(),
        is_shared: consumers > 0,
        depth,
        messages: BTreeMap::new(),
        since: Instant::now(),
        looked_at: 0,
        is_complete: false,
        copies: BTreeMap::new(),
        by_consumer: may_consume(knowledge, queue, consumers),
        most: if mixes_up(knowledge, queue) {
            SORTED_WINDOW
        } else {
            WINDOW
        },
        windows: 0,
    };
    let wanted = usize::try_from(depth.min(bounds.messages)).unwrap_or(usize::MAX);
    if let Err(trouble) = loan.take(wanted, bounds.bytes, stop).await {
        return Err(explain(&trouble));
    }
    loan.looked_at = loan.messages.len();
    loan.is_complete = loan.looked_at >= usize::try_from(depth).unwrap_or(usize::MAX);
    if !loan.is_complete && loan.looked_at < wanted {
        // Fewer came than were counted. If none is ready now, those that are missing are gone.
        let left = look(&loan.channel, name).await.map_err(|t| explain(&t))?;
        loan.is_complete = left.0 == 0;
    }
    Ok(loan)
}

/// Ready messages and consumers of a queue.
async fn look(channel: &Channel, queue: ShortString) -> Result<(u32, u32), Trouble> {
    let options = QueueDeclareOptions::default().passive();
    let found = Trouble::limit(channel.queue_declare(queue, options, WireTable::default())).await?;
    Ok((found.message_count(), found.consumer_count()))
}

/// True if taking a consumer away again cannot delete the queue: it is known not to be one that
/// deletes itself, or other consumers keep it.
fn may_consume(knowledge: &Knowledge, queue: &str, consumers: u32) -> bool {
    let known = knowledge.topology.source == TopologySource::Management
        && knowledge.topology.queue(queue).is_some();
    consumers > 0 || (known && !knowledge.auto_delete.contains(queue))
}

/// True for quorum queues that count deliveries. Those that do not take each message back by a
/// command of its own.
fn mixes_up(knowledge: &Knowledge, queue: &str) -> bool {
    let is_quorum = |queue: &Queue| queue.kind == "quorum";
    let terms = knowledge.terms(queue);
    knowledge.topology.queue(queue).is_some_and(is_quorum)
        && terms.is_some_and(|terms| terms.order != Order::KeptIfAll)
}

fn refusal_words(queue: &str, trouble: &Trouble) -> String {
    match trouble.code {
        Some(404) => format!(
            "There is no queue {queue} in this virtual host. Check its name, or read the topology \
             again"
        ),
        Some(403) if trouble.words.contains("exclusive") => {
            format!("Another consumer has the queue {queue} for itself. Stop it first")
        }
        Some(403) => trouble.and(&format!(
            "Looking into a queue needs the read permission on {queue}"
        )),
        Some(405) => format!(
            "The queue {queue} belongs to one connection alone, so nobody else can look into it"
        ),
        _ => trouble.words.clone(),
    }
}

impl Loan {
    /// Messages that lay behind those that were borrowed at first.
    pub(super) fn behind(&self) -> u32 {
        let taken = u32::try_from(self.looked_at).unwrap_or(u32::MAX);
        self.depth.saturating_sub(taken)
    }

    /// Messages that are ready now, beside the borrowed ones.
    ///
    /// # Errors
    /// If the broker does not say.
    pub(super) async fn ready(&self) -> Result<u32, Trouble> {
        let (ready, _) = look(&self.channel, self.queue.clone()).await?;
        Ok(ready)
    }

    /// Borrows so many more, which go back with the others.
    ///
    /// # Errors
    /// If the connection broke.
    pub(super) async fn more(
        &mut self,
        count: u32,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Vec<Arc<Event>>, Trouble> {
        let newest = self.messages.keys().next_back().copied();
        let wanted = self.messages.len() + usize::try_from(count).unwrap_or(0);
        self.take(wanted, MORE_BYTES, stop).await?;
        let from = newest.map_or(0, |newest| newest + 1);
        Ok(self
            .messages
            .range(from..)
            .map(|(_, event)| Arc::clone(event))
            .collect())
    }

    /// Borrows until so many are held.
    async fn take(
        &mut self,
        wanted: usize,
        most_bytes: usize,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Trouble> {
        let queue = self.queue.clone();
        if self.by_consumer {
            self.consume(&queue, wanted, most_bytes, stop).await
        } else {
            self.get(&queue, wanted, most_bytes, stop).await
        }
    }

    async fn consume(
        &mut self,
        queue: &ShortString,
        wanted: usize,
        most_bytes: usize,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Trouble> {
        let mut bytes = 0;
        loop {
            let room = Room {
                messages: wanted - self.messages.len().min(wanted),
                bytes: most_bytes.saturating_sub(bytes),
            };
            if room.messages == 0 || room.bytes == 0 || *stop.borrow() {
                break;
            }
            let size = room.window(self.messages.len(), bytes).min(self.most);
            let qos = self.channel.basic_qos(size, BasicQosOptions::default());
            Trouble::limit(qos).await?;
            // The broker gives back consumer by consumer in the order of their tags.
            let tag: ShortString = format!("eventscope-{:05}", self.windows).into();
            self.windows = self.windows.wrapping_add(1);
            let options = BasicConsumeOptions::default();
            let arguments = WireTable::default();
            let consuming =
                self.channel
                    .basic_consume(queue.clone(), tag.clone(), options, arguments);
            let mut consumer = Trouble::limit(consuming).await?;
            let mut came = 0;
            let mut quiet = false;
            while came < size && !quiet {
                tokio::select! {
                    biased;
                    _ = stop.wait_for(|stop| *stop) => quiet = true,
                    next = tokio::time::timeout(PATIENCE, consumer.next()) => match next {
                        Ok(Some(delivery)) => {
                            bytes += self.keep(delivery?);
                            came += 1;
                        }
                        Ok(None) | Err(_) => quiet = true,
                    },
                }
            }
            let cancel = self
                .channel
                .basic_cancel(tag, BasicCancelOptions::default());
            Trouble::limit(cancel).await?;
            // What was under way has come before the answer to the cancel, and is ours now.
            while let Some(delivery) = consumer.next().await {
                bytes += self.keep(delivery?);
            }
            if quiet {
                break;
            }
        }
        Ok(())
    }

    async fn get(
        &mut self,
        queue: &ShortString,
        wanted: usize,
        most_bytes: usize,
        stop: &watch::Receiver<bool>,
    ) -> Result<(), Trouble> {
        let mut bytes = 0;
        while self.messages.len() < wanted && bytes < most_bytes && !*stop.borrow() {
            let asked = self
                .channel
                .basic_get(queue.clone(), BasicGetOptions::default());
            match Trouble::limit(asked).await? {
                Some(message) => bytes += self.keep(message.delivery),
                None => break,
            }
        }
        Ok(())
    }

    fn keep(&mut self, delivery: Delivery) -> usize {
        let bytes = delivery.data.len();
        let tag = delivery.delivery_tag;
        self.messages
            .insert(tag, Arc::new(codec::event(Utc::now(), delivery)));
        bytes
    }

    /// Borrows on as long as the last message was handed out before, because what is given back
    /// goes behind others of that kind. False if some are left behind, so that the order changes.
    ///
    /// # Errors
    /// If the connection broke.
    pub(super) async fn cover_returned(
        &mut self,
        bounds: Bounds,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<bool, Trouble> {
        let most = usize::try_from(bounds.messages).unwrap_or(usize::MAX);
        loop {
            let last = self.messages.values().next_back();
            if self.is_complete || last.is_none_or(|last| deliveries(last) == 0) {
                return Ok(true);
            }
            let held: usize = self.messages.values().map(|event| event.body.len()).sum();
            if self.messages.len() >= most || held >= bounds.bytes || *stop.borrow() {
                return Ok(false);
            }
            let wanted = (self.messages.len() + usize::from(SORTED_WINDOW)).min(most);
            self.take(wanted, bounds.bytes - held, stop).await?;
            let fewer = self.messages.len() < wanted;
            self.looked_at = self.messages.len();
            self.is_complete = fewer && self.ready().await? == 0;
            if fewer && !self.is_complete {
                return Ok(false);
            }
        }
    }

    /// True for queues where [`Loan::cover_returned`] matters.
    pub(super) fn mixes_up(&self) -> bool {
        self.most == SORTED_WINDOW
    }

    /// Takes messages out of the queue for good.
    ///
    /// # Errors
    /// If it is not certain that the broker has done it, for any of them.
    pub(super) async fn remove(&mut self, tags: &[u64]) -> Result<(), Trouble> {
        if tags.is_empty() {
            return Ok(());
        }
        // Where these are all up to the newest of them, one word is enough.
        let newest = tags.iter().max().copied().unwrap_or_default();
        if self.messages.range(..=newest).count() == tags.len() {
            let options = BasicAckOptions { multiple: true };
            Trouble::limit(self.channel.basic_ack(newest, options)).await?;
        } else {
            for tag in tags {
                let acked = self.channel.basic_ack(*tag, BasicAckOptions::default());
                Trouble::limit(acked).await?;
            }
        }
        self.prove().await?;
        for tag in tags {
            self.messages.remove(tag);
        }
        Ok(())
    }

    /// Puts everything that is left back, and makes sure that the broker has done it.
    ///
    /// # Errors
    /// If the connection broke; the broker puts the messages back then by itself.
    pub(super) async fn give_back(self) -> Result<(), Trouble> {
        let tags: Vec<u64> = self.messages.keys().copied().collect();
        let at_once = if self.mixes_up() {
            usize::from(SORTED_WINDOW) * SORTED_WINDOWS
        } else {
            tags.len()
        };
        // Where others take messages, what was taken back cannot be seen, and is not waited for.
        let mut waits = !self.is_shared && !tags.is_empty();
        let mut expected = if waits { self.ready().await? } else { 0 };
        for part in tags.chunks(at_once.max(1)) {
            let Some(newest) = part.last() else { continue };
            let options = BasicNackOptions {
                multiple: true,
                requeue: true,
            };
            Trouble::limit(self.channel.basic_nack(*newest, options)).await?;
            self.prove().await?;
            expected = expected.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
            waits = waits && self.settles(expected).await?;
        }
        close(&self.channel).await;
        Ok(())
    }

    /// Waits a moment until so many are ready; false if they are not. The channel has passed on by
    /// now what was given back, but a quorum queue takes its time to agree on it, and who looks at
    /// once would find the queue empty.
    async fn settles(&self, expected: u32) -> Result<bool, Trouble> {
        for _ in 0..SETTLE_LOOKS {
            if self.ready().await? >= expected {
                return Ok(true);
            }
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
        Ok(false)
    }

    /// Acknowledgements have no answer. A question behind one on the same channel has, and the
    /// broker takes them in order.
    async fn prove(&self) -> Result<(), Trouble> {
        let question = self.channel.basic_qos(1, BasicQosOptions::default());
        Trouble::limit(question).await
    }
}

/// What may still be borrowed.
struct Room {
    messages: usize,
    bytes: usize,
}

impl Room {
    /// The size of the next window, judged by what came so far.
    fn window(&self, messages: usize, bytes: usize) -> u16 {
        let by_bytes = match bytes.checked_div(messages) {
            None => usize::from(FIRST_WINDOW),
            Some(average) => self.bytes.min(WINDOW_BYTES) / average.max(1),
        };
        let size = by_bytes.min(self.messages).clamp(1, usize::from(WINDOW));
        u16::try_from(size).unwrap_or(WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Topology;

    #[test]
    fn windows_grow_with_small_messages_and_stay_small_with_large_ones() {
        let room = |messages, bytes| Room { messages, bytes };
        assert_eq!(room(1_000, 64_000_000).window(0, 0), FIRST_WINDOW);
        assert_eq!(room(3, 64_000_000).window(0, 0), 3);
        assert_eq!(room(9_000, 64_000_000).window(8, 8_000), WINDOW);
        assert_eq!(room(9_000, 64_000_000).window(8, 8 * 4_000_000), 4);
        assert_eq!(room(9_000, 1).window(8, 8 * 4_000_000), 1);
        assert_eq!(room(9_000, 64_000_000).window(8, 0), WINDOW);
    }

    #[test]
    fn a_queue_that_may_delete_itself_gets_no_consumer() {
        let mut knowledge = Knowledge::default();
        assert!(!may_consume(&knowledge, "q", 0), "nothing is known");
        assert!(may_consume(&knowledge, "q", 1), "others keep it");
        knowledge.topology = Topology {
            source: TopologySource::Management,
            queues: vec![Queue::named("q"), Queue::named("auto")],
            ..Topology::default()
        };
        knowledge.auto_delete.insert("auto".into());
        assert!(may_consume(&knowledge, "q", 0));
        assert!(!may_consume(&knowledge, "auto", 0));
        assert!(!may_consume(&knowledge, "newer than the topology", 0));
    }
}
