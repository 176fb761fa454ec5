//! What is learned of dead letters beside a look: which came back, and where messages die.

use std::collections::HashMap;

use super::DeadLetterDesk;
use crate::event::Fingerprint;
use crate::event::amqp::x_death::{DEATHS, Death};
use crate::log::Batch;
use crate::protocol::SourceCommand;
use crate::repair::groups::GroupBy;

impl DeadLetterDesk {
    /// Asks which of the messages that were just peeked were sent again before.
    #[must_use]
    pub fn ask_returns(&self) -> Option<SourceCommand> {
        let messages = self.known();
        (!messages.is_empty()).then_some(SourceCommand::AskReturns(messages))
    }

    /// Notes which messages came back, and how often.
    pub fn came_back(&mut self, told: &[(Fingerprint, u32)]) {
        let told: HashMap<Fingerprint, u32> = told.iter().copied().collect();
        let messages = self
            .peeked
            .iter_mut()
            .flat_map(|peeked| &mut peeked.messages);
        for message in messages {
            if let Some(times) = told.get(&message.fingerprint) {
                message.came_back = message.came_back.max(*times);
            }
        }
        if self.groups.by == GroupBy::CameBack {
            self.groups.stale();
        }
    }

    /// Learns from the history of the events that a tap received.
    pub fn learn(&mut self, batch: &Batch) {
        if !batch
            .segment()
            .shapes()
            .iter()
            .any(|shape| shape.has_header(DEATHS))
        {
            return;
        }
        for event in batch.events() {
            for death in Death::history(&event.properties()) {
                if self.seen_dying.len() < 1_000 {
                    self.seen_dying.insert(death.queue);
                }
            }
        }
    }
}
