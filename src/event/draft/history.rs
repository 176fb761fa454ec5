//! What an editor's fields were before: undo and redo, with what is typed in one go as one step.

use std::collections::VecDeque;

use super::Draft;

/// Most steps that are kept.
const MAX_STEPS: usize = 200;
/// Most bytes that they may take, near enough.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// A pause as long as this ends a step, in seconds.
const PAUSE: f64 = 0.8;
/// A step lasts no longer than this, in seconds, however fast one types.
const LONGEST: f64 = 4.0;

/// The steps of one message in the editor.
#[derive(Clone, Debug)]
pub struct History {
    first: Draft,
    now: Draft,
    past: VecDeque<Draft>,
    future: Vec<Draft>,
    /// When the last step began and when something last changed, in seconds of any clock.
    step: Option<(f64, f64)>,
    revision: u64,
}

impl History {
    /// Nothing was edited yet.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        Self {
            first: draft.clone(),
            now: draft,
            past: VecDeque::new(),
            future: Vec::new(),
            step: None,
            revision: 0,
        }
    }

    /// Takes down what the fields are at this moment; true if they changed.
    pub fn note(&mut self, draft: &Draft, seconds: f64) -> bool {
        if *draft == self.now {
            return false;
        }
        let goes_on = self.step.is_some_and(|(begun, last)| {
            seconds - last < PAUSE && seconds - begun < LONGEST && is_same_part(&self.now, draft)
        });
        let before = std::mem::replace(&mut self.now, draft.clone());
        if goes_on {
            self.step = self.step.map(|(begun, _)| (begun, seconds));
        } else {
            self.step = Some((seconds, seconds));
            self.past.push_back(before);
            self.trim();
        }
        self.future.clear();
        self.revision += 1;
        true
    }

    /// What the fields were one step before.
    pub fn undo(&mut self) -> Option<&Draft> {
        let before = self.past.pop_back()?;
        let undone = std::mem::replace(&mut self.now, before);
        self.future.push(undone);
        Some(self.moved())
    }

    /// What the fields were before the last undo.
    pub fn redo(&mut self) -> Option<&Draft> {
        let after = self.future.pop()?;
        let left = std::mem::replace(&mut self.now, after);
        self.past.push_back(left);
        Some(self.moved())
    }

    /// What the fields were before any edit; a step that can be undone.
    pub fn revert(&mut self) -> Option<&Draft> {
        if !self.is_edited() {
            return None;
        }
        let edited = std::mem::replace(&mut self.now, self.first.clone());
        self.past.push_back(edited);
        self.trim();
        self.future.clear();
        Some(self.moved())
    }

    fn moved(&mut self) -> &Draft {
        self.step = None;
        self.revision += 1;
        &self.now
    }

    /// True if there is a step to be undone.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// True if something that was undone can come back.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// True if the fields differ from what they first were.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.now != self.first
    }

    /// What the fields were before any edit.
    #[must_use]
    pub fn first(&self) -> &Draft {
        &self.first
    }

    /// Bytes that all steps take, near enough.
    #[must_use]
    pub fn cost(&self) -> usize {
        let steps = self.past.iter().chain(&self.future);
        let steps: usize = steps.map(Draft::cost).sum();
        steps + self.first.cost() + self.now.cost()
    }

    /// Counts up with each change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    fn trim(&mut self) {
        let mut bytes: usize = self.past.iter().map(Draft::cost).sum();
        while self.past.len() > MAX_STEPS || bytes > MAX_BYTES {
            let Some(oldest) = self.past.pop_front() else {
                break;
            };
            bytes = bytes.saturating_sub(oldest.cost());
        }
    }
}

/// What is typed into one field is one step; going to another field begins a new one.
fn is_same_part(before: &Draft, after: &Draft) -> bool {
    let parts = |draft: &Draft, other: &Draft| {
        [
            draft.body != other.body,
            draft.key != other.key,
            draft.destination != other.destination,
            draft.headers != other.headers,
        ]
    };
    // One keystroke changes one part, so what counts is which part the last one was in; a change of
    // more than a few characters, such as a paste, is a step of its own.
    let changed = parts(before, after);
    changed.iter().filter(|changed| **changed).count() <= 1
        && before.cost().abs_diff(after.cost()) <= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::BodyDraft;
    use crate::event::draft::Field;
    use proptest::prelude::*;

    fn text(text: &str) -> Draft {
        Draft {
            body: BodyDraft::Text(text.into()),
            ..Draft::default()
        }
    }

    #[test]
    fn what_is_typed_in_one_go_is_one_step() {
        let mut history = History::new(text(""));
        assert!(!history.note(&text(""), 0.0));
        for (typed, at) in [("a", 1.0), ("ab", 1.2), ("abc", 1.4), ("abcd", 9.0)] {
            assert!(history.note(&text(typed), at));
        }
        assert_eq!(history.undo(), Some(&text("abc")));
        assert_eq!(history.undo(), Some(&text("")));
        assert_eq!(history.undo(), None);
        assert_eq!(history.redo(), Some(&text("abc")));
        assert!(history.note(&text("x"), 9.1));
        assert!(!history.can_redo());
        assert_eq!(history.undo(), Some(&text("abc")));
    }

    #[test]
    fn every_field_is_covered_and_all_can_be_reverted() {
        let first = text("{}");
        let mut draft = first.clone();
        let mut history = History::new(first.clone());
        let edits: [fn(&mut Draft); 5] = [
            |draft| draft.key = "k".into(),
            |draft| draft.destination = "x".into(),
            |draft| draft.set(Field::Priority, "3"),
            |draft| draft.delivery_mode = Some(1),
            |draft| draft.headers.clear(),
        ];
        draft.headers.push(crate::event::HeaderRow::of(
            "h",
            &crate::event::amqp::FieldValue::Bool(true),
        ));
        history.note(&draft, 0.0);
        let mut steps = vec![first.clone(), draft.clone()];
        for (second, edit) in edits.into_iter().enumerate() {
            edit(&mut draft);
            history.note(
                &draft,
                10.0 + f64::from(u32::try_from(second).unwrap()) * 10.0,
            );
            steps.push(draft.clone());
        }
        assert_eq!(history.revert(), Some(&first));
        assert!(!history.is_edited());
        for step in steps.iter().rev() {
            assert_eq!(history.undo(), Some(step));
        }
        assert_eq!(history.undo(), None);
    }

    #[test]
    fn the_steps_are_bounded_in_count_and_bytes() {
        let mut history = History::new(text(""));
        for n in 0..1_000 {
            history.note(&text(&n.to_string()), f64::from(n) * 10.0);
        }
        assert_eq!(history.past.len(), MAX_STEPS);
        for n in 0..200_u32 {
            let large = format!("{n}{}", "x".repeat(90_000));
            history.note(&text(&large), f64::from(n) * 10.0 + 1e6);
        }
        let bytes: usize = history.past.iter().map(Draft::cost).sum();
        assert!(bytes <= MAX_BYTES && history.can_undo());
    }

    proptest! {
        #[test]
        fn undoing_all_and_redoing_all_ends_where_one_was(
            edits in prop::collection::vec(("[ab]{0,3}", 0.0..2.0_f64), 1..30),
        ) {
            let mut history = History::new(text(""));
            let (mut now, mut last) = (0.0, text(""));
            for (typed, pause) in edits {
                now += pause;
                last = text(&typed);
                history.note(&last, now);
            }
            while history.undo().is_some() {}
            prop_assert_eq!(&history.now, &text(""));
            while history.redo().is_some() {}
            prop_assert_eq!(&history.now, &last);
        }
    }
}
