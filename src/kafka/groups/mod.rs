//! Consumer groups: who reads a topic, how far each is behind, and what of it is lost already.

pub mod reset;
mod trend;

use chrono::{DateTime, Utc};

pub use trend::LagTrend;

use self::reset::KeptReset;
use crate::text::numbers::{count_of, thousands};

/// How the members of a group agree on who reads what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupProtocol {
    /// Among themselves.
    Classic,
    /// The broker says (KIP-848).
    Consumer,
    /// Something else than a consumer group, by Kafka's name for it: `share`, `streams`, `connect`.
    Other(String),
    /// The broker is too old to tell.
    #[default]
    NotTold,
}

impl GroupProtocol {
    /// By the names of the group's type and of what its members speak, as far as they are told.
    #[must_use]
    pub fn read(group_type: Option<&str>, protocol_type: &str) -> Self {
        match (group_type, protocol_type) {
            (Some("consumer"), _) => Self::Consumer,
            (Some("classic") | None, other) if !matches!(other, "" | "consumer") => {
                Self::Other(other.to_owned())
            }
            (Some("classic"), _) => Self::Classic,
            (Some(other), _) => Self::Other(other.to_owned()),
            (None, _) => Self::NotTold,
        }
    }

    /// In words; nothing where it is not told.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Classic => Some("classic protocol".to_owned()),
            Self::Consumer => Some("consumer protocol (KIP-848)".to_owned()),
            Self::Other(name) => Some(format!("a {name} group")),
            Self::NotTold => None,
        }
    }

    /// It has an offset for each partition, as a consumer group has. What a share group hands out is no
    /// such offset.
    #[must_use]
    pub fn has_offsets(&self) -> bool {
        !matches!(self, Self::Other(name) if name == "share")
    }
}

/// What a group does now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupPhase {
    /// Its members read.
    Running,
    /// Partitions are being given to other members.
    Rebalancing,
    /// It has offsets and no members.
    Empty,
    /// It is being forgotten, or is not there.
    Dead,
    /// In Kafka's own word, or empty where the broker does not tell.
    Other(String),
    #[default]
    NotTold,
}

impl GroupPhase {
    /// By Kafka's name.
    #[must_use]
    pub fn read(name: &str) -> Self {
        match name {
            "Stable" => Self::Running,
            "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
                Self::Rebalancing
            }
            "Empty" => Self::Empty,
            "Dead" => Self::Dead,
            "" => Self::NotTold,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In a word or two.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Running => "running",
            Self::Rebalancing => "rebalancing",
            Self::Empty => "no members",
            Self::Dead => "gone",
            Self::Other(name) => name,
            Self::NotTold => "state not told",
        }
    }
}

/// One consumer of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMember {
    /// What it calls itself.
    pub client: String,
    /// Where it runs.
    pub host: String,
    /// Its name over restarts, if it has one.
    pub instance: Option<String>,
    /// Topics and partitions that it reads; nothing where that cannot be told.
    pub reads: Option<Vec<(String, u32)>>,
}

/// How far a group is in one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupPlace {
    pub topic: String,
    pub partition: u32,
    /// The offset that it reads next; nothing where it never said.
    pub committed: Option<u64>,
    /// The first offset that the partition still has, and the one behind its last.
    pub within: Option<(u64, u64)>,
    /// The client that reads it now.
    pub reader: Option<String>,
    /// Why something of this is not known, in words.
    pub trouble: Option<String>,
}

impl GroupPlace {
    /// Offsets between where the group is and the end. Marks of transactions and what was compacted away
    /// count too.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        let (first, end) = self.within?;
        Some(end.saturating_sub(self.committed?.max(first)))
    }

    /// Offsets that the group did not read and that the topic does not have any more.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = self.committed.zip(self.within);
        lost.map_or(0, |(committed, (first, _))| first.saturating_sub(committed))
    }

    /// The group is behind the end: the topic was made again or cut since.
    #[must_use]
    pub fn is_beyond(&self) -> bool {
        let both = self.committed.zip(self.within);
        both.is_some_and(|(committed, (_, end))| committed > end)
    }

    /// What a person should know of it; empty if nothing.
    #[must_use]
    pub fn remark(&self) -> String {
        if let Some(words) = &self.trouble {
            return words.clone();
        }
        if self.committed.is_none() {
            return "No offset committed: a consumer begins where its own setting says".to_owned();
        }
        if self.is_beyond() {
            return "The offset is behind the end: the topic was made again or cut".to_owned();
        }
        match self.lost() {
            0 => String::new(),
            lost => format!(
                "{} not read and gone: retention or a deletion was faster",
                thousands(lost)
            ),
        }
    }
}

