//! Messages as each framework leaves them, after its documentation. What real frameworks left is in
//! `tests/frameworks`.

use chrono::DateTime;

use super::*;
use crate::event::Transport;
use crate::event::amqp::FieldTable;
use crate::testing::{death, died};
use crate::text::base64;

fn message(headers: &[(&str, &str)], body: &str) -> Event {
    let headers: FieldTable = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), FieldValue::Text((*value).to_owned())))
        .collect();
    with(
        Properties {
            headers: Some(headers),
            ..Properties::default()
        },
        body,
    )
}

fn with(properties: Properties, body: &str) -> Event {
    Event::new(
        DateTime::UNIX_EPOCH,
        String::new(),
        "parked".into(),
        Transport::amqp(false),
        properties,
        body.into(),
    )
}

/// The right answer for one message.
#[derive(Default)]
struct Right<'a> {
    framework: &'a str,
    reason: &'a str,
    class: Option<&'a str>,
    when: Option<&'a str>,
    attempts: Option<u64>,
    target: Option<(&'a str, &'a str, &'a str)>,
    /// Headers that are still there.
    left: &'a [&'a str],
}

fn check(event: &Event, queue: &str, right: &Right<'_>) -> Parked {
    let parked = recognise(event, queue).expect("a framework");
    assert_eq!(parked.framework, right.framework);
    let failure = parked.failure.clone().unwrap_or_default();
    let reason = if failure == ParkedFailure::default() {
        String::new()
    } else {
        failure.words()
    };
    assert_eq!(reason, right.reason);
    assert_eq!(failure.class.as_deref(), right.class);
    assert_eq!(parked.when.map(timestamp_text).as_deref(), right.when);
    assert_eq!(parked.attempts, right.attempts);
    let target = parked.target.as_ref();
    let target = target.map(|t| (t.exchange.as_str(), t.routing_key.as_str(), t.says.as_str()));
    assert_eq!(target, right.target);
    let mut sent = event.properties.clone();
    parked.strip(&mut sent);
    let left: Vec<&str> = sent
        .headers
        .iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(left, right.left);
    for (name, _) in event.properties.headers.iter().flatten() {
        assert_eq!(
            parked.why_removed(name).is_none(),
            left.contains(&name.as_str()),
            "{name}"
        );
    }
    parked
}

#[test]
fn mass_transit() {
    let envelope =
        r#"{"messageId":"m-1","messageType":["urn:message:Shop:Placed"],"message":{"id":7}}"#;
    let error = message(
        &[
            ("Content-Type", "application/vnd.masstransit+json"),
            ("MT-Reason", "fault"),
            ("MT-Fault-ExceptionType", "Shop.StockException"),
            ("MT-Fault-Message", "sku Z unknown"),
            (
                "MT-Fault-StackTrace",
                "   at Shop.Stock.Take() in /a/Stock.cs:line 42",
            ),
            ("MT-Fault-Timestamp", "2026-04-20T16:30:00.1234567Z"),
            (
                "MT-Fault-InputAddress",
                "rabbitmq://localhost/shop/stock-reserve?durable=true",
            ),
            ("MT-Fault-ConsumerType", "Shop.Reserve"),
            ("MT-Fault-RetryCount", "3"),
            ("MT-Host-MachineName", "box-1"),
        ],
        envelope,
    );
    let parked = check(
        &error,
        "stock-reserve_error",
        &Right {
            framework: "MassTransit",
            reason: "StockException: sku Z unknown",
            class: Some("Shop.StockException"),
            when: Some("2026-04-20T16:30:00Z"),
            attempts: Some(4),
            target: Some(("", "stock-reserve", "header MT-Fault-InputAddress")),
            left: &["Content-Type"],
        },
    );
    assert_eq!(
        parked.words(),
        "MassTransit parked it (header MT-Fault-Message): StockException: sku Z unknown, in queue \
         stock-reserve, 2026-04-20T16:30:00Z, tried 4 times"
    );
    let skipped = message(&[("MT-Reason", "dead-letter")], envelope);
    let parked = check(
        &skipped,
        "stock-reserve_skipped",
        &Right {
            framework: "MassTransit",
            target: Some((
                "",
                "stock-reserve",
                "the name of the queue without _skipped",
            )),
            ..Right::default()
        },
    );
    assert!(parked.words().contains("no consumer of the queue takes"));
    let bare = message(&[], envelope);
    check(
        &bare,
        "orders_error",
        &Right {
            framework: "MassTransit",
            target: Some(("", "orders", "the name of the queue without _error")),
            ..Right::default()
        },
    );
    assert_eq!(recognise(&bare, "orders"), None);
}

