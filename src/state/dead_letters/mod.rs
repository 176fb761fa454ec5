//! Dead-letter queues: which there are, what lies in one, and the repair of a message.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::dead_letter::DEATHS;
use crate::domain::draft::Problem;
use crate::domain::faithful::Row;
use crate::domain::losing::{Losing, losing};
use crate::domain::topology::DeadLetterQueue;
use crate::domain::{Death, Draft, Event, Fingerprint, Queue, Topology};
use crate::log::{Batch, EventLog};
use crate::protocol::{Command, JobStage, MoveOutcome, PeekReport, PutBack, RequestId};

mod action;
mod looking;
mod repair;

pub use action::{Bulk, DeadAction, DeadTab, TargetChoice};
pub use looking::{LookAction, Looking};

use super::Soon;
use super::forms::Forms;
use super::groups::{Dead, GroupDesk};
use super::growth::Growth;
use super::job::Job;

/// What an action needs to know of the rest.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The connection's user.
    pub login: &'a str,
    /// The events that taps have seen.
    pub log: &'a EventLog,
    /// What is known of the broker's queues.
    pub topology: &'a Topology,
    /// The time now.
    pub now: DateTime<Utc>,
}

/// A message as it was peeked.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The message.
    pub event: Arc<Event>,
    /// Its identity in the queue.
    pub fingerprint: Fingerprint,
    /// Its history, newest first.
    pub deaths: Vec<Death>,
    /// What the last try to move it came to, if it stayed.
    pub remark: Option<String>,
}

/// The messages of a queue as they were peeked.
#[derive(Clone, Debug)]
pub struct Peeked {
    /// The queue.
    pub queue: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Messages before the first that is shown; not known in a stream.
    pub first: u32,
    /// How many were ready.
    pub depth: u32,
    /// How many were borrowed, with those before the page.
    pub borrowed: u32,
    /// How long they were borrowed, in milliseconds.
    pub borrowed_ms: u64,
    /// How they went back.
    pub put_back: PutBack,
    /// How often one can look again without harm, where that is limited.
    pub left: Option<u64>,
    /// What the broker side had to say.
    pub remark: String,
    /// In queue order.
    pub messages: Vec<DeadLetter>,
}

impl Peeked {
    /// Nothing lies in the queue beside these messages.
    #[must_use]
    pub fn shows_all(&self) -> bool {
        self.first == 0
            && usize::try_from(self.depth).is_ok_and(|depth| depth <= self.messages.len())
    }
}

/// A message in the editor.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Which message.
    pub original: Fingerprint,
    /// Its fields.
    pub draft: Draft,
    /// What a resend changes and why.
    pub notes: Vec<String>,
    /// What is wrong with the fields, as of the last click.
    pub problems: Vec<Problem>,
    /// What is sent beside what lies here, as of the last look.
    pub rows: Vec<Row>,
    /// Where it was to go before any edit of exchange and key.
    pub choice: TargetChoice,
}

/// The dead-letter screen's memory.
#[derive(Debug, Default)]
pub struct DeadLetterDesk {
    /// The part that is shown.
    pub tab: DeadTab,
    /// The messages in groups.
    pub groups: GroupDesk,
    /// The open queue.
    pub queue: Option<String>,
    /// Queues named by hand.
    pub named: BTreeSet<String>,
    /// Queues in which messages died, as read from the histories of what was seen.
    pub seen_dying: BTreeSet<String>,
    /// How the open queue is looked at.
    pub looking: Looking,
    /// What the last peek found.
    pub peeked: Option<Peeked>,
    /// A peek is under way.
    pub peeking: Option<RequestId>,
    /// Why the last peek failed, in words.
    pub peek_problem: Option<String>,
    /// The selected message's place in the list.
    pub selected: Option<usize>,
    /// Marked places.
    pub marked: BTreeSet<usize>,
    /// Where messages are sent.
    pub choice: TargetChoice,
    /// Messages that the person was asked about and did not yet answer.
    pub asking: Option<Vec<Fingerprint>>,
    /// The person was asked whether really the whole queue shall be sent.
    pub asking_all: bool,
    /// The queues to list, as of the last topology.
    pub queues: Vec<DeadLetterQueue>,
    /// How several messages are sent.
    pub bulk: Bulk,
    /// Queues whose dead letters are lost.
    pub losing: Vec<Losing>,
    /// How fast the listed queues grow.
    pub growth: Growth,
    /// The running or last job.
    pub job: Option<Job>,
}

