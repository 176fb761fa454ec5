//! All that is looked at leaves no trace: Kafka's own tools list the same groups, topics and offsets before
//! and after.

use eventscope::event::start_from::StartFrom;
use eventscope::event::watching::TapReading;
use eventscope::protocol::SourceCommand;

use super::app::App;
use super::server::{KafkaServer, server};

/// What Kafka's tools list of these topics and of all groups.
fn listed(server: &KafkaServer, prefix: &str) -> [String; 3] {
    let own = |said: String| {
        let mut lines: Vec<&str> = said.lines().filter(|line| line.contains(prefix)).collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    [
        server.tool(
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            &["--list"],
        ),
        own(server.tool("org.apache.kafka.tools.TopicCommand", &["--list"])),
        own(server.tool("org.apache.kafka.tools.GetOffsetShell", &[])),
    ]
}

#[test]
fn looking_changes_nothing() {
    let Some(server) = server() else { return };
    let prefix = super::server::fresh("untouched");
    let topic = server.topic(&format!("{prefix}.a"), 3, &[]);
    server.produce_numbers(&topic, 0..50);
    let before = listed(server, &prefix);
    assert!(before[1].contains(&topic) && before[2].contains(&topic));
    let mut app = App::at(server);
    app.knows(&topic);
    for from in [
        StartFrom::Beginning,
        StartFrom::Last(5),
        StartFrom::Offset(3),
        StartFrom::End,
    ] {
        for committed_only in [false, true] {
            app.preflight(&format!("{prefix}*"), from);
            let reading = TapReading {
                from,
                committed_only,
                ..TapReading::default()
            };
            let tap = app.tap(&format!("{prefix}*"), reading).expect("a tap");
            if from != StartFrom::End {
                app.events(tap, 1);
            }
            app.tell(SourceCommand::SkipToEnd(tap));
            app.tell(SourceCommand::StopTap(tap));
        }
    }
    // Asking for what is not there makes nothing.
    app.preflight(&format!("{prefix}.none"), StartFrom::Beginning);
    app.tap(&format!("{prefix}.none"), TapReading::default())
        .expect_err("no topic");
    app.tell(SourceCommand::Disconnect);
    drop(app);
    assert_eq!(listed(server, &prefix), before);
}
