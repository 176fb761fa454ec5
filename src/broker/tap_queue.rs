//! The queue of a tap: declared, bound and consumed so that nobody notices it.
//!
//! The queue is exclusive, so it dies with the connection whatever happens to the app. Its limits
//! and its overflow rule are arguments, because arguments overrule any policy: without our own
//! dead-letter exchange a policy on all queues would send what overflows to the application's
//! dead-letter queue.

use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable as WireTable, LongString};
use lapin::{Channel, Consumer};

use super::codec;
use super::trouble::Trouble;
use super::wires::{Knowledge, Wires, close};
use crate::domain::ExchangeKind;
use crate::domain::tap::{self, Argument, Limit, TapRequest, VOID_EXCHANGE, Void};

/// Deliveries under way at most; the rest waits in the broker.
const PREFETCH: u16 = 1_000;

/// A tap's queue with what listens to it.
pub(super) struct TapQueue {
    /// The name that the broker gave it.
    pub name: String,
    /// Its deliveries.
    pub consumer: Consumer,
    /// The channel that declared it and consumes.
    channel: Channel,
    /// Another one, for looking at its depth.
    pub probe: Channel,
}

impl TapQueue {
    /// Declares, binds and consumes.
    ///
    /// # Errors
    /// Why not and what to do, in words.
    pub(super) async fn open(
        wires: &Wires,
        request: &TapRequest,
        knowledge: &Knowledge,
    ) -> Result<Self, String> {
        let exchange = request.exchange.as_str();
        let kind = knowledge
            .topology
            .exchange(exchange)
            .map_or(&ExchangeKind::Unknown, |known| &known.kind);
        if let Some(words) = tap::refusal(exchange, kind) {
            return Err(words);
        }
        let keys = binding_keys(request, kind)?;
        Self::on(wires, exchange, kind, &keys).await
    }

    /// Like [`Self::open`], for an exchange and keys that need no check.
    ///
    /// # Errors
    /// Why not and what to do, in words.
    pub(super) async fn on(
        wires: &Wires,
        exchange: &str,
        kind: &ExchangeKind,
        keys: &[String],
    ) -> Result<Self, String> {
        let (channel, name) = declare(wires).await?;
        let explain = |trouble: Trouble| bind_words(exchange, &trouble);
        for key in keys {
            let bound = bind(&channel, &name, exchange, key, kind);
            bound.await.map_err(explain)?;
        }
        let probe = wires.reading_channel().await.map_err(explain)?;
        let consumer = consume(&channel, &name).await.map_err(explain)?;
        Ok(Self {
            name,
            consumer,
            channel,
            probe,
        })
    }

    /// Leaves nothing behind, step by step. Merely dropping all this would do the same in no fixed
    /// order, and lapin cannot stand that: when the broker and we close the same channel in the
    /// same moment (the probe's, say, as the queue it asks for has just gone), it takes the answer
    /// for that of a channel it does not know, and gives up the whole connection.
    pub(super) async fn leave(self) {
        // Answered only after whatever the probe was last asked.
        let asked = self.probe.basic_qos(1, BasicQosOptions::default());
        if Trouble::limit(asked).await.is_ok() {
            close(&self.probe).await;
        }
        let tag = self.consumer.tag();
        let cancel = self
            .channel
            .basic_cancel(tag, BasicCancelOptions::default());
        // The queue goes with its only consumer.
        if Trouble::limit(cancel).await.is_ok() {
            close(&self.channel).await;
        }
    }
}

async fn consume(channel: &Channel, queue: &str) -> Result<Consumer, Trouble> {
    Trouble::limit(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
    let options = BasicConsumeOptions {
        exclusive: true,
        ..BasicConsumeOptions::default()
    };
    let name = codec::short("name of the queue", queue)?;
    let arguments = WireTable::default();
    Trouble::limit(channel.basic_consume(name, "eventscope-tap".into(), options, arguments)).await
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
    let void = arguments(wires.tap_limit, Void::Exchange);
    match declare_with(&channel, void).await {
        Ok(queue) => Ok((channel, queue)),
        // RabbitMQ checks the write permission on the name even though no such exchange exists.
        // The default exchange with the name of no queue drops just as well.
        Err(trouble) if trouble.code == Some(403) && trouble.words.contains(VOID_EXCHANGE) => {
            let channel = wires
                .reading_channel()
                .await
                .map_err(|trouble| trouble.words)?;
            let nowhere = arguments(wires.tap_limit, Void::Queue);
            match declare_with(&channel, nowhere).await {
                Ok(queue) => Ok((channel, queue)),
                Err(second) => Err(refused(&second)),
            }
        }
        Err(trouble) => Err(refused(&trouble)),
    }
}

fn arguments(limit: Limit, void: Void) -> WireTable {
    let mut arguments = WireTable::default();
    for (name, value) in tap::arguments(limit, void) {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(LongString::from(text)),
            Argument::Number(number) => AMQPValue::LongLongInt(i64::from(number)),
        };
        arguments.insert(name.into(), value);
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
