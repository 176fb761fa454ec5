//! The broker side against a real RabbitMQ: what the window asks for, what comes back, and what is
//! in the queues afterwards, looked at by an independent client.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod broker {
    mod bulk;
    mod by_rule;
    mod crashes;
    mod dead_letters;
    mod faults;
    mod fidelity;
    mod firehose;
    mod foreign;
    mod frameworks;
    mod harmless;
    mod headless;
    mod held;
    mod imports;
    mod limits;
    mod looks;
    mod lookups;
    mod matching;
    mod origins;
    mod overload;
    mod parked;
    mod peeking;
    mod publishing;
    mod recording;
    mod sample;
    mod schemas;
    mod sources;
    mod tapping;
    mod tls;
    mod unreadable;
}
mod support;
