//! A tap from its start to its end: which topics it reads, from where, and what becomes of it when topics
//! come and go or the cluster cannot be reached. What is in the log waits, so a break costs nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{AdminClient, ListTopicsOptions, OffsetSpec, TopicPartition};
use krafka::consumer::{Consumer, ConsumerRecord};
use krafka::error::{ErrorCode, KrafkaError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::pump::Pump;
use super::rights;
use super::start::{self, Offsets};
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::{connect, failure};
use crate::drivers::retry;
use crate::event::watching::TapRequest;
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::kafka::topics::{TopicFacts, TopicPattern};
use crate::protocol::{Gravity, SourceUpdate, TapState};

/// How long the first list of topics may take.
const LIST_LIMIT: Duration = Duration::from_secs(15);

/// How often it is asked where the ends are …
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// … and how many times as long as the answer took the pause is at least.
const REST: u32 = 20;
/// Something is wrong where there are records and none came for so long.
const STUCK: Duration = Duration::from_secs(15);

/// A partition that is read: topic, number, and the id of the topic.
type WatchedPartition = (String, i32, [u8; 16]);

/// What a tap does next.
enum TapStep {
    Skip,
    Follow(Option<Arc<Vec<TopicFacts>>>),
    Look,
    Polled(Result<Vec<ConsumerRecord>, KrafkaError>),
}

/// Runs a tap until it is stopped or refused. `skip` wakes it to pass over what it has not read.
pub(in crate::drivers::kafka) async fn run(
    cluster: Cluster,
    request: TapRequest,
    skip: &Notify,
    mut stop: watch::Receiver<bool>,
) -> TapState {
    tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => TapState::Stopped,
        why = watched(&cluster, &request, skip) => TapState::Refused(why),
    }
}

/// The topics that a line means, in order.
pub(super) fn meant(line: &str, topics: &[TopicFacts]) -> Vec<TopicFacts> {
    let pattern = TopicPattern::read(line);
    let all = topics.iter();
    all.filter(|topic| pattern.means(&topic.name, topic.is_internal))
        .cloned()
        .collect()
}

/// The list of topics, as soon as it is there.
pub(super) async fn topics(cluster: &Cluster) -> Result<Arc<Vec<TopicFacts>>, String> {
    let mut list = cluster.topics.clone();
    let known = tokio::time::timeout(LIST_LIMIT, list.wait_for(Option::is_some)).await;
    let known = known.ok().and_then(Result::ok);
    let known = known.and_then(|known| known.as_ref().map(Arc::clone));
    known.ok_or_else(|| "The list of topics was not read. Try again".to_owned())
}

/// Why a line means no topic.
pub(super) fn nothing_meant(line: &str) -> String {
    if TopicPattern::read(line).is_empty() {
        return "Topics is empty: type the name of a topic, or a pattern such as orders.*"
            .to_owned();
    }
    format!(
        "No topic is called {line}, or this login may see none (that takes DESCRIBE on the topic)"
    )
}

fn partitions(topics: &[TopicFacts]) -> BTreeSet<WatchedPartition> {
    let all = topics.iter().flat_map(|topic| {
        let count = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
        (0..count).map(|partition| (topic.name.clone(), partition, topic.topic_id))
    });
    all.collect()
}

fn keys<'a>(partitions: impl IntoIterator<Item = &'a WatchedPartition>) -> Vec<TopicPartition> {
    let all = partitions.into_iter();
    all.map(|(topic, partition, _)| TopicPartition::new(topic.as_str(), *partition))
        .collect()
}

/// Reads; gives why it cannot go on, in words.
async fn watched(cluster: &Cluster, request: &TapRequest, skip: &Notify) -> String {
    let known = match topics(cluster).await {
        Ok(known) => known,
        Err(words) => return words,
    };
    let mut wanted = meant(&request.destination, &known);
    if wanted.is_empty() {
        return nothing_meant(&request.destination);
    }
    let names: Vec<String> = wanted.iter().map(|topic| topic.name.clone()).collect();
    let unreadable = rights::unreadable(cluster, &names).await;
    if !unreadable.is_empty() {
        wanted.retain(|topic| !unreadable.contains(&topic.name));
        let topic = Some(unreadable.join(", "));
        let words = KafkaTrouble::NoRight { topic }.words(KafkaAct::Read);
        if wanted.is_empty() {
            return words;
        }
        cluster.outbox.notice(Gravity::Warning, words).await;
    }
    match TopicReading::open(cluster, request, partitions(&wanted), unreadable).await {
        Ok(mut reading) => {
            reading.told_running().await;
            reading.go_on(skip).await
        }
        Err(error) => failure::words(&error, KafkaAct::Read),
    }
}

