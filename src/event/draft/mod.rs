//! A message being written: form fields as text, and what they become when they are right.

mod history;
pub mod record;
pub mod series;
pub mod variables;

use std::sync::Arc;

use super::amqp::value::parse_timestamp;
use super::amqp::{FieldType, FieldValue, Properties};
use super::decode::{self, Opened, Packing};
use crate::text::json::{self, JsonFault};

pub use history::History;
pub use record::{OutgoingRecord, RecordDraft};

/// A message that is ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Where it is sent. Empty for a destination without a name.
    pub destination: String,
    /// The key it is sent with.
    pub key: String,
    /// All properties and typed headers.
    pub properties: Properties,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What only Kafka takes, where it is for one.
    pub record: Option<OutgoingRecord>,
}

/// The body in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyDraft {
    /// Text that can be edited.
    Text(String),
    /// Bytes that are carried unchanged.
    Kept {
        bytes: Arc<[u8]>,
        /// Why they cannot be edited, in words.
        why: String,
    },
}

/// Largest text body that is offered for editing, in bytes. A text field lays out all of its text,
/// and beyond this a frame would be felt.
pub const MAX_EDITABLE: usize = 100_000;

/// Longest header that is offered for editing, in bytes: its field is one line.
const MAX_HEADER: usize = 4096;

/// One header line of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct HeaderRow {
    /// Header name.
    pub name: String,
    pub value: HeaderDraft,
}

/// The value of a header line.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderDraft {
    /// One line of text read as a type.
    Typed(FieldType, String),
    /// A value that is carried unchanged: it is long, or has no text that reads back as the same.
    Kept(FieldValue),
}

impl HeaderRow {
    /// The line for an existing header.
    #[must_use]
    pub fn of(name: &str, value: &FieldValue) -> Self {
        let kind = FieldType::of(value);
        let text = kind.and_then(|kind| Some((kind, kind.text_of(value)?)));
        let value = match text {
            Some((kind, text)) if text.len() <= MAX_HEADER => HeaderDraft::Typed(kind, text),
            _ => HeaderDraft::Kept(value.clone()),
        };
        Self {
            name: name.to_owned(),
            value,
        }
    }

    /// True for a line that nothing was typed into. It is no header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_blank = matches!(&self.value, HeaderDraft::Typed(_, text) if text.is_empty());
        self.name.is_empty() && is_blank
    }
}

/// The properties of a form that are plain text fields, in the order they are shown. An empty
/// field means: do not send this property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the AMQP property of that name")]
pub enum Field {
    ContentType,
    ContentEncoding,
    MessageId,
    CorrelationId,
    Type,
    AppId,
    Timestamp,
    Expiration,
    Priority,
    ReplyTo,
    UserId,
    ClusterId,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Type,
        Self::MessageId,
        Self::CorrelationId,
        Self::ContentType,
        Self::ContentEncoding,
        Self::Timestamp,
        Self::AppId,
        Self::Expiration,
        Self::Priority,
        Self::ReplyTo,
        Self::UserId,
        Self::ClusterId,
    ];

    /// The label of its field.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::ContentType => "Content type",
            Self::ContentEncoding => "Content encoding",
            Self::MessageId => "Message id",
            Self::CorrelationId => "Correlation id",
            Self::Type => "Event type",
            Self::AppId => "App id",
            Self::Timestamp => "Timestamp",
            Self::Expiration => "Expiration (ms)",
            Self::Priority => "Priority",
            Self::ReplyTo => "Reply to",
            Self::UserId => "User id",
            Self::ClusterId => "Cluster id",
        }
    }
}

/// The fields of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Where it is sent.
    pub destination: String,
    /// The key it is sent with.
    pub key: String,
    /// 1 transient, 2 persistent, `None`: not sent.
    pub delivery_mode: Option<u8>,
    /// Header lines.
    pub headers: Vec<HeaderRow>,
    /// True if the message had a header table, even an empty one.
    pub has_headers: bool,
    pub body: BodyDraft,
    /// What only Kafka takes, where it is for one.
    pub record: Option<RecordDraft>,
    /// How its text is compressed when it is sent.
    packing: Packing,
    texts: [String; Field::ALL.len()],
    /// The original properties where a field's text is no whole account of the value: an empty
    /// string is not the same as an absent property, and must survive an edit of something else.
    empty: Vec<Field>,
}

