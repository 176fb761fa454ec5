//! What was published, and how it went.

pub mod schema_form;
use chrono::{DateTime, Utc};

use crate::event::draft::Problem;
use crate::event::{Draft, Event, Outgoing};
use crate::protocol::{PublishOutcome, RequestId, SourceCommand};

/// Most sent messages that are remembered.
const MAX_HISTORY: usize = 100;

/// One publish.
#[derive(Clone, Debug, PartialEq)]
pub struct SentEvent {
    /// Names it.
    pub request: RequestId,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// What was sent.
    pub outgoing: Outgoing,
    /// No queue but our own tap's was known to take it, so a confirm proves nothing.
    pub only_tap: bool,
    /// How it went; `None` while the broker has not answered.
    pub outcome: Option<PublishOutcome>,
}

/// The publish screen's memory.
#[derive(Debug, Default)]
pub struct PublishDesk {
    /// Newest first.
    pub history: Vec<SentEvent>,
    /// The form as it was last sent: its verdict is not that of an edited one.
    pub published: Option<Draft>,
    /// What was wrong with the form at the last click.
    problems: Vec<Problem>,
    /// The form that this is about.
    checked: Option<Draft>,
    /// Events that break a schema, ready to be chosen from.
    pub broken: Option<schema_form::BrokenSamples>,
}

impl PublishDesk {
    /// Checks the form and asks for the publish.
    pub fn publish(
        &mut self,
        request: RequestId,
        draft: &Draft,
        only_tap: bool,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        let outgoing = match draft.check() {
            Ok(outgoing) => outgoing,
            Err(problems) => {
                self.problems = problems;
                self.checked = Some(draft.clone());
                return None;
            }
        };
        self.problems.clear();
        self.published = Some(draft.clone());
        self.history.insert(
            0,
            SentEvent {
                request,
                at: now,
                outgoing: outgoing.clone(),
                only_tap,
                outcome: None,
            },
        );
        self.history.truncate(MAX_HISTORY);
        Some(SourceCommand::Publish { request, outgoing })
    }

    /// What was wrong with the form at the last click, unless it was changed since.
    #[must_use]
    pub fn problems(&self, draft: &Draft) -> &[Problem] {
        match &self.checked {
            Some(checked) if checked == draft => &self.problems,
            _ => &[],
        }
    }

    /// Another draft is in the form: what was said of the last one does not belong to it.
    pub fn replaced(&mut self) {
        self.problems.clear();
        self.checked = None;
        self.published = None;
    }

    /// Notes how a publish ended.
    pub fn finish(&mut self, request: RequestId, outcome: PublishOutcome) {
        if let Some(sent) = self.history.iter_mut().find(|sent| sent.request == request) {
            sent.outcome = Some(outcome);
        }
    }

    /// The sent message of this number.
    #[must_use]
    pub fn sent(&self, number: u64) -> Option<&Outgoing> {
        let sent = self
            .history
            .iter()
            .find(|sent| sent.request == RequestId(number))?;
        Some(&sent.outgoing)
    }
}

/// An event as the start of a new message: as it was, but without what the broker wrote on it and
/// without the claim to be somebody else's login.
#[must_use]
pub fn draft_of_event(event: &Event) -> Draft {
    let mut properties = event.properties.clone();
    properties.user_id = None;
    if let Some(headers) = &mut properties.headers {
        headers.retain(|(name, _)| !crate::event::amqp::x_death::is_broker_header(name));
    }
    Draft::of(&Outgoing {
        destination: event.destination.clone(),
        key: event.key.clone(),
        properties,
        body: event.body.clone(),
    })
}
