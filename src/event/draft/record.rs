//! What only Kafka takes with a message that is being written: the partition, a key that may be missing or
//! no text, a value that may be missing, and headers that are bytes.

use chrono::DateTime;

use super::Problem;
use crate::event::amqp::FieldValue;
use crate::event::kafka_record::KeyForm;
use crate::text::hex;

/// The label of the field for the partition.
pub const PARTITION: &str = "Partition";

/// What only Kafka takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutgoingRecord {
    /// How the key is to be read.
    pub key: KeyForm,
    /// Nothing where the key decides, or nobody.
    pub partition: Option<u32>,
    /// It has no value: the body counts for nothing.
    pub is_tombstone: bool,
}

impl Default for OutgoingRecord {
    fn default() -> Self {
        Self {
            key: KeyForm::Text,
            partition: None,
            is_tombstone: false,
        }
    }
}

/// The same in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDraft {
    pub key: KeyForm,
    /// As typed; empty where the key decides.
    pub partition: String,
}

impl RecordDraft {
    /// The fields for this record.
    #[must_use]
    pub fn of(record: OutgoingRecord) -> Self {
        Self {
            key: record.key,
            partition: record.partition.map(|p| p.to_string()).unwrap_or_default(),
        }
    }

    /// The partition that was typed.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn partition(&self) -> Result<Option<u32>, String> {
        match self.partition.trim() {
            "" => Ok(None),
            text => (text.parse().map(Some)).map_err(|_| "is a number from 0 on".to_owned()),
        }
    }

    /// The record, or what is wrong with the fields.
    pub(super) fn check(&self, key: &str, problems: &mut Vec<Problem>) -> OutgoingRecord {
        let mut wrong = |field: &str, words: String| {
            problems.push(Problem {
                field: field.to_owned(),
                words,
            });
        };
        if let Err(words) = key_bytes(self.key, key) {
            wrong(super::KEY, words);
        }
        let partition = self.partition().unwrap_or_else(|words| {
            wrong(PARTITION, words);
            None
        });
        OutgoingRecord {
            key: self.key,
            partition,
            is_tombstone: false,
        }
    }
}

/// The bytes of a key; nothing for one that is missing.
///
/// # Errors
/// Says why it cannot be read.
pub fn key_bytes(form: KeyForm, key: &str) -> Result<Option<Vec<u8>>, String> {
    match form {
        KeyForm::Null => Ok(None),
        KeyForm::Text => Ok(Some(key.as_bytes().to_vec())),
        KeyForm::Hex => {
            let digits: String = key.split_whitespace().collect();
            let bytes = hex::bytes(&digits);
            let words = || "is no hex: two digits a byte, such as 0aff".to_owned();
            bytes.map(Some).ok_or_else(words)
        }
    }
}

/// The bytes of a header; nothing for one without a value.
///
/// # Errors
/// Says why it has none.
pub fn header_bytes(value: &FieldValue) -> Result<Option<Vec<u8>>, String> {
    match value {
        FieldValue::Void => Ok(None),
        FieldValue::Text(text) => Ok(Some(text.as_bytes().to_vec())),
        FieldValue::RawText(bytes) | FieldValue::Bytes(bytes) => Ok(Some(bytes.clone())),
        other => Err(format!(
            "is {}: Kafka's headers are bytes. Choose string, bytes or void",
            other.type_name()
        )),
    }
}

/// Reads a time as milliseconds since 1970: a number, or a date in RFC 3339.
///
/// # Errors
/// Says what was expected.
pub(super) fn read_ms(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let date = DateTime::parse_from_rfc3339(text).ok();
    date.and_then(|time| u64::try_from(time.timestamp_millis()).ok())
        .ok_or_else(|| {
            format!(
                "\"{text}\" is neither milliseconds since 1970 nor a date like \
                 2026-01-31T12:00:00.000Z"
            )
        })
}
