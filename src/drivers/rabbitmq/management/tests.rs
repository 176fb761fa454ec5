//! What the API says becomes the picture that the window shows.

use serde_json::json;

use super::*;

fn row(value: Value) -> QueueRow {
    serde_json::from_value(value).unwrap()
}

#[test]
fn arguments_of_a_queue_overrule_its_policy_and_the_smaller_limit_counts() {
    let read = queue(row(json!({
        "name": "orders", "type": "quorum", "messages_ready": 3, "messages_unacknowledged": 1,
        "consumers": 2, "exclusive": false, "auto_delete": false,
        "arguments": {"x-dead-letter-exchange": "dead", "x-delivery-limit": 7},
        "effective_policy_definition":
            {"dead-letter-exchange": "other", "dead-letter-routing-key": "k", "delivery-limit": 3}
    })));
    assert_eq!(read.dead_letter_exchange.as_deref(), Some("dead"));
    assert_eq!(read.dead_letter_routing_key.as_deref(), Some("k"));
    assert_eq!(read.delivery_limit, Some(3));
    assert_eq!(
        (read.ready, read.unacked, read.consumers),
        (Some(3), Some(1), Some(2))
    );
    assert_eq!(read.kind, "quorum");
    assert!(read.drops.is_empty() && !read.delivers_for_ever && !read.delays_returned);
    assert!(!read.exclusive);
}

#[test]
fn a_queue_of_a_cold_broker_may_lack_its_figures() {
    // Just after its declaration a queue has no figures, and an empty policy comes as a list.
    let read = queue(row(json!({
        "name": "new", "arguments": {}, "effective_policy_definition": []
    })));
    assert_eq!(read, Queue::named("new"));
    let own = queue(row(
        json!({"name": "tap", "owner_pid_details": {"name": "127.0.0.1"}}),
    ));
    assert!(own.exclusive);
}

#[test]
fn what_bears_on_a_peek_or_loses_messages_is_read() {
    let read = queue(row(json!({
        "name": "q", "type": "quorum", "message_bytes_ready": 7,
        "head_message_timestamp": 5,
        "arguments": {"x-delivery-limit": -1, "x-message-ttl": 60000, "x-max-length": 10},
        "effective_policy_definition": {"delayed-retry-type": "returned"}
    })));
    assert_eq!((read.ready_bytes, read.head_time), (Some(7), Some(5)));
    assert_eq!(read.delivery_limit, None);
    assert!(read.delivers_for_ever && read.delays_returned);
    assert_eq!(read.drops, [Dropping::Expired, Dropping::Full]);
    assert_eq!(
        (read.message_ttl, read.max_length),
        (Some(60_000), Some(10))
    );
    let refusing = queue(row(json!({
        "name": "q", "head_message_timestamp": "",
        "arguments": {"x-max-length": 10, "x-overflow": "reject-publish"}
    })));
    assert!(refusing.drops.is_empty() && refusing.head_time.is_none());
}

#[test]
fn the_order_of_the_answer_makes_no_difference() {
    let names = |order: [&str; 2]| {
        let rows = order.map(|name| row(json!({"name": name, "auto_delete": name == "b"})));
        assemble(Vec::new(), rows.into(), Vec::new())
    };
    let knowledge = names(["b", "a"]);
    assert_eq!(knowledge, names(["a", "b"]));
    assert!(knowledge.auto_delete.contains("b"));
    assert!(!knowledge.auto_delete.contains("a"));
}

#[test]
fn without_the_api_the_built_in_exchanges_are_known() {
    let knowledge = without_management("why".into());
    assert_eq!(knowledge.topology.source, TopologySource::Amqp);
    assert_eq!(knowledge.topology.missing, "why");
    let topic = knowledge.topology.exchange("amq.topic").unwrap();
    assert_eq!(topic.kind, ExchangeKind::Topic);
}

#[test]
fn an_alternate_exchange_may_come_from_a_policy() {
    let rows = || -> Vec<ExchangeRow> {
        serde_json::from_value(json!([
            {"name": "sales", "type": "topic", "policy": "ae", "arguments": {}},
            {"name": "own", "type": "topic", "policy": "ae",
             "arguments": {"alternate-exchange": "elsewhere"}},
            {"name": "plain", "type": "topic", "arguments": {}}
        ]))
        .unwrap()
    };
    let read = |policies: Option<&[policy::BrokerPolicy]>| {
        let ruled = ruled(&rows());
        let mut topology = assemble(rows(), Vec::new(), Vec::new()).topology;
        alternates_by_policy(&mut topology, ruled, policies);
        topology
    };
    let set = |pattern: &str, priority| policy::BrokerPolicy {
        name: "ae".into(),
        pattern: pattern.into(),
        apply_to: "exchanges".into(),
        priority,
        operator: false,
        definition: vec![("alternate-exchange".into(), format!("by {pattern}"))],
    };
    let topology = read(Some(&[set("^s", 1), set(".*", 0)]));
    let alternate = |name: &str| topology.alternates.get(name).map(String::as_str);
    assert_eq!(alternate("sales"), Some("by ^s"));
    assert_eq!(alternate("own"), Some("elsewhere"));
    assert_eq!(alternate("plain"), None);
    let unread = read(None);
    assert!(unread.unsure.contains("sales") && unread.unsure.len() == 1);
}

#[test]
fn arguments_of_a_binding_are_kept() {
    let bindings = serde_json::from_value(json!([
        {"source": "by", "destination": "q", "destination_type": "queue", "routing_key": "",
         "arguments": {"x-match": "any", "n": 1}}
    ]));
    let topology = assemble(Vec::new(), Vec::new(), bindings.unwrap()).topology;
    let arguments = &topology.bindings[0].arguments;
    let expected = [
        ("n".to_owned(), json!(1)),
        ("x-match".to_owned(), json!("any")),
    ];
    assert!(expected.iter().all(|one| arguments.contains(one)));
}
