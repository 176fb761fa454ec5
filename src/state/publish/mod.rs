//! What was published, and how it went.

mod acting;
pub(super) mod kept;
mod plain_draft;
pub mod schema_form;
pub mod series;
pub mod verdict;

use chrono::{DateTime, Utc};

use crate::event::draft::Problem;
use crate::event::{Draft, Event, Outgoing, OutgoingRecord};
use crate::protocol::{PublishOutcome, RequestId, SourceCommand};

pub use acting::PublishAction;

/// Most sent messages that are remembered.
const MAX_HISTORY: usize = 100;

/// One publish.
#[derive(Clone, Debug, PartialEq)]
pub struct SentEvent {
    pub request: RequestId,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// What was sent; of a series its first event.
    pub outgoing: Outgoing,
    /// No queue but our own tap's was known to take it, so a confirm proves nothing.
    pub only_tap: bool,
    /// How it went; `None` while the broker has not answered, and for a series.
    pub outcome: Option<PublishOutcome>,
    /// The id that it said it has.
    pub id: Option<String>,
    /// The series that it is.
    pub series: Option<Box<series::SentSeries>>,
}

/// The publish screen's memory.
#[derive(Debug, Default)]
pub struct PublishDesk {
    /// Newest first.
    pub history: Vec<SentEvent>,
    /// Counts up with each change of it.
    revision: u64,
    /// The form as it was last sent: its verdict is not that of an edited one.
    pub published: Option<Draft>,
    /// What was wrong with the form at the last click.
    problems: Vec<Problem>,
    /// The form that this is about.
    checked: Option<Draft>,
    /// The series that runs, or the last one.
    pub series: Option<series::SeriesRun>,
    /// The form that is broken, and nobody said yet that it shall be sent; and whether as a series.
    asked: Option<(Draft, bool)>,
    /// The form that is asked about before it is sent as a tombstone.
    asked_tombstone: Option<Draft>,
    /// The form that would go to production, and nobody said yet that it shall; and whether as a series.
    asked_production: Option<(Draft, bool)>,
    /// The sent event that would go to production once more.
    asked_again: Option<u64>,
    /// The form that was sent though it is broken: it is not asked about twice.
    agreed: Option<Draft>,
    /// Events that break a schema, ready to be chosen from.
    pub broken: Option<schema_form::BrokenSamples>,
}

impl PublishDesk {
    /// Checks the form and asks for the publish. `written` is the form, `sent` the same with its
    /// variables replaced. A tombstone has no value, whatever stands in the form.
    pub fn publish(
        &mut self,
        request: RequestId,
        (written, sent, is_tombstone): (&Draft, &Draft, bool),
        only_tap: bool,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        self.put_off();
        let mut outgoing = match sent.check() {
            Ok(outgoing) => outgoing,
            Err(problems) => {
                self.name_problems(written, problems);
                return None;
            }
        };
        if let Some(record) = outgoing.record.as_mut().filter(|_| is_tombstone) {
            record.is_tombstone = true;
            outgoing.body.clear();
        }
        self.problems.clear();
        self.published = Some(written.clone());
        Some(self.send(request, outgoing, only_tap, now))
    }

    fn name_problems(&mut self, written: &Draft, problems: Vec<Problem>) {
        self.problems = problems;
        self.checked = Some(written.clone());
    }

    /// Asks for a publish of what was sent before, as it was.
    pub fn again(
        &mut self,
        request: RequestId,
        outgoing: Outgoing,
        only_tap: bool,
        now: DateTime<Utc>,
    ) -> SourceCommand {
        // The line beside the button is about the form.
        self.published = None;
        self.send(request, outgoing, only_tap, now)
    }

    fn send(
        &mut self,
        request: RequestId,
        outgoing: Outgoing,
        only_tap: bool,
        at: DateTime<Utc>,
    ) -> SourceCommand {
        let sent = SentEvent {
            request,
            at,
            outgoing: outgoing.clone(),
            only_tap,
            outcome: None,
            id: id_of(&outgoing),
            series: None,
        };
        self.note_sent(sent);
        SourceCommand::Publish { request, outgoing }
    }

    fn note_sent(&mut self, sent: SentEvent) {
        self.history.insert(0, sent);
        self.history.truncate(MAX_HISTORY);
        self.revision += 1;
    }

    /// The form is broken: the person is asked about it.
    fn ask(&mut self, draft: &Draft, as_series: bool) {
        self.asked = Some((draft.clone(), as_series));
    }

