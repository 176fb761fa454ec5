//! The sample shop on Kafka: the same story as on RabbitMQ, told into topics. It is an ordinary application
//! and no part of the inspector: groups that read, one that is too slow for a flash sale, and one that gives
//! up what it cannot read, as Spring's error handler does, with Spring's headers.

use std::time::Duration;

use chrono::Utc;
use krafka::admin::{CreateTopicsOptions, NewTopic};
use krafka::consumer::{AutoOffsetReset, ConsumerRecord};
use krafka::error::{ErrorCode, KrafkaError};
use krafka::producer::{Acks, Producer};
use krafka::{Kafka, Record};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect;
use crate::drivers::shop::body;
use crate::drivers::shop::conversation::{Service, ShopEvent};
use crate::drivers::shop::judging::{self, ShopVerdict};
use crate::drivers::shop::story::Story;
use crate::kafka::endpoint::KafkaEndpoint;

const ORDERS: &str = "orders";
const PAYMENTS: &str = "payments";
const SHIPMENTS: &str = "shipments";
/// Where what the notification service cannot read goes.
const DEAD: &str = "orders-dlt";
const TOPICS: [&str; 4] = [ORDERS, PAYMENTS, SHIPMENTS, DEAD];
const PARTITIONS: i32 = 3;

/// How long one wait for records is.
const POLL: Duration = Duration::from_millis(500);
/// The pause before a service that lost its broker begins again.
const AGAIN_AFTER: Duration = Duration::from_secs(3);

/// A service that reads a topic.
#[derive(Clone, Copy)]
struct ShopReader {
    group: &'static str,
    topic: &'static str,
    /// How long it works on a record.
    work: Duration,
    judge: fn(&[u8]) -> ShopVerdict,
    /// Where it puts what it refuses.
    dead: Option<&'static str>,
}

const READERS: [ShopReader; 4] = [
    ShopReader {
        group: "notification-service",
        topic: ORDERS,
        work: Duration::from_millis(30),
        judge: judging::can_be_mailed,
        dead: Some(DEAD),
    },
    ShopReader {
        group: "fraud-service",
        topic: ORDERS,
        work: Duration::from_millis(600),
        judge: judging::anything,
        dead: None,
    },
    ShopReader {
        group: "payment-settlement",
        topic: PAYMENTS,
        work: Duration::from_millis(50),
        judge: judging::can_be_settled,
        dead: None,
    },
    ShopReader {
        group: "label-printer",
        topic: SHIPMENTS,
        work: Duration::from_millis(200),
        judge: judging::anything,
        dead: None,
    },
];

/// Makes the shop's topics. Doing it twice changes nothing.
///
/// # Errors
/// In words, if the broker does not do it.
pub(super) async fn declare(endpoint: &KafkaEndpoint) -> Result<(), String> {
    let words = |error: &KrafkaError| format!("The sample shop cannot make its topics: {error}");
    let kafka = connect::kafka(endpoint)
        .await
        .map_err(|error| words(&error))?;
    let topics: Result<Vec<NewTopic>, KrafkaError> = TOPICS
        .iter()
        .map(|name| NewTopic::new(*name, PARTITIONS, 1))
        .collect();
    let topics = topics.map_err(|error| words(&error))?;
    let made = kafka
        .admin()
        .create_topics(topics, CreateTopicsOptions::default())
        .await;
    for (_, told) in made.map_err(|error| words(&error))? {
        match told {
            Ok(())
            | Err(KrafkaError::Broker {
                code: ErrorCode::TopicAlreadyExists,
                ..
            }) => {}
            Err(error) => return Err(words(&error)),
        }
    }
    Ok(())
}

