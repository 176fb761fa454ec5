//! What a filter lets through.

use super::sample;
use crate::event::amqp::Properties;
use crate::event::amqp::{AmqpDelivery, Trace, Traced};
use crate::event::{Event, Transport};
use crate::query::{Filter, Matcher};
use crate::text::payload::PayloadKind;

fn matcher(line: &str) -> Matcher {
    Filter::parse(line)
        .unwrap_or_else(|fault| panic!("{line}: {fault}"))
        .matcher()
}

fn check(event: &Event, yes: &[&str], no: &[&str]) {
    for line in yes {
        assert!(matcher(line).matches(event, 1_090_000), "{line}");
    }
    for line in no {
        assert!(!matcher(line).matches(event, 1_090_000), "{line}");
    }
}

#[test]
fn words_are_looked_for_in_every_text() {
    check(
        &sample(),
        &[
            "",
            "ORDER",
            "shop",
            "jane doe",
            "\"jane doe\"",
            "x-tenant",
            "acme",
            "ORDERS.dlq",
            "queue",
            "c-1",
            "m-1",
            "checkout",
            "guest",
            "replies",
            "application/json",
            "abc-1",
            "/AB[C]-\\d/",
            "/ab[c]-1/i",
            "/ABC-1/",
            "/abc-1/i",
            "129.5",
            "order or nothing",
            "-nothing",
            "not (a nothing)",
        ],
        &[
            "nothing",
            "order nothing",
            "-order",
            "/ab[c]-1/",
            "/abc-1/",
            "café",
            "1767225600",
        ],
    );
}

#[test]
fn named_fields_are_compared() {
    check(
        &sample(),
        &[
            "key:order.#",
            "key:*.created.*",
            "key:order.created.eu",
            "key=order.created.eu",
            "key:/eu$/",
            "key!=order",
            "exchange:SHOP",
            "exchange:s?o*",
            "exchange=shop",
            "type:ORDER.*",
            "type=order.created",
            "version:2",
            "version>=2",
            "version<2.5",
            "id:e-?",
            "id=e-1",
            "correlation:C-1",
            "app:check*",
            "user:guest",
            "reply-to:replies",
            "content-type:*json",
            "message-id=m-1",
            "priority>3",
            "priority=4",
            "priority:4.0",
            "has:correlation",
            "has:priority",
            "size>100",
            "size<10kb",
            "age<5m",
            "age>89s",
            "age=90s",
            "is:json",
        ],
        &[
            "key:order.*",
            "key:ORDER.#",
            "key=Order.created.eu",
            "key!=order.created.eu",
            "exchange=Shop",
            "exchange:sh",
            "exchange:\"s*\"",
            "version>2",
            "version:2.0",
            "has:queue",
            "has:trace",
            "queue:x",
            "queue!=x",
            "not size>100",
            "size>10kb",
            "age<90s",
            "is:text",
            "is:binary",
            "is:empty",
            "is:redelivered",
            "is:lost",
        ],
    );
}

#[test]
fn headers_are_compared_by_their_type() {
    check(
        &sample(),
        &[
            "header.x-retry>=3",
            "header.x-retry:3",
            "header.x-retry=3.0",
            "header.x-tenant:acme",
            "header.x-tenant=Acme",
            "header.x-tenant=\"Acme\"",
            "header.\"a b\"=true",
            "header.\"cloudEvents:id\"=7",
            "has:header.x-death",
            "header.x-death!=x",
            "header.at>2025-12-31",
            "header.at<2026-01-02",
            "header.at>1767225599",
            "header.at:2026-01-01*",
            "header.at=1767225600",
        ],
        &[
            "header.x-retry=\"3\"",
            "header.x-retry>3",
            "header.X-Tenant:acme",
            "header.x-tenant=acme",
            "header.missing!=3",
            "header.missing:*",
            "header.x-death:*",
            "has:header.missing",
            "header.\"a b\"!=true",
        ],
    );
}

