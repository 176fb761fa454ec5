//! A dead letter as it is written out: one JSON object with fields that stay, or a few lines of text.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::event::Event;
use crate::event::amqp::FieldValue;
use crate::event::kafka_record::KeyForm;
use crate::event::plain_headers::plain;
use crate::event::reading::Reading;
use crate::repair::account::Account;
use crate::repair::record_place::RecordMark;
use crate::text::base64;
use crate::text::json as json_text;
use crate::text::payload::PayloadKind;

/// Most bytes of a body once it is decoded.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// Where a dead letter lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum LetterPosition {
    Record {
        partition: u32,
        offset: u64,
    },
    /// Its number from the head of the queue, at the moment of the look.
    Index(usize),
}

/// A dead letter with all that it tells.
#[derive(Clone, Debug)]
pub(super) struct ListedLetter {
    /// The queue or topic.
    pub source: String,
    pub position: LetterPosition,
    pub event: Arc<Event>,
    pub account: Account,
    /// What the journal says of it.
    pub mark: Option<RecordMark>,
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl ListedLetter {
    /// One JSON object, without a line break.
    pub(super) fn json(&self) -> String {
        let Account {
            written_by,
            died,
            first,
            deaths_at_least,
            proposed_target,
            no_target,
            facts,
            doubts,
            original,
            ..
        } = &self.account;
        let (key, key_form) = self.key();
        let stamp = self.event.properties.timestamp.filter(|_| self.is_record());
        let stamp = stamp.and_then(|ms| i64::try_from(ms).ok());
        let head = json!({
            "source": self.source,
            "position": match self.position {
                LetterPosition::Record { partition, offset } => {
                    json!({ "partition": partition, "offset": offset })
                }
                LetterPosition::Index(index) => json!({ "index": index }),
            },
            "written_by": written_by,
            "died": {
                "destination": died.destination,
                "partition": died.partition,
                "offset": died.offset,
                "queue": died.queue,
                "group": died.group,
                "at": died.at.map(time),
                "reason": died.reason,
                "exception_class": died.exception_class,
                "exception_message": died.exception_message,
                "attempts": died.attempts,
            },
            "first": {
                "destination": first.as_ref().map(|first| &first.destination),
                "key": first.as_ref().and_then(|first| first.key.as_ref()),
                "partition": first.as_ref().and_then(|first| first.partition),
                "offset": first.as_ref().and_then(|first| first.offset),
            },
            "deaths_at_least": deaths_at_least,
            "proposed_target": proposed_target.as_ref().map(|target| json!({
                "destination": target.destination,
                "key": target.key,
                "partition": target.partition,
            })),
            "no_target": no_target,
            "facts": facts,
            "doubts": doubts,
            "original": original.word.word(),
            "original_words": (!original.words.is_empty()).then_some(&original.words),
            "mark": self.mark.as_ref().map(|mark| json!({
                "deed": mark.deed.name(),
                "at": time(mark.at),
                "sent_to": mark.sent_to,
            })),
            "time": stamp.and_then(DateTime::from_timestamp_millis).map(time),
            "destination": self.event.destination,
            "key": key,
            "key_form": key_form,
            "headers": self.headers(),
        });
        let (body, form) = self.body();
        let head = head.to_string();
        let head = head.strip_suffix('}').unwrap_or(&head);
        format!("{head},\"body_form\":\"{form}\",\"body\":{body}}}")
    }

    fn is_record(&self) -> bool {
        self.event.transport.kafka().is_some()
    }

    /// The key, and how it stands there.
    fn key(&self) -> (Option<&str>, &'static str) {
        let key = self.event.key.as_str();
        match self.event.transport.kafka().map(|record| record.key) {
            Some(KeyForm::Null) => (None, "none"),
            Some(KeyForm::Hex) => (Some(key), "hex"),
            Some(KeyForm::Text) | None => (Some(key), "text"),
        }
    }

    /// In their order, with duplicates.
    fn headers(&self) -> Vec<Value> {
        let headers = self.event.properties.headers.iter().flatten();
        headers
            .map(|(name, value)| match value {
                FieldValue::Bytes(bytes) | FieldValue::RawText(bytes) => {
                    json!({ "name": name, "value": Value::Null, "base64": base64::encode(bytes) })
                }
                other => json!({ "name": name, "value": plain(other) }),
            })
            .collect()
    }

    /// The body as JSON, and what it is: `json`, `text`, `base64` or `none`.
    fn body(&self) -> (String, &'static str) {
        let event = &self.event;
        if event
            .transport
            .kafka()
            .is_some_and(|record| record.is_tombstone)
        {
            return ("null".to_owned(), "none");
        }
        let reading = Reading::of(&event.body, &event.properties, MOST_BODY);
        let is_json = reading.is_document || reading.kind == PayloadKind::Json;
        let text = std::str::from_utf8(&reading.bytes)
            .ok()
            .filter(|_| reading.is_whole);
        if let Some(text) = text.filter(|_| is_json)
            && !json_text::has_half(text.as_bytes())
        {
            // Line breaks stand only between the tokens of a JSON document. Digits stay as they are.
            let line = text.replace(['\n', '\r'], " ");
            if serde_json::from_str::<Box<RawValue>>(&line).is_ok() {
                return (line.trim().to_owned(), "json");
            }
        }
        match text.filter(|_| reading.kind != PayloadKind::Binary) {
            Some(text) => (Value::from(text).to_string(), "text"),
            None => match std::str::from_utf8(&event.body) {
                Ok(text) => (Value::from(text).to_string(), "text"),
                Err(_) => (
                    Value::from(base64::encode(&event.body)).to_string(),
                    "base64",
                ),
            },
        }
    }

    /// The same for a person.
    pub(super) fn text(&self) -> String {
        let Account {
            written_by,
            died,
            deaths_at_least,
            proposed_target,
            ..
        } = &self.account;
        let place = match self.position {
            LetterPosition::Record { partition, offset } => format!("{partition}:{offset}"),
            LetterPosition::Index(index) => index.to_string(),
        };
        let mut lines = vec![format!("{} {place}", self.source)];
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                lines.push(format!("  {name}: {value}"));
            }
        };
        add("key", self.key().0.map(str::to_owned));
        add("written by", written_by.clone());
        let mut at = died.destination.clone().unwrap_or_default();
        if let (Some(partition), Some(offset)) = (died.partition, died.offset) {
            at.push_str(&format!(" {partition}:{offset}"));
        }
        add("died in", died.queue.clone().or(Some(at)));
        add("group", died.group.clone());
        add("died at", died.at.map(time));
        add("reason", died.reason.clone());
        let exception = [&died.exception_class, &died.exception_message];
        let exception: Vec<&str> = exception
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        add("exception", Some(exception.join(": ")));
        add("attempts", died.attempts.map(|count| count.to_string()));
        add(
            "deaths, at least",
            deaths_at_least.map(|count| count.to_string()),
        );
        let target = proposed_target.as_ref().map(|target| {
            match (&*target.destination, target.key.as_deref()) {
                ("", Some(key)) => format!("queue {key}"),
                (destination, Some(key)) => format!("{destination}, key {key}"),
                (destination, None) => destination.to_owned(),
            }
        });
        add("would be sent to", target);
        add("no target", self.account.no_target.clone());
        add("original", Some(self.account.original.words.clone()));
        for doubt in &self.account.doubts {
            add("doubt", Some(doubt.clone()));
        }
        add(
            "journal",
            self.mark
                .as_ref()
                .map(|mark| format!("{} at {}", mark.deed.name(), time(mark.at))),
        );
        add("body", Some(self.event.summary()));
        lines.push(String::new());
        lines.join("\n")
    }
}
