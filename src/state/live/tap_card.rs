//! The card before a tap: what it would do there, or what the firehose costs, and what
//! the person says to it. Nothing starts before that, except in the sandbox, which is our own.

use chrono::{DateTime, Utc};

use crate::event::tap_id::TapId;
use crate::event::watching::{Report, TapReading, TapRequest};
use crate::protocol::{RequestId, SourceCommand};
use crate::rabbitmq::tap::{self, FirehoseRequest};
use crate::state::State;
use crate::state::forms::Forms;

/// Bytes a second that a tap reads at most where the person marked the connection as production: the
/// brokers' quotas and disks are shared with the applications.
const PRODUCTION_RATE: u64 = 5_000_000;

/// What a person can do about taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapAction {
    /// Start the tap that the form describes: the card comes first.
    Start,
    /// The card was read: start it.
    StartAnyway,
    /// Put the card away.
    Cancel,
    /// Show what the firehose costs.
    AskFirehose,
    /// That was read: switch it on.
    SwitchOnFirehose,
    /// Start a tap of an earlier session, by its place in the list: its card comes first.
    StartEarlier(usize),
    /// Put it away.
    DismissEarlier(usize),
    /// Stop a tap, or put a refused one away.
    Stop(TapId),
    /// Pass over what a tap has not read.
    SkipToEnd(TapId),
    /// Show or hide the rows of a tap.
    Show(TapId, bool),
}

/// The card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Card {
    /// It is being found out.
    Asking {
        request: RequestId,
        /// What would be listened to.
        destination: String,
    },
    /// It was found out.
    Tap(Report),
    /// What the firehose costs.
    Firehose,
}

impl State {
    pub(crate) fn act_on_taps(
        &mut self,
        action: TapAction,
        forms: &mut Forms,
        now: DateTime<Utc>,
    ) -> Option<SourceCommand> {
        match action {
            TapAction::Start => return self.start_tap(forms, now),
            TapAction::StartAnyway => {
                if let Some(Card::Tap(report)) =
                    self.front.tap_card.take_if(|card| card.may_start())
                {
                    let request = TapRequest {
                        tap: self.fresh_tap(),
                        destination: report.destination,
                        keys: report.keys,
                        reading: report.reading,
                    };
                    let start = self.taps.start(request);
                    self.note_started(self.front.id);
                    return Some(start);
                }
            }
            TapAction::Cancel => self.front.tap_card = None,
            TapAction::AskFirehose => self.front.tap_card = Some(Card::Firehose),
            TapAction::SwitchOnFirehose => {
                if self.front.tap_card == Some(Card::Firehose)
                    && !self.taps.has_firehose(self.front.id)
                {
                    self.front.tap_card = None;
                    let tap = self.fresh_tap();
                    let deliveries = forms.tap.deliveries;
                    let start = FirehoseRequest { tap, deliveries };
                    let start = self.taps.start_firehose(start);
                    self.note_started(self.front.id);
                    return Some(start);
                }
            }
            TapAction::StartEarlier(place) => return self.start_earlier(place, forms),
            TapAction::DismissEarlier(place) => {
                if place < self.front.earlier.len() {
                    self.front.earlier.remove(place);
                }
            }
            TapAction::Stop(tap) => return self.taps.stop(tap),
            TapAction::SkipToEnd(tap) => return Some(SourceCommand::SkipToEnd(tap)),
            TapAction::Show(tap, shown) => self.taps.show(tap, shown),
        }
        None
    }

    fn start_tap(&mut self, forms: &Forms, now: DateTime<Utc>) -> Option<SourceCommand> {
        if self.refuse_same(forms) {
            return None;
        }
        if self.front.in_sandbox() {
            return self.start_at_once(forms);
        }
        let destination = forms.tap.destination.clone();
        let reading = match self.reading(forms, now) {
            Ok(reading) => reading,
            Err(words) => {
                self.front.tap_card = Some(Card::Tap(Report {
                    destination,
                    ..Report::impossible(words)
                }));
                return None;
            }
        };
        let binding_keys = self.tap_keys(forms);
        let request = RequestId(self.fresh());
        self.front.tap_card = Some(Card::Asking {
            request,
            destination: destination.clone(),
        });
        Some(SourceCommand::Preflight {
            request,
            destination,
            keys: binding_keys,
            reading,
        })
    }

    /// How a tap of this form reads what is there already.
    fn reading(&self, forms: &Forms, now: DateTime<Utc>) -> Result<TapReading, String> {
        if self.is_recording_in_front() {
            return Ok(self.reading_from(1));
        }
        if !self.front.is_read_from_a_place() {
            return Ok(TapReading::default());
        }
        Ok(TapReading {
            from: forms.tap.start_from(now)?,
            committed_only: forms.tap.committed_only,
            most_per_second: self.front.is_production.then_some(PRODUCTION_RATE),
            most_bytes: None,
        })
    }

    /// The patterns of keys in the form. A store that is read from a place on has none: all of a
    /// destination is read.
    fn tap_keys(&self, forms: &Forms) -> Vec<String> {
        if self.front.is_read_from_a_place() {
            return Vec::new();
        }
        let form = &forms.tap;
        tap::binding_keys(&form.binding_key, &form.destination, &self.front.topology)
    }

    /// A second tap on the same would show each event twice and tell nothing: the card says so
    /// instead.
    fn refuse_same(&mut self, forms: &Forms) -> bool {
        let destination = &forms.tap.destination;
        let keys = self.tap_keys(forms);
        if (self.taps.same(self.front.id, destination, &keys)).is_none() {
            return false;
        }
        let words =
            "A tap listens to exactly this already. A second one would show each event twice";
        self.front.tap_card = Some(Card::Tap(Report {
            destination: destination.clone(),
            keys,
            ..Report::impossible(words.to_owned())
        }));
        true
    }

    /// Without a card. What cannot be tapped is refused all the same.
    pub(crate) fn start_at_once(&mut self, forms: &Forms) -> Option<SourceCommand> {
        let destination = forms.tap.destination.clone();
        let topology = &self.front.topology;
        if let Some(words) = tap::refused_there(&destination, topology) {
            let report = Report {
                destination,
                firehose: true,
                ..Report::impossible(words)
            };
            self.front.tap_card = Some(Card::Tap(report));
            return None;
        }
        let binding_keys =
            tap::binding_keys(&forms.tap.binding_key, &destination, &self.front.topology);
        let tap = self.fresh_tap();
        let start = self.taps.start(TapRequest {
            tap,
            destination,
            keys: binding_keys,
            reading: if self.is_recording_in_front() {
                self.reading_from(1)
            } else {
                TapReading::default()
            },
        });
        self.note_started(self.front.id);
        Some(start)
    }

    /// Takes the answer to [`SourceCommand::Preflight`], unless the card was put away meanwhile. A
    /// harmless tap of an earlier session starts.
    pub(crate) fn take_report(
        &mut self,
        asked: RequestId,
        report: Report,
    ) -> Option<SourceCommand> {
        let report = match self.take_earlier_report(asked, report) {
            Ok(start) => return start,
            Err(report) => report,
        };
        if matches!(self.front.tap_card, Some(Card::Asking { request, .. }) if request == asked) {
            self.front.tap_card = Some(Card::Tap(report));
        }
        None
    }
}

impl Card {
    fn may_start(&self) -> bool {
        matches!(self, Self::Tap(report) if report.may_start())
    }
}
