//! What comes back of the form and of what was sent, and what does not.

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
