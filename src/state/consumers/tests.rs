//! What the desk of consumer groups makes of answers that come and do not come.

use super::*;
use crate::kafka::groups::reset::{OffsetsAt, plan};
use crate::kafka::groups::{GroupPhase, GroupPlace};

fn group(committed: u64) -> ConsumerGroup {
    ConsumerGroup {
        name: "billing".to_owned(),
        phase: GroupPhase::Empty,
        places: vec![GroupPlace {
            topic: "orders".to_owned(),
            committed: Some(committed),
            within: Some((0, 100)),
            ..GroupPlace::default()
        }],
        ..ConsumerGroup::default()
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn read(desk: &mut ConsumerDesk, number: u64, committed: u64) {
    let request = RequestId(number);
    let seconds = i64::try_from(number).unwrap() * 60;
    let asked = desk.read_after(TimeDelta::seconds(5), request, at(seconds));
    assert!(asked.is_some());
    let reading = GroupReading {
        groups: vec![group(committed)],
        at: at(seconds),
        ..GroupReading::default()
    };
    desk.read(request, Ok(reading));
}

#[test]
fn groups_are_asked_for_one_time_after_the_other() {
    let mut desk = ConsumerDesk::default();
    let pause = TimeDelta::seconds(5);
    assert!(desk.read_after(pause, RequestId(1), at(0)).is_some());
    assert!(desk.read_after(pause, RequestId(2), at(60)).is_none());
    desk.read(RequestId(9), Err("of another time".to_owned()));
    assert!(desk.problem.is_none() && desk.asked.is_some());
    desk.read(RequestId(1), Err("no rights".to_owned()));
    assert_eq!(desk.problem.as_deref(), Some("no rights"));
    assert!(desk.read_after(pause, RequestId(3), at(4)).is_none());
    assert!(desk.read_after(pause, RequestId(4), at(5)).is_some());
}

#[test]
fn a_trend_comes_of_two_readings() {
    let mut desk = ConsumerDesk::default();
    read(&mut desk, 1, 40);
    assert_eq!(desk.trend("billing"), "");
    read(&mut desk, 2, 60);
    assert!(desk.trend("billing").starts_with("shrinks by 20 a minute"));
}

#[test]
fn only_what_was_shown_is_done() {
    let mut desk = ConsumerDesk::default();
    let mut forms = Forms::default();
    read(&mut desk, 1, 40);
    let act = |desk: &mut ConsumerDesk, forms: &mut Forms, action, number| {
        desk.act(action, RequestId(number), forms, at(100))
    };
    act(
        &mut desk,
        &mut forms,
        ConsumerAction::Select("billing".into()),
        2,
    );
    act(&mut desk, &mut forms, ConsumerAction::OpenReset, 3);
    forms.reset.choice = ResetChoice::By;
    forms.reset.amount = "x".to_owned();
    assert!(act(&mut desk, &mut forms, ConsumerAction::Plan, 4).is_none());
    assert!(desk.reset.as_ref().unwrap().problem.is_some());
    forms.reset.amount = "-10".to_owned();
    let Some(SourceCommand::PlanReset { order, .. }) =
        act(&mut desk, &mut forms, ConsumerAction::Plan, 5)
    else {
        panic!("no plan was asked for")
    };
    let planned = plan(order, &group(40), &OffsetsAt::new());
    desk.planned(RequestId(5), planned);
    // Another wish needs another look.
    forms.reset.amount = "-11".to_owned();
    assert!(act(&mut desk, &mut forms, ConsumerAction::Reset, 6).is_none());
    forms.reset.amount = "-10".to_owned();
    assert!(act(&mut desk, &mut forms, ConsumerAction::Reset, 7).is_some());
    assert!(act(&mut desk, &mut forms, ConsumerAction::Reset, 8).is_none());
    assert!(desk.is_setting());
    let next = desk.was_set(RequestId(7), Ok("Done".into()), RequestId(9), at(101));
    assert!(matches!(next, Some(SourceCommand::ReadGroups { .. })));
    assert!(!desk.is_setting());
}
