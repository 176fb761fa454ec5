//! Sets the offsets of a group without members: first what it would do, then, if nothing moved meanwhile,
//! the old ones to the disk, the new ones to the broker, and a look whether they are there.

use chrono::Utc;
use krafka::admin::{
    AlterConsumerGroupOffsetsOptions, DeleteConsumerGroupOffsetsOptions, OffsetSpec, TopicPartition,
};
use krafka::error::{ErrorCode, KrafkaError};

use super::reading::{as_partition, number, read_one};
use crate::drivers::kafka::failure;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::watch::ask;
use crate::kafka::failure::KafkaAct;
use crate::kafka::groups::reset::{
    KeptReset, OffsetsAt, ResetLine, ResetOrder, ResetPlan, ResetStep, ResetTo, plan,
};
use crate::kafka::groups::{ConsumerGroup, GroupPlace};
use crate::storage::resets;
use crate::text::numbers::count_of;

/// What a reset would do. Nothing is changed.
pub(in crate::drivers::kafka) async fn planned(
    cluster: &Cluster,
    order: ResetOrder,
) -> Result<ResetPlan, String> {
    let group = read_one(cluster, &order.group).await?;
    let at = offsets_at(cluster, &order, &group).await?;
    plan(order, &group, &at)
}

/// The offsets of a time, where one is asked for.
async fn offsets_at(
    cluster: &Cluster,
    order: &ResetOrder,
    group: &ConsumerGroup,
) -> Result<OffsetsAt, String> {
    let ResetTo::Time(time) = order.to else {
        return Ok(OffsetsAt::new());
    };
    let known = |place: &&GroupPlace| place.within.is_some();
    let places = group.places.iter().filter(known);
    let partitions: Vec<TopicPartition> = places.map(as_partition).collect();
    let spec = OffsetSpec::Timestamp(time.timestamp_millis().max(0));
    let found = ask(&cluster.admin, &partitions, spec, false).await;
    let found = found.map_err(|error| failure::words(&error, KafkaAct::Read))?;
    let found = found.into_iter().map(|(partition, offset)| {
        let place = (partition.topic().to_owned(), number(partition.partition()));
        (place, u64::try_from(offset).unwrap_or_default())
    });
    Ok(found.collect())
}

/// Does what was planned; says in words what was done.
pub(in crate::drivers::kafka) async fn set(
    cluster: &Cluster,
    wanted: ResetPlan,
) -> Result<String, String> {
    let group = read_one(cluster, &wanted.order.group).await?;
    if let Some(words) = group.why_no_reset() {
        return Err(words);
    }
    if let Some(words) = moved(&wanted, &group) {
        return Err(words);
    }
    let id = uuid::Uuid::new_v4().to_string();
    let mut kept = KeptReset::of(&wanted, id, cluster.name.clone(), Utc::now());
    if kept.offsets.is_empty() {
        return Ok("Nothing was to be changed".to_owned());
    }
    keep(cluster, &kept).await?;
    let outcome = commit(cluster, &wanted).await;
    let outcome = match outcome {
        Ok(()) => proven(cluster, &wanted).await,
        Err(words) => Err(words),
    };
    let words = match &outcome {
        Ok(words) | Err(words) => words.clone(),
    };
    kept.end = Some(words);
    match (keep(cluster, &kept).await, outcome) {
        (Ok(()), outcome) => outcome,
        // It is written down all the same what was before.
        (Err(_), Ok(words)) => Ok(format!("{words}. That it was done could not be noted")),
        (Err(_), Err(words)) => Err(words),
    }
}

/// The group went on since the plan was made.
fn moved(wanted: &ResetPlan, group: &ConsumerGroup) -> Option<String> {
    let is_elsewhere = wanted.changes().any(|line| {
        let mut places = group.places.iter();
        let place = places.find(|p| p.topic == line.topic && p.partition == line.partition);
        place.and_then(|place| place.committed) != line.from
    });
    is_elsewhere.then(|| {
        format!(
            "{} is elsewhere than when this was worked out: nothing was changed. Look once more what \
             would be done",
            group.name
        )
    })
}

