//! Dead letters as each writer leaves them, header by header, in the order and the bytes of the real
//! libraries.

use eventscope::event::amqp::{FieldValue, Properties};
use eventscope::event::kafka_record::KeyForm;
use eventscope::event::{Outgoing, OutgoingRecord};

/// When the record was written, and when it was given up, in milliseconds since 1970.
pub(crate) const WRITTEN: i64 = 1_795_000_000_123;
pub(crate) const DIED: i64 = 1_795_000_060_456;

pub(crate) type Headers = Vec<(&'static str, Option<Vec<u8>>)>;

/// Text.
pub(crate) fn t(name: &'static str, text: &str) -> (&'static str, Option<Vec<u8>>) {
    (name, Some(text.as_bytes().to_vec()))
}

fn int(name: &'static str, number: i32) -> (&'static str, Option<Vec<u8>>) {
    (name, Some(number.to_be_bytes().to_vec()))
}

fn long(name: &'static str, number: i64) -> (&'static str, Option<Vec<u8>>) {
    (name, Some(number.to_be_bytes().to_vec()))
}

/// As Java's `BigInteger.toByteArray`: as few bytes as it needs.
fn big(name: &'static str, number: i64) -> (&'static str, Option<Vec<u8>>) {
    let all = number.to_be_bytes();
    let zeros = all.iter().take_while(|byte| **byte == 0).count();
    let from = if all[zeros] & 0x80 == 0 {
        zeros
    } else {
        zeros - 1
    };
    (name, Some(all[from..].to_vec()))
}

const TRACE: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n\
    \tat org.springframework.kafka.listener.KafkaMessageListenerContainer.invoke(K.java:1)\n\
    Caused by: shop.StockException: no stock of sku-7\n\tat shop.Consumer.take(Consumer.java:12)\n";

/// A header of the application's own.
pub(crate) fn own() -> Headers {
    vec![
        t("traceparent", "00-1"),
        ("note", None),
        t("traceparent", "00-2"),
    ]
}

pub(crate) fn spring(topic: &str, partition: i32, offset: i64, group: &str) -> Headers {
    vec![
        t(
            "kafka_dlt-exception-fqcn",
            "org.springframework.kafka.listener.ListenerExecutionFailedException",
        ),
        t("kafka_dlt-exception-cause-fqcn", "shop.StockException"),
        t(
            "kafka_dlt-exception-message",
            "Listener failed; no stock of sku-7",
        ),
        t("kafka_dlt-exception-stacktrace", TRACE),
        t("kafka_dlt-original-topic", topic),
        int("kafka_dlt-original-partition", partition),
        long("kafka_dlt-original-offset", offset),
        long("kafka_dlt-original-timestamp", WRITTEN),
        t("kafka_dlt-original-timestamp-type", "CreateTime"),
        t("kafka_dlt-original-consumer-group", group),
    ]
}

/// Two hops: the origin's headers once, those of the exception and of the attempt once more a hop.
pub(crate) fn retryable(topic: &str, partition: i32, offset: i64, group: &str) -> Headers {
    let exception = || {
        vec![
            t(
                "kafka_exception-fqcn",
                "org.springframework.kafka.listener.ListenerExecutionFailedException",
            ),
            t("kafka_exception-cause-fqcn", "shop.StockException"),
            t(
                "kafka_exception-message",
                "Listener failed; no stock of sku-7",
            ),
            t("kafka_exception-stacktrace", TRACE),
        ]
    };
    let hop = |attempts: i32| {
        vec![
            int("retry_topic-attempts", attempts),
            big("retry_topic-original-timestamp", WRITTEN),
            big("retry_topic-backoff-timestamp", DIED),
        ]
    };
    [
        vec![
            t("kafka_original-topic", topic),
            int("kafka_original-partition", partition),
            long("kafka_original-offset", offset),
            long("kafka_original-timestamp", WRITTEN),
            t("kafka_original-timestamp-type", "CreateTime"),
            t("kafka_dlt-original-consumer-group", group),
        ],
        exception(),
        hop(2),
        exception(),
        hop(3),
    ]
    .concat()
}

pub(crate) fn cloud_stream(topic: &str, partition: i32, offset: i64) -> Headers {
    vec![
        t("x-original-topic", topic),
        int("x-original-partition", partition),
        long("x-original-offset", offset),
        long("x-original-timestamp", WRITTEN),
        t("x-original-timestamp-type", "CreateTime"),
        t(
            "x-exception-fqcn",
            "org.springframework.messaging.MessageHandlingException",
        ),
        t("x-exception-message", "error occurred in message handler"),
        t("x-exception-stacktrace", TRACE),
    ]
}

pub(crate) fn connect(topic: &str, partition: i32, offset: i64) -> Headers {
    vec![
        t("__connect.errors.topic", topic),
        t("__connect.errors.partition", &partition.to_string()),
        t("__connect.errors.offset", &offset.to_string()),
        t("__connect.errors.connector.name", "warehouse"),
        t("__connect.errors.task.id", "0"),
        t("__connect.errors.stage", "VALUE_CONVERTER"),
        t(
            "__connect.errors.class.name",
            "org.apache.kafka.connect.json.JsonConverter",
        ),
        t(
            "__connect.errors.exception.class.name",
            "org.apache.kafka.connect.errors.DataException",
        ),
        t("__connect.errors.exception.message", "no JSON"),
        t(
            "__connect.errors.exception.stacktrace",
            "org.apache.kafka.connect.errors.DataException: no JSON\n\tat x.Y.z(Y.java:1)\n",
        ),
    ]
}

pub(crate) fn streams(topic: &str, partition: i32, offset: i64) -> Headers {
    vec![
        t("__streams.errors.exception", "shop.StockException"),
        ("__streams.errors.message", None),
        t(
            "__streams.errors.stacktrace",
            "shop.StockException\n\tat shop.Topology.take(Topology.java:3)\n",
        ),
        t("__streams.errors.topic", topic),
        t("__streams.errors.partition", &partition.to_string()),
        t("__streams.errors.offset", &offset.to_string()),
    ]
}

pub(crate) fn share(topic: &str, partition: i32, offset: i64, group: &str) -> Headers {
    vec![
        t("__dlq.errors.topic", topic),
        t("__dlq.errors.partition", &partition.to_string()),
        t("__dlq.errors.offset", &offset.to_string()),
        t("__dlq.errors.group", group),
        t("__dlq.errors.delivery.count", "5"),
        t(
            "__dlq.errors.message",
            "Offset delivery count exceeded the threshold.",
        ),
    ]
}

pub(crate) fn small_rye(topic: &str, partition: i32, offset: i64) -> Headers {
    vec![
        t(
            "dead-letter-exception-class-name",
            "java.lang.RuntimeException",
        ),
        t("dead-letter-reason", "could not be handled"),
        t("dead-letter-cause-class-name", "shop.StockException"),
        t("dead-letter-cause", "no stock of sku-7"),
        t("dead-letter-topic", topic),
        t("dead-letter-partition", &partition.to_string()),
        t("dead-letter-offset", &offset.to_string()),
    ]
}

/// Tried in the topic itself and in one retry topic.
pub(crate) fn small_rye_retry(topic: &str, partition: i32, offset: i64) -> (Headers, Headers) {
    let hop = |topic: &str, partition: i32, offset: i64| {
        vec![
            t("delayed-retry-exception-class-name", "shop.StockException"),
            t("delayed-retry-reason", "no stock of sku-7"),
            t("delayed-retry-topic", topic),
            t("delayed-retry-partition", &partition.to_string()),
            t("delayed-retry-offset", &offset.to_string()),
        ]
    };
    let front = [
        hop(&format!("{topic}_retry_1000"), 0, 4),
        hop(topic, partition, offset),
    ]
    .concat();
    let behind = vec![
        t("delayed-retry-original-timestamp", &WRITTEN.to_string()),
        t(
            "delayed-retry-first-processing-timestamp",
            &DIED.to_string(),
        ),
        t("delayed-retry-count", "0"),
        t("delayed-retry-count", "1"),
    ];
    (front, behind)
}

/// A record to be written, byte for byte.
pub(crate) fn record(
    topic: &str,
    key: Option<&str>,
    value: Option<&[u8]>,
    headers: Headers,
    time: i64,
) -> Outgoing {
    let headers: Vec<(String, FieldValue)> = headers
        .into_iter()
        .map(|(name, value)| {
            let value = value.map_or(FieldValue::Void, FieldValue::Bytes);
            (name.to_owned(), value)
        })
        .collect();
    Outgoing {
        destination: topic.to_owned(),
        key: key.unwrap_or_default().to_owned(),
        properties: Properties {
            headers: Some(headers),
            timestamp: u64::try_from(time).ok(),
            ..Properties::default()
        },
        body: value.unwrap_or_default().to_vec(),
        record: Some(OutgoingRecord {
            key: if key.is_some() {
                KeyForm::Text
            } else {
                KeyForm::Null
            },
            partition: None,
            is_tombstone: value.is_none(),
        }),
    }
}
