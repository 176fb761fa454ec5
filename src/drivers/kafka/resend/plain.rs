//! A batch without a transaction, for brokers and logins that have none. Each copy is confirmed by itself;
//! one without an answer is looked for where it was going.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::future::join_all;
use krafka::admin::{OffsetSpec, TopicPartition};
use krafka::consumer::{ConsumerRecord, TimestampType};
use krafka::error::KrafkaError;
use krafka::producer::{Acks, Producer};

use super::batch::{BatchDesk, Ready, SentBatch, SentCopy};
use super::guard::RecordGuard;
use super::settle::Settled;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log::ends;
use crate::drivers::kafka::log::scan::Scan;
use crate::drivers::kafka::publish::{self, LARGEST};
use crate::drivers::kafka::watch::start::{self, Offsets};
use crate::drivers::kafka::{connect, failure};
use crate::event::Outgoing;
use crate::event::draft::record::{header_bytes, key_bytes};
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::protocol::MoveOutcome;
use crate::repair::held_record::CutOffBatch;
use crate::repair::journal_entry::RecordId;

/// How long a confirm is waited for.
const CONFIRM_LIMIT: Duration = Duration::from_secs(30);
/// What had no answer may still arrive for so long after the client gave up.
const LATE: Duration = Duration::from_secs(2);
/// Most copies of a batch: without a transaction all of them may be in doubt together.
const MOST: usize = 500;

/// Sends batches without transactions.
#[derive(Default)]
pub(super) struct PlainSender {
    producer: Option<Producer>,
}

/// What became of one.
enum PlainFate {
    Written(Option<(u32, u64)>),
    Refused(String),
    /// No answer.
    Unknown,
}

impl PlainSender {
    pub(super) async fn send(
        &mut self,
        desk: &BatchDesk<'_>,
        ready: Vec<Ready>,
        guard: &RecordGuard<'_>,
    ) -> Result<SentBatch, String> {
        let mut told = Vec::with_capacity(ready.len());
        let mut rest = ready.into_iter().peekable();
        while rest.peek().is_some() {
            let some: Vec<Ready> = rest.by_ref().take(MOST).collect();
            told.extend(self.send_some(desk, some, guard).await?);
        }
        Ok(SentBatch::Told(told))
    }

    async fn producer(&mut self, desk: &BatchDesk<'_>) -> Result<&Producer, String> {
        if self.producer.as_ref().is_none_or(Producer::is_closed) {
            let opened = desk
                .kafka
                .producer()
                .acks(Acks::All)
                .idempotent(true)
                .linger(Duration::from_millis(5))
                .batch_size(desk.batch_bytes)
                .max_request_size(LARGEST)
                .delivery_timeout(CONFIRM_LIMIT)
                .max_block(CONFIRM_LIMIT)
                .metrics_push(false)
                .build()
                .await
                .map_err(|error| failure::words(&error, KafkaAct::Write))?;
            self.producer = Some(opened);
        }
        self.producer
            .as_ref()
            .ok_or_else(|| "Not connected".to_owned())
    }

    async fn send_some(
        &mut self,
        desk: &BatchDesk<'_>,
        ready: Vec<Ready>,
        guard: &RecordGuard<'_>,
    ) -> Result<Vec<SentCopy>, String> {
        let before = target_ends(desk, &ready).await?;
        let end = |outgoing: &Outgoing| {
            let partition = outgoing.record?.partition?;
            let own =
                TopicPartition::new(outgoing.destination.clone(), i32::try_from(partition).ok()?);
            let end = u64::try_from(*before.get(&own)?).ok()?;
            Some((partition, end))
        };
        let producer = self.producer(desk).await?;
        let ids = desk.hold(&ready, None, end).await?;
        let fates = join_all(ready.iter().map(|one| send_one(producer, &one.outgoing))).await;
        let mut told = Vec::with_capacity(ready.len());
        let (mut written, mut refused, mut unsure) = (Vec::new(), Vec::new(), Vec::new());
        for ((one, id), fate) in ready.into_iter().zip(ids).zip(fates) {
            let (outcome, at) = match fate {
                PlainFate::Written(at) => {
                    written.push((id, at));
                    (MoveOutcome::Resent, at)
                }
                PlainFate::Refused(words) => {
                    refused.push(id);
                    (MoveOutcome::Kept(words), None)
                }
                PlainFate::Unknown => {
                    unsure.push((one, id));
                    continue;
                }
            };
            told.push(SentCopy {
                letter: one.letter,
                outcome,
                topic: one.outgoing.destination,
                at,
            });
        }
        if !unsure.is_empty() {
            self.producer = None;
            tokio::time::sleep(LATE).await;
            let wanted: Vec<&Outgoing> = unsure.iter().map(|(one, _)| &one.outgoing).collect();
            let found = look_for(desk.cluster, &wanted, &before).await;
            for (number, (one, id)) in unsure.into_iter().enumerate() {
                let at = found.as_ref().ok().and_then(|found| found[number]);
                let outcome = match at {
                    Some(_) if is_certain(guard, &one.outgoing) => {
                        written.push((id, at));
                        MoveOutcome::Resent
                    }
                    _ => {
                        let words = "No confirm came in time, and it was not found in its target: it \
                                     may still have been written";
                        desk.leave(vec![id], words).await;
                        MoveOutcome::Unsure(words.to_owned())
                    }
                };
                told.push(SentCopy {
                    letter: one.letter,
                    outcome,
                    topic: one.outgoing.destination,
                    at,
                });
            }
        }
        if !written.is_empty() {
            desk.written(written).await;
        }
        if !refused.is_empty() {
            desk.forget(refused).await;
        }
        Ok(told)
    }
}

