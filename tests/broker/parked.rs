//! What frameworks parked is sent again: to where it came from, without what was written on it when
//! it failed, and out of its wrapper.

use std::sync::Arc;

use eventscope::event::amqp::{FieldTable, FieldValue, Properties};
use eventscope::event::source_id::SourceId;
use eventscope::event::{Event, Outgoing};
use eventscope::protocol::{Command, MoveOrder, MoveOutcome, SourceCommand, SourceUpdate, Update};
use eventscope::rabbitmq::ground::Ground;
use eventscope::rabbitmq::resend::{Manner, Resend, Target};

use crate::support::raw_amqp::Life;
use crate::support::{App, Place, wait_for};

/// A shop whose stock is reserved by a consumer of `stock`; what fails is published into `parked`.
fn shop() -> (Place, App, Ground) {
    let place = Place::fresh();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.queue("stock", Life::Durable, &[]);
    raw.bind("stock", "shop", "stock.#");
    raw.queue("parked", Life::Durable, &[]);
    let mut app = App::at(place.endpoint());
    app.send(Command::Source(
        SourceId::FIRST,
        SourceCommand::RefreshTopology,
    ));
    let topology = app.expect("the topology", |update| match update {
        Update::Source(_, SourceUpdate::Topology(topology)) => Some(topology.clone()),
        _ => None,
    });
    (place, app, Ground::of(topology))
}

fn parked(app: &mut App, properties: Properties, body: &str) -> Arc<Event> {
    let outcome = app.publish(Outgoing {
        record: None,
        destination: String::new(),
        key: "parked".into(),
        properties,
        body: body.into(),
    });
    assert!(format!("{outcome:?}").contains("Routed"), "{outcome:?}");
    only(app, "parked")
}

fn only(app: &mut App, queue: &str) -> Arc<Event> {
    wait_for("the message", || {
        let report = app.peek(queue, 10).expect("a peek");
        assert!(report.messages.len() < 2);
        report.messages.into_iter().next()
    })
}

/// Sends it to where it came from.
fn send(place: &Place, app: &mut App, ground: &Ground, event: &Event) -> Resend {
    let manner = Manner::from(Target::Origin);
    let scene = ground.scene(Some("parked"));
    let resend = manner
        .plan(event, &place.facts.user, scene)
        .expect("a target");
    let order = MoveOrder {
        original: event.fingerprint(),
        outgoing: resend.outgoing.clone(),
    };
    let done = app.resend("parked", vec![order]);
    assert_eq!(done.outcomes, [MoveOutcome::Resent]);
    assert!(app.peek("parked", 10).expect("a peek").messages.is_empty());
    resend
}

fn words(rows: &[(&str, &str)]) -> FieldTable {
    let rows = rows.iter();
    rows.map(|(name, value)| ((*name).to_owned(), FieldValue::Text((*value).to_owned())))
        .collect()
}

#[test]
fn what_spring_parked_goes_back_to_its_exchange_without_the_fault_headers() {
    let (place, mut app, ground) = shop();
    let trace = "a.b.ListenerExecutionFailedException: Listener threw exception\n\
                 Caused by: org.example.StockException: sku unknown\n\t... 3 more\n";
    let headers = words(&[
        ("tenant", "acme"),
        ("x-exception-message", "Listener threw exception"),
        ("x-exception-stacktrace", &trace.repeat(200)),
        ("x-original-exchange", "shop"),
        ("x-original-routingKey", "stock.reserve"),
        ("x-retry-count", "3"),
    ]);
    let properties = Properties {
        message_id: Some("s-1".into()),
        headers: Some(headers),
        ..Properties::default()
    };
    let event = parked(&mut app, properties, r#"{"sku":"Z"}"#);
    let sent = send(&place, &mut app, &ground, &event);
    let all = sent.notes.join("\n");
    for part in [
        "Spring AMQP names where it came from (headers x-original-exchange and x-original-routingKey)",
        "x-exception-stacktrace is left out: Spring wrote it",
        "header x-retry-count counts 3 and goes with the copy: if that is the limit of the consumer",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
    let arrived = only(&mut app, "stock");
    assert_eq!(
        (arrived.destination.as_str(), arrived.key.as_str()),
        ("shop", "stock.reserve")
    );
    let left = words(&[("tenant", "acme"), ("x-retry-count", "3")]);
    assert_eq!(arrived.properties.headers.as_ref(), Some(&left));
    assert_eq!(arrived.properties.message_id.as_deref(), Some("s-1"));
    assert_eq!(arrived.body, event.body);
}

#[test]
fn what_easynetq_wrapped_arrives_as_the_message_that_it_was() {
    let (place, mut app, ground) = shop();
    let wrapper = r#"{"RoutingKey":"stock.reserve","Exchange":"shop","Queue":"stock",
        "Exception":"Shop.Gone: sku Z gone\r\n   at Shop.X()","Message":"{\"sku\":\"Z\",\"n\":1.50}",
        "DateTime":"2026-03-01T10:00:00Z","BasicProperties":{"ContentType":"application/json",
        "Type":"Shop.Reserve, Shop","CorrelationId":"c-1","DeliveryMode":2,"Headers":{"tenant":"acme"}}}"#;
    let properties = Properties {
        content_type: Some("application/json".into()),
        message_type: Some("EasyNetQ.SystemMessages.Error, EasyNetQ".into()),
        ..Properties::default()
    };
    let event = parked(&mut app, properties, wrapper);
    let sent = send(&place, &mut app, &ground, &event);
    assert!(
        sent.notes
            .iter()
            .any(|note| note.contains("EasyNetQ had wrapped the message"))
    );
    let arrived = only(&mut app, "stock");
    assert_eq!(
        (arrived.destination.as_str(), arrived.key.as_str()),
        ("shop", "stock.reserve")
    );
    assert_eq!(arrived.body, br#"{"sku":"Z","n":1.50}"#);
    let expected = Properties {
        content_type: Some("application/json".into()),
        message_type: Some("Shop.Reserve, Shop".into()),
        correlation_id: Some("c-1".into()),
        delivery_mode: Some(2),
        headers: Some(words(&[("tenant", "acme")])),
        ..Properties::default()
    };
    assert_eq!(arrived.properties, expected);
}
