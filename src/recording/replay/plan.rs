//! The events of a recording in the order in which they are sent again, each with its time. Without a
//! trial that is the order in which they came, for all keys. Memory is bounded by what overtakes each
//! other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::order::{ReplayOrder, ReplayTally};
use crate::event::Outgoing;
use crate::recording::reader::RecordingCursor;
use crate::recording::{RecordedEntry, RecordedEvent, Recording, RecordingError};

/// Events that are read at once.
const PAGE: usize = 512;
/// Events that wait to be overtaken, and their bytes. When there are more, the first goes.
const MOST_WAITING: usize = 200_000;
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// A second copy comes within this time, if nothing else is said.
const SECOND: Duration = Duration::from_secs(1);

/// An event that is to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct DueEvent {
    /// When, since the first event.
    pub due: Duration,
    pub outgoing: Outgoing,
    /// The user id that it had, which is that of some login.
    pub user_id: Option<String>,
}

/// What waits for its turn: the earliest first, and of these the one that came first.
struct Waiting {
    due_us: u64,
    turn: u64,
    bytes: usize,
    event: DueEvent,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.due_us, self.turn) == (other.due_us, other.turn)
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_us, self.turn).cmp(&(other.due_us, other.turn))
    }
}

/// Gives the events in parts, with how far it is in the recording; ends early when `take` says false.
///
/// # Errors
/// If the recording cannot be read on.
pub fn plan(
    order: &ReplayOrder,
    begun: DateTime<Utc>,
    mut take: impl FnMut(Vec<DueEvent>, ReplayTally) -> bool,
) -> Result<(), RecordingError> {
    let mut recording = Recording::open(&order.path)?;
    let about = recording.about()?;
    let matcher = order.filter.matcher();
    let end_ms = about.seen_until.timestamp_millis();
    let mut planning = Planning::new(order, begun);
    planning.tally.recorded = recording.last()?;
    let mut cursor = RecordingCursor::default();
    loop {
        let page = recording.page(&mut cursor, PAGE)?;
        let is_end = page.is_empty();
        for entry in page {
            if let RecordedEntry::Event(read) = entry
                && matcher.matches(&read.event, end_ms)
            {
                planning.event(*read);
            }
        }
        planning.tally.position = cursor.event;
        let ready = planning.ready(is_end);
        let has_nothing = ready.is_empty() && !is_end;
        let is_wanted = has_nothing || take(ready, planning.tally.clone());
        if is_end || !is_wanted {
            return Ok(());
        }
    }
}

struct Planning<'a> {
    order: &'a ReplayOrder,
    random: fastrand::Rng,
    begun: DateTime<Utc>,
    /// When the first event came.
    first: Option<DateTime<Utc>>,
    waiting: BinaryHeap<Reverse<Waiting>>,
    bytes: usize,
    turn: u64,
    /// Nothing that is read from here on is due before this.
    reached_us: u64,
    tally: ReplayTally,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl<'a> Planning<'a> {
    fn new(order: &'a ReplayOrder, begun: DateTime<Utc>) -> Self {
        Self {
            order,
            random: fastrand::Rng::with_seed(order.seed),
            begun,
            first: None,
            waiting: BinaryHeap::new(),
            bytes: 0,
            turn: 0,
            reached_us: 0,
            tally: ReplayTally::default(),
        }
    }

    fn event(&mut self, read: RecordedEvent) {
        let came = read.event.received_at;
        let first = *self.first.get_or_insert(came);
        let since = came.signed_duration_since(first).num_microseconds();
        // A clock that was set back does not change the order.
        let since = u64::try_from(since.unwrap_or_default()).unwrap_or_default();
        self.reached_us = self.reached_us.max(since);
        let base = self.reached_us;
        let trial = &self.order.trial;
        if trial.leave_out > 0 && self.random.u8(..100) < trial.leave_out {
            self.tally.left_out += 1;
            return;
        }
        let mut due_us = base;
        let shuffle_us = micros(trial.shuffle);
        if shuffle_us > 0 {
            due_us = due_us.saturating_add(self.random.u64(..shuffle_us));
        }
        if !trial.late.is_zero() && self.random.u8(..10) == 0 {
            due_us = due_us.saturating_add(micros(trial.late));
        }
        let second_within = if shuffle_us > 0 {
            shuffle_us
        } else {
            micros(SECOND)
        };
        let second_us = trial
            .twice
            .then(|| base.saturating_add(self.random.u64(..second_within)));
        let event = self.outgoing(read);
        if let Some(second_us) = second_us {
            self.tally.second += 1;
            let again = event.clone();
            self.wait(due_us, event);
            self.wait(second_us.max(due_us), again);
        } else {
            self.wait(due_us, event);
        }
    }

    fn wait(&mut self, due_us: u64, mut event: DueEvent) {
        event.due = Duration::from_micros(due_us);
        self.turn += 1;
        let bytes = event.outgoing.body.len() + 512;
        self.bytes += bytes;
        self.waiting.push(Reverse(Waiting {
            due_us,
            turn: self.turn,
            bytes,
            event,
        }));
    }

    fn outgoing(&mut self, read: RecordedEvent) -> DueEvent {
        let event = read.event;
        let mut properties = event.properties;
        let user_id = properties.user_id.take();
        if self.order.new_ids && properties.message_id.is_some() {
            let mut bytes = [0; 16];
            self.random.fill(&mut bytes);
            let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
            properties.message_id = Some(id.to_string());
        }
        if self.order.shift_times
            && let Some(first) = self.first
            && let Some(stamp) = properties.timestamp
        {
            let later = self.begun.signed_duration_since(first);
            properties.timestamp = Some(shifted(stamp, later.num_milliseconds()));
        }
        DueEvent {
            due: Duration::ZERO,
            outgoing: Outgoing {
                destination: self.order.destination.clone(),
                key: event.key,
                properties,
                body: event.body,
                record: None,
            },
            user_id,
        }
    }

    /// What nothing can overtake any more.
    fn ready(&mut self, is_end: bool) -> Vec<DueEvent> {
        let mut ready = Vec::new();
        while let Some(Reverse(next)) = self.waiting.peek() {
            let is_full = self.waiting.len() > MOST_WAITING || self.bytes > MOST_BYTES;
            if !(is_end || is_full || next.due_us <= self.reached_us) {
                break;
            }
            let Some(Reverse(next)) = self.waiting.pop() else {
                break;
            };
            self.bytes -= next.bytes;
            ready.push(next.event);
        }
        ready
    }
}

/// A timestamp so many milliseconds later, in the unit that it is in.
fn shifted(stamp: u64, later_ms: i64) -> u64 {
    let per_second: i64 = match stamp {
        0..100_000_000_000 => 1,
        100_000_000_000..100_000_000_000_000 => 1_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    };
    let later = i128::from(later_ms) * i128::from(per_second) / 1_000;
    u64::try_from(i128::from(stamp) + later).unwrap_or(stamp)
}
