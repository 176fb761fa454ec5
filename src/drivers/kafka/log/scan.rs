//! Reads partitions from one offset to another, and no further.

use std::ops::ControlFlow;
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::TopicPartition;
use krafka::consumer::{Consumer, ConsumerRecord};
use tokio::time::Instant;

use crate::drivers::kafka::failure;
use crate::drivers::kafka::watch::start::{Offsets, reader};
use crate::kafka::failure::KafkaAct;

/// How long one poll waits for records.
const POLL: Duration = Duration::from_millis(250);
/// Something is wrong where there are records and none came for so long.
const STUCK: Duration = Duration::from_secs(15);

/// What is read.
pub(in crate::drivers::kafka) struct Scan<'a> {
    pub from: &'a Offsets,
    /// Where it ends; that record is not read any more.
    pub to: &'a Offsets,
    /// Only what was committed.
    pub committed: bool,
}

/// A reading under way.
pub(in crate::drivers::kafka) struct Scanner {
    /// Nothing where there is nothing to read.
    consumer: Option<Consumer>,
    from: Offsets,
    to: Offsets,
    /// Places that were left when it last moved, and when that was.
    left: i64,
    moved: Instant,
}

impl Scan<'_> {
    /// Begins.
    ///
    /// # Errors
    /// In words.
    pub(in crate::drivers::kafka) async fn open(&self, kafka: &Kafka) -> Result<Scanner, String> {
        let from: Offsets = self
            .from
            .iter()
            .filter(|(partition, start)| self.to.get(*partition) > Some(*start))
            .map(|(partition, start)| (partition.clone(), *start))
            .collect();
        let consumer = if from.is_empty() {
            None
        } else {
            let opened = reader(kafka, &from, self.committed).await;
            Some(opened.map_err(|error| failure::words(&error, KafkaAct::Read))?)
        };
        Ok(Scanner {
            consumer,
            from,
            to: self.to.clone(),
            left: i64::MAX,
            moved: Instant::now(),
        })
    }

    /// Hands on each record in the order of its partition, until all are read or `each` has enough. The
    /// places in between that hold no record are passed over.
    ///
    /// # Errors
    /// In words, if the broker gives no more.
    pub(in crate::drivers::kafka) async fn run(
        &self,
        kafka: &Kafka,
        mut each: impl FnMut(ConsumerRecord) -> ControlFlow<()>,
    ) -> Result<(), String> {
        let mut scanner = self.open(kafka).await?;
        while let Some(records) = scanner.next().await? {
            for record in records {
                if each(record) == ControlFlow::Break(()) {
                    scanner.close().await;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl Scanner {
    /// The next records, in the order of each partition; `None` at the end.
    ///
    /// # Errors
    /// In words, if the broker gives no more.
    pub(in crate::drivers::kafka) async fn next(
        &mut self,
    ) -> Result<Option<Vec<ConsumerRecord>>, String> {
        while let Some(consumer) = &self.consumer {
            let records = match consumer.poll(POLL).await {
                Ok(records) => records,
                Err(error) => {
                    let words = failure::words(&error, KafkaAct::Read);
                    self.close().await;
                    return Err(words);
                }
            };
            let mut records: Vec<ConsumerRecord> = records;
            let to = &self.to;
            records.retain(|record| {
                let partition = TopicPartition::new(record.topic.to_string(), record.partition);
                to.get(&partition) > Some(&record.offset)
            });
            let mut left = 0;
            for (partition, start) in &self.from {
                let end = self.to.get(partition).copied().unwrap_or_default();
                let place = consumer
                    .position(partition.topic(), partition.partition())
                    .await;
                left += (end - place.unwrap_or(*start)).max(0);
            }
            if left == 0 {
                self.close().await;
            } else if left < self.left {
                (self.left, self.moved) = (left, Instant::now());
            } else if records.is_empty() && self.moved.elapsed() > STUCK {
                self.close().await;
                return Err("The broker gave no records in time. Try again".to_owned());
            }
            if !records.is_empty() {
                return Ok(Some(records));
            }
        }
        Ok(None)
    }

    /// Ends it.
    pub(in crate::drivers::kafka) async fn close(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            // What is not closed now closes itself when it is dropped.
            drop(consumer.close().await);
        }
    }
}
