//! What is sent in place of a dead letter: loaded into the editor, or planned for many at once.

use chrono::{DateTime, Utc};

use crate::domain::resend::{self, Resend, Target};
use crate::domain::{Event, faithful};
use crate::protocol::{Command, MoveOrder, RequestId, Which};

use super::super::forms::Forms;
use super::super::job::Job;
use super::{DeadLetterDesk, Editor, Surroundings, TargetChoice};
use crate::domain::Draft;

impl DeadLetterDesk {
    pub(super) fn load_editor(&mut self, forms: &mut Forms, login: &str) {
        forms.editor = self.selected_message().map(|message| {
            let Resend { outgoing, notes } = plan(&message.event, self.choice, login)
                .unwrap_or_else(|words| elsewhere(&message.event, login, words));
            Editor {
                original: message.fingerprint,
                draft: Draft::of(&outgoing),
                notes,
                problems: Vec::new(),
                rows: Vec::new(),
                choice: self.choice,
            }
        });
    }

    /// Works out the three columns anew: what was first published, what lies here, what is sent.
    pub(super) fn compare(&self, forms: &mut Forms) {
        let (Some(editor), Some(message)) = (&mut forms.editor, self.selected_message()) else {
            return;
        };
        (editor.rows, editor.problems) = match editor.draft.check() {
            Ok(outgoing) => (faithful::rows(&message.event, &outgoing), Vec::new()),
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
        let orders = self.orders(places, cx.login);
        self.resend(orders, with_canary, request, cx.now)
    }

    fn orders(&mut self, places: &[usize], login: &str) -> Vec<MoveOrder> {
        let choice = self.choice;
        let Some(peeked) = &mut self.peeked else {
            return Vec::new();
        };
        let mut orders = Vec::with_capacity(places.len());
        for place in places {
            let Some(message) = peeked.messages.get_mut(*place) else {
                continue;
            };
            match plan(&message.event, choice, login) {
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

    fn resend(
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
        let which = Which::Whole(self.choice.target());
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
}

fn plan(event: &Event, choice: TargetChoice, login: &str) -> Result<Resend, String> {
    resend::plan(event, &choice.target(), login)
}

/// Without a known origin the message is offered as it lies there, with an empty target to fill in.
fn elsewhere(event: &Event, login: &str, words: String) -> Resend {
    let target = Target::Elsewhere {
        exchange: String::new(),
        routing_key: String::new(),
    };
    let mut resend = resend::plan(event, &target, login).unwrap_or_else(|_| Resend {
        outgoing: crate::domain::Outgoing {
            exchange: String::new(),
            routing_key: String::new(),
            properties: event.properties.clone(),
            body: event.body.clone(),
        },
        notes: Vec::new(),
    });
    resend.notes.insert(0, words);
    resend
}