/// What is found equal there is our copy: it has our time, to the millisecond.
fn is_certain(guard: &RecordGuard<'_>, outgoing: &Outgoing) -> bool {
    let target = guard.target(&outgoing.destination);
    let config = target.and_then(|target| target.config.as_ref());
    config.is_some_and(|config| !config.is_append_time)
}

/// The ends of the partitions that copies go to.
async fn target_ends(desk: &BatchDesk<'_>, ready: &[Ready]) -> Result<Offsets, String> {
    let mut partitions: Vec<TopicPartition> = ready
        .iter()
        .filter_map(|one| {
            let partition = one.outgoing.record?.partition?;
            let partition = i32::try_from(partition).ok()?;
            Some(TopicPartition::new(
                one.outgoing.destination.clone(),
                partition,
            ))
        })
        .collect();
    partitions.sort_by(|a, b| (a.topic(), a.partition()).cmp(&(b.topic(), b.partition())));
    partitions.dedup();
    start::ask(&desk.cluster.admin, &partitions, OffsetSpec::Latest, false)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::Write))
}

async fn send_one(producer: &Producer, outgoing: &Outgoing) -> PlainFate {
    let record = match publish::record(outgoing, u32::MAX) {
        Ok(record) => record,
        Err(words) => return PlainFate::Refused(words),
    };
    let handle = match producer.enqueue(record).await {
        Ok(handle) => handle,
        Err(error) => return PlainFate::Refused(failure::words(&error, KafkaAct::Write)),
    };
    match handle.await {
        Ok(written) => {
            let partition = u32::try_from(written.partition).ok();
            PlainFate::Written(partition.zip(u64::try_from(written.offset).ok()))
        }
        Err(KrafkaError::DeliveryTimeout {
            possibly_written: false,
            ..
        }) => PlainFate::Refused(KafkaTrouble::Silent.words(KafkaAct::Write)),
        Err(error) => match failure::failure(&error) {
            KafkaTrouble::TooLarge
            | KafkaTrouble::Invalid(_)
            | KafkaTrouble::NoRight { .. }
            | KafkaTrouble::UnknownTopic(_) => {
                PlainFate::Refused(failure::words(&error, KafkaAct::Write))
            }
            _ => PlainFate::Unknown,
        },
    }
}

/// What a record is, byte for byte.
#[derive(PartialEq, Eq, Hash)]
struct RecordContent {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    time_ms: Option<i64>,
}

impl RecordContent {
    fn of(outgoing: &Outgoing) -> Option<Self> {
        let own = outgoing.record.unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in outgoing.properties.headers.iter().flatten() {
            headers.push((name.clone(), header_bytes(value).ok()?));
        }
        Some(Self {
            key: key_bytes(own.key, &outgoing.key).ok()?,
            value: (!own.is_tombstone).then(|| outgoing.body.clone()),
            headers,
            time_ms: outgoing
                .properties
                .timestamp
                .and_then(|ms| i64::try_from(ms).ok()),
        })
    }

