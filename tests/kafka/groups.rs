//! Consumer groups: what is read of them is what Kafka's own tools say, and offsets are set only where nobody
//! reads, as it was shown before, and with a way back.

use std::time::Instant;

use eventscope::drivers::Options;
use eventscope::kafka::groups::reset::{ResetLine, ResetOrder, ResetPlan, ResetTo};
use eventscope::kafka::groups::{ConsumerGroup, GroupPhase, GroupProtocol, GroupReading};
use eventscope::protocol::{RequestId, SourceCommand, SourceUpdate};

use super::app::{App, PATIENCE, number};
use super::server::{KafkaServer, fresh, server};

fn read(app: &mut App) -> GroupReading {
    let request = RequestId(number());
    app.tell(SourceCommand::ReadGroups { request });
    let read = app.expect("groups", |update| match update {
        SourceUpdate::Groups { request: r, result } if *r == request => Some(result.clone()),
        _ => None,
    });
    read.expect("groups are read")
}

fn group(app: &mut App, name: &str) -> ConsumerGroup {
    let reading = read(app);
    reading.group(name).expect("the group is listed").clone()
}

fn plan(app: &mut App, group: &str, to: ResetTo) -> Result<ResetPlan, String> {
    let request = RequestId(number());
    let order = ResetOrder {
        group: group.to_owned(),
        topic: None,
        to,
    };
    app.tell(SourceCommand::PlanReset { request, order });
    app.expect("a plan", |update| match update {
        SourceUpdate::ResetPlanned { request: r, result } if *r == request => Some(result.clone()),
        _ => None,
    })
}

fn set(app: &mut App, plan: ResetPlan) -> Result<String, String> {
    let request = RequestId(number());
    let plan = Box::new(plan);
    app.tell(SourceCommand::ResetOffsets { request, plan });
    app.expect("offsets", |update| match update {
        SourceUpdate::OffsetsReset { request: r, result } if *r == request => Some(result.clone()),
        _ => None,
    })
}

/// What is read, in the form of [`KafkaServer::described`].
fn rows(group: &ConsumerGroup) -> Vec<[String; 5]> {
    let text = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let rows = group.places.iter().map(|place| {
        [
            place.topic.clone(),
            place.partition.to_string(),
            text(place.committed),
            text(place.within.map(|(_, end)| end)),
            text(place.lag()),
        ]
    });
    rows.collect()
}

/// An app that keeps what it sets, and a group that read 20 of 60 records in three partitions.
struct Scene {
    server: &'static KafkaServer,
    app: App,
    topic: String,
    group: String,
    _notes: tempfile::TempDir,
}

fn scene(name: &str) -> Option<Scene> {
    let server = server()?;
    let topic = server.topic(name, 3, &[]);
    server.produce_numbers(&topic, 0..60);
    let group = fresh("readers");
    server.consume(&topic, &group, 20);
    let notes = tempfile::tempdir().expect("a folder");
    let options = Options {
        journal_dir: Some(notes.path().to_owned()),
        ..Options::default()
    };
    let mut app = App::at_with(server, options);
    app.knows(&topic);
    Some(Scene {
        server,
        app,
        topic,
        group,
        _notes: notes,
    })
}

#[test]
fn lag_is_what_kafkas_own_tool_says() {
    let Some(mut scene) = scene("lagging") else {
        return;
    };
    let found = group(&mut scene.app, &scene.group);
    assert_eq!(found.phase, GroupPhase::Empty);
    assert_eq!(found.lag(), Some(40));
    assert_eq!(rows(&found), scene.server.described(&scene.group));
    // What is deleted before it was read is lost, and not behind any more.
    let place = found.places.iter().max_by_key(|one| one.lag());
    let place = place.expect("a partition");
    let (partition, committed) = (place.partition, place.committed.unwrap_or_default());
    scene
        .server
        .delete_before(&scene.topic, partition, committed + 3);
    let found = group(&mut scene.app, &scene.group);
    assert_eq!((found.lost(), found.lag()), (3, Some(37)));
    let words = read(&mut scene.app).readers_of(&scene.topic);
    let expected = format!("Read by {} (lag 37, no members)", scene.group);
    assert_eq!(words, expected);
}

