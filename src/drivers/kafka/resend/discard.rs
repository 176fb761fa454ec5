//! Gives dead letters up. Nothing is removed from a topic: a copy goes into the journal, which calls them
//! discarded from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use tokio::sync::watch;

use super::STOPPED;
use super::report::RecordsReport;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic;
use crate::event::Event;
use crate::kafka::failure::KafkaAct;
use crate::protocol::{MoveOutcome, RequestId, SourceUpdate};
use crate::repair::held_record::{HeldRecord, LogName};
use crate::repair::journal_entry::{Held, Operation, Stage};

/// How many are written down in one go.
const TOGETHER: usize = 512;

/// Marks them. Gives the end of the job.
pub(in crate::drivers::kafka) async fn discard(
    cluster: Cluster,
    request: RequestId,
    letters: Vec<Arc<Event>>,
    stop: watch::Receiver<bool>,
) -> SourceUpdate {
    let mut report = RecordsReport::new(&cluster, request);
    report.asked(letters.len()).await;
    let mut topics: BTreeMap<String, Vec<Arc<Event>>> = BTreeMap::new();
    for letter in letters {
        topics
            .entry(letter.destination.clone())
            .or_default()
            .push(letter);
    }
    let mut problem = None;
    for (name, letters) in topics {
        let log = match topic::find(&cluster, &name, KafkaAct::Read).await {
            Ok(found) => found.log(&cluster),
            Err(words) => {
                problem = Some(words);
                continue;
            }
        };
        for some in letters.chunks(TOGETHER) {
            if *stop.borrow() {
                return report.end(Some(STOPPED.to_owned())).await;
            }
            match mark(&cluster, &log, some).await {
                Ok(()) => {
                    let told = some.iter().cloned();
                    let told = told
                        .map(|letter| (letter, MoveOutcome::Discarded))
                        .collect();
                    report.moved(told).await;
                }
                Err(words) => return report.end(Some(words)).await,
            }
        }
    }
    report.end(problem).await
}

async fn mark(cluster: &Cluster, log: &LogName, letters: &[Arc<Event>]) -> Result<(), String> {
    let place = cluster.endpoint.place();
    let held: Vec<Held> = letters
        .iter()
        .filter_map(|letter| {
            Some(Held {
                place: place.clone(),
                queue: log.topic.clone(),
                destination: letter.destination.clone(),
                key: letter.key.clone(),
                properties: letter.properties.clone(),
                body: letter.body.clone(),
                sent: None,
                record: Some(HeldRecord {
                    log: log.clone(),
                    own: *letter.transport.kafka()?,
                    batch: None,
                    end: None,
                }),
            })
        })
        .collect();
    cluster
        .journal
        .with(move |journal| {
            let ids = journal.hold(Operation::Discard, &held, Utc::now())?;
            let marks: Vec<_> = ids.iter().map(|id| (*id, Stage::Removed, "")).collect();
            journal.mark(&marks)?;
            journal.settle(&ids)
        })
        .await
}
