//! No value that was to be masked is left anywhere.

use super::*;
use crate::event::decode::decode;
use chrono::DateTime;

const SECRETS: [&str; 6] = [
    "ada.lovelace@example.com",
    "4111111111111111",
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "hunter2-hunter2",
    "C-1001",
];

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn event(key: &str, properties: Properties, body: &[u8]) -> Event {
    let (at, transport) = (DateTime::UNIX_EPOCH, Transport::amqp(false));
    Event::new(
        at,
        "shop".into(),
        key.into(),
        transport,
        properties,
        body.to_vec(),
    )
}

fn body() -> String {
    r#"{"id":"e-1","data":{"customer":{"id":"C-1001","mail":"ada.lovelace\u0040example.com","password":"hunter2-hunter2"},
      "card":4111111111111111,"note":"pay 4111 1111 1111 1111 to DE89370400440532013000","C-1001":true,"amount":1.50}}"#
        .to_owned()
}

fn events() -> Vec<Event> {
    let text = |text: &str| FieldValue::Text(text.into());
    let headers = vec![
        (
            "x-user".to_owned(),
            text("C-1001 <ada.lovelace@example.com>"),
        ),
        (
            "ada.lovelace@example.com".to_owned(),
            FieldValue::I64(4_111_111_111_111_111),
        ),
        (
            "deep".to_owned(),
            FieldValue::Table(vec![(
                "list".into(),
                FieldValue::Array(vec![
                    FieldValue::Bytes(b"DE89370400440532013000".to_vec()),
                    FieldValue::RawText([&b"\xff"[..], b"ada.lovelace@example.com"].concat()),
                ]),
            )]),
        ),
        ("x-api-key".to_owned(), text("hunter2-hunter2")),
    ];
    let with = Properties {
        headers: Some(headers),
        correlation_id: Some("C-1001".into()),
        reply_to: Some("ada.lovelace@example.com".into()),
        ..Properties::default()
    };
    let packed = Properties {
        content_encoding: Some("gzip".into()),
        content_type: Some("application/json".into()),
        ..Properties::default()
    };
    let plain = Properties::default;
    vec![
        // The key has it before the body that says that it is one.
        event("order.C-1001.created", plain(), b"{}"),
        event("order.created", with, body().as_bytes()),
        event("packed", packed, &gzip(&body())),
        event(
            "text",
            plain(),
            b"Dear ada.lovelace@example.com, your C-1001 is ready",
        ),
        event(
            "binary",
            plain(),
            &[&[0xff, 0, 1][..], b"ada.lovelace@example.com"].concat(),
        ),
        event("clean", plain(), b"{\"n\": 1.50, \"t\": \"nothing\"}"),
    ]
}

fn masked(rules: &[&str]) -> (Vec<Event>, MaskTally) {
    let rules = MaskRules::parse(rules.iter().copied()).unwrap();
    let mut masker = Masker::new(rules, Some("seed"));
    let events = events();
    for event in &events {
        masker.learn(event).unwrap();
    }
    masker.ready().unwrap();
    let shown = events.iter().map(|event| masker.mask(event)).collect();
    (shown, masker.tally())
}

/// Everything of an event as text, also what its body holds once it is unpacked.
fn all_of(event: &Event) -> String {
    let unpacked = decode(&event.body, &event.properties, 1 << 20)
        .bytes
        .into_owned();
    let mut all = format!("{event:?} {}", String::from_utf8_lossy(&event.body));
    all.push_str(&String::from_utf8_lossy(&unpacked));
    for (_, value) in event.properties.headers.iter().flatten() {
        let mut texts = Vec::new();
        texts_of(value, &mut texts);
        all.push_str(&texts.join(" "));
        if let FieldValue::Table(table) = value {
            all.push_str(&format!("{table:?}"));
        }
    }
    all
}

#[test]
fn nothing_that_was_to_be_masked_is_left_anywhere() {
    let (masked, tally) = masked(&["all", "/data/customer/id"]);
    for event in &masked {
        let all = all_of(event);
        for secret in SECRETS {
            assert!(!all.contains(secret), "{secret} in {all}");
            let bytes: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
            assert!(
                !all.contains(&bytes.join(", ")),
                "{secret} as bytes in {all}"
            );
        }
    }
    assert_eq!((tally.left_out, tally.events), (1, 5));
    // What is not to be masked stays as it is, byte for byte.
    assert_eq!(masked[5].body, events()[5].body);
    let text = String::from_utf8(masked[1].body.clone()).unwrap();
    assert!(
        text.contains(r#""amount":1.50"#)
            && text.contains(r#"{"id":"e-1","data":{"customer":{"id":"masked-"#),
        "{text}"
    );
    crate::text::json::check(&text).unwrap();
    // The same customer is the same everywhere, also in a packed body.
    let mask = &masked[1].properties.correlation_id.clone().unwrap();
    assert!(masked[0].key.contains(mask.as_str()));
    let packed = decode(&masked[2].body, &masked[2].properties, 1 << 20)
        .bytes
        .into_owned();
    assert!(String::from_utf8(packed).unwrap().contains(mask.as_str()));
    assert_eq!(masked[2].body[..2], [0x1f, 0x8b]);
}

#[test]
fn only_what_was_chosen_is_masked() {
    let (shown, _) = masked(&["/data/customer/mail"]);
    let text = String::from_utf8(shown[1].body.clone()).unwrap();
    assert!(text.contains("hunter2-hunter2") && text.contains("C-1001"));
    assert!(!text.contains("ada.lovelace"));
    assert_eq!(shown[0].key, "order.C-1001.created");
    let by_header = MaskRules::parse(["header.X-User"]).unwrap();
    let mut masker = Masker::new(by_header, None);
    let shown = masker.mask(&events()[1]);
    let value = shown
        .properties
        .header("x-user")
        .and_then(FieldValue::as_text);
    assert!(value.is_some_and(|text| text.starts_with("masked-")));
}

#[test]
fn a_pointer_takes_all_below_it_and_any_item() {
    let mask = |rule: &str, body: &str| {
        let mut masker = Masker::new(MaskRules::parse([rule]).unwrap(), Some("x"));
        let event = event("k", Properties::default(), body.as_bytes());
        String::from_utf8(masker.mask(&event).body).unwrap()
    };
    let told = mask(
        "/a/*/n",
        r#"{"a":[{"n":"x","m":1},{"n":[true,22,{"q":"z"}]}],"n":"x"}"#,
    );
    let value: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&value["a"][0]["m"], &value["n"]), (&1.into(), &"x".into()));
    assert_eq!(value["a"][1]["n"][0], serde_json::Value::Null);
    assert!(value["a"][1]["n"][1].is_number() && value["a"][1]["n"][2]["q"] != "z");
    assert!(mask("/a~1b", r#"{"a/b":"x","a":"x"}"#).ends_with(r#","a":"x"}"#));
    assert!(MaskRules::parse(["mails"]).unwrap_err().contains("emails"));
}
