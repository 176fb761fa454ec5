//! A batch as a transaction with an id of its own, so that after any break the broker can say whether it
//! was committed. An id is never used twice: then what it says could be of the batch before.

use std::time::Duration;

use krafka::error::KrafkaError;
use krafka::producer::{Acks, TransactionState, TransactionalProducer};
use tokio::time::Instant;

use super::batch::{BatchDesk, Ready, SentBatch, SentCopy};
use super::settle::{BatchFate, ask};
use crate::drivers::kafka::failure;
use crate::drivers::kafka::publish::{self, LARGEST};
use crate::kafka::failure::KafkaAct;
use crate::protocol::MoveOutcome;
use crate::repair::journal_entry::RecordId;

/// The broker gives a transaction up that is open for so long. Until then readers of what is committed
/// wait behind it, so it is short.
const OPEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a commit without an answer is tried again, and then how long the broker is asked about it.
const COMMIT_LIMIT: Duration = Duration::from_secs(30);
/// How long opening a transaction is tried: a cluster that has just started has to load its coordinator.
const BEGIN_LIMIT: Duration = Duration::from_secs(15);
const REST: Duration = Duration::from_millis(250);

/// Sends batches by transactions.
pub(super) struct TransactionSender {
    /// Names this job among all that were ever sent to the cluster.
    run: String,
    number: u64,
}

/// Why a batch was not committed.
enum Uncommitted {
    /// One of the records was refused, or the transaction could not be written; nothing was sent.
    Refused(String),
    /// The commit got no answer.
    Unknown,
}

impl TransactionSender {
    pub(super) fn new() -> Self {
        Self {
            run: uuid::Uuid::new_v4().simple().to_string(),
            number: 0,
        }
    }

    pub(super) async fn send(
        &mut self,
        desk: &BatchDesk<'_>,
        ready: Vec<Ready>,
    ) -> Result<SentBatch, String> {
        self.number += 1;
        let id = format!("eventscope-{}-{}", self.run, self.number);
        let producer = open(desk, &id).await?;
        let ids = desk.hold(&ready, Some(&id), |_| None).await?;
        let ended = write(&producer, &ready).await;
        // Nothing waits for an answer any more.
        drop(producer.close().await);
        match ended {
            Ok(places) => {
                let copies = ids.into_iter().zip(places.iter().copied()).collect();
                desk.written(copies).await;
                Ok(SentBatch::Told(told(ready, &places)))
            }
            Err(Uncommitted::Refused(_)) if ready.len() > 1 => {
                desk.forget(ids).await;
                Ok(SentBatch::Again(ready))
            }
            Err(Uncommitted::Refused(words)) => {
                desk.forget(ids).await;
                Ok(SentBatch::Told(kept(ready, &MoveOutcome::Kept(words))))
            }
            Err(Uncommitted::Unknown) => unknown(desk, &id, ids, ready).await,
        }
    }
}

/// Opens the transaction's producer.
async fn open(desk: &BatchDesk<'_>, id: &str) -> Result<TransactionalProducer, String> {
    let deadline = Instant::now() + BEGIN_LIMIT;
    loop {
        let building = desk
            .kafka
            .producer()
            .acks(Acks::All)
            .linger(Duration::from_millis(5))
            .batch_size(desk.batch_bytes)
            .max_request_size(LARGEST)
            .delivery_timeout(OPEN_LIMIT)
            .max_block(OPEN_LIMIT)
            .transaction_timeout(OPEN_LIMIT)
            .metrics_push(false)
            .build_transactional(id)
            .await;
        match building {
            Ok(producer) => return Ok(producer),
            Err(error) if error.is_retriable() && Instant::now() < deadline => {
                tokio::time::sleep(REST).await;
            }
            Err(error) => {
                let words = failure::words(&error, KafkaAct::Write);
                return Err(format!("{words}. Nothing more was sent"));
            }
        }
    }
}

