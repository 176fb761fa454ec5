//! Dead letters that lie in a log: they are found and read without taking anything, and stay where they are
//! whatever is done with them; what was done is a mark.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::planner::record_target;
use super::{Bulk, DeadLetterDesk, Editor, Peeked};
use crate::event::picture::Picture;
use crate::event::{Event, Fingerprint};
use crate::kafka::account::seen_original;
use crate::kafka::resend::{CopyTime, RecordManner, is_bare};
use crate::protocol::{
    LogPage, MoveOrder, MoveOutcome, RecordOrder, RecordsAgreed, RecordsOrder, RequestId,
    SourceCommand, Which, WhichRecords,
};
use crate::rabbitmq::stream::Start;
use crate::rabbitmq::topology::{DeadLetterQueue, Queue};
use crate::repair::account::OriginalSeen;
use crate::repair::dead_place::{DeadPlace, LogSpan};
use crate::repair::pace::Pace;
use crate::repair::record_place::{RecordDeed, RecordFound, RecordMark};
use crate::state::forms::Forms;
use crate::text::numbers::{count_of, thousands};

/// What is known of the dead letters of a log.
#[derive(Clone, Debug, Default)]
pub struct LogDesk {
    /// This source is one; otherwise nothing of this is asked.
    pub is_on: bool,
    /// Where dead letters lie.
    pub places: Vec<DeadPlace>,
    /// They were found once.
    pub is_found: bool,
    /// They are being looked for.
    finding: Option<RequestId>,
    /// When they were looked for last.
    found_at: Option<DateTime<Utc>>,
    /// Why they could not be found, in words.
    pub problem: Option<String>,
    /// The part that is shown, as it was asked for.
    page: Option<LogPage>,
    /// What of each partition there is, and which part is shown.
    pub spans: Vec<LogSpan>,
    /// What the person agreed to.
    pub agreed: RecordsAgreed,
    /// Which time copies have.
    pub time: CopyTime,
    /// How many partitions each topic has.
    pub(super) partitions: Arc<HashMap<String, u32>>,
    /// The original of the message that is looked at.
    pub original: Option<SoughtOriginal>,
}

/// The original of a dead letter, while it is read and afterwards.
#[derive(Clone, Debug)]
pub struct SoughtOriginal {
    /// Of which dead letter.
    pub of: Fingerprint,
    request: Option<RequestId>,
    /// What lies at its place, in words.
    pub seen: OriginalSeen,
    /// The record there.
    pub event: Option<Arc<Event>>,
}

impl LogDesk {
    /// Of which nothing is known yet.
    pub(super) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            ..Self::default()
        }
    }

    /// What is known of the place of this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&DeadPlace> {
        self.places.iter().find(|place| place.name == name)
    }

    /// Takes down how many partitions topics have.
    pub fn note(&mut self, picture: &Picture) {
        let all = picture.destinations.iter();
        let all = all.map(|one| (one.name.clone(), one.partitions));
        self.partitions = Arc::new(all.collect());
    }
}

impl DeadLetterDesk {
    /// Looks for dead letters again, if the last look is older than this.
    pub fn find_after(
        &mut self,
        pause: TimeDelta,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        let is_due = self.log.found_at.is_none_or(|at| now - at >= pause);
        if !self.log.is_on || self.log.finding.is_some() || !is_due {
            return None;
        }
        self.log.finding = Some(request);
        self.log.found_at = Some(now);
        let named = self.named.iter().cloned().collect();
        Some(SourceCommand::FindDeadPlaces { request, named })
    }

    /// Takes where dead letters lie.
    pub fn found(&mut self, request: RequestId, result: Result<Vec<DeadPlace>, String>) {
        if self.log.finding != Some(request) {
            return;
        }
        self.log.finding = None;
        match result {
            Ok(places) => {
                self.log.problem = None;
                self.log.is_found = true;
                self.log.places = places;
                self.list_places();
            }
            Err(words) => self.log.problem = Some(words),
        }
    }

    /// The rows of the list: what was found, and what was named meanwhile.
    pub(super) fn list_places(&mut self) {
        let places = self.log.places.iter().map(|place| DeadLetterQueue {
            queue: Queue {
                ready: place.records.map(|count| count.saturating_sub(place.done)),
                ..Queue::named(&place.name)
            },
            origins: place.origin.iter().cloned().collect(),
        });
        self.queues = places.collect();
        for name in &self.named {
            if !self.queues.iter().any(|dead| dead.queue.name == *name) {
                self.queues.push(DeadLetterQueue {
                    queue: Queue::named(name),
                    origins: Vec::new(),
                });
            }
        }
    }