#[test]
fn nservicebus() {
    let trace = "System.AggregateException: One or more errors occurred. (deadlock)\n ---> \
                 Shop.DeadlockException: deadlock\n   at Shop.Handler.Handle()\n   --- End of inner \
                 exception stack trace ---\n   at NServiceBus.Invoke()";
    let event = message(
        &[
            ("NServiceBus.MessageId", "n-1"),
            ("NServiceBus.EnclosedMessageTypes", "Shop.Placed, Shop"),
            ("NServiceBus.FailedQ", "Shop.Sales@BOX-1"),
            (
                "NServiceBus.ExceptionInfo.ExceptionType",
                "System.AggregateException",
            ),
            (
                "NServiceBus.ExceptionInfo.Message",
                "One or more errors occurred. (deadlock)",
            ),
            ("NServiceBus.ExceptionInfo.StackTrace", trace),
            ("NServiceBus.TimeOfFailure", "2014-11-11 02:26:58:000462 Z"),
            ("NServiceBus.Retries", "2"),
            (
                "NServiceBus.Retries.Timestamp",
                "2014-11-11 02:26:50:000462 Z",
            ),
        ],
        "{}",
    );
    let parked = check(
        &event,
        "error",
        &Right {
            framework: "NServiceBus",
            reason: "DeadlockException: deadlock",
            class: Some("Shop.DeadlockException"),
            when: Some("2014-11-11T02:26:58Z"),
            target: Some(("", "Shop.Sales", "header NServiceBus.FailedQ")),
            left: &["NServiceBus.MessageId", "NServiceBus.EnclosedMessageTypes"],
            ..Right::default()
        },
    );
    assert_eq!(parked.failed_queue.as_deref(), Some("Shop.Sales"));
    assert!(
        parked
            .failure
            .unwrap()
            .told_as
            .unwrap()
            .starts_with("AggregateException")
    );
}

#[test]
fn spring_amqp_and_spring_cloud_stream() {
    let trace = "org.springframework.amqp.rabbit.support.ListenerExecutionFailedException: Retry \
                 Policy Exhausted\n\tat org.springframework.X.y(X.java:1)\nCaused by: \
                 org.springframework.amqp.AmqpRejectAndDontRequeueException: null\n\t... 3 more\n\
                 Caused by: org.example.StockException: sku unknown\n\t... 9 more\n";
    let headers = [
        ("__TypeId__", "org.example.Reserve"),
        ("x-exception-message", "Retry Policy Exhausted"),
        ("x-exception-stacktrace", trace),
        ("x-original-exchange", "shop"),
        ("x-original-routingKey", "stock.reserve"),
    ];
    let says = "headers x-original-exchange and x-original-routingKey";
    let right = Right {
        framework: "Spring AMQP",
        reason: "StockException: sku unknown",
        class: Some("org.example.StockException"),
        target: Some(("shop", "stock.reserve", says)),
        left: &["__TypeId__"],
        ..Right::default()
    };
    let parked = check(&message(&headers, "{}"), "stock.parked", &right);
    assert_eq!(parked.failed_queue, None);
    let right = Right {
        framework: "Spring Cloud Stream",
        ..right
    };
    let parked = check(&message(&headers, "{}"), "stock.reserve.group.dlq", &right);
    assert_eq!(parked.failed_queue.as_deref(), Some("stock.reserve.group"));
    // By the default exchange the key is the queue.
    let default = message(
        &[
            ("x-exception-message", "no"),
            ("x-original-exchange", ""),
            ("x-original-routingKey", "jobs"),
        ],
        "",
    );
    assert_eq!(
        recognise(&default, "q").unwrap().failed_queue.as_deref(),
        Some("jobs")
    );
    // A trace that was cut off, and nothing else.
    let cut = message(&[("x-exception-stacktrace", &trace[..150])], "");
    let parked = recognise(&cut, "q").unwrap();
    assert!(parked.target.is_none() && parked.failure.is_some());
}

fn easynetq(message: &str, more: &str) -> String {
    format!(
        r#"{{"RoutingKey":"stock.reserve","Exchange":"Shop.Reserve, Shop","Queue":"reserve_mail",
            "Exception":"System.AggregateException: One or more errors occurred. ---> Shop.Gone: sku Z gone\r\n   at Shop.X()","Message":{message},
            "DateTime":"2026-03-01T10:00:00.5Z","BasicProperties":{{{more}}}}}"#
    )
}

