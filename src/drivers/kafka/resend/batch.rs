//! Sends batches of copies, by transactions where the broker lets us.

use std::sync::Arc;

use chrono::Utc;
use krafka::Kafka;
use krafka::admin::DescribeTransactionsOptions;
use krafka::error::{ErrorCode, KrafkaError};

use super::guard::RecordGuard;
use super::plain::PlainSender;
use super::transaction::TransactionSender;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::topic::FoundTopic;
use crate::drivers::kafka::{connect, failure};
use crate::event::{Event, Outgoing};
use crate::kafka::failure::{KafkaAct, KafkaTrouble};
use crate::protocol::{Gravity, MoveOutcome, SendingWay};
use crate::repair::held_record::{HeldRecord, LogName};
use crate::repair::journal_entry::{Held, Operation, RecordId, Stage};

/// Most bytes of a batch of Kafka's own, of which a request holds one for each partition. Topics that take
/// less get less.
const PRODUCE_BYTES: usize = 256 * 1024;
/// Room for a batch's head.
const HEAD: u64 = 256;

/// A copy that may be sent. Its partition and time are chosen.
pub(super) struct Ready {
    pub letter: Arc<Event>,
    pub outgoing: Outgoing,
}

/// What became of a copy.
pub(super) struct SentCopy {
    pub letter: Arc<Event>,
    pub outcome: MoveOutcome,
    /// The topic that it went to, and where it lies there, if it does.
    pub topic: String,
    pub at: Option<(u32, u64)>,
}

/// What became of a batch.
pub(super) enum SentBatch {
    Told(Vec<SentCopy>),
    /// Nothing of it was sent, because of one of them.
    Again(Vec<Ready>),
}

/// Sends batches.
pub(super) struct Batches {
    cluster: Cluster,
    /// The topic that the dead letters lie in.
    log: LogName,
    kafka: Kafka,
    way: CopyWay,
}

enum CopyWay {
    Transactions(TransactionSender),
    Plain(PlainSender),
}

/// How copies would be sent to this cluster, and why not by transactions, if they would not.
pub(super) async fn way(cluster: &Cluster) -> Result<(SendingWay, Option<String>), String> {
    let id = format!("eventscope-{}", uuid::Uuid::new_v4().simple());
    let options = DescribeTransactionsOptions::default();
    let told = cluster.admin.describe_transactions([&id], options).await;
    let mut told = told.map_err(|error| failure::words(&error, KafkaAct::Write))?;
    match told.remove(&id) {
        // Nobody has had this id.
        Some(
            Err(KrafkaError::Broker {
                code: ErrorCode::TransactionalIdNotFound,
                ..
            })
            | Ok(_),
        )
        | None => Ok((SendingWay::Transactions, None)),
        Some(Err(error)) => match failure::failure(&error) {
            KafkaTrouble::TooOld => Ok((
                SendingWay::NoTransactions,
                Some(
                    "This broker is older than 3.0 and cannot say what became of a transaction, so \
                     copies are sent without: after a break some may be \"possibly sent\""
                        .to_owned(),
                ),
            )),
            KafkaTrouble::NoRight { .. } => Ok((
                SendingWay::NoTransactions,
                Some(
                    "This login has no right to transactions (WRITE and DESCRIBE on the transactional \
                     ids eventscope-*), so copies are sent without: after a break some may be \"possibly \
                     sent\""
                        .to_owned(),
                ),
            )),
            other => Err(other.words(KafkaAct::Write)),
        },
    }
}

impl Batches {
    /// Opens connections of its own.
    pub(super) async fn open(cluster: &Cluster, found: &FoundTopic) -> Result<Self, String> {
        let kafka = connect::kafka(&cluster.endpoint)
            .await
            .map_err(|error| failure::words(&error, KafkaAct::Write))?;
        let way = match way(cluster).await? {
            (SendingWay::Transactions, _) => CopyWay::Transactions(TransactionSender::new()),
            (SendingWay::NoTransactions, why) => {
                if let Some(why) = why {
                    cluster.outbox.notice(Gravity::Info, why).await;
                }
                CopyWay::Plain(PlainSender::default())
            }
        };
        Ok(Self {
            cluster: cluster.clone(),
            log: found.log(cluster),
            kafka,
            way,
        })
    }

