//! What is sent in place of a dead letter: loaded into the editor, or planned for many at once.

use crate::domain::Event;
use crate::domain::resend::{self, Resend, Target};
use crate::protocol::{Command, MoveOrder, RequestId};

use super::super::forms::Forms;
use super::super::job::Job;
use super::{DeadLetterDesk, Editor, TargetChoice};
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
                choice: self.choice,
            }
        });
    }

    pub(super) fn resend_edited(&mut self, request: RequestId, forms: &mut Forms) -> Vec<Command> {
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
                self.resend(orders, request)
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
        request: RequestId,
        login: &str,
    ) -> Vec<Command> {
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
        self.resend(orders, request)
    }

    pub(super) fn resend(&mut self, orders: Vec<MoveOrder>, request: RequestId) -> Vec<Command> {
        let Some(queue) = self.queue.clone() else {
            return Vec::new();
        };
        if orders.is_empty() || self.is_busy() {
            return Vec::new();
        }
        self.start_job(request, "Resend", orders.len());
        vec![Command::Resend {
            request,
            queue,
            orders,
        }]
    }

    pub(super) fn start_job(&mut self, request: RequestId, verb: &'static str, total: usize) {
        self.job = Some(Job::new(request, verb, total));
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