    /// Reads a part of the open log. Nothing is taken out.
    pub(super) fn read_log(&mut self, page: LogPage, request: RequestId) -> Option<SourceCommand> {
        if self.is_busy() || self.peeking.is_some() {
            return None;
        }
        let place = self.queue.clone()?;
        self.end_result();
        self.peek_problem = None;
        self.peeking = Some(request);
        self.log.page = Some(page.clone());
        Some(SourceCommand::ReadLog {
            request,
            place,
            partition: None,
            page,
            size: self.looking.size,
        })
    }

    /// Reads the part once more that is shown.
    pub(super) fn read_log_again(&mut self, request: RequestId) -> Option<SourceCommand> {
        let page = self.log.page.clone().unwrap_or(LogPage::Newest);
        self.read_log(page, request)
    }

    pub(super) fn turn_log(&mut self, forward: bool, request: RequestId) -> Option<SourceCommand> {
        let spans = self.log.spans.iter();
        let page = if forward {
            LogPage::From(spans.map(|span| (span.partition, span.to)).collect())
        } else {
            LogPage::Before(spans.map(|span| (span.partition, span.from)).collect())
        };
        self.read_log(page, request)
    }

    /// There is something before, and behind, what is shown of the open log.
    #[must_use]
    pub fn log_goes_on(&self) -> (bool, bool) {
        let spans = &self.log.spans;
        let before = spans.iter().any(LogSpan::has_before);
        (before, spans.iter().any(LogSpan::has_behind))
    }

    /// What is shown of the open log, in words.
    #[must_use]
    pub fn log_words(&self, peeked: &Peeked) -> String {
        let shown = count_of(peeked.messages.len() as u64, "record");
        let all: u64 = self
            .log
            .spans
            .iter()
            .map(|span| span.end - span.first)
            .sum();
        match self.log_goes_on() {
            (false, false) => format!("All {shown} of the topic"),
            (true, false) => format!("The newest {shown}, of about {}", thousands(all)),
            (false, true) => format!("The oldest {shown}, of about {}", thousands(all)),
            (true, true) => format!("{shown} of about {}", thousands(all)),
        }
    }

    /// Asks what lies at the place of the original of the message that is looked at.
    pub fn ask_original(&mut self, request: RequestId) -> Option<SourceCommand> {
        if !self.log.is_on {
            return None;
        }
        let Some(letter) = self.selected_message() else {
            self.log.original = None;
            return None;
        };
        let of = letter.fingerprint;
        if self.log.original.as_ref().is_some_and(|one| one.of == of) {
            return None;
        }
        let place = letter.account.as_ref()?.original_place.clone();
        let words = match place {
            Some(_) => "Reading what lies at the place of the original …",
            None => "The place of the original is not told",
        };
        self.log.original = Some(SoughtOriginal {
            of,
            request: place.as_ref().map(|_| request),
            seen: OriginalSeen {
                words: words.to_owned(),
                ..OriginalSeen::default()
            },
            event: None,
        });
        let places = vec![place?];
        Some(SourceCommand::ReadRecords { request, places })
    }

    /// Takes what lies at the place of an original. True if what is sent may have changed by it.
    pub fn read_records(
        &mut self,
        request: RequestId,
        result: Result<Vec<RecordFound>, String>,
    ) -> bool {
        let Some(letter) = self.selected_message().cloned() else {
            return false;
        };
        let original = self.log.original.as_mut();
        let Some(original) = original.filter(|one| one.request == Some(request)) else {
            return false;
        };
        original.request = None;
        let found = match result {
            Ok(found) => found.into_iter().next(),
            Err(words) => Some(RecordFound::NotRead(words)),
        };
        let found = found.unwrap_or(RecordFound::Gone);
        original.seen = seen_original(&letter.event, None, &found);
        if let RecordFound::There(event) = found {
            original.event = Some(event);
        }
        original.event.is_some()
    }

    /// The original was read: a message that holds nothing itself is sent as that. What was edited stays.
    pub fn original_came(&mut self, forms: &mut Forms) {
        let bare = self.selected_message().map(|one| is_bare(&one.event, None));
        let is_edited = forms.editor.as_ref().is_some_and(Editor::is_edited);
        if bare == Some(true) && !is_edited {
            self.load_editor(forms, "");
        }
    }

