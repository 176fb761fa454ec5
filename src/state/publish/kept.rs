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
mod tests {
    use super::*;
    use crate::event::amqp::{FieldType, FieldValue, Properties};
    use crate::event::draft::{Field, HeaderDraft};
    use crate::event::{BodyDraft, HeaderRow, Outgoing};

    fn forms() -> Forms {
        let mut forms = Forms::default();
        forms.draft.key = "order.created".into();
        forms.draft.body = BodyDraft::Text(r#"{"id":"{{uuid}}","total":1.10}"#.into());
        forms.draft.set(Field::MessageId, "{{id}}");
        forms.draft.headers = vec![
            HeaderRow::of("tries", &FieldValue::I16(3)),
            HeaderRow::of("authorization", &FieldValue::Text("Bearer x".into())),
        ];
        forms.draft.has_headers = true;
        forms.series.count = "500".into();
        forms.as_written = true;
        forms
    }

    fn sent(body: &str, outcome: Option<PublishOutcome>) -> SentEvent {
        SentEvent {
            request: RequestId(7),
            at: DateTime::UNIX_EPOCH,
            outgoing: Outgoing {
                destination: "shop".into(),
                key: "k".into(),
                properties: Properties {
                    headers: Some(vec![("n".into(), FieldValue::I64(1))]),
                    ..Properties::default()
                },
                body: body.into(),
                record: None,
            },
            only_tap: false,
            outcome,
            id: None,
            series: None,
        }
    }

    fn kept(history: Vec<SentEvent>, forms: &Forms) -> KeptDesk {
        let desk = PublishDesk {
            history,
            revision: 1,
            ..PublishDesk::default()
        };
        let mut kept = KeptDesk::default();
        kept.note(&desk, forms);
        kept
    }

    #[test]
    fn a_form_comes_back_as_it_was_but_for_its_secrets() {
        let mut forms = forms();
        let kept = kept(Vec::new(), &forms);
        let mut back = Forms::default();
        take_form(&kept.form().expect("a form"), &mut back);
        forms.draft.headers[1].value = HeaderDraft::Typed(FieldType::Text, String::new());
        assert_eq!(back.draft, forms.draft);
        assert_eq!((back.series, back.as_written), (forms.series, true));
    }

    #[test]
    fn an_untouched_form_is_not_kept() {
        let mut forms = Forms::default();
        forms.draft.destination = "proposed".into();
        assert!(kept(Vec::new(), &forms).form().is_none());
    }

    #[test]
    fn what_was_sent_comes_back_with_its_verdict() {
        let history = vec![
            sent("{}", Some(PublishOutcome::Routed)),
            sent("{", Some(PublishOutcome::Refused("No".into()))),
        ];
        let kept = kept(history.clone(), &Forms::default());
        let mut desk = PublishDesk::default();
        take_sent(&kept.sent(), &mut desk, || 7);
        assert_eq!(desk.history, history);
    }

    #[test]
    fn what_would_not_come_back_the_same_is_not_kept() {
        let routed = || Some(PublishOutcome::Routed);
        let mut binary = sent("", routed());
        binary.outgoing.body = vec![0xff, 0];
        let mut secret = sent("{}", routed());
        let header = ("x-api-key".to_owned(), FieldValue::Text("s3cr3t".into()));
        secret.outgoing.properties.headers = Some(vec![header]);
        let history = vec![
            sent("{}", None),
            binary,
            secret,
            sent(r#"{"password":"hunter2"}"#, routed()),
        ];
        assert!(kept(history, &Forms::default()).sent().is_empty());
    }

    #[test]
    fn a_series_comes_back_as_one() {
        let mut draft = forms().draft;
        // As a person adds it to a form that had no headers.
        draft.headers.truncate(1);
        draft.has_headers = false;
        let asked = EventSeries {
            draft,
            as_written: false,
            count: 500,
            per_second: NonZeroU32::new(20),
            seed: 0,
        };
        let first = asked.event(1, DateTime::UNIX_EPOCH).expect("right");
        let mut desk = PublishDesk::default();
        desk.begin_series(RequestId(7), (asked, first), false, DateTime::UNIX_EPOCH);
        let running = kept(desk.history.clone(), &Forms::default());
        assert!(running.sent().is_empty(), "it is not over");
        let tally = SeriesTally {
            routed: 500,
            ..SeriesTally::default()
        };
        desk.series_done(RequestId(7), Some(&tally), None);
        let kept = kept(desk.history.clone(), &Forms::default());
        let mut back = PublishDesk::default();
        take_sent(&kept.sent(), &mut back, || 7);
        assert_eq!(back.history, desk.history);
    }

    #[test]
    fn the_history_that_is_kept_is_bounded() {
        let routed = || Some(PublishOutcome::Routed);
        let many = (0..100).map(|_| sent("{}", routed())).collect();
        assert_eq!(kept(many, &Forms::default()).sent().len(), MOST_SENT);
        let large = format!("\"{}\"", "x".repeat(20_000));
        let many = (0..100).map(|_| sent(&large, routed())).collect();
        assert_eq!(kept(many, &Forms::default()).sent().len(), 3);
    }

    #[test]
    fn what_is_left_out_is_named_and_takes_no_room_of_others() {
        let routed = || Some(PublishOutcome::Routed);
        let mut large = sent(&"x".repeat(MOST_BYTES + 1), routed());
        large.request = RequestId(8);
        let kept = kept(vec![large, sent("{}", routed())], &Forms::default());
        assert_eq!(kept.sent().len(), 1);
        assert_eq!(kept.left_out(RequestId(8)), Some("it is larger than 64 kB"));
        assert_eq!(kept.left_out(RequestId(7)), None);
    }
}
