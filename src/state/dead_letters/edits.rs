//! Edits of dead letters that were not sent yet: each is kept with its message until it is sent or
//! dropped, whichever message is looked at meanwhile.

use std::collections::VecDeque;

use super::editor::Editor;
use super::planner::Planner;
use super::{DeadLetterDesk, Peeked};
use crate::event::draft::Field;
use crate::event::{Draft, Event, Fingerprint, Outgoing};
use crate::protocol::MoveOutcome;
use crate::state::forms::Forms;
use crate::text::numbers::count_of;

/// Most edits that are kept beside the open one; the oldest go first.
const MAX_EDITS: usize = 500;
/// Most bytes that they may take, near enough.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Edits beside the one that is open.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// By queue, the oldest first.
    kept: VecDeque<(String, Editor)>,
}

impl Edits {
    /// Keeps an edit; how many older ones had no room beside it any more.
    fn keep(&mut self, queue: &str, editor: Editor) -> usize {
        self.take(queue, editor.original);
        self.kept.push_back((queue.to_owned(), editor));
        let mut bytes: usize = self.kept.iter().map(|(_, editor)| editor.cost()).sum();
        let mut dropped = 0;
        while self.kept.len() > MAX_EDITS || (bytes > MAX_BYTES && self.kept.len() > 1) {
            let Some((_, oldest)) = self.kept.pop_front() else {
                break;
            };
            bytes = bytes.saturating_sub(oldest.cost());
            dropped += 1;
        }
        dropped
    }

    fn take(&mut self, queue: &str, original: Fingerprint) -> Option<Editor> {
        let mut kept = self.kept.iter();
        let place = kept.position(|(of, editor)| editor.original == original && of == queue)?;
        Some(self.kept.remove(place)?.1)
    }

    fn get(&self, queue: &str, original: Fingerprint) -> Option<&Editor> {
        let mut kept = self.kept.iter();
        let found = kept.find(|(of, editor)| editor.original == original && of == queue);
        found.map(|(_, editor)| editor)
    }
}

impl Forms {
    /// The edit of a message of this queue, if there is one that was not sent.
    #[must_use]
    pub fn edit_of(&self, queue: &str, original: Fingerprint) -> Option<&Editor> {
        match &self.editor {
            Some(open) if open.original == original => Some(open).filter(|open| open.is_edited()),
            _ => self.edits.get(queue, original),
        }
    }

    /// Edits that were not sent, in all queues.
    #[must_use]
    pub fn edits(&self) -> usize {
        let open = self.editor.as_ref().is_some_and(Editor::is_edited);
        self.edits.kept.len() + usize::from(open)
    }
}

