//! The work of one look through the messages: which a filter lets through, and how they are sorted.

use std::borrow::Cow;
use std::sync::Arc;

use super::LetterColumn;
use crate::event::amqp::Properties;
use crate::event::reading::Reading;
use crate::event::{Event, Transport};
use crate::query::{Filter, Subject};
use crate::schema::Catalog;
use crate::schema::stream::claim::judge;
use crate::state::dead_letters::DeadLetter;
use crate::state::dead_letters::letter::as_published;
use crate::text::payload::PayloadKind;

/// The work of one look through the messages.
pub(super) struct Arrange {
    pub(super) messages: Vec<DeadLetter>,
    pub(super) filter: Option<Filter>,
    pub(super) order: Option<(LetterColumn, bool)>,
    /// When the messages were seen.
    pub(super) seen_ms: i64,
    pub(super) catalog: Option<Arc<Catalog>>,
}

impl Arrange {
    /// The places of the messages that are wanted, in the order that is wanted.
    pub(super) fn places(&self) -> Vec<usize> {
        let matcher = self.filter.as_ref().map(Filter::matcher);
        let asked = |place: &usize| {
            let subject = AskedLetter {
                letter: &self.messages[*place],
                catalog: self.catalog.as_deref(),
            };
            matcher
                .as_ref()
                .is_none_or(|matcher| matcher.matches(&subject, self.seen_ms))
        };
        let mut places: Vec<usize> = (0..self.messages.len()).filter(asked).collect();
        if let Some((by, descending)) = self.order {
            places.sort_by_cached_key(|place| sort_key(&self.messages[*place], by));
            if descending {
                places.reverse();
            }
        }
        places
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum LetterKey {
    Time(Option<u64>),
    Text(String),
}

fn sort_key(letter: &DeadLetter, by: LetterColumn) -> LetterKey {
    LetterKey::Text(match by {
        LetterColumn::Died => return LetterKey::Time(letter.line.died_at),
        LetterColumn::Reason => letter.reason().to_owned(),
        LetterColumn::Exception => letter.exception().to_owned(),
        LetterColumn::Key => letter.key().to_owned(),
        LetterColumn::DiedIn => letter.line.died_in.clone(),
        LetterColumn::Summary => letter.event.summary(),
    })
}

/// A dead letter as a filter sees it: where it was first published, and as old as its death.
struct AskedLetter<'a> {
    letter: &'a DeadLetter,
    catalog: Option<&'a Catalog>,
}

impl AskedLetter<'_> {
    fn event(&self) -> &Event {
        &self.letter.event
    }
}

impl Subject for AskedLetter<'_> {
    fn received_ms(&self) -> i64 {
        let died = self.letter.line.died_at;
        let died = died.and_then(|seconds| i64::try_from(seconds).ok());
        died.map_or_else(
            || Subject::received_ms(self.event()),
            |seconds| seconds.saturating_mul(1_000),
        )
    }

    fn destination(&self) -> &str {
        self.letter.first_destination()
    }

    fn key(&self) -> &str {
        self.letter.key()
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

    fn schema(&self) -> Option<&'static str> {
        // As it was first published, because the key may tell its type.
        let judged = match as_published(self.event()) {
            Some(first) => judge(&first, self.catalog?),
            None => judge(self.event(), self.catalog?),
        };
        Some(judged.name())
    }

    fn reason(&self) -> Option<&str> {
        Some(self.letter.reason()).filter(|reason| !reason.is_empty())
    }

    fn failed_in(&self) -> Option<&str> {
        Some(&*self.letter.line.died_in).filter(|queue| !queue.is_empty())
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
