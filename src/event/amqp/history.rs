//! What RabbitMQ wrote on a message when it died, as it arrives: its own tables, or what a client
//! made of them when it published the message again.
//!
//! Source: RabbitMQ's guide "Dead Letter Exchanges". `x-death` has an entry for each pair of queue
//! and reason. An entry keeps the time, exchange and keys of the *first* death of that pair; each
//! further one counts it up and moves it to the front. So the list is ordered by the last death of
//! each entry, and its end need not be the first death.

use chrono::DateTime;
use serde_json::Value;

use super::x_death::{DEATHS, Death, DeathReason};
use super::{FieldValue, Properties};

/// A longer text is not read as a history, in bytes.
const LONGEST: usize = 64 * 1024;
/// Lists in lists are read so deep.
const DEEPEST: usize = 6;
/// Most entries that are read: a loop makes few, as each pair of queue and reason has one.
const MOST: usize = 256;

/// Who wrote the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Absent,
    /// As RabbitMQ writes it.
    Broker,
    /// A client wrote it back in another form: as text, or as lists.
    Copied,
    /// There is something under its name that cannot be read.
    Unreadable,
}

/// What the headers beside the history say of one death.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub queue: Option<String>,
    /// Why, as RabbitMQ writes it.
    pub reason: Option<String>,
    /// The exchange that it had been published to.
    pub exchange: Option<String>,
}

impl Stated {
    fn read(properties: &Properties, which: &str) -> Self {
        let text = |what: &str| {
            let value = properties.header(&format!("x-{which}-death-{what}"));
            value.and_then(FieldValue::as_text).map(str::to_owned)
        };
        Self {
            queue: text("queue"),
            reason: text("reason"),
            exchange: text("exchange"),
        }
    }

    /// True if this entry is the one that is meant.
    #[must_use]
    pub fn is(&self, death: &Death) -> bool {
        self.queue.as_deref() == Some(&death.queue)
            && self
                .reason
                .as_deref()
                .is_none_or(|reason| reason == death.reason.word())
    }
}

/// The history of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeathHistory {
    /// Its entries, in the order of the header.
    pub deaths: Vec<Death>,
    pub form: Form,
    /// What `x-first-death-…` says.
    pub first: Stated,
    /// What `x-last-death-…` says; RabbitMQ writes it from 3.13 on.
    pub last: Stated,
}

impl DeathHistory {
    /// Reads it. Entries that cannot be read are passed over.
    #[must_use]
    pub fn read(properties: &Properties) -> Self {
        let (deaths, form) = properties
            .header(DEATHS)
            .map_or_else(Default::default, deaths);
        Self {
            deaths,
            form,
            first: Stated::read(properties, "first"),
            last: Stated::read(properties, "last"),
        }
    }
}

fn deaths(header: &FieldValue) -> (Vec<Death>, Form) {
    let is_brokers = matches!(header, FieldValue::Array(entries) if entries.iter().all(is_brokers));
    let told = match header {
        FieldValue::Text(text) => text_of_client(text),
        other => Some(told(other)),
    };
    let entries = match told {
        Some(ToldDeath::List(entries)) => entries,
        Some(table @ ToldDeath::Table(_)) => vec![table],
        Some(ToldDeath::Text(_)) | None => Vec::new(),
    };
    let deaths: Vec<Death> = entries.iter().take(MOST).filter_map(death).collect();
    let form = match (deaths.is_empty(), is_brokers) {
        (true, _) => Form::Unreadable,
        (false, true) => Form::Broker,
        (false, false) => Form::Copied,
    };
    (deaths, form)
}

fn is_brokers(entry: &FieldValue) -> bool {
    let FieldValue::Table(fields) = entry else {
        return false;
    };
    let is_number = |name: &str| {
        let field = fields.iter().find(|(own, _)| own == name);
        field.is_none_or(|(_, value)| value.as_integer().is_some())
    };
    is_number("count") && is_number("time")
}

/// A value whatever it was written as.
#[derive(Clone, Debug, PartialEq)]
enum ToldDeath {
    Text(String),
    List(Vec<ToldDeath>),
    Table(Vec<(String, ToldDeath)>),
}

impl ToldDeath {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        self.text()?.trim().parse().ok()
    }

    /// Seconds since 1970, however written; `None` for what is not known to be a time.
    fn time(&self) -> Option<u64> {
        if let Some(number) = self.number() {
            // Twelve digits and more are milliseconds.
            return Some(if number >= 100_000_000_000 {
                number / 1000
            } else {
                number
            });
        }
        let time = DateTime::parse_from_rfc3339(self.text()?).ok()?;
        u64::try_from(time.timestamp()).ok()
    }
}

