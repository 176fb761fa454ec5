//! One tap: what it listens to, how far it is, what it received and lost, and whether its rows are shown.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::event::tap_id::TapId;
use crate::protocol::TapProgress;

/// Times of loss kept for each tap; beyond it the two oldest become one.
pub(super) const LOSSES: usize = 16;

/// What a tap listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListensTo {
    /// What is published to a destination.
    Destination {
        name: String,
        /// The patterns of keys of the tap.
        keys: Vec<String>,
    },
    /// RabbitMQ's own trace of everything.
    Firehose,
}

/// How far a tap is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It was asked for.
    Starting,
    /// It receives.
    Running,
    /// Its connection broke; why it could not be opened again, in words. It is tried again.
    Interrupted(String),
    /// Its end was asked for.
    Stopping,
    /// It could not start or go on; why, in words.
    Refused(String),
}

/// A time during which the tap's queue was full: some events were not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// When the queue was last found to have room before it.
    pub from: DateTime<Utc>,
    /// When it was last found full, or first found to have room again.
    pub to: DateTime<Utc>,
}

/// A tap, from the click to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tap {
    pub id: TapId,
    pub source: ListensTo,
    /// Its colour, below [`COLOURS`]; the same as long as it is known.
    pub colour: usize,
    /// Its rows are shown.
    pub shown: bool,
    /// The firehose shows deliveries too.
    pub deliveries: bool,
    /// How far it is.
    pub phase: Phase,
    /// Its queue in the broker, once that exists.
    pub queue: Option<String>,
    /// Events received.
    pub received: u64,
    /// When some were not seen because its queue was full, oldest first.
    pub losses: VecDeque<Loss>,
    /// How far it is in a store that keeps its past.
    pub progress: Option<TapProgress>,
}

impl Tap {
    /// What it is called: its destination, or Firehose.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.source {
            ListensTo::Destination { name, .. } => name,
            ListensTo::Firehose => "Firehose",
        }
    }

    /// Its patterns of keys in one line; empty for the firehose.
    #[must_use]
    pub fn keys(&self) -> String {
        match &self.source {
            ListensTo::Destination { keys, .. } => keys.join(", "),
            ListensTo::Firehose => String::new(),
        }
    }

    /// The destination that it listens to; none for the firehose.
    #[must_use]
    pub fn destination(&self) -> Option<&str> {
        match &self.source {
            ListensTo::Destination { name, .. } => Some(name),
            ListensTo::Firehose => None,
        }
    }

    /// Its patterns of keys; none for the firehose.
    #[must_use]
    pub fn key_patterns(&self) -> &[String] {
        match &self.source {
            ListensTo::Destination { keys, .. } => keys,
            ListensTo::Firehose => &[],
        }
    }

    pub(super) fn lost(&mut self, loss: Loss) {
        match self.losses.back_mut() {
            // The same time told again, longer than before, or one that touches it.
            Some(last) if loss.from <= last.to => {
                last.from = last.from.min(loss.from);
                last.to = last.to.max(loss.to);
            }
            _ => self.losses.push_back(loss),
        }
        if self.losses.len() > LOSSES
            && let Some(oldest) = self.losses.pop_front()
            && let Some(next) = self.losses.front_mut()
        {
            next.from = oldest.from;
        }
    }
}