    /// It shall be sent; true for a series.
    fn agree(&mut self) -> bool {
        let Some((draft, as_series)) = self.asked.take() else {
            return false;
        };
        self.agreed = Some(draft);
        as_series
    }

    /// It is not sent.
    fn put_off(&mut self) {
        self.asked = None;
        self.asked_tombstone = None;
        self.asked_production = None;
        self.asked_again = None;
    }

    /// The form would go to production: the person is asked about it.
    fn ask_production(&mut self, draft: &Draft, as_series: bool) {
        self.put_off();
        self.asked_production = Some((draft.clone(), as_series));
    }

    /// It shall go there; true for a series, none if something else was asked about.
    fn agree_to_production(&mut self, draft: &Draft) -> Option<bool> {
        let asked = self.asked_production.take();
        asked
            .filter(|(asked, _)| asked == draft)
            .map(|(_, as_series)| as_series)
    }

    /// True while the person is asked whether this form shall go to production.
    #[must_use]
    pub fn is_asking_production(&self, draft: &Draft) -> bool {
        self.asked_production
            .as_ref()
            .is_some_and(|(asked, _)| asked == draft)
    }

    /// True while the person is asked whether this sent event shall go to production once more.
    #[must_use]
    pub fn is_asking_again(&self, number: u64) -> bool {
        self.asked_again == Some(number)
    }

    /// The person is asked whether the key of this form shall be deleted.
    fn ask_tombstone(&mut self, draft: &Draft) {
        self.asked_tombstone = Some(draft.clone());
    }

    /// True if that was asked about this very form.
    fn agree_to_tombstone(&mut self, draft: &Draft) -> bool {
        self.asked_tombstone.take().as_ref() == Some(draft)
    }

    /// True while the person is asked whether this form shall be sent as a tombstone.
    #[must_use]
    pub fn is_asking_tombstone(&self, draft: &Draft) -> bool {
        self.asked_tombstone.as_ref() == Some(draft)
    }

    /// True while the person is asked whether this form shall be sent though it is broken.
    #[must_use]
    pub fn is_asking(&self, draft: &Draft) -> bool {
        self.asked.as_ref().is_some_and(|(asked, _)| asked == draft)
    }

    fn is_agreed(&self, draft: &Draft) -> bool {
        self.agreed.as_ref() == Some(draft)
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
        self.put_off();
    }

    /// Notes how a publish ended.
    pub fn finish(&mut self, request: RequestId, outcome: PublishOutcome) {
        if let Some(sent) = self.history.iter_mut().find(|sent| sent.request == request) {
            sent.outcome = Some(outcome);
            self.revision += 1;
        }
    }

    /// When an event with this id was sent last, as far as is known here.
    #[must_use]
    pub fn last_with_id(&self, id: &str) -> Option<DateTime<Utc>> {
        let mut history = self.history.iter();
        let same = history.find(|sent| sent.id.as_deref() == Some(id))?;
        Some(same.at)
    }

    /// What was sent under this number.
    #[must_use]
    pub fn sent(&self, number: u64) -> Option<&SentEvent> {
        let mut history = self.history.iter();
        history.find(|sent| sent.request == RequestId(number))
    }
}

/// The id that an event says it has, in its properties or in its body, if it is the same each time that
/// it is sent.
#[must_use]
pub fn fixed_id(draft: &Draft, as_written: bool) -> Option<String> {
    let own = draft.text(crate::event::draft::Field::MessageId).to_owned();
    let own = Some(own).filter(|id| !id.is_empty());
    let id = own.or_else(|| {
        schema_form::event_of(draft)
            .envelope
            .event_id
            .as_deref()
            .map(str::to_owned)
    })?;
    let varies = !as_written && crate::event::draft::variables::places(&id).next().is_some();
    (!varies).then_some(id)
}

/// The id that an event says it has.
pub(super) fn id_of(outgoing: &Outgoing) -> Option<String> {
    let own = outgoing.properties.message_id.clone();
    own.or_else(|| {
        let event = crate::state::dead_letters::as_event(outgoing);
        event.envelope.event_id.as_deref().map(str::to_owned)
    })
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
        record: event.transport.kafka().map(|record| OutgoingRecord {
            key: record.key,
            // The key finds its partition, as for any other publisher.
            partition: None,
            is_tombstone: record.is_tombstone,
        }),
    })
}