/// Why trying again would not help.
fn unbearable(error: &KrafkaError) -> Option<String> {
    let passes = match error {
        // A topic that is made again, or whose list is not up to date.
        KrafkaError::UnknownTopic { .. } | KrafkaError::NoOffset { .. } => true,
        KrafkaError::Broker { code, .. } => {
            *code == ErrorCode::UnknownTopicOrPartition || error.is_retriable()
        }
        other => other.is_retriable(),
    };
    (!passes).then(|| failure::words(error, KafkaAct::Read))
}

/// A tap that reads.
struct TopicReading<'a> {
    cluster: &'a Cluster,
    request: &'a TapRequest,
    admin: AdminClient,
    consumer: Consumer,
    pump: Pump,
    assigned: BTreeSet<WatchedPartition>,
    /// Topics that may not be read.
    unreadable: Vec<String>,
    /// When to ask next where the ends are.
    look_at: Instant,
    /// When something was read last, or there was nothing to read.
    moved_at: Instant,
    /// Why nothing is seen, as it was told.
    interruption: Option<String>,
    /// Looks that failed in a row.
    failed: u32,
    /// Keeps the connections.
    _kafka: Kafka,
}

impl<'a> TopicReading<'a> {
    async fn open(
        cluster: &'a Cluster,
        request: &'a TapRequest,
        assigned: BTreeSet<WatchedPartition>,
        unreadable: Vec<String>,
    ) -> Result<Self, KrafkaError> {
        let kafka = connect::kafka(&cluster.endpoint).await?;
        let admin = kafka.admin().default_api_timeout(connect::ANSWER_LIMIT);
        let reading = request.reading;
        let all = keys(&assigned);
        let from = start::positions(&kafka, &admin, &all, reading).await?;
        let consumer = start::reader(&kafka, &from, reading.committed_only).await?;
        let outbox = cluster.outbox.clone();
        let mut pump = Pump::new(request.tap, outbox, reading.most_per_second);
        pump.place(&from);
        Ok(Self {
            cluster,
            request,
            admin,
            consumer,
            pump,
            assigned,
            unreadable,
            look_at: Instant::now(),
            moved_at: Instant::now(),
            interruption: None,
            failed: 0,
            _kafka: kafka,
        })
    }

    async fn tell(&self, state: TapState) {
        let tap = self.request.tap;
        let update = SourceUpdate::Tap { tap, state };
        self.cluster.outbox.send(update).await;
    }

    async fn told_running(&self) {
        let queue = String::new();
        self.tell(TapState::Running { queue }).await;
    }

    /// Reads on, over every break. Gives why it cannot.
    async fn go_on(&mut self, skip: &Notify) -> String {
        let mut list = self.cluster.topics.clone();
        loop {
            let step = tokio::select! {
                biased;
                () = skip.notified() => TapStep::Skip,
                changed = list.changed() => match changed {
                    Ok(()) => TapStep::Follow(list.borrow_and_update().clone()),
                    Err(_) => std::future::pending().await,
                },
                () = tokio::time::sleep_until(self.look_at) => TapStep::Look,
                polled = self.pump.poll(&self.consumer) => TapStep::Polled(polled),
            };
            // Each is done to its end: what was polled is told.
            let done = match step {
                TapStep::Skip => self.skip_to_end().await,
                TapStep::Follow(topics) => self.follow(&topics.unwrap_or_default()).await,
                TapStep::Look => self.look().await,
                TapStep::Polled(Ok(records)) => {
                    if !records.is_empty() {
                        self.moved_at = Instant::now();
                        self.pump.send(&records).await;
                    }
                    Ok(())
                }
                TapStep::Polled(Err(error)) => Err(error),
            };
            let Err(error) = done else { continue };
            if let Some(words) = self.bear(error).await {
                return words;
            }
        }
    }

    /// Asks where the ends are: a broker that is gone, or a right that was taken away, shows in the
    /// answer, and not in what is read.
    async fn look(&mut self) -> Result<(), KrafkaError> {
        let asked = Instant::now();
        if self.assigned.is_empty() {
            self.look_at = asked + LOOK_EVERY;
            let words = "Its topics are not there any more. It reads on when they are made again";
            self.interrupted(words.to_owned()).await;
            return Ok(());
        }
        let all = keys(&self.assigned);
        let committed = self.request.reading.committed_only;
        let ends = start::ask(&self.admin, &all, OffsetSpec::Latest, committed).await?;
        let pause = LOOK_EVERY.max(asked.elapsed() * REST);
        self.look_at = Instant::now() + pause;
        self.pump.tell(&self.consumer, &ends).await;
        if self.pump.behind() == 0 {
            self.moved_at = Instant::now();
        }
        if self.moved_at.elapsed() > STUCK {
            let words = "The brokers send nothing, although there are records to be read. This login \
                         may not have READ on the topics";
            self.interrupted(words.to_owned()).await;
        } else if self.interruption.take().is_some() {
            self.failed = 0;
            self.told_running().await;
        }
        Ok(())
    }

