//! A record as an event. Nothing is lost: a key that is missing is told apart from an empty one, a
//! tombstone from an empty value, and headers keep their order, their duplicates and their nulls.

use chrono::{DateTime, Utc};
use krafka::consumer::{ConsumerRecord, TimestampType};

use crate::event::amqp::{FieldTable, FieldValue, Properties};
use crate::event::kafka_record::{KafkaRecord, KeyForm, RecordClock};
use crate::event::{Event, Transport};
use crate::text::hex;

/// The event that a record is.
pub(in crate::drivers::kafka) fn event(
    record: &ConsumerRecord,
    received_at: DateTime<Utc>,
) -> Event {
    let (form, key) = match record.key.as_deref() {
        None => (KeyForm::Null, String::new()),
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (KeyForm::Text, text.to_owned()),
            Err(_) => (KeyForm::Hex, hex::plain(bytes)),
        },
    };
    let clock = match record.timestamp_type {
        TimestampType::LogAppendTime => RecordClock::Broker,
        _ => RecordClock::Publisher,
    };
    let headers: FieldTable = record
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), header(value.as_deref())))
        .collect();
    let properties = Properties {
        headers: (!headers.is_empty()).then_some(headers),
        // Records of old clients have no time, which is written as -1.
        timestamp: u64::try_from(record.timestamp).ok(),
        ..Properties::default()
    };
    let transport = Transport::Kafka(KafkaRecord {
        partition: u32::try_from(record.partition).unwrap_or_default(),
        offset: u64::try_from(record.offset).unwrap_or_default(),
        clock,
        key: form,
        is_tombstone: record.value.is_none(),
    });
    let body = record.value.as_deref().unwrap_or_default().to_vec();
    Event::new(
        received_at,
        record.topic.to_string(),
        key,
        transport,
        properties,
        body,
    )
}

fn header(value: Option<&[u8]>) -> FieldValue {
    match value {
        None => FieldValue::Void,
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => FieldValue::Text(text.to_owned()),
            Err(_) => FieldValue::Bytes(bytes.to_vec()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: Option<&'static [u8]>, value: Option<&'static [u8]>) -> ConsumerRecord {
        ConsumerRecord::new("t", 2, 7, key.map(Into::into), value.map(Into::into))
    }

    #[test]
    fn what_is_missing_is_not_empty() {
        let read = |key, value| {
            let event = event(&record(key, value), DateTime::UNIX_EPOCH);
            let Transport::Kafka(kafka) = event.transport else {
                panic!("not Kafka's");
            };
            (kafka.key, event.key, kafka.is_tombstone, event.body)
        };
        assert_eq!(
            read(None, None),
            (KeyForm::Null, String::new(), true, vec![])
        );
        assert_eq!(
            read(Some(b""), Some(b"")),
            (KeyForm::Text, String::new(), false, vec![])
        );
        assert_eq!(
            read(Some(&[0xff, 0]), Some(b"x")),
            (KeyForm::Hex, "ff00".to_owned(), false, b"x".to_vec())
        );
    }

    #[test]
    fn headers_keep_order_duplicates_and_nulls() {
        let mut record = record(None, None);
        record.headers = vec![
            ("b".to_owned(), Some("1".into())),
            ("a".to_owned(), None),
            ("b".to_owned(), Some(vec![0xff].into())),
            ("b".to_owned(), Some("".into())),
        ];
        let event = event(&record, DateTime::UNIX_EPOCH);
        let text = |text: &str| FieldValue::Text(text.to_owned());
        assert_eq!(
            event.properties.headers.unwrap(),
            [
                ("b".to_owned(), text("1")),
                ("a".to_owned(), FieldValue::Void),
                ("b".to_owned(), FieldValue::Bytes(vec![0xff])),
                ("b".to_owned(), text("")),
            ]
        );
    }
}
