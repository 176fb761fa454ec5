//! Which type and version an event claims to be of, by which sign, and whether it is true.

use serde_json::Value;

use super::catalog::{Catalog, EventType, Ready};
use super::{Failure, Version};
use crate::domain::{Event, FieldValue};

/// A larger body is not validated here, in bytes: the person waits for the answer.
const LARGEST: usize = 256 * 1024;
/// Failures that are told.
const TOLD: usize = 5;

/// Headers that say the version; the first that is there counts.
pub const VERSION_HEADERS: [&str; 5] = [
    "schema-version",
    "x-schema-version",
    "event-version",
    "x-event-version",
    "version",
];

/// What an event says of itself, and the sign it says it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The type or the version.
    pub what: String,
    /// In words: `the header x-schema-version`.
    pub sign: &'static str,
}

/// Whether an event is what it claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It matches the version that it claims.
    Matches,
    /// It does not, and why.
    Fails(Vec<Failure>),
    /// It does not match what it claims, but these versions.
    FitsOnly(Vec<String>),
    /// It claims no version and matches these.
    Unclaimed(Vec<String>),
    /// There is no such version.
    UnknownVersion,
    /// There is no schema of this type.
    NoSchema,
    /// The body is not JSON, or too large to be looked at here.
    NotJson,
}

/// The type that an event claims; the first sign counts.
#[must_use]
pub fn claimed_type(event: &Event) -> Option<Claim> {
    let header = |names: &[&str]| text_header(event, names);
    let claim = |what: Option<String>, sign| what.map(|what| Claim { what, sign });
    claim(
        header(&["cloudEvents:type", "cloudEvents_type", "ce-type", "ce_type"]),
        "a CloudEvents header",
    )
    .or_else(|| claim(header(&["x-event-type"]), "the header x-event-type"))
    .or_else(|| claim(event.properties.message_type.clone(), "the property type"))
    .or_else(|| {
        claim(
            header(&["NServiceBus.EnclosedMessageTypes"]),
            "a header of NServiceBus",
        )
    })
    .or_else(|| claim(header(&["__TypeId__"]), "a header of Spring"))
    .or_else(|| {
        claim(
            event.envelope.event_type.as_deref().map(str::to_owned),
            "a field of the body",
        )
    })
    .or_else(|| claim(Some(event.routing_key.clone()), "the routing key"))
}

/// The version that an event claims; the first sign counts.
#[must_use]
pub fn claimed_version(event: &Event) -> Option<Claim> {
    let header = |names: &[&str]| text_header(event, names);
    let claim = |what: Option<String>, sign| what.map(|what| Claim { what, sign });
    let address = header(&[
        "cloudEvents:dataschema",
        "cloudEvents_dataschema",
        "ce-dataschema",
        "ce_dataschema",
    ]);
    let last = address
        .as_deref()
        .and_then(|address| address.rsplit(['/', '#']).next())
        .map(bare);
    claim(last, "the CloudEvents header dataschema")
        .or_else(|| {
            claim(
                header(&VERSION_HEADERS).as_deref().map(bare),
                "a header for the version",
            )
        })
        .or_else(|| {
            claim(
                event
                    .properties
                    .content_type
                    .as_deref()
                    .and_then(of_content_type),
                "the content type",
            )
        })
        .or_else(|| {
            claim(
                event.properties.message_type.as_deref().and_then(suffix),
                "the property type",
            )
        })
        .or_else(|| claim(suffix(&event.routing_key), "the routing key"))
        .or_else(|| {
            claim(
                event.envelope.version.as_deref().map(bare),
                "a field of the body",
            )
        })
}

/// Judges an event by the schemas of a folder.
#[must_use]
pub fn judge(event: &Event, catalog: &Catalog) -> Judgement {
    let Some(kind) =
        claimed_type(event).and_then(|claim| find(catalog, &claim.what, &event.routing_key))
    else {
        return Judgement::NoSchema;
    };
    if event.body.len() > LARGEST {
        return Judgement::NotJson;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&event.body) else {
        return Judgement::NotJson;
    };
    let ready = |entry: &'_ super::Entry| match &entry.ready {
        Ok(Ready::Json(version)) => Some(version.clone()),
        _ => None,
    };
    let fits = || -> Vec<String> {
        let fitting = kind
            .versions
            .iter()
            .filter(|entry| ready(entry).is_some_and(|v| v.validator.is_valid(&body)));
        fitting.map(|entry| entry.version.clone()).collect()
    };
    let Some(claim) = claimed_version(event) else {
        return Judgement::Unclaimed(fits());
    };
    let Some(version) = kind.get(&claim.what).and_then(ready) else {
        return Judgement::UnknownVersion;
    };
    let version: &Version = &version;
    if version.validator.is_valid(&body) {
        return Judgement::Matches;
    }
    let others = fits();
    if others.is_empty() {
        Judgement::Fails(version.validator.failures(&body, TOLD))
    } else {
        Judgement::FitsOnly(others)
    }
}