    /// Bears an error if it may pass; else gives why it cannot go on.
    async fn bear(&mut self, error: KrafkaError) -> Option<String> {
        if let Some(words) = unbearable(&error) {
            return Some(words);
        }
        if let KrafkaError::NoOffset { partitions } = &error {
            match self.find_again(partitions).await {
                Ok(()) => return None,
                Err(error) if unbearable(&error).is_some() => {
                    return Some(failure::words(&error, KafkaAct::Read));
                }
                Err(_) => {}
            }
        }
        self.interrupted(failure::words(&error, KafkaAct::Read))
            .await;
        self.look_at = Instant::now() + retry::pause(self.failed, fastrand::f64());
        self.failed += 1;
        None
    }

    /// Tells that nothing is seen, once for each reason.
    async fn interrupted(&mut self, words: String) {
        if self.interruption.as_ref() != Some(&words) {
            self.interruption = Some(words.clone());
            self.tell(TapState::Interrupted(words)).await;
        }
    }

    /// What came next in these partitions is gone: retention took it, or the topic was made again.
    async fn find_again(&mut self, partitions: &[(String, i32)]) -> Result<(), KrafkaError> {
        let lost = partitions.iter();
        let lost = lost.map(|(topic, partition)| TopicPartition::new(topic.as_str(), *partition));
        let lost: Vec<TopicPartition> = lost.collect();
        let first = start::ask(&self.admin, &lost, OffsetSpec::Earliest, false).await?;
        for (partition, offset) in &first {
            self.consumer
                .seek(partition.topic(), partition.partition(), *offset)
                .await?;
            self.pump.lost(partition, *offset);
        }
        Ok(())
    }

    /// Passes over what was not read.
    async fn skip_to_end(&mut self) -> Result<(), KrafkaError> {
        let all = keys(&self.assigned);
        let committed = self.request.reading.committed_only;
        let ends = start::ask(&self.admin, &all, OffsetSpec::Latest, committed).await?;
        self.consumer.seek_many(ends.iter()).await?;
        self.pump.place(&ends);
        self.pump.tell(&self.consumer, &ends).await;
        Ok(())
    }

    /// Topics and partitions that were made since, also under a name that was there before, are read from
    /// their beginning; what is gone is left.
    async fn follow(&mut self, topics: &[TopicFacts]) -> Result<(), KrafkaError> {
        let mut meant = meant(&self.request.destination, topics);
        meant.retain(|topic| !self.unreadable.contains(&topic.name));
        let wanted = partitions(&meant);
        if wanted == self.assigned {
            return Ok(());
        }
        // Our own connections must know the new ids, too.
        let options = ListTopicsOptions::default();
        self.admin.list_topics(options).await?;
        let fresh = keys(wanted.difference(&self.assigned));
        let first = start::ask(&self.admin, &fresh, OffsetSpec::Earliest, false).await?;
        let changed = wanted.symmetric_difference(&self.assigned);
        let touched: BTreeSet<&str> = changed.map(|(topic, ..)| topic.as_str()).collect();
        for topic in touched {
            let of = |all: &BTreeSet<WatchedPartition>| {
                let own = all.iter().filter(|(name, ..)| name == topic);
                own.map(|(_, partition, id)| (*partition, *id))
                    .collect::<Vec<_>>()
            };
            let (before, now) = (of(&self.assigned), of(&wanted));
            // What is known of a topic of the same name is not true of this one.
            let is_again = before
                .first()
                .zip(now.first())
                .is_some_and(|(a, b)| a.1 != b.1);
            if is_again {
                self.consumer.assign(topic, Vec::new()).await?;
                let words = format!("Topic {topic} was made again: it is read from its beginning");
                self.cluster.outbox.notice(Gravity::Warning, words).await;
            } else if now.is_empty() {
                let words = format!("Topic {topic} is not there any more");
                self.cluster.outbox.notice(Gravity::Warning, words).await;
            }
            let now = now.into_iter().map(|(partition, _)| partition).collect();
            self.consumer.assign(topic, now).await?;
        }
        self.start_at(&first).await?;
        self.assigned = wanted;
        Ok(())
    }

    async fn start_at(&mut self, offsets: &Offsets) -> Result<(), KrafkaError> {
        self.consumer.seek_many(offsets.iter()).await?;
        self.pump.place(offsets);
        Ok(())
    }
}
