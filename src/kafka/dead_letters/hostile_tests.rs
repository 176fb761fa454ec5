//! Headers that no writer leaves.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 16] = [
    "kafka_dlt-original-topic",
    "kafka_dlt-original-partition",
    "kafka_dlt-original-offset",
    "kafka_dlt-exception-fqcn",
    "kafka_dlt-exception-stacktrace",
    "kafka_original-topic",
    "retry_topic-attempts",
    "x-original-topic",
    "__connect.errors.topic",
    "__streams.errors.topic",
    "__dlq.errors.delivery.count",
    "dead-letter-topic",
    "dead-letter-offset",
    "delayed-retry-count",
    "delayed-retry-topic",
    "",
];

proptest! {
    #[test]
    fn any_headers_are_told_without_a_panic(
        headers in prop::collection::vec(
            (0..NAMES.len(), prop::option::of(prop::collection::vec(any::<u8>(), 0..12))),
            0..24,
        ),
    ) {
        let headers: Vec<(&str, Option<Vec<u8>>)> = headers
            .into_iter()
            .map(|(name, value)| (NAMES[name], value))
            .collect();
        let record = DeadRecord {
                topic: "orders-dlt",
                partition: 0,
                offset: 0,
                time: None,
                key: None,
                value: None,
                headers: headers.iter().map(|(name, value)| (*name, value.as_deref())).collect(),
            };
            let told = account(&record, None);
        if told.written_by.is_none() {
            prop_assert_eq!(told.died, KafkaDeath::default());
        }
    }
}