impl Default for Draft {
    fn default() -> Self {
        let mut draft = Self {
            destination: String::new(),
            key: String::new(),
            delivery_mode: Some(2),
            headers: Vec::new(),
            has_headers: false,
            body: BodyDraft::Text(String::new()),
            record: None,
            packing: Packing::default(),
            texts: Default::default(),
            empty: Vec::new(),
        };
        draft.set(Field::ContentType, "application/json");
        draft
    }
}

/// What is wrong with a draft, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The label of the field.
    pub field: String,
    /// What is wrong, in words that go on after the label.
    pub words: String,
}

impl Problem {
    /// The whole sentence; `label` is the field as it is called on the screen.
    #[must_use]
    pub fn sentence(&self, label: &str) -> String {
        let colon = if self.words.starts_with('"') { ":" } else { "" };
        format!("{label}{colon} {}", self.words)
    }
}

/// The label of a draft's destination, where no store's own word for it is at hand.
pub const DESTINATION: &str = "Destination";
/// The label of a draft's key.
pub const KEY: &str = "Key";

/// Longest short string of the protocol, in bytes (AMQP 0-9-1 section 4.2.5.3).
const MAX_SHORT: usize = 255;

impl Draft {
    /// The text of a field.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        &self.texts[index(field)]
    }

    /// The text of a field, to be edited in place.
    pub fn text_mut(&mut self, field: Field) -> &mut String {
        &mut self.texts[index(field)]
    }

    /// Sets the text of a field.
    pub fn set(&mut self, field: Field, text: impl Into<String>) {
        self.texts[index(field)] = text.into();
    }

    /// A draft that becomes exactly this message again if nothing is edited.
    #[must_use]
    pub fn of(message: &Outgoing) -> Self {
        let properties = &message.properties;
        let (body, packing) = match decode::open(&message.body, properties, MAX_EDITABLE) {
            Ok(Opened { text, packing }) => (BodyDraft::Text(text), packing),
            Err(why) => {
                let bytes = Arc::from(&*message.body);
                (BodyDraft::Kept { bytes, why }, Packing::default())
            }
        };
        let mut draft = Self {
            destination: message.destination.clone(),
            key: message.key.clone(),
            delivery_mode: properties.delivery_mode,
            headers: properties
                .headers
                .iter()
                .flatten()
                .map(|(name, value)| HeaderRow::of(name, value))
                .collect(),
            has_headers: properties.headers.is_some(),
            body,
            record: message.record.map(RecordDraft::of),
            packing,
            texts: Default::default(),
            empty: Vec::new(),
        };
        let numbers = |v: Option<u64>| v.map(|n| n.to_string());
        for (field, value) in [
            (Field::ContentType, properties.content_type.clone()),
            (Field::ContentEncoding, properties.content_encoding.clone()),
            (Field::MessageId, properties.message_id.clone()),
            (Field::CorrelationId, properties.correlation_id.clone()),
            (Field::Type, properties.message_type.clone()),
            (Field::AppId, properties.app_id.clone()),
            (Field::Timestamp, numbers(properties.timestamp)),
            (Field::Expiration, properties.expiration.clone()),
            (Field::Priority, numbers(properties.priority.map(u64::from))),
            (Field::ReplyTo, properties.reply_to.clone()),
            (Field::UserId, properties.user_id.clone()),
            (Field::ClusterId, properties.cluster_id.clone()),
        ] {
            if let Some(text) = value {
                if text.is_empty() {
                    draft.empty.push(field);
                }
                draft.set(field, text);
            }
        }
        draft
    }

    /// What a message is routed by beside its key: the headers as far as they are typed.
    #[must_use]
    pub fn routed_by(&self) -> Properties {
        let rows = self.headers.iter().filter(|row| !row.is_empty());
        let headers = rows.filter_map(|row| {
            let value = match &row.value {
                HeaderDraft::Kept(value) => value.clone(),
                HeaderDraft::Typed(kind, text) => kind.parse(text).ok()?,
            };
            Some((row.name.clone(), value))
        });
        Properties {
            headers: Some(headers.collect()),
            ..Properties::default()
        }
    }

    /// The message, or everything that is wrong with the fields.
    ///
    /// # Errors
    /// One [`Problem`] for each wrong field, in the order of the form.
    #[expect(clippy::too_many_lines, reason = "each property of a draft once")]
    pub fn check(&self) -> Result<Outgoing, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, words: String| {
            problems.push(Problem {
                field: field.to_owned(),
                words,
            });
        };
        for (label, words) in self.limits() {
            wrong(label, words);
        }
        let timestamp = self.optional(Field::Timestamp).and_then(|text| {
            let read = match self.record {
                Some(_) => record::read_ms(&text),
                None => parse_timestamp(&text),
            };
            read.map_err(|words| wrong("Timestamp", words)).ok()
        });
        let priority = self.optional(Field::Priority).and_then(|text| {
            let number = text.trim().parse::<u8>();
            number
                .map_err(|_| wrong("Priority", "must be 0–255".to_owned()))
                .ok()
        });
        let expiration = self.optional(Field::Expiration);
        if expiration
            .as_ref()
            .is_some_and(|text| text.parse::<u32>().is_err())
        {
            wrong(
                "Expiration (ms)",
                "must be a whole number of milliseconds".to_owned(),
            );
        }
        let mut headers = Vec::with_capacity(self.headers.len());
        for row in self.headers.iter().filter(|row| !row.is_empty()) {
            let label = format!("Header {}", row.name);
            if row.name.is_empty() {
                wrong("Header", "has no name".to_owned());
            } else if self.record.is_some() {
                // Kafka takes any name, and any number of headers of that name.
            } else if row.name.len() > MAX_SHORT {
                wrong(&label, format!("has a name longer than {MAX_SHORT} bytes"));
            } else if headers.iter().any(|(name, _)| *name == row.name) {
                wrong(&label, "is there twice".to_owned());
            }
            let value = match &row.value {
                HeaderDraft::Kept(value) => Ok(value.clone()),
                HeaderDraft::Typed(kind, text) => kind.parse(text),
            };
            let value = match (&self.record, value) {
                (Some(_), Ok(value)) => record::header_bytes(&value).map(|_| value),
                (_, value) => value,
            };
            match value {
                Ok(value) => headers.push((row.name.clone(), value)),
                Err(words) => wrong(&label, words),
            }
        }
        let body = match &self.body {
            BodyDraft::Text(text) => self.packing.close(text).unwrap_or_else(|words| {
                problems.push(Problem {
                    field: "Payload".to_owned(),
                    words,
                });
                Vec::new()
            }),
            BodyDraft::Kept { bytes, .. } => bytes.to_vec(),
        };
        let record = self.record.as_ref();
        let record = record.map(|record| record.check(&self.key, &mut problems));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Outgoing {
            destination: self.destination.clone(),
            key: self.key.clone(),
            properties: Properties {
                content_type: self.optional(Field::ContentType),
                content_encoding: self.optional(Field::ContentEncoding),
                headers: (self.has_headers || !headers.is_empty()).then_some(headers),
                delivery_mode: self.delivery_mode,
                priority,
                correlation_id: self.optional(Field::CorrelationId),
                reply_to: self.optional(Field::ReplyTo),
                expiration,
                message_id: self.optional(Field::MessageId),
                timestamp,
                message_type: self.optional(Field::Type),
                user_id: self.optional(Field::UserId),
                app_id: self.optional(Field::AppId),
                cluster_id: self.optional(Field::ClusterId),
            },
            body,
            record,
        })
    }

    /// What is longer than its store takes, or is there and does not exist in it.
    fn limits(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let texts = Field::ALL.map(|field| (field.label(), self.text(field)));
        if self.record.is_some() {
            if self.destination.is_empty() {
                found.push((DESTINATION, "is empty: a topic is needed".to_owned()));
            }
            let others = texts
                .iter()
                .filter(|(label, text)| *label != Field::Timestamp.label() && !text.is_empty());
            found.extend(others.map(|(label, _)| {
                let words = "is nothing that Kafka has: send it as a header, or leave it empty";
                (*label, words.to_owned())
            }));
            return found;
        }
        let target = [
            (DESTINATION, self.destination.as_str()),
            (KEY, self.key.as_str()),
        ];
        let too_long = target
            .iter()
            .chain(&texts)
            .filter(|(_, text)| text.len() > MAX_SHORT);
        found.extend(
            too_long.map(|(label, _)| (*label, format!("is longer than {MAX_SHORT} bytes"))),
        );
        found
    }

    /// Makes it a draft for Kafka, or for a store that is none. What Kafka has no property for becomes a
    /// header there.
    pub fn suit(&mut self, is_kafka: bool) {
        match (is_kafka, &self.record) {
            (true, Some(_)) | (false, None) => {}
            (true, None) => {
                if *self == Self::default() {
                    self.set(Field::ContentType, "");
                }
                for field in Field::ALL.into_iter().filter(|f| *f != Field::Timestamp) {
                    let text = std::mem::take(self.text_mut(field));
                    if !text.is_empty() {
                        let name = field.label().replace(" (ms)", "");
                        self.headers.push(HeaderRow {
                            name: name.to_lowercase().replace(' ', "-"),
                            value: HeaderDraft::Typed(FieldType::Text, text),
                        });
                    }
                }
                self.empty.clear();
                self.delivery_mode = None;
                self.has_headers = false;
                self.record = Some(RecordDraft::of(OutgoingRecord::default()));
            }
            (false, Some(_)) => {
                self.record = None;
                self.delivery_mode = Some(2);
            }
        }
    }

    /// The fault of a payload that claims to be JSON and is not. Sending it stays possible, because
    /// testing a consumer needs it.
    #[must_use]
    pub fn payload_fault(&self) -> Option<JsonFault> {
        match &self.body {
            BodyDraft::Text(text) if !text.trim().is_empty() && self.claims_json() => {
                json::fault_in(text)
            }
            _ => None,
        }
    }

    /// True if it says of itself that its payload is JSON.
    #[must_use]
    pub fn claims_json(&self) -> bool {
        if self.record.is_some() {
            // Nothing says it, so it is taken for what it looks like.
            let looks = |text: &String| text.trim_start().starts_with(['{', '[']);
            return matches!(&self.body, BodyDraft::Text(text) if looks(text));
        }
        self.text(Field::ContentType).contains("json")
    }

    /// What the payload is, in words.
    #[must_use]
    pub fn payload_words(&self) -> String {
        match &self.body {
            BodyDraft::Kept { bytes, .. } => format!("{} bytes, sent unchanged", bytes.len()),
            BodyDraft::Text(text) if text.trim().is_empty() => "Empty payload".to_owned(),
            BodyDraft::Text(_) if self.payload_fault().is_some() => "Not valid JSON".to_owned(),
            BodyDraft::Text(_) if self.claims_json() => "Valid JSON".to_owned(),
            BodyDraft::Text(text) => format!("{} bytes of text", text.len()),
        }
    }

    /// Bytes that keeping a copy costs, near enough to bound memory by.
    #[must_use]
    pub fn cost(&self) -> usize {
        let body = match &self.body {
            BodyDraft::Text(text) => text.len(),
            // All copies share them.
            BodyDraft::Kept { .. } => 0,
        };
        let headers = self.headers.iter().map(|row| {
            let value = match &row.value {
                HeaderDraft::Typed(_, text) => text.len(),
                HeaderDraft::Kept(_) => 256,
            };
            row.name.len() + value + size_of::<HeaderRow>()
        });
        let texts: usize = self.texts.iter().map(String::len).sum();
        size_of::<Self>()
            + body
            + texts
            + headers.sum::<usize>()
            + self.destination.len()
            + self.key.len()
    }

    /// How the payload is compressed when it is sent, in words, if it is.
    #[must_use]
    pub fn packing_words(&self) -> Option<String> {
        self.packing.words()
    }

    fn optional(&self, field: Field) -> Option<String> {
        let text = self.text(field);
        (!text.is_empty() || self.empty.contains(&field)).then(|| text.to_owned())
    }
}

fn index(field: Field) -> usize {
    // The array is as long as ALL and ALL names every field, which a test pins.
    Field::ALL
        .iter()
        .position(|f| *f == field)
        .unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
