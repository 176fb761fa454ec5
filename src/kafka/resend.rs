//! What a dead letter becomes when it is sent again: everything kept, except what was written on it when
//! it died. The copy is a new record; the dead letter stays where it is.

use super::account::told;
use super::dead_letters::{
    DeathHeaders, KafkaAccount, KafkaWriter, LeftOutHeader, is_retry_topic, left_out,
};
use crate::event::amqp::Properties;
use crate::event::kafka_record::KeyForm;
use crate::event::{Event, Outgoing, OutgoingRecord};

/// To which topic a dead letter is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordTarget {
    /// The one that it died in.
    #[default]
    Origin,
    Topic(String),
}

/// Into which partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartitionChoice {
    /// The one that it came from, if it goes to that topic and the topic still has it; else its key
    /// decides.
    #[default]
    AsItFits,
    /// Its key decides, as with Java's clients; without a key any.
    ByKey,
    This(u32),
}

/// Which time the copy has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyTime {
    /// That of the event, unless the target would refuse it or delete it at once.
    #[default]
    AsItFits,
    /// That of the event.
    Keep,
    /// When it is sent.
    Now,
}

impl CopyTime {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::AsItFits, Self::Keep, Self::Now];

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItFits => "That of the event, unless the topic would refuse or delete it",
            Self::Keep => "That of the event",
            Self::Now => "The time of sending",
        }
    }
}

/// How dead letters become what is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordManner {
    pub target: RecordTarget,
    pub partition: PartitionChoice,
    pub time: CopyTime,
    /// Headers that are left out beside those that tell of a death.
    pub dropped: Vec<String>,
    /// Headers that go with it although they tell of a death.
    pub kept: Vec<String>,
    /// Which headers of the application's own tell of a death.
    pub rule: Option<DeathHeaders>,
}

/// A copy as it would be sent, with what changes and why.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRecord {
    pub outgoing: Outgoing,
    /// Each difference from the dead letter, as a sentence.
    pub notes: Vec<String>,
    /// It holds what lies at the place of its original, which nothing could be compared with.
    pub is_unproven: bool,
}

/// What is written of a dead letter that holds nothing.
const BARE: &str = "The broker copied neither key nor value, so there is nothing to send but what lies \
                    at the place of its original";

/// True if a dead letter holds nothing itself, so that only its original can be sent.
#[must_use]
pub fn is_bare(letter: &Event, rule: Option<&DeathHeaders>) -> bool {
    told(letter, rule).is_some_and(|told| holds_nothing(letter, &told))
}

fn holds_nothing(letter: &Event, told: &KafkaAccount) -> bool {
    let record = letter.transport.kafka();
    told.written_by == Some(KafkaWriter::ShareGroup)
        && record.is_some_and(|record| record.is_tombstone && record.key == KeyForm::Null)
}

impl RecordManner {
    /// Works out the record that is sent. `original` is what lies at the place of its original, where it
    /// was fetched; `partitions` tells how many a topic has, where that is known.
    ///
    /// # Errors
    /// Says in words why nothing can be sent.
    pub fn plan(
        &self,
        letter: &Event,
        original: Option<&Event>,
        partitions: impl Fn(&str) -> Option<u32>,
    ) -> Result<PlannedRecord, String> {
        let told = told(letter, self.rule.as_ref())
            .ok_or_else(|| "It did not come from Kafka".to_owned())?;
        let mut notes = Vec::new();
        let topic = self.topic(letter, &told, &mut notes)?;
        let is_unproven = holds_nothing(letter, &told);
        let content = match (is_unproven, original) {
            (false, _) => letter,
            (true, Some(original)) => {
                notes.push(BARE.to_owned());
                original
            }
            (true, None) => return Err(format!("{BARE}, and that was not found")),
        };
        let record = content
            .transport
            .kafka()
            .ok_or_else(|| "It did not come from Kafka".to_owned())?;
        let mut properties = content.properties.clone();
        self.headers(&mut properties, &mut notes);
        properties.timestamp = self.time(content, &told, &mut notes);
        if record.is_tombstone {
            notes.push(
                "It has no value: on a compacted topic it deletes what stands under its key"
                    .to_owned(),
            );
        }
        let partition = self.partition(&told, &topic, partitions(&topic), &mut notes);
        Ok(PlannedRecord {
            outgoing: Outgoing {
                destination: topic,
                key: content.key.clone(),
                properties,
                body: content.body.clone(),
                record: Some(OutgoingRecord {
                    key: record.key,
                    partition,
                    is_tombstone: record.is_tombstone,
                }),
            },
            notes,
            is_unproven,
        })
    }

