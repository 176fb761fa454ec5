//! What is said of groups.

use super::*;

fn place(committed: Option<u64>, within: (u64, u64)) -> GroupPlace {
    GroupPlace {
        topic: "orders".to_owned(),
        committed,
        within: Some(within),
        ..GroupPlace::default()
    }
}

fn group(phase: GroupPhase, places: Vec<GroupPlace>) -> ConsumerGroup {
    ConsumerGroup {
        name: "billing".to_owned(),
        phase,
        places,
        ..ConsumerGroup::default()
    }
}

#[test]
fn lag_counts_from_what_is_still_there_and_the_rest_is_lost() {
    for (committed, within, lag, lost, beyond) in [
        (Some(5), (0, 12), Some(7), 0, false),
        (Some(12), (0, 12), Some(0), 0, false),
        (Some(5), (8, 12), Some(4), 3, false),
        (Some(5), (12, 12), Some(0), 7, false),
        (Some(20), (0, 12), Some(0), 0, true),
        (None, (0, 12), None, 0, false),
    ] {
        let place = place(committed, within);
        assert_eq!(
            (place.lag(), place.lost(), place.is_beyond()),
            (lag, lost, beyond)
        );
        let silent = lag.is_some() && lost == 0 && !beyond;
        assert_eq!(place.remark().is_empty(), silent, "{}", place.remark());
    }
}

#[test]
fn a_lag_of_which_nothing_is_known_is_not_zero() {
    let places = vec![place(None, (0, 3)), GroupPlace::default()];
    assert_eq!(group(GroupPhase::Empty, places).lag(), None);
    let places = vec![place(None, (0, 3)), place(Some(3), (0, 3))];
    assert_eq!(group(GroupPhase::Empty, places).lag(), Some(0));
}

#[test]
fn only_a_group_without_members_is_reset() {
    for (name, may) in [
        ("Empty", true),
        ("Stable", false),
        ("PreparingRebalance", false),
        ("Reconciling", false),
        ("Dead", false),
        ("Unheard", false),
        ("", false),
    ] {
        let group = group(GroupPhase::read(name), Vec::new());
        assert_eq!(group.why_no_reset().is_none(), may, "{name}");
    }
    let mut share = group(GroupPhase::Empty, Vec::new());
    share.protocol = GroupProtocol::read(Some("share"), "share");
    assert!(share.why_no_reset().is_some());
}

#[test]
fn a_protocol_is_read_from_what_the_broker_tells() {
    for (group_type, protocol_type, expected) in [
        (Some("consumer"), "consumer", GroupProtocol::Consumer),
        (Some("classic"), "consumer", GroupProtocol::Classic),
        (Some("classic"), "", GroupProtocol::Classic),
        (
            Some("classic"),
            "connect",
            GroupProtocol::Other("connect".into()),
        ),
        (Some("share"), "share", GroupProtocol::Other("share".into())),
        (None, "consumer", GroupProtocol::NotTold),
        (None, "connect", GroupProtocol::Other("connect".into())),
    ] {
        assert_eq!(GroupProtocol::read(group_type, protocol_type), expected);
    }
}

#[test]
fn who_reads_a_topic_is_told_with_its_lag_and_with_doubt() {
    let mut reading = GroupReading {
        groups: vec![group(GroupPhase::Running, vec![place(Some(5), (0, 1_205))])],
        ..GroupReading::default()
    };
    assert_eq!(
        reading.readers_of("orders"),
        "Read by billing (lag 1,200, running)"
    );
    assert!(reading.readers_of("other").starts_with("No consumer group"));
    reading.remarks.push("broker 2 did not answer".to_owned());
    assert!(reading.readers_of("other").contains("Not all groups"));
    // A partition beside those that it reads makes nobody a reader.
    reading.groups[0].places[0].committed = None;
    assert!(reading.readers_of("orders").starts_with("No consumer"));
}
