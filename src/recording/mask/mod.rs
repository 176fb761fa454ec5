//! Masks what must not leave the house, so that a recording can be shared: values at chosen places, and
//! what looks like an e-mail address, a card number, a token or an IBAN, wherever it stands: in bodies
//! (also compressed ones), keys, headers and properties. The same value becomes the same mask.
//!
//! What was chosen by its place is learned from all events first, so that it is masked also where it
//! stands without having been chosen.

mod body;
mod detect;
mod replace;
mod rules;

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};

use self::body::{MaskedBody, mask_body, walk};
use self::detect::Span;
use self::replace::Secret;
pub use self::rules::MaskRules;
use crate::event::amqp::{AmqpDelivery, FieldTable, FieldValue, Properties, Trace, Traced};
use crate::event::decode;
use crate::event::{Event, Transport};

/// Most bytes of an unpacked body that are masked. A larger one is left out.
const MOST_BODY: usize = 64 * 1024 * 1024;
/// Most values that are learned, and their bytes.
const MOST_LEARNED: usize = 500_000;
const MOST_LEARNED_BYTES: usize = 64 * 1024 * 1024;
/// Shorter values are masked only where they were chosen: "EUR" elsewhere is another thing.
const SHORTEST: usize = 4;

/// What was masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskTally {
    /// Values, each place counted.
    pub values: u64,
    /// Events in which something was masked.
    pub events: u64,
    /// Bodies that could not be read and were left out.
    pub left_out: u64,
}

/// Masks events.
pub struct Masker {
    rules: MaskRules,
    secret: Secret,
    learned: HashSet<String>,
    learned_bytes: usize,
    finder: Option<AhoCorasick>,
    tally: MaskTally,
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the secret nor what was learned.
        self.tally.fmt(f)
    }
}

impl Masker {
    /// By these rules. With the same seed a value becomes the same mask in another export too; without
    /// one nobody can find out by trying.
    #[must_use]
    pub fn new(rules: MaskRules, seed: Option<&str>) -> Self {
        Self {
            rules,
            secret: Secret::new(seed),
            learned: HashSet::new(),
            learned_bytes: 0,
            finder: None,
            tally: MaskTally::default(),
        }
    }

