//! Publishing: where a record was written, what Kafka's own consumer reads of it, and that nothing is made
//! by asking.

use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::kafka_record::KeyForm;
use eventscope::event::start_from::StartFrom;
use eventscope::event::{Outgoing, OutgoingRecord};
use eventscope::kafka::partitioner::partition_of;
use eventscope::protocol::PublishOutcome;

use super::app::App;
use super::server::server;

fn outgoing(topic: &str, key: &str, body: &str) -> Outgoing {
    Outgoing {
        destination: topic.to_owned(),
        key: key.to_owned(),
        properties: Properties::default(),
        body: body.into(),
        record: Some(OutgoingRecord::default()),
    }
}

fn written(outcome: &PublishOutcome) -> (u32, u64) {
    match outcome {
        PublishOutcome::Written {
            partition,
            offset: Some(offset),
        } => (*partition, *offset),
        other => panic!("{other:?}"),
    }
}

#[test]
fn kafkas_own_consumer_reads_what_was_published() {
    let Some(server) = server() else { return };
    let topic = server.topic("published", 3, &[]);
    let mut app = App::at(server);
    let mut first = outgoing(&topic, "abc", "one");
    let text = |text: &str| FieldValue::Text(text.to_owned());
    first.properties.headers = Some(vec![
        ("a".to_owned(), text("1")),
        ("b".to_owned(), FieldValue::Void),
        ("a".to_owned(), text("")),
    ]);
    let place = partition_of(b"abc", 3);
    assert_eq!(written(&app.publish(first)), (place, 0));
    let mut no_key = outgoing(&topic, "", "two");
    no_key.record = Some(OutgoingRecord {
        key: KeyForm::Null,
        partition: Some(place),
        ..OutgoingRecord::default()
    });
    assert_eq!(written(&app.publish(no_key)), (place, 1));
    let mut empty_key = outgoing(&topic, "", "");
    let chosen = OutgoingRecord {
        partition: Some(place),
        ..OutgoingRecord::default()
    };
    empty_key.record = Some(chosen);
    assert_eq!(written(&app.publish(empty_key)), (place, 2));
    let mut tombstone = outgoing(&topic, "abc", "");
    tombstone.record = Some(OutgoingRecord {
        is_tombstone: true,
        ..OutgoingRecord::default()
    });
    assert_eq!(written(&app.publish(tombstone)), (place, 3));
    let read = server.read(&topic, 4);
    assert_eq!(
        read,
        [
            format!("Partition:{place}|Offset:0|a:1,b:NULL,a:|abc|one"),
            format!("Partition:{place}|Offset:1|NO_HEADERS|NULL|two"),
            format!("Partition:{place}|Offset:2|NO_HEADERS||"),
            format!("Partition:{place}|Offset:3|NO_HEADERS|abc|NULL"),
        ]
    );
}

#[test]
fn what_cannot_be_written_is_told_and_nothing_is_made() {
    let Some(server) = server() else { return };
    let topic = server.topic(
        "refuses",
        2,
        &["max.message.bytes=2000", "cleanup.policy=compact"],
    );
    let mut app = App::at(server);
    let refused = |app: &mut App, outgoing: Outgoing| match app.publish(outgoing) {
        PublishOutcome::Refused(words) => words,
        other => panic!("{other:?}"),
    };
    let told = refused(&mut app, outgoing("no-such-topic", "k", "x"));
    assert!(told.contains("no topic no-such-topic"), "{told}");
    let told = refused(&mut app, outgoing("", "k", "x"));
    assert!(told.contains("Topic is empty"), "{told}");
    let mut nowhere = outgoing(&topic, "k", "x");
    nowhere.record = Some(OutgoingRecord {
        partition: Some(2),
        ..OutgoingRecord::default()
    });
    let told = refused(&mut app, nowhere);
    assert!(told.contains("no partition 2"), "{told}");
    let told = refused(&mut app, outgoing(&topic, "k", &"x".repeat(4_000)));
    assert!(told.contains("larger than the topic takes"), "{told}");
    let mut no_key = outgoing(&topic, "", "x");
    no_key.record = Some(OutgoingRecord {
        key: KeyForm::Null,
        ..OutgoingRecord::default()
    });
    let told = refused(&mut app, no_key);
    assert!(told.contains("refused the record"), "{told}");
    let topics = server.tool("org.apache.kafka.tools.TopicCommand", &["--list"]);
    assert!(!topics.contains("no-such"), "{topics}");
}

/// What the form says before is what Kafka's own producer does.
#[test]
fn keys_go_where_kafkas_own_producer_sends_them() {
    let Some(server) = server() else { return };
    let topic = server.topic("partitions", 12, &[]);
    let key = |n: usize| match n % 4 {
        0 => format!("order-{n}"),
        1 => n.to_string(),
        2 => "ü🦀".repeat(n % 9 + 1) + &n.to_string(),
        _ => format!("{n:0width$}", width = n % 40 + 1),
    };
    let lines: Vec<String> = (0..10_000)
        .map(|n| format!("NULL\t{}\t{n}", key(n)))
        .collect();
    server.produce(&topic, &lines, &[]);
    let mut app = App::at(server);
    app.knows(&topic);
    let tap = app.tap_from(&topic, StartFrom::Beginning);
    let events = app.events(tap, lines.len());
    assert_eq!(events.len(), lines.len());
    for event in &events {
        let own = event.transport.kafka().expect("a record").partition;
        assert_eq!(partition_of(event.key.as_bytes(), 12), own, "{}", event.key);
    }
}
