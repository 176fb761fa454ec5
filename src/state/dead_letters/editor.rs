//! A dead letter in the editor: its fields, what they were, and whether it would match its schema.

use std::sync::Arc;

use chrono::DateTime;

use super::planner::LetterManner;
use super::{DeadLetterDesk, Surroundings, TargetChoice};
use crate::event::draft::{History, Problem};
use crate::event::{Draft, Event, Fingerprint, Outgoing, Transport, decode};
use crate::rabbitmq::refusal::refusal;
use crate::repair::compared_row::Row;
use crate::schema::stream::claim::kind_of;
use crate::schema::{Catalog, Fit, fit};
use crate::state::forms::Forms;

/// A larger payload is not put to a schema while one types, in bytes.
const JUDGED: usize = 256 * 1024;

/// What a person can do in the editor beside typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditorAction {
    /// Put the fields to the schema of the event.
    Judge,
    /// Go a step back.
    Undo,
    /// Go a step forward again.
    Redo,
    /// Go back to how it was before any edit.
    RevertAll,
    /// Send this message there, whatever is chosen for many.
    Target(TargetChoice),
}

/// A message in the editor.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Which message.
    pub original: Fingerprint,
    /// Its fields.
    pub draft: Draft,
    /// What they were.
    pub history: History,
    /// What a resend changes and why.
    pub notes: Vec<String>,
    /// What is wrong with the fields, and the change of the fields that this is about.
    problems: (u64, Vec<Problem>),
    /// What is sent beside what lies here, as of the last look.
    pub rows: Vec<Row>,
    /// How messages were sent when it was opened, which is what an edit began with.
    pub manner: LetterManner,
    /// Where this message goes, if that is not what is chosen for many.
    pub own_target: Option<TargetChoice>,
    /// What its schema says to the fields, as of the last change.
    pub fit: Option<Fit>,
    /// The type of event whose schemas that is about.
    pub schema: Option<String>,
    /// Why it would not arrive, in words, as of the last change.
    pub refusal: Option<String>,
    /// What this is about.
    judged: Option<Basis>,
}

/// What a judgement rests on: the change of the fields, that of the topology, and the schemas.
type Basis = (u64, u64, Option<Arc<Catalog>>);

impl Editor {
    /// For a message as a resend would send it.
    #[must_use]
    pub fn new(
        original: Fingerprint,
        outgoing: &Outgoing,
        notes: Vec<String>,
        manner: LetterManner,
    ) -> Self {
        let draft = Draft::of(outgoing);
        Self {
            original,
            history: History::new(draft.clone()),
            draft,
            notes,
            problems: (0, Vec::new()),
            rows: Vec::new(),
            manner,
            own_target: None,
            fit: None,
            schema: None,
            refusal: None,
            judged: None,
        }
    }

    /// True if what was judged is not about these fields, this topology and these schemas.
    #[must_use]
    pub fn is_unjudged(&self, topology: u64, catalog: Option<&Arc<Catalog>>) -> bool {
        let fields = self.history.revision();
        !self.judged.as_ref().is_some_and(|(of, at, with)| {
            let same = with.as_ref().map(Arc::as_ptr) == catalog.map(Arc::as_ptr);
            (*of, *at) == (fields, topology) && same
        })
    }

    /// True if the fields differ from what a resend would send by itself.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.own_target.is_some() || self.draft != *self.history.first()
    }

    /// What was wrong with the fields when they were last checked, unless they were changed since.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.problems {
            (at, problems) if *at == self.history.revision() => problems,
            _ => &[],
        }
    }

    pub(super) fn set_problems(&mut self, problems: Vec<Problem>) {
        self.problems = (self.history.revision(), problems);
    }

    /// Bytes that it costs to keep it, near enough.
    pub(super) fn cost(&self) -> usize {
        self.draft.cost() + self.history.cost()
    }

    fn judge(&mut self, cx: &Surroundings<'_>) {
        let basis = (self.history.revision(), cx.revision, cx.catalog.cloned());
        self.judged = Some(basis);
        // With a field that is wrong there is no message to be judged.
        let outgoing = self.draft.check().ok();
        // What is known of the broker is of queues.
        let to_queues = outgoing.as_ref().filter(|sent| sent.record.is_none());
        self.refusal = to_queues.and_then(|sent| refusal(sent, &cx.known));
        let judged = cx.catalog.zip(outgoing);
        self.schema = judged.as_ref().and_then(|(catalog, sent)| {
            let kind = kind_of(&as_event(sent), catalog)?;
            Some(kind.name.clone())
        });
        self.fit = judged.map(|(catalog, sent)| fit_of(&sent, catalog));
    }
}

/// What its schema says to a message that is to be sent.
pub(super) fn fit_of(outgoing: &Outgoing, catalog: &Catalog) -> Fit {
    if outgoing.body.len() > JUDGED {
        return Fit {
            words: "The payload is larger than 256 kB, so it is not put to its schema".to_owned(),
            ..Fit::default()
        };
    }
    fit(&as_event(outgoing), catalog)
}

/// What is sent, as the event that its subscribers will see.
#[must_use]
pub fn as_event(outgoing: &Outgoing) -> Event {
    let opened = decode::open(&outgoing.body, &outgoing.properties, JUDGED);
    let body = opened.map_or_else(|_| outgoing.body.clone(), |opened| opened.text.into_bytes());
    let mut properties = outgoing.properties.clone();
    properties.content_encoding = None;
    let (destination, key) = (outgoing.destination.clone(), outgoing.key.clone());
    Event::new(
        DateTime::UNIX_EPOCH,
        destination,
        key,
        Transport::amqp(false),
        properties,
        body,
    )
}

impl DeadLetterDesk {
    pub(super) fn edit(&self, action: EditorAction, forms: &mut Forms, cx: &Surroundings<'_>) {
        let Some(editor) = &mut forms.editor else {
            return;
        };
        let own_target = match action {
            EditorAction::Target(choice) => Some(choice).filter(|choice| *choice != self.choice),
            EditorAction::RevertAll => None,
            _ => editor.own_target,
        };
        if let Some(message) = self.selected_message()
            && own_target != editor.own_target
        {
            editor.own_target = own_target;
            editor.fit_to(&message.event, &self.planner(cx.known.login));
        }
        let before = match action {
            EditorAction::Judge => {
                editor.judge(cx);
                return;
            }
            EditorAction::Undo => editor.history.undo(),
            EditorAction::Redo => editor.history.redo(),
            EditorAction::RevertAll => editor.history.revert(),
            EditorAction::Target(_) => None,
        };
        if let Some(draft) = before {
            editor.draft = draft.clone();
        }
    }
}
