//! Dead-letter queues: which there are, what lies in one, and the repair of a message.

pub mod groups;
pub mod growth;
pub mod job;
pub mod journal;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::source_id::SourceId;
use crate::event::{Event, Fingerprint};
use crate::log::EventLog;
use crate::protocol::{Abilities, PeekReport, RequestId, SourceCommand};
use crate::rabbitmq::frameworks::RetryCounters;
use crate::rabbitmq::ground::Ground;
use crate::rabbitmq::losing::{Losing, losing};
use crate::rabbitmq::refusal::Known;
use crate::rabbitmq::resend::Expiration;
use crate::rabbitmq::topology::{DeadLetterQueue, Queue, Topology};
use crate::repair::edit::RuleForm;
use crate::repair::groups::TracedCause;
use crate::schema::Catalog;

mod action;
mod by_rule;
mod choosing;
mod editor;
mod edits;
mod grouping;
pub(super) mod left_since;
mod letter;
pub mod letters_seen;
mod listing;
pub mod log;
mod looking;
mod parking;
mod peeked;
mod planner;
mod repair;
mod seen;
mod task;

pub use action::{Bulk, DeadAction, DeadTab, TargetChoice};
pub use by_rule::{Counts, Made, Preview, RuleAction, RuleDesk};
pub use editor::{Editor, EditorAction, as_event};
pub use edits::Edits;
pub use letter::{DeadLetter, came_back, in_stream};
pub use listing::{LetterColumn, Listing};
pub use looking::{LookAction, Looking};
pub use parking::Parking;
pub use peeked::Peeked;
pub use task::{Begun, Task};

use super::Soon;
use super::forms::Forms;
use groups::{Dead, GroupDesk, Member};
use growth::Growth;
use job::Job;
use log::LogDesk;

/// What an action needs to know of the rest.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What is known of the broker.
    pub known: Known<'a>,
    /// Counts up with each change of it.
    pub revision: u64,
    /// The events that taps have seen, of all sources.
    pub log: &'a EventLog,
    /// The source that this is about.
    pub source: SourceId,
    /// The schemas that are open.
    pub catalog: Option<&'a Arc<Catalog>>,
    /// The connection is to production.
    pub is_production: bool,
    pub now: DateTime<Utc>,
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
    /// Which of its messages are listed.
    pub listing: Listing,
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
    /// When the selection went on to the next message by itself.
    moved_on: Option<DateTime<Utc>>,
    /// The destination and key that were typed once for many messages.
    pub elsewhere: (String, String),
    /// What becomes of a time to live that the broker removed.
    pub expiration: Expiration,
    /// What becomes of retry counters that go with a copy.
    pub counters: RetryCounters,
    /// Messages that the person was asked about and did not yet answer.
    pub asking: Option<Vec<Fingerprint>>,
    /// The person was asked whether really the whole queue shall be sent; with a canary or not.
    pub asking_all: Option<bool>,
    /// The queues to list, as of the last topology.
    pub queues: Vec<DeadLetterQueue>,
    /// How several messages are sent.
    pub bulk: Bulk,
    /// Headers that a resend leaves out.
    pub dropped: Vec<String>,
    /// Messages that are being edited by rule.
    pub rules: Option<RuleDesk>,
    /// Queues that frameworks publish into what failed.
    pub parking: Parking,
    /// Queues whose dead letters are lost.
    pub losing: Vec<Losing>,
    /// What is known of the broker, and what its queues are for.
    pub ground: Arc<Ground>,
    /// How fast the listed queues grow.
    pub growth: Growth,
    /// The running or last job; see [`DeadLetterDesk::shown_job`] for where it is shown.
    pub job: Option<Job>,
    pub begun: Begun,
    /// Where dead letters lie in a log.
    pub log: LogDesk,
    /// What the person should be told once, whatever is shown.
    pub told: Vec<String>,
}