/// The type of the folder that an event claims to be of.
#[must_use]
pub fn kind_of<'a>(event: &Event, catalog: &'a Catalog) -> Option<&'a EventType> {
    find(catalog, &claimed_type(event)?.what, &event.routing_key)
}

fn find<'a>(catalog: &'a Catalog, claimed: &str, routing_key: &str) -> Option<&'a EventType> {
    let without = |name: &str| match suffix(name) {
        Some(_) => name
            .rsplit_once(['.', '_', '-'])
            .map(|(head, _)| head.to_owned()),
        None => None,
    };
    [
        Some(claimed.to_owned()),
        without(claimed),
        Some(routing_key.to_owned()),
        without(routing_key),
    ]
    .into_iter()
    .flatten()
    .find_map(|name| catalog.get(&name))
}

fn text_header(event: &Event, names: &[&str]) -> Option<String> {
    let value = names
        .iter()
        .find_map(|name| event.properties.header(name))?;
    match value {
        FieldValue::Text(text) => Some(text.as_str().to_owned()),
        other => Some(other.as_integer()?.to_string()),
    }
}

/// `v2` is version `2`.
fn bare(version: &str) -> String {
    let number = version
        .strip_prefix(['v', 'V'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    number.unwrap_or(version).to_owned()
}

/// The `2` of `order.created.v2` or `order_created_v2`.
fn suffix(name: &str) -> Option<String> {
    let (_, last) = name.rsplit_once(['.', '_', '-'])?;
    let number = last.strip_prefix(['v', 'V'])?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then(|| number.to_owned())
}

/// The `2` of `application/vnd.acme.order.v2+json` or `application/json; version=2`.
fn of_content_type(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';');
    let kind = parts.next()?.trim();
    let parameter = parts.find_map(|part| part.trim().strip_prefix("version=").map(bare));
    parameter.or_else(|| suffix(kind.rsplit_once('+').map_or(kind, |(head, _)| head)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::event;
    use crate::schema::Source;
    use std::path::PathBuf;

    fn catalog() -> Catalog {
        let source = |version: &str, kind: &str| Source {
            event_type: "order.created".into(),
            version: version.into(),
            file: format!("{version}.schema.json"),
            text: format!(r#"{{"type":"object","properties":{{"amount":{{"type":"{kind}"}}}}}}"#),
        };
        Catalog::new(
            PathBuf::new(),
            vec![source("1", "number"), source("2", "string")],
        )
    }

    fn claiming(version: &str, body: &str) -> Event {
        let mut event = event("order.created", body);
        event.properties.headers = Some(vec![(
            "x-schema-version".into(),
            FieldValue::Text(version.into()),
        )]);
        event
    }

    #[test]
    fn an_event_is_what_it_claims_or_not() {
        let judged = |event: &Event| judge(event, &catalog());
        assert_eq!(
            judged(&claiming("1", r#"{"amount":1}"#)),
            Judgement::Matches
        );
        assert_eq!(
            judged(&claiming("v1", r#"{"amount":1}"#)),
            Judgement::Matches
        );
        assert_eq!(
            judged(&claiming("1", r#"{"amount":"1"}"#)),
            Judgement::FitsOnly(vec!["2".into()])
        );
        let Judgement::Fails(failures) = judged(&claiming("1", r#"{"amount":true}"#)) else {
            panic!("it fails");
        };
        assert_eq!(failures[0].at, "/amount");
        assert_eq!(judged(&claiming("7", "{}")), Judgement::UnknownVersion);
        assert_eq!(judged(&claiming("1", "not JSON")), Judgement::NotJson);
        assert_eq!(
            judged(&event("order.created", "{}")),
            Judgement::Unclaimed(vec!["1".into(), "2".into()])
        );
        assert_eq!(
            judged(&event("order.created.v2", r#"{"amount":"1"}"#)),
            Judgement::Matches
        );
        assert_eq!(judged(&event("order.paid", "{}")), Judgement::NoSchema);
    }

    #[test]
    fn the_first_sign_of_a_version_counts_and_is_named() {
        let mut event = claiming("3", r#"{"version":4}"#);
        event.properties.content_type = Some("application/vnd.acme.order.v2+json".into());
        assert_eq!(claimed_version(&event).unwrap().what, "3");
        event.properties.headers = None;
        let claim = claimed_version(&event).unwrap();
        assert_eq!((claim.what.as_str(), claim.sign), ("2", "the content type"));
        event.properties.content_type = Some("application/json; version=5".into());
        assert_eq!(claimed_version(&event).unwrap().what, "5");
    }
}