impl DeadLetterDesk {
    /// The edit of a message of the open queue.
    #[must_use]
    pub fn edit_of<'a>(&self, forms: &'a Forms, original: Fingerprint) -> Option<&'a Editor> {
        forms.edit_of(self.queue.as_deref()?, original)
    }

    /// How many of the messages at these places were edited and not sent.
    #[must_use]
    pub fn edited(&self, forms: &Forms, places: &[usize]) -> usize {
        if forms.edits() == 0 {
            return 0;
        }
        let messages = self.peeked.as_ref().map(|peeked| &peeked.messages);
        let edited = places.iter().filter(|place| {
            let message = messages.and_then(|all| all.get(**place));
            message.is_some_and(|one| self.edit_of(forms, one.fingerprint).is_some())
        });
        edited.count()
    }

    /// How many of these messages of the open queue were edited and not sent.
    #[must_use]
    pub fn edited_of(&self, forms: &Forms, messages: &[Fingerprint]) -> usize {
        // Most of the time nothing is edited; a group may have thousands of members.
        if forms.edits() == 0 {
            return 0;
        }
        let is_edited = |one: &&Fingerprint| self.edit_of(forms, **one).is_some();
        messages.iter().filter(is_edited).count()
    }

    /// How many messages of the open queue were edited and not sent, whether they are shown or not.
    #[must_use]
    pub fn edited_here(&self, forms: &Forms) -> usize {
        let kept = forms.edits.kept.iter();
        let kept = kept.filter(|(queue, _)| self.queue.as_ref() == Some(queue));
        let open = forms.editor.as_ref().is_some_and(Editor::is_edited);
        kept.count() + usize::from(open)
    }

    /// Another message is looked at, or none: the edit of this one is kept.
    pub(in crate::state) fn put_editor_aside(&mut self, forms: &mut Forms) {
        let Some(editor) = forms.editor.take().filter(Editor::is_edited) else {
            return;
        };
        let Some(queue) = &self.queue else { return };
        let dropped = forms.edits.keep(queue, editor);
        if dropped > 0 {
            let edits = count_of(dropped as u64, "older edit");
            self.told.push(format!(
                "{edits} had no room any more and went. Send or revert edits to make room"
            ));
        }
    }

    /// The edit of the message that is looked at now, made fit for how messages are sent now.
    pub(super) fn take_editor(&mut self, forms: &mut Forms, planner: &Planner) -> bool {
        let (Some(message), Some(queue)) = (self.selected_message(), &self.queue) else {
            return false;
        };
        let Some(mut editor) = forms.edits.take(queue, message.fingerprint) else {
            return false;
        };
        editor.fit_to(&message.event, planner);
        forms.editor = Some(editor);
        true
    }

    /// What is sent for a message that was edited.
    ///
    /// # Errors
    /// What is wrong with the edit, in words.
    pub(super) fn edited_order(
        &self,
        forms: &Forms,
        original: Fingerprint,
        event: &Event,
        planner: &Planner,
    ) -> Option<Result<Outgoing, String>> {
        let editor = self.edit_of(forms, original)?;
        let mut now;
        let editor = if editor.manner == *planner.of_editor(editor).manner() {
            editor
        } else {
            now = editor.clone();
            now.fit_to(event, planner);
            &now
        };
        Some(editor.draft.check().map_err(|problems| {
            let words = problems.iter().map(|p| format!("{}: {}", p.field, p.words));
            let words: Vec<String> = words.collect();
            format!("Its edit cannot be sent. {}", words.join("; "))
        }))
    }

    /// A message was sent, or is gone: so is its edit.
    pub(super) fn edit_ends(
        &mut self,
        forms: &mut Forms,
        queue: &str,
        original: Fingerprint,
        outcome: &MoveOutcome,
    ) {
        let is_open = |editor: &mut Editor| editor.original == original;
        let open = self.queue.as_deref() == Some(queue);
        let editor = match forms.editor.take_if(|editor| open && is_open(editor)) {
            Some(editor) => Some(editor).filter(Editor::is_edited),
            None => forms.edits.take(queue, original),
        };
        if editor.is_some() && *outcome == MoveOutcome::Gone {
            self.told.push(format!(
                "An edit was dropped: its message is not in {queue} any more"
            ));
        }
    }

    /// All that lies in a queue was seen: edits of what is not there are dropped with a word.
    pub(super) fn drop_edits(&mut self, forms: &mut Forms, peeked: &Peeked) {
        let there = |original| {
            let mut messages = peeked.messages.iter();
            messages.any(|message| message.fingerprint == original)
        };
        let before = forms.edits.kept.len();
        let kept = &mut forms.edits.kept;
        kept.retain(|(queue, editor)| *queue != peeked.queue || there(editor.original));
        let dropped = before - kept.len();
        if dropped > 0 {
            let (edits, queue) = (count_of(dropped as u64, "edit"), &peeked.queue);
            let (was, is) = match dropped {
                1 => ("was", "message is"),
                _ => ("were", "messages are"),
            };
            let words = format!("{edits} {was} dropped: the {is} not in {queue} any more");
            self.told.push(words);
        }
    }

    /// A connection to another broker: its queues are others, whatever their names are.
    pub(in crate::state) fn drop_all_edits(&mut self, forms: &mut Forms) {
        let dropped = forms.edits();
        forms.editor = None;
        forms.edits = Edits::default();
        if dropped > 0 {
            let edits = count_of(dropped as u64, "edit");
            self.told.push(format!(
                "{edits} of dead letters went with the other broker's queues"
            ));
        }
    }
}

