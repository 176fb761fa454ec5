//! The dead letters of a resend, in the order of their partitions, with what is to be sent for each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::Utc;
use krafka::Kafka;

use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log::scan::{Scan, Scanner};
use crate::drivers::kafka::log::{ends, records};
use crate::drivers::kafka::topic::{self, FoundTopic};
use crate::drivers::kafka::watch::codec;
use crate::drivers::kafka::{connect, failure};
use crate::event::{Event, Outgoing};
use crate::kafka::account::account;
use crate::kafka::failure::KafkaAct;
use crate::kafka::resend::{RecordManner, is_bare};
use crate::protocol::{RecordOrder, RecordsOrder, WhichRecords};
use crate::repair::record_place::RecordFound;

/// A dead letter, and what is to be sent for it.
pub(super) struct WantedLetter {
    pub letter: Arc<Event>,
    /// Why nothing can be sent, in words.
    pub copy: Result<WantedCopy, String>,
}

/// A copy that is to be sent.
pub(super) struct WantedCopy {
    pub outgoing: Outgoing,
    /// It holds what lies at the place of its original, which nothing could be compared with.
    pub is_unproven: bool,
}

/// The dead letters of a resend.
pub(super) enum Letters {
    These(VecDeque<RecordOrder>),
    Whole(Box<WholeTopic>),
}

/// All of a topic, up to the ends that it had when the job began.
pub(super) struct WholeTopic {
    cluster: Cluster,
    manner: RecordManner,
    scanner: Scanner,
    /// Keeps the connections.
    _kafka: Kafka,
    waiting: VecDeque<Arc<Event>>,
    /// Places that were not given yet.
    left: usize,
    /// How many partitions targets have.
    partitions: HashMap<String, Option<u32>>,
}

impl Letters {
    pub(super) async fn open(
        cluster: &Cluster,
        found: &FoundTopic,
        order: &RecordsOrder,
    ) -> Result<Self, String> {
        let manner = match &order.which {
            WhichRecords::These(orders) => return Ok(Self::These(orders.clone().into())),
            WhichRecords::Whole(manner) => manner.as_ref().clone(),
        };
        let kafka = connect::kafka(&cluster.endpoint)
            .await
            .map_err(|error| failure::words(&error, KafkaAct::Read))?;
        let ends = ends(cluster, &found.all(), true).await?;
        let left: i64 = ends
            .end
            .iter()
            .map(|(partition, end)| end - ends.first.get(partition).copied().unwrap_or(*end))
            .sum();
        let scan = Scan {
            from: &ends.first,
            to: &ends.end,
            committed: true,
        };
        Ok(Self::Whole(Box::new(WholeTopic {
            cluster: cluster.clone(),
            manner,
            scanner: scan.open(&kafka).await?,
            _kafka: kafka,
            waiting: VecDeque::new(),
            left: usize::try_from(left).unwrap_or_default(),
            partitions: HashMap::new(),
        })))
    }

    /// How many there are; of a whole topic, how many there may be.
    pub(super) fn total(&self) -> usize {
        self.left()
    }

    /// How many were not given yet.
    pub(super) fn left(&self) -> usize {
        match self {
            Self::These(orders) => orders.len(),
            Self::Whole(whole) => whole.left,
        }
    }

    /// The next ones; none at the end.
    pub(super) async fn next(&mut self, most: usize) -> Result<Vec<WantedLetter>, String> {
        match self {
            Self::These(orders) => {
                let count = most.min(orders.len());
                Ok(orders.drain(..count).map(of_order).collect())
            }
            Self::Whole(whole) => whole.next(most).await,
        }
    }
}

fn of_order(order: RecordOrder) -> WantedLetter {
    WantedLetter {
        copy: Ok(WantedCopy {
            is_unproven: is_bare(&order.letter, None),
            outgoing: order.outgoing,
        }),
        letter: order.letter,
    }
}

impl WholeTopic {
    async fn next(&mut self, most: usize) -> Result<Vec<WantedLetter>, String> {
        let mut bytes = 0;
        while self.waiting.len() < most && bytes < super::BATCH_BYTES {
            let Some(records) = self.scanner.next().await? else {
                break;
            };
            let now = Utc::now();
            for record in &records {
                let event = codec::event(record, now);
                bytes += event.body.len();
                self.waiting.push_back(Arc::new(event));
            }
        }
        let count = most.min(self.waiting.len());
        let letters: Vec<Arc<Event>> = self.waiting.drain(..count).collect();
        self.left = self.left.saturating_sub(letters.len());
        let originals = self.originals(&letters).await?;
        let mut wanted = Vec::with_capacity(letters.len());
        for (letter, original) in letters.into_iter().zip(originals) {
            self.look_up(&letter).await;
            let known = &self.partitions;
            let partitions = |topic: &str| known.get(topic).copied().flatten();
            let planned = self.manner.plan(&letter, original.as_deref(), partitions);
            wanted.push(WantedLetter {
                letter,
                copy: planned.map(|planned| WantedCopy {
                    outgoing: planned.outgoing,
                    is_unproven: planned.is_unproven,
                }),
            });
        }
        Ok(wanted)
    }

    /// What lies at the places of the originals of those that hold nothing themselves.
    async fn originals(&self, letters: &[Arc<Event>]) -> Result<Vec<Option<Arc<Event>>>, String> {
        let rule = self.manner.rule.as_ref();
        let mut places = Vec::new();
        let mut of = Vec::new();
        for (at, letter) in letters.iter().enumerate() {
            if is_bare(letter, rule)
                && let Some(place) = account(letter, rule).and_then(|told| told.original_place)
            {
                places.push(place);
                of.push(at);
            }
        }
        let mut originals = vec![None; letters.len()];
        if places.is_empty() {
            return Ok(originals);
        }
        let found = records::read_all(&self.cluster, &places).await?;
        for (at, found) in of.into_iter().zip(found) {
            if let RecordFound::There(event) = found {
                originals[at] = Some(event);
            }
        }
        Ok(originals)
    }

    /// Finds out how many partitions the topic has that it came from.
    async fn look_up(&mut self, letter: &Event) {
        let told = account(letter, self.manner.rule.as_ref());
        let Some(target) = told.and_then(|told| told.proposed_target) else {
            return;
        };
        let topic = target.destination;
        if !self.partitions.contains_key(&topic) {
            let found = topic::find(&self.cluster, &topic, KafkaAct::Write).await;
            self.partitions
                .insert(topic, found.ok().map(|found| found.partitions));
        }
    }
}
