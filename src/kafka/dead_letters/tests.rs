//! Records as each writer leaves them, byte for byte, and what they tell.

use super::*;

type Header = (&'static str, Option<Vec<u8>>);

fn t(name: &'static str, text: &str) -> Header {
    (name, Some(text.as_bytes().to_vec()))
}

fn four(name: &'static str, number: i32) -> Header {
    (name, Some(number.to_be_bytes().to_vec()))
}

fn eight(name: &'static str, number: i64) -> Header {
    (name, Some(number.to_be_bytes().to_vec()))
}

/// As Java's `BigInteger.toByteArray` writes it.
fn minimal(name: &'static str, number: i64) -> Header {
    let bytes = number.to_be_bytes();
    let skipped = bytes
        .windows(2)
        .take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0)
        .count();
    (name, Some(bytes[skipped..].to_vec()))
}

const WRITTEN: i64 = 1_764_219_600_000;
const DIED: i64 = 1_764_219_660_000;

fn with_record<R>(topic: &str, headers: &[Header], use_it: impl FnOnce(&DeadRecord<'_>) -> R) -> R {
    let record = DeadRecord {
        topic,
        partition: 2,
        offset: 40,
        time: Some(RecordTime::Created(DIED)),
        key: Some(b"order-7"),
        value: Some(br#"{"sku":"Z"}"#),
        headers: (headers.iter())
            .map(|(name, value)| (*name, value.as_deref()))
            .collect(),
    };
    use_it(&record)
}

fn told(topic: &str, headers: &[Header]) -> KafkaAccount {
    with_record(topic, headers, |record| account(record, None))
}

fn place(topic: &str, partition: i32, offset: i64) -> LogPlace {
    LogPlace {
        topic: topic.to_owned(),
        partition: Some(partition),
        offset: Some(offset),
    }
}

#[track_caller]
fn check_failure(account: &KafkaAccount, class: &str, message: Option<&str>, says: &str) {
    let failure = account.died.failure.as_ref().unwrap();
    assert_eq!(failure.class.as_deref(), Some(class));
    assert_eq!(failure.message.as_deref(), message);
    assert!(failure.says.contains(says), "{}", failure.says);
}

#[track_caller]
fn check_doubt(account: &KafkaAccount, part: &str) {
    assert!(
        account.doubts.iter().any(|doubt| doubt.contains(part)),
        "{:?}",
        account.doubts
    );
}

const WRAPPER: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException";
const TRACE: &str = "org.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed\n\
     \tat org.springframework.kafka.listener.KafkaMessageListenerContainer.decorate(X.java:1)\n\
     \tSuppressed: org.springframework.kafka.listener.ListenerExecutionFailedException: Restored Stack Trace\n\
     \t\tat org.springframework.kafka.listener.adapter.Adapter.invoke(A.java:2)\n\
     Caused by: java.lang.IllegalStateException: order 7 cannot be taken\n\
     \tat shop.Stock.take(Stock.java:42)\n\t... 12 more\n\
     Caused by: shop.StockException: sku unknown\n\t... 14 more\n";

/// One death as Spring Kafka 4.1 writes it down.
fn spring(topic: &str, partition: i32, offset: i64, group: Option<&str>) -> Vec<Header> {
    let mut headers = vec![
        t("kafka_dlt-exception-fqcn", WRAPPER),
        t(
            "kafka_dlt-exception-cause-fqcn",
            "java.lang.IllegalStateException",
        ),
        t(
            "kafka_dlt-exception-message",
            "Listener failed; order 7 cannot be taken",
        ),
        t("kafka_dlt-exception-stacktrace", TRACE),
    ];
    headers.extend(spring_place(topic, partition, offset, group));
    headers
}

fn spring_place(topic: &str, partition: i32, offset: i64, group: Option<&str>) -> Vec<Header> {
    let mut headers = vec![
        t("kafka_dlt-original-topic", topic),
        four("kafka_dlt-original-partition", partition),
        eight("kafka_dlt-original-offset", offset),
        eight("kafka_dlt-original-timestamp", WRITTEN + offset),
        t("kafka_dlt-original-timestamp-type", "CreateTime"),
    ];
    headers.extend(group.map(|group| t("kafka_dlt-original-consumer-group", group)));
    headers
}

#[test]
fn spring_kafka_tells_of_one_death() {
    let own = t("traceparent", "00-1");
    let headers = [vec![own], spring("orders", 2, 17, Some("billing"))].concat();
    let account = told("orders-dlt", &headers);
    assert_eq!(account.written_by, Some(KafkaWriter::Spring));
    assert_eq!(account.died.place, Some(place("orders", 2, 17)));
    assert_eq!(account.died.group.as_deref(), Some("billing"));
    assert_eq!(account.died.at_ms, Some(DIED));
    assert_eq!((account.died.attempts, &account.died.reason), (None, &None));
    let says = "the last \"Caused by\"";
    check_failure(&account, "shop.StockException", Some("sku unknown"), says);
    let failure = account.died.failure.as_ref().unwrap();
    assert_eq!(failure.wrapped_in.as_deref(), Some(WRAPPER));
    assert_eq!(failure.words(), "StockException: sku unknown");
    let first = account.first.as_ref().unwrap();
    assert_eq!(
        (&first.place, first.key.as_deref()),
        (&place("orders", 2, 17), Some(&b"order-7"[..]))
    );
    assert_eq!(account.deaths_at_least, Some(1));
    let target = ProposedTopic {
        topic: "orders".to_owned(),
        partition: Some(2),
    };
    assert_eq!(account.target, Some(target));
    assert_eq!(account.original_time_ms, Some(WRITTEN + 17));
    assert_eq!(account.doubts, [""; 0]);
}

#[test]
fn the_last_place_of_spring_is_now_and_the_exception_is_replaced() {
    // Two deaths: the second without a group and without a cause.
    let headers = [
        vec![t(
            "kafka_dlt-exception-cause-fqcn",
            "java.lang.IllegalStateException",
        )],
        spring_place("orders", 2, 17, Some("billing")),
        vec![
            t("kafka_dlt-exception-fqcn", "shop.Crash"),
            t("kafka_dlt-exception-message", "no stock"),
        ],
        spring_place("orders", 0, 23, None),
    ]
    .concat();
    let account = told("orders.DLT", &headers);
    assert_eq!(account.died.place, Some(place("orders", 0, 23)));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(account.deaths_at_least, Some(2));
    check_failure(
        &account,
        "shop.Crash",
        Some("no stock"),
        "kafka_dlt-exception-fqcn",
    );
    assert_eq!(account.died.group, None);
    check_doubt(
        &account,
        "consumer group in the headers is that of an earlier death",
    );
    check_doubt(
        &account,
        "orders 2:17 stands in its headers as the first place",
    );
    assert_eq!(account.original_time_ms, Some(WRITTEN + 23));
}

#[test]
fn where_spring_does_not_append_the_place_is_that_of_the_first_death() {
    let mut headers = spring_place("orders", 2, 17, Some("billing"));
    headers.extend(spring("x", 0, 0, None).into_iter().take(4));
    let account = told("orders-dlt", &headers);
    assert_eq!((&account.died.place, &account.died.group), (&None, &None));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(account.deaths_at_least, Some(2));
    assert_eq!(account.target.as_ref().unwrap().topic, "orders");
    check_doubt(&account, "that of an earlier death");
}

#[test]
fn a_forged_header_stands_first_and_is_not_believed() {
    let forged = [
        t("kafka_dlt-original-topic", "payments"),
        four("kafka_dlt-original-partition", 9),
    ];
    let headers = [forged.to_vec(), spring("orders", 2, 17, Some("billing"))].concat();
    let account = told("orders-dlt", &headers);
    assert_eq!(account.died.place, Some(place("orders", 2, 17)));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(account.deaths_at_least, Some(1));
    assert_eq!(account.target.as_ref().unwrap().topic, "orders");
    check_doubt(&account, "kafka_dlt-original-topic is there 2 times");
}

#[test]
fn the_cause_is_told_and_not_the_wrapper() {
    let class = || t("kafka_dlt-exception-fqcn", WRAPPER);
    let cause = || t("kafka_dlt-exception-cause-fqcn", "shop.StockException");
    let message = |text| t("kafka_dlt-exception-message", text);
    let check = |headers: Vec<Header>, class: &str, expected: Option<&str>, says: &str| {
        check_failure(&told("orders-dlt", &headers), class, expected, says);
    };
    let stock = "shop.StockException";
    check(
        vec![class(), cause(), message("Listener failed; ")],
        stock,
        None,
        "cause-fqcn",
    );
    check(
        vec![class(), cause(), message("Listener failed")],
        stock,
        None,
        "cause-fqcn",
    );
    let sku = Some("sku unknown");
    check(
        vec![class(), cause(), message("Listener failed; sku unknown")],
        stock,
        sku,
        "cause-fqcn",
    );
    // Spring Kafka 2.9.
    let old = "Listener method 'void shop.Stock.take()' threw exception; nested exception is \
               shop.StockException: sku unknown";
    check(
        vec![class(), message(old)],
        stock,
        sku,
        "nested in the header",
    );
    check(
        vec![class(), message("Listener failed")],
        WRAPPER,
        None,
        "kafka_dlt-exception-fqcn",
    );
    let trace = || {
        t(
            "kafka_dlt-exception-stacktrace",
            "shop.StockException: sku unknown\n\tat x.Y.z(Y.java:1)\n",
        )
    };
    check(
        vec![class(), message("a"), trace()],
        WRAPPER,
        Some("a"),
        "kafka_dlt-exception-fqcn",
    );
    check(vec![trace()], stock, sku, "stacktrace");
}

#[test]
fn a_key_that_cannot_be_read_is_told() {
    let headers = [
        t(
            "kafka_dlt-key-exception-fqcn",
            "org.springframework.kafka.support.serializer.DeserializationException",
        ),
        t(
            "kafka_dlt-exception-cause-fqcn",
            "org.apache.kafka.common.errors.SerializationException",
        ),
        t("kafka_dlt-key-exception-message", "failed to deserialize"),
        t("kafka_dlt-key-exception-stacktrace", "x"),
    ];
    let headers = [headers.to_vec(), spring_place("orders", 0, 1, None)].concat();
    let account = told("orders-dlt", &headers);
    assert_eq!(account.facts, ["its key could not be read"]);
    let class = "org.apache.kafka.common.errors.SerializationException";
    check_failure(&account, class, Some("failed to deserialize"), "cause-fqcn");
}

/// As `@RetryableTopic` leaves a record behind `calls` calls.
fn retried(calls: i32) -> Vec<Header> {
    let mut headers = vec![
        t("kafka_original-topic", "orders"),
        four("kafka_original-partition", 2),
        eight("kafka_original-offset", 17),
        eight("kafka_original-timestamp", WRITTEN),
        t("kafka_original-timestamp-type", "CreateTime"),
        t("kafka_dlt-original-consumer-group", "billing"),
    ];
    for call in 1..=calls {
        headers.extend([
            t("kafka_exception-fqcn", WRAPPER),
            t("kafka_exception-cause-fqcn", &format!("shop.Failure{call}")),
            t(
                "kafka_exception-message",
                &format!("Listener failed; call {call}"),
            ),
            four("retry_topic-attempts", call + 1),
            minimal("retry_topic-original-timestamp", WRITTEN),
            minimal("retry_topic-backoff-timestamp", WRITTEN + i64::from(call)),
        ]);
    }
    headers
}

#[test]
fn a_retryable_topic_keeps_the_first_place_and_adds_the_rest() {
    assert_eq!(
        retried(1)[10].1.as_ref().unwrap().len(),
        6,
        "as few bytes as it needs"
    );
    let account = told("orders-dlt", &retried(3));
    assert_eq!(account.written_by, Some(KafkaWriter::RetryableTopic));
    assert_eq!(account.died.place, Some(place("orders", 2, 17)));
    assert_eq!(account.died.attempts, Some(3));
    assert_eq!(account.died.group.as_deref(), Some("billing"));
    check_failure(
        &account,
        "shop.Failure3",
        Some("call 3"),
        "kafka_exception-cause-fqcn",
    );
    assert_eq!(account.deaths_at_least, Some(1));
    assert_eq!(account.target.as_ref().unwrap().topic, "orders");
    assert_eq!(account.original_time_ms, Some(WRITTEN));
    check_doubt(&account, "through retry topics");
    let at_once = told("orders-dlt", &retried(1));
    assert_eq!(
        (at_once.died.attempts, at_once.doubts),
        (Some(1), Vec::new())
    );
    let waiting = told("orders-retry-0", &retried(1));
    assert_eq!(waiting.deaths_at_least, Some(0));
    check_doubt(&waiting, "it is not given up");
}

fn stream(topic: &str, partition: Header, offset: Header) -> Vec<Header> {
    vec![
        t("x-original-topic", topic),
        partition,
        offset,
        eight("x-original-timestamp", WRITTEN),
        t("x-original-timestamp-type", "CreateTime"),
        t(
            "x-exception-fqcn",
            "org.springframework.messaging.MessageHandlingException",
        ),
        t("x-exception-message", "error occurred in message handler"),
        t("x-exception-stacktrace", TRACE),
    ]
}

#[test]
fn cloud_stream_appends_all_and_its_numbers_are_bytes_or_text() {
    let bytes = |partition, offset| {
        stream(
            "orders",
            four("x-original-partition", partition),
            eight("x-original-offset", offset),
        )
    };
    let headers = [bytes(2, 17), bytes(0, 23)].concat();
    let account = told("error.orders.billing", &headers);
    assert_eq!(account.written_by, Some(KafkaWriter::CloudStream));
    assert_eq!(account.died.place, Some(place("orders", 0, 23)));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(
        (account.died.group.as_ref(), account.deaths_at_least),
        (None, Some(2))
    );
    check_failure(
        &account,
        "shop.StockException",
        Some("sku unknown"),
        "Caused by",
    );
    let text = stream(
        "orders",
        t("x-original-partition", "2"),
        t("x-original-offset", "17"),
    );
    assert_eq!(told("dead", &text).died.place, Some(place("orders", 2, 17)));
    let wrong = stream(
        "orders",
        t("x-original-partition", "many"),
        (("x-original-offset"), None),
    );
    let account = told("dead", &wrong);
    let died = account.died.place.as_ref().unwrap();
    // "many" is four bytes, and so a number; no topic has so many partitions.
    assert_eq!(
        (died.topic.as_str(), died.partition, died.offset),
        ("orders", None, None)
    );
    check_doubt(&account, "x-original-partition is not a number");
}

fn connect(offset: &str, message: Option<&str>) -> Vec<Header> {
    vec![
        t("__connect.errors.topic", "orders"),
        t("__connect.errors.partition", "2"),
        t("__connect.errors.offset", offset),
        t("__connect.errors.connector.name", "orders-sink"),
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
        (
            "__connect.errors.exception.message",
            message.map(|text| text.as_bytes().to_vec()),
        ),
        t(
            "__connect.errors.exception.stacktrace",
            "org.apache.kafka.connect.errors.DataException: no JSON\n\tat a.B.c(B.java:1)\n",
        ),
    ]
}

#[test]
fn connect_appends_ten_and_keeps_the_time_of_the_original() {
    let headers = [connect("17", Some("old")), connect("23", None)].concat();
    let account = told("dead", &headers);
    assert_eq!(account.written_by, Some(KafkaWriter::Connect));
    assert_eq!(account.died.place, Some(place("orders", 2, 23)));
    assert_eq!(
        (account.died.at_ms, account.original_time_ms),
        (None, Some(DIED))
    );
    let class = "org.apache.kafka.connect.errors.DataException";
    check_failure(&account, class, None, "exception.class.name");
    assert_eq!(
        account.facts[..3],
        ["connector orders-sink", "task 0", "stage VALUE_CONVERTER"]
    );
    assert_eq!(account.deaths_at_least, Some(2));
    let appended = with_record("dead", &headers, |record| {
        let record = DeadRecord {
            time: Some(RecordTime::Appended(DIED)),
            ..record.clone()
        };
        super::account(&record, None)
    });
    assert_eq!(
        (appended.died.at_ms, appended.original_time_ms),
        (Some(DIED), None)
    );
}

fn streams(topic: &str, offset: &str) -> Vec<Header> {
    vec![
        t(
            "__streams.errors.exception",
            "org.apache.kafka.streams.errors.StreamsException",
        ),
        ("__streams.errors.message", None),
        t("__streams.errors.stacktrace", TRACE),
        t("__streams.errors.topic", topic),
        t("__streams.errors.partition", "1"),
        t("__streams.errors.offset", offset),
    ]
}

#[test]
fn streams_appends_all_and_may_name_an_internal_topic() {
    let account = told("dead", &streams("orders", "17"));
    assert_eq!(account.written_by, Some(KafkaWriter::Streams));
    assert_eq!(account.died.place, Some(place("orders", 1, 17)));
    assert_eq!(
        (account.died.at_ms, account.original_time_ms),
        (None, Some(DIED))
    );
    check_failure(
        &account,
        "shop.StockException",
        Some("sku unknown"),
        "Caused by",
    );
    let internal = told("dead", &streams("app-by-sku-repartition", "3"));
    check_doubt(&internal, "internal topic");
}

fn share() -> Vec<Header> {
    vec![
        t("__dlq.errors.topic", "orders"),
        t("__dlq.errors.partition", "2"),
        t("__dlq.errors.offset", "17"),
        t("__dlq.errors.group", "workers"),
        t("__dlq.errors.delivery.count", "5"),
        t(
            "__dlq.errors.message",
            "Offset delivery count exceeded the threshold.",
        ),
    ]
}

#[test]
fn the_broker_tells_of_a_share_group() {
    let account = told("dlq.orders", &share());
    assert_eq!(account.written_by, Some(KafkaWriter::ShareGroup));
    assert_eq!(account.died.place, Some(place("orders", 2, 17)));
    assert_eq!(account.died.group.as_deref(), Some("workers"));
    assert_eq!(account.died.attempts, Some(5));
    let reason = "Offset delivery count exceeded the threshold.";
    assert_eq!(account.died.reason.as_deref(), Some(reason));
    assert_eq!(
        (&account.died.failure, account.died.at_ms),
        (&None, Some(DIED))
    );
    check_doubt(&account, "copies no headers");
    let bare = with_record("dlq.orders", &share(), |record| {
        let record = DeadRecord {
            key: None,
            value: None,
            ..record.clone()
        };
        let told = super::account(&record, None);
        let look = OriginalLook::There {
            time: None,
            key: Some(b"order-7"),
            value: Some(b"{}"),
        };
        assert_eq!(compare(&record, &told, look), FoundOriginal::Unknown);
        told
    });
    assert_eq!(bare.first.as_ref().unwrap().key, None);
    check_doubt(&bare, "copy.record.enable");
}

fn small_rye(topic: &str, offset: &str, cause: bool) -> Vec<Header> {
    let mut headers = vec![
        t(
            "dead-letter-exception-class-name",
            "io.smallrye.mutiny.CompositeException",
        ),
        t("dead-letter-reason", "Multiple exceptions caught"),
    ];
    if cause {
        headers.extend([
            t("dead-letter-cause-class-name", "shop.StockException"),
            t("dead-letter-cause", "sku unknown"),
        ]);
    }
    headers.extend([
        t("dead-letter-topic", topic),
        t("dead-letter-partition", "2"),
        t("dead-letter-offset", offset),
    ]);
    headers
}

#[test]
fn small_rye_writes_in_front() {
    let own = t("dead-letter-topic", "forged");
    let headers = [
        small_rye("orders", "23", false),
        small_rye("orders", "17", true),
        vec![own],
    ]
    .concat();
    let account = told("dead-letter-topic-orders-in", &headers);
    assert_eq!(account.written_by, Some(KafkaWriter::SmallRye));
    assert_eq!(account.died.place, Some(place("orders", 2, 23)));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(
        (account.deaths_at_least, &account.died.group),
        (Some(2), &None)
    );
    let outer = "io.smallrye.mutiny.CompositeException";
    check_failure(
        &account,
        outer,
        Some("Multiple exceptions caught"),
        "class-name",
    );
    let one = told("dead", &small_rye("orders", "17", true));
    check_failure(
        &one,
        "shop.StockException",
        Some("sku unknown"),
        "cause-class-name",
    );
    assert_eq!(
        one.died.reason.as_deref(),
        Some("Multiple exceptions caught")
    );
}

#[test]
fn small_rye_retries_name_this_hop_first_and_the_origin_last() {
    let hop = |topic: &str, offset: &str, class: &str| {
        vec![
            t("delayed-retry-exception-class-name", class),
            t("delayed-retry-reason", "no stock"),
            t("delayed-retry-topic", topic),
            t("delayed-retry-partition", "2"),
            t("delayed-retry-offset", offset),
        ]
    };
    let headers = [
        hop("orders_retry_2000", "4", "shop.Third"),
        hop("orders_retry_1000", "9", "shop.Second"),
        hop("orders", "17", "shop.First"),
        vec![
            t("delayed-retry-original-timestamp", &WRITTEN.to_string()),
            t(
                "delayed-retry-first-processing-timestamp",
                &DIED.to_string(),
            ),
            t("delayed-retry-count", "0"),
            t("delayed-retry-count", "1"),
            t("delayed-retry-count", "2"),
        ],
    ]
    .concat();
    let account = told("orders-dead", &headers);
    assert_eq!(account.written_by, Some(KafkaWriter::SmallRyeRetry));
    assert_eq!(account.died.place, Some(place("orders_retry_2000", 2, 4)));
    assert_eq!(
        account.first.as_ref().unwrap().place,
        place("orders", 2, 17)
    );
    assert_eq!(
        (account.died.attempts, account.deaths_at_least),
        (Some(3), Some(1))
    );
    assert_eq!(account.original, Some(place("orders", 2, 17)));
    assert_eq!(account.original_time_ms, Some(WRITTEN));
    assert_eq!(account.target.as_ref().unwrap().topic, "orders");
    check_failure(&account, "shop.Third", Some("no stock"), "class-name");
}

#[test]
fn what_nobody_wrote_into_is_told_as_that() {
    let account = told("orders-dlt", &[t("traceparent", "00-1"), ("", None)]);
    assert_eq!(account.written_by, None);
    assert_eq!(account.died, KafkaDeath::default());
    assert_eq!((account.deaths_at_least, &account.target), (None, &None));
    assert_eq!((&account.first, &account.original), (&None, &None));
    check_doubt(&account, "named after orders");
}

#[test]
fn headers_of_the_applications_own_are_read_by_a_rule() {
    let headers = [
        t("source_topic", "orders"),
        t("source_partition", "2"),
        t("source_offset", "17"),
        t("error", "sku unknown"),
    ];
    with_record("orders.dlq", &headers, |record| {
        let mut rule = suggestion(record).unwrap();
        assert_eq!(rule.topic, "source_topic");
        rule.exception_message = "error".to_owned();
        let told = account(record, Some(&rule));
        assert_eq!(told.written_by, Some(KafkaWriter::ByRule));
        assert_eq!(told.died.place, Some(place("orders", 2, 17)));
        assert_eq!(told.died.at_ms, None);
        assert_eq!(told.died.failure.unwrap().words(), "sku unknown");
        let names = record.headers.iter().map(|(name, _)| *name);
        assert_eq!(left_out(names, Some(&rule)).len(), 4);
    });
    for other in [
        t("topic", "orders"),
        t("my-topic", "not a topic!"),
        t("x", "orders"),
    ] {
        with_record("dead", &[other], |record| {
            assert_eq!(suggestion(record), None);
        });
    }
}

#[test]
fn of_several_writers_the_one_who_wrote_last_tells_of_this_death() {
    let spring = || spring("orders", 2, 17, Some("billing"));
    let connect = || connect("40", Some("no JSON"));
    for (headers, now, before) in [
        (
            [connect(), spring()].concat(),
            KafkaWriter::Spring,
            KafkaWriter::Connect,
        ),
        (
            [spring(), connect()].concat(),
            KafkaWriter::Connect,
            KafkaWriter::Spring,
        ),
        (
            [share(), spring()].concat(),
            KafkaWriter::Spring,
            KafkaWriter::ShareGroup,
        ),
        (
            [spring(), share()].concat(),
            KafkaWriter::Spring,
            KafkaWriter::ShareGroup,
        ),
    ] {
        let account = told("dead", &headers);
        assert_eq!(account.written_by, Some(now));
        let words = format!("{} wrote headers too, for an earlier death", before.name());
        assert!(account.facts.contains(&words), "{:?}", account.facts);
    }
    let two = told("dead", &[connect(), spring()].concat());
    assert_eq!(two.deaths_at_least, Some(2));
    assert_eq!(two.first.unwrap().place, place("orders", 2, 40));
}

#[test]
fn who_writes_in_front_and_who_writes_behind_are_told_apart_by_topics() {
    let both =
        |front: &str, back: &str| [small_rye(front, "5", true), spring(back, 0, 6, None)].concat();
    let check = |topic: &str, headers: Vec<Header>, expected: KafkaWriter| {
        let account = told(topic, &headers);
        assert_eq!(account.written_by, Some(expected), "{topic}");
        account
    };
    check("dead", both("orders-dlt", "orders"), KafkaWriter::SmallRye);
    check(
        "dead",
        both("orders", "dead-letter-topic-orders"),
        KafkaWriter::Spring,
    );
    check(
        "dead-letter-topic-orders",
        both("orders", "orders"),
        KafkaWriter::SmallRye,
    );
    check("orders-dlt", both("orders", "orders"), KafkaWriter::Spring);
    let unclear = check("dead", both("orders", "orders"), KafkaWriter::Spring);
    check_doubt(&unclear, "which of them wrote last is not told");
}

#[test]
fn a_death_in_a_topic_of_dead_letters_leads_back_to_where_work_is_done() {
    let headers = [
        spring_place("orders", 2, 17, None),
        spring("orders-dlt", 0, 3, None),
    ]
    .concat();
    let account = told("orders-dlt-dlt", &headers);
    assert_eq!(account.died.place.as_ref().unwrap().topic, "orders-dlt");
    assert_eq!(account.target.as_ref().unwrap().topic, "orders");
    let alone = told("orders-dlt-dlt", &spring("orders-dlt", 0, 3, None));
    assert_eq!(alone.target.as_ref().unwrap().topic, "orders-dlt");
    check_doubt(&alone, "not a topic that work is done from");
}

#[test]
fn the_original_is_called_so_only_after_a_comparison() {
    with_record("orders-dlt", &spring("orders", 2, 17, None), |record| {
        let told = account(record, None);
        let there = |time, key: Option<&'static [u8]>, value: &'static [u8]| OriginalLook::There {
            time: Some(RecordTime::Created(time)),
            key,
            value: Some(value),
        };
        let (time, key, value) = (WRITTEN + 17, Some(&b"order-7"[..]), &br#"{"sku":"Z"}"#[..]);
        let word = |look| compare(record, &told, look).word();
        assert_eq!(word(there(time, key, value)), "same");
        assert_eq!(word(there(time + 1, key, value)), "other");
        assert_eq!(word(there(time, Some(b""), value)), "other");
        assert_eq!(word(there(time, key, b"{}")), "other");
        assert_eq!(word(OriginalLook::Gone), "gone");
        assert_eq!(word(OriginalLook::NotLooked), "unknown");
        let other = compare(record, &told, there(0, None, value));
        assert!(
            other
                .words()
                .contains("its time is another one, its key is another one")
        );
    });
    with_record("dead", &[], |record| {
        let told = account(record, None);
        let there = OriginalLook::There {
            time: record.time,
            key: record.key,
            value: record.value,
        };
        assert_eq!(compare(record, &told, there).word(), "unknown");
    });
}

#[test]
fn a_copy_goes_without_what_tells_of_a_death() {
    let own = vec![
        t("traceparent", "00-1"),
        t("x-original-id", "5"),
        t("dead-letter-office", "x"),
    ];
    let headers = [
        own,
        spring("orders", 2, 17, Some("billing")),
        retried(2),
        connect("1", None),
        streams("orders", "1"),
        share(),
        small_rye("orders", "1", true),
        vec![
            t("deserialization-failure-dlq", "true"),
            t("springDeserializerExceptionValue", "x"),
        ],
    ]
    .concat();
    let names = || headers.iter().map(|(name, _)| *name);
    let removed = left_out(names(), None);
    let kept: Vec<_> = names()
        .filter(|name| removed.iter().all(|one| one.name != *name))
        .collect();
    assert_eq!(kept, ["traceparent", "x-original-id", "dead-letter-office"]);
    let why = |name: &str| removed.iter().find(|one| one.name == name).unwrap().why;
    assert!(why("retry_topic-attempts").contains("one attempt and dies again"));
    assert!(why("deserialization-failure-dlq").contains("without a try"));
    assert_eq!(left_out(["", "a"], Some(&DeathHeaders::default())), []);
}

#[test]
fn two_dead_letters_of_one_record_are_no_second_death() {
    let accounts = [
        told("dead", &spring("orders", 2, 17, Some("a"))),
        told("dead", &spring("orders", 2, 18, Some("a"))),
        told("dead", &spring("orders", 2, 17, Some("b"))),
        told("dead", &[]),
        told("dead", &[]),
    ];
    assert_eq!(
        shared_originals(&accounts),
        [true, false, true, false, false]
    );
}