impl Editor {
    /// Messages are sent in another way since this was edited: what was not edited follows.
    pub(super) fn fit_to(&mut self, event: &Event, planner: &Planner) {
        let planner = planner.of_editor(self);
        if self.manner == *planner.manner() {
            return;
        }
        let resend = planner.plan_or_ask(event);
        let base = Draft::of(&resend.outgoing);
        let edited = carry_over(self.history.first(), &base, &self.draft);
        let manner = planner.manner().clone();
        let own_target = self.own_target;
        *self = Self::new(self.original, &resend.outgoing, resend.notes, manner);
        self.own_target = own_target;
        self.history.note(&edited, 0.0);
        self.draft = edited;
    }
}

/// What becomes of an edit when what it began with is another: part by part, what was edited stays
/// and what was not follows.
fn carry_over(before: &Draft, after: &Draft, edited: &Draft) -> Draft {
    let mut draft = edited.clone();
    if edited.destination == before.destination {
        draft.destination.clone_from(&after.destination);
    }
    if edited.key == before.key {
        draft.key.clone_from(&after.key);
    }
    if edited.delivery_mode == before.delivery_mode {
        draft.delivery_mode = after.delivery_mode;
    }
    for field in Field::ALL {
        if edited.text(field) == before.text(field) {
            draft.set(field, after.text(field));
        }
    }
    let untouched = |row: &_| before.headers.contains(row);
    draft
        .headers
        .retain(|row| !untouched(row) || after.headers.contains(row));
    for row in &after.headers {
        let is_named = draft.headers.iter().any(|other| other.name == row.name);
        if !untouched(row) && !is_named {
            draft.headers.push(row.clone());
        }
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::amqp::FieldValue;
    use crate::event::{BodyDraft, HeaderRow};
    use crate::rabbitmq::resend::Manner;
    use crate::state::dead_letters::planner::LetterManner;

    fn editor(original: u64, body: &str) -> Editor {
        let outgoing = Outgoing {
            record: None,
            destination: "shop".into(),
            key: "k".into(),
            properties: crate::event::amqp::Properties::default(),
            body: b"{}".to_vec(),
        };
        let manner = Manner::from(crate::rabbitmq::resend::Target::Origin);
        let manner = LetterManner::Queue(manner);
        let mut editor = Editor::new(Fingerprint(original), &outgoing, Vec::new(), manner);
        editor.draft.body = BodyDraft::Text(body.into());
        editor
    }

    #[test]
    fn edits_are_bounded_in_count_and_bytes() {
        let mut edits = Edits::default();
        for n in 0..=MAX_EDITS as u64 {
            let dropped = edits.keep("q", editor(n, "1"));
            assert_eq!(dropped, usize::from(n == MAX_EDITS as u64));
        }
        assert!(edits.get("q", Fingerprint(0)).is_none());
        assert!(edits.get("q", Fingerprint(1)).is_some());
        assert!(edits.get("other", Fingerprint(1)).is_none());
        let large = "x".repeat(MAX_BYTES / 4);
        for n in 0..10 {
            edits.keep("q", editor(n, &large));
        }
        assert!(edits.kept.len() < 5, "{}", edits.kept.len());
        assert!(edits.get("q", Fingerprint(9)).is_some());
    }

    #[test]
    fn what_was_not_edited_follows_and_what_was_stays() {
        let row = |name: &str, value: &str| HeaderRow::of(name, &FieldValue::Text(value.into()));
        let mut before = Draft::default();
        before.destination = "shop".into();
        before.headers = vec![row("CC", "a"), row("tenant", "1")];
        let mut after = before.clone();
        after.destination = String::new();
        after.key = "orders".into();
        after.headers = vec![row("tenant", "1"), row("new", "x")];
        after.set(Field::Expiration, "60000");
        let mut edited = before.clone();
        edited.body = BodyDraft::Text("mended".into());
        edited.headers[1] = row("tenant", "2");
        let carried = carry_over(&before, &after, &edited);
        assert_eq!((&*carried.destination, &*carried.key), ("", "orders"));
        assert_eq!(carried.headers, [row("tenant", "2"), row("new", "x")]);
        assert_eq!(carried.body, BodyDraft::Text("mended".into()));
        assert_eq!(carried.text(Field::Expiration), "60000");
        edited.destination = "mine".into();
        assert_eq!(carry_over(&before, &after, &edited).destination, "mine");
    }
}
