//! `eventscope dead-letters` and `eventscope resend` on a real RabbitMQ: what is told of a death, which looks
//! are refused, and that nothing is sent without a word.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::recording::{eventscope, url};
use crate::support::raw_amqp::{Life, none, properties, table, text};
use crate::support::{Place, wait_for};

fn run(place: &Place, journal: &Path, arguments: &[&str]) -> Output {
    eventscope(arguments)
        .args(["--url", &url(place), "--journal"])
        .arg(journal)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("it runs")
}

fn told(output: &Output) -> Value {
    let parsed = serde_json::from_slice(&output.stdout);
    parsed.unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn what_the_broker_and_frameworks_wrote_is_told_field_by_field() {
    let place = Place::fresh();
    let journal = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    let work = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("work", Life::Durable, &work);
    raw.bind("work", "shop", "order.#");
    raw.publish("shop", "order.created", &none(), br#"{"n": 1.50}"#);
    let message = wait_for("the message", || raw.get("work"));
    raw.reject(message.tag);
    wait_for("its death", || (raw.depth("dead") == 1).then_some(()));
    let list = |source: &str| {
        let output = run(
            &place,
            journal.path(),
            &["dead-letters", "--source", source, "--format", "json"],
        );
        (output.status.code(), told(&output))
    };
    let (code, all) = list("dead");
    let message = &all["messages"][0];
    assert_eq!(code, Some(0), "{all:#}");
    assert_eq!(message["written_by"], json!("RabbitMQ"));
    let died = &message["died"];
    for (field, value) in [
        ("destination", json!("shop")),
        ("queue", json!("work")),
        ("reason", json!("rejected")),
        ("partition", Value::Null),
        ("offset", Value::Null),
        ("group", Value::Null),
        ("exception_class", Value::Null),
        ("attempts", Value::Null),
    ] {
        assert_eq!(died[field], value, "{field}: {message:#}");
    }
    assert!(
        died["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{message:#}"
    );
    let first = json!({
        "destination": "shop", "key": "order.created", "partition": null, "offset": null,
    });
    assert_eq!(message["first"], first);
    assert_eq!(
        (&message["deaths_at_least"], &message["original"]),
        (&json!(1), &json!("unknown"))
    );
    let target = json!({ "destination": "shop", "key": "order.created", "partition": null });
    assert_eq!(message["proposed_target"], target);
    assert_eq!(
        (&message["doubts"], &message["position"]),
        (&json!([]), &json!({ "index": 0 }))
    );
    let headers = message["headers"].as_array().expect("headers");
    assert!(
        headers
            .iter()
            .any(|header| header["name"] == json!("x-death"))
    );
    assert_eq!(all["places"][0]["why"], json!(["dead letters of work"]));
}

#[test]
fn what_a_framework_parked_is_told_with_its_exception() {
    let place = Place::fresh();
    let journal = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    let list = |source: &str| {
        let output = run(
            &place,
            journal.path(),
            &["dead-letters", "--source", source, "--format", "json"],
        );
        (output.status.code(), output)
    };
    raw.queue("stock_error", Life::Durable, &[]);
    let mut values = [const { None }; 14];
    values[2] = Some(table(&[
        ("MT-Fault-ExceptionType", text("Shop.StockException")),
        ("MT-Fault-Message", text("no stock")),
        ("MT-Reason", text("fault")),
        ("MT-Fault-InputAddress", text("rabbitmq://localhost/stock")),
    ]));
    raw.publish("", "stock_error", &properties(&values), b"{}");
    let all = told(&list("stock_error").1);
    let message = &all["messages"][0];
    assert_eq!(message["written_by"], json!("MassTransit"), "{message:#}");
    assert_eq!(
        message["died"]["exception_class"],
        json!("Shop.StockException")
    );
    assert_eq!(message["died"]["exception_message"], json!("no stock"));
    assert_eq!(
        (&message["died"]["reason"], &message["died"]["queue"]),
        (&Value::Null, &json!("stock"))
    );
    let (code, output) = list("dead-none");
    assert_eq!((code, output.stdout.len()), (Some(2), 0), "{output:?}");
}

#[test]
fn a_look_that_would_cost_something_is_refused_in_words() {
    let place = Place::fresh();
    let journal = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    // Its messages go elsewhere when they were looked at too often.
    let limited = [
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", crate::support::raw_amqp::int(1)),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("elsewhere")),
    ];
    raw.queue("limited", Life::Durable, &limited);
    raw.publish("", "limited", &none(), b"{}");
    let arguments = ["dead-letters", "--source", "limited", "--format", "json"];
    let output = run(&place, journal.path(), &arguments);
    let all = told(&output);
    if !place.looks_count() {
        // From 4.3 on a look uses nothing up.
        assert_eq!(output.status.code(), Some(0), "{all:#}");
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{all:#}");
    assert_eq!(all["messages"], json!([]));
    let refused = all["places"][0]["peek_refused"].as_str().expect("words");
    assert!(!refused.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(refused), "{said}");
}

#[test]
fn dead_letters_go_back_after_a_word() {
    let place = Place::fresh();
    let journal = tempfile::tempdir().expect("a folder");
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("dead", Life::Durable, &[]);
    let work = [
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text("dead")),
    ];
    raw.queue("work", Life::Durable, &work);
    raw.bind("work", "shop", "#");
    for body in [r#"{"n":"1"}"#, r#"{"n":2}"#, r#"{"n":"3"}"#] {
        raw.publish("shop", "order", &none(), body.as_bytes());
        let message = wait_for("the message", || raw.get("work"));
        raw.reject(message.tag);
    }
    wait_for("their death", || (raw.depth("dead") == 3).then_some(()));
    let all = ["resend", "--source", "dead", "--all"];
    let refused = run(&place, journal.path(), &all);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    let dry = run(
        &place,
        journal.path(),
        &[&all[..], &["--dry-run", "--json"]].concat(),
    );
    assert_eq!(told(&dry)["targets"], json!({ "shop, key order": 3 }));
    assert_eq!(raw.depth("dead"), 3);
    let edit = ["--edit", "convert data.n=number", "--yes", "--json"];
    let edited = run(&place, journal.path(), &[&all[..], &edit].concat());
    assert_eq!(
        (edited.status.code(), &told(&edited)["sent"]),
        (Some(1), &json!(2)),
        "{edited:?}"
    );
    assert_eq!(raw.bodies("work"), [r#"{"n":1}"#, r#"{"n":3}"#]);
    let rest = [
        "resend",
        "--source",
        "dead",
        "--all",
        "--to",
        "elsewhere",
        "--yes",
        "--json",
    ];
    raw.queue("elsewhere", Life::Durable, &[]);
    // What a program that ended had borrowed is back a moment later.
    wait_for("what stayed", || (raw.depth("dead") == 1).then_some(()));
    let rest = run(&place, journal.path(), &rest);
    assert_eq!(
        (rest.status.code(), &told(&rest)["sent"]),
        (Some(0), &json!(1)),
        "{rest:?}"
    );
    assert_eq!(raw.bodies("elsewhere"), [r#"{"n":2}"#]);
    assert_eq!(raw.depth("dead"), 0);
}
