//! The publish form and what was sent, as they are kept for the next start: bounded, without what looks
//! like a secret, and only where what comes back is the same.

use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::DateTime;

use super::plain_draft::{draft_of, saved_draft};
use super::schema_form::FormTarget;
use super::series::{SentSeries, SeriesForm, SeriesRun};
use super::{PublishDesk, SentEvent};
use crate::event::Draft;
use crate::event::draft::series::{EventSeries, SeriesTally};
use crate::protocol::{PublishOutcome, RequestId};
use crate::settings::{SavedForm, SavedOutcome, SavedSent, SavedSeries};
use crate::state::Forms;

/// Most events of the history that are kept for the next start.
const MOST_SENT: usize = 50;
/// Most bytes that they take together.
const MOST_BYTES: usize = 64 * 1024;

/// What is kept, and of what it was made: it is made anew only when that has changed.
#[derive(Debug, Default)]
pub(in crate::state) struct KeptDesk {
    form: Option<KeptForm>,
    sent: Arc<Vec<SavedSent>>,
    /// What is not kept, and why, in words.
    left_out: Vec<(RequestId, &'static str)>,
    revision: u64,
}

/// A form with what is kept of it.
#[derive(Debug)]
struct KeptForm {
    draft: Draft,
    as_written: bool,
    series: SeriesForm,
    raw: bool,
    chosen: Option<FormTarget>,
    saved: Option<Arc<SavedForm>>,
}

impl KeptDesk {
    /// Takes down what is to be kept now.
    pub(in crate::state) fn note(&mut self, desk: &PublishDesk, forms: &Forms) {
        let same = self.form.as_ref().is_some_and(|kept| kept.is_of(forms));
        if !same {
            self.form = Some(KeptForm::new(forms));
        }
        if self.revision != desk.revision {
            self.revision = desk.revision;
            let (sent, left_out) = saved_history(&desk.history);
            self.sent = Arc::new(sent);
            self.left_out = left_out;
        }
    }

    /// Why a sent event is not kept for the next start, in words; none if it is.
    pub(in crate::state) fn left_out(&self, request: RequestId) -> Option<&'static str> {
        let mut all = self.left_out.iter();
        all.find(|(one, _)| *one == request).map(|(_, why)| *why)
    }

    /// The form, unless nothing was written into it.
    pub(in crate::state) fn form(&self) -> Option<Arc<SavedForm>> {
        self.form.as_ref().and_then(|form| form.saved.clone())
    }

    pub(in crate::state) fn sent(&self) -> Arc<Vec<SavedSent>> {
        Arc::clone(&self.sent)
    }
}

impl KeptForm {
    fn new(forms: &Forms) -> Self {
        let chosen = forms.payload.chosen.clone();
        let saved = (!is_untouched(forms)).then(|| {
            let target = chosen.clone();
            Some(Arc::new(SavedForm {
                draft: saved_draft(&forms.draft)?,
                as_written: forms.as_written,
                count: forms.series.count.clone(),
                rate: forms.series.rate.clone(),
                raw: forms.payload.raw,
                chosen: target.map(|target| (target.event_type, target.version)),
            }))
        });
        Self {
            draft: forms.draft.clone(),
            as_written: forms.as_written,
            series: forms.series.clone(),
            raw: forms.payload.raw,
            chosen,
            saved: saved.flatten(),
        }
    }

    fn is_of(&self, forms: &Forms) -> bool {
        self.draft == forms.draft
            && self.as_written == forms.as_written
            && self.series == forms.series
            && self.raw == forms.payload.raw
            && self.chosen == forms.payload.chosen
    }
}

/// True as long as nobody wrote anything into the form. Its destination is proposed.
pub(in crate::state) fn is_untouched(forms: &Forms) -> bool {
    let mut fresh = Draft::default();
    fresh.destination.clone_from(&forms.draft.destination);
    forms.draft == fresh && forms.series == SeriesForm::default() && !forms.payload.raw
}

/// Puts a form back as it was kept.
pub(in crate::state) fn take_form(saved: &SavedForm, forms: &mut Forms) {
    forms.draft = draft_of(&saved.draft);
    forms.draft_history = None;
    forms.as_written = saved.as_written;
    forms.series = SeriesForm {
        count: saved.count.clone(),
        rate: saved.rate.clone(),
        problem: None,
    };
    forms.payload.forget();
    forms.payload.raw = saved.raw;
    forms.payload.chosen = saved
        .chosen
        .clone()
        .map(|(event_type, version)| FormTarget {
            event_type,
            version,
        });
}

/// Puts the history back as it was kept; each event gets a number of its own.
pub(in crate::state) fn take_sent(
    saved: &[SavedSent],
    desk: &mut PublishDesk,
    mut fresh: impl FnMut() -> u64,
) {
    let all = saved.iter();
    let read = all.filter_map(|one| sent_of(one, RequestId(fresh())));
    desk.history = read.collect();
    desk.revision += 1;
}

