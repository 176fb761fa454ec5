//! A topic as it is now: whether it is there, what it is made of, what it is set to. Asking makes none.

use std::collections::HashMap;

use krafka::admin::{
    ConfigResource, DescribeConfigsOptions, DescribeTopicsOptions, TopicPartition,
};
use krafka::error::{ErrorCode, KrafkaError};

use super::failure;
use super::link::Cluster;
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::kafka::topic_config::{NAMES, TopicConfig};
use crate::kafka::topics::TopicFacts;
use crate::repair::held_record::LogName;
use crate::text::hex;

/// How many topics are asked about at once.
const AT_ONCE: usize = 500;
/// The bit of the right to write in what a broker tells of a topic (Kafka's `AclOperation`).
const WRITE: i32 = 1 << 4;

/// A topic that is there.
#[derive(Clone, Debug)]
pub(super) struct FoundTopic {
    pub name: String,
    pub topic_id: [u8; 16],
    pub partitions: u32,
    pub is_internal: bool,
    /// The broker says that the login may not write to it; an older one says nothing.
    pub is_closed: bool,
}

impl FoundTopic {
    /// One of the list of topics.
    pub(super) fn of(facts: &TopicFacts) -> Self {
        Self {
            name: facts.name.clone(),
            topic_id: facts.topic_id,
            partitions: facts.partitions,
            is_internal: facts.is_internal,
            is_closed: false,
        }
    }

    /// Its partitions.
    pub(super) fn all(&self) -> Vec<TopicPartition> {
        let count = i32::try_from(self.partitions).unwrap_or(i32::MAX);
        (0..count)
            .map(|partition| TopicPartition::new(self.name.clone(), partition))
            .collect()
    }

    /// As the journal names it.
    pub(super) fn log(&self, cluster: &Cluster) -> LogName {
        let has_id = self.topic_id != [0; 16];
        LogName {
            cluster: cluster.name.clone(),
            topic: self.name.clone(),
            topic_id: if has_id {
                hex::plain(&self.topic_id)
            } else {
                String::new()
            },
        }
    }
}

/// Looks a topic up.
pub(super) async fn find(
    cluster: &Cluster,
    topic: &str,
    act: KafkaAct,
) -> Result<FoundTopic, String> {
    if topic.is_empty() {
        return Err("Topic is empty: type the name of a topic".to_owned());
    }
    let options = DescribeTopicsOptions::default();
    let told = cluster.admin.describe_topics([topic], options).await;
    let mut told = told.map_err(|error| failure::words(&error, act))?;
    match told.remove(topic) {
        Some(Ok(found)) => Ok(FoundTopic {
            name: found.name,
            topic_id: found.topic_id,
            partitions: u32::try_from(found.partitions.len()).unwrap_or(u32::MAX),
            is_internal: found.is_internal,
            is_closed: found
                .authorized_operations
                .is_some_and(|rights| rights >= 0 && rights & WRITE == 0),
        }),
        Some(Err(KrafkaError::Broker {
            code: ErrorCode::UnknownTopicOrPartition,
            ..
        }))
        | None => Err(KafkaTrouble::UnknownTopic(topic.to_owned()).words(act)),
        Some(Err(KrafkaError::Broker {
            code: ErrorCode::TopicAuthorizationFailed,
            ..
        })) => {
            let topic = Some(topic.to_owned());
            Err(KafkaTrouble::NoRight { topic }.words(act))
        }
        Some(Err(error)) => Err(failure::words(&error, act)),
    }
}

/// What topics are set to, as far as the login may know it (that takes DESCRIBE_CONFIGS).
pub(super) async fn configs(
    cluster: &Cluster,
    topics: impl IntoIterator<Item = &str>,
) -> HashMap<String, TopicConfig> {
    let mut all: Vec<ConfigResource> = topics.into_iter().map(ConfigResource::topic).collect();
    let mut found = HashMap::new();
    while !all.is_empty() {
        let some = all.split_off(all.len().saturating_sub(AT_ONCE));
        let names = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let options = DescribeConfigsOptions::default().config_names(names);
        let Ok(told) = cluster.admin.describe_configs(some, options).await else {
            continue;
        };
        for (resource, entries) in told {
            let Ok(entries) = entries else { continue };
            let entries = entries
                .iter()
                .filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)));
            found.insert(resource.name.clone(), TopicConfig::read(entries));
        }
    }
    found
}
