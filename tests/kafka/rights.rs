//! A login with few rights: what it may not do is told per act, and hides nothing else.

use eventscope::event::amqp::Properties;
use eventscope::event::start_from::StartFrom;
use eventscope::event::watching::{TapReading, Weight};
use eventscope::event::{Outgoing, OutgoingRecord};
use eventscope::protocol::PublishOutcome;
use eventscope::text::percent::encode;

use super::app::{App, address};
use super::server::{KafkaServer, PASSWORD, USER, server};

fn allow(server: &KafkaServer, topic: &str, operation: &str) {
    let principal = format!("User:{USER}");
    server.tool(
        "org.apache.kafka.tools.AclCommand",
        &[
            "--add",
            "--force",
            "--allow-principal",
            &principal,
            "--operation",
            operation,
            "--topic",
            topic,
        ],
    );
}

fn outgoing(topic: &str) -> Outgoing {
    Outgoing {
        destination: topic.to_owned(),
        key: "k".to_owned(),
        properties: Properties::default(),
        body: b"x".to_vec(),
        record: Some(OutgoingRecord::default()),
    }
}

#[test]
fn what_a_login_may_not_do_is_told_per_act() {
    let Some(server) = server() else { return };
    let seen = server.topic("seen", 1, &[]);
    let read = server.topic("readable", 1, &[]);
    let hidden = server.topic("hidden", 1, &[]);
    server.produce_numbers(&read, 0..3);
    allow(server, &seen, "DESCRIBE");
    allow(server, &read, "READ");
    let mut app = App::start();
    let login = format!("{USER}:{}@{}", encode(PASSWORD), server.sasl);
    app.connect(address(&login, "?sasl=plain"))
        .expect("a connection");
    app.knows(&read);
    app.knows(&seen);
    // One topic without rights hides no other.
    let tap = app.tap_from(&read, StartFrom::Beginning);
    assert_eq!(app.events(tap, 3).len(), 3);
    if server.is_at_least(3, 9) {
        let report = app.preflight(&seen, StartFrom::End);
        assert_eq!(report.findings[0].weight, Weight::Refused);
        assert!(report.findings[0].words.contains("READ and DESCRIBE"));
        let told = app.tap(&seen, TapReading::default());
        let told = match told {
            Err(words) => words,
            // It is refused with the first records that are asked for.
            Ok(_) => app.refusal(),
        };
        assert!(told.contains("READ and DESCRIBE"), "{told}");
    } else {
        // An older one does not tell what may be done: it shows when nothing comes.
        server.produce_numbers(&seen, 0..1);
        let tap = app.tap_from(&seen, StartFrom::Beginning);
        let told = app.interruption(tap);
        assert!(told.contains("may not have READ"), "{told}");
    }
    let told = app.tap(&hidden, TapReading::default()).expect_err("no tap");
    assert!(told.contains("may see none"), "{told}");
    for topic in [&read, &hidden] {
        let PublishOutcome::Refused(told) = app.publish(outgoing(topic)) else {
            panic!("it was written");
        };
        let is_right = told.contains("WRITE and DESCRIBE") || told.contains("may not see it");
        assert!(is_right, "{told}");
    }
    allow(server, &read, "WRITE");
    let outcome = app.publish(outgoing(&read));
    assert!(
        matches!(outcome, PublishOutcome::Written { .. }),
        "{outcome:?}"
    );
}
