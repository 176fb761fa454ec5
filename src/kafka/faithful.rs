//! The three columns for a dead letter of Kafka: the original as it was published, as it lies here, as it
//! will be sent.

use crate::event::amqp::FieldValue;
use crate::event::kafka_record::KeyForm;
use crate::event::{Event, Outgoing};
use crate::repair::compared_row::Row;
use crate::text::payload::shorten;

/// What is said where nobody can tell what was there.
const NOT_KNOWN: &str = "not known";
/// Longest value that is shown, in characters.
const SHOWN: usize = 2_000;

/// Compares a dead letter with what is sent for it, and with its original where that was found. `planned` is
/// what would be sent without an edit.
#[must_use]
pub fn rows(
    letter: &Event,
    original: Option<&Event>,
    planned: Option<&Outgoing>,
    sent: &Outgoing,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: &str, cell: &dyn Fn(RecordSide<'_>) -> String| {
        let first = original.map_or(NOT_KNOWN.to_owned(), |event| cell(RecordSide::Lies(event)));
        let here = cell(RecordSide::Lies(letter));
        let own = cell(RecordSide::Sent(sent));
        let by_itself = planned.map(|planned| cell(RecordSide::Sent(planned)));
        let is_own = by_itself.as_ref().is_some_and(|planned| *planned != own);
        let why = match () {
            () if is_own => "You changed it".to_owned(),
            () if here != own && name.starts_with("Header ") && own.is_empty() => {
                "It tells of the death, or you left it out".to_owned()
            }
            () if here != own && name == TIME => {
                "The time of the event, not of its death".to_owned()
            }
            () if here != own => "It goes back where it came from".to_owned(),
            () => String::new(),
        };
        let first = if original.is_none() && here == own {
            own.clone()
        } else {
            first
        };
        rows.push(Row {
            name: name.to_owned(),
            first,
            here,
            sent: own,
            why,
            is_own,
        });
    };
    add("Topic", &|side| match side {
        RecordSide::Lies(event) => event.destination.clone(),
        RecordSide::Sent(sent) => sent.destination.clone(),
    });
    add("Partition", &|side| match side {
        RecordSide::Lies(event) => {
            let record = event.transport.kafka();
            record.map_or(String::new(), |record| record.partition.to_string())
        }
        RecordSide::Sent(sent) => match sent.record.and_then(|record| record.partition) {
            Some(partition) => partition.to_string(),
            None => "by its key".to_owned(),
        },
    });
    add("Key", &|side| side.key());
    add(TIME, &|side| {
        let time = side.properties().timestamp;
        time.map_or("when it is sent".to_owned(), |ms| ms.to_string())
    });
    add("Value", &|side| side.value());
    for name in header_names(letter, original, sent) {
        add(&format!("Header {name}"), &|side| side.header(&name));
    }
    rows
}

const TIME: &str = "Time (ms since 1970)";

/// Of what a cell tells.
#[derive(Clone, Copy)]
enum RecordSide<'a> {
    Lies(&'a Event),
    Sent(&'a Outgoing),
}

impl<'a> RecordSide<'a> {
    fn properties(self) -> &'a crate::event::amqp::Properties {
        match self {
            Self::Lies(event) => &event.properties,
            Self::Sent(sent) => &sent.properties,
        }
    }

    fn key(self) -> String {
        let (form, key) = match self {
            Self::Lies(event) => (event.transport.kafka().map(|one| one.key), &event.key),
            Self::Sent(sent) => (sent.record.map(|one| one.key), &sent.key),
        };
        match form {
            Some(KeyForm::Null) => "no key".to_owned(),
            Some(KeyForm::Hex) => format!("hex {key}"),
            _ if key.is_empty() => "empty".to_owned(),
            _ => key.clone(),
        }
    }

    fn value(self) -> String {
        let (body, is_tombstone) = match self {
            Self::Lies(event) => {
                let record = event.transport.kafka();
                (&event.body, record.is_some_and(|one| one.is_tombstone))
            }
            Self::Sent(sent) => (&sent.body, sent.record.is_some_and(|one| one.is_tombstone)),
        };
        if is_tombstone {
            return "no value (tombstone)".to_owned();
        }
        match std::str::from_utf8(body) {
            Ok(text) => shorten(text, SHOWN),
            Err(_) => format!("{} bytes", body.len()),
        }
    }

    fn header(self, name: &str) -> String {
        let headers = self.properties().headers.iter().flatten();
        let own = headers.filter(|(own, _)| own == name);
        let values: Vec<String> = own.map(|(_, value)| value_text(value)).collect();
        values.join(", ")
    }
}

fn value_text(value: &FieldValue) -> String {
    shorten(&value.to_string(), SHOWN)
}

fn header_names(letter: &Event, original: Option<&Event>, sent: &Outgoing) -> Vec<String> {
    let all = [
        Some(&letter.properties),
        original.map(|event| &event.properties),
        Some(&sent.properties),
    ];
    let mut names = Vec::new();
    for (name, _) in all
        .into_iter()
        .flatten()
        .flat_map(|one| one.headers.iter().flatten())
    {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Transport;
    use crate::event::amqp::Properties;
    use crate::event::kafka_record::{KafkaRecord, RecordClock};
    use crate::kafka::resend::RecordManner;
    use chrono::DateTime;

    fn letter() -> Event {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let properties = Properties {
            headers: Some(vec![
                ("tenant".to_owned(), text("7")),
                ("kafka_dlt-original-topic".to_owned(), text("orders")),
                ("kafka_dlt-exception-fqcn".to_owned(), text("x.Broken")),
            ]),
            ..Properties::default()
        };
        Event::new(
            DateTime::UNIX_EPOCH,
            "orders-dlt".into(),
            "k".into(),
            Transport::Kafka(KafkaRecord {
                partition: 1,
                offset: 0,
                clock: RecordClock::Publisher,
                key: KeyForm::Text,
                is_tombstone: false,
            }),
            properties,
            b"{}".to_vec(),
        )
    }

    #[test]
    fn each_difference_has_a_row_with_a_reason() {
        let letter = letter();
        let planned = RecordManner::default().plan(&letter, None, |_| Some(3));
        let planned = planned.unwrap().outgoing;
        let mut sent = planned.clone();
        sent.body = b"{\"a\":1}".to_vec();
        let rows = rows(&letter, None, Some(&planned), &sent);
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(
            (&*row("Topic").here, &*row("Topic").sent),
            ("orders-dlt", "orders")
        );
        assert!(row("Value").is_own && !row("Topic").is_own);
        assert!(!row("Header tenant").changes());
        assert_eq!(row("Header kafka_dlt-original-topic").sent, "");
        assert!(
            rows.iter()
                .all(|row| !row.changes() || !row.why.is_empty() || row.first == NOT_KNOWN)
        );
    }
}
