//! What the buttons of the publish screen do.

use super::series::SeriesForm;
use super::verdict::verdict;
use super::{draft_of_event, schema_form};
use crate::event::amqp::Properties;
use crate::event::draft::series::EventSeries;
use crate::event::draft::variables::Values;
use crate::event::{Draft, Event, Outgoing};
use crate::protocol::{Command, RequestId};
use crate::state::{Forms, Moment, Screen, State};

/// One thing that a person did on the publish screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishAction {
    /// Publish the form. Asks first if its payload is broken and nobody meant it to be.
    Send,
    /// Publish it though it is broken.
    SendBroken,
    /// Publish it though the connection is marked as production.
    SendToProduction,
    /// Publish it as often as its fields say.
    Series,
    StopSeries,
    /// Ask whether the form shall be sent as a tombstone.
    Tombstone,
    /// Send it as one.
    SendTombstone,
    /// Go back to the form.
    DoNotSend,
    /// Publish a sent event once more, by its number, as it was.
    Again(u64),
    /// The same, though the connection is marked as production.
    AgainToProduction(u64),
    /// Load a sent event into the form.
    UseAsDraft(u64),
}

impl State {
    pub(in crate::state) fn act_on_publishing(
        &mut self,
        action: PublishAction,
        forms: &mut Forms,
        moment: Moment<'_>,
    ) -> Vec<Command> {
        match action {
            PublishAction::Send => {
                if self.asks_first(forms, false) {
                    return Vec::new();
                }
                self.publish(forms, moment)
            }
            PublishAction::SendToProduction => {
                match self.front.publish.agree_to_production(&forms.draft) {
                    Some(true) => self.publish_series(forms, moment),
                    Some(false) => self.publish(forms, moment),
                    None => Vec::new(),
                }
            }
            PublishAction::Series => {
                if self.asks_first(forms, true) {
                    return Vec::new();
                }
                self.publish_series(forms, moment)
            }
            PublishAction::StopSeries => {
                let stop = self.front.publish.stop_series();
                stop.map(|one| self.to_front(one)).into_iter().collect()
            }
            PublishAction::SendBroken => {
                if self.front.publish.agree() {
                    self.publish_series(forms, moment)
                } else {
                    self.publish(forms, moment)
                }
            }
            PublishAction::Tombstone => {
                self.front.publish.ask_tombstone(&forms.draft);
                Vec::new()
            }
            PublishAction::SendTombstone => {
                if self.front.publish.agree_to_tombstone(&forms.draft) {
                    self.publish_as(forms, moment, true)
                } else {
                    Vec::new()
                }
            }
            PublishAction::DoNotSend => {
                self.front.publish.put_off();
                Vec::new()
            }
            PublishAction::Again(number) if self.front.is_production => {
                self.front.publish.put_off();
                self.front.publish.asked_again = Some(number);
                Vec::new()
            }
            PublishAction::Again(number) | PublishAction::AgainToProduction(number) => {
                self.front.publish.put_off();
                let Some(sent) = self.front.publish.sent(number) else {
                    return Vec::new();
                };
                if let Some(series) = &sent.series {
                    let asked = series.asked.clone();
                    return self.begin_series(asked, moment);
                }
                let outgoing = sent.outgoing.clone();
                self.publish_again(outgoing, moment)
            }
            PublishAction::UseAsDraft(number) => {
                self.sent_as_draft(number, forms);
                Vec::new()
            }
        }
    }

    /// Loads a sent event, or a series with its fields, into the form.
    fn sent_as_draft(&mut self, number: u64, forms: &mut Forms) {
        let Some(sent) = self.front.publish.sent(number) else {
            return;
        };
        if let Some(series) = &sent.series {
            let EventSeries {
                draft,
                as_written,
                count,
                per_second,
                seed: _,
            } = series.asked.clone();
            self.use_as_draft(draft, forms);
            forms.as_written = as_written;
            forms.series = SeriesForm::of(count, per_second);
        } else {
            let draft = Draft::of(&sent.outgoing);
            self.use_as_draft(draft, forms);
        }
    }

    /// An event that was sent before, as it was.
    fn publish_again(&mut self, outgoing: Outgoing, moment: Moment<'_>) -> Vec<Command> {
        let request = RequestId(self.fresh());
        let (destination, key) = (&outgoing.destination, &outgoing.key);
        let only_tap = self.is_only_tap(destination, key, &outgoing.properties);
        let publish = &mut self.front.publish;
        let again = publish.again(request, outgoing, only_tap, moment.now);
        vec![self.to_front(again)]
    }