/// Runs the shop for as long as this is not dropped: a service that loses the broker begins again.
pub(super) async fn keep_open(endpoint: KafkaEndpoint, seed: u64) {
    let mut services = JoinSet::new();
    for reader in READERS {
        let endpoint = endpoint.clone();
        services.spawn(async move {
            loop {
                if let Err(error) = read(&endpoint, reader).await {
                    tracing::debug!(group = reader.group, %error, "a service of the sample shop stopped");
                }
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        });
    }
    services.spawn(async move {
        let mut seed = seed;
        loop {
            if let Err(error) = tell(&endpoint, Story::new(seed)).await {
                tracing::debug!(%error, "the sample shop stopped to publish");
            }
            // Another story: with the same one its ids would repeat.
            seed = seed.wrapping_add(1);
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    });
    while services.join_next().await.is_some() {}
}

async fn producer(kafka: &Kafka) -> Result<Producer, KrafkaError> {
    let producer = kafka.producer().acks(Acks::All).linger(Duration::ZERO);
    producer.metrics_push(false).build().await
}

/// Publishes the story in its own time, from now on.
async fn tell(endpoint: &KafkaEndpoint, story: Story) -> Result<(), KrafkaError> {
    let kafka = connect::kafka(endpoint).await?;
    let producer = producer(&kafka).await?;
    let start = Instant::now();
    for (at_ms, event) in story {
        let at = Duration::from_millis(u64::try_from(at_ms).unwrap_or_default());
        tokio::time::sleep_until(start + at).await;
        let written = producer.send(record(&event)).await?;
        tracing::trace!(offset = written.offset, "told");
    }
    Ok(())
}

fn record(event: &ShopEvent) -> Record {
    let topic = match event.service {
        Service::Orders => ORDERS,
        Service::Payments => PAYMENTS,
        Service::Shipments => SHIPMENTS,
    };
    let now = Utc::now();
    let mut record = Record::new(topic, body(event, now))
        .key(event.order_id.clone().into_bytes())
        .timestamp(now.timestamp_millis());
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-schema-version", event.version.to_string()),
        ("region", "eu-west".to_owned()),
        ("traceparent", event.trace_parent.clone()),
        ("flash-sale", event.flash_sale.to_string()),
    ];
    for (name, value) in headers {
        record = record.header(name, value.into_bytes());
    }
    record
}

/// Reads a topic as a group, works on each record, and commits.
async fn read(endpoint: &KafkaEndpoint, reader: ShopReader) -> Result<(), KrafkaError> {
    let kafka = connect::kafka(endpoint).await?;
    let producer = producer(&kafka).await?;
    let consumer = kafka
        .consumer(reader.group)
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .enable_auto_commit(false)
        .max_poll_records(5)
        .metrics_push(false)
        .build()
        .await?;
    consumer.subscribe([reader.topic]).await?;
    loop {
        let records = consumer.poll(POLL).await?;
        for one in &records {
            tokio::time::sleep(reader.work).await;
            let body = one.value.as_deref().unwrap_or_default();
            if let (Some(topic), ShopVerdict::Refused) = (reader.dead, (reader.judge)(body)) {
                let written = producer.send(given_up(one, topic, reader.group)).await?;
                tracing::trace!(offset = written.offset, "given up");
            }
        }
        if !records.is_empty() {
            consumer.commit().await?;
        }
    }
}

/// The record as Spring's `DeadLetterPublishingRecoverer` writes it: everything kept, in the same partition,
/// with headers behind.
fn given_up(one: &ConsumerRecord, topic: &str, group: &str) -> Record {
    const CAUSE: &str = "com.example.shop.AmountException";
    const WHY: &str = "amount is text, wanted a number";
    let mut record = match &one.value {
        Some(value) => Record::new(topic, value.to_vec()),
        None => Record::new(topic, Vec::new()).without_value(),
    }
    .partition(one.partition)
    .timestamp(Utc::now().timestamp_millis());
    if let Some(key) = &one.key {
        record = record.key(key.to_vec());
    }
    for (name, value) in &one.headers {
        record = match value {
            Some(value) => record.header(name.as_str(), value.to_vec()),
            None => record.null_header(name.as_str()),
        };
    }
    let own: [(&str, Vec<u8>); 10] = [
        (
            "exception-fqcn",
            b"org.springframework.kafka.listener.ListenerExecutionFailedException".to_vec(),
        ),
        ("exception-cause-fqcn", CAUSE.as_bytes().to_vec()),
        (
            "exception-message",
            format!("Listener failed; {WHY}").into_bytes(),
        ),
        (
            "exception-stacktrace",
            format!(
                "org.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n\
                 Caused by: {CAUSE}: {WHY}\n\tat com.example.shop.Notifications.onOrder(Notifications.java:41)"
            )
            .into_bytes(),
        ),
        ("original-topic", one.topic.as_bytes().to_vec()),
        ("original-partition", one.partition.to_be_bytes().to_vec()),
        ("original-offset", one.offset.to_be_bytes().to_vec()),
        (
            "original-timestamp",
            one.timestamp.to_be_bytes().to_vec(),
        ),
        ("original-timestamp-type", b"CreateTime".to_vec()),
        ("original-consumer-group", group.as_bytes().to_vec()),
    ];
    for (name, value) in own {
        record = record.header(format!("kafka_dlt-{name}"), value);
    }
    record
}