    fn at(record: &ConsumerRecord) -> Self {
        let is_own = record.timestamp_type != TimestampType::LogAppendTime;
        Self {
            key: record.key.as_deref().map(<[u8]>::to_vec),
            value: record.value.as_deref().map(<[u8]>::to_vec),
            headers: record
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.as_deref().map(<[u8]>::to_vec)))
                .collect(),
            time_ms: is_own.then_some(record.timestamp),
        }
    }
}

/// Where each of these copies lies behind these places, if it does. Each record that is found stands for
/// one of them.
async fn look_for(
    cluster: &Cluster,
    wanted: &[&Outgoing],
    from: &Offsets,
) -> Result<Vec<Option<(u32, u64)>>, String> {
    let mut open: HashMap<(String, RecordContent), Vec<usize>> = HashMap::new();
    for (number, outgoing) in wanted.iter().enumerate() {
        if let Some(content) = RecordContent::of(outgoing) {
            let place = (outgoing.destination.clone(), content);
            open.entry(place).or_default().push(number);
        }
    }
    let partitions: Vec<TopicPartition> = from.keys().cloned().collect();
    let ends = ends(cluster, &partitions, false).await?;
    let kafka = connect::kafka(&cluster.endpoint)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::Read))?;
    let mut found = vec![None; wanted.len()];
    let scan = Scan {
        from,
        to: &ends.end,
        committed: false,
    };
    scan.run(&kafka, |record| {
        let place = (record.topic.to_string(), RecordContent::at(&record));
        if let Some(number) = open.get_mut(&place).and_then(Vec::pop) {
            let partition = u32::try_from(record.partition).unwrap_or_default();
            found[number] = Some((partition, u64::try_from(record.offset).unwrap_or_default()));
        }
        ControlFlow::Continue(())
    })
    .await?;
    Ok(found)
}

/// What became of copies that were sent without a transaction when their run ended.
pub(super) async fn settle(cluster: &Cluster, batch: &CutOffBatch) -> Settled {
    let (mut written, mut not) = (Vec::new(), Vec::new());
    let mut words = None;
    for some in batch.ids.chunks(MOST) {
        match settle_some(cluster, some.to_vec()).await {
            Ok((found, missing)) => {
                written.extend(found);
                not.extend(missing);
            }
            Err(why) => words = Some(why),
        }
    }
    (written, not, words)
}

type Looked = (Vec<(RecordId, Option<(u32, u64)>)>, Vec<RecordId>);

async fn settle_some(cluster: &Cluster, ids: Vec<RecordId>) -> Result<Looked, String> {
    let records = cluster
        .journal
        .with(move |journal| {
            let mut all = Vec::new();
            for id in ids {
                all.extend(journal.get(id)?);
            }
            Ok(all)
        })
        .await?;
    let mut from = Offsets::new();
    let mut wanted = Vec::new();
    for record in &records {
        let (Some(sent), Some(own)) = (&record.message.sent, &record.message.record) else {
            continue;
        };
        let Some((partition, end)) = own.end else {
            continue;
        };
        let (Ok(partition), Ok(end)) = (i32::try_from(partition), i64::try_from(end)) else {
            continue;
        };
        let place = TopicPartition::new(sent.destination.clone(), partition);
        let first = from.entry(place).or_insert(end);
        *first = end.min(*first);
        wanted.push((record.id, sent));
    }
    let partitions: Vec<TopicPartition> = from.keys().cloned().collect();
    let ends = ends(cluster, &partitions, false).await?;
    let is_whole = from
        .iter()
        .all(|(one, start)| ends.first.get(one).is_some_and(|first| first <= start));
    let topics = wanted.iter().map(|(_, sent)| sent.destination.as_str());
    let configs = crate::drivers::kafka::topic::configs(cluster, topics).await;
    let copies: Vec<_> = wanted.iter().map(|(_, sent)| *sent).collect();
    let found = look_for(cluster, &copies, &from).await?;
    let (mut written, mut not) = (Vec::new(), Vec::new());
    for ((id, sent), at) in wanted.iter().zip(found) {
        let config = configs.get(&sent.destination);
        let tells = config.is_some_and(|config| !config.is_append_time && !config.is_compacted);
        match at {
            Some(at) if tells => written.push((*id, Some(at))),
            None if tells && is_whole => not.push(*id),
            _ => {}
        }
    }
    if written.len() + not.len() < records.len() {
        tracing::debug!("of some copies it cannot be told whether they were sent");
    }
    Ok((written, not))
}
