//! What a reset does.

use super::super::GroupPhase;
use super::*;

fn group(committed: Option<u64>) -> ConsumerGroup {
    ConsumerGroup {
        name: "billing".to_owned(),
        phase: GroupPhase::Empty,
        places: vec![
            GroupPlace {
                topic: "orders".to_owned(),
                partition: 1,
                committed,
                within: Some((10, 100)),
                ..GroupPlace::default()
            },
            GroupPlace {
                topic: "other".to_owned(),
                committed: Some(3),
                ..GroupPlace::default()
            },
        ],
        ..ConsumerGroup::default()
    }
}

fn order(to: ResetTo) -> ResetOrder {
    ResetOrder {
        group: "billing".to_owned(),
        topic: Some("orders".to_owned()),
        to,
    }
}

fn done(committed: Option<u64>, to: ResetTo, at: &OffsetsAt) -> (Option<u64>, String) {
    let plan = plan(order(to), &group(committed), at).unwrap();
    assert_eq!(plan.lines.len(), 1);
    (plan.lines[0].after(), plan.lines[0].words())
}

#[test]
fn each_wish_leads_to_an_offset_of_the_partition() {
    let time = ResetTo::Time(DateTime::UNIX_EPOCH);
    let at = OffsetsAt::from([(("orders".to_owned(), 1), 42)]);
    let none = OffsetsAt::new();
    for (committed, to, at, after, words) in [
        (
            Some(50),
            ResetTo::Beginning,
            &none,
            Some(10),
            "40 read again",
        ),
        (Some(50), ResetTo::End, &none, Some(100), "50 passed over"),
        (Some(50), time.clone(), &at, Some(42), "8 read again"),
        (Some(50), time, &none, Some(100), "50 passed over"),
        (
            Some(50),
            ResetTo::Offset(60),
            &none,
            Some(60),
            "10 passed over",
        ),
        (
            Some(50),
            ResetTo::Offset(7),
            &none,
            Some(10),
            "40 read again (the nearest that is there)",
        ),
        (Some(50), ResetTo::By(-5), &none, Some(45), "5 read again"),
        (
            Some(50),
            ResetTo::By(i64::MIN),
            &none,
            Some(10),
            "40 read again (the nearest that is there)",
        ),
        (
            Some(50),
            ResetTo::By(i64::MAX),
            &none,
            Some(100),
            "50 passed over (the nearest that is there)",
        ),
        (Some(50), ResetTo::By(0), &none, Some(50), "stays"),
        (
            None,
            ResetTo::By(1),
            &none,
            None,
            "It has no offset to count from",
        ),
        (None, ResetTo::Beginning, &none, Some(10), "had no offset"),
    ] {
        let told = done(committed, to.clone(), at);
        assert_eq!(told, (after, words.to_owned()), "{to}");
    }
}

#[test]
fn a_partition_of_which_nothing_is_known_stays() {
    let mut order = order(ResetTo::End);
    order.topic = None;
    let plan = plan(order, &group(Some(50)), &OffsetsAt::new()).unwrap();
    assert_eq!(plan.changes().count(), 1);
    assert_eq!(
        plan.words(),
        "Changes 1 partition: up to 50 are passed over"
    );
    assert_eq!(plan.lines[1].after(), Some(3));
}

#[test]
fn nothing_is_planned_for_a_group_that_runs_or_reads_nothing() {
    let mut running = group(Some(1));
    running.phase = GroupPhase::Running;
    assert!(plan(order(ResetTo::End), &running, &OffsetsAt::new()).is_err());
    let mut elsewhere = order(ResetTo::End);
    elsewhere.topic = Some("unknown".to_owned());
    assert!(plan(elsewhere, &group(Some(1)), &OffsetsAt::new()).is_err());
}

#[test]
fn what_was_done_is_undone_where_the_group_still_is() {
    let first = plan(order(ResetTo::End), &group(Some(50)), &OffsetsAt::new()).unwrap();
    let kept = KeptReset::of(&first, "1".into(), "here".into(), DateTime::UNIX_EPOCH);
    let back = |committed| done(committed, ResetTo::Before(kept.clone()), &OffsetsAt::new());
    assert_eq!(back(Some(100)), (Some(50), "50 read again".to_owned()));
    let (after, words) = back(Some(101));
    assert_eq!(after, Some(101));
    assert!(words.contains("elsewhere by now"), "{words}");
    // One that had no offset gets none.
    let first = plan(order(ResetTo::End), &group(None), &OffsetsAt::new()).unwrap();
    let kept = KeptReset::of(&first, "1".into(), "here".into(), DateTime::UNIX_EPOCH);
    let (after, _) = done(Some(100), ResetTo::Before(kept), &OffsetsAt::new());
    assert_eq!(after, None);
}
