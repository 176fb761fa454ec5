//! The newest record of each key in a compacted topic. There a copy of an older state would stand over a
//! newer one, and delete it for good.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::ops::ControlFlow;

use krafka::Kafka;

use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log::ends;
use crate::drivers::kafka::log::scan::Scan;
use crate::drivers::kafka::topic::FoundTopic;
use crate::drivers::kafka::watch::start::Offsets;
use crate::drivers::kafka::{connect, failure};
use crate::event::Event;
use crate::event::Outgoing;
use crate::event::draft::record::key_bytes;
use crate::kafka::failure::KafkaAct;
use crate::repair::record_place::RecordPlace;

/// Most keys that are kept in mind.
const MOST_KEYS: usize = 4_000_000;
/// Most bytes that are read.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Where the newest record of a key lies.
#[derive(Clone, Copy, Debug)]
struct NewestOfKey {
    partition: u32,
    offset: u64,
    time_ms: i64,
}

/// The newest records of a topic by their keys.
pub(super) struct NewestOfKeys {
    found: FoundTopic,
    kafka: Option<Kafka>,
    /// By the hash of the key: two keys with one hash would only be asked about once too often.
    keys: HashMap<u64, NewestOfKey>,
    hasher: foldhash::fast::FixedState,
    /// Where reading goes on.
    next: Offsets,
    bytes: u64,
    /// What was written by this job, which is no newer state of somebody else's.
    own: HashSet<(u32, u64)>,
    /// Why not all of it is known, in words.
    gap: Option<String>,
}

impl NewestOfKeys {
    /// Reads the topic.
    pub(super) async fn look(cluster: &Cluster, found: &FoundTopic) -> Self {
        let mut out = Self {
            found: found.clone(),
            kafka: None,
            keys: HashMap::new(),
            hasher: foldhash::fast::FixedState::default(),
            next: Offsets::new(),
            bytes: 0,
            own: HashSet::new(),
            gap: None,
        };
        match connect::kafka(&cluster.endpoint).await {
            Ok(kafka) => out.kafka = Some(kafka),
            Err(error) => out.gap = Some(failure::words(&error, KafkaAct::Read)),
        }
        out.read_on(cluster).await;
        out
    }

    /// Reads what came since.
    pub(super) async fn read_on(&mut self, cluster: &Cluster) {
        if self.gap.is_some() {
            return;
        }
        if let Err(words) = self.read(cluster).await {
            self.gap = Some(words);
        }
    }

    async fn read(&mut self, cluster: &Cluster) -> Result<(), String> {
        let ends = ends(cluster, &self.found.all(), false).await?;
        let Some(kafka) = &self.kafka else {
            return Ok(());
        };
        let mut from = ends.first;
        from.extend(self.next.iter().map(|(one, offset)| (one.clone(), *offset)));
        let (keys, bytes, hasher, own) = (&mut self.keys, &mut self.bytes, &self.hasher, &self.own);
        let mut is_cut = false;
        let scan = Scan {
            from: &from,
            to: &ends.end,
            committed: false,
        };
        scan.run(kafka, |record| {
            let value = record.value.as_ref().map_or(0, |value| value.len() as u64);
            *bytes += value;
            let (Ok(partition), Ok(offset)) = (
                u32::try_from(record.partition),
                u64::try_from(record.offset),
            ) else {
                return ControlFlow::Continue(());
            };
            if let Some(key) = record.key.as_deref()
                && !own.contains(&(partition, offset))
            {
                let newest = NewestOfKey {
                    partition,
                    offset,
                    time_ms: record.timestamp,
                };
                keys.insert(hasher.hash_one(key), newest);
            }
            is_cut = keys.len() > MOST_KEYS || *bytes > MOST_BYTES;
            if is_cut {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .await?;
        self.next = ends.end;
        if is_cut {
            return Err("the topic is too large to look through".to_owned());
        }
        Ok(())
    }

    /// A copy of this job was written there.
    pub(super) fn wrote(&mut self, partition: u32, offset: u64) {
        self.own.insert((partition, offset));
    }

    /// Why this copy may be older than what its key has now, in words. `original` is where the record
    /// lay that the dead letter is a copy of.
    pub(super) fn objection(
        &self,
        letter: &Event,
        original: Option<&RecordPlace>,
        outgoing: &Outgoing,
    ) -> Option<String> {
        let topic = &self.found.name;
        let key = key_bytes(outgoing.record?.key, &outgoing.key).ok()??;
        if let Some(gap) = &self.gap {
            return Some(format!(
                "{topic} is compacted, and whether it has a newer record of this key could not be found \
                 out: {gap}"
            ));
        }
        let newest = self.keys.get(&self.hasher.hash_one(key.as_slice()))?;
        let lay_there = original
            .filter(|place| place.destination == *topic && place.partition == newest.partition);
        let is_newer = if let Some(place) = lay_there {
            newest.offset > place.offset
        } else {
            let own = outgoing
                .properties
                .timestamp
                .or(letter.properties.timestamp);
            let own = own.and_then(|ms| i64::try_from(ms).ok());
            own.is_none_or(|own| newest.time_ms >= own)
        };
        is_newer.then(|| {
            format!(
                "{topic} is compacted and has a newer record of this key (at {}:{}): this copy would \
                 stand over it",
                newest.partition, newest.offset
            )
        })
    }
}
