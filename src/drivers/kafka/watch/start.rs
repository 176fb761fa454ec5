//! From which offset each partition is read.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{AdminClient, ListOffsetsOptions, OffsetSpec, TopicPartition};
use krafka::consumer::{AutoOffsetReset, Consumer, IsolationLevel};
use krafka::error::{ErrorCode, KrafkaError};
use tokio::time::Instant;

use crate::event::start_from::StartFrom;
use crate::event::watching::TapReading;

/// How long one poll waits for records.
const POLL: Duration = Duration::from_millis(250);
/// Reading back gives up when nothing came for so long.
const STUCK: Duration = Duration::from_secs(10);
/// How much further back each round looks for records than the one before.
const FURTHER: i64 = 4;

/// Offsets of partitions.
pub(in crate::drivers::kafka) type Offsets = HashMap<TopicPartition, i64>;

/// Asks for one kind of offset of these partitions. One that has none, which only a time can do, is left
/// out.
pub(in crate::drivers::kafka) async fn ask(
    admin: &AdminClient,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
    committed_only: bool,
) -> Result<Offsets, KrafkaError> {
    let options = ListOffsetsOptions::default().read_committed(committed_only);
    let wanted = partitions.iter().map(|partition| (partition.clone(), spec));
    let mut offsets = Offsets::new();
    for (partition, told) in admin.list_offsets(wanted, options).await? {
        match told {
            Ok(listed) => {
                offsets.insert(partition, listed.offset);
            }
            Err(KrafkaError::Broker {
                code: ErrorCode::OffsetNotAvailable,
                ..
            }) if matches!(spec, OffsetSpec::Timestamp(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(offsets)
}

/// Where reading begins in each of these partitions.
pub(super) async fn positions(
    kafka: &Kafka,
    admin: &AdminClient,
    partitions: &[TopicPartition],
    reading: TapReading,
) -> Result<Offsets, KrafkaError> {
    let committed = reading.committed_only;
    let latest = ask(admin, partitions, OffsetSpec::Latest, committed).await?;
    if reading.from == StartFrom::End {
        return Ok(latest);
    }
    let earliest = ask(admin, partitions, OffsetSpec::Earliest, committed).await?;
    let start = match reading.from {
        StartFrom::End | StartFrom::Beginning => return Ok(earliest),
        StartFrom::Offset(offset) => {
            let wanted = i64::try_from(offset).unwrap_or(i64::MAX);
            partitions.iter().map(|p| (p.clone(), wanted)).collect()
        }
        StartFrom::Time(time) => {
            let spec = OffsetSpec::Timestamp(time.timestamp_millis().max(0));
            ask(admin, partitions, spec, committed).await?
        }
        StartFrom::Last(count) => {
            let back = Back {
                kafka,
                earliest: &earliest,
                latest: &latest,
                committed,
            };
            back.last(i64::from(count)).await?
        }
    };
    // What is no offset of the partition is taken for the next one that is.
    let within = latest.iter().map(|(partition, end)| {
        let first = earliest.get(partition).copied().unwrap_or(*end);
        let wanted = start.get(partition).copied().unwrap_or(*end);
        (partition.clone(), wanted.clamp(first, (*end).max(first)))
    });
    Ok(within.collect())
}

/// A consumer without a group that reads these partitions from these offsets on.
pub(in crate::drivers::kafka) async fn reader(
    kafka: &Kafka,
    from: &Offsets,
    committed_only: bool,
) -> Result<Consumer, KrafkaError> {
    let isolation = if committed_only {
        IsolationLevel::ReadCommitted
    } else {
        IsolationLevel::ReadUncommitted
    };
    let consumer = kafka
        .consumer_without_group()
        .enable_auto_commit(false)
        // An offset that is gone is told, not passed over in silence.
        .auto_offset_reset(AutoOffsetReset::None)
        .isolation_level(isolation)
        .fetch_max_bytes(super::pump::FETCH_BYTES)
        .max_partition_fetch_bytes(super::pump::PARTITION_BYTES)
        .max_poll_records(super::pump::POLL_RECORDS)
        .max_buffered_records(super::pump::POLL_RECORDS)
        .metrics_push(false)
        .initial_offsets(from.iter())
        .build()
        .await?;
    let mut topics: HashMap<&str, Vec<i32>> = HashMap::new();
    for partition in from.keys() {
        topics
            .entry(partition.topic())
            .or_default()
            .push(partition.partition());
    }
    for (topic, partitions) in topics {
        consumer.assign(topic, partitions).await?;
    }
    Ok(consumer)
}

/// Looks for the newest records, backwards from the end. Offsets have holes, where transactions ended or
/// where records were compacted away, so records are counted and not offsets.
struct Back<'a> {
    kafka: &'a Kafka,
    earliest: &'a Offsets,
    latest: &'a Offsets,
    committed: bool,
}

impl Back<'_> {
    /// Where the last `count` records of each partition begin.
    async fn last(&self, count: i64) -> Result<Offsets, KrafkaError> {
        let mut found = Offsets::new();
        let mut open: Vec<&TopicPartition> = self.latest.keys().collect();
        let mut width = count;
        while !open.is_empty() {
            let from: Offsets = open
                .iter()
                .filter_map(|partition| {
                    let end = *self.latest.get(*partition)?;
                    let first = *self.earliest.get(*partition)?;
                    Some(((*partition).clone(), (end - width).max(first)))
                })
                .collect();
            let seen = self.count(&from, count).await?;
            open.retain(|partition| {
                let first = self.earliest.get(*partition).copied().unwrap_or_default();
                let begun = from.get(*partition).copied().unwrap_or(first);
                let records = seen.get(*partition);
                let enough = records.is_some_and(|all| as_count(all.len()) >= count);
                if !enough && begun > first {
                    return true;
                }
                let start = records
                    .filter(|_| enough)
                    .and_then(|all| all.front().copied());
                found.insert((*partition).clone(), start.unwrap_or(begun));
                false
            });
            width = width.saturating_mul(FURTHER);
        }
        Ok(found)
    }

    /// The offsets of the last `most` records of each partition from here to the end.
    async fn count(
        &self,
        from: &Offsets,
        most: i64,
    ) -> Result<HashMap<TopicPartition, VecDeque<i64>>, KrafkaError> {
        let mut seen: HashMap<TopicPartition, VecDeque<i64>> = HashMap::new();
        let full: Offsets = from
            .iter()
            .filter(|(partition, start)| self.latest.get(*partition) > Some(*start))
            .map(|(partition, start)| (partition.clone(), *start))
            .collect();
        if full.is_empty() {
            return Ok(seen);
        }
        let reader = reader(self.kafka, &full, self.committed).await?;
        let mut moved = Instant::now();
        let mut last = -1;
        while moved.elapsed() < STUCK {
            for record in reader.poll(POLL).await? {
                let partition = TopicPartition::new(record.topic.to_string(), record.partition);
                if self.latest.get(&partition) <= Some(&record.offset) {
                    continue;
                }
                let offsets = seen.entry(partition).or_default();
                offsets.push_back(record.offset);
                if as_count(offsets.len()) > most {
                    offsets.pop_front();
                }
            }
            let mut rest = 0;
            for partition in full.keys() {
                let place = reader
                    .position(partition.topic(), partition.partition())
                    .await;
                let end = self.latest.get(partition).copied().unwrap_or_default();
                rest += (end - place.unwrap_or_default()).max(0);
            }
            if rest == 0 {
                break;
            }
            if rest != last {
                (last, moved) = (rest, Instant::now());
            }
        }
        reader.close().await?;
        Ok(seen)
    }
}

fn as_count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