    /// The record at the place of the original of this message, if it was read.
    pub(super) fn original_of(&self, letter: Fingerprint) -> Option<&Arc<Event>> {
        let original = self.log.original.as_ref();
        original.filter(|one| one.of == letter)?.event.as_ref()
    }

    /// How copies from a log are made.
    pub(super) fn record_manner(&self) -> RecordManner {
        RecordManner {
            target: record_target(self.choice, &self.elsewhere),
            time: self.log.time,
            dropped: self.dropped.clone(),
            ..RecordManner::default()
        }
    }

    /// The command that sends copies from the open log.
    pub(super) fn send_records(
        &self,
        place: String,
        which: Which,
        with_canary: bool,
        request: RequestId,
    ) -> SourceCommand {
        let which = match which {
            Which::These(orders) => WhichRecords::These(self.record_orders(orders)),
            Which::Whole { .. } => WhichRecords::Whole(Box::new(self.record_manner())),
        };
        SourceCommand::ResendRecords {
            request,
            order: Box::new(RecordsOrder {
                place,
                which,
                time: self.log.time,
                agreed: self.log.agreed,
                pace: Self::log_pace(self.bulk, with_canary),
            }),
        }
    }

    /// What would come back is no question of a log, and a copy has no headers that count.
    fn log_pace(bulk: Bulk, with_canary: bool) -> Pace {
        Pace {
            insist: false,
            mark: false,
            ..bulk.pace(with_canary)
        }
    }

    fn record_orders(&self, orders: Vec<MoveOrder>) -> Vec<RecordOrder> {
        let messages = self.peeked.iter().flat_map(|peeked| &peeked.messages);
        let letters: HashMap<Fingerprint, &Arc<Event>> = messages
            .map(|letter| (letter.fingerprint, &letter.event))
            .collect();
        let orders = orders.into_iter().filter_map(|order| {
            Some(RecordOrder {
                letter: Arc::clone(letters.get(&order.original)?),
                outgoing: order.outgoing,
            })
        });
        orders.collect()
    }

    /// The messages of the open log with these identities.
    pub(super) fn letters_of(&self, chosen: &[Fingerprint]) -> Vec<Arc<Event>> {
        let chosen: HashSet<&Fingerprint> = chosen.iter().collect();
        let messages = self.peeked.iter().flat_map(|peeked| &peeked.messages);
        let own = messages.filter(|letter| chosen.contains(&letter.fingerprint));
        own.map(|letter| Arc::clone(&letter.event)).collect()
    }

    /// What was done with a message that stays where it is: it is marked, and the next is looked at.
    pub(super) fn mark_done(&mut self, place: usize, outcome: &MoveOutcome, now: DateTime<Utc>) {
        let deed = match outcome {
            MoveOutcome::Resent | MoveOutcome::Duplicate(_) => RecordDeed::Sent,
            MoveOutcome::Discarded => RecordDeed::Discarded,
            MoveOutcome::Unsure(_) => RecordDeed::PerhapsSent,
            MoveOutcome::Kept(_) | MoveOutcome::Held(_) | MoveOutcome::Gone => return,
        };
        let Some(peeked) = &mut self.peeked else {
            return;
        };
        let all = peeked.messages.len();
        let Some(letter) = peeked.messages.get_mut(place) else {
            return;
        };
        letter.mark = Some(RecordMark {
            deed,
            at: now,
            sent_to: None,
        });
        if deed != RecordDeed::PerhapsSent {
            letter.remark = None;
        }
        self.marked.remove(&place);
        if self.selected == Some(place) && deed != RecordDeed::PerhapsSent {
            let next = self.listing.neighbour(place, all);
            self.moved_on = Some(now);
            self.selected = next;
        }
        // The list of topics counts what is done.
        self.log.found_at = None;
    }
}

/// Where a page of a log begins, by what was chosen as for a stream.
pub(super) fn log_page(start: Start) -> LogPage {
    match start {
        Start::Offset(offset) => LogPage::Offset(offset),
        Start::Time(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            DateTime::from_timestamp(seconds, 0).map_or(LogPage::Newest, LogPage::Time)
        }
        Start::First => LogPage::Oldest,
        Start::Last | Start::Next => LogPage::Newest,
    }
}