/// Writes all and commits; gives where each lies.
async fn write(
    producer: &TransactionalProducer,
    ready: &[Ready],
) -> Result<Vec<Option<(u32, u64)>>, Uncommitted> {
    let refused =
        |error: &KrafkaError| Uncommitted::Refused(failure::words(error, KafkaAct::Write));
    producer.begin().map_err(|error| refused(&error))?;
    let places = match write_all(producer, ready).await {
        Ok(places) => places,
        Err(words) => {
            abort(producer).await;
            return Err(Uncommitted::Refused(words));
        }
    };
    let deadline = Instant::now() + COMMIT_LIMIT;
    loop {
        match producer.commit().await {
            Ok(()) => return Ok(places),
            Err(error) => match producer.state() {
                TransactionState::CommitUnknown if Instant::now() < deadline => {
                    tokio::time::sleep(REST).await;
                }
                // A transaction that the broker gave up, or that somebody took over, is told apart
                // from one that was committed by asking.
                TransactionState::CommitUnknown | TransactionState::Fatal => {
                    return Err(Uncommitted::Unknown);
                }
                _ => {
                    abort(producer).await;
                    return Err(refused(&error));
                }
            },
        }
    }
}

async fn write_all(
    producer: &TransactionalProducer,
    ready: &[Ready],
) -> Result<Vec<Option<(u32, u64)>>, String> {
    let words = |error: KrafkaError| failure::words(&error, KafkaAct::Write);
    let mut handles = Vec::with_capacity(ready.len());
    for one in ready {
        // The partition is chosen, so how many there are does not matter any more.
        let record = publish::record(&one.outgoing, u32::MAX)?;
        handles.push(producer.enqueue(record).await.map_err(words)?);
    }
    let mut places = Vec::with_capacity(handles.len());
    for handle in handles {
        let written = handle.await.map_err(words)?;
        let partition = u32::try_from(written.partition).ok();
        places.push(partition.zip(u64::try_from(written.offset).ok()));
    }
    Ok(places)
}

/// Gives a transaction up. Where that fails too, the broker does it when its time is over.
async fn abort(producer: &TransactionalProducer) {
    let deadline = Instant::now() + BEGIN_LIMIT;
    while let Err(error) = producer.abort().await {
        if !error.is_retriable() || Instant::now() > deadline {
            tracing::debug!(%error, "a transaction is left to the broker to give up");
            return;
        }
        tokio::time::sleep(REST).await;
    }
}

fn told(ready: Vec<Ready>, places: &[Option<(u32, u64)>]) -> Vec<SentCopy> {
    let all = ready.into_iter().zip(places);
    all.map(|(one, at)| SentCopy {
        letter: one.letter,
        outcome: MoveOutcome::Resent,
        topic: one.outgoing.destination,
        at: *at,
    })
    .collect()
}

fn kept(ready: Vec<Ready>, outcome: &MoveOutcome) -> Vec<SentCopy> {
    ready
        .into_iter()
        .map(|one| SentCopy {
            letter: one.letter,
            outcome: outcome.clone(),
            topic: one.outgoing.destination,
            at: None,
        })
        .collect()
}

/// The commit got no answer: the broker is asked what became of it.
async fn unknown(
    desk: &BatchDesk<'_>,
    id: &str,
    ids: Vec<RecordId>,
    ready: Vec<Ready>,
) -> Result<SentBatch, String> {
    let deadline = Instant::now() + COMMIT_LIMIT;
    loop {
        match ask(&desk.cluster.admin, id).await {
            BatchFate::Sent => {
                let places = vec![None; ready.len()];
                desk.written(ids.into_iter().map(|id| (id, None)).collect())
                    .await;
                return Ok(SentBatch::Told(told(ready, &places)));
            }
            BatchFate::NotSent => {
                desk.forget(ids).await;
                let words = "The transaction was given up before it was committed: it was not sent";
                let outcome = MoveOutcome::Kept(words.to_owned());
                return Ok(SentBatch::Told(kept(ready, &outcome)));
            }
            BatchFate::Open | BatchFate::NotKnown(_) if Instant::now() < deadline => {
                tokio::time::sleep(REST).await;
            }
            BatchFate::Open | BatchFate::NotKnown(_) => {
                let words = "The commit got no answer. When the cluster answers again it is asked \
                             whether these were sent";
                desk.leave(ids, words).await;
                let outcome = MoveOutcome::Unsure(words.to_owned());
                return Ok(SentBatch::Told(kept(ready, &outcome)));
            }
        }
    }
}