#[test]
fn payloads_are_compared_by_their_type() {
    check(
        &sample(),
        &[
            "data.total>100",
            "data.total=129.50",
            "data.total:129*",
            "data.total!=1",
            "data.count=9007199254740993",
            "data.count>9007199254740992",
            "data.paid>12",
            "data.paid=12.50",
            "data.flag:true",
            "data.flag=true",
            "data.coupon:null",
            "has:data.coupon",
            "data.at>2026-01-31",
            "data.at<\"2026-02\"",
            "data.name:jane?*",
            "data.name:\"jane doe\"",
            "data.name=\"Jane Doe\"",
            "data.note:café*",
            "data.note=\"café \\\"x\\\"\"",
            "data.path=/a/b",
            "data.path:/b$/",
            "data.\"odd key\".x:1",
            "data.\"odd key\".x=\"1\"",
            "data.total2:5",
            "data.digits>2",
            "data.items[].sku:abc*",
            "data.items[1].sku:xyz*",
            "data.items[0].n<2",
            "data.items[].n=2",
            "data.items[].lots[][]=3",
            "data.items[1].lots[1][0]=2",
            "data.tags[]:blue",
            "data.tags!=x",
            "body.eventId=e-1",
            "body.data.total>100",
            "has:data.items[].lots",
            "data.items[].sku!=ABC-1",
        ],
        &[
            "data.total>200",
            "data.total=\"129.5\"",
            "data.count=9007199254740992",
            "data.paid=12.5",
            "data.flag=\"true\"",
            "data.flag:false",
            "data.coupon=\"null\"",
            "data.missing!=1",
            "data.missing:*",
            "has:data.missing",
            "data.name:jane",
            "data.name=\"jane doe\"",
            "data.name>2026-01",
            "data.name>5",
            "data.flag>0",
            "data.items[2].n>0",
            "data.items.sku:*",
            "data.tags:red",
            "data.total.x:1",
            "data.eventId:e-1",
            "data.\"odd\".x:1",
            "data[0]:x",
            "data.items[].sku=abc-1",
        ],
    );
}

#[test]
fn a_trace_tells_queues_and_losses() {
    let traced = |fate| Event {
        transport: Transport::Amqp(AmqpDelivery {
            redelivered: true,
            trace: Some(Box::new(Trace {
                user: "shop-login".into(),
                connection: "c".into(),
                fate,
            })),
        }),
        ..sample()
    };
    check(
        &traced(Traced::Published(vec!["a".into(), "b.dlq".into()])),
        &[
            "queue:*.dlq",
            "queue=a",
            "queue!=a",
            "has:queue",
            "has:trace",
            "user:shop-*",
            "is:redelivered",
        ],
        &["queue:c", "is:lost"],
    );
    check(
        &traced(Traced::Published(Vec::new())),
        &["is:lost", "has:trace"],
        &["has:queue"],
    );
    check(
        &traced(Traced::Delivered("a".into())),
        &["queue:a"],
        &["is:lost"],
    );
}

fn with_body(body: &[u8]) -> Event {
    Event::new(
        chrono::DateTime::UNIX_EPOCH,
        String::new(),
        String::new(),
        Transport::amqp(false),
        Properties::default(),
        body.to_vec(),
    )
}