fn told(value: &FieldValue) -> ToldDeath {
    match value {
        FieldValue::Text(text) => ToldDeath::Text(text.clone()),
        FieldValue::Array(entries) => ToldDeath::List(
            entries
                .iter()
                .map(|entry| match entry {
                    FieldValue::Text(text) => text_of_client(text).unwrap_or_else(|| told(entry)),
                    other => told(other),
                })
                .collect(),
        ),
        FieldValue::Table(fields) => ToldDeath::Table(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), told(value)))
                .collect(),
        ),
        other => ToldDeath::Text(match other.as_integer() {
            Some(number) => number.to_string(),
            None => String::new(),
        }),
    }
}

fn death(entry: &ToldDeath) -> Option<Death> {
    let field = |name: &str| match entry {
        ToldDeath::Table(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, v)| v),
        // A list of pairs.
        ToldDeath::List(pairs) => pairs.iter().find_map(|pair| match pair {
            ToldDeath::List(pair) if pair.first().and_then(ToldDeath::text) == Some(name) => {
                pair.get(1)
            }
            _ => None,
        }),
        ToldDeath::Text(_) => None,
    };
    let text = |name: &str| field(name).and_then(ToldDeath::text).map(str::to_owned);
    Some(Death {
        reason: DeathReason::read(&text("reason")?),
        queue: text("queue")?,
        exchange: text("exchange").unwrap_or_default(),
        routing_keys: match field("routing-keys") {
            Some(ToldDeath::List(keys)) => keys
                .iter()
                .filter_map(|key| key.text().map(str::to_owned))
                .collect(),
            Some(ToldDeath::Text(key)) => vec![key.clone()],
            _ => Vec::new(),
        },
        count: field("count").and_then(ToldDeath::number).unwrap_or(1),
        first_time: field("time").and_then(ToldDeath::time),
        original_expiration: text("original-expiration"),
    })
}

/// What clients make of the tables when they write them as text: JSON, or how their language
/// prints a list (Java's `{queue=orders}`, Python's `{'queue': 'orders'}`, Ruby's
/// `{"queue"=>"orders"}`).
fn text_of_client(text: &str) -> Option<ToldDeath> {
    let text = text.trim();
    if text.len() > LONGEST || !text.starts_with(['[', '{']) {
        return None;
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return Some(of_json(&value));
    }
    let mut printed = Printed { rest: text };
    let value = printed.value(0)?;
    printed.rest.trim().is_empty().then_some(value)
}

fn of_json(value: &Value) -> ToldDeath {
    match value {
        Value::String(text) => ToldDeath::Text(text.clone()),
        Value::Array(entries) => ToldDeath::List(entries.iter().map(of_json).collect()),
        Value::Object(fields) => ToldDeath::Table(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), of_json(value)))
                .collect(),
        ),
        other => ToldDeath::Text(other.to_string()),
    }
}

/// Reads what a program printed.
struct Printed<'a> {
    rest: &'a str,
}

