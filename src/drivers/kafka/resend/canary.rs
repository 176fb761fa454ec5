//! Watches whether what was sent first dies again: a new dead letter whose original is one of the copies.

use std::collections::HashSet;
use std::ops::ControlFlow;

use chrono::Utc;

use super::batch::SentCopy;
use crate::drivers::kafka::link::Cluster;
use crate::drivers::kafka::log::ends;
use crate::drivers::kafka::log::scan::Scan;
use crate::drivers::kafka::topic::FoundTopic;
use crate::drivers::kafka::watch::codec;
use crate::drivers::kafka::watch::start::Offsets;
use crate::drivers::kafka::{connect, failure};
use crate::kafka::account::account;
use crate::kafka::failure::KafkaAct;
use crate::repair::record_place::RecordPlace;

/// What was sent, and from where on new dead letters are looked for.
pub(super) struct CanaryWatch {
    cluster: Cluster,
    found: FoundTopic,
    sent: HashSet<RecordPlace>,
    from: Offsets,
}

impl CanaryWatch {
    pub(super) fn new(cluster: &Cluster, found: &FoundTopic) -> Self {
        Self {
            cluster: cluster.clone(),
            found: found.clone(),
            sent: HashSet::new(),
            from: Offsets::new(),
        }
    }

    /// Where the dead letters end now, before anything is sent.
    pub(super) async fn begin(&mut self) -> Result<(), String> {
        self.from = ends(&self.cluster, &self.found.all(), true).await?.end;
        Ok(())
    }

    /// These copies were written.
    pub(super) fn note(&mut self, told: &[SentCopy]) {
        self.sent.extend(told.iter().filter_map(|one| {
            let (partition, offset) = one.at?;
            Some(RecordPlace {
                destination: one.topic.clone(),
                partition,
                offset,
            })
        }));
    }

    /// How many of them lie there dead again.
    pub(super) async fn died_again(&self) -> Result<usize, String> {
        let ends = ends(&self.cluster, &self.found.all(), true).await?;
        let kafka = connect::kafka(&self.cluster.endpoint)
            .await
            .map_err(|error| failure::words(&error, KafkaAct::Read))?;
        let mut dead = HashSet::new();
        let now = Utc::now();
        let scan = Scan {
            from: &self.from,
            to: &ends.end,
            committed: true,
        };
        scan.run(&kafka, |record| {
            let letter = codec::event(&record, now);
            let original = account(&letter, None).and_then(|told| told.original_place);
            dead.extend(original.filter(|place| self.sent.contains(place)));
            ControlFlow::Continue(())
        })
        .await?;
        Ok(dead.len())
    }
}
