//! A message with every AMQP 0-9-1 field type and all 14 properties goes through the app and comes
//! out byte for byte as it was, seen by a client that looks at raw frames.

use eventscope::event::Outgoing;
use eventscope::event::amqp::FieldValue;
use eventscope::event::amqp::x_death::{Death, DeathReason};
use eventscope::protocol::{MoveOrder, MoveOutcome, PublishOutcome};
use eventscope::rabbitmq::origin::Scene;
use eventscope::rabbitmq::resend::Manner;

use crate::support::raw_amqp::{Life, field, int, long, none, properties, short, table, text};
use crate::support::{App, Place};

/// One header of each wire type that RabbitMQ knows. Names are sorted, as lapin sends them sorted.
pub(crate) fn every_type() -> Vec<u8> {
    let number = |kind: u8, bytes: &[u8]| field(kind, bytes);
    let inner = [
        ("deep", field(b'F', &table(&[("deeper", field(b'V', &[]))]))),
        (
            "list",
            field(
                b'A',
                &long(&[int(1), text("two"), field(b'A', &long(&[]))].concat()),
            ),
        ),
    ];
    table(&[
        (
            "array",
            field(
                b'A',
                &long(&[number(b'b', &[0x80]), number(b't', &[1])].concat()),
            ),
        ),
        ("bool", number(b't', &[0])),
        ("bytes", field(b'x', &long(&[0, 0xff, 0xfe]))),
        (
            "decimal",
            field(b'D', &[&[2][..], &1_250_u32.to_be_bytes()].concat()),
        ),
        ("double", number(b'd', &(1.0_f64 / 3.0).to_be_bytes())),
        ("empty", text("")),
        ("float", number(b'f', &0.1_f32.to_be_bytes())),
        ("int16", number(b's', &(-300_i16).to_be_bytes())),
        ("int32", number(b'I', &i32::MIN.to_be_bytes())),
        ("int64", number(b'l', &i64::MIN.to_be_bytes())),
        ("int8", number(b'b', &[0x85])),
        ("nested", field(b'F', &table(&inner))),
        ("not utf-8", field(b'S', &long(&[0x66, 0xff, 0xfe]))),
        ("text", text("Grüße, 世界")),
        ("time", number(b'T', &1_700_000_000_u64.to_be_bytes())),
        ("uint16", number(b'u', &65_535_u16.to_be_bytes())),
        ("uint32", number(b'i', &u32::MAX.to_be_bytes())),
        ("uint8", number(b'B', &[200])),
        ("void", field(b'V', &[])),
    ])
}

/// All 14 properties, or all but the expiration, which dead-lettering takes away.
pub(crate) fn all_properties(user: &str, expiration: Option<&str>) -> Vec<u8> {
    properties(&[
        Some(short("application/json")),
        Some(short("identity")),
        Some(every_type()),
        Some(vec![2]),
        Some(vec![7]),
        Some(short("correlation")),
        Some(short("reply.here")),
        expiration.map(short),
        Some(short("id-1")),
        Some(1_700_000_000_u64.to_be_bytes().to_vec()),
        Some(short("OrderCreated")),
        Some(short(user)),
        Some(short("test")),
        Some(short("cluster")),
    ])
}

