//! Reads which groups there are, who is in them, and how far each is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::Utc;
use futures_util::{StreamExt as _, stream};
use krafka::admin::{
    AdminClient, ConsumerGroupDescription, ConsumerGroupListing, DescribeConsumerGroupsOptions,
    ListConsumerGroupOffsetsOptions, ListConsumerGroupsOptions, ListOffsetsOptions, OffsetSpec,
    TopicPartition,
};
use krafka::error::KrafkaError;

use crate::drivers::kafka::failure;
use crate::drivers::kafka::link::Cluster;
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::kafka::groups::reset::KeptReset;
use crate::kafka::groups::{
    ConsumerGroup, GroupMember, GroupPhase, GroupPlace, GroupProtocol, GroupReading,
};
use crate::kafka::topics::TopicFacts;
use crate::storage::resets;

/// Most groups whose offsets are read: each is a question to its coordinator.
const MOST: usize = 500;
/// Questions that are under way at once.
const AT_ONCE: usize = 8;

/// All groups that the login may see.
pub(in crate::drivers::kafka) async fn read(cluster: &Cluster) -> Result<GroupReading, String> {
    let topics = known_topics(cluster).await;
    let mut reading = GroupReading {
        at: Utc::now(),
        ..GroupReading::default()
    };
    let mut listed = list(cluster, &mut reading.remarks).await?;
    listed.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    if listed.len() > MOST {
        reading.remarks.push(format!(
            "There are {} groups; where they are is read of the first {MOST} by name",
            listed.len()
        ));
    }
    let (near, far) = listed.split_at(listed.len().min(MOST));
    reading.groups = groups(cluster, near, &topics).await;
    reading.groups.extend(far.iter().map(as_listed));
    reading.kept = kept(cluster).await;
    Ok(reading)
}

/// One group, as it is now.
pub(super) async fn read_one(cluster: &Cluster, name: &str) -> Result<ConsumerGroup, String> {
    let topics = known_topics(cluster).await;
    let mut remarks = Vec::new();
    let listed = list(cluster, &mut remarks).await?;
    let listed: Vec<_> = (listed.into_iter())
        .filter(|group| group.group_id == name)
        .collect();
    let mut found = groups(cluster, &listed, &topics).await;
    found.pop().ok_or_else(|| {
        let not_all = remarks.first().map(|words| format!(". {words}"));
        format!(
            "There is no group {name}, or this login may not see it{}",
            not_all.unwrap_or_default()
        )
    })
}

async fn kept(cluster: &Cluster) -> Vec<KeptReset> {
    let Some(dir) = cluster.notes_dir.clone() else {
        return Vec::new();
    };
    let place = cluster.name.clone();
    let reading = tokio::task::spawn_blocking(move || resets::kept(&dir, &place));
    reading.await.unwrap_or_default()
}

/// The list of topics, as it was read last.
async fn known_topics(cluster: &Cluster) -> HashMap<String, u32> {
    let mut topics = cluster.topics.clone();
    // Its sender lives as long as the session.
    let known = topics.wait_for(Option::is_some).await;
    let known = known.ok().and_then(|known| known.clone());
    let name = |topic: &TopicFacts| (topic.name.clone(), topic.partitions);
    known.iter().flat_map(|all| all.iter().map(name)).collect()
}

async fn list(
    cluster: &Cluster,
    remarks: &mut Vec<String>,
) -> Result<Vec<ConsumerGroupListing>, String> {
    let options = ListConsumerGroupsOptions::default();
    let told = cluster.admin.list_consumer_groups(options).await;
    let told = told.map_err(|error| failure::words(&error, KafkaAct::Groups))?;
    let brokers = told.len();
    let mut failed = Vec::new();
    let mut listed = Vec::new();
    for (broker, groups) in told {
        match groups {
            Ok(groups) => listed.extend(groups),
            Err(error) => {
                let why = failure::words(&error, KafkaAct::Groups);
                failed.push((broker, why));
            }
        }
    }
    failed.sort();
    if let Some((_, why)) = failed.first().filter(|_| failed.len() == brokers) {
        return Err(why.clone());
    }
    let missing = failed
        .iter()
        .map(|(broker, why)| format!("The groups of broker {broker} are missing: {why}"));
    remarks.extend(missing);
    Ok(listed)
}

