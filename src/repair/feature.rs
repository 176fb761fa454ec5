//! What can be said of one place in a message, so that messages can be told apart by it: that the
//! place is there, what kind of value it holds, which value.

use std::collections::BTreeSet;

use crate::event::amqp::x_death::is_broker_header;
use crate::event::amqp::{FieldValue, Properties};
use crate::event::decode;
use crate::event::field_names::FieldNames;
use crate::text::json::{self, JsonRow, RowValue};

/// Longest value, in characters, that is looked at as such.
const VALUE: usize = 48;
/// Most bytes of a decoded body.
const BODY: usize = 1 << 20;
/// Most values of one body.
const ROWS: usize = 5_000;

/// What is said of a place. The order is that of preference where several say the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Said {
    Present,
    /// It holds this kind of value.
    Kind(&'static str),
    /// It holds this value.
    Value(String),
}

/// A statement about one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature {
    /// The place, such as `data.email`, `data.items[].sku` or `header x-tenant`.
    pub place: String,
    /// What is said of it.
    pub said: Said,
}

impl Feature {
    /// That the place is there.
    #[must_use]
    pub fn present(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            said: Said::Present,
        }
    }

    /// What those have of which it is true: `data.amount as text`.
    #[must_use]
    pub fn words(&self) -> String {
        let place = &self.place;
        match &self.said {
            Said::Present => place.clone(),
            Said::Kind(kind) => format!("{place} as {kind}"),
            Said::Value(value) => format!("{place} = {value}"),
        }
    }
}

/// All that can be said of a message: of its JSON payload, decoded, and of its properties and the
/// headers that the publisher wrote. Ids and times differ from message to message and are left out.
#[must_use]
pub fn features(properties: &Properties, body: &[u8]) -> BTreeSet<Feature> {
    let mut all = BTreeSet::new();
    let decoded = decode::decode(body, properties, BODY);
    match decoded.json() {
        Some(text) => payload(text, properties, &mut all),
        None => say(&mut all, "payload", "something other than JSON", None),
    }
    let texts = [
        ("content-type", &properties.content_type),
        ("content-encoding", &properties.content_encoding),
        ("type", &properties.message_type),
        ("app-id", &properties.app_id),
        ("user-id", &properties.user_id),
        ("reply-to", &properties.reply_to),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            say(&mut all, &format!("property {name}"), "text", Some(text));
        }
    }
    for (name, value) in properties.headers.iter().flatten() {
        if !is_broker_header(name) && name != "CC" && name != "BCC" {
            let text = match value {
                FieldValue::Text(text) => Some(text.clone()),
                value => value.as_integer().map(|number| number.to_string()),
            };
            let place = format!("header {name}");
            say(&mut all, &place, value.type_name(), text.as_deref());
        }
    }
    all
}

fn payload(text: &[u8], properties: &Properties, all: &mut BTreeSet<Feature>) {
    let document = json::rows(text);
    let names = FieldNames::of(&String::from_utf8_lossy(text), properties);
    // The place of each row that is open, by depth.
    let mut places: Vec<String> = Vec::new();
    for row in document.rows.iter().take(ROWS) {
        places.truncate(row.depth);
        let place = match (places.last(), &row.name) {
            (None, _) => String::new(),
            (Some(parent), None) => names.item(parent, None),
            (Some(parent), Some(name)) => names.member(parent, name),
        };
        let shown = match place.as_str() {
            "" => "payload",
            place => place,
        };
        let (kind, value) = kind(row);
        say(all, shown, kind, value.as_deref());
        places.push(place);
    }
}

fn say(all: &mut BTreeSet<Feature>, place: &str, kind: &'static str, value: Option<&str>) {
    let mut add = |said| {
        all.insert(Feature {
            place: place.to_owned(),
            said,
        })
    };
    add(Said::Present);
    add(Said::Kind(kind));
    if let Some(value) = value
        && value.chars().count() <= VALUE
    {
        add(Said::Value(value.to_owned()));
    }
}

/// The kind of a JSON value, as exact as what breaks consumers.
fn kind(row: &JsonRow) -> (&'static str, Option<String>) {
    match &row.value {
        RowValue::Object(0) => ("empty object", None),
        RowValue::Object(_) => ("object", None),
        RowValue::Array(0) => ("empty array", None),
        RowValue::Array(_) => ("array", None),
        RowValue::Text(text) if text.is_empty() => ("empty text", None),
        RowValue::Text(text) => ("text", Some(text.clone())),
        RowValue::Number(number) => (number_kind(number), Some(number.clone())),
        RowValue::Bool(value) => ("true or false", Some(value.to_string())),
        RowValue::Null => ("null", None),
    }
}

/// The largest whole number up to which each can be held by a double.
const EXACT: u64 = 1 << 53;

fn number_kind(number: &str) -> &'static str {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.contains(['.', 'e', 'E']) {
        return if number.starts_with('-') {
            "negative decimal number"
        } else {
            "decimal number"
        };
    }
    match digits.parse::<u64>() {
        Ok(0) => "zero",
        Ok(value) if value > EXACT => "whole number beyond 2^53",
        Err(_) => "whole number beyond 2^53",
        Ok(_) if number.starts_with('-') => "negative whole number",
        Ok(_) => "whole number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Vec<String> {
        let all = features(&Properties::default(), body.as_bytes());
        let kinds = all.iter().filter(|f| !matches!(f.said, Said::Present));
        kinds.map(Feature::words).collect()
    }

    #[test]
    fn places_kinds_and_values_are_told() {
        assert_eq!(
            said(r#"{"a":{"b":"x"},"n":[-1,9007199254740993],"e":""}"#),
            [
                "data.a as object",
                "data.a.b as text",
                "data.a.b = x",
                "data.e as empty text",
                "data.n as array",
                "data.n[] as negative whole number",
                "data.n[] as whole number beyond 2^53",
                "data.n[] = -1",
                "data.n[] = 9007199254740993",
                "payload as object",
            ]
        );
        assert_eq!(said("no"), ["payload as something other than JSON"]);
    }

    #[test]
    fn what_the_broker_wrote_is_not_the_publishers() {
        let text = |t: &str| FieldValue::Text(t.to_owned());
        let properties = Properties {
            headers: Some(vec![
                ("x-first-death-queue".into(), text("orders")),
                ("x-tenant".into(), text("b")),
            ]),
            ..Properties::default()
        };
        let all = features(&properties, b"1");
        let places: BTreeSet<_> = all.iter().map(|f| f.place.as_str()).collect();
        assert_eq!(Vec::from_iter(places), ["header x-tenant", "payload"]);
    }
}
