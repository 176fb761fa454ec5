//! Publishes records, each with the confirm of all replicas in sync, and says where each was written.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use krafka::error::KrafkaError;
use krafka::producer::{Acks, Producer};
use krafka::{Kafka, Record};
use tokio::sync::Mutex;

use super::link::Cluster;
use super::{connect, failure, topic};
use crate::drivers::series::{SeriesSender, SeriesSent};
use crate::event::Outgoing;
use crate::event::draft::record::{header_bytes, key_bytes};
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::kafka::partitioner::partition_of;
use crate::protocol::PublishOutcome;

/// How long a confirm is waited for.
const CONFIRM_LIMIT: Duration = Duration::from_secs(10);
/// Largest record that is sent at all; what the topic takes is the broker's word.
pub(super) const LARGEST: usize = 64 * 1024 * 1024;

/// Publishes the events of a series to a cluster.
pub(super) struct KafkaSeries {
    pub cluster: Cluster,
    pub publisher: KafkaPublisher,
}

impl SeriesSender for KafkaSeries {
    async fn send(&mut self, events: &[Outgoing]) -> Vec<SeriesSent> {
        let sent = events
            .iter()
            .map(|outgoing| self.publisher.send(&self.cluster, outgoing));
        let ended = |outcome| match outcome {
            PublishOutcome::Routed | PublishOutcome::Written { .. } => SeriesSent::Routed,
            PublishOutcome::Refused(words) | PublishOutcome::Unroutable(words) => {
                SeriesSent::NotRouted(words)
            }
            PublishOutcome::NotConfirmed { .. } => SeriesSent::no_answer(),
        };
        join_all(sent).await.into_iter().map(ended).collect()
    }
}

/// Publishes over connections of its own, which it opens when they are first needed.
#[derive(Clone, Default)]
pub(super) struct KafkaPublisher(Arc<Mutex<Option<Writer>>>);

#[derive(Clone)]
struct Writer {
    producer: Arc<Producer>,
    /// Keeps the connections.
    _kafka: Kafka,
}

impl KafkaPublisher {
    /// Sends one record and waits for its confirm.
    pub(super) async fn send(&self, cluster: &Cluster, outgoing: &Outgoing) -> PublishOutcome {
        match self.write(cluster, outgoing).await {
            Ok(outcome) => outcome,
            Err(words) => PublishOutcome::Refused(words),
        }
    }

    async fn write(
        &self,
        cluster: &Cluster,
        outgoing: &Outgoing,
    ) -> Result<PublishOutcome, String> {
        // The client would wait a minute for a topic that is not there, and an older broker would make it.
        let found = topic::find(cluster, &outgoing.destination, KafkaAct::Write).await?;
        let partitions = found.partitions;
        let record = record(outgoing, partitions)?;
        let writer = self.writer(cluster).await?;
        match writer.producer.send(record).await {
            Ok(written) => Ok(PublishOutcome::Written {
                partition: u32::try_from(written.partition).unwrap_or_default(),
                offset: u64::try_from(written.offset).ok(),
            }),
            Err(error) => {
                if error.is_fatal() {
                    *self.0.lock().await = None;
                }
                match failure::failure(&error) {
                    KafkaTrouble::PerhapsWritten => Ok(PublishOutcome::NotConfirmed {
                        seconds: CONFIRM_LIMIT.as_secs(),
                    }),
                    KafkaTrouble::NoRight { .. } => {
                        let topic = Some(outgoing.destination.clone());
                        Err(KafkaTrouble::NoRight { topic }.words(KafkaAct::Write))
                    }
                    other => Err(other.words(KafkaAct::Write)),
                }
            }
        }
    }

    async fn writer(&self, cluster: &Cluster) -> Result<Writer, String> {
        let mut own = self.0.lock().await;
        if let Some(writer) = &*own {
            return Ok(writer.clone());
        }
        let words = |error: KrafkaError| failure::words(&error, KafkaAct::Write);
        let kafka = connect::kafka(&cluster.endpoint).await.map_err(words)?;
        let producer = kafka
            .producer()
            .acks(Acks::All)
            .linger(Duration::ZERO)
            .delivery_timeout(CONFIRM_LIMIT)
            .max_block(CONFIRM_LIMIT)
            .max_request_size(LARGEST)
            .metrics_push(false)
            .build()
            .await
            .map_err(words)?;
        let writer = Writer {
            producer: Arc::new(producer),
            _kafka: kafka,
        };
        *own = Some(writer.clone());
        Ok(writer)
    }
}

/// The record of a message. Its partition is chosen here, where it is also shown before.
pub(super) fn record(outgoing: &Outgoing, partitions: u32) -> Result<Record, String> {
    let own = outgoing.record.unwrap_or_default();
    let key = key_bytes(own.key, &outgoing.key).map_err(|words| format!("Key {words}"))?;
    let mut record = if own.is_tombstone {
        Record::new(outgoing.destination.as_str(), Vec::new()).without_value()
    } else {
        Record::new(outgoing.destination.as_str(), outgoing.body.clone())
    };
    let chosen = match (own.partition, &key) {
        (Some(chosen), _) if chosen >= partitions => {
            return Err(format!(
                "{} has no partition {chosen}: it has {partitions}, from 0 on",
                outgoing.destination
            ));
        }
        (Some(chosen), _) => Some(chosen),
        (None, Some(key)) => Some(partition_of(key, partitions)),
        (None, None) => None,
    };
    if let Some(partition) = chosen.and_then(|one| i32::try_from(one).ok()) {
        record = record.partition(partition);
    }
    if let Some(key) = key {
        record = record.key(key);
    }
    if let Some(ms) = outgoing.properties.timestamp {
        record = record.timestamp(i64::try_from(ms).unwrap_or(i64::MAX));
    }
    for (name, value) in outgoing.properties.headers.iter().flatten() {
        let bytes = header_bytes(value).map_err(|words| format!("Header {name} {words}"))?;
        record = match bytes {
            Some(bytes) => record.header(name.as_str(), bytes),
            None => record.null_header(name.as_str()),
        };
    }
    Ok(record)
}