impl DeadLetterDesk {
    /// A new session: nothing of the old broker is true any more.
    pub fn forget(&mut self) {
        *self = Self {
            tab: self.tab,
            bulk: self.bulk,
            looking: std::mem::take(&mut self.looking),
            ..Self::default()
        };
    }

    /// A frame passes in which this screen is open.
    pub fn tick(&mut self) -> Soon {
        if self.tab != DeadTab::Groups {
            return Soon::No;
        }
        let peeked = self.peeked.as_ref();
        self.groups.tick(|| {
            let messages = peeked.iter().flat_map(|peeked| &peeked.messages);
            let named = messages.map(|message| (message.fingerprint, Arc::clone(&message.event)));
            named.collect()
        })
    }

    /// Places of the messages of the group that is looked at.
    fn group_places(&self) -> Vec<usize> {
        let (Some(group), Some(peeked)) = (self.groups.chosen(), &self.peeked) else {
            return Vec::new();
        };
        let members: HashSet<Fingerprint> = group.members.iter().copied().collect();
        let messages = peeked.messages.iter().enumerate();
        messages
            .filter(|(_, message)| members.contains(&message.fingerprint))
            .map(|(place, _)| place)
            .collect()
    }

    /// Works out anew which queues to list: those found in the topology, then those named by hand.
    pub fn refresh(&mut self, topology: &Topology) {
        let mut queues = topology.dead_letter_queues();
        for name in &self.named {
            if !queues.iter().any(|dead| dead.queue.name == *name) {
                let queue = topology.queue(name).cloned();
                queues.push(DeadLetterQueue {
                    queue: queue.unwrap_or_else(|| Queue::named(name)),
                    origins: Vec::new(),
                });
            }
        }
        self.queues = queues;
        self.losing = losing(topology);
        self.foresee(topology);
    }

    /// Takes the depths of a new topology down.
    pub fn note_depths(&mut self, topology: &Topology, now: DateTime<Utc>) {
        let names = self.queues.iter().map(|dead| dead.queue.name.as_str());
        self.growth.note(names, topology, now);
    }

    /// The dead letters that were looked at.
    #[must_use]
    pub fn known(&self) -> Vec<Arc<Event>> {
        let peeked = self.peeked.iter().flat_map(|peeked| &peeked.messages);
        peeked.map(|message| Arc::clone(&message.event)).collect()
    }

