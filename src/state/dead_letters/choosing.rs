//! Which messages something is done with: the marked ones, a group, or the whole queue.

use crate::protocol::SourceCommand;
use std::collections::HashSet;

use super::{DeadLetterDesk, Peeked, Surroundings};
use crate::event::Fingerprint;
use crate::protocol::RequestId;
use crate::state::forms::Forms;

impl DeadLetterDesk {
    /// Places of the messages of the group that is looked at.
    pub(super) fn group_places(&self) -> Vec<usize> {
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

    /// Sends the whole queue as it lies there. Asks first where more lies there than is shown, and
    /// where what is shown was edited.
    pub(super) fn ask_all(
        &mut self,
        canary: bool,
        request: RequestId,
        forms: &Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        let shown = self.peeked.as_ref().is_some_and(Peeked::shows_all);
        if (shown || canary) && self.edited_here(forms) == 0 {
            return self.resend_whole(canary, request, cx.now);
        }
        self.asking_all = Some(canary);
        Vec::new()
    }

    /// The marked messages.
    pub(super) fn marked_messages(&self) -> impl Iterator<Item = Fingerprint> {
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

    /// The same by what they are.
    pub(super) fn chosen(&self) -> Vec<Fingerprint> {
        let Some(peeked) = &self.peeked else {
            return Vec::new();
        };
        let places = self.chosen_places().into_iter();
        places
            .filter_map(|place| Some(peeked.messages.get(place)?.fingerprint))
            .collect()
    }
}
