//! Which messages something is done with: the marked ones, a group, or the whole queue.

use crate::protocol::SourceCommand;
use std::collections::HashSet;

use super::{DeadLetterDesk, Surroundings, TargetChoice};
use crate::event::Fingerprint;
use crate::protocol::RequestId;
use crate::state::forms::Forms;
use crate::text::numbers::thousands;

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

    /// Sends the whole queue as it lies there. Asks first where more may lie there than is shown, where
    /// a filter hides some of it, where what is shown was edited, where the target was chosen, and in
    /// production.
    pub(super) fn ask_all(
        &mut self,
        canary: bool,
        request: RequestId,
        forms: &Forms,
        cx: &Surroundings<'_>,
    ) -> Vec<SourceCommand> {
        let peeked = self.peeked.as_ref();
        let shown = peeked.is_some_and(|peeked| peeked.shows_all() && peeked.is_fresh(cx.now));
        let is_usual = self.choice == TargetChoice::default() && !cx.is_production;
        let untouched = self.hidden_count() == 0 && self.edited_here(forms) == 0;
        if shown && is_usual && untouched {
            return self.resend_whole(canary, request, cx.now);
        }
        self.asking_all = Some(canary);
        Vec::new()
    }

    /// Places of the messages that are listed, in their order.
    pub(super) fn listed(&self) -> impl Iterator<Item = usize> {
        let all = self
            .peeked
            .as_ref()
            .map_or(0, |peeked| peeked.messages.len());
        self.listing.places(all)
    }

    /// How many messages are listed.
    #[must_use]
    pub fn listed_count(&self) -> usize {
        let all = self
            .peeked
            .as_ref()
            .map_or(0, |peeked| peeked.messages.len());
        self.listing.len(all)
    }

    /// How many messages of the look the filter hides.
    #[must_use]
    pub fn hidden_count(&self) -> usize {
        let all = self.peeked.as_ref();
        let all = all.map_or(0, |peeked| peeked.messages.len());
        // While the filter is still looking, what it has is of a moment ago.
        all.saturating_sub(self.listed_count())
    }

    /// How many of these messages the filter hides.
    #[must_use]
    pub fn hidden_of(&self, messages: &[Fingerprint]) -> usize {
        let Some(peeked) = &self.peeked else { return 0 };
        let listed = self.listed().filter_map(|place| peeked.messages.get(place));
        let listed: HashSet<Fingerprint> = listed.map(|one| one.fingerprint).collect();
        messages.iter().filter(|one| !listed.contains(one)).count()
    }

    /// True if each message that is listed is marked.
    #[must_use]
    pub fn are_listed_marked(&self) -> bool {
        self.listed().all(|place| self.marked.contains(&place))
    }

    /// How many are marked, in words; empty for none.
    #[must_use]
    pub fn marked_words(&self) -> String {
        let count = self.marked.len();
        if count == 0 {
            return String::new();
        }
        let listed = self.listed().filter(|place| self.marked.contains(place));
        let hidden = count - listed.count();
        let marked = format!("{} marked", thousands(count as u64));
        match hidden {
            0 => marked,
            hidden => format!(
                "{marked}, {} of them hidden by the filter",
                thousands(hidden as u64)
            ),
        }
    }

    /// The place of the message that is listed so many rows below the selected one; the first if
    /// none is selected, or if a filter hides it.
    pub(super) fn beside(&self, rows: isize) -> Option<usize> {
        let all = self.peeked.as_ref()?.messages.len();
        let last = self.listing.len(all).checked_sub(1)?;
        let row = self.selected.and_then(|place| self.listing.row(place));
        let row = row.map_or(0, |row| row.saturating_add_signed(rows).min(last));
        self.listing.place(row)
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
