//! Consumer groups by their accessible names: who is behind, and a reset that is shown before it is done.

use chrono::{DateTime, Utc};
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use eventscope::address::Address;
use eventscope::event::picture::{Destination, Picture};
use eventscope::event::source_id::SourceId;
use eventscope::kafka::groups::reset::{KeptReset, OffsetsAt, plan};
use eventscope::kafka::groups::{
    ConsumerGroup, GroupMember, GroupPhase, GroupPlace, GroupProtocol, GroupReading,
};
use eventscope::protocol::{
    Abilities, Command, Link, RequestId, Server, SourceCommand, SourceUpdate, Update,
};
use eventscope::state::{Action, Screen};

use crate::Window;

fn tell(window: &mut Window, update: SourceUpdate) {
    window.tell(Update::Source(SourceId::FIRST, update));
}

fn place(partition: u32, committed: Option<u64>, within: (u64, u64)) -> GroupPlace {
    GroupPlace {
        topic: "orders".to_owned(),
        partition,
        committed,
        within: Some(within),
        ..GroupPlace::default()
    }
}

fn group(name: &str, phase: GroupPhase, places: Vec<GroupPlace>) -> ConsumerGroup {
    ConsumerGroup {
        name: name.to_owned(),
        protocol: GroupProtocol::Classic,
        phase,
        places,
        ..ConsumerGroup::default()
    }
}

fn reading() -> GroupReading {
    let mut shipping = group(
        "shipping",
        GroupPhase::Running,
        vec![place(0, Some(40), (60, 1_300))],
    );
    shipping.members.push(GroupMember {
        client: "shipper".to_owned(),
        host: "10.0.0.7".to_owned(),
        instance: None,
        reads: Some(vec![("orders".to_owned(), 0)]),
    });
    GroupReading {
        groups: vec![
            group(
                "billing",
                GroupPhase::Empty,
                vec![
                    place(0, Some(50), (0, 100)),
                    place(1, Some(100), (0, 100)),
                    place(2, None, (0, 100)),
                ],
            ),
            shipping,
        ],
        at: Utc::now(),
        ..GroupReading::default()
    }
}

/// A window on a Kafka, with the groups asked for.
fn on_kafka(consumer_groups: bool) -> Window {
    let mut window = Window::new();
    let link = Link::Connected {
        address: Address::from_text("kafka://localhost").expect("an address"),
        server: Server::Other("Kafka 4.4".to_owned()),
        abilities: Abilities {
            consumer_groups,
            ..Abilities::ALL
        },
    };
    tell(&mut window, SourceUpdate::Link(link));
    let destinations = vec![Destination {
        name: "orders".to_owned(),
        is_open: true,
        partitions: 3,
    }];
    let picture = Picture {
        destinations,
        ..Picture::default()
    };
    tell(&mut window, SourceUpdate::Picture(picture));
    window
}

/// The request of the reading that the window waits for.
fn asked(window: &mut Window) -> RequestId {
    window.frames();
    let commands = window.commands.borrow();
    let read = commands.iter().rev().find_map(|command| match command {
        Command::Source(_, SourceCommand::ReadGroups { request }) => Some(*request),
        _ => None,
    });
    read.expect("groups are read")
}

fn with_groups() -> Window {
    let mut window = on_kafka(true);
    window
        .harness
        .state_mut()
        .act(Action::Open(Screen::DeadLetters));
    window.frames();
    window.tab("Consumer groups");
    window.assert_sees("Reading consumer groups");
    let request = asked(&mut window);
    let result = Ok(reading());
    tell(&mut window, SourceUpdate::Groups { request, result });
    window
}

fn last_plan(window: &Window) -> (RequestId, SourceCommand) {
    match window.take_last() {
        Command::Source(_, command) => match &command {
            SourceCommand::PlanReset { request, .. }
            | SourceCommand::ResetOffsets { request, .. } => (*request, command),
            other => panic!("not a reset: {other:?}"),
        },
        other @ Command::Desk(_) => panic!("not a reset: {other:?}"),
    }
}

#[test]
fn a_store_without_consumer_groups_has_no_tab_for_them() {
    let mut window = on_kafka(false);
    window
        .harness
        .state_mut()
        .act(Action::Open(Screen::DeadLetters));
    window.frames();
    assert!(!window.sees("Consumer groups"));
}

