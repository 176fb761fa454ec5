//! A dead letter of Kafka as an event of any store: what it tells, and whether what lies at the place of
//! its original is the record that died.

use chrono::DateTime;

use super::dead_letters::{
    self, DeadRecord, DeathHeaders, KafkaAccount, LogPlace, OriginalLook, RecordTime, compare,
    retention_warning,
};
use crate::event::Event;
use crate::event::amqp::FieldValue;
use crate::event::draft::record::key_bytes;
use crate::event::kafka_record::{KafkaRecord, RecordClock};
use crate::repair::account::{
    Account, AccountDeath, AccountFirst, AccountTarget, OriginalSeen, OriginalWord,
};
use crate::repair::record_place::{RecordFound, RecordPlace};

/// What a dead letter tells; `None` of an event that did not come from Kafka. `rule` says which headers
/// of the application's own name what.
#[must_use]
pub fn account(letter: &Event, rule: Option<&DeathHeaders>) -> Option<Account> {
    let told = told(letter, rule)?;
    Some(neutral(letter, &told))
}

/// A rule that would fit headers of the application's own. A proposal; the person decides.
#[must_use]
pub fn suggestion(letter: &Event) -> Option<DeathHeaders> {
    with_record(letter, dead_letters::suggestion).flatten()
}

/// What is to be said of a dead letter that retention takes soon. `retention_ms` is that of its topic.
#[must_use]
pub fn taken_soon(letter: &Event, retention_ms: Option<i64>, now_ms: i64) -> Option<String> {
    with_record(letter, |record| {
        let writer = dead_letters::account(record, None).written_by;
        retention_warning(writer, record.time, retention_ms, now_ms)
    })
    .flatten()
}

/// Compares a dead letter with what was found at the place of its original.
#[must_use]
pub fn seen_original(
    letter: &Event,
    rule: Option<&DeathHeaders>,
    found: &RecordFound,
) -> OriginalSeen {
    let compared = with_record(letter, |record| {
        let account = dead_letters::account(record, rule);
        match found {
            RecordFound::NotRead(_) => compare(record, &account, OriginalLook::NotLooked),
            RecordFound::Gone => compare(record, &account, OriginalLook::Gone),
            RecordFound::There(event) => with_record(event, |there| {
                let look = OriginalLook::There {
                    time: there.time,
                    key: there.key,
                    value: there.value,
                };
                compare(record, &account, look)
            })
            .unwrap_or(dead_letters::FoundOriginal::Unknown),
        }
    });
    let compared = compared.unwrap_or(dead_letters::FoundOriginal::Unknown);
    let word = match &compared {
        dead_letters::FoundOriginal::Same => OriginalWord::Same,
        dead_letters::FoundOriginal::Other(_) => OriginalWord::Other,
        dead_letters::FoundOriginal::Gone => OriginalWord::Gone,
        dead_letters::FoundOriginal::Unknown => OriginalWord::Unknown,
    };
    let words = match (found, word) {
        (RecordFound::NotRead(why), _) => format!("{}: {why}", compared.words()),
        (RecordFound::There(_), OriginalWord::Unknown) => {
            "A record lies at the place of the original, but the dead letter holds nothing to compare \
             it with"
                .to_owned()
        }
        _ => compared.words(),
    };
    OriginalSeen { word, words }
}

/// What a dead letter tells, in Kafka's own words.
pub(super) fn told(letter: &Event, rule: Option<&DeathHeaders>) -> Option<KafkaAccount> {
    with_record(letter, |record| dead_letters::account(record, rule))
}

