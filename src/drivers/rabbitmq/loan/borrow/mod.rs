//! Borrows messages from a queue and puts them back as they were.
//!
//! AMQP has no peek: a message is looked at by taking it and giving it back. Rules that keep the
//! queue as it was, each learnt from the broker's behaviour:
//! - Everything is given back by one `basic.nack` for all, in one go: that keeps the order. A
//!   reject, or closing the channel, counts against a quorum queue's delivery limit also where a
//!   nack does not.
//! - A quorum queue that puts back near the head mixes up what one consumer gives back at once, if
//!   that is more than 32 messages: there each consumer gets no more, and not more than 16 of them
//!   give back at a time. What it takes back goes before all that was never handed out, but behind
//!   what others gave back before: so a borrow takes all of the former, or the order changes.
//! - A queue with a delivery limit may hold messages that a broken connection costs it. There little
//!   is handed out at a time, a single message while such ones lie there, and each of them is in the
//!   journal before the next is handed out.
//! - A queue that deletes itself with its last consumer must never get a consumer of ours, so such
//!   a queue, or one that might be, is read by `basic.get`.
//! - Consumers get small prefetch windows. The broker loads a whole window into memory, so a large
//!   one over large messages would hurt it.
//! - Each borrow has a connection of its own: a message that the client cannot read breaks that one
//!   alone, and not the taps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions,
    BasicQosOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable as WireTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::watch;

use super::budget;
use super::error_text::{refusal_words, unreadable_words};
use super::renewal::Keeper;
use super::room::{Room, WINDOW};
use crate::drivers::rabbitmq::connection::connections::{Connections, Knowledge, close};
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::connection::{codec, connect};
use crate::event::Event;
use crate::rabbitmq::delivery_limit::{CountLimit, was_handed_out};
use crate::rabbitmq::peek_rules::active_words;
use crate::rabbitmq::topology::TopologySource;
use crate::repair::journal_entry::RecordId;

/// How long a borrow waits for a message that should be there: another consumer may have it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often, and with what pause, one looks whether a queue has taken messages back.
const SETTLE_LOOKS: u32 = 25;
const SETTLE_PAUSE: Duration = Duration::from_millis(20);
/// Most bytes that are borrowed in addition.
const MORE_BYTES: usize = 64 * 1024 * 1024;
/// Most messages in a window of a queue that mixes up more, and windows that it takes back at once.
/// It keeps what a consumer has in an Erlang map, which is sorted up to this size; and from 32
/// commands under way on, it collects further ones in another such map.
const SORTED_WINDOW: u16 = 32;
/// *(Run on 3.10, 4.0 and 4.3.)*
const SORTED_WINDOWS: usize = 16;

/// Most messages in a window of a queue that mixes up what many consumers had when their connection
/// breaks. *(Run on 4.0: up to 32 consumers it keeps the order; on 4.3 always. On both what one
/// consumer gives back is in order, however much it is.)* All that is borrowed at once needs fewer.
const LARGE_WINDOW: u16 = 512;

/// How much may be borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Most messages.
    pub messages: u32,
    /// Most bytes of bodies; passed by one window at most.
    pub bytes: usize,
}

/// Borrowed messages. Dropping it gives them back too, by closing the connection;
/// [`Loan::give_back`] is the gentle way.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about the queue that are independent of each other"
)]
pub(crate) struct Loan {
    connection: Connection,
    channel: Channel,
    queue: ShortString,
    /// Others were consuming when it began.
    is_shared: bool,
    /// Messages that were ready when it began.
    pub depth: u32,
    /// What is borrowed and not yet acknowledged, by delivery tag, hence in queue order.
    pub messages: BTreeMap<u64, Arc<Event>>,
    pub since: Instant,
    /// How many messages were borrowed at first.
    pub looked_at: usize,
    /// Those were all that were ready.
    pub is_complete: bool,
    /// The delivery limit that is to be thought of, if there may be one.
    pub limit: Option<CountLimit>,
    /// Records in the journal of what a broken connection may cost the queue, by tag.
    pub copies: BTreeMap<u64, RecordId>,
    /// Writes these down.
    keeper: Option<Keeper>,
    /// Why the journal did not take one of them in, in words; nothing more is borrowed then.
    pub unkept: Option<String>,
    /// Taking a consumer away again cannot delete the queue.
    by_consumer: bool,
    /// What a consumer gives back has its place only if it is little.
    mixes_up: bool,
    /// Most messages that the next consumer may have, and that any may have.
    most: u16,
    largest: u16,
    /// The newest message of each consumer that it had so far.
    ends: Vec<u64>,
}

