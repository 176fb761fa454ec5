//! What is sent in place of a dead letter: loaded into the editor, or planned for many at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::draft::Problem;
use crate::domain::ground::Ground;
use crate::domain::resend::{Manner, Resend, Target};
use crate::domain::{Event, Fingerprint, JobSum, faithful};
use crate::protocol::{Command, MoveOrder, RequestId, Which};

use super::super::forms::Forms;
use super::super::job::Job;
use super::{DeadLetterDesk, Editor, Surroundings};
use crate::protocol::{JobStage, MoveOutcome};

/// Works out what is sent in place of a dead letter.
#[derive(Clone, Debug)]
pub(super) struct Planner {
    manner: Manner,
    login: String,
    ground: Arc<Ground>,
    queue: Option<String>,
}

impl Planner {
    pub(super) fn plan(&self, event: &Event) -> Result<Resend, String> {
        self.by(&self.manner, event)
    }

    fn by(&self, manner: &Manner, event: &Event) -> Result<Resend, String> {
        let scene = self.ground.scene(self.queue.as_deref());
        manner.plan(event, &self.login, scene)
    }

    /// Without a known origin the message is offered as it lies there, with an empty target to fill
    /// in.
    fn elsewhere(&self, event: &Event, words: String) -> Resend {
        // Where it goes makes no other difference than the target itself.
        let target = Target::Elsewhere {
            exchange: event.exchange.clone(),
            routing_key: "?".to_owned(),
        };
        let manner = Manner {
            target,
            ..self.manner.clone()
        };
        let mut resend = self.by(&manner, event).unwrap_or_else(|_| Resend {
            outgoing: crate::domain::Outgoing {
                exchange: String::new(),
                routing_key: String::new(),
                properties: event.properties.clone(),
                body: event.body.clone(),
            },
            notes: Vec::new(),
        });
        resend.outgoing.exchange = String::new();
        resend.outgoing.routing_key = String::new();
        resend.notes.insert(0, words);
        resend
    }
}

impl DeadLetterDesk {
    /// For the target that is chosen and the headers that are left out.
    pub(super) fn planner(&self, login: &str) -> Planner {
        Planner {
            manner: self.manner(),
            login: login.to_owned(),
            ground: Arc::clone(&self.ground),
            queue: self.queue.clone(),
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

    pub(super) fn load_editor(&mut self, forms: &mut Forms, login: &str) {
        let planner = self.planner(login);
        forms.editor = self.selected_message().map(|message| {
            let Resend { outgoing, notes } = planner
                .plan(&message.event)
                .unwrap_or_else(|words| planner.elsewhere(&message.event, words));
            Editor::new(message.fingerprint, &outgoing, notes, self.choice)
        });
    }

    /// Takes over which headers are left out, as they were typed.
    pub(super) fn drop_headers(&mut self, forms: &mut Forms, cx: &Surroundings<'_>) {
        let names = forms.dropped.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        self.dropped = names.map(str::to_owned).collect();
        self.replan(forms, cx);
    }

    /// How messages are sent was changed: shows it in the form and in the preview of rules.
    pub(super) fn replan(&mut self, forms: &mut Forms, cx: &Surroundings<'_>) {
        // What was edited by hand is not thrown away for it.
        let untouched = |editor: &Editor| !editor.history.is_edited();
        if forms.editor.as_ref().is_some_and(untouched) {
            self.load_editor(forms, cx.known.login);
        }
        self.show_rules(forms, cx);
    }

    /// Works out the three columns anew: what was first published, what lies here, what is sent.
    pub(super) fn compare(&self, forms: &mut Forms) {
        let (Some(editor), Some(message)) = (&mut forms.editor, self.selected_message()) else {
            return;
        };
        (editor.rows, editor.problems) = match editor.draft.check() {
            Ok(outgoing) => {
                let rows = {
                    let scene = self.ground.scene(self.queue.as_deref());
                    faithful::rows(&message.event, &outgoing, &self.dropped, scene)
                };
                (rows, Vec::new())
            }
            Err(problems) => (Vec::new(), problems),
        };
    }

    pub(super) fn resend_edited(
        &mut self,
        request: RequestId,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
        let Some(editor) = &mut forms.editor else {
            return Vec::new();
        };
        match editor.draft.check() {
            // Where it came from is not known, and the person has not said where it goes.
            Ok(outgoing) if outgoing.exchange.is_empty() && outgoing.routing_key.is_empty() => {
                editor.problems = vec![Problem {
                    field: "Routing key".to_owned(),
                    words: "and exchange are empty: type where to send it".to_owned(),
                }];
                Vec::new()
            }
            Ok(outgoing) => {
                editor.problems.clear();
                let orders = vec![MoveOrder {
                    original: editor.original,
                    outgoing,
                }];
                self.resend(orders, false, request, now)
            }
            Err(problems) => {
                editor.problems = problems;
                Vec::new()
            }
        }
    }

    pub(super) fn resend_places(
        &mut self,
        places: &[usize],
        with_canary: bool,
        request: RequestId,
        cx: &Surroundings<'_>,
    ) -> Vec<Command> {
        let orders = self.orders(places, cx.known.login);
        self.resend(orders, with_canary, request, cx.now)
    }

    fn orders(&mut self, places: &[usize], login: &str) -> Vec<MoveOrder> {
        let planner = self.planner(login);
        let Some(peeked) = &mut self.peeked else {
            return Vec::new();
        };
        let mut orders = Vec::with_capacity(places.len());
        for place in places {
            let Some(message) = peeked.messages.get_mut(*place) else {
                continue;
            };
            match planner.plan(&message.event) {
                Ok(resend) => orders.push(MoveOrder {
                    original: message.fingerprint,
                    outgoing: resend.outgoing,
                }),
                // One without a known origin is not guessed at; it says so and stays.
                Err(words) => message.remark = Some(words),
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
    ) -> Vec<Command> {
        if orders.is_empty() {
            return Vec::new();
        }
        let total = orders.len();
        self.send(Which::These(orders), total, with_canary, request, now)
    }

    pub(super) fn resend_whole(
        &mut self,
        with_canary: bool,
        request: RequestId,
        now: DateTime<Utc>,
    ) -> Vec<Command> {
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
    ) -> Vec<Command> {
        let can = !self.is_busy() && !self.is_stream();
        let Some(queue) = self.queue.clone().filter(|_| can) else {
            return Vec::new();
        };
        self.start_job(request, "Resend", total, now);
        vec![Command::Resend {
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
            self.moved_one(original, outcome, forms, now);
        }
    }

    fn moved_one(
        &mut self,
        original: Fingerprint,
        outcome: MoveOutcome,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) {
        let Some(job) = self.job.as_mut() else {
            return;
        };
        let leaves = job.count(&outcome, now);
        if let Some(rules) = &mut self.rules {
            rules.moved(original, &outcome);
        }
        let Some(peeked) = &mut self.peeked else {
            return;
        };
        let place = peeked
            .messages
            .iter()
            .position(|message| message.fingerprint == original);
        let Some(place) = place else { return };
        if let MoveOutcome::Kept(words) | MoveOutcome::Duplicate(words) | MoveOutcome::Held(words) =
            outcome
        {
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
            job.sum.asked = total.max(job.sum.asked);
            job.stage = stage;
        }
    }

    /// Notes the end of a job.
    pub fn job_done(&mut self, request: RequestId, problem: Option<String>, sum: Option<JobSum>) {
        if let Some(job) = self.job.as_mut().filter(|job| job.request == request) {
            job.end(problem, sum);
            if let Some(queue) = &self.queue {
                self.looking.doubt(queue);
            }
        }
    }
}
