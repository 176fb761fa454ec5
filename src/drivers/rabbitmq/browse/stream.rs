//! Reads a stream. It is a log: consuming takes nothing out of it, so there is nothing to put back,
//! and acknowledging means only that more may come. It has a connection of its own, because a message
//! that the client cannot read breaks it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::StreamExt as _;
use lapin::Consumer;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable as WireTable, ShortString};
use tokio::sync::watch;

use crate::drivers::rabbitmq::connection::connections::Connections;
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::drivers::rabbitmq::connection::{codec, connect};
use crate::event::Event;
use crate::event::amqp::FieldValue;
use crate::event::amqp::x_death::OFFSET;
use crate::protocol::{PeekReport, PutBack};
use crate::rabbitmq::peek_rules::SHOWN_BYTES;
use crate::rabbitmq::stream::Start;
use crate::text::numbers::thousands;

/// Messages that the broker sends ahead.
const AHEAD: u16 = 200;
/// How long one waits for the first message, and then for each further one.
const FIRST: Duration = Duration::from_secs(3);
const FURTHER: Duration = Duration::from_millis(500);
/// How long one waits for what is still to be written.
const FUTURE: Duration = Duration::from_secs(20);

/// Reads at most so many messages.
///
/// # Errors
/// Why not, in words.
pub(crate) async fn read(
    connections: Connections,
    queue: String,
    start: Start,
    size: u32,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let name = codec::short("name of the queue", &queue).map_err(|error| error.to_string())?;
    let connection = connect::for_a_look(&connections.endpoint).await?;
    let channel = BrokerError::limit(connection.create_channel()).await;
    let channel = channel.map_err(|trouble| trouble.words)?;
    let since = Instant::now();
    let tag = ShortString::from("eventscope-stream");
    let begun = begin(&channel, name, tag.clone(), start).await;
    let mut consumer = begun.map_err(|trouble| refusal_words(&queue, &trouble))?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let mut messages: Vec<Arc<Event>> = Vec::new();
    let mut bytes = 0;
    let mut unanswered = 0;
    let mut unreadable = None;
    while messages.len() < most && bytes < SHOWN_BYTES {
        let patience = match (messages.is_empty(), start) {
            (true, Start::Next) => FUTURE,
            (true, _) => FIRST,
            _ => FURTHER,
        };
        let next = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            next = tokio::time::timeout(patience, consumer.next()) => next,
        };
        let Ok(Some(delivery)) = next else { break };
        let delivery: Delivery = match delivery.map_err(BrokerError::from) {
            Ok(delivery) => delivery,
            Err(trouble) if trouble.is_unreadable() => {
                unreadable = Some(trouble);
                break;
            }
            Err(trouble) => return Err(trouble.words),
        };
        unanswered += 1;
        if unanswered >= AHEAD / 2 {
            let answer = BasicAckOptions { multiple: true };
            let acked = channel.basic_ack(delivery.delivery_tag, answer);
            if let Err(trouble) = BrokerError::limit(acked).await {
                // Why it broke stands behind what has come already.
                tracing::debug!(words = trouble.words, "a stream gives no more");
            }
            unanswered = 0;
        }
        bytes += delivery.data.len();
        messages.push(Arc::new(codec::event(Utc::now(), delivery)));
    }
    connect::close(&connection).await;
    let remark = if let Some(trouble) = unreadable {
        let words = unreadable_words(messages.last().map(Arc::as_ref), &trouble);
        if messages.is_empty() {
            return Err(words);
        }
        words
    } else if bytes >= SHOWN_BYTES {
        let size = thousands((SHOWN_BYTES / 1024 / 1024) as u64);
        format!("A page shows {size} MB at most")
    } else {
        String::new()
    };
    let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
    Ok(PeekReport {
        queue,
        messages,
        depth: count,
        borrowed: count,
        borrowed_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
        put_back: PutBack::Untouched,
        remark,
        ..PeekReport::default()
    })
}

/// What stands behind the last message that was read.
fn unreadable_words(last: Option<&Event>, trouble: &BrokerError) -> String {
    let offset = last
        .and_then(|last| last.properties.header(OFFSET))
        .and_then(FieldValue::as_integer);
    match offset.and_then(|offset| offset.checked_add(1)) {
        Some(offset) => trouble.and(&format!(
            "It stands at offset {offset} or behind. Read from a later offset to see what follows"
        )),
        None => trouble.and("It is the first one from there. Read from a later offset"),
    }
}

async fn begin(
    channel: &lapin::Channel,
    queue: ShortString,
    tag: ShortString,
    start: Start,
) -> Result<Consumer, BrokerError> {
    // A stream gives nothing to who has no limit.
    let limited = channel.basic_qos(AHEAD, BasicQosOptions::default());
    BrokerError::limit(limited).await?;
    let mut arguments = WireTable::default();
    arguments.insert(OFFSET.into(), offset(start));
    let options = BasicConsumeOptions::default();
    BrokerError::limit(channel.basic_consume(queue, tag, options, arguments)).await
}

fn offset(start: Start) -> AMQPValue {
    match start {
        Start::First => AMQPValue::LongString("first".into()),
        Start::Last => AMQPValue::LongString("last".into()),
        Start::Next => AMQPValue::LongString("next".into()),
        // Larger than any stream can be, it means that there is nothing.
        Start::Offset(offset) => AMQPValue::LongLongInt(i64::try_from(offset).unwrap_or(i64::MAX)),
        Start::Time(seconds) => AMQPValue::Timestamp(seconds),
    }
}

fn refusal_words(queue: &str, trouble: &BrokerError) -> String {
    match trouble.code {
        Some(404) => format!(
            "There is no stream {queue} in this virtual host. Check its name, or read the topology \
             again"
        ),
        Some(403) => trouble.and(&format!(
            "Reading a stream needs the read permission on {queue}"
        )),
        Some(541) if trouble.words.contains("feature flag") => trouble.and(
            "Streams have to be allowed first: `rabbitmqctl enable_feature_flag stream_queue`",
        ),
        _ => trouble.words.clone(),
    }
}