/// A group, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerGroup {
    pub name: String,
    pub protocol: GroupProtocol,
    pub phase: GroupPhase,
    pub members: Vec<GroupMember>,
    /// Where it is, by topic and partition. Empty where that was not read.
    pub places: Vec<GroupPlace>,
    /// Why something of it is not known, in words.
    pub trouble: Option<String>,
}

impl ConsumerGroup {
    /// How far it is behind, over all partitions where that is known; nothing if it is known of none.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        sum(self.places.iter().filter_map(GroupPlace::lag))
    }

    /// How far it is behind in one topic.
    #[must_use]
    pub fn lag_of(&self, topic: &str) -> Option<u64> {
        let places = self.places.iter().filter(|place| place.topic == topic);
        sum(places.filter_map(GroupPlace::lag))
    }

    /// What it did not read and cannot any more.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.places.iter().map(GroupPlace::lost).sum()
    }

    /// It has an offset in this topic, or a member that reads it.
    #[must_use]
    pub fn reads(&self, topic: &str) -> bool {
        let places = self.places.iter().filter(|place| place.topic == topic);
        let mut known = places.filter(|place| place.committed.is_some() || place.reader.is_some());
        known.next().is_some()
    }

    /// The topics that it reads, in their order.
    #[must_use]
    pub fn topics(&self) -> Vec<&str> {
        let mut topics: Vec<&str> = self.places.iter().map(|one| one.topic.as_str()).collect();
        topics.dedup();
        topics
    }

    /// A line about it: its state, members and what was lost.
    #[must_use]
    pub fn facts(&self) -> String {
        let mut facts = vec![self.phase.words().to_owned()];
        if !self.members.is_empty() {
            facts.push(count_of(self.members.len() as u64, "member"));
        }
        if let GroupProtocol::Other(_) = self.protocol {
            facts.extend(self.protocol.words());
        }
        match self.lost() {
            0 => {}
            lost => facts.push(format!("{} lost", thousands(lost))),
        }
        if self.trouble.is_some() {
            facts.push("not all is known".to_owned());
        }
        facts.join(" · ")
    }

    /// Why its offsets cannot be set, if they cannot.
    #[must_use]
    pub fn why_no_reset(&self) -> Option<String> {
        let name = &self.name;
        if !self.protocol.has_offsets() {
            return Some(format!(
                "{name} is a share group: it has no offsets of a consumer group"
            ));
        }
        match &self.phase {
            GroupPhase::Empty => None,
            GroupPhase::Dead => Some(format!(
                "There is no group {name} any more: setting offsets would make it"
            )),
            GroupPhase::NotTold => Some(format!(
                "The broker does not tell whether {name} has members. Only offsets of a group without \
                 members can be set"
            )),
            _ => Some(format!(
                "{name} is running ({}): Kafka takes no offsets for it from outside. Stop its consumers \
                 first",
                count_of(self.members.len() as u64, "member")
            )),
        }
    }
}

fn sum(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.fold(None, |sum, one| {
        Some(sum.unwrap_or(0_u64).saturating_add(one))
    })
}

/// All groups of a cluster, as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupReading {
    /// By name.
    pub groups: Vec<ConsumerGroup>,
    /// What could not be read, in words.
    pub remarks: Vec<String>,
    pub at: DateTime<Utc>,
    /// What was set here by Eventscope, the newest first.
    pub kept: Vec<KeptReset>,
}

impl GroupReading {
    /// The group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&ConsumerGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// Who reads a topic, in words.
    #[must_use]
    pub fn readers_of(&self, topic: &str) -> String {
        /// Most groups that are named.
        const NAMED: usize = 8;
        let readers: Vec<&ConsumerGroup> = self.groups.iter().filter(|g| g.reads(topic)).collect();
        let not_all = if self.remarks.is_empty() {
            ""
        } else {
            ". Not all groups could be read"
        };
        if readers.is_empty() {
            return format!(
                "No consumer group is known to read it. One without a group, or that commits elsewhere, is \
                 not seen{not_all}"
            );
        }
        let named = readers.iter().take(NAMED).map(|group| {
            let lag = match group.lag_of(topic) {
                Some(lag) => format!("lag {}", thousands(lag)),
                None => "lag not known".to_owned(),
            };
            format!("{} ({lag}, {})", group.name, group.phase.words())
        });
        let named = named.collect::<Vec<_>>().join(", ");
        let more = match readers.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("Read by {named}{more}{not_all}")
    }
}

#[cfg(test)]
mod tests;
