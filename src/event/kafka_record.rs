//! What only Kafka says of an event: where it lies in its topic, whose clock its time is by, and which of
//! its parts are not there at all, which is not the same as empty.

/// Whose clock the time of a record is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordClock {
    /// The publisher set it.
    Publisher,
    /// The broker set it when it took the record.
    Broker,
}

/// How a key stands in [`Event::key`](super::Event::key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyForm {
    /// There is no key.
    Null,
    /// As it is: it is UTF-8 text. An empty one is a key too.
    Text,
    /// In hex, because it is no UTF-8 text.
    Hex,
}

/// Where a record lies and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KafkaRecord {
    pub partition: u32,
    /// Its number in the partition.
    pub offset: u64,
    pub clock: RecordClock,
    pub key: KeyForm,
    /// It has no value: on a compacted topic it deletes what stands under its key.
    pub is_tombstone: bool,
}

impl KafkaRecord {
    /// What Kafka says of it, in a few words each.
    pub(super) fn remarks(self) -> Vec<String> {
        let mut words = vec![format!(
            "partition {}, offset {}",
            self.partition, self.offset
        )];
        words.push(
            match self.clock {
                RecordClock::Publisher => "time set by the publisher",
                RecordClock::Broker => "time set by the broker",
            }
            .to_owned(),
        );
        match self.key {
            KeyForm::Null => words.push("no key".to_owned()),
            KeyForm::Text => {}
            KeyForm::Hex => words.push("key in hex: it is no text".to_owned()),
        }
        if self.is_tombstone {
            words.push("tombstone: no value".to_owned());
        }
        words
    }
}
