//! What is sent in place of a dead letter: loaded into the editor, or planned for many at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::job::Job;
use super::planner::{LetterManner, Planner};
use super::{Begun, DeadLetterDesk, Editor, Surroundings, as_event, in_stream};
use crate::event::Fingerprint;
use crate::event::draft::{DESTINATION, KEY, Problem};
use crate::kafka::faithful as records;
use crate::protocol::{JobStage, MoveOrder, MoveOutcome, RequestId, SourceCommand, Which};
use crate::rabbitmq::faithful;
use crate::rabbitmq::resend::{Manner, Resend};
use crate::repair::job_sum::JobSum;
use crate::state::forms::Forms;

impl DeadLetterDesk {
    /// For the target that is chosen and the headers that are left out.
    pub(super) fn planner(&self, login: &str) -> Planner {
        let original = self.log.original.as_ref();
        Planner {
            manner: if self.log.is_on {
                LetterManner::Log(self.record_manner())
            } else {
                LetterManner::Queue(self.manner())
            },
            login: login.to_owned(),
            ground: Arc::clone(&self.ground),
            queue: self.queue.clone(),
            elsewhere: self.elsewhere.clone(),
            partitions: Arc::clone(&self.log.partitions),
            original: original.and_then(|one| Some((one.of, Arc::clone(one.event.as_ref()?)))),
        }
    }

    fn manner(&self) -> Manner {
        Manner {
            target: self.choice.target(&self.elsewhere),
            dropped: self.dropped.clone(),
            expiration: self.expiration,
            counters: self.counters,
        }
    }

    /// Shows the message that is selected now in the editor, with its edit if it has one.
    pub(super) fn load_editor(&mut self, forms: &mut Forms, login: &str) {
        let planner = self.planner(login);
        self.put_editor_aside(forms);
        if self.take_editor(forms, &planner) {
            return;
        }
        forms.editor = self.selected_message().map(|message| {
            let Resend { outgoing, notes } = planner.plan_or_ask(&message.event);
            let manner = planner.manner().clone();
            Editor::new(message.fingerprint, &outgoing, notes, manner)
        });
    }

    /// Takes over which headers are left out, as they were typed.
    pub(super) fn drop_headers(&mut self, forms: &mut Forms, cx: &Surroundings<'_>) {
        let names = forms.dropped.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        self.dropped = names.map(str::to_owned).collect();
        self.replan(forms, cx);
    }

    /// How messages are sent was changed: shows it in the form and in the preview of rules. What was
    /// edited by hand stays.
    pub(super) fn replan(&mut self, forms: &mut Forms, cx: &Surroundings<'_>) {
        self.load_editor(forms, cx.known.login);
        self.show_rules(forms, cx);
    }

    /// Works out the three columns again: what was first published, what lies here, what is sent.
    pub(super) fn compare(&self, forms: &mut Forms) {
        let planner = self.planner("");
        let (Some(editor), Some(message)) = (&mut forms.editor, self.selected_message()) else {
            return;
        };
        let problems;
        (editor.rows, problems) = match editor.draft.check() {
            Ok(outgoing) => {
                let rows = if self.log.is_on {
                    let original = self.original_of(message.fingerprint);
                    let by_itself = planner.of_editor(editor).plan(&message.event);
                    let by_itself = by_itself.ok().map(|resend| resend.outgoing);
                    let original = original.map(|event| &**event);
                    records::rows(&message.event, original, by_itself.as_ref(), &outgoing)
                } else {
                    let scene = self.ground.scene(self.queue.as_deref());
                    faithful::rows(&message.event, &outgoing, &self.dropped, scene)
                };
                (rows, Vec::new())
            }
            Err(problems) => (Vec::new(), problems),
        };
        editor.set_problems(problems);
    }

