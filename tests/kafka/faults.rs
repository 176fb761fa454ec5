//! The broker dies and comes back: nothing that it has is missed, and what happens is told.

use eventscope::event::start_from::StartFrom;
use eventscope::protocol::{Link, SourceUpdate, TapState};

use super::app::App;
use super::server::KafkaServer;

#[test]
fn a_killed_broker_costs_a_tap_nothing() {
    let Some(mut server) = KafkaServer::own() else {
        return;
    };
    let topic = server.topic("kept", 1, &[]);
    server.produce_numbers(&topic, 0..10);
    let mut app = App::at(&server);
    app.knows(&topic);
    let tap = app.tap_from(&topic, StartFrom::Beginning);
    let mut offsets: Vec<u64> = Vec::new();
    let mut read = |app: &mut App, count| {
        let events = app.events(tap, count);
        let own = events
            .iter()
            .map(|event| event.transport.position().expect("an offset"));
        offsets.extend(own);
    };
    read(&mut app, 10);
    server.kill();
    app.expect("the loss", |update| match update {
        SourceUpdate::Link(Link::Lost { reason, .. }) => {
            assert!(!reason.contains("krafka"), "{reason}");
            Some(())
        }
        _ => None,
    });
    app.expect("a tap that sees nothing", |update| match update {
        SourceUpdate::Tap {
            state: TapState::Interrupted(_),
            ..
        } => Some(()),
        _ => None,
    });
    server.start_again();
    server.produce_numbers(&topic, 10..20);
    app.expect("the connection", |update| match update {
        SourceUpdate::Link(Link::Connected { .. }) => Some(()),
        _ => None,
    });
    read(&mut app, 10);
    assert_eq!(offsets, (0..20).collect::<Vec<u64>>());
    app.expect("a tap that reads again", |update| match update {
        SourceUpdate::Tap {
            state: TapState::Running { .. },
            ..
        } => Some(()),
        _ => None,
    });
}

/// Retention takes what was not read yet: it is counted, and reading goes on.
#[test]
fn what_the_store_threw_away_before_it_was_read_is_told() {
    let Some(server) = KafkaServer::own() else {
        return;
    };
    let topic = server.topic("cut", 1, &[]);
    server.produce_numbers(&topic, 0..30);
    let mut app = App::at(&server);
    app.knows(&topic);
    let tap = app.tap_from(&topic, StartFrom::End);
    // The topic is made again: its offsets begin at 0, and what the tap waits for does not exist.
    let topics = "org.apache.kafka.tools.TopicCommand";
    server.tool(topics, &["--delete", "--topic", &topic]);
    server.tool(
        topics,
        &["--create", "--topic", &topic, "--partitions", "1"],
    );
    server.produce_numbers(&topic, 100..103);
    let events = app.events(tap, 3);
    let offsets: Vec<_> = events
        .iter()
        .map(|event| event.transport.position())
        .collect();
    assert_eq!(offsets, [Some(0), Some(1), Some(2)]);
}