impl DeadLetterDesk {
    /// A new session: nothing of the old broker is true any more.
    pub fn forget(&mut self, abilities: Abilities) {
        *self = Self {
            log: LogDesk::new(abilities.is_log()),
            told: std::mem::take(&mut self.told),
            tab: self.tab,
            bulk: self.bulk,
            looking: std::mem::take(&mut self.looking),
            dropped: std::mem::take(&mut self.dropped),
            expiration: self.expiration,
            counters: self.counters,
            parking: self.parking.renewed(),
            ..Self::default()
        };
    }

    /// A frame passes in which this screen is open.
    pub fn tick(&mut self, catalog: Option<&Arc<Catalog>>) -> Soon {
        if let Some(rules) = &mut self.rules {
            return rules.tick();
        }
        let peeked = self.peeked.as_ref();
        match self.tab {
            DeadTab::Queues => {
                let messages = peeked.map_or(&[][..], |peeked| &peeked.messages);
                let seen_ms = peeked.map_or(0, |peeked| peeked.at.timestamp_millis());
                return self.listing.tick(messages, seen_ms, catalog);
            }
            DeadTab::Groups => {}
            DeadTab::Journal | DeadTab::Consumers => return Soon::No,
        }
        self.groups.tick(catalog, || {
            let messages = peeked.iter().flat_map(|peeked| &peeked.messages);
            let members = messages.map(|message| Member {
                fingerprint: message.fingerprint,
                event: Arc::clone(&message.event),
                line: Arc::clone(&message.line),
                came_back: message.came_back,
            });
            members.collect()
        })
    }

    /// Works out again which queues to list: those found in the topology, then those named by hand.
    pub fn refresh(&mut self, topology: &Topology) {
        if self.log.is_on {
            self.list_places();
            return;
        }
        self.know(topology);
        let mut queues = self.ground.roles.dead.clone();
        queues.extend(self.parking.queues(&self.ground));
        let roles = &self.ground.roles;
        let apart = roles.waits.iter().map(|one| &one.queue.name);
        let apart = apart.chain(roles.unrouted.iter().map(|one| &one.queue.name));
        let apart: BTreeSet<&String> = apart.collect();
        for name in &self.named {
            // What stands in a section of its own is not dead because somebody opened it.
            let is_listed = apart.contains(name);
            if !is_listed && !queues.iter().any(|dead| dead.queue.name == *name) {
                let queue = topology.queue(name).cloned();
                queues.push(DeadLetterQueue {
                    queue: queue.unwrap_or_else(|| Queue::named(name)),
                    origins: Vec::new(),
                });
            }
        }
        self.queues = queues;
        self.losing = losing(&self.ground);
        self.losing
            .retain(|one| self.parking.says(&one.queue).is_none());
        self.foresee(topology);
    }

    /// Takes in what is known of the broker. Where it leads messages another way than before, what
    /// was said of those that are shown is worked out again.
    fn know(&mut self, topology: &Topology) {
        if self.ground.topology == *topology {
            return;
        }
        let ground = Ground::of(topology.clone());
        let leads_like = self.ground.leads_like(&ground);
        self.ground = Arc::new(ground);
        if leads_like {
            return;
        }
        if let Some(peeked) = &mut self.peeked {
            let scene = self.ground.scene(Some(&peeked.queue));
            for message in &mut peeked.messages {
                message.trace(scene);
            }
            self.groups.stale();
            self.listing.renew();
        }
    }

    /// True for a moment after the selection went on by itself: a click that was meant for the message
    /// before must not send this one.
    #[must_use]
    pub fn rests(&self, now: DateTime<Utc>) -> bool {
        self.moved_on
            .is_some_and(|at| now - at < TimeDelta::milliseconds(1_200))
    }