fn as_listed(listed: &ConsumerGroupListing) -> ConsumerGroup {
    let group_type = listed.group_type.as_ref().map(ToString::to_string);
    ConsumerGroup {
        name: listed.group_id.clone(),
        protocol: GroupProtocol::read(group_type.as_deref(), &listed.protocol_type),
        phase: GroupPhase::read(listed.state.as_deref().unwrap_or_default()),
        ..ConsumerGroup::default()
    }
}

/// What a group committed, or why that is not known.
type Committed = Result<HashMap<TopicPartition, Option<i64>>, String>;

async fn groups(
    cluster: &Cluster,
    listed: &[ConsumerGroupListing],
    topics: &HashMap<String, u32>,
) -> Vec<ConsumerGroup> {
    let mut groups: Vec<ConsumerGroup> = listed.iter().map(as_listed).collect();
    let names: Vec<String> = groups
        .iter()
        .filter(|group| group.protocol.has_offsets())
        .map(|group| group.name.clone())
        .collect();
    let admin = &cluster.admin;
    let options = DescribeConsumerGroupsOptions::default();
    let (described, mut offsets) = tokio::join!(
        admin.describe_consumer_groups(names.clone(), options),
        all_committed(Arc::clone(admin), names),
    );
    let mut described = described.unwrap_or_default();
    for group in &mut groups {
        match described.remove(&group.name) {
            Some(Ok(told)) => describe(group, told),
            Some(Err(error)) => group.trouble = Some(failure::words(&error, KafkaAct::Groups)),
            None => {}
        }
        match offsets.remove(&group.name) {
            Some(Ok(committed)) => group.places = places(group, &committed, topics),
            Some(Err(words)) => group.trouble = Some(words),
            None => {}
        }
    }
    bound(&cluster.admin, &mut groups, topics).await;
    groups
}

