//! Finds out what a tap would do before it starts. Asks only for what reading asks for, too.

use krafka::admin::TopicPartition;

use super::{rights, start, tap};
use crate::drivers::kafka::failure;
use crate::drivers::kafka::link::Cluster;
use crate::event::start_from::StartFrom;
use crate::event::watching::{Report, TapReading};
use crate::kafka::failure::KafkaAct;
use crate::kafka::preflight::{TopicTapFacts, judge};
use crate::kafka::topics::TopicPattern;

/// What a tap on these topics would do.
pub(in crate::drivers::kafka) async fn run(
    cluster: &Cluster,
    destination: String,
    reading: TapReading,
) -> Report {
    match facts(cluster, &destination, reading).await {
        Ok(facts) => judge(&destination, &facts, reading),
        Err(words) => Report {
            destination,
            reading,
            ..Report::impossible(words)
        },
    }
}

async fn facts(
    cluster: &Cluster,
    destination: &str,
    reading: TapReading,
) -> Result<TopicTapFacts, String> {
    let wanted = tap::meant(destination, &tap::topics(cluster).await?);
    if wanted.is_empty() {
        return Err(tap::nothing_meant(destination));
    }
    let mut facts = TopicTapFacts {
        topics: wanted.iter().map(|topic| topic.name.clone()).collect(),
        partitions: wanted.iter().map(|topic| topic.partitions).sum(),
        without_leader: wanted.iter().map(|topic| topic.without_leader).sum(),
        is_open: TopicPattern::read(destination).is_open(),
        ..TopicTapFacts::default()
    };
    facts.unreadable = rights::unreadable(cluster, &facts.topics).await;
    if !matches!(reading.from, StartFrom::End | StartFrom::Last(_)) && facts.unreadable.is_empty() {
        facts.to_read = to_read(cluster, &wanted, reading).await?;
    }
    if let StartFrom::Last(count) = reading.from {
        facts.to_read = u64::from(count) * u64::from(facts.partitions);
    }
    Ok(facts)
}

async fn to_read(
    cluster: &Cluster,
    wanted: &[crate::kafka::topics::TopicFacts],
    reading: TapReading,
) -> Result<u64, String> {
    let partitions: Vec<TopicPartition> = wanted
        .iter()
        .flat_map(|topic| {
            let count = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
            (0..count).map(|partition| TopicPartition::new(topic.name.clone(), partition))
        })
        .collect();
    let of = |reading| start::positions(&cluster.kafka, &cluster.admin, &partitions, reading);
    let words = |error| failure::words(&error, KafkaAct::Read);
    let from = of(reading).await.map_err(words)?;
    let to = of(TapReading {
        from: StartFrom::End,
        ..reading
    });
    let to = to.await.map_err(words)?;
    let rest = from.iter().map(|(partition, start)| {
        let end = to.get(partition).copied().unwrap_or(*start);
        u64::try_from(end - start).unwrap_or_default()
    });
    Ok(rest.sum())
}