#[test]
fn groups_show_their_lag_their_members_and_what_is_lost() {
    let mut window = with_groups();
    window.assert_sees("Who reads what?");
    window.click(Role::ListBoxOption, "shipping (1,240)");
    window.assert_sees("running · 1 member · 20 lost · lag 1,240");
    window.assert_sees("shipper at 10.0.0.7: reads 1 partition of orders");
    window.assert_sees("orders · 0 · 40 · 1,300 · 1,240 · 20 not read and gone");
    let reset = window
        .harness
        .get_by_role_and_label(Role::Button, "Reset offsets…");
    assert!(reset.accesskit_node().is_disabled());
    window.assert_sees("Stop its consumers first");
    window.type_into("Find a group", "BILL");
    assert!(!window.sees("shipping (1,240)"));
    window.click(Role::ListBoxOption, "billing (50)");
    window.assert_sees("No offset committed");
}

#[test]
fn a_reset_is_shown_before_it_is_done_and_can_be_undone() {
    let mut window = with_groups();
    window.click(Role::ListBoxOption, "billing (50)");
    window.press("Reset offsets…");
    assert!(!window.sees("Set 3 offsets"));
    window.press("Dry run");
    let (request, command) = last_plan(&window);
    let SourceCommand::PlanReset { order, .. } = command else {
        panic!("no dry run")
    };
    let result = plan(order, &reading().groups[0], &OffsetsAt::new());
    let planned = result.clone().expect("a plan");
    tell(&mut window, SourceUpdate::ResetPlanned { request, result });
    window.assert_sees("Changes 3 partitions: up to 150 records are read again");
    window.assert_sees("orders · 0 · 50 · 0 · 50 read again");
    window.press("Set 3 offsets");
    let (request, command) = last_plan(&window);
    assert!(matches!(command, SourceCommand::ResetOffsets { .. }));
    let result = Ok("Done: billing goes on at the beginning in 3 partitions".to_owned());
    tell(&mut window, SourceUpdate::OffsetsReset { request, result });
    window.assert_sees("Done: billing goes on");
    // It is looked at again by itself, and the way back is there.
    let request = asked(&mut window);
    let mut again = reading();
    again.groups[0].places = vec![
        place(0, Some(0), (0, 100)),
        place(1, Some(0), (0, 100)),
        place(2, Some(0), (0, 100)),
    ];
    let at = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let mut kept = KeptReset::of(&planned, "1".to_owned(), "here".to_owned(), at);
    kept.end = Some("Done".to_owned());
    again.kept.push(kept);
    let result = Ok(again.clone());
    tell(&mut window, SourceUpdate::Groups { request, result });
    window.press("Close");
    window.press("Undo 2023-11-14 22:13:20…");
    let (request, command) = last_plan(&window);
    let SourceCommand::PlanReset { order, .. } = command else {
        panic!("no dry run")
    };
    let result = plan(order, &again.groups[0], &OffsetsAt::new());
    tell(&mut window, SourceUpdate::ResetPlanned { request, result });
    window.assert_sees("its offset is taken away");
    window.press("Put 3 offsets back");
    assert!(window.last().contains("ResetOffsets"));
}

#[test]
fn a_refusal_stays_in_sight() {
    let mut window = with_groups();
    window.click(Role::ListBoxOption, "billing (50)");
    window.press("Reset offsets…");
    window.press("Dry run");
    let (request, _) = last_plan(&window);
    let result = Err("billing is running (1 member)".to_owned());
    tell(&mut window, SourceUpdate::ResetPlanned { request, result });
    window.assert_sees("billing is running (1 member)");
    window.press("Cancel");
    window.assert_sees("PARTITIONS");
}

#[test]
fn groups_that_cannot_be_read_say_why() {
    let mut window = on_kafka(true);
    window
        .harness
        .state_mut()
        .act(Action::Open(Screen::DeadLetters));
    window.frames();
    window.tab("Consumer groups");
    let request = asked(&mut window);
    let result = Err("This login may not do that".to_owned());
    tell(&mut window, SourceUpdate::Groups { request, result });
    window.assert_sees("Consumer groups could not be read");
    window.assert_sees("This login may not do that");
}

#[test]
fn publishing_says_who_reads_the_topic() {
    let mut window = on_kafka(true);
    window
        .harness
        .state_mut()
        .act(Action::Open(Screen::Publish));
    window.frames();
    window.assert_sees("Looking who reads it");
    let request = asked(&mut window);
    let result = Ok(reading());
    tell(&mut window, SourceUpdate::Groups { request, result });
    window.assert_sees("Read by billing (lag 50, no members), shipping (lag 1,240, running)");
}
