//! What is sent, in which order and when.

use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;

use super::*;
use crate::event::amqp::Properties;
use crate::event::source_id::SourceId;
use crate::event::tap_id::TapId;
use crate::event::{Event, Transport};
use crate::log::Batch;
use crate::query::Filter;
use crate::recording::writer::RecordingWriter;

/// A hundred events of ten keys, one each 100 ms; the body is the number.
fn recorded(dir: &tempfile::TempDir) -> PathBuf {
    let begun = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let events = (0..100_i64).map(|number| {
        let properties = Properties {
            message_id: Some(format!("m-{number}")),
            user_id: Some("ada".into()),
            timestamp: Some(1_790_000_000),
            ..Properties::default()
        };
        let at = begun + chrono::TimeDelta::milliseconds(number * 100);
        let key = format!("k.{}", number % 10);
        let body = number.to_string().into_bytes();
        Event::new(
            at,
            "shop".into(),
            key,
            Transport::amqp(false),
            properties,
            body,
        )
    });
    let events: Vec<Event> = events.collect();
    let path = dir.path().join("a.eventscope");
    let mut writer = RecordingWriter::create(&path, begun).unwrap();
    let batch = Batch::of(TapId::of(SourceId::FIRST, 1), &events);
    writer.segment("x", batch.segment()).unwrap();
    writer.seal(begun + chrono::TimeDelta::seconds(10)).unwrap()
}

fn order(path: PathBuf) -> ReplayOrder {
    ReplayOrder {
        path,
        filter: Filter::default(),
        destination: "again".into(),
        pace: ReplayPace::AsConfirmed,
        new_ids: false,
        shift_times: false,
        trial: Trial::default(),
        seed: 7,
    }
}

fn planned(order: &ReplayOrder) -> (Vec<DueEvent>, ReplayTally) {
    let begun = DateTime::from_timestamp(1_790_000_060, 0).unwrap();
    let (mut all, mut last) = (Vec::new(), ReplayTally::default());
    plan(order, begun, |part, tally| {
        all.extend(part);
        last = tally;
        true
    })
    .unwrap();
    (all, last)
}

fn numbers(events: &[DueEvent]) -> Vec<u32> {
    let bodies = events
        .iter()
        .map(|event| String::from_utf8(event.outgoing.body.clone()).unwrap());
    bodies.map(|body| body.parse().unwrap()).collect()
}

#[test]
fn without_a_trial_all_comes_in_its_order_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let (all, tally) = planned(&order(recorded(&dir)));
    assert_eq!(numbers(&all), (0..100).collect::<Vec<_>>());
    assert_eq!(all[99].due, Duration::from_millis(9_900));
    assert_eq!((tally.recorded, tally.position), (100, 100));
    let one = &all[3];
    assert_eq!(
        (one.outgoing.destination.as_str(), one.outgoing.key.as_str()),
        ("again", "k.3")
    );
    assert_eq!(one.outgoing.properties.message_id.as_deref(), Some("m-3"));
    assert_eq!(
        (
            one.outgoing.properties.user_id.as_deref(),
            one.user_id.as_deref()
        ),
        (None, Some("ada"))
    );
}

#[test]
fn a_filter_new_ids_and_shifted_times_are_kept_to() {
    let dir = tempfile::tempdir().unwrap();
    let mut order = order(recorded(&dir));
    order.filter = Filter::parse("key:k.4").unwrap();
    order.new_ids = true;
    order.shift_times = true;
    let (all, _) = planned(&order);
    assert_eq!(
        numbers(&all),
        (0..10).map(|n| n * 10 + 4).collect::<Vec<_>>()
    );
    // The first that is sent was received 400 ms after the recording began.
    assert_eq!(all[0].outgoing.properties.timestamp, Some(1_790_000_059));
    let id = all[0].outgoing.properties.message_id.clone().unwrap();
    assert!(uuid::Uuid::parse_str(&id).is_ok() && planned(&order).0 == all);
    order.seed = 8;
    assert_ne!(
        planned(&order).0[0].outgoing.properties.message_id,
        Some(id)
    );
}

#[test]
fn a_trial_does_what_its_seed_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut order = order(recorded(&dir));
    order.trial = Trial {
        twice: true,
        shuffle: Duration::from_secs(2),
        leave_out: 20,
        late: Duration::from_secs(5),
    };
    let (all, tally) = planned(&order);
    let sent = numbers(&all);
    assert_eq!(planned(&order).0, all, "the same seed does the same");
    assert!((5..40).contains(&tally.left_out), "{tally:?}");
    assert_eq!(
        (tally.second, sent.len() as u64),
        (100 - tally.left_out, 2 * (100 - tally.left_out))
    );
    assert!(!sent.is_sorted());
    assert!(all.is_sorted_by_key(|event| event.due));
    for number in &sent {
        assert_eq!(sent.iter().filter(|other| *other == number).count(), 2);
        let own = all
            .iter()
            .filter(|event| event.outgoing.body == number.to_string().as_bytes());
        let came = Duration::from_millis(u64::from(*number) * 100);
        for event in own {
            assert!(event.due >= came && event.due < came + Duration::from_secs(7));
        }
    }
    order.seed = 8;
    assert_ne!(numbers(&planned(&order).0), sent);
}

#[test]
fn it_ends_where_nobody_takes_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut parts = 0;
    let begun = DateTime::UNIX_EPOCH;
    plan(&order(recorded(&dir)), begun, |_, _| {
        parts += 1;
        false
    })
    .unwrap();
    assert_eq!(parts, 1);
}
