//! A dead letter as a filter sees it: by why it died and where, and by what it was first.

use std::borrow::Cow;

use super::letter::ListedLetter;
use crate::event::amqp::Properties;
use crate::event::reading::Reading;
use crate::event::{Event, Transport};
use crate::query::Subject;
use crate::text::payload::PayloadKind;

/// A dead letter that is filtered.
pub(super) struct FilteredLetter<'a>(pub(super) &'a ListedLetter);

impl FilteredLetter<'_> {
    fn event(&self) -> &Event {
        &self.0.event
    }
}

impl Subject for FilteredLetter<'_> {
    fn received_ms(&self) -> i64 {
        let died = self.0.account.died.at;
        died.map_or_else(
            || Subject::received_ms(self.event()),
            |at| at.timestamp_millis(),
        )
    }

    fn destination(&self) -> &str {
        match &self.0.account.first {
            Some(first) => &first.destination,
            None => &self.event().destination,
        }
    }

    fn key(&self) -> &str {
        let first = self.0.account.first.as_ref();
        let key = first.and_then(|first| first.key.as_deref());
        key.unwrap_or(&self.event().key)
    }

    fn transport(&self) -> &Transport {
        Subject::transport(self.event())
    }

    fn kind(&self) -> PayloadKind {
        Subject::kind(self.event())
    }

    fn event_type(&self) -> Option<&str> {
        Subject::event_type(self.event())
    }

    fn version(&self) -> Option<&str> {
        Subject::version(self.event())
    }

    fn event_id(&self) -> Option<Cow<'_, str>> {
        Subject::event_id(self.event())
    }

    fn correlation_id(&self) -> Option<Cow<'_, str>> {
        Subject::correlation_id(self.event())
    }

    fn message_id(&self) -> Option<Cow<'_, str>> {
        Subject::message_id(self.event())
    }

    fn properties(&self) -> Cow<'_, Properties> {
        Subject::properties(self.event())
    }

    fn reason(&self) -> Option<&str> {
        let died = &self.0.account.died;
        died.reason.as_deref().or(died.exception_class.as_deref())
    }

    fn failed_in(&self) -> Option<&str> {
        let died = &self.0.account.died;
        died.queue.as_deref().or(died.destination.as_deref())
    }

    fn body(&self) -> &[u8] {
        Subject::body(self.event())
    }

    fn data(&self) -> &[u8] {
        Subject::data(self.event())
    }

    fn reading(&self) -> Option<Reading<'_>> {
        Subject::reading(self.event())
    }
}