    /// Sends a batch: it is on the disk before.
    ///
    /// # Errors
    /// In words, if nothing more may be sent. Nothing of this batch was then.
    pub(super) async fn send(
        &mut self,
        ready: Vec<Ready>,
        guard: &RecordGuard<'_>,
    ) -> Result<SentBatch, String> {
        let most = guard
            .targets()
            .filter_map(|target| target.config.as_ref()?.most_bytes)
            .min();
        let most = most.and_then(|most| usize::try_from(most.saturating_sub(HEAD)).ok());
        let batch_bytes = most.map_or(PRODUCE_BYTES, |most| most.clamp(1_024, PRODUCE_BYTES));
        let desk = BatchDesk {
            cluster: &self.cluster,
            log: &self.log,
            kafka: &self.kafka,
            batch_bytes,
        };
        match &mut self.way {
            CopyWay::Transactions(sender) => sender.send(&desk, ready).await,
            CopyWay::Plain(sender) => sender.send(&desk, ready, guard).await,
        }
    }
}

/// What both ways work with.
pub(super) struct BatchDesk<'a> {
    pub cluster: &'a Cluster,
    /// The topic that the dead letters lie in.
    pub log: &'a LogName,
    pub kafka: &'a Kafka,
    /// Most bytes of a batch of Kafka's own.
    pub batch_bytes: usize,
}

impl BatchDesk<'_> {
    /// Writes a batch down as being sent, before it is. `ends` are those of the partitions that the
    /// copies go to, where somebody looked.
    pub(super) async fn hold(
        &self,
        ready: &[Ready],
        batch: Option<&str>,
        ends: impl Fn(&Outgoing) -> Option<(u32, u64)>,
    ) -> Result<Vec<RecordId>, String> {
        let place = self.cluster.endpoint.place();
        let held: Vec<Held> = ready
            .iter()
            .filter_map(|one| {
                Some(Held {
                    place: place.clone(),
                    queue: self.log.topic.clone(),
                    destination: one.letter.destination.clone(),
                    key: one.letter.key.clone(),
                    properties: one.letter.properties.clone(),
                    body: one.letter.body.clone(),
                    record: Some(HeldRecord {
                        log: self.log.clone(),
                        own: *one.letter.transport.kafka()?,
                        batch: batch.map(str::to_owned),
                        end: ends(&one.outgoing),
                    }),
                    sent: Some(one.outgoing.clone()),
                })
            })
            .collect();
        if held.len() != ready.len() {
            return Err("One of them did not come from Kafka".to_owned());
        }
        self.cluster
            .journal
            .with(move |journal| {
                let each = held.iter().map(|held| (held, Stage::Sent));
                journal.hold_each(Operation::Resend, each, Utc::now())
            })
            .await
            .map_err(|words| format!("{words}, so nothing was sent"))
    }

    /// They were not sent after all: the journal forgets them.
    pub(super) async fn forget(&self, ids: Vec<RecordId>) {
        if let Err(words) = self
            .cluster
            .journal
            .with(move |journal| journal.forget(&ids))
            .await
        {
            // The next start asks the broker, which says that they were not sent.
            tracing::warn!(words, "the journal calls copies sent that were not");
        }
    }

    /// They were written, at these places.
    pub(super) async fn written(&self, copies: Vec<(RecordId, Option<(u32, u64)>)>) {
        let writing = self
            .cluster
            .journal
            .with(move |journal| journal.copies_written(&copies));
        if let Err(words) = writing.await {
            // The next start asks the broker, which says that they were sent.
            tracing::warn!(words, "the journal does not know of copies that were sent");
        }
    }

    /// Nobody works on these any more: what is not certain stays so until it is settled.
    pub(super) async fn leave(&self, ids: Vec<RecordId>, words: &str) {
        let words = words.to_owned();
        let leaving = self.cluster.journal.with(move |journal| {
            let marks: Vec<_> = ids
                .iter()
                .map(|id| (*id, Stage::Sent, words.as_str()))
                .collect();
            journal.mark(&marks)?;
            journal.settle(&ids)
        });
        if let Err(words) = leaving.await {
            tracing::warn!(words, "the journal does not know why copies are in doubt");
        }
    }
}
