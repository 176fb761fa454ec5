//! Reads a stream. It is a log: consuming takes nothing out of it, so there is nothing to put back,
//! and acknowledging means only that more may come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::StreamExt as _;
use lapin::Consumer;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable as WireTable, ShortString};
use tokio::sync::watch;

use super::codec;
use super::trouble::Trouble;
use super::wires::{Wires, close};
use crate::domain::Event;
use crate::domain::number_words::thousands;
use crate::domain::peek_rules::SHOWN_BYTES;
use crate::domain::stream::Start;
use crate::protocol::{PeekReport, PutBack};

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
pub(super) async fn read(
    wires: Wires,
    queue: String,
    start: Start,
    size: u32,
    mut stop: watch::Receiver<bool>,
) -> Result<PeekReport, String> {
    let name = codec::short("name of the queue", &queue).map_err(|error| error.to_string())?;
    let channel = wires.reading_channel().await.map_err(|t| t.words)?;
    let since = Instant::now();
    let tag = ShortString::from("eventscope-stream");
    let begun = begin(&channel, name, tag.clone(), start).await;
    let mut consumer = begun.map_err(|trouble| refusal_words(&queue, &trouble))?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let mut messages: Vec<Arc<Event>> = Vec::new();
    let mut bytes = 0;
    let mut unanswered = 0;
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
        let delivery: Delivery = delivery.map_err(|error| Trouble::from(error).words)?;
        unanswered += 1;
        if unanswered >= AHEAD / 2 {
            let answer = BasicAckOptions { multiple: true };
            let acked = channel.basic_ack(delivery.delivery_tag, answer);
            Trouble::limit(acked).await.map_err(|t| t.words)?;
            unanswered = 0;
        }
        bytes += delivery.data.len();
        messages.push(Arc::new(codec::event(Utc::now(), delivery)));
    }
    let cancel = channel.basic_cancel(tag, BasicCancelOptions::default());
    Trouble::limit(cancel).await.map_err(|t| t.words)?;
    close(&channel).await;
    let remark = if bytes >= SHOWN_BYTES {
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

async fn begin(
    channel: &lapin::Channel,
    queue: ShortString,
    tag: ShortString,
    start: Start,
) -> Result<Consumer, Trouble> {
    // A stream gives nothing to who has no limit.
    let limited = channel.basic_qos(AHEAD, BasicQosOptions::default());
    Trouble::limit(limited).await?;
    let mut arguments = WireTable::default();
    arguments.insert("x-stream-offset".into(), offset(start));
    let options = BasicConsumeOptions::default();
    Trouble::limit(channel.basic_consume(queue, tag, options, arguments)).await
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

fn refusal_words(queue: &str, trouble: &Trouble) -> String {
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
