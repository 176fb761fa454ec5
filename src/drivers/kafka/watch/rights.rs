//! Which topics a login may not read. Kafka 3.9 and newer say so of each topic, 3.7 and
//! older say nothing, and then it shows when nothing comes.

use krafka::admin::DescribeTopicsOptions;

use crate::drivers::kafka::link::Cluster;

/// The bit of the right to read in what a broker tells of a topic (Kafka's `AclOperation`).
const READ: i32 = 1 << 3;

/// Those of these topics that the broker says may not be read.
pub(super) async fn unreadable(cluster: &Cluster, topics: &[String]) -> Vec<String> {
    let options = DescribeTopicsOptions::default();
    let Ok(told) = cluster.admin.describe_topics(topics, options).await else {
        return Vec::new();
    };
    let may_not = |name: &&String| {
        let topic = told.get(*name).and_then(|told| told.as_ref().ok());
        let rights = topic.and_then(|topic| topic.authorized_operations);
        rights.is_some_and(|rights| rights >= 0 && rights & READ == 0)
    };
    topics.iter().filter(may_not).cloned().collect()
}
