//! Reads the list of topics. It costs the cluster one answer with its metadata.

use krafka::Kafka;
use krafka::admin::{AdminClient, ListTopicsOptions};
use krafka::error::KrafkaError;

use crate::event::picture::{Destination, Picture};
use crate::kafka::topics::TopicFacts;

/// The topics that the login may see, by name.
pub(super) async fn topics(
    kafka: &Kafka,
    admin: &AdminClient,
) -> Result<Vec<TopicFacts>, KrafkaError> {
    let options = ListTopicsOptions::default().include_internal(true);
    let names = admin.list_topics(options).await?;
    // One that reads nothing: it only gives what the list just brought.
    let reader = kafka.consumer_without_group().build().await?;
    let known = reader.fetch_metadata(None).await;
    reader.close().await?;
    let mut topics: Vec<TopicFacts> = known?
        .topics
        .iter()
        .filter(|topic| names.binary_search(&topic.name).is_ok())
        .map(|topic| TopicFacts {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            partitions: count(topic.partition_count()),
            is_internal: topic.is_internal,
            without_leader: count(topic.partitions_iter().filter(|p| p.leader < 0).count()),
        })
        .collect();
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(topics)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The topics as the window shows those of any store. Kafka's own are no place to publish to.
pub(super) fn picture(topics: &[TopicFacts]) -> Picture {
    let destinations = topics.iter().map(|topic| Destination {
        name: topic.name.clone(),
        is_open: !topic.is_internal,
        partitions: topic.partitions,
    });
    Picture {
        destinations: destinations.collect(),
        ..Picture::default()
    }
}