#[test]
fn easynetq_wraps_the_original() {
    let more = r#""ContentType":"application/json","ContentTypePresent":true,"Headers":{"tenant":"acme","n":7},
        "HeadersPresent":true,"DeliveryMode":2,"Priority":0,"PriorityPresent":false,"CorrelationId":"c-1",
        "Type":"Shop.Reserve, Shop","MessageId":null,"Timestamp":0,"Expiration":"60000""#;
    let body = easynetq(r#""{\"sku\":\"Z\",\"n\":1.50}""#, more);
    let event = with(Properties::default(), &body);
    let parked = check(
        &event,
        "EasyNetQ_Default_Error_Queue",
        &Right {
            framework: "EasyNetQ",
            reason: "Gone: sku Z gone",
            class: Some("Shop.Gone"),
            when: Some("2026-03-01T10:00:00Z"),
            target: Some((
                "Shop.Reserve, Shop",
                "stock.reserve",
                "Exchange and RoutingKey in the body",
            )),
            ..Right::default()
        },
    );
    assert_eq!(parked.failed_queue.as_deref(), Some("reserve_mail"));
    let original = parked.original.unwrap();
    assert_eq!(original.body, br#"{"sku":"Z","n":1.50}"#);
    let headers = vec![
        ("tenant".to_owned(), FieldValue::Text("acme".into())),
        ("n".to_owned(), FieldValue::I64(7)),
    ];
    assert_eq!(
        original.properties,
        Properties {
            content_type: Some("application/json".into()),
            headers: Some(headers),
            delivery_mode: Some(2),
            correlation_id: Some("c-1".into()),
            message_type: Some("Shop.Reserve, Shop".into()),
            expiration: Some("60000".into()),
            ..Properties::default()
        }
    );
    assert_eq!(original.doubts.len(), 1, "{:?}", original.doubts);
}

#[test]
fn easynetq_may_have_packed_the_body_or_lost_some_of_it() {
    let original = |message: &str| {
        let event = with(Properties::default(), &easynetq(message, ""));
        *recognise(&event, "").unwrap().original.unwrap()
    };
    let packed = format!("\"{}\"", base64::encode(br#"{"sku":"Z"}"#));
    assert_eq!(original(&packed).body, br#"{"sku":"Z"}"#);
    assert_eq!(original("\"text\"").body, b"text");
    assert!(original("\"\u{fffd}\\u0001\"").doubts[0].contains("bytes are lost"));
    for strange in [
        "{}",
        r#"{"BasicProperties":{}}"#,
        r#"{"BasicProperties":1,"Message":"","Exchange":"","RoutingKey":""}"#,
    ] {
        assert_eq!(
            recognise(
                &with(Properties::default(), strange),
                "EasyNetQ_Default_Error_Queue"
            ),
            None
        );
    }
}

#[test]
fn rebus_and_wolverine() {
    let rebus = message(
        &[
            ("rbs2-msg-type", "Shop.Reserve, Shop"),
            ("rbs2-source-queue", "stock"),
            (
                "rbs2-error-details",
                "5 unhandled exceptions: 2026-01-01 10:00:00 +00:00: Shop.Gone: sku Z gone\r\n   at Shop.X()",
            ),
            ("rbs2-delivery-count", "5"),
        ],
        "{}",
    );
    check(
        &rebus,
        "error",
        &Right {
            framework: "Rebus",
            reason: "Gone: sku Z gone",
            class: Some("Shop.Gone"),
            attempts: Some(5),
            target: Some(("", "stock", "header rbs2-source-queue")),
            left: &["rbs2-msg-type"],
            ..Right::default()
        },
    );
    let wolverine = message(
        &[
            ("exception-type", "Shop.Gone"),
            ("exception-message", "sku Z gone"),
            ("exception-stack", "   at Shop.X()"),
            ("failed-at", "1767261600123"),
            ("original-destination", "rabbitmq://queue/stock"),
            ("attempts", "3"),
            ("tenant-id", "acme"),
        ],
        "{}",
    );
    check(
        &wolverine,
        "wolverine-dead-letter-queue",
        &Right {
            framework: "Wolverine",
            reason: "Gone: sku Z gone",
            class: Some("Shop.Gone"),
            when: Some("2026-01-01T10:00:00Z"),
            attempts: Some(3),
            target: Some(("", "stock", "header original-destination")),
            left: &["attempts", "tenant-id"],
        },
    );
}

#[test]
fn brighter_and_celery_and_laravel_leave_it_to_the_broker() {
    let mut properties = died(vec![death(
        "rejected",
        "orders",
        "shop",
        &["order.placed"],
        1,
    )]);
    let base = properties.headers.clone().unwrap();
    let mut add = |more: &[(&str, FieldValue)]| {
        let mut headers = base.clone();
        headers.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        properties.headers = Some(headers);
        let parked = recognise(&with(properties.clone(), "{}"), "orders.dlq").expect("a framework");
        assert!(
            parked.by_broker && parked.target.is_none(),
            "{}",
            parked.framework
        );
        assert_eq!(
            recognise(&with(properties.clone(), "{}"), "").map(|p| p.framework),
            Some(parked.framework)
        );
        let mut alive = properties.clone();
        alive.headers.as_mut().unwrap().remove(0);
        assert_eq!(
            recognise(&with(alive, "{}"), "orders"),
            None,
            "not every message is dead"
        );
        (parked.framework, parked.remarks.join(""))
    };
    let text = |text: &str| FieldValue::Text(text.to_owned());
    assert_eq!(
        add(&[
            ("MessageType", text("MT_EVENT")),
            ("Topic", text("order.placed")),
            ("HandledCount", FieldValue::I32(3))
        ]),
        ("Brighter", "it was retried 3 times before".to_owned())
    );
    assert_eq!(
        add(&[
            ("task", text("shop.pay")),
            ("id", text("t-1")),
            ("retries", FieldValue::I32(2))
        ]),
        ("Celery", "it was retried 2 times before".to_owned())
    );
    let attempts = FieldValue::Table(vec![("attempts".into(), FieldValue::I16(2))]);
    assert_eq!(
        add(&[("laravel", attempts)]),
        ("Laravel", "it was retried 2 times before".to_owned())
    );
}

#[test]
fn dramatiq() {
    let body = r#"{"queue_name":"default.DQ","actor_name":"pay","args":[1],"kwargs":{},"message_id":"d-1",
        "message_timestamp":1767261000000,"options":{"retries":2,"requeue_timestamp":1767261600123,
        "traceback":"Traceback (most recent call last):\n  File \"a.py\", line 1, in pay\nshop.Gone: sku Z gone\n"}}"#;
    let parked = check(
        &with(Properties::default(), body),
        "default.XQ",
        &Right {
            framework: "Dramatiq",
            // The class has no usual end, but a path.
            reason: "Gone: sku Z gone",
            class: Some("shop.Gone"),
            when: Some("2026-01-01T10:00:00Z"),
            target: Some(("", "default", "queue_name in the body")),
            ..Right::default()
        },
    );
    assert!(parked.words().contains("of the attempt before the last"));
}

#[test]
fn symfony_messenger() {
    const STAMP: &str = r"X-Message-Stamp-Symfony\Component\Messenger\Stamp\";
    let names = [
        "ErrorDetailsStamp",
        "SentToFailureTransportStamp",
        "RedeliveryStamp",
        "BusNameStamp",
    ]
    .map(|name| format!("{STAMP}{name}"));
    let event = message(
        &[
            ("type", r"App\Message\Pay"),
            (
                &names[0],
                r#"[{"exceptionClass":"App\\Gone","exceptionCode":0,"exceptionMessage":"sku Z gone"}]"#,
            ),
            (&names[1], r#"[{"originalReceiverName":"async"}]"#),
            (
                &names[2],
                r#"[{"retryCount":1,"redeliveredAt":"2026-01-01T09:00:00+00:00"},{"retryCount":0,"redeliveredAt":"2026-01-01T10:00:00+00:00"}]"#,
            ),
            (&names[3], r#"[{"busName":"messenger.bus.default"}]"#),
        ],
        "{}",
    );
    let parked = check(
        &event,
        "messages_failed",
        &Right {
            framework: "Symfony Messenger",
            reason: "Gone: sku Z gone",
            class: Some(r"App\Gone"),
            when: Some("2026-01-01T10:00:00Z"),
            left: &["type", &names[2], &names[3]],
            ..Right::default()
        },
    );
    assert!(parked.words().contains("the transport async"));
}

#[test]
fn sneakers_new_and_old() {
    let info = r#"[{"error":"reject","num_attempts":6,"failed_at":"2026-01-01T11:00:00+01:00","properties":{},
        "error_class":"Shop::Gone","error_message":"sku Z gone","backtrace":["a.rb:1"]},{"error":"older"}]"#;
    let right = Right {
        framework: "Sneakers",
        reason: "Gone: sku Z gone",
        class: Some("Shop::Gone"),
        when: Some("2026-01-01T10:00:00Z"),
        attempts: Some(6),
        target: Some(("", "stock", "the name of the queue without -error")),
        ..Right::default()
    };
    check(
        &message(&[("retry_info", info)], "x"),
        "stock-error",
        &right,
    );
    let payload = base64::encode(br#"{"sku":"Z"}"#);
    let old = format!(
        r#"{{"error":"reject","num_attempts":6,"failed_at":"2026-01-01T11:00:00+01:00","payload":"{}\n{}\n",
            "properties":"e30=\n","error_class":"Shop::Gone","error_message":"sku Z gone"}}"#,
        &payload[..8],
        &payload[8..]
    );
    let parked = check(&with(Properties::default(), &old), "stock-error", &right);
    assert_eq!(parked.original.unwrap().body, br#"{"sku":"Z"}"#);
}

#[test]
fn rascal_keeps_what_its_encryption_needs() {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let table = |rows: &[(&str, FieldValue)]| {
        FieldValue::Table(
            rows.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        )
    };
    let recovery = table(&[("stock", table(&[("forwarded", FieldValue::I8(1))]))]);
    let rascal = table(&[
        ("originalQueue", text("stock")),
        ("originalExchange", text("shop")),
        ("originalRoutingKey", text("stock.reserve")),
        ("recovery", recovery),
        ("error", table(&[("message", text("sku Z gone"))])),
        ("encryption", table(&[("name", text("k1"))])),
    ]);
    let properties = Properties {
        headers: Some(vec![("rascal".into(), rascal)]),
        ..Properties::default()
    };
    let event = with(properties, "{}");
    let parked = recognise(&event, "stock.dead").unwrap();
    assert_eq!(parked.failure.as_ref().unwrap().words(), "sku Z gone");
    let target = parked.target.as_ref().unwrap();
    assert_eq!(
        (target.exchange.as_str(), target.routing_key.as_str()),
        ("shop", "stock.reserve")
    );
    assert_eq!(parked.failed_queue.as_deref(), Some("stock"));
    let mut sent = event.properties.clone();
    parked.strip(&mut sent);
    let Some(FieldValue::Table(left)) = sent.header("rascal") else {
        panic!("the table is gone");
    };
    let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "originalQueue",
            "originalExchange",
            "originalRoutingKey",
            "encryption"
        ]
    );
    assert!(
        parked
            .why_removed("rascal")
            .unwrap()
            .contains("recovery: With its counts")
    );
}

#[test]
fn camel_and_an_application_of_ones_own() {
    let camel = message(&[("FailedBecause", "sku Z gone")], "x");
    check(
        &camel,
        "parked",
        &Right {
            framework: "Apache Camel",
            reason: "sku Z gone",
            ..Right::default()
        },
    );
    let own = message(
        &[
            ("x-error-code", "17"),
            ("is-error", "false"),
            ("x-last-error", "cannot pay"),
            (
                "x-error-stack",
                "Error: cannot pay\n    at pay (a.js:1:2) {\n  [cause]: TypeError: no sku\n}",
            ),
            ("x-original-exchange-of", "no"),
            ("x-original-queue", "pay"),
            ("x-retry-count", "3"),
        ],
        "x",
    );
    check(
        &own,
        "q",
        &Right {
            framework: "The application",
            reason: "Error: cannot pay (caused by TypeError: no sku)",
            class: Some("Error"),
            target: Some(("", "pay", "header x-original-queue")),
            left: &[
                "x-error-code",
                "is-error",
                "x-last-error",
                "x-error-stack",
                "x-original-exchange-of",
                "x-original-queue",
                "x-retry-count",
            ],
            ..Right::default()
        },
    );
    // Nothing at all is nothing.
    assert_eq!(
        recognise(&message(&[("tenant", "acme")], "{}"), "orders.dlq"),
        None
    );
    assert_eq!(
        failure(&own).unwrap().words(),
        "Error: cannot pay (caused by TypeError: no sku)"
    );
}

#[test]
fn hostile_headers_and_bodies_are_no_danger() {
    let long = "x".repeat(400_000);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for name in [
        "MT-Fault-InputAddress",
        "NServiceBus.FailedQ",
        "x-exception-stacktrace",
        "retry_info",
        "FailedBecause",
        "rbs2-error-details",
    ] {
        for value in [
            "",
            "\n",
            "@",
            "/",
            ": ",
            " ---> ",
            "\nCaused by: ",
            "Traceback (most recent call last)",
            long.as_str(),
            deep.as_str(),
        ] {
            let event = message(&[(name, value)], &deep);
            let parked = recognise(&event, "é_error");
            assert!(parked.is_none_or(|parked| parked.words().len() < 900_000));
        }
    }
    let body = format!(r#"{{"BasicProperties":{deep}}}"#);
    assert_eq!(recognise(&with(Properties::default(), &body), "x"), None);
}
