//! The queue of a tap: declared, bound and consumed so that nobody notices it.
//!
//! The queue is exclusive, so it dies with the connection whatever happens to the app. Its limits
//! and its overflow rule are arguments, because arguments overrule any policy: without our own
//! dead-letter exchange a policy on all queues would send what overflows to the application's
//! dead-letter queue.

use lapin::options::{
    BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable as WireTable, LongString};
use lapin::{Channel, Connection, Consumer};

use crate::drivers::rabbitmq::connection::codec;
use crate::drivers::rabbitmq::connection::connections::Knowledge;
use crate::drivers::rabbitmq::connection::error::BrokerError;
use crate::event::watching::TapRequest;
use crate::rabbitmq::tap::{self, Argument, Limit, VOID_EXCHANGE, Void};
use crate::rabbitmq::topology::ExchangeKind;

/// Deliveries under way at most; the rest waits in the broker.
const PREFETCH: u16 = 1_000;

/// A tap's queue with what listens to it. It goes with its connection.
pub(crate) struct TapQueue {
    /// The name that the broker gave it.
    pub name: String,
    /// Its deliveries. It keeps the channel that declared the queue.
    pub consumer: Consumer,
    /// Another channel, for looking at its depth.
    pub probe: Channel,
}

impl TapQueue {
    /// Declares, binds and consumes.
    ///
    /// # Errors
    /// Why not and what to do, in words.
    pub(crate) async fn open(
        connection: &Connection,
        limit: Limit,
        request: &TapRequest,
        knowledge: &Knowledge,
    ) -> Result<Self, String> {
        let exchange = request.destination.as_str();
        let kind = knowledge
            .topology
            .exchange(exchange)
            .map_or(&ExchangeKind::Unknown, |known| &known.kind);
        if let Some(words) = tap::refusal(exchange, kind) {
            return Err(words);
        }
        let keys = binding_keys(request, kind)?;
        Self::on(connection, limit, exchange, kind, &keys).await
    }

    /// Like [`Self::open`], for an exchange and keys that need no check.
    ///
    /// # Errors
    /// Why not and what to do, in words.
    pub(crate) async fn on(
        connection: &Connection,
        limit: Limit,
        exchange: &str,
        kind: &ExchangeKind,
        keys: &[String],
    ) -> Result<Self, String> {
        let (channel, name) = declare(connection, limit).await?;
        let explain = |trouble: BrokerError| bind_words(exchange, &trouble);
        for key in keys {
            let bound = bind(&channel, &name, exchange, key, kind);
            bound.await.map_err(explain)?;
        }
        let probe = open_channel(connection).await.map_err(explain)?;
        let consumer = consume(&channel, &name).await.map_err(explain)?;
        Ok(Self {
            name,
            consumer,
            probe,
        })
    }

    /// Deletes the queue, before its connection is closed. A queue that dies with its connection takes
    /// with it what is on its way to it, and RabbitMQ 4.3 answers a publisher that waits for confirms
    /// with a refusal then; not so where the queue was deleted by name.
    pub(crate) async fn delete(&self) {
        let Ok(name) = codec::short("name of the queue", &self.name) else {
            return;
        };
        let gone = self.probe.queue_delete(name, QueueDeleteOptions::default());
        if let Err(trouble) = BrokerError::limit(gone).await {
            // It goes with the connection all the same.
            tracing::debug!(trouble.words, "the queue of a tap was not deleted by name");
        }
    }
}

async fn open_channel(connection: &Connection) -> Result<Channel, BrokerError> {
    BrokerError::limit(connection.create_channel()).await
}

async fn consume(channel: &Channel, queue: &str) -> Result<Consumer, BrokerError> {
    BrokerError::limit(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
    let options = BasicConsumeOptions {
        exclusive: true,
        ..BasicConsumeOptions::default()
    };
    let name = codec::short("name of the queue", queue)?;
    let arguments = WireTable::default();
    BrokerError::limit(channel.basic_consume(name, "eventscope-tap".into(), options, arguments))
        .await
}

/// The keys to bind: for types that look at no key an empty one is enough.
fn binding_keys(request: &TapRequest, kind: &ExchangeKind) -> Result<Vec<String>, String> {
    let keys = &request.keys;
    match kind {
        ExchangeKind::Fanout | ExchangeKind::Headers => Ok(vec![String::new()]),
        ExchangeKind::Topic if keys.is_empty() => Ok(vec!["#".to_owned()]),
        _ if keys.is_empty() => Err(format!(
            "No routing key of {} is known, and it compares keys letter by letter. Type in the \
             keys to listen to",
            request.destination
        )),
        _ => Ok(keys.clone()),
    }
}

async fn declare(connection: &Connection, limit: Limit) -> Result<(Channel, String), String> {
    let refused = |trouble: &BrokerError| {
        trouble.and(
            "A tap needs a temporary queue: ask for the configure, write and read permissions on \
             queues named amq.gen-…, and the write permission on eventscope.void",
        )
    };
    let channel = open_channel(connection)
        .await
        .map_err(|trouble| trouble.words)?;
    let void = arguments(limit, Void::Exchange);
    match declare_with(&channel, void).await {
        Ok(queue) => Ok((channel, queue)),
        // RabbitMQ checks the write permission on the name even though no such exchange exists.
        // The default exchange with the name of no queue drops just as well.
        Err(trouble) if trouble.code == Some(403) && trouble.words.contains(VOID_EXCHANGE) => {
            let channel = open_channel(connection)
                .await
                .map_err(|trouble| trouble.words)?;
            let nowhere = arguments(limit, Void::Queue);
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

async fn declare_with(channel: &Channel, arguments: WireTable) -> Result<String, BrokerError> {
    let options = QueueDeclareOptions::exclusive().auto_delete();
    let queue = BrokerError::limit(channel.queue_declare("".into(), options, arguments)).await?;
    Ok(queue.name().to_string())
}

async fn bind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
    kind: &ExchangeKind,
) -> Result<(), BrokerError> {
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
    BrokerError::limit(channel.queue_bind(queue, exchange, key, options, arguments)).await
}

fn bind_words(exchange: &str, trouble: &BrokerError) -> String {
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
