//! What became of copies that were being sent when a run of Eventscope ended, or when the connection did.
//! The broker is asked about each transaction; copies that were sent without one are looked for where they
//! were going.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use krafka::Kafka;
use krafka::admin::{AdminClient, DescribeTransactionsOptions};
use krafka::error::{ErrorCode, KrafkaError};

use super::plain;
use crate::drivers::kafka::failure;
use crate::drivers::kafka::link::Cluster;
use crate::engine::journal_access;
use crate::kafka::failure::KafkaAct;
use crate::repair::held_record::CutOffBatch;
use crate::repair::journal_entry::{RecordId, Stage};

/// A broker forgets an id some time after its last use (`transactional.id.expiration.ms`, 7 days unless it
/// is set otherwise): after that, not to know it says nothing.
const FORGETS_AFTER: TimeDelta = TimeDelta::hours(24 * 7 - 12);
/// An open transaction is looked at twice, so far apart: what its sender said last has arrived by then.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long a transaction that is being ended is waited for.
const ENDING: Duration = Duration::from_millis(300);
const MOST_LOOKS: usize = 40;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BatchFate {
    /// It was committed.
    Sent,
    /// It was given up, or never began.
    NotSent,
    /// It is open.
    Open,
    /// The broker does not say; why, in words.
    NotKnown(String),
}

/// Asks the broker what became of a transaction.
pub(super) async fn ask(admin: &AdminClient, id: &str) -> BatchFate {
    let options = DescribeTransactionsOptions::default();
    for _ in 0..MOST_LOOKS {
        let told = match admin.describe_transactions([id], options.clone()).await {
            Ok(mut told) => told.remove(id),
            Err(error) => return BatchFate::NotKnown(failure::words(&error, KafkaAct::Read)),
        };
        let state = match told {
            Some(Ok(told)) => told.state,
            Some(Err(KrafkaError::Broker {
                code: ErrorCode::TransactionalIdNotFound,
                ..
            })) => return BatchFate::NotSent,
            Some(Err(error)) => {
                return BatchFate::NotKnown(failure::words(&error, KafkaAct::Read));
            }
            None => return BatchFate::NotKnown("The broker did not answer".to_owned()),
        };
        match state.as_str() {
            "CompleteCommit" => return BatchFate::Sent,
            "CompleteAbort" | "Empty" | "Dead" => return BatchFate::NotSent,
            "Ongoing" => return BatchFate::Open,
            // It is decided, and being written: PrepareCommit, PrepareAbort, PrepareEpochFence.
            _ => tokio::time::sleep(ENDING).await,
        }
    }
    BatchFate::NotKnown("The transaction does not come to an end".to_owned())
}

/// Settles all that runs before this one left at this cluster.
pub(in crate::drivers::kafka) async fn run(cluster: &Cluster) {
    let name = cluster.name.clone();
    let left = cluster
        .journal
        .with(move |journal| journal.cut_off_batches(&name))
        .await;
    let left = match left {
        Ok(left) if left.is_empty() => return,
        Ok(left) => left,
        Err(words) => {
            tracing::debug!(words, "nothing is settled");
            return;
        }
    };
    for batch in left {
        let ids = batch.ids.clone();
        let (written, not, words) = match &batch.batch {
            Some(id) => of_transaction(cluster, id, &batch).await,
            None => plain::settle(cluster, &batch).await,
        };
        write_down(cluster, &ids, written, not, words).await;
    }
    let journal = journal_access::read(&cluster.journal).await;
    cluster.outbox.desk().send(journal).await;
}

/// Copies that were written and where, copies that were not, and what is said of the rest.
pub(super) type Settled = (
    Vec<(RecordId, Option<(u32, u64)>)>,
    Vec<RecordId>,
    Option<String>,
);

async fn of_transaction(cluster: &Cluster, id: &str, batch: &CutOffBatch) -> Settled {
    let mut fate = ask(&cluster.admin, id).await;
    if fate == BatchFate::Open {
        tokio::time::sleep(LOOK_AGAIN).await;
        fate = ask(&cluster.admin, id).await;
    }
    if fate == BatchFate::Open {
        fate = take_over(&cluster.kafka, id).await;
    }
    let all = || batch.ids.iter().copied();
    match fate {
        BatchFate::Sent => (all().map(|id| (id, None)).collect(), Vec::new(), None),
        BatchFate::NotSent if is_forgotten(batch.at, Utc::now()) => {
            let words = "The broker may have forgotten this transaction: whether it was sent is not \
                         known any more";
            (Vec::new(), Vec::new(), Some(words.to_owned()))
        }
        BatchFate::NotSent => (Vec::new(), all().collect(), None),
        BatchFate::Open => {
            let words = "The transaction is still open";
            (Vec::new(), Vec::new(), Some(words.to_owned()))
        }
        BatchFate::NotKnown(words) => (Vec::new(), Vec::new(), Some(words)),
    }
}

fn is_forgotten(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at > FORGETS_AFTER
}

/// Whoever opens a producer with an id makes the broker give up what is open under it.
async fn take_over(kafka: &Kafka, id: &str) -> BatchFate {
    let building = kafka
        .producer()
        .metrics_push(false)
        .build_transactional(id)
        .await;
    match building {
        Ok(producer) => {
            drop(producer.close().await);
            BatchFate::NotSent
        }
        Err(error) => BatchFate::NotKnown(failure::words(&error, KafkaAct::Write)),
    }
}

async fn write_down(
    cluster: &Cluster,
    ids: &[RecordId],
    written: Vec<(RecordId, Option<(u32, u64)>)>,
    not: Vec<RecordId>,
    words: Option<String>,
) {
    let ids = ids.to_vec();
    let writing = cluster.journal.with(move |journal| {
        let known: Vec<RecordId> = written
            .iter()
            .map(|(id, _)| *id)
            .chain(not.clone())
            .collect();
        journal.copies_written(&written)?;
        let untouched: Vec<_> = not.iter().map(|id| (*id, Stage::Held, "")).collect();
        journal.mark(&untouched)?;
        journal.settle(&not)?;
        if let Some(words) = &words {
            let rest: Vec<RecordId> = ids.into_iter().filter(|id| !known.contains(id)).collect();
            let marks: Vec<_> = rest
                .iter()
                .map(|id| (*id, Stage::Sent, words.as_str()))
                .collect();
            journal.mark(&marks)?;
            journal.settle(&rest)?;
        }
        Ok(())
    });
    if let Err(words) = writing.await {
        tracing::warn!(
            words,
            "what was found out about copies is not in the journal"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_the_broker_may_have_forgotten_proves_nothing() {
        let now = DateTime::from_timestamp(1_764_219_600, 0).unwrap();
        assert!(!is_forgotten(now - TimeDelta::days(6), now));
        assert!(is_forgotten(now - TimeDelta::days(8), now));
    }
}