    /// Takes the depths of a new topology down.
    pub fn note_depths(&mut self, topology: &Topology, now: DateTime<Utc>) {
        let names = self.queues.iter().map(|dead| dead.queue.name.as_str());
        self.growth.note(names, topology, now);
        // What is borrowed for us is not what has left.
        let borrows = self.is_busy() || self.peeking.is_some();
        if let Some(peeked) = self.peeked.as_mut().filter(|_| !borrows) {
            peeked.note_count(topology, now);
        }
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
        self.counted().filter_map(|dead| dead.queue.ready).sum()
    }

    /// The listed queues that are for dead letters. One that was named by hand may be a queue that
    /// is worked on.
    pub fn counted(&self) -> impl Iterator<Item = &DeadLetterQueue> {
        let roles = &self.ground.roles;
        let queues = self.queues.iter();
        queues
            .filter(|dead| !(self.named.contains(&dead.queue.name) && roles.is_alive(&dead.queue)))
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
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub fn act(
        &mut self,
        action: DeadAction,
        request: RequestId,
        forms: &mut Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        let login = cx.known.login;
        match action {
            DeadAction::Tab(tab) => {
                self.tab = tab;
                self.rules = None;
            }
            DeadAction::GroupBy(by) => {
                self.end_result();
                self.groups.group_by(by);
            }
            DeadAction::SelectGroup(name) => {
                self.end_result();
                self.groups.selected = Some(name.clone());
                let places = self.group_places();
                if let Some(peeked) = &self.peeked {
                    let event = |message: &DeadLetter| Arc::clone(&message.event);
                    let traced = |message: &DeadLetter| -> TracedCause {
                        (Arc::clone(&message.event), Arc::clone(&message.line))
                    };
                    let group = places
                        .iter()
                        .filter_map(|place| peeked.messages.get(*place));
                    let dead = Dead {
                        source: cx.source,
                        group: group.map(traced).collect(),
                        all: peeked.messages.iter().map(event).collect(),
                        at: peeked.at,
                    };
                    self.groups.select(&name, dead, cx.log);
                }
            }
            DeadAction::ResendGroup => {
                let places = self.group_places();
                return self.resend_places(&places, false, request, forms, cx);
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
            DeadAction::Move(rows) => {
                if let Some(place) = self.beside(rows) {
                    self.selected = Some(place);
                    self.load_editor(forms, login);
                }
            }
            DeadAction::CloseMessage => {
                self.put_editor_aside(forms);
                self.selected = None;
            }
            DeadAction::FilterChanged => self.listing.set_line(&forms.dead_filter),
            DeadAction::Sort(by) => self.listing.sort(by),
            DeadAction::DismissResult => self.end_result(),
            DeadAction::Mark(place, marked) => {
                if marked {
                    self.marked.insert(place);
                } else {
                    self.marked.remove(&place);
                }
            }
            DeadAction::MarkAll(marked) => {
                let listed: BTreeSet<usize> = self.listed().collect();
                if marked {
                    self.marked.extend(listed);
                } else {
                    self.marked.retain(|place| !listed.contains(place));
                }
            }
            DeadAction::Target(choice) => {
                self.choice = choice;
                self.load_editor(forms, login);
                self.show_rules(forms, cx);
            }
            DeadAction::Elsewhere => {
                self.elsewhere.clone_from(&forms.elsewhere);
                self.replan(forms, cx);
            }
            DeadAction::Parking => self.parking.rule(&forms.parking),
            DeadAction::Counters(counters) => {
                self.counters = counters;
                self.replan(forms, cx);
            }
            DeadAction::Agree(agreed) => self.log.agreed = agreed,
            DeadAction::CopyTime(time) => {
                self.log.time = time;
                self.replan(forms, cx);
            }
            DeadAction::Expiration(expiration) => {
                self.expiration = expiration;
                self.replan(forms, cx);
            }
            DeadAction::Dropped => self.drop_headers(forms, cx),
            DeadAction::Editor(action) => self.edit(action, forms, cx),
            DeadAction::Rules(action) => return self.act_on_rules(action, request, forms, cx),
            DeadAction::MendGroup(rule) => {
                // What the person wrote stays; a form that nothing was written into does not.
                forms.rules.retain(|one| *one != RuleForm::default());
                forms.rules.push(rule);
                return self.act_on_rules(RuleAction::OpenGroup, request, forms, cx);
            }
            DeadAction::Compare => self.compare(forms),
            DeadAction::Resend => return self.resend_edited(request, forms, cx.now),
            DeadAction::ResendSelected => {
                let places = self.chosen_places();
                return self.resend_places(&places, false, request, forms, cx);
            }
            DeadAction::ResendAll => return self.ask_all(false, request, forms, cx),
            DeadAction::YesAll => {
                if let Some(canary) = self.asking_all.take() {
                    return self.resend_whole(canary, request, cx.now);
                }
            }
            DeadAction::NotAll => self.asking_all = None,
            DeadAction::Canary if self.marked.is_empty() => {
                return self.ask_all(true, request, forms, cx);
            }
            DeadAction::Canary => {
                let places = self.chosen_places();
                return self.resend_places(&places, true, request, forms, cx);
            }
            DeadAction::GroupCanary => {
                let places = self.group_places();
                return self.resend_places(&places, true, request, forms, cx);
            }
            DeadAction::Bulk(bulk) => self.bulk = bulk,
            DeadAction::Pause(pause) => {
                if let Some(job) = self.job.as_ref().filter(|job| !job.ended) {
                    let request = job.request;
                    return vec![SourceCommand::PauseJob { request, pause }];
                }
            }
            DeadAction::AskDiscard => {
                let chosen = self.chosen();
                self.asking = (!chosen.is_empty()).then_some(chosen);
            }
            DeadAction::CancelDiscard => self.asking = None,
            DeadAction::Discard => {
                let busy = self.is_busy();
                let messages = self.asking.take().filter(|_| !busy);
                if let (Some(messages), Some(queue)) = (messages, self.queue.clone()) {
                    self.start_job(request, "Discard", messages.len(), cx.now);
                    if self.log.is_on {
                        let letters = self.letters_of(&messages);
                        return vec![SourceCommand::DiscardRecords { request, letters }];
                    }
                    return vec![SourceCommand::Discard {
                        request,
                        queue,
                        messages,
                    }];
                }
            }
            DeadAction::Stop => {
                if let Some(job) = self.job.as_ref().filter(|job| !job.ended) {
                    return vec![SourceCommand::StopJob(job.request)];
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
        let scene = self.ground.scene(Some(&report.queue));
        let mut marks = report.marks.into_iter();
        let messages: Vec<DeadLetter> = report
            .messages
            .into_iter()
            .map(|event| DeadLetter {
                mark: marks.next().flatten(),
                ..DeadLetter::seen(event, scene)
            })
            .collect();
        self.log.spans = report.spans;
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
            self.put_editor_aside(forms);
        }
        self.groups.stale();
        self.peeked = Some(Peeked {
            queue: report.queue,
            at: now,
            depth: report.depth,
            borrowed_ms: report.borrowed_ms,
            left: report.left,
            remark: report.remark,
            nothing: report.nothing,
            messages,
            first: report.first,
            borrowed: report.borrowed,
            put_back: report.put_back,
            changed: now,
            counted: None,
        });
        self.listing.renew();
        if let Some(peeked) = self.peeked.take() {
            self.parking.note(&peeked);
            self.looking.note(&peeked);
            // What others hold was not seen; it may come back.
            if !self.log.is_on && peeked.shows_all() && self.none_is_held(&peeked.queue) {
                self.drop_edits(forms, &peeked);
            }
            self.peeked = Some(peeked);
        }
    }

    /// Nobody holds messages of this queue, as far as is known.
    fn none_is_held(&self, queue: &str) -> bool {
        let mut queues = self.queues.iter().map(|dead| &dead.queue);
        queues.any(|one| one.name == queue && one.unacked == Some(0))
    }
}
