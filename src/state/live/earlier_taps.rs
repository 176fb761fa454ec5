//! Taps of an earlier session at the same place: started again where that is harmless, else offered.

use super::tap_card::Card;
use super::taps::{Phase, Tap};
use crate::event::source_id::SourceId;
use crate::event::watching::{Report, TapReading, TapRequest, Weight};
use crate::protocol::{RequestId, SourceCommand};
use crate::rabbitmq::tap;
use crate::settings::SavedTap;
use crate::state::State;
use crate::state::forms::Forms;

/// How far an earlier tap is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum EarlierPhase {
    /// What it is about is not known yet.
    Waiting,
    /// What it would do is being found out.
    Asking(RequestId),
    /// The person decides; why, in words.
    Offered(String),
}

/// A tap of an earlier session that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierTap {
    saved: SavedTap,
    phase: EarlierPhase,
}

impl EarlierTap {
    pub(in crate::state) fn new(saved: SavedTap) -> Self {
        Self {
            saved,
            phase: EarlierPhase::Waiting,
        }
    }

    pub(in crate::state) fn saved(&self) -> &SavedTap {
        &self.saved
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.saved.destination {
            Some(name) => format!("{name} {}", self.saved.keys.join(", ")),
            None => "Firehose".to_owned(),
        }
    }

    /// Why it was not started, in words; none while that is being found out.
    #[must_use]
    pub fn why_offered(&self) -> Option<&str> {
        match &self.phase {
            EarlierPhase::Offered(why) => Some(why),
            EarlierPhase::Waiting | EarlierPhase::Asking(_) => None,
        }
    }
}

/// A tap as it is kept; none if it does not run or is about to end.
pub(in crate::state) fn saved_tap(tap: &Tap) -> Option<SavedTap> {
    let runs = matches!(
        tap.phase,
        Phase::Starting | Phase::Running | Phase::Interrupted(_)
    );
    runs.then(|| SavedTap {
        destination: tap.destination().map(str::to_owned),
        keys: tap.key_patterns().to_vec(),
        deliveries: tap.deliveries,
        colour: tap.colour,
        shown: tap.shown,
    })
}

impl State {
    /// What the source in front is made of is known: earlier taps are looked at.
    pub(in crate::state) fn resume_taps(&mut self) -> Vec<SourceCommand> {
        let mut commands = Vec::new();
        let mut left = Vec::new();
        for mut earlier in std::mem::take(&mut self.front.earlier) {
            if earlier.phase == EarlierPhase::Waiting {
                match self.resume(&earlier.saved) {
                    Ok(started) => {
                        commands.extend(started);
                        continue;
                    }
                    Err((phase, asked)) => {
                        earlier.phase = phase;
                        commands.extend(asked);
                    }
                }
            }
            left.push(earlier);
        }
        self.front.earlier = left;
        commands
    }

    /// Starts it where that needs no question; else says how far it is, and what is to be asked.
    fn resume(
        &mut self,
        saved: &SavedTap,
    ) -> Result<Option<SourceCommand>, (EarlierPhase, Option<SourceCommand>)> {
        let offered = |why: &str| Err((EarlierPhase::Offered(why.to_owned()), None));
        let Some(destination) = &saved.destination else {
            return offered("It weighs on the whole broker, so it does not start by itself");
        };
        if self.front.is_production {
            return offered("This connection is marked as production, so nothing starts by itself");
        }
        if self
            .taps
            .same(self.front.id, destination, &saved.keys)
            .is_some()
        {
            return Ok(None);
        }
        if !self.front.in_sandbox() {
            let request = RequestId(self.fresh());
            let ask = SourceCommand::Preflight {
                request,
                destination: destination.clone(),
                keys: saved.keys.clone(),
                reading: TapReading::default(),
            };
            return Err((EarlierPhase::Asking(request), Some(ask)));
        }
        match tap::refused_there(destination, &self.front.topology) {
            Some(words) => Err((EarlierPhase::Offered(words), None)),
            None => Ok(Some(self.start_again(saved, destination))),
        }
    }

    fn start_again(&mut self, saved: &SavedTap, destination: &str) -> SourceCommand {
        let tap = self.fresh_tap();
        let reading = if self.is_recording_in_front() {
            self.reading_from(1)
        } else {
            TapReading::default()
        };
        let command = self.taps.start(TapRequest {
            tap,
            destination: destination.to_owned(),
            keys: saved.keys.clone(),
            reading,
        });
        self.taps.dress(tap, saved.colour, saved.shown);
        command
    }

    /// Takes the answer to what an earlier tap would do; gives it back if it is about another one.
    pub(in crate::state) fn take_earlier_report(
        &mut self,
        asked: RequestId,
        report: Report,
    ) -> Result<Option<SourceCommand>, Report> {
        let phase = EarlierPhase::Asking(asked);
        let mut all = self.front.earlier.iter();
        let Some(place) = all.position(|earlier| earlier.phase == phase) else {
            return Err(report);
        };
        let gravest = report.findings.iter().max_by_key(|finding| finding.weight);
        if let Some(gravest) = gravest.filter(|finding| finding.weight > Weight::Info) {
            let why = gravest.words.clone();
            self.front.earlier[place].phase = EarlierPhase::Offered(why);
            return Ok(None);
        }
        let saved = self.front.earlier.remove(place).saved;
        let destination = saved.destination.clone().unwrap_or_default();
        Ok(Some(self.start_again(&saved, &destination)))
    }

    /// The person wants an earlier tap: its card comes first, as before any tap.
    pub(in crate::state) fn start_earlier(
        &mut self,
        place: usize,
        forms: &mut Forms,
    ) -> Option<SourceCommand> {
        let saved = self.front.earlier.get(place)?.saved.clone();
        let Some(destination) = &saved.destination else {
            forms.tap.deliveries = saved.deliveries;
            self.front.tap_card = Some(Card::Firehose);
            return None;
        };
        let request = RequestId(self.fresh());
        self.front.tap_card = Some(Card::Asking {
            request,
            destination: destination.clone(),
        });
        Some(SourceCommand::Preflight {
            request,
            destination: destination.clone(),
            keys: saved.keys.clone(),
            reading: TapReading::default(),
        })
    }

    /// Taps were started: an earlier one that is the same is not offered any more, and its colour is
    /// kept.
    pub(in crate::state) fn note_started(&mut self, source: SourceId) {
        let taps = &mut self.taps;
        self.front.earlier.retain(|earlier| {
            let saved = &earlier.saved;
            let same = match &saved.destination {
                Some(name) => taps.same(source, name, &saved.keys).map(|tap| tap.id),
                None => taps.firehose(source).map(|tap| tap.id),
            };
            if let Some(tap) = same {
                taps.dress(tap, saved.colour, saved.shown);
            }
            same.is_none()
        });
    }
}