#[test]
fn a_dead_letter_arrives_again_exactly_as_it_was_first_sent() {
    let place = Place::fresh();
    let user = place.facts.user.clone();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    raw.exchange("dlx", "direct");
    let to_dead = [
        ("x-dead-letter-exchange", text("dlx")),
        ("x-dead-letter-routing-key", text("orders")),
    ];
    raw.queue("orders", Life::Durable, &to_dead);
    raw.bind("orders", "shop", "order.*");
    raw.queue("dead", Life::Durable, &[]);
    raw.bind("dead", "dlx", "orders");
    let body = [b"{\"a\": 1}".as_slice(), &[0xff, 0], &vec![b'x'; 1_200_000]].concat();
    let original = all_properties(&user, Some("3600000"));
    raw.publish("shop", "order.created", &original, &body);
    let first = raw.get("orders").expect("the message");
    assert_eq!(
        first.properties, original,
        "the broker itself changes nothing"
    );
    raw.reject(first.tag);

    let mut app = App::at(place.endpoint());
    let report = crate::support::wait_for("the dead letter", || {
        let report = app.peek("dead", 10).expect("a peek");
        (report.messages.len() == 1).then_some(report)
    });
    let event = &report.messages[0];
    assert_eq!(event.properties.header("void"), Some(&FieldValue::Void));
    let deaths = Death::history(&event.properties);
    assert_eq!(
        (deaths.len(), &deaths[0].reason),
        (1, &DeathReason::Rejected)
    );
    assert_eq!(deaths[0].original_expiration.as_deref(), Some("3600000"));
    let planned = Manner::default()
        .plan(event, &user, Scene::default())
        .expect("a target");
    assert_eq!(planned.outgoing.destination, "shop");
    let orders = vec![MoveOrder {
        original: event.fingerprint(),
        outgoing: planned.outgoing,
    }];
    assert_eq!(app.resend("dead", orders).outcomes, [MoveOutcome::Resent]);

    let again = raw.get("orders").expect("the message again");
    assert_eq!(
        (again.exchange.as_str(), again.key.as_str()),
        ("shop", "order.created")
    );
    assert!(!again.redelivered);
    // It was rejected long before its time to live ended, so it has it again.
    assert_eq!(again.properties, original);
    assert!(again.body == body, "the body, byte for byte");
    assert!(raw.get("dead").is_none());
}

#[test]
fn what_is_seen_can_be_published_again_with_nothing_changed() {
    let place = Place::fresh();
    let user = place.facts.user.clone();
    let mut raw = place.raw();
    raw.queue("from", Life::Durable, &[]);
    raw.queue("to", Life::Durable, &[]);
    let full = all_properties(&user, Some("3600000"));
    // Present but empty is not the same as absent.
    let mut empty: [Option<Vec<u8>>; 14] = Default::default();
    empty[0] = Some(short(""));
    empty[2] = Some(table(&[]));
    let cases = [full, none(), properties(&empty)];
    for case in &cases {
        raw.publish("", "from", case, b"body");
    }
    let mut app = App::at(place.endpoint());
    let report = app.peek("from", 10).expect("a peek");
    for event in &report.messages {
        let outcome = app.publish(Outgoing {
            record: None,
            destination: String::new(),
            key: "to".into(),
            properties: event.properties.clone(),
            body: event.body.clone(),
        });
        assert_eq!(outcome, PublishOutcome::Routed);
    }
    let arrived: Vec<_> = raw.drain("to").into_iter().map(|m| m.properties).collect();
    assert_eq!(arrived, cases);
}

#[test]
fn a_tap_sees_every_type_as_it_was_sent() {
    let place = Place::fresh();
    let user = place.facts.user.clone();
    let mut raw = place.raw();
    raw.exchange("shop", "topic");
    let mut app = App::at(place.endpoint());
    let (tap, state) = app.tap("shop", &["#"]);
    state.expect("a tap");
    raw.publish("shop", "k", &all_properties(&user, None), b"{}");
    let event = app.events(tap, 1).remove(0);
    let header = |name: &str| event.properties.header(name).expect("a header").clone();
    assert_eq!(header("int16"), FieldValue::I16(-300));
    assert_eq!(header("uint8"), FieldValue::U8(200));
    assert_eq!(header("int64"), FieldValue::I64(i64::MIN));
    assert_eq!(header("float"), FieldValue::F32(0.1));
    let decimal = FieldValue::Decimal {
        scale: 2,
        value: 1_250,
    };
    assert_eq!(header("decimal"), decimal);
    assert_eq!(
        header("not utf-8"),
        FieldValue::RawText(vec![0x66, 0xff, 0xfe])
    );
    assert_eq!(event.properties.user_id.as_deref(), Some(user.as_str()));
    assert_eq!(event.properties.headers.as_ref().map(Vec::len), Some(19));
}