#[test]
fn a_dry_run_changes_nothing_and_a_reset_does_what_it_said_and_can_be_undone() {
    let Some(mut scene) = scene("set") else {
        return;
    };
    let (server, name) = (scene.server, scene.group.clone());
    let before = server.described(&name);
    let now = chrono::Utc::now();
    for (to, lag) in [
        (ResetTo::Beginning, 60),
        (ResetTo::End, 0),
        (ResetTo::Time(now - chrono::TimeDelta::hours(1)), 60),
        (ResetTo::Time(now + chrono::TimeDelta::hours(1)), 0),
        (ResetTo::Offset(5), 45),
        (ResetTo::By(-3), 0),
    ] {
        let planned = plan(&mut scene.app, &name, to.clone()).expect("a plan");
        let then: u64 = planned.lines.iter().filter_map(ResetLine::after).sum();
        if !matches!(to, ResetTo::By(_)) {
            assert_eq!(60 - then, lag, "{to}");
        }
        assert_eq!(server.described(&name), before, "a dry run: {to}");
    }
    let planned = plan(&mut scene.app, &name, ResetTo::Offset(5)).expect("a plan");
    let stale = planned.clone();
    let words = set(&mut scene.app, planned).expect("it is done");
    assert!(words.starts_with("Done: "), "{words}");
    let offsets: Vec<_> = server
        .described(&name)
        .into_iter()
        .map(|row| row[2].clone())
        .collect();
    assert_eq!(offsets, ["5", "5", "5"]);
    // What was worked out before something changed is not done.
    let refused = set(&mut scene.app, stale).expect_err("the group is elsewhere");
    assert!(refused.contains("elsewhere"), "{refused}");
    let kept = read(&mut scene.app).kept;
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].outcome().starts_with("Done"), "{kept:?}");
    let back = plan(&mut scene.app, &name, ResetTo::Before(kept[0].clone())).expect("a plan");
    set(&mut scene.app, back).expect("it is undone");
    assert_eq!(server.described(&name), before);
}

#[test]
fn without_a_place_for_the_old_offsets_nothing_is_set() {
    let Some(scene) = scene("unkept") else {
        return;
    };
    let before = scene.server.described(&scene.group);
    let mut app = App::at(scene.server);
    app.knows(&scene.topic);
    let planned = plan(&mut app, &scene.group, ResetTo::End).expect("a plan");
    let words = set(&mut app, planned).expect_err("there is no folder");
    assert!(words.contains("nothing was changed"), "{words}");
    assert_eq!(scene.server.described(&scene.group), before);
}

#[test]
fn a_running_group_is_told_with_its_members_and_is_not_set() {
    for protocol in ["classic", "consumer"] {
        let Some(mut scene) = scene("running") else {
            return;
        };
        let is_new = scene.server.is_at_least(4, 0);
        if protocol == "consumer" && !is_new {
            return;
        }
        let (server, name) = (scene.server, scene.group.clone());
        // Worked out while nobody read, to be done while somebody does.
        let early = plan(&mut scene.app, &name, ResetTo::Beginning).expect("a plan");
        let member = server.member(&scene.topic, &name, protocol);
        let expected = match protocol {
            "classic" => GroupProtocol::Classic,
            _ => GroupProtocol::Consumer,
        };
        let deadline = Instant::now() + PATIENCE;
        let running = loop {
            let found = group(&mut scene.app, &name);
            let reads = found.members.first().and_then(|one| one.reads.as_ref());
            // Which protocol it has is asked before its members are, so it may be that of before.
            if found.phase == GroupPhase::Running
                // An older one does not tell it.
                && (found.protocol == expected || !is_new)
                && reads.is_some_and(|reads| reads.len() == 3)
            {
                break found;
            }
            assert!(Instant::now() < deadline, "{protocol}: {found:?}");
            std::thread::sleep(std::time::Duration::from_millis(200));
        };
        assert_eq!(running.members[0].client, "the-member");
        for words in [
            plan(&mut scene.app, &name, ResetTo::Beginning).expect_err("it runs"),
            set(&mut scene.app, early).expect_err("it runs"),
        ] {
            assert!(words.contains("is running (1 member)"), "{words}");
        }
        drop(member);
    }
}

#[test]
fn a_group_that_is_not_there_is_not_made() {
    let Some(mut scene) = scene("none") else {
        return;
    };
    let words = plan(&mut scene.app, "nobody-at-all", ResetTo::End).expect_err("no group");
    assert!(words.starts_with("There is no group"), "{words}");
    assert!(read(&mut scene.app).group("nobody-at-all").is_none());
}