/// The newest of what was sent, as far as there is room; and what is left out, with the reason.
fn saved_history(history: &[SentEvent]) -> (Vec<SavedSent>, Vec<(RequestId, &'static str)>) {
    let (mut kept, mut left_out, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (place, sent) in history.iter().enumerate() {
        let is_answered = match &sent.series {
            Some(series) => !series.run.runs,
            None => sent.outcome.is_some(),
        };
        if !is_answered {
            continue;
        }
        let why = if sent.outgoing.body.len() > MOST_BYTES {
            Err("it is larger than 64 kB")
        } else if place >= MOST_SENT {
            Err("only the newest 50 are")
        } else {
            saved_sent(sent).ok_or("it would not come back as the same")
        };
        match why {
            Ok((_, cost)) if bytes + cost > MOST_BYTES => {
                left_out.push((sent.request, "newer ones take the 64 kB that there are"));
            }
            Ok((saved, cost)) => {
                bytes += cost;
                kept.push(saved);
            }
            Err(why) => left_out.push((sent.request, why)),
        }
    }
    (kept, left_out)
}

/// A sent event, and what it costs. None while there is no answer, and where it would not be sent again
/// as the same.
fn saved_sent(sent: &SentEvent) -> Option<(SavedSent, usize)> {
    // Its value would come back as an empty one.
    if sent
        .outgoing
        .record
        .is_some_and(|record| record.is_tombstone)
    {
        return None;
    }
    let draft = match &sent.series {
        Some(series) if series.run.runs => return None,
        Some(series) => series.asked.draft.clone(),
        None => Draft::of(&sent.outgoing),
    };
    let outcome = match &sent.outcome {
        None if sent.series.is_none() => return None,
        None => None,
        Some(PublishOutcome::Routed) => Some(SavedOutcome::Routed),
        Some(PublishOutcome::Written { partition, offset }) => {
            Some(SavedOutcome::Written(*partition, *offset))
        }
        Some(PublishOutcome::Unroutable(words)) => Some(SavedOutcome::Unroutable(words.clone())),
        Some(PublishOutcome::Refused(words)) => Some(SavedOutcome::Refused(words.clone())),
        Some(PublishOutcome::NotConfirmed { seconds }) => {
            Some(SavedOutcome::NotConfirmed(*seconds))
        }
    };
    let message = saved_draft(&draft)?;
    if draft_of(&message) != draft {
        return None;
    }
    let saved = SavedSent {
        at_ms: sent.at.timestamp_millis(),
        message,
        only_tap: sent.only_tap,
        outcome,
        series: sent.series.as_deref().map(saved_series),
    };
    Some((saved, draft.cost()))
}

fn saved_series(series: &SentSeries) -> SavedSeries {
    let SentSeries { asked, run } = series;
    let problems = run.problem.iter().chain(&run.tally.trouble);
    let problems: Vec<&str> = problems.map(String::as_str).collect();
    SavedSeries {
        count: asked.count,
        per_second: asked.per_second.map(NonZeroU32::get),
        as_written: asked.as_written,
        routed: run.tally.routed,
        not_routed: run.tally.not_routed,
        unsure: run.tally.unsure,
        problem: (!problems.is_empty()).then(|| problems.join(". ")),
    }
}

fn sent_of(saved: &SavedSent, request: RequestId) -> Option<SentEvent> {
    let draft = draft_of(&saved.message);
    let at = DateTime::from_timestamp_millis(saved.at_ms)?;
    let series = saved.series.as_ref().map(|series| EventSeries {
        draft: draft.clone(),
        as_written: series.as_written,
        count: series.count,
        per_second: series.per_second.and_then(NonZeroU32::new),
        seed: 0,
    });
    let outgoing = match &series {
        Some(series) => series.event(1, at).ok()?,
        None => draft.check().ok()?,
    };
    let outcome = saved.outcome.as_ref().map(|outcome| match outcome {
        SavedOutcome::Routed => PublishOutcome::Routed,
        SavedOutcome::Written(partition, offset) => PublishOutcome::Written {
            partition: *partition,
            offset: *offset,
        },
        SavedOutcome::Unroutable(words) => PublishOutcome::Unroutable(words.clone()),
        SavedOutcome::Refused(words) => PublishOutcome::Refused(words.clone()),
        SavedOutcome::NotConfirmed(seconds) => PublishOutcome::NotConfirmed { seconds: *seconds },
    });
    let series = series.zip(saved.series.as_ref()).map(|(asked, saved)| {
        let run = SeriesRun {
            request,
            count: saved.count,
            tally: SeriesTally {
                routed: saved.routed,
                not_routed: saved.not_routed,
                unsure: saved.unsure,
                trouble: None,
            },
            runs: false,
            problem: saved.problem.clone(),
        };
        Box::new(SentSeries { asked, run })
    });
    Some(SentEvent {
        request,
        at,
        id: super::id_of(&outgoing),
        outgoing,
        only_tap: saved.only_tap,
        outcome,
        series,
    })
}

#[cfg(test)]
mod tests;