    /// Loads an event of the stream or of a queue into the form.
    pub(in crate::state) fn load_event(&mut self, event: &Event, forms: &mut Forms) {
        self.use_as_draft(draft_of_event(event), forms);
    }

    /// Another draft takes the place of the one in the form, which an undo brings back.
    fn use_as_draft(&mut self, draft: Draft, forms: &mut Forms) {
        forms.draft = draft;
        self.suit_draft(forms);
        forms.payload.forget();
        // What was sent is sent as it reads, also where it happens to look like a variable.
        forms.as_written = forms.draft.has_variables();
        self.front.publish.replaced();
        self.screen = Screen::Publish;
    }

    /// The form takes what the store in front takes.
    pub(in crate::state) fn suit_draft(&self, forms: &mut Forms) {
        if let Some(address) = self.front.address() {
            forms.draft.suit(address.kafka().is_some());
        }
    }

    /// Asks about the form if it is broken by accident or would go to production; false if there is
    /// nothing to ask.
    fn asks_first(&mut self, forms: &Forms, as_series: bool) -> bool {
        let draft = &forms.draft;
        if self.is_broken_by_accident(forms) {
            self.front.publish.ask(draft, as_series);
            true
        } else if self.front.is_production && (draft.has_variables() || draft.check().is_ok()) {
            self.front.publish.ask_production(draft, as_series);
            true
        } else {
            false
        }
    }

    fn is_broken_by_accident(&self, forms: &Forms) -> bool {
        let draft = &forms.draft;
        if self.front.publish.is_agreed(draft) || forms.payload.is_on_purpose(draft) {
            return false;
        }
        let catalog = self.schemas.catalog.as_deref();
        let target = catalog.and_then(|all| schema_form::target(draft, &forms.payload, all));
        let is_chosen = forms.payload.chosen.is_some();
        let said = verdict(
            draft,
            forms.as_written,
            (target.as_ref(), is_chosen),
            catalog,
        );
        said.is_broken()
    }

    fn publish(&mut self, forms: &Forms, moment: Moment<'_>) -> Vec<Command> {
        self.publish_as(forms, moment, false)
    }

    fn publish_as(
        &mut self,
        forms: &Forms,
        moment: Moment<'_>,
        is_tombstone: bool,
    ) -> Vec<Command> {
        let request = RequestId(self.fresh());
        let written = &forms.draft;
        let sent = if forms.as_written || !written.has_variables() {
            written.clone()
        } else {
            written.expanded(Values::new(moment.now, 1, moment.seed()))
        };
        let only_tap = self.is_only_tap(&sent.destination, &sent.key, &sent.routed_by());
        let desk = &mut self.front.publish;
        let command = desk.publish(
            request,
            (written, &sent, is_tombstone),
            only_tap,
            moment.now,
        );
        command.map(|one| self.to_front(one)).into_iter().collect()
    }

    fn publish_series(&mut self, forms: &mut Forms, moment: Moment<'_>) -> Vec<Command> {
        let (count, per_second) = match forms.series.read() {
            Ok(read) => read,
            Err(words) => {
                forms.series.problem = Some(words);
                return Vec::new();
            }
        };
        forms.series.problem = None;
        let series = EventSeries {
            draft: forms.draft.clone(),
            as_written: forms.as_written,
            count,
            per_second,
            seed: 0,
        };
        self.begin_series(series, moment)
    }

    fn begin_series(&mut self, series: EventSeries, moment: Moment<'_>) -> Vec<Command> {
        let request = RequestId(self.fresh());
        // What is wrong with the first is wrong with all.
        let first = match series.event(1, moment.now) {
            Ok(first) => first,
            Err(problems) => {
                self.front.publish.name_problems(&series.draft, problems);
                return Vec::new();
            }
        };
        let only_tap = self.is_only_tap(&first.destination, &first.key, &first.properties);
        let asked = EventSeries {
            seed: moment.seed(),
            ..series
        };
        let desk = &mut self.front.publish;
        let command = desk.begin_series(request, (asked, first), only_tap, moment.now);
        command.map(|one| self.to_front(one)).into_iter().collect()
    }

    /// True if no queue but our own tap's is known to get a message.
    fn is_only_tap(&self, destination: &str, key: &str, routed_by: &Properties) -> bool {
        let own = self.taps.own_queues(self.front.id);
        let topology = &self.front.topology;
        let others = topology.route_without(destination, key, routed_by, &own);
        !own.is_empty() && others.is_some_and(|queues| queues.is_empty())
    }
}