    fn topic(
        &self,
        letter: &Event,
        told: &KafkaAccount,
        notes: &mut Vec<String>,
    ) -> Result<String, String> {
        let topic = match &self.target {
            RecordTarget::Origin => match &told.target {
                Some(target) => target.topic.clone(),
                None => {
                    return Err(
                        "Where it came from is not told by any header. Choose a topic".to_owned(),
                    );
                }
            },
            RecordTarget::Topic(topic) if topic.trim().is_empty() => {
                return Err("No topic is named".to_owned());
            }
            RecordTarget::Topic(topic) => topic.trim().to_owned(),
        };
        if topic == letter.destination {
            return Err(format!(
                "It lies in {topic} already: a copy there would be one more dead letter"
            ));
        }
        if is_retry_topic(&topic) {
            notes.push(format!(
                "{topic} is by its name a topic where records wait for a retry: a copy there may be \
                 tried at once, without the wait"
            ));
        }
        Ok(topic)
    }

    fn partition(
        &self,
        told: &KafkaAccount,
        topic: &str,
        count: Option<u32>,
        notes: &mut Vec<String>,
    ) -> Option<u32> {
        match self.partition {
            PartitionChoice::This(partition) => Some(partition),
            PartitionChoice::ByKey => None,
            PartitionChoice::AsItFits => {
                let target = told.target.as_ref().filter(|one| one.topic == topic)?;
                let before = u32::try_from(target.partition?).ok()?;
                if count.is_some_and(|count| before >= count) {
                    notes.push(format!(
                        "{topic} has no partition {before} any more: its key decides"
                    ));
                    return None;
                }
                Some(before)
            }
        }
    }

    fn headers(&self, properties: &mut Properties, notes: &mut Vec<String>) {
        let Some(headers) = &mut properties.headers else {
            return;
        };
        let names = headers.iter().map(|(name, _)| name.as_str());
        let mut removed = left_out(names, self.rule.as_ref());
        removed.retain(|one| !self.kept.contains(&one.name));
        let is_dropped = |name: &String| self.dropped.contains(name);
        let chosen: Vec<String> = headers
            .iter()
            .map(|(name, _)| name)
            .filter(|name| is_dropped(name) && removed.iter().all(|one| one.name != **name))
            .cloned()
            .collect();
        headers
            .retain(|(name, _)| !is_dropped(name) && removed.iter().all(|one| one.name != *name));
        if headers.is_empty() {
            properties.headers = None;
        }
        notes.extend(by_reason(&removed));
        if !chosen.is_empty() {
            notes.push(format!("Left out, as you chose: {}", chosen.join(", ")));
        }
    }

    fn time(&self, content: &Event, told: &KafkaAccount, notes: &mut Vec<String>) -> Option<u64> {
        if self.time == CopyTime::Now {
            return None;
        }
        let origin = told.original_time_ms.and_then(|ms| u64::try_from(ms).ok());
        if origin.is_none() && content.properties.timestamp.is_some() && told.original.is_some() {
            notes.push(
                "Its time is that of the dead letter: that of the original is not told".to_owned(),
            );
        }
        origin.or(content.properties.timestamp)
    }
}

/// One sentence for each reason, with the names of the headers.
fn by_reason(removed: &[LeftOutHeader]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in removed {
        match reasons.iter_mut().find(|(why, _)| *why == one.why) {
            Some((_, names)) => names.push(&one.name),
            None => reasons.push((one.why, vec![&one.name])),
        }
    }
    let sentence =
        |(why, names): (&str, Vec<&str>)| format!("Left out: {}. {why}", names.join(", "));
    reasons.into_iter().map(sentence).collect()
}