/// Borrows from a queue, oldest first. Stops early when `stop` turns true.
///
/// # Errors
/// In words what is wrong and what to do. Nothing is borrowed then.
pub(crate) async fn borrow(
    connections: &Connections,
    knowledge: &Knowledge,
    queue: &str,
    bounds: Bounds,
    stop: &mut watch::Receiver<bool>,
) -> Result<Loan, String> {
    let explain = |trouble: &BrokerError| refusal_words(queue, trouble);
    let name = codec::short("name of the queue", queue).map_err(|error| error.to_string())?;
    let connection = connect::for_a_look(&connections.endpoint).await?;
    let channel = BrokerError::limit(connection.create_channel()).await;
    let channel = channel.map_err(|trouble| trouble.words)?;
    let (depth, consumers) = look(&channel, name.clone())
        .await
        .map_err(|t| explain(&t))?;
    let known = knowledge.topology.queue(queue);
    // Who comes first is active, and that is not us.
    if consumers > 0
        && let Some(known) = known.filter(|known| known.single_active.is_some())
    {
        let mut known = known.clone();
        known.consumers = Some(consumers.into());
        return Err(active_words(&known).unwrap_or_default());
    }
    let limit = budget::limit(knowledge, queue);
    let mixes_up = knowledge.terms(queue).is_some_and(|terms| terms.mixes_up);
    let version = knowledge.version.as_ref();
    let keeps_few = version.is_some_and(|version| version.at_least(4, 0));
    let largest = if limit.is_some() {
        // Each of them may be one that a broken connection costs the queue.
        SORTED_WINDOW
    } else if !mixes_up {
        WINDOW
    } else if keeps_few {
        LARGE_WINDOW
    } else {
        SORTED_WINDOW
    };
    let mut loan = Loan {
        connection,
        channel,
        queue: name.clone(),
        is_shared: consumers > 0,
        depth,
        messages: BTreeMap::new(),
        since: Instant::now(),
        looked_at: 0,
        is_complete: false,
        limit,
        copies: BTreeMap::new(),
        keeper: limit.map(|limit| Keeper::new(connections, queue, limit)),
        unkept: None,
        by_consumer: may_consume(knowledge, queue, consumers),
        mixes_up,
        most: if limit.is_some() { 1 } else { largest },
        largest,
        ends: Vec::new(),
    };
    let wanted = usize::try_from(depth.min(bounds.messages)).unwrap_or(usize::MAX);
    if let Err(trouble) = loan.take(wanted, bounds.bytes, stop).await {
        loan.doubt_copies().await;
        return Err(if trouble.is_unreadable() {
            unreadable_words(queue, loan.messages.len() + 1, &trouble)
        } else {
            explain(&trouble)
        });
    }
    loan.looked_at = loan.messages.len();
    loan.is_complete = loan.looked_at >= usize::try_from(depth).unwrap_or(usize::MAX);
    if !loan.is_complete && loan.looked_at < wanted {
        // Fewer came than were counted. If none is ready now, others have those that are missing.
        let left = look(&loan.channel, name).await.map_err(|t| explain(&t))?;
        loan.is_complete = left.0 == 0;
    }
    Ok(loan)
}

/// Messages that are ready in a queue now.
///
/// # Errors
/// In words what is wrong and what to do.
pub(crate) async fn ready(connections: &Connections, queue: &str) -> Result<u32, String> {
    let name = codec::short("name of the queue", queue).map_err(|error| error.to_string())?;
    let channel = connections.asking_channel().await.map_err(|t| t.words)?;
    let (ready, _) = look(&channel, name)
        .await
        .map_err(|trouble| refusal_words(queue, &trouble))?;
    close(&channel).await;
    Ok(ready)
}

/// Ready messages and consumers of a queue.
async fn look(channel: &Channel, queue: ShortString) -> Result<(u32, u32), BrokerError> {
    let options = QueueDeclareOptions::default().passive();
    let found =
        BrokerError::limit(channel.queue_declare(queue, options, WireTable::default())).await?;
    Ok((found.message_count(), found.consumer_count()))
}

