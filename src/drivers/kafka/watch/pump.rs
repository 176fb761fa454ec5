//! What a tap does while it reads: records go to the window in batches, and how far it is behind is told.
//! A batch is read only after the window has taken the one before, so a slow window leaves us behind, and
//! never fills our memory; the broker notices nothing of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use krafka::admin::TopicPartition;
use krafka::consumer::{Consumer, ConsumerRecord};
use krafka::error::KrafkaError;
use tokio::time::Instant;

use super::codec;
use super::start::Offsets;
use crate::engine::outbox::SourceOutbox;
use crate::event::tap_id::TapId;
use crate::log::Batch;
use crate::protocol::{SourceUpdate, TapProgress, TapState};

/// Most bytes that a broker sends at once; one record larger than that comes all the same.
pub(super) const FETCH_BYTES: i32 = 16 * 1024 * 1024;
/// The same for one partition.
pub(super) const PARTITION_BYTES: i32 = 2 * 1024 * 1024;
/// Most records that are decoded at once.
pub(super) const POLL_RECORDS: i32 = 2_000;

/// A batch is sent at this many events …
const BATCH_EVENTS: usize = 256;
/// … or this many bytes.
const BATCH_BYTES: usize = 1_000_000;
/// After less than this many records nothing more is asked for at once: a trickle would become a flood
/// of batches.
const TRICKLE: usize = 64;
const TRICKLE_REST: Duration = Duration::from_millis(16);
/// How long one poll waits for records.
const POLL: Duration = Duration::from_millis(500);

/// Where reading is, what was counted, and how fast it may go.
pub(super) struct Pump {
    tap: TapId,
    outbox: SourceOutbox,
    /// The offset that comes next, by topic and partition.
    next: HashMap<(Arc<str>, i32), i64>,
    progress: TapProgress,
    told: Option<TapProgress>,
    /// Most bytes a second.
    limit: Option<u64>,
    /// When reading may go on.
    free_at: Instant,
}

impl Pump {
    pub(super) fn new(tap: TapId, outbox: SourceOutbox, limit: Option<u64>) -> Self {
        let now = Instant::now();
        Self {
            tap,
            outbox,
            next: HashMap::new(),
            progress: TapProgress::default(),
            told: None,
            limit: limit.filter(|limit| *limit > 0),
            free_at: now,
        }
    }

    /// Reading goes on at these offsets; what lies between is no hole.
    pub(super) fn place(&mut self, offsets: &Offsets) {
        for (partition, offset) in offsets {
            let key = (Arc::from(partition.topic()), partition.partition());
            self.next.insert(key, *offset);
        }
    }

    /// The store had thrown away what came next; reading goes on here.
    pub(super) fn lost(&mut self, partition: &TopicPartition, first: i64) {
        let key = (Arc::from(partition.topic()), partition.partition());
        let expected = self.next.insert(key, first).unwrap_or(first);
        self.progress.gone += u64::try_from(first - expected).unwrap_or_default();
    }

    /// Waits for records. May be dropped: nothing is lost by it.
    pub(super) async fn poll(
        &self,
        consumer: &Consumer,
    ) -> Result<Vec<ConsumerRecord>, KrafkaError> {
        tokio::time::sleep_until(self.free_at).await;
        consumer.poll(POLL).await
    }

    /// Tells of records. Must not be dropped: the consumer gives each of them once.
    pub(super) async fn send(&mut self, records: &[ConsumerRecord]) {
        let mut batch = Batch::new(self.tap);
        let (mut bytes, mut all) = (0, 0_usize);
        let now = Utc::now();
        for record in records {
            let event = codec::event(record, now);
            let cost = event.cost();
            if !batch.push(&event) {
                self.pass(&mut batch).await;
                batch.push(&event);
                bytes = 0;
            }
            bytes += cost;
            all += cost;
            if batch.len() >= BATCH_EVENTS || bytes >= BATCH_BYTES {
                self.pass(&mut batch).await;
                bytes = 0;
            }
        }
        self.pass(&mut batch).await;
        self.count(records);
        let rest = if records.len() < TRICKLE {
            TRICKLE_REST
        } else {
            Duration::ZERO
        };
        let by_limit = self.limit.map(|limit| {
            #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
            Duration::from_secs_f64(all as f64 / limit as f64)
        });
        let rest = by_limit.map_or(rest, |by_limit| rest.max(by_limit));
        if !records.is_empty() {
            self.free_at = Instant::now() + rest;
        }
    }

    async fn pass(&mut self, batch: &mut Batch) {
        if !batch.is_empty() {
            let full = std::mem::replace(batch, Batch::new(self.tap));
            self.outbox.send(SourceUpdate::Events(full)).await;
        }
    }

    /// Records of a partition come in a row, so each is looked up once.
    fn count(&mut self, records: &[ConsumerRecord]) {
        let is_same = |a: &ConsumerRecord, b: &ConsumerRecord| {
            a.partition == b.partition && a.topic == b.topic
        };
        for run in records.chunk_by(is_same) {
            let Some((first, last)) = run.first().zip(run.last()) else {
                continue;
            };
            let key = (Arc::clone(&first.topic), first.partition);
            let expected = self.next.insert(key, last.offset + 1);
            let places = last.offset + 1 - expected.unwrap_or(first.offset);
            let places = u64::try_from(places).unwrap_or_default();
            self.progress.holes += places.saturating_sub(run.len() as u64);
        }
    }

    /// Tells how far it is behind these ends, if that has changed.
    pub(super) async fn tell(&mut self, consumer: &Consumer, ends: &Offsets) {
        let mut behind = 0;
        for (partition, end) in ends {
            let place = consumer.position(partition.topic(), partition.partition());
            let rest = end - place.await.unwrap_or(*end);
            behind += u64::try_from(rest).unwrap_or_default();
        }
        self.progress.behind = behind;
        if self.told != Some(self.progress) {
            self.told = Some(self.progress);
            let state = TapState::Behind(self.progress);
            let tap = self.tap;
            self.outbox.send(SourceUpdate::Tap { tap, state }).await;
        }
    }

    /// How far it was behind when that was last told.
    pub(super) fn behind(&self) -> u64 {
        self.progress.behind
    }
}
