//! What is known of the topic that copies go to.

use chrono::Utc;

use super::newer::NewestOfKeys;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic::{self, FoundTopic};
use crate::event::Outgoing;
use crate::event::draft::record::{header_bytes, key_bytes};
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::kafka::partitioner::partition_of;
use crate::kafka::resend::CopyTime;
use crate::kafka::topic_config::{TimeVerdict, TopicConfig};
use crate::text::payload::size_text;

/// A topic that copies go to.
pub(super) struct CopyTarget {
    pub found: FoundTopic,
    /// Nothing where the login may not know it.
    pub config: Option<TopicConfig>,
    /// The newest record of each key, if it is compacted.
    pub newest: Option<NewestOfKeys>,
}

impl CopyTarget {
    /// Looks at it, with its keys if they matter.
    pub(super) async fn look(cluster: &Cluster, topic: &str) -> Result<Self, String> {
        let found = topic::find(cluster, topic, KafkaAct::Write).await?;
        if found.is_internal {
            return Err(format!("{topic} is a topic of Kafka's own"));
        }
        if found.is_closed {
            let topic = Some(topic.to_owned());
            return Err(KafkaTrouble::NoRight { topic }.words(KafkaAct::Write));
        }
        let config = topic::configs(cluster, [topic]).await.remove(topic);
        let is_compacted = config.as_ref().is_some_and(|config| config.is_compacted);
        let newest = if is_compacted {
            Some(NewestOfKeys::look(cluster, &found).await)
        } else {
            None
        };
        Ok(Self {
            found,
            config,
            newest,
        })
    }

    /// Chooses the partition of a copy and its time. `any` is the partition of those without a key.
    ///
    /// # Errors
    /// In words, if the topic would not take it.
    pub(super) fn fit(
        &self,
        outgoing: &mut Outgoing,
        time: CopyTime,
        any: u32,
    ) -> Result<(), String> {
        let mut record = outgoing.record.unwrap_or_default();
        let key = key_bytes(record.key, &outgoing.key).map_err(|words| format!("Key {words}"))?;
        let count = self.found.partitions;
        let chosen = match (record.partition, &key) {
            (Some(chosen), _) if chosen >= count => {
                return Err(format!(
                    "{} has no partition {chosen}: it has {count}, from 0 on",
                    self.found.name
                ));
            }
            (Some(chosen), _) => chosen,
            (None, Some(key)) => partition_of(key, count),
            (None, None) => any.checked_rem(count).unwrap_or_default(),
        };
        record.partition = Some(chosen);
        outgoing.record = Some(record);
        let mut bytes = key.map_or(0, |key| key.len());
        if !record.is_tombstone {
            bytes += outgoing.body.len();
        }
        for (name, value) in outgoing.properties.headers.iter().flatten() {
            let value = header_bytes(value).map_err(|words| format!("Header {name} {words}"))?;
            bytes += name.len() + value.map_or(0, |value| value.len()) + 4;
        }
        let config = self.config.clone().unwrap_or_default();
        if config.is_too_large(bytes as u64) {
            return Err(format!(
                "It has {}, and {} takes {} at most (max.message.bytes)",
                size_text(bytes as u64),
                self.found.name,
                size_text(config.most_bytes.unwrap_or_default())
            ));
        }
        self.fit_time(outgoing, &config, time)
    }

    fn fit_time(
        &self,
        outgoing: &mut Outgoing,
        config: &TopicConfig,
        time: CopyTime,
    ) -> Result<(), String> {
        let now = Utc::now().timestamp_millis();
        let own = outgoing.properties.timestamp;
        let own = own.and_then(|ms| i64::try_from(ms).ok());
        let kept = own.filter(|_| time != CopyTime::Now);
        let verdict = kept.map(|ms| config.time(ms, now));
        let kept = match (verdict, time) {
            (Some(TimeVerdict::Refused), CopyTime::Keep) => {
                return Err(format!(
                    "{} refuses its time (message.timestamp.before.max.ms or after.max.ms). Send it \
                     with the time of sending",
                    self.found.name
                ));
            }
            (Some(TimeVerdict::Refused | TimeVerdict::Deleted), CopyTime::AsItFits) => None,
            _ => kept,
        };
        // One is always set, so that a copy is known again where it may have been written.
        outgoing.properties.timestamp = u64::try_from(kept.unwrap_or(now)).ok();
        Ok(())
    }
}
