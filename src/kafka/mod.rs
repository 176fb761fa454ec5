//! Kafka's facts and rules, pure: what its dead letters tell. Nothing here knows a client or a broker.

pub mod dead_letters;
