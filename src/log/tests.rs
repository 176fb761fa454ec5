//! What a log keeps, what it gives back, and what it forgets.

use super::*;
use crate::event::Transport;
use crate::event::amqp::{FieldValue, Properties};
use crate::event::source_id::SourceId;
use crate::testing::event;

const TAP: TapId = TapId::of(SourceId::FIRST, 1);

fn full_event(number: u32) -> Event {
    let body = format!(
        r#"{{"eventId":"e-{number}","eventType":"order.created","version":2,"data":{{"n":{number}}}}}"#
    );
    let properties = Properties {
        content_type: Some("application/json".into()),
        message_id: (number.is_multiple_of(2))
            .then(|| uuid::Uuid::from_u128(number.into()).to_string()),
        correlation_id: Some(format!("c-{number}")),
        timestamp: Some(1_700_000_000 + u64::from(number)),
        delivery_mode: Some(2),
        app_id: Some("web".into()),
        headers: (!number.is_multiple_of(3)).then(|| {
            vec![
                ("x-try".into(), FieldValue::I32(1)),
                ("x-tenant".into(), FieldValue::Text(format!("t{number}"))),
            ]
        }),
        ..Properties::default()
    };
    Event::new(
        DateTime::from_timestamp_millis(1_700_000_000_000 + i64::from(number)).unwrap(),
        "shop".into(),
        format!("order.{}", number % 5),
        Transport::amqp(number.is_multiple_of(7)),
        properties,
        body.into(),
    )
}

fn same(kept: Kept<'_>, event: &Event) {
    let read = kept.to_event();
    assert_eq!(format!("{read:?}"), format!("{event:?}"));
    assert_eq!(
        kept.event_id().as_deref(),
        event.envelope.event_id.as_deref()
    );
    assert_eq!(kept.data(), event.data());
    assert_eq!(kept.summary(), event.summary());
    assert_eq!(kept.key(), event.key);
}

#[test]
fn an_event_reads_back_as_it_was_received() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    for number in 0..1_000 {
        log.push(TAP, &full_event(number));
    }
    log.push(TAP, &event("", ""));
    for number in 0..1_000 {
        same(log.event(number.into()).unwrap(), &full_event(number));
    }
    same(log.event(1_000).unwrap(), &event("", ""));
    assert!(log.get(1_001).is_none());
}

#[test]
fn what_repeats_is_kept_once() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    let mut bodies = 0;
    for number in 0..10_000 {
        let event = full_event(number);
        bodies += event.body.len();
        log.push(TAP, &event);
    }
    let overhead = (log.bytes() - bodies) / 10_000;
    assert!(overhead <= 64, "{overhead} bytes an event");
}

#[test]
fn evicting_takes_whole_segments_and_counts() {
    let mut log = EventLog::new(1_000_000);
    for number in 0..20_000 {
        log.push(TAP, &full_event(number));
        assert!(log.bytes() <= 1_000_000);
        assert_eq!(log.kept(), log.end() - log.first());
    }
    assert_eq!(log.received(), 20_000);
    assert!(log.kept() > 1_000 && log.evicted() == 20_000 - log.kept());
    assert!(log.get(log.first() - 1).is_none());
    for number in log.first()..log.end() {
        same(
            log.event(number).unwrap(),
            &full_event(u32::try_from(number).unwrap()),
        );
    }
}

#[test]
fn an_event_larger_than_the_limit_is_still_seen() {
    let mut log = EventLog::new(10);
    for _ in 0..3 {
        log.push(TAP, &event("a", "large"));
    }
    assert_eq!((log.kept(), log.evicted()), (1, 2));
    assert_eq!(log.event(2).unwrap().body(), b"large");
}

#[test]
fn a_number_never_names_two_events() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    log.push(TAP, &event("a", "1"));
    log.clear();
    log.push(TAP, &event("b", "2"));
    assert!(log.get(0).is_none());
    assert_eq!(log.event(1).unwrap().key(), "b");
    assert_eq!((log.received(), log.evicted()), (1, 0));
}

