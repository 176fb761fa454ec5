//! Reads records by their places, such as the originals of dead letters.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::Utc;
use krafka::admin::TopicPartition;
use tokio::sync::watch;

use super::page::ends;
use super::scan::Scan;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic;
use crate::drivers::kafka::watch::codec;
use crate::drivers::kafka::watch::start::Offsets;
use crate::drivers::kafka::{connect, failure};
use crate::kafka::failure::KafkaAct;
use crate::repair::record_place::{RecordFound, RecordPlace};

/// Most places that are asked for at once.
const MOST: usize = 10_000;
/// Offsets this close to each other are read in one go.
const NEAR: i64 = 200;

/// Reads them, or gives up when it shall stop.
pub(in crate::drivers::kafka) async fn read(
    cluster: &Cluster,
    places: Vec<RecordPlace>,
    mut stop: watch::Receiver<bool>,
) -> Result<Vec<RecordFound>, String> {
    if places.len() > MOST {
        return Err("At most 10,000 records are read at once".to_owned());
    }
    tokio::select! {
        biased;
        // An error means that the session is gone: stop, too.
        _ = stop.wait_for(|stop| *stop) => Err("Stopped".to_owned()),
        found = read_all(cluster, &places) => found,
    }
}

/// Reads them.
pub(in crate::drivers::kafka) async fn read_all(
    cluster: &Cluster,
    places: &[RecordPlace],
) -> Result<Vec<RecordFound>, String> {
    let mut topics: BTreeMap<&str, Vec<&RecordPlace>> = BTreeMap::new();
    for place in places {
        topics.entry(&place.destination).or_default().push(place);
    }
    let mut found: HashMap<RecordPlace, RecordFound> = HashMap::new();
    for (name, wanted) in topics {
        match of_topic(cluster, name, &wanted).await {
            Ok(told) => found.extend(told),
            Err(words) => {
                let not =
                    |place: &&RecordPlace| ((*place).clone(), RecordFound::NotRead(words.clone()));
                found.extend(wanted.iter().map(not));
            }
        }
    }
    let told = places
        .iter()
        .map(|place| found.get(place).cloned().unwrap_or(RecordFound::Gone));
    Ok(told.collect())
}

async fn of_topic(
    cluster: &Cluster,
    name: &str,
    wanted: &[&RecordPlace],
) -> Result<HashMap<RecordPlace, RecordFound>, String> {
    let gone = |place: &&RecordPlace| ((*place).clone(), RecordFound::Gone);
    // One that is gone looks the same as one that the login may not see, so neither is called gone.
    let found = topic::find(cluster, name, KafkaAct::Read).await?;
    let mut told: HashMap<RecordPlace, RecordFound> = wanted.iter().map(gone).collect();
    let mut partitions: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for place in wanted.iter().filter(|one| one.partition < found.partitions) {
        if let (Ok(partition), Ok(offset)) =
            (i32::try_from(place.partition), i64::try_from(place.offset))
        {
            partitions.entry(partition).or_default().push(offset);
        }
    }
    let all: Vec<TopicPartition> = partitions
        .keys()
        .map(|partition| TopicPartition::new(name, *partition))
        .collect();
    if all.is_empty() {
        return Ok(told);
    }
    // A consumer that reads uncommitted records may have failed of one that was aborted.
    let ends = ends(cluster, &all, false).await?;
    let mut runs: HashMap<TopicPartition, VecDeque<(i64, i64)>> = HashMap::new();
    for (partition, offsets) in &mut partitions {
        let partition = TopicPartition::new(name, *partition);
        let first = ends.first.get(&partition).copied().unwrap_or_default();
        let end = ends.end.get(&partition).copied().unwrap_or_default();
        offsets.sort_unstable();
        offsets.retain(|offset| (first..end).contains(offset));
        runs.insert(partition, together(offsets));
    }
    let kafka = connect::kafka(&cluster.endpoint)
        .await
        .map_err(|error| failure::words(&error, KafkaAct::Read))?;
    let now = Utc::now();
    loop {
        let (mut from, mut to) = (Offsets::new(), Offsets::new());
        for (partition, runs) in &mut runs {
            if let Some((first, last)) = runs.pop_front() {
                from.insert(partition.clone(), first);
                to.insert(partition.clone(), last + 1);
            }
        }
        if from.is_empty() {
            return Ok(told);
        }
        let scan = Scan {
            from: &from,
            to: &to,
            committed: false,
        };
        scan.run(&kafka, |record| {
            let place = RecordPlace {
                destination: name.to_owned(),
                partition: u32::try_from(record.partition).unwrap_or_default(),
                offset: u64::try_from(record.offset).unwrap_or_default(),
            };
            if let Some(found) = told.get_mut(&place) {
                *found = RecordFound::There(Arc::new(codec::event(&record, now)));
            }
            ControlFlow::Continue(())
        })
        .await?;
    }
}

/// The first and the last offset of each run of offsets that lie close together.
fn together(offsets: &[i64]) -> VecDeque<(i64, i64)> {
    let mut runs: VecDeque<(i64, i64)> = VecDeque::new();
    for offset in offsets {
        match runs.back_mut() {
            Some((_, last)) if offset - *last <= NEAR => *last = *offset,
            _ => runs.push_back((*offset, *offset)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_close_together_is_read_in_one_go() {
        assert_eq!(together(&[]), []);
        assert_eq!(together(&[5, 5, 7, 205, 500]), [(5, 205), (500, 500)]);
    }
}