    /// All dead letters that are known to wait, for the badge.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.queues.iter().filter_map(|dead| dead.queue.ready).sum()
    }

    /// Learns from the history of the events that a tap received.
    pub fn learn(&mut self, batch: &Batch) {
        if !batch
            .segment()
            .shapes()
            .iter()
            .any(|shape| shape.has_header(DEATHS))
        {
            return;
        }
        for event in batch.events() {
            for death in Death::history(&event.properties()) {
                if self.seen_dying.len() < 1_000 {
                    self.seen_dying.insert(death.queue);
                }
            }
        }
    }

    /// The selected message.
    #[must_use]
    pub fn selected_message(&self) -> Option<&DeadLetter> {
        self.peeked.as_ref()?.messages.get(self.selected?)
    }

    /// True while a job runs.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.job.as_ref().is_some_and(|job| !job.ended)
    }

    /// Does what the person asked for.
    pub fn act(
        &mut self,
        action: DeadAction,
        request: RequestId,
        forms: &mut Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<Command> {
        let login = cx.login;
        match action {
            DeadAction::Tab(tab) => {
                self.tab = tab;
                if tab == DeadTab::Journal {
                    return vec![Command::ReadJournal];
                }
            }
            DeadAction::GroupBy(by) => self.groups.group_by(by),
            DeadAction::SelectGroup(name) => {
                self.groups.selected = Some(name.clone());
                let places = self.group_places();
                if let Some(peeked) = &self.peeked {
                    let event = |message: &DeadLetter| Arc::clone(&message.event);
                    let group = places
                        .iter()
                        .filter_map(|place| peeked.messages.get(*place));
                    let dead = Dead {
                        group: group.map(event).collect(),
                        all: peeked.messages.iter().map(event).collect(),
                        at: peeked.at,
                    };
                    self.groups.select(&name, dead, cx.log);
                }
            }
            DeadAction::ResendGroup => {
                let places = self.group_places();
                return self.resend_places(&places, false, request, cx);
            }
            DeadAction::MarkGroup => {
                self.marked = self.group_places().into_iter().collect();
                self.tab = DeadTab::Queues;
            }
            DeadAction::OpenQueue(name) => return self.open(name, request, forms, cx),
            DeadAction::OpenTyped => {
                let name = forms.queue.trim().to_owned();
                if !name.is_empty() {
                    self.named.insert(name.clone());
                    return self.open(name, request, forms, cx);
                }
            }
            DeadAction::Peek => return self.peek(request).into_iter().collect(),
            DeadAction::Look(action) => {
                return self.look(action, request, forms).into_iter().collect();
            }
            // Nothing can be taken out of a stream.
            DeadAction::AskDiscard | DeadAction::Discard if self.is_stream() => {}
            DeadAction::Select(place) => {
                self.selected = Some(place);
                self.load_editor(forms, login);
            }
            DeadAction::Mark(place, marked) => {
                if marked {
                    self.marked.insert(place);
                } else {
                    self.marked.remove(&place);
                }
            }
            DeadAction::MarkAll(marked) => {
                let count = self
                    .peeked
                    .as_ref()
                    .map_or(0, |peeked| peeked.messages.len());
                self.marked = if marked {
                    (0..count).collect()
                } else {
                    BTreeSet::new()
                };
            }
            DeadAction::Target(choice) => {
                self.choice = choice;
                self.load_editor(forms, login);
            }
            DeadAction::Compare => self.compare(forms),
            DeadAction::Resend => return self.resend_edited(request, forms, cx.now),
            DeadAction::ResendSelected => {
                let places = self.chosen_places();
                return self.resend_places(&places, false, request, cx);
            }
            DeadAction::ResendAll => {
                let shown = self.peeked.as_ref().map(Peeked::shows_all);
                if shown == Some(true) || self.asking_all {
                    self.asking_all = false;
                    return self.resend_whole(false, request, cx.now);
                }
                self.asking_all = true;
            }
            DeadAction::NotAll => self.asking_all = false,
            DeadAction::Canary if self.marked.is_empty() => {
                return self.resend_whole(true, request, cx.now);
            }
            DeadAction::Canary => {
                let places = self.chosen_places();
                return self.resend_places(&places, true, request, cx);
            }
            DeadAction::GroupCanary => {
                let places = self.group_places();
                return self.resend_places(&places, true, request, cx);
            }
            DeadAction::Bulk(bulk) => self.bulk = bulk,
            DeadAction::Pause(pause) => {
                if let Some(job) = self.job.as_ref().filter(|job| !job.ended) {
                    let request = job.request;
                    return vec![Command::PauseJob { request, pause }];
                }
            }
            DeadAction::AskDiscard => {
                let chosen = self.chosen();
                self.asking = (!chosen.is_empty()).then_some(chosen);
            }
            DeadAction::CancelDiscard => self.asking = None,
            DeadAction::Discard => {
                if let (Some(messages), Some(queue)) = (self.asking.take(), self.queue.clone()) {
                    self.start_job(request, "Discard", messages.len(), cx.now);
                    return vec![Command::Discard {
                        request,
                        queue,
                        messages,
                    }];
                }
            }
            DeadAction::Stop => {
                if let Some(job) = &self.job {
                    return vec![Command::StopJob(job.request)];
                }
            }
        }
        Vec::new()
    }

    /// Takes the answer to a peek. The selection and the marks stay on their messages.
    pub fn peeked(
        &mut self,
        request: RequestId,
        result: Result<PeekReport, String>,
        now: DateTime<Utc>,
        forms: &mut Forms,
    ) {
        if self.peeking != Some(request) {
            return;
        }
        self.peeking = None;
        let report = match result {
            Ok(report) => report,
            Err(words) => {
                self.peek_problem = Some(words);
                return;
            }
        };
        let selected = self.selected_message().map(|message| message.fingerprint);
        let marked: BTreeSet<Fingerprint> = self.marked_messages().collect();
        let messages: Vec<DeadLetter> = report
            .messages
            .into_iter()
            .map(|event| DeadLetter {
                fingerprint: event.fingerprint(),
                deaths: Death::history(&event.properties),
                remark: None,
                event,
            })
            .collect();
        self.selected = messages
            .iter()
            .position(|message| Some(message.fingerprint) == selected);
        self.marked = messages
            .iter()
            .enumerate()
            .filter(|(_, message)| marked.contains(&message.fingerprint))
            .map(|(place, _)| place)
            .collect();
        if self.selected.is_none() {
            forms.editor = None;
        }
        self.groups.stale();
        self.peeked = Some(Peeked {
            queue: report.queue,
            at: now,
            depth: report.depth,
            borrowed_ms: report.borrowed_ms,
            left: report.left,
            remark: report.remark,
            messages,
            first: report.first,
            borrowed: report.borrowed,
            put_back: report.put_back,
        });
        if let Some(peeked) = &self.peeked {
            self.looking.note(peeked);
        }
    }

    fn marked_messages(&self) -> impl Iterator<Item = Fingerprint> {
        let messages = self
            .peeked
            .iter()
            .flat_map(|peeked| peeked.messages.iter().enumerate());
        messages
            .filter(|(place, _)| self.marked.contains(place))
            .map(|(_, message)| message.fingerprint)
    }

    /// The marked messages, or the selected one if none is marked.
    #[must_use]
    pub fn chosen_places(&self) -> Vec<usize> {
        if self.marked.is_empty() {
            self.selected.into_iter().collect()
        } else {
            self.marked.iter().copied().collect()
        }
    }

    fn chosen(&self) -> Vec<Fingerprint> {
        let Some(peeked) = &self.peeked else {
            return Vec::new();
        };
        let places = self.chosen_places().into_iter();
        places
            .filter_map(|place| Some(peeked.messages.get(place)?.fingerprint))
            .collect()
    }

    /// Notes how one message of a job ended.
    pub fn moved(
        &mut self,
        request: RequestId,
        original: Fingerprint,
        outcome: MoveOutcome,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) {
        let Some(job) = self.job.as_mut().filter(|job| job.request == request) else {
            return;
        };
        let leaves = job.count(&outcome, now);
        let Some(peeked) = &mut self.peeked else {
            return;
        };
        let place = peeked
            .messages
            .iter()
            .position(|message| message.fingerprint == original);
        let Some(place) = place else { return };
        if let MoveOutcome::Kept(words) | MoveOutcome::Duplicate(words) = outcome {
            peeked.messages[place].remark = Some(words);
        }
        if leaves {
            self.groups.stale();
            peeked.messages.remove(place);
            peeked.depth = peeked.depth.saturating_sub(1);
            let shifted = |p: usize| (p != place).then(|| if p > place { p - 1 } else { p });
            self.selected = self.selected.and_then(shifted);
            self.marked = self.marked.iter().copied().filter_map(shifted).collect();
            if forms
                .editor
                .as_ref()
                .is_some_and(|editor| editor.original == original)
                && self.selected.is_none()
            {
                forms.editor = None;
            }
        }
    }

    /// Notes what a job does now.
    pub fn job_at(&mut self, request: RequestId, total: usize, stage: JobStage) {
        if let Some(job) = self.job.as_mut().filter(|job| job.request == request) {
            job.total = total.max(job.total);
            job.stage = stage;
        }
    }

    /// Notes the end of a job.
    pub fn job_done(&mut self, request: RequestId, problem: Option<String>) {
        if let Some(job) = self.job.as_mut().filter(|job| job.request == request) {
            job.ended = true;
            if problem.is_some() {
                job.problem = problem;
            }
            if let Some(queue) = &self.queue {
                self.looking.doubt(queue);
            }
        }
    }
}