async fn keep(cluster: &Cluster, reset: &KeptReset) -> Result<(), String> {
    let Some(dir) = cluster.notes_dir.clone() else {
        return Err(
            "There is no folder to keep the old offsets in, so nothing was changed".to_owned(),
        );
    };
    let reset = reset.clone();
    let writing = tokio::task::spawn_blocking(move || resets::keep(&dir, &reset));
    let written = writing.await.map_err(|error| error.to_string());
    let written = written.and_then(|written| written.map_err(|error| error.to_string()));
    written.map_err(|why| {
        format!("The old offsets could not be written to the disk ({why}), so nothing was changed")
    })
}

async fn commit(cluster: &Cluster, wanted: &ResetPlan) -> Result<(), String> {
    let group = wanted.order.group.as_str();
    let partition = |topic: &str, partition: u32| {
        TopicPartition::new(topic, i32::try_from(partition).unwrap_or(i32::MAX))
    };
    let (mut offsets, mut forgotten) = (Vec::new(), Vec::new());
    for line in wanted.changes() {
        let at = partition(&line.topic, line.partition);
        match line.step {
            ResetStep::To(to) => offsets.push((at, i64::try_from(to).unwrap_or(i64::MAX))),
            ResetStep::Forget => forgotten.push(at),
            ResetStep::Stay(_) => {}
        }
    }
    let words = |error: &KrafkaError| refusal(error, group);
    if !offsets.is_empty() {
        let options = AlterConsumerGroupOffsetsOptions::default();
        let told = cluster
            .admin
            .alter_consumer_group_offsets(group, offsets, options)
            .await;
        for (_, told) in told.map_err(|error| words(&error))? {
            told.map_err(|error| words(&error))?;
        }
    }
    if !forgotten.is_empty() {
        let options = DeleteConsumerGroupOffsetsOptions::default();
        let told = cluster
            .admin
            .delete_consumer_group_offsets(group, forgotten, options)
            .await;
        for (_, told) in told.map_err(|error| words(&error))? {
            told.map_err(|error| words(&error))?;
        }
    }
    Ok(())
}

fn refusal(error: &KrafkaError, group: &str) -> String {
    match error {
        KrafkaError::Broker {
            code:
                ErrorCode::UnknownMemberId
                | ErrorCode::NonEmptyGroup
                | ErrorCode::IllegalGeneration
                | ErrorCode::StaleMemberEpoch
                | ErrorCode::RebalanceInProgress
                | ErrorCode::GroupSubscribedToTopic,
            ..
        } => format!(
            "{group} is running again: Kafka took no offsets for it from outside. Stop its consumers first"
        ),
        error => failure::words(error, KafkaAct::Reset),
    }
}

/// What the broker says afterwards is what is told.
async fn proven(cluster: &Cluster, wanted: &ResetPlan) -> Result<String, String> {
    let group = read_one(cluster, &wanted.order.group)
        .await
        .map_err(|why| {
            format!("The broker took the offsets, but they could not be read back: {why}")
        })?;
    let is_there = |line: &&ResetLine| {
        let mut places = group.places.iter();
        let place = places.find(|p| p.topic == line.topic && p.partition == line.partition);
        place.and_then(|place| place.committed) == line.after()
    };
    let all = wanted.changes().count();
    let there = wanted.changes().filter(is_there).count();
    let partitions = count_of(all as u64, "partition");
    if there < all {
        return Err(format!(
            "Of {partitions} only {there} are where they were set: a consumer may have gone on meanwhile"
        ));
    }
    Ok(format!(
        "Done: {} goes on at {} in {partitions}",
        group.name, wanted.order.to
    ))
}
