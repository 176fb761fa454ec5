//! What one writer's headers tell of a record.

use super::failure::KafkaFailure;
use super::place::{Adds, ToldPlace};
use super::record::LogPlace;

/// Who wrote a record into a topic of dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KafkaWriter {
    /// Spring Kafka's `DeadLetterPublishingRecoverer`.
    Spring,
    /// Spring Kafka's `@RetryableTopic`.
    RetryableTopic,
    /// Spring Cloud Stream's binder.
    CloudStream,
    /// A sink of Kafka Connect.
    Connect,
    /// Kafka Streams from 4.2 on (KIP-1034).
    Streams,
    /// The broker itself, for a share group, from Kafka 4.4 on (KIP-1191).
    ShareGroup,
    /// SmallRye Reactive Messaging, so Quarkus: `dead-letter-queue`.
    SmallRye,
    /// The same with `delayed-retry-topic`.
    SmallRyeRetry,
    /// Whoever writes the headers that the person named.
    ByRule,
}

impl KafkaWriter {
    /// The name shown to the person, and told to scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spring => "Spring Kafka",
            Self::RetryableTopic => "Spring Kafka @RetryableTopic",
            Self::CloudStream => "Spring Cloud Stream",
            Self::Connect => "Kafka Connect",
            Self::Streams => "Kafka Streams",
            Self::ShareGroup => "Kafka broker (share group)",
            Self::SmallRye => "SmallRye",
            Self::SmallRyeRetry => "SmallRye delayed retry",
            Self::ByRule => "your rule",
        }
    }

    /// A dead letter keeps the time of its original, so it is as old as that for the topic's retention,
    /// and nobody knows when it died.
    #[must_use]
    pub fn keeps_the_time(self) -> bool {
        matches!(self, Self::Connect | Self::Streams)
    }
}

/// What one writer's headers tell.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub(crate) writer: KafkaWriter,
    pub(crate) adds: Adds,
    /// The place of its newest header among all: the last of one who adds behind, else the first.
    pub(crate) newest: usize,
    /// The places that it wrote down, the oldest first.
    pub(crate) places: Vec<ToldPlace>,
    /// Where the record died now.
    pub(crate) now: Option<LogPlace>,
    /// The record that this one came from, to look it up.
    pub(crate) original: Option<ToldPlace>,
    pub(crate) group: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) failure: Option<KafkaFailure>,
    pub(crate) attempts: Option<u64>,
    /// It died more often than it has places, by so many times.
    pub(crate) unplaced: u64,
    /// What else it tells, each as a few words.
    pub(crate) facts: Vec<String>,
    pub(crate) doubts: Vec<String>,
}

impl Telling {
    /// By `writer`, whose newest header stands at `newest`; the rest is not known.
    pub(crate) fn by(writer: KafkaWriter, newest: usize) -> Self {
        Self {
            writer,
            adds: Adds::Behind,
            newest,
            places: Vec::new(),
            now: None,
            original: None,
            group: None,
            reason: None,
            failure: None,
            attempts: None,
            unplaced: 0,
            facts: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// It died at the newest of these places, which the original is therefore at.
    pub(crate) fn at_the_newest(mut self, places: Vec<ToldPlace>) -> Self {
        self.original = places.last().cloned();
        self.now = self.original.as_ref().map(|told| told.place.clone());
        self.places = places;
        self
    }
}