async fn all_committed(admin: Arc<AdminClient>, names: Vec<String>) -> BTreeMap<String, Committed> {
    let asked = names
        .into_iter()
        .map(|name| committed(Arc::clone(&admin), name));
    let asked: Vec<_> = asked.collect();
    stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn committed(admin: Arc<AdminClient>, name: String) -> (String, Committed) {
    let options = ListConsumerGroupOffsetsOptions::default();
    let told = admin
        .list_consumer_group_offsets(name.clone(), options)
        .await;
    let words = |error: KrafkaError| failure::words(&error, KafkaAct::Groups);
    let read = told.map_err(words).and_then(|told| {
        let offsets = told
            .into_iter()
            .map(|(partition, told)| Ok((partition, told.map_err(words)?.offset)));
        offsets.collect()
    });
    (name, read)
}

fn describe(group: &mut ConsumerGroup, told: ConsumerGroupDescription) {
    group.phase = GroupPhase::read(&told.state);
    group.members = told
        .members
        .into_iter()
        .map(|member| GroupMember {
            client: member.client_id,
            host: member.client_host.trim_start_matches('/').to_owned(),
            instance: member.instance_id,
            reads: member.assignment.map(|topics| {
                let each = topics.into_iter().flat_map(|topic| {
                    let name = topic.topic_name;
                    let partitions = topic.partitions.into_iter();
                    partitions.map(move |one| (name.clone(), number(one)))
                });
                let mut each: Vec<(String, u32)> = each.collect();
                each.sort();
                each
            }),
        })
        .collect();
    group.members.sort_by(|a, b| {
        let key = |one: &GroupMember| (one.client.clone(), one.host.clone());
        key(a).cmp(&key(b))
    });
}

/// The partitions of every topic in which the group has an offset or a member.
fn places(
    group: &ConsumerGroup,
    committed: &HashMap<TopicPartition, Option<i64>>,
    topics: &HashMap<String, u32>,
) -> Vec<GroupPlace> {
    let mut all: BTreeMap<(String, u32), GroupPlace> = BTreeMap::new();
    let mut at = |topic: &str, partition: u32, change: &dyn Fn(&mut GroupPlace)| {
        let place = all.entry((topic.to_owned(), partition));
        let place = place.or_insert_with(|| GroupPlace {
            topic: topic.to_owned(),
            partition,
            ..GroupPlace::default()
        });
        change(place);
    };
    for (partition, offset) in committed {
        let offset = offset.and_then(|offset| u64::try_from(offset).ok());
        at(partition.topic(), number(partition.partition()), &|place| {
            place.committed = offset;
        });
    }
    for member in &group.members {
        for (topic, partition) in member.reads.iter().flatten() {
            at(topic, *partition, &|place| {
                place.reader = Some(member.client.clone());
            });
        }
    }
    let read: Vec<String> = all.keys().map(|(topic, _)| topic.clone()).collect();
    for topic in read {
        for partition in 0..topics.get(&topic).copied().unwrap_or_default() {
            let place = all.entry((topic.clone(), partition));
            place.or_insert_with(|| GroupPlace {
                topic: topic.clone(),
                partition,
                ..GroupPlace::default()
            });
        }
    }
    all.into_values().collect()
}

/// Finds out where the partitions of these groups begin and end. What is not in the list of topics is not
/// asked for: an older broker would make it.
async fn bound(admin: &AdminClient, groups: &mut [ConsumerGroup], topics: &HashMap<String, u32>) {
    let is_there = |place: &GroupPlace| {
        let count = topics.get(&place.topic).copied().unwrap_or_default();
        place.partition < count
    };
    let wanted: HashSet<TopicPartition> = groups
        .iter()
        .flat_map(|group| &group.places)
        .filter(|place| is_there(place))
        .map(as_partition)
        .collect();
    let each = |spec: OffsetSpec| -> Vec<(TopicPartition, OffsetSpec)> {
        wanted.iter().map(|one| (one.clone(), spec)).collect()
    };
    let (earliest, latest) = (each(OffsetSpec::Earliest), each(OffsetSpec::Latest));
    let (first, end) = tokio::join!(
        admin.list_offsets(earliest, ListOffsetsOptions::default()),
        admin.list_offsets(latest, ListOffsetsOptions::default()),
    );
    for place in groups.iter_mut().flat_map(|group| &mut group.places) {
        if !is_there(place) {
            let topic = place.topic.clone();
            place.trouble = Some(KafkaTrouble::UnknownTopic(topic).words(KafkaAct::Read));
            continue;
        }
        let partition = as_partition(place);
        let found = [&first, &end].map(|told| match told {
            Ok(told) => match told.get(&partition) {
                Some(Ok(listed)) => Ok(u64::try_from(listed.offset).unwrap_or_default()),
                Some(Err(error)) => Err(failure::words(error, KafkaAct::Read)),
                None => Err("The broker told no offset of this partition".to_owned()),
            },
            Err(error) => Err(failure::words(error, KafkaAct::Read)),
        });
        match found {
            [Ok(first), Ok(end)] => place.within = Some((first, end)),
            [Err(words), _] | [_, Err(words)] => place.trouble = Some(words),
        }
    }
}

/// A partition in the client's own word for it.
pub(super) fn as_partition(place: &GroupPlace) -> TopicPartition {
    let number = i32::try_from(place.partition).unwrap_or(i32::MAX);
    TopicPartition::new(place.topic.as_str(), number)
}

pub(super) fn number(partition: i32) -> u32 {
    u32::try_from(partition).unwrap_or_default()
}