#[test]
fn gaps_stand_between_events_and_are_no_events() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    let time = |ms| DateTime::from_timestamp_millis(ms).unwrap();
    log.push(TAP, &event("a", "1"));
    log.push_gap(time(5), time(9));
    log.push(TAP, &event("a", "2"));
    assert_eq!((log.received(), log.end()), (2, 3));
    let Some(Entry::Gap { from, to }) = log.get(1) else {
        panic!("no gap");
    };
    assert_eq!((from, to), (time(5), time(9)));
    assert_eq!(log.previous_on_key(2, 10), Some(0));
    assert_eq!(log.previous_on_key(2, 1), None);
}

#[test]
fn pieces_hold_everything_from_a_number_on() {
    let mut log = EventLog::new(400_000);
    for number in 0..2_000 {
        log.push(TAP, &full_event(number));
    }
    assert!(log.sealed.len() > 3);
    for from in [log.first(), log.first() + 17, log.end() - 3, log.end()] {
        let pieces = log.pieces(from);
        let numbers: Vec<u64> = pieces
            .iter()
            .flat_map(|piece| piece.first()..piece.end())
            .filter(|number| *number >= from)
            .collect();
        assert_eq!(numbers, (from..log.end()).collect::<Vec<_>>());
        for piece in &pieces {
            for row in 0..piece.len() {
                let number = u32::try_from(piece.first()).unwrap() + u32::try_from(row).unwrap();
                same(
                    piece.entry(row).unwrap().event().unwrap(),
                    &full_event(number),
                );
            }
        }
    }
}

#[test]
fn a_clock_that_is_set_back_far_begins_a_new_segment() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    let mut late = event("a", "1");
    late.received_at = DateTime::from_timestamp_millis(9_000_000_000_000).unwrap();
    log.push(TAP, &late);
    log.push(TAP, &event("a", "2"));
    assert_eq!(log.event(0).unwrap().received_at(), late.received_at);
    assert_eq!(log.event(1).unwrap().received_at(), DateTime::UNIX_EPOCH);
}

#[test]
fn more_keys_than_a_segment_can_name_are_no_trouble() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    for number in 0..70_000 {
        log.push(TAP, &event(&number.to_string(), ""));
    }
    for number in (0..70_000).step_by(999) {
        assert_eq!(log.event(number).unwrap().key(), number.to_string());
    }
}

#[test]
fn a_batch_reads_back_from_the_log_whatever_lay_there_before() {
    let mut log = EventLog::new(400_000);
    let mut number = 0;
    for size in [1, 7, 256, 3, 1_000, 2, 2_000] {
        let mut batch = Batch::new(TAP);
        for _ in 0..size {
            assert!(batch.push(&full_event(number)));
            number += 1;
        }
        assert_eq!(batch.len(), size);
        log.append(&batch);
        log.append(&Batch::new(TAP));
    }
    assert_eq!((log.received(), log.end()), (number.into(), number.into()));
    assert!(log.sealed.len() > 1, "segments were sealed between");
    for number in log.first()..log.end() {
        let was = full_event(u32::try_from(number).unwrap());
        same(log.event(number).unwrap(), &was);
    }
}

#[test]
fn a_batch_from_a_clock_far_off_goes_to_a_segment_of_its_own() {
    let mut log = EventLog::new(DEFAULT_MAX_BYTES);
    let times = [0, 4_000_000_000_000, 5, -4_000_000_000_000];
    for ms in times {
        let mut event = event("a", "x");
        event.received_at = DateTime::from_timestamp_millis(ms).unwrap();
        log.push(TAP, &event);
    }
    let read: Vec<i64> = (0..4)
        .map(|number| log.event(number).unwrap().received_ms())
        .collect();
    assert_eq!(read, times);
}