/// Hands the record on that an event is; `None` if it came from elsewhere.
fn with_record<R>(event: &Event, look: impl FnOnce(&DeadRecord<'_>) -> R) -> Option<R> {
    let own: &KafkaRecord = event.transport.kafka()?;
    let key = key_bytes(own.key, &event.key).unwrap_or_default();
    let time = event.properties.timestamp;
    let headers = event.properties.headers.iter().flatten();
    let record = DeadRecord {
        topic: &event.destination,
        partition: i32::try_from(own.partition).unwrap_or(i32::MAX),
        offset: i64::try_from(own.offset).unwrap_or(i64::MAX),
        time: time
            .and_then(|ms| i64::try_from(ms).ok())
            .map(|ms| match own.clock {
                RecordClock::Publisher => RecordTime::Created(ms),
                RecordClock::Broker => RecordTime::Appended(ms),
            }),
        key: key.as_deref(),
        value: (!own.is_tombstone).then_some(&*event.body),
        headers: headers
            .map(|(name, value)| (name.as_str(), header(value)))
            .collect(),
    };
    Some(look(&record))
}

/// The bytes of a header; those of any other type did not come from Kafka.
fn header(value: &FieldValue) -> Option<&[u8]> {
    match value {
        FieldValue::Text(text) => Some(text.as_bytes()),
        FieldValue::Bytes(bytes) | FieldValue::RawText(bytes) => Some(bytes),
        _ => None,
    }
}

fn partition(told: Option<i32>) -> Option<u32> {
    told.and_then(|partition| u32::try_from(partition).ok())
}

fn offset(told: Option<i64>) -> Option<u64> {
    told.and_then(|offset| u64::try_from(offset).ok())
}

fn neutral(letter: &Event, told: &KafkaAccount) -> Account {
    let own_key = || {
        let form = letter.transport.kafka().map(|record| record.key);
        let has_key = form.is_some_and(|form| form != crate::event::kafka_record::KeyForm::Null);
        has_key.then(|| letter.key.clone())
    };
    let place = |place: &LogPlace| {
        Some(RecordPlace {
            destination: place.topic.clone(),
            partition: partition(place.partition)?,
            offset: offset(place.offset)?,
        })
    };
    let mut facts = told.facts.clone();
    let failure = told.died.failure.as_ref();
    if let Some(failure) = failure {
        facts.push(format!("the exception is told by {}", failure.says));
        facts.extend(
            failure
                .wrapped_in
                .iter()
                .map(|class| format!("it was wrapped in {class}")),
        );
    }
    let died = told.died.place.as_ref();
    Account {
        written_by: told.written_by.map(|writer| writer.name().to_owned()),
        died: AccountDeath {
            destination: died.map(|place| place.topic.clone()),
            partition: partition(died.and_then(|place| place.partition)),
            offset: offset(died.and_then(|place| place.offset)),
            queue: None,
            group: told.died.group.clone(),
            at: told.died.at_ms.and_then(DateTime::from_timestamp_millis),
            reason: told.died.reason.clone(),
            exception_class: failure.and_then(|failure| failure.class.clone()),
            exception_message: failure.and_then(|failure| failure.message.clone()),
            attempts: told.died.attempts,
        },
        first: told.first.as_ref().map(|first| AccountFirst {
            destination: first.place.topic.clone(),
            key: first.key.as_ref().and_then(|_| own_key()),
            partition: partition(first.place.partition),
            offset: offset(first.place.offset),
        }),
        deaths_at_least: told.deaths_at_least,
        proposed_target: told.target.as_ref().map(|target| AccountTarget {
            destination: target.topic.clone(),
            key: own_key(),
            partition: partition(target.partition),
            why: None,
        }),
        no_target: told
            .target
            .is_none()
            .then(|| "Where it came from is not told by any header. Choose a topic".to_owned()),
        original_place: told.original.as_ref().and_then(place),
        original_time_ms: told.original_time_ms,
        original: OriginalSeen::default(),
        facts,
        doubts: told.doubts.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::event::amqp::Properties;
    use crate::event::kafka_record::KeyForm;
    use crate::event::{Event, Transport};

    fn record(topic: &str, headers: &[(&str, &str)], key: (KeyForm, &str), body: &str) -> Event {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), FieldValue::Text((*value).to_owned())))
            .collect();
        Event::new(
            DateTime::UNIX_EPOCH,
            topic.into(),
            key.1.into(),
            Transport::Kafka(KafkaRecord {
                partition: 0,
                offset: 5,
                clock: RecordClock::Publisher,
                key: key.0,
                is_tombstone: false,
            }),
            Properties {
                headers: Some(headers),
                timestamp: Some(1_764_219_600_000),
                ..Properties::default()
            },
            body.into(),
        )
    }

    fn connect(key: (KeyForm, &str)) -> Event {
        let headers = [
            ("__connect.errors.topic", "orders"),
            ("__connect.errors.partition", "2"),
            ("__connect.errors.offset", "17"),
            ("__connect.errors.exception.class.name", "shop.Bad"),
            ("__connect.errors.exception.message", "no JSON"),
        ];
        record("orders-dlq", &headers, key, "{}")
    }

    #[test]
    fn a_dead_letter_tells_the_same_as_an_event_of_any_store() {
        let told = account(&connect((KeyForm::Hex, "ff00")), None).unwrap();
        assert_eq!(told.written_by.as_deref(), Some("Kafka Connect"));
        let died = &told.died;
        assert_eq!(
            (died.destination.as_deref(), died.partition, died.offset),
            (Some("orders"), Some(2), Some(17))
        );
        assert_eq!(died.exception_class.as_deref(), Some("shop.Bad"));
        assert_eq!(died.at, None, "its time is the original's");
        let first = told.first.unwrap();
        assert_eq!(
            (first.key.as_deref(), first.offset),
            (Some("ff00"), Some(17))
        );
        let target = told.proposed_target.unwrap();
        assert_eq!(
            (target.destination.as_str(), target.partition),
            ("orders", Some(2))
        );
        assert_eq!(told.original_place.unwrap().words(), "orders 2:17");
        assert_eq!(told.original, OriginalSeen::default());
        let without_key = account(&connect((KeyForm::Null, "")), None).unwrap();
        assert_eq!(without_key.first.unwrap().key, None);
        let plain = record("orders", &[], (KeyForm::Text, "k"), "{}");
        assert!(account(&plain, None).unwrap().no_target.is_some());
        assert_eq!(account(&crate::testing::event("k", "{}"), None), None);
    }

    #[test]
    fn what_lies_at_the_place_of_the_original_is_compared() {
        let letter = connect((KeyForm::Text, "k"));
        let there = |body: &str| {
            RecordFound::There(Arc::new(record("orders", &[], (KeyForm::Text, "k"), body)))
        };
        let word = |found: &RecordFound| seen_original(&letter, None, found).word;
        assert_eq!(word(&there("{}")), OriginalWord::Same);
        assert_eq!(word(&there("[]")), OriginalWord::Other);
        assert_eq!(word(&RecordFound::Gone), OriginalWord::Gone);
        let not_read = RecordFound::NotRead("You may not read orders".into());
        let seen = seen_original(&letter, None, &not_read);
        assert_eq!(seen.word, OriginalWord::Unknown);
        assert!(
            seen.words.ends_with("You may not read orders"),
            "{}",
            seen.words
        );
    }
}