/// True if taking a consumer away again cannot delete the queue: it is known not to be one that
/// deletes itself, or other consumers keep it.
fn may_consume(knowledge: &Knowledge, queue: &str, consumers: u32) -> bool {
    let known = knowledge.topology.source == TopologySource::Management
        && knowledge.topology.queue(queue).is_some();
    consumers > 0 || (known && !knowledge.auto_delete.contains(queue))
}

impl Loan {
    /// Messages that lay behind those that were borrowed at first.
    pub(crate) fn behind(&self) -> u32 {
        let taken = u32::try_from(self.looked_at).unwrap_or(u32::MAX);
        self.depth.saturating_sub(taken)
    }

    /// False once its connection is gone; RabbitMQ puts the messages back then by itself.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.status().connected()
    }

    /// Messages that are ready now, beside the borrowed ones.
    ///
    /// # Errors
    /// If the broker does not say.
    pub(crate) async fn ready(&self) -> Result<u32, BrokerError> {
        let (ready, _) = look(&self.channel, self.queue.clone()).await?;
        Ok(ready)
    }

    /// Borrows so many more, which go back with the others.
    ///
    /// # Errors
    /// If the connection broke.
    pub(crate) async fn more(
        &mut self,
        count: u32,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Vec<Arc<Event>>, BrokerError> {
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
    ) -> Result<(), BrokerError> {
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
    ) -> Result<(), BrokerError> {
        let mut bytes = 0;
        while self.unkept.is_none() {
            let room = Room {
                messages: wanted - self.messages.len().min(wanted),
                bytes: most_bytes.saturating_sub(bytes),
            };
            if room.messages == 0 || room.bytes == 0 || *stop.borrow() {
                break;
            }
            let size = room.window(self.messages.len(), bytes).min(self.most);
            let qos = self.channel.basic_qos(size, BasicQosOptions::default());
            BrokerError::limit(qos).await?;
            // The broker gives back consumer by consumer in the order of their tags.
            let tag: ShortString = format!("eventscope-{:05}", self.ends.len()).into();
            let options = BasicConsumeOptions::default();
            let arguments = WireTable::default();
            let consuming =
                self.channel
                    .basic_consume(queue.clone(), tag.clone(), options, arguments);
            let mut consumer = BrokerError::limit(consuming).await?;
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
            BrokerError::limit(cancel).await?;
            // What was under way has come before the answer to the cancel, and is ours now.
            while let Some(delivery) = consumer.next().await {
                bytes += self.keep(delivery?);
            }
            self.end_window().await;
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
    ) -> Result<(), BrokerError> {
        let mut bytes = 0;
        while self.messages.len() < wanted
            && bytes < most_bytes
            && !*stop.borrow()
            && self.unkept.is_none()
        {
            let asked = self
                .channel
                .basic_get(queue.clone(), BasicGetOptions::default());
            match BrokerError::limit(asked).await? {
                Some(message) => bytes += self.keep(message.delivery),
                None => break,
            }
            self.end_window().await;
        }
        Ok(())
    }

    /// Writes down what of the window that came last is at risk, and says how large the next may be.
    async fn end_window(&mut self) {
        let from = self.ends.last().map_or(0, |end| end + 1);
        let newest = self.messages.range(from..).next_back();
        let Some(newest) = newest.map(|(tag, _)| *tag) else {
            return;
        };
        self.ends.push(newest);
        let Some(keeper) = &self.keeper else {
            return;
        };
        let window = self.messages.range(from..);
        let at_risk = keeper.at_risk(window.map(|(tag, event)| (*tag, event)));
        self.most = if at_risk.is_empty() {
            (self.most * 2).min(self.largest)
        } else {
            1
        };
        match keeper.write_down(at_risk).await {
            Ok(copies) => self.copies.extend(copies),
            Err(words) => {
                tracing::warn!(
                    told = true,
                    words,
                    "a message at its delivery limit has no copy"
                );
                self.unkept = Some(words);
            }
        }
    }

    /// The connection broke while these were borrowed: what became of them is not certain.
    async fn doubt_copies(&mut self) {
        let copies: Vec<RecordId> = std::mem::take(&mut self.copies).into_values().collect();
        if let Some(keeper) = &self.keeper {
            keeper.doubt(copies).await;
        }
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
    pub(crate) async fn cover_returned(
        &mut self,
        bounds: Bounds,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<bool, BrokerError> {
        let most = usize::try_from(bounds.messages).unwrap_or(usize::MAX);
        loop {
            let last = self.messages.values().next_back();
            if self.is_complete || last.is_none_or(|last| !was_handed_out(last, self.limit)) {
                return Ok(true);
            }
            let held: usize = self.messages.values().map(|event| event.body.len()).sum();
            let is_over = self.messages.len() >= most || held >= bounds.bytes;
            if is_over || self.unkept.is_some() || *stop.borrow() {
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

    /// True if the broker may change the order of these when the connection breaks or it is killed.
    /// *(Run on 4.0: seen after a kill; nothing was lost.)*
    pub(crate) fn is_mixed_up_by_a_break(&self) -> bool {
        self.mixes_up
    }

    /// True for queues where [`Loan::cover_returned`] matters.
    pub(crate) fn mixes_up(&self) -> bool {
        self.mixes_up
    }

    /// Takes messages out of the queue for good.
    ///
    /// # Errors
    /// If it is not certain that the broker has done it, for any of them.
    pub(crate) async fn remove(&mut self, tags: &[u64]) -> Result<(), BrokerError> {
        if tags.is_empty() {
            return Ok(());
        }
        // Where these are all up to the newest of them, one word is enough.
        let newest = tags.iter().max().copied().unwrap_or_default();
        if self.messages.range(..=newest).count() == tags.len() {
            let options = BasicAckOptions { multiple: true };
            BrokerError::limit(self.channel.basic_ack(newest, options)).await?;
        } else {
            for tag in tags {
                let acked = self.channel.basic_ack(*tag, BasicAckOptions::default());
                BrokerError::limit(acked).await?;
            }
        }
        self.prove().await?;
        for tag in tags {
            self.messages.remove(tag);
        }
        Ok(())
    }

    /// Puts everything that is left back, and makes sure that the broker has done it. Says whether
    /// all were seen to be ready again; `None` where that cannot be told, because others take
    /// messages too.
    ///
    /// # Errors
    /// If the connection broke; the broker puts the messages back then by itself.
    pub(crate) async fn give_back(self) -> Result<Option<bool>, BrokerError> {
        // Where others take messages, what was taken back cannot be seen, and is not waited for.
        let mut waits = !self.is_shared && !self.messages.is_empty();
        let mut expected = if waits { self.ready().await? } else { 0 };
        let mut from = 0;
        for end in self.parts() {
            let part = self.messages.range(from..=end);
            from = end + 1;
            // What was removed in the meantime cannot be named.
            let Some((newest, _)) = part.clone().next_back() else {
                continue;
            };
            let options = BasicNackOptions {
                multiple: true,
                requeue: true,
            };
            BrokerError::limit(self.channel.basic_nack(*newest, options)).await?;
            self.prove().await?;
            expected = expected.saturating_add(u32::try_from(part.count()).unwrap_or(u32::MAX));
            waits = waits && self.settles(expected).await?;
        }
        close(&self.channel).await;
        connect::close(&self.connection).await;
        let is_told = !self.is_shared && !self.messages.is_empty();
        Ok(is_told.then_some(waits))
    }

    /// The newest message of each part that goes back at once.
    fn parts(&self) -> Vec<u64> {
        if self.mixes_up {
            let parts = self.ends.chunks(SORTED_WINDOWS);
            parts.filter_map(|part| part.last().copied()).collect()
        } else {
            self.messages
                .keys()
                .next_back()
                .copied()
                .into_iter()
                .collect()
        }
    }

    /// Waits a moment until so many are ready; false if they are not. The channel has passed on by
    /// now what was given back, but a quorum queue takes its time to agree on it, and who looks at
    /// once would find the queue empty.
    async fn settles(&self, expected: u32) -> Result<bool, BrokerError> {
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
    async fn prove(&self) -> Result<(), BrokerError> {
        let question = self.channel.basic_qos(1, BasicQosOptions::default());
        BrokerError::limit(question).await
    }
}

#[cfg(test)]
mod tests;
