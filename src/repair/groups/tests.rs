//! Groups of messages as RabbitMQ and frameworks left them.

use super::*;
use crate::event::Transport;
use crate::event::amqp::{FieldValue, Properties};
use crate::rabbitmq::death_line::death_line;
use crate::rabbitmq::origin::{Provenance, Scene};
use crate::testing::{death, died};
use chrono::DateTime;

fn dead(mut properties: Properties, header: Option<(&str, &str)>, body: &str) -> TracedCause {
    if let Some((name, value)) = header {
        let headers = properties.headers.get_or_insert_default();
        headers.push((name.to_owned(), FieldValue::Text(value.to_owned())));
    }
    let at = DateTime::UNIX_EPOCH;
    let body = body.as_bytes().to_vec();
    let event = Event::new(
        at,
        "dead".into(),
        "k".into(),
        Transport::amqp(true),
        properties,
        body,
    );
    let origin = Provenance::of(&event, Scene::default());
    let line = death_line(&event, &origin);
    (Arc::new(event), Arc::new(line))
}

fn grouped(messages: &[TracedCause], by: GroupBy) -> Vec<(String, Vec<usize>)> {
    let all = groups(messages, by, &[]).into_iter();
    all.map(|group| (group.name, group.places)).collect()
}

#[test]
fn the_same_fault_of_two_messages_is_one_group() {
    let none = Properties::default;
    let spring = |words| dead(none(), Some(("x-exception-message", words)), "{}");
    let messages = [
        spring("Order 4711-a not found\n  at Shop.java:3"),
        spring("Order 12 not found"),
        dead(
            none(),
            Some(("MT-Fault-ExceptionType", "Shop.Broken")),
            "{}",
        ),
        dead(none(), Some(("my-error", "no stock")), "{}"),
        dead(none(), None, "{}"),
    ];
    let own = |name: &str, places: &[usize]| (name.to_owned(), places.to_vec());
    assert_eq!(
        grouped(&messages, GroupBy::Exception),
        [
            own("Order # not found", &[0, 1]),
            own("Broken", &[2]),
            own("No exception header", &[4]),
            own("no stock", &[3]),
        ]
    );
}

#[test]
fn the_way_of_a_message_tells_queue_and_key() {
    let history = || {
        died(vec![
            death("expired", "retry", "", &["later"], 1),
            death("rejected", "orders", "shop", &["order.created"], 1),
        ])
    };
    let messages = [
        dead(history(), None, r#"{"a":1}"#),
        dead(history(), None, "x"),
    ];
    for (by, name) in [
        (GroupBy::Queue, "orders"),
        (GroupBy::Reason, "rejected"),
        (GroupBy::Key, "order.created"),
    ] {
        assert_eq!(grouped(&messages, by), [(name.to_owned(), vec![0, 1])]);
    }
    assert_eq!(grouped(&messages, GroupBy::Shape).len(), 2);
    let told = ["fails", "fails"].map(str::to_owned);
    assert_eq!(groups(&messages, GroupBy::Schema, &told)[0].name, "fails");
    let times = &groups(&messages, GroupBy::Queue, &[])[0].times;
    assert_eq!((times.len(), times[0]), (SPANS, 2));
}

#[test]
fn times_fall_into_equal_spans() {
    assert_eq!(span(100, 100, 100), 0);
    assert_eq!(span(0, 47, 0), 0);
    assert_eq!(span(0, 47, 47), SPANS - 1);
    assert_eq!(span(0, 47, 24), SPANS / 2);
}