    pub(super) fn resend_edited(
        &mut self,
        request: RequestId,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<SourceCommand> {
        let Some(editor) = &mut forms.editor else {
            return Vec::new();
        };
        match editor.draft.check() {
            // Where it came from is not known, and the person has not said where it goes.
            Ok(outgoing) if outgoing.destination.is_empty() && outgoing.record.is_some() => {
                editor.set_problems(vec![Problem {
                    field: DESTINATION.to_owned(),
                    words: "is empty: type where to send it".to_owned(),
                }]);
                Vec::new()
            }
            Ok(outgoing) if outgoing.destination.is_empty() && outgoing.key.is_empty() => {
                editor.set_problems(vec![Problem {
                    field: KEY.to_owned(),
                    words: "and destination are empty: type where to send it".to_owned(),
                }]);
                Vec::new()
            }
            Ok(outgoing) => {
                editor.set_problems(Vec::new());
                let orders = vec![MoveOrder {
                    original: editor.original,
                    outgoing,
                }];
                self.resend(orders, false, request, now)
            }
            Err(problems) => {
                editor.set_problems(problems);
                Vec::new()
            }
        }
    }

    pub(super) fn resend_places(
        &mut self,
        places: &[usize],
        with_canary: bool,
        request: RequestId,
        forms: &Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        let orders = self.orders(places, forms, cx.known.login);
        self.resend(orders, with_canary, request, cx.now)
    }

    /// What is sent for the messages at these places: their edits, where they were edited.
    fn orders(&mut self, places: &[usize], forms: &Forms, login: &str) -> Vec<MoveOrder> {
        let planner = self.planner(login);
        let mut orders = Vec::with_capacity(places.len());
        for place in places {
            let messages = self.peeked.as_ref().map(|peeked| &peeked.messages);
            let Some(message) = messages.and_then(|all| all.get(*place)) else {
                continue;
            };
            let (original, event) = (message.fingerprint, &message.event);
            let outgoing = self
                .edited_order(forms, original, event, &planner)
                .unwrap_or_else(|| planner.plan(event).map(|resend| resend.outgoing));
            match outgoing {
                Ok(outgoing) => orders.push(MoveOrder { original, outgoing }),
                // One without a known origin is not guessed at, nor is one sent without an edit
                // that is wrong; it says so and stays.
                Err(words) => {
                    let messages = self.peeked.as_mut().map(|peeked| &mut peeked.messages);
                    if let Some(message) = messages.and_then(|all| all.get_mut(*place)) {
                        message.remark = Some(words);
                    }
                }
            }
        }
        orders
    }

    pub(super) fn resend(
        &mut self,
        orders: Vec<MoveOrder>,
        with_canary: bool,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Vec<SourceCommand> {
        if orders.is_empty() {
            return Vec::new();
        }
        let total = orders.len();
        let sent = match orders.as_slice() {
            [one] => in_stream(&as_event(&one.outgoing)),
            _ => None,
        };
        let commands = self.send(Which::These(orders), total, with_canary, request, now);
        if let Some(job) = self.job.as_mut().filter(|job| job.request == request) {
            job.sent = sent;
        }
        commands
    }

    pub(super) fn resend_whole(
        &mut self,
        with_canary: bool,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Vec<SourceCommand> {
        let depth = self.peeked.as_ref().map_or(0, |peeked| peeked.depth);
        let total = usize::try_from(depth).unwrap_or(0);
        let which = Which::Whole {
            manner: self.manner(),
            shown: depth,
        };
        self.send(which, total, with_canary, request, now)
    }

    fn send(
        &mut self,
        which: Which,
        total: usize,
        with_canary: bool,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Vec<SourceCommand> {
        let can = !self.is_busy() && !self.is_stream();
        let Some(queue) = self.queue.clone().filter(|_| can) else {
            return Vec::new();
        };
        self.start_job(request, "Resend", total, now);
        if self.log.is_on {
            return vec![self.send_records(queue, which, with_canary, request)];
        }
        vec![SourceCommand::Resend {
            request,
            queue,
            which,
            pace: self.bulk.pace(with_canary),
        }]
    }

    pub(super) fn start_job(
        &mut self,
        request: RequestId,
        verb: &'static str,
        total: usize,
        now: DateTime<Utc>,
    ) {
        self.begun = Begun {
            queue: self.queue.clone().unwrap_or_default(),
            task: self.task().unwrap_or_default(),
        };
        self.job = Some(Job::new(request, verb, total, now));
    }

    /// Notes how messages of a job ended.
    pub fn moved(
        &mut self,
        request: RequestId,
        moved: Vec<(Fingerprint, MoveOutcome)>,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) {
        if self.job.as_ref().is_none_or(|job| job.request != request) {
            return;
        }
        for (original, outcome) in moved {
            self.moved_one(original, &outcome, forms, now);
        }
    }

    fn moved_one(
        &mut self,
        original: Fingerprint,
        outcome: &MoveOutcome,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) {
        let Some(job) = self.job.as_mut() else {
            return;
        };
        let leaves = job.count(outcome, now);
        let stays = self.log.is_on;
        if let Some(rules) = &mut self.rules {
            rules.moved(original, outcome);
        }
        let queue = self.begun.queue.clone();
        let is_sent = matches!(outcome, MoveOutcome::Duplicate(_));
        if leaves || is_sent {
            self.edit_ends(forms, &queue, original, outcome);
        }
        // The list may be of another queue by now.
        let Some(peeked) = self.peeked.as_mut().filter(|peeked| peeked.queue == queue) else {
            return;
        };
        let place = peeked
            .messages
            .iter()
            .position(|message| message.fingerprint == original);
        let Some(place) = place else { return };
        if let MoveOutcome::Kept(words)
        | MoveOutcome::Duplicate(words)
        | MoveOutcome::Unsure(words)
        | MoveOutcome::Held(words) = outcome
        {
            peeked.messages[place].remark = Some(words.clone());
        }
        if stays {
            self.mark_done(place, outcome, now);
        } else if leaves {
            self.groups.stale();
            // The next one in the list is looked at; it is loaded when the job is over.
            let next = self.listing.neighbour(place, peeked.messages.len());
            peeked.messages.remove(place);
            peeked.depth = peeked.depth.saturating_sub(1);
            peeked.note_change(now);
            self.listing.left(place);
            let shifted = |p: usize| (p != place).then(|| if p > place { p - 1 } else { p });
            self.marked = self.marked.iter().copied().filter_map(shifted).collect();
            self.selected = match self.selected {
                Some(selected) if selected == place => {
                    self.moved_on = Some(now);
                    next.and_then(shifted)
                }
                other => other.and_then(shifted),
            };
        }
    }

    /// Notes what a job does now.
    pub fn job_at(&mut self, request: RequestId, total: usize, stage: JobStage) {
        if let Some(job) = self.job.as_mut().filter(|job| job.request == request) {
            job.sum.asked = total.max(job.sum.asked);
            job.stage = stage;
        }
    }

    /// Notes the end of a job.
    pub fn job_done(
        &mut self,
        request: RequestId,
        problem: Option<String>,
        sum: Option<JobSum>,
        forms: &mut Forms,
        login: &str,
    ) {
        let Some(job) = self.job.as_mut().filter(|job| job.request == request) else {
            return;
        };
        job.end(problem, sum);
        self.looking.doubt(&self.begun.queue);
        let selected = self.selected_message().map(|message| message.fingerprint);
        let open = forms.editor.as_ref().map(|editor| editor.original);
        if selected != open {
            self.load_editor(forms, login);
        }
    }
}