impl<'a> Printed<'a> {
    fn skip(&mut self, mark: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<ToldDeath> {
        if depth > DEEPEST {
            return None;
        }
        if self.skip("[") {
            let mut entries = Vec::new();
            while !self.skip("]") {
                entries.push(self.value(depth + 1)?);
                if !self.skip(",") && !self.rest.trim_start().starts_with(']') {
                    return None;
                }
            }
            return Some(ToldDeath::List(entries));
        }
        if self.skip("{") {
            let mut fields = Vec::new();
            while !self.skip("}") {
                let name = self.name()?;
                fields.push((name, self.value(depth + 1)?));
                if !self.skip(",") && !self.rest.trim_start().starts_with('}') {
                    return None;
                }
            }
            return Some(ToldDeath::Table(fields));
        }
        self.quoted()
            .or_else(|| self.bare(&[',', ']', '}']))
            .map(ToldDeath::Text)
    }

    fn name(&mut self) -> Option<String> {
        let name = self.quoted().or_else(|| {
            self.skip(":");
            self.bare(&['=', ':', ',', '}'])
        })?;
        let is_named = self.skip("=>") || self.skip("=") || self.skip(":");
        is_named.then_some(name)
    }

    fn quoted(&mut self) -> Option<String> {
        let text = self.rest.trim_start();
        // Python marks bytes and old texts with a letter.
        let text = text
            .strip_prefix(['b', 'u'])
            .filter(|t| t.starts_with(['\'', '"']))
            .unwrap_or(text);
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let mut found = String::new();
        let mut chars = text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => found.push(chars.next()?.1),
                c if c == quote => {
                    self.rest = &text[at + c.len_utf8()..];
                    return Some(found);
                }
                c => found.push(c),
            }
        }
        None
    }

    /// A text without quotes, up to one of these marks outside of brackets of its own.
    fn bare(&mut self, ends: &[char]) -> Option<String> {
        let text: &'a str = self.rest.trim_start();
        let mut open = 0_usize;
        for (at, c) in text.char_indices() {
            match c {
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                c if open == 0 && ends.contains(&c) => {
                    self.rest = &text[at..];
                    return Some(text[..at].trim_end().to_owned());
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{death as entry, died};

    fn read(header: FieldValue) -> DeathHistory {
        DeathHistory::read(&Properties {
            headers: Some(vec![(DEATHS.to_owned(), header)]),
            ..Properties::default()
        })
    }

    fn text(value: &str) -> FieldValue {
        FieldValue::Text(value.to_owned())
    }

    #[test]
    fn the_brokers_tables_are_read_and_what_is_none_is_passed_over() {
        let mut properties = died(vec![
            entry("rejected", "orders", "shop", &["order.created", "audit"], 3),
            text("not an entry"),
        ]);
        let headers = properties.headers.get_or_insert_default();
        headers.push(("x-first-death-queue".into(), text("orders")));
        headers.push(("x-first-death-reason".into(), text("rejected")));
        let history = DeathHistory::read(&properties);
        assert_eq!(history.deaths.len(), 1);
        let first = &history.deaths[0];
        assert_eq!((first.count, first.first_time), (3, Some(1_700_000_000)));
        assert_eq!(first.routing_keys, ["order.created", "audit"]);
        assert!(history.first.is(first));
        let only = died(vec![entry("expired", "q", "", &["q"], 1)]);
        assert_eq!(DeathHistory::read(&only).form, Form::Broker);
        assert_eq!(
            DeathHistory::read(&Properties::default()),
            DeathHistory::default()
        );
    }

    #[test]
    fn what_clients_write_as_text_is_read_too() {
        let forms = [
            "[{count=2, reason=rejected, queue=orders, time=Wed Nov 25 14:22:10 UTC 2026, \
             exchange=shop, routing-keys=[order.created, audit]}]",
            r#"[{"count":2,"reason":"rejected","queue":"orders","exchange":"shop",
              "routing-keys":["order.created","audit"],"time":"2026-11-25T14:22:10Z"}]"#,
            "[{'count': 2, 'reason': 'rejected', 'queue': 'orders', \
             'time': datetime.datetime(2026, 11, 25, 14, 22, 10), 'exchange': 'shop', \
             'routing-keys': ['order.created', 'audit']}]",
            r#"[{"count"=>2, "reason"=>"rejected", "queue"=>"orders", "exchange"=>"shop",
              "routing-keys"=>["order.created", "audit"]}]"#,
            r#"{"count":"2","reason":"rejected","queue":"orders","exchange":"shop",
              "routing-keys":["order.created","audit"]}"#,
        ];
        for form in forms {
            let history = read(text(form));
            assert_eq!(history.form, Form::Copied, "{form}");
            let [death] = history.deaths.as_slice() else {
                panic!("{form}: {history:?}");
            };
            let told = (death.queue.as_str(), death.exchange.as_str(), death.count);
            assert_eq!(told, ("orders", "shop", 2), "{form}");
            assert_eq!(death.routing_keys, ["order.created", "audit"], "{form}");
        }
    }

    #[test]
    fn lists_in_place_of_tables_are_read_too() {
        let pair = |name: &str, value: FieldValue| FieldValue::Array(vec![text(name), value]);
        let keys = FieldValue::Array(vec![text("k")]);
        let fields = vec![
            pair("reason", text("expired")),
            pair("queue", text("wait")),
            pair("count", text("4")),
            pair("time", FieldValue::I64(1_764_000_000_000)),
            pair("routing-keys", keys),
        ];
        let history = read(FieldValue::Array(vec![FieldValue::Array(fields)]));
        assert_eq!(history.form, Form::Copied);
        let death = &history.deaths[0];
        assert_eq!((death.count, death.first_time), (4, Some(1_764_000_000)));
        let each = FieldValue::Array(vec![text("{queue=a, reason=rejected}")]);
        assert_eq!(read(each).deaths[0].queue, "a");
    }

    #[test]
    fn what_cannot_be_read_says_so_and_does_no_harm() {
        for odd in [
            text(""),
            text("System.Collections.Generic.List`1[System.Object]"),
            text("[{"),
            text("[{queue"),
            text("{'queue': 'a"),
            text(&"[".repeat(40_000)),
            text(&"{a=".repeat(20_000)),
            FieldValue::I32(3),
            FieldValue::Array(vec![]),
        ] {
            let history = read(odd);
            assert!(history.deaths.is_empty());
            assert_eq!(history.form, Form::Unreadable);
        }
    }
}
