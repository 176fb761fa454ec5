//! CloudEvents: in which mode a message carries one, and the attributes that stand in its headers.
//!
//! In binary mode the attributes are the event's and the body is its data, which speaks for nothing:
//! a `type` inside it is a field like any other (CloudEvents 1.0.2, AMQP protocol binding, 3.1).

use std::borrow::Cow;

use super::amqp::value::timestamp_text;
use super::amqp::{FieldValue, Properties};
use crate::text::payload::{shorten, visible_line};

/// How a message carries a CloudEvent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudEvent {
    /// The attributes stand in the body, around the data.
    Structured,
    /// The body is a list of structured ones.
    Batch,
    /// The attributes stand in headers, the body is the data.
    Binary,
}

/// What stands before the name of an attribute: the two ways of the AMQP binding, and those of HTTP
/// and Kafka, which bridges carry over as they are.
const PREFIXES: [&str; 4] = ["cloudEvents:", "cloudEvents_", "ce-", "ce_"];

/// Attributes of the specification's core. Others are extensions, which may have any name.
const CORE: [&str; 8] = [
    "specversion",
    "type",
    "id",
    "source",
    "time",
    "subject",
    "datacontenttype",
    "dataschema",
];

/// The mode that content type and headers declare; a structured one may also be undeclared.
#[must_use]
pub fn declared(properties: &Properties) -> Option<CloudEvent> {
    let content_type = properties.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let begins = |start: &str| {
        let head = essence.get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    // The content type decides first: it is what tells the modes apart (same binding, section 3).
    if begins("application/cloudevents-batch") {
        Some(CloudEvent::Batch)
    } else if begins("application/cloudevents") {
        Some(CloudEvent::Structured)
    } else {
        is_binary(properties).then_some(CloudEvent::Binary)
    }
}

/// True if the attributes stand in headers: then the body speaks for nothing.
fn is_binary(properties: &Properties) -> bool {
    properties.headers.as_ref().is_some_and(|headers| {
        let mut names = headers.iter().map(|(name, _)| name.as_str());
        names.any(|name| split(name).is_some_and(|(_, attribute)| attribute == "specversion"))
    })
}

/// The prefix of a header that is an attribute, by its place in [`PREFIXES`], and its name.
fn split(header: &str) -> Option<(usize, &str)> {
    let mut prefixes = PREFIXES.iter().enumerate();
    prefixes.find_map(|(place, prefix)| Some((place, header.strip_prefix(prefix)?)))
}

/// An attribute that stands in a header, as text. Where prefixes are mixed, the one that the version
/// of the specification stands under counts first.
#[must_use]
pub fn attribute<'a>(properties: &'a Properties, name: &str) -> Option<Cow<'a, str>> {
    values(properties, name)
        .into_iter()
        .next()
        .map(|(_, text)| text)
}

/// Every value of an attribute with its prefix; the one that counts stands first.
fn values<'a>(properties: &'a Properties, name: &str) -> Vec<(usize, Cow<'a, str>)> {
    let mut found = Vec::new();
    let mut lead = None;
    for (header, value) in properties.headers.iter().flatten() {
        let Some((prefix, attribute)) = split(header) else {
            continue;
        };
        if attribute == "specversion" {
            lead = lead.or(Some(prefix));
        }
        if attribute == name
            && let Some(text) = text(value)
        {
            found.push((prefix, text));
        }
    }
    found.sort_by_key(|(prefix, _)| (Some(*prefix) != lead, *prefix));
    found
}

fn text(value: &FieldValue) -> Option<Cow<'_, str>> {
    match value {
        FieldValue::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        FieldValue::Timestamp(stamp) => Some(Cow::Owned(timestamp_text(*stamp))),
        other => Some(Cow::Owned(other.as_integer()?.to_string())),
    }
}

/// The version that the address of a schema ends in: `2` of `https://example.org/order/2`.
#[must_use]
pub fn version_of_address(address: &str) -> &str {
    address.rsplit(['/', '#']).next().unwrap_or_default()
}

/// That attributes stand under more than one prefix, in words; the specification knows one a
/// message. Says where they contradict each other, and which counts.
#[must_use]
pub fn mixed(properties: &Properties) -> Option<String> {
    let mut used: Vec<usize> = Vec::new();
    for (header, _) in properties.headers.iter().flatten() {
        if let Some((prefix, name)) = split(header)
            && CORE.contains(&name)
            && !used.contains(&prefix)
        {
            used.push(prefix);
        }
    }
    if used.len() < 2 || !is_binary(properties) {
        return None;
    }
    let names: Vec<&str> = used.iter().map(|prefix| PREFIXES[*prefix]).collect();
    let mut words = format!("CloudEvent attributes stand under {}", names.join(" and "));
    for name in CORE {
        let all = values(properties, name);
        if let [(first, a), (other, b), ..] = all.as_slice()
            && a != b
        {
            let [a, b] = [a, b].map(|text| shorten(&visible_line(text), 60));
            let [first, other] = [first, other].map(|prefix| PREFIXES[*prefix]);
            words.push_str(&format!(
                ". {first}{name} says {a} and {other}{name} says {b}: the first counts"
            ));
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Properties {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = FieldValue::Text((*value).to_owned());
            ((*name).to_owned(), value)
        });
        Properties {
            headers: Some(pairs.collect()),
            ..Properties::default()
        }
    }

    #[test]
    fn the_mode_is_read_from_content_type_and_headers() {
        let mut properties = headers(&[("cloudEvents_specversion", "1.0")]);
        assert_eq!(declared(&properties), Some(CloudEvent::Binary));
        properties.content_type = Some("Application/CloudEvents+JSON; charset=utf-8".into());
        assert_eq!(declared(&properties), Some(CloudEvent::Structured));
        properties.content_type = Some("application/cloudevents-batch+json".into());
        assert_eq!(declared(&properties), Some(CloudEvent::Batch));
        assert_eq!(declared(&headers(&[("ce-type", "a")])), None);
    }

    #[test]
    fn the_prefix_of_the_version_counts_first_and_mixing_is_said() {
        let one = headers(&[("ce-specversion", "1.0"), ("ce-type", "a"), ("ce-x", "y")]);
        assert_eq!(mixed(&one), None);
        let two = headers(&[
            ("cloudEvents:type", "old"),
            ("cloudEvents_specversion", "1.0"),
            ("cloudEvents_type", "new"),
            ("cloudEvents:id", "7"),
        ]);
        assert_eq!(attribute(&two, "type").as_deref(), Some("new"));
        assert_eq!(attribute(&two, "id").as_deref(), Some("7"));
        assert_eq!(
            mixed(&two).unwrap(),
            "CloudEvent attributes stand under cloudEvents: and cloudEvents_. cloudEvents_type \
             says new and cloudEvents:type says old: the first counts"
        );
    }
}