#[test]
fn strange_documents_do_no_harm() {
    let deep = format!(
        "{{\"a\":{}{},\"total\":1}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let each = format!("has:data.a{}", "[]".repeat(60));
    check(
        &with_body(deep.as_bytes()),
        &["data.total:1", "has:data.a[0][0]", &each],
        &["data.a[1]:1"],
    );
    check(
        &with_body(b" {\"a\" :\n1 , \"b\": [ ] ,\"a\":2, \"\" : {\"c\":\"}\\\"\"} }"),
        &["data.a=2", "has:data.b", "data.\"\".c=\"}\\\"\""],
        &["data.a=1", "has:data.b[]", "has:data.b[0]"],
    );
    check(
        &with_body(b"[1,[2],{\"x\":3}]"),
        &["data[0]=1", "data[1][0]=2", "data[].x=3"],
        &["data[3]:*"],
    );
    check(
        &with_body(br#"{"a":"\ud800","b":1,"\udead":2}"#),
        &["has:data.a", "data.a:?", "data.b=1", "is:json"],
        &["data.a=\"\"", "data.b=2"],
    );
    check(
        &with_body(b"{\"a\":1"),
        &["is:text"],
        &["has:data.a", "data.a:1"],
    );
    check(&with_body(b""), &["is:empty"], &["has:data.a"]);
    check(
        &with_body(b"\xff\x00word"),
        &["is:binary", "WORD", "/\\x00w/"],
        &[],
    );
}

fn packed(body: &[u8], properties: Properties) -> Event {
    let received = chrono::DateTime::UNIX_EPOCH;
    let key = "order.created".to_owned();
    Event::new(
        received,
        "shop".into(),
        key,
        Transport::amqp(false),
        properties,
        body.to_vec(),
    )
}

#[test]
fn packed_bodies_are_looked_into_as_the_inspector_shows_them() {
    let body = r#"{"type":"order.created","data":{"orderId":"needle-1","total":12.5}}"#;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, body.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = |text: &str| Some(text.to_owned());
    let encoded = |encoding: &str| Properties {
        content_encoding: text(encoding),
        ..Properties::default()
    };
    let events = [
        packed(&gzip, encoded("gzip")),
        packed(&gzip, encoded("gzip:UTF-8")),
        packed(&gzip, Properties::default()),
        packed(&wide, encoded("utf-16")),
        packed(&[b"\xff\xfe", &*wide].concat(), Properties::default()),
        packed(body.as_bytes(), Properties::default()),
    ];
    for event in &events {
        check(
            event,
            &[
                "needle",
                "is:json",
                "data.orderId:needle-*",
                "data.total>12",
                "body.data.total=12.5",
                "type:order.created",
                "not other",
                "/\"needle-[0-9]\"/",
            ],
            &["is:binary", "is:text", "data.orderId=other", "other"],
        );
    }
    let message_pack = packed(b"\x81\xa7orderId\xa8needle-1", Properties::default());
    check(
        &message_pack,
        &["needle", "data.orderId=needle-1", "is:binary"],
        &["is:json"],
    );
    let words = packed(&[&*gzip, b"junk"].concat(), Properties::default());
    assert!(!words.is_plain);
}

/// A subject may be wrong about its body: the walk reads whatever it is given.
#[test]
fn a_broken_document_that_claims_to_be_json_gives_no_panic() {
    let whole = br#"{"a":{"b":[1,"x\"y",{"c":null}]},"d":1.5}"#;
    let lines = [
        "data.a.b[].c:null",
        "data.d>1",
        "has:data.a.b[1]",
        "data.a.b[7]:x",
    ];
    for cut in 0..whole.len() {
        for put in [
            None,
            Some(b'"'),
            Some(b'\\'),
            Some(b'}'),
            Some(b']'),
            Some(b'{'),
        ] {
            let mut event = with_body(&[&whole[..cut], put.as_slice()].concat());
            event.kind = PayloadKind::Json;
            for line in lines {
                let _any = matcher(line).matches(&event, 0);
            }
        }
    }
}

#[test]
fn a_needle_is_what_every_match_holds() {
    let needle = |line: &str| {
        let matcher = matcher(line);
        let length = matcher.needle().map(|needle| {
            // The needle finds itself in the middle of the line.
            needle.find(line.as_bytes()).map(|at| line[at].to_owned())
        });
        (length.flatten(), matcher.is_needle_only())
    };
    assert_eq!(needle("order"), (Some("order".into()), true));
    assert_eq!(needle("\"jane doe\""), (Some("jane doe".into()), true));
    assert_eq!(
        needle("a order /coffee/ key:b"),
        (Some("coffee".into()), false)
    );
    assert_eq!(needle("/abc/"), (Some("abc".into()), true));
    assert_eq!(needle("a or b"), (None, false));
    assert_eq!(needle("not a"), (None, false));
    assert_eq!(needle("/a.c/ key:b"), (None, false));
    assert_eq!(needle(""), (None, false));
}

#[test]
fn a_needle_finds_its_first_place() {
    let place = |line: &str, haystack: &str| {
        let matcher = matcher(line);
        let needle = matcher.needle().unwrap();
        let place = needle.find(haystack.as_bytes());
        assert_eq!(needle.occurs(haystack.as_bytes()), place.is_some());
        place
    };
    assert_eq!(place("ab", "xAB abab"), Some(1..3));
    assert_eq!(place("/ab/", "xAB abab"), Some(4..6));
    assert_eq!(place("straße", "STRAßE straße"), Some(0..7));
    assert_eq!(place("a.c", "abc a.ca.c"), Some(4..7));
    assert_eq!(place("zz", ""), None);
    let longest = "k".repeat(10_000);
    assert_eq!(place(&longest, &longest.to_uppercase()), Some(0..10_000));
}