    /// True if all events must be learned from before the first is masked.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.rules.chooses()
    }

    /// Takes in what is chosen in an event by its place.
    ///
    /// # Errors
    /// There are too many values, in words.
    pub fn learn(&mut self, event: &Event) -> Result<(), String> {
        let mut chosen = Vec::new();
        if let Ok(opened) = decode::open(&event.body, &event.properties, MOST_BODY) {
            walk(&opened.text, |leaf| {
                if !leaf.is_name && self.rules.takes(leaf.path) {
                    chosen.push(leaf.text.into_owned());
                }
            });
        }
        for (name, value) in event.properties.headers.iter().flatten() {
            if self.rules.takes_header(name) {
                texts_of(value, &mut chosen);
            }
        }
        for value in chosen {
            let size = value.len();
            if value.chars().count() >= SHORTEST && self.learned.insert(value) {
                self.learned_bytes += size;
            }
        }
        if self.learned.len() > MOST_LEARNED || self.learned_bytes > MOST_LEARNED_BYTES {
            return Err(format!(
                "More than {MOST_LEARNED} different values are to be masked. Mask fewer events at once"
            ));
        }
        Ok(())
    }

    /// All was learned.
    ///
    /// # Errors
    /// The values cannot be looked for, in words.
    pub fn ready(&mut self) -> Result<(), String> {
        if !self.learned.is_empty() {
            let finder = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.learned);
            self.finder = Some(finder.map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    /// What was masked so far.
    #[must_use]
    pub fn tally(&self) -> MaskTally {
        self.tally
    }

    /// The event as it may be shared.
    #[must_use]
    pub fn mask(&mut self, event: &Event) -> Event {
        let before = self.tally;
        let body = match mask_body(self, event) {
            MaskedBody::Same => event.body.clone(),
            MaskedBody::Other(body) => body,
            MaskedBody::Unreadable => {
                self.tally.left_out += 1;
                Vec::new()
            }
        };
        let own = &event.properties;
        let text =
            |masker: &mut Self, text: &Option<String>| text.as_deref().map(|t| masker.text(t));
        let properties = Properties {
            content_type: text(self, &own.content_type),
            content_encoding: text(self, &own.content_encoding),
            headers: own.headers.as_ref().map(|table| self.table(table, true)),
            delivery_mode: own.delivery_mode,
            priority: own.priority,
            correlation_id: text(self, &own.correlation_id),
            reply_to: text(self, &own.reply_to),
            expiration: text(self, &own.expiration),
            message_id: text(self, &own.message_id),
            timestamp: own.timestamp,
            message_type: text(self, &own.message_type),
            user_id: text(self, &own.user_id),
            app_id: text(self, &own.app_id),
            cluster_id: text(self, &own.cluster_id),
        };
        let (destination, key) = (self.text(&event.destination), self.text(&event.key));
        let transport = self.transport(&event.transport);
        if self.tally != before {
            self.tally.events += 1;
        }
        Event::new(
            event.received_at,
            destination,
            key,
            transport,
            properties,
            body,
        )
    }

    fn transport(&mut self, transport: &Transport) -> Transport {
        let Transport::Amqp(AmqpDelivery { redelivered, trace }) = transport else {
            return transport.clone();
        };
        let trace = trace.as_deref().map(|trace| {
            let fate = match &trace.fate {
                Traced::Published(queues) => {
                    Traced::Published(queues.iter().map(|queue| self.text(queue)).collect())
                }
                Traced::Delivered(queue) => Traced::Delivered(self.text(queue)),
            };
            Box::new(Trace {
                user: self.text(&trace.user),
                connection: self.text(&trace.connection),
                fate,
            })
        });
        Transport::Amqp(AmqpDelivery {
            redelivered: *redelivered,
            trace,
        })
    }

    fn table(&mut self, table: &FieldTable, is_top: bool) -> FieldTable {
        let pairs = table.iter().map(|(name, value)| {
            let value = if (is_top && self.rules.takes_header(name)) || self.rules.is_secret(name) {
                self.whole(value)
            } else {
                self.value(value)
            };
            (self.text(name), value)
        });
        pairs.collect()
    }

    /// A value in which something may have to be masked.
    fn value(&mut self, value: &FieldValue) -> FieldValue {
        match value {
            FieldValue::Text(text) => FieldValue::Text(self.text(text)),
            FieldValue::RawText(bytes) => FieldValue::RawText(self.bytes(bytes)),
            FieldValue::Bytes(bytes) => FieldValue::Bytes(self.bytes(bytes)),
            FieldValue::Array(items) => {
                FieldValue::Array(items.iter().map(|item| self.value(item)).collect())
            }
            FieldValue::Table(table) => FieldValue::Table(self.table(table, false)),
            FieldValue::I64(number) => {
                let masked = self
                    .number(&number.to_string())
                    .and_then(|text| text.parse().ok());
                FieldValue::I64(masked.unwrap_or(*number))
            }
            other => other.clone(),
        }
    }

    /// A value all of which must be masked.
    fn whole(&mut self, value: &FieldValue) -> FieldValue {
        match value {
            FieldValue::Array(items) => {
                FieldValue::Array(items.iter().map(|item| self.whole(item)).collect())
            }
            FieldValue::Table(table) => FieldValue::Table(
                table
                    .iter()
                    .map(|(name, value)| (self.text(name), self.whole(value)))
                    .collect(),
            ),
            FieldValue::Void => FieldValue::Void,
            FieldValue::Text(text) => FieldValue::Text(self.all_of(text)),
            // A number of its own type may tell as much as the one before.
            other => FieldValue::Text(self.all_of(&other.to_string())),
        }
    }

    /// Bytes that may be a text. Where they are none and something is found in them, nothing stays.
    fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text).into_bytes(),
            Err(_) if self.spans(&String::from_utf8_lossy(bytes)).is_empty() => bytes.to_vec(),
            Err(_) => {
                self.tally.values += 1;
                Vec::new()
            }
        }
    }

    /// A text that is masked as a whole.
    fn all_of(&mut self, text: &str) -> String {
        self.tally.values += 1;
        let kind = detect::kind_of(text);
        self.secret.mask(kind, text)
    }

    /// A text in which something may have to be masked.
    fn text(&mut self, text: &str) -> String {
        let spans = self.spans(text);
        if spans.is_empty() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for Span { range, kind } in spans {
            out.push_str(&text[done..range.start]);
            out.push_str(&self.secret.mask(kind, &text[range.clone()]));
            done = range.end;
            self.tally.values += 1;
        }
        out.push_str(&text[done..]);
        out
    }

    /// A number as it is written, if it must be masked: another number.
    fn number(&mut self, written: &str) -> Option<String> {
        let is_card = self.rules.cards && detect::is_card(written);
        if !is_card && !self.learned.contains(written) {
            return None;
        }
        self.tally.values += 1;
        Some(self.secret.number(written))
    }

    /// What must be masked in a text, in its order.
    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(finder) = &self.finder {
            for found in finder.find_iter(text) {
                spans.push(Span {
                    range: found.start()..found.end(),
                    kind: detect::kind_of(&text[found.start()..found.end()]),
                });
            }
        }
        self.rules.detect(text, &mut spans);
        detect::in_order(spans)
    }
}

/// The texts and numbers of a value.
fn texts_of(value: &FieldValue, found: &mut Vec<String>) {
    match value {
        FieldValue::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        FieldValue::Table(table) => table.iter().for_each(|(_, value)| texts_of(value, found)),
        FieldValue::Void | FieldValue::Bool(_) => {}
        other => found.push(other.to_string()),
    }
}

impl Masker {
    /// A leaf of a JSON document: the text or number that stands in its place, if another one.
    fn leaf(&mut self, leaf: &body::Leaf<'_>) -> Option<String> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        if !leaf.is_name && self.rules.takes(leaf.path) {
            return Some(match leaf.is_text {
                true => quoted(&self.all_of(&leaf.text)),
                false if matches!(&*leaf.text, "true" | "false" | "null") => "null".to_owned(),
                false => {
                    self.tally.values += 1;
                    self.secret.number(&leaf.text)
                }
            });
        }
        if !leaf.is_text {
            return self.number(&leaf.text);
        }
        let masked = self.text(&leaf.text);
        (masked != *leaf.text).then(|| quoted(&masked))
    }
}

#[cfg(test)]
mod tests;
