//! Tests of the samples: valid ones are valid, broken ones are broken, and both read like events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::schema::{Catalog, Dialect, ReadySchemas, SchemaSource, Version};

fn about() -> About<'static> {
    About {
        event_type: "order.created",
        version: "2",
        event_id: "0b5c9c58-0000-4000-8000-000000000001",
        now: DateTime::UNIX_EPOCH,
        seed: 7,
    }
}

fn shop() -> Catalog {
    let source = |event_type: &str, version: &str, text: &str| SchemaSource {
        event_type: event_type.into(),
        version: version.into(),
        file: format!("{version}.schema.json"),
        text: text.into(),
    };
    let created = [
        include_str!("../../../../assets/schemas/order.created/1.schema.json"),
        include_str!("../../../../assets/schemas/order.created/2.schema.json"),
    ];
    let captured = include_str!("../../../../assets/schemas/payment.captured/1.schema.json");
    Catalog::new(
        PathBuf::new(),
        vec![
            source("order.created", "1", created[0]),
            source("order.created", "2", created[1]),
            source("payment.captured", "1", captured),
        ],
    )
}

fn json(catalog: &Catalog, name: &str, version: &str) -> std::sync::Arc<Version> {
    let entry = catalog.get(name).unwrap().get(version).unwrap();
    let Ok(ReadySchemas::Json(version)) = &entry.ready else {
        panic!("{name} {version} is a JSON Schema");
    };
    version.clone()
}

#[test]
fn a_sample_of_the_shop_reads_like_an_event() {
    let catalog = shop();
    let version = json(&catalog, "order.created", "2");
    for seed in 0..40 {
        let event = valid(&version, &About { seed, ..about() }).unwrap();
        assert!(version.validator.is_valid(&event));
        assert_eq!(event["eventId"], about().event_id);
        assert_eq!(event["version"], 2);
        // Name and address are of one person.
        let customer = &event["data"]["customer"];
        if let (Some(name), Some(email)) = (customer["name"].as_str(), customer["email"].as_str()) {
            let own = name.to_lowercase().replace(' ', ".");
            assert_eq!(email, format!("{own}@example.com"));
        }
        assert_eq!(event["timestamp"], "1970-01-01T00:00:00.000Z");
        let item = &event["data"]["items"][0];
        assert!(item["sku"].as_str().unwrap().contains('-'), "{event:#}");
        let strangers = event["data"].as_object().unwrap().keys();
        assert!(
            strangers.into_iter().all(|name| !name.starts_with("extra")),
            "{event:#}"
        );
    }
    assert_eq!(
        valid(&version, &about()),
        valid(&version, &about()),
        "it repeats"
    );
}

#[test]
fn broken_events_of_the_shop_break_what_they_say() {
    let catalog = shop();
    let version = json(&catalog, "order.created", "2");
    let kind = catalog.get("order.created").unwrap();
    let all = broken(kind, &version, &about());
    let labels: Vec<&str> = all.iter().map(|one| one.label.as_str()).collect();
    for label in [
        "An event of version 1",
        "Without required field channel",
        "Without required field items[0].sku",
        "currency has the wrong type",
        "data has the wrong type",
        "channel is none of the allowed values",
        "items is outside its bounds",
        "eventType is none of the allowed values",
    ] {
        assert!(labels.contains(&label), "{label} is not among {labels:#?}");
    }
    for one in &all {
        assert!(!version.validator.is_valid(&one.event), "{}", one.label);
        assert!(!one.why.is_empty(), "{}", one.label);
    }
    assert_eq!(all[0].of.as_deref(), Some("1"));
    assert!(
        json(&catalog, "order.created", "1")
            .validator
            .is_valid(&all[0].event)
    );
    let optional = labels.contains(&"Without required field couponCode");
    assert!(!optional, "what is optional may be missing");
}

fn vectors() -> Vec<(String, Version)> {
    let files = [
        include_str!("../../../../tests/schema-vectors/apicurio-json.json"),
        include_str!("../../../../tests/schema-vectors/jsoncompat.json"),
        include_str!("../../../../tests/schema-vectors/sentry.json"),
        include_str!("../../../../tests/schema-vectors/policy-matrix.json"),
    ];
    let mut out = Vec::new();
    for text in files {
        let cases: Vec<Value> = serde_json::from_str(text).unwrap();
        for case in cases {
            let draft = case["draft"].as_str().and_then(Dialect::named);
            for side in ["original", "update"] {
                let name = format!("{} {side}", case["id"]);
                if let Ok(version) = Version::new(case[side].clone(), draft, &BTreeMap::new()) {
                    out.push((name, version));
                }
            }
        }
    }
    out
}

#[test]
fn nearly_every_public_schema_has_a_sample_and_a_form() {
    let all = vectors();
    let mut none = Vec::new();
    for (name, version) in &all {
        match valid(version, &about()) {
            Some(event) => {
                assert!(version.validator.is_valid(&event), "{name}");
                let document = Document::new(event.to_string()).unwrap();
                let all = fields(version, &document, &Choices::default());
                assert!(
                    all.len() <= crate::schema::form::fields::MOST_FIELDS + 1,
                    "{name}"
                );
            }
            None => none.push(name),
        }
    }
    assert!(all.len() > 300, "{}", all.len());
    // Some of them allow nothing at all.
    assert!(
        none.len() * 50 <= all.len(),
        "{} of {}: {none:#?}",
        none.len(),
        all.len()
    );
}

#[test]
fn a_schema_that_branches_without_end_ends() {
    let schema = json!({
        "$ref": "#/$defs/tree",
        "$defs": { "tree": {
            "type": "array", "minItems": 40, "items": { "$ref": "#/$defs/tree" }
        } }
    });
    let version = Version::new(schema, None, &BTreeMap::new()).unwrap();
    let before = Instant::now();
    assert_eq!(valid(&version, &about()), None);
    assert!(before.elapsed() < Duration::from_secs(5));
}
