//! The driver for Kafka against a real Apache Kafka, started by the test from a folder of its jars:
//! `EVENTSCOPE_KAFKA_HOME`, or what `.ci/kafka` fetched into `target/kafka`. Without one the tests are
//! skipped, loudly. What is in the topics is written and read by Kafka's own tools.

#![cfg(feature = "kafka")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may panic, and says what it skips"
)]

mod kafka {
    pub(crate) mod app;
    mod connecting;
    mod dead_letters;
    mod faults;
    mod groups;
    mod harmless;
    mod headless;
    mod letters;
    mod live;
    mod publishing;
    mod resending;
    mod rights;
    pub(crate) mod server;
    mod zookeeper;
}
